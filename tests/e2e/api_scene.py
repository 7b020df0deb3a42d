# SPDX-License-Identifier: Apache-2.0
"""One deployment with everything that the client API can do, a user for each right, and connections that are kept."""

import json
import queue
import ssl

import activation
import taw
from taw import Coordinator, Deployment, b64, keys, run_program

SECRET_NAMES = ("token", "key", "site")
# user: roles. Alice may everything; each of the others lacks one kind of permission.
USERS = {
    "alice": ["reader", "writer", "packager", "updater"],
    "noread": ["writer", "packager", "updater"],
    "nowrite": ["reader", "packager", "updater"],
    "nopackage": ["reader", "writer", "updater"],
    "nomanifest": ["reader", "writer", "packager"],
    "norights": [],
    "few": ["few"],  # one secret of several
    "expired": ["reader"],
}
FEATURES = ["MonotonicCounter", "SignQuoteEndpoint"]


def expired_user():
    """(certificate file, key file): valid until yesterday."""
    cert, key = keys.user("expired-draft")
    request, late = keys.path("expired.csr"), keys.path("expired.crt")
    if not late.exists():
        run_program("openssl", "req", "-new", "-key", key, "-subj", "/CN=expired", "-out", request)
        run_program("openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", "-1", "-out", late)
    return late, key


def user(name):
    return expired_user() if name == "expired" else keys.user(name)


def certificate_der(path):
    return ssl.PEM_cert_to_DER_cert(path.read_text())


class ApiDeployment(Deployment):
    """features: False leaves the gated operations closed."""

    def __init__(self, scheme="none", name="first", features=True, **options):
        self.features = features
        super().__init__(scheme, name, **options)

    def content(self, name):
        manifest = super().content(name)
        manifest["Secrets"].update({"token": {"Type": "plain", "UserDefined": True},
                                    "key": {"Type": "symmetric-key", "Size": 128, "UserDefined": True},
                                    "site": {"Type": "cert-ecdsa", "UserDefined": True}})
        manifest["Packages"]["other"] = {"SignerID": "9f" * 32, "ProductID": 2, "SecurityVersion": 1}
        manifest["Users"] = {who: {"Certificate": user(who)[0].read_text(), "Roles": roles} for who, roles in USERS.items()}
        manifest["Roles"] = {
            "reader": {"ResourceType": "Secrets", "ResourceNames": ["databaseKey", *SECRET_NAMES], "Actions": ["ReadSecret"]},
            "writer": {"ResourceType": "Secrets", "ResourceNames": list(SECRET_NAMES), "Actions": ["WriteSecret"]},
            "few": {"ResourceType": "Secrets", "ResourceNames": ["token"], "Actions": ["ReadSecret", "WriteSecret"]},
            "packager": {"ResourceType": "Packages", "ResourceNames": ["backend"], "Actions": ["UpdateSecurityVersion"]},
            "updater": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
        }
        manifest.setdefault("Config", {})["FeatureGates"] = FEATURES if self.features else []
        manifest["Config"]["UpdateThreshold"] = 2
        return manifest


def start_running(home, scheme="none", **options):
    deployment = ApiDeployment(scheme)
    c = Coordinator(home, **options).start()
    deployment.set(c).data()
    return deployment, c


def in_v2(manifest):
    return json.dumps({"manifest": b64(manifest)}).encode()


def package_update(version, packages=("backend",)):
    return json.dumps({"Packages": {name: {"SecurityVersion": version} for name in packages}}).encode()


def marble_identity(c, home):
    """(chain file, key file) as a Marble gets them at its activation."""
    parameters = activation.Marble().parameters(c)
    chain, key = home / "marble.crt", home / "marble.key"
    chain.write_text(parameters.predefined("MARBLE_CERTIFICATE_CHAIN"))
    key.write_text(parameters.predefined("PRIVATE_KEY"))
    return chain, key


def state_of(c, deployment):
    """What no refused request may change."""
    reader = deployment.user if deployment else None
    secrets = c.get("/api/v2/secrets?" + "&".join("s=" + name for name in ("databaseKey", *SECRET_NAMES)), reader)
    return {
        "status": c.get("/api/v2/status").body,
        "manifest": c.get("/api/v2/manifest").body,
        "log": c.get("/api/v2/update").body,
        "pending": c.get("/api/v2/update-manifest").body,
        "secrets": secrets.body,
        "chain": c.get("/api/v2/quote").body,
    }


class Line:
    """A kept connection of one caller; it is opened again when the other side has ended it."""

    def __init__(self, c, cert):
        self.c, self.cert, self.sock = c, cert, None

    def close(self):
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    def send(self, data, head_only):
        if self.sock is None:
            self.sock = self.c.connect(self.cert)
        self.sock.sendall(data)
        reply = taw.read_reply(self.sock, head_only)
        if reply is None or reply.headers.get("connection") == "close":
            self.close()
        return reply

    def request(self, method, target, body=None, headers=()):
        head = ["%s %s HTTP/1.1" % (method, target), "host: localhost", *headers]
        if body is not None:
            head.append("content-length: %d" % len(body))
        data = "\r\n".join(head + ["", ""]).encode() + (body or b"")
        fresh = self.sock is None
        try:
            reply = self.send(data, method == "HEAD")
            if reply is not None or fresh:
                return reply
        except (ConnectionError, ssl.SSLError):
            self.close()
            if fresh:
                raise
        return self.send(data, method == "HEAD")


class Lines:
    """Kept connections to one Coordinator, for several threads."""

    def __init__(self, c):
        self.c, self.free = c, {}

    def request(self, cert, method, target, body=None, headers=()):
        lines = self.free.setdefault(cert, queue.SimpleQueue())
        try:
            line = lines.get_nowait()
        except queue.Empty:
            line = Line(self.c, cert)
        reply = line.request(method, target, body, headers)
        lines.put(line)
        return reply

    def close(self):
        for lines in self.free.values():
            while not lines.empty():
                lines.get().close()
