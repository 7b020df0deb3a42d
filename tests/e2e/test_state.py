# SPDX-License-Identifier: Apache-2.0
"""Seal directories in the hands of an operator: what is in one, copies of it, and bringing a copy back."""

import json
import pathlib
import shutil
import threading

import taw
from command_line import FAILED, NOT_FOUND, OK, REJECTED, STATE, USAGE, Cli
from taw import FRESH, RECOVERY, RUNNING, Coordinator, Deployment, Skip, b64, contains, equal, run_program, true, unb64

STATES = pathlib.Path(__file__).resolve().parents[3] / "shared/fixtures/states"


class Noted(Deployment):
    """With a secret that alice writes."""

    def content(self, name):
        manifest = super().content(name)
        manifest["Secrets"]["note"] = {"Type": "plain", "UserDefined": True}
        manifest["Roles"]["reader"] = {"ResourceType": "Secrets", "ResourceNames": ["note"], "Actions": ["ReadSecret", "WriteSecret"]}
        return manifest


def begin(home, scheme="threshold"):
    c, deployment = Coordinator(home).start(), Noted(scheme)
    deployment.set(c)
    return c, deployment


def snapshot(directory):
    return {path.name: path.read_bytes() for path in pathlib.Path(directory).iterdir() if path.is_file() and path.name != "lock"}


def a_state_in_use_is_shown_and_left_alone(home):
    cli, (c, deployment) = Cli(home), begin(home)
    data = cli("state", "inspect", c.state, "--format", "json").expect(OK).json("StateInspection")
    equal((data["format"], data["verdict"], data["generation"], data["ownKeySlots"]), ("taw", "complete", 1, 1), "what is known")
    sets = data["recoverySets"]
    equal([(s["scheme"], s["needed"], sorted(s["holders"])) for s in sets], [("shamir", deployment.threshold, sorted(deployment.holders))], "sets")
    text = cli("state", "inspect", c.state).expect(OK).out
    contains(text, "format:     taw")
    contains(text, data["deployment"])
    for holder in deployment.holders:
        contains(text, holder)
    equal(c.code(), RUNNING, "status")
    c.stop()


def states_of_the_original_are_told_by_their_shares(home):
    if not STATES.is_dir():
        raise Skip("there are no recorded states beside the project")
    cli, seen = Cli(home), 0
    for recorded in sorted(path.parent for path in STATES.glob("*/expected.json")):
        expected = json.loads((recorded / "expected.json").read_text())
        data = cli("state", "inspect", recorded, "--format", "json").expect(OK).json("StateInspection")
        keys, seen = expected.get("recovery", {}).get("keys", 0), seen + 1
        equal((data["format"], data["verdict"], data["keyFile"]), ("original", "import", True), recorded.name)
        equal(data["recoveryShares"], keys if keys > 1 else 0, recorded.name)
        contains(cli("state", "inspect", recorded).expect(OK).out, "a state of the original")
    true(seen >= 9, "nine states at least: %d" % seen)


def damage_is_shown_with_its_reason(home):
    cli, (c, _) = Cli(home), begin(home)
    c.stop()
    contents = bytearray((c.state / "sealed_data").read_bytes())
    contents[300] ^= 1
    (c.state / "sealed_data").write_bytes(contents)
    done = cli("state", "inspect", c.state).expect(FAILED)
    contains(done.out, "a Coordinator does not start on it")
    contains(done.out, "sealed_data")
    data = cli("state", "inspect", c.state, "--format", "json").expect(FAILED).json("StateInspection")
    equal(data["verdict"], "stopped", "verdict")
    cli("state", "inspect", home / "nowhere").expect(USAGE)
    cli("state", "backup", c.state, home / "copy").expect(REJECTED)
    true(not (home / "copy" / "SHA256SUMS").exists(), "a damaged state gets no sums")


def a_backup_of_a_running_coordinator_opens_elsewhere_with_the_recovery_keys(home):
    cli, (c, deployment) = Cli(home), begin(home)
    done = cli("state", "backup", c.state, "backup").expect(OK)
    contains(done.out, "backup: generation 1, ")
    contains(done.error, "key slot of this machine")
    equal(c.code(), RUNNING, "status")
    run_program("sha256sum", "--strict", "-c", "SHA256SUMS", cwd=home / "backup")
    equal((home / "backup").stat().st_mode & 0o777, 0o700, "mode of the directory")
    for path in (home / "backup").iterdir():
        equal(path.stat().st_mode & 0o777, 0o600, "mode of " + path.name)
    c.stop()

    data = cli("state", "restore", "backup", "elsewhere", "--format", "json").expect(OK).json("StateRestore")
    equal((data["format"], data["generation"], data["setAside"]), ("taw", 1, None), "what was restored")
    other = Coordinator(home, "other", state="elsewhere").start()
    equal(other.code(), RECOVERY, "status on another machine")
    deployment.recover(other)
    equal(other.code(), RUNNING, "status after the recovery")
    other.stop()


def a_backup_is_whole_while_the_state_is_written(home):
    """Each copy opens on its machine, and has the last note that was acknowledged before it or a later one."""
    cli, (c, deployment) = Cli(home), begin(home)
    stop, noted, before = threading.Event(), [0], []

    def write():
        while not stop.is_set():  # 200 kB each: the journal is replaced every few notes
            value = b64(b"%d" % (noted[0] + 1) + b" " * 200000)
            equal(c.post("/api/v2/secrets", {"secrets": {"note": {"Key": value}}}, cert=deployment.user).status, 200, "status of a note")
            noted[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(60 if taw.SOAK else 8):
            before.append(noted[0])
            cli("state", "backup", c.state, "backup%d" % n, "--format", "json").expect(OK)
    finally:
        stop.set()
        writer.join()
    c.stop()
    true(noted[0] > 5, "there was something to write meanwhile: %d" % noted[0])
    for n, least in enumerate(before):
        cli("state", "restore", "backup%d" % n, "again%d" % n).expect(OK)
        d = Coordinator(home, state="again%d" % n).start()
        equal(d.code(), RUNNING, "status on the machine that wrote it")
        if least > 0:
            value = d.get("/api/v2/secrets?s=note", cert=deployment.user).data()["secrets"]["note"]["Private"]
            true(int(unb64(value)) >= least, "the note of backup %d" % n)
        d.stop()


def a_state_is_never_replaced_without_a_word(home):
    cli, (c, _) = Cli(home), begin(home)
    cli("state", "backup", c.state, "backup").expect(OK)
    cli("state", "backup", c.state, "backup").expect(USAGE, error="a directory of its own")
    cli("state", "restore", "backup", c.state, "--yes").expect(STATE, error="another process uses")
    c.stop()
    before = snapshot(c.state)

    done = cli("state", "restore", "backup", c.state).expect(USAGE, out="")
    contains(done.error, "There: generation 1")
    contains(done.error, "--yes")
    cli("state", "restore", "backup", c.state, "--format", "json").failure(USAGE, "usage")
    refused = cli.on_terminal("state", "restore", "backup", c.state, answers=[("in its place?", "no")])
    equal(refused.status, FAILED, "status after no")
    equal(snapshot(c.state), before, "the state")

    agreed = cli.on_terminal("state", "restore", "backup", c.state, answers=[("in its place?", "yes")])
    equal(agreed.status, OK, "status after yes")
    aside = [path for path in c.state.iterdir() if path.name.startswith("replaced-")]
    equal([snapshot(path) for path in aside], [before], "what was set aside")
    data = cli("state", "restore", "backup", c.state, "--yes", "--format", "json").expect(OK).json("StateRestore")
    true(pathlib.Path(data["setAside"]).is_dir(), "the second one is set aside as well")
    c.start()
    equal(c.code(), RUNNING, "status")
    c.stop()


def a_backup_that_was_changed_or_is_none_is_refused(home):
    cli, (c, _) = Cli(home), begin(home)
    c.stop()
    cli("state", "restore", c.state / "nothing", "x").expect(FAILED)
    (home / "empty").mkdir()
    cli("state", "restore", "empty", "x").expect(NOT_FOUND, error="no state")
    cli("state", "backup", "empty", "y").expect(NOT_FOUND, error="no state")
    cli("state", "backup", c.state, "backup").expect(OK)
    for name in ("sealed_data", "sealed_key"):
        shutil.copytree(home / "backup", home / "bad", dirs_exist_ok=True)
        contents = bytearray((home / "bad" / name).read_bytes())
        contents[-1] ^= 1
        (home / "bad" / name).write_bytes(contents)
        cli("state", "restore", "bad", "x").expect(REJECTED, error="not those that were copied")
    shutil.copytree(home / "backup", home / "bad", dirs_exist_ok=True)
    (home / "bad" / "SHA256SUMS").unlink()
    cli("state", "restore", "bad", "z").expect(OK, error="no SHA256SUMS")
    true(not (home / "x").exists(), "nothing was made")


def an_interrupted_restore_does_not_start_and_can_be_repeated(home):
    cli, (c, _) = Cli(home), begin(home)
    c.stop()
    cli("state", "backup", c.state, "backup").expect(OK)
    (c.state / "sealed_data").unlink()
    equal(c.fails()[0], 4, "status of a Coordinator on half a state")
    cli("state", "restore", "backup", c.state, "--yes").expect(OK)
    c.start()
    equal(c.code(), RUNNING, "status")
    c.stop()


def a_fresh_directory_needs_no_word(home):
    cli, (c, _) = Cli(home), begin(home)
    c.stop()
    cli("state", "backup", c.state, "backup").expect(OK)
    d = Coordinator(home, state="fresh").start()
    equal(d.code(), FRESH, "status")
    d.stop()
    cli("state", "restore", "backup", d.state).expect(OK)
    d.start()
    equal(d.code(), RUNNING, "status")
    d.stop()


taw.run(globals())
