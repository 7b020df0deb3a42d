# SPDX-License-Identifier: Apache-2.0
"""Recorded conversations and recorded sealed states of the original, replayed against this Coordinator.

The recordings lie outside of the project, in ../shared; without them these tests are skipped."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import taw
from taw import Coordinator, equal, true

SHARED = pathlib.Path(os.path.relpath(pathlib.Path(__file__).resolve().parents[3] / "shared"))
TRANSCRIPTS = SHARED / "fixtures/transcripts"
STATES = SHARED / "fixtures/states"

WHOLE = """activate-certificates activate-errors activate-secrets activate-templates activate-ttls auth-users features-closed
grpc-transport http-methods http-odd import-state manifest-bytes-as-numbers manifest-no-keys-v2 manifest-rejected
manifest-set-v1 manifest-set-v2 manifest-unusable metrics recovery-2020 recovery-after-rejected-manifest recovery-all
recovery-all-bad-signature recovery-dismiss recovery-ephemeral recovery-single recovery-threshold recovery-without-keys
recovery-wrong-secret restart seal-mode-disabled secrets-into-marble secrets-read secrets-write sign-quote startup-manifest
startup-manifest-bad state-fresh state-recovery""".split()
# These also use operations that this version does not have. With each the steps whose answers show what such an
# operation did, without a reference to its answer.
IN_PART = {
    "activate-budget": "",
    "counters": "s34",
    "server-names": "",
}

# Checks of a state that fail because the operation is not there yet: by the case.
EXPECTED_FAILURES = {"in-use": {"POST /api/v2/update as admin"}}
NOT_THERE_YET = r"is '501'|does not implement this operation yet"


def recordings(path):
    if not path.exists():
        raise taw.Skip("the recordings in ../shared are not here")


def replay(home, folder, names):
    """Each scenario as a whole: its line of the report says ok."""
    command = [sys.executable, str((SHARED / "tools/replay.py").resolve()), "--coordinator", "%s --simulation" % taw.TAWD,
               "--ports", "23000-24999", *(str(folder / (name + ".json")) for name in names)]
    done = subprocess.run(command, cwd=home, env=taw.clean_environment(), capture_output=True, text=True, timeout=600)
    true(done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:])
    taw.comment(done.stdout.splitlines()[-1])


def the_recorded_conversations_of_this_version_go_as_recorded(home):
    recordings(TRANSCRIPTS)
    replay(home, TRANSCRIPTS.resolve(), WHOLE)


# ---- scenarios of which some steps cannot go yet ----

def is_not_there_yet(step):
    http = step.get("http", {})
    return http.get("method") == "POST" and re.search(r"/update$", http.get("path", "")) is not None


def uses(value, left_out):
    """Does a value anywhere refer to the answer of a step that was left out?"""
    if isinstance(value, dict):
        return any(uses(part, left_out) for part in value.values())
    if isinstance(value, list):
        return any(uses(part, left_out) for part in value)
    return isinstance(value, str) and value.split(".")[0] in left_out and "." in value


def without_what_is_not_there(scenario, shows_it):
    """Removes those steps, what depends on them, and the steps with these ids; how many went."""
    left_out, steps = set(shows_it), []
    for step in scenario["steps"]:
        said = {key: value for key, value in step.items() if key not in ("id", "note")}
        if step["id"] in left_out or is_not_there_yet(step) or uses(said, left_out):
            left_out.add(step["id"])
        else:
            steps.append(step)
    scenario["steps"] = steps
    return len(left_out)


def the_other_recorded_conversations_go_as_far_as_their_api_is_there(home):
    recordings(TRANSCRIPTS)
    folder = home / "transcripts"
    folder.mkdir()
    for path in TRANSCRIPTS.glob("material*"):
        shutil.copy(path, folder)
    for name, shows_it in IN_PART.items():
        scenario = json.loads((TRANSCRIPTS / (name + ".json")).read_text())
        all_of_them = len(scenario["steps"])
        gone = without_what_is_not_there(scenario, shows_it.split())
        true(0 < gone < all_of_them / 2, "%s: %d of %d steps were left out" % (name, gone, all_of_them))
        taw.comment("%s: %d of %d steps left out, they use operations that are not there yet" % (name, gone, all_of_them))
        (folder / (name + ".json")).write_text(json.dumps(scenario))
    replay(home, folder, IN_PART)


# ---- recorded states ----

def check_state(home, case, variant):
    """Runs the checks of one recorded state on a copy of its files."""
    home = home / ("-".join([case.name, *variant]).replace("--", ""))
    (home / "state").mkdir(parents=True)
    shutil.copy(case / "sealed_data", home / "state")
    if "--recover" not in variant:
        shutil.copy(case / "sealed_key", home / "state")
    c = Coordinator(home).start()
    command = [sys.executable, str(SHARED / "tools/check_state.py"), *variant, str(case), c.address,
               "127.0.0.1:%d" % c.mesh_port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    c.stop()
    about = "%s %s" % (case.name, " ".join(variant))
    failures = re.findall(r"^FAILED: (.*)$", done.stdout, re.M)
    for failure in failures:
        true(re.search(NOT_THERE_YET, failure), about + ": " + failure)
    equal({failure.split(" (is ")[0] for failure in failures}, EXPECTED_FAILURES.get(case.name, set()), about + ": failures")
    equal(done.returncode, 1 if failures else 0, about + ": exit status " + done.stderr[-1000:])
    summary = re.search(r"^(\d+) passed, (\d+) failed$", done.stdout, re.M)
    true(summary and int(summary.group(1)) >= 5 and int(summary.group(2)) == len(failures), about + ": " + done.stdout[-500:])
    return int(summary.group(1))


def check_states(home, variant, names=None):
    recordings(STATES)
    cases = [path for path in sorted(STATES.iterdir()) if path.is_dir() and (names is None or path.name in names)]
    true(cases, "no recorded states")
    passed = sum(taw.in_parallel(lambda case: check_state(home, case, variant), cases))
    taw.comment("%d states, %d checks passed" % (len(cases), passed))


def every_recorded_state_is_imported_with_its_key(home):
    check_states(home, [])


def every_recorded_state_is_recovered_after_wrong_secrets_and_signatures_were_refused(home):
    check_states(home, ["--recover", "--refuse", "wrong-signature", "--refuse", "wrong-secret"])


def every_recorded_state_is_recovered_by_its_secrets_alone(home):
    taw.only_in_soak()
    check_states(home, ["--recover"])


def recorded_states_are_recovered_by_encrypted_secrets(home):
    check_states(home, ["--recover", "--ephemeral"], None if taw.SOAK else ["all-of-3", "threshold-2-of-4"])


taw.run(globals())
