# SPDX-License-Identifier: Apache-2.0
"""Marbles as their Coordinator sees them: keys, requests, a deployment, and the real gRPC client."""

import os
import ssl
import threading
import time

import h2
import taw
from taw import Coordinator, Deployment, equal, run_program, true

UUIDS = ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "f81d4fae-7dec-41d0-a765-00a0c91e6bf6")
SANITIZED = os.environ.get("TAW_SANITIZE", "none") != "none"
OK, INVALID_ARGUMENT, DEADLINE_EXCEEDED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, INTERNAL = 0, 3, 4, 7, 8, 13


# ---- keys ----

def key_options(kind):
    """What `openssl genpkey` needs for "p256", "rsa2048", "ed25519"..."""
    curves = {"p224": "secp224r1", "p256": "P-256", "p384": "P-384", "p521": "P-521", "secp256k1": "secp256k1"}
    if kind in curves:
        return ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curves[kind], "-pkeyopt", "ec_param_enc:named_curve"]
    if kind.startswith("rsa"):
        return ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + kind[3:]]
    return ["-algorithm", kind]


making = threading.Lock()


def key(name, kind="p256"):
    path = taw.keys.path("%s.%s.key" % (name, kind))
    with making:
        if not path.exists():
            if kind == "dsa":
                parameters = taw.keys.path("dsa.pem")
                run_program("openssl", "genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:2048",
                            "-out", parameters)
                run_program("openssl", "genpkey", "-paramfile", parameters, "-out", path)
            else:
                run_program("openssl", "genpkey", *key_options(kind), "-out", path)
    return path


def identity(name, kind="p256"):
    """The TLS certificate of a Marble: (certificate file, key file), self-signed."""
    private = key(name, kind)
    cert = private.with_suffix(".crt")
    with making:
        if not cert.exists():
            run_program("openssl", "req", "-x509", "-new", "-key", private, "-subj", "/CN=" + name, "-days", "30", "-out", cert)
    return cert, private


def csr(name="marble", kind="p256", san="DNS:localhost,IP:127.0.0.1", subject="/C=DE/OU=Tests/O=Nobody/CN=mine"):
    """PKCS#10, in DER."""
    return run_program("openssl", "req", "-new", "-key", key(name, kind), "-subj", subject, "-addext",
                       "subjectAltName=" + san, "-outform", "DER")


# ---- messages ----

def fields_of(message):
    """[(number, bytes)] of a message that has nothing but fields with a length."""
    at, out = 0, []

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    while at < len(message):
        tag = number()
        equal(tag & 7, 2, "wire type")
        length = number()
        true(at + length <= len(message), "a field is cut off")
        out.append((tag >> 3, message[at:at + length]))
        at += length
    return out


class Parameters:
    """What a Marble gets: files and env (text to bytes), argv (list of text)."""

    def __init__(self, response):
        self.files, self.env, self.argv = {}, {}, []
        ((number, parameters),) = fields_of(response)
        equal(number, 1, "field of the response")
        for number, value in fields_of(parameters):
            if number == 3:
                self.argv.append(value.decode())
                continue
            entry = dict(fields_of(value))
            equal(sorted(entry), [1, 2], "members of an entry")
            {1: self.files, 2: self.env}[number][entry[1].decode()] = entry[2]

    def predefined(self, name):
        return self.env["MARBLE_PREDEFINED_" + name].decode()

    def chain(self):
        """PEM of the leaf, PEM of the intermediate."""
        return pem_blocks(self.predefined("MARBLE_CERTIFICATE_CHAIN"))


def pem_blocks(text):
    end = "-----END CERTIFICATE-----\n"
    return [part + end for part in text.split(end) if part]


class Marble:
    """One instance: its type, UUID, TLS identity and CSR."""

    def __init__(self, kind="store", uuid=UUIDS[0], name="marble"):
        self.identity = identity(name)
        self.message = h2.activation(kind, uuid, csr(name))

    def activate(self, c, extra=()):
        """On a fresh connection, without the gRPC library; the Answer."""
        return h2.activate(c, self.identity, self.message, extra)

    def parameters(self, c):
        return Parameters(self.activate(c).message())


# ---- the real client ----

def marble_root(c, cert):
    """PEM of what the Marble API shows."""
    with c.connect(cert, alpn=["h2"], port=c.mesh_port) as sock:
        return ssl.DER_cert_to_PEM_cert(sock.getpeercert(True))


class Channel:
    """A channel of grpcio to the Marble API, for one Marble."""

    def __init__(self, c, marble, **options):
        import grpc  # only some Pythons have it, see needs_grpc

        self.marble = marble
        cert, private = marble.identity
        credentials = grpc.ssl_channel_credentials(marble_root(c, marble.identity).encode(), private.read_bytes(),
                                                   cert.read_bytes())
        options = {"grpc.ssl_target_name_override": "localhost", "grpc.enable_retries": 0, **options}
        self.channel = grpc.secure_channel("127.0.0.1:%d" % c.mesh_port, credentials, list(options.items()))
        self.call = self.channel.unary_unary(h2.PATH)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def activate(self, message=None, timeout=taw.REPLY_S, metadata=()):
        return Parameters(self.call(message or self.marble.message, timeout=timeout, metadata=metadata))

    def refusal(self, message=None, timeout=taw.REPLY_S, metadata=()):
        """(status, text) of a call that must fail."""
        import grpc

        try:
            self.call(message or self.marble.message, timeout=timeout, metadata=metadata)
        except grpc.RpcError as error:
            return error.code().value[0], error.details()
        raise AssertionError("the call was answered with a success")


def needs_grpc():
    try:
        import grpc  # noqa: F401
    except ImportError:
        raise taw.Skip("this Python has no grpcio") from None


# ---- a deployment ----

class Marbles(Deployment):
    """A deployment with these Marbles and secrets, as in a manifest; "Package" is filled in."""

    def __init__(self, marbles, secrets=None, scheme="none"):
        self.marbles = {name: {"Package": "backend", **marble} for name, marble in marbles.items()}
        self.secrets = secrets or {}
        super().__init__(scheme)

    def content(self, name):
        manifest = super().content(name)
        manifest["Marbles"] = self.marbles
        manifest["Secrets"].update(self.secrets)
        return manifest

    def start(self, home, **options):
        """A Coordinator with this manifest."""
        c = Coordinator(home, **options).start()
        equal(self.set(c).status, 200, "reply to the manifest: %r" % self.reply)
        return c


class Honest:
    """A Marble that is activated again and again while something else goes on. It must always be, and soon."""

    def __init__(self, c, marble, longest_s=15.0 if SANITIZED else 5.0, least=2):
        self.c, self.marble, self.longest_s, self.least = c, marble, longest_s, least
        self.count, self.trouble, self.ending = 0, None, threading.Event()
        self.most_mib = 0  # resident memory of tawd meanwhile
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while self.trouble is None and (not self.ending.is_set() or self.count < self.least):
            begin = time.monotonic()
            try:
                self.marble.parameters(self.c)
            except Exception as error:  # whatever it is, the test has to say it
                self.trouble = repr(error)
            self.count += 1
            self.most_mib = max(self.most_mib, resident_mib(self.c))
            if time.monotonic() - begin > self.longest_s:
                self.trouble = "took %.1f s" % (time.monotonic() - begin)
            self.ending.wait(0.01)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.ending.set()
        self.thread.join(120)
        if kind is None:
            true(self.trouble is None and not self.thread.is_alive(), "an honest Marble meanwhile: %s" % self.trouble)


def resident_mib(c):
    for line in open("/proc/%d/status" % c.process.pid, encoding="ascii"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("tawd is gone")


