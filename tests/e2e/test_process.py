# SPDX-License-Identifier: Apache-2.0
"""tawd as a process: how it starts, what it says when it cannot, how it ends, and what it never tells."""

import collections
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import subprocess
import time

import taw
from taw import FRESH, RECOVERY, RUNNING, TAWD, Coordinator, Deployment, contains, equal, true


def run_tawd(*args, env=None, cwd=None, terminal=False):
    """Runs tawd to its end: exit status and what it said on standard error, or on a terminal."""
    command = [TAWD, *map(str, args)]
    env = taw.clean_environment() if env is None else env
    if not terminal:
        done = subprocess.run(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, env=env, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 65536):
                said += part
        except OSError:  # EIO: the last one on the terminal has gone
            pass
        os.close(ours)
        return process.wait(60), said.decode()


def arguments(home, **changes):
    """The flags of a Coordinator that would start; None leaves one out."""
    flags = {"simulation": True, "seal-dir": home / "state", "platform-key": home / "key",
             "client-address": "127.0.0.1:0", "mesh-address": "127.0.0.1:0"}
    flags.update({name.replace("_", "-"): value for name, value in changes.items()})
    out = []
    for name, value in flags.items():
        if value is not None:
            out += ["--" + name] + ([] if value is True else [str(value)])
    return out


# ---- exit status ----

def failing_starts(place):
    """name, arguments, exit status, part of the message; each in its own directory."""
    damaged, busy, ready = place / "damaged", place / "busy", place / "ready"
    for directory in (damaged, busy, ready):
        directory.mkdir()
    c = Coordinator(damaged, "a").start()
    Deployment("single").set(c).data()
    c.stop()
    data = bytearray((damaged / "state/sealed_data").read_bytes())
    data[len(data) // 2] ^= 1
    (damaged / "state/sealed_data").write_bytes(data)
    lost = place / "lost"
    shutil.copytree(damaged, lost)
    (lost / "state/sealed_data").unlink()
    (place / "file").write_text("")
    (place / "bad.json").write_text("{")
    running = Coordinator(busy, "a").start()
    return running, [
        ("unknown flag", arguments(ready) + ["--nonsense"], 2, "--nonsense"),
        ("flag without its value", arguments(ready) + ["--dns-names"], 2, "--dns-names"),
        ("switch with a value", arguments(ready) + ["--debug=1"], 2, "--debug"),
        ("number out of range", arguments(ready, max_streams="0"), 2, "--max-streams"),
        ("no number", arguments(ready, request_timeout="5s"), 2, "5s"),
        ("no simulation", arguments(ready, simulation=None), 3, "--simulation"),
        ("address in use", arguments(ready, client_address="127.0.0.1:%d" % running.port), 3, "127.0.0.1:%d" % running.port),
        ("mesh address in use", arguments(ready, mesh_address="127.0.0.1:%d" % running.port), 3, "127.0.0.1:%d" % running.port),
        ("seal directory is a file", arguments(ready, seal_dir=place / "file"), 3, "file"),
        ("platform key is a directory", arguments(ready, platform_key=place), 3, str(place)),
        ("platform key is no key", arguments(ready, platform_key=place / "bad.json"), 3, "bad.json"),
        ("no directory of collateral", arguments(ready, collateral_dir=place / "nowhere"), 3, "nowhere"),
        ("damaged state", arguments(damaged, platform_key=damaged / "machine-a.key"), 4, "sealed_data"),
        ("lost snapshot", arguments(lost, platform_key=lost / "machine-a.key"), 4, "sealed_"),
        ("second process", arguments(busy), 5, str(busy / "state")),
        ("startup manifest is bad", arguments(ready, startup_manifest=place / "bad.json"), 6, "line 1"),
        ("startup manifest is missing", arguments(ready, startup_manifest=place / "none.json"), 6, "none.json"),
    ]


def every_failed_start_has_its_exit_status_and_says_why(home):
    running, rows = failing_starts(home)
    for name, args, status, part in rows:
        got, said = run_tawd(*args)
        equal(got, status, "%s: exit status, %s" % (name, said[-500:]))
        last = json.loads(said.splitlines()[-1])
        equal((last["level"], last["exit_status"]), ("error", status), name)
        contains(last["error"], part, name)
    running.stop()


def a_failed_start_is_one_plain_line_on_a_terminal(home):
    running, rows = failing_starts(home)
    for name, args, status, part in rows:
        got, said = run_tawd(*args, terminal=True)
        equal(got, status, "%s: exit status" % name)
        reasons = [line for line in said.splitlines() if line.startswith("tawd: ")]
        equal(len(reasons), 1, "%s: lines %r" % (name, said))
        equal(said.splitlines()[-1], reasons[0], "%s: the reason is not the last line" % name)
        true('"level"' not in said, "%s: JSON on a terminal: %r" % (name, said))
        contains(reasons[0], part, name)
    running.stop()


def spoilt_states(good):
    """name, position, contents: each byte flipped and each length, or some of them."""
    # The key slot and the cells of its anchor (docs/state-format.md); between them is padding.
    key_parts = [*range(170), *range(8192, 8290), 16383]
    for name, positions in (("sealed_data", range(len(good["sealed_data"]))), ("sealed_key", key_parts)):
        data = good[name]
        for position in positions if taw.SOAK else positions[::200 if name == "sealed_data" else 7]:
            yield name, "byte %d" % position, data[:position] + bytes([data[position] ^ 0x20]) + data[position + 1:]
        for position in positions[::1 if taw.SOAK else 400 if name == "sealed_data" else 30]:
            yield name, "cut to %d" % position, data[:position]
        yield name, "longer", data + b"\0"


def a_damaged_state_is_left_as_it_is(home):
    c = Coordinator(home, "a").start()
    deployment = Deployment("single")
    deployment.set(c).data()
    facts = deployment.facts(c)
    c.stop()
    good = {path.name: path.read_bytes() for path in c.state.iterdir()}
    seen = collections.Counter()

    def put(files):
        for path in c.state.iterdir():
            path.unlink()
        for name, contents in files.items():
            (c.state / name).write_bytes(contents)

    for name, what, contents in spoilt_states(good):
        about = "%s, %s" % (name, what)
        put(dict(good, **{name: contents}))
        d = Coordinator(home, "a", log="damaged-log")
        if d.launch().serves():  # a spoilt key slot: recovery; its padding: nothing is lost
            code = d.code()
            equal((name, code in (RECOVERY, RUNNING)), ("sealed_key", True), about + ": a damaged file was taken, status %d" % code)
            if code == RUNNING:
                equal(deployment.facts(d), facts, about)
            d.kill()
            seen[name, "recovery" if code == RECOVERY else "runs"] += 1
        else:
            equal(d.ended(), 4, about + ": exit status")
            equal({path.name: path.read_bytes() for path in c.state.iterdir()}, dict(good, **{name: contents}), about + ": files")
            seen[name, "stops"] += 1
        d.log_path.unlink()
    true(seen["sealed_key", "recovery"] > 30 and seen["sealed_data", "stops"] > 30, "what was damaged was not noticed: %s" % seen)
    taw.comment(", ".join("%s %s: %d" % (*what, count) for what, count in sorted(seen.items())))
    put(good)
    c = Coordinator(home, "a").start()
    equal(deployment.facts(c), facts, "facts after all that")
    c.stop()


def help_and_version_go_to_standard_output(home):
    for flag, part in (("--help", "--simulation"), ("--version", "tawd ")):
        done = subprocess.run([TAWD, flag], capture_output=True, text=True, timeout=60, env={})
        equal((done.returncode, done.stderr), (0, ""), flag)
        contains(done.stdout, part, flag)


# ---- surroundings ----

def it_starts_without_any_environment_and_terminal(home):
    process = subprocess.Popen([TAWD, *arguments(home)], env={}, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, start_new_session=True)
    lines = []
    while len([line for line in lines if "Starting the" in line]) < 2:
        lines.append(process.stderr.readline())
        true(lines[-1], "it ended: " + "".join(lines))
    process.send_signal(signal.SIGTERM)
    true(all(json.loads(line)["ts"] for line in lines), "each line of the log is JSON")
    equal(process.wait(30), 0, "exit status")
    process.stderr.close()


def variables_of_the_original(home, **more):
    env = {"EDG_COORDINATOR_SEAL_DIR": str(home / "seal"), "EDG_COORDINATOR_CLIENT_ADDR": "127.0.0.1:0",
           "EDG_COORDINATOR_MESH_ADDR": "127.0.0.1:0",
           "EDG_COORDINATOR_DNS_NAMES": "one.example,two.example,192.0.2.1", "OE_SIMULATION": "1"}
    return dict(env, **more)


def with_variables_only(home, env, state):
    """A Coordinator without flags."""
    c = Coordinator(home, state=state)
    c.command, c.env = [TAWD], env
    return c


def the_variables_of_the_original_are_enough(home):
    manifest = home / "manifest.json"
    manifest.write_bytes(Deployment("none").manifest)
    c = with_variables_only(home, variables_of_the_original(home, EDG_STARTUP_MANIFEST=str(manifest)), "seal").start()
    equal(c.code(), RUNNING, "status")
    (home / "root.pem").write_text(c.get("/api/v2/quote").data()["cert"])
    text = taw.run_program("openssl", "s_client", "-connect", c.address, "-showcerts", data=b"").decode("utf-8", "replace")
    (home / "leaf.pem").write_text(re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", text, re.S).group())
    names = taw.run_program("openssl", "x509", "-in", home / "leaf.pem", "-noout", "-ext", "subjectAltName").decode()
    for name in ("DNS:one.example", "DNS:two.example", "IP Address:192.0.2.1"):
        contains(names, name)
    c.stop()
    true((home / "seal/sealed_data").exists(), "the state is in the seal directory")
    status, said = run_tawd(env=variables_of_the_original(home, OE_SIMULATION="0"))
    equal(status, 3, "exit status with OE_SIMULATION=0: " + said[-300:])
    c = with_variables_only(home, variables_of_the_original(home, EDG_DEBUG_LOGGING="1", EDG_STARTUP_MANIFEST=""), "seal").start()
    equal(c.code(), RUNNING, "status after a restart")
    c.stop()


def the_seal_directory_has_a_default_in_the_working_directory(home):
    env = variables_of_the_original(home, EDG_COORDINATOR_SEAL_DIR="", EDG_CWD=str(home / "cwd"))
    c = with_variables_only(home, env, "cwd/marblerun-coordinator-data").start()
    equal(Deployment("none").set(c).status, 200, "a manifest")
    c.stop()
    true((c.state / "sealed_data").exists(), "the state is in the default directory")


# ---- signals ----

def signals_finish_a_request_in_flight(home):
    for number, name in enumerate(("SIGTERM", "SIGINT")):
        place = home / str(number)
        place.mkdir()
        deployment = Deployment("single")
        c = Coordinator(place, "a").start()
        body = deployment.manifest
        with c.connect() as sock, c.connect() as idle:
            sock.sendall(b"POST /manifest HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:-1])
            time.sleep(0.5)
            c.process.send_signal(getattr(signal, name))
            time.sleep(0.3)
            equal(idle.recv(1), b"", "an idle connection is closed")
            equal(c.process.poll(), None, "it waits for the request")
            sock.sendall(body[-1:])
            reply = taw.read_reply(sock)
        equal(reply.status, 200, "answer to the request in flight")
        deployment.keep(reply)
        equal(c.ended(), 0, "exit status after " + name)
        c = Coordinator(place, "a").start()
        equal(taw.unb64(c.get("/api/v2/manifest").data()["manifest"]), deployment.manifest, "the manifest that was acknowledged")
        c.stop()


def until_logged(c, text):
    until = time.monotonic() + taw.START_S
    while text not in c.log():
        true(time.monotonic() < until, "never logged: %s\n%s" % (text, c.log()[-1000:]))
        time.sleep(0.01)


def collateral_is_read_again_at_sighup_and_in_time(home):
    directory = home / "collateral"
    directory.mkdir()
    c = Coordinator(home, "a", args=["--collateral-dir", str(directory)]).start()
    (directory / "first.json").write_text("{")
    c.process.send_signal(signal.SIGHUP)
    until_logged(c, "first.json")
    contains(c.log(), "Collateral refused")
    c.stop()
    c = Coordinator(home, "a", args=["--collateral-dir", str(directory), "--collateral-interval", "100"]).start()
    (directory / "second.json").write_text("[]")
    until_logged(c, "second.json")
    (directory / "second.json").unlink()
    until_logged(c, "Collateral removed")
    equal(c.get("/api/v2/status").status, 200)
    c.stop()


def older_collateral_is_refused_after_a_restart(home):
    vectors = pathlib.Path(__file__).resolve().parents[3] / "shared" / "vectors"
    newer, older = (vectors / ("sgx3-processor-%d" % year) / "collateral.json" for year in (2025, 2023))
    if not newer.exists():
        raise taw.Skip("the vectors in ../shared are not here")
    directory = home / "collateral"
    directory.mkdir()
    bundle = directory / "bundle.json"

    def log_with(text):
        shutil.copy(text, bundle)
        c = Coordinator(home, "a", args=["--collateral-dir", str(directory)]).start()
        c.stop()
        return c.log()

    numbers = home / "state" / "evaluation_numbers"
    contains(log_with(newer), "Collateral loaded")
    equal(numbers.stat().st_mode & 0o777, 0o600, "mode")
    contains(log_with(older), "evaluation number 16 is lower than 17, which was seen before")
    numbers.write_bytes(b"x")
    log = log_with(older)
    contains(log, "The evaluation numbers of earlier runs are lost")
    contains(log, "Collateral loaded")
    contains(log_with(newer), "Collateral loaded")
    numbers.unlink()
    log = log_with(older)
    contains(log, "Collateral loaded")
    true("are lost" not in log, log)


def sighup_without_collateral_changes_nothing(home):
    c = Coordinator(home, "a").start()
    c.process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    equal(c.get("/api/v2/status").status, 200)
    c.stop()


def a_client_that_never_finishes_does_not_stop_the_end(home):
    c = Coordinator(home, args=["--drain-timeout", "300"]).start()
    with c.connect() as sock:
        sock.sendall(b"POST /manifest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.5)
        begin = time.monotonic()
        c.stop()
        true(time.monotonic() - begin < 10, "it took %.1f s" % (time.monotonic() - begin))
    contains(c.log(), "not finished in time", "the log")


def systemd_hears_of_ready_watchdog_and_stopping(home):
    for number, address in enumerate((str(home / "notify"), "\0taw-test-%d" % os.getpid())):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(address)
            notify.settimeout(30)
            place = home / str(number)
            place.mkdir()
            c = Coordinator(place, env={"NOTIFY_SOCKET": address.replace("\0", "@"), "WATCHDOG_USEC": "200000"})
            c.launch()
            equal(notify.recv(100), b"READY=1", "first")
            true(c.serves(), "it serves when it is ready")
            begin = time.monotonic()
            for _ in range(3):
                equal(notify.recv(100), b"WATCHDOG=1", "then")
            true(time.monotonic() - begin < 3 * 0.2 + 5, "in time")
            c.process.send_signal(signal.SIGTERM)
            heard = b"WATCHDOG=1"
            while heard == b"WATCHDOG=1":
                heard = notify.recv(100)
            equal(heard, b"STOPPING=1", "last")
            equal(c.ended(), 0, "exit status")


# ---- secrets ----

def forms_of(secret):
    """How a secret could show up: raw, hexadecimal, base64 (at each alignment), as a list of numbers."""
    out = {secret, secret.hex().encode(), secret.hex().upper().encode(), ", ".join(map(str, secret)).encode(),
           ",".join(map(str, secret)).encode(), "".join("\\x%02x" % byte for byte in secret).encode()}
    for shift in range(3):
        text = taw.b64(bytes(shift) + secret)[4 if shift else 0:-4].encode()
        out |= {text, text.replace(b"+", b"-").replace(b"/", b"_")}
    return {form for form in out if len(form) >= 12}


def parts_of(secret):
    """A secret, and its halves, which must not show up either."""
    half = len(secret) // 2
    return {form for part in (secret, secret[:half], secret[half:]) if len(part) >= 12 for form in forms_of(part)}


def key_material(path):
    """The bytes of a platform key file, which is text or not."""
    data = path.read_bytes()
    out = [data.strip()]
    for text in re.findall(rb"[0-9a-fA-F]{32,}", data):
        out.append(bytes.fromhex(text[:len(text) // 2 * 2].decode()))
    return out


def no_secret_is_in_the_log_or_on_the_command_line(home):
    secrets, texts = [], []
    for scheme in ("page", "xor", "threshold"):
        place = home / scheme
        place.mkdir()
        deployment = Deployment(scheme)
        coordinators = [Coordinator(place, "a", args=["--debug"]).start()]
        c = coordinators[0]
        deployment.set(c)
        secret = c.get("/api/v2/secrets?s=databaseKey", deployment.user).data()["secrets"]["databaseKey"]
        secrets += [taw.unb64(secret[name]) for name in ("Public", "Private") if secret.get(name)]
        texts.append(pathlib.Path("/proc/%d/cmdline" % c.process.pid).read_bytes())
        c.stop()
        c = Coordinator(place, "b", args=["--debug"]).start()
        coordinators.append(c)
        name = deployment.holders[0]
        wrong = bytes(range(100, 100 + len(deployment.shares[name])))
        secrets.append(wrong)  # what a holder sends by mistake is a secret of somebody
        equal(c.post("/api/v2/recover", deployment.upload(name, share=wrong)).status, 500, "a wrong share")
        equal(c.post("/api/v2/recover", deployment.upload(name, signature=bytes(256))).status, 500, "a share with a wrong signature")
        c.post("/recover", wrong)
        deployment.recover(c)
        equal(c.code(), RUNNING, "status")
        secrets += deployment.shares.values()
        c.stop()
        for machine in "ab":
            secrets += key_material(place / ("machine-%s.key" % machine))
        texts += [d.log_path.read_bytes() for d in coordinators]
    everything = b"\n".join(texts)
    contains(everything.decode("utf-8", "replace"), "Recover successful", "the log")
    true(len(secrets) > 15, "%d secrets" % len(secrets))
    for secret in secrets:
        for form in parts_of(secret):
            if form in everything:
                at = everything.index(form)
                raise AssertionError("a secret is in the log: %r" % everything[max(0, at - 200):at + 20])
    taw.comment("%d secrets, %d bytes searched" % (len(secrets), len(everything)))


# ---- directories that cannot be written ----

def as_nobody(command):
    """The command without root's rights over files."""
    if os.geteuid() != 0:
        return command
    if shutil.which("setpriv") is None:
        raise taw.Skip("root may write anywhere, and setpriv is not here")
    prefix = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    if subprocess.run([*prefix, TAWD, "--version"], capture_output=True, timeout=60).returncode != 0:
        raise taw.Skip("root may write anywhere, and nobody else may run this tawd")
    return [*prefix, *command]


def unprivileged(home):
    """A Coordinator that is not root; its directories are home/state and home/keys."""
    os.chmod(home, 0o755)
    for name in ("state", "keys"):
        (home / name).mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(home / name, 65534, 65534)
    c = Coordinator(home)
    c.command = as_nobody([TAWD, *arguments(home, platform_key=home / "keys/key")])
    return c


def keys_stay_out_of_core_dumps_and_debuggers(home):
    c = unprivileged(home).start()
    process = pathlib.Path("/proc/%d" % c.process.pid)
    true(re.search(r"^Max core file size +0 +0 ", (process / "limits").read_text(), re.M), "RLIMIT_CORE is 0")
    equal((process / "status").stat().st_uid, 0, "owner of its files in /proc: not the user, it is not dumpable")
    Deployment("single").set(c).data()
    for path in (c.state, home / "keys/key", *c.state.iterdir()):
        equal(path.stat().st_mode & 0o077, 0, "permissions of %s for others" % path.name)
    c.stop()


def a_directory_that_is_not_writable_is_said_and_left_alone(home):
    os.chmod(home, 0o755)
    key = home / "key"
    state = home / "state"
    deployment = Deployment("single")
    c = Coordinator(home, "a").start()
    deployment.set(c).data()
    c.stop()
    shutil.copy(home / "machine-a.key", key)
    if os.geteuid() == 0:
        for path in (key, state, *state.iterdir()):
            os.chown(path, 65534, 65534)
    before = {path.name: path.read_bytes() for path in state.iterdir()}
    command = as_nobody([TAWD, *arguments(home)])
    os.chmod(state, 0o500)
    for path in state.iterdir():
        os.chmod(path, 0o400)
    done = subprocess.run(command, env=taw.clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    equal(done.returncode, 3, "exit status on a read-only state: " + done.stderr[-500:])
    contains(done.stderr, str(state), "message")
    os.chmod(state, 0o700)
    equal({path.name: path.read_bytes() for path in state.iterdir()}, before, "files")
    nowhere = home / "closed"
    nowhere.mkdir(mode=0o555)
    done = subprocess.run(as_nobody([TAWD, *arguments(home, seal_dir=nowhere / "state")]), env=taw.clean_environment(),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    equal(done.returncode, 3, "exit status where no directory can be made: " + done.stderr[-500:])
    contains(done.stderr, str(nowhere), "message")


def a_directory_that_becomes_read_only_makes_requests_fail_and_nothing_else(home):
    c = unprivileged(home).start()
    state = c.state
    os.chmod(state, 0o500)
    deployment = Deployment("single")
    reply = deployment.set(c)
    equal(reply.status, 500, "the manifest: %r" % reply)
    contains(reply.message(), str(state), "message")
    equal(c.code(), FRESH, "status")
    os.chmod(state, 0o700)
    equal(deployment.set(c).status, 200, "the same request when the directory is writable again")
    facts = deployment.facts(c)
    c.stop()
    c.start()
    equal(deployment.facts(c), facts, "facts after a restart")
    c.stop()


taw.run(globals())
