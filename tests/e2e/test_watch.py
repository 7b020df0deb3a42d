# SPDX-License-Identifier: Apache-2.0
"""`taw status` beyond its first line, --watch and `taw wait`: against a real Coordinator that goes away, comes back and is recovered,
and against one with a quote."""

import hashlib
import json
import os
import pty
import re
import select
import signal
import socket
import ssl
import subprocess
import threading
import time

import envelopes
import taw
from command_line import ATTESTATION, OK, STATE, TRUST, UNREACHABLE, USAGE, Cli, Fake, says
from taw import Coordinator, Deployment, contains, equal, true
from test_coordinator_quote import Scene as QuoteScene

RUNS = "3: Coordinator is running correctly and ready to accept marbles."
RECOVERS = "1: Coordinator is in recovery mode. "


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Scene:
    """A Coordinator that keeps its port when it starts again, and a command line that has set its manifest."""

    def __init__(self, home, scheme="none"):
        self.home, self.cli, self.port = home, Cli(home), free_port()
        self.at = "127.0.0.1:%d" % self.port
        self.deployment = Deployment(scheme)
        self.manifest = home / "manifest.json"
        self.manifest.write_bytes(self.deployment.manifest)
        self.start()
        done = self.cli("manifest", "set", self.manifest, self.at, "-i").expect(OK)
        self.secrets = json.loads(done.out)["RecoverySecrets"] if done.out else {}
        (home / "recovery.json").write_text(json.dumps({"RecoverySecrets": self.secrets}))

    def start(self, machine="a"):
        self.c = Coordinator(self.home, machine, ["--client-address", self.at]).start()

    def recover(self, holder):
        self.cli("recover", "recovery.json", self.at, "-i", "-k", taw.keys.rsa(holder)).expect(OK)


class Running:
    """taw in a pipe, while it goes on; lines come as they are written."""

    def __init__(self, cli, *args):
        self.process = subprocess.Popen([str(cli.program), *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, cwd=cli.home, env=cli.environment())
        self.held = b""

    def line(self, part):
        """The next line, which has this part."""
        until = time.monotonic() + 30
        while b"\n" not in self.held and time.monotonic() < until:
            if select.select([self.process.stdout], [], [], 1)[0]:
                got = os.read(self.process.stdout.fileno(), 65536)
                if not got:
                    break
                self.held += got
        line, _, self.held = self.held.partition(b"\n")
        contains(line.decode(), part, "line of the watch")
        envelopes.check_text(line.decode() + "\n")
        return line.decode()

    def interrupt(self, wanted=0):
        self.process.send_signal(signal.SIGINT)
        self.rest, self.error = self.process.communicate(timeout=30)
        equal(self.process.returncode, wanted, "exit status after SIGINT, having said %r" % self.error)
        return self.error.decode()


class Counting(Fake):
    """Says what it is told for each path, and counts connections."""

    def __init__(self, home, answers):
        self.connections, self.answers = 0, answers
        super().__init__(home, self.reply)

    def talk(self, raw):
        self.connections += 1
        super().talk(raw)

    def reply(self, sock, request):
        for part, answer in self.answers.items():
            if part in request:
                status, data = answer if isinstance(answer, tuple) else ("200 OK", answer)
                says(json.dumps({"status": "success" if status.startswith("200") else "error", "data": data, "message": "no"}), status)(sock, request)
                return
        says("{}", "405 Method Not Allowed")(sock, request)


def state(code):
    return {"code": code, "message": {1: RECOVERS, 2: "2: x", 3: RUNS}[code][3:]}


def fingerprint(fake):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(fake.cert.read_text())).hexdigest()


def pin(cli, certificate, first="# h:1, 2026-01-02T03:04:05Z, by taw manifest verify\n"):
    cli.cache.parent.mkdir(parents=True, exist_ok=True)
    cli.cache.write_text(first + certificate + certificate)


# ---- status ----

def plain_status_is_one_request_and_says_whom_it_saw_only_as_data(home):
    fake = Counting(home, {"/status": state(3)})
    cli = Cli(home)
    pin(cli, fake.cert.read_text())
    cli("status", fake.at).expect(OK, RUNS + "\n", "checked: root certificate and name, against")
    data = cli("status", fake.at, "--format", "json").expect(OK).json("Status")
    equal(data["root"], {"sha256": fingerprint(fake), "trust": "pinned", "since": "2026-01-02T03:04:05Z", "verified": True}, "root")
    cli("status", fake.at, "-i").expect(OK, RUNS + "\n", "not checked: who answers")
    equal(cli("status", fake.at, "-i", "--format", "json").json("Status")["root"], {"sha256": fingerprint(fake), "trust": "unverified"}, "with -i")
    equal((len(fake.requests), fake.connections), (4, 4), "requests and connections of four commands")
    for first in ("", "# by hand, yesterday, by me\n", "# a, 2026-01-02T03:04:05Z\n", "#\n", "# a, <026-01-02T03:04:05Z, by x\n"):
        pin(cli, fake.cert.read_text(), first)
        true("since" not in cli("status", fake.at, "--format", "json").json("Status")["root"], "no time in " + repr(first))
    fake.close()


def wide_status_shows_manifest_pending_update_and_recoveries(home):
    s = Scene(home, "single")
    done = s.cli("status", s.at, "--wide").expect(OK)
    lines = done.out.splitlines()
    hash = hashlib.sha256(s.manifest.read_bytes()).hexdigest()
    equal(lines[0], RUNS, "the first line stays")
    true(re.fullmatch("root:      [0-9a-f]{64}", lines[1]), lines[1])
    true(re.fullmatch("trust:     pinned since 20..-..-..T..:..:..Z, but never verified", lines[2]), lines[2])
    equal(lines[3:], ["manifest:  " + hash, "update:    none pending"], "the rest")
    data = s.cli("status", s.at, "--wide", "--format", "json").json("Status")
    equal((data["manifestFingerprint"], data["pendingUpdate"], data["root"]["verified"]), (hash, None, False), "as data")
    s.c.stop()
    s.start("b")
    done = s.cli("status", s.at, "--wide", "-i").expect(OK, None, "Next: `taw recover SECRET %s --key KEY`" % s.at)
    contains(done.out, "recovery:  0 of 1 secrets received, none from: anna\n")
    equal(s.cli("status", s.at, "--wide", "-i", "--format", "json").json("Status")["recovery"],
          {"needed": 1, "received": 0, "missing": ["anna"]}, "progress as data")
    s.recover("anna")
    contains(s.cli("status", s.at, "--wide").expect(OK).out, "\nrecovered: 20")
    true("lastRecovery" in s.cli("status", s.at, "--wide", "--format", "json").json("Status"), "time of the recovery")
    s.c.stop()


def wide_status_takes_what_the_coordinator_knows(home):
    """One of the original has no progress of recoveries; and a pending update is named by its hash."""
    pending = {"manifest": taw.b64(b"{}"), "missingUsers": ["bob", "carol"], "message": "x"}
    fake = Counting(home, {"/update-manifest": pending, "/manifest": {"manifestFingerprint": "ab" * 32}, "/status": state(3)})
    cli = Cli(home)
    hash = hashlib.sha256(b"{}").hexdigest()
    done = cli("status", fake.at, "-i", "--wide").expect(OK)
    contains(done.out, "manifest:  %s\nupdate:    %s, not yet acknowledged by: bob, carol\n" % ("ab" * 32, hash))
    true("recover" not in done.out.split("\n", 1)[1], "nothing of recoveries: %r" % done)
    data = cli("status", fake.at, "-i", "--wide", "--format", "json").json("Status")
    equal(data["pendingUpdate"], {"manifestFingerprint": hash, "missingUsers": ["bob", "carol"]}, "as data")
    equal(fake.connections, 2, "one connection for each command")
    fake.answers["/update-manifest"] = ("500 Internal Server Error", None)
    true("update:" not in cli("status", fake.at, "-i", "--wide").expect(OK).out, "not known is not none")
    fake.answers["/update-manifest"] = {"message": "x"}
    cli("status", fake.at, "-i", "--wide").expect(1, "", "pending update has no manifest")
    fake.close()


def nothing_that_a_coordinator_says_makes_another_line(home):
    fake = Counting(home, {"/recover/status": {"needed": 2, "received": 1, "missing": ["x\ny"] + ["holder%d" % i for i in range(99)]},
                           "/status": {"code": 1, "message": "a\nroot:      b\n\n\x1b[2Jc"}})
    done = Cli(home)("status", fake.at, "-i", "--wide").expect(OK)
    lines = done.out.splitlines()
    equal(lines[0], "1: a\\u000aroot:      b\\u000a\\u000a\\u001b[2Jc", "the message")
    equal(len(lines), 4, "lines: %r" % lines)
    true(lines[3].startswith("recovery:  1 of 2 secrets received, none from: x\\u000ay, holder0, ") and lines[3].endswith(" holder98"), lines[3])
    equal(Cli(home)("status", fake.at, "-i", "--format", "json").json("Status")["message"], "a\nroot:      b\n\n\x1b[2Jc", "as data it is as it was")
    fake.close()


def without_a_quote_recovery_mode_is_explained_and_not_believed(home):
    s = Scene(home, "single")
    s.c.stop()
    s.start("b")
    done = s.cli("status", s.at).expect(TRUST, "", "does not present the expected root certificate")
    contains(done.error, "says that it is in recovery mode")
    contains(done.error, "not proven: verifying Coordinator quote: empty report")
    contains(done.error, "Hint: `recover` takes the recovery secrets")
    failure = s.cli("status", s.at, "--format", "json")
    failure.failure(TRUST, "trust")
    true(any("recovery mode" in warning for warning in json.loads(failure.error)["warnings"]), "explained as data, too")
    s.c.stop()


class Recovering(QuoteScene):
    """A Coordinator with a quote, in recovery mode: its certificate is not the pinned one."""

    def __init__(self, home, code=1):
        super().__init__(home)
        self.code, quote, self.paths = code, self.answer, []
        (home / "pinned").mkdir()
        pin(self.cli, Fake(home / "pinned", None).cert.read_text())

        def answer(sock, request):
            self.paths.append(request.split(" ")[1].split("?")[0])
            if "/status" in request:
                says(json.dumps({"status": "success", "data": state(self.code)}))(sock, request)
            else:
                quote(sock, request)

        self.fake.answer = answer

    def run(self, *command):
        return self.cli(*command, self.fake.at, "--era-config", self.policy_file, "--collateral", self.platform.bundle, self.platform.root)


def the_quote_of_recovery_mode_is_verified_over_the_same_connection(home):
    s = Recovering(home)
    done = s.run("status").expect(OK, RECOVERS + "\n", "Warning: this is not the pinned root certificate but the temporary one")
    contains(done.error, "checked: quote of the Coordinator: sgx")
    contains(done.error, "holds the key of that root")
    equal(s.paths, ["/api/v2/status", "/api/v2/quote"], "requests")
    data = json.loads(s.run("status", "--format", "json").expect(OK).out)["data"]
    equal((data["state"], data["root"]), ("recovery", {"sha256": fingerprint(s.fake), "trust": "attested"}), "as data")
    s.run("status", "--exit-code").expect(21)
    s.run("wait", "--for", "state=recovery").expect(OK, RECOVERS + "\n")
    s.close()


def a_stranger_with_a_good_quote_that_is_not_in_recovery_mode_is_refused(home):
    s = Recovering(home, code=3)
    s.run("status").expect(TRUST, "", "does not present the expected root certificate")
    equal(s.paths, ["/api/v2/status"], "it is not even asked for its quote")
    s.run("wait", "--for", "state=running").expect(TRUST, "")
    s.close()


def a_stranger_in_recovery_mode_is_refused_with_what_is_wrong_about_its_quote(home):
    s = Recovering(home)
    s.policy(**{**s.fitting(), "UniqueID": "ab" * 32})
    done = s.run("status").expect(TRUST, "", "Packages.Coordinator.UniqueID: expected")
    true("temporary one" not in done.error and "holds the key" not in done.error, "nothing is claimed: " + done.error)
    s.policy(**s.fitting())
    s.report_over = lambda root, nonce: nonce + root
    s.run("status").expect(TRUST, "", "another root certificate or another nonce")
    s.cli("status", s.fake.at).expect(TRUST, "", "no policy says which Coordinator is meant")
    # The quote of somebody else: the certificate in the answer is not that of the connection.
    s.report_over = lambda root, nonce: root + nonce
    s.pem = (home / "pinned" / "fake.crt").read_text()
    done = s.run("status").expect(TRUST, "", "not proven: ")
    true(done.out == "", "no state is shown")
    s.close()


def ending_connections(answer, then=None):
    """The state comes over a connection that ends with it."""
    def talk(sock, request):
        if "/status" not in request:
            answer(sock, request)
            return
        body = json.dumps({"status": "success", "data": state(1)}).encode()
        sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        if then is not None:
            then()
        sock.close()
    return talk


def a_stranger_may_end_the_connection_before_it_is_asked_for_its_quote(home):
    s = Recovering(home)
    s.fake.answer = ending_connections(s.fake.answer)
    s.run("status").expect(OK, RECOVERS + "\n")
    s.policy(**{**s.fitting(), "UniqueID": "ab" * 32})
    s.run("status").expect(TRUST, "", "Packages.Coordinator.UniqueID: expected")
    s.close()


def a_state_is_not_believed_because_somebody_else_has_a_good_quote(home):
    s = Recovering(home)
    (home / "stranger").mkdir()
    stranger, own = Fake(home / "stranger", None), s.fake.context
    s.fake.answer = ending_connections(s.fake.answer, lambda: setattr(s.fake, "context", own))
    for flags, part in ((), "that was not proven: "), (("--attest",), "the state was told under another certificate"):
        s.fake.context = stranger.context
        done = s.run("status", *flags).expect(TRUST, "", part)
        contains(done.error, "than the one that the quote is for")
        true("temporary one of" not in done.error, "nothing is claimed: " + done.error)
    s.run("status").expect(OK, RECOVERS + "\n")
    stranger.close()
    s.close()


def attest_does_without_the_cache(home):
    s = Recovering(home, code=3)
    s.cli.cache.unlink()
    done = s.run("status", "--attest", "--wide").expect(OK)
    contains(done.out, RUNS + "\nroot:      " + fingerprint(s.fake) + "\ntrust:     attested now\n")
    s.run("status", "--attest", "--save-sgx-quote", "q").expect(OK)
    true((home / "q").stat().st_size > 400, "the quote is kept")
    s.run("wait", "--attest", "--for", "state=running").expect(OK, RUNS + "\n")
    s.policy(**{**s.fitting(), "UniqueID": "ab" * 32})
    s.run("status", "--attest").expect(ATTESTATION, "", "UniqueID")
    s.run("status", "--attest", "-i").expect(USAGE, "", "[attest insecure]")
    s.close()


# ---- status --watch ----

def a_watch_in_a_pipe_says_each_change_in_a_line_and_ends_with_0(home):
    s = Scene(home, "threshold")
    w = Running(s.cli, "status", s.at, "-i", "--watch", "--interval", "1")
    first = w.line(RUNS)
    true(re.match(r"20..-..-..T..:..:..Z 3: ", first), first)
    time.sleep(2.5)  # it looks again, and nothing has changed
    s.c.stop()
    w.line("Z unreachable: GET https://" + s.at)
    s.start("b")
    w.line("; recovery:  0 of 2 secrets received, none from: anna, ben, cleo, dora")
    s.recover("anna")
    w.line("; recovery:  1 of 2 secrets received, none from: ben, cleo, dora")
    s.recover("ben")
    w.line(RUNS)
    contains(w.interrupt(), "not checked: who answers")
    equal(w.rest, b"", "nothing but changes")
    s.c.stop()


def a_pinned_watch_sees_a_stranger_and_knows_the_coordinator_again(home):
    s = Scene(home, "single")
    w = Running(s.cli, "status", s.at, "--watch", "--interval", "1", "--format", "json")
    first = json.loads(w.line("running"))
    equal((first["kind"], first["data"]["root"]["trust"]), ("Status", "pinned"), "first envelope")
    true(any("checked: root" in check for check in first["checks"]), "checks are in the first one")
    s.c.stop()
    gone = json.loads(w.line("unreachable"))
    equal((gone["data"]["code"], gone["data"]["state"], gone.get("checks", [])), (None, "unreachable", []), "a Coordinator that is gone")
    s.start("b")
    stranger = json.loads(w.line("not-recognised"))
    true(any("recovery mode" in warning for warning in stranger["warnings"]), "it is said what that is")
    s.recover("anna")
    back = json.loads(w.line('"running"'))
    equal(back["data"]["root"]["trust"], "pinned", "it has its certificate again")
    w.interrupt()
    s.c.stop()


def a_coordinator_that_stays_away_is_one_change_whatever_the_reason(home):
    answers = []

    def answer(sock, request):
        answers.append(request)
        if len(answers) in (1, 5):
            says(json.dumps({"status": "success", "data": state(3)}))(sock, request)
        elif len(answers) % 2:
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")
        sock.close()

    fake = Fake(home, answer)
    w = Running(Cli(home), "status", fake.at, "-i", "--watch", "--interval", "1")
    w.line(RUNS)
    w.line("unreachable")
    w.line(RUNS)
    true(len(answers) >= 5, "looks")
    w.interrupt()
    fake.close()


def a_watch_in_yaml_gives_documents(home):
    fake = Counting(home, {"/status": state(3)})
    w = Running(Cli(home), "status", fake.at, "-i", "--watch", "--interval", "1", "--format", "yaml")
    w.line("---")
    w.line("apiVersion: taw/v1")
    time.sleep(2.5)
    w.interrupt()
    equal((w.held + w.rest).count(b"---"), 0, "further documents")
    equal(fake.connections, 1, "connections")
    true(len(fake.requests) >= 3, "looks")
    fake.close()


def a_watch_ends_at_once_though_the_coordinator_does_not_answer(home):
    fake = Fake(home, lambda sock, request: time.sleep(60))
    w = Running(Cli(home), "status", fake.at, "-i", "--watch")
    while not fake.requests:
        time.sleep(0.05)
    begin = time.monotonic()
    w.interrupt()
    true(time.monotonic() - begin < 10, "it did not wait for the answer")
    w = Running(Cli(home), "status", fake.at, "-i", "--watch")
    while len(fake.requests) < 2:
        time.sleep(0.05)
    w.process.send_signal(signal.SIGTERM)
    equal(w.process.wait(30), -signal.SIGTERM, "SIGTERM is what it is")
    w.process.communicate()
    fake.close()


def a_watch_on_a_terminal_is_redrawn_in_place_until_ctrl_c(home):
    fake = Counting(home, {"/status": {"code": 3, "message": "long " * 100 + "\x1b[2Jend"}})
    cli = Cli(home)
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(home)
        os.execve(cli.program, [str(cli.program), "status", fake.at, "-i", "--watch", "--interval", "1"], cli.environment())
    shown, until, typed = b"", time.monotonic() + 30, False
    while time.monotonic() < until:
        if select.select([fd], [], [], 1)[0]:
            try:
                shown += os.read(fd, 65536)
            except OSError:
                break
        if shown.count(b"\x1b[J") >= 3 and not typed:
            typed = True
            os.write(fd, b"\x03")
    os.close(fd)
    equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, "exit status after Ctrl-C")
    frames = shown.decode().replace("\r\n", "\n").split("\x1b[J")
    for frame in frames[1:3]:  # into the third one the terminal may write its ^C
        lines = frame.split("\n")
        true(lines[0].startswith(fake.at + "  20"), "head: %r" % lines)
        true(lines[1].startswith("3: long ") and len(lines[1]) == 79, "a line is no longer than the terminal: %r" % lines)
        true("\x1b[2J" not in frame, "no control characters")
    true(all(frame.endswith("\x1b[2A\r") for frame in frames[1:3]), "each frame takes the place of the one before")
    fake.close()


def who_proved_to_be_in_recovery_mode_is_believed_nothing_else(home):
    s = Recovering(home)
    w = Running(s.cli, "status", s.fake.at, "--watch", "--interval", "1", "--format", "json", "--era-config", s.policy_file, "--collateral",
                s.platform.bundle, s.platform.root)
    first = json.loads(w.line("recovery"))["data"]
    equal((first["state"], first["root"]["trust"]), ("recovery", "attested"), "a quote was verified")
    time.sleep(1.5)
    equal(len([path for path in s.paths if "quote" in path]), 1, "quotes asked for, as long as it is the same certificate")
    s.code = 3
    equal(json.loads(w.line("not-recognised"))["data"]["code"], None, "its word that it runs")
    s.code = 1
    equal(json.loads(w.line('"recovery"'))["data"]["root"]["trust"], "attested", "in recovery mode again")
    w.interrupt()
    s.close()


def interval_and_flags_of_a_watch_are_checked(home):
    cli = Cli(home)
    cli("status", "h:1", "-i", "--watch", "--interval", "0").expect(USAGE, "", "--interval: want 1 to 86400 seconds")
    cli("status", "h:1", "-i", "--watch", "--interval", "86401").expect(USAGE)
    cli("status", "h:1", "-i", "--watch", "--exit-code").expect(USAGE, "", "[exit-code watch]")
    fake = Fake(home, says("<html>"))
    cli("status", fake.at, "-i", "--watch").expect(1, "", "not that of a Coordinator")
    fake.close()


# ---- wait ----

def wait_waits_for_a_coordinator_that_starts(home):
    s = Scene(home)
    s.cli("wait", s.at, "--for", "state=running").expect(OK, RUNS + "\n", "checked: root certificate")
    s.cli("wait", s.at, "--for=recovered").expect(OK, RUNS + "\n")
    s.cli("wait", s.at, "--for=no-pending-update").expect(OK, RUNS + "\n")
    s.c.stop()
    w = Running(s.cli, "wait", s.at, "--for", "state=running", "--within", "1m", "--format", "json", "--interval", "1")
    time.sleep(1.5)
    s.start()
    envelope = json.loads(w.line("running"))
    equal(w.process.wait(30), OK, "exit status")
    w.process.communicate()
    data = envelope["data"]
    equal((envelope["kind"], data["for"], data["code"]), ("Wait", "state=running", 3), "envelope")
    true(1000 < data["waitedMs"] < 60000, "how long: %r" % data)
    s.c.stop()


def wait_follows_a_recovery_and_says_what_it_sees(home):
    s = Scene(home, "single")
    s.c.stop()
    s.start("b")
    s.cli("wait", s.at, "--for", "recovered", "--within", "30s").expect(TRUST, "", "does not present the expected root certificate")
    w = Running(s.cli, "wait", s.at, "-i", "--for", "recovered", "--interval", "1")
    contains(w.process.stderr.readline().decode(), "not checked")
    contains(w.process.stderr.readline().decode(), "Waiting for recovered: the state is recovery")
    s.recover("anna")
    w.line(RUNS)
    equal(w.process.wait(30), OK, "exit status")
    w.process.communicate()
    s.c.stop()


def wait_gives_up_in_time_and_where_there_is_nothing_to_wait_for(home):
    cli = Cli(home)
    begin = time.monotonic()
    at = "127.0.0.1:%d" % free_port()
    done = cli("wait", at, "-i", "--for", "state=running", "--within", "2s").expect(UNREACHABLE, "", "not reached within 2s")
    true(1.9 < time.monotonic() - begin < 20, "it took its time")
    contains(done.error, "Waiting for state=running: GET https://%s" % at)
    contains(cli("wait", at, "-i", "--for", "state=running", "--within", "1s", "--format", "json").failure(UNREACHABLE, "unreachable"), "within 1s")
    fake = Counting(home, {"/update-manifest": {"manifest": "e30=", "missingUsers": []}, "/status": state(3)})
    cli("wait", fake.at, "-i", "--for", "no-pending-update", "--within", "2s", "--interval", "1").expect(UNREACHABLE, "", "in the end: running")
    equal(fake.connections, 1, "connections")
    fake.answers["/update-manifest"] = ("404 Not Found", None)
    cli("wait", fake.at, "-i", "--for", "no-pending-update", "--within", "2s").expect(OK)
    fake.answers["/update-manifest"] = ("500 Oops", None)
    cli("wait", fake.at, "-i", "--for", "no-pending-update", "--within", "20s").expect(1, "", "500")
    fake.answers["/status"] = state(2)
    cli("wait", fake.at, "-i", "--for", "state=awaiting-manifest").expect(OK)
    cli("wait", fake.at, "-i", "--for", "recovered").expect(STATE, "", "no state that could be recovered")
    hanging = Fake(home, lambda sock, request: time.sleep(60))
    begin = time.monotonic()
    cli("wait", hanging.at, "-i", "--for", "state=running", "--within", "2s").expect(UNREACHABLE)
    true(time.monotonic() - begin < 20, "a request takes no longer than the time that is left")
    hanging.close()
    fake.close()


def wait_wants_a_goal_and_a_duration(home):
    cli = Cli(home)
    cli("wait", "h:1").expect(USAGE, "", 'required flag(s) "for" not set')
    cli("wait", "h:1", "--for", "state=gone").expect(USAGE, "", "want state=running state=recovery")
    for text in ("", "5", "m", "0s", "5m3", "-1s", "1.5h", "1234567s", "9d"):
        cli("wait", "h:1", "-i", "--for", "recovered", "--within", text).expect(USAGE, "", "--within: ")


if __name__ == "__main__":
    taw.run(globals())
