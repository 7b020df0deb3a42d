# SPDX-License-Identifier: Apache-2.0
"""Updates as those who have to agree see them: planned, reviewed, acknowledged; and differences by the text."""

import hashlib
import json
import shutil
import subprocess

import taw
from command_line import (DENIED, DIFFERENT, KEY, NOT_FOUND, OK, PENDING, REJECTED, STATE, TRUST, USAGE, Cli)
from taw import Coordinator, Deployment, contains, equal, keys, true

USERS = ("alice", "bob", "carol")


def user(name):
    cert, key = keys.user(name)
    return ("-c", cert, "-k", key)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Scene:
    """Two of three users have to agree; alice and bob may raise the package. first.json is in force, next.json is not."""

    def __init__(self, home):
        self.home, self.cli = home, Cli(home)
        self.c = Coordinator(home).start()
        self.at = self.c.address
        self.first = self.write("first.json")
        self.next = self.write("next.json", holders=["anna", "cleo"])
        self.cli("manifest", "set", self.first, self.at, "-i", "-r", "r0").expect(OK)

    def content(self, holders=("anna", "ben")):
        content = Deployment("xor", "x", holders=list(holders)).content("x")
        content["Packages"]["pinned"] = {"UniqueID": "ab" * 32}
        content["Roles"]["updater"] = {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}
        content["Roles"]["raiser"] = {"ResourceType": "Packages", "ResourceNames": ["backend", "pinned"],
                                      "Actions": ["UpdateSecurityVersion"]}
        for name in USERS:
            entry = content["Users"].setdefault(name, {"Certificate": keys.user(name)[0].read_text(), "Roles": []})
            entry["Roles"] += ["updater"] + (["raiser"] if name != "carol" else [])
        content["Config"] = {"UpdateThreshold": 2}
        return content

    def write(self, name, change=None, **content):
        manifest = self.content(**content)
        if change:
            change(manifest)
        path = self.home / name
        path.write_text(json.dumps(manifest))
        return path

    def update(self, *args):
        return self.cli("manifest", "update", *args)

    def propose(self):
        self.update("apply", self.next, self.at, *user("alice")).expect(OK)

    def log(self):
        return [json.loads(line)["update"] for line in self.c.get("/api/v2/update").data()["updateLog"]]


# ---- plan ----

def a_plan_says_what_a_complete_update_does_and_sends_nothing(home):
    s = Scene(home)
    done = s.update("plan", s.next, s.at).expect(OK, error="the update was not sent")
    for part in ("RecoveryKeys\n  - ben\n", "  + cleo\n", "  * the old recovery secrets become useless: new ones, encrypted to the holders, go to",
                 "  * it needs 2 of {alice, bob, carol}, the one who submits it included",
                 "Findings\n", "  warning at RecoveryKeys.anna: recovery key anna has 2048 bits [recovery-key-weak]\n",
                 "Plan\n  * in force: %s\n  * this manifest: %s\n  * a complete update: pending until enough users have agreed\n"
                 "  * no update is pending\n" % (digest(s.first), digest(s.next))):
        contains(done.out, part)
    s.update("plan", s.next, s.at, "--exit-code").expect(DIFFERENT, done.out)
    data = s.update("plan", s.next, s.at, "--format", "json").expect(OK).json("UpdatePlan")
    equal((data["update"], data["acknowledgers"], data["acknowledgments"], data["newRecoverySecrets"], data["refused"], data["pending"]),
          ("full", list(USERS), 2, True, False, None), "as data")
    equal((data["manifestFingerprint"], data["inForce"]), (digest(s.next), {"manifestFingerprint": digest(s.first)}), "hashes")
    equal((data["errors"], data["warnings"]), (0, len(data["findings"])), "findings")
    true(["warning", "recovery-key-weak", "RecoveryKeys.anna"] in [[one[name] for name in ("severity", "rule", "path")]
                                                                  for one in data["findings"]], "one finding")
    same = s.update("plan", s.first, s.at, "--exit-code").expect(OK)
    contains(same.out, "Plan\n")
    contains(same.out, "  * it means the same as what is in force\n")
    equal(s.log(), ["Initial manifest set"], "nothing was sent")
    s.c.stop()


def a_plan_knows_versions_that_were_raised_before(home):
    """Also of a package that had none, and no longer after a complete update."""
    s = Scene(home)
    raised = home / "raised.yaml"
    raised.write_text("Packages: {backend: {SecurityVersion: 5}, pinned: {SecurityVersion: 7}}\n")
    done = s.update("plan", raised, s.at).expect(OK)
    for part in ("Packages\n  ~ backend: SecurityVersion 1 -> 5\n", "  ~ pinned: SecurityVersion none -> 7\n",
                 "  * it takes one of {alice, bob}, who may update", "  * an update of packages: in force at once\n"):
        contains(done.out, part)
    true("Findings" not in done.out, "what an update of packages lacks is no finding")
    s.update("apply", raised, s.at, *user("bob")).expect(OK)
    equal(s.update("plan", raised, s.at, "--format", "json").json("UpdatePlan")["update"], "none", "the second time")
    (home / "lower.json").write_text('{"Packages":{"pinned":{"SecurityVersion":6}}}')
    done = s.update("plan", "lower.json", s.at).expect(REJECTED)
    contains(done.out, "  ~ pinned: SecurityVersion 7 -> 6\n      refused: a security version is never lowered")
    contains(done.out, "  * refused: the Coordinator does not take it\n")
    done = s.update("plan", s.first, s.at).expect(OK)
    contains(done.out, "  ~ backend: SecurityVersion 5 -> 1\n      a downgrade")
    contains(done.out, "  ~ pinned: SecurityVersion 7 -> none\n      a downgrade")
    s.propose()
    s.update("acknowledge", s.next, s.at, *user("bob")).expect(OK)
    contains(s.update("plan", raised, s.at).expect(OK).out, "SecurityVersion 1 -> 5\n")
    s.c.stop()


def a_plan_says_what_the_coordinator_would_refuse(home):
    s = Scene(home)

    def break_it(manifest):
        manifest["Marbles"]["store"]["Package"] = "nope"

    bad = s.write("bad.json", break_it)
    done = s.update("plan", bad, s.at, "--exit-code").expect(REJECTED)
    contains(done.out, "  error at Marbles.store.Package: manifest does not contain marble package nope [package-unknown]\n")
    data = s.update("plan", bad, s.at, "--format", "json").expect(REJECTED).json("UpdatePlan")
    equal((data["errors"], data["refused"]), (1, True), "as data")
    for text in ('{"Packages":{"other":{"SecurityVersion":1}}}', '{"Packages":{"backend":{"SecurityVersion":2,"Debug":true}}}', "{}"):
        (home / "p.json").write_text(text)
        contains(s.update("plan", "p.json", s.at).expect(REJECTED).out, "refused: ")
        true(s.update("apply", "p.json", s.at, *user("alice")).status in (REJECTED, DENIED), "it is refused")
    (home / "p.json").write_text('{"Packages":1}')
    s.update("plan", "p.json", s.at).expect(REJECTED, "", "p.json: Packages").expect(REJECTED, "", "`manifest lint`")
    s.update("plan", "none.json", s.at).expect(USAGE, "")
    s.update("plan", s.next, s.at, "--coordinator-cert", "none.pem").expect(TRUST, "")
    s.c.stop()


def a_plan_needs_a_manifest_in_force_and_shows_what_is_pending(home):
    (home / "empty").mkdir()
    fresh, cli = Coordinator(home / "empty").start(), Cli(home)
    (home / "m.json").write_text("{}")
    cli("manifest", "update", "plan", "m.json", fresh.address, "-i").expect(STATE, "", "")
    fresh.stop()
    s = Scene(home)
    s.propose()
    other = s.write("other.json", lambda manifest: manifest["Config"].update(UpdateThreshold=3))
    contains(s.update("plan", other, s.at).expect(OK).out,
             "  * another update is pending, %s: acknowledge or cancel it first\n" % digest(s.next))
    contains(s.update("plan", s.next, s.at).expect(OK).out, "  * it is pending already; not yet acknowledged by: bob, carol\n")
    data = s.update("plan", s.next, s.at, "--format", "json").json("UpdatePlan")
    equal(data["pending"], {"manifestFingerprint": digest(s.next), "same": True, "missingUsers": ["bob", "carol"]}, "as data")
    s.c.stop()


# ---- review ----

def a_review_shows_what_is_pending_and_who_has_agreed(home):
    s = Scene(home)
    s.update("review", s.at).expect(NOT_FOUND, "", "no update in progress")
    s.propose()
    done = s.update("review", s.at).expect(OK, error="checked: ")
    for part in ("RecoveryKeys\n  - ben\n", "Consequences\n", "Acknowledgments\n  + alice: acknowledged\n  - bob: not yet\n  - carol: not yet\n"
                 "  * still needed: 1\n", "Review\n  * in force: %s\n  * pending: %s\n" % (digest(s.first), digest(s.next))):
        contains(done.out, part)
    data = s.update("review", s.at, "--format", "json").expect(OK).json("UpdateReview")
    equal((data["acknowledged"], data["missingUsers"], data["missingAcknowledgments"], data["file"]),
          (["alice"], ["bob", "carol"], 1, None), "as data")
    done = s.update("review", s.at, s.next).expect(OK)
    contains(done.out, "  * %s: the same, byte for byte\n" % s.next)
    equal(s.update("review", s.at, s.next, "--format", "json").json("UpdateReview")["file"],
          {"name": str(s.next), "manifestFingerprint": digest(s.next), "same": True}, "the file")
    equal(len(s.log()), 2, "nobody has acknowledged by looking")
    s.c.stop()


def another_file_is_held_against_what_is_pending(home):
    s = Scene(home)
    s.propose()
    other = s.write("other.json", lambda manifest: manifest["Config"].update(UpdateThreshold=1), holders=["anna", "cleo"])
    done = s.update("review", s.at, other).expect(DIFFERENT)
    contains(done.out, "  * %s: another one, %s\nWhat is pending differs from %s\nConfig\n  ~ UpdateThreshold 1 -> 2\n" %
             (other, digest(other), other))
    data = s.update("review", s.at, other, "--format", "json").expect(DIFFERENT).json("UpdateReview")
    equal((data["file"]["same"], data["file"]["deviation"]["changes"][0]["what"]), (False, "UpdateThreshold 1 -> 2"), "as data")
    (home / "spaced.json").write_text(s.next.read_text() + "\n")
    done = s.update("review", s.at, "spaced.json", *user("bob"), "--acknowledge", "--yes").expect(DIFFERENT)
    contains(done.out, "  * only in its bytes: both mean the same\n")
    (home / "number.json").write_text("7")
    contains(s.update("review", s.at, "number.json").expect(DIFFERENT).out, "  * which is no manifest\n")
    equal(len(s.log()), 2, "nothing was acknowledged")
    s.c.stop()


def acknowledging_takes_the_file_a_user_and_a_yes(home):
    s = Scene(home)
    s.propose()
    s.update("review", s.at, *user("bob"), "--acknowledge", "--yes").expect(USAGE, "", "needs the manifest that you agree to as a file")
    s.update("review", s.at, digest(s.next), *user("bob"), "--acknowledge", "--yes").expect(USAGE, "", "a hash is not enough")
    s.update("review", s.at, s.next, "--acknowledge", "--yes").expect(USAGE, "", "needs --cert and --key")
    s.update("review", s.at, s.next, *user("bob"), "--acknowledge").expect(USAGE, "", "needs --yes")
    s.update("review", s.at, s.next, "-c", keys.user("bob")[0]).expect(USAGE, "", "must all be set")
    s.update("review", s.at, s.next, "-c", keys.user("bob")[0], "-k", keys.user("carol")[1]).expect(KEY, "")
    contains(s.update("review", s.at, s.next, *user("bob"), "--yes").expect(OK).out, "still needed: 1")
    equal(len(s.log()), 2, "nothing was acknowledged")
    done = s.update("review", s.at, s.next, *user("bob"), "--acknowledge", "--yes", "-r", "r1").expect(OK)
    contains(done.out, "  - bob: not yet\n")
    contains(done.error, "Update successfully applied\nRecovery data saved to: r1")
    equal(set(json.loads((home / "r1").read_text())["RecoverySecrets"]), {"anna", "cleo"}, "holders of the new secrets")
    s.cli("manifest", "verify", s.next, s.at, "-i").expect(OK)
    s.c.stop()


def as_data_a_review_with_an_acknowledgment_is_one_envelope(home):
    s = Scene(home)
    three = s.write("three.json", lambda manifest: manifest["Config"].update(UpdateThreshold=3))
    s.update("apply", three, s.at, *user("alice")).expect(OK)
    s.update("acknowledge", three, s.at, *user("bob")).expect(OK)
    s.propose()
    data = s.update("review", s.at, s.next, *user("bob"), "--acknowledge", "--yes", "--exit-pending", "--format", "json").expect(PENDING).json(
        "UpdateProgress")
    equal((data["missingUsers"], data["review"]["missingUsers"], data["review"]["missingAcknowledgments"]), (["carol"], ["bob", "carol"], 2),
          "before and after")
    s.c.stop()


def on_a_terminal_the_user_is_asked(home):
    s = Scene(home)
    s.propose()
    show = ("manifest", "update", "review", s.at, s.next)
    refused = s.cli.on_terminal(*show, *user("bob"), answers=[("[y/N]", "n")])
    equal(refused.status, OK, "status of no: %r" % refused)
    contains(refused.out, "the update was not acknowledged")
    contains(refused.out, "\x1b[32m  + alice: acknowledged\x1b[0m")
    true("[y/N]" not in s.cli.on_terminal(*show).expect(OK).out, "nobody is asked without a user")
    other = s.write("other.json")
    true("[y/N]" not in s.cli.on_terminal("manifest", "update", "review", s.at, other, *user("bob")).expect(DIFFERENT).out,
         "nobody is asked about another file")
    equal(len(s.log()), 2, "nothing was acknowledged")
    done = s.cli.on_terminal(*show, *user("bob"), "--recoverydata", "r1", answers=[("Acknowledge this update? [y/N]", "y")])
    equal(done.status, OK, "status of yes: %r" % done)
    contains(done.out, "Update successfully applied")
    true((home / "r1").exists(), "recovery data")
    s.c.stop()


# ---- by the text ----

def a_unified_diff_is_what_patch_takes(home):
    cli = Cli(home)
    old = {"Packages": {"app%d" % n: {"SignerID": "aa", "ProductID": n, "SecurityVersion": n} for n in range(40)},
           "Marbles": {"m": {"Package": "app1", "Parameters": {"Env": {"A": "hidden"}}}}}
    new = json.loads(json.dumps(old))
    new["Marbles"]["m"]["Parameters"]["Env"]["A"] = "shown"
    del new["Packages"]["app3"]
    new["Packages"]["app30"]["SecurityVersion"] = 99
    new["Packages"]["app31"]["Debug"] = False
    new["Packages"]["app50"] = {}
    (home / "old").write_text(json.dumps(old))
    (home / "new").write_text(json.dumps(new))
    done = cli("manifest", "diff", "old", "new", "--unified").expect(OK, error="")
    equal(done.out.splitlines()[:2], ["--- old", "+++ new"], "head")
    contains(done.out, '-                    "A": "hidden"\n+                    "A": "shown"\n')
    data = cli("manifest", "diff", "old", "new", "--unified", "--format", "json").json("ManifestDiff")
    equal(data["unified"], "".join(done.raw.decode().splitlines(True)[2:]), "as data")
    cli("manifest", "diff", "old", "old", "--unified", "--exit-code").expect(OK, "")
    for name, content in (("a", old), ("b", new)):
        (home / name).write_text(json.dumps(content, indent=4, sort_keys=True) + "\n")
    if not (shutil.which("diff") and shutil.which("patch")):
        raise taw.Skip("no diff and patch")
    theirs = subprocess.run(["diff", "-u", home / "a", home / "b"], capture_output=True, text=True).stdout
    equal([line for line in done.out.splitlines() if line[0] in "+-"][2:], [line for line in theirs.splitlines() if line[0] in "+-"][2:],
          "lines that go and come")
    (home / "patch").write_bytes(done.raw)
    subprocess.run(["patch", "-s", home / "a", home / "patch"], check=True, timeout=30)
    equal((home / "a").read_text(), (home / "b").read_text(), "what patch makes of it")


def colours_are_for_terminals_that_want_them(home):
    cli = Cli(home)
    (home / "old").write_text('{"Packages":{"a":{}},"Marbles":{"x":{"Package":"a"}}}')
    (home / "new").write_text('{"Packages":{"a\\u0007":{}},"Marbles":{"x":{"Package":"a"},"y":{"Package":"a"}}}')
    diff = ("manifest", "diff", "old", "new")
    plain = cli(*diff).expect(OK).out
    true("\x1b" not in plain and "  + a\\u0007\n" in plain, "plain: %r" % plain)
    for wanted in (cli.on_terminal(*diff), cli(*diff, "--color", "always")):
        for part in ("\x1b[31m  - a\x1b[0m\n", "\x1b[32m  + a\\u0007\x1b[0m\n", "Packages\n", "\x1b[32m  + y\x1b[0m\n"):
            contains(wanted.expect(OK).out, part)
    true("\x1b" not in cli(*diff, env=cli.environment(NO_COLOR="1")).out, "NO_COLOR")
    true("\x1b" not in cli.on_terminal(*diff, "--color", "never").out, "never")
    contains(cli(*diff, "--unified", "--color", "always").out, '\x1b[32m+        "y": {\x1b[0m\n')


taw.run(globals())
