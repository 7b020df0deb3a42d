# SPDX-License-Identifier: Apache-2.0
"""Every command of the table in four ways: in a pipe and on a terminal, as text and as JSON. For each: its exit status, data on
standard output and talk on standard error, one envelope and nothing else with --format json, no control characters where nobody
wants them, no binary secrets on a terminal, and how many TLS connections it opens."""

import json
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import threading

import envelopes
import taw
from ceremony import Ceremony
from command_line import DIFFERENT, NOT_FOUND, OK, STATE, TRUST, UNREACHABLE, USAGE, Cli, Done
from json_schema import Wrong
from taw import Coordinator, contains, equal, keys, true
from test_attest import NOW, make
from test_coordinator_quote import Scene as QuoteScene

VALUE = bytes(range(256))  # of the secret `token`
TALK = re.compile(r"^(checked|not checked|Warning|Next|Hint|Error|Update log written|\S+ written to): ", re.M)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
UNA, UMAR, ALICE = ("-c {%s.crt} -k {%s.key}" % (name, name) for name in ("una", "umar", "alice"))
QUOTE = "--era-config policy.json --collateral {bundle} {root}"


class Row:
    """phase: of the Coordinator, None: without one. file: standard input. terminal: the status on a terminal as text, where it
    differs. tls: connections. quiet: no data on standard output as text. plain: text also with --format json. prepare: what
    the world needs besides."""

    def __init__(self, words, arguments="", phase=None, status=OK, terminal=None, file=None, tls=1, quiet=False, plain=False, prepare=None):
        self.words, self.arguments, self.phase, self.status, self.file = words, arguments, phase, status, file
        self.terminal = status if terminal is None else terminal
        self.tls, self.quiet, self.plain, self.prepare = tls if phase else 0, quiet, plain, prepare


def digits_of_a_request(world):
    asked = world.cli("recover", "request", world.at, "-i", "-o", "request.json", "--format", "json").json("RecoveryRequest")
    world.fingerprint = asked["fingerprint"]


def an_answer(world):
    digits_of_a_request(world)
    world.cli(*world.words("recover answer request.json reply.json -i -k {anna.key} -o answer.json --fingerprint {fingerprint}")).expect(OK)


def an_encrypted_secret(world):
    for command in ("public-key {at} -i -o pub.pem", "encrypt-secret reply.json --coordinator-pub-key pub.pem -k {anna.key} -o secret.enc",
                    "sign-secret reply.json -k {anna.key} -o secret.sig"):
        world.cli(*world.words("recover-with-signature " + command)).expect(OK)


def a_backup(world):
    world.cli("state", "backup", "state", "backup").expect(OK)


def a_rotation(world):
    for user in (UNA, UMAR):
        world.cli(*world.words("recovery rotate {at} -o new.%s.json %s" % (user[4:6], user))).expect(OK)


ROWS = [
    Row("version"), Row("help", "manifest", plain=True), Row("explain", "Packages.Debug"), Row("completion", "bash", plain=True), Row("precheck"),
    Row("check", "{at}", "running"), Row("status", "{at}", "running"), Row("status", "{at} --wide", "pending"), Row("status", "{at} -i", "recovery"),
    Row("status", "{at}", "fresh", status=TRUST), Row("wait", "{at} --for state=running", "running"), Row("doctor", "{at}", "running"),
    Row("manifest get", "{at} -i", "running"), Row("manifest get", "{at} -i -o got.json", "running", quiet=True),
    Row("manifest log", "{at}", "running"), Row("manifest log", "{at} --table --verify", "running"),
    Row("manifest set", "manifest.json {at} -i", "fresh"), Row("manifest set", "manifest.json {at} -i", "running", status=STATE),
    Row("manifest signature", "manifest.json"), Row("manifest verify", "manifest.json {at} -i", "running"),
    Row("manifest verify", "next.json {at} -i", "running", status=DIFFERENT), Row("manifest check", "manifest.json"),
    Row("manifest lint", "manifest.json"), Row("manifest diff", "manifest.json next.json --unified"),
    Row("manifest check-log", "log.json --root root.pem"),
    Row("manifest update plan", "next.json {at}", "running"), Row("manifest update apply", "next.json {at} " + UNA, "running", quiet=True),
    Row("manifest update review", "{at} next.json", "pending"), Row("manifest update acknowledge", "next.json {at} " + UMAR, "pending", quiet=True),
    Row("manifest update cancel", "{at} --yes " + UMAR, "pending"), Row("manifest update get", "{at}", "pending"),
    Row("certificate root", "{at} -i -o got.pem", "running", quiet=True), Row("certificate chain", "{at} -i -o got.pem", "running", quiet=True),
    Row("certificate intermediate", "{at} -i -o got.pem", "running", quiet=True), Row("certificate inspect", "root.pem"),
    Row("secret set", "token=@value {at} " + ALICE, "running"), Row("secret list", "{at} " + ALICE, "running"),
    Row("secret get", "token databaseKey {at} " + ALICE, "running"), Row("secret get", "token {at} --raw " + ALICE, "running", terminal=USAGE),
    Row("user keygen", "zoe --no-passphrase"), Row("user whoami", "{at} " + ALICE, "running"),
    Row("recovery status", "{at} -i", "running"), Row("recovery status", "{at} -i", "recovery"), Row("recovery keygen", "zoe --no-passphrase"),
    Row("recovery drill", "{at} -k {anna.key} --secret reply.json", "running"),
    Row("recovery drill", "--offline -k {anna.key} --secret reply.json"),
    Row("recovery secrets", "{at} " + UNA, "running"),
    Row("recovery rotate", "{at} " + UNA, "running", quiet=True), Row("recovery rotate", "{at} --cancel --yes " + UNA, "running", prepare=a_rotation),
    Row("recovery prove", "-k {anna.key} --secret reply.json", file="challenge.json"),
    Row("recover", "reply.json {at} -i -k {anna.key}", "recovery"), Row("recover", "reply.json {at} -i -k {anna.key}", "running", status=STATE),
    Row("recover request", "{at} -i -o got.json", "recovery"),
    Row("recover answer", "request.json reply.json -i -k {anna.key} -o answer.json --fingerprint {fingerprint}", "recovery", tls=0, quiet=True,
        prepare=digits_of_a_request),
    Row("recover submit", "answer.json {at} -i", "recovery", prepare=an_answer),
    Row("recover-with-signature", "secret.enc {at} -i -s secret.sig", "recovery", prepare=an_encrypted_secret),
    Row("recover-with-signature public-key", "{at} -i", "recovery"),
    Row("recover-with-signature encrypt-secret", "reply.json --coordinator-pub-key public.pem -k {anna.key} -o secret.enc", quiet=True),
    Row("recover-with-signature sign-secret", "reply.json -k {anna.key} -o secret.sig", quiet=True),
    Row("state inspect", "state"), Row("state backup", "state backup"), Row("state restore", "backup elsewhere --yes", prepare=a_backup),
    Row("attest inspect", "{evidence}/sgx3.quote"),
    Row("attest verify", "{evidence}/sgx3.quote --collateral {evidence}/sgx3.bundle --at %d {made}" % NOW),
    Row("attest quote", "-o got.quote", status=NOT_FOUND),
    Row("attest save", "{at} -o record.json " + QUOTE, "quote"),
    Row("collateral fetch", "{evidence}/sgx3.quote -o got.json --pcs http://127.0.0.1:1", status=UNREACHABLE),
    Row("context add", "test localhost:4433"), Row("context list"), Row("context show", "prod"), Row("context remove", "prod --yes"),
]


# ---- where they run ----

class Proxy:
    """In front of a Coordinator; counts the connections that begin with a handshake of TLS."""

    def __init__(self, address):
        self.to, self.handshakes = address, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.at = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            host, _, port = self.to.rpartition(":")
            server = socket.create_connection((host, int(port)))
            threading.Thread(target=self.forward, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.forward, args=(server, client, False), daemon=True).start()

    def forward(self, a, b, is_client):
        try:
            while data := a.recv(65536):
                self.handshakes += is_client and data[0] == 22
                is_client = False
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Deployment(Ceremony):
    """With a secret that alice may read and write."""

    def content(self, name):
        manifest = super().content(name)
        manifest["Secrets"]["token"] = {"Type": "plain", "UserDefined": True}
        manifest["Roles"]["reader"].update({"ResourceNames": ["databaseKey", "token"]})
        manifest["Roles"]["writer"] = {"ResourceType": "Secrets", "ResourceNames": ["token"], "Actions": ["WriteSecret"]}
        manifest["Users"]["alice"]["Roles"].append("writer")
        return manifest


class Templates:
    """A directory for each phase, of which every run gets a copy."""

    def __init__(self, home):
        self.home, self.runs = home, 0
        for name in ("running", "evidence", "quote"):
            (home / name).mkdir()
        self.made = make(home / "evidence")["sgx3"].root
        place = home / "running"
        s = Deployment(place)
        (place / "value").write_bytes(VALUE)
        (place / "next.json").write_bytes(s.manifest.replace(b'"NAME":"first"', b'"NAME":"second"'))
        (place / "log.json").write_bytes(s.c.get("/api/v2/update/chain").body)
        (place / "challenge.json").write_bytes(s.c.post("/api/v2/recovery/drill", b"{}").body)
        s.cli("secret", "set", "token=@value", s.at, "-c", keys.user("alice")[0], "-k", keys.user("alice")[1]).expect(OK)
        s.cli("certificate", "root", s.at, "-i", "-o", "root.pem").expect(OK)
        s.cli("context", "add", "prod", "localhost:4433").expect(OK)
        taw.run_program("openssl", "rsa", "-in", keys.rsa("ben"), "-pubout", "-out", place / "public.pem")
        s.c.stop()
        shutil.copytree(place, home / "pending")
        c = Coordinator(home / "pending").start()
        una = s.updaters["una"]
        Cli(home / "pending")("manifest", "update", "apply", "next.json", c.address, "-c", una[0], "-k", una[1]).expect(OK)
        c.stop()

    def world(self, phase):
        self.runs += 1
        place = self.home / str(self.runs)
        if phase == "quote":
            place.mkdir()
            return World(self, place, QuoteScene(place))
        shutil.copytree(self.home / ("pending" if phase == "pending" else "running"), place)
        if phase is None:
            return World(self, place, None)
        if phase == "fresh":
            shutil.rmtree(place / "state")
        return World(self, place, Coordinator(place, machine="b" if phase == "recovery" else "a").start())


class World:
    def __init__(self, templates, place, server):
        self.home, self.server, self.cli, self.fingerprint = place, server, Cli(place), ""
        self.quote = server if isinstance(server, QuoteScene) else None
        address = self.quote.fake.at if self.quote else server.address if server else ""
        self.proxy = Proxy(address) if server else None
        self.at = self.proxy.at if server else ""
        self.names = {"at": self.at, "evidence": templates.home / "evidence", "made": templates.made, "anna.key": keys.rsa("anna"),
                      **{"%s.%s" % (user, end): path for user in ("una", "umar", "alice") for end, path in zip(("crt", "key"), keys.user(user))}}
        if self.quote:
            self.names |= {"bundle": self.quote.platform.bundle, "root": self.quote.platform.root}

    def words(self, text):
        return [re.sub(r"\{([\w.]+)\}", lambda m: str(self.names.get(m[1]) or self.fingerprint), word) for word in text.split()]

    def end(self):
        if self.proxy:
            self.proxy.listener.close()
        if self.server and not self.quote:
            self.server.stop()
        if self.quote:
            self.server.fake.close()


# ---- how they run ----

def in_a_pipe(world, args, file):
    return world.cli(*args, data=(world.home / file).read_bytes() if file else b"")


def on_terminals(world, args, file):
    """Standard output and standard error are a terminal each; standard input is one, too, or a file. Nobody wants colours."""
    pairs = [pty.openpty() for _ in range(3)]
    stdin = open(world.home / file, "rb") if file else pairs[0][1]
    process = subprocess.Popen([str(world.cli.program), *args], stdin=stdin, stdout=pairs[1][1], stderr=pairs[2][1], cwd=world.home,
                               env=world.cli.environment(NO_COLOR="1"), start_new_session=True)
    for _, slave in pairs:
        os.close(slave)
    shown = {pairs[1][0]: b"", pairs[2][0]: b""}
    left = set(shown)
    while left:
        ready = select.select(list(left), [], [], 120)[0]
        true(ready, "nothing comes from %s: %r" % (args, shown))
        for fd in ready:
            try:
                got = os.read(fd, 65536)
            except OSError:
                got = b""
            shown[fd] += got
            left -= set() if got else {fd}
    for master, _ in pairs:
        os.close(master)
    out, error = (text.replace(b"\r\n", b"\n") for text in shown.values())
    return Done(process.wait(60), out, error.decode("utf-8", "replace"))


WAYS = [("in a pipe, text", in_a_pipe, False), ("in a pipe, JSON", in_a_pipe, True), ("on a terminal, text", on_terminals, False),
        ("on a terminal, JSON", on_terminals, True)]


# ---- what has to be so ----

def check_streams(row, done, terminal, status):
    true(not TALK.search(done.out), "talk on standard output")
    equal(done.out == "", row.quiet or status != OK, "nothing on standard output")
    if status != OK:
        contains(done.error, "Error: ", "standard error")
    binary = "--raw" in row.arguments and not terminal
    true(binary or not CONTROLS.search(done.out), "control characters on standard output")
    true(not CONTROLS.search(done.error), "control characters on standard error")
    true(binary or VALUE not in done.raw, "a secret as it is")


def check_envelope(row, done, status):
    """One envelope; that its schema fits is checked wherever taw runs."""
    silent, talks = (done.error, done.out) if status == OK else (done.out, done.error)
    equal(silent, "", "the other stream")
    equal(talks.count("\n"), 1, "lines of the envelope")
    return json.loads(talks)["kind"]


def run_row(templates, row, way, kinds):
    about, run, as_json = way
    world = templates.world(row.phase)
    if row.prepare:
        row.prepare(world)
    before = world.proxy.handshakes if world.proxy else 0
    args = [*row.words.split(), *world.words(row.arguments), *(["--format", "json"] if as_json else [])]
    done = run(world, args, row.file)
    try:
        status = row.terminal if run is on_terminals and not as_json else row.status
        equal(done.status, status, "exit status")
        if as_json and not row.plain:
            kinds.add(check_envelope(row, done, status))
        else:
            check_streams(row, done, run is on_terminals, status)
        handshakes = world.proxy.handshakes - before if world.proxy else 0
        true(handshakes <= row.tls and (status != OK or handshakes == row.tls), "%d TLS connections instead of %d" % (handshakes, row.tls))
    except (AssertionError, ValueError) as error:
        raise AssertionError("taw %s, %s: %s: %r" % (" ".join(args), about, error, done)) from None
    finally:
        world.end()
        shutil.rmtree(world.home)


# ---- the tests ----

def commands(cli, words=()):
    """All that the help knows and that does something."""
    text = cli("help", *words).expect(OK).out
    usage, members = (re.search(r"^%s:\n((?:  .*\n)+)" % head, text, re.M) for head in ("Usage", "Commands"))
    if words and not usage.group(1).startswith("  taw %s [command]\n" % " ".join(words)):
        yield " ".join(words)
    for line in members.group(1).splitlines() if members else ():
        yield from commands(cli, (*words, line.split()[0]))


def every_command_has_a_row(home):
    equal(sorted(commands(Cli(home))), sorted({row.words for row in ROWS}), "commands of the help, and those that are run here")


def every_command_keeps_to_the_rules_in_a_pipe_and_on_a_terminal(home):
    templates, kinds, wrong = Templates(home), set(), []
    for row in ROWS:
        for way in WAYS:
            try:
                run_row(templates, row, way, kinds)
            except (AssertionError, Wrong) as error:
                wrong.append(str(error))
    if wrong:
        raise AssertionError("%d runs: %s" % (len(wrong), "\n".join(wrong)))
    taw.comment("%d runs, %d of %d kinds" % (templates.runs, len(kinds), len(envelopes.ALL.kinds())))
    equal(sorted(envelopes.ALL.kinds() - kinds), sorted(ELSEWHERE), "kinds that no row shows")


# Their outputs need more than a row has; other tests see them.
ELSEWHERE = {"CollateralFetch", "UpdateLogEntry"}


taw.run(globals())
