# SPDX-License-Identifier: Apache-2.0
"""The update log as an auditor keeps it: what the Coordinator signs, what `taw` finds in it, and how `taw` shows it."""

import json
import re
import signal
import subprocess

import envelopes
import taw
from command_line import NOT_FOUND, OK, TRUST, USAGE, Cli, Fake, says
from taw import Coordinator, UploadDeployment, contains, equal, true

PATH = "/api/v2/update/chain"


def audit(*arguments):
    done = subprocess.run([taw.TAW, "manifest", "check-log", *map(str, arguments)], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def refused(needle, *arguments, status=TRUST):
    found, out, error = audit(*arguments)
    equal((found, out), (status, ""), "exit status and output")
    true(needle in error, "%r names %r" % (error, needle))


class Log:
    """A Coordinator whose log grows with uploads, and the files of its auditor."""

    def __init__(self, home):
        self.home = home
        self.deployment = UploadDeployment("none")
        self.c = Coordinator(home).start()

    def begin(self):
        self.deployment.set(self.c).data()
        self.root = self.home / "chain.pem"
        self.root.write_text(self.c.get("/api/v2/quote").data()["cert"])

    def grow(self, times):
        for n in range(times):
            self.deployment.upload_values(self.c, bytes([n]) * 32).data()

    def keep(self, name):
        path = self.home / name
        path.write_bytes(self.c.get(PATH).body)
        return path


def the_log_is_proven_complete_across_a_restart(home):
    log = Log(home)
    reply = log.c.get(PATH)
    equal((reply.status, reply.json()["message"]), (500, "server is not in expected state"), "before the manifest")
    log.begin()
    first = log.keep("first.json")
    log.grow(3)
    log.c.stop()
    log.c.start()
    second = log.keep("second.json")
    data = json.loads(second.read_text())["data"]
    equal(data["updateLog"], log.c.get("/api/v2/update").data()["updateLog"], "the lines of the log")
    statement = json.loads(data["statement"])
    equal((statement["format"], statement["lines"]), ("taw-update-log-1", 7), "statement")
    equal(statement["manifestFingerprint"], log.c.get("/api/v2/manifest").data()["manifestFingerprint"], "fingerprint")
    status, out, error = audit(second, "--root", log.root, "--earlier", first)
    equal((status, error), (0, ""), "exit status and errors")
    equal([line.split(" at ")[0] for line in out.splitlines()][0], "7 lines, complete", "output")
    true("continues the 1 lines of" in out, out)
    log.c.stop()


def what_was_removed_or_changed_is_noticed(home):
    log = Log(home)
    log.begin()
    log.grow(2)
    good = log.keep("good.json")
    log.grow(1)
    later = log.keep("later.json")
    text = good.read_text()

    def changed(change):
        document = json.loads(text)
        change(document["data"])
        path = home / "changed.json"
        path.write_text(json.dumps(document))
        return path

    equal(audit(good, "--root", log.root)[0], 0, "the log as it is")
    refused("the log has 4 lines, the signed statement is about 5", changed(lambda d: d["updateLog"].pop(2)), "--root", log.root)
    refused("a line was changed", changed(lambda d: d["updateLog"].reverse()), "--root", log.root)
    refused("not signed", changed(lambda d: d.update(statement=d["statement"].replace("lines\":5", "lines\":4"))),
            "--root", log.root)
    refused("lines were removed", good, "--root", log.root, "--earlier", later)
    (home / "other").mkdir()
    other = Log(home / "other")
    other.begin()
    refused("not signed", good, "--root", other.root)
    refused("there is no certificate", good, "--root", good, status=USAGE)
    refused("updateLog", changed(lambda d: d.pop("updateLog")), "--root", log.root, status=USAGE)
    for missing in ((home / "nowhere", "--root", log.root), (good, "--root", home / "nowhere"), (good, "--root", log.root, "--earlier", home / "nowhere")):
        status, out, error = audit(*missing)
        equal((status, out, "nowhere" in error), (USAGE, "", True), "a file that is not there is no proof against anybody")
    equal(audit(good)[0], 2, "without a root")
    equal(audit("--root", log.root)[0], 2, "without a log")
    equal(audit(good, "--root")[0], 2, "an option without its value")
    log.c.stop()
    other.c.stop()


# ---- `manifest log` ----

LINES = [
    {"time": "2026-11-01T23:59:59.999Z", "update": "Initial manifest set"},
    {"time": "2026-11-02T00:00:00.000Z", "update": "SecurityVersion increased", "user": "alice", "package": "app", "new version": 5},
    {"time": "2026-11-02T13:00:00.500+0200", "update": "Secret set", "user": "b\u00f6b\x1b", "secret": "x", "type": "plain"},
    {"time": "2026-11-03T10:00:00.000Z", "update": "Complete Manifest update acknowledged by user", "user": "alice",
     "missingAcknowledgments": 1, "missingUsers": ["carol", "dave"], "manifestFingerprint": "ab"},
    {"time": "soon", "update": "odd", "missingUsers": []},
]


class FakeLog:
    """A server whose log is `lines`, texts."""

    def __init__(self, home, lines):
        self.lines, self.cli = lines, Cli(home)
        self.fake = Fake(home, None)
        self.fake.answer = lambda sock, request: says(json.dumps({"status": "success", "data": {"updateLog": self.lines}}))(sock, request)

    def __call__(self, *flags, **more):
        return self.cli("manifest", "log", self.fake.at, "-i", *flags, **more)


def texts():
    return [json.dumps(line, ensure_ascii=False) for line in LINES]


def entries_are_chosen_by_time_and_user(home):
    log = FakeLog(home, texts() + ["no JSON"])
    everything = log().expect(OK, "\n".join(log.lines) + "\n", "Update log:").out

    def chosen(*flags):
        out = log(*flags).expect(OK).out.splitlines()
        return "".join(str(log.lines.index(line)) for line in out)

    equal(chosen(), "012345", "all")
    for flags, wanted in ((("--since", "2026-11-02"), "12345"), (("--since", "2026-11-02T00:00:01Z"), "2345"),
                          (("--until", "2026-11-01"), "045"), (("--until", "2026-11-02"), "01245"),
                          (("--until", "2026-11-02T00:00:00Z"), "045"), (("--since", "2026-11-02T13:00:00+02:00"), "2345"),
                          (("--since", "2026-11-02T13:00:01+02:00"), "345"), (("--since", "2026-11-02", "--until", "2026-11-02"), "1245"),
                          (("--user", "alice"), "13"), (("--user", "alice", "--since", "2026-11-03"), "3"), (("--user", "nobody"), "")):
        equal(chosen(*flags), wanted, " ".join(flags))
    data = log("--user", "alice", "--format", "json").json("UpdateLog")
    equal(data, {"updateLog": [LINES[1], LINES[3]]}, "as data")
    log("--user", "alice", "-o", "file").expect(OK, "", "Update log written to: file")
    equal((home / "file").read_text(), "\n".join([log.lines[1], log.lines[3]]), "in a file")
    for bad in ("2026-11-31", "yesterday", "2026-11-02T10:00", "2026-1-2", ""):
        log("--since", bad).expect(USAGE, "", "--since: %s is neither a date" % bad)
    log("--until", "x").expect(USAGE, "", "--until: x is")
    true(everything.startswith(log.lines[0]), "the first line")


def the_table_has_columns_and_hides_no_control_character(home):
    log = FakeLog(home, texts() + ["no JSON", "7"])
    wanted = [
        "TIME                      USER         WHAT",
        "2026-11-01T23:59:59.999Z  -            Initial manifest set",
        "2026-11-02T00:00:00.000Z  alice        SecurityVersion increased: package app, new version 5",
        "2026-11-02T13:00:00.500+0200  b\u00f6b\\u001b  Secret set: secret x, type plain",
        "2026-11-03T10:00:00.000Z  alice        Complete Manifest update acknowledged by user: missingAcknowledgments 1, "
        "missingUsers carol, dave, manifestFingerprint ab",
        "soon                      -            odd",
        "-                         -            no JSON",
        "-                         -            7",
    ]
    equal([re.sub("  +", "  ", line) for line in log("--table").expect(OK, error="Update log:").out.splitlines()],
          [re.sub("  +", "  ", line) for line in wanted], "table")
    columns = {line.index("alice") for line in log("--table", "--user", "alice").expect(OK).out.splitlines()[1:]}
    equal(columns, {26}, "where the second column begins")
    equal(log("--table", "--format", "json").json("UpdateLog"), log("--format", "json").json("UpdateLog"), "data have no columns")
    log("--table", "-o", "x").expect(USAGE, "", "[output table]")
    log.lines = []
    log("--table").expect(OK, "TIME                      USER      WHAT\n")
    log().expect(OK, "")


class Following:
    """`manifest log --follow` in the background."""

    def __init__(self, cli, *args):
        self.process = subprocess.Popen([taw.TAW, "manifest", "log", *args, "--follow", "--interval", "1"], cwd=cli.home,
                                        env=cli.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def line(self):
        return envelopes.check_text(self.process.stdout.readline())

    def end(self):
        self.process.send_signal(signal.SIGINT)
        out, error = self.process.communicate(timeout=30)
        return self.process.returncode, out, error

    def ended(self):
        out, error = self.process.communicate(timeout=60)
        return self.process.returncode, out, error


def following_shows_what_is_new_on_one_connection(home):
    lines = texts()
    log = FakeLog(home, lines[:2])
    following = Following(log.cli, log.fake.at, "-i")
    equal([following.line(), following.line()], [line + "\n" for line in lines[:2]], "what was there")
    log.lines = lines[:4]
    equal([following.line(), following.line()], [line + "\n" for line in lines[2:4]], "what is new")
    log.lines = lines[1:2]
    equal(following.line(), lines[1] + "\n", "another log")
    status, out, error = following.end()
    equal((status, out), (OK, ""), "an interrupt is a success")
    contains(error, "Warning: the update log begins anew")
    log.lines = lines
    following = Following(log.cli, log.fake.at, "-i", "--format", "json", "--user", "alice")
    for n in (1, 3):
        envelope = json.loads(following.line())
        equal((envelope["kind"], envelope["data"], "checks" in envelope), ("UpdateLogEntry", {"entry": LINES[n]}, n == 1), "an entry")
    equal(following.end()[1:], ("", ""), "nothing else")
    following = Following(log.cli, log.fake.at, "-i", "--table", "--since", "2026-11-03")
    equal([following.line().split()[0] for _ in range(3)], ["TIME", "2026-11-03T10:00:00.000Z", "soon"], "as a table")
    log.lines = lines + ['{"time":"2026-11-04T10:00:00.000Z","update":"x"}']
    equal(following.line().split(), ["2026-11-04T10:00:00.000Z", "-", "x"], "a row without another head")
    following.end()
    following = Following(log.cli, log.fake.at, "-i", "--format", "yaml", "--user", "alice")
    equal([following.line() for _ in range(3)], ["---\n", "apiVersion: taw/v1\n", "kind: UpdateLogEntry\n"], "as YAML")
    following.end()
    log("--follow", "--interval", "0").expect(USAGE, "", "--interval: want 1")
    log("--follow", "-o", "x").expect(USAGE, "", "[output follow]")
    log.fake.close()


def the_log_is_verified_against_the_pinned_root(home):
    log, cli = Log(home), Cli(home)
    manifest = home / "manifest.json"
    manifest.write_bytes(log.deployment.manifest)
    at = log.c.address
    cli("manifest", "set", manifest, at, "-i").expect(OK)
    log.grow(1)
    proven = "the update log is complete: 3 lines at "
    done = cli("manifest", "log", at, "--verify").expect(OK, error="checked: " + proven)
    contains(done.error, "Z, signed by the pinned root\n")
    equal(done.out, cli("manifest", "log", at).expect(OK).out, "the lines")
    equal(len(cli("manifest", "log", at, "--verify", "--user", "alice").expect(OK, error=proven).out.splitlines()), 2, "those of alice")
    done = cli("manifest", "log", at, "--verify", "--format", "json").expect(OK)
    data = done.json("UpdateLog")
    equal((data["verified"]["lines"], len(data["updateLog"])), (3, 3), "as data")
    true(any(proven in check for check in json.loads(done.out)["checks"]), "the check in the envelope")
    true("verified" not in cli("manifest", "log", at, "--format", "json").json("UpdateLog"), "nothing is claimed without a check")
    cli("manifest", "log", at, "-i", "--verify").expect(USAGE, "", "--insecure does without")
    following = Following(cli, at, "--verify")
    equal([following.line() for _ in range(3)], done_lines(cli, at), "what was there")
    log.grow(1)
    equal([json.loads(following.line())["update"] for _ in range(2)], ["Secret set"] * 2, "what is new")
    status, _, error = following.end()
    equal(error.count(proven.split(":")[0]), 1, "said once")
    following = Following(cli, at)
    following.line()
    log.c.stop()
    equal(following.ended()[0], 11, "the Coordinator is gone")


def done_lines(cli, at):
    return cli("manifest", "log", at).expect(OK).out.splitlines(True)


def a_log_that_is_not_proven_is_not_shown(home):
    """A man in the middle who has the pinned certificate's key cannot be played here; a server without the chain, or with a wrong one, can."""
    log, cli = Log(home), Cli(home)
    log.begin()
    proof = log.keep("proof.json").read_bytes()
    log.c.stop()
    answers = {}
    fake = Fake(home, lambda sock, request: says(*answers["now"])(sock, request))
    cli.cache.parent.mkdir(parents=True)
    cli.cache.write_text(fake.cert.read_text() * 2)
    show = ("manifest", "log", fake.at, "--verify")
    for answer, status, says_what in (((b"{}", "404 Not Found"), NOT_FOUND, "does not sign its update log"),
                                      ((b"{}", "405 Method Not Allowed"), NOT_FOUND, "does not sign its update log"),
                                      ((b'{"status":"success","data":{}}',), TRUST, "update log: not an answer"),
                                      ((proof,), TRUST, "update log: the statement is not signed")):
        answers["now"] = answer
        cli(*show).expect(status, "", says_what)
    equal(set(fake.requests), {"GET /api/v2/update/chain HTTP/1.1"}, "there is no other way")
    fake.close()


taw.run(globals())
