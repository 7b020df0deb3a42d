# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command line share: taw as a person runs it, in a pipe or on a terminal, and what it must
have said; and servers that answer as they are told."""

import json
import os
import pathlib
import pty
import select
import signal
import socket
import ssl
import subprocess
import threading
import time

import envelopes
import taw
from taw import equal, run_program, true

OK, FAILED, USAGE, ATTESTATION, TRUST, DENIED, NOT_FOUND, STATE, REJECTED, DIFFERENT, PENDING, UNREACHABLE, KEY = range(13)


class Done:
    def __init__(self, status, out, error):
        self.status, self.raw, self.error = status, out, error
        self.out = envelopes.check_text(out.decode("utf-8", "replace"))
        envelopes.check_text(error)

    def __repr__(self):
        return "status %d, output %r, error %r" % (self.status, self.raw[:500], self.error[:1500])

    def expect(self, status, out=None, error=None):
        """out: all of standard output; error: a part of standard error."""
        if self.status != status or (out is not None and self.out != out) or (error is not None and error not in self.error):
            raise AssertionError("wanted status %d, output %r, error with %r: %r" % (status, out, error, self))
        return self

    def json(self, kind):
        """The data of the one envelope on standard output."""
        true(self.error == "", "standard error is empty with --format json: %r" % self)
        envelope = json.loads(self.out)
        equal((envelope["apiVersion"], envelope["kind"]), ("taw/v1", kind), "envelope")
        true(isinstance(envelope["warnings"], list), "warnings")
        return envelope["data"]

    def failure(self, status, code):
        equal((self.status, self.out), (status, ""), "status and output of a failure")
        envelope = json.loads(self.error)
        equal((envelope["kind"], envelope["error"]["code"], envelope["error"]["details"]["exitStatus"]), ("Error", code, status),
              "error envelope")
        return envelope["error"]["message"]


class Cli:
    """taw with a configuration directory of its own."""

    def __init__(self, home, program=None):
        self.home = pathlib.Path(home)
        self.program = program or taw.TAW
        self.cache = self.home / "config" / "marblerun" / "coordinator-cert.pem"

    def gives_file(self, wanted, *arguments):
        """With "-o -" standard output has the file and nothing else, in whatever format."""
        for form in ("text", "json"):
            done = self(*arguments, "-o", "-", "--format", form).expect(OK, wanted)
            true("written" not in done.error, "nothing is said of a file: %r" % done)

    def environment(self, **more):
        env = {name: value for name, value in taw.clean_environment().items()
               if not name.upper().endswith("_PROXY") and name not in ("NO_COLOR", "TAW_FORMAT")}
        return dict(env, XDG_CONFIG_HOME=str(self.home / "config"), TERM="xterm", **more)

    def __call__(self, *args, data=b"", env=None, **popen):
        done = subprocess.run([str(self.program), *map(str, args)], input=data, capture_output=True, cwd=self.home,
                              env=env or self.environment(), timeout=120, **popen)
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    def on_terminal(self, *args, answers=()):
        """With all three streams on a terminal; answers: (text to wait for, line to type). What the terminal showed."""
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.home)
            os.execve(self.program, [str(self.program), *map(str, args)], self.environment())
        shown, left, until = b"", list(answers), time.monotonic() + 60
        while time.monotonic() < until:
            if not select.select([fd], [], [], 1)[0]:
                continue
            try:
                got = os.read(fd, 65536)
            except OSError:
                break
            if not got:
                break
            shown += got
            if left and left[0][0].encode() in shown:
                time.sleep(0.2)  # the terminal is told not to echo after the question
                os.write(fd, left.pop(0)[1].encode() + b"\n")
        else:
            os.kill(pid, signal.SIGKILL)
        os.close(fd)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return Done(status, shown.replace(b"\r\n", b"\n"), "")


class Fake:
    """A server with a certificate for 127.0.0.1 that answers every request as it is told."""

    def __init__(self, home, answer, chain=None):
        self.cert, self.key = home / "fake.crt", home / "fake.key"
        if not self.cert.exists():
            run_program("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-subj", "/CN=fake",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-days", "3", "-keyout", self.key, "-out", self.cert)
        self.answer = answer
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.cert, self.key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.at = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.requests = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(raw,), daemon=True).start()

    def talk(self, raw):
        try:
            with self.context.wrap_socket(raw, server_side=True) as sock:
                while True:
                    data = b""
                    while b"\r\n\r\n" not in data:
                        got = sock.recv(65536)
                        if not got:
                            return
                        data += got
                    head, self.body = data.split(b"\r\n\r\n", 1)
                    length = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                    while length and len(self.body) < int(length[0]):
                        self.body += sock.recv(65536)
                    self.requests.append(head.split(b"\r\n")[0].decode())
                    self.answer(sock, self.requests[-1])
        except (OSError, ssl.SSLError):
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # else its thread goes on waiting, on a number that the next socket gets
        self.listener.close()


def says(body, status="200 OK"):
    body = body.encode() if isinstance(body, str) else body
    return lambda sock, request: sock.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status.encode(), len(body)) + body)
