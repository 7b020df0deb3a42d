# SPDX-License-Identifier: Apache-2.0
"""A client of HTTP/2 (RFC 9113) that sends what it is told to, right or wrong, and reads what comes back."""

import socket
import ssl
import time

import taw
from marble import (ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS, field, frame,
                    grpc_frame, hpack_text)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
WINDOW_UPDATE, CONTINUATION = 8, 9
HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE = 1, 4  # settings
NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR = 0, 1, 3, 5, 6
REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 7, 8, 9, 11
LARGEST_FRAME, WINDOW = 16384, 65535  # bytes that a connection begins with
PATH = "/rpc.Marble/Activate"


# ---- HPACK (RFC 7541) ----

# Of the static table (appendix A) what answers of gRPC use.
STATIC = {8: (":status", "200"), 9: (":status", "204"), 10: (":status", "206"), 11: (":status", "304"),
          12: (":status", "400"), 13: (":status", "404"), 14: (":status", "500"), 28: ("content-length", ""),
          31: ("content-type", ""), 33: ("date", "")}
# Appendix B: bits of the codes for the bytes 0x20 to 0x7e, in base 36. The code is canonical: these lengths are all of it.
BITS = "6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f56565666577666567655677777fbed"


def huffman_codes():
    codes, code, bits = {}, 0, 0
    for length, byte in sorted((int(c, 36), 0x20 + i) for i, c in enumerate(BITS)):
        code <<= length - bits
        codes[length, code] = byte
        code, bits = code + 1, length
    return codes


CODES = huffman_codes()


def huffman_decode(data):
    out, code, length = bytearray(), 0, 0
    for bit in (byte >> shift & 1 for byte in data for shift in range(7, -1, -1)):
        code, length = code << 1 | bit, length + 1
        if (length, code) in CODES:
            out.append(CODES[length, code])
            code = length = 0
    taw.true(length < 8 and code == (1 << length) - 1, "Huffman padding")
    return bytes(out)


class Block:
    """A header block of a server that has been told to use no dynamic table."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, bits):
        value = self.data[self.at] & (1 << bits) - 1
        self.at += 1
        if value == (1 << bits) - 1:
            shift = 0
            while True:
                byte = self.data[self.at]
                self.at += 1
                value += (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
        return value

    def text(self):
        is_huffman = self.data[self.at] & 128
        length = self.number(7)
        raw = self.data[self.at:self.at + length]
        self.at += length
        return (huffman_decode(raw) if is_huffman else raw).decode("latin-1")

    def fields(self):
        while self.at < len(self.data):
            first = self.data[self.at]
            if first & 0x80:
                yield STATIC[self.number(7)]
            elif first & 0xE0 == 0x20:
                taw.equal(self.number(5), 0, "size of the dynamic table")
            else:
                index = self.number(6 if first & 0x40 else 4)
                yield STATIC[index][0] if index else self.text(), self.text()


def literal(name, value):
    """A field that is not to be indexed."""
    return b"\0" + hpack_text(name) + hpack_text(value)


def indexed_later(name, value):
    """A field that goes into the dynamic table, at index 62."""
    return b"\x40" + hpack_text(name) + hpack_text(value)


def head(path=PATH, method="POST", extra=()):
    """The header block of a call, as a real Marble sends it."""
    pairs = [(":method", method), (":scheme", "https"), (":path", path), (":authority", "localhost"),
             ("content-type", "application/grpc"), ("user-agent", "grpc-go/1.80.0"), ("te", "trailers"), *extra]
    return b"".join(literal(*pair) for pair in pairs)


# ---- requests ----

def u32(number):
    return number.to_bytes(4, "big")


def settings(**values):
    """Names of this module in lower case: settings(initial_window_size=0)."""
    entries = b"".join(globals()[name.upper()].to_bytes(2, "big") + u32(value) for name, value in values.items())
    return frame(SETTINGS, 0, 0, entries)


def activation(marble, uuid, csr, quote=b""):
    """An ActivationReq; without empty fields, like a real one."""
    fields = ((1, quote), (2, csr), (3, marble), (4, uuid))
    return b"".join(field(number, value) for number, value in fields if value)


def open_stream(stream, block, flags=END_HEADERS):
    return frame(HEADERS, flags, stream, block)


def data_frames(stream, payload, end=True):
    pieces = [payload[at:at + LARGEST_FRAME] for at in range(0, len(payload), LARGEST_FRAME)] or [b""]
    flags = [0] * (len(pieces) - 1) + [END_STREAM if end else 0]
    return b"".join(frame(DATA, flag, stream, piece) for flag, piece in zip(flags, pieces))


def call(stream, message, extra=(), prefix=None):
    """A whole call; no larger than the windows that a connection begins with."""
    body = (grpc_frame(message) if prefix is None else prefix + message)
    return open_stream(stream, head(extra=extra)) + data_frames(stream, body)


# ---- answers ----

class Answer:
    """What came on one stream: fields and trailers together, messages, the code of RST_STREAM."""

    def __init__(self):
        self.fields, self.data, self.reset, self.ended = {}, b"", None, False

    def __repr__(self):
        return "%r, %d bytes, reset %r" % (self.fields, len(self.data), self.reset)

    @property
    def code(self):
        """grpc-status; None when there was none."""
        return int(self.fields["grpc-status"]) if "grpc-status" in self.fields else None

    @property
    def text(self):
        return self.fields.get("grpc-message", "")

    def message(self):
        """The response, of a success only."""
        taw.equal(self.code, 0, "grpc-status of %r" % self)
        taw.equal((self.data[0], int.from_bytes(self.data[1:5], "big")), (0, len(self.data) - 5), "prefix")
        return self.data[5:]


class Connection:
    """A TLS connection to the Marble API of c, as client `cert`. With greet=False nothing is sent but what is told.

    Everything that comes is remembered: settings, answers by stream, the code of GOAWAY, whether the connection ended."""

    def __init__(self, c, cert, greet=True, hello=None):
        self.sock = c.connect(cert, alpn=["h2"], port=c.mesh_port)
        self.unread, self.block, self.windows = b"", b"", {}
        self.answers, self.acks, self.goaway, self.closed = {}, 0, None, False
        self.polite = greet  # says what the protocol wants without being told to
        if greet:
            self.send(PREFACE + (settings(header_table_size=0) if hello is None else hello))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        """Sends it; false when the server has closed the connection already."""
        try:
            self.sock.sendall(data)
            return True
        except TimeoutError:
            raise AssertionError("the server does not read") from None
        except (OSError, ssl.SSLError):
            return False

    def flood(self, data, times):
        """Sends it again and again without ever reading, until the server has enough; how often it went."""
        self.sock.settimeout(0.5)
        for count in range(times):
            try:
                self.sock.sendall(data)
            except (OSError, ssl.SSLError):  # a time-out too: the server does not read any more
                return count
        return times

    def abort(self):
        """Cuts the connection without a word of TLS."""
        socket.socket(fileno=self.sock.detach()).close()

    def read_more(self):
        try:
            got = self.sock.recv(65536)
        except TimeoutError:
            raise AssertionError("the server neither answers nor closes the connection") from None
        except (OSError, ssl.SSLError):
            got = b""
        self.closed = self.closed or not got
        self.unread += got
        while len(self.unread) >= 9:
            length = int.from_bytes(self.unread[:3], "big")
            if len(self.unread) < 9 + length:
                break
            kind, flags, stream = self.unread[3], self.unread[4], int.from_bytes(self.unread[5:9], "big")
            payload, self.unread = self.unread[9:9 + length], self.unread[9 + length:]
            self.take(kind, flags, stream, payload)

    def take(self, kind, flags, stream, payload):
        answer = self.answers.setdefault(stream, Answer()) if stream else None
        if kind == SETTINGS and not flags & ACK and self.polite:
            self.send(frame(SETTINGS, ACK, 0))
        elif kind == WINDOW_UPDATE:
            self.windows[stream] = self.windows.get(stream, WINDOW) + int.from_bytes(payload, "big")
        elif kind == PING:
            self.acks += 1 if flags & ACK else 0
        elif kind == GOAWAY:
            self.goaway = int.from_bytes(payload[4:8], "big")
        elif kind == RST_STREAM:
            answer.reset, answer.ended = int.from_bytes(payload, "big"), True
        elif kind in (HEADERS, CONTINUATION):
            self.block += payload
            if flags & END_HEADERS:
                answer.fields.update(Block(self.block).fields())
                self.block = b""
        elif kind == DATA:
            answer.data += payload
            if payload:
                for number in (0, stream):
                    self.send(frame(WINDOW_UPDATE, 0, number, u32(len(payload))))
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            answer.ended = True

    def answer(self, stream=1):
        """Reads until this stream has ended, or the connection."""
        while not self.closed and not (stream in self.answers and self.answers[stream].ended):
            self.read_more()
        return self.answers.get(stream, Answer())

    def ends(self, timeout=taw.REPLY_S):
        """Reads until the server closes the connection; the code of its GOAWAY."""
        self.sock.settimeout(timeout)
        while not self.closed:
            self.read_more()
        return self.goaway

    def is_alive(self):
        """Does the server answer to a PING?"""
        acks, until = self.acks, time.monotonic() + 10
        self.send(frame(PING, 0, 0, b"are you?"))
        while not self.closed and self.acks == acks and time.monotonic() < until:
            self.read_more()
        return self.acks > acks

    def send_body(self, stream, payload):
        """DATA of any length, as far as the server lets it go: until it answers, resets or closes."""
        at = 0
        while at < len(payload) and not self.closed and not self.answers.setdefault(stream, Answer()).ended:
            size = min(LARGEST_FRAME, *(self.windows.get(number, WINDOW) for number in (0, stream)), len(payload) - at)
            if size == 0:
                self.read_more()
                continue
            for number in (0, stream):
                self.windows[number] = self.windows.get(number, WINDOW) - size
            self.send(frame(DATA, END_STREAM if at + size == len(payload) else 0, stream, payload[at:at + size]))
            at += size


def activate(c, cert, message, extra=()):
    """One call on a connection of its own."""
    with Connection(c, cert) as connection:
        connection.send(call(1, message, extra))
        return connection.answer()
