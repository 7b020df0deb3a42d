# SPDX-License-Identifier: Apache-2.0
"""README's section about a recovery, command by command, on a real terminal and against a real Coordinator: what it prints is what stands
there. Only hashes, sessions and times may differ, and the lines about the quote, which no Coordinator here has: `taw` gets --insecure."""

import difflib
import os
import pathlib
import re
import shutil

import taw
from ceremony import Ceremony
from command_line import Cli
from taw import Coordinator, contains, equal, keys, run_program, true

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENDPOINT = "coordinator.example.com:4433"
SESSION = "5f0e2b7c9a1d4e6f8091a2b3c4d5e6f7"
FINGERPRINT = " ".join(["7b3e 91c0 aa01 55f2 d00d"] + ["0123 4567 89ab cdef"] * 2 + ["0123 4567 89ab"])
PASSPHRASE = "correct horse"
LEFT_OUT = re.compile(r"(checked: |not checked: |Warning: skipping quote verification)")


def section():
    return re.search(r"^## Recover a state\n(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S).group(1)


def steps():
    """(command, lines that it prints), in the order of the page."""
    found = []
    for block in re.findall(r"^ *```console\n(.*?)^ *```", section(), re.M | re.S):
        lines = [line.strip() for line in block.splitlines()]
        equal(lines[0][:2], "$ ", "a block begins with a command")
        found.append((lines[0][2:], lines[1:]))
    return found


class Night(Ceremony):
    """The state of three holders is lost; `taw` is typed in the directory where their files lie."""

    def __init__(self, home, holders=("anna", "ben"), **scheme):
        home.mkdir(exist_ok=True)
        super().__init__(home, **scheme)
        shutil.copy(home / "reply.json", home / "recovery.json")
        (home / "bundle.json").write_text("{}")
        for name in ("anna", "ben", "cleo", "old"):
            encrypted = ["-aes256", "-passout", "pass:" + PASSPHRASE] if name in holders else []
            run_program("openssl", "rsa", "-in", keys.rsa(name), *encrypted, "-out", home / (name + ".key"))
        (home / "bin").mkdir()
        (home / "bin" / "taw").write_text('#!/bin/sh\nexec "%s" "$@" --insecure\n' % taw.TAW)
        (home / "bin" / "taw").chmod(0o755)
        self.move()
        self.session = self.status()["recovery"]["session"]
        self.digits = None
        night = self

        class Shell(Cli):
            def environment(self, **more):
                path = "%s:%s" % (night.home / "bin", os.environ["PATH"])
                return dict(super().environment(**more), MARBLERUN=night.at, PATH=path, TERM="dumb")

        self.shell = Shell(home, "/bin/bash")

    def typed(self, command):
        """Types it; the lines on the terminal as the page has them."""
        command = command.replace(SESSION, self.session)
        answers = [("Passphrase for", PASSPHRASE)] if re.search(r"(anna|ben)\.key", command) else []
        if "recover answer" in command:
            answers = [("showed: ", self.digits[:24])] + answers
        shown = self.shell.on_terminal("-c", command, answers=answers).out
        groups = re.search(r"^fingerprint: (.*)$", shown, re.M)
        if groups:
            self.digits = groups.group(1)
        return self.as_on_the_page(shown)

    def as_on_the_page(self, shown):
        shown = shown.replace(self.at, ENDPOINT).replace(self.session, SESSION)
        if self.digits:
            shown = shown.replace(self.digits, FINGERPRINT).replace(self.digits[:24], FINGERPRINT[:24])
        return [without_samples(line.rstrip()) for line in shown.splitlines() if not LEFT_OUT.match(line)]

    def follow(self, command, printed):
        got, wanted = self.typed(command), [without_samples(line) for line in printed]
        if wanted[-1] == "...":
            got = got[:len(wanted) - 1] + ["..."]
        if got != wanted:
            raise AssertionError("README.md, $ %s\n%s" % (command, "\n".join(difflib.unified_diff(wanted, got, "README.md", "printed", lineterm="", n=9))))


def without_samples(line):
    line = re.sub(r"\b[0-9a-f]{64}\b", "HASH", line)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", line)


def the_page_has_the_steps_that_are_tried_here(home):
    commands = [" ".join(command.split()[:3]) for command, _ in steps()]
    equal(commands, ["taw recovery status", "taw recover recovery.json", "taw recover recovery.json", "taw recovery status",
                     "taw recover recovery.json", "taw recover recovery.json", "taw recover request", "taw recover answer",
                     "taw recover submit"], "commands")
    text = (ROOT / "README.md").read_text()
    contains(text[:300], "make demo ")
    contains(text[:300], "make check ")
    contains(section(), "**Do not set a manifest**")


def any_two_of_three_follow_the_steps(home):
    s = Night(home)
    for command, printed in steps()[:4]:
        s.follow(command, printed)
    equal(s.c.code(), taw.RUNNING, "state")
    s.c.stop()


def what_is_in_the_way_is_shown_as_it_is(home):
    s = Night(home)
    for command, printed in steps()[4:]:
        s.follow(command, printed)
    equal(s.status()["recovery"]["accepted"], ["cleo"], "who gave")
    s.c.stop()


def all_of_three_and_a_single_holder_follow_the_same_steps(home):
    status, anna, ben, _ = steps()[:4]
    for scheme, mode, holders in (("xor", "all of 3", ["anna", "ben", "cleo"]), ("single", "single holder", ["anna"])):
        contains(section(), "`%s`" % mode)
        s = Night(home / scheme, holders=[], scheme=scheme)
        contains("\n".join(s.typed(status[0])), "mode:      " + mode)
        for number, name in enumerate(holders, 1):
            lines = s.typed(anna[0].replace("anna", name))
            contains("\n".join(lines), "%d of %d secrets received" % (number - 1, len(holders)))
            left = len(holders) - number
            equal(lines[-1], "Recovery successful." if left == 0 else
                  "Secret was processed successfully. Upload the next secret. Remaining secrets: %d" % left, "after " + name)
        s.c.stop()


def who_starts_the_coordinator_again_begins_anew(home):
    s = Night(home)
    status, anna = steps()[:2]
    s.typed(anna[0])
    s.c.stop()
    s.c = Coordinator(home, machine="b").start()
    true(s.status()["recovery"]["session"] != s.session, "another session")
    s.session = s.status()["recovery"]["session"]
    s.follow(*status)
    s.follow(*anna)
    s.c.stop()


def the_lines_that_fetch_collateral_keep_the_quote(home):
    """As far as a machine without Intel's service can follow them."""
    export, root, fetch = re.search(r"^```bash\n(.*?)^```", section(), re.M | re.S).group(1).splitlines()
    s = Night(home)
    contains(export, "MARBLERUN=" + ENDPOINT)
    contains("\n".join(s.typed(root)), "there is no quote to save: the Coordinator runs in simulation mode")
    true(not (home / "unverified.pem").exists(), "the certificate is not left behind")
    contains(run_program(taw.TAW, "help", "collateral", "fetch").decode(), "taw collateral fetch")
    equal(fetch.split()[:3], ["taw", "collateral", "fetch"], "the last line")
    s.c.stop()


taw.run(globals())
