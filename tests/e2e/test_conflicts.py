# SPDX-License-Identifier: Apache-2.0
"""Writers that vanish and writers that come at the same time: one wins, the other is told, and a restart finds what won."""

import json
import os
import threading
import time

import api_scene
import openapi
import taw
from api_scene import ApiDeployment, Line, in_v2, package_update, start_running, state_of, user
from taw import FRESH, RUNNING, Coordinator, b64, equal, true

DOCUMENT = openapi.load()


# ---- clients that vanish ----

def vanish(c, cert, data):
    """Sends this much and is gone without a word."""
    sock = c.connect(cert)
    sock.sendall(data)
    os.close(sock.detach())


def request_bytes(path, body):
    return b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % (path.encode(), len(body)), body


def eventually(get, wanted, about):
    until = time.monotonic() + 20
    while (got := get()) not in wanted:
        true(time.monotonic() < until, "%s: %.300r" % (about, got))
        time.sleep(0.05)
    return got


def cuts(head, body):
    return [(head + body)[:cut] for cut in (1, len(head) // 2, len(head) - 1, len(head), len(head) + len(body) // 2, len(head) + len(body) - 1)]


def clients_that_vanish_leave_all_or_nothing(home):
    """In the head, in the body: nothing. Behind it, before the answer: all or nothing, and the same after a restart."""
    deployment, c = start_running(home)
    marble = api_scene.marble_identity(c, home)
    upload = json.dumps({"secrets": {"token": {"Key": b64(b"new")}, "key": {"Key": b64(bytes(16))}}}).encode()
    counter = b'{"name":"c","value":7}'
    writes = [("/api/v2/secrets", upload, user("alice")), ("/secrets", json.dumps(json.loads(upload)["secrets"]).encode(), user("alice")),
              ("/api/v2/monotonic-counter", counter, marble), ("/api/v2/update", in_v2(package_update(2)), user("alice")),
              ("/update", package_update(3), user("alice")), ("/api/v2/update-cancel", b"{}", user("alice")),
              ("/api/v2/update-manifest", in_v2(deployment.manifest), user("alice"))]
    before = state_of(c, deployment)
    pieces = [(cert, piece) for path, body, cert in writes for piece in cuts(*request_bytes(path, body))]
    taw.in_parallel(lambda piece: vanish(c, *piece), pieces, 4)
    equal(state_of(c, deployment), before, "state after halves of requests")
    equal(c.post("/api/v2/monotonic-counter", {"name": "c"}, marble).data(), {"value": 0}, "counter after halves of requests")
    for path, body, cert in writes[:3]:
        for _ in range(5):
            vanish(c, cert, b"".join(request_bytes(path, body)))
            equal(c.code(), RUNNING, "status for others")

    def values():
        secrets = c.get("/api/v2/secrets?s=token&s=key", user("alice")).data()["secrets"]
        return secrets["token"]["Private"], secrets["key"]["Private"]

    eventually(values, [(b64(b"new"), b64(bytes(16)))], "both secrets")
    eventually(lambda: c.post("/api/v2/monotonic-counter", {"name": "c"}, marble).data()["value"], [7], "counter")
    after = state_of(c, deployment)
    equal(len(deployment.log_lines(c)) % 2, 1, "lines of the log, two for each upload")
    c.kill()
    c = Coordinator(home).start()
    equal(state_of(c, deployment), after, "state after a restart")
    c.stop()


def a_client_that_vanishes_while_it_sets_the_manifest_leaves_all_or_nothing(home):
    c = Coordinator(home).start()
    deployment = ApiDeployment("none")
    for path, body in (("/manifest", deployment.manifest), ("/api/v2/manifest", in_v2(deployment.manifest))):
        taw.in_parallel(lambda piece: vanish(c, None, piece), cuts(*request_bytes(path, body)), 4)
    equal(c.code(), FRESH, "status after halves of requests")
    equal(c.get("/manifest").data()["Manifest"], None, "manifest")
    vanish(c, None, b"".join(request_bytes("/manifest", deployment.manifest)))
    eventually(c.code, [RUNNING], "status")
    equal(taw.unb64(c.get("/api/v2/manifest").data()["manifest"]), deployment.manifest, "manifest")
    after = state_of(c, deployment)
    c.kill()
    c = Coordinator(home).start()
    equal(state_of(c, deployment), after, "state after a restart")
    c.stop()


def a_holder_who_vanishes_has_given_the_secret_or_not(home):
    deployment, c = start_running(home, "xor")
    facts = deployment.facts(c)
    c.stop()
    c = Coordinator(home, "b").start()
    first, second, third = ([json.dumps(deployment.upload(holder)).encode() for holder in deployment.holders])
    taw.in_parallel(lambda piece: vanish(c, None, piece), cuts(*request_bytes("/api/v2/recover", first)), 4)
    taw.recovering_as(c, "xor", 3, [], deployment.holders)
    vanish(c, None, b"".join(request_bytes("/api/v2/recover", first)))
    eventually(lambda: c.get("/api/v2/recover/status").data()["accepted"], [deployment.holders[:1]], "holders who gave")
    c.post("/api/v2/recover", second).data()
    vanish(c, None, b"".join(request_bytes("/api/v2/recover", third)))
    eventually(c.code, [RUNNING], "status")
    equal(deployment.facts(c), facts, "facts")
    c.kill()
    c = Coordinator(home, "b").start()
    equal(deployment.facts(c), facts, "facts after a restart")
    c.stop()


# ---- two at the same time ----

def at_once(*requests):
    """Each of the functions gets its own thread; they start together. Their results."""
    gate = threading.Barrier(len(requests))

    def run(request):
        gate.wait(30)
        return request()

    return taw.in_parallel(run, requests, len(requests))


def ready(c, cert, path, body):
    """A request on a connection that is open already."""
    line = Line(c, cert)
    equal(line.request("GET", "/api/v2/status").status, 200, "status")

    def send():
        try:
            return line.request("POST", path, body)
        finally:
            line.close()

    return send


def of_two_manifests_one_wins_and_the_other_is_told(home):
    for number, paths in enumerate((("/manifest",) * 2, ("/api/v2/manifest",) * 2, ("/manifest", "/api/v2/manifest"))):
        for again in range(4):
            place = home / ("%d-%d" % (number, again))
            place.mkdir()
            c = Coordinator(place).start()
            manifests = [ApiDeployment("none", name).manifest for name in ("one", "two")]
            bodies = [manifest if path == "/manifest" else in_v2(manifest) for path, manifest in zip(paths, manifests)]
            replies = at_once(*(ready(c, None, path, body) for path, body in zip(paths, bodies)))
            won = [i for i in (0, 1) if replies[i].status == 200]
            equal(len(won), 1, "manifests that were set: %r" % replies)
            lost = replies[1 - won[0]]
            DOCUMENT.check_answer("POST", paths[1 - won[0]], lost)
            late = lost.message() == "server is not in expected state"
            true(late or lost.message().startswith("another manifest is being set"), "the other: %r" % lost)
            equal(lost.status, 400 if late and paths[1 - won[0]] == "/manifest" else 500, "the other: %r" % lost)
            equal(taw.unb64(c.get("/api/v2/manifest").data()["manifest"]), manifests[won[0]], "manifest")
            c.kill()
            c = Coordinator(place).start()
            equal(taw.unb64(c.get("/api/v2/manifest").data()["manifest"]), manifests[won[0]], "manifest after a restart")
            c.stop()


def uploads_and_counters_at_once_are_all_kept_or_refused_whole(home):
    """Uploads do not exclude each other: both are told of a success, and one of both is what stays."""
    deployment, c = start_running(home)
    marble = api_scene.marble_identity(c, home)
    for turn in range(1, 16):
        values = [bytes([turn, side]) * 8 for side in (1, 2)]
        uploads = [json.dumps({"secrets": {"token": {"Key": b64(v)}, "key": {"Key": b64(v)}}}).encode() for v in values]
        steps = [json.dumps({"name": "c", "value": turn}).encode()] * 2
        replies = at_once(*(ready(c, user("alice"), "/api/v2/secrets", body) for body in uploads),
                          *(ready(c, marble, "/api/v2/monotonic-counter", body) for body in steps))
        equal([reply.status for reply in replies], [200] * 4, "statuses")
        equal(sorted(reply.data()["value"] for reply in replies[2:]), [turn - 1, turn], "what the counter was before")
        secrets = c.get("/api/v2/secrets?s=token&s=key", user("alice")).data()["secrets"]
        equal(secrets["token"]["Private"], secrets["key"]["Private"], "the values of both secrets")
        true(taw.unb64(secrets["token"]["Private"]) in values, "one of the two values")
    equal(deployment.log_lines(c)[1:], ["Secret set"] * 60, "update log")
    after = state_of(c, deployment)
    c.kill()
    c = Coordinator(home).start()
    equal(state_of(c, deployment), after, "state after a restart")
    equal(c.post("/api/v2/monotonic-counter", {"name": "c"}, marble).data(), {"value": 15}, "counter after a restart")
    c.stop()


def of_two_updates_one_wins_and_the_other_is_told(home):
    deployment, c = start_running(home)
    full = [deployment.manifest.replace(b'"NAME":"first"', b'"NAME":"%s"' % name) for name in (b"one", b"two")]
    c.post("/api/v2/update", in_v2(package_update(2)), user("alice")).data()
    for turn in range(6):
        path, body, conflict = (("/api/v2/update", in_v2, 500), ("/update", lambda raw: raw, 400))[turn % 2]
        upload = json.dumps({"secrets": {"token": {"Key": b64(bytes([turn]))}}}).encode()
        replies = at_once(ready(c, user("alice"), path, body(full[0])), ready(c, user("noread"), path, body(full[1])),
                          ready(c, user("alice"), "/api/v2/secrets", upload))
        equal(sorted(reply.status for reply in replies[:2]), [200, conflict], "proposals: %r" % replies)
        won = 0 if replies[0].status == 200 else 1
        true(replies[1 - won].message().startswith("update already in progress"), "the other: %r" % replies[1 - won])
        true(replies[2].status == 200 or "in the meantime" in replies[2].message(), "the upload: %r" % replies[2])
        equal(taw.unb64(c.get("/update-manifest").data()["manifest"]), full[won], "what is pending")
        after = state_of(c, deployment)
        c.kill()
        c = Coordinator(home).start()
        equal(state_of(c, deployment), after, "state after a restart")
        # One acknowledges while the other cancels: one of both, whole.
        replies = at_once(ready(c, user("nowrite"), "/api/v2/update-manifest", in_v2(full[won])),
                          ready(c, user("nopackage"), "/api/v2/update-cancel", b""))
        equal(sorted(reply.status for reply in replies), [200, 404], "acknowledgment and cancellation: %r" % replies)
        equal(c.get("/update-manifest").status, 404, "what is pending")
        in_force = taw.unb64(c.get("/api/v2/manifest").data()["manifest"])
        true(in_force == full[won] if replies[0].status == 200 else in_force in (deployment.manifest, *full), "manifest in force")
    c.stop()


taw.run(globals())
