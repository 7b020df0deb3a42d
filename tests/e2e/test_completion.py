# SPDX-License-Identifier: Apache-2.0
"""Completions in real shells: bash, zsh and fish on a terminal, as somebody who presses the tabulator sees them."""

import os
import pty
import select
import shutil
import subprocess
import time

import taw
from command_line import OK, Cli
from taw import Skip, contains, equal, true

# What is typed before the tabulator, and what it becomes.
TYPED = [
    ("taw manif", "taw manifest"), ("taw manifest ver", "taw manifest verify"), ("taw -i manifest set --recov", "taw -i manifest set --recoverydata"),
    ("taw status --format j", "taw status --format json"), ("taw status --format=j", "taw status --format=json"),
    ("taw manifest lint --format s", "taw manifest lint --format sarif"),
    ("taw secret get --field priv", "taw secret get --field private"), ("taw completion f", "taw completion fish"),
    ("taw explain Packages.Sec", "taw explain Packages.SecurityVersion"), ("taw status @pr", "taw status @prod"),
    ("taw context show st", "taw context show staging"), ("taw manifest verify some.j", "taw manifest verify some.json"),
    ("taw recover some.json --key ali", "taw recover some.json --key alice.key"),
]


class Shell:
    """A shell on a terminal, in which the completions are loaded."""

    def __init__(self, cli, command, *setup):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cli.home)
            os.environ.clear()
            os.environ.update(cli.environment(), TERM="dumb", PATH="/usr/bin:/bin", HOME=str(cli.home), INPUTRC="/dev/null")
            os.execvp(command[0], command)
        for line in setup:
            self.send(line + "\n")
        self.send("echo re''ady\n")
        self.until("ready")

    def send(self, text):
        os.write(self.fd, text.encode())

    def until(self, text):
        shown, end = "", time.monotonic() + 30
        while text not in shown and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.5)[0]:
                shown += os.read(self.fd, 65536).decode("utf-8", "replace")
        return shown

    def complete(self, typed):
        """The line that this becomes: the program in it prints its words instead of running."""
        self.send(typed + "\t")
        time.sleep(0.3)
        self.send("\n")
        return self.until(">\r\n")

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def scene(place):
    cli = Cli(place)
    for name in ("prod", "staging"):
        cli("context", "add", name, "localhost:4433").expect(OK)
    (place / "config/taw/contexts/$(touch pwned).json").write_text("{}")
    (place / "some.json").write_text("{}")
    (place / "alice.key").write_text("")
    return cli


def script(cli, shell):
    if shutil.which(shell) is None:
        raise Skip("there is no " + shell)
    path = cli.home / ("taw." + shell)
    path.write_bytes(cli("completion", shell).expect(OK).raw)
    return path


def completed(cli, shell):
    for typed, wanted in TYPED:
        contains(shell.complete(typed).replace(" >", ">"), "<%s>" % wanted, typed)
    shell.close()
    true(not (cli.home / "pwned").exists(), "the name of a file was run")


PRINTS = "taw() { echo \"<taw $*>\"; }"


def bash_completes_on_a_terminal(home):
    cli = scene(home)
    completed(cli, Shell(cli, ["bash", "--norc", "--noprofile", "-i"], PRINTS, "source %s" % script(cli, "bash")))


def zsh_completes_on_a_terminal(home):
    cli = scene(home)
    completed(cli, Shell(cli, ["zsh", "-f", "-i"], "autoload -U compinit; compinit -u -D", PRINTS, "source %s" % script(cli, "zsh")))


def fish_completes(home):
    cli = scene(home)
    path = script(cli, "fish")
    for typed, wanted in TYPED:
        done = subprocess.run(["fish", "--no-config", "-c", 'source %s; complete -C "%s"' % (path, typed)], capture_output=True, text=True,
                              timeout=60, cwd=home, env=dict(cli.environment(), HOME=str(home)))
        equal(done.stderr, "", "fish says nothing")
        contains([line.partition("\t")[0] for line in done.stdout.splitlines()], wanted.split()[-1], typed)
    true(not (home / "pwned").exists(), "the name of a file was run")


taw.run(globals())
