# SPDX-License-Identifier: Apache-2.0
"""A recovery whose keys are on machines without a network: recover request, answer and submit, against a real Coordinator, and against
one with a quote; and what those find who change the files on their way."""

import base64
import copy
import hashlib
import json
import os
import ssl
import stat

import taw
from ceremony import Ceremony
from command_line import ATTESTATION, KEY, OK, PENDING, STATE, TRUST, USAGE, Cli, says
from taw import Coordinator, b64, contains, equal, keys, run_program, true, unb64
from test_coordinator_quote import Scene


def fingerprint(key):
    return hashlib.sha256(run_program("openssl", "rsa", "-in", key, "-pubout", "-outform", "DER")).hexdigest()


class AirGap(Ceremony):
    """Its state is lost. `offline` is taw on another machine, which knows nothing of the Coordinator."""

    def __init__(self, home):
        super().__init__(home)
        self.move()
        (home / "offline").mkdir()
        self.offline = Cli(home / "offline")

    def request(self, name="request.json", *more):
        return self.cli("recover", "request", self.at, "-i", "-o", self.home / "offline" / name, *more)

    def requested(self):
        return self.request("request.json", "--format", "json").expect(OK).json("RecoveryRequest")["fingerprint"]

    def answer(self, holder, digits, *more, request="request.json"):
        return self.offline("recover", "answer", request, "../reply.json", "-i", "-k", keys.rsa(holder), "-o", holder + ".json",
                            "--fingerprint", digits, *more)

    def submit(self, holder, *more):
        return self.cli("recover", "submit", "offline/%s.json" % holder, self.at, "-i", *more)

    def request_file(self):
        return json.loads((self.home / "offline" / "request.json").read_text())

    def write(self, name, content):
        (self.home / "offline" / name).write_text(content if isinstance(content, str) else json.dumps(content))


def three_steps_bring_a_state_back(home):
    s = AirGap(home)
    session = s.status()["recovery"]["session"]
    asked = s.request().expect(OK, None, "Session %s: 0 of 2 secrets received, missing: anna, ben, cleo\n" % session)
    contains(asked.error, "Request written to: %s/offline/request.json\n" % home)
    request = home / "offline" / "request.json"
    equal(stat.S_IMODE(request.stat().st_mode), 0o600, "mode")
    content = s.request_file()
    equal((content["format"], content["version"], content["endpoint"], content["session"], content["missing"], content["verified"]),
          ("taw recovery request", 1, s.at, session, ["anna", "ben", "cleo"], False), "request")
    contains(request.read_text(), '{\n  "note": "A request for recovery secrets')
    digits = "".join(asked.out.split(":")[1].split())
    equal(hashlib.sha256(ssl.PEM_cert_to_DER_cert(content["publicKey"].replace("PUBLIC KEY", "CERTIFICATE").strip())).hexdigest(), digits,
          "fingerprint")
    equal(s.cli("recover-with-signature", "public-key", s.at, "-i").expect(OK).out, content["publicKey"], "the key")

    made = s.answer("anna", digits).expect(OK, "", "Answer written to: anna.json\n")
    contains(made.error, "for %s, session %s: 0 of 2 secrets received, missing: anna, ben, cleo" % (s.at, session))
    contains(made.error, "Take it back and run: taw recover submit anna.json " + s.at)
    contains(made.error, "checked: fingerprint of the Coordinator's key")
    data = s.answer("ben", digits, "--format", "json").expect(OK).json("RecoveryAnswer")
    equal(data, {"file": "ben.json", "endpoint": s.at, "session": session, "holder": fingerprint(keys.rsa("ben"))}, "data")
    answer = home / "offline" / "anna.json"
    equal(stat.S_IMODE(answer.stat().st_mode), 0o600, "mode")
    for secret in s.shares["anna"], s.shares["ben"]:
        for file in request, answer, home / "offline" / "ben.json":
            for form in secret.hex(), b64(secret), base64.urlsafe_b64encode(secret).decode():
                true(form not in file.read_text(), "a plain secret in " + file.name)
    equal(unb64(json.loads(answer.read_text())["recoverySecretSignature"]), taw.rsa_sign(keys.rsa("anna"), s.shares["anna"]), "signature")

    done = s.submit("anna", "--exit-pending").expect(PENDING, None, "Session %s: 1 of 2 secrets received, from anna\n" % session)
    contains(done.out, "Upload the next secret")
    contains(s.request("second.json").expect(OK).error, ": 1 of 2 secrets received, missing: ben, cleo")
    data = s.submit("ben", "--format", "json").expect(OK).json("RecoveryProgress")
    equal((data["remaining"], data["after"]["state"], data["after"]["pinned"]), (0, "running", True), "the last")
    s.submit("ben").expect(STATE, "", "there is nothing to recover")
    s.request("third.json").expect(STATE, "", "there is nothing to recover")
    true(not (home / "offline" / "third.json").exists(), "no file is left")
    s.c.stop()


def the_person_types_the_fingerprint_at_the_terminal(home):
    s = AirGap(home)
    digits = s.requested()
    key = home / "anna.key"
    run_program("openssl", "rsa", "-aes256", "-in", keys.rsa("anna"), "-passout", "pass:sesame", "-out", key)
    answer = ("recover", "answer", "request.json", "../reply.json", "-i", "-k", key, "-o", "anna.json")
    groups = " ".join(digits[i:i + 4] for i in range(0, 64, 4))
    question = "Type the first 5 groups of the fingerprint"
    shown = s.offline.on_terminal(*answer, answers=[(question, "0000 " + groups[5:24])])
    equal(shown.status, TRUST, "a wrong one: %r" % shown)
    true(groups[5:24] not in shown.out.replace("0000 " + groups[5:24], ""), "the right one is not shown")
    contains(shown.out, "somebody has changed the request on its way")
    equal(s.offline.on_terminal(*answer, answers=[(question, groups[:19])]).status, USAGE, "one that is too short")
    equal(s.offline.on_terminal(*answer, answers=[(question, "")]).status, USAGE, "nothing")
    true(not (home / "offline" / "anna.json").exists(), "no file is left")
    shown = s.offline.on_terminal(*answer, answers=[(question, groups[:24]), ("Passphrase", "sesame")])
    equal(shown.status, OK, "the right one: %r" % shown)
    s.submit("anna").expect(OK)
    s.offline(*answer[:-1], "x.json", start_new_session=True).expect(USAGE, "", "there is no terminal to ask at")
    contains(s.offline(*answer[:-1], "x.json", start_new_session=True).error, "Hint: --fingerprint takes it")
    s.offline(*answer[:-1], "x.json", "--no-input").expect(USAGE, "", "--no-input forbids to ask")
    s.c.stop()


def a_request_that_was_exchanged_is_not_answered(home):
    s = AirGap(home)
    digits = s.requested()
    forged = dict(s.request_file(), publicKey=keys.public("mallory"))
    s.write("signed.json", forged)
    s.answer("anna", digits, request="signed.json").expect(TRUST, "", "the key in the request is not signed by the Coordinator's root")
    forged["signature"] = ""
    s.write("forged.json", forged)
    done = s.answer("anna", digits, request="forged.json").expect(TRUST, "", "the key in the request: the fingerprint is another one")
    contains(done.error, "Hint: nothing was written; when it is not a slip of the pen, somebody has changed the request on its way")
    contains(s.answer("anna", digits, "--format", "json", request="forged.json").failure(TRUST, "trust"), "another one")
    for typed, part in (("", "at least the first 20 digits"), (digits[:19], "at least the first 20 digits"), (digits + "0", "64 hex digits"),
                        (digits[:40] + "g", "64 hex digits")):
        s.answer("anna", typed).expect(USAGE, "", part)
    for place in (0, 19, 63):
        wrong = digits[:place] + ("0" if digits[place] != "0" else "1") + digits[place + 1:]
        s.answer("anna", wrong).expect(TRUST, "")
    true(not (home / "offline" / "anna.json").exists(), "no file is left")
    for number, typed in enumerate((digits.upper(), digits[:20], ":".join(digits[i:i + 2] for i in range(0, 64, 2)))):
        s.answer("anna", typed).expect(OK)
        (home / "offline" / "anna.json").unlink()
    s.c.stop()


def an_answer_is_for_one_process_of_the_coordinator(home):
    s = AirGap(home)
    s.answer("anna", s.requested()).expect(OK)
    s.c.stop()
    s.c = Coordinator(home, machine="b").start()
    done = s.submit("anna").expect(STATE, "", "of the recovery and not " + s.request_file()["session"])
    contains(done.error, "Hint: nothing was sent and nothing is lost; the Coordinator was started again since, or this is another instance: "
             "make a new request with `recover request`")
    contains(s.submit("anna", "--format", "json").failure(STATE, "state"), "and not")
    answer = json.loads((home / "offline" / "anna.json").read_text())
    s.write("anna.json", dict(answer, session=s.status()["recovery"]["session"]))
    s.submit("anna").expect(STATE, "", "encrypted to a key that this Coordinator does not have")
    s.write("anna.json", dict(answer, session=""))
    s.submit("anna").expect(STATE, "", "encrypted to a key that this Coordinator does not have")
    equal(s.status()["recovery"]["received"], 0, "received")
    (home / "offline" / "anna.json").unlink()
    (home / "offline" / "request.json").unlink()
    s.answer("anna", s.requested()).expect(OK)
    s.submit("anna").expect(OK)
    s.c.stop()


def what_cannot_be_answered_leaves_nothing_behind(home):
    s = AirGap(home)
    digits = s.requested()
    (home / "offline" / "dora.json").write_text("mine")
    s.answer("dora", digits).expect(USAGE, "", "there is a file already")
    equal((home / "offline" / "dora.json").read_text(), "mine", "a file that was there")
    s.request().expect(USAGE, "", "there is a file already")
    s.answer("mallory", digits).expect(KEY, "", "opens none of the secrets")
    s.answer("anna", digits, "--party", "ben").expect(KEY, "", "does not belong to this key")
    s.answer("anna", digits, request="nowhere").expect(USAGE, "", "nowhere")
    s.answer("anna", digits, request="../reply.json").expect(USAGE, "", "../reply.json: ")
    (home / "short").write_bytes(taw.oaep_encrypt(_der(home, "anna"), bytes(31)))
    s.offline("recover", "answer", "request.json", "../short", "-i", "-k", keys.rsa("anna"), "-o", "anna.json", "--fingerprint",
              digits).expect(KEY, "", "31 bytes")
    equal(sorted(path.name for path in (home / "offline").iterdir()), ["dora.json", "request.json"], "files")
    to_pipe = s.offline("recover", "answer", "request.json", "../reply.json", "-i", "-k", keys.rsa("anna"), "-o", "-", "--fingerprint", digits)
    equal(json.loads(to_pipe.expect(OK).out)["format"], "taw recovery answer", "to standard output")
    out = s.cli("recover", "request", s.at, "-i", "-o", "-").expect(OK, None, "fingerprint: ").out
    equal(json.loads(out)["publicKey"], s.request_file()["publicKey"], "to standard output")
    s.c.stop()


def _der(home, name):
    path = home / (name + ".der")
    run_program("openssl", "rsa", "-in", keys.rsa(name), "-pubout", "-outform", "DER", "-out", path)
    return path


def files_that_were_tampered_with_are_refused_with_their_place(home):
    s = AirGap(home)
    digits = s.requested()
    s.answer("anna", digits).expect(OK)
    request, answer = s.request_file(), json.loads((home / "offline" / "anna.json").read_text())
    (home / "offline" / "anna.json").unlink()

    def changes(good, optional):
        for name in good:
            if name not in optional:
                yield {n: v for n, v in good.items() if n != name}, name
                yield dict(good, **{name: [1] if not isinstance(good[name], list) else 1}), name
                yield dict(good, **{name: None}), name
        yield dict(good, version=2), "version 2"
        yield dict(good, format="taw recovery"), "this is no taw recovery"
        yield dict(good, made="2026-01-31T03:00:00Z\nchecked: all"), "no time"
        yield dict(good, session="ab\nchecked: all is well"), "session"
        yield dict(good, session="AB"), "session"
        yield dict(good, endpoint="$(reboot):443"), "no name of a host"

    for changed, part in changes(request, ("note",)):
        s.write("bad.json", changed)
        done = s.answer("anna", digits, request="bad.json").expect(USAGE, "", part)
        true("checked:" not in done.error, "nothing is claimed: " + done.error)
    for changed in (dict(request, missing=["a\nchecked: b"]), dict(request, missing=[7]), dict(request, missing=["x"] * 256),
                    dict(request, certificates="x"), dict(request, publicKey=keys.user("alice")[0].read_text()),
                    dict(request, collateral="x"), dict(request, quote=b64(bytes(70000)))):
        s.write("bad.json", changed)
        s.answer("anna", digits, request="bad.json").expect(USAGE, "")
    for changed, part in changes(answer, ("note",)):
        s.write("ben.json", changed)
        s.submit("ben").expect(USAGE, "", part)
    for changed in (dict(answer, recoverySecret=b64(s.shares["anna"])), dict(answer, publicKey="ab"), dict(answer, holder="x" * 64)):
        s.write("ben.json", changed)
        s.submit("ben").expect(USAGE, "")
    whole = json.dumps(answer)
    for text in ("", "{", whole[:-1], whole + "x", whole[:-1] + ',"session":""}', "[]", "7", "\xff", " " * (7 << 20)):
        s.write("ben.json", text)
        s.submit("ben").expect(USAGE, "")
    equal(s.status()["recovery"]["received"], 0, "received")
    s.write("ben.json", dict(answer, more="is skipped"))
    s.submit("ben").expect(OK)
    s.c.stop()


# ---- with a quote ----

class QuotedGap(Scene):
    """A Coordinator in an enclave, in recovery mode."""

    def __init__(self, home):
        super().__init__(home)
        self.ephemeral = keys.rsa("ephemeral")
        self.recovery = {"recovering": True, "scheme": "single", "needed": 1, "received": 0, "accepted": [], "missing": ["anna"],
                         "session": "ab" * 16}
        self.secret = bytes(range(32))
        self.signs, self.signer = False, self.fake.key
        (home / "secret").write_bytes(self.secret)
        self.uploads = []

    def answer(self, sock, request):
        path = request.split(" ")[1]
        if "quote" in path:
            return super().answer(sock, request)
        data = self.recovery
        if "public-key" in path:
            der = run_program("openssl", "rsa", "-in", self.ephemeral, "-pubout", "-outform", "DER")
            data = {"algorithm": "RSA", "ephemeralPublicKey": b64(der)}
            if self.signs:
                data["signature"] = b64(run_program("openssl", "dgst", "-sha256", "-sign", self.signer, data=b"taw recovery key 1\n" + der))
        elif request.startswith("POST"):
            self.uploads.append(json.loads(self.fake.body))
            data = {"remaining": 1, "message": "more", "required": 2, "accepted": ["anna"]}
        return says(json.dumps({"status": "success", "data": data}))(sock, request)

    def flags(self, *more, policy=True, bundle=True, root=True):
        return [*(["--era-config", self.policy_file] if policy else []), *(["--collateral", self.platform.bundle] if bundle else []),
                *([self.platform.root] if root else []), *more]

    def answered(self, *more, request="request.json", bundle=False, **options):
        return self.cli("recover", "answer", request, "secret", "-k", keys.rsa("anna"), "-o", "answer.json", "--fingerprint",
                        fingerprint(self.ephemeral), *self.flags(*more, bundle=bundle, **options))

    def refused(self, part, *more, status=ATTESTATION, **options):
        done = self.answered(*more, **options).expect(status, "", part)
        true(not (self.home / "answer.json").exists(), "no answer")
        return done

    def change(self, **members):
        content = json.loads((self.home / "request.json").read_text())
        content.update(members)
        (self.home / "changed.json").write_text(json.dumps({name: value for name, value in content.items() if value is not None}))


def the_quote_is_verified_before_a_secret_is_touched(home):
    s = QuotedGap(home)
    s.cli("recover", "request", s.fake.at, "-o", "request.json", *s.flags()).expect(OK, None, "checked: quote of the Coordinator: sgx")
    content = json.loads((home / "request.json").read_text())
    equal((content["verified"], unb64(content["nonce"]), content["missing"]), (True, s.nonces[-1], ["anna"]), "request")
    equal(content["collateral"], json.loads(s.platform.bundle.read_text()), "the bundle")
    done = s.answered().expect(OK)
    for line in ("with the collateral of the request", "checked: report data of the quote: root certificate and nonce",
                 "against %s: Debug, UniqueID" % s.policy_file, "\n  mrenclave " + s.fitting()["UniqueID"], "\n  mrsigner ",
                 "\n  isvprodid %d, isvsvn " % s.fitting()["ProductID"], "SGX quote, version 3"):
        contains(done.error, line)
    checks = json.loads(s.answered("--format", "json", "-o", "other.json").expect(OK).out)["checks"]
    true(len(checks) >= 5 and not [check for check in checks if check.startswith("not")], "checks: %r" % checks)
    s.cli("recover", "submit", "answer.json", s.fake.at, *s.flags("--collateral", s.platform.expired, bundle=False)).expect(ATTESTATION, "")
    equal(s.uploads, [], "uploads to a Coordinator that was not verified")
    s.cli("recover", "submit", "answer.json", s.fake.at, *s.flags()).expect(OK)
    (upload,) = s.uploads
    equal(taw.oaep_decrypt(s.ephemeral, unb64(upload["recoverySecret"])), s.secret, "the secret")
    equal(unb64(upload["recoverySecretSignature"]), taw.rsa_sign(keys.rsa("anna"), s.secret), "its signature")
    s.close()


def what_does_not_hold_offline_is_not_answered(home):
    s = QuotedGap(home)
    s.cli("recover", "request", s.fake.at, "-o", "request.json", *s.flags()).expect(OK)
    contains(s.refused("no policy says which Coordinator is meant", policy=False).error, "Hint: --era-config")
    for name in "era-config.json", "coordinator-era.json":  # what may have come with the request
        (home / name).write_text(s.policy_file.read_text())
        s.refused("no policy says which Coordinator is meant", policy=False)
    s.refused("cert_chain", root=False)
    s.refused("expired", "--collateral", s.platform.expired)
    s.refused("not_yet_valid", "--at", "1000000000")
    s.refused("--at", "--at", "soon", status=USAGE)
    content = json.loads((home / "request.json").read_text())
    quote, nonce = bytearray(unb64(content["quote"])), bytearray(unb64(content["nonce"]))
    quote[200] ^= 1
    nonce[0] ^= 1
    other = keys.user("bob")[0].read_text()
    for members, part in (({"quote": b64(quote)}, "quote_signature"), ({"quote": b64(quote[:100])}, "format"),
                          ({"nonce": b64(nonce)}, "report data"), ({"nonce": ""}, "report data"),
                          ({"certificates": other * 2}, "report data"), ({"quote": ""}, "the request has no quote"),
                          ({"collateral": None}, "collateral_missing"), ({"collateral": {}}, "collateral_format")):
        s.change(**members)
        s.refused(part, request="changed.json")
    s.change(collateral=None)
    s.answered("-o", "given.json", request="changed.json", bundle=True).expect(OK, None, "with the collateral of " + str(s.platform.bundle))
    s.change(publicKey=keys.public("mallory"))  # with a quote that is good
    s.refused("the fingerprint is another one", request="changed.json", status=TRUST)
    s.policy(UniqueID="ab" * 32)
    s.refused("Packages.Coordinator.UniqueID: expected")
    s.close()


def a_key_that_the_root_has_signed_needs_no_fingerprint(home):
    s = QuotedGap(home)
    s.signs = True
    s.cli("recover", "request", s.fake.at, "-o", "request.json", *s.flags()).expect(OK, None, "a signature vouch for this key")
    answer = ("recover", "answer", "request.json", "secret", "-k", keys.rsa("anna"), *s.flags(bundle=False))
    s.cli(*answer, "-o", "first.json").expect(OK, None, "checked: signature of the Coordinator's root over its key")
    s.cli(*answer, "-o", "typed.json", "--fingerprint", "0" * 20).expect(TRUST, "", "the fingerprint is another one")
    s.cli(*answer, "-i", "-o", "blind.json", "--no-input").expect(USAGE, "", "--no-input forbids to ask")
    signature = json.loads((home / "request.json").read_text())["signature"]
    for members, part in (({"publicKey": keys.public("mallory")}, "is not signed by the Coordinator's root"),
                          ({"signature": b64(unb64(signature)[:-1] + b"x")}, "is not signed by the Coordinator's root")):
        s.change(**members)
        s.refused(part, request="changed.json", status=TRUST)
    s.change(publicKey=keys.public("mallory"), signature="")
    s.cli(*("changed.json" if part == "request.json" else part for part in answer), "-o", "x.json", "--no-input").expect(USAGE, "", "forbids to ask")
    s.signer = keys.user("bob")[1]
    s.cli("recover", "request", s.fake.at, "-o", "other.json", *s.flags()).expect(TRUST, "", "is not signed by the Coordinator's root")
    true(not (home / "x.json").exists() and not (home / "other.json").exists(), "no file")
    s.close()


def a_request_that_was_not_verified_may_be_verified_where_it_is_answered(home):
    s = QuotedGap(home)
    s.cli("recover", "request", s.fake.at, "-i", "-o", "request.json", "--nonce", "mine").expect(OK)
    equal(json.loads((home / "request.json").read_text())["verified"], False, "verified")
    s.answered(bundle=True).expect(OK, None, "Warning: the request was made with --insecure")
    done = s.answered("-i", "-o", "blind.json", policy=False, root=False).expect(OK, None, "Warning: skipping quote verification")
    contains(done.error, "not checked: quote of the Coordinator (--insecure)")
    s.cli("recover", "request", s.fake.at, "-o", "new.json", *s.flags(), "--era-config", "nowhere").expect(USAGE, "")
    true(not (home / "new.json").exists(), "no request to a Coordinator that was not verified")
    for text in ("", "[]", "x"):
        (home / "bundle").write_text(text)
        s.cli("recover", "request", s.fake.at, "-i", "-o", "new.json", "--collateral", "bundle").expect(USAGE, "", "bundle")
    s.close()


def a_coordinator_that_says_what_no_file_may_hold_is_not_asked_twice(home):
    s = QuotedGap(home)
    good = copy.copy(s.recovery)
    s.recovery = dict(good, missing=["an\nna", "\x1b[2J"])
    s.cli("recover", "request", s.fake.at, "-o", "visible.json", *s.flags()).expect(OK)
    equal(json.loads((home / "visible.json").read_text())["missing"], ["an\\u000ana", "\\u001b[2J"], "names")
    for bad in (dict(good, session="no hex"), dict(good, session="ab" * 40), dict(good, missing=["x"] * 256)):
        s.recovery = bad
        s.cli("recover", "request", s.fake.at, "-o", "bad.json", *s.flags()).expect(1, "", "what the Coordinator says about itself")
        true(not (home / "bad.json").exists(), "no file")
    s.close()


def the_original_which_tells_no_session_is_served_too(home):
    s = QuotedGap(home)
    real = s.answer

    def answer(sock, request):
        if "recover/status" in request:
            return says("404 page not found\n", "404 Not Found")(sock, request)
        if "/status" in request:
            return says(json.dumps({"status": "success", "data": {"code": 1, "message": "recovery"}}))(sock, request)
        return real(sock, request)

    s.fake.answer = answer
    s.cli("recover", "request", s.fake.at, "-o", "request.json", *s.flags()).expect(OK)
    equal(json.loads((home / "request.json").read_text())["session"], "", "session")
    contains(s.answered().expect(OK).error, "session (not told)")
    s.cli("recover", "submit", "answer.json", s.fake.at, *s.flags()).expect(OK)
    s.ephemeral = keys.rsa("another")
    s.cli("recover", "submit", "answer.json", s.fake.at, *s.flags()).expect(STATE, "", "encrypted to a key that this Coordinator")
    equal(len(s.uploads), 1, "uploads")
    s.close()


taw.run(globals())
