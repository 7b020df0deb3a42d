# SPDX-License-Identifier: Apache-2.0
"""Keys on tokens (PKCS#11), with tokens of SoftHSM: users prove themselves, holders recover, and what cannot work says why."""

import glob
import json
import os
import shutil

import taw
from command_line import DENIED, DIFFERENT, KEY, NOT_FOUND, OK, USAGE, Cli, Fake
from taw import Coordinator, Deployment, Skip, UploadDeployment, b64, contains, equal, keys, run_program, true, unb64

MODULES = glob.glob("/usr/lib/*/softhsm/libsofthsm2.so") + glob.glob("/usr/lib/softhsm/libsofthsm2.so")
MODULE = MODULES[0] if MODULES else None
PIN = "4711-pin"


class Token:
    """A directory of tokens, with one in it; taw finds them through SOFTHSM2_CONF."""

    def __init__(self, home, label="my token"):
        if MODULE is None or not shutil.which("softhsm2-util") or not shutil.which("pkcs11-tool"):
            raise Skip("softhsm2 or opensc is not installed")
        self.home, self.label = home, label
        (home / "tokens").mkdir()
        self.conf = home / "softhsm2.conf"
        self.conf.write_text("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n" % (home / "tokens"))
        self.env = dict(os.environ, SOFTHSM2_CONF=str(self.conf))
        self.pin = home / "pin"
        self.pin.write_text(PIN + "\n")
        self.add(label)
        self.cli = TokenCli(home, self.conf)

    def add(self, label):
        run_program("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "so-pin", env=self.env)

    def key(self, path, label, number):
        """A private key with its public half."""
        run_program("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", path, "-out", self.home / "import.pem")
        run_program("softhsm2-util", "--import", self.home / "import.pem", "--token", self.label, "--label", label, "--id", number,
                    "--pin", PIN, env=self.env)

    def write(self, kind, path, label, number):
        """One object: a certificate, or a private key without its public half."""
        der = self.home / "object.der"
        if kind == "cert":
            run_program("openssl", "x509", "-in", path, "-outform", "DER", "-out", der)
        else:
            run_program("openssl", "pkey", "-in", path, "-outform", "DER", "-out", der)
        run_program("pkcs11-tool", "--module", MODULE, "--token-label", self.label, "--login", "--pin", PIN, "--write-object", der,
                    "--type", kind, "--label", label, "--id", number, env=self.env)

    def uri(self, what, pin=True, module=MODULE):
        return "pkcs11:token=%s;%s?module-path=%s%s" % (self.label.replace(" ", "%20"), what, module, "&pin-source=pin" if pin else "")

    def config(self, **more):
        content = {"Path": MODULE, "TokenLabel": self.label, "Pin": PIN, "MaxSessions": 0, **more}
        (self.home / "config.json").write_text(json.dumps({name: value for name, value in content.items() if value is not None}))
        return ("--pkcs11-config", "config.json")


class TokenCli(Cli):
    def __init__(self, home, conf):
        super().__init__(home)
        self.conf = conf

    def environment(self, **more):
        return super().environment(SOFTHSM2_CONF=str(self.conf), **more)


def user(home, name, *kind):
    """(certificate, key) of a new user."""
    cert, key = home / (name + ".crt"), home / (name + ".key")
    run_program("openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-subj", "/CN=" + name, "-days", "30", "-keyout", key, "-out", cert)
    return cert, key


KINDS = (("rsa:2048",), ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), ("ec", "-pkeyopt", "ec_paramgen_curve:P-384"))


class UserScene:
    """A Coordinator whose user has his key and his certificate on a token, as "user" with the id 01."""

    def __init__(self, home, kind):
        self.token = Token(home)
        self.cli = self.token.cli
        self.deployment = UploadDeployment("none")
        self.deployment.user = user(home, "alice", *kind)
        (home / "m.json").write_bytes(json.dumps(self.content()).encode())
        self.c = Coordinator(home).start()
        self.cli("manifest", "set", "m.json", self.c.address, "-i").expect(OK)
        cert, key = self.deployment.user
        self.token.key(key, "user", "01")
        self.token.write("cert", cert, "user", "01")
        self.get = ("secret", "get", "databaseKey", self.c.address)

    def content(self):
        content = self.deployment.content("first")
        content["Roles"]["updater"] = {"ResourceType": "Packages", "ResourceNames": ["backend"], "Actions": ["UpdateSecurityVersion"]}
        content["Users"]["alice"]["Roles"].append("updater")
        return content


# ---- users ----

def users_prove_themselves_with_rsa_and_ec_keys_on_a_token(home):
    for number, kind in enumerate(KINDS):
        place = home / str(number)
        place.mkdir()
        s = UserScene(place, kind)
        t = s.token
        both = ("-c", t.uri("object=user", pin=False), "-k", t.uri("id=%01"))
        contains(s.cli(*s.get, *both).expect(OK).out, "databaseKey:\n")
        s.cli(*s.get, "-c", s.deployment.user[0], "-k", t.uri("object=user;type=private")).expect(OK)
        s.cli(*s.get, "-c", t.uri("object=user;type=cert"), "-k", s.deployment.user[1]).expect(OK)
        (place / "secrets.json").write_text(json.dumps({name: {"Key": b64(bytes(32))} for name in ("token", "key")}))
        s.cli("secret", "set", "secrets.json", s.c.address, *both).expect(OK)
        (place / "packages.json").write_text('{"Packages":{"backend":{"SecurityVersion":5}}}')
        s.cli("manifest", "update", "apply", "packages.json", s.c.address, *both).expect(OK)
        s.c.stop()


def the_flags_of_the_original_name_key_and_certificate(home):
    s = UserScene(home, KINDS[1])
    t = s.token
    config = t.config()
    s.cli(*s.get, *config, "--pkcs11-key-label", "user", "--pkcs11-cert-label", "user").expect(OK)
    s.cli(*s.get, *config, "--pkcs11-key-id", "0x01", "--pkcs11-cert-id", "%01").expect(OK)
    s.cli(*s.get, *config, "--pkcs11-key-id", "\x01", "--pkcs11-key-label", "user", "--pkcs11-cert-id", "\x01").expect(OK)
    s.cli(*s.get, *config, "--pkcs11-key-id", "02", "--pkcs11-cert-id", "0x01").expect(
        KEY, "", 'no key pair found for id "02" and label ""; on token "my token": "user" (id %01)')
    t.write("privkey", s.deployment.user[1], "text", "3031")
    t.write("cert", s.deployment.user[0], "text", "3031")
    s.cli(*s.get, *config, "--pkcs11-key-id", "01", "--pkcs11-key-label", "text", "--pkcs11-cert-id", "01").expect(OK)
    s.cli(*s.get, *config, "--pkcs11-key-id", "01", "--pkcs11-key-label", "user", "--pkcs11-cert-id", "01").expect(OK)
    s.cli(*s.get, *config, "--pkcs11-key-id", "0x01", "--pkcs11-cert-label", "x").expect(KEY, "", 'no certificate found for id "" and label "x"')
    labels = ("--pkcs11-key-label", "user", "--pkcs11-cert-label", "user")
    # Commands that do without a user take one from a token as well.
    s.cli("recovery", "secrets", s.c.address).expect(DENIED, "", "--cert and --key of any of them are needed")
    true(s.cli("recovery", "secrets", s.c.address, *config, *labels).status in (OK, NOT_FOUND), "a user on a token")
    s.cli("manifest", "update", "review", s.c.address, *config, "--pkcs11-key-id", "02", "--pkcs11-cert-id", "0x01").expect(KEY, "", "no key pair")
    serial = run_program("softhsm2-util", "--show-slots", env=t.env).decode().split("Serial number:")[1].split()[0]
    s.cli(*s.get, *t.config(TokenLabel=None, TokenSerial=serial), *labels).expect(OK)
    t.config(TokenLabel=None)
    text = json.loads((home / "config.json").read_text())
    for change, says in (({}, "exactly one of"), ({"TokenLabel": "a", "SlotNumber": 1}, "exactly one of"), ({"Path": ""}, "Path"),
                         ({"SlotNumber": "x"}, "SlotNumber"), ({"SlotNumber": 77}, "no token")):
        (home / "config.json").write_text(json.dumps({**text, **change}))
        s.cli(*s.get, *config, *labels).expect(KEY if "token" in says else USAGE, "", says)
    s.cli(*s.get, "--pkcs11-config", "none", *labels).expect(USAGE, "", "none")
    s.c.stop()


def groups_of_flags_have_the_texts_of_the_original(home):
    cli = Cli(home)
    get = ("secret", "get", "x", "127.0.0.1:1")
    at_least = "at least one of the flags in the group [%s] is required"
    cli(*get).expect(USAGE, "", at_least % "pkcs11-cert-id pkcs11-cert-label cert")
    cli(*get, "--pkcs11-cert-id", "1").expect(USAGE, "", at_least % "pkcs11-config cert")
    cli(*get, "--pkcs11-cert-id", "1", "--pkcs11-config", "c").expect(USAGE, "", at_least % "pkcs11-key-id pkcs11-key-label cert")
    cli(*get, "-c", "c", "-k", "k", "--pkcs11-config", "c").expect(
        USAGE, "", "if any flags in the group [pkcs11-config cert] are set none of the others can be; [cert pkcs11-config] were all set")
    cli(*get, "--pkcs11-config", "c", "--pkcs11-key-id", "", "--pkcs11-cert-id", "").expect(USAGE, "", "not empty")
    recover = ("recover", "x", "127.0.0.1:1")
    cli(*recover).expect(USAGE, "", at_least % "pkcs11-key-id pkcs11-key-label key")
    cli(*recover, "--pkcs11-key-id", "1").expect(USAGE, "", 'signing requires setting either "--key" or "--pkcs11-config"')
    cli(*recover, "-k", "k", "--pkcs11-config", "c").expect(USAGE, "", "[pkcs11-config key]")
    cli("recover-with-signature", "encrypt-secret", "x", "--coordinator-pub-key", "k", "-o", "o", "-k", "k", "--pkcs11-config", "c").expect(
        USAGE, "", "[pkcs11-config key]")


def what_does_not_belong_together_is_never_sent(home):
    t = Token(home)
    alice, bob = user(home, "alice", *KINDS[1]), user(home, "bob", *KINDS[1])
    t.key(alice[1], "alice", "01")
    t.write("cert", bob[0], "bob", "02")
    fake = Fake(home, lambda sock, request: None)
    get = ("secret", "get", "x", fake.at, "-i")
    t.cli(*get, "-c", t.uri("object=bob"), "-k", t.uri("object=alice")).expect(KEY, "", "do not belong together")
    t.cli(*get, "-c", bob[0], "-k", t.uri("object=alice")).expect(KEY, "", "do not belong together")
    t.cli(*get, *t.config(), "--pkcs11-cert-label", "bob", "--pkcs11-key-label", "alice").expect(KEY, "", "do not belong together")
    # An id is only what somebody wrote: here the key of alice has that of bob's certificate.
    t.write("privkey", alice[1], "mixed", "02")
    t.cli(*get, "-c", bob[0], "-k", t.uri("object=mixed")).expect(KEY, "", "is not that of the public key with its id")
    t.write("privkey", alice[1], "alone", "09")
    t.cli(*get, "-c", alice[0], "-k", t.uri("object=alone")).expect(KEY, "", "neither the public key nor a certificate")
    equal(fake.requests, [], "requests that were sent")
    fake.close()


def a_certificate_on_the_token_stands_for_the_public_key(home):
    s = UserScene(home, KINDS[2])
    cert, key = s.deployment.user
    s.token.write("privkey", key, "bare", "07")
    s.token.write("cert", cert, "bare", "07")
    s.cli(*s.get, "-c", s.token.uri("object=bare"), "-k", s.token.uri("object=bare")).expect(OK)
    s.c.stop()


def commands_that_only_look_take_tokens_too(home):
    t = Token(home)
    alice, bob = user(home, "alice", *KINDS[1]), user(home, "bob", *KINDS[1])
    t.key(alice[1], "alice", "01")
    t.write("cert", alice[0], "alice", "01")
    inspect = ("certificate", "inspect")
    t.cli(*inspect, alice[0], "--key", t.uri("object=alice")).expect(OK)
    t.cli(*inspect, bob[0], "--key", t.uri("object=alice")).expect(DIFFERENT)
    t.cli(*inspect, alice[0], "--key", t.uri("object=x")).expect(KEY, "", "no key pair found")
    t.cli(*inspect, alice[0], "--key", "pkcs11:x").expect(USAGE, "", "pkcs11: URI")
    contains(t.cli("doctor", "--key", "pkcs11:object=alice").out, "pkcs11:object=alice;type=private: keys on tokens have no permissions")
    (home / "m.json").write_bytes(Deployment("none").manifest)
    c = Coordinator(home).start()
    t.cli("manifest", "set", "m.json", c.address, "-i").expect(OK)
    whoami = ("user", "whoami", c.address)
    t.cli(*whoami, "-c", t.uri("object=alice"), "-k", t.uri("object=alice")).expect(DENIED, "", "has this certificate")
    t.cli(*whoami, *t.config(), "--pkcs11-cert-label", "alice", "--pkcs11-key-label", "alice").expect(
        DENIED, "", "has this certificate, SHA-256")
    c.stop()


# ---- PINs ----

def the_pin_is_asked_for_without_showing_it(home):
    s = UserScene(home, KINDS[1])
    t = s.token
    get = (*s.get, "-c", s.deployment.user[0], "-k", t.uri("object=user", pin=False))
    shown = s.cli.on_terminal(*get, answers=[('PIN of token "my token"', PIN)])
    equal(shown.status, OK, "exit status: %r" % shown)
    true(PIN not in shown.out and "databaseKey:" in shown.out, "the PIN is not shown: %r" % shown)
    both = (*s.get, "-c", t.uri("object=user", pin=False), "-k", t.uri("object=user", pin=False))
    shown = s.cli.on_terminal(*both, answers=[("PIN of token", PIN)])
    equal((shown.status, shown.out.count("PIN of token")), (OK, 1), "asked once: %r" % shown)
    shown = s.cli.on_terminal(*s.get, *t.config(Pin=None), "--pkcs11-key-label", "user", "--pkcs11-cert-label", "user",
                              answers=[("PIN of token", PIN)])
    equal(shown.status, OK, "without a PIN in the configuration: %r" % shown)
    shown = s.cli.on_terminal(*get, answers=[("PIN of token", "wrong-pin")])
    equal((shown.status, shown.out.count("PIN of token")), (KEY, 1), "one try only: %r" % shown)
    contains(shown.out, 'wrong PIN for token "my token"; the token counts wrong PINs')
    true("wrong-pin" not in shown.out, "the wrong PIN is not shown")
    done = s.cli(*get, start_new_session=True).expect(KEY, "", "there is no terminal to ask at")
    contains(done.error, "Hint: pin-source in the URI names a file with the PIN")
    contains(s.cli.on_terminal(*get, "--no-input").expect(KEY).out, "--no-input forbids to ask")
    s.c.stop()


def a_wrong_pin_and_a_pin_in_arguments_end_at_once(home):
    t = Token(home)
    t.key(keys.rsa("anna"), "anna", "01")
    (home / "wrong").write_text("0000\n")
    (home / "empty").write_text("\n")
    rehearse = ("recovery", "drill", "--offline", "--secret", "pin", "--key")
    uri = t.uri("object=anna", pin=False)
    done = t.cli(*rehearse, uri + "&pin-source=wrong").expect(KEY, "", 'wrong PIN for token "my token"')
    true("0000" not in done.error, "no PIN in an error")
    message = t.cli(*rehearse, uri + "&pin-source=wrong", "--format", "json").failure(KEY, "key")
    contains(message, "wrong PIN")
    t.cli(*rehearse, uri + "&pin-source=empty").expect(KEY, "", "empty is empty")
    t.cli(*rehearse, uri + "&pin-source=missing").expect(KEY, "", "missing")
    t.cli(*rehearse, uri + "&pin-source=%7Ccat%20pin").expect(USAGE, "", "commands are not run")
    done = t.cli(*rehearse, uri + "&pin-value=" + PIN).expect(USAGE, "", "pin-source")
    true(PIN not in done.error, "no PIN in an error")
    t.cli(*rehearse, t.uri("object=anna;pin-value=1")).expect(USAGE, "", 'no attribute "pin-value" before')


# ---- what is missing, and what is meant ----

def what_is_missing_is_named_with_what_there_is(home):
    t = Token(home)
    t.key(keys.rsa("anna"), "anna", "01")
    t.key(keys.rsa("ben"), "ben", "02")
    rehearse = ("recovery", "drill", "--offline", "--secret", "pin", "--key")
    query = "?pin-source=pin&module-path="
    t.cli(*rehearse, "pkcs11:token=other" + query + MODULE).expect(KEY, "", 'there is no token for pkcs11:token=other;')
    t.cli(*rehearse, "pkcs11:serial=0" + query + MODULE).expect(KEY, "", 'there is "my token" (serial ')
    t.cli(*rehearse, t.uri("object=dora")).expect(KEY, "", "no key pair found for pkcs11:token=my%20token;object=dora;type=private")
    contains(t.cli(*rehearse, t.uri("object=dora")).error, '"ben" (id %02)')
    t.cli(*rehearse, t.uri("type=private")).expect(KEY, "", 'several objects on token "my token" are meant')
    t.cli(*rehearse, t.uri("object=anna", module="/no/module.so")).expect(KEY, "", "/no/module.so")
    t.cli(*rehearse, t.uri("object=anna", module="libyaml-0.so.2")).expect(KEY, "", "no PKCS#11 module")
    t.cli(*rehearse, "pkcs11:?module-name=none-such").expect(KEY, "", '"none-such"')
    t.add("my token")
    t.cli(*rehearse, t.uri("object=anna")).expect(KEY, "", "means several tokens")
    t.cli(*rehearse, t.uri("type=cert")).expect(USAGE, "", '--key: pkcs11: URI: type: "private" is needed here')
    t.cli(*rehearse, "pkcs11:what=1").expect(USAGE, "", 'no attribute "what"')


def a_key_that_cannot_decrypt_is_no_recovery_key(home):
    t = Token(home)
    t.key(user(home, "eve", *KINDS[1])[1], "eve", "01")
    t.cli("recovery", "drill", "--offline", "--secret", "pin", "--key", t.uri("object=eve")).expect(KEY, "", "unsupported type of private key on the token")


def without_a_module_the_tokens_of_p11_kit_are_looked_at(home):
    t = Token(home)
    if not os.path.exists("/usr/share/p11-kit/modules/softhsm2.module"):
        raise Skip("p11-kit does not know SoftHSM")
    t.key(keys.rsa("anna"), "anna", "01")
    (home / "plain").write_bytes(bytes(32))
    t.cli("recovery", "drill", "--offline", "--secret", "plain", "--key", "pkcs11:object=anna?pin-source=pin").expect(OK)
    t.cli("recovery", "drill", "--offline", "--secret", "plain", "--key", t.uri("object=anna").split("?")[0] + "?pin-source=file:" + str(t.pin)).expect(OK)


# ---- tokens that do what SoftHSM does not ----

class FakeToken:
    """words: what it does, from fake_token.c. Its key is that of anna."""

    def __init__(self, home, words):
        self.module = os.environ.get("FAKE_TOKEN_MODULE") or self.missing()
        self.log, self.cli = home / "logins", Cli(home)
        self.cli.environment = lambda: dict(Cli.environment(self.cli), FAKE_TOKEN=words, FAKE_TOKEN_LOG=str(self.log),
                                            FAKE_TOKEN_KEY=str(keys.rsa("anna")), FAKE_TOKEN_CERT=str(home / "cert.der"))
        (home / "pin").write_text(PIN)
        (home / "wrong").write_text("0000")
        der = home / "anna.der"
        run_program("openssl", "rsa", "-in", keys.rsa("anna"), "-pubout", "-outform", "DER", "-out", der)
        (home / "secret").write_bytes(taw.oaep_encrypt(der, bytes(32)))
        self.log.write_text("")

    @staticmethod
    def missing():
        raise Skip("the module fake_token is not built")

    def rehearse(self, query="&pin-source=pin", run=None, **more):
        return (run or self.cli)("recovery", "drill", "--offline", "--secret", "secret", "--key",
                                 "pkcs11:?module-path=%s%s" % (self.module, query), **more)

    def logins(self):
        return self.log.read_text().split("\n")[:-1]


def a_token_that_knows_oaep_with_sha256_does_it_alone(home):
    t = FakeToken(home, "oaep")
    done = t.rehearse().expect(OK)
    true("padding" not in done.error, "it says nothing about paddings: %r" % done)
    der = home / "ben.der"
    run_program("openssl", "rsa", "-in", keys.rsa("ben"), "-pubout", "-outform", "DER", "-out", der)
    (home / "secret").write_bytes(taw.oaep_encrypt(der, bytes(32)))
    t.rehearse().expect(KEY, "", "does not belong to this key")


def a_token_may_give_numbers_without_zeros_in_front(home):
    FakeToken(home, "number").rehearse().expect(OK, None, "the padding is taken off here")


def a_key_that_wants_the_pin_for_each_use_gets_it(home):
    t = FakeToken(home, "oaep always")
    shown = t.rehearse("", t.cli.on_terminal, answers=[("PIN of token", PIN)])
    equal((shown.status, shown.out.count("PIN of token")), (OK, 1), "asked once: %r" % shown)
    equal(set(t.logins()[1:]), {"use good"}, "logins for each use")
    equal(t.logins()[0], "user good", "first login")


def a_pin_that_was_refused_for_one_use_is_not_tried_for_the_next(home):
    t = FakeToken(home, "oaep always forgetful")
    share = b64((home / "secret").read_bytes())
    (home / "secret").write_text(json.dumps({"RecoverySecrets": {"holder%d" % i: share for i in range(5)}}))
    t.rehearse().expect(KEY, "", "PIN for this use of the key")
    equal(t.logins(), ["user good", "use good", "use bad"], "logins: nothing counts down to the lock")


def a_module_that_counts_more_than_it_gives_is_not_believed(home):
    FakeToken(home, "oaep slots").rehearse().expect(KEY, "", "listing the tokens: the module found more than 256")
    FakeToken(home, "oaep objects").rehearse().expect(KEY, "", "several objects on token")


def the_last_try_is_only_made_with_what_is_typed(home):
    t = FakeToken(home, "oaep final")
    t.rehearse().expect(KEY, "", "one wrong PIN more locks token")
    equal(t.logins(), [], "logins")
    shown = t.rehearse("", t.cli.on_terminal, answers=[("PIN of token", "0000")])
    equal(shown.status, KEY, "status: %r" % shown)
    contains(shown.out, "this is the last try before token")
    contains(shown.out, "one try is left before it is locked")
    equal(t.logins(), ["user bad"], "logins")


def a_certificate_behind_the_pin_needs_no_second_one(home):
    t = FakeToken(home, "oaep")
    cert = home / "anna.crt"
    run_program("openssl", "req", "-x509", "-key", keys.rsa("anna"), "-subj", "/CN=anna", "-days", "3", "-out", cert)
    run_program("openssl", "x509", "-in", cert, "-outform", "DER", "-out", home / "cert.der")
    uri = "pkcs11:?module-path=" + t.module
    c = Coordinator(home).start()
    for key in (uri, keys.rsa("anna")):
        t.log.write_text("")
        shown = t.cli.on_terminal("secret", "get", "x", c.address, "-i", "-c", uri, "-k", key, answers=[("PIN of token", PIN)])
        equal((shown.status, t.logins()), (DENIED, ["user good"]), "asked once: %r" % shown)
        contains(shown.out, 'PIN of token "fake\\u001b"', "control characters of a token are made visible")
    c.stop()


def a_locked_token_is_not_tried(home):
    t = FakeToken(home, "oaep locked")
    done = t.rehearse().expect(KEY, "", "is locked")
    contains(done.error, "fake\\u001b", "control characters of a token are made visible")
    equal(t.logins(), [], "logins")


def a_token_with_a_keypad_asks_itself(home):
    t = FakeToken(home, "oaep keypad")
    t.rehearse("", start_new_session=True).expect(OK, None, "asks for its PIN itself")
    equal(t.logins(), ["user good"], "logins")


def a_token_that_is_pulled_out_is_named_as_the_cause(home):
    t = FakeToken(home, "oaep deaf")
    t.rehearse().expect(KEY, "", "signing on the token: CKR_DEVICE_REMOVED")
    cert = home / "anna.crt"
    run_program("openssl", "req", "-x509", "-key", keys.rsa("anna"), "-subj", "/CN=anna", "-days", "3", "-out", cert)
    c = Coordinator(home).start()
    done = t.cli("secret", "get", "x", c.address, "-i", "-c", cert, "-k", "pkcs11:?module-path=%s&pin-source=pin" % t.module, "--retry", "3")
    done.expect(KEY, "", "Error: signing on the token: CKR_DEVICE_REMOVED")
    true("trying again" not in done.error, "another try changes nothing: %r" % done)
    c.stop()


def a_key_that_must_not_decrypt_is_named_as_the_cause(home):
    t = FakeToken(home, "signer")
    done = t.rehearse().expect(KEY, "", "decrypting on the token: CKR_KEY_FUNCTION_NOT_PERMITTED")
    true("does not belong" not in done.error, "nobody knows that: %r" % done)
    (home / "secret").write_text(json.dumps({"RecoverySecrets": {"anna": b64((home / "secret").read_bytes())}}))
    t.rehearse().expect(KEY, "", "decrypting on the token: CKR_KEY_FUNCTION_NOT_PERMITTED")


# ---- recovery ----

def a_holder_recovers_with_a_key_on_a_token(home):
    t = Token(home)
    deployment = Deployment("threshold", holders=["anna", "ben", "cleo"])
    for number, name in enumerate(("anna", "ben")):
        t.key(keys.rsa(name), name, "0%d" % number)
    (home / "m.json").write_bytes(deployment.manifest)
    c = Coordinator(home).start()
    t.cli("manifest", "set", "m.json", c.address, "-i", "-r", "reply.json").expect(OK)
    anna = ("--key", t.uri("object=anna"))
    done = t.cli("recovery", "drill", c.address, *anna, "--secret", "reply.json").expect(OK)
    contains(done.out, 'ok: the recovery secret of "anna" was proven')
    contains(done.error, 'Token "my token" knows no RSA-OAEP with SHA-256: it decrypts, and the padding is taken off here')
    challenge = c.post("/api/v2/recovery/drill", {}).body
    answer = t.cli("recovery", "prove", *anna, "--secret", "reply.json", data=challenge).expect(OK).raw
    equal(c.post("/api/v2/recovery/drill", answer).data()["result"], "ok", "result")
    c.stop()
    c = Coordinator(home, machine="b").start()
    t.cli("recover", "reply.json", c.address, "-i", *anna, "--exit-pending").expect(10, None, 'Using the recovery secret of "anna"')
    t.cli("recover", "reply.json", c.address, "-i", *t.config(), "--pkcs11-key-label", "ben").expect(OK, "Recovery successful.\n")
    equal(c.code(), taw.RUNNING, "state")
    c.stop()


def the_parts_for_a_machine_without_a_network_take_tokens(home):
    t = Token(home)
    deployment = Deployment("single")
    t.key(keys.rsa("anna"), "anna", "01")
    t.key(keys.rsa("ben"), "ben", "02")
    (home / "m.json").write_bytes(deployment.manifest)
    c = Coordinator(home).start()
    t.cli("manifest", "set", "m.json", c.address, "-i", "-r", "reply.json").expect(OK)
    c.stop()
    c = Coordinator(home, machine="b").start()
    anna, with_signature = ("-k", t.uri("object=anna")), "recover-with-signature"
    t.cli(with_signature, "public-key", c.address, "-i", "-o", "c.pem").expect(OK)
    t.cli(with_signature, "sign-secret", "reply.json", *anna, "-o", "sig").expect(OK)
    secret = unb64(json.loads((home / "reply.json").read_text())["RecoverySecrets"]["anna"])
    equal((home / "sig").read_bytes(), taw.rsa_sign(keys.rsa("anna"), taw.oaep_decrypt(keys.rsa("anna"), secret)), "signature")
    t.cli(with_signature, "encrypt-secret", "reply.json", *t.config(), "--pkcs11-key-id", "0x01", "--coordinator-pub-key", "c.pem", "-o",
          "enc").expect(OK)
    (home / "secret").write_bytes(secret)
    t.cli("recover", "secret", c.address, "-i", "-k", t.uri("object=ben")).expect(KEY, "", "does not belong to this key")
    t.cli("recover", "reply.json", c.address, "-i", "-k", t.uri("object=ben")).expect(KEY, "", "this key opens none of the secrets")
    t.cli(with_signature, "enc", c.address, "-i", "-s", "sig").expect(OK, "Recovery successful.\n")
    c.stop()


taw.run(globals())
