# SPDX-License-Identifier: Apache-2.0
"""Every endpoint and every bad input: who is refused, with which words, and that nothing has changed.

The order of the checks is that of the reference: path and method, certificate, phase, body or query, the operation. Wrong
methods and right requests in wrong phases are in test_openapi.py, HTTP itself in test_http.py.
"""

import collections
import json
import re
import ssl

import api_scene
import openapi
import taw
from api_scene import Lines, in_v2, package_update, start_running, state_of, user
from taw import FRESH, RECOVERY, RUNNING, Coordinator, b64, contains, equal, keys, run_program, true

Case = collections.namedtuple("Case", "name method target body who status part", defaults=(None,))
NO_USER = "unauthorized user"
GROUP = 4  # cases after which the state is looked at
V2_WRITES = ("/api/v2/secrets", "/api/v2/update", "/api/v2/update-manifest", "/api/v2/update-cancel",
             "/api/v2/recovery/reissue", "/api/v2/recovery/reissue/cancel")
V1_WRITES = ("/secrets", "/update", "/update-manifest", "/update-cancel")
DOCUMENT = openapi.load()


class Judge:
    """Sends cases, several at a time, and holds each answer against its row, the document, and the state."""

    def __init__(self, c, deployment=None):
        self.c, self.deployment = c, deployment
        self.lines = Lines(c)
        self.before = self.state()

    def state(self):
        return state_of(self.c, self.deployment)

    def answer(self, case):
        cert = user(case.who) if isinstance(case.who, str) else case.who
        reply = self.lines.request(cert, case.method, case.target, case.body)
        true(reply is not None, case.name + ": no answer")
        path = case.target.partition("?")[0]
        try:
            DOCUMENT.check_answer(case.method, path, reply)
        except openapi.Wrong as error:
            raise AssertionError("%s: %s" % (case.name, error)) from None
        about = "%s %s, %s: %.300r" % (case.method, case.target[:80], case.name, reply.body)
        true(reply.status in (case.status if isinstance(case.status, tuple) else (case.status,)), "%s, wanted %s" % (about, case.status))
        if reply.status != 200 and case.part is not None:
            contains(reply.message() if reply.body.startswith(b"{") else reply.body.decode(), case.part, about)
            true(len(reply.body) < 40000, about + ": a long message")

    def judge(self, cases):
        """The state is looked at after each few cases. Manifests come one by one: two at a time are a conflict."""
        cases = list(cases)
        workers = 1 if any(case.target.endswith("/manifest") for case in cases) else 4
        for start in range(0, len(cases), GROUP):
            group = cases[start:start + GROUP]
            taw.in_parallel(self.answer, group, workers)
            if self.state() != self.before:
                raise AssertionError("one of these changed the state: %s" % ", ".join(
                    "%s %s %s" % (case.method, case.target[:60], case.name) for case in group))
        return len(cases)

    def end(self, count):
        taw.comment("%d cases" % count)
        self.lines.close()
        self.c.stop()


# ---- bodies ----

DEEP = b'{"x":' * 10001 + b"1" + b"}" * 10001
# no JSON at all: name, body, words
NO_JSON = [
    ("half an object", b"{", "line 1"), ("no colon", b'{"a"}', "line 1"), ("no value", b'{"a":}', "line 1"),
    ("comma at the end", b'{"a":1,}', "line 1"), ("no quotes", b"{a:1}", "line 1"), ("single quotes", b"{'a':1}", "line 1"),
    ("words", b"manifest", "line 1"), ("NaN", b'{"a":NaN}', "line 1"), ("leading zero", b'{"a":01}', "line 1"),
    ("plus", b'{"a":+1}', "line 1"), ("half a number", b'{"a":1e}', "line 1"), ("comment", b"/* */ {}", "line 1"),
    ("byte order mark", b"\xef\xbb\xbf{}", "line 1"), ("UTF-16", '{"a":1}'.encode("utf-16"), "line 1"), ("NUL", b"\0", "line 1"),
    ("NUL in a string", b'{"a":"\0"}', "line 1"), ("line feed in a string", b'{"a":"\n"}', "line 1"),
    ("broken UTF-8 outside of a string", b"\xff{}", "line 1"), ("bad escape", b'{"a":"\\x"}', "line 1"),
    ("half an escape", b'{"a":"\\u12', "line 1"), ("half a string", b'{"a":"', "line 1"), ("10,001 deep", DEEP, "line 1"),
    ("a second line", b'{\n "a": ]}', "line 2"),
]
EMPTY = [("nothing", b""), ("blanks", b" \t\r\n")]
WRONG_TOP = [("a list", b"[]"), ("a string", b'"x"'), ("a number", b"1"), ("a truth", b"true"), ("a huge number", b"1e999999")]
# JSON text of values that are no ... : by kind
WRONG = {
    "octets": ["1", "-1", "1.5", "true", "{}", "[256]", "[-1]", "[1.5]", '["a"]', "[[]]", '"A"', '"AA="', '"AAA"', '"_-=="', '"%%%%"',
               '"AA==AA=="', '"AAAA===="', '"\\u0000AAA"', '"A A="', '"\\ud800"', "1e999999"],
    "string": ["1", "true", "[]", "{}", "1e999999"],
    "uint": ["-1", "-0", "1.0", "1e3", '"1"', "true", "[]", "{}", "18446744073709551616", "1e999999", "9" * 400],
    "map": ["1", '"x"', "true", "[]", "1e999999"],
}

# One operation with a JSON body: `members` are (path in the body, kind); harmless: a body that changes nothing.
Endpoint = collections.namedtuple("Endpoint", "path who members harmless v2")


def nested(path, value):
    """JSON text with this text as the value of the member at the path."""
    for name in reversed(path.split(".")):
        value = '{"%s":%s}' % (name, value)
    return value.encode()


def malformed(endpoint):
    """All bodies that are 400 by their form alone."""
    end = "EOF" if endpoint.v2 else "unexpected end of JSON input"

    def case(name, body, part):
        return Case(name, "POST", endpoint.path, body, endpoint.who, 400, part)

    for name, body, part in NO_JSON:
        yield case(name, body, part)
    for name, body in EMPTY:
        yield case(name, body, end)
    for name, body in WRONG_TOP:
        yield case("%s as the body" % name, body, "line 1")
    for path, kind in endpoint.members:
        for text in WRONG[kind]:
            yield case("%s is %.30s" % (path, text), nested(path, text), path.split(".")[-1])
    if not endpoint.v2:
        yield case("trailing data", endpoint.harmless + b"x", "line ")


def tolerated(judge, endpoint):
    """Bodies that mean the same as the harmless one, as in the original: they get the same answer."""
    cert = user(endpoint.who) if isinstance(endpoint.who, str) else endpoint.who
    wanted = judge.lines.request(cert, "POST", endpoint.path, endpoint.harmless)
    inner = endpoint.harmless[1:-1]
    same = [("white space", b" \r\n\t" + endpoint.harmless + b"\n ")]
    if endpoint.v2:
        same += [("an unknown member", b'{"other":[{"x":1e999999},"\xff"],' + inner + b"}"),
                 ("an unknown member twice", b'{"other":1,"other":{},' + inner + b"}"),
                 ("each member twice", b"{" + inner + b"," + inner + b"}"),
                 ("trailing data", endpoint.harmless + b"}{\0\xff")]
        for path, _ in endpoint.members:
            name = path.split(".")[0].encode()
            same += [("%s in other case" % path, endpoint.harmless.replace(b'"%s"' % name, b'"%s"' % name.upper())),
                     ("null before %s" % path, b'{"%s":null,' % name + inner + b"}")]
    for name, body in same:
        reply = judge.lines.request(cert, "POST", endpoint.path, body)
        equal((reply.status, reply.json().get("data")), (wanted.status, wanted.json().get("data")), endpoint.path + ": " + name)
        equal(without_place(reply), without_place(wanted), endpoint.path + ": " + name)
    equal(judge.state(), judge.before, "state after what is tolerated")
    return len(same)


def without_place(reply):
    """The message up to the place, which moves with white space and with the spelling of names."""
    return re.split(r"\(at |line ", reply.message())[0]


def judge_bodies(judge, endpoints):
    count = 0
    for endpoint in endpoints:
        count += judge.judge(malformed(endpoint)) + tolerated(judge, endpoint)
    return count


WRONG_SHARE = json.dumps({"recoverySecret": b64(bytes(33)), "recoverySecretSignature": b64(b"x")}).encode()
DRILL_MEMBERS = [("set", "string"), ("name", "string"), ("nonce", "octets"), ("proof", "octets"), ("signature", "octets")]
RECOVER_MEMBERS = [("recoverySecret", "octets"), ("recoverySecretSignature", "octets")]


def bodies_are_refused_before_the_manifest(home):
    judge = Judge(Coordinator(home).start())
    count = judge_bodies(judge, [
        Endpoint("/api/v2/manifest", None, [("manifest", "octets")], in_v2(b"{"), True),
        Endpoint("/manifest", None, [("Packages", "map"), ("Marbles", "map"), ("Packages.a", "map"), ("Users", "map")], b"{}", False),
        Endpoint("/api/v2/recover", None, RECOVER_MEMBERS, json.dumps({"recoverySecret": b64(bytes(32))}).encode(), True)])
    refused = [("/api/v2/manifest", body, 500, part) for body, part in (
        (b"{}", "unexpected end"), (b"null", "unexpected end"), (b'{"manifest":null}', "unexpected end"), (b'{"manifest":""}', "unexpected end"),
        (in_v2(b"{"), "unexpected end"), (in_v2(b"[]"), "line 1"), (in_v2(b"{}"), ""))]
    refused += [("/api/v2/recover", body, 400, "failed to decrypt recovery secret: server is not in expected state") for body in (
        b"{}", b"null", b'{"recoverySecret":""}', b'{"recoverySecret":null}', b'{"recoverySecret":[1,2]}')]
    count += judge.judge(Case("%.40r" % body, "POST", path, body, None, status, part) for path, body, status, part in refused)
    # Nobody is a user yet, and no feature is enabled: that comes before anything in a body.
    for body in (b"", b"{", b"{}", b"null", DEEP):
        count += judge.judge([
            *(Case("nobody", "POST", path, body, who, 401, NO_USER) for path in V2_WRITES + V1_WRITES for who in (None, "alice")),
            Case("closed", "POST", "/api/v2/sign-quote", body, None, 403, "SignQuoteEndpoint"),
            Case("closed", "POST", "/api/v2/monotonic-counter", body, None, 403, "MonotonicCounter"),
            Case("gone", "POST", "/recover", body, None, 410, "/api/v2/recover")])
    equal(judge.c.code(), FRESH, "status")
    judge.end(count)


def bodies_are_refused_while_recovering(home):
    deployment, c = start_running(home, "threshold")
    c.stop()
    judge = Judge(Coordinator(home, "b").start(), deployment)
    equal(judge.c.code(), RECOVERY, "status")
    count = judge_bodies(judge, [
        Endpoint("/api/v2/recover", None, RECOVER_MEMBERS, WRONG_SHARE, True),
        Endpoint("/api/v2/manifest", None, [("manifest", "octets")], in_v2(b"{"), True),
        Endpoint("/manifest", None, [("Packages", "map")], b"{}", False)])
    anna, ben = deployment.holders[:2]
    share = deployment.shares[anna]
    ours = deployment.upload(anna)
    flipped = bytes([share[0] ^ 1]) + share[1:]
    count += judge.judge(Case(name, "POST", "/api/v2/recover", json.dumps(body).encode(), None, status, part) for name, body, status, part in [
        ("no secret", {}, 400, "failed to decrypt"),
        ("an empty one", {"recoverySecret": ""}, 400, "failed to decrypt"),
        ("31 bytes", {"recoverySecret": b64(share[:31])}, 400, "failed to decrypt"),
        ("20,000 bytes", {"recoverySecret": b64(bytes(14000))}, 400, "failed to decrypt"),
        ("behind the limit", {"pad": "x" * 20480, **ours}, 400, "line 1"),
        ("another secret", {"recoverySecret": b64(flipped), "recoverySecretSignature": ours["recoverySecretSignature"]}, 500, "invalid"),
        ("no signature", {"recoverySecret": b64(share)}, 500, "not signed"),
        ("an empty signature", dict(ours, recoverySecretSignature=""), 500, "not signed"),
        ("half a signature", dict(ours, recoverySecretSignature=ours["recoverySecretSignature"][:80]), 500, "signature"),
        ("a signature of another holder", deployment.upload(anna, signer=ben), 500, "signature"),
    ])
    count += judge.judge(Case("nobody", "POST", path, b"{", "alice", 401, NO_USER) for path in V2_WRITES + V1_WRITES)
    count += judge.judge(Case("wrong state", "GET", path, None, "alice", 500, "server is not in expected state")
                         for path in ("/api/v2/update", "/update", "/api/v2/recovery/secrets", "/api/v2/recovery/status"))
    count += judge.judge(Case("wrong state", "POST", "/api/v2/recovery/drill", body, None, 500, "server is not in expected state")
                         for body in (b"", b"{", b"{}"))
    taw.recovering_as(judge.c, "shamir", 2, [], deployment.holders)
    deployment.recover(judge.c)
    equal(judge.c.code(), RUNNING, "status after the right secrets")
    judge.end(count)


def bodies_are_refused_while_running(home):
    deployment, c = start_running(home)
    marble = api_scene.marble_identity(c, home)
    judge = Judge(c, deployment)
    unknown = b'{"nothing":{"Key":"AAAA"}}'
    secret = [("token", "map"), ("token.Key", "octets"), ("token.Private", "octets")]
    count = judge_bodies(judge, [
        Endpoint("/api/v2/secrets", "alice", [("secrets", "map"), *(("secrets." + path, kind) for path, kind in secret)],
                 b'{"secrets":' + unknown + b"}", True),
        Endpoint("/secrets", "alice", secret, unknown, False),
        Endpoint("/api/v2/monotonic-counter", marble, [("name", "string"), ("value", "uint")], b'{"name":"c","value":0}', True),
        Endpoint("/api/v2/update", "alice", [("manifest", "octets")], in_v2(b"{"), True),
        Endpoint("/api/v2/update-manifest", "alice", [("manifest", "octets")], in_v2(b"{"), True),
        Endpoint("/update", "alice", [("Packages", "map"), ("Marbles", "map")], b'{"Packages":{"nothing":{"SecurityVersion":2}}}', False),
        Endpoint("/api/v2/recovery/drill", None, DRILL_MEMBERS, b'{"set":"","name":"vault","nonce":"AAAA","proof":"AAAA","signature":"AAAA"}', True),
        Endpoint("/api/v2/recovery/reissue", "alice", [], b'{"x":1}', True),
        Endpoint("/api/v2/sign-quote", None, [("sgxQuote", "octets")], b'{"sgxQuote":"AwACAA=="}', True)])
    wrong_state = "server is not in expected state"
    for body in (b"", b"{", b"{}", DEEP, deployment.manifest, in_v2(deployment.manifest)):
        count += judge.judge([Case("wrong state", "POST", "/api/v2/manifest", body, None, 500, wrong_state),
                              Case("wrong state", "POST", "/manifest", body, "alice", 400, wrong_state),
                              Case("gone", "POST", "/recover", body, None, 410, "/api/v2/recover")])
    count += judge.judge([Case("wrong state", "POST", "/api/v2/recover", WRONG_SHARE, None, 500, wrong_state),
                          Case("wrong state", "GET", "/api/v2/recover/public-key", None, None, 500, wrong_state),
                          Case("a long name", "POST", "/api/v2/monotonic-counter", b'{"name":"%s"}' % (b"x" * 1025), marble, 400, "1024")])
    judge.end(count)


def values_of_secrets_are_refused_one_and_all(home):
    deployment, c = start_running(home)
    judge = Judge(c, deployment)
    der = b64(api_scene.certificate_der(user("alice")[0]))
    pem = user("alice")[0].read_text()
    # the secrets of the request, status in v2, words
    rows = [
        ({}, 500, "no new secrets defined"),
        (None, 500, "no new secrets defined"),
        ({"databaseKey": {"Key": b64(bytes(32))}}, 500, "secret databaseKey is not writeable"),
        ({"Token": {"Key": "AAAA"}}, 500, "does not contain"),
        ({"token\0": {"Key": "AAAA"}}, 500, "does not contain"),
        ({"": {"Key": "AAAA"}}, 500, "does not contain"),
        ({"key": {"Key": b64(bytes(15))}}, 500, "declared size and actual size don't match: key"),
        ({"key": {"Key": b64(bytes(17))}}, 500, "key"),
        ({"key": {"Key": ""}}, 500, "key"),
        ({"key": {}}, 500, "key"),
        ({"key": None}, 500, "key"),
        ({"key": {"Key": b64(bytes(16)), "Private": ""}}, 500, "Private"),
        ({"key": {"Key": b64(bytes(16)), "Cert": der}}, 500, "Cert"),
        ({"token": {"Key": "AAAA", "Private": "AAAA"}}, 500, "Private"),
        ({"token": {"Cert": der}}, 500, "Cert"),
        ({"token": {"Key": "AAAA", "Cert": pem}}, 400, "Cert"),
        ({"site": {"Cert": pem}}, 400, "Cert"),
        ({"site": {"Cert": "AAAA"}}, 400, "Cert"),
        ({"site": {"Cert": ""}}, 400, "Cert"),
        ({"site": {"Cert": der[:-8]}}, 400, "Cert"),
        ({"site": {"Cert": 1}}, 400, "Cert"),
        ({"site": {"Cert": [1, 2]}}, 400, "Cert"),
        ({"site": {"Cert": True}}, 400, "Cert"),
        ({"site": {"Cert": {}}}, 500, "site"),
        ({"site": {}}, 500, "site"),
        ({"site": {"Private": "AAAA"}}, 500, "site"),
        ({"site": {"Cert": der, "Key": ""}}, 500, "Key"),
        ({"token": {"Key": "AAAA"}, "key": {"Key": "AAAA"}}, 500, "key"),
        ({"key": {"Key": b64(bytes(16))}, "token": {"Private": "AAAA"}}, 500, "Private"),
        ({"token": {"Key": "AAAA"}, "nothing": {"Key": "AAAA"}}, 500, "does not contain"),
        ({"token": {"Key": "AAAA"}, "unknown": {"Key": "AAAA"}}, 500, "does not contain"),
    ]
    count = judge.judge(Case("%.60r" % secrets, "POST", "/api/v2/secrets", json.dumps({"secrets": secrets}).encode(), "alice", status, part)
                        for secrets, status, part in rows)
    count += judge.judge(Case("%.60r" % secrets, "POST", "/secrets", json.dumps(secrets).encode(), "alice", 400, part)
                         for secrets, _, part in rows)
    judge.end(count)


# ---- queries ----

NO_NAME = "at least one query parameter"


def queries_are_refused(home):
    deployment, c = start_running(home)
    judge = Judge(c, deployment)
    names = [("", 400, NO_NAME), ("?", 400, NO_NAME), ("?x=1", 400, NO_NAME), ("?S=token", 400, NO_NAME), ("?s=%zz", 400, NO_NAME),
             ("?s=token;x=1", 400, NO_NAME), ("?%73%00=token", 400, NO_NAME), ("?" + "s&" * 10000 + "s", 400, NO_NAME),
             ("?s", 400, "empty query parameter"), ("?s=", 400, "empty query parameter"), ("?s=token&s=", 400, "empty query parameter"), ("?" + "s&" * 9999 + "s", 400, "empty query parameter"),
             ("?s=nothing", None, "[nothing]"), ("?s=Token", None, "[Token]"), ("?s=token+", None, "[token ]"), ("?s=token%00&s=x", None, "[token\0 x]"),
             ("?s=%ff", None, "not allowed"), ("?s=%0d%0a", None, "not allowed"), ("?s=..%2f..%2ftoken", None, "not allowed"),
             ("?s=token&s=nothing", None, "[nothing token]"), ("?s=" + "a" * 10000, None, "not allowed"), ("?s=x=y", None, "[x=y]"),
             ("?s=token,key", None, "[token,key]")]
    count = 0
    for path, denied in (("/api/v2/secrets", 500), ("/secrets", 400)):
        for query, status, part in names:
            rows = [Case("a name", "GET", path + query, None, "alice", status or denied, part)]
            rows += [Case("nobody first", "GET", path + query, None, None, 401, NO_USER)] if len(query) < 1000 else []
            count += judge.judge(rows)
    bad = ("!", "A", "AA", "AAA", "AA=", "AAAA=", "A=AA", "%2B%2F%2F%2F", "AA==AA==", "%00", "AAAA%00", "%ff", "A%20AA", "%C3%A4AAA", "AA%3D%3D%3D")
    count += judge.judge(Case("a nonce", "GET", "/api/v2/quote?nonce=" + text, None, None, 400, "bad nonce format") for text in bad)
    fine = ("nonce=", "nonce", "nonce=AAAA", "nonce=_-8%3D", "nonce=AA%0D%0AAA", "nonce=AAAA&nonce=!", "Nonce=!", "nonce=!;", "%zz", "nonce=" + "A" * 20000)
    count += judge.judge(Case("fine", "GET", "/api/v2/quote?" + text, None, None, 200) for text in fine)
    count += judge.judge(Case("v1 has none", "GET", "/quote?nonce=" + text, None, None, 200) for text in bad)
    plain = ("/status", "/api/v2/status", "/manifest", "/api/v2/manifest", "/update", "/api/v2/update", "/api/v2/update/chain",
             "/api/v2/recover/status")
    count += judge.judge(Case("no query is wanted", "GET", path + query, None, None, 200) for path in plain
                         for query in ("?", "?a", "?%zz", "?%00", "?" + "&" * 5000, "?s=" + "a" * 20000))
    judge.end(count)


# ---- who ----

def strangers(place):
    """name, (certificate file, key file): none of them is Alice."""
    mallory, alice = keys.user("mallory"), keys.user("alice")
    chain, same_name, from_alice = place / "chain.pem", place / "same-name.pem", place / "from-alice.pem"
    chain.write_text(mallory[0].read_text() + alice[0].read_text())
    run_program("openssl", "req", "-x509", "-key", mallory[1], "-subj", "/CN=alice", "-days", "30", "-out", same_name)
    run_program("openssl", "req", "-new", "-key", mallory[1], "-subj", "/CN=alice", "-out", place / "mallory.csr")
    run_program("openssl", "x509", "-req", "-in", place / "mallory.csr", "-CA", alice[0], "-CAkey", alice[1], "-CAcreateserial", "-days",
                "30", "-out", from_alice)
    again = place / "again.pem"  # Alice's own key and name, but another certificate
    run_program("openssl", "req", "-x509", "-key", alice[1], "-subj", "/CN=alice", "-days", "30", "-out", again)
    return [("nobody", None), ("a stranger", mallory), ("a stranger with Alice's certificate behind", (chain, mallory[1])),
            ("a stranger of the same name", (same_name, mallory[1])), ("one whom Alice vouches for", (from_alice, mallory[1])),
            ("another certificate of Alice's key", (again, alice[1]))]


USER_OPERATIONS = [("GET", "/api/v2/secrets?s=token"), ("GET", "/secrets?s=token"), ("GET", "/api/v2/secrets"), ("GET", "/api/v2/recovery/secrets"),
                   *(("POST", path) for path in V2_WRITES + V1_WRITES)]


def only_the_proven_certificate_of_a_user_counts(home):
    deployment, c = start_running(home)
    judge = Judge(c, deployment)
    upload = b'{"secrets":{"token":{"Key":"AAAA"}}}'
    count = 0
    for name, cert in strangers(home):
        count += judge.judge(Case(name, method, target, body, cert, 401, NO_USER) for method, target in USER_OPERATIONS
                             for body in ((None,) if method == "GET" else (b"", b"{", upload, deployment.manifest)))
    alice, mallory = keys.user("alice"), keys.user("mallory")
    reversed_chain = home / "reversed.pem"
    reversed_chain.write_text(alice[0].read_text() + mallory[0].read_text())
    count += judge.judge([Case("Alice with a stranger behind", "GET", "/api/v2/secrets?s=token", None, (reversed_chain, alice[1]), 200),
                          Case("expired", "GET", "/api/v2/secrets?s=token", None, "expired", 200),
                          Case("expired, v1", "GET", "/secrets?s=token", None, "expired", 200)])
    judge.end(count)


def only_the_proven_certificate_of_a_marble_counts(home):
    deployment, c = start_running(home)
    marble, mallory = api_scene.marble_identity(c, home), keys.user("mallory")
    chain, copied, bare = home / "chain.pem", home / "copied.pem", home / "bare.pem"
    chain.write_text(mallory[0].read_text() + marble[0].read_text())
    bare.write_text(marble[0].read_text().split("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n")
    uuid = "/CN=6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    run_program("openssl", "req", "-x509", "-key", mallory[1], "-subj", uuid, "-addext", "1.3.9903.2.1=DER:73746f7265", "-days", "30", "-out", copied)
    judge = Judge(c, deployment)
    path = "/api/v2/monotonic-counter"
    count = judge.judge(Case(name, "POST", path, body, cert, 401, "unauthorized marble") for body in (b"", b"{", b'{"name":"c","value":1}')
                        for name, cert in [("nobody", None), ("a user", user("alice")), ("a stranger", mallory),
                                           ("a stranger with the Marble's certificate behind", (chain, mallory[1])),
                                           ("a copy of the Marble's certificate", (copied, mallory[1]))])
    count += judge.judge([Case("the Marble", "POST", path, b'{"name":"c","value":1}', marble, 200),
                          Case("the Marble without its chain", "POST", path, b'{"name":"c","value":1}', (bare, marble[1]), 200)])
    equal(c.post(path, {"name": "c"}, marble).data(), {"value": 1}, "counter")
    judge.end(count)


def each_right_is_needed(home):
    deployment, c = start_running(home)
    judge = Judge(c, deployment)
    upload = {"token": {"Key": "AAAA"}}
    full = deployment.manifest.replace(b'"NAME":"first"', b'"NAME":"second"')
    rows = []
    for who in ("noread", "norights"):
        rows += [Case(who, "GET", path + "?s=token", None, who, status, "user %s is not allowed to read" % who)
                 for path, status in (("/api/v2/secrets", 500), ("/secrets", 400))]
    for who in ("nowrite", "norights", "expired"):
        rows += [Case(who, "POST", "/api/v2/secrets", json.dumps({"secrets": upload}).encode(), who, 500, "user %s is not allowed to update secret: token" % who),
                 Case(who, "POST", "/secrets", json.dumps(upload).encode(), who, 400, "user %s is not allowed to update secret: token" % who)]
    for who, body in (("nopackage", package_update(9)), ("nomanifest", full), ("norights", package_update(9)), ("norights", full)):
        rows += [Case(who, "POST", "/api/v2/update", in_v2(body), who, 500, "user %s is not allowed to update" % who),
                 Case(who, "POST", "/update", body, who, 400, "user %s is not allowed to update" % who)]
    for who in ("nomanifest", "norights"):
        rows += [Case(who, "POST", path, b"", who, 500, "user %s is not allowed to cancel" % who) for path in ("/api/v2/update-cancel", "/update-cancel")]
    rows += [Case("nothing pending", "POST", path, b"", "alice", 404, "no update in progress") for path in ("/api/v2/update-cancel", "/update-cancel")]
    rows += [Case("nothing pending", "POST", path, body, "alice", 404, "no update in progress")
             for path, body in (("/api/v2/update-manifest", in_v2(full)), ("/update-manifest", full))]
    # A right to one is none to the others.
    both = {"token": {"Key": "AAAA"}, "key": {"Key": b64(bytes(16))}}
    rows += [Case("few", "GET", path + query, None, "few", status, "user few is not allowed to read one or more secrets of: " + names)
             for path, status in (("/api/v2/secrets", 500), ("/secrets", 400))
             for query, names in (("?s=key", "[key]"), ("?s=token&s=key", "[key token]"), ("?s=databaseKey&s=token", "[databaseKey token]"))]
    rows += [Case("few", "POST", "/api/v2/secrets", json.dumps({"secrets": both}).encode(), "few", 500, "user few is not allowed to update secret: key"),
             Case("few", "POST", "/secrets", json.dumps({"key": both["key"]}).encode(), "few", 400, "user few is not allowed to update secret: key")]
    rows += [Case("a package too many", "POST", path, wrap(package_update(9, packages)), "alice", status, "user alice is not allowed to update")
             for packages in (("backend", "other"), ("other",), ("backend", "nothing"))
             for path, wrap, status in (("/api/v2/update", in_v2, 500), ("/update", lambda raw: raw, 400))]
    count = judge.judge(rows)
    count += judge.judge([Case("few", "GET", "/api/v2/secrets?s=token", None, "few", 200)])
    judge.end(count)


# ---- sizes, lengths ----

def large_bodies_are_refused_before_they_come(home):
    deployment, c = start_running(home)
    large = {"/api/v2/manifest", "/manifest", "/api/v2/secrets", "/secrets", "/api/v2/update", "/update", "/api/v2/update-manifest", "/update-manifest"}
    before = state_of(c, deployment)

    def announce(row):
        method, path, length, served = row
        head = "%s %s HTTP/1.1\r\nhost: localhost\r\n%s\r\n\r\n" % (method, path, length)
        with c.connect(user("alice")) as sock:
            sock.sendall(head.encode())
            if served:  # it waits for the body
                sock.settimeout(0.2)
                try:
                    raise AssertionError("%s: an answer before the body: %r" % (row, taw.read_reply(sock)))
                except TimeoutError:
                    return
            reply = taw.read_reply(sock)
            true(reply is not None, "%s: no answer" % (row,))
            equal(reply.status, 413, str(row))
            DOCUMENT.check_answer(method, path, reply)
            true(sock.recv(1) == b"", "%s: the connection stays open" % (row,))

    rows = []
    for method, path in DOCUMENT.operations():
        most = (24 << 20) if path in large and method == "POST" else (256 << 10)
        rows += [(method, path, "content-length: %d" % (most + 1), False), (method, path, "content-length: 99999999999999999999999", False)]
        rows += [(method, path, "transfer-encoding: chunked\r\n\r\n%x" % (most + 1), False)]
        rows += [(method, path, "content-length: %d" % most, True)] if method == "POST" else []
    taw.in_parallel(announce, rows, 16)
    equal(state_of(c, deployment), before, "state")
    taw.comment("%d requests" % len(rows))
    c.stop()


def wrong_lengths_of_bodies_change_nothing(home):
    deployment, c = start_running(home)
    before = state_of(c, deployment)
    body = b'{"secrets":{"token":{"Key":"AAAA"}}}'
    line = "POST /api/v2/secrets HTTP/1.1"

    def send(length, data, more=b""):
        with c.connect(user("alice")) as sock:
            sock.sendall(("%s\r\nhost: localhost\r\ncontent-length: %s\r\n\r\n" % (line, length)).encode() + data + more)
            sock.settimeout(2)
            got = b""
            try:
                while part := sock.recv(65536):
                    got += part
            except (TimeoutError, ConnectionError, ssl.SSLError):
                pass
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", got)]

    def ends_early(cut):
        with c.connect(user("alice")) as sock:
            sock.sendall(("%s\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % (line, len(body))).encode() + body[:cut])
            sock.unwrap()  # close_notify: nothing more is to come

    for length in ("-1", "+3", "0x24", "3.0", "", "36, 36", "36 36", "abc", "\u0663".encode().decode("latin-1")):
        equal(send(length, body), [400], "content-length %r" % length)
    equal(send(len(body) - 1, body, b"\r\n\r\n"), [400, 400], "a byte too many")
    equal(send(0, body, b"\r\n\r\n"), [400, 400], "no body announced")
    taw.in_parallel(ends_early, range(0, len(body)), 8)
    equal(send(len(body) + 1, body), [], "a byte less than announced")
    equal(state_of(c, deployment), before, "state")
    c.stop()


taw.run(globals())
