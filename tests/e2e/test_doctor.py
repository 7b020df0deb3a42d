# SPDX-License-Identifier: Apache-2.0
"""`taw doctor`: every check with everything that it can find."""

import datetime
import email.utils
import json
import os
import socket
import threading
import time

import taw
from command_line import FAILED, OK, USAGE, Cli, Fake, says
from taw import Coordinator, contains, equal, keys, true
from test_coordinator_quote import Scene as QuoteScene
from test_watch import free_port, pin, state

HERE = ["tee", "cache", "policy", "collateral", "key"]
THERE = ["name", "tcp", "tls", "san", "root", "clock", "api", "state", "quote"]


def examine(cli, *args, status=None, env=None):
    """The checks by name, as (result, detail, advice). The exit status has to fit them."""
    done = cli("doctor", *args, "--format", "json", env=env)
    data = done.json("Doctor")
    results = [check["result"] for check in data["checks"]]
    true(set(results) <= {"ok", "warning", "failed", "not-checked"}, "results: %r" % results)
    equal((data["failed"], data["warnings"]), (results.count("failed"), results.count("warning")), "counts")
    equal(done.status, FAILED if data["failed"] else OK, "exit status")
    if status is not None:
        equal(done.status, status, "exit status of %r" % done)
    return {check["name"]: (check["result"], check["detail"], check.get("advice", "")) for check in data["checks"]}


def found(checks, name, result, detail="", advice=""):
    got = checks[name]
    equal(got[0], result, "%s: %r" % (name, got))
    contains(got[1], detail, name)
    contains(got[2], advice, "advice about " + name)


class Patient(QuoteScene):
    """A Coordinator with a quote, in good health until a test makes it ill."""

    def __init__(self, home):
        super().__init__(home)
        self.code, self.date, quote = 3, None, self.answer
        pin(self.cli, self.pem)
        self.cli.cache.chmod(0o600)

        def answer(sock, request):
            if "/status" not in request:
                quote(sock, request)
                return
            body = json.dumps({"status": "success", "data": state(self.code)}).encode()
            date = b"" if self.date is None else b"Date: %s\r\n" % self.date.encode()
            sock.sendall(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (date, len(body)) + body)

        self.fake.answer = answer

    def examine(self, *more, at=None, bundle=None, **options):
        return examine(self.cli, at or self.fake.at, "--era-config", self.policy_file, "--collateral", bundle or self.platform.bundle,
                       self.platform.root, *more, **options)


# ---- this machine ----

def without_a_coordinator_it_looks_at_this_machine(home):
    cli = Cli(home)
    checks = examine(cli, status=OK)
    equal(list(checks), HERE + ["clock"], "checks")
    found(checks, "tee", "ok")
    found(checks, "cache", "warning", "No such file", "manifest verify")
    found(checks, "policy", "warning", "no policy says which Coordinator is meant", "--era-config names")
    for name in ("collateral", "key", "clock"):
        found(checks, name, "not-checked")
    done = cli("doctor").expect(OK, None, "failed: 0, warnings: 2")
    contains(done.out, "warning      cache       certificate cache: ")
    contains(done.out, "\n                         -> `manifest verify` verifies")
    contains(done.out, "not checked  key         no --key was given\n")
    contains(cli.on_terminal("doctor").expect(OK).out, "ok           tee ")
    contains(cli("doctor", "--format", "yaml").expect(OK).out, "kind: Doctor")


def the_cache_is_looked_at(home):
    cli = Cli(home)
    certificate = Fake(home, None).cert.read_text()
    pin(cli, certificate)
    cli.cache.chmod(0o600)
    found(examine(cli, status=OK), "cache", "ok", "pinned since 2026-01-02T03:04:05Z")
    cli.cache.chmod(0o620)
    found(examine(cli, status=FAILED), "cache", "failed", "may be written by others", "chmod 600")
    cli.cache.chmod(0o600)
    pin(cli, certificate, "# h:1, 2026-01-02T03:04:05Z, by taw manifest set\n# Nobody has verified a quote for these (--insecure).\n")
    found(examine(cli, status=OK), "cache", "warning", "stored with --insecure", "manifest verify")
    cli.cache.write_text("nonsense")
    found(examine(cli, status=FAILED), "cache", "failed", "intermediate certificate")
    env = {name: value for name, value in cli.environment().items() if name not in ("HOME", "XDG_CONFIG_HOME")}
    found(examine(cli, status=FAILED, env=env), "cache", "failed", "--coordinator-cert")


def policy_and_collateral_are_looked_at(home):
    s = Patient(home)
    checks = s.examine(status=OK)
    found(checks, "policy", "ok", str(s.policy_file))
    found(checks, "collateral", "ok", "is for sgx and good until 20")
    s.policy(**{**s.fitting(), "Debug": True})
    found(s.examine(), "policy", "warning", "in debug mode", "take Debug out")
    s.policy(**{**s.fitting(), "UniqueId": "00"}, InsecureSkipVerify=True)
    found(s.examine(status=FAILED), "policy", "failed", "InsecureSkipVerify")
    s.policy_file.unlink()
    found(s.examine(status=FAILED), "policy", "failed", "policy.json")
    s.policy(**s.fitting())
    found(s.examine(bundle=s.platform.expired, status=FAILED), "collateral", "failed", "expired at 20", "collateral fetch")
    (home / "nonsense").write_text("{}")
    found(s.examine(bundle=home / "nonsense", status=FAILED), "collateral", "failed", "nonsense: ")
    found(s.examine(bundle=home / "none", status=FAILED), "collateral", "failed", "No such file")
    bundle = json.loads(s.platform.bundle.read_text())
    del bundle["tcb_info"]
    (home / "part").write_text(json.dumps(bundle))
    found(s.examine(bundle=home / "part", status=FAILED), "collateral", "failed", "collateral_missing")
    s.close()


def keys_are_looked_at_and_not_read(home):
    cli = Cli(home)
    path = home / "alice.key"
    path.write_text("NOTHING FOR OTHERS")
    for mode, result in ((0o600, "ok"), (0o400, "ok"), (0o640, "failed"), (0o604, "failed"), (0o644, "failed")):
        path.chmod(mode)
        done = cli("doctor", "--key", path)
        found(examine(cli, "--key", path), "key", result, "alice.key")
        true("NOTHING" not in done.out + done.error, "nothing of the key is shown")
    contains(cli("doctor", "--key", path).expect(FAILED).out, "has mode 0644: not for its owner alone")
    path.chmod(0o600)
    found(examine(cli, "--key", "%s,%s" % (path, home / "none"), status=FAILED), "key", "failed", "none: No such file")


def a_key_on_a_token_is_named_without_the_way_to_its_pin(home):
    cli = Cli(home)
    found(examine(cli, "--key", "pkcs11:token=a?pin-source=/home/alice/pin"), "key", "not-checked", "pkcs11:token=a;type=private: keys on tokens")
    for uri in "pkcs11:token=a?pin-value=4711", "pkcs11:token=a?pin-source=/home/alice/pin":
        done = cli("doctor", "--key", uri)
        true("4711" not in done.out + done.error and "alice" not in done.out + done.error, "what is shown to others: %r" % done)


# ---- the way there ----

def a_coordinator_in_good_health_has_no_finding(home):
    s = Patient(home)
    s.date = email.utils.formatdate(usegmt=True)
    checks = s.examine("--key", s.fake.key, status=OK)
    equal(list(checks), HERE + THERE, "checks")
    s.fake.key.chmod(0o600)
    for name, (result, detail, advice) in s.examine("--key", s.fake.key, status=OK).items():
        equal((result, advice), ("ok", ""), "%s: %s" % (name, detail))
    s.close()


def names_and_ports_that_lead_nowhere_are_told_apart(home):
    cli = Cli(home)
    checks = examine(cli, "no-such-host.invalid:4433", status=FAILED)
    found(checks, "name", "failed", "no-such-host.invalid: ", "is the name right")
    found(checks, "tcp", "not-checked", "the name is not known")
    checks = examine(cli, "127.0.0.1:%d" % free_port(), status=FAILED)
    found(checks, "name", "ok", "127.0.0.1 is 127.0.0.1")
    found(checks, "tcp", "failed", "127.0.0.1 (Connection refused)", "does the Coordinator run")
    for name in THERE[2:]:
        found(checks, name, "not-checked", "nobody answers")
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    at = full.getsockname()
    waiting = []
    for _ in range(4):
        waiting.append(socket.socket())
        waiting[-1].setblocking(False)
        waiting[-1].connect_ex(at)
    begin = time.monotonic()
    found(examine(cli, "127.0.0.1:%d" % at[1], "--connect-timeout", "1", status=FAILED), "tcp", "failed", "Connection timed out")
    true(time.monotonic() - begin < 20, "it does not wait for ever")
    cli("doctor", "https://h:1").expect(USAGE, "", "without a scheme")
    cli("doctor", "@none").expect(USAGE, "", "context none")


def a_proxy_hides_the_way(home):
    s = Patient(home)
    env = s.cli.environment(HTTPS_PROXY="http://127.0.0.1:%d" % free_port(), NO_PROXY="127.0.0.1")
    checks = s.examine(env=env, status=OK)
    for name in ("name", "tcp"):
        found(checks, name, "not-checked", "HTTPS_PROXY may lead over a proxy")
    found(checks, "tls", "ok")
    s.close()


def what_answers_without_tls_is_no_coordinator(home):
    listener = socket.create_server(("127.0.0.1", 0))

    def greet():
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.sendall(b"SSH-2.0-OpenSSH\r\n")
            sock.close()

    threading.Thread(target=greet, daemon=True).start()
    checks = examine(Cli(home), "127.0.0.1:%d" % listener.getsockname()[1], status=FAILED)
    found(checks, "tcp", "ok")
    found(checks, "tls", "failed", "GET https://127.0.0.1")
    for name in THERE[3:]:
        found(checks, name, "not-checked", "there is no TLS connection")
    listener.close()


def the_name_has_to_be_in_the_certificate(home):
    s = Patient(home)
    checks = s.examine(at=s.fake.at.replace("127.0.0.1", "localhost"), status=FAILED)
    found(checks, "san", "failed", 'is not for "localhost"', "tawd --dns-names")
    found(checks, "root", "ok")
    s.close()


def another_root_is_a_failure_unless_it_recovers(home):
    s = Patient(home)
    (home / "other").mkdir()
    pin(s.cli, Fake(home / "other", None).cert.read_text())
    found(s.examine(status=FAILED), "root", "failed", "another root certificate", "manifest verify")
    s.code = 1
    checks = s.examine(status=OK)
    found(checks, "root", "warning", "recovery mode", "status --collateral BUNDLE")
    found(checks, "state", "warning", "recovery mode", "`recover` brings")
    s.code = 2
    found(s.examine(status=FAILED), "state", "warning", "", "manifest set")
    s.cli.cache.unlink()
    found(s.examine(), "root", "not-checked", "no pinned root")
    s.close()


def a_quote_that_somebody_hands_on_is_not_that_of_who_answers(home):
    s = Patient(home)
    (home / "other").mkdir()
    s.pem = Fake(home / "other", None).cert.read_text()
    checks = s.examine(status=FAILED)
    found(checks, "root", "ok")
    found(checks, "quote", "failed", "for another root certificate than that of this connection", "somebody stands in between")
    s.close()


def clocks_are_compared(home):
    s = Patient(home)
    for seconds, result in ((0, "ok"), (-50, "ok"), (-100, "warning"), (100, "warning"), (-1000, "failed"), (100000, "failed")):
        s.date = email.utils.formatdate(time.time() + seconds, usegmt=True)
        found(s.examine(), "clock", result, "as at the Coordinator" if result == "ok" else "s apart", "" if result == "ok" else "NTP")
    for text in ("yesterday", "Sun, 06 Nov 1994 08:49:37 CET", "", "Sun, 06 Nov 1994", "\x01"):
        s.date = text
        found(s.examine(), "clock", "ok", "the Coordinator tells none")
    s.close()


def a_certificate_out_of_its_time_is_a_question_of_the_clock(home):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "odd")])
    now = datetime.datetime.utcnow()
    for begin, end in ((1, 2), (-2, -1)):
        key = ec.generate_private_key(ec.SECP256R1())
        cert = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7).not_valid_before(
            now + datetime.timedelta(begin)).not_valid_after(now + datetime.timedelta(end)).sign(key, hashes.SHA256())
        (home / "fake.crt").write_bytes(cert.public_bytes(serialization.Encoding.PEM))
        (home / "fake.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        fake = Fake(home, says(json.dumps({"status": "success", "data": state(3)})))
        found(examine(Cli(home), fake.at, status=FAILED), "clock", "failed", "the certificate is good from 20", "NTP")
        fake.close()


def answers_that_are_none_and_old_ones_are_named(home):
    fake = Fake(home, says('{"status":"success","data":{"code":3,"message":"a\\nok           root        b"}}'))
    lines = Cli(home)("doctor", fake.at).out.splitlines()
    true(not any(line.startswith("ok           root") for line in lines), "what is said makes no line of its own: %r" % lines)
    fake.answer = says("<html>")
    checks = examine(Cli(home), fake.at, status=FAILED)
    found(checks, "tls", "ok")
    found(checks, "api", "failed", "not that of a Coordinator")
    for name in ("state", "quote"):
        found(checks, name, "not-checked", "the state is not known")

    def old(sock, request):
        if "/api/v2" in request:
            says("{}", "405 Method Not Allowed")(sock, request)
        else:
            says('{"status":"success","data":{"StatusCode":3,"StatusMessage":"Coordinator is fine."}}')(sock, request)

    fake.answer = old
    checks = examine(Cli(home), fake.at, status=FAILED)
    found(checks, "api", "warning", "version 1")
    found(checks, "state", "ok", "Coordinator is fine.")
    found(checks, "quote", "failed", "405")
    fake.close()


def quotes_are_verified_where_they_can_be(home):
    s = Patient(home)
    found(s.examine(), "quote", "ok", "genuine and fits the policy")
    found(examine(s.cli, s.fake.at, s.platform.root, "--era-config", s.policy_file, status=OK), "quote", "not-checked", "collateral_missing", "collateral fetch")
    found(examine(s.cli, s.fake.at, status=OK), "quote", "not-checked", "no policy says")
    found(s.examine("-i", status=OK), "quote", "not-checked", "--insecure does not verify")
    s.policy(**{**s.fitting(), "UniqueID": "ab" * 32})
    found(s.examine(status=FAILED), "quote", "failed", "UniqueID: expected")
    s.close()


def a_simulated_coordinator_is_a_warning(home):
    c = Coordinator(home).start()
    cli = Cli(home)
    for flags in ((), ("-i",)):
        checks = examine(cli, c.address, *flags, status=OK)
        found(checks, "quote", "warning", "simulation mode", "--insecure")
        found(checks, "state", "warning", "ready to accept a manifest", "manifest set")
        found(checks, "clock", "ok")
        found(checks, "api", "ok", "version 2")
    contains(cli("doctor", c.address).expect(OK).out, "ok           san         the certificate is for 127.0.0.1\n")
    c.stop()


if __name__ == "__main__":
    taw.run(globals())
