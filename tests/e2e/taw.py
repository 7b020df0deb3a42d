# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: a Coordinator as a process, requests to it, key holders, and TAP.

A test is a function whose name is a sentence. It takes one argument, an empty directory of its own, and fails by an
exception. `run(globals())` at the end of a file runs its tests in their order; the path of tawd is in $TAWD.
"""

import base64
import concurrent.futures
import hashlib
import hmac
import inspect
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback

TAWD = os.environ.get("TAWD", "")
TAW = os.environ.get("TAW", "")
SOAK = "--soak" in sys.argv
START_S = 30  # generous: sanitizers on a busy machine
REPLY_S = 60


class Skip(Exception):
    """The test cannot run here; the text says why."""


def only_in_soak():
    if not SOAK:
        raise Skip("takes long: runs in scripts/soak")


def comment(text):
    print("\n".join("# " + line for line in str(text).splitlines()), flush=True)


# ---- what is asserted ----

def equal(got, wanted, about=""):
    if got != wanted:
        raise AssertionError("%s: got %.600r, wanted %.600r" % (about or "value", got, wanted))


def true(value, about):
    if not value:
        raise AssertionError(about)


def contains(text, part, about=""):
    if part not in text:
        raise AssertionError("%s: %.600r does not contain %r" % (about or "text", text, part))


# ---- programs ----

def run_program(*command, cwd=None, data=None, env=None):
    """Runs a program that has to succeed; its standard output as bytes."""
    done = subprocess.run([str(part) for part in command], input=data, cwd=cwd, env=env, capture_output=True, timeout=120)
    if done.returncode != 0:
        said = done.stderr[-2000:].decode("utf-8", "replace")
        raise AssertionError("%s: exit status %d: %s" % (" ".join(map(str, command))[:200], done.returncode, said))
    return done.stdout


def bash(script, cwd, **variables):
    """Runs lines of a page as they are typed; the standard output as text."""
    env = dict(os.environ, **{name: str(value) for name, value in variables.items()})
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=cwd, env=env, capture_output=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError("exit status %d of\n%s\n%s" % (done.returncode, script, done.stderr.decode("utf-8", "replace")))
    return done.stdout.decode()


# ---- HTTP/1.1 over TLS, as little of it as the tests need ----

class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return "%d %r" % (self.status, self.body[:300])

    def json(self):
        return json.loads(self.body)

    def data(self):
        """The data of a success; anything else fails the test."""
        if self.status != 200 or self.json()["status"] != "success":
            raise AssertionError("no success: %r" % self)
        return self.json()["data"]

    def message(self):
        return self.json().get("message", "")


def tls_context(cert=None, alpn=None):
    """cert: (chain file, key file), the leaf first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(alpn)
    if cert:
        context.load_cert_chain(*map(str, cert))
    return context


def read_reply(sock, head_only=False):
    """One reply; None when the connection ends before a status line. ConnectionError: it ended inside."""
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            got = sock.recv(65536)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            got = b""
        if not got:
            if data:
                raise ConnectionError("the reply ends in its header: %r" % data[:200])
            return None
        data += got
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    length = 0 if head_only else int(headers.get("content-length", "0"))
    while len(body) < length:
        got = sock.recv(65536)
        if not got:
            raise ConnectionError("the reply ends in its body")
        body += got
    return Reply(int(lines[0].split(" ")[1]), headers, body)


# ---- the Coordinator ----

running = []  # every process that was started and not yet ended
running_lock = threading.Lock()


def clean_environment():
    """The environment without anything that tawd would take for itself."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("EDG_", "TAW_", "OE_", "NOTIFY_", "WATCHDOG_", "FAULTFS_"))}


class Coordinator:
    """A tawd on a free port. home: a directory that gets `state/`, the platform keys and the log."""

    def __init__(self, home, machine="a", args=(), env=None, log="log", state="state"):
        self.home = pathlib.Path(home)
        self.state = self.home / state
        self.log_path = self.home / (log + ".%d" % time.monotonic_ns())
        self.command = [TAWD, "--simulation", "--seal-dir", str(self.state), "--platform-key",
                        str(self.home / ("machine-%s.key" % machine)), "--client-address", "127.0.0.1:0",
                        "--mesh-address", "127.0.0.1:0", *map(str, args)]
        self.env = dict(clean_environment(), **(env or {}))
        self.process = None
        self.port = self.mesh_port = None

    def launch(self):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env)
        with running_lock:
            running.append(self)
        return self

    def serves(self):
        """Waits until it serves; false when it ended before."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            ended = self.process.poll() is not None
            ports = re.findall(r'"Starting the (client|Marble) API".*?"port":(\d+)', self.log())
            if len(ports) == 2:
                self.port, self.mesh_port = int(dict(ports)["client"]), int(dict(ports)["Marble"])
                return True
            if ended:
                return False
            time.sleep(0.004)
        raise AssertionError("tawd does not start: " + self.log()[-2000:])

    def start(self):
        if not self.launch().serves():
            raise AssertionError("tawd ended with %d: %s" % (self.process.returncode, self.log()[-2000:]))
        return self

    def fails(self):
        """Starts a Coordinator that must not come up; its exit status and what it said."""
        if self.launch().serves():
            raise AssertionError("tawd serves, but it should not")
        return self.ended(), self.log()

    def ended(self, timeout=START_S):
        """Waits for its end; the exit status, -9 for SIGKILL."""
        status = self.process.wait(timeout)
        with running_lock:
            if self in running:
                running.remove(self)
        text = self.log()
        for sign in ("AddressSanitizer", "LeakSanitizer", "runtime error:", "Assertion"):
            if sign in text:
                raise AssertionError("tawd crashed:\n" + text[-6000:])
        if status in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL, -signal.SIGFPE):
            raise AssertionError("tawd crashed with signal %d:\n%s" % (-status, text[-4000:]))
        return status

    def stop(self, wanted=0):
        self.process.send_signal(signal.SIGTERM)
        status = self.ended()
        if wanted is not None:
            equal(status, wanted, "exit status after SIGTERM")
        return status

    def kill(self):
        self.process.kill()
        return self.ended()

    def log(self):
        return self.log_path.read_text("utf-8", "replace")

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    def connect(self, cert=None, alpn=None, port=None, timeout=REPLY_S):
        raw = socket.create_connection(("127.0.0.1", port or self.port), timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return tls_context(cert, alpn).wrap_socket(raw, server_hostname="localhost")
        except BaseException:
            raw.close()
            raise

    def request(self, method, path, body=None, cert=None, headers=()):
        """One request on a connection of its own. None: the connection ended without an answer."""
        head = ["%s %s HTTP/1.1" % (method, path), "host: localhost", "connection: close", *headers]
        if body is not None:
            head.append("content-length: %d" % len(body))
        try:
            with self.connect(cert) as sock:
                try:
                    sock.sendall("\r\n".join(head + ["", ""]).encode() + (body or b""))
                except (ConnectionError, ssl.SSLError):
                    pass  # refused early: the answer is there already
                return read_reply(sock)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return None

    def get(self, path, cert=None):
        return self.request("GET", path, cert=cert)

    def post(self, path, body, cert=None):
        return self.request("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), cert)

    def raw(self, data, timeout=REPLY_S):
        """Sends these bytes as they are; the replies until the connection ends."""
        replies = []
        with self.connect(timeout=timeout) as sock:
            try:
                sock.sendall(data)
            except (ConnectionError, ssl.SSLError):
                pass
            while True:
                try:
                    reply = read_reply(sock)
                except ConnectionError:
                    reply = None
                if reply is None:
                    return replies
                replies.append(reply)

    def code(self):
        return self.get("/api/v2/status").data()["code"]


RECOVERY, FRESH, RUNNING = 1, 2, 3  # status codes


# ---- keys, users, holders ----

class Keys:
    """Keys that are slow to make, once for each test program."""

    def __init__(self):
        self.directory = None
        self.lock = threading.Lock()

    def path(self, name):
        if self.directory is None:
            self.directory = pathlib.Path(tempfile.mkdtemp(prefix="taw-keys-"))
        return self.directory / name

    def rsa(self, name, bits=2048):
        with self.lock:
            path = self.path(name + ".key")
            if not path.exists():
                run_program("openssl", "genrsa", "-out", path, bits)
        return path

    def public(self, name):
        return run_program("openssl", "rsa", "-in", self.rsa(name), "-pubout").decode()

    def user(self, name):
        """(certificate file, key file)"""
        with self.lock:
            cert, key = self.path(name + ".user.crt"), self.path(name + ".user.key")
            if not cert.exists():
                run_program("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-subj", "/CN=" + name, "-days", "30", "-keyout", key, "-out", cert)
        return cert, key

    def clear(self):
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)


keys = Keys()
OAEP = ("-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256")
HOLDERS = {"none": [], "page": ["RecoveryKey"], "single": ["anna"], "xor": ["anna", "ben", "cleo"],
           "threshold": ["anna", "ben", "cleo", "dora"]}


def unb64(text):
    return base64.b64decode(text, validate=True)


def b64(data):
    return base64.b64encode(data).decode()


def oaep_decrypt(key, data):
    return run_program("openssl", "pkeyutl", "-decrypt", "-inkey", key, *OAEP, data=data)


def oaep_encrypt(public_der, data):
    """public_der: a file."""
    return run_program("openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", public_der, *OAEP, data=data)


def rsa_sign(key, data):
    return run_program("openssl", "dgst", "-sha256", "-sign", key, data=data)


def drill_answer(challenge, name, share, key=None):
    """A holder's answer with Python's HMAC and openssl's signature: nothing of taw."""
    nonce, chosen = unb64(challenge["nonce"]), challenge["set"].encode()
    derived = hmac.new(hmac.new(bytes(32), share, hashlib.sha256).digest(), b"mr-drill\x01", hashlib.sha256).digest()
    return {"set": challenge["set"], "name": name, "nonce": challenge["nonce"],
            "proof": b64(hmac.new(derived, nonce + chosen, hashlib.sha256).digest()),
            "signature": b64(rsa_sign(keys.rsa(key or name), nonce + chosen))}


class Deployment:
    """A manifest with its key holders and one user who may read its secrets.

    scheme: "none", "page" (RecoveryKey), "single", "xor" or "threshold" (RecoveryKeys)."""

    def __init__(self, scheme="single", name="first", holders=None, threshold=2):
        self.scheme = scheme
        self.holders = holders or HOLDERS[scheme]
        self.threshold = threshold
        self.user = keys.user("alice")
        self.manifest = json.dumps(self.content(name), separators=(",", ":")).encode()
        self.reply = None
        self.shares = {}
        self.signatures = {}  # by signer and share: they are slow to make

    def content(self, name):
        environment = {"KEY": "{{ hex .Secrets.databaseKey }}", "NAME": name}
        manifest = {
            "Packages": {"backend": {"SignerID": "9f" * 32, "ProductID": 1, "SecurityVersion": 1}},
            "Marbles": {"store": {"Package": "backend", "Parameters": {"Env": environment}}},
            "Secrets": {"databaseKey": {"Type": "symmetric-key", "Size": 256, "Shared": True}},
            "Users": {"alice": {"Certificate": self.user[0].read_text(), "Roles": ["reader"]}},
            "Roles": {"reader": {"ResourceType": "Secrets", "ResourceNames": ["databaseKey"], "Actions": ["ReadSecret"]}},
        }
        if self.scheme == "page":
            manifest["RecoveryKey"] = keys.public(self.holders[0])
        elif self.holders:
            manifest["RecoveryKeys"] = {holder: keys.public(holder) for holder in self.holders}
        if self.scheme == "threshold":
            manifest["Config"] = {"RecoveryThreshold": self.threshold}
        return manifest

    def set(self, c):
        """Sends the manifest; the reply, None when there was none."""
        self.reply = c.post("/manifest", self.manifest)
        if self.reply is not None and self.reply.status == 200:
            self.keep(self.reply)
        return self.reply

    def keep(self, reply):
        """Decrypts the recovery secrets of the reply to the manifest."""
        body = reply.json()
        if self.scheme == "page":
            encrypted = {self.holders[0]: body["EncryptionKey"]}
        else:
            encrypted = (body["data"] or {}).get("RecoverySecrets", {})
        self.decrypt(encrypted)

    def decrypt(self, encrypted):
        """encrypted: the recovery secrets in base64, by holder."""
        self.shares = {name: oaep_decrypt(keys.rsa(name), unb64(secret)) for name, secret in encrypted.items()}
        equal(sorted(self.shares), sorted(self.holders), "holders of the recovery secrets")

    def upload(self, holder, share=None, signer=None, signature=None):
        """The signed upload of a holder, as JSON."""
        share = self.shares[holder] if share is None else share
        if signature is None:
            what = (signer or holder, share)
            if what not in self.signatures:
                self.signatures[what] = rsa_sign(keys.rsa(what[0]), share)
            signature = self.signatures[what]
        return {"recoverySecret": b64(share), "recoverySecretSignature": b64(signature)}

    def needed(self):
        return self.threshold if self.scheme == "threshold" else len(self.holders)

    def recover(self, c, holders=None):
        """All uploads that are needed; the last reply, which must be a success."""
        if self.scheme == "page":
            reply = c.post("/recover", self.shares[self.holders[0]])
            if reply is not None:
                equal((reply.status, reply.body), (200, b""), "reply to the raw key")
            return reply
        reply = None
        for holder in holders or self.holders[:self.needed()]:
            reply = c.post("/api/v2/recover", self.upload(holder))
            if reply is None:
                return None
            reply.data()
        return reply

    def facts(self, c):
        """What has to be the same after a recovery or a restart."""
        return {
            "root": c.get("/api/v2/quote").data()["cert"],
            "manifest": c.get("/api/v2/manifest").data(),
            "secrets": c.get("/api/v2/secrets?s=databaseKey", self.user).data(),
        }

    def log_lines(self, c):
        """The update log, each line without its time."""
        lines = [json.loads(line) for line in c.get("/api/v2/update").data()["updateLog"]]
        return [line["update"] for line in lines]


class UploadDeployment(Deployment):
    """One whose user may also write two secrets, which are always uploaded together."""

    def content(self, name):
        manifest = super().content(name)
        manifest["Secrets"].update({"token": {"Type": "plain", "UserDefined": True},
                                    "key": {"Type": "symmetric-key", "Size": 256, "UserDefined": True}})
        manifest["Roles"]["writer"] = {"ResourceType": "Secrets", "ResourceNames": ["token", "key"],
                                       "Actions": ["ReadSecret", "WriteSecret"]}
        manifest["Users"]["alice"]["Roles"].append("writer")
        return manifest

    def upload_values(self, c, value):
        """Gives both secrets this value of 32 bytes; the reply, None when there was none."""
        return c.post("/api/v2/secrets", self.upload_body(value), self.user)

    def upload_body(self, value):
        return {"secrets": {name: {"Key": b64(value), "Cert": None, "Private": None} for name in ("token", "key")}}

    def uploaded(self, c):
        """The value that both have, None before the first upload; the log has two lines for each upload. Another upload may
        come between the two requests, so the log may know more."""
        secrets = c.get("/api/v2/secrets?s=token&s=key", self.user).data()["secrets"]
        equal(secrets["token"]["Private"], secrets["key"]["Private"], "the values of both secrets")
        value = secrets["token"]["Private"]
        lines = self.log_lines(c)
        equal(len(lines) % 2, 1, "lines of the log, two for each upload")
        true(value is None or len(lines) > 1, "the log names an upload")
        return None if value is None else unb64(value)


def recovering_as(c, scheme, needed, accepted, missing):
    """What GET /api/v2/recover/status has to say; gives the session's id."""
    data = c.get("/api/v2/recover/status").data()
    got = (data["recovering"], data["scheme"], data["needed"], sorted(data["accepted"]), sorted(data["missing"]))
    equal(got, (True, scheme, needed, sorted(accepted), sorted(missing)), "recovery status")
    return data["session"]


# ---- running tests ----

def in_parallel(function, items, workers=2):
    """Calls function for each item on a few threads; the first exception comes through."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))


def end_leftovers():
    """Ends what a test left running; true when something was."""
    with running_lock:
        left = list(running)
    for c in left:
        if c.process.poll() is None:
            c.process.kill()
        c.process.wait()
        with running_lock:
            if c in running:
                running.remove(c)
    return bool(left)


def last_logs(home):
    logs = [path for path in home.rglob("*") if path.is_file() and re.fullmatch(r"log\.\d+", path.name)]
    logs.sort(key=lambda path: path.stat().st_mtime)
    return "".join("%s\n%s\n" % (path.name, path.read_text("utf-8", "replace")[-1500:]) for path in logs[-2:])


def run_one(number, function):
    title = function.__name__.replace("_", " ")
    home = pathlib.Path(tempfile.mkdtemp(prefix="taw-e2e-"))
    begin = time.monotonic()
    try:
        function(home)
        if end_leftovers():
            raise AssertionError("the test left a Coordinator running")
        print("ok %d - %s" % (number, title), flush=True)
        comment("%.1f s" % (time.monotonic() - begin))
        return True
    except Skip as reason:
        print("ok %d - %s # SKIP %s" % (number, title, reason), flush=True)
        return True
    except Exception:
        print("not ok %d - %s" % (number, title), flush=True)
        comment(traceback.format_exc())
        comment(last_logs(home))
        return False
    finally:
        end_leftovers()
        shutil.rmtree(home, ignore_errors=True)


def run(names):
    """Runs the tests among these names (a module's globals()); ends the program."""
    wanted = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    tests = [value for name, value in names.items()
             if inspect.isfunction(value) and value.__module__ == "__main__"
             and list(inspect.signature(value).parameters) == ["home"]
             and all(part in name for part in wanted)]
    if not TAWD:
        sys.exit("TAWD must name the tawd to test")
    for number in (signal.SIGINT, signal.SIGHUP):  # ignored in the background and under nohup, and so by all that is started here
        signal.signal(number, signal.SIG_DFL)
    print("TAP version 13\n1..%d" % len(tests), flush=True)
    try:
        failed = sum(not run_one(number, function) for number, function in enumerate(tests, 1))
    finally:
        keys.clear()
    sys.exit(1 if failed else 0)
