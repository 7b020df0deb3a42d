# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.json is valid, names exactly what is served, and every answer is as it says."""

import copy
import json

import api_scene
import openapi
import taw
from api_scene import ApiDeployment, Lines, in_v2, package_update, user
from taw import FRESH, RECOVERY, RUNNING, Coordinator, Deployment, b64, contains, drill_answer, equal, true

TOO_LARGE = ("content-length: %d" % (25 << 20),)
BUSY = "needs 256 requests that wait for a thread"
OURS = "trouble of the Coordinator's own: disk, memory"
# Documented answers that no client can provoke at will.
UNPROVOKED = {
    ("GET", "/api/v2/quote", 500): "there is no TEE that could fail",
    ("GET", "/api/v2/recover/status", 500): "a race with the end of the recovery",
    ("POST", "/api/v2/sign-quote", 200): "needs a quote and its collateral",
    ("POST", "/api/v2/sign-quote", 500): OURS,
    ("POST", "/manifest", 500): OURS,
    ("POST", "/secrets", 500): OURS,
    ("POST", "/update", 500): OURS,
}


# ---- the document alone ----

def the_document_is_valid(home):
    document = openapi.load()
    document.check_structure()
    taw.comment("%d operations" % len(document.operations()))


def refused(function, *args):
    try:
        function(*args)
    except openapi.Wrong as error:
        return str(error)
    raise AssertionError("the checker took %.200r" % (args,))


def the_checker_sees_what_is_wrong_with_a_document(home):
    good = openapi.load().content
    status = ("paths", "/api/v2/status", "get")
    answer = (*status, "responses", "200", "content", "application/json", "schema")
    for path, value, part in [
            ((*answer, "properties", "data", "$ref"), "#/components/schemas/Nothing", "leads nowhere"),
            ((*answer, "maxLength"), 3, "unknown keyword"),
            ((*answer, "type"), "number", "unknown type"),
            ((*answer, "required"), ["status", "data", "more"], "requires what"),
            ((*status, "responses"), {}, "without a success"),
            ((*status, "x-phases", "2"), 204, "phase 2"),
            ((*status, "operationId"), "getQuote", "operationId twice"),
            ((*status, "security"), [{"password": []}], "unknown security"),
            ((*status, "responses", "200", "content", "application/json", "example", "data", "code"), 4, "its example"),
            (("components", "schemas", "Other"), {"type": "string"}, "is not used"),
            (("openapi"), "3.0.0", "version")]:
        content = copy.deepcopy(good)
        at, steps = content, [path] if isinstance(path, str) else path
        for step in steps[:-1]:
            at = at[step]
        at[steps[-1]] = value
        contains(refused(openapi.Document(content).check_structure), part, str(path))


def the_checker_sees_what_is_wrong_with_a_value(home):
    check = openapi.load().check
    for schema, good, bad in [
            ({"type": "integer"}, 1, [True, "1", 1.5, None]),
            ({"type": ["string", "null"]}, None, [1, []]),
            ({"const": 1}, 1, [True, 2]),
            ({"enum": ["a"]}, "a", ["b"]),
            ({"minimum": 1, "maximum": 2}, 2, [0, 3]),
            ({"pattern": "^a+$"}, "aa", ["ab", ""]),
            ({"minLength": 1}, "a", [""]),
            ({"type": "array", "minItems": 1, "items": {"type": "string"}}, ["a"], [[], [1]]),
            ({"properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}, {"a": ""},
             [{}, {"a": 1}, {"a": "", "b": 1}]),
            ({"additionalProperties": {"type": "string"}}, {"x": ""}, [{"x": 1}]),
            ({"anyOf": [{"type": "null"}, {"const": "a"}]}, "a", ["b"]),
            ({"contentEncoding": "base64"}, "AAAA", ["A", "_-=="]),
            ({"contentMediaType": "application/json", "contentSchema": {"type": "object"}}, "{}", ["[]", "{", '{"a":1,"a":2}']),
            ({"$ref": "#/components/schemas/Fail"}, {"status": "fail", "data": None, "message": "x"},
             [{"status": "fail", "data": None, "message": ""}, {"status": "fail", "data": None}])]:
        check(schema, good)
        for value in bad:
            refused(check, schema, value)
    refused(check, {"oneOf": []}, 1)
    reply = taw.Reply(201, {"content-type": "application/json"}, b"{}\n")
    contains(refused(openapi.load().check_answer, "GET", "/status", reply), "not documented")


# ---- what is served ----

def the_document_names_exactly_what_is_served(home):
    document = openapi.load()
    operations = set(document.operations())
    equal(operations, openapi.route_table(), "operations of the document, rows of the table of routes")
    not_served = document.content["components"]["responses"]["NotServed"]
    c = Coordinator(home).start()
    lines = Lines(c)
    for path in {path for _, path in operations}:
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "FROB", "HEAD", "get"):
            reply = lines.request(None, method, path, b"" if method == "POST" else None)
            about = "%s %s" % (method, path)
            equal(reply.status != 405, (method, path) in operations, about + " is served")
            if reply.status == 405 and method != "HEAD":
                document.check_body(not_served, reply, about)
    for path in ("/", "/api", "/api/v2", "/api/v2/", "/metrics", "/events", "/status/", "/Status", "/api/v1/status", "/api/v2/statu"):
        for method in ("GET", "POST"):
            reply = lines.request(None, method, path)
            equal(reply.status, 405, method + " " + path)
            document.check_body(not_served, reply, path)
    for path, clean in (("//status", "/status"), ("/api/./v2/status?x", "/api/v2/status?x")):
        reply = lines.request(None, "GET", path)
        equal((reply.status, reply.headers["location"]), (307, clean), path)
    lines.close()
    c.stop()


def the_fuzz_target_of_all_routes_knows_the_same_statuses(home):
    document = openapi.load()
    wanted = {operation: sorted(set(document.responses(*operation)) - {413, 503}) for operation in document.operations()}
    equal(openapi.fuzz_table(), wanted, "table in fuzz_routes.c")


# ---- every answer ----

class Session:
    """Requests whose answers are held against the document; what was seen is kept."""

    def __init__(self):
        self.document = openapi.load()
        self.seen = set()
        self.lines = None

    def serve(self, c):
        if self.lines is not None:
            self.lines.close()
        self.lines = Lines(c)

    def ask(self, method, target, body=None, who=None, wanted=None, headers=()):
        """who: a user's name or (certificate file, key file)."""
        path = target.partition("?")[0]
        cert = user(who) if isinstance(who, str) else who
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        reply = self.lines.request(cert, method, target, body, headers)
        about = "%s %s %.80r as %s" % (method, target, body, who)
        true(reply is not None, about + ": no answer")
        self.document.check_answer(method, path, reply)
        self.seen.add((method, path, reply.status))
        if wanted is not None:
            equal(reply.status, wanted, "%s: %r" % (about, reply))
        return reply

    def request_is_documented(self, method, path, body):
        if body and "requestBody" in self.document.operations()[method, path]:
            self.document.check_request(method, path, json.loads(body))


def right_requests(deployment):
    """(method, path) to (query, body, who): what is answered as x-phases says. Without what ends the phase."""
    upload = {"token": {"Key": b64(b"value")}, "key": {"Key": b64(bytes(16)), "Cert": None, "Private": None}}
    nothing = ("", None, None)
    share = deployment.upload(deployment.holders[0], b"x" * 32) if deployment.holders else {"recoverySecret": b64(bytes(32))}
    requests = {operation: nothing for operation in openapi.load().operations()}
    requests.update({
        ("GET", "/api/v2/quote"): ("?nonce=" + "AAAA", None, None),
        ("GET", "/api/v2/recovery/secrets"): ("", None, "alice"),
        ("GET", "/api/v2/secrets"): ("?s=token&s=databaseKey", None, "alice"),
        ("GET", "/secrets"): ("?s=token&s=databaseKey", None, "alice"),
        DRILL: ("", b"{}", None),
        REISSUE: ("", b"{}", "alice"),
        CANCEL_REISSUE: ("", b"", "alice"),
        ("POST", "/api/v2/secrets"): ("", json.dumps({"secrets": upload}).encode(), "alice"),
        ("POST", "/secrets"): ("", json.dumps(upload).encode(), "alice"),
        ("POST", "/api/v2/recover"): ("", json.dumps(share).encode(), None),
        ("POST", "/recover"): ("", bytes(32), None),
        ("POST", "/api/v2/manifest"): ("", in_v2(deployment.manifest), None),
        ("POST", "/manifest"): ("", deployment.manifest, None),
        ("POST", "/api/v2/update"): ("", in_v2(package_update(2)), "alice"),
        ("POST", "/update"): ("", package_update(3), "alice"),
        ("POST", "/api/v2/update-manifest"): ("", in_v2(deployment.manifest), "alice"),
        ("POST", "/update-manifest"): ("", deployment.manifest, "alice"),
        ("POST", "/api/v2/update-cancel"): ("", b"", "alice"),
        ("POST", "/update-cancel"): ("", b"", "alice"),
        COUNTER: ("", b'{"name":"epoch","value":3}', None),
        ("POST", "/api/v2/sign-quote"): ("", b'{"sgxQuote":"AwACAA=="}', None),
    })
    return requests


def ask_in_phase(session, phase, requests, later=()):
    """Every right request, and what comes before any phase: too large a body. `later`: asked by the caller."""
    for (method, path), operation in session.document.operations().items():
        query, body, who = requests[method, path]
        if path not in ("/recover",):
            session.request_is_documented(method, path, body)
        if (method, path) not in later:
            session.ask(method, path + query, body, who, wanted=operation["x-phases"][str(phase)])
        reply = session.lines.request(None, method, path, None, TOO_LARGE)
        equal(reply.status, 413, "a large body of %s %s" % (method, path))
        session.document.check_answer(method, path, reply)
        session.seen.add((method, path, 413))


MANIFEST_POSTS = {("POST", "/manifest"), ("POST", "/api/v2/manifest")}
RECOVER_POSTS = {("POST", "/recover"), ("POST", "/api/v2/recover")}
NEED_PENDING = {("GET", "/update-manifest"), ("GET", "/api/v2/update-manifest"), ("POST", "/update-manifest"),
                ("POST", "/api/v2/update-manifest"), ("POST", "/update-cancel"), ("POST", "/api/v2/update-cancel")}
SIGN_QUOTE = ("POST", "/api/v2/sign-quote")
COUNTER = ("POST", "/api/v2/monotonic-counter")
SECRETS = ("GET", "/api/v2/recovery/secrets")
PROOFS = ("GET", "/api/v2/recovery/status")
DRILL = ("POST", "/api/v2/recovery/drill")
REISSUE = ("POST", "/api/v2/recovery/reissue")
CANCEL_REISSUE = ("POST", "/api/v2/recovery/reissue/cancel")


def before_the_manifest(session, deployment):
    ask = session.ask
    ask_in_phase(session, FRESH, right_requests(deployment), MANIFEST_POSTS)
    ask("GET", "/api/v2/quote?nonce=%21", wanted=400)
    ask("POST", "/api/v2/manifest", b"{", wanted=400)
    ask("POST", "/api/v2/manifest", {"manifest": b64(b"{")}, wanted=500)
    ask("POST", "/manifest", b"{", wanted=400)
    ask("POST", "/api/v2/recover", b"{", wanted=400)
    ask("POST", "/api/v2/recover", {"recoverySecret": ""}, wanted=400)
    reply = ask("POST", "/api/v2/manifest", in_v2(deployment.manifest), wanted=200)
    deployment.decrypt(reply.data()["RecoverySecrets"])


def while_recovering(session, c, deployment):
    ask = session.ask
    equal(c.code(), RECOVERY, "status")
    ask_in_phase(session, RECOVERY, right_requests(deployment), MANIFEST_POSTS | RECOVER_POSTS)
    ask("POST", "/recover", b"x" * 32, wanted=410)
    ask("POST", "/api/v2/recover", b"[]", wanted=400)
    ask("POST", "/api/v2/recover", {"recoverySecret": b64(b"short")}, wanted=400)
    ask("POST", "/api/v2/recover", deployment.upload(deployment.holders[0], bytes(33)), wanted=500)
    ask("POST", "/api/v2/manifest", {"manifest": b64(b"{}")}, wanted=500)
    ask("POST", "/manifest", b"{}", wanted=400)
    for left, holder in ((1, 0), (0, 2)):
        reply = ask("POST", "/api/v2/recover", deployment.upload(deployment.holders[holder]), wanted=200)
        equal(reply.data()["remaining"], left, "secrets that remain")
    equal(c.code(), RUNNING, "status")


def refused_secrets(session):
    ask = session.ask
    for path, wrap, denied in (("/api/v2/secrets", lambda m: {"secrets": m}, 500), ("/secrets", lambda m: m, 400)):
        for query, who, status in (("?s=token", None, 401), ("", "alice", 400), ("?s=", "alice", 400), ("?s=token", "noread", denied),
                                   ("?s=nothing", "alice", denied)):
            ask("GET", path + query, None, who, status)
        good = wrap({"token": {"Key": "AAAA"}})
        for body, who, status in ((good, None, 401), (b"{", "alice", 400), (wrap({"token": 1}), "alice", 400), (wrap({}), "alice", denied),
                                  (good, "nowrite", denied), (wrap({"databaseKey": {"Key": "AAAA"}}), "alice", denied)):
            ask("POST", path, body, who, status)


def a_site_certificate(session):
    der = api_scene.certificate_der(user("alice")[0])
    session.ask("POST", "/api/v2/secrets", {"secrets": {"site": {"Cert": b64(der), "Private": b64(b"key")}}}, "alice", 200)
    secrets = session.ask("GET", "/api/v2/secrets?s=site", None, "alice", 200).data()["secrets"]
    equal(secrets["site"]["Cert"], b64(der), "certificate")


def counters(session, marble):
    """All that a Marble may have, and one more."""
    ask = session.ask
    ask(*COUNTER, {"name": "a"}, None, 401)
    ask(*COUNTER, {"name": "a"}, "alice", 401)
    ask(*COUNTER, {"name": 1}, marble, 400)
    equal(ask(*COUNTER, {"name": "epoch", "value": 2**64 - 1}, marble, 200).data(), {"value": 3}, "counter")
    equal(ask(*COUNTER, {"name": "epoch"}, marble, 200).data(), {"value": 2**64 - 1}, "counter")
    for number in range(1023):
        ask(*COUNTER, {"name": str(number), "value": 1}, marble, 200)
    ask(*COUNTER, {"name": "one more", "value": 1}, marble, 500)


def updates(session, deployment):
    """From the proposal to its end, twice acknowledged and twice cancelled."""
    ask = session.ask
    next_manifest = deployment.manifest.replace(b'"NAME":"first"', b'"NAME":"second"')
    for post, acknowledge, cancel, wrap, denied in (
            ("/api/v2/update", "/api/v2/update-manifest", "/api/v2/update-cancel", in_v2, 500),
            ("/update", "/update-manifest", "/update-cancel", lambda raw: raw, 400)):
        ask("POST", post, wrap(next_manifest), None, 401)
        ask("POST", post, wrap(b"{"), "norights", denied)
        ask("POST", post, wrap(b"{"), "alice", denied)
        ask("POST", post, wrap(next_manifest), "nomanifest", denied)
        ask("POST", post, wrap(package_update(5)), "nopackage", denied)
        ask("POST", acknowledge, wrap(next_manifest), None, 401)
        ask("POST", acknowledge, wrap(next_manifest), "alice", 404)
        ask("POST", cancel, b"", None, 401)
        ask("POST", cancel, b"", "nomanifest", 500)
        ask("POST", cancel, b"", "alice", 404)
        ask("GET", acknowledge, None, None, 404)
        if wrap is in_v2:
            ask("POST", post, b"{", "alice", 400)
        ask("POST", post, wrap(next_manifest), "alice", 200)
        ask("GET", "/update-manifest", None, None, 200)
        ask("GET", "/api/v2/update-manifest", None, None, 200)
        ask("POST", post, wrap(next_manifest), "alice", denied)
        if wrap is in_v2:
            ask("POST", acknowledge, b"{", "noread", 400)
        ask("POST", acknowledge, wrap(next_manifest + b" "), "noread", 500)
        ask("POST", acknowledge, wrap(next_manifest), "nomanifest", 500)
        ask("POST", cancel, b"", "noread", 200)
        ask("POST", post, wrap(next_manifest), "alice", 200)
        ask("POST", acknowledge, wrap(next_manifest), "noread", 200)
        ask("GET", acknowledge, None, None, 404)


def drills(session, deployment):
    ask, anna = session.ask, deployment.holders[0]
    ask(*DRILL, b"{", None, 400)
    ask(*DRILL, {"set": "00" * 16}, None, 404)
    challenge = ask(*DRILL, {}, None, 200).data()
    right = drill_answer(challenge, anna, deployment.shares[anna])
    session.document.check_request(*DRILL, right)
    wrong = [(drill_answer(challenge, anna, bytes(32)), 401, "wrong secret"), (dict(right, signature=""), 401, "wrong key"),
             (dict(right, set="00" * 16), 400, "wrong set"), (dict(right, name="nobody"), 400, "unknown holder"),
             (dict(right, nonce=""), 400, "old nonce")]
    for body, status, result in wrong:
        equal(ask(*DRILL, body, None, status).json()["data"]["result"], result, "result")
    equal(ask(*DRILL, right, None, 200).data()["replaced"], False, "replaced")
    ask(*PROOFS, None, None, 200)


def reissues(session, deployment):
    """Cancelled while it waits for users, then while it waits for proofs; then proven."""
    ask = session.ask
    for operation, body in ((REISSUE, {}), (CANCEL_REISSUE, b"")):
        ask(*operation, body, None, 401)
        ask(*operation, body, "nomanifest", 500)
    ask(*REISSUE, b"{", "alice", 400)
    ask(*CANCEL_REISSUE, b"", "alice", 404)
    equal(ask(*REISSUE, {}, "alice", 200).data()["state"], "pending", "state")
    equal(ask(*PROOFS, None, None, 200).data()["reissue"]["state"], "pending", "state")
    waits = ask("POST", "/api/v2/update", in_v2(deployment.manifest), "alice", 500)
    contains(waits.message(), "a re-issue of the recovery secrets is in progress", "an update in between")
    ask("POST", "/update", deployment.manifest, "alice", 400)
    ask(*CANCEL_REISSUE, b"", "noread", 200)
    for end in (CANCEL_REISSUE, None):
        ask(SECRETS[0], SECRETS[1] + "?set=new", None, "alice", 404)
        ask(*REISSUE, {}, "alice", 200)
        new = ask(*REISSUE, {}, "noread", 200).data()
        equal(new["state"], "proving", "state")
        equal(ask(*PROOFS, None, None, 200).data()["reissue"]["newSet"]["set"], new["set"], "set")
        again = ask(SECRETS[0], SECRETS[1] + "?set=new", None, "alice", 200).data()
        equal(again["recoverySecrets"], new["recoverySecrets"], "new secrets")
        if end is not None:
            ask(*end, b"", "alice", 200)
    ask(SECRETS[0], SECRETS[1] + "?set=old", None, "alice", 400)
    deployment.decrypt(new["recoverySecrets"])
    for holder, replaced in ((deployment.holders[0], False), (deployment.holders[2], True)):
        body = drill_answer(ask(*DRILL, {}, None, 200).data(), holder, deployment.shares[holder])
        equal(ask(*DRILL, body, None, 200).data()["replaced"], replaced, "replaced")
    equal(ask(*PROOFS, None, None, 200).data()["reissue"], None, "re-issue")


def while_running(session, home, c, deployment):
    ask = session.ask
    ask_in_phase(session, RUNNING, right_requests(deployment), NEED_PENDING | {SIGN_QUOTE, COUNTER})
    marble = api_scene.marble_identity(c, home)  # after the update of a package, which makes a new marble root
    ask(*COUNTER, {"name": "epoch", "value": 3}, marble, 200)
    ask("GET", "/api/v2/recovery/secrets", wanted=401)
    refused_secrets(session)
    a_site_certificate(session)
    counters(session, marble)
    drills(session, deployment)
    reissues(session, deployment)
    updates(session, deployment)
    for body in (b"{", b'{"sgxQuote":1}', b'{"sgxQuote":"AwACAA=="}'):
        ask(*SIGN_QUOTE, body, None, 400)


def the_page_of_2020(session, home):
    deployment = Deployment("page")
    c = Coordinator(home).start()
    session.serve(c)
    deployment.keep(session.ask("POST", "/manifest", deployment.manifest, wanted=200))
    c.stop()
    c = Coordinator(home, "b").start()
    session.serve(c)
    session.ask("POST", "/recover", b"x" * 32, wanted=500)
    session.ask("POST", "/recover", deployment.shares[deployment.holders[0]], wanted=200)
    session.ask("POST", "/recover", b"", wanted=500)
    session.ask("GET", "/api/v2/status", wanted=200)
    c.stop()


def all_that_is_documented_was_seen(session):
    documented = {(method, path, status) for method, path in session.document.operations()
                  for status in session.document.responses(method, path)}
    unseen = {row for row in documented - session.seen if row[2] != 503}
    equal(sorted(unseen - set(UNPROVOKED)), [], "documented, but never answered")
    stale = [row for row in UNPROVOKED if row not in documented or row in session.seen]
    equal(stale, [], "rows of UNPROVOKED that are no longer true")
    taw.comment("%d of %d documented answers were seen; 503 %s" % (len(session.seen), len(documented), BUSY))


def every_answer_in_every_phase_is_as_documented(home):
    places = [home / str(number) for number in range(3)]
    for place in places:
        place.mkdir()
    session = Session()
    deployment = ApiDeployment("threshold")
    c = Coordinator(places[0]).start()
    session.serve(c)
    before_the_manifest(session, deployment)
    c.stop()
    c = Coordinator(places[0], "b").start()
    session.serve(c)
    while_recovering(session, c, deployment)
    while_running(session, home, c, deployment)
    c.stop()
    c = Coordinator(places[1]).start()
    session.serve(c)
    session.ask("POST", "/manifest", ApiDeployment("none", features=False).manifest, wanted=200)
    session.ask(*COUNTER, {}, None, 403)
    session.ask(*SIGN_QUOTE, {}, None, 403)
    c.stop()
    the_page_of_2020(session, places[2])
    all_that_is_documented_was_seen(session)


taw.run(globals())
