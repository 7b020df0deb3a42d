# SPDX-License-Identifier: Apache-2.0
"""user keygen, user whoami and certificate inspect: from nothing to a user whom the Coordinator knows, without openssl."""

import hashlib
import json
import os
import resource
import signal
import ssl
import stat
import time

import taw
from activation import SANITIZED
from api_scene import expired_user
from command_line import DENIED, DIFFERENT, KEY, OK, TRUST, UNREACHABLE, USAGE, Cli
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
    for answers in ([("New passphrase", "\x03")], [("New passphrase", "one"), ("once more", "\x03")]):
        true(cli.on_terminal("user", "keygen", "f", answers=answers).status != OK, "Ctrl-C at %r" % (answers[-1][0],))
    equal(sorted(path.name for path in home.iterdir()), ["a.key", "b.crt", "d.key"], "files")


def both_files_are_there_or_none_whatever_the_disk_does(home):
    """Each call on the disk fails once, or is the last one that does not."""
    library = os.environ.get("FAULTFS", "")
    if not library or SANITIZED:
        raise taw.Skip("no FAULTFS, or a sanitizer that wants to be the first library")
    cli, place = Cli(home), home / "keys"
    place.mkdir()
    for n in range(1, 100):
        for how in ("EIO", "ENOSPC"):
            env = cli.environment(LD_PRELOAD=library, FAULTFS_DIR=str(place), FAULTFS_AT=str(n), FAULTFS_DO=how,
                                  FAULTFS_LOG=str(home / "calls"))
            done = cli("user", "keygen", "zoe", "--no-passphrase", "-o", place / "zoe", env=env)
            equal(sorted(path.name for path in place.iterdir()), ["zoe.crt", "zoe.key"] if done.status == OK else [],
                  "files after %s of call %d: %r" % (how, n, done))
            for path in place.iterdir():
                path.unlink()
        if len((home / "calls").read_text().splitlines()) < n:
            true(n > 10, "calls on the disk: %d" % n)
            return
        (home / "calls").unlink()
    raise AssertionError("the calls do not end")


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
    done = s.whoami(cert, key).expect(DENIED, "", "no user of the manifest has this certificate, SHA-256 " + fingerprint(cert))
    contains(done.error, 'Hint: an update of the manifest has to bring "NAME":{"Certificate":')
    contains(s.whoami(cert, key, "--format", "json").failure(DENIED, "denied"), fingerprint(cert))
    s.whoami(cert, "zoe.key").expect(KEY, "", "do not belong together")
    s.cli("user", "whoami", s.at).expect(USAGE, "", " cert] is required")
    s.c.stop()
    s.whoami(cert, key).expect(UNREACHABLE)
    other = Coordinator(home, state="other").start()
    s.cli("user", "whoami", other.address, "-c", "zoe.crt", "-k", "zoe.key").expect(TRUST, "")
    other.stop()


# ---- certificate inspect ----

def a_certificate_is_shown_with_all_that_people_ask_of_it(home):
    cli = Cli(home)
    cli("user", "keygen", "zoe", "--no-passphrase").expect(OK)
    cert = home / "zoe.crt"
    dates = [openssl_time(x509(cert, what)) for what in ("-startdate", "-enddate")]
    cli("certificate", "inspect", "zoe.crt").expect(
        OK, "Subject:       CN=zoe\nIssuer:        CN=zoe\nSigned by:     itself\nValid:         %s to %s\n"
            "Key:           ECDSA P-256\nSHA-256:       %s\n" % (*dates, fingerprint(cert)), "")
    data = cli("certificate", "inspect", "zoe.crt", "--key", "zoe.key", "--format", "json").json("CertificateInspection")
    equal(data, {"certificates": [{"subject": "CN=zoe", "issuer": "CN=zoe", "names": [], "key": "ECDSA P-256", "signedBy": 1,
                                   "notBefore": dates[0], "notAfter": dates[1], "daysLeft": data["certificates"][0]["daysLeft"],
                                   "validity": "valid", "certificateFingerprint": fingerprint(cert)}], "keyMatches": True}, "as JSON")
    true(data["certificates"][0]["daysLeft"] in (364, 365), "days left")
    (home / "zoe.der").write_bytes(ssl.PEM_cert_to_DER_cert(cert.read_text()))
    text = cli("certificate", "inspect", "zoe.crt").out
    equal(cli("certificate", "inspect", "zoe.der").out, text, "in DER")
    equal(cli("certificate", "inspect", "-", data=cert.read_bytes()).out, text, "from standard input")
    equal(cli.on_terminal("certificate", "inspect", "zoe.crt").out, text, "on a terminal")


def openssl_time(line):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.strptime(line.strip().split("=")[1], "%b %d %H:%M:%S %Y GMT"))


def certificates_that_expire_are_warned_of(home):
    cli = Cli(home)
    late = expired_user()[0]
    done = cli("certificate", "inspect", late).expect(OK, None, "Warning: certificate 1 has expired")
    contains(done.out, ", has expired\n")
    cli("user", "keygen", "soon", "--no-passphrase", "--days", "29").expect(OK)
    cli("certificate", "inspect", "soon.crt").expect(OK, None, "Warning: certificate 1 expires soon")
    done = cli("certificate", "inspect", "soon.crt", "--format", "json")
    equal((done.json("CertificateInspection")["certificates"][0]["validity"], json.loads(done.out)["warnings"]),
          ("expires-soon", ["certificate 1 expires soon"]), "as JSON")


def a_chain_says_who_signed_whom(home):
    """That of a Coordinator: the intermediate first, with names."""
    cli = Cli(home)
    c = Coordinator(home).start()
    cli("certificate", "chain", c.address, "-i", "-o", "chain.pem").expect(OK)
    c.stop()
    text = cli("certificate", "inspect", "chain.pem").expect(OK).out
    first, second = text.split("\n\n")
    contains(first, "Certificate 1\nSubject:       CN=MarbleRun Coordinator")
    contains(first, "\nSigned by:     certificate 2\nNames:         DNS:localhost\n               IP:127.0.0.1\n               IP:::1\n")
    contains(second, "Certificate 2\n")
    contains(second, "\nSigned by:     itself\n")
    parts = cli("certificate", "inspect", "chain.pem", "--format", "json").json("CertificateInspection")["certificates"]
    equal([part["signedBy"] for part in parts], [2, 2], "as JSON")
    (home / "alone.pem").write_text((home / "chain.pem").read_text().split("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n")
    contains(cli("certificate", "inspect", "alone.pem").expect(OK).out, "\nSigned by:     none of this file\n")
    data = cli("certificate", "inspect", "alone.pem", "--format", "json").json("CertificateInspection")
    equal((data["certificates"][0]["signedBy"], "keyMatches" in data), (None, False), "as JSON")


def a_key_is_compared_and_never_shown(home):
    cli = Cli(home)
    cert, key = keys.user("alice")
    (home / "both.pem").write_text(key.read_text() + "text\n" + cert.read_text())
    done = cli("certificate", "inspect", "both.pem", "-k", "both.pem").expect(OK)
    contains(done.out, "Private key:   belongs to the certificate\n")
    true("PRIVATE" not in done.out and key.read_text().splitlines()[1] not in done.out, "the key is not shown: %r" % done)
    done = cli("certificate", "inspect", cert, "-k", keys.user("bob")[1]).expect(DIFFERENT, None, "")
    contains(done.out, "Private key:   does not belong to the certificate\n")
    done = cli("certificate", "inspect", cert, "-k", keys.user("bob")[1], "--format", "json")
    equal((done.status, done.json("CertificateInspection")["keyMatches"]), (DIFFERENT, False), "as JSON")
    cli("certificate", "inspect", cert, "-k", cert).expect(KEY, "", "not a private key")
    run_program("openssl", "pkcs8", "-topk8", "-in", key, "-passout", "pass:open sesame", "-out", home / "encrypted.key")
    shown = cli.on_terminal("certificate", "inspect", cert, "-k", "encrypted.key", answers=[("Passphrase for", "open sesame")])
    true(shown.status == OK and "belongs to the certificate" in shown.out and "sesame" not in shown.out, "an encrypted key: %r" % shown)


def names_cannot_look_like_others(home):
    cli = Cli(home)
    run_program("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1", "-nodes", "-utf8",
                "-subj", "/O=A, CN=root/CN=x\n\x1b[2JSigned by:     itself", "-addext", "subjectAltName=DNS:a\x1b[31m", "-days", "99",
                "-keyout", home / "k", "-out", home / "odd.pem")
    for done in (cli("certificate", "inspect", "odd.pem").expect(OK), cli.on_terminal("certificate", "inspect", "odd.pem")):
        contains(done.out, "Subject:       O=A\\, CN=root, CN=x\\u000a\\u001b[2JSigned by:     itself\n")
        contains(done.out, "Names:         DNS:a\\u001b[31m\n")
        contains(done.out, "Key:           ECDSA P-384\n")
    data = cli("certificate", "inspect", "odd.pem", "--format", "json").json("CertificateInspection")
    equal(data["certificates"][0]["names"], ["DNS:a\x1b[31m"], "as JSON")


def files_without_a_certificate_are_refused(home):
    cli = Cli(home)
    cert, key = keys.user("alice")
    der = ssl.PEM_cert_to_DER_cert(cert.read_text())
    broken = cert.read_text() + ssl.DER_cert_to_PEM_cert(der[:-1])
    for text, says_ in ((b"", "there is no certificate in it"), (key.read_bytes(), "there is no certificate in it"),
                        (der[:-1], "certificate 1: "), (b"0", "certificate 1: "), (broken.encode(), "certificate 2: "),
                        (cert.read_bytes() * 257, "more than 256 certificates")):
        (home / "f").write_bytes(text)
        cli("certificate", "inspect", "f").expect(USAGE, "", "f: " + says_)
    cli("certificate", "inspect", "none").expect(USAGE, "", "cannot open none")
    cli("certificate", "inspect", "f", "f").expect(USAGE, "")


taw.run(globals())
