# SPDX-License-Identifier: Apache-2.0
"""Upload of secrets from outside: clients that vanish, that come at the same time, that send too much."""

import json
import os
import pathlib
import re
import shutil
import time

import taw
from taw import Coordinator, UploadDeployment, equal, true

PATH = "/api/v2/secrets"


def start(home, args=()):
    deployment = UploadDeployment("none")
    c = Coordinator(home, args=args).start()
    deployment.set(c).data()
    return deployment, c


def request_of(deployment, value):
    body = json.dumps(deployment.upload_body(value)).encode()
    return b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % (PATH.encode(), len(body)) + body


def vanish_after(c, deployment, data):
    """Sends this much and is gone without a word."""
    sock = c.connect(deployment.user)
    sock.sendall(data)
    os.close(sock.detach())


def a_client_that_vanishes_in_its_request_changes_nothing(home):
    deployment, c = start(home)
    request = request_of(deployment, bytes(32))
    cuts = [*range(0, len(request), 1 if taw.SOAK else 23), len(request) - 1]
    taw.in_parallel(lambda cut: vanish_after(c, deployment, request[:cut]), cuts)
    equal(deployment.uploaded(c), None, "the value")
    deployment.upload_values(c, bytes(32)).data()
    equal(len(deployment.log_lines(c)), 3, "lines of the log")
    c.stop()


def a_client_that_does_not_wait_for_its_answer_changes_all_or_nothing(home):
    deployment, c = start(home)
    values = [bytes([n]) * 32 for n in range(1, 21)]
    for value in values:
        vanish_after(c, deployment, request_of(deployment, value))
        true(deployment.uploaded(c) in [None, *values], "a value that somebody sent")
    deployment.upload_values(c, bytes(32)).data()
    until = time.monotonic() + 20
    lines = []
    while lines != deployment.log_lines(c) and time.monotonic() < until:  # the last ones may still be at work
        lines = deployment.log_lines(c)
        time.sleep(0.2)
    last = deployment.uploaded(c)
    c.stop()
    c = Coordinator(home).start()
    equal(deployment.uploaded(c), last, "the value after a restart")
    equal(deployment.log_lines(c), lines, "the log after a restart")
    c.stop()


def two_clients_at_the_same_time_both_get_through_and_never_mix(home):
    deployment, c = start(home)
    rounds = 100 if taw.SOAK else 15

    def upload(n):
        for _ in range(rounds):
            equal(deployment.upload_values(c, bytes([n]) * 32).status, 200, "an upload")
            true(deployment.uploaded(c) in (b"\1" * 32, b"\2" * 32), "one of both values")

    taw.in_parallel(upload, [1, 2])
    equal(deployment.log_lines(c)[1:], ["Secret set"] * (4 * rounds), "update log")
    last = deployment.uploaded(c)
    c.kill()
    c = Coordinator(home).start()
    equal(deployment.uploaded(c), last, "the value after a kill")
    c.stop()


def an_upload_is_bounded(home):
    deployment, c = start(home)
    for path in (PATH, "/secrets"):
        head = "POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % (path, (24 << 20) + 1)
        with c.connect(deployment.user) as sock:
            sock.sendall(head.encode())
            equal(taw.read_reply(sock).status, 413, "status of what is too large")
    equal(deployment.uploaded(c), None, "the value")
    large = {"secrets": {"token": {"Key": taw.b64(bytes(3 << 20))}}}
    c.post(PATH, large, deployment.user).data()
    token = c.get(PATH + "?s=token", deployment.user).data()["secrets"]["token"]["Private"]
    equal(len(taw.unb64(token)), 3 << 20, "bytes of a large secret")
    c.stop()
    c = Coordinator(home).start()
    equal(c.get(PATH + "?s=token", deployment.user).data()["secrets"]["token"]["Private"], token, "after a restart")
    c.stop()


def nothing_of_a_value_is_in_the_log_or_in_clear_on_the_disk(home):
    deployment, c = start(home, args=["--debug"])
    good, bad = os.urandom(32), os.urandom(24)
    deployment.upload_values(c, good).data()
    for body in ({"secrets": {"key": {"Key": taw.b64(bad)}}}, {"secrets": {"key": {"Key": taw.b64(bad) + "*"}}},
                 {"secrets": {"nope": {"Key": taw.b64(bad)}}}, {"secrets": {"token": taw.b64(bad)}},
                 {"secrets": {"token": {"Key": taw.b64(bad), "Private": taw.b64(bad)}}}):
        reply = c.post(PATH, body, deployment.user)
        true(reply.status in (400, 500), "refused: %r" % reply)
        true(taw.b64(bad)[:12].encode() not in reply.body, "the answer repeats the value")
    c.stop()
    texts = [c.log_path.read_bytes(), *(path.read_bytes() for path in (home / "state").rglob("*") if path.is_file())]
    for value in (good, bad):
        for form in (value, value.hex().encode(), value.hex().upper().encode(), taw.b64(value)[:30].encode()):
            true(not any(form in text for text in texts), "a value is in the log or on the disk")


def the_command_of_the_documentation_works(home):
    """docs/marbles.md, for a secret of another name."""
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs/marbles.md").read_text()
    block = re.search(r"( *printf '\{\"secrets\".*?)```", text, re.S).group(1)
    deployment, c = start(home)
    (home / "password.txt").write_bytes(b"correct horse")
    chain = c.get("/api/v2/quote").data()["cert"]
    (home / "root.pem").write_text(chain[chain.rindex("-----BEGIN"):])
    cert, key = deployment.user
    shutil.copy(cert, home / "alice.pem")
    shutil.copy(key, home / "alice.key")
    answer = taw.bash(block.replace("dbPassword", "token"), home, MARBLERUN="localhost:%d" % c.port)
    equal(json.loads(answer), {"status": "success", "data": None}, "the answer")
    token = c.get(PATH + "?s=token", deployment.user).data()["secrets"]["token"]
    equal(taw.unb64(token["Private"]), b"correct horse", "the value")
    c.stop()


taw.run(globals())
