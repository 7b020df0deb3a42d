# SPDX-License-Identifier: Apache-2.0
"""A dying machine and a broken disk: every system call that touches the state is the last one, or fails, once.

faultfs.c counts the calls; a scenario is played once to learn how many there are, and then once for each of them."""

import collections
import os
import re
import shutil

import taw
from taw import FRESH, RECOVERY, RUNNING, Coordinator, Deployment, UploadDeployment, contains, equal, true

FAULTFS = os.environ.get("FAULTFS", "")
SANITIZE = os.environ.get("TAW_SANITIZE", "none")
FOR_EVER = 10**9

Call = collections.namedtuple("Call", "number name path fault")


def needs_faults():
    if SANITIZE != "none":
        raise taw.Skip("built with a sanitizer: its runtime and a second preloaded library do not mix")
    if not FAULTFS:
        raise taw.Skip("FAULTFS names no library")


# ---- scenarios ----

class Scenario:
    """template: where it begins. play: what is done to a Coordinator. verify: what holds after the next start."""

    machine = "b"
    watched = "state"  # calls that touch this directory are counted
    before = RECOVERY  # status code in which play begins

    def __init__(self, home):
        self.template = home / "template"
        self.template.mkdir()
        self.prepare()

    def prepare(self):
        """Fills the template."""

    def play(self, c):
        """Returns what was acknowledged; stops at the first request without an answer, and at the first that fails."""
        return None

    def again(self, c):
        """What failed is tried again, the fault is gone: it must succeed."""

    def verify(self, home, acknowledged):
        """Starts without faults. Everything acknowledged is there, and nothing is half there."""




class FirstStart(Scenario):
    machine = "a"
    watched = ""  # the platform key is made here
    before = FRESH

    def verify(self, home, acknowledged):
        c = Coordinator(home, self.machine).start()
        equal(c.code(), FRESH, "status")
        deployment = Deployment("none")
        equal(deployment.set(c).status, 200, "the manifest")
        c.stop()


class SetManifest(Scenario):
    machine = "a"
    before = FRESH

    def play(self, c):
        deployment = Deployment("single")
        quote = c.get("/api/v2/quote")
        reply = deployment.set(c) if quote is not None else None
        if reply is None:
            return None
        equal_or_failed(reply, self.template.parent)
        if reply.status != 200:
            return None
        return {"deployment": deployment, "root": quote.data()["cert"]}

    again = play

    def verify(self, home, acknowledged):
        c = Coordinator(home, self.machine).start()
        code = c.code()
        if acknowledged is not None:
            equal(code, RUNNING, "status: the manifest was acknowledged")
        if code == FRESH:
            equal(Deployment("single").set(c).status, 200, "the manifest after a restart")
            c.stop()
            return
        deployment = acknowledged["deployment"] if acknowledged else Deployment("single")
        facts = deployment.facts(c)
        equal(taw.unb64(facts["manifest"]["manifest"]), deployment.manifest, "manifest")
        equal(deployment.log_lines(c), ["Initial manifest set"], "update log")
        secrets = c.get("/api/v2/recovery/secrets", deployment.user).data()["recoverySecrets"]
        if acknowledged is not None:
            equal(facts["root"], acknowledged["root"], "root certificate")
            equal(secrets, deployment.reply.data()["RecoverySecrets"], "recovery secrets")
        else:
            deployment.decrypt(secrets)
        c.stop()
        elsewhere(home, deployment, facts)


def elsewhere(home, deployment, facts):
    """The state of a copy comes back on a third machine."""
    shutil.copytree(home / "state", home / "elsewhere")
    (home / "elsewhere" / "lock").unlink(missing_ok=True)
    c = Coordinator(home, "c", state="elsewhere").start()
    equal(c.code(), RECOVERY, "status on a third machine")
    equal(deployment.recover(c).data()["remaining"], 0, "recovery on a third machine")
    equal(deployment.facts(c), facts, "facts on a third machine")
    c.stop()


def opens_as_before(home, deployment, facts):
    """What was not replaced is as loadable as it was: on the machine that wrote it without any help."""
    shutil.copytree(home / "state", home / "as-before")
    c = Coordinator(home, "a", state="as-before").start()
    equal(c.code(), RUNNING, "status of the old state on its machine")
    equal(deployment.facts(c), facts, "facts of the old state on its machine")
    c.stop()


def equal_or_failed(reply, directory):
    """A request that a fault hits either succeeds or fails with 500 and the name of a file."""
    if reply.status == 200:
        return
    equal(reply.status, 500, "status of a request that a fault hit: %r" % reply)
    contains(reply.message(), str(directory), "message")
    contains(reply.message(), "/state", "message")


class WithState(Scenario):
    """Begins with a state that machine A has left."""

    scheme = "single"

    def prepare(self):
        self.deployment = Deployment(self.scheme)
        c = Coordinator(self.template, "a").start()
        self.deployment.set(c).data()
        self.facts = self.deployment.facts(c)
        c.stop()
        c = Coordinator(self.template, "b", state="other").start()  # makes the key of machine B
        c.stop()
        shutil.rmtree(self.template / "other")


class Restart(WithState):
    machine = "a"
    before = RUNNING

    def verify(self, home, acknowledged):
        c = Coordinator(home, self.machine).start()
        equal(c.code(), RUNNING, "status")
        equal(self.deployment.facts(c), self.facts, "facts")
        equal(self.deployment.log_lines(c), ["Initial manifest set"], "update log")
        c.stop()


class Recover(WithState):
    def play(self, c):
        for holder in self.deployment.holders[:self.deployment.needed()]:
            reply = c.post("/api/v2/recover", self.deployment.upload(holder))
            if reply is None:
                return None
            equal_or_failed(reply, self.template.parent)
            if reply.status != 200:
                return None
        return True

    def again(self, c):
        """Only the last upload was refused; nobody else has to send again."""
        missing = c.get("/api/v2/recover/status").data()["missing"]
        holders = [name for name in self.deployment.holders[:self.deployment.needed()] if name in missing]
        equal(len(holders), 1, "holders that have to send again")
        return self.deployment.recover(c, holders).data()["remaining"] == 0

    def verify(self, home, acknowledged):
        c = Coordinator(home, self.machine).start()
        code = c.code()
        if acknowledged:
            equal(code, RUNNING, "status: the recovery was acknowledged")
        lines = ["Initial manifest set", "Coordinator recovered"]
        if code == RECOVERY:
            opens_as_before(home, self.deployment, self.facts)
            scheme = {"single": "single", "threshold": "shamir"}[self.scheme]
            taw.recovering_as(c, scheme, self.deployment.needed(), [], self.deployment.holders)
            self.deployment.recover(c)
        equal(c.code(), RUNNING, "status")
        equal(self.deployment.facts(c), self.facts, "facts")
        equal(self.deployment.log_lines(c), lines, "update log")
        c.stop()
        if taw.SOAK:
            elsewhere(home, self.deployment, self.facts)


class RecoverByThree(Recover):
    scheme = "threshold"

    def prepare(self):
        super().prepare()
        true(self.deployment.needed() >= 2, "several holders")


class Dismiss(WithState):
    def play(self, c):
        new = Deployment("single", "second", holders=["ben"])
        reply = new.set(c)
        if reply is None:
            return None
        equal_or_failed(reply, self.template.parent)
        return new if reply.status == 200 else None

    again = play

    def verify(self, home, acknowledged):
        c = Coordinator(home, self.machine).start()
        code = c.code()
        if acknowledged is not None:
            equal(code, RUNNING, "status: the new manifest was acknowledged")
        if code == RECOVERY:
            opens_as_before(home, self.deployment, self.facts)
            self.deployment.recover(c)
            equal(self.deployment.facts(c), self.facts, "facts of the old state")
            c.stop()
            return
        new = acknowledged or Deployment("single", "second", holders=["ben"])
        equal(taw.unb64(c.get("/api/v2/manifest").data()["manifest"]), new.manifest, "new manifest")
        equal(new.log_lines(c), ["Initial manifest set"], "update log")
        new.facts(c)
        c.stop()
        self.old_state_is_kept(home)

    def old_state_is_kept(self, home):
        aside = [path for path in (home / "state").glob("dismissed-*") if (path / "sealed_data").exists()]
        true(aside, "the dismissed state is kept")
        shutil.copytree(aside[-1], home / "kept")
        c = Coordinator(home, "b", state="kept").start()
        equal(c.code(), RECOVERY, "status on the kept files")
        self.deployment.recover(c)
        equal(self.deployment.facts(c), self.facts, "facts of the dismissed state")
        c.stop()


class UploadSecrets(WithState):
    machine = "a"
    before = RUNNING
    new = bytes(range(32, 64))

    def prepare(self):
        self.deployment = UploadDeployment("single")
        c = Coordinator(self.template, "a").start()
        self.deployment.set(c).data()
        self.old = bytes(32)
        self.deployment.upload_values(c, self.old).data()
        self.facts = self.deployment.facts(c)
        c.stop()

    def play(self, c):
        reply = self.deployment.upload_values(c, self.new)
        if reply is None or reply.status == 200:
            return None if reply is None else True
        equal(reply.status, 500, "status of an upload that a fault hit: %r" % reply)
        contains(reply.message(), "commit: ", "message")
        return None

    again = play

    def verify(self, home, acknowledged):
        c = Coordinator(home, self.machine).start()
        equal(c.code(), RUNNING, "status")
        equal(self.deployment.facts(c), self.facts, "facts")
        value = self.deployment.uploaded(c)
        true(value in ((self.new,) if acknowledged else (self.old, self.new)), "the value is an old or a new one")
        equal(len(self.deployment.log_lines(c)), 5 if value == self.new else 3, "lines of the log")
        c.stop()


# ---- playing them ----

def begin(scenario, home, name, **fault):
    """A Coordinator on a copy of the template, under faults."""
    place = home / name
    shutil.copytree(scenario.template, place)
    env = {"LD_PRELOAD": FAULTFS, "FAULTFS_DIR": str(place / scenario.watched), "FAULTFS_LOG": str(place / "calls"),
           "FAULTFS_UNTIL": str(place / "repaired")}
    env.update({"FAULTFS_" + key: str(value) for key, value in fault.items()})
    return Coordinator(place, scenario.machine, env=env)


def calls_of(place):
    path = place / "calls"
    lines = path.read_text().splitlines() if path.exists() else []
    return [Call(*(re.fullmatch(r"(\d+) (\S+) (\S*)(?: (\S+))?", line).groups())) for line in lines]


def rehearse(scenario, home):
    """Plays it without a fault: its calls, and how many of them come before play and before the end."""
    c = begin(scenario, home, "rehearsal").start()
    equal(c.code(), scenario.before, "status before")
    started = len(calls_of(home / "rehearsal"))
    acknowledged = scenario.play(c)
    played = len(calls_of(home / "rehearsal"))
    c.stop()
    calls = calls_of(home / "rehearsal")
    scenario.verify(home / "rehearsal", acknowledged)
    equal([int(call.number) for call in calls], list(range(1, len(calls) + 1)), "numbers of the calls")
    return calls, started, played


def each(function, items):
    """In parallel; names the item that fails."""
    def one(item):
        try:
            function(item)
        except Exception as error:
            raise AssertionError("at %s: %s" % (item, error)) from error
    taw.in_parallel(one, items)
    return len(items)


def killed_at_every_call(home, make, do="kill"):
    needs_faults()
    scenario = make(home)
    calls, _, _ = rehearse(scenario, home)

    def kill_at(call):
        name = "%s-%s" % (do, call.number)
        c = begin(scenario, home, name, AT=call.number, DO=do)
        acknowledged = None
        if c.launch().serves():
            acknowledged = scenario.play(c)
            if c.process.poll() is None:
                c.process.terminate()
        equal(c.ended(), -9, "exit status")
        equal(calls_of(home / name)[-1][:2], call[:2], "the last call")
        scenario.verify(home / name, acknowledged)
        shutil.rmtree(home / name)

    true(len(calls) >= 10, "only %d calls" % len(calls))
    taw.comment("%d calls, killed at each" % each(kill_at, calls))


def faults_for(call):
    """Which faults make sense for a call."""
    if call.name in ("write", "pwrite", "pwritev"):
        return ["EIO", "ENOSPC", "short"]
    if call.name in ("open", "fsync", "fdatasync", "rename", "mkdir"):
        return ["EIO", "ENOSPC"]
    return ["EIO"]


def on_disk_as_before(scenario, place):
    """Were the process to end now, the next one would find what was there before."""
    shutil.copytree(place / "state", place / "after-failure")
    d = Coordinator(place, scenario.machine, state="after-failure").start()
    equal(d.code(), scenario.before, "status of a restart after a failed request")
    d.stop()


def play_with_fault(scenario, home, call, do, count):
    """One fault while it is played, then the same once more on the same process, then a restart."""
    place = home / ("%s-%s-%d" % (do, call.number, count))
    c = begin(scenario, home, place.name, AT=call.number, DO=do, FOR=count).start()
    acknowledged = scenario.play(c)
    if acknowledged is None:
        equal(c.code(), scenario.before, "status after a failed request")
        if count == 1:
            on_disk_as_before(scenario, place)
        if count == FOR_EVER:
            equal(scenario.play(c), None, "while the fault lasts")
            equal(c.code(), scenario.before, "status after a second failed request")
        (place / "repaired").touch()
        acknowledged = scenario.again(c)
        true(acknowledged is not None, "the same request succeeds when the fault is gone")
    (place / "repaired").touch()
    equal(c.code(), RUNNING, "status at last")
    c.stop()
    scenario.verify(place, acknowledged)
    shutil.rmtree(place)


def failing_while_it_is_played(home, make, only=None, count=1):
    needs_faults()
    scenario = make(home)
    calls, started, played = rehearse(scenario, home)
    wanted = [(call, do) for call in calls[started:played] for do in faults_for(call) if only is None or do in only]
    true(wanted, "no calls")
    count_of_faults = each(lambda item: play_with_fault(scenario, home, *item, count), wanted)
    taw.comment("%d faults at %d calls" % (count_of_faults, played - started))


def failing_while_it_starts(home, make, only=("EIO",)):
    """A start under a fault fails with a clear message, or works; the next one is as if nothing had been."""
    needs_faults()
    scenario = make(home)
    calls, started, _ = rehearse(scenario, home)

    def start_with(item):
        call, do = item
        place = home / ("start-%s-%s" % (do, call.number))
        c = begin(scenario, home, place.name, AT=call.number, DO=do)
        if c.launch().serves():
            equal(c.code(), scenario.before, "status")
            c.stop()
        else:
            equal(c.ended(), 3, "exit status: " + c.log()[-500:])
            contains(c.log().splitlines()[-1], str(place), "what it says")
        scenario.verify(place, None)
        shutil.rmtree(place)

    wanted = [(call, do) for call in calls[:started] for do in faults_for(call) if do in only]
    taw.comment("%d faults at %d calls" % (each(start_with, wanted), started))


# ---- the tests ----

def a_first_start_may_be_killed_at_any_call(home):
    killed_at_every_call(home, FirstStart)


def setting_a_manifest_may_be_killed_at_any_call(home):
    killed_at_every_call(home, SetManifest)


def a_restart_may_be_killed_at_any_call(home):
    killed_at_every_call(home, Restart)


def a_recovery_may_be_killed_at_any_call(home):
    killed_at_every_call(home, Recover)


def a_dismissal_may_be_killed_at_any_call(home):
    killed_at_every_call(home, Dismiss)


def an_upload_of_secrets_may_be_killed_at_any_call(home):
    killed_at_every_call(home, UploadSecrets)


def a_first_start_survives_a_failing_disk(home):
    failing_while_it_starts(home, FirstStart, ("EIO", "ENOSPC", "short"))


def a_restart_survives_a_failing_disk(home):
    failing_while_it_starts(home, Restart)


def setting_a_manifest_fails_cleanly_at_any_call_and_works_afterwards(home):
    failing_while_it_is_played(home, SetManifest)


def a_recovery_fails_cleanly_at_any_call_and_works_afterwards(home):
    failing_while_it_is_played(home, Recover, None if taw.SOAK else ("EIO",))


def a_dismissal_fails_cleanly_at_any_call_and_works_afterwards(home):
    failing_while_it_is_played(home, Dismiss, None if taw.SOAK else ("EIO",))


def an_upload_of_secrets_fails_cleanly_at_any_call_and_works_afterwards(home):
    failing_while_it_is_played(home, UploadSecrets)


def a_manifest_on_a_full_disk_is_refused_until_there_is_space(home):
    failing_while_it_is_played(home, SetManifest, ("short",), FOR_EVER)


def a_recovery_on_a_full_disk_is_refused_until_there_is_space(home):
    failing_while_it_is_played(home, Recover, ("ENOSPC",) if taw.SOAK else ("short",), FOR_EVER)


def a_recovery_by_several_holders_may_be_killed_at_any_call(home):
    taw.only_in_soak()
    killed_at_every_call(home, RecoverByThree)


def a_recovery_by_several_holders_fails_cleanly_at_any_call(home):
    taw.only_in_soak()
    failing_while_it_is_played(home, RecoverByThree)


def a_disk_that_fails_for_long_is_survived_at_any_call(home):
    taw.only_in_soak()
    for count in (2, 3, 5, FOR_EVER):
        part = home / str(count)
        part.mkdir()
        failing_while_it_is_played(part, SetManifest, None, count)


def every_scenario_may_be_killed_right_after_any_call(home):
    taw.only_in_soak()
    for make in (FirstStart, SetManifest, Restart, Recover, Dismiss, UploadSecrets):
        part = home / make.__name__
        part.mkdir()
        killed_at_every_call(part, make, "kill-after")


taw.run(globals())
