# SPDX-License-Identifier: Apache-2.0
"""README's section about a recovery, command by command, on a real terminal and against a real Coordinator in a VM of ours: what it prints is
what stands there. Only hashes, sessions and times may differ, and the lines about the quote are left out where the page leaves them out.
`taw` gets the root of our platform, because Intel's key is not ours."""

import difflib
import os
import pathlib
import re
import shutil

import taw
from command_line import OK, Cli
from taw import Deployment, contains, equal, keys, run_program, true
from test_confidential_vm import Vm

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENDPOINT = "coordinator.example.com:4433"
SESSION = "5f0e2b7c9a1d4e6f8091a2b3c4d5e6f7"
FINGERPRINT = " ".join(["7b3e 91c0 aa01 55f2 d00d"] + ["0123 4567 89ab cdef"] * 2 + ["0123 4567 89ab"])
PASSPHRASE = "correct horse"
HOLDERS = ["anna", "ben", "cleo"]


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


class Night:
    """The Coordinator's VM was started again, and its key is gone; `taw` is typed in the directory where the holders' files lie."""

    def __init__(self, home, scheme="threshold", encrypted=("anna", "ben")):
        home.mkdir(exist_ok=True)
        self.home, self.vm, self.digits = home, Vm(home, "tdx"), None
        self.cli = self.vm.cli
        self.c = self.vm.coordinator().start()
        (home / "manifest.json").write_bytes(Deployment(scheme, holders=HOLDERS if scheme == "threshold" else None).manifest)
        self.cli("manifest", "set", "manifest.json", self.c.address, "-r", "recovery.json", *self.vm.verifying).expect(OK)
        self.start_again()
        (home / "policy.json").rename(home / "era-config.json")
        shutil.copy(self.vm.platform.bundle, home / "bundle.json")
        for name in (*HOLDERS, "old"):
            cipher = ["-aes256", "-passout", "pass:" + PASSPHRASE] if name in encrypted else []
            run_program("openssl", "rsa", "-in", keys.rsa(name), *cipher, "-out", home / (name + ".key"))
        (home / "bin").mkdir()
        (home / "bin" / "taw").write_text('#!/bin/sh\nexec "%s" "$@" "%s"\n' % (taw.TAW, self.vm.platform.root))
        (home / "bin" / "taw").chmod(0o755)
        self.shell = Shell(self)

    def start_again(self):
        self.c.stop()
        self.vm.reboot()
        self.c.start()
        self.session = self.c.get("/api/v2/recover/status").data()["session"]

    def close(self):
        self.c.stop()
        self.vm.close()

    def typed(self, command):
        """Types it; the lines on the terminal as the page has them."""
        command = command.replace(SESSION, self.session)
        answers = [("showed: ", self.digits[:24])] if "recover answer" in command else []
        answers += [("Passphrase for", PASSPHRASE)] if re.search(r"(anna|ben)\.key", command) else []
        shown = self.shell.on_terminal("-c", command, answers=answers).out
        groups = re.search(r"^fingerprint: (.*)$", shown, re.M)
        if groups:
            self.digits = groups.group(1)
        return self.as_on_the_page(shown)

    def as_on_the_page(self, shown):
        shown = shown.replace(self.c.address, ENDPOINT).replace(self.session, SESSION)
        if self.digits:
            shown = shown.replace(self.digits, FINGERPRINT).replace(self.digits[:24], FINGERPRINT[:24])
        return [without_samples(line.strip()) for line in shown.splitlines()]

    def follow(self, command, printed):
        got, wanted = self.typed(command), [without_samples(line) for line in printed]
        if not any(line.startswith("checked: ") for line in wanted):
            got = [line for line in got if not line.startswith("checked: ")]
        if wanted[-1] == "...":
            got = got[:len(wanted) - 1] + ["..."]
        if got != wanted:
            raise AssertionError("README.md, $ %s\n%s" % (command, "\n".join(difflib.unified_diff(wanted, got, "README.md", "printed", lineterm="", n=9))))


class Shell(Cli):
    def __init__(self, night):
        super().__init__(night.home, "/bin/bash")
        self.night = night

    def environment(self, **more):
        path = "%s:%s" % (self.home / "bin", os.environ["PATH"])
        return dict(super().environment(**more), MARBLERUN=self.night.c.address, PATH=path, TERM="dumb")


def without_samples(line):
    line = re.sub(r"\b[0-9a-f]{64,}\b", "HASH", line)
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
    s.close()


def what_is_in_the_way_is_shown_as_it_is(home):
    s = Night(home)
    for command, printed in steps()[4:]:
        s.follow(command, printed)
    equal(s.c.get("/api/v2/recover/status").data()["accepted"], ["cleo"], "who gave")
    s.close()


def all_of_three_and_a_single_holder_follow_the_same_steps(home):
    status, anna, ben, _ = steps()[:4]
    for scheme, mode, holders in (("xor", "all of 3", ["anna", "ben", "cleo"]), ("single", "single holder", ["anna"])):
        contains(section(), "`%s`" % mode)
        s = Night(home / scheme, scheme, encrypted=[])
        contains("\n".join(s.typed(status[0])), "mode:      " + mode)
        for number, name in enumerate(holders, 1):
            lines = s.typed(anna[0].replace("anna", name))
            contains("\n".join(lines), "%d of %d secrets received" % (number - 1, len(holders)))
            left = len(holders) - number
            equal(lines[-1], "Recovery successful." if left == 0 else
                  "Secret was processed successfully. Upload the next secret. Remaining secrets: %d" % left, "after " + name)
        s.close()


def who_starts_the_coordinator_again_begins_anew(home):
    s = Night(home)
    status, anna = steps()[:2]
    s.typed(anna[0])
    before = s.session
    s.start_again()
    true(s.session != before, "another session")
    s.follow(*status)
    s.follow(*anna)
    s.close()


def the_lines_about_collateral_keep_the_quote(home):
    """As far as a machine without Intel's service can follow them."""
    export, root, fetch = re.search(r"^```bash\n(.*?)^```", section(), re.M | re.S).group(1).splitlines()
    s = Night(home)
    contains(export, "MARBLERUN=" + ENDPOINT)
    s.typed(root)
    true(not (home / "unverified.pem").exists(), "the certificate that nobody verified is not left behind")
    s.cli("attest", "verify", "quote.bin", "--collateral", "bundle.json", s.vm.platform.root).expect(OK)
    equal(fetch.split(), ["taw", "collateral", "fetch", "quote.bin", "-o", "bundle.json"], "the last line")
    s.close()


taw.run(globals())
