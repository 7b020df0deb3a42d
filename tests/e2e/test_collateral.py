# SPDX-License-Identifier: Apache-2.0
"""Collateral on the command line: services of our own that serve what was recorded or made here, in every form in which PCS,
PCCS and KDS deliver it, and with every kind of failure."""

import base64
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import threading
import time
import urllib.parse

import taw
from taw import Skip, equal, true
from test_attest import DAY, NAMED, NOW, VALID, VECTORS, Made, make, run_taw, verify

FAILED, USAGE, ATTESTATION, TRUST, NOT_FOUND, REJECTED, UNREACHABLE = 1, 2, 3, 4, 6, 8, 11
INTEL_ITEMS = ("tcb", "qe/identity", "pckcrl", "root")


def pem(label, der):
    text = base64.b64encode(der).decode()
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n" % (label, "\n".join(text[i:i + 64] for i in range(0, len(text), 64)), label)


def unpem(text):
    return base64.b64decode("".join(text.split("-----")[2].split()))


def unpem_all(text):
    return [unpem("-----BEGIN " + part) for part in text.split("-----BEGIN ")[1:]]


class Service:
    """PCS, PCCS and KDS in one. items: path -> function of the query that gives (status, headers, body)."""

    def __init__(self, tls=None):
        self.items, self.asked, self.keys, self.before = {}, [], [], lambda path, n: None
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_GET(self):
                path, _, query = self.path.partition("?")
                service.asked.append(self.path)
                service.keys.append(self.headers.get("Ocp-Apim-Subscription-Key"))
                n = sum(one.partition("?")[0] == path for one in service.asked)
                answer = service.before(path, n)
                if answer is None:
                    item = service.items.get(path)
                    answer = item(dict(urllib.parse.parse_qsl(query))) if item else (404, {}, b"")
                if callable(answer):
                    return answer(self)
                status, headers, body = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = "%s://127.0.0.1:%d" % ("https" if tls else "http", self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    def serve_intel(self, bundle, fmspc, ca, crl="der", header=lambda name: name):
        """The items of a bundle for one platform; what is asked for others is not there."""
        b = json.loads(pathlib.Path(bundle).read_text())
        tee = b["tee"]

        def chain(name, member):
            return {header(name): urllib.parse.quote(b[member], safe="+")}

        def crl_form(member):
            der = base64.b64decode(b[member])
            return {"der": der, "pem": pem("X509 CRL", der).encode(), "hex": der.hex().encode(),
                    "HEX": der.hex().upper().encode() + b"\n"}[crl]

        def tcb(query):
            if query != {"fmspc": fmspc, "update": query.get("update")} or query["update"] not in ("standard", "early"):
                return 404, {}, b""
            return 200, chain("TCB-Info-Issuer-Chain", "tcb_info_issuer_chain"), b["tcb_info"].encode()

        def identity(query):
            return 200, chain("SGX-Enclave-Identity-Issuer-Chain", "qe_identity_issuer_chain"), b["qe_identity"].encode()

        def pckcrl(query):
            if query != {"ca": ca, "encoding": "der"}:
                return 400, {}, b""
            return 200, chain("SGX-PCK-CRL-Issuer-Chain", "pck_crl_issuer_chain"), crl_form("pck_crl")

        def root(query):
            return 200, {}, crl_form("root_ca_crl")

        self.items = {"/%s/certification/v4/tcb" % tee: tcb, "/%s/certification/v4/qe/identity" % tee: identity,
                      "/sgx/certification/v4/pckcrl": pckcrl, "/sgx/certification/v4/rootcacrl": root,
                      "/IntelSGXRootCA.der": root}
        return self

    def serve_pck(self, chain, wanted, key=None):
        """The PCK certificate for exactly this query, with this subscription key."""
        leaf, *issuers = (pem("CERTIFICATE", der) for der in unpem_all(chain))
        header = {"SGX-PCK-Certificate-Issuer-Chain": urllib.parse.quote("".join(issuers), safe="+"), "SGX-TCBm": "00" * 18}

        def pckcert(query):
            if key is not None and self.keys[-1] != key:
                return 401, {}, b""
            return (200, header, leaf.encode()) if query == wanted else (404, {}, b"")
        self.items["/sgx/certification/v4/pckcert"] = pckcert
        return self

    def serve_amd(self, bundle, product, kind, vek=None, form="der"):
        """vek: the path and query under which the certificate is."""
        b = json.loads(pathlib.Path(bundle).read_text())
        base = "/%s/v1/%s" % (kind, product)
        self.items = {base + "/cert_chain": lambda query: (200, {}, (b["ask"] + b["ark"]).encode())}
        if "crl" in b:
            self.items[base + "/crl"] = lambda query: (200, {}, base64.b64decode(b["crl"]))
        if vek:
            path, _, query = vek.partition("?")
            wanted = dict(urllib.parse.parse_qsl(query))
            body = unpem(b["vek"]) if form == "der" else b["vek"].encode()
            self.items[base + "/" + path] = lambda query: (200, {}, body) if query == wanted else (404, {}, b"")
        return self


class Fetch:
    """One evidence whose bundle is fetched into a file of a test's directory."""

    def __init__(self, home, evidence, at, *flags):
        self.evidence, self.at, self.flags, self.file = evidence, at, flags, home / "fetched.json"

    def __call__(self, service, *more, kind="--pcs", retry=0, **options):
        args = ["collateral", "fetch", self.evidence, "-o", self.file, "--at", self.at, "--format", "json", *self.flags, *more]
        if service is not None:
            args += ["--kds", service.url] if kind == "--kds" else [kind, service.url]
            if kind == "--pcs":
                args += ["--root-ca-crl", service.url + "/IntelSGXRootCA.der"]
        return run_taw(*args, *(["--retry", retry] if retry is not None else []), **options)

    def expect_same(self, bundle):
        """The file has the items of the bundle, and verifies as that does."""
        got, wanted = json.loads(self.file.read_text()), json.loads(pathlib.Path(bundle).read_text())
        hints = {"fetched_at", "source", "vek_type"}
        equal(sorted(set(got) - hints), sorted(set(wanted) - hints), "members")
        for name in set(wanted) - hints:
            equal(*(unpem_all(b[name]) if "-----BEGIN" in str(b[name]) else b[name] for b in (got, wanted)), name)
        verify(self.evidence, self.file, self.at, *self.flags).expect(VALID)


def refused(done, status, code=None):
    equal((done.status, done.out), (status, ""), "status and output of %s (%s)" % (done.about, done.error))
    error = json.loads(done.error)["error"]
    if code:
        equal(error["code"], code, "code")
    return error["message"]


def intel_here(home, name="sgx3"):
    """Evidence made here, and what a service is asked for."""
    made = make(home)[name]
    inspected = run_taw("attest", "inspect", made.quote, "--format", "json").data("AttestationInspection")
    return made, inspected.get("fmspc"), inspected.get("pck_ca")


# ---- what was recorded ----

def recorded(name):
    path = VECTORS / name
    if not path.exists():
        raise Skip("the vectors in ../shared are not here")
    return path, json.loads((path / "expected.json").read_text())


def recorded_answers_of_intel_make_the_recorded_bundle(home):
    for name in ("sgx3-processor-2025", "tdx4-b0c06f-uptodate"):
        path, expected = recorded(name)
        fetch = Fetch(home, path / "quote.bin", expected["verify_time_unix"])
        for kind in ("--pcs", "--pccs"):
            for crl in ("der", "pem", "hex", "HEX"):
                with Service().serve_intel(path / "collateral.json", expected["fmspc"], expected["pck_ca"], crl) as service:
                    data = fetch(service, kind=kind).expect(VALID).data("CollateralFetch")
                    equal(len(service.asked), 4, "requests")
                fetch.expect_same(path / "collateral.json")
                equal(os.stat(fetch.file).st_mode & 0o777, 0o600, "mode of a new file")
                fetch.file.unlink()
        names = ("tee", "fmspc", "pck_ca", "result", "tcb_evaluation_data_number", "collateral_earliest_expiration")
        equal({name: data[name] for name in names}, {name: expected[name] for name in names}, "data")


def recorded_answers_of_amd_make_the_recorded_bundle(home):
    path, expected = recorded("snp3-milan-vcek")
    fields, parts = expected["fields"], expected["reported_tcb_parts"]
    vek = "%s?blSPL=%d&teeSPL=%d&snpSPL=%d&ucodeSPL=%d" % (fields["chip_id"], parts["bl"], parts["tee"], parts["snp"], parts["ucode"])
    fetch = Fetch(home, path / "report.bin", expected["verify_time_unix"])
    with Service().serve_amd(path / "collateral.json", "Milan", "vcek", vek) as service:
        # The vector has no list, and a service without one is not believed without being told so.
        refused(fetch(service, kind="--kds"), NOT_FOUND, "not-found")
        true(not fetch.file.exists(), "nothing was written")
        equal(service.asked, ["/vcek/v1/Milan/" + vek, "/vcek/v1/Milan/cert_chain", "/vcek/v1/Milan/crl"], "requests")
        fetch(service, "--without-crl", kind="--kds").expect(VALID)
    fetch.expect_same(path / "collateral.json")


def a_recorded_quote_without_a_chain_asks_for_its_certificate(home):
    path, expected = recorded("sgx3-encrypted-ppid-no-chain")
    raw = (path / "quote.bin").read_bytes().rstrip(b"\0")
    name = raw[raw.index((404).to_bytes(4, "little"), 436 + 512) + 4:][:404].ljust(404, b"\0")
    with Service() as service:
        refused(Fetch(home, path / "quote.bin", expected["verify_time_unix"])(service), NOT_FOUND)
        equal(service.asked, ["/sgx/certification/v4/pckcert?encrypted_ppid=%s&cpusvn=%s&pcesvn=%s&pceid=%s" % (
            name[:384].hex(), name[384:400].hex(), name[400:402].hex(), name[402:].hex())], "requests")


# ---- what was made here ----

def quotes_of_every_kind_get_their_bundle(home):
    for name in ("sgx3", "sgx4", "tdx4", "tdx5"):
        made, fmspc, ca = intel_here(home, name)
        fetch = Fetch(home, made.quote, NOW, made.root)
        for crl, header in (("der", str), ("pem", str.lower), ("hex", str.upper)):
            with Service().serve_intel(made.bundle, fmspc, ca, crl, header) as service:
                for update in ("standard", "early"):
                    data = fetch(service, "--update", update).expect(VALID).data("CollateralFetch")
                    equal((data["update"], data["result"]), (update, "valid"), name)
                equal(sum("update=early" in one for one in service.asked), 2, "both documents are of the same update")
            fetch.expect_same(made.bundle)


def a_quote_without_a_chain_needs_it_from_a_file(home):
    made = make(home)["outside"]
    bundle = json.loads(made.bundle.read_text())
    (home / "chain.pem").write_text(bundle["pck_certificate_chain"])
    fetch = Fetch(home, made.quote, NOW, made.root)
    with Service() as service:
        true("--pck-chain" in refused(fetch(service), USAGE), "it says what is missing")
        equal(service.asked, [], "nothing was asked")
        inspected = run_taw("attest", "verify", made.quote, "--collateral", made.bundle, "--at", NOW, made.root, "--format",
                            "json").data("Attestation")
        service.serve_intel(made.bundle, inspected["fmspc"], inspected["pck_ca"])
        fetch(service, "--pck-chain", home / "chain.pem").expect(VALID)
        (home / "none.pem").write_text("nonsense")
        refused(fetch(service, "--pck-chain", home / "none.pem"), REJECTED)
    fetch.expect_same(made.bundle)


# ---- PCK certificates that a quote only names ----

class Named:
    """A quote that names its PCK certificate, and what has to be asked for it."""

    def __init__(self, home, name):
        self.made = Made(home, name)
        self.bundle = json.loads(self.made.bundle.read_text())
        self.chain = self.bundle["pck_certificate_chain"]
        data = self.made.verify().expect(VALID).data("Attestation")
        self.fmspc, self.ca = data["fmspc"], data["pck_ca"]
        clear, length = name == "ppid1", {"1": 16, "2": 256, "3": 384}[name[-1]]
        self.wanted = {} if clear else {"encrypted_ppid": "77" * length}
        self.wanted.update(cpusvn="99" * 16, pcesvn="0d00", pceid="0100")
        self.at_pccs = {"qeid": bytes(range(16)).hex(), **self.wanted}
        self.fetch = Fetch(home, self.made.quote, NOW, self.made.root)

    def service(self, wanted, chain=None, **options):
        return Service().serve_intel(self.made.bundle, self.fmspc, self.ca).serve_pck(chain or self.chain, wanted, **options)


def a_pck_certificate_that_a_quote_names_is_fetched(home):
    make(home)
    for name in NAMED:
        named = Named(home, name)
        for kind, wanted in (("--pcs", named.wanted), ("--pccs", named.at_pccs)):
            if (name, kind) == ("ppid1", "--pcs"):
                continue
            with named.service(wanted) as service:
                data = named.fetch(service, kind=kind).expect(VALID).data("CollateralFetch")
                equal(len(service.asked), 5, "requests")
            equal((data["result"], data["fmspc"], data["pck_ca"], data["pck_certificate_fetched"]),
                  ("valid", named.fmspc, named.ca, True), name)
            named.fetch.expect_same(named.made.bundle)
            with named.service(wanted) as service:
                text = run_taw("collateral", "fetch", named.made.quote, "-o", named.fetch.file, "--at", NOW, named.made.root, kind,
                               service.url, *(["--root-ca-crl", service.url + "/IntelSGXRootCA.der"] if kind == "--pcs" else []))
                true("PCK certificate         fetched from " + service.url + "\n" in text.expect(VALID).out, text.out)
    (home / "chain.pem").write_text(named.chain)
    with Service().serve_intel(named.made.bundle, named.fmspc, named.ca) as service:
        data = named.fetch(service, "--pck-chain", home / "chain.pem").expect(VALID).data("CollateralFetch")
        equal((data["pck_certificate_fetched"], len(service.asked)), (False, 4), "one from a file is not asked for")


def a_platform_that_is_named_in_the_clear_is_asked_for_at_a_pccs(home):
    make(home)
    named = Named(home, "ppid1")
    with named.service(named.wanted) as service:
        message = refused(named.fetch(service), USAGE, "usage")
        true("--pccs" in message and "--pck-chain" in message, message)
        equal(service.asked, [], "nothing was asked")
    # Old quotes do not say which PCE it is.
    raw = named.made.quote.read_bytes()
    length, inner = len(raw) - 436, raw[:-2]
    at = len(raw) - 36 - 4
    old = raw[:432] + (length - 2).to_bytes(4, "little") + raw[436:at] + (34).to_bytes(4, "little") + inner[at + 4:]
    (home / "old.quote").write_bytes(old)
    with named.service(named.at_pccs) as service:
        true("PCE" in refused(Fetch(home, home / "old.quote", NOW, named.made.root)(service, kind="--pccs"), USAGE), "it says what is missing")
        equal(service.asked, [], "nothing was asked")


def the_subscription_key_comes_from_a_file_and_goes_to_one_place(home):
    make(home)
    named = Named(home, "ppid3")
    key = home / "api-key"
    context = https_context(home)
    key.write_text("0123456789abcdef\n")
    with Service(context) as service:
        service.serve_intel(named.made.bundle, named.fmspc, named.ca).serve_pck(named.chain, named.wanted, key="0123456789abcdef")
        flags = ("--ca-file", home / "tls.pem", "--pcs-api-key-file", key)
        named.fetch(service, *flags).expect(VALID)
        equal(service.keys, ["0123456789abcdef", None, None, None, None], "where the key went")
        named.fetch.expect_same(named.made.bundle)
        done = named.fetch(service, "--ca-file", home / "tls.pem")
        true("401" in refused(done, FAILED), "it is wanted")
        true("--pcs-api-key-file" in json.loads(done.error)["error"]["hint"], "how to give one")
        key.write_text("another-secret")
        done = named.fetch(service, *flags)
        refused(done, FAILED)
        true("another-secret" not in done.error and "hint" not in json.loads(done.error)["error"], "nothing of the key is said: " + done.error)
        service.asked.clear()
        for text in ("", "\n", "two\nlines", "a b", "\x7f", "x" * 2000):
            key.write_text(text)
            refused(named.fetch(service, *flags), USAGE, "usage")
        key.write_text("0123456789abcdef")
        refused(named.fetch(service, "--ca-file", home / "tls.pem", "--pcs-api-key-file", home / "nowhere"), USAGE)
        refused(named.fetch(service, *flags, kind="--pccs"), USAGE)
        refused(named.fetch(None, "--pcs", "http://127.0.0.1:1", "--pcs-api-key-file", key), USAGE, "usage")
        equal(service.asked, [], "nothing was asked")


def a_pck_certificate_that_does_not_fit_is_refused(home):
    make(home)
    named, other = Named(home, "ppid3"), Named(home, "ppid2")
    fetch = named.fetch
    fetch.file.write_bytes(b"an older bundle")
    chain = unpem_all(named.chain)

    def answered(change, status):
        with named.service(named.wanted) as service:
            good = service.items["/sgx/certification/v4/pckcert"]
            service.items["/sgx/certification/v4/pckcert"] = lambda query: change(*good(query))
            message = refused(fetch(service), status)
        equal(fetch.file.read_bytes(), b"an older bundle", message)
        return message

    answered(lambda status, headers, body: (404, {}, b""), NOT_FOUND)
    for body in (b"", b"nonsense", pem("CERTIFICATE", chain[0]).encode() * 2, pem("CERTIFICATE", b"nonsense").encode(),
                 pem("CERTIFICATE", chain[1]).encode()):
        answered(lambda status, headers, _: (status, headers, body), ATTESTATION if b"BEGIN" in body and body.count(b"BEGIN") == 1 else FAILED)
    for header in ("", "nonsense", urllib.parse.quote(pem("CERTIFICATE", chain[1])), urllib.parse.quote(named.chain)):
        answered(lambda status, headers, body: (status, {"SGX-PCK-Certificate-Issuer-Chain": header}, body), FAILED)
    # Of another root; of this root with another key: only the signature of the QE report shows that.
    foreign = unpem_all(other.chain)
    true("cert_chain" in answered(lambda status, headers, body: (
        status, {"SGX-PCK-Certificate-Issuer-Chain": urllib.parse.quote("".join(pem("CERTIFICATE", der) for der in foreign[1:]))},
        pem("CERTIFICATE", foreign[0]).encode()), ATTESTATION), "another root")
    raw = bytearray(named.made.quote.read_bytes())
    raw[436 + 128 + 64] ^= 1  # the QE report
    (home / "signed-by-another").write_bytes(raw)
    fetch.evidence = home / "signed-by-another"
    with named.service(named.wanted) as service:
        true("qe_report_signature" in refused(fetch(service), ATTESTATION), "the key of the certificate is not the platform's")
    equal(fetch.file.read_bytes(), b"an older bundle", "file")

    def changed(at, value):
        """The quote with another name of its certificate, and what the service is asked then."""
        edited = bytearray(named.made.quote.read_bytes())
        edited[len(edited) + at] = value
        (home / "changed").write_bytes(edited)
        fetch.evidence = home / "changed"
        tail = bytes(edited[-20:])
        with named.service({**named.wanted, "cpusvn": tail[:16].hex(), "pcesvn": tail[16:18].hex(), "pceid": tail[18:].hex()}) as service:
            return fetch(service)

    true("PCEID 0100 and not 0200" in refused(changed(-2, 2), ATTESTATION), "PCEID")
    true("PCESVN 13 and not at most 12" in refused(changed(-4, 12), ATTESTATION), "PCESVN")
    equal(fetch.file.read_bytes(), b"an older bundle", "file")
    for at, value in ((-4, 14), (-20, 0)):
        warnings = json.loads(changed(at, value).expect(VALID).out)["warnings"]
        true("another TCB" in warnings[0], "a lower TCB is warned of: %r" % warnings)


def reports_get_their_bundle(home):
    made = make(home)["milan"]
    fields = run_taw("attest", "inspect", made.quote, "--format", "json").data("AttestationInspection")
    parts = fields["reported_tcb_parts"]
    vek = "%s?blSPL=%d&teeSPL=%d&snpSPL=%d&ucodeSPL=%d" % (fields["fields"]["chip_id"], parts["bl"], parts["tee"], parts["snp"],
                                                         parts["ucode"])
    fetch = Fetch(home, made.quote, NOW, made.root)
    for form in ("der", "pem"):
        with Service().serve_amd(made.bundle, "Milan", "vcek", vek, form) as service:
            data = fetch(service, kind="--kds").expect(VALID).data("CollateralFetch")
        equal((data["tee"], data["product"], data["vek_type"], data["result"]), ("snp", "Milan", "vcek", "valid"), "data")
        fetch.expect_same(made.bundle)
    with Service().serve_amd(made.bundle, "Milan", "vcek") as service:
        refused(fetch(service, kind="--kds"), NOT_FOUND, "not-found")
        (home / "vek.pem").write_text(json.loads(made.bundle.read_text())["vek"])
        fetch(service, "--vek", home / "vek.pem", kind="--kds").expect(VALID)
    fetch.expect_same(made.bundle)


def a_report_of_turin_is_asked_for_with_its_own_parts(home):
    made = make(home)["turin"]
    parts = run_taw("attest", "inspect", made.quote, "--format", "json").data("AttestationInspection")
    tcb, chip = parts["reported_tcb_parts"], parts["fields"]["chip_id"][:16]
    vek = "%s?fmcSPL=%d&blSPL=%d&teeSPL=%d&snpSPL=%d&ucodeSPL=%d" % (chip, tcb["fmc"], tcb["bl"], tcb["tee"], tcb["snp"], tcb["ucode"])
    with Service().serve_amd(made.bundle, "Turin", "vcek", vek) as service:
        refused(Fetch(home, made.quote, NOW, made.root)(service, kind="--kds"), NOT_FOUND)
        equal(service.asked[0], "/vcek/v1/Turin/" + vek, "the first request")
        equal(len(service.asked), 3, "it was found: only the list is not there")


def a_vlek_comes_from_a_file(home):
    made = make(home)["vlek"]
    bundle = json.loads(made.bundle.read_text())
    (home / "vlek.der").write_bytes(unpem(bundle["vek"]))
    fetch = Fetch(home, made.quote, NOW, made.root)
    with Service().serve_amd(made.bundle, "Milan", "vlek") as service:
        true("--vek" in refused(fetch(service, kind="--kds"), USAGE), "it says what is missing")
        equal(service.asked, [], "nothing was asked")
        refused(fetch(service, "--vek", home / "vlek.der", kind="--kds"), NOT_FOUND)
        equal(service.asked, ["/vlek/v1/Milan/cert_chain", "/vlek/v1/Milan/crl"], "requests")
        (home / "bad").write_bytes(b"nonsense")
        refused(fetch(service, "--vek", home / "bad", kind="--kds"), USAGE)


# ---- what goes wrong ----

def kept(home, made, fmspc, ca):
    """A file that is there already and must stay as it is."""
    fetch = Fetch(home, made.quote, NOW, made.root)
    fetch.file.write_bytes(b"an older bundle")

    def check(about):
        equal(fetch.file.read_bytes(), b"an older bundle", about)
        equal(sorted(p.name for p in home.glob("fetched*")), ["fetched.json"], "files left behind after " + about)
    return fetch, check


def a_bad_answer_never_replaces_a_good_file(home):
    made, fmspc, ca = intel_here(home)
    fetch, check = kept(home, made, fmspc, ca)
    paths = {"tcb": "/sgx/certification/v4/tcb", "identity": "/sgx/certification/v4/qe/identity",
             "crl": "/sgx/certification/v4/pckcrl", "root": "/IntelSGXRootCA.der"}
    wrong = [("nothing", lambda status, headers, body: (status, headers, b"")),
             ("nonsense", lambda status, headers, body: (status, headers, b"<html>nonsense</html>")),
             ("bytes", lambda status, headers, body: (status, headers, bytes(range(256)) * 10)),
             ("half", lambda status, headers, body: (status, headers, body[:len(body) // 2])),
             ("one more byte", lambda status, headers, body: (status, headers, body + b"x")),
             ("one bit", lambda status, headers, body: (status, headers, body[:-30] + bytes([body[-30] ^ 1]) + body[-29:])),
             ("no chain", lambda status, headers, body: (status, {}, body)),
             ("nonsense as chain", lambda status, headers, body: (status, {name: "%zz" for name in headers}, body)),
             ("no PEM as chain", lambda status, headers, body: (status, {name: "text" for name in headers}, body)),
             ("half a chain", lambda status, headers, body: (status, {n: v[:len(v) // 2] for n, v in headers.items()}, body))]
    for item, path in paths.items():
        for about, change in wrong:
            if item == "root" and "chain" in about:
                continue
            with Service().serve_intel(made.bundle, fmspc, ca) as service:
                good = service.items[path]
                service.items[path] = lambda query: change(*good(query))
                done = fetch(service)
                true(done.status in (FAILED, ATTESTATION), "%s for %s: %d %s" % (about, item, done.status, done.error))
                refused(done, done.status)
            check("%s for %s" % (about, item))


def collateral_of_others_and_of_other_times_is_refused(home):
    made, fmspc, ca = intel_here(home)
    fetch, check = kept(home, made, fmspc, ca)
    with Service().serve_intel(made.bundle, fmspc, ca) as service:
        for at, reason in ((NOW + 40 * 365 * DAY, "expired"), (1, "not_yet_valid")):
            fetch.at = at
            true(reason in refused(fetch(service), ATTESTATION, "attestation"), reason)
            check(reason)
        fetch.at = NOW
        other = Fetch(home, made.quote, NOW)
        true("cert_chain" in refused(other(service), ATTESTATION), "the roots are Intel's without the flag")
        check("another root")
    tdx = Made(home, "tdx4")
    with Service().serve_intel(tdx.bundle, fmspc, ca) as service:
        service.items = {path.replace("/tdx/", "/sgx/"): item for path, item in service.items.items()}
        refused(fetch(service), ATTESTATION)
        check("collateral of TDX")


def older_collateral_replaces_newer_only_with_force(home):
    made, fmspc, ca = intel_here(home)
    fetch = Fetch(home, made.quote, NOW, made.root)
    older, elsewhere = home / "sgx3.older", home / "sgx3.elsewhere"
    newer = made.bundle.read_bytes()
    with Service().serve_intel(older, fmspc, ca) as service:
        fetch.file.write_bytes(newer)
        done = fetch(service)
        message = refused(done, ATTESTATION, "attestation")
        true("number is 16 and not at least 17" in message and str(fetch.file) in message, message)
        true("--force" in json.loads(done.error)["error"]["hint"], "what lets it")
        equal(fetch.file.read_bytes(), newer, "the newer one stays")
        done = fetch(service, "--force").expect(VALID)
        equal(json.loads(done.out)["warnings"], ["TCB evaluation data number 16 takes the place of number 17"], "warnings")
        fetch.expect_same(older)
        equal(json.loads(fetch(service).expect(VALID).out)["warnings"], [], "the same number")
        # What is not good, or for another platform, is no measure.
        broken = json.loads(newer)
        broken["tcb_info"] = broken["tcb_info"].replace('"tcbEvaluationDataNumber":17', '"tcbEvaluationDataNumber":99')
        half = json.dumps({**json.loads(newer), "pck_crl": ""}).encode()
        for other in (b"", b"nonsense", half, json.dumps(broken).encode(), elsewhere.read_bytes(), (home / "tdx4.bundle").read_bytes()):
            fetch.file.write_bytes(other)
            equal(json.loads(fetch(service).expect(VALID).out)["warnings"], [], "warnings")
            fetch.expect_same(older)
    with Service().serve_intel(made.bundle, fmspc, ca) as service:
        equal(json.loads(fetch(service).expect(VALID).out)["warnings"], [], "a newer one comes as before")
    fetch.expect_same(made.bundle)


def evidence_that_is_not_valid_is_warned_of(home):
    made, fmspc, ca = intel_here(home)
    raw = bytearray(made.quote.read_bytes())
    raw[100] ^= 1
    made.quote.write_bytes(raw)
    fetch = Fetch(home, made.quote, NOW, made.root)
    with Service().serve_intel(made.bundle, fmspc, ca) as service:
        done = fetch(service).expect(VALID)
    envelope = json.loads(done.out)
    equal((envelope["data"]["result"], envelope["data"]["reason"], len(envelope["warnings"])), ("invalid", "quote_signature", 1), "data")
    true(fetch.file.exists(), "the collateral is good")


def what_fails_for_a_moment_is_tried_again(home):
    made, fmspc, ca = intel_here(home)
    fetch = Fetch(home, made.quote, NOW, made.root)
    with Service().serve_intel(made.bundle, fmspc, ca) as service:
        for status in (500, 503, 429):
            service.asked.clear()
            service.before = lambda path, n: (status, {}, b"") if "identity" in path and n == 1 else None
            refused(fetch(service), UNREACHABLE, "unreachable")
            service.asked.clear()
            fetch(service, retry=1).expect(VALID)
            equal(len(service.asked), 5, "requests after one %d" % status)
            service.asked.clear()
            fetch(service, retry=None).expect(VALID)
        service.before = lambda path, n: (500, {}, b"") if "identity" in path else None
        service.asked.clear()
        refused(fetch(service, retry=2), UNREACHABLE)
        equal(sum("identity" in path for path in service.asked), 3, "tries are bounded")
        for status in (400, 401, 403, 302, 204):
            service.before = lambda path, n: (status, {"Location": service.url + "/other"}, b"") if "identity" in path else None
            service.asked.clear()
            refused(fetch(service, retry=2), FAILED)
            equal(sum("identity" in path for path in service.asked), 1, "a refusal is not tried again")
            true("/other" not in service.asked, "redirects are not followed")
        service.before = lambda path, n: (404, {}, b"") if "/tcb" in path else None
        true("404" in refused(fetch(service, retry=2), NOT_FOUND, "not-found"), "it says so")
    true(json.loads(fetch.file.read_text())["tee"] == "sgx", "the good one is still there")


def slow_and_broken_services_end_in_time(home):
    made, fmspc, ca = intel_here(home)
    fetch, check = kept(home, made, fmspc, ca)

    def slow(handler):
        time.sleep(3)

    def truncated(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
        handler.close_connection = True

    def endless(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        handler.close_connection = True
        for _ in range(64):
            handler.wfile.write(b"x" * 65536)

    def nonsense(handler):
        handler.wfile.write(b"\0\1\2 nonsense\r\n\r\n")
        handler.close_connection = True

    def long_header(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTCB-Info-Issuer-Chain: " + b"x" * 90000 + b"\r\nContent-Length: 0\r\n\r\n")

    for behaviour, statuses in ((slow, (UNREACHABLE,)), (truncated, (UNREACHABLE,)), (endless, (FAILED,)),
                                (nonsense, (UNREACHABLE,)), (long_header, (FAILED, UNREACHABLE))):
        with Service() as service:
            service.before = lambda path, n: behaviour
            begun = time.monotonic()
            done = fetch(service, "--timeout", "1")
            true(done.status in statuses, "%s: %d %s" % (behaviour.__name__, done.status, done.error))
            true(time.monotonic() - begun < 20, "it ends in time")
        check(behaviour.__name__)
    gone = Service()
    gone.close()
    refused(fetch(gone), UNREACHABLE, "unreachable")
    check("a service that is not there")


def https_context(directory):
    """A server's; the authority is in tls.pem."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=PCCS", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(directory / "tls.key"), "-out",
                    str(directory / "tls.pem")], check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "tls.pem", directory / "tls.key")
    return context


def https_is_judged(home):
    made, fmspc, ca = intel_here(home)
    fetch, check = kept(home, made, fmspc, ca)
    with Service(https_context(home)).serve_intel(made.bundle, fmspc, ca, "hex") as service:
        refused(fetch(service, kind="--pccs"), TRUST, "trust")
        check("an unknown authority")
        refused(fetch(service, "--ca-file", home / "nowhere", kind="--pccs"), TRUST)
        fetch(service, "--ca-file", home / "tls.pem", kind="--pccs").expect(VALID)
    fetch.expect_same(made.bundle)


def wrong_wishes_are_usage_errors(home):
    made, fmspc, ca = intel_here(home)
    with Service().serve_intel(made.bundle, fmspc, ca) as service:
        fetch = Fetch(home, made.quote, NOW, made.root)
        run_taw("collateral", "fetch", made.quote).expect(USAGE)
        run_taw("collateral", "fetch", "-o", home / "x").expect(USAGE)
        for url in ("ftp://x", "x", "", "https", "file:///etc/passwd"):
            refused(fetch(None, "--pcs", url), USAGE, "usage")
            refused(fetch(None, "--pccs", url), USAGE, "usage")
        for more in (("--kds", ""), ("--update", "late"), ("--pccs", service.url),
                     ("--product", "Rome"), ("--at", "x")):
            refused(fetch(service, *more), USAGE, "usage")
        (home / "none").write_bytes(b"nonsense")
        refused(Fetch(home, home / "none", NOW)(service), REJECTED, "rejected")
        refused(Fetch(home, home / "nowhere", NOW)(service), USAGE, "usage")
        equal(service.asked, [], "nothing was asked")
        fetch.file = home / "no" / "directory"
        refused(fetch(service), FAILED)
        fetch.file = "-"
        out = fetch(service).expect(VALID)
        equal(json.loads(out.out)["tee"], "sgx", "the bundle on standard output")
        slash = Fetch(home, made.quote, NOW, made.root)
        slash(None, "--pcs", service.url + "/", "--root-ca-crl", service.url + "/IntelSGXRootCA.der").expect(VALID)


if __name__ == "__main__":
    taw.run(globals())
