# SPDX-License-Identifier: Apache-2.0
"""user keygen and user whoami: from nothing to a user whom the Coordinator knows, without openssl."""

import hashlib
import json
import os
import resource
import signal
import ssl
import stat

import taw
from command_line import DENIED, KEY, OK, TRUST, UNREACHABLE, USAGE, Cli
from taw import Coordinator, contains, equal, keys, run_program, true


def fingerprint(path):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(path.read_text())).hexdigest()


def x509(path, *what):
    return run_program("openssl", "x509", "-in", path, "-noout", *what).decode()


# ---- user keygen ----

def a_user_is_made_on_a_terminal_with_a_passphrase_typed_twice(home):
    cli = Cli(home)
    made = cli.on_terminal("user", "keygen", "dora", answers=[("New passphrase for dora.key", "open sesame"), ("once more", "open sesame")])
    equal(made.status, OK, "status of %r" % made)
    true("open sesame" not in made.out, "the passphrase is not shown")
    key, cert = home / "dora.key", home / "dora.crt"
    equal([stat.S_IMODE(path.stat().st_mode) for path in (key, cert)], [0o600, 0o600], "modes")
    contains(key.read_text(), "BEGIN ENCRYPTED PRIVATE KEY")
    contains(run_program("openssl", "asn1parse", "-in", key), b":0927C0", "600,000 rounds of PBKDF2")
    public = run_program("openssl", "pkey", "-in", key, "-passin", "pass:open sesame", "-pubout").decode()
    equal(x509(cert, "-pubkey"), public, "the key of the certificate")
    line = [line for line in made.out.splitlines() if line.startswith('"dora":')]
    equal(json.loads("{%s}" % line[0]), {"dora": {"Certificate": cert.read_text(), "Roles": []}}, "the line for the manifest")
    cli.on_terminal("user", "keygen", "else", answers=[("New passphrase", "one"), ("once more", "other")]).expect(KEY)
    cli("user", "keygen", "cleo", start_new_session=True).expect(KEY, "", "--no-passphrase")
    equal(sorted(path.name for path in home.iterdir()), ["dora.crt", "dora.key"], "files")


def the_certificate_says_who_it_is_for_and_how_long(home):
    cli = Cli(home)
    data = cli("user", "keygen", "Zoë, ops", "--no-passphrase", "--type", "rsa", "--days", "30", "-o", "zoe", "--format", "json").expect(OK)
    data = data.json("UserKey")
    cert, key = home / "zoe.crt", home / "zoe.key"
    equal(data, {"keyFile": "zoe.key", "certificateFile": "zoe.crt", "certificateFingerprint": fingerprint(cert),
                 "Users": {"Zoë, ops": {"Certificate": cert.read_text(), "Roles": []}}}, "data")
    contains(key.read_text(), "BEGIN PRIVATE KEY")
    text = x509(cert, "-text", "-nameopt", "utf8,sep_multiline")
    for part in ("Zoë, ops", "Public-Key: (3072 bit)", "TLS Web Client Authentication", "CA:FALSE"):
        contains(text, part)
    true("Subject Alternative Name" not in text, "it is for no host")
    run_program("openssl", "verify", "-CAfile", cert, "-purpose", "sslclient", cert)
    run_program("openssl", "x509", "-in", cert, "-checkend", 29 * 86400)
    done = cli("user", "keygen", "ec", "--no-passphrase").expect(OK, None, "This line belongs into Users")
    contains(x509(home / "ec.crt", "-text"), "NIST CURVE: P-256")
    contains(done.out, '"ec":{"Certificate":"-----BEGIN CERTIFICATE-----')
    equal(cli("manifest", "lint", "-", data=json.dumps({"Users": data["Users"]}).encode()).out.count("Users"), 0, "findings about it")


def neither_file_takes_the_place_of_another_and_none_is_left_after_a_failure(home):
    cli = Cli(home)
    keygen = ("user", "keygen", "--no-passphrase")
    (home / "a.key").write_text("mine")
    cli(*keygen, "a").expect(USAGE, "", "a.key: there is a file already")
    (home / "b.crt").write_text("mine")
    cli(*keygen, "b").expect(USAGE, "", "b.crt: there is a file already")
    for path in ("-", "", "no/such/directory"):
        cli(*keygen, "c", "-o", path).expect(USAGE, "")
    for name in ("", "a/b", ".x", b"\xff"):
        cli(*keygen, "--", os.fsdecode(name)).expect(USAGE, "")
    cli(*keygen, "c", "--days", "0").expect(USAGE, "", "--days is from 1 to 36500")
    cli(*keygen, "c", "--days", "36501").expect(USAGE, "", "--days is from 1 to 36500")
    cli(*keygen, "c", "--type", "dsa").expect(USAGE, "", "want ec rsa")
    (home / "d.key").symlink_to("/dev/null")
    cli(*keygen, "d").expect(USAGE, "", "is no regular file")
    tiny = cli(*keygen, "e", preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                                  resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))))
    true(tiny.status != OK, "no room on the disk: %r" % tiny)
    equal(sorted(path.name for path in home.iterdir()), ["a.key", "b.crt", "d.key"], "files")


# ---- user whoami ----

class Scene:
    """A Coordinator whose manifest has a user made by user keygen."""

    def __init__(self, home):
        self.home, self.cli = home, Cli(home)
        users = self.cli("user", "keygen", "zoe", "--no-passphrase", "--format", "json").expect(OK).json("UserKey")["Users"]
        users["zoe"]["Roles"] = ["reader", "ops", "nothing"]
        self.deployment = taw.UploadDeployment("none")
        manifest = json.loads(self.deployment.manifest)
        manifest["Users"].update(users)
        manifest["Users"]["nobody"] = {"Certificate": keys.user("bob")[0].read_text(), "Roles": []}
        manifest["Roles"].update({
            "ops": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
            "nothing": {"ResourceType": "Secrets", "ResourceNames": [], "Actions": ["WriteSecret"]},
            "release": {"ResourceType": "Packages", "ResourceNames": ["backend"], "Actions": ["UpdateSecurityVersion"]},
        })
        manifest["Users"]["alice"]["Roles"].append("release")
        (home / "manifest.json").write_text(json.dumps(manifest))
        self.c = Coordinator(home).start()
        self.at = self.c.address
        self.cli("manifest", "set", "manifest.json", self.at, "-i").expect(OK)

    def whoami(self, cert, key, *more):
        return self.cli("user", "whoami", self.at, "-c", cert, "-k", key, *more)


def a_user_learns_who_he_is_and_what_he_may_do(home):
    s = Scene(home)
    s.whoami("zoe.crt", "zoe.key").expect(OK, "zoe, as the manifest says\n  roles: reader, ops, nothing\n"
                                              "  may read the secrets: databaseKey\n  may update the manifest\n")
    s.whoami(*keys.user("alice")).expect(OK, "alice, as the manifest says\n  roles: reader, writer, release\n"
                                             "  may read the secrets: databaseKey, key, token\n  may set the secrets: key, token\n"
                                             "  may raise the security versions of the packages: backend\n")
    s.whoami(*keys.user("bob")).expect(OK, "nobody, as the manifest says\n  roles: none\n")
    data = s.whoami("zoe.crt", "zoe.key", "--format", "json").json("User")
    equal(data, {"name": "zoe", "certificateFingerprint": fingerprint(home / "zoe.crt"), "roles": ["reader", "ops", "nothing"],
                 "permissions": {"readSecret": ["databaseKey"], "writeSecret": [], "updateSecurityVersion": [], "updateManifest": True}},
          "as JSON")
    s.cli("secret", "get", "databaseKey", s.at, "-c", "zoe.crt", "-k", "zoe.key").expect(OK)
    s.c.stop()


def who_is_nobody_is_told_what_to_add(home):
    s = Scene(home)
    cert, key = keys.user("carol")
    done = s.whoami(cert, key).expect(DENIED, "", "no user of the manifest has the certificate in ")
    contains(done.error, "SHA-256 " + fingerprint(cert))
    contains(done.error, 'Hint: an update of the manifest has to bring "NAME":{"Certificate":')
    contains(s.whoami(cert, key, "--format", "json").failure(DENIED, "denied"), fingerprint(cert))
    s.whoami(cert, "zoe.key").expect(KEY, "", "do not belong together")
    s.cli("user", "whoami", s.at).expect(USAGE, "", "[cert] is required")
    s.c.stop()
    s.whoami(cert, key).expect(UNREACHABLE)
    other = Coordinator(home, state="other").start()
    s.cli("user", "whoami", other.address, "-c", "zoe.crt", "-k", "zoe.key").expect(TRUST, "")
    other.stop()


taw.run(globals())
