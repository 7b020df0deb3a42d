# SPDX-License-Identifier: Apache-2.0
"""The command line against a real Coordinator: every command, as text and as JSON, in a pipe and on a terminal; and what it
does with Coordinators that answer nonsense, slowly or not at all, and with files that cannot be read or written."""

import json
import os
import pathlib
import re
import socket
import ssl
import stat
import threading
import time

import taw
from cli_scene import Scene
from command_line import ATTESTATION, DENIED, FAILED, KEY, NOT_FOUND, OK, REJECTED, TRUST, UNREACHABLE, USAGE, Cli, Fake, says
from taw import Coordinator, Deployment, contains, equal, keys, run_program, true


# ---- the program itself ----

def help_is_there_for_every_command_and_ends_with_0(home):
    cli = Cli(home)
    contains(cli().expect(OK).out, "Commands:")
    for command in ("", "manifest", "manifest set", "status", "completion"):
        text = cli(*command.split(), "--help").expect(OK).out
        contains(text, "Usage:\n  taw" + (" " + command if command else ""))
        equal(cli("help", *command.split()).expect(OK).out, text, "help and --help")
    cli("help", "nonsense").expect(USAGE)
    cli("manifest").expect(OK)


def mistyped_commands_and_flags_are_corrected_and_end_with_2(home):
    cli = Cli(home)
    cli("manifst", "get").expect(USAGE, "", 'Error: unknown command "manifst" for "taw"\n\nDid you mean this?\n\tmanifest\n')
    cli("manifest", "verfy", "a", "b").expect(USAGE, "", "\tverify\n")
    cli("status", "--insecur", "x").expect(USAGE, "", "unknown flag: --insecur\n\nDid you mean this?\n\t--insecure")
    contains(cli("manifst", "--format", "json").failure(USAGE, "usage"), "unknown command")
    cli("update", "plan").expect(USAGE, "", "\tmanifest update\n")
    for typed in (("status",), ("secret", "get", "x", "h:1"), ("manifest", "check-log", "x")):
        error = cli(*typed).expect(USAGE, "", " --help' for its flags.\n").error
        true(error.startswith("Error: ") and error.count("\n") == 4, "the error is not out of sight: %r" % error)


def an_unknown_format_in_the_environment_is_refused(home):
    cli = Cli(home)
    env = cli.environment(TAW_FORMAT="xml")
    cli("version", env=env).expect(USAGE, "", 'Error: TAW_FORMAT is "xml": want text, json or yaml')
    cli("version", "--format", "text", env=env).expect(OK)
    cli("version", env=cli.environment(TAW_FORMAT="")).expect(OK)


def the_name_marblerun_shows_in_what_is_said(home):
    link = home / "marblerun"
    link.symlink_to(taw.TAW)
    Cli(home, link)("version", "x").expect(USAGE, "", 'unknown command "x" for "marblerun version"')
    contains(Cli(home, link)("completion", "bash").expect(OK).out, "complete -o default -F _marblerun marblerun")


def neither_home_nor_configuration_directory_is_needed_before_it_is_used(home):
    cli = Cli(home)
    env = {name: value for name, value in cli.environment().items() if name not in ("HOME", "XDG_CONFIG_HOME")}
    cli("version", env=env).expect(OK)
    cli("--help", env=env).expect(OK)
    cli("status", "localhost:1", env=env).expect(USAGE, "", "--coordinator-cert")
    cli("status", "localhost:1", env=dict(env, XDG_CONFIG_HOME="relative")).expect(USAGE)


def the_manual_has_a_page_for_every_command_of_the_table(home):
    """And the list of pages that are built is that of the table."""
    names = Cli(home)("manual").expect(OK).out.split()
    built = (pathlib.Path(__file__).parents[2] / "man" / "meson.build").read_text()
    listed = re.search(r"taw_pages = \[(.*?)\]", built, re.S).group(1)
    equal(sorted(re.findall("'(.*?)'", listed)), sorted(names), "pages in man/meson.build")


# ---- verification ----

def a_simulated_coordinator_needs_insecure_and_says_so(home):
    s = Scene(home)
    s.manifest.write_bytes(Deployment("none").manifest)
    for command in (["manifest", "set", s.manifest], ["manifest", "verify", s.manifest], ["manifest", "get"]):
        done = s.cli(*command, s.at).expect(ATTESTATION, "", "verifying Coordinator quote: empty report")
        contains(done.error, "--insecure")
    equal(s.c.code(), taw.FRESH, "nothing was set")
    contains(s.cli("manifest", "get", s.at, "--format", "json").failure(ATTESTATION, "attestation"), "empty report")
    s.c.stop()


def stderr_says_which_checks_ran_and_the_cache_remembers_them(home):
    s = Scene(home)
    s.manifest.write_bytes(Deployment("none").manifest)
    done = s.cli("-i", "manifest", "set", s.manifest, s.at).expect(OK, "")
    for line in ("Warning: skipping quote verification", "not checked: quote of the Coordinator",
                 "checked: the intermediate certificate is signed by the root", "holds the key of that root",
                 "Manifest signature: " + s.hash(), "Manifest successfully set"):
        contains(done.error, line)
    text = s.cli.cache.read_text()
    equal(text.count("BEGIN CERTIFICATE"), 2, "certificates in the cache")
    contains(text, "Nobody has verified")
    equal(stat.S_IMODE(s.cli.cache.stat().st_mode), 0o600, "mode of the cache")
    contains(s.cli("status", s.at).expect(OK).error, "was stored with --insecure")
    envelope = json.loads(s.cli("status", s.at, "--format", "json").out)
    true(any("stored with --insecure" in warning for warning in envelope["warnings"]), "warning in the envelope")
    true(any("checked: root certificate" in check for check in envelope["checks"]), "check in the envelope")
    s.c.stop()


def another_coordinator_and_another_name_are_refused_with_4(home):
    s = Scene(home, "none")
    (home / "other").mkdir()
    other = Coordinator(home / "other", machine="b").start()
    done = s.cli("status", other.address).expect(TRUST, "", "does not present the expected root certificate")
    contains(done.error, "recovery mode")
    true("checked: root" not in done.error, "no check is claimed that failed")
    named = s.cli("status", "127.0.0.2:%d" % s.c.port)
    if named.status != UNREACHABLE:
        named.expect(TRUST, "", "is not for \"127.0.0.2\"")
    other.stop()
    s.c.stop()


def the_cache_is_needed_and_may_lie_elsewhere(home):
    s = Scene(home)
    s.cli("status", s.at).expect(TRUST, "", "No such file").expect(TRUST, "", "manifest verify")
    s.cli("status", "-i", s.at).expect(OK, "2: Coordinator is ready to accept a manifest.\n", "not checked: who answers")
    s.manifest.write_bytes(Deployment("none").manifest)
    s.cli("manifest", "set", s.manifest, s.at, "-i", "--coordinator-cert", home / "deep" / "er" / "c.pem").expect(OK)
    s.cli("status", s.at, "--coordinator-cert=" + str(home / "deep" / "er" / "c.pem")).expect(OK)
    for text, says in (("", "intermediate"), ("nonsense\n", "intermediate"), (s.c.get("/api/v2/quote").data()["cert"][:900], "root")):
        (home / "bad.pem").write_text(text)
        s.cli("status", s.at, "--coordinator-cert", home / "bad.pem").expect(TRUST, "", says)
    s.c.stop()


def one_command_is_one_connection(home):
    s = Scene(home, "none")
    connections = []
    listener = socket.create_server(("127.0.0.1", 0))

    def forward(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def accept():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            connections.append(client)
            server = socket.create_connection(("127.0.0.1", s.c.port))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=forward, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    at = "127.0.0.1:%d" % listener.getsockname()[1]
    for count, command in enumerate((["status", at], ["manifest", "verify", s.manifest, at, "-i"], ["manifest", "get", at, "-i"]), 1):
        s.cli(*command).expect(OK)
        equal(len(connections), count, "connections after " + " ".join(map(str, command)))
    listener.close()
    s.c.stop()


# ---- certificates ----

def certificates_are_those_of_the_coordinator_and_fit_together(home):
    s = Scene(home, "none")
    chain = s.c.get("/api/v2/quote").data()["cert"]
    s.cli("certificate", "chain", s.at, "-i").expect(OK, "", "Certificate chain written to marblerunChainCA.crt")
    s.cli("certificate", "root", s.at, "-i").expect(OK, "", "Root certificate written to marblerunRootCA.crt")
    s.cli("certificate", "intermediate", s.at, "-i", "-o", "x.pem").expect(OK, "", "Intermediate certificate written to x.pem")
    equal((home / "marblerunChainCA.crt").read_text(), chain, "the chain")
    equal((home / "x.pem").read_text() + (home / "marblerunRootCA.crt").read_text(), chain, "its parts")
    run_program("openssl", "verify", "-CAfile", home / "marblerunRootCA.crt", home / "x.pem")
    s.cli.gives_file((home / "marblerunRootCA.crt").read_text(), "certificate", "root", s.at, "-i")
    s.cli("certificate", "root", s.at, "-i", "-o", "").expect(USAGE, "", "output flag must not be empty")
    data = s.cli("certificate", "root", s.at, "-i", "--format", "json").json("Certificate")
    equal(data, {"file": "marblerunRootCA.crt", "pem": (home / "marblerunRootCA.crt").read_text()}, "as JSON")
    s.cli("certificate", "root", s.at).expect(ATTESTATION, "", "retrieving certificate from Coordinator: verifying Coordinator quote")
    s.c.stop()


# ---- secrets ----

class SecretScene(Scene):
    def __init__(self, home):
        super().__init__(home)
        self.deployment = taw.UploadDeployment("none")
        self.manifest.write_bytes(self.deployment.manifest)
        self.cli("manifest", "set", self.manifest, self.at, "-i").expect(OK)
        cert, key = self.deployment.user
        self.user = ("--cert", cert, "--key", key)


def secrets_are_set_and_read_by_their_user(home):
    s = SecretScene(home)
    value = bytes(range(32))
    text = taw.b64(value)
    (home / "secrets.json").write_text(json.dumps({"token": {"Key": text[:20] + "\r\n" + text[20:]}, "key": {"key": text}}))
    s.cli("secret", "set", "secrets.json", s.at, *s.user).expect(OK, "Secret successfully set\n")
    equal(s.deployment.uploaded(s.c), value, "what the Coordinator has")
    s.cli("secret", *s.user, "get", "token", "key", "databaseKey", s.at, "-o", "got.json").expect(OK, "", "Saved secrets to: got.json")
    got = json.loads((home / "got.json").read_text())
    equal(got, s.c.get("/api/v2/secrets?s=token&s=key&s=databaseKey", s.deployment.user).data()["secrets"], "the secrets")
    equal(list(got), sorted(got), "sorted by name")
    equal(stat.S_IMODE((home / "got.json").stat().st_mode), 0o600, "mode")
    s.cli("secret", "get", "token", "key", s.at, *s.user).expect(
        OK, "key:\n\tType:          symmetric-key\n\tUserDefined:   true\n\tSize:          256\n\tKey:           %s\n\n"
            "token:\n\tType:          plain\n\tData:          %s\n\n" % (text, text))
    data = s.cli("secret", "get", "token", s.at, *s.user, "--format", "json").json("Secret")
    equal(data["secrets"], {"token": got["token"]}, "as JSON")
    s.cli("secret", "get", "nobody&s=token", s.at, *s.user).expect(DENIED, "", "not allowed")
    for text, says in (("[]", "want an object of secrets"), ('{"a":1}', "want an object with"), ('{"a":{"Key":"*"}}', "base64"), ("{", "line 1"),
                       ("-----BEGIN X-----", "--from-pem")):
        (home / "bad.json").write_text(text)
        s.cli("secret", "set", "bad.json", s.at, *s.user).expect(REJECTED, "", says)
    s.c.stop()


def a_user_needs_certificate_and_key_that_belong_together(home):
    s = SecretScene(home)
    get = ("secret", "get", "token", s.at)
    alice, bob = keys.user("alice"), keys.user("bob")
    s.cli(*get).expect(USAGE, "", "at least one of the flags in the group [pkcs11-cert-id pkcs11-cert-label cert] is required")
    s.cli(*get, "-c", alice[0]).expect(USAGE, "", "if any flags in the group [key cert] are set they must all be set; missing [key]")
    s.cli(*get, "-c", alice[0], "-k", bob[1]).expect(KEY, "", "do not belong together")
    s.cli(*get, "-c", alice[1], "-k", alice[1]).expect(KEY)
    s.cli(*get, "-c", alice[0], "-k", alice[0]).expect(KEY, "", "not a private key")
    s.cli(*get, "-c", alice[0], "-k", home / "none").expect(USAGE)
    s.cli(*get, "-c", bob[0], "-k", bob[1]).expect(DENIED, "", "authorizing user: ")
    s.c.stop()


def an_encrypted_key_asks_for_its_passphrase_without_showing_it(home):
    s = SecretScene(home)
    cert, key = s.deployment.user
    run_program("openssl", "pkcs8", "-topk8", "-in", key, "-passout", "pass:open sesame", "-out", home / "encrypted.key")
    get = ("secret", "get", "databaseKey", s.at, "-c", cert, "-k", home / "encrypted.key")
    shown = s.cli.on_terminal(*get, answers=[("Passphrase for", "open sesame")])
    equal(shown.status, OK, "exit status: %r" % shown)
    true("sesame" not in shown.out and "symmetric-key" in shown.out, "the passphrase is not shown: %r" % shown)
    equal(s.cli.on_terminal(*get, answers=[("Passphrase for", "wrong")]).status, KEY, "a wrong one")
    s.cli(*get, start_new_session=True).expect(KEY, "", "there is no terminal to ask at")
    s.c.stop()


def every_form_of_a_private_key_is_read(home):
    s = SecretScene(home)
    cert, key = s.deployment.user
    run_program("openssl", "ec", "-in", key, "-out", home / "sec1.key")
    run_program("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key, "-out", home / "pkcs8.key")
    for form in ("sec1.key", "pkcs8.key"):
        s.cli("secret", "get", "databaseKey", s.at, "-c", cert, "-k", form).expect(OK)
    s.c.stop()


def a_secret_can_come_from_pem(home):
    bodies = []
    fake = Fake(home, None)

    def answer(sock, request):
        bodies.append(fake.body)
        says('{"status":"success","data":null}')(sock, request)

    fake.answer = answer
    cert, key = keys.user("alice")
    user = ("-c", cert, "-k", key, "-i")
    (home / "both.pem").write_text("text\n" + key.read_text() + cert.read_text())
    (home / "odd.pem").write_text(keys.public("anna"))
    (home / "empty.pem").write_text("nothing\n")
    cli = Cli(home)
    cli("secret", "set", "both.pem", fake.at, "--from-pem", "web", *user).expect(OK)
    sent = json.loads(bodies[-1])["secrets"]["web"]
    equal(taw.unb64(sent["Cert"]), ssl.PEM_cert_to_DER_cert(cert.read_text()), "certificate")
    true(taw.unb64(sent["Private"]) and sent["Key"] is None, "private key")
    cli("secret", "set", "odd.pem", fake.at, "--from-pem", "web", *user).expect(REJECTED, "", "unrecognized PEM type for secret: PUBLIC KEY")
    cli("secret", "set", "empty.pem", fake.at, "--from-pem", "web", *user).expect(REJECTED, "", "found no certificate or private key in PEM data")
    fake.close()


# ---- streams ----

def status_is_the_same_in_a_pipe_on_a_terminal_and_as_data(home):
    s = Scene(home, "none")
    line = "3: Coordinator is running correctly and ready to accept marbles.\n"
    s.cli("status", s.at).expect(OK, line)
    s.cli("status", s.at, "--exit-code").expect(OK, line)
    shown = s.cli.on_terminal("status", s.at)
    equal(shown.status, OK, "exit status on a terminal")
    contains(shown.out, line)
    contains(shown.out, "\x1b[33mWarning: \x1b[0m", "colours on a terminal")
    true("\x1b" not in s.cli("status", s.at).error, "no colours in a pipe")
    contains(s.cli("status", s.at, "--color=always").error, "\x1b[33m")
    data = s.cli("status", s.at, "--format", "json").json("Status")
    equal((data["code"], data["state"], data["message"]), (3, "running", line[3:-1]), "JSON")
    contains(s.cli("status", s.at, "--format", "yaml").expect(OK).out, "kind: Status\ndata:\n  code: 3\n  state: running\n")
    equal(s.cli("status", s.at, env=s.cli.environment(TAW_FORMAT="json")).json("Status"), data, "TAW_FORMAT")
    s.c.stop()


# ---- Coordinators that are none ----

def nonsense_is_named_and_ends_with_a_status(home):
    cli = Cli(home)
    for answer, status, part in (
            (says("<html>"), FAILED, "not that of a Coordinator"),
            (says(b"\x00\xff" * 1000), FAILED, "not that of a Coordinator"),
            (says(""), FAILED, "not that of a Coordinator"),
            (says("[1]"), FAILED, "not that of a Coordinator"),
            (says("{}"), FAILED, "no state"),
            (says('{"status":"success","data":{"code":"3"}}'), FAILED, "code"),
            (says('{"status":"success","data":{"code":3,"message":[]}}'), FAILED, "message"),
            (says('{"status":"error","message":"\\u001b[2Jgone"}', "500 Oops"), FAILED, "\\u001b[2Jgone"),
            (says('{"status":"err\\nor","message":"gone\\nHint: do it"}', "500 Oops"), FAILED, "err\\u000aor: gone\\u000aHint: do it\n"),
            (says("teapot", "418 Teapot"), FAILED, "418"),
            (says('{"status":"fail","message":"who?"}', "401 Unauthorized"), DENIED, "authorizing user: who?"),
            (says("{}", "404 Not Found"), NOT_FOUND, "404 Not Found"),
            (lambda sock, request: sock.sendall(b"SSH-2.0-x\r\n" * 9), UNREACHABLE, "GET https://"),
            (lambda sock, request: sock.close(), UNREACHABLE, "GET https://"),
            (lambda sock, request: sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{") or sock.close(), UNREACHABLE, "GET https://")):
        fake = Fake(home, answer)
        done = cli("status", "-i", fake.at).expect(status, "", part)
        true("\x1b" not in done.error, "no control characters get through")
        fake.close()


def a_chain_that_does_not_hold_together_is_refused(home):
    cli = Cli(home)
    mine = Fake(home, None)
    root = mine.cert.read_text()
    for certificates, status, part in ((root, FAILED, "root certificate"), ("", FAILED, "intermediate certificate"), (root + root, OK, None),
                                       (keys.user("alice")[0].read_text() + root, TRUST, "not signed by the root")):
        fake = Fake(home, lambda sock, request, c=certificates: says(json.dumps({"status": "success", "data": (
            {"cert": c, "quote": None} if "quote" in request else {"manifestFingerprint": "00" * 32, "manifest": "e30="})}))(sock, request))
        done = cli("manifest", "get", fake.at, "-i").expect(status, None, part)
        fake.close()
    # A root that is not the one of the connection: whoever answers does not hold its key.
    other, _ = keys.user("bob")
    text = other.read_text()
    fake = Fake(home, says(json.dumps({"status": "success", "data": {"cert": text + text, "quote": None}})))
    cli("manifest", "get", fake.at, "-i").expect(TRUST, "", "does not present the expected root certificate")
    fake.close()
    # A quote is not taken on trust.
    fake = Fake(home, says(json.dumps({"status": "success", "data": {"cert": root + root, "quote": "AQID"}})))
    cli("manifest", "get", fake.at).expect(ATTESTATION, "", "no policy says which Coordinator is meant")
    cli("manifest", "get", fake.at, "-i", "--save-sgx-quote", "q", "--nonce", "n?>").expect(FAILED, "", "has no manifest")
    contains(fake.requests[-2], "/api/v2/quote?nonce=bj8-")
    fake.close()


def the_old_api_is_asked_when_there_is_no_new_one(home):
    def answer(sock, request):
        if "/api/v2/" in request:
            says('{"status":"error","data":null}', "405 Method Not Allowed")(sock, request)
        else:
            says('{"status":"success","data":{"StatusCode":2,"StatusMessage":"old"}}')(sock, request)

    fake = Fake(home, answer)
    Cli(home)("status", "-i", fake.at).expect(OK, "2: old\n")
    equal(fake.requests, ["GET /api/v2/status HTTP/1.1", "GET /status HTTP/1.1"], "requests")
    fake.close()


def slow_and_silent_coordinators_end_with_11(home):
    cli = Cli(home)
    fake = Fake(home, lambda sock, request: time.sleep(30))
    begin = time.monotonic()
    cli("status", "-i", fake.at, "--timeout", "1").expect(UNREACHABLE, "", "timed out")
    silent = socket.create_server(("127.0.0.1", 0))
    cli("status", "-i", "127.0.0.1:%d" % silent.getsockname()[1], "--connect-timeout", "1").expect(UNREACHABLE)
    silent.close()
    contains(cli("status", "-i", "127.0.0.1:1", "--format", "json").failure(UNREACHABLE, "unreachable"), "127.0.0.1:1")
    cli("status", "-i", "no-such-host.invalid:1", "--timeout", "20").expect(UNREACHABLE)
    true(time.monotonic() - begin < 45, "it does not hang")
    fake.close()


def retries_are_for_what_only_reads(home):
    busy = []

    def answer(sock, request):
        busy.append(request)
        if len(busy) < 3:
            says("{}", "503 Service Unavailable")(sock, request)
        else:
            says('{"status":"success","data":{"code":3,"message":"x"}}')(sock, request)

    cli = Cli(home)
    fake = Fake(home, answer)
    cli("status", "-i", fake.at).expect(UNREACHABLE)
    cli("status", "-i", fake.at, "--retry", "2").expect(OK, "3: x\n", "trying again")
    fake.close()
    for answer in (says("{}", "503 Service Unavailable"), lambda sock, request: sock.close()):
        fake = Fake(home, answer)
        cert, key = keys.user("alice")
        cli("manifest", "update", "cancel", fake.at, "-i", "-c", cert, "-k", key, "--retry", "3").expect(UNREACHABLE)
        equal(len(fake.requests), 1, "what may have had an effect is sent once")
        fake.close()


def check_waits_for_a_coordinator_and_precheck_looks_at_the_machine(home):
    cli = Cli(home)
    listener = socket.create_server(("127.0.0.1", 0))
    at = "127.0.0.1:%d" % listener.getsockname()[1]
    listener.close()
    cli("check", at, "--timeout", "1").expect(UNREACHABLE, "", "Waiting for " + at)
    cli("check").expect(USAGE, "", "Kubernetes")
    fake = Fake(home, says('{"status":"success","data":{"code":1,"message":"x"}}'))
    cli("check", fake.at).expect(OK, fake.at + " answers\n", "not checked: who answers")
    equal(cli("check", fake.at, "--format", "json").json("Check"), {"code": 1}, "JSON")
    fake.close()
    devices = cli("precheck", "--format", "json").expect(OK).json("Precheck")["devices"]
    for device in devices:
        true(os.path.exists(device["path"]), device)
    contains(cli("precheck").expect(OK).out, "This machine")


def endpoints_that_are_none_are_usage_errors(home):
    cli = Cli(home)
    for endpoint in ("https://localhost:1", "localhost:x", "a/b", "user@host:1", ""):
        cli("status", "-i", endpoint).expect(USAGE, "", "endpoint")


taw.run(globals())
