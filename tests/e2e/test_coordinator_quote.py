# SPDX-License-Identifier: Apache-2.0
"""How the command line verifies a Coordinator that has a quote: a server with a platform of ours behind it, whose quotes are
good but for the one thing that a test makes wrong, and policies."""

import base64
import hashlib
import json
import ssl
import urllib.parse

import taw
from command_line import ATTESTATION, OK, USAGE, Cli, Fake, says
from platforms import PLACES, Platform
from taw import contains, equal, keys, true

MANIFEST = {"status": "success", "data": {"manifestFingerprint": "00" * 32, "manifest": "e30="}}


class Scene:
    """A Coordinator in an enclave or in a guest. Tests change how it makes its report."""

    def __init__(self, home, form="sgx"):
        self.home, self.form, self.cli, self.platform = home, form, Cli(home), Platform(home, form)
        self.fake = Fake(home, self.answer)
        self.pem = self.fake.cert.read_text()
        self.report_over = lambda root, nonce: root + nonce
        self.edit = lambda body: body
        self.wrap = lambda quote: quote
        self.nonces = []
        self.policy_file = home / "policy.json"
        self.policy(**self.fitting())

    def fitting(self):
        body = self.platform.body
        if self.form == "tdx":
            return {"TDX": {"MRTD": body[136:184].hex()}}
        if self.form == "snp":
            return {"SNP": {"Measurement": body[144:192].hex()}}
        return {"UniqueID": body[64:96].hex(), "SignerID": body[128:160].hex(), "ProductID": int.from_bytes(body[256:258], "little"),
                "SecurityVersion": int.from_bytes(body[258:260], "little")}

    def policy(self, **members):
        self.policy_file.write_text(json.dumps({name: value for name, value in members.items() if value is not None}))

    def answer(self, sock, request):
        if "quote" not in request:
            says(json.dumps(MANIFEST))(sock, request)
            return
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.split(" ")[1]).query)
        nonce = base64.urlsafe_b64decode(query["nonce"][0]) if "nonce" in query else b""
        self.nonces.append(nonce)
        body = bytearray(self.platform.body)
        at = PLACES[self.form]
        body[at:at + 64] = hashlib.sha256(self.report_over(ssl.PEM_cert_to_DER_cert(self.pem), nonce)).digest() + bytes(32)
        quote = self.wrap(self.platform.quote(bytes(self.edit(body))))
        data = {"cert": self.pem + self.pem, "quote": base64.b64encode(quote).decode()}
        says(json.dumps({"status": "success", "data": data}))(sock, request)

    def get(self, *more, policy=True, bundle=True, root=True):
        flags = ["--era-config", self.policy_file] if policy else []
        flags += ["--collateral", self.platform.bundle] if bundle else []
        flags += [self.platform.root] if root else []
        return self.cli("manifest", "get", self.fake.at, *flags, *more)

    def refused(self, part, *more, status=ATTESTATION, **options):
        done = self.get(*more, **options).expect(status, "", part)
        contains(done.error, "verifying Coordinator quote: ")
        true("checked:" not in done.error, "nothing is claimed: " + done.error)
        return done

    def close(self):
        self.fake.close()
        self.platform.close()


def a_coordinator_that_fits_the_policy_is_accepted_and_the_checks_are_named(home):
    s = Scene(home)
    done = s.get().expect(OK)
    for line in ("checked: quote of the Coordinator: sgx, ", "with the collateral of " + str(s.platform.bundle),
                 "checked: TCB status of the platform: UpToDate", "checked: report data of the quote: root certificate and nonce",
                 "against " + str(s.policy_file) + ": Debug, UniqueID, SignerID, ProductID, SecurityVersion\n",
                 "checked: the intermediate certificate is signed by the root", "holds the key of that root"):
        contains(done.error, line)
    true("Warning" not in done.error and "not checked" not in done.error, done.error)
    envelope = json.loads(s.get("--format", "json").expect(OK).out)
    equal(len([check for check in envelope["checks"] if check.startswith("checked: ")]), 6, "checks in the envelope")
    s.policy(UniqueID=s.fitting()["UniqueID"].upper())
    contains(s.get().expect(OK).error, ": Debug, UniqueID\n")
    s.policy(**{**s.fitting(), "UniqueID": None, "SecurityVersion": 0})
    s.get().expect(OK)
    equal([len(nonce) for nonce in s.nonces], [32] * 4, "nonces")
    equal(len(set(s.nonces)), 4, "different nonces")
    s.get("--nonce", "mine").expect(OK)
    equal(s.nonces[-1], b"mine", "nonce of the flag")
    s.close()


def a_quote_in_the_header_of_open_enclave_is_saved_as_it_came(home):
    s = Scene(home)
    s.wrap = lambda quote: b"\1\0\0\0\2\0\0\0" + len(quote).to_bytes(8, "little") + quote
    s.get("--save-sgx-quote", "q").expect(OK)
    saved = (home / "q").read_bytes()
    equal(saved[:8], b"\1\0\0\0\2\0\0\0", "header")
    s.cli("attest", "verify", "q", "--collateral", s.platform.bundle, s.platform.root).expect(OK)
    s.close()


def a_coordinator_in_a_guest_of_tdx_is_held_to_its_part(home):
    s = Scene(home, "tdx")
    body = s.platform.body
    s.policy(TDX={"MRTD": body[136:184].hex()})
    contains(s.get().expect(OK).error, ": Debug, TDX\n")
    s.policy(TDX={"MRTD": "ab" * 48})
    s.refused("Packages.Coordinator.TDX.MRTD: expected \"" + "ab" * 48)
    s.policy(UniqueID="ab" * 32)
    s.refused("Packages.Coordinator")
    s.close()


def a_coordinator_in_a_guest_of_snp_is_held_to_its_part(home):
    s = Scene(home, "snp")
    contains(s.get().expect(OK).error, ": Debug, SNP\n")
    # What a host puts behind the report is signed by nobody.
    s.wrap = lambda report: report + bytes.fromhex("63da758de6644564adc5f4b93be8accd") + (48).to_bytes(4, "little") + bytes(28) + b"x" * 64
    s.get().expect(OK)
    s.wrap = lambda report: report
    s.refused("collateral_missing", bundle=False)
    s.refused("expired: ", "--collateral", s.platform.expired, bundle=False)
    s.report_over = lambda root, nonce: root
    s.refused("report data does not match the certificate's hash")
    s.report_over = lambda root, nonce: root + nonce

    def debug(body):
        return body[:10] + bytes([body[10] | 8]) + body[11:]

    s.edit = debug
    s.refused("Packages.Coordinator.Debug: expected false, got true")
    s.edit = lambda body: body
    s.policy(SNP={"Measurement": "ab" * 48})
    s.refused("Packages.Coordinator.SNP.Measurement: expected \"" + "ab" * 48)
    s.policy(TDX={"MRTD": "ab" * 48})
    s.refused("Packages.Coordinator")
    s.close()


def each_measurement_of_the_policy_counts(home):
    s = Scene(home)
    fitting = s.fitting()
    for member, value, expected in (("UniqueID", "ab" * 32, '"' + "ab" * 32 + '"'), ("SignerID", "cd" * 32, '"' + "cd" * 32 + '"'),
                                    ("ProductID", fitting["ProductID"] + 1, str(fitting["ProductID"] + 1)),
                                    ("SecurityVersion", fitting["SecurityVersion"] + 1, "at least %d" % (fitting["SecurityVersion"] + 1)),
                                    ("Debug", True, "true")):
        s.policy(**{**fitting, member: value})
        done = s.refused("policy of %s: Packages.Coordinator.%s: expected %s, got " % (s.policy_file, member, expected))
        contains(done.error, "failed: policy of " + str(s.policy_file))
        contains(done.error, "  expected: " + expected)
        contains(done.error, "  accepted by: Packages.Coordinator." + member)
    contains(s.get("--format", "json").failure(ATTESTATION, "attestation"), "Packages.Coordinator.Debug")
    s.close()


def every_command_that_verifies_does_it_the_same_way(home):
    s = Scene(home)
    (home / "m.json").write_text("{}")
    flags = ["--era-config", s.policy_file, "--collateral", s.platform.bundle, s.platform.root]
    s.policy(UniqueID="ab" * 32)
    for command in (["manifest", "set", "m.json"], ["manifest", "verify", "00" * 32], ["manifest", "get"], ["certificate", "root"],
                    ["certificate", "intermediate"], ["certificate", "chain"], ["attest", "save", "-o", "record.json"], ["recovery", "status"],
                    ["recover", "request", "-o", "request.json"], ["recover-with-signature", "public-key", "-o", "key.pem"],
                    ["recover-with-signature", "-s", "m.json", "m.json"]):
        s.cli(*command, s.fake.at, *flags).expect(ATTESTATION, "", "Packages.Coordinator.UniqueID: expected")
    true(all("quote" in request for request in s.fake.requests), "nothing else was asked for")
    s.close()


def a_debug_enclave_needs_a_policy_for_one(home):
    s = Scene(home)

    def debug(body):
        body[48] |= 2
        return body

    s.edit = debug
    s.refused("Packages.Coordinator.Debug: expected false, got true")
    s.policy(**s.fitting(), Debug=True)
    s.get().expect(OK)
    s.close()


def the_report_is_bound_to_root_and_nonce(home):
    s = Scene(home)
    other = ssl.PEM_cert_to_DER_cert(keys.user("bob")[0].read_text())
    for over in (lambda root, nonce: root, lambda root, nonce: root + b"other", lambda root, nonce: other + nonce,
                 lambda root, nonce: nonce + root):
        s.report_over = over
        done = s.refused("report data does not match the certificate's hash")
        contains(done.error, "failed: report data of root certificate and nonce\n  expected: ")
        contains(done.error, "\n  got: " + hashlib.sha256(over(ssl.PEM_cert_to_DER_cert(s.pem), s.nonces[-1])).hexdigest() + "00" * 32)
    s.refused("report data", "--nonce", "mine")
    s.close()


def collateral_has_to_be_there_and_good_now(home):
    s = Scene(home)
    contains(s.refused("collateral_missing", bundle=False).error, "taw collateral fetch")
    contains(s.refused("expired: ", "--collateral", s.platform.expired, bundle=False).error, "taw collateral fetch")
    (home / "none").write_text("{}")
    contains(s.refused("collateral_format", "--collateral", home / "none", bundle=False).error, "taw collateral fetch")
    s.refused("collateral: ", "--collateral", home / "nowhere", bundle=False, status=USAGE)
    s.refused("cert_chain", root=False)
    s.refused("--intel-root-key", "--intel-root-key=04", root=False, status=USAGE)
    s.close()


def a_quote_that_was_changed_is_refused(home):
    s = Scene(home)
    for wrap, reason in ((lambda quote: quote[:100] + bytes([quote[100] ^ 1]) + quote[101:], "quote_signature"),
                         (lambda quote: quote[:-400], "format"), (lambda quote: b"\1\2\3", "format")):
        s.wrap = wrap
        s.refused(reason + ": ")
    s.close()


def without_a_policy_nobody_is_accepted(home):
    s = Scene(home)
    contains(s.refused("no policy says which Coordinator is meant", policy=False).error, "Hint: --era-config")
    for name in ("coordinator-era.json", "era-config.json"):
        (home / name).write_text(s.policy_file.read_text())
        contains(s.get(policy=False).expect(OK).error, "against " + name)
    (home / "era-config.json").write_text(json.dumps({"UniqueID": "ab" * 32}))
    s.refused("policy of era-config.json", policy=False)
    s.get().expect(OK)
    s.close()


def a_policy_that_says_too_little_or_too_much_is_refused(home):
    s = Scene(home)
    unique, signer = "ab" * 32, {"SignerID": "ab" * 32}
    for text, part in ((b"", "policy.json"), (b"[]", "not an object"), (b"null", "not an object"), (b"{} x", "policy.json"),
                       ({}, "there is no UniqueID, SignerID, TDX or SNP"), ({"Debug": True}, "there is no UniqueID"),
                       ({"SecurityVersion": 1, "ProductID": 1}, "there is no UniqueID and no SignerID"),
                       (signer, "there is no ProductID"), ({**signer, "ProductID": 1}, "there is no SecurityVersion"),
                       ({"UniqueID": unique, "InsecureSkipVerify": True}, "InsecureSkipVerify"),
                       ({"UniqueID": unique, "Nonce": "AAAA"}, "Nonce"), ({"UniqueID": unique, "UniqueId2": ""}, "not known"),
                       ({"UniqueID": "ab"}, "32 bytes in hex"), ({"UniqueID": "zz" * 32}, "32 bytes in hex"),
                       ({"UniqueID": unique, "SignerID": "ab" * 31}, "32 bytes in hex"), ({"UniqueID": 7}, "UniqueID"),
                       ({"TDX": {}}, "MRTD"), ({"TDX": {}, "Debug": True}, "MRTD"), ({"SNP": {"HostData": unique}}, "Measurement"),
                       ({"UniqueID": unique, "AcceptedTCBStatuses": ["uptodate"]}, "there is no TCB status \"uptodate\"")):
        s.policy_file.write_bytes(text if isinstance(text, bytes) else json.dumps(text).encode())
        s.refused(part, status=USAGE)
    s.refused("policy for the Coordinator", "--era-config", home / "nowhere", policy=False, status=USAGE)
    s.close()


def what_is_behind_passes_by_list_only(home):
    s = Scene(home, "behind")
    done = s.get().expect(OK, None, "checked: TCB status of the platform: SWHardeningNeeded")
    contains(done.error, "Warning: TCB level accepted by configuration: SWHardeningNeeded; advisories: INTEL-SA-00001, INTEL-SA-00002\n")
    s.policy(**s.fitting(), AcceptedTCBStatuses=["UpToDate"])
    done = s.refused("Packages.Coordinator.AcceptedTCBStatuses: expected [\"UpToDate\"] or UpToDate, got SWHardeningNeeded")
    contains(done.error, "accepted by: Packages.Coordinator.AcceptedTCBStatuses: [\"UpToDate\",\"SWHardeningNeeded\"]")
    s.get("--accepted-tcb-statuses", "SWHardeningNeeded").expect(OK)  # the flag is stronger than the file
    s.policy(**s.fitting(), AcceptedAdvisories=["INTEL-SA-00001"])
    s.refused("Packages.Coordinator.AcceptedAdvisories: expected only advisories of the list, got INTEL-SA-00002")
    s.get("--accepted-advisories", "INTEL-SA-00001,intel-sa-00002").expect(OK)
    s.policy(**s.fitting())
    s.refused("got SWHardeningNeeded", "--accepted-tcb-statuses", "UpToDate")
    s.refused("got INTEL-SA-00001", "--accepted-advisories", "INTEL-SA-00002")
    s.refused("there is no TCB status \"Nonsense\"", "--accepted-tcb-statuses", "Nonsense", status=USAGE)
    s.close()


if __name__ == "__main__":
    taw.run(globals())
