# SPDX-License-Identifier: Apache-2.0
"""What key holders and operators do around a recovery, with taw against a real Coordinator with three holders: keys are made,
secrets are tried and proven, new ones are issued, a recovery is watched, and seal directories are looked at."""

import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import ssl
import stat

import taw
from ceremony import Ceremony
from command_line import DENIED, FAILED, KEY, NOT_FOUND, OK, PENDING, REJECTED, STATE, UNREACHABLE, USAGE, Cli, Fake, says
from taw import Coordinator, Deployment, b64, contains, equal, keys, run_program, true, unb64

AWAITING, RECOVERING = 20, 21


def root_fingerprint(cache):
    """SHA-256 of the second certificate in a certificate cache."""
    root = re.findall("-----BEGIN.*?-----END CERTIFICATE-----\n", cache.read_text(), re.S)[1]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(root)).hexdigest()


# ---- recovery status ----

def a_recovery_is_watched_from_the_first_secret_to_the_last(home):
    s = Ceremony(home, start=False)
    status = ("recovery", "status", s.at, "-i", "--exit-code")
    s.cli(*status).expect(AWAITING, "state:     awaiting a manifest, there is nothing to recover\n")
    equal(s.status(), {"code": 2, "state": "awaiting-manifest"}, "status before there is a manifest")
    s.cli("manifest", "set", "manifest.json", s.at, "-i", "-r", "reply.json").expect(OK)
    s.move()
    status = ("recovery", "status", s.at, "-i", "--exit-code")
    done = s.cli(*status).expect(RECOVERING)
    contains(done.out, "state:     recovery\nmode:      2 of 3\nneeded:    2\nreceived:  0\naccepted:  \nmissing:   anna, ben, cleo\nsession:   ")
    s.cli("recover", "reply.json", s.at, "-i", "-k", keys.rsa("ben")).expect(OK)
    contains(s.cli(*status).expect(RECOVERING).out, "received:  1\naccepted:  ben\nmissing:   anna, cleo\n")
    data = s.status()
    equal((data["code"], data["state"], data["mode"]), (1, "recovery", "threshold"), "state")
    recovery = data["recovery"]
    equal((recovery["needed"], recovery["received"], recovery["accepted"], recovery["missing"]), (2, 1, ["ben"], ["anna", "cleo"]),
          "progress")
    true(len(recovery["session"]) > 0, "session")
    s.cli("recover", "reply.json", s.at, "-i", "-k", keys.rsa("cleo")).expect(OK)
    done = s.cli(*status).expect(OK)
    contains(done.out, "state:     running\nmode:      2 of 3\nholder:    anna, never proven\n")
    contains(done.out, "alarm:     yes")
    contains(done.out, "re-issue:  none\n")
    s.c.stop()


def the_modes_have_their_names(home):
    for scheme, mode, line in (("single", "single", "single holder"), ("xor", "all", "all of 3"), ("none", "none", "none")):
        place = home / scheme
        place.mkdir()
        cli, deployment = Cli(place), Deployment(scheme)
        c = Coordinator(place).start()
        (place / "m.json").write_bytes(deployment.manifest)
        cli("manifest", "set", "m.json", c.address, "-i").expect(OK)
        text = cli("recovery", "status", c.address, "-i").expect(OK).out
        contains(text, "mode:      %s\n" % line)
        equal(cli("recovery", "status", c.address, "-i", "--format", "json").json("RecoveryStatus")["mode"], mode, "mode")
        c.stop()


# ---- recovery drill ----

def holders_prove_their_secrets_and_the_status_knows_when(home):
    s = Ceremony(home)
    done = s.drill("anna").expect(OK)
    contains(done.out, 'ok: the recovery secret of "anna" was proven at 2')
    data = s.drill("ben", "reply.json", "--format", "json").expect(OK).json("DrillResult")
    equal((data["result"], data["name"], data["replaced"]), ("ok", "ben", False), "result")
    (home / "cleo.b64").write_bytes(b64(s.shares["cleo"]).encode())
    s.drill("cleo", "cleo.b64", "--name", "cleo").expect(OK)
    status = s.status()
    equal({h["name"]: h["proven"] for h in status["drills"]["holders"]}["ben"], data["proven"], "the time of the proof")
    equal((status["drills"]["provenWithin90Days"], status["drills"]["alarm"]), (3, False), "proofs")
    text = s.cli("recovery", "status", s.at, "-i").expect(OK).out
    contains(text, "holder:    ben, proven %s\n" % data["proven"])
    contains(text, "alarm:     no\n")
    s.c.stop()


def a_drill_that_cannot_work_says_why(home):
    s = Ceremony(home)
    (home / "other").write_bytes(s.shares["ben"])
    refused = s.drill("anna", "other").expect(DENIED, "")
    contains(refused.error, "another recovery secret")
    contains(refused.error, "Hint: nothing has changed")
    s.drill("dora").expect(FAILED, "", "no holder")
    s.drill("anna", "missing").expect(USAGE, "", "missing")
    s.drill("anna", "reply.json", "--name", "ben").expect(KEY, "", "does not belong to this key")
    s.drill("anna", "other", "--name", "dora").expect(REJECTED, "")
    (home / "long").write_bytes(b64(bytes(31)).encode())
    s.drill("anna", "long").expect(KEY, "")
    for share in s.shares.values():
        true(share.hex() not in refused.error and b64(share) not in refused.error, "no secret in an error")
    equal(s.status()["drills"]["proven"], 0, "nobody has proven anything")
    s.cli("recovery", "drill", "--key", keys.rsa("anna"), "--secret", "other").expect(USAGE, "", "<IP:PORT>")
    s.drill("anna", "reply.json", "--offline").expect(USAGE, "", "--offline")
    s.c.stop()


def a_rehearsal_sends_nothing(home):
    s = Ceremony(home)
    s.c.stop()
    prefix = hashlib.sha256(s.shares["anna"]).hexdigest()[:16]
    rehearse = ("recovery", "drill", "--offline", "--key", keys.rsa("anna"), "--secret")
    done = s.cli(*rehearse, "reply.json").expect(OK, "ok: the key opens the secret (33 bytes, SHA-256 begins with %s) and signs\n" % prefix)
    contains(done.error, 'Using the recovery secret of "anna"')
    contains(done.error, "Nothing was sent")
    equal(s.cli(*rehearse, "reply.json", "--name", "anna", "--format", "json").expect(OK).json("DrillResult"),
          {"result": "ok", "offline": True, "bytes": 33, "sha256Prefix": prefix}, "result")
    s.cli("recovery", "drill", "--offline", "--key", keys.rsa("dora"), "--secret", "reply.json").expect(KEY, "", "opens none")
    s.cli(*rehearse, "reply.json", "--name", "ben").expect(KEY, "", "does not belong to this key")


def every_drill_leaves_a_line_for_auditors(home):
    s = Ceremony(home)
    log = home / "drills.log"
    record = ("--record", "drills.log")

    def lines():
        return [json.loads(line) for line in log.read_text().splitlines()]

    old = os.umask(0)
    try:
        s.drill("anna", "reply.json", *record).expect(OK)
    finally:
        os.umask(old)
    equal(stat.S_IMODE(log.stat().st_mode), 0o600, "mode")
    s.drill("ben", "reply.json", *record, "--format", "json").expect(OK).json("DrillResult")
    s.drill("anna", "reply.json", *record, "-i").expect(OK)
    online, _, unverified = lines()
    true(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", online.pop("time")), "time")
    root = root_fingerprint(s.cli.cache)
    spki = run_program("openssl", "rsa", "-in", keys.rsa("anna"), "-pubout", "-outform", "DER")
    wanted = {"holder": "anna", "key": hashlib.sha256(spki).hexdigest(),
              "secretSha256Prefix": hashlib.sha256(s.shares["anna"]).hexdigest()[:16], "coordinator": root, "result": "ok"}
    equal(online, wanted, "line of a drill")
    equal(unverified["coordinator"], "unverified", "with --insecure")
    (home / "other").write_bytes(s.shares["ben"])
    refused = s.drill("anna", "other", *record).expect(DENIED)
    equal((lines()[3]["result"], lines()[3]["holder"], lines()[3]["error"] in refused.error), ("failed", "anna", True), "refused")
    offline = ("recovery", "drill", "--offline", "--key", keys.rsa("anna"), *record, "--secret")
    s.c.stop()
    s.drill("anna", "reply.json", *record).expect(UNREACHABLE)
    s.cli(*offline, "reply.json").expect(OK)
    log.write_text(log.read_text()[:-5])  # the power went
    s.cli(*offline, "missing").expect(USAGE)
    s.cli(*offline, "other", "--name", "anna").expect(OK)
    s.cli(*offline, "drills.log").expect(KEY)
    whole = log.read_text().splitlines()
    equal(len(whole), 8, "lines")
    (_, unreached, rehearsed, named, nothing) = [json.loads(line) for line in whole[3:5] + [whole[5] + 'ok"}'] + whole[6:]]
    equal((unreached["result"], unreached["secretSha256Prefix"]), ("failed", None), "unreachable")
    equal((rehearsed["holder"], rehearsed["coordinator"]), ("anna", "offline"), "rehearsed")
    equal((named["holder"], named["secretSha256Prefix"]), ("anna", hashlib.sha256(s.shares["ben"]).hexdigest()[:16]), "named")
    equal((nothing["holder"], nothing["result"]), (None, "failed"), "no secret")
    for share in s.shares.values():
        true(share.hex() not in log.read_text() and b64(share) not in log.read_text(), "no secret is recorded")


def a_drill_that_cannot_be_recorded_is_not_made(home):
    s = Ceremony(home)
    for path in ("no/such/place", "", "/dev/null", "state"):
        s.drill("anna", "reply.json", "--record", path).expect(USAGE, "", "Hint: nothing was tried")
    equal(s.status()["drills"]["proven"], 0, "proofs")
    s.c.stop()

    def no_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    full = s.cli("recovery", "drill", "--offline", "--key", keys.rsa("anna"), "--secret", "reply.json", "--record", "drills.log",
                 preexec_fn=no_room)
    full.expect(FAILED, "", "the drill succeeded but is not recorded")


# ---- recover ----

def holders_see_how_far_they_are_and_what_has_changed(home):
    s = Ceremony(home)
    s.move()
    recover = ("recover", "reply.json", s.at, "-i")
    session = s.status()["recovery"]["session"]
    done = s.cli(*recover, "-k", keys.rsa("anna"), "--session", session).expect(OK)
    contains(done.error, "Session %s: 0 of 2 secrets received, missing: anna, ben, cleo\n" % session)
    contains(done.error, "Session %s: 1 of 2 secrets received, from anna\n" % session)
    data = s.cli(*recover, "-k", keys.rsa("ben"), "--format", "json").expect(OK).json("RecoveryProgress")
    root = data["after"]["rootFingerprint"]
    equal(data, {"remaining": 0, "message": "Recovery successful.", "session": session,
                 "after": {"state": "running", "rootFingerprint": root, "pinned": True}}, "data")
    equal(root, root_fingerprint(s.cli.cache), "the root")
    s.cli(*recover, "-k", keys.rsa("cleo")).expect(STATE, "", "there is nothing to recover")
    s.c.stop()


def a_root_that_is_not_the_pinned_one_is_warned_of(home):
    s = Ceremony(home)
    other = keys.user("bob")[0].read_text() * 2
    for machine, cache in (("b", other), ("c", None), ("d", "torn")):
        s.c.stop()
        s.c = Coordinator(home, machine=machine).start()
        s.cli.cache.unlink(missing_ok=True)
        if cache:
            s.cli.cache.write_text(cache)
        s.cli("recover", "reply.json", s.at, "-i", "-k", keys.rsa("anna")).expect(OK)
        done = s.cli("recover", "reply.json", s.at, "-i", "-k", keys.rsa("ben")).expect(OK, "Recovery successful.\n")
        contains(done.error, "The Coordinator is running; its root certificate has the SHA-256 ")
        contains(done.error, "Warning: this is not the root certificate of the certificate cache\n" if cache == other else
                 "There is no certificate cache to compare it with\n")
    s.c.stop()


def secrets_are_not_spread_over_sessions(home):
    s = Ceremony(home)
    s.move()
    recover = ("recover", "reply.json", s.at, "-i", "-k", keys.rsa("anna"), "--session")
    for wrong in ("0" * 32, "x", s.status()["recovery"]["session"][:-1]):
        done = s.cli(*recover, wrong).expect(STATE, "", "and not " + wrong)
        contains(done.error, "Hint: nothing was sent and nothing is lost")
    contains(s.cli(*recover, "x", "--format", "json").failure(STATE, "state"), "and not x")
    old = s.status()["recovery"]["session"]
    s.cli(*recover, old).expect(OK)
    s.c.stop()
    s.c = Coordinator(home, machine="b").start()
    again = ("recover", "reply.json", s.at, "-i", "-k", keys.rsa("ben"), "--session")
    s.cli(*again, old).expect(STATE)
    s.cli("recover-with-signature", "reply.json", s.at, "-i", "-s", "reply.json", "--session", old).expect(STATE)
    equal(s.status()["recovery"]["received"], 0, "received")
    s.c.stop()


def whose_secret_is_meant_is_asked_when_the_key_opens_several(home):
    s = Ceremony(home)
    s.move()
    reply = json.loads((home / "reply.json").read_text())
    run_program("openssl", "rsa", "-in", keys.rsa("anna"), "-pubout", "-outform", "DER", "-out", home / "anna.der")
    reply["RecoverySecrets"]["Anne"] = b64(taw.oaep_encrypt(home / "anna.der", bytes(33)))
    (home / "two.json").write_text(json.dumps(reply))
    recover = ("recover", "two.json", s.at, "-i", "-k", keys.rsa("anna"))
    s.cli(*recover).expect(USAGE, "", 'this key opens the secrets of "anna", "Anne": say with --party whose is meant')
    s.cli(*recover, "--party", "ben").expect(KEY, "", "does not belong to this key")
    s.cli(*recover, "--party", "dora").expect(KEY, "", 'no recovery secret of "dora"')
    s.cli(*recover, "--party", "Anne").expect(REJECTED)
    s.cli("recover-with-signature", "sign-secret", "two.json", "-k", keys.rsa("anna"), "-o", "sig", "--party", "anna").expect(OK)
    equal((home / "sig").read_bytes(), taw.rsa_sign(keys.rsa("anna"), s.shares["anna"]), "signature")
    s.cli("recovery", "drill", "--offline", "-k", keys.rsa("anna"), "--secret", "two.json", "--party", "Anne").expect(OK)
    s.cli("recovery", "drill", "--offline", "-k", keys.rsa("anna"), "--secret", "two.json").expect(USAGE, "", "--party")
    s.cli(*recover, "--party", "anna").expect(OK)
    s.c.stop()


def a_coordinator_that_tells_its_state_only_is_recovered_too(home):
    (home / "secret").write_bytes(bytes(32))
    fake = Fake(home, None)
    cli, state, pem = Cli(home), {"code": 1, "message": "recovery"}, fake.cert.read_text()

    def answer(sock, request):
        for part, data in (("quote", {"cert": pem + pem, "quote": ""}), ("status ", state),
                           ("POST", {"remaining": 2, "message": "more"})):
            if part in request and "recover/status" not in request:
                return says(json.dumps({"status": "success", "data": data}))(sock, request)
        return says("404 page not found\n", "404 Not Found")(sock, request)

    fake.answer = answer
    recover = ("recover", "secret", fake.at, "-i", "-k", keys.rsa("anna"))
    done = cli(*recover).expect(OK, None, "holds the key")
    contains(done.out, "Remaining secrets: 2\n")
    true("Session" not in done.error, done.error)
    cli(*recover, "--session", "0" * 32).expect(STATE, "", "(not told)")
    state["code"] = 3
    cli(*recover).expect(STATE, "", "not in recovery mode")
    fake.close()


# ---- recovery keygen ----

def a_key_is_made_encrypted_and_its_line_goes_into_the_manifest(home):
    cli = Cli(home)
    made = cli.on_terminal("recovery", "keygen", "dora", answers=[("New passphrase", "open sesame"), ("once more", "open sesame")])
    equal(made.status, OK, "status of %r" % made)
    true("open sesame" not in made.out, "the passphrase is not shown")
    key = home / "dora.key"
    equal(stat.S_IMODE(key.stat().st_mode), 0o600, "mode")
    contains(key.read_text(), "BEGIN ENCRYPTED PRIVATE KEY")
    line = [line for line in made.out.splitlines() if line.startswith('"dora":')]
    equal(len(line), 1, "lines for the manifest")
    public = run_program("openssl", "rsa", "-in", key, "-passin", "pass:open sesame", "-pubout").decode()
    equal(json.loads("{%s}" % line[0]), {"dora": public}, "the line")
    contains(run_program("openssl", "rsa", "-in", key, "-passin", "pass:open sesame", "-noout", "-text").decode(), "4096 bit")
    contains(run_program("openssl", "asn1parse", "-in", key), b":0927C0", "600,000 rounds of PBKDF2")
    cli.on_terminal("recovery", "keygen", "else", answers=[("New passphrase", "one"), ("once more", "other")]).expect(KEY)
    true(not (home / "else.key").exists(), "no file after passphrases that differ")


def a_key_never_takes_the_place_of_a_file(home):
    cli = Cli(home)
    keygen = ("recovery", "keygen")
    data = cli(*keygen, "dora", "--no-passphrase", "-o", "a key", "--format", "json").expect(OK).json("RecoveryKey")
    contains((home / "a key").read_text(), "BEGIN PRIVATE KEY")
    public = run_program("openssl", "rsa", "-in", home / "a key", "-pubout").decode()
    equal(data, {"file": "a key", "RecoveryKeys": {"dora": public}}, "data")
    before = (home / "a key").read_bytes()
    cli(*keygen, "dora", "--no-passphrase", "-o", "a key").expect(USAGE, "", "there is a file already")
    equal((home / "a key").read_bytes(), before, "the old key")
    for path in ("-", "", "/dev/null", "no/such/directory"):
        cli(*keygen, "dora", "--no-passphrase", "-o", path).expect(USAGE, "")
    for name in ("", "a/b", "../x", b"\xff"):
        cli(*keygen, "--no-passphrase", "--", os.fsdecode(name)).expect(USAGE, "")
    cli(*keygen, "cleo", start_new_session=True).expect(KEY, "", "--no-passphrase")
    equal(sorted(path.name for path in home.iterdir() if path.name != "config"), ["a key"], "files")


# ---- recovery rotate ----

def who_lost_the_recovery_secrets_fetches_them_again(home):
    s = Ceremony(home)
    cert, key = s.updaters["una"]
    fetch, user = ("recovery", "secrets", s.at), ("-c", cert, "-k", key)
    reply = json.loads((home / "reply.json").read_text())["RecoverySecrets"]
    s.cli(*fetch).expect(DENIED, "", "Hint: the manifest has users: --cert and --key of any of them are needed")
    equal(json.loads(s.cli(*fetch, *user).expect(OK).out), {"RecoverySecrets": reply}, "what the reply had")
    equal(s.cli(*fetch, *user, "--format", "json").json("RecoverySecrets"), {"recoverySecrets": reply}, "as data")
    s.cli(*fetch, *user, "-o", "reply.json").expect(USAGE, "", "--force replaces the file")
    s.cli(*fetch, *user, "-o", "again.json", "--split", "parts").expect(OK, "", "Recovery data saved to: again.json")
    s.drill("anna", "again.json").expect(OK)
    s.drill("ben", "parts/ben.json").expect(OK)
    equal(s.cli(*fetch, *user, "-o", "again.json", "--force", "--format", "json").json("RecoverySecrets"), {"recoveryDataFile": "again.json"}, "a file")
    s.cli(*fetch, *user, "--new").expect(NOT_FOUND, "", "Hint: without --new: those that are in force")
    s.rotate("una").expect(OK)
    s.rotate("umar", "-o", "new.json").expect(OK)
    equal(s.cli(*fetch, *user, "--new").expect(OK).out.strip(), (home / "new.json").read_text().strip(), "the new ones")
    s.move()
    s.cli("recovery", "secrets", s.at, "-i", *user).expect(STATE, "", "Hint: `status` tells in which state it is")
    s.c.stop()


def a_manifest_without_users_gives_its_recovery_secrets_to_everybody(home):
    for scheme, status, part in (("single", OK, '{"RecoverySecrets":{'), ("none", NOT_FOUND, "the manifest has no recovery keys")):
        place = home / scheme
        place.mkdir()
        cli, c = Cli(place), Coordinator(place).start()
        manifest = json.loads(Deployment(scheme).manifest)
        (place / "m.json").write_text(json.dumps({name: manifest[name] for name in manifest if name not in ("Users", "Roles")}))
        cli("manifest", "set", "m.json", c.address, "-i").expect(OK)
        done = cli("recovery", "secrets", c.address).expect(status)
        contains(done.out + done.error, part)
        c.stop()


def two_users_rotate_and_the_holders_prove_the_new_secrets(home):
    s = Ceremony(home)
    s.rotate("alice", "-o", "new.json").expect(DENIED, "")
    done = s.rotate("una", "-o", "new.json", "--exit-pending").expect(PENDING, "")
    contains(done.error, "1 more of these users")
    contains(done.error, "  umar")
    true(not (home / "new.json").exists(), "no file before there are secrets")
    contains(s.cli("recovery", "status", s.at, "-i").out, "re-issue:  1 more of these users have to ask for it: umar\n")
    equal(s.rotate("una", "--format", "json").expect(OK).json("ReissueProgress"),
          {"state": "pending", "missingAcknowledgments": 1, "missingUsers": ["umar"]}, "asked again")
    (home / "there").write_text("mine")
    s.rotate("umar", "-o", "there").expect(USAGE, "", "nothing was sent")
    equal((home / "there").read_text(), "mine", "a file that was there")
    done = s.rotate("umar", "-o", "new.json", "--exit-pending").expect(OK, "")
    contains(done.error, "Recovery data saved to: new.json")
    equal(stat.S_IMODE((home / "new.json").stat().st_mode), 0o600, "mode")
    new = json.loads((home / "new.json").read_text())
    again = s.rotate("una", "--format", "json").expect(OK).json("ReissueProgress")
    equal((again["state"], again["recoverySecrets"]), ("proving", new["RecoverySecrets"]), "asked for once more")
    contains(s.cli("recovery", "status", s.at, "-i").out, "re-issue:  the new secrets wait for their proofs\n")
    s.drill("anna").expect(DENIED, "", "the Coordinator asks for the new one")
    s.drill("anna", "new.json").expect(OK)
    contains(s.drill("cleo", "new.json").expect(OK).out, "The re-issued recovery secrets are in force now")
    s.rotate("una", "--cancel").expect(NOT_FOUND, "")
    s.move()
    s.cli("recover", "new.json", s.at, "-i", "-k", keys.rsa("anna")).expect(OK)
    s.cli("recover", "new.json", s.at, "-i", "-k", keys.rsa("ben")).expect(OK, "Recovery successful.\n")
    s.c.stop()


def a_rotation_that_is_taken_back_leaves_the_old_secrets(home):
    s = Ceremony(home)
    s.rotate("una").expect(OK)
    out = s.rotate("umar").expect(OK).out
    equal(sorted(json.loads(out)["RecoverySecrets"]), ["anna", "ben", "cleo"], "new secrets on standard output")
    s.rotate("una", "--cancel").expect(OK, "Cancelled: the old recovery secrets stay in force\n")
    s.drill("anna").expect(OK)
    s.c.stop()


def two_sets_are_told_apart_while_it_recovers(home):
    s = Ceremony(home)
    s.rotate("una").expect(OK)
    s.rotate("umar", "-o", "new.json").expect(OK)
    s.move()
    s.cli("recover", "new.json", s.at, "-i", "-k", keys.rsa("anna")).expect(OK)
    text = s.cli("recovery", "status", s.at, "-i").expect(OK).out
    equal((text.count("set:  "), text.count("received:  1\naccepted:  anna\n"), text.count("received:  0\n")), (2, 1, 1), "sets in " + text)
    equal(len(s.status()["recovery"]["sets"]), 2, "sets")
    s.c.stop()


# ---- state inspect ----

def inspected(cli, directory, status=OK):
    return cli("state", "inspect", directory, "--format", "json").expect(status).json("StateInspection")


def files(directory):
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in directory.iterdir() if path.is_file()}


def a_state_is_inspected_while_it_is_in_use(home):
    s = Ceremony(home)
    before = files(s.c.state)
    data = inspected(s.cli, "state")
    equal((data["format"], data["verdict"], data["generation"], data["ownKeySlots"]), ("taw", "complete", 1, 1), "state")
    (found,) = data["recoverySets"]
    equal((found["scheme"], found["needed"], found["holders"], found["secretSize"]), ("shamir", 2, ["anna", "ben", "cleo"], 33), "set")
    equal(found["manifestFingerprint"], hashlib.sha256(s.manifest).hexdigest(), "manifest")
    equal(data["snapshotBytes"], (s.c.state / "sealed_data").stat().st_size, "bytes of the snapshot")
    text = s.cli("state", "inspect", "state").expect(OK).out
    contains(text, "recovery:   shamir, 2 of 3 needed (anna, ben, cleo), set " + found["set"])
    equal(files(s.c.state), before, "files afterwards")
    commits = data["commits"]
    s.drill("anna").expect(OK)
    true(inspected(s.cli, "state")["commits"] > commits, "commits rise")
    s.rotate("una").expect(OK)
    s.rotate("umar").expect(OK)
    equal(len(inspected(s.cli, "state")["recoverySets"]), 2, "sets during a re-issue")
    s.c.stop()


def damaged_foreign_and_missing_states_are_told_apart(home):
    s = Ceremony(home)
    s.drill("anna").expect(OK)
    s.c.stop()
    state = s.c.state
    state_inspect = ("state", "inspect", "copy")

    def copy(change):
        shutil.rmtree(home / "copy", ignore_errors=True)
        shutil.copytree(state, home / "copy")
        change(home / "copy")
        before = files(home / "copy")
        return before

    def segment(place):
        return sorted(place.glob("sealed_log.*"))[-1]

    before = copy(lambda place: (place / "sealed_key").unlink())
    equal(inspected(s.cli, "copy")["verdict"], "recovery", "without sealed_key")
    equal(files(home / "copy"), before, "files afterwards")
    copy(lambda place: segment(place).write_bytes(segment(place).read_bytes() + b"torn"))
    data = inspected(s.cli, "copy")
    equal((data["verdict"], data["tornBytes"]), ("complete", 4), "a torn end")
    contains(s.cli(*state_inspect).expect(OK).out, "torn end:   4 bytes")

    def spoil(place):
        content = bytearray((place / "sealed_data").read_bytes())
        content[100] ^= 1
        (place / "sealed_data").write_bytes(content)

    copy(spoil)
    data = inspected(s.cli, "copy", FAILED)
    equal(data["verdict"], "stopped", "a damaged snapshot")
    contains(data["reason"], "sealed_data")
    contains(s.cli(*state_inspect).expect(FAILED).out, "reason:     ")
    copy(lambda place: (place / "sealed_data").unlink())
    contains(inspected(s.cli, "copy", FAILED)["reason"], "missing")
    (home / "empty").mkdir()
    equal((inspected(s.cli, "empty")["verdict"], inspected(s.cli, "empty")["format"]), ("fresh", "none"), "an empty directory")
    equal(list((home / "empty").iterdir()), [], "files in the empty directory")
    s.cli("state", "inspect", "nowhere").expect(USAGE, "", "nowhere")
    true(not (home / "nowhere").exists(), "no directory is made")
    (home / "empty" / "sealed_data").write_bytes(b"what is this")
    equal(inspected(s.cli, "empty", FAILED)["verdict"], "stopped", "no state at all")


# ---- docs/recovery.md, typed ----

def the_documented_commands_work_line_by_line(home):
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "recovery.md").read_text()
    section = re.search(r"^## The ceremony with taw\n(.*?)^## Dismiss", text, re.M | re.S).group(1)
    lines = "".join(re.findall(r"^```bash\n(.*?)^```", section, re.M | re.S)).splitlines()
    equal(len(lines), 9, "lines")
    s = Ceremony(home)
    keygen, drill, offline, rotate, status, request, answer, submit, inspect = lines

    def environment():
        return s.cli.environment(MARBLERUN=s.at, PATH="%s:%s" % (pathlib.Path(taw.TAW).parent, os.environ["PATH"]))

    def typed(line):
        return run_program("bash", "-euc", line, cwd=home, env=environment()).decode()

    contains(typed(keygen + " --no-passphrase"), '"anna":"-----BEGIN PUBLIC KEY-----')
    shutil.copy(keys.rsa("anna"), home / "anna.key")
    shutil.copy(home / "reply.json", home / "recovery.json")
    contains(typed(drill), "was proven at")
    contains(typed(offline), "and signs")
    for name in ("una", "umar"):
        shutil.copy(s.updaters[name][0], home / "user.crt")
        shutil.copy(s.updaters[name][1], home / "user.key")
        typed(rotate)
    contains((home / "new.json").read_text(), "RecoverySecrets")
    contains(typed(status), "the new secrets wait for their proofs")
    s.move()
    digits = typed(request).split(":")[1]
    typed(answer + " --fingerprint '%s'" % digits)
    contains(typed(submit), "Remaining secrets: 1")
    contains(typed(inspect.replace("/var/lib/tawd", "state")), "verdict:    ")
    s.c.stop()


taw.run(globals())
