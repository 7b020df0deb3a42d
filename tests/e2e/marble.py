# SPDX-License-Identifier: Apache-2.0
"""What the tests of Marbles share: taw-premain as a process, Coordinators that misbehave, the messages of the Marble API."""

import json
import os
import pathlib
import queue
import socket
import ssl
import subprocess
import sys
import threading
import time

import taw

PREMAIN = os.environ.get("PREMAIN", "")
RUN_S = 60


# ---- messages (protobuf) ----

def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def entry(number, name, value):
    return field(number, field(1, name) + field(2, value))


def response(files=None, env=None, argv=()):
    """An ActivationResp."""
    parameters = b"".join(entry(1, name, value) for name, value in (files or {}).items())
    parameters += b"".join(entry(2, name, value) for name, value in (env or {}).items())
    parameters += b"".join(field(3, argument) for argument in argv)
    return field(1, parameters)


def decode(message):
    """The fields of a message without nested ones: number to bytes."""
    fields, at = {}, 0
    while at < len(message):
        tag = message[at]
        taw.equal(tag & 7, 2, "wire type")
        length, shift, at = 0, 0, at + 1
        while True:
            length |= (message[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if message[at - 1] < 128:
                break
        fields[tag >> 3] = message[at:at + length]
        at += length
    return fields


def grpc_frame(message):
    return b"\0" + len(message).to_bytes(4, "big") + message


# ---- taw-premain ----

class Result:
    def __init__(self, status, stdout, stderr, seconds):
        self.status, self.stdout, self.stderr, self.seconds = status, stdout, stderr, seconds

    def last(self):
        """The last line that was said."""
        return self.stderr.rstrip("\n").rpartition("\n")[2]

    def ends(self, status, *parts):
        taw.equal(self.status, status, "exit status with\n" + self.stderr)
        for part in parts:
            taw.contains(self.last(), part, "last line")
        return self


def environment(port=None, **variables):
    env = dict(taw.clean_environment(), EDG_MARBLE_TYPE="backend", TAW_MARBLE_TIMEOUT="0", TZ="UTC")
    if port is not None:
        env["EDG_MARBLE_COORDINATOR_ADDR"] = "127.0.0.1:%d" % port
    env.update({name: str(value) for name, value in variables.items()})
    return {name: value for name, value in env.items() if value != "None"}


def premain(home, *arguments, port=None, start=(), executable=None, **variables):
    """Runs it to its end. start: what to put before it; executable: argv[0] is then the first argument."""
    command = [*start, *([] if executable else [PREMAIN]), *map(str, arguments)]
    begin = time.monotonic()
    done = subprocess.run(command, executable=executable, cwd=home, env=environment(port, **variables),
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=RUN_S)
    said = done.stderr.decode("utf-8", "replace")
    for sign in ("AddressSanitizer", "LeakSanitizer", "runtime error:", "Assertion"):
        if sign in said:
            raise AssertionError("taw-premain crashed:\n" + said[-6000:])
    return Result(done.returncode, done.stdout.decode("utf-8", "replace"), said, time.monotonic() - begin)


# ---- Coordinators ----

def certificate(home, name="coordinator", san="DNS:localhost,IP:127.0.0.1"):
    """A self-signed certificate and its key, as files."""
    cert, key = home / (name + ".crt"), home / (name + ".key")
    if not cert.exists():
        taw.run_program("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes",
                        "-subj", "/CN=" + name, "-addext", "subjectAltName=" + san, "-days", "30",
                        "-keyout", key, "-out", cert)
    return cert, key


def python_with_grpc():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import grpc"], capture_output=True).returncode == 0:
            return python
    raise taw.Skip("no Python with grpcio")


class Fake:
    """fake_coordinator.py as a process: a context whose calls() are what it was asked."""

    def __init__(self, home, *plans, port=0):
        self.cert = certificate(home)
        program = pathlib.Path(__file__).with_name("fake_coordinator.py")
        self.process = subprocess.Popen([python_with_grpc(), program, str(port), *map(str, self.cert), *plans],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def calls(self):
        """What came until now: (fields of the request, metadata)."""
        calls = []
        while True:
            try:
                call = self.lines.get(timeout=0.2)
            except queue.Empty:
                return calls
            calls.append((decode(bytes.fromhex(call["request"])), call["metadata"]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


def ok(*args, **kwargs):
    """The plan of a success."""
    return "ok:" + response(*args, **kwargs).hex()


# ---- a server of bytes ----

def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def headers(*pairs, end=False):
    """HEADERS on stream 1: literal fields without indexing, no Huffman (RFC 7541, 6.2.2)."""
    block = b"".join(b"\0" + hpack_text(name) + hpack_text(value) for name, value in pairs)
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), 1, block)


def hpack_text(text):
    text = text.encode()
    if len(text) < 127:
        return bytes([len(text)]) + text
    return b"\x7f" + varint(len(text) - 127) + text


def data(payload, end=False):
    """DATA on stream 1, in frames of at most 16384 bytes."""
    pieces = [payload[at:at + 16384] for at in range(0, len(payload), 16384)] or [b""]
    return b"".join(frame(DATA, END_STREAM if end and piece is pieces[-1] else 0, 1, piece) for piece in pieces)


HEAD = headers((":status", "200"), ("content-type", "application/grpc"))
TRAILERS = headers(("grpc-status", "0"), end=True)


class Raw:
    """A TLS server that answers each connection's first request with these bytes, whatever they are.

    settings: what it sends first; alpn: what it chooses from; wait: seconds before it closes."""

    def __init__(self, home, answer, settings=frame(SETTINGS, 0, 0), alpn=("h2",), close_first=False, silent=False):
        self.answer, self.settings, self.close_first, self.silent = answer, settings, close_first, silent
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*map(str, certificate(home)))
        if alpn:
            self.context.set_alpn_protocols(list(alpn))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            if self.ending.is_set():
                sock.close()
                return
            self.connections += 1
            try:
                self.talk(sock)
            except (OSError, ssl.SSLError):
                pass
            finally:
                sock.close()

    def talk(self, plain):
        plain.settimeout(30)
        if self.silent:
            self.ending.wait(30)
            return
        with self.context.wrap_socket(plain, server_side=True) as sock:
            sock.sendall(self.settings)
            self.read_request(sock)
            if not self.close_first:
                sock.sendall(self.answer)
                while sock.recv(65536):
                    pass

    @staticmethod
    def read_request(sock):
        """Reads until the end of stream 1."""
        got = b""
        while True:
            more = sock.recv(65536)
            if not more:
                raise OSError("the client is gone")
            got += more
            at = 24  # the client's preface
            while at + 9 <= len(got):
                length, kind, flags = int.from_bytes(got[at:at + 3], "big"), got[at + 3], got[at + 4]
                if kind in (DATA, HEADERS) and flags & END_STREAM and at + 9 + length <= len(got):
                    return
                at += 9 + length

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ending.set()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            pass
        self.thread.join(10)
        self.listener.close()
