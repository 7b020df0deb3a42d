# SPDX-License-Identifier: Apache-2.0
"""taw-premain as a process: what it asks of a Coordinator, what it makes of the answer, what it becomes."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

import taw
from marble import (ACK, DATA, END_STREAM, GOAWAY, HEAD, PING, PREMAIN, RST_STREAM, SETTINGS, TRAILERS, Fake, Raw,
                    certificate, data, environment, frame, grpc_frame, headers, ok, premain, response)
from taw import contains, equal, true

UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SHOW = "import json, os, sys; print(json.dumps([sys.argv, dict(os.environ)]))"
FORM = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# ---- before the call ----

def a_wrong_command_line_ends_with_2(home):
    premain(home, "--nonsense", "--", "true").ends(2, 'taw-premain: unknown option "--nonsense"')
    premain(home, "--timeout").ends(2, "--timeout wants a value")
    premain(home, "--type=", "true").ends(2, "--type wants a value")
    true(not (home / "uuid").exists(), "nothing was done")


def help_and_version_end_with_0(home):
    shown = premain(home, "--help")
    equal((shown.status, shown.stderr), (0, ""))
    for part in ("EDG_MARBLE_TYPE", "TAW_MARBLE_TIMEOUT", "  6 ", "  126 "):
        contains(shown.stdout, part, "help")
    equal(premain(home, "--version").stdout.split()[0], "taw-premain")


def a_wrong_configuration_ends_with_3_before_anybody_is_called(home):
    premain(home, "true", EDG_MARBLE_TYPE="").ends(3, "environment variable not set: EDG_MARBLE_TYPE")
    premain(home, "true", EDG_MARBLE_COORDINATOR_ADDR="a:b:c").ends(3, 'address "a:b:c"')
    premain(home, "true", EDG_MARBLE_COORDINATOR_ADDR="a:0").ends(3, "no number from 1 to 65535")
    premain(home, "true", TAW_MARBLE_TIMEOUT="5m").ends(3, 'TAW_MARBLE_TIMEOUT: "5m"')
    premain(home, "true", TAW_MARBLE_REQUIRE_QUOTE="yes").ends(3, "neither 0 nor 1")
    premain(home, "true", TAW_MARBLE_COORDINATOR_ROOT="missing.pem").ends(3, "missing.pem")
    (home / "empty.pem").write_text("")
    premain(home, "true", TAW_MARBLE_COORDINATOR_ROOT="empty.pem").ends(3, "empty.pem has no certificate")
    premain(home, "true", EDG_MARBLE_DNS_NAMES="b\u00fccher").ends(3, "certificate")


def a_quote_that_is_required_and_missing_ends_with_3(home):
    premain(home, "true", TAW_MARBLE_REQUIRE_QUOTE="1").ends(3, "failed to get quote", "TAW_MARBLE_REQUIRE_QUOTE")


def an_unusable_uuid_file_ends_with_3_and_says_how_to_repair_it(home):
    path = home / "uuid"
    path.write_text(UUID + "\n")
    premain(home, "true").ends(3, "failed to unmarshal UUID: invalid UUID length: 37", "truncate -s -1 uuid")
    path.write_text("")
    premain(home, "true").ends(3, "invalid UUID length: 0")
    path.write_text("x" * 36)
    premain(home, "true").ends(3, "invalid UUID format")
    path.unlink()
    path.mkdir()
    premain(home, "true").ends(3, "UUID file")
    premain(home, "true", EDG_MARBLE_UUID_FILE="no/such/directory/uuid").ends(3, "no/such/directory/uuid")


def a_new_uuid_is_stored_without_a_newline_for_its_owner_only(home):
    premain(home, "true", port=free_port()).ends(4)
    path = home / "uuid"
    true(FORM.fullmatch(path.read_text()), "a random UUID in its canonical form")
    equal(stat.S_IMODE(path.stat().st_mode), 0o600, "mode")
    equal(sorted(p.name for p in home.iterdir()), ["uuid"], "nothing else is left")
    before = path.read_text()
    contains(premain(home, "true", port=free_port()).stderr, "found UUID: " + before)
    (home / "cwd").mkdir()
    premain(home, "true", port=free_port(), EDG_CWD=home / "cwd").ends(4)
    true((home / "cwd" / "uuid").exists(), "EDG_CWD is where the default file is")


def many_starts_at_once_agree_on_one_uuid(home):
    port = free_port()
    said = taw.in_parallel(lambda _: premain(home, "true", port=port).stderr, range(16), workers=8)
    uuid = (home / "uuid").read_text()
    true(FORM.fullmatch(uuid), "one complete UUID")
    equal(sorted(p.name for p in home.iterdir()), ["uuid"], "nothing else is left")
    true(all("UUID" in text for text in said), "each has one")


# ---- the call ----

def the_application_finds_files_variables_and_arguments(home):
    (home / "old").write_text("older and longer contents")
    (home / "old").chmod(0o640)
    (home / "linked").symlink_to(home / "target")
    files = {str(home / "deep" / "er" / "file"): b"a\0b\xff", str(home / "old"): "new", str(home / "linked"): "through",
             "relative": ""}
    env = {"GIVEN": "from the manifest", "EDG_MARBLE_TYPE": "overwritten", "EMPTY": "", "UMLAUT": "\u00fc"}
    with Fake(home, ok(files, env, ["name", "-c", SHOW, "", "two words"])) as fake:
        done = premain(home, "--", sys.executable, "not", "seen", port=fake.port, INHERITED="yes", GIVEN="before").ends(0)
    argv, seen = json.loads(done.stdout)
    equal(argv, ["-c", "", "two words"], "arguments")
    for name, value in dict(env, INHERITED="yes").items():
        equal(seen[name], value, name)
    contains(done.stderr, "[PreMain] done with PreMain")
    equal((home / "deep" / "er" / "file").read_bytes(), b"a\0b\xff")
    equal((home / "relative").read_bytes(), b"")
    equal((home / "target").read_text(), "through", "links are followed")
    for path, mode in (("deep", 0o700), ("deep/er", 0o700), ("deep/er/file", 0o600), ("old", 0o640), ("target", 0o600)):
        equal(stat.S_IMODE((home / path).stat().st_mode), mode, "mode of " + path)
    equal((home / "old").read_text(), "new")


def the_request_is_that_of_a_marble(home):
    (home / "uuid").write_text("URN:UUID:" + UUID.upper())
    with Fake(home, ok()) as fake:
        premain(home, "true", port=fake.port, EDG_MARBLE_DNS_NAMES="a.example,10.1.2.3,,b.example,::1:2").ends(0)
        premain(home, "true", port=fake.port).ends(0)
        (request, metadata), (again, other) = fake.calls()
    equal((request[3], request[4]), (b"backend", UUID.encode()), "type and UUID")
    true(1 not in request, "no quote: the field is left out")
    (home / "csr").write_bytes(request[2])
    text = taw.run_program("openssl", "req", "-inform", "DER", "-in", home / "csr", "-noout", "-verify", "-text",
                           "-nameopt", "RFC2253").decode()
    for part in ("Subject: \n", "secp384r1", "ecdsa-with-SHA384", "DNS:a.example, DNS:b.example, IP Address:127.0.0.1, "
                 "IP Address:0:0:0:0:0:0:0:1, IP Address:10.1.2.3, IP Address:0:0:0:0:0:0:1:2"):
        contains(text, part, "request")
    true(re.fullmatch("[0-9a-f]{32}", metadata["taw-activation"]), "a number for this activation")
    true(metadata["taw-activation"] != other["taw-activation"], "another activation has another")
    true(request[2] != again[2], "another start has another key")
    contains(metadata["user-agent"], "taw-marble/")


def without_argv_the_arguments_of_the_command_line_stay(home):
    with Fake(home, ok()) as fake:
        equal(premain(home, "--", "echo", "-n", "a", "--", "b", port=fake.port).ends(0).stdout, "a -- b")
        equal(premain(home, "echo", "--timeout", port=fake.port).ends(0).stdout, "--timeout\n", "no -- is needed")
        premain(home, port=fake.port).ends(6, "no program: neither the command line nor the manifest's Argv names one")
    with Fake(home, ok(argv=["echo", "from the manifest"])) as fake:
        equal(premain(home, port=fake.port).ends(0).stdout, "from the manifest\n")


def an_application_that_cannot_be_started_ends_like_in_a_shell(home):
    (home / "text").write_text("no program")
    with Fake(home, ok()) as fake:
        premain(home, "no-such-program", port=fake.port).ends(127, "cannot start no-such-program: No such file")
        premain(home, "./text", port=fake.port).ends(126, "cannot start ./text: Permission denied")
        premain(home, home, port=fake.port).ends(126, "Permission denied")
        equal(premain(home, "sh", "-c", "exit 42", port=fake.port).status, 42, "the application's own status")


PROBE = """
import json, os, resource, signal
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
print(json.dumps({"fds": sorted(int(fd) for fd in os.listdir("/proc/self/fd")),
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "signals": {name: status[name].strip() for name in ("SigBlk", "SigIgn", "SigCgt", "ShdPnd")},
    "umask": status["Umask"].strip(), "owner": os.stat("/proc/self/environ").st_uid}))
"""


def the_application_inherits_the_process_as_it_was(home):
    def prepare():
        import resource
        resource.setrlimit(resource.RLIMIT_CORE, (4096, 8192))
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        os.umask(0o027)

    command = [sys.executable, "-S", "-c", PROBE]
    keep_limit = {"ASAN_OPTIONS": "disable_coredump=0"}
    with Fake(home, ok()) as fake:
        seen = [json.loads(subprocess.run(start + command, env=environment(fake.port, **keep_limit), cwd=home,
                                          check=True, capture_output=True, preexec_fn=prepare).stdout)
                for start in ([], [PREMAIN, "--"])]
    equal(seen[1], seen[0], "the process with and without taw-premain before it")
    equal(seen[1]["core"], [4096, 8192], "limit of core files")


def log_lines_are_json_on_request(home):
    with Fake(home, ok()) as fake:
        lines = premain(home, "true", port=fake.port, EDG_LOG_FORMAT="JSON").ends(0).stderr.splitlines()
        bad = premain(home, "no-such-program", port=fake.port, EDG_LOG_FORMAT="json").ends(127)
    messages = [json.loads(line)["msg"] for line in lines]
    uuid = (home / "uuid").read_text()
    wanted = ["starting PreMain", "fetching env variables", "loading TLS Credentials", "loading UUID",
              "UUID not found. Generating and storing a new UUID", "generating CSR", "generating quote", None,
              "activating marble of type backend", None, "Not using TTLS", "creating files from manifest",
              "setting env vars from manifest", "done with PreMain"]
    equal([m for m, w in zip(messages, wanted) if w], [w for w in wanted if w], "log")
    contains(messages[7], "failed to get quote: ")
    true(messages[7].endswith(". Proceeding in simulation mode"), "the original's words")
    contains(bad.stderr, "found UUID: " + uuid)
    last = json.loads(bad.last())
    equal((last["level"], last["msg"]), ("error", "cannot start no-such-program: No such file or directory"))


def a_ttls_configuration_is_shown_without_its_keys(home):
    config = {"tls": {"Incoming": {"*:8443": {"cacrt": "R", "clicrt": "M", "clientAuth": True, "clikey": "very secret"}},
                      "Outgoing": {"db.ns:5432": {"cacrt": "R", "clicrt": "M", "clikey": "very secret"}}}}
    with Fake(home, ok(env={"MARBLE_TTLS_CONFIG": json.dumps(config)})) as fake:
        said = premain(home, "true", port=fake.port).ends(0).stderr
    for line in ("TTLS config\n", "  Incoming:\n", "    *:8443\n", "  Outgoing:\n", "    db.ns:5432\n"):
        contains(said, "[PreMain] " + line)
    true("secret" not in said, "no key in the log")
    for text in ('{"tls":{"Incoming":{},"Outgoing":{}}}', "{}", '{"tls":7}'):
        with Fake(home, ok({"unwritten": "x"}, {"MARBLE_TTLS_CONFIG": text})) as fake:
            premain(home, "true", port=fake.port).ends(6, "TTLS config is empty")
    with Fake(home, ok({"unwritten": "x"}, {"MARBLE_TTLS_CONFIG": "very secret"})) as fake:
        said = premain(home, "true", port=fake.port).ends(6, "MARBLE_TTLS_CONFIG").stderr
    true("secret" not in said, "no value in the text")
    true(not (home / "unwritten").exists(), "checked before the first file")


# ---- refusals, time ----

def a_refusal_ends_with_5_and_its_reason_on_one_line(home):
    with Fake(home, "7:marble verification failed: invalid quote: PackageProperties not compliant:\nexpected: \u00fc") as fake:
        premain(home, "true", port=fake.port, TAW_MARBLE_TIMEOUT="30").ends(
            5, "the Coordinator refused the activation: PERMISSION_DENIED: marble verification failed: ",
            "compliant:\\nexpected: \u00fc")
        equal(len(fake.calls()), 1, "tries")
    for status, name in ((3, "INVALID_ARGUMENT"), (9, "FAILED_PRECONDITION"), (13, "INTERNAL"), (2, "UNKNOWN")):
        with Fake(home, "%d:why" % status) as fake:
            premain(home, "true", port=fake.port, TAW_MARBLE_TIMEOUT="30").ends(5, name + ": why")


def unavailable_is_tried_again_with_the_same_request(home):
    with Fake(home, "14:later", "14:later", ok(argv=["echo", "started"])) as fake:
        done = premain(home, port=fake.port, TAW_MARBLE_TIMEOUT="30").ends(0)
        calls = fake.calls()
    equal(done.stdout, "started\n")
    equal(done.stderr.count("UNAVAILABLE: later; next try in "), 2, "every failed try is said")
    equal([call[0] for call in calls], [calls[0][0]] * 3, "request")
    equal({call[1]["taw-activation"] for call in calls}, {calls[0][1]["taw-activation"]}, "number of the activation")
    true(done.seconds > 0.8 + 1.28, "it waited between")


def a_coordinator_that_comes_later_is_found(home):
    port = free_port()
    waiting = subprocess.Popen([PREMAIN, "echo", "here"], env=environment(port, TAW_MARBLE_TIMEOUT=30), cwd=home,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    with Fake(home, ok(), port=port):
        out, said = waiting.communicate(timeout=40)
    equal((waiting.returncode, out), (0, "here\n"), said)
    contains(said, "Connection refused; next try in ")


def nobody_there_ends_with_4_when_the_time_is_over(home):
    port = free_port()
    done = premain(home, "true", port=port).ends(4, "127.0.0.1:%d was not reachable in 1 try: " % port, "Connection refused")
    true("next try" not in done.stderr, "0 seconds: one try")
    done = premain(home, "--timeout", "3", "true", port=port).ends(4, "was not reachable in ", "tries")
    true(done.seconds < 5, "no longer than it was told")
    contains(done.stderr, "giving up in ")
    premain(home, "true", EDG_MARBLE_COORDINATOR_ADDR="no-such-host.invalid").ends(4, "cannot resolve no-such-host.invalid")


def a_coordinator_that_says_nothing_is_left_in_time(home):
    for kind in ({"silent": True}, {"settings": b""}, {"answer": b""}, {"answer": HEAD}):
        with Raw(home, **dict({"answer": b""}, **kind)) as server:
            done = premain(home, "true", port=server.port, TAW_MARBLE_TIMEOUT="2").ends(4, "no answer in time")
            true(done.seconds < 5, "%r took %.1f s" % (kind, done.seconds))


def a_signal_ends_the_wait(home):
    for number in (signal.SIGTERM, signal.SIGINT):
        waiting = subprocess.Popen([PREMAIN, "true"], env=environment(free_port(), TAW_MARBLE_TIMEOUT=60), cwd=home,
                                   stderr=subprocess.PIPE, text=True)
        while "next try" not in waiting.stderr.readline():
            pass
        waiting.send_signal(number)
        equal(waiting.wait(10), -number, "ended by the signal")
        waiting.stderr.close()


def a_signal_ends_the_first_process_of_a_container_too(home):
    if subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True).returncode != 0:
        raise taw.Skip("no right to make a PID namespace")
    waiting = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", PREMAIN, "true"], cwd=home,
                               env=environment(free_port(), TAW_MARBLE_TIMEOUT=60), stderr=subprocess.PIPE, text=True)
    while "next try" not in waiting.stderr.readline():
        pass
    child = int(open("/proc/%d/task/%d/children" % (waiting.pid, waiting.pid)).read())
    os.kill(child, signal.SIGTERM)
    equal(waiting.wait(10), 128 + signal.SIGTERM, "exit status")
    waiting.stderr.close()


# ---- whom it talks to ----

def a_pinned_coordinator_must_be_that_one(home):
    cert, _ = certificate(home)
    other, _ = certificate(home, "other")
    with Fake(home, ok()) as fake:
        done = premain(home, "true", port=fake.port, TAW_MARBLE_COORDINATOR_ROOT=cert).ends(0)
        contains(done.stderr, "the Coordinator must prove itself by a certificate of " + str(cert))
        premain(home, "true", port=fake.port, TAW_MARBLE_COORDINATOR_ROOT=other).ends(4, "certificate")
        equal(len(fake.calls()), 1, "the wrong one was told nothing")
        both = home / "both.pem"
        both.write_text(other.read_text() + cert.read_text())
        premain(home, "true", port=fake.port, TAW_MARBLE_COORDINATOR_ROOT=both).ends(0)
        contains(premain(home, "true", port=fake.port).ends(0).stderr, "certificate is not verified")


def every_address_of_a_name_is_tried(home):
    with Fake(home, ok()) as fake:
        premain(home, "true", EDG_MARBLE_COORDINATOR_ADDR="localhost:%d" % fake.port).ends(0)
        premain(home, "true", EDG_MARBLE_COORDINATOR_ADDR=":%d" % fake.port).ends(0)
        premain(home, "true", EDG_MARBLE_COORDINATOR_ADDR="[::1]:%d" % fake.port).ends(4, "::1: connect: ")


def a_server_without_http2_is_no_coordinator(home):
    with Raw(home, b"", alpn=()) as server:
        premain(home, "true", port=server.port).ends(4, "TLS")
    with Raw(home, b"", alpn=("http/1.1",)) as server:
        premain(home, "true", port=server.port).ends(4, "TLS")
    with Raw(home, b"", settings=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        premain(home, "true", port=server.port).ends(4, "HTTP/2")


# ---- answers that are none ----

MESSAGE = data(grpc_frame(response(argv=["echo", "started"])))
GRPC = (":status", "200"), ("content-type", "application/grpc")

ODD_BUT_RIGHT = {
    "in one piece": HEAD + MESSAGE + TRAILERS,
    "1xx before the head": headers((":status", "103")) + HEAD + MESSAGE + TRAILERS,
    "message byte by byte": HEAD + b"".join(data(bytes([b])) for b in grpc_frame(response(argv=["echo", "started"]))) + TRAILERS,
    "subtype of the content": headers((":status", "200"), ("content-type", "application/grpc+proto")) + MESSAGE + TRAILERS,
    "ping and unknown frames between": HEAD + frame(PING, 0, 0, b"\x02\x04\x10\x10\x09\x0e\x07\x07") + frame(0x77, 0, 0, b"?")
                                       + MESSAGE + TRAILERS,
    "reset after the trailers": HEAD + MESSAGE + TRAILERS + frame(RST_STREAM, 0, 1, b"\0\0\0\0"),
    "goaway that still serves": HEAD + frame(GOAWAY, 0, 0, b"\0\0\0\1\0\0\0\0") + MESSAGE + TRAILERS,
}

NO_ANSWERS = {  # what comes: exit status, part of the last line
    "no trailers": (HEAD + data(grpc_frame(response()), end=True), 6, "INTERNAL: server closed the stream without sending trailers"),
    "no status": (HEAD + MESSAGE + headers(("x", "y"), end=True), 6, "UNKNOWN: the answer has no grpc-status"),
    "no status at all": (headers(*GRPC, end=True), 6, "UNKNOWN"),
    "status is no number": (headers(*GRPC, ("grpc-status", "zero"), end=True), 5, "UNKNOWN"),
    "no message": (headers(*GRPC, ("grpc-status", "0"), end=True), 6, "INTERNAL"),
    "two messages": (HEAD + MESSAGE + MESSAGE + TRAILERS, 6, "INTERNAL"),
    "compressed": (HEAD + data(b"\1\0\0\0\1x") + TRAILERS, 6, "INTERNAL"),
    "prefix cut off": (HEAD + data(b"\0\0\0") + TRAILERS, 6, "INTERNAL"),
    "message cut off": (HEAD + data(b"\0\0\0\1\0x") + TRAILERS, 6, "INTERNAL"),
    "announces 4 GiB": (HEAD + data(b"\0\xff\xff\xff\xff") + TRAILERS, 6, "RESOURCE_EXHAUSTED"),
    "above 4 MiB": (HEAD + data(grpc_frame(b"x" * ((4 << 20) + 1))), 6, "RESOURCE_EXHAUSTED"),
    "not protobuf": (HEAD + data(grpc_frame(b"\x0a\xff")) + TRAILERS, 6, "the Coordinator's answer: parameters: "),
    "path is not UTF-8": (HEAD + data(grpc_frame(response({b"\xff": "x"}))) + TRAILERS, 6, "UTF-8"),
    "argument with NUL": (HEAD + data(grpc_frame(response(argv=["a\0b"]))) + TRAILERS, 6, "argument 0 has a NUL byte"),
    "path with NUL": (HEAD + data(grpc_frame(response({"a\0b": "x"}))) + TRAILERS, 6, "the path of file 0 has a NUL byte"),
    "empty path": (HEAD + data(grpc_frame(response({"": "x"}))) + TRAILERS, 6, "file 0 has an empty path"),
    "variable without name": (HEAD + data(grpc_frame(response(env={"": "x"}))) + TRAILERS, 6, "empty name"),
    "variable with =": (HEAD + data(grpc_frame(response(env={"A=B": "x"}))) + TRAILERS, 6, "'=' or NUL"),
    "value with NUL": (HEAD + data(grpc_frame(response(env={"KEY": "very\0secret"}))) + TRAILERS, 6,
                       "environment variable KEY has a NUL byte in its value"),
    "a web page": (headers((":status", "200"), ("content-type", "text/html")) + data(b"<html>", end=True), 6, "not gRPC: HTTP status 200"),
    "404": (headers((":status", "404"), end=True), 6, "UNIMPLEMENTED"),
    "503": (headers((":status", "503"), end=True), 4, "UNAVAILABLE"),
    "refused stream": (frame(RST_STREAM, 0, 1, b"\0\0\0\7"), 4, "UNAVAILABLE: the server reset the stream"),
    "calm down": (frame(RST_STREAM, 0, 1, b"\0\0\0\x0b"), 5, "RESOURCE_EXHAUSTED"),
    "cancelled": (HEAD + frame(RST_STREAM, 0, 1, b"\0\0\0\x08"), 5, "CANCELLED"),
    "garbage frame": (frame(0xff, 0xff, 1, b"")[:4] + b"\xff" * 300, 4, "HTTP/2"),
    "header bomb": (headers(*GRPC, *[("x-%d" % i, "y" * 5000) for i in range(3)]) * 20, 4, "HTTP/2"),
    "too many fields": (headers(*GRPC, *[("x-%d" % i, "y") for i in range(500)]), 6, "header too large"),
    "goaway": (frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\0"), 4, "HTTP/2"),
    "settings that nobody may send": (frame(SETTINGS, ACK, 0, b"x" * 6), 4, "HTTP/2"),
    "data on no stream": (frame(DATA, END_STREAM, 0, b"x"), 4, "HTTP/2"),
}


def right_answers_in_odd_shapes_are_understood(home):
    for what, answer in ODD_BUT_RIGHT.items():
        with Raw(home, answer) as server:
            done = premain(home, port=server.port)
        equal((done.status, done.stdout), (0, "started\n"), what + ": " + done.stderr)


def what_is_no_answer_is_refused_and_nothing_is_applied(home):
    for what, (answer, status, part) in NO_ANSWERS.items():
        with Raw(home, answer) as server:
            done = premain(home, "echo", "started", port=server.port)
        equal((done.status, done.stdout), (status, ""), what + ": " + done.stderr)
        contains(done.last(), part, what)
        true("secret" not in done.stderr, what + ": no value in the text")
    equal(sorted(p.name for p in home.iterdir()), ["coordinator.crt", "coordinator.key", "uuid"], "files")


def a_connection_that_ends_before_the_answer_is_made_again(home):
    with Raw(home, b"", close_first=True) as server:
        premain(home, "true", port=server.port, TAW_MARBLE_TIMEOUT="4").ends(4, "the server closed the connection")
        true(server.connections > 1, "%d connections" % server.connections)


def an_answer_of_4_mib_arrives_whole(home):
    large = os.urandom((4 << 20) - 60)
    message = response({"large": large})
    (home / "answer").write_bytes(message)
    true(len(message) <= 4 << 20, "within the limit")
    with Fake(home, "ok:@" + str(home / "answer")) as fake:
        premain(home, "true", port=fake.port).ends(0)
    equal((home / "large").read_bytes(), large)
    (home / "answer").write_bytes(response({"large": large + b"x" * 60}))
    with Fake(home, "ok:@" + str(home / "answer")) as fake:
        premain(home, "true", port=fake.port).ends(6, "RESOURCE_EXHAUSTED")


# ---- applying ----

def a_file_that_cannot_be_written_ends_with_3_and_names_it(home):
    (home / "file").write_text("no directory")
    with Fake(home, ok({str(home / "file" / "x"): "very secret"}, {"S": "very secret"})) as fake:
        said = premain(home, "true", port=fake.port).ends(3, "cannot write file %s/file/x: " % home).stderr
    true("secret" not in said, "no value in the text")
    with Fake(home, ok({str(home): "x"})) as fake:
        premain(home, "true", port=fake.port).ends(3, "Is a directory")
    with Fake(home, ok({"/dev/full": "x"})) as fake:
        premain(home, "true", port=fake.port).ends(3, "cannot write file /dev/full", "No space left")


def keys_of_gramine_are_never_created(home):
    with Fake(home, ok({"/dev/attestation/keys/default": "x" * 16, str(home / "after"): "x"})) as fake:
        premain(home, "true", port=fake.port).ends(3, "cannot write file /dev/attestation/keys/default: open: No such file")
    true(not (home / "after").exists(), "keys come first")


# ---- the real Coordinator ----

BIG = "x" * 20000
MANIFEST = {
    "Packages": {"p": {"SignerID": "9f" * 32, "ProductID": 1, "SecurityVersion": 1}},
    "Marbles": {
        "backend": {"Package": "p", "Parameters": {
            "Files": {"secrets/seal.key": "{{ raw .Secrets.seal }}", "secrets/shared.key": "{{ raw .Secrets.shared }}",
                      "secrets/big": BIG, "secrets/root.crt": "{{ pem .MarbleRun.RootCA.Cert }}",
                      "secrets/marble.crt": "{{ pem .MarbleRun.MarbleCert.Cert }}",
                      "secrets/marble.key": "{{ pem .MarbleRun.MarbleCert.Private }}"},
            "Env": {"SEAL": "{{ hex .Secrets.seal }}"},
            "Argv": ["sh", "-c", 'echo "$0 $SEAL"; cat "$1"', "a name", "secrets/marble.crt"]}},
        "once": {"Package": "p", "MaxActivations": 1, "Parameters": {"Files": {"secrets/big": BIG}, "Env": {}}},
        "transparent": {"Package": "p", "TLS": ["web"], "Parameters": {}},
    },
    "Secrets": {"seal": {"Type": "symmetric-key", "Size": 256}, "shared": {"Type": "symmetric-key", "Size": 128, "Shared": True}},
    "TLS": {"web": {"Incoming": [{"Port": "8443"}], "Outgoing": [{"Addr": "db.ns", "Port": "5432"}]}},
}


def real(directory):
    coordinator = taw.Coordinator(directory).start()
    coordinator.post("/manifest", MANIFEST).data()
    return coordinator


def place(home, name):
    (home / name).mkdir(exist_ok=True)
    return home / name


def with_the_real_coordinator_the_same_uuid_has_the_same_keys(home):
    c = real(home)
    one, two = place(home, "one"), place(home, "two")
    first = premain(one, "sh", port=c.mesh_port, EDG_MARBLE_DNS_NAMES="redis.example,10.1.2.3").ends(0)
    again = premain(one, port=c.mesh_port).ends(0)
    other = premain(two, port=c.mesh_port).ends(0)
    seal = (one / "secrets/seal.key").read_bytes()
    equal(len(seal), 32, "bits of the key")
    equal(first.stdout.splitlines()[0], "a name " + seal.hex())
    equal(again.stdout.splitlines()[0], first.stdout.splitlines()[0], "the same UUID")
    true(other.stdout.splitlines()[0] != first.stdout.splitlines()[0], "another UUID")
    true(again.stdout != first.stdout, "another certificate at every start")
    equal((one / "secrets/shared.key").read_bytes(), (two / "secrets/shared.key").read_bytes(), "a shared secret")
    (home / "first.crt").write_text(first.stdout.split("\n", 1)[1])
    run = taw.run_program
    run("openssl", "verify", "-CAfile", one / "secrets/root.crt", home / "first.crt")
    text = run("openssl", "x509", "-in", home / "first.crt", "-noout", "-text").decode()
    contains(text, "CN = " + (one / "uuid").read_text())
    contains(text, "DNS:redis.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:10.1.2.3")
    premain(one, port=c.mesh_port, TAW_MARBLE_COORDINATOR_ROOT="secrets/root.crt").ends(0)
    premain(one, "true", port=c.mesh_port, EDG_MARBLE_TYPE="nobody").ends(
        5, "PERMISSION_DENIED: marble verification failed: unknown marble type requested")
    said = premain(one, "true", port=c.mesh_port, EDG_MARBLE_TYPE="transparent").ends(0).stderr
    contains(said, "    *:8443\n")
    c.stop()


def before_a_manifest_the_real_coordinator_refuses(home):
    c = taw.Coordinator(home).start()
    premain(home, "true", port=c.mesh_port).ends(5, "FAILED_PRECONDITION: cannot accept marbles in current state")
    c.stop()


class Cut:
    """A proxy that ends its first connection when the server has sent so many bytes, and passes the others."""

    def __init__(self, port, after):
        self.target, self.after, self.connections = port, after, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self.target))
            limit = self.after if self.connections == 1 else 1 << 30
            threading.Thread(target=self.copy, args=(client, server, 1 << 30), daemon=True).start()
            threading.Thread(target=self.copy, args=(server, client, limit), daemon=True).start()

    @staticmethod
    def copy(source, to, limit):
        try:
            while limit > 0:
                got = source.recv(4096)
                if not got:
                    break
                limit -= len(got)
                if limit > 0:
                    to.sendall(got)
        except OSError:
            pass
        for sock in (source, to):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def an_activation_whose_reply_was_lost_counts_once(home):
    c = real(home)
    cut = Cut(c.mesh_port, 12000)
    done = premain(home, "echo", "started", port=cut.port, EDG_MARBLE_TYPE="once", TAW_MARBLE_TIMEOUT="30").ends(0)
    equal((done.stdout, cut.connections), ("started\n", 2), "second try")
    contains(done.stderr, "the server closed the connection; next try in ")
    premain(home, "true", port=c.mesh_port, EDG_MARBLE_TYPE="once").ends(
        5, 'reached max activations count (1) for marble type \\"once\\"')
    cut.listener.close()
    c.stop()


if __name__ == "__main__":
    taw.run(globals())
