# SPDX-License-Identifier: Apache-2.0
"""Questions of the command line: who is asked, what happens where nobody may be or can be, and what an interrupt leaves behind."""

import os
import pty
import select
import signal
import subprocess
import termios
import time

import taw
from command_line import FAILED, KEY, NOT_FOUND, OK, USAGE, Cli, Fake, says
from taw import Coordinator, Deployment, contains, equal, keys, run_program, true


class Lost:
    """A Coordinator in recovery mode, whose state a new manifest would end."""

    def __init__(self, home):
        self.home, self.cli = home, Cli(home)
        first = Coordinator(home).start()
        self.manifest = home / "manifest.json"
        self.manifest.write_bytes(Deployment("single").manifest)
        self.cli("manifest", "set", self.manifest, first.address, "-i", "-r", home / "first.json").expect(OK)
        first.stop()
        self.c = Coordinator(home, machine="b").start()
        self.set = ("manifest", "set", self.manifest, self.c.address, "-i")

    def still_lost(self):
        equal(self.c.code(), taw.RECOVERY, "state")


class Terminal:
    """taw on a terminal that is looked at after its end."""

    def __init__(self, cli, *args):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cli.home)
            os.execve(cli.program, [str(cli.program), *map(str, args)], cli.environment())
        self.shown = b""

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def read(self, part=None):
        until = time.monotonic() + 30
        while time.monotonic() < until and (part is None or part.encode() not in self.shown):
            if not select.select([self.fd], [], [], 1)[0]:
                continue
            try:
                self.shown += os.read(self.fd, 65536)
            except OSError:
                break
        if part is not None:
            contains(self.shown.decode(), part, "what the terminal shows")

    def type(self, text):
        time.sleep(0.2)  # the terminal is told not to echo after the question
        os.write(self.fd, text.encode())

    def end(self, wanted):
        """Waits for the end, but keeps the terminal."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                equal(os.waitstatus_to_exitcode(status), wanted, "how it ended, having said %r" % self.shown)
                return
            time.sleep(0.05)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError("it did not end: %r" % self.shown)


def files(place):
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file() and not path.name.startswith("log."))


# ---- who is asked ----

def without_a_terminal_a_strict_site_needs_yes(home):
    s = Lost(home)
    s.cli(*s.set, "--require-confirmation").expect(USAGE, "", "nobody is there to be asked: The Coordinator is in recovery mode.")
    contains(s.cli(*s.set, "--require-confirmation", "--format", "json").failure(USAGE, "usage"), "nobody is there to be asked")
    for value in ("1", "true"):
        s.cli(*s.set, env=s.cli.environment(TAW_REQUIRE_CONFIRMATION=value)).expect(USAGE, "", "Hint: --yes answers it")
    s.cli(*s.set, "--require-confirmation", "--no-input").expect(USAGE)
    s.still_lost()
    s.cli(*s.set, "--require-confirmation", "--yes").expect(OK)
    equal(s.c.code(), taw.RUNNING, "state after --yes")
    s.c.stop()


def elsewhere_it_goes_on_with_a_warning_as_ever(home):
    for number, (flags, variables) in enumerate((([], {}), (["--no-input"], {}), ([], {"TAW_REQUIRE_CONFIRMATION": "0"}),
                                                 ([], {"TAW_REQUIRE_CONFIRMATION": ""}))):
        place = home / str(number)
        place.mkdir()
        s = Lost(place)
        s.cli(*s.set, *flags, env=s.cli.environment(**variables)).expect(OK, None, "Warning: the Coordinator is in recovery mode: its old state")
        s.c.stop()


def on_a_terminal_no_input_names_the_flag(home):
    s = Lost(home)
    t = Terminal(s.cli, *s.set, "--no-input")
    t.read()
    t.end(USAGE)
    contains(t.shown.decode(), "nobody may be asked: The Coordinator is in recovery mode.")
    contains(t.shown.decode(), "--yes answers it")
    t = Terminal(s.cli, *s.set, "--require-confirmation")
    t.read("[y/N]")
    t.type("n\n")
    t.end(FAILED)
    s.still_lost()
    t = Terminal(s.cli, *s.set, "--no-input", "--yes")
    t.read()
    t.end(OK)
    s.c.stop()


def cancelling_needs_an_answer_on_strict_sites(home):
    fake = Fake(home, says('{"status":"error","message":"no update in progress"}', "404 Not Found"))
    cert, key = keys.user("alice")
    cli, user = Cli(home), ("-c", cert, "-k", key, "-i")
    for command in (("manifest", "update", "cancel", fake.at), ("recovery", "rotate", fake.at, "--cancel")):
        cli(*command, *user, "--require-confirmation").expect(USAGE, "", "nobody is there to be asked")
        equal(fake.requests, [], "nothing was sent")
        cli(*command, *user, "--require-confirmation", "--yes").expect(NOT_FOUND)
        fake.requests.clear()
    fake.close()


def passphrases_are_not_asked_for_with_no_input(home):
    cli = Cli(home)
    cert, key = keys.user("alice")
    run_program("openssl", "pkcs8", "-topk8", "-in", key, "-passout", "pass:open sesame", "-out", home / "encrypted.key")
    get = ("secret", "get", "x", "127.0.0.1:1", "-i", "-c", cert, "-k", "encrypted.key", "--no-input")
    before = files(home)
    for command in (get, ("recovery", "keygen", "anna", "--no-input")):
        cli(*command).expect(KEY, "", "--no-input forbids to ask")
        t = Terminal(cli, *command)
        t.read()
        t.end(KEY)
    cli(*get).expect(KEY, "", "Hint: a key that is not encrypted needs none")
    cli("recovery", "keygen", "anna", "--no-input").expect(KEY, "", "--no-passphrase")
    equal(files(home), before, "files")


# ---- what an interrupt leaves behind ----

def an_interrupt_at_a_hidden_question_gives_the_echo_back(home):
    """With a file that is begun and without one."""
    cli = Cli(home)
    cert, key = keys.user("alice")
    run_program("openssl", "pkcs8", "-topk8", "-in", key, "-passout", "pass:open sesame", "-out", home / "encrypted.key")
    for command, question in ((("recovery", "keygen", "anna"), "New passphrase for anna.key: "),
                              (("user", "keygen", "bob"), "New passphrase for bob.key: "),
                              (("secret", "get", "x", "127.0.0.1:1", "-i", "-c", cert, "-k", "encrypted.key"), "Passphrase for encrypted.key: ")):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            t = Terminal(cli, *command)
            true(t.echoes(), "the terminal echoes")
            t.read(question)
            t.type("half")
            true(not t.echoes(), "the question is hidden")
            if number == signal.SIGINT:
                t.type("\x03")
            else:
                os.kill(t.pid, number)
            t.end(-number)
            true(t.echoes(), "the terminal echoes again after signal %d" % number)
            equal(files(home), ["encrypted.key"], "files")
            os.close(t.fd)


def an_interrupt_at_a_question_changes_nothing(home):
    s = Lost(home)
    before = files(home)
    t = Terminal(s.cli, *s.set, "-r", "new.json")
    t.read("[y/N]")
    true("new.json" in files(home), "the file for the secrets is there before")
    t.type("\x03")
    t.end(-signal.SIGINT)
    equal(files(home), before, "files")
    s.still_lost()
    s.c.stop()


def an_interrupt_during_a_request_leaves_no_half_written_file(home):
    requests = []
    fake = Fake(home, lambda sock, request: requests.append(request) or time.sleep(60))
    (home / "m.json").write_bytes(Deployment("none").manifest)
    (home / "there").write_text("as it was")
    cli = Cli(home)
    before = files(home)
    for command in (("manifest", "set", "m.json", fake.at, "-r", "new"), ("manifest", "set", "m.json", fake.at, "-r", "there", "--force"),
                    ("manifest", "update", "get", fake.at, "-o", "there"), ("manifest", "log", fake.at, "-o", "new")):
        for number in (signal.SIGINT, signal.SIGTERM):
            requests.clear()
            process = subprocess.Popen([str(cli.program), *command, "-i"], cwd=home, env=cli.environment(), stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
            until = time.monotonic() + 30
            while not requests and time.monotonic() < until:
                time.sleep(0.02)
            process.send_signal(number)
            equal(process.wait(30), -number, "how it ended")
            process.communicate()
            equal(files(home), before, "files after " + " ".join(command))
            equal((home / "there").read_text(), "as it was", "the old file")
    fake.close()


def an_interrupt_while_standard_input_is_read_leaves_no_file(home):
    cli = Cli(home)
    process = subprocess.Popen([str(cli.program), "recover-with-signature", "sign-secret", "-", "-k", keys.rsa("anna"), "-o", "signature"], cwd=home,
                               env=cli.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    equal(process.wait(30), -signal.SIGINT, "how it ended")
    process.communicate()
    equal(files(home), [], "files")


if __name__ == "__main__":
    taw.run(globals())
