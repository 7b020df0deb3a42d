# SPDX-License-Identifier: Apache-2.0
"""Recoveries on the command line: what people have, wrong keys, and a machine without a network."""

import json

import taw
from cli_scene import Scene
from command_line import KEY, OK, REJECTED, STATE, USAGE, Cli
from taw import Coordinator, equal, keys, run_program, true


# ---- recovery ----

class LostScene(Scene):
    """A Coordinator whose state is on another machine."""

    def __init__(self, home, scheme):
        super().__init__(home, scheme)
        self.c.stop()
        self.c = Coordinator(home, machine="b").start()
        self.at = self.c.address
        (home / "recovery.json").write_text(json.dumps({"RecoverySecrets": self.secrets}))

    def secret(self, name):
        path = self.home / (name + ".secret")
        path.write_bytes(taw.unb64(self.secrets[name]))
        return path


def recover_takes_what_people_have(home):
    for number, form in enumerate(("reply", "base64", "raw", "plain", "stdin")):
        place = home / str(number)
        place.mkdir()
        s = LostScene(place, "single")
        encrypted = taw.unb64(s.secrets["anna"])
        (place / "base64").write_text(s.secrets["anna"] + "\n")
        (place / "raw").write_bytes(encrypted)
        (place / "plain").write_bytes(taw.oaep_decrypt(keys.rsa("anna"), encrypted))
        name = {"reply": "recovery.json", "stdin": "-"}.get(form, form)
        s.cli("recover", name, s.at, "-i", "-k", keys.rsa("anna"), data=(place / "recovery.json").read_bytes()).expect(OK, "Recovery successful.\n")
        equal(s.c.code(), taw.RUNNING, "state")
        s.cli("status", s.at).expect(OK)
        s.c.stop()


def several_holders_recover_one_after_the_other(home):
    s = LostScene(home, "threshold")
    recover = ("recover", "recovery.json", s.at, "-i")
    data = s.cli(*recover, "-k", keys.rsa("anna"), "--format", "json").expect(OK).json("RecoveryProgress")
    true(data["remaining"] > 0, "more are needed")
    s.cli(*recover, "-k", keys.rsa("dora"), "--exit-pending").expect(OK, "Recovery successful.\n", 'Using the recovery secret of "dora"')
    s.c.stop()


def a_wrong_key_is_noticed_before_anything_is_sent(home):
    cli = Cli(home)
    keys.rsa("anna"), keys.rsa("ben")
    secret = taw.oaep_encrypt(_der(home, "anna"), bytes(32))
    (home / "secret").write_bytes(secret)
    (home / "reply").write_text(json.dumps({"RecoverySecrets": {"anna": taw.b64(secret)}}))
    at = "127.0.0.1:1"
    cli("recover", "secret", at, "-i", "-k", keys.rsa("ben")).expect(KEY, "", "does not belong to this key")
    cli("recover", "reply", at, "-i", "-k", keys.rsa("ben")).expect(KEY, "", "this key opens none of the secrets")
    cli("recover", "reply", at, "-i", "-k", keys.user("alice")[1]).expect(KEY, "", "unsupported type of private key")
    cli("recover", "secret", at, "-i").expect(USAGE, "", "[pkcs11-key-id pkcs11-key-label key] is required")
    (home / "secret").write_bytes(taw.oaep_encrypt(_der(home, "anna"), bytes(31)))
    cli("recover", "secret", at, "-i", "-k", keys.rsa("anna")).expect(KEY, "", "31 bytes")
    (home / "secret").write_bytes(b"")
    cli("recover", "secret", at, "-i", "-k", keys.rsa("anna")).expect(KEY)


def _der(home, name):
    path = home / (name + ".der")
    run_program("openssl", "rsa", "-in", keys.rsa(name), "-pubout", "-outform", "DER", "-out", path)
    return path


def recovery_goes_over_a_machine_without_a_network(home):
    s = LostScene(home, "single")
    with_signature = "recover-with-signature"
    s.cli(with_signature, "public-key", s.at, "-i", "-o", "c.pem").expect(OK, "")
    equal(s.cli(with_signature, "public-key", s.at, "-i").expect(OK).out, (home / "c.pem").read_text(), "the key")
    s.cli(with_signature, "public-key", s.at, "-i", "-o", "c.pem").expect(USAGE, "", "there is a file already")
    s.cli.gives_file((home / "c.pem").read_text(), with_signature, "public-key", s.at, "-i")
    key = ("-k", keys.rsa("anna"))
    s.cli(with_signature, "sign-secret", "recovery.json", *key, "-o", "sig").expect(OK, "", "Signature written to sig")
    equal((home / "sig").read_bytes(), taw.rsa_sign(keys.rsa("anna"), taw.oaep_decrypt(keys.rsa("anna"), taw.unb64(s.secrets["anna"]))), "signature")
    s.cli(with_signature, "sign-secret", "recovery.json", *key, "-o", "sig").expect(USAGE, "", "there is a file already")
    s.cli(with_signature, "encrypt-secret", "recovery.json", *key, "--coordinator-pub-key", "c.pem", "-o", "enc").expect(OK, "")
    s.cli(with_signature, "encrypt-secret", "recovery.json", "--coordinator-pub-key", "c.pem", "-o", "enc2").expect(KEY)
    s.cli(with_signature, "encrypt-secret", "recovery.json", "--coordinator-pub-key", "sig", "-o", "enc2").expect(KEY)
    s.cli(with_signature, "enc", s.at, "-i").expect(USAGE, "", 'required flag(s) "signature" not set')
    s.cli(with_signature, "enc", s.at, "-i", "-s", "enc").expect(REJECTED)
    s.cli(with_signature, "enc", s.at, "-i", "-s", "sig").expect(OK, "Recovery successful.\n")
    s.cli("recover", "recovery.json", s.at, "-i", *key).expect(STATE)
    shown = s.cli.on_terminal(with_signature, "sign-secret", "recovery.json", *key, "-o", "-")
    equal(shown.status, USAGE, "binary data do not go to a terminal: %r" % shown)
    equal(len(s.cli(with_signature, "sign-secret", "recovery.json", *key, "-o", "-").expect(OK).raw), 256, "but into a pipe")
    s.c.stop()


taw.run(globals())
