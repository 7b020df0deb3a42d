# SPDX-License-Identifier: Apache-2.0
"""What comes to the Marble API and is no Marble: each attack ends as it should, costs little memory, and honest Marbles
are served meanwhile."""

import contextlib
import os
import socket
import ssl
import time

import activation
import h2
import taw
from activation import (INTERNAL, INVALID_ARGUMENT, OK, RESOURCE_EXHAUSTED, SANITIZED, UUIDS, Honest, Marble, Marbles,
                        csr, resident_mib)
from h2 import Connection, frame
from marble import ACK, DATA, END_HEADERS, END_STREAM, HEADERS, PING, RST_STREAM, SETTINGS, field, grpc_frame, varint
from taw import contains, equal, true

MOST_MIB = 640 if SANITIZED else 48  # more than before the attack; freed memory stays in the sanitizer's quarantine
LARGEST_MESSAGE = 4 << 20
GREETING = h2.PREFACE + h2.settings()
QUICK = ["--handshake-timeout", "1000", "--request-timeout", "1000", "--response-timeout", "1000", "--idle-timeout", "1000"]
BIG = {"Parameters": {"Files": {"/big": "x" * 100000}}}
LARGEST_WINDOW = 0x7fffffff


@contextlib.contextmanager
def under_attack(home, args=()):
    """A Coordinator, and an honest Marble that is served as long as the block lasts."""
    c = Marbles({"store": {"Parameters": {}}, "big": BIG}).start(home, args=args)
    honest = Marble()
    for _ in range(20):
        honest.activate(c)
    before = resident_mib(c)
    with Honest(c, honest) as meanwhile:
        yield c, honest.identity
    used = meanwhile.most_mib - before
    true(used < MOST_MIB, "the attack took %.1f MiB" % used)
    taw.comment("at most %.1f MiB more than before" % used)
    true(c.process.poll() is None, "tawd has ended")
    c.stop()


def message(kind="store", uuid=UUIDS[0], **fields):
    return h2.activation(kind, uuid, fields.pop("csr", None) or csr(), **fields)


# ---- no HTTP/2 ----

def whatever_is_no_preface_is_cut_off(home):
    with under_attack(home) as (c, cert):
        for garbage in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", bytes(4096), os.urandom(65536), h2.PREFACE[:-1] + b"x" * 24,
                        h2.PREFACE.lower() + h2.settings(), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(512)):
            with Connection(c, cert, greet=False) as connection:
                connection.send(garbage)
                connection.ends()
                equal(connection.answers, {}, "answers to %r" % garbage[:20])
        with Connection(c, cert, greet=False) as connection:  # the first frame has to be SETTINGS
            connection.send(h2.PREFACE + h2.call(1, message()))
            equal(connection.ends(), h2.PROTOCOL_ERROR, "GOAWAY")
        for _ in range(20):  # garbage instead of a TLS handshake
            with socket.create_connection(("127.0.0.1", c.mesh_port), 30) as plain:
                plain.sendall(os.urandom(1000))
                with contextlib.suppress(OSError):
                    while plain.recv(4096):
                        pass


def requests_that_end_early_leave_nothing_behind(home):
    whole = GREETING + h2.call(1, message())
    with under_attack(home) as (c, cert):
        for cut in (*range(0, len(whole), 7 if taw.SOAK else 61), len(whole) - 1):
            with Connection(c, cert, greet=False) as connection:
                connection.send(whole[:cut])
                if cut % 2:
                    connection.abort()
                    continue
                with contextlib.suppress(OSError, ssl.SSLError):
                    connection.sock.unwrap()  # close_notify: nothing more is to come


# ---- frames ----

def frames_that_break_the_protocol_end_the_connection(home):
    wrong = {
        "frame above the limit": (frame(DATA, 0, 1, bytes(h2.LARGEST_FRAME + 1)), h2.FRAME_SIZE_ERROR),
        "frame of 16 MiB": (b"\xff\xff\xff" + frame(HEADERS, 0, 1)[3:] + bytes(65536), h2.FRAME_SIZE_ERROR),
        "PING of 7 bytes": (frame(PING, 0, 0, bytes(7)), h2.FRAME_SIZE_ERROR),
        "SETTINGS of 5 bytes": (frame(SETTINGS, 0, 0, bytes(5)), h2.FRAME_SIZE_ERROR),
        "SETTINGS ACK with a payload": (frame(SETTINGS, ACK, 0, bytes(6)), h2.FRAME_SIZE_ERROR),
        "SETTINGS on a stream": (frame(SETTINGS, 0, 1), h2.PROTOCOL_ERROR),
        "window above 2^31": (h2.settings(initial_window_size=1 << 31), h2.FLOW_CONTROL_ERROR),
        "DATA on stream 0": (frame(DATA, 0, 0, b"x"), h2.PROTOCOL_ERROR),
        "DATA on an idle stream": (frame(DATA, 0, 5, b"x"), h2.PROTOCOL_ERROR),
        "HEADERS on an even stream": (h2.open_stream(2, h2.head()), h2.PROTOCOL_ERROR),
        "CONTINUATION out of nowhere": (frame(h2.CONTINUATION, END_HEADERS, 1, h2.head()), h2.PROTOCOL_ERROR),
        "a frame between HEADERS and CONTINUATION": (h2.open_stream(1, h2.head(), 0) + frame(PING, 0, 0, bytes(8)), h2.PROTOCOL_ERROR),
        "padding longer than the frame": (frame(HEADERS, END_HEADERS | 8, 1, b"\xff" + h2.head()[:100]), h2.PROTOCOL_ERROR),
        "an index that is not there": (h2.open_stream(1, b"\xff\x80\x01"), h2.COMPRESSION_ERROR),
        "a table size above what was granted": (h2.open_stream(1, b"\x3f\xe1\xff\xff\x03" + h2.head()), h2.COMPRESSION_ERROR),
        "broken Huffman": (h2.open_stream(1, b"\0\x84\xff\xff\xff\xff\x00"), h2.COMPRESSION_ERROR),
        "WINDOW_UPDATE of nothing": (frame(h2.WINDOW_UPDATE, 0, 0, h2.u32(0)), h2.PROTOCOL_ERROR),
        "connection window beyond 2^31": (frame(h2.WINDOW_UPDATE, 0, 0, h2.u32(LARGEST_WINDOW)) * 2, h2.FLOW_CONTROL_ERROR),
        "PUSH_PROMISE": (frame(5, END_HEADERS, 1, h2.u32(2) + h2.head()), h2.PROTOCOL_ERROR),
    }
    with under_attack(home) as (c, cert):
        for about, (bytes_, code) in wrong.items():
            with Connection(c, cert) as connection:
                connection.send(bytes_)
                equal(connection.ends(), code, "GOAWAY for " + about)


def headers_that_are_none_of_a_call_reset_only_their_stream(home):
    good = h2.head()
    wrong = {
        "upper case": good + h2.literal("Te", "trailers"),
        "connection": good + h2.literal("connection", "close"),
        "pseudo-header behind the others": good + h2.literal(":scheme", "https"),
        "unknown pseudo-header": h2.literal(":protocol", "x") + good,
        "no path": b"".join(h2.literal(*pair) for pair in ((":method", "POST"), (":scheme", "https"), (":authority", "x"))),
        "line break in a value": good + h2.literal("x", "a\r\nb"),
        "two lengths": good + h2.literal("content-length", "1") * 2,
    }
    with under_attack(home) as (c, cert), Connection(c, cert) as connection:
        for number, (about, block) in enumerate(wrong.items()):
            connection.send(h2.open_stream(2 * number + 1, block, END_HEADERS | END_STREAM))
            equal(connection.answer(2 * number + 1).reset, h2.PROTOCOL_ERROR, about)
        stream = 2 * len(wrong) + 1
        for about in ("no increment", "beyond 2^31"):
            update = frame(h2.WINDOW_UPDATE, 0, stream, h2.u32(0 if about == "no increment" else LARGEST_WINDOW))
            connection.send(h2.open_stream(stream, good) + update * 2)
            true(connection.answer(stream).reset or connection.closed, "WINDOW_UPDATE of a stream: " + about)
            stream += 2
            if connection.closed:
                return
        # Padding, priority and frames that nobody knows are no offence.
        connection.send(frame(0xfe, 0xff, 0, b"?") + frame(HEADERS, END_HEADERS | 8 | 32, stream, b"\3" + h2.u32(0) + b"\7" + good + bytes(3))
                        + frame(2, 0, stream, h2.u32(0) + b"\1") + frame(DATA, 8, stream, b"\x05" + grpc_frame(message()) + bytes(5))
                        + frame(DATA, END_STREAM, stream))
        equal(connection.answer(stream).code, OK, "a call with padding in its frames")


# ---- floods ----

def header_lists_that_unpack_to_much_are_refused(home):
    bomb = h2.indexed_later("x", "y" * 3900)
    with under_attack(home) as (c, cert):
        whole = h2.head() + bomb
        for about, frames in (("400 kB", h2.open_stream(1, whole + b"\xbe" * 100, END_HEADERS | END_STREAM)),
                              ("62 MB", h2.open_stream(1, whole + b"\xbe" * 12000, END_STREAM)
                               + frame(h2.CONTINUATION, END_HEADERS, 1, b"\xbe" * 4000))):
            with Connection(c, cert) as connection:
                connection.send(frames)
                answer = connection.answer()
                true(answer.code == RESOURCE_EXHAUSTED or answer.reset or connection.closed, "%s: %r" % (about, answer))
        with Connection(c, cert) as connection:  # again and again on one connection, whose table keeps the field
            connection.send(h2.open_stream(1, h2.head() + bomb, END_HEADERS | END_STREAM))
            for stream in range(3, 83, 2):
                connection.send(h2.open_stream(stream, h2.head() + b"\xbe" * 16000, END_HEADERS | END_STREAM))
                if connection.answer(stream).code != RESOURCE_EXHAUSTED:
                    break
        with Connection(c, cert) as connection:  # many small fields
            connection.send(h2.open_stream(1, h2.head() + h2.literal("a", "") * 4000, END_HEADERS | END_STREAM))
            answer = connection.answer()
            true(answer.code == RESOURCE_EXHAUSTED or answer.reset or connection.closed, "4000 fields: %r" % answer)


def continuations_without_end_are_cut_off(home):
    with under_attack(home) as (c, cert):
        for piece in (b"", h2.literal("x", "y" * 1000), bytes(h2.LARGEST_FRAME)):
            with Connection(c, cert) as connection:
                connection.send(h2.open_stream(1, h2.head(), 0))
                went = connection.flood(frame(h2.CONTINUATION, 0, 1, piece), 100000)
                true(went < 100000, "100,000 CONTINUATIONs of %d bytes were taken" % len(piece))


def streams_that_are_reset_at_once_are_cut_off(home):
    whole = message()
    with under_attack(home) as (c, cert):
        for about in ("headers", "whole calls", "wrong calls"):
            with Connection(c, cert) as connection:
                for stream in range(1, 20001, 2):
                    opened = {"headers": h2.open_stream(stream, h2.head()), "whole calls": h2.call(stream, whole),
                              "wrong calls": h2.open_stream(stream, h2.head(path="/"), END_HEADERS | END_STREAM)}[about]
                    if not connection.send(opened + frame(RST_STREAM, 0, stream, h2.u32(h2.CANCEL))):
                        break
                else:
                    raise AssertionError("10,000 streams were opened and reset: " + about)
        with Connection(c, cert) as connection:  # slow enough to see how many it takes: 200, and 20 in each second
            begin = time.monotonic()
            for count in range(25, 2000, 25):
                connection.send(b"".join(h2.open_stream(stream, h2.head()) + frame(RST_STREAM, 0, stream, h2.u32(h2.CANCEL))
                                         for stream in range(2 * count - 49, 2 * count + 1, 2)))
                if not connection.is_alive():
                    break
            most = 250 + 20 * (time.monotonic() - begin)
            true(200 <= count <= most, "cut off after %d streams" % count)


def ten_thousand_streams_on_one_connection_are_refused(home):
    with under_attack(home) as (c, cert), Connection(c, cert) as connection:
        for stream in range(1, 20001, 2):
            if not connection.send(h2.open_stream(stream, h2.head())):
                break
            if stream % 200 == 1:
                true(connection.is_alive() or connection.closed, "an answer to a PING")
        refused = [answer.reset for answer in connection.answers.values()].count(h2.REFUSED_STREAM)
        taw.comment("%d streams opened, %d refused, GOAWAY %r" % (stream // 2 + 1, refused, connection.goaway))
        true(connection.closed or refused >= 9900, "streams beyond the limit are refused")


def floods_of_settings_and_pings_are_cut_off(home):
    with under_attack(home) as (c, cert):
        for about, flood in (("SETTINGS", h2.settings(initial_window_size=1)), ("PING", frame(PING, 0, 0, bytes(8))),
                             ("empty SETTINGS", frame(SETTINGS, 0, 0)), ("PING ACK", frame(PING, ACK, 0, bytes(8)))):
            with Connection(c, cert) as connection:
                went = connection.flood(flood * 100, 5000)
                taw.comment("%s: %d frames went" % (about, went * 100))
                true(went < 5000 or about == "PING ACK", "500,000 of %s were taken, and none was read" % about)
        with Connection(c, cert) as connection:  # DATA without bytes
            connection.send(h2.open_stream(1, h2.head()))
            went = connection.flood(frame(DATA, 0, 1) * 100, 2000)
            taw.comment("empty DATA: %d frames went" % (went * 100))


# ---- time and windows ----

def clients_that_never_read_are_let_go_after_their_time(home):
    with under_attack(home, QUICK) as (c, cert):
        begin = time.monotonic()
        with contextlib.ExitStack() as stack:
            stuck = [stack.enter_context(Connection(c, cert, hello=h2.settings(header_table_size=0, initial_window_size=0)))
                     for _ in range(10)]
            for connection in stuck:
                connection.send(b"".join(h2.call(stream, message("big")) for stream in range(1, 41, 2)))
            for connection in stuck:
                connection.ends()
            true(0.9 < time.monotonic() - begin < 20, "let go after %.1f s" % (time.monotonic() - begin))
        with Connection(c, cert) as connection:  # a good window, but the socket is never read
            went = connection.flood(b"".join(h2.call(stream, message("big")) for stream in range(1, 41, 2)), 1)
            time.sleep(1.5 if went else 0)
        with Connection(c, cert, hello=h2.settings(header_table_size=0, initial_window_size=0)) as connection:
            connection.send(h2.call(1, message("big")))  # byte by byte
            begin = time.monotonic()
            while connection.send(frame(h2.WINDOW_UPDATE, 0, 1, h2.u32(1))) and time.monotonic() - begin < 20:
                time.sleep(0.02)
            true(time.monotonic() - begin < 20, "a response that is taken byte by byte has no end")


def connections_that_say_nothing_end_after_their_time(home):
    count = 100 if SANITIZED else 300
    with under_attack(home, QUICK) as (c, cert), contextlib.ExitStack() as stack:
        begin = time.monotonic()
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", c.mesh_port), 30)) for _ in range(count)]
        half = [stack.enter_context(socket.create_connection(("127.0.0.1", c.mesh_port), 30)) for _ in range(20)]
        for plain in half:
            plain.sendall(b"\x16\x03\x01\x02\x00\x01")
        mute = [stack.enter_context(Connection(c, cert, greet=False)) for _ in range(20)]
        greeted = [stack.enter_context(Connection(c, cert)) for _ in range(20)]
        half_preface = [stack.enter_context(Connection(c, cert, greet=False)) for _ in range(20)]
        for connection in half_preface:
            connection.send(h2.PREFACE[:12])
        for plain in silent + half:
            with contextlib.suppress(ConnectionError):
                equal(plain.recv(100), b"", "what is said to a silent client")
        for connection in mute + greeted + half_preface:
            connection.ends()
        took = time.monotonic() - begin
        true(0.9 < took < 20, "all were let go after %.1f s" % took)


def requests_that_drip_in_end_after_their_time(home):
    with under_attack(home, QUICK) as (c, cert):
        def drip(whole):
            with Connection(c, cert, greet=whole is not GREETING) as connection:
                begin = time.monotonic()
                for byte in whole[:-1]:
                    if not connection.send(bytes([byte])):
                        break
                    time.sleep(0.02)
                connection.ends(10)
                true(time.monotonic() - begin < 10, "bytes may drip in without an end")

        taw.in_parallel(drip, (h2.call(1, message()), h2.open_stream(1, h2.head(), 0), GREETING), 3)


# ---- messages ----

def answer_to(c, cert, body, stream=1):
    """The answer to these bytes as the body of a call."""
    with Connection(c, cert) as connection:
        connection.send(h2.open_stream(stream, h2.head()))
        connection.send_body(stream, body)
        return connection.answer(stream)


def prefixes_of_messages_are_checked(home):
    good = message()
    cases = {
        "4 GiB announced": (b"\0\xff\xff\xff\xff" + good, RESOURCE_EXHAUSTED,
                            "grpc: received message larger than max (4294967295 vs. 4194304)"),
        "a byte too many announced": (b"\0" + h2.u32(LARGEST_MESSAGE + 1) + good, RESOURCE_EXHAUSTED, "(4194305 vs. 4194304)"),
        "compressed": (b"\1" + grpc_frame(good)[1:], INTERNAL, "grpc: compressed flag set with identity or empty encoding"),
        "flags 2": (b"\2" + grpc_frame(good)[1:], INTERNAL, "grpc: received unexpected payload format 2"),
        "flags 255": (b"\xff" + grpc_frame(good)[1:], INTERNAL, "grpc: received unexpected payload format 255"),
        "cut off": (grpc_frame(good)[:-1], INTERNAL, ""),
        "prefix cut off": (b"\0\0\0", INTERNAL, ""),
        "one message too many": (grpc_frame(good) * 2, INTERNAL, ""),
    }
    with under_attack(home) as (c, cert):
        for about, (body, code, text) in cases.items():
            answer = answer_to(c, cert, body)
            equal(answer.code, code, "%s: %r" % (about, answer))
            contains(answer.text, text, about)
        with Connection(c, cert) as connection:
            connection.send(h2.open_stream(1, h2.head(), END_HEADERS | END_STREAM))
            equal(connection.answer().code, INTERNAL, "no message at all")


def messages_of_every_size_are_answered_or_refused(home):
    tail = message()
    with under_attack(home) as (c, cert):
        for size, code in ((LARGEST_MESSAGE, OK), (LARGEST_MESSAGE + 1, RESOURCE_EXHAUSTED),
                           (2 * LARGEST_MESSAGE + 100, RESOURCE_EXHAUSTED)):
            # A quote of that size, which a Coordinator without a TEE does not look at; 5 bytes say how long it is.
            whole = field(1, bytes(size - len(tail) - 5)) + tail
            equal(len(whole), size, "bytes of the message")
            answer = answer_to(c, cert, grpc_frame(whole))
            equal(answer.code, code, "%d bytes: %r" % (size, answer))
        # As many at a time as a connection may have: only one of them may be large.
        with Connection(c, cert) as connection:
            for stream in range(1, 61, 2):
                connection.send(h2.open_stream(stream, h2.head()))
            body = grpc_frame(bytes(LARGEST_MESSAGE))[:60000]
            for stream in range(1, 61, 2):
                connection.send_body(stream, body)
            true(connection.is_alive() or connection.closed, "an answer to a PING")


def what_protobuf_allows_is_taken_and_the_rest_refused(home):
    request, uuid = csr(), UUIDS[0]
    good = message()
    skipped = (varint(5 << 3) + varint(1 << 63) + varint(6 << 3 | 1) + bytes(8) + varint(7 << 3 | 5) + bytes(4) + field(900, b"x")
               + varint(8 << 3 | 3) + varint(9 << 3 | 3) + field(1, b"y") + varint(9 << 3 | 4) + varint(8 << 3 | 4))
    taken = {
        "fields in another order": field(4, uuid) + field(3, "store") + field(2, request),
        "the last of several counts": field(3, "nobody") + field(4, "nonsense") + field(2, b"x") + good,
        "unknown fields": skipped + good + skipped,
        "a hundred thousand times the same": field(3, "nobody") * 100000 + good,
    }
    refused = {
        "type in invalid UTF-8": field(2, request) + field(3, b"st\xffre") + field(4, uuid),
        "UUID in invalid UTF-8": field(2, request) + field(3, "store") + field(4, b"\xc0\x80"),
        "surrogates": field(3, b"\xed\xa0\x80") + good,
        "cut off": good[:-1],
        "length beyond the end": good + b"\x0a\xff\xff\xff\xff\x0f",
        "length beyond 64 bits": good + b"\x0a" + b"\xff" * 10 + b"\x7f",
        "field 0": good + b"\x02\x00",
        "wire type 6": good + b"\x0e",
        "end of a group that has not begun": good + varint(5 << 3 | 4),
        "group without an end": good + varint(5 << 3 | 3) * 1000,
        "groups in each other": good + varint(5 << 3 | 3) * 20000 + varint(5 << 3 | 4) * 20000,
        "a number without an end": good + b"\xa8" + b"\x80" * 5000,
    }
    with under_attack(home) as (c, cert):
        for about, body in taken.items():
            answer = answer_to(c, cert, grpc_frame(body))
            equal(answer.code, OK, "%s: %r" % (about, answer))
        for about, body in refused.items():
            answer = answer_to(c, cert, grpc_frame(body))
            if about == "groups in each other" and answer.code == OK:
                continue  # deep, but well-formed
            equal(answer.code, INTERNAL, "%s: %r" % (about, answer))
            contains(answer.text, "grpc: error unmarshalling request: ", about)


# ---- certificates ----

def absurd_signing_requests_are_refused(home):
    good = csr()
    san = ",".join("DNS:name-%d.example" % number for number in range(3000))
    broken = {
        "empty": b"",
        "nothing": b"\x30\x00",
        "no DER": os.urandom(500),
        "a certificate": activation.run_program("openssl", "x509", "-in", activation.identity("marble")[0], "-outform", "DER"),
        "PEM": b"-----BEGIN CERTIFICATE REQUEST-----\n",
        "cut off": good[:-10],
        "something behind it": good + b"\0",
        "length of 4 GiB": b"\x30\x84\xff\xff\xff\xff" + good[4:],
        "a megabyte of nothing": b"\x30\x83\x0f\xff\xfb" + bytes((1 << 20) - 5),
        "nested without an end": b"\x30\x80" * 5000,
        "wrong signature": good[:-1] + bytes([good[-1] ^ 1]),
        "changed content": good.replace(b"Tests", b"Tasty"),
    }
    parse = "generating marble authentication secrets: "
    with under_attack(home) as (c, cert):
        for about, der in broken.items():
            answer = answer_to(c, cert, grpc_frame(field(2, der) + field(3, "store") + field(4, UUIDS[0])))
            equal(answer.code, INTERNAL, "%s: %r" % (about, answer))
            contains(answer.text, parse, about)
        for kind in ("rsa2048", "rsa4096", "p256", "p384", "p521", "ed25519"):
            answer = h2.activate(c, cert, message(csr=csr("requests", kind)))
            equal(answer.code, OK, "a CSR for a key of type %s: %r" % (kind, answer))
        many = answer_to(c, cert, grpc_frame(message(csr=csr(san=san))))
        true(many.code in (OK, INTERNAL), "3,000 names: %r" % many)
        for number, uuid in enumerate(("", "x", UUIDS[0][:-1], UUIDS[0] + "0", "g" + UUIDS[0][1:], "x" * 100000)):
            answer = answer_to(c, cert, grpc_frame(message(uuid=uuid)))
            equal(answer.code, INVALID_ARGUMENT, "UUID %d: %r" % (number, answer))
            contains(answer.text, "invalid UUID", "UUID")


def client_certificates_are_taken_by_the_type_of_their_key(home):
    with under_attack(home) as (c, _):
        for kind in ("rsa2048", "rsa4096", "p256", "p384", "p521", "ed25519"):
            equal(h2.activate(c, activation.identity("client", kind), message()).code, OK, "a client with a key of type " + kind)
        for kind in ("p224", "secp256k1", "dsa", None):
            cert = kind and activation.identity("client", kind)
            # With TLS 1.3 there is no way to sign with such a key, so that a client shows none.
            contains(said_to(c, cert), "certificate required", "what a client with a key of type %s is told" % kind)
            told = said_to(c, cert, version=ssl.TLSVersion.TLSv1_2)
            contains(told, "unsupported certificate" if kind in ("p224", "secp256k1") else "handshake failure", "what it is told")
        for protocols in ((), ("http/1.1",), ("h2c", "spdy/3")):
            contains(said_to(c, activation.identity("client"), protocols), "no application protocol", "without h2")


def said_to(c, cert, protocols=("h2",), version=ssl.TLSVersion.TLSv1_3):
    """The alert that such a client gets, as OpenSSL calls it."""
    context = taw.tls_context(cert, list(protocols) or None)
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", c.mesh_port), taw.REPLY_S) as plain:
        try:
            with context.wrap_socket(plain) as sock:
                return "nothing but %r" % sock.recv(65536)
        except ssl.SSLError as error:
            return str(error).lower().replace("_", " ")


taw.run(globals())
