# SPDX-License-Identifier: Apache-2.0
"""Certificates that embed evidence (RA-TLS), on the command line: in every scheme, bound to the key of the certificate or to another."""

import base64
import hashlib
import json
import subprocess

import taw
from taw import Skip, contains, equal, true
from test_attest import INVALID, NOW, REJECTED, VALID, VECTORS, make, run_taw
from test_coordinator_quote import Platform

DICE, RA_TLS, GRAMINE = "2.23.133.5.4.9", "1.2.840.113741.1337.6", "0.6.9.42.840.113741.1337.6"
OPEN_ENCLAVE, OPEN_ENCLAVE_OLD, SDK = "1.3.6.1.4.1.311.105.1", "1.2.840.113556.10.1.1", "1.2.840.113741.1.13.1"


def openssl(*args, data=None):
    return subprocess.run(["openssl", *map(str, args)], input=data, check=True, capture_output=True, timeout=60).stdout


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    return bytes([major << 5 | 25]) + value.to_bytes(2, "big")


def string(major, value):
    return head(major, len(value)) + value


def claims_of(key_hash, algorithm=1):
    return head(5, 1) + string(3, b"pubkey-hash") + string(2, head(4, 2) + head(0, algorithm) + string(2, key_hash))


class Key:
    def __init__(self, home, name):
        self.home, self.name, self.subject, self.file = home, name, name, home / (name + ".key")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.file)
        self.spki = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")
        self.pem = openssl("pkey", "-in", self.file, "-pubout") + b"\0"

    def certificate(self, *extensions):
        """PEM, signed by itself. extensions: (oid, value)."""
        file = self.home / (self.name + ".conf")
        lines = ["[req]", "distinguished_name=dn", "[dn]", "[ext]", *("%s=DER:%s" % (oid, value.hex()) for oid, value in extensions)]
        file.write_text("\n".join(lines) + "\n")
        return openssl("req", "-x509", "-key", self.file, "-subj", "/CN=" + self.subject, "-days", 3, "-config", file, "-extensions", "ext")


class Scene:
    """A platform that makes quotes over what a test says."""

    def __init__(self, home, form="sgx"):
        self.platform, self.key, self.other = Platform(home, form), Key(home, "program"), Key(home, "other")
        self.at = 520 if form == "tdx" else 320

    def quote_over(self, hashed):
        body = bytearray(self.platform.body)
        body[self.at:self.at + 64] = hashlib.sha256(hashed).digest() + bytes(32)
        return self.platform.quote(bytes(body))

    def extension(self, oid, key, algorithm=1):
        """The value that binds the key by the rule of the scheme."""
        if oid == DICE:
            claims = claims_of(hashlib.sha256(key.spki).digest(), algorithm)
            return oid, head(6, 60000) + head(4, 2) + string(2, self.quote_over(claims)) + string(2, claims)
        if oid in (OPEN_ENCLAVE, OPEN_ENCLAVE_OLD):
            quote = self.quote_over(key.pem if oid == OPEN_ENCLAVE_OLD else key.spki)
            return oid, b"\1\0\0\0\2\0\0\0" + len(quote).to_bytes(8, "little") + quote
        return oid, self.quote_over(key.pem if oid == SDK else key.spki)

    def verify(self, data, *more):
        return run_taw("attest", "verify", "-", "--collateral", self.platform.bundle, "--at", NOW, self.platform.root, *more, data=data)

    def judged(self, data, status):
        return self.verify(data, "--format", "json").expect(status).data("Attestation")

    def close(self):
        self.platform.close()


def inspect(data, status=VALID):
    return run_taw("attest", "inspect", "-", "--format", "json", data=data).expect(status)


def every_scheme_is_recognised_and_its_key_compared(home):
    s = Scene(home)
    for oid, scheme in ((DICE, "TCG DICE tagged evidence"), (RA_TLS, "RA-TLS"), (GRAMINE, "RA-TLS of Gramine"),
                        (OPEN_ENCLAVE, "Open Enclave"), (OPEN_ENCLAVE_OLD, "Open Enclave, old"), (SDK, "Intel SGX SDK")):
        pem = s.key.certificate(s.extension(oid, s.key))
        data = s.judged(pem, VALID)
        embedded = data["embedded_in"]
        true(embedded.pop("key_binding_rule").startswith("SHA-256 of "), oid)
        equal(embedded, {"certificate": 1, "certificates": 1, "subject": "program", "oid": oid, "scheme": scheme,
                         "key_binding": "bound"}, oid)
        equal((data["result"], data["steps"][-1]["name"]), ("valid", "report data binds the key of the certificate"), oid)
        looked = inspect(pem).data("AttestationInspection")
        equal((looked["form"], looked["embedded_in"]["key_binding"], looked["verified"]), ("certificate", "bound", False), oid)
        text = s.verify(pem).expect(VALID).out
        contains(text, "certificate             1 of 1, program\nextension               %s (%s)\n" % (oid, scheme))
        contains(text, "certificate's key       bound by the report data (SHA-256 of ")

        stolen = s.other.certificate(s.extension(oid, s.key))
        data = s.judged(stolen, INVALID)
        step = data["steps"][-1]
        equal((data["reason"], data["embedded_in"]["key_binding"], step["name"], step["passed"]),
              ("policy", "not_bound", "report data binds the key of the certificate", False), oid)
        true(step["expected"] != step["found"], "what was expected: %r" % step)
        equal(inspect(stolen).data("AttestationInspection")["embedded_in"]["key_binding"], "not_bound", oid)
        contains(s.verify(stolen).expect(INVALID).out, "certificate's key       not bound by the report data")
    s.close()


def certificates_come_in_pem_der_and_chains(home):
    s = Scene(home, "tdx")
    pem, plain = s.key.certificate(s.extension(DICE, s.key)), s.other.certificate()
    der = openssl("x509", "-outform", "DER", data=pem)
    for form in (pem, der, der.hex().encode(), base64.b64encode(der), b"subject: some text\n" + pem, pem.replace(b"\n", b"\r\n")):
        equal(s.judged(form, VALID)["embedded_in"]["certificates"], 1, "certificates")
    for chain, number in ((pem + plain, 1), (plain + pem, 2), (plain + plain + pem + s.other.certificate((DICE, b"\0")), 3)):
        embedded = s.judged(chain, VALID)["embedded_in"]
        equal((embedded["certificate"], embedded["subject"]), (number, "program"), "certificate of the chain")
    both = s.key.certificate(s.extension(GRAMINE, s.key), s.extension(DICE, s.key))
    equal(s.judged(both, VALID)["embedded_in"]["oid"], DICE, "the standard one is preferred")
    (home / "chain.pem").write_bytes(plain + pem)
    file = run_taw("attest", "verify", home / "chain.pem", "--collateral", s.platform.bundle, "--at", NOW, s.platform.root).expect(VALID)
    contains(file.out, "certificate             2 of 2, program\n")
    s.close()


def a_hash_that_is_not_known_is_not_checked(home):
    s = Scene(home)
    pem = s.key.certificate(s.extension(DICE, s.key, algorithm=7))
    data = s.judged(pem, VALID)
    equal(data["embedded_in"]["key_binding"], "not_checked", "binding")
    true(all(step["name"] != "report data binds the key of the certificate" for step in data["steps"]), "no step claims it")
    done = s.verify(pem).expect(VALID)
    contains(done.out, "certificate's key       not checked")
    contains(done.error, "Warning: the key of the certificate was not compared")
    s.close()


def genuine_quotes_in_certificates_of_strangers_are_shown_and_refused(home):
    key = Key(home, "stranger")
    for name in ("sgx3-processor-2025", "tdx4-b0c06f-uptodate"):
        if not (VECTORS / name).exists():
            raise Skip("the vectors in ../shared are not here")
        expected = json.loads((VECTORS / name / "expected.json").read_text())
        quote = (VECTORS / name / "quote.bin").read_bytes()
        for oid in (RA_TLS, OPEN_ENCLAVE):
            pem = key.certificate((oid, quote))
            looked = inspect(pem).data("AttestationInspection")
            equal({k: looked["fields"][k] for k in expected["fields"]}, expected["fields"], "fields")
            equal((looked["fmspc"], looked["embedded_in"]["key_binding"]), (expected["fmspc"], "not_bound"), name)
            done = run_taw("attest", "verify", "-", "--collateral", VECTORS / name / "collateral.json", "--at",
                           expected["verify_time_unix"], "--format", "json", data=pem)
            data = done.expect(INVALID).data("Attestation")
            equal((data["reason"], data["tcb_status"], [step["passed"] for step in data["steps"][:-1]]),
                  ("policy", expected["tcb_status"], [True] * (len(data["steps"]) - 1)), "only the key is wrong")


def a_name_in_a_certificate_makes_no_lines_of_its_own(home):
    s = Scene(home)
    s.key.subject = "a\npolicy                  mine accepts\x1b[1A"
    data = s.key.certificate(s.extension(RA_TLS, s.key))
    for done in (s.verify(data), run_taw("attest", "inspect", "-", data=data)):
        contains(done.out, "a\\u000apolicy                  mine accepts\\u001b[1A\n")
        true("\npolicy" not in done.out, done.out)


def what_is_no_evidence_in_a_certificate_says_so(home):
    s = Scene(home)
    good = s.extension(DICE, s.key)[1]
    made = make(home)["sgx3"]
    chain = made.quote.read_bytes()
    chain = chain[chain.index(b"-----BEGIN"):].rstrip(b"\0")
    rows = [(s.other.certificate(), "1 certificate, and no extension with evidence in it"),
            (s.other.certificate() * 3, "3 certificates, and no extension with evidence in any"),
            (chain, "3 certificates, and no extension with evidence in any"),  # of a PCK: the OID of Intel's SDK
            (s.key.certificate((DICE, b"\0")), "certificate 1: extension 2.23.133.5.4.9: tagged evidence"),
            (s.key.certificate((DICE, good[:-1])), "certificate 1: extension 2.23.133.5.4.9: tagged evidence"),
            (s.other.certificate() + s.key.certificate((DICE, good + b"\0")), "certificate 2: extension 2.23.133.5.4.9: tagged evidence"),
            (s.key.certificate((DICE, head(6, 60001) + good[3:])), "CBOR tag 60001 is not that of a quote"),
            (s.key.certificate((RA_TLS, b"\0")), "quote"),
            (s.key.certificate((SDK, s.quote_over(b"")[:1000])), "quote"),
            (s.key.certificate((OPEN_ENCLAVE, b"\1\0\0\0\2\0\0\0" + bytes(8) + s.quote_over(b""))), "header of Open Enclave"),
            (s.key.certificate((RA_TLS, s.key.certificate())), "quote"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1: ")]
    for data, part in rows:
        judged = s.judged(data, INVALID)
        equal((judged["result"], judged["reason"]), ("invalid", "format"), part)
        contains(judged["detail"], part)
        contains(json.loads(inspect(data, REJECTED).error)["error"]["message"], part)
        fetched = run_taw("collateral", "fetch", "-", "-o", home / "never", "--pcs", "http://127.0.0.1:1", "--retry", 0, data=data)
        contains(fetched.expect(REJECTED).error, part)
    s.close()


if __name__ == "__main__":
    taw.run(globals())
