# SPDX-License-Identifier: Apache-2.0
"""Drills and new shares as holders and users do them: the commands of docs/recovery.md with the real curl and openssl, the
answers of a holder made with openssl alone, and what recovers when."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import taw
from taw import RECOVERY, Coordinator, Deployment, b64, contains, drill_answer, equal, keys, true, unb64

CLI = pathlib.Path(taw.TAW)
ROOT = pathlib.Path(__file__).resolve().parents[2]
DRILL, STATUS, REISSUE = "/api/v2/recovery/drill", "/api/v2/recovery/status", "/api/v2/recovery/reissue"


class Shared(Deployment):
    """Three holders, two are needed; two users who may update the manifest, and alice, who may not."""

    def __init__(self, threshold=2):
        self.updaters = [keys.user("una"), keys.user("umar")]
        super().__init__("threshold", holders=["anna", "ben", "cleo"], threshold=threshold)

    def content(self, name):
        manifest = super().content(name)
        for user, files in zip(("una", "umar"), self.updaters):
            manifest["Users"][user] = {"Certificate": files[0].read_text(), "Roles": ["updater"]}
        manifest["Roles"]["updater"] = {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}
        return manifest


def decrypted(encrypted):
    return {name: taw.oaep_decrypt(keys.rsa(name), unb64(secret)) for name, secret in encrypted.items()}


def prove(c, name, share, **body):
    challenge = c.post(DRILL, body).data()
    return c.post(DRILL, drill_answer(challenge, name, share)).data()


def proven(c, new=False):
    """Who proved his secret, by the status."""
    data = c.get(STATUS).data()
    data = data["reissue"]["newSet"] if new else data
    return [holder["name"] for holder in data["holders"] if holder["proven"] is not None]


def recovers(c, home, deployment, shares, wanted=True):
    """Without the platform's key, on a copy: do two of these shares open the state?"""
    c.stop()
    place = home / "copy"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    shutil.copytree(c.state, place / "state")
    (place / "state" / "sealed_key").unlink()
    d = Coordinator(place, "other").start()
    equal(d.code(), RECOVERY, "status without sealed_key")
    replies = [d.post("/api/v2/recover", deployment.upload(name, share=shares[name])) for name in ("anna", "cleo")]
    if wanted:
        equal([reply.data()["remaining"] for reply in replies], [1, 0], "remaining")
        equal(deployment.facts(d)["secrets"], deployment.before["secrets"], "secrets")
    else:
        equal([reply.status for reply in replies], [500, 500], "uploads of shares that were replaced")
        equal(d.code(), RECOVERY, "status")
    d.stop()
    return Coordinator(home, "a").start()


def begun(where):
    deployment = Shared()
    c = Coordinator(where, "a").start()
    deployment.set(c).data()
    deployment.before = deployment.facts(c)
    return deployment, c


def every_answer_of_a_holder_gets_its_result(home):
    deployment, c = begun(home)
    share = deployment.shares["anna"]
    challenge = c.post(DRILL, {}).data()
    good = drill_answer(challenge, "anna", share)
    wrong = [
        (drill_answer(challenge, "anna", deployment.shares["ben"]), 401, "wrong secret"),
        (drill_answer(challenge, "anna", share, key="ben"), 401, "wrong key"),
        (drill_answer(dict(challenge, set="00" * 16), "anna", share), 400, "wrong set"),
        (dict(good, name="dora"), 400, "unknown holder"),
        (dict(good, nonce=b64(bytes(56))), 400, "old nonce"),
    ]
    for body, status, result in wrong:
        reply = c.post(DRILL, body)
        equal((reply.status, reply.json()["data"]["result"]), (status, result), "answer")
        equal(reply.json()["data"]["name"], body["name"], "name")
    equal(proven(c), [], "nobody has proven anything")
    equal(deployment.log_lines(c), ["Initial manifest set"], "update log")
    data = c.post(DRILL, good).data()
    equal((data["result"], data["name"], data["replaced"]), ("ok", "anna", False), "the good answer")
    equal(c.post(DRILL, good).data()["proven"], data["proven"], "the same again")
    equal(deployment.log_lines(c), ["Initial manifest set", "Recovery secret proven"], "update log")
    c.stop()
    c = Coordinator(home, "a").start()
    equal(proven(c), ["anna"], "after a restart")
    reply = c.post(DRILL, good)
    equal((reply.status, reply.json()["data"]["result"]), (400, "old nonce"), "a nonce from before the restart")
    c.stop()


def the_alarm_ends_when_one_more_than_needed_have_proven(home):
    deployment, c = begun(home)
    for count, name in enumerate(deployment.holders):
        data = c.get(STATUS).data()
        equal((data["needed"], data["provenWithin90Days"], data["alarm"]), (2, count, True), "status")
        prove(c, name, deployment.shares[name])
    data = c.get(STATUS).data()
    equal((data["provenWithin90Days"], data["drillsPossible"], data["alarm"], data["reissue"]), (3, True, False, None), "status")
    c.stop()


def two_users_reissue_and_the_holders_move_to_the_new_shares(home):
    deployment, c = begun(home)
    una, umar = deployment.updaters
    equal(c.post(REISSUE, {}, deployment.user).status, 500, "a user without the right")
    equal(c.post(REISSUE, {}).status, 401, "nobody")
    data = c.post(REISSUE, {}, una).data()
    equal((data["state"], data["missingAcknowledgments"], data["missingUsers"]), ("pending", 1, ["umar"]), "first user")
    c.stop()
    c = Coordinator(home, "a").start()
    equal(c.get(STATUS).data()["reissue"]["missingUsers"], ["umar"], "status after a restart")
    data = c.post(REISSUE, {}, umar).data()
    new = decrypted(data["recoverySecrets"])
    equal(c.get("/api/v2/recovery/secrets?set=new", una).data()["recoverySecrets"], data["recoverySecrets"], "fetched again")
    equal(c.get("/api/v2/recovery/secrets", una).data()["recoverySecrets"], deployment.reply.data()["RecoverySecrets"], "the old ones")
    true(all(new[name] != deployment.shares[name] for name in new), "new shares are new")

    c = recovers(c, home, deployment, deployment.shares)
    c = recovers(c, home, deployment, new)
    old_set = c.get(STATUS).data()["set"]
    equal(prove(c, "ben", deployment.shares["ben"], set=old_set)["replaced"], False, "an old share")
    equal(prove(c, "anna", new["anna"])["replaced"], False, "the first new share")
    equal((proven(c), proven(c, new=True)), (["ben"], ["anna"]), "who has proven which")
    c = recovers(c, home, deployment, deployment.shares)
    equal(prove(c, "cleo", new["cleo"])["replaced"], True, "the second new share")

    equal((c.get(STATUS).data()["reissue"], proven(c)), (None, ["anna", "cleo"]), "status")
    equal(c.get("/api/v2/recovery/secrets", una).data()["recoverySecrets"], data["recoverySecrets"], "secrets in force")
    c = recovers(c, home, deployment, deployment.shares, wanted=False)
    c = recovers(c, home, deployment, new)
    equal(deployment.log_lines(c), [
        "Initial manifest set", "Re-issue of recovery secrets initiated by user",
        "Re-issue of recovery secrets acknowledged by user", "Recovery secrets re-issued", "Recovery secret proven",
        "Recovery secret proven", "Recovery secret proven", "Re-issued recovery secrets in force, the old ones removed",
    ], "update log")
    equal(deployment.facts(c), deployment.before, "root certificate, manifest and secrets")
    c.stop()


def a_reissue_that_is_cancelled_leaves_the_old_shares(home):
    deployment, c = begun(home)
    for user in deployment.updaters:
        data = c.post(REISSUE, {}, user).data()
    new = decrypted(data["recoverySecrets"])
    prove(c, "anna", new["anna"])
    c.post(REISSUE + "/cancel", {}, deployment.updaters[0]).data()
    equal(c.post(REISSUE + "/cancel", {}, deployment.updaters[0]).status, 404, "nothing left to cancel")
    c = recovers(c, home, deployment, new, wanted=False)
    c = recovers(c, home, deployment, deployment.shares)
    c.stop()


# ---- docs/recovery.md, typed ----

def blocks():
    text = (ROOT / "docs/recovery.md").read_text()
    section = re.search(r"^## Drills and new shares\n(.*?)(?=^## |\Z)", text, re.M | re.S).group(1)
    found = re.findall(r"^```bash\n(.*?)^```", section, re.M | re.S)
    equal(len(found), 5, "bash blocks under Drills and new shares")
    return [block.replace("curl ", "curl -sS ") for block in found]


def typed(block, home, c):
    return taw.bash(block, home, MARBLERUN="localhost:%d" % c.port, PATH="%s:%s" % (CLI.parent, os.environ["PATH"]))


def the_documented_commands_prove_and_replace_the_shares(home):
    drill, status, reissue, fetch, cancel = blocks()
    deployment, c = begun(home)
    (home / "root.pem").write_text(deployment.before["root"])

    def holder(name, secret):
        shutil.copy(keys.rsa(name), home / "private_key.pem")
        (home / "secret.b64").write_text(secret)

    def user(files):
        shutil.copy(files[0], home / "user.crt")
        shutil.copy(files[1], home / "user.key")

    for name in deployment.holders:
        holder(name, deployment.reply.data()["RecoverySecrets"][name])
        contains(typed(drill, home, c), '"result":"ok","name":"%s"' % name, "answer to the proof")
    contains(typed(status, home, c), '"provenWithin90Days":3', "status")
    user(deployment.updaters[0])
    contains(typed(reissue, home, c), '"missingUsers":["umar"]', "answer to the first user")
    contains(typed(cancel, home, c), '"status":"success"', "answer to the cancellation")
    for files in deployment.updaters:
        user(files)
        reply = typed(reissue, home, c)
    new = decrypted(json.loads(reply)["data"]["recoverySecrets"])
    typed(fetch, home, c)
    for name, replaced in (("ben", "false"), ("cleo", "true")):
        holder(name, "")
        again = drill.replace("--secret secret.b64", "--secret new.json")
        contains(typed(again, home, c), '"replaced":' + replaced, "answer to the new proof")
    c = recovers(c, home, deployment, new)
    c.stop()


# ---- taw recovery prove ----

def cli(*arguments, data=b""):
    done = subprocess.run([str(CLI), "recovery", "prove", *map(str, arguments)], input=data, capture_output=True, timeout=60,
                          start_new_session=True)
    return done.returncode, done.stdout, done.stderr.decode()


def the_command_line_takes_every_form_of_key_and_secret(home):
    deployment, c = begun(home)
    key, share = keys.rsa("anna"), deployment.shares["anna"]
    reply = deployment.reply.body
    encrypted = deployment.reply.data()["RecoverySecrets"]["anna"]
    pkcs1, locked = home / "pkcs1.pem", home / "locked.pem"
    taw.run_program("openssl", "rsa", "-in", key, "-traditional", "-out", pkcs1)
    contains(pkcs1.read_text(), "BEGIN RSA PRIVATE KEY", "the old form")
    taw.run_program("openssl", "rsa", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked)
    challenge = c.post(DRILL, {}).body
    forms = {"encrypted": unb64(encrypted), "base64": encrypted.encode(), "reply": reply, "plain": share, "plain64": b64(share).encode()}
    for name, content in forms.items():
        (home / name).write_bytes(content)
        for path in (key, pkcs1):
            code, out, text = cli("--key", path, "--secret", home / name, data=challenge)
            equal((code, text), (0, ""), "taw recovery prove")
            equal(c.post(DRILL, out).data()["result"], "ok", "result of " + name)
    code, out, _ = cli("--key", key, "--secret", home / "plain", "--name", "anna",
                       data=json.dumps(json.loads(challenge)["data"]).encode())
    equal(json.loads(out), dict(drill_answer(json.loads(challenge)["data"], "anna", share)), "answer, member by member")
    refusals = [
        (("--key", locked, "--secret", home / "plain"), "there is no terminal to ask at"),
        (("--key", keys.rsa("dora"), "--secret", home / "plain"), "no holder"),
        (("--key", key, "--secret", home / "missing"), "missing"),
        (("--key", keys.rsa("ben"), "--secret", home / "base64"), "does not belong to this key"),
        (("--key", home / "plain64", "--secret", home / "plain"), "not a private key"),
    ]
    for arguments, words in refusals:
        code, out, text = cli(*arguments, data=challenge)
        equal((code, out), (1 if words == "no holder" else 2 if words == "missing" else 12, b""), "refusal")
        contains(text, words)
        true(share.hex() not in text and b64(share) not in text, "no secret in an error")
    equal(cli("--key", key, "--secret", home / "plain", data=b"{}")[0], 1, "no challenge")
    for arguments in ((), ("--key", key), ("--key", key, "--secret"), ("--key", key, "--key", key), ("--what", key, "--secret", key)):
        code, _, text = cli(*arguments)
        equal(code, 2, "wrong arguments")
    c.stop()


taw.run(globals())
