# SPDX-License-Identifier: Apache-2.0
"""Records of Coordinators: attest save over a Coordinator with a platform of ours behind it, and what verify and inspect find in them later."""

import base64
import hashlib
import json
import os
import ssl
import threading
import time

import taw
from command_line import ATTESTATION, OK, REJECTED, USAGE, Fake, says
from taw import contains, equal, keys, true
from test_coordinator_quote import Scene

FAR = 2840140800  # 2060: all collateral has ended


class Record:
    """One that was saved; the Coordinator is gone then."""

    def __init__(self, home, form="sgx", wrap=lambda quote: quote):
        self.scene = Scene(home, form)
        self.scene.wrap = wrap
        self.file, self.before = home / "record.json", int(time.time())
        self.done = save(self.scene)
        self.scene.close()
        self.cli, self.policy = self.scene.cli, self.scene.policy_file

    def members(self):
        return json.loads(self.file.read_text())

    def verify(self, *more, file=None, **options):
        return self.cli("attest", "verify", file or self.file, self.scene.platform.root, *more, **options)

    def judged(self, *more, status=OK, **options):
        done = self.verify("--format", "json", *more, **options).expect(status)
        return done.json("Attestation")

    def edited(self, **members):
        file = self.file.with_name("edited.json")
        file.write_text(json.dumps({name: value for name, value in {**self.members(), **members}.items() if value is not None}))
        return file


def save(scene, *more, policy=True, bundle=True):
    flags = ["--era-config", scene.policy_file] if policy else []
    flags += ["--collateral", scene.platform.bundle] if bundle else []
    return scene.cli("attest", "save", scene.fake.at, "-o", "record.json", scene.platform.root, *flags, *more)


def a_record_verifies_without_the_coordinator_and_its_files(home):
    for form in ("sgx", "tdx", "snp"):
        directory = home / form
        directory.mkdir()
        r = Record(directory, form)
        r.done.expect(OK)
        contains(r.done.out, "written                 record.json\nsaved                   ")
        contains(r.done.error, "checked: report data of the quote: root certificate and nonce")
        contains(r.done.error, "holds the key of that root")
        saved = r.members()
        equal(sorted(saved), ["certificates", "collateral", "endpoint", "evidence", "format", "nonce", "note", "saved_at", "version"], "members")
        equal((saved["endpoint"], base64.b64decode(saved["nonce"])), (r.scene.fake.at, r.scene.nonces[-1]), "endpoint and nonce")
        equal(saved["collateral"], json.loads(r.scene.platform.bundle.read_text()), "collateral")
        equal(os.stat(r.file).st_mode & 0o777, 0o600, "mode")
        r.scene.platform.bundle.unlink()
        data = r.judged()
        root = hashlib.sha256(ssl.PEM_cert_to_DER_cert(r.scene.pem)).hexdigest()
        equal(data["record"], {"saved_at": saved["saved_at"], "coordinator": r.scene.fake.at, "root_sha256": root, "nonce": saved["nonce"],
                               "binding": "bound"}, "record")
        equal((data["result"], data["tee"], data["verify_time_source"], data["verify_time"]), ("valid", form, "saved", saved["saved_at"]), form)
        true(r.before <= data["verify_time_unix"] <= time.time(), "the time is that of the saving")
        names = [step["name"] for step in data["steps"]]
        equal(names[-2:], ["report data of root certificate and nonce", "the intermediate certificate is signed by the root"], "steps")
        text = r.verify().expect(OK).out
        for line in ("root and nonce          bound by the report data (SHA-256 of the root certificate and the nonce)\n",
                     "root certificate        SHA-256 %s, fake\n" % root, "saved                   %s, of %s\n" % (saved["saved_at"], r.scene.fake.at),
                     "verified for            %s (when it was saved, as the file says; nothing signs that)\n" % saved["saved_at"],
                     "collateral              of the saved record\n"):
            contains(text, line)
        looked = r.cli("attest", "inspect", r.file, "--format", "json").expect(OK).json("AttestationInspection")
        equal((looked["form"], looked["record"], looked["verified"], looked["tee"]), ("saved record", data["record"], False, form), "inspection")
        contains(r.cli("attest", "inspect", r.file).expect(OK).out, "saved                   " + saved["saved_at"])
        raw = r.file.read_bytes()
        equal(r.judged(file="-", data=raw)["result"], "valid", "from standard input")
        equal(r.cli("attest", "inspect", "-", "--format", "json", data=raw).expect(OK).json("AttestationInspection")["record"],
              data["record"], "from standard input")


def another_time_and_other_collateral_may_be_asked_for(home):
    r = Record(home)
    now = int(time.time())
    data = r.judged("--at", now + 86400)
    equal((data["verify_time_unix"], data["verify_time_source"]), (now + 86400, "flag"), "time")
    contains(r.verify("--at", now + 86400).expect(OK).out, " (--at)\n")
    equal(r.judged("--at", FAR, status=ATTESTATION)["reason"], "expired", "much later")
    equal(r.judged("--collateral", r.scene.platform.expired, status=ATTESTATION)["reason"], "expired", "other collateral")
    contains(r.verify("--collateral", r.scene.platform.bundle).expect(OK).out, "collateral              %s\n" % r.scene.platform.bundle)
    equal(r.cli("attest", "verify", r.file, "--format", "json").expect(ATTESTATION).json("Attestation")["reason"], "cert_chain",
          "the root is Intel's without the flag")


def a_record_can_be_held_to_a_policy(home):
    r = Record(home)
    equal(r.judged("--policy", r.policy)["policy"]["result"], "accept", "its own policy")
    r.policy.write_text(json.dumps({"UniqueID": "ab" * 32}))
    data = r.judged("--policy", r.policy, status=ATTESTATION)
    equal((data["reason"], data["policy"]["findings"][0]["member"], data["record"]["binding"]), ("policy", "UniqueID", "bound"), "another policy")


def what_was_changed_in_a_record_is_found(home):
    r = Record(home)
    saved = r.members()
    evidence = bytearray(base64.b64decode(saved["evidence"]))
    evidence[100] ^= 1
    other = keys.user("bob")[0].read_text()
    binding = "report data of root certificate and nonce"
    for members, reason, step in (
            ({"nonce": base64.b64encode(b"another").decode()}, "policy", binding),
            ({"certificates": other + other}, "policy", binding),
            ({"certificates": other + r.scene.pem}, "cert_chain", "the intermediate certificate is signed by the root"),
            ({"evidence": base64.b64encode(evidence).decode()}, "quote_signature", None),
            ({"collateral": {**saved["collateral"], "tcb_info": saved["collateral"]["tcb_info"].replace('"UpToDate"', '"Revoked"')}},
             "collateral_signature", None),
            ({"collateral": {}}, "collateral_format", None),
            ({"saved_at": "2060-01-01T00:00:00Z"}, "expired", None),
            ({"saved_at": "1970-01-01T00:00:00Z"}, "not_yet_valid", None)):
        data = r.judged(file=r.edited(**members), status=ATTESTATION)
        equal((data["result"], data["reason"]), ("invalid", reason), str(members)[:100])
        if step:
            equal((data["steps"][-1]["name"], data["steps"][-1]["passed"]), (step, False), "the last step")
    data = r.judged(file=r.edited(nonce=base64.b64encode(b"another").decode()), status=ATTESTATION)
    equal(data["record"]["binding"], "not_bound", "binding")
    contains(r.verify(file=r.edited(certificates=other + other)).expect(ATTESTATION).out, "root and nonce          not bound by the report data")
    equal(r.judged(file=r.edited(comment="members that are not known are not looked at"))["result"], "valid", "another member")


def what_is_no_record_says_which_member_is_wrong(home):
    r = Record(home)
    saved = r.members()
    wrong = [(dict([(name, None)]), name) for name in saved if name not in ("format", "note")]
    wrong += [(dict([(name, value)]), name) for name in saved if name not in ("format", "note") for value in ([], None, True)]
    wrong += [({"version": 2}, "version"), ({"version": 1.5}, "version"), ({"nonce": ""}, "nonce"), ({"nonce": "!"}, "nonce"),
              ({"nonce": base64.b64encode(bytes(5000)).decode()}, "nonce"), ({"evidence": ""}, "evidence"),
              ({"collateral": "text"}, "collateral"), ({"certificates": r.scene.pem}, "certificate"), ({"certificates": ""}, "certificate")]
    wrong += [({"saved_at": text}, "saved_at") for text in ("", "now", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04:05Z ", "2026-02-30T00:00:00Z",
                                                            "2026-1-2T03:04:05Z", "1960-01-01T00:00:00Z", " 2026-01-02T03:04:05Z")]
    for members, part in wrong:
        data = r.judged(file=r.edited(**members), status=ATTESTATION)
        equal(data["reason"], "format", "%s: %s" % (str(members)[:100], data.get("detail")))
        contains(data["detail"], "saved record: ")
        contains(data["detail"], part)
    message = r.cli("attest", "inspect", r.edited(nonce=7), "--format", "json").failure(REJECTED, "rejected")
    contains(message, "this is no evidence: saved record: nonce")
    text = r.file.read_text()
    (home / "twice").write_text(text.replace('"nonce":', '"nonce":"AA==","nonce":', 1))
    contains(r.judged(file="twice", status=ATTESTATION)["detail"], "saved record: ")
    for end in (1, 2, len(text) // 2):
        (home / "cut").write_text(text[:-1 - end])
        equal(r.judged(file="cut", status=ATTESTATION)["reason"], "format", "cut")


def evidence_is_kept_as_it_came(home):
    for name, form, wrap in (("wrapped", "sgx", lambda quote: b"\1\0\0\0\2\0\0\0" + len(quote).to_bytes(8, "little") + quote),
                             ("table", "snp", lambda report: report + bytes.fromhex("63da758de6644564adc5f4b93be8accd") + bytes(32) + b"x" * 64)):
        directory = home / name
        directory.mkdir()
        r = Record(directory, form, wrap)
        r.done.expect(OK)
        raw = base64.b64decode(r.members()["evidence"])
        true(raw.startswith(b"\1\0\0\0\2") if form == "sgx" else raw.endswith(b"x" * 64), "the wrapper of " + name)
        equal(r.judged()["result"], "valid", name)


def only_what_was_verified_is_saved(home):
    s = Scene(home)
    file = home / "record.json"
    file.write_text("an older record")

    def refused(status, part, *more, **options):
        done = save(s, *more, **options).expect(status, "", part)
        equal(file.read_text(), "an older record", part)
        equal(sorted(p.name for p in home.glob("record*")), ["record.json"], "files left behind")
        return done

    asked = len(s.fake.requests)
    refused(USAGE, "--insecure: without a quote", "--insecure")
    refused(USAGE, "--collateral", "--collateral", "-", bundle=False)
    equal(len(s.fake.requests), asked, "nothing was asked")
    refused(ATTESTATION, "collateral_missing", bundle=False)
    refused(ATTESTATION, "expired", "--collateral", s.platform.expired, bundle=False)
    refused(ATTESTATION, "no policy says", policy=False)
    s.policy(UniqueID="ab" * 32)
    refused(ATTESTATION, "Packages.Coordinator.UniqueID")
    s.policy(**s.fitting())
    s.report_over = lambda root, nonce: root
    refused(ATTESTATION, "report data does not match")
    s.report_over = lambda root, nonce: root + nonce
    s.cli("attest", "save", s.fake.at).expect(USAGE)
    s.cli("attest", "save", "-o", "record.json").expect(USAGE)
    save(s).expect(OK)
    true(file.read_text() != "an older record", "a good one takes its place")
    done = s.cli("attest", "save", s.fake.at, "-o", "-", s.platform.root, "--era-config", s.policy_file, "--collateral", s.platform.bundle)
    equal(json.loads(done.expect(OK).out)["format"], "attestation-record", "on standard output")
    data = save(s, "--format", "json", "--save-sgx-quote", "quote").expect(OK).json("AttestationRecord")
    equal((data["file"], data["record"]["binding"], data["tee"], data["debug"]), ("record.json", "bound", "sgx", False), "data")
    equal((home / "quote").read_bytes(), base64.b64decode(json.loads(file.read_text())["evidence"]), "the quote of --save-sgx-quote")
    s.close()


def a_bundle_that_changes_meanwhile_is_not_saved(home):
    s = Scene(home)
    pipe = home / "pipe"
    os.mkfifo(pipe)

    def feed():
        for bundle in (s.platform.bundle, s.platform.expired):
            pipe.write_bytes(bundle.read_bytes())
            time.sleep(0.5)  # until the reader has seen the end

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    done = save(s, "--collateral", pipe, bundle=False).expect(ATTESTATION, "", "the record does not verify, nothing was written: expired: ")
    contains(done.error, "checked: quote of the Coordinator")
    true(not (home / "record.json").exists(), "no file")
    feeder.join(30)
    s.close()


def a_coordinator_in_simulation_has_nothing_to_save(home):
    fake = Fake(home, None)
    fake.answer = says(json.dumps({"status": "success", "data": {"cert": fake.cert.read_text() * 2, "quote": ""}}))
    s = Scene(home)
    done = s.cli("attest", "save", fake.at, "-o", "record.json", "--era-config", s.policy_file).expect(ATTESTATION, "", "empty report")
    contains(done.error, "Hint: a Coordinator in simulation mode has no quote that could be saved\n")
    true("--insecure accepts" not in done.error and not (home / "record.json").exists(), done.error)
    s.close()
    fake.close()


if __name__ == "__main__":
    taw.run(globals())
