# SPDX-License-Identifier: Apache-2.0
"""HTTP and TLS from outside: what has to be refused, who is cut off, and how much one Coordinator carries."""

import concurrent.futures
import os
import random
import resource
import shutil
import socket
import ssl
import time
import warnings

import taw
from taw import FRESH, Coordinator, Deployment, contains, equal, true

STATUS = "/api/v2/status"


# ---- requests that a server must not misunderstand ----

def get(*fields, line="GET /api/v2/status HTTP/1.1", host=True):
    return "\r\n".join([line, *(["Host: localhost"] if host else []), *fields, "", ""]).encode("latin-1")


def post(*fields, body=b"", line="POST /api/v2/recover HTTP/1.1"):
    return get(*fields, line=line) + body


# name, bytes, the status codes that RFC 9112 (or 9110) leaves for it
REFUSED = [
    # the table of measured behaviour
    ("Content-Length and Transfer-Encoding", post("Content-Length: 4", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), {400}),
    ("Transfer-Encoding and Content-Length", post("Transfer-Encoding: chunked", "Content-Length: 4", body=b"0\r\n\r\n"), {400}),
    ("two Content-Length", post("Content-Length: 2", "Content-Length: 3", body=b"{}x"), {400}),
    ("Content-Length with a sign", post("Content-Length: +4", body=b"{}  "), {400}),
    ("Content-Length below zero", post("Content-Length: -1"), {400}),
    ("blank before the colon", get("X : a"), {400}),
    ("NUL in a field value", get("X: a\0b"), {400}),
    ("no Host", get(host=False), {400}),
    ("two Hosts", get("Host: other"), {400}),
    ("unknown Transfer-Encoding", post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), {400, 501}),
    ("Transfer-Encoding: gzip, chunked", post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), {501}),
    ("chunked twice", post("Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"), {400, 501}),
    ("chunked not last", post("Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n"), {400}),
    ("chunk size in C", post("Transfer-Encoding: chunked", body=b"0x2\r\n{}\r\n0\r\n\r\n"), {400}),
    ("chunk size with a sign", post("Transfer-Encoding: chunked", body=b"+2\r\n{}\r\n0\r\n\r\n"), {400}),
    ("chunk size that overflows", post("Transfer-Encoding: chunked", body=b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n"), {400, 413}),
    ("chunk size of 2^64-1", post("Transfer-Encoding: chunked", body=b"ffffffffffffffff\r\n{}\r\n0\r\n\r\n"), {400, 413}),
    ("chunk longer than its size", post("Transfer-Encoding: chunked", body=b"2\r\n{}{}\r\n0\r\n\r\n"), {400}),
    ("empty chunk size", post("Transfer-Encoding: chunked", body=b"\r\n{}\r\n0\r\n\r\n"), {400}),
    # what else a smuggler tries
    ("Transfer-Encoding in HTTP/1.0", post("Transfer-Encoding: chunked", body=b"0\r\n\r\n", line="POST /api/v2/recover HTTP/1.0"), {400}),
    ("Transfer-Encoding behind a tab", post("Transfer-Encoding:\tchunked\v", body=b"0\r\n\r\n"), {400, 501}),
    ("Content-Length that overflows", post("Content-Length: 18446744073709551620"), {400, 413}),
    ("Content-Length as a list", post("Content-Length: 2, 3", body=b"{}x"), {400}),
    ("Content-Length with a blank inside", post("Content-Length: 1 2", body=b"{}"), {400}),
    ("empty Content-Length", post("Content-Length:"), {400}),
    ("Content-Length in hexadecimal", post("Content-Length: 0x2", body=b"{}"), {400}),
    ("folded field", get("X: a", " b"), {400}),
    ("blank before the first field", get().replace(b"Host", b" Host"), {400}),
    ("field without a colon", get("X"), {400}),
    ("field without a name", get(": a"), {400}),
    ("control character in a name", get("X\x01: a"), {400}),
    ("control character in a value", get("X: \x01"), {400}),
    ("bare CR in a value", get("X: a\rY: b"), {400}),
    ("Host with a blank", get("Host: local host", host=False), {400}),
    ("line of LF alone", b"GET /api/v2/status HTTP/1.1\nHost: localhost\n\n", {400}),
    ("two blanks in the request line", get(line="GET  /api/v2/status HTTP/1.1"), {400}),
    ("tab in the request line", get(line="GET\t/api/v2/status HTTP/1.1"), {400}),
    ("no version", get(line="GET /api/v2/status"), {400}),
    ("version in lower case", get(line="GET /api/v2/status http/1.1"), {400}),
    ("version 2.0", get(line="GET /api/v2/status HTTP/2.0"), {400, 505}),
    ("version 3.1", get(line="GET /api/v2/status HTTP/3.1"), {400, 505}),
    ("control character in the target", get(line="GET /api/\x01 HTTP/1.1"), {400}),
    ("relative target", get(line="GET api/v2/status HTTP/1.1"), {400}),
    ("bad percent-encoding", get(line="GET /api/v2/%zz HTTP/1.1"), {400}),
    ("NUL in the target", get(line="GET /api/v2/%00status HTTP/1.1"), {400, 404, 405}),
    ("bad character in the method", get(line="G@T /api/v2/status HTTP/1.1"), {400}),
    ("response as request", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {400}),
    ("SSH", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n", {400}),
    ("HTTP/2 preface without ALPN", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    ("nothing but NUL", bytes(4096), {400, 414}),
]

ACCEPTED = [
    ("empty line first", b"\r\n" + get("Connection: close"), [200]),
    ("two requests at once", get() + get("Connection: close"), [200, 200]),
    ("HTTP/1.0", get(line="GET /api/v2/status HTTP/1.0"), [200]),
    ("absolute target", get("Connection: close", line="GET https://localhost/api/v2/status HTTP/1.1"), [200]),
    ("chunks, extensions and trailers", post("Transfer-Encoding: chunked", "Connection: close",
                                             body=b"1;a=b\r\n{\r\n01\r\n}\r\n0\r\nX: y\r\n\r\n"), [400]),
    ("white space around a value", get("Connection: \t close \t"), [200]),
    ("field names in any case", get("CONNECTION: close"), [200]),
    ("upgrade to h2c", get("Upgrade: h2c", "HTTP2-Settings: AAAA", "Connection: Upgrade, HTTP2-Settings, close"), [200]),
    ("body of a GET", get("Content-Length: 2", "Connection: close") + b"{}", [200]),
]


def requests_that_rfc_9112_refuses_get_an_error_and_the_end_of_the_connection(home):
    c = Coordinator(home).start()
    smuggled = get("Connection: close", line="GET /status HTTP/1.1")

    def send(row):
        name, data, wanted = row
        replies = c.raw(data + smuggled, timeout=20)
        equal(len(replies), 1, "%s: replies %r" % (name, replies))
        true(replies[0].status in wanted, "%s: %r" % (name, replies[0]))
        equal(replies[0].json()["status"], "error", name)

    taw.in_parallel(send, REFUSED, 8)
    taw.comment("%d requests" % len(REFUSED))
    equal(c.code(), FRESH, "status")
    c.stop()


def requests_that_only_look_odd_are_served(home):
    c = Coordinator(home).start()
    for name, data, wanted in ACCEPTED:
        equal([reply.status for reply in c.raw(data, timeout=20)], wanted, name)
    with c.connect() as sock:
        sock.sendall(post("Content-Length: 2", "Expect: 100-continue", "Connection: close"))
        equal(taw.read_reply(sock).status, 100, "answer to Expect")
        sock.sendall(b"{}")
        equal(taw.read_reply(sock).status, 400, "answer to the request")
    c.stop()


def a_request_in_any_pieces_is_the_same_request(home):
    c = Coordinator(home).start()
    data = post("Transfer-Encoding: chunked", "Connection: close", body=b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    answers = set()
    for cut in range(1, len(data), 1 if taw.SOAK else 11):
        with c.connect() as sock:
            sock.sendall(data[:cut])
            time.sleep(0.001)
            sock.sendall(data[cut:])
            reply = taw.read_reply(sock)
            answers.add((reply.status, reply.body))
    equal(len(answers), 1, "different answers")
    c.stop()


# ---- garbage ----

def ends(sock, seconds=20):
    """Does the other side end this connection in time?"""
    sock.settimeout(seconds)
    try:
        while sock.recv(65536):
            pass
    except TimeoutError:
        return False
    except (ConnectionError, ssl.SSLError):
        pass
    return True


def garbage_before_inside_and_after_tls_ends_only_its_connection(home):
    c = Coordinator(home, args=["--handshake-timeout", "2000", "--request-timeout", "2000"]).start()
    rng = random.Random(9112)
    hello = ssl.MemoryBIO()
    bio = taw.tls_context().wrap_bio(ssl.MemoryBIO(), hello)
    try:
        bio.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = hello.read()
    before = [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", bytes(65536), rng.randbytes(65536), b"\x16\x03\x01\xff\xff", hello[:-1],
              hello[:5], hello + rng.randbytes(500), hello + hello, b"\x15\x03\x03\x00\x02\x02\x28", b"\x80\x2e\x01\x00\x02"]
    for position in range(0, len(hello), 1 if taw.SOAK else 9):
        flipped = bytearray(hello)
        flipped[position] ^= 1 << rng.randrange(8)
        before.append(bytes(flipped) + b"\x17\x03\x03\x00\x01x")

    def send(data):
        with socket.create_connection(("127.0.0.1", c.port), 20) as sock:
            try:
                sock.sendall(data)
            except ConnectionError:
                pass
            true(ends(sock), "a connection stays open after %r" % data[:40])

    taw.in_parallel(send, before, 16)
    for _ in range(200 if taw.SOAK else 40):  # inside
        replies = c.raw(rng.randbytes(rng.randrange(1, 3000)) + b"\r\n\r\n", timeout=20)
        true(len(replies) <= 1 and all(reply.status >= 400 for reply in replies), "garbage was answered with %r" % replies)
    for data in (bytes(100), rng.randbytes(3000), b"\x17\x03\x03\xff\xff" + bytes(70000)):  # after
        with c.connect() as sock:
            sock.sendall(get())
            equal(taw.read_reply(sock).status, 200, "an ordinary request")
            raw = socket.socket(fileno=os.dup(sock.fileno()))
            with raw:
                raw.settimeout(20)
                try:
                    raw.sendall(data)
                except ConnectionError:
                    pass
                true(ends(raw), "a connection stays open after a broken record")
    equal(c.code(), FRESH, "status")
    c.stop()


# ---- deadlines ----

def drip(sock, data, every):
    """Sends byte by byte until the other side ends; how long that took, None when all could be sent."""
    begin = time.monotonic()
    for position in range(len(data)):
        try:
            sock.sendall(data[position:position + 1])
            next_one = time.monotonic() + every
            while (left := next_one - time.monotonic()) > 0:
                sock.settimeout(left)
                if not sock.recv(65536):
                    return time.monotonic() - begin
        except TimeoutError:
            pass
        except (ConnectionError, ssl.SSLError):
            return time.monotonic() - begin
    return None


def cut_in_time(seconds, limit, about):
    true(seconds is not None, about + ": it was never cut")
    true(limit * 0.5 <= seconds <= limit + 5, "%s: cut after %.1f s" % (about, seconds))


def frame(kind, flags, stream, payload, length=None):
    """An HTTP/2 frame; length: what its header says, when it is not all there."""
    length = len(payload) if length is None else length
    return length.to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def clients_that_drip_are_cut_by_one_deadline(home):
    c = Coordinator(home, args=["--request-timeout", "500", "--handshake-timeout", "700"]).start()
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"")
    fields = b"\x83\x87\x44\x04/abc\x41\x09localhost"  # POST https://localhost/abc (RFC 7541)
    rows = [
        ("header", None, b"", get("X: " + "a" * 500)),
        ("body", None, b"", post("Content-Length: 500", body=b"{")),
        ("body of which the header came at once", None, post("Content-Length: 500"), b" " * 499),
        ("chunks", None, post("Transfer-Encoding: chunked"), b"1\r\n \r\n" * 100),
        ("HTTP/2 header", ["h2"], preface + frame(1, 4, 1, fields, 16000), b"\x40\x01a\x01b" * 100),
        ("HTTP/2 continuation", ["h2"], preface + frame(1, 0, 1, fields), frame(9, 0, 1, b"\x40\x01a\x01b" * 100, 5000)),
        ("HTTP/2 body", ["h2"], preface + frame(1, 4, 1, fields) + frame(0, 0, 1, b"", 16000), b" " * 500),
        ("HTTP/2 pings instead of a body", ["h2"], preface + frame(1, 4, 1, fields), frame(6, 0, 0, b"12345678") * 20),
    ]

    def one(row):
        name, alpn, at_once, slowly = row
        with c.connect(alpn=alpn) as sock:
            sock.sendall(at_once)
            cut_in_time(drip(sock, slowly, 0.1), 0.5, name)

    taw.in_parallel(one, rows, len(rows))
    with socket.create_connection(("127.0.0.1", c.port), 20) as sock:
        cut_in_time(drip(sock, b"\x16\x03\x01\x02\x00" + bytes(512), 0.1), 0.7, "handshake")
    equal(c.code(), FRESH, "status")
    c.stop()


def a_client_that_does_not_read_is_cut(home):
    deployment = Deployment("none")
    deployment.manifest += b" " * (8 << 20)
    c = Coordinator(home, args=["--response-timeout", "500"]).start()
    equal(deployment.set(c).status, 200, "a manifest with much white space")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(20)
    raw.connect(("127.0.0.1", c.port))
    with taw.tls_context().wrap_socket(raw, server_hostname="localhost") as sock:
        sock.sendall(get(line="GET /api/v2/manifest HTTP/1.1"))
        equal(c.code(), taw.RUNNING, "status for others meanwhile")
        time.sleep(1.5)
        got = 0
        try:
            while part := sock.recv(1 << 20):
                got += len(part)
        except (ConnectionError, ssl.SSLError):
            pass
        true(got < 8 << 20, "a response of %d bytes was finished for a client that did not read" % got)
    c.stop()


def an_idle_connection_is_closed_after_its_time(home):
    c = Coordinator(home, args=["--idle-timeout", "300"]).start()
    with c.connect() as sock:
        sock.sendall(get())
        equal(taw.read_reply(sock).status, 200, "first request")
        begin = time.monotonic()
        true(ends(sock), "it stays open")
        cut_in_time(time.monotonic() - begin, 0.3, "idle connection")
    c.stop()


# ---- many ----

def many_idle_connections_leave_room_for_a_status_request(home):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = 10000
    count = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard - 500)
    with_tls = count if taw.SOAK else 300
    if count < wanted:
        taw.comment("RLIMIT_NOFILE allows %d descriptors: %d connections instead of %d" % (hard, count, wanted))
    c = Coordinator(home, args=["--handshake-timeout", "600000", "--idle-timeout", "600000"]).start()
    open_connections = []
    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            open_connections += pool.map(lambda _: c.connect(), range(with_tls))
        while len(open_connections) < count:
            open_connections.append(socket.create_connection(("127.0.0.1", c.port), 20))
        begin = time.monotonic()
        equal(c.code(), FRESH, "status")
        waited_ms = (time.monotonic() - begin) * 1000
        taw.comment("%d idle connections, %d of them with TLS; status after %.0f ms" % (count, with_tls, waited_ms))
        for sock in open_connections[:with_tls:max(1, with_tls // 50)]:
            sock.sendall(get())
            equal(taw.read_reply(sock).status, 200, "a request on a connection that was idle")
    finally:
        for sock in open_connections:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    equal(c.code(), FRESH, "status afterwards")
    c.stop()


def many_new_connections_are_all_served(home):
    c = Coordinator(home).start()
    count = 3000 if taw.SOAK else 300
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda _: c.code(), range(count)))
    equal(codes, [FRESH] * count, "status codes")
    c.stop()


def connections_above_the_limit_are_closed_at_once(home):
    c = Coordinator(home, args=["--max-connections", "4"]).start()
    kept = [c.connect() for _ in range(4)]
    with socket.create_connection(("127.0.0.1", c.port), 20) as sock:
        true(ends(sock), "the fifth connection stays open")
    for sock in kept:
        sock.sendall(get())
        equal(taw.read_reply(sock).status, 200, "on a connection within the limit")
        sock.close()
    until = time.monotonic() + 20
    while c.get(STATUS) is None:
        true(time.monotonic() < until, "there is no room again")
        time.sleep(0.05)
    equal(c.code(), FRESH, "status when there is room again")
    c.stop()


# ---- TLS ----

def alpn_chooses_http2_and_http1(home):
    c = Coordinator(home).start()
    for flag, version in (("--http2", "2"), ("--http1.1", "1.1")):
        text = taw.bash("curl -sk %s -o body -w '%%{http_version} %%{http_code}' https://%s%s" % (flag, c.address, STATUS), home)
        equal(text, version + " 200", "curl " + flag)
        contains((home / "body").read_text(), '"code":2')
    for offered, chosen in ((["h2", "http/1.1"], "h2"), (["h2"], "h2"), (["http/1.1"], "http/1.1"), (None, None)):
        with c.connect(alpn=offered) as sock:
            equal(sock.selected_alpn_protocol(), chosen, "%s offered" % offered)
    if shutil.which("nghttp"):
        out = taw.run_program("nghttp", "-v", "--no-verify-peer", "-m", "20", "https://%s%s" % (c.address, STATUS))
        equal(out.count(b":status: 200"), 20, "responses that nghttp got")
    else:
        taw.comment("nghttp is not installed")
    c.stop()


def tls_1_2_and_1_3_are_spoken_and_nothing_older(home):
    c = Coordinator(home).start()
    warnings.simplefilter("ignore", DeprecationWarning)
    for version, spoken in ((ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_1, False)):
        context = taw.tls_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", c.port), 20) as raw:
            try:
                with context.wrap_socket(raw, server_hostname="localhost") as sock:
                    sock.sendall(get("Connection: close"))
                    works = taw.read_reply(sock).status == 200
            except (ssl.SSLError, ConnectionError):
                works = False
        equal(works, spoken, version.name)
    c.stop()


def only_a_proven_leaf_certificate_counts(home):
    deployment = Deployment("none")
    c = Coordinator(home).start()
    deployment.set(c).data()
    secrets = "/api/v2/secrets?s=databaseKey"
    alice, mallory = taw.keys.user("alice"), taw.keys.user("mallory")
    (home / "chain.pem").write_text(mallory[0].read_text() + alice[0].read_text())
    (home / "reversed.pem").write_text(alice[0].read_text() + mallory[0].read_text())
    equal(c.get(secrets, alice).status, 200, "the user")
    equal(c.get(secrets).status, 401, "nobody")
    equal(c.get(secrets, mallory).status, 401, "somebody else")
    equal(c.get(secrets, (home / "chain.pem", mallory[1])).status, 401, "somebody else with the user's certificate in the chain")
    equal(c.get(secrets, (home / "reversed.pem", alice[1])).status, 200, "the user with somebody's certificate in the chain")
    taw.run_program("openssl", "req", "-x509", "-key", mallory[1], "-subj", "/CN=alice", "-days", "30", "-out",
                    home / "same-name.pem")
    equal(c.get(secrets, (home / "same-name.pem", mallory[1])).status, 401, "another certificate of the same name")
    for flag in ("--http2", "--http1.1"):
        curl = "curl -sk %s --cert %s --key %s -o /dev/null -w '%%{http_code}' " % (flag, *alice)
        text = taw.bash(curl + "'https://%s%s'" % (c.address, secrets), home)
        equal(text, "200", "curl " + flag)
    c.stop()


# ---- sizes ----

def bodies_and_headers_have_limits(home):
    c = Coordinator(home).start()
    for name, data, wanted in [
            ("recover upload above the limit, announced", post("Content-Length: %d" % ((256 << 10) + 1)), 413),
            ("recover upload above the limit, in chunks", post("Transfer-Encoding: chunked", body=b"%x\r\n" % (1 << 20) + bytes(1 << 20)), 413),
            ("manifest above the limit, announced", post("Content-Length: %d" % ((24 << 20) + 1), line="POST /manifest HTTP/1.1"), 413),
            ("long target", get(line="GET /%s HTTP/1.1" % ("a" * 70000)), 414),
            ("long field", get("X: " + "a" * 70000), 431),
            ("long fields together", get(*("X%d: %s" % (i, "a" * 1000) for i in range(70))), 431),
            ("many fields", get(*("X%d: a" % i for i in range(1000))), 431)]:
        replies = c.raw(data, timeout=30)
        equal([reply.status for reply in replies], [wanted], name)
    c.stop()


def limits_are_settable(home):
    c = Coordinator(home, args=["--max-header-bytes", "1024", "--max-body-bytes", "65536"]).start()
    equal([reply.status for reply in c.raw(get("X: " + "a" * 1100))], [431], "header")
    equal([reply.status for reply in c.raw(get("X: " + "a" * 700, "Connection: close"))], [200], "header within the limit")
    equal(c.post("/manifest", b" " * 65537).status, 413, "body")
    equal(c.post("/manifest", b" " * 65536).status, 400, "body within the limit")
    c.stop()


def monstrous_manifests_are_refused_and_change_nothing(home):
    good = Deployment("none").manifest
    rows = [
        ("10 MiB of brackets", b"[" * (10 << 20)),
        ("10 MiB of objects", b'{"a":' * (2 << 20)),
        ("10 MiB in one string", b'{"Packages": "' + b"a" * (10 << 20) + b'"}'),
        ("10 MiB of packages", b'{"Packages":{' + b",".join(b'"p%d":{"UniqueID":"x"}' % i for i in range(400000)) + b"}}"),
        ("10,000 deep", b"[" * 10000 + b"]" * 10000),
        ("too deep in an unknown member", good[:-1] + b',"Other":' + b'{"a":' * 10000 + b"1" + b"}" * 10000 + b"}"),
        ("broken UTF-8 outside of a string", good.replace(b"{", b"\xff{", 1)),
        ("unknown Marble of a duplicate key", good[:-1] + b',"Marbles":{"store":{"Package":"none"}}}'),
        ("one byte less", good[:-1]),
        ("one byte more", good + b"x"),
        ("UTF-16", good.decode().encode("utf-16")),
        ("nothing", b""),
        ("NUL", b"\0"),
    ]
    c = Coordinator(home).start()
    for name, manifest in rows:
        begin = time.monotonic()
        reply = c.post("/manifest", manifest)
        equal(reply.status, 400, name)
        true(0 < len(reply.message()) < 1000, "%s: message %.200r" % (name, reply.message()))
        true(time.monotonic() - begin < 20, "%s took %.1f s" % (name, time.monotonic() - begin))
        equal(c.code(), FRESH, "status after " + name)
    equal(c.post("/manifest", good).status, 200, "a good one at last")
    c.stop()


def manifests_that_the_original_takes_are_taken_and_given_back_byte_by_byte(home):
    good = Deployment("none").manifest
    rows = {
        "broken UTF-8 in a string": good.replace(b'"first"', b'"fi\xff\xfest"'),
        "half a surrogate": good.replace(b'"first"', b'"\\ud800"'),
        "duplicate keys": good[:-1] + b',"Packages":{"backend":{"SignerID":"%s","ProductID":2,"SecurityVersion":1}}}' % (b"ab" * 32),
        "deep in an unknown member": good[:-1] + b',"Other":' + b"[" * 9000 + b"]" * 9000 + b"}",
        "10 MiB of white space": good + b" " * (10 << 20),
    }
    for number, (name, manifest) in enumerate(rows.items()):
        place = home / str(number)
        place.mkdir()
        c = Coordinator(place).start()
        equal(c.post("/manifest", manifest).status, 200, name)
        equal(c.stop(), 0, name)
        c = Coordinator(place).start()
        true(taw.unb64(c.get("/api/v2/manifest").data()["manifest"]) == manifest, name + ": another manifest comes back")
        c.stop()


taw.run(globals())
