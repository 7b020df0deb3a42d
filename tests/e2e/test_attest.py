# SPDX-License-Identifier: Apache-2.0
"""Evidence on the command line: attest verify and attest inspect over the vectors of ../shared and over evidence made here."""

import base64
import json
import os
import pathlib
import subprocess

import envelopes
import taw
from taw import Skip, comment, contains, equal, true

VECTORS = pathlib.Path(__file__).resolve().parents[3] / "shared" / "vectors"
VALID, FAILED, USAGE, INVALID, REJECTED = 0, 1, 2, 3, 8

# Of expected.json: what the command cannot know, or is asked with.
NOT_PRINTED = {"format", "name", "evidence_file", "verify_time", "verify_time_unix", "also_acceptable_reasons", "derived_from",
               "mutation", "notes", "origin", "reference_accepts", "trust_anchor"}


class Done:
    def __init__(self, args, done):
        self.status, self.raw, self.error = done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")
        self.out = envelopes.check_text(done.stdout.decode("utf-8", "replace"))
        envelopes.check_text(self.error)
        self.about = " ".join(map(str, args))

    def expect(self, status):
        equal(self.status, status, "status of %s (%s%s)" % (self.about, self.error, self.out[:300]))
        return self

    def data(self, kind):
        """Of the one envelope on standard output; and nobody talks."""
        equal(self.error, "", "standard error of " + self.about)
        envelope = json.loads(self.out)
        equal((envelope["apiVersion"], envelope["kind"]), ("taw/v1", kind), "envelope")
        true(isinstance(envelope["warnings"], list), "warnings")
        return envelope["data"]


def run_taw(*args, data=b"", timeout=60):
    env = {name: value for name, value in taw.clean_environment().items()
           if not name.upper().endswith("_PROXY") and name not in ("NO_COLOR", "TAW_FORMAT")}
    return Done(args, subprocess.run([taw.TAW, *map(str, args)], input=data, capture_output=True, timeout=timeout, env=env))


def verify(evidence, bundle, at, *more, **options):
    return run_taw("attest", "verify", evidence, "--collateral", bundle, "--at", at, "--format", "json", *more, **options)


# ---- the vectors ----

def vectors():
    found = sorted(VECTORS.glob("*/expected.json"))
    if not found:
        raise Skip("the vectors in ../shared are not here")
    return found


def anchor_flags(expected):
    anchor = expected.get("trust_anchor", {})
    flags = ["--intel-root-key=" + anchor["intel_root_key"]] if "intel_root_key" in anchor else []
    if "ark_spki_sha256" in anchor:
        flags.append("--ark-spki-sha256=" + ",".join(anchor["ark_spki_sha256"].values()))
    return flags


def differences(expected, got):
    """In which members the answer is another one."""
    found = []
    for name, wanted in expected.items():
        if name in NOT_PRINTED:
            continue
        if name == "reason" and got.get(name) in expected["also_acceptable_reasons"]:
            continue
        if name == "fields":
            wanted = {k: (v, got["fields"].get(k)) for k, v in wanted.items()}
            found += ["fields.%s: %r" % (k, v) for k, v in wanted.items() if v[0] != v[1] or type(v[0]) is not type(v[1])]
        elif name not in got or got[name] != wanted or type(got[name]) is not type(wanted):
            found.append("%s: wanted %r, got %r" % (name, wanted, got.get(name, "nothing")))
    if "quote_version" not in expected and "quote_version" in got:
        found.append("quote_version: of evidence that does not parse")
    return found


def every_vector_gives_what_is_expected(home):
    paths = vectors()
    for path in paths:
        expected = json.loads(path.read_text())
        done = verify(path.parent / expected["evidence_file"], path.parent / "collateral.json", expected["verify_time_unix"],
                      *anchor_flags(expected))
        data = done.data("Attestation")
        equal(differences(expected, data), [], expected["name"])
        equal(done.status, VALID if expected["result"] == "valid" else INVALID, expected["name"])
        steps = data["steps"]
        equal([step["passed"] for step in steps[:-1]], [True] * (len(steps) - 1), "steps before the last of " + expected["name"])
        equal(steps[-1]["passed"], expected["result"] == "valid", "last step of " + expected["name"])
        equal("detail" in data, expected["result"] == "invalid", "detail")
    comment("%d vectors" % len(paths))


def the_text_says_what_the_json_says(home):
    for path in vectors():
        expected = json.loads(path.read_text())
        args = ("attest", "verify", path.parent / expected["evidence_file"], "--collateral", path.parent / "collateral.json",
                "--at", expected["verify_time_unix"], *anchor_flags(expected))
        done = run_taw(*args)
        equal(done.status, VALID if expected["result"] == "valid" else INVALID, expected["name"])
        result = done.out.splitlines()[0].split(None, 1)[1]
        if expected["result"] == "valid":
            equal(result, "valid", expected["name"])
            true("FAILED" not in done.out, "no check failed")
        else:
            true(result.split(": ")[1] in [expected["reason"], *expected["also_acceptable_reasons"]], "%s: %s" % (path, result))
            equal(done.out.count("FAILED"), 1, "failed checks of " + expected["name"])
        yaml = run_taw(*args, "--format", "yaml")
        contains(yaml.out, "result: " + expected["result"])


def every_vector_that_parses_can_be_inspected(home):
    for path in vectors():
        expected = json.loads(path.read_text())
        done = run_taw("attest", "inspect", path.parent / expected["evidence_file"], "--format", "json")
        if "quote_version" not in expected:
            done.expect(REJECTED)
            equal(json.loads(done.error)["error"]["code"], "rejected", expected["name"])
            continue
        data = done.expect(VALID).data("AttestationInspection")
        equal(data["verified"], False, "verified")
        known = {name: expected[name] for name in ("tee", "quote_version", "debug", "cert_data_type", "wrapped", "fields",
                                                   "trailing_zero_bytes") if name in expected}
        if data.get("cert_data_type") == 5 and expected["result"] == "valid":
            known.update((name, expected[name]) for name in ("fmspc", "pceid", "pcesvn", "ppid", "pck_ca",
                                                             "pck_cpusvn_components"))
            equal(len(data["certificates"]), 3, "certificates")
        equal(differences(known, data), [], expected["name"])
        contains(run_taw("attest", "inspect", path.parent / expected["evidence_file"]).expect(VALID).out, "Nothing here is verified")


def every_valid_vector_can_be_held_to_a_policy(home):
    """Each fits the policy that its own fields make, and no other one."""
    for path in vectors():
        expected = json.loads(path.read_text())
        if expected["result"] != "valid":
            continue
        fields, tee = expected["fields"], expected["tee"]
        own = {"sgx": lambda: {"UniqueID": fields["mrenclave"]}, "tdx": lambda: {"TDX": {"MRTD": fields["mrtd"]}},
               "snp": lambda: {"SNP": {"Measurement": fields["measurement"], "VMPL": fields["vmpl"]}}}[tee]()
        level = {} if tee == "snp" else {"AcceptedTCBStatuses": [expected["tcb_status"]]}
        (home / "policy").write_text(json.dumps({**own, **level, "Debug": expected["debug"]}))
        args = (path.parent / expected["evidence_file"], path.parent / "collateral.json", expected["verify_time_unix"],
                *anchor_flags(expected), "--policy", home / "policy")
        done = verify(*args)
        data = done.data("Attestation")
        equal((done.status, data["result"], data["policy"]["result"], data["policy"]["findings"]), (VALID, "valid", "accept", []),
              "%s: %s" % (expected["name"], data["policy"]))
        equal(differences(expected, data), [], expected["name"])
        (home / "policy").write_text(json.dumps({**own, **level, "Debug": not expected["debug"]}))
        data = refused(verify(*args), "policy")
        equal([finding["member"] for finding in data["policy"]["findings"]], ["Debug"], expected["name"])
        if expected.get("tcb_status", "UpToDate") in ("UpToDate", "SWHardeningNeeded"):
            continue
        (home / "policy").write_text(json.dumps({**own, "Debug": expected["debug"]}))
        data = refused(verify(*args), "policy")
        equal([finding["member"] for finding in data["policy"]["findings"]], ["AcceptedTCBStatuses"], expected["name"])
        verify(*args, "--accepted-tcb-statuses", expected["tcb_status"]).expect(VALID)


# ---- evidence made here ----

NOW, DAY = 1750000000, 86400
INTEL, SNP = ("sgx3", "sgx4", "outside", "tdx4", "tdx5"), ("milan", "vlek", "turin")
NAMED = ("ppid1", "ppid2", "ppid3", "tdx-ppid3")  # quotes that name their PCK certificate


class Made:
    """A quote or report with its bundle and root."""

    def __init__(self, home, name):
        self.name, self.quote, self.bundle = name, home / (name + ".quote"), home / (name + ".bundle")
        flag = "--ark-spki-sha256=" if name in SNP else "--intel-root-key="
        self.root = flag + (home / (name + ".root")).read_text()

    def verify(self, *more, evidence=None, bundle=None, at=NOW, **options):
        return verify(evidence or self.quote, bundle or self.bundle, at, self.root, *more, **options)

    def edit(self, **members):
        """The bundle with members replaced, or left out where they are None."""
        document = {**json.loads(self.bundle.read_text()), **members}
        path = self.bundle.with_suffix(".edited")
        path.write_text(json.dumps({name: value for name, value in document.items() if value is not None}))
        return path


def make(directory):
    subprocess.run([os.environ["MAKE_INTEL"], str(directory)], check=True, timeout=120)
    subprocess.run([os.environ["MAKE_SNP"], str(directory)], check=True, timeout=120)
    return {name: Made(directory, name) for name in (*INTEL, *SNP)}


def refused(done, reason):
    data = done.expect(INVALID).data("Attestation")
    equal((data["result"], data["reason"]), ("invalid", reason), "result and reason (%s)" % data["detail"])
    last = data["steps"][-1]
    equal(last["passed"], False, "the last step")
    return data


def evidence_of_every_kind_is_valid(home):
    for name, made in make(home).items():
        data = made.verify().expect(VALID).data("Attestation")
        kind = {"milan": ("snp", 3), "vlek": ("snp", 3), "turin": ("snp", 5), "sgx3": ("sgx", 3), "outside": ("sgx", 3),
                "sgx4": ("sgx", 4), "tdx4": ("tdx", 4), "tdx5": ("tdx", 5)}[name]
        equal((data["result"], data["tee"], data["quote_version"]), ("valid", *kind), name)
        true("reason" not in data and "detail" not in data, "a valid one has no reason")
        equal((data["default_policy"], data["default_policy_reasons"], data["debug"]), ("accept", [], False), name)
        equal(data["verify_time_unix"], NOW, "time")
        if name in INTEL:
            equal((data["tcb_status"], data["signatures_only"]), ("UpToDate", "valid"), name)
        else:
            equal(data["crl_checked"], name == "milan", name)
            equal(data["fields"]["signing_key"], "vlek" if name == "vlek" else "vcek", name)
            equal("fmc" in data["reported_tcb_parts"], name == "turin", name)


def each_form_of_evidence_is_read(home):
    made = make(home)
    sgx, milan = made["sgx3"], made["milan"]
    for one in (sgx, milan):
        raw = one.quote.read_bytes()
        text = base64.b64encode(raw)
        lines = b"\n".join(text[i:i + 64] for i in range(0, len(text), 64)) + b"\n"
        answers = [{"status": "success", "data": {"Cert": "", "Quote": text.decode()}}, {"Cert": "", "Quote": text.decode()},
                   {"status": "success", "data": {"cert": "", "quote": text.decode()}}]
        forms = [raw, raw.hex().encode(), b" " + raw.hex().upper().encode() + b"\r\n", text, lines]
        for form in forms + [json.dumps(answer).encode() for answer in answers]:
            one.verify(evidence="-", data=form).expect(VALID)
        for wrong in (b"", b"{}", b"null", b"[]", b'{"data":{"Quote":null}}', b'{"data":{"Quote":7}}', b"quote", raw[:-1],
                      text[:-4] + b"====", b"\0" * 5000, raw.hex().encode()[:-1], b"{" * 100000):
            refused(one.verify(evidence="-", data=wrong), "format")
    report = milan.quote.read_bytes()
    table = bytes(range(1, 17)) + (48).to_bytes(4, "little") + (5).to_bytes(4, "little") + bytes(24) + b"0\3\2\1\5"
    for end in (table, table + bytes(4096 - len(table))):
        for data in (report + end, base64.b64encode(report + end)):
            milan.verify(evidence="-", data=data).expect(VALID)
            run_taw("attest", "inspect", "-", data=data).expect(VALID)
    for end in (b"\0", bytes(24), b"nonsense", table[:47], table[:-1]):
        refused(milan.verify(evidence="-", data=report + end), "format")
    wrapped = b"\1\0\0\0\2\0\0\0" + len(sgx.quote.read_bytes()).to_bytes(8, "little") + sgx.quote.read_bytes()
    equal(sgx.verify(evidence="-", data=wrapped).expect(VALID).data("Attestation")["wrapped"], True, "wrapped")
    padded = sgx.verify(evidence="-", data=sgx.quote.read_bytes() + bytes(9)).expect(VALID).data("Attestation")
    equal(padded["trailing_zero_bytes"], 9, "zero bytes")


def quotes_that_name_their_pck_certificate_are_valid_with_it(home):
    make(home)
    for name in NAMED:
        made = Made(home, name)
        data = made.verify().expect(VALID).data("Attestation")
        equal((data["cert_data_type"], data["result"], data["tcb_status"]), (int(name[-1]), "valid", "UpToDate"), name)
        refused(made.verify(bundle=made.edit(pck_certificate_chain=None)), "collateral_missing")


def what_was_changed_is_found(home):
    made = make(home)
    for name, at, reason in (("sgx3", 100, "quote_signature"), ("tdx5", 200, "quote_signature"), ("milan", 0x90, "quote_signature"),
                             ("sgx3", 440, "quote_signature"), ("sgx3", 510, "qe_report_data")):
        raw = bytearray(made[name].quote.read_bytes())
        raw[at] ^= 1
        data = refused(made[name].verify(evidence="-", data=bytes(raw)), reason)
        true(data["detail"], "detail")
    data = refused(made["sgx3"].verify(bundle=made["tdx4"].bundle), "cert_chain")
    refused(verify(made["sgx3"].quote, made["sgx3"].bundle, NOW), "cert_chain")
    refused(made["milan"].verify(bundle=made["sgx3"].bundle), "collateral_missing")
    signatures = refused(made["outside"].verify(bundle=made["outside"].edit(pck_certificate_chain=None)), "collateral_missing")
    equal(signatures["signatures_only"], "collateral_missing", "signatures without a chain")
    refused(made["sgx3"].verify(bundle=made["sgx3"].edit(qe_identity=None)), "collateral_missing")
    edited = json.loads(made["sgx3"].bundle.read_text())["tcb_info"].replace('"tcbStatus"', '"tcbStatus" ', 1)
    refused(made["sgx3"].verify(bundle=made["sgx3"].edit(tcb_info=edited)), "collateral_signature")
    refused(made["milan"].verify(bundle=made["milan"].edit(crl="")), "collateral_missing")


def a_check_that_failed_says_what_was_expected(home):
    sgx = make(home)["sgx3"]
    raw = bytearray(sgx.quote.read_bytes())
    raw[510] ^= 1  # the attestation key
    step = refused(sgx.verify(evidence="-", data=bytes(raw)), "qe_report_data")["steps"][-1]
    equal(step["name"], "the QE report names the attestation key", "step")
    true(step["expected"] != step["found"] and len(step["found"]) == 128, "expected and found: %r" % step)
    text = run_taw("attest", "verify", "-", "--collateral", sgx.bundle, "--at", NOW, sgx.root, data=bytes(raw)).expect(INVALID)
    contains(text.out, "FAILED  " + step["name"])
    contains(text.out, "expected  " + step["expected"])
    contains(text.out, "found     " + step["found"])


def a_policy_says_which_software_is_meant(home):
    sgx = make(home)["sgx3"]
    fields = sgx.verify().expect(VALID).data("Attestation")["fields"]
    fitting = {"UniqueID": fields["mrenclave"], "SignerID": fields["mrsigner"], "ProductID": fields["isvprodid"],
               "SecurityVersion": fields["isvsvn"]}
    file = home / "policy.json"

    def judged(members, status, *more, **options):
        file.write_text(json.dumps(members))
        return sgx.verify("--policy", file, *more, **options).expect(status)

    data = judged(fitting, VALID).data("Attestation")
    equal(data["policy"], {"file": str(file), "result": "accept", "findings": [],
                           "compared": "Debug, UniqueID, SignerID, ProductID, SecurityVersion"}, "policy")
    equal(data["steps"][-1], {"name": "policy", "passed": True}, "the last step")
    text = run_taw("attest", "verify", sgx.quote, "--collateral", sgx.bundle, "--at", NOW, sgx.root, "--policy", file).expect(VALID)
    contains(text.out, "%s accepts (compared: Debug, UniqueID, SignerID, ProductID, SecurityVersion)\n" % file)
    true("Whether it is the software" not in text.out, "that is known now")

    for member, value, expected, got in (("UniqueID", "ab" * 32, '"%s"' % ("ab" * 32), '"%s"' % fields["mrenclave"]),
                                         ("ProductID", fields["isvprodid"] + 1, str(fields["isvprodid"] + 1), str(fields["isvprodid"])),
                                         ("SecurityVersion", fields["isvsvn"] + 1, "at least %d" % (fields["isvsvn"] + 1),
                                          str(fields["isvsvn"]))):
        data = refused(judged({**fitting, member: value}, INVALID), "policy")
        equal(data["policy"]["result"], "reject", member)
        equal(data["policy"]["findings"], [{"member": member, "expected": expected, "got": got,
                                            "accepted_by": "%s: %s" % (member, got)}], member)
        step = data["steps"][-1]
        equal((step["name"], step["expected"], step["found"]), ("policy", expected, got), member)
        contains(data["detail"], "policy of %s: %s: expected %s, got %s" % (file, member, expected, got))
        equal(data["tcb_status"], "UpToDate", "what else is known is there")
        text = run_taw("attest", "verify", sgx.quote, "--collateral", sgx.bundle, "--at", NOW, sgx.root, "--policy", file)
        contains(text.expect(INVALID).out, "result                  invalid: policy\n")
        contains(text.out, "  %s\n    expected    %s\n    got         %s\n    accepted by %s: %s\n" % (member, expected, got, member, got))

    both = refused(judged({"UniqueID": "ab" * 32, "SignerID": "cd" * 32}, INVALID), "policy")
    equal([finding["member"] for finding in both["policy"]["findings"]], ["UniqueID", "SignerID"], "every finding")
    refused(judged({"TDX": {"MRTD": "ab" * 48}}, INVALID), "policy")
    other = refused(judged(fitting, INVALID, at=0), "not_yet_valid")
    equal(other["policy"], {"file": str(file), "result": "not_judged", "findings": []}, "evidence that is not valid anyway")
    for wrong in ({}, {"UniqueID": "ab"}, {"Unique": "ab" * 32}, {**fitting, "InsecureSkipVerify": True}, {"SignerID": "ab" * 32}, [], 7):
        equal(json.loads(judged(wrong, USAGE).error)["error"]["code"], "usage", str(wrong))
    judged(fitting, USAGE, "--accepted-tcb-statuses", "uptodate")
    sgx.verify("--policy", home / "nowhere").expect(USAGE)


def the_time_decides(home):
    made = make(home)
    for name in ("sgx3", "milan"):
        data = made[name].verify().expect(VALID).data("Attestation")
        refused(made[name].verify(at=NOW + 40 * 365 * DAY), "expired")
        refused(made[name].verify(at=0), "not_yet_valid")
        true(data["collateral_earliest_expiration"].endswith("Z"), "expiration")
    for at in ("", "x", "-1", "1.5", "0x10", "1e9", "99999999999999999999999", "253402300800", " 1"):
        done = made["sgx3"].verify(at=at).expect(USAGE)
        equal(json.loads(done.error)["error"]["code"], "usage", "code")


def what_is_no_bundle_refuses_the_evidence(home):
    sgx = make(home)["sgx3"]
    for text in (b"", b"{}", b"[]", b"nonsense", b'{"format":"attestation-collateral","version":2,"tee":"sgx"}', b"\xff" * 100,
                 sgx.bundle.read_bytes()[:-1], sgx.bundle.read_bytes().replace(b'"tee"', b'"Tee"')):
        (home / "bad").write_bytes(text)
        data = refused(sgx.verify(bundle=home / "bad"), "collateral_format")
        equal((data["tee"], data["quote_version"]), ("sgx", 3), "what is known of the evidence")
        refused(sgx.verify(bundle=home / "bad", evidence="-", data=b"x"), "format")
    done = run_taw("attest", "verify", sgx.quote, "--at", NOW, sgx.root, "--format", "json")
    equal(refused(done, "collateral_missing")["signatures_only"], "valid", "signatures")


def files_and_roots_that_are_none_are_usage_errors(home):
    sgx = make(home)["sgx3"]
    good = ("attest", "verify", sgx.quote, "--collateral", sgx.bundle, "--at", NOW)
    for flag in ("--intel-root-key=", "--intel-root-key=04", "--intel-root-key=" + "05" * 65, "--intel-root-key=" + "zz" * 65,
                 "--ark-spki-sha256=00", "--ark-spki-sha256=" + "0" * 63, "--intel-root-key=" + "04" * 66, "--nothing"):
        run_taw(*good, flag).expect(USAGE)
    run_taw("attest", "verify").expect(USAGE)
    run_taw("attest", "verify", "a", "b").expect(USAGE)
    run_taw("attest", "verify", home / "nowhere", "--collateral", sgx.bundle).expect(USAGE)
    run_taw("attest", "verify", sgx.quote, "--collateral", home / "nowhere").expect(USAGE)
    run_taw("attest", "verify", home, "--collateral", sgx.bundle).expect(USAGE)
    (home / "large").write_bytes(bytes(6 << 20))
    run_taw("attest", "verify", home / "large", "--collateral", sgx.bundle).expect(USAGE)
    two = ",".join(["04" + "00" * 64, sgx.root.split("=")[1]])
    run_taw(*good, "--intel-root-key=" + two).expect(VALID)


def inspection_shows_and_does_not_judge(home):
    for name, made in make(home).items():
        raw = bytearray(made.quote.read_bytes())
        raw[0xa0] ^= 1
        data = run_taw("attest", "inspect", "-", "--format", "json", data=bytes(raw)).expect(VALID).data("AttestationInspection")
        equal((data["verified"], data["form"]), (False, "binary"), name)
        true("result" not in data and "tcb_status" not in data, "no verdict")
        equal(len(data["certificates"]), 3 if name in INTEL and name != "outside" else 0, name)
        equal("fmspc" in data, name in INTEL and name != "outside", name)
        text = run_taw("attest", "inspect", made.quote).expect(VALID)
        true(text.out.startswith("Nothing here is verified"), "it says so first")
        true("valid" not in text.out and "UpToDate" not in text.out, "and nothing else: %s" % text.out)
    sgx = Made(home, "sgx3")
    broken = sgx.quote.read_bytes().replace(b"-----BEGIN CERTIFICATE-----\nMII", b"-----BEGIN CERTIFICATE-----\nMIJ", 1)
    data = run_taw("attest", "inspect", "-", "--format", "json", data=broken).expect(REJECTED)
    contains(json.loads(data.out)["data"]["problem"], "certificate 1")
    for wrong in (b"-----BEGIN CERTIFICATE-----\n!II", b"-----BEGIN CERTIFICATF-----\nMII"):
        broken = sgx.quote.read_bytes().replace(b"-----BEGIN CERTIFICATE-----\nMII", wrong, 1)
        data = run_taw("attest", "inspect", "-", "--format", "json", data=broken).expect(REJECTED)
        contains(json.loads(data.out)["data"]["problem"], "PCK")
    run_taw("attest", "inspect", "-", data=b"nonsense").expect(REJECTED)


if __name__ == "__main__":
    taw.run(globals())
