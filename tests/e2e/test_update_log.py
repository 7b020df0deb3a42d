# SPDX-License-Identifier: Apache-2.0
"""The update log as an auditor keeps it: what the Coordinator signs, and what `taw` finds in it."""

import json
import subprocess

import taw
from taw import Coordinator, UploadDeployment, equal, true

PATH = "/api/v2/update/chain"


def audit(*arguments):
    done = subprocess.run([taw.TAW, "manifest", "check-log", *map(str, arguments)], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def refused(needle, *arguments):
    status, out, error = audit(*arguments)
    equal((status, out), (1, ""), "exit status and output")
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
    refused("there is no certificate", good, "--root", good)
    refused("nowhere", home / "nowhere", "--root", log.root)
    equal(audit(good)[0], 2, "without a root")
    equal(audit("--root", log.root)[0], 2, "without a log")
    equal(audit(good, "--root")[0], 2, "an option without its value")
    log.c.stop()
    other.c.stop()


taw.run(globals())
