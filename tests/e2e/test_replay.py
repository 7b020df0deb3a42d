# SPDX-License-Identifier: Apache-2.0
"""Recorded conversations and recorded sealed states of the original, replayed against this Coordinator.

The recordings lie outside of the project, in ../shared; without them these tests are skipped."""

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

WHOLE = """activate-budget activate-certificates activate-errors activate-secrets activate-templates activate-ttls auth-users
counters features-closed grpc-transport http-methods http-odd import-state manifest-bytes-as-numbers manifest-no-keys-v2
manifest-rejected manifest-set-v1 manifest-set-v2 manifest-unusable metrics recovery-2020 recovery-after-rejected-manifest recovery-all
recovery-all-bad-signature recovery-dismiss recovery-ephemeral recovery-single recovery-threshold recovery-without-keys
recovery-wrong-secret restart seal-mode-disabled secrets-into-marble secrets-read secrets-write server-names sign-quote
startup-manifest startup-manifest-bad state-fresh state-recovery update-cancel update-full update-multi update-multi-v1 update-package
update-recovery-keys update-recovery-keys-v1 update-threshold""".split()
# The original finds only when it applies an update that it cannot; this one when it is asked for that.
WITH_LATE_UPDATE_CHECKS = ["update-apply-fails"]


def recordings(path):
    if not path.exists():
        raise taw.Skip("the recordings in ../shared are not here")


def replay(home, names, **variables):
    """Each scenario as a whole: its line of the report says ok."""
    command = [sys.executable, str((SHARED / "tools/replay.py").resolve()), "--coordinator", "%s --simulation" % taw.TAWD,
               "--ports", "23000-24999", *(str((TRANSCRIPTS / (name + ".json")).resolve()) for name in names)]
    done = subprocess.run(command, cwd=home, env=dict(taw.clean_environment(), **variables),
                          capture_output=True, text=True, timeout=600)
    true(done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:])
    taw.comment(done.stdout.splitlines()[-1])


def the_recorded_conversations_of_this_version_go_as_recorded(home):
    recordings(TRANSCRIPTS)
    replay(home, WHOLE)


def a_recorded_update_that_cannot_be_applied_fails_late_for_who_wants_it(home):
    recordings(TRANSCRIPTS)
    replay(home, WITH_LATE_UPDATE_CHECKS, EDG_LATE_UPDATE_CHECKS="1")


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
    equal(done.returncode, 0, about + ": exit status; " + done.stdout[-2000:] + done.stderr[-1000:])
    summary = re.search(r"^(\d+) passed, (\d+) failed$", done.stdout, re.M)
    true(summary and int(summary.group(1)) >= 5 and summary.group(2) == "0", about + ": " + done.stdout[-500:])
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
