# SPDX-License-Identifier: Apache-2.0
"""Updates of packages and of the manifest by several users, with restarts, crashes and conflicts in between."""

import json
import pathlib
import re
import shutil
import threading
import time

import taw
from activation import Marble
from taw import Coordinator, Deployment, equal, keys, true

UPDATE, ACKNOWLEDGE, CANCEL = "/api/v2/update", "/api/v2/update-manifest", "/api/v2/update-cancel"
CONFLICT = "the manifest was updated in the meantime: nothing was changed, try again"
ALL_HAVE = "All users have acknowledged the update manifest. Update successfully applied"


class Updated(Deployment):
    """Three users may update the manifest, two of them have to agree; alice may raise the package."""

    def __init__(self, name="first", scheme="none", update_threshold=2, config=None, marbles=None):
        self.config = {"UpdateThreshold": update_threshold, **(config or {})}
        self.marbles = marbles or {}
        super().__init__(scheme, name)

    def content(self, name):
        manifest = super().content(name)
        secrets = manifest["Secrets"]
        secrets["own"] = {"Type": "symmetric-key", "Size": 256}
        secrets["site"] = {"Type": "cert-ecdsa", "Size": 256, "Shared": True, "ValidFor": 30}
        env = manifest["Marbles"]["store"]["Parameters"]["Env"]
        for secret in ("databaseKey", "own"):
            env[secret] = "{{ hex .Secrets.%s }}" % secret
            env[secret + "-"] = "{{ hex .Previous.Secrets.%s }}" % secret
        env["site"], env["site-"] = "{{ pem .Secrets.site.Cert }}", "{{ pem .Previous.Secrets.site.Cert }}"
        manifest["Marbles"].update(self.marbles)
        manifest["Roles"]["updater"] = {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}
        manifest["Roles"]["raiser"] = {"ResourceType": "Packages", "ResourceNames": ["backend"],
                                       "Actions": ["UpdateSecurityVersion"]}
        for user in ("alice", "bob", "carol"):
            entry = manifest["Users"].setdefault(user, {"Certificate": keys.user(user)[0].read_text(), "Roles": []})
            entry["Roles"] += ["updater"] + (["raiser"] if user == "alice" else [])
        manifest["Config"] = {**manifest.get("Config", {}), **self.config}
        return manifest

    def body(self):
        return {"manifest": taw.b64(self.manifest)}

    def propose(self, c, user):
        return c.post(UPDATE, self.body(), keys.user(user))

    def acknowledge(self, c, user):
        return c.post(ACKNOWLEDGE, self.body(), keys.user(user))

    def apply(self, c, first="alice", second="bob"):
        """By two of three; the data of the answer that completes it."""
        equal(self.propose(c, first).data()["missingAcknowledgments"], 1, "missing")
        return self.acknowledge(c, second).data()

    def is_in_force(self, c):
        return taw.unb64(c.get("/api/v2/manifest").data()["manifest"]) == self.manifest


def start(home, deployment, **options):
    c = Coordinator(home, **options).start()
    equal(deployment.set(c).status, 200, "reply to the manifest")
    return c


def package(version):
    return {"manifest": taw.b64(json.dumps({"Packages": {"backend": {"SecurityVersion": version}}}).encode())}


def events(c):
    return [json.loads(line)["update"] for line in c.get(UPDATE).data()["updateLog"]]


def seen(c, marble):
    """What the Marble is given, without its own certificate."""
    env = marble.parameters(c).env
    return {name: value for name, value in env.items() if not name.startswith("MARBLE_")}


# ---- packages ----

def a_package_is_raised_and_never_lowered(home):
    deployment, marble = Updated(), Marble()
    c = start(home, deployment)
    before, chain = seen(c, marble), c.get("/api/v2/quote").data()["cert"]
    equal(c.post(UPDATE, package(5), keys.user("alice")).data(), {"missingAcknowledgments": 0, "missingUsers": None}, "answer")
    equal(c.post(UPDATE, package(6), keys.user("bob")).message(),
          "user bob is not allowed to update one or more packages of [backend]", "bob")
    c.kill()
    c = Coordinator(home).start()
    true("downgrade" in c.post(UPDATE, package(4), keys.user("alice")).message(), "a lower version")
    after, new_chain = seen(c, marble), c.get("/api/v2/quote").data()["cert"]
    equal({name for name in before if before[name] != after[name]}, {"site"}, "what has changed for the Marble")
    begin = "-----BEGIN"
    equal(new_chain[new_chain.rindex(begin):], chain[chain.rindex(begin):], "the root")
    true(new_chain != chain, "the intermediate is new")
    true(deployment.is_in_force(c), "the manifest stays")
    equal(events(c), ["Initial manifest set", "SecurityVersion increased"], "log")
    c.stop()


# ---- the manifest ----

def two_of_three_update_the_manifest_with_a_restart_in_between(home):
    old, new = Updated(), Updated("second")
    c = start(home, old)
    equal(new.propose(c, "alice").data(), {"missingAcknowledgments": 1, "missingUsers": ["bob", "carol"]}, "answer")
    equal(c.post(UPDATE, package(5), keys.user("alice")).status, 500, "nothing else meanwhile")
    c.kill()
    c = Coordinator(home).start()
    waits = c.get(ACKNOWLEDGE).data()
    equal((taw.unb64(waits["manifest"]), waits["missingUsers"]), (new.manifest, ["bob", "carol"]), "what waits")
    true(old.is_in_force(c), "the old manifest until then")
    equal(new.acknowledge(c, "carol").data(),
          {"message": ALL_HAVE, "missingUsers": None, "missingAcknowledgments": 0}, "answer")
    equal(new.acknowledge(c, "bob").status, 404, "one more is late")
    c.kill()
    c = Coordinator(home).start()
    true(new.is_in_force(c), "the new manifest")
    equal(Marble().parameters(c).env["NAME"], b"second", "the Marble's parameters")
    c.stop()


def the_older_api_updates_too(home):
    old, new = Updated(update_threshold=0), Updated("second", update_threshold=0)
    c = start(home, old)
    user = {name: keys.user(name) for name in ("alice", "bob", "carol")}
    equal(c.post("/update", new.manifest, user["bob"]).data(), None, "answer")
    equal(c.post("/update", new.manifest, user["alice"]).status, 400, "another one")
    equal(c.post("/update-manifest", new.manifest, user["alice"]).data(),
          "1 user still needs to acknowledge the update manifest", "answer")
    equal(c.post("/update-manifest", new.manifest, user["carol"]).data(), ALL_HAVE, "answer")
    true(new.is_in_force(c), "the new manifest")
    equal(c.post("/update", old.manifest, user["bob"]).data(), None, "answer")
    equal(c.post("/update-cancel", b"", user["carol"]).data(), "Update successfully cancelled", "answer")
    equal(c.post("/update-cancel", b"", user["carol"]).status, 404, "again")
    c.stop()


def a_cancelled_update_is_gone_and_another_one_may_come(home):
    old, new = Updated(), Updated("second")
    c = start(home, old)
    new.propose(c, "alice").data()
    equal(c.post(CANCEL, b"", keys.user("bob")).data(), {"message": "Update successfully cancelled"}, "answer")
    c.kill()
    c = Coordinator(home).start()
    equal((c.get(ACKNOWLEDGE).status, new.acknowledge(c, "bob").status), (404, 404), "nothing waits")
    new.apply(c, "carol", "alice")
    true(new.is_in_force(c), "the new manifest")
    c.stop()


def secrets_are_rotated_and_marbles_see_the_previous_ones(home):
    marble = Marble()
    c = start(home, Updated())
    first = seen(c, marble)
    Updated("second", config={"RotateRootSecret": True}).apply(c)
    second = seen(c, marble)
    Updated("third").apply(c)
    third = seen(c, marble)
    for name in ("databaseKey", "own", "site"):
        equal(first[name + "-"], first[name], "at first: " + name)
        true(second[name] != first[name], "rotated: " + name)
        equal(second[name + "-"], first[name], "previous: " + name)
    for name in ("databaseKey", "own"):
        equal((third[name], third[name + "-"]), (second[name], first[name]), "not rotated again: " + name)
    equal(third["site-"], second["site"], "previous certificate")
    c.stop()


def an_update_that_cannot_be_applied_asks_nobody_unless_it_is_told_to(home):
    bad = Updated("second", marbles={"broken": {"Package": "backend", "Parameters": {"Files": {"/f": "{{ nope }}"}}}})
    c = start(home, Updated())
    reply = bad.propose(c, "alice")
    equal((reply.status, c.get(ACKNOWLEDGE).status), (500, 404), "refused, and nothing waits")
    taw.contains(reply.message(), "updating secrets: running manifest template dry run: in Marble broken: file /f")
    c.stop()
    c = Coordinator(home, env={"EDG_LATE_UPDATE_CHECKS": "1"}).start()
    equal(bad.propose(c, "alice").data()["missingAcknowledgments"], 1, "admitted")
    reply = bad.acknowledge(c, "bob")
    equal((reply.status, c.get(ACKNOWLEDGE).status), (500, 404), "refused, and gone")
    equal(events(c)[-2:], ["Complete Manifest update acknowledged by user",
                           "Complete Manifest update cancelled due to error during apply"], "log")
    c.stop()


# ---- recovery ----

def changed_recovery_keys_end_the_old_secrets(home):
    old, new = Updated(scheme="xor"), Updated("second", scheme="threshold")
    c = start(home, old)
    answer = new.apply(c)
    new.decrypt(answer["recoverySecrets"])
    equal(c.get("/api/v2/recovery/secrets", keys.user("alice")).data()["recoverySecrets"], answer["recoverySecrets"],
          "the same again")
    equal(c.post(UPDATE, package(3), keys.user("alice")).status, 200, "an update afterwards")
    facts = new.facts(c)
    c.kill()
    c = Coordinator(home, machine="b").start()
    equal(c.code(), taw.RECOVERY, "another machine")
    for holder in old.holders:
        true(c.post("/api/v2/recover", old.upload(holder)).status != 200, "an old secret of " + holder)
    new.recover(c, new.holders[1:3])
    equal(new.facts(c), facts, "what is recovered")
    c.stop()


def unchanged_recovery_keys_go_on_working(home):
    old, new = Updated(scheme="threshold"), Updated("second", scheme="threshold")
    c = start(home, old)
    true("recoverySecrets" not in new.apply(c), "no new secrets")
    facts = new.facts(c)
    c.kill()
    c = Coordinator(home, machine="b").start()
    old.recover(c)
    equal(new.facts(c), facts, "what is recovered")
    c.stop()


# ---- crashes and conflicts ----

def killed_around_the_last_acknowledgment_it_is_applied_or_waits(home):
    """Never a mixture; what was acknowledged is there."""
    manifests = [Updated("first"), Updated("second")]
    c = start(home, manifests[0])
    applied = waiting = 0
    for round_ in range(60 if taw.SOAK else 12):
        old, new = manifests[round_ % 2], manifests[1 - round_ % 2]
        equal(new.propose(c, "alice").data()["missingAcknowledgments"], 1, "missing")
        answers = []
        last = threading.Thread(target=lambda: answers.append(new.acknowledge(c, "bob")))
        last.start()
        time.sleep(0.004 * (round_ % 12))
        c.kill()
        last.join()
        c = Coordinator(home).start()
        done = new.is_in_force(c)
        true(done or old.is_in_force(c), "one of both manifests")
        equal(c.get(ACKNOWLEDGE).status, 404 if done else 200, "what waits")
        equal(Marble().parameters(c).env["NAME"], b"second" if done == (round_ % 2 == 0) else b"first", "the parameters")
        lines = events(c)
        equal(lines[-1] == "Complete Manifest updated", done, "the log")
        true(done or answers == [None] or answers[0].status != 200, "an answer was given before it was durable")
        applied, waiting = applied + done, waiting + (not done)
        if not done:
            equal(new.acknowledge(c, "carol").data()["missingAcknowledgments"], 0, "another one completes it")
    taw.comment("%d applied, %d waited" % (applied, waiting))
    c.stop()


def of_two_updates_at_the_same_time_one_wins(home):
    manifests = [Updated("first", update_threshold=1), Updated("second", update_threshold=1)]
    c = start(home, manifests[0])
    conflicts = 0
    for round_ in range(60 if taw.SOAK else 12):
        new = manifests[1 - round_ % 2]
        replies = taw.in_parallel(lambda send: send(), [
            lambda: new.propose(c, "bob"), lambda: c.post(UPDATE, package(round_ + 2), keys.user("alice"))])
        refused = [reply for reply in replies if reply.status != 200]
        true(len(refused) <= 1, "one wins: %r" % replies)
        for reply in refused:
            equal(reply.message(), CONFLICT, "the other is told")
        conflicts += len(refused)
        if replies[0].status != 200:
            new.propose(c, "bob").data()
        true(new.is_in_force(c), "the new manifest")
    taw.comment("%d conflicts" % conflicts)
    c.stop()


def acknowledgments_at_the_same_time_all_count(home):
    manifests = [Updated("first", update_threshold=0), Updated("second", update_threshold=0)]
    c = start(home, manifests[0])
    for round_ in range(30 if taw.SOAK else 6):
        new = manifests[1 - round_ % 2]
        new.propose(c, "alice").data()
        replies = taw.in_parallel(lambda user: new.acknowledge(c, user).data(), ["bob", "carol"])
        equal(sorted(reply["missingAcknowledgments"] for reply in replies), [0, 1], "missing")
        true(new.is_in_force(c), "the new manifest")
    c.stop()


def the_commands_of_the_documentation_work(home):
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs/updates.md").read_text()
    raise_, propose, acknowledge, cancel = re.findall(r"```bash\n(.*?)```", text, re.S)
    new = Updated("second")
    c = start(home, Updated())
    for user in ("alice", "bob"):
        for path, end in zip(keys.user(user), ("pem", "key")):
            shutil.copy(path, home / ("%s.%s" % (user, end)))
    chain = c.get("/api/v2/quote").data()["cert"]
    (home / "root.pem").write_text(chain[chain.rindex("-----BEGIN"):])
    (home / "manifest.json").write_bytes(new.manifest)
    answers = [json.loads(taw.bash(block, home, MARBLERUN="localhost:%d" % c.port))["data"]
               for block in (raise_, propose, cancel, propose, acknowledge)]
    waits = {"missingAcknowledgments": 1, "missingUsers": ["bob", "carol"]}
    equal(answers[:3], [{"missingAcknowledgments": 0, "missingUsers": None}, waits,
                        {"message": "Update successfully cancelled"}], "answers")
    equal((answers[3], answers[4]["missingAcknowledgments"]), (waits, 0), "answers")
    true(new.is_in_force(c), "the new manifest")
    c.stop()


taw.run(globals())
