# SPDX-License-Identifier: Apache-2.0
"""The command line against a real Coordinator: every command, as text and as JSON, in a pipe and on a terminal; and what it
does with Coordinators that answer nonsense, slowly or not at all, and with files that cannot be read or written."""

import hashlib
import json
import os
import pathlib
import re
import resource
import signal
import socket
import ssl
import stat
import subprocess
import threading
import time

import taw
from command_line import (ATTESTATION, DENIED, DIFFERENT, FAILED, KEY, NOT_FOUND, OK, PENDING, REJECTED, STATE, TRUST, UNREACHABLE,
                          USAGE, Cli, Fake, says)
from taw import Coordinator, Deployment, contains, equal, keys, run_program, true


class Scene:
    """A Coordinator and a command line; with a manifest of this scheme when there is one."""

    def __init__(self, home, scheme=None):
        self.home, self.cli = home, Cli(home)
        self.c = Coordinator(home).start()
        self.at = self.c.address
        self.manifest = home / "manifest.json"
        if scheme:
            self.deployment = Deployment(scheme)
            self.manifest.write_bytes(self.deployment.manifest)
            done = self.cli("manifest", "set", self.manifest, self.at, "-i").expect(OK)
            self.secrets = json.loads(done.out)["RecoverySecrets"] if done.out else {}

    def hash(self):
        return hashlib.sha256(self.manifest.read_bytes()).hexdigest()


# ---- the program itself ----

def help_is_there_for_every_command_and_ends_with_0(home):
    cli = Cli(home)
    contains(cli().expect(OK).out, "Commands:")
    for command in ("", "manifest", "manifest set", "status", "completion"):
        text = cli(*command.split(), "--help").expect(OK).out
        contains(text, "Usage:\n  taw" + (" " + command if command else ""))
        equal(cli("help", *command.split()).expect(OK).out, text, "help and --help")
    cli("help", "nonsense").expect(USAGE)
    cli("manifest").expect(OK)


def mistyped_commands_and_flags_are_corrected_and_end_with_2(home):
    cli = Cli(home)
    cli("manifst", "get").expect(USAGE, "", 'Error: unknown command "manifst" for "taw"\n\nDid you mean this?\n\tmanifest\n')
    cli("manifest", "verfy", "a", "b").expect(USAGE, "", "\tverify\n")
    cli("status", "--insecur", "x").expect(USAGE, "", "unknown flag: --insecur\n\nDid you mean this?\n\t--insecure")
    contains(cli("manifst", "--format", "json").failure(USAGE, "usage"), "unknown command")
    cli("update", "plan").expect(USAGE, "", "\tmanifest update\n")
    for typed in (("status",), ("secret", "get", "x", "h:1"), ("manifest", "check-log", "x")):
        error = cli(*typed).expect(USAGE, "", " --help' for its flags.\n").error
        true(error.startswith("Error: ") and error.count("\n") == 4, "the error is not out of sight: %r" % error)


def an_unknown_format_in_the_environment_is_refused(home):
    cli = Cli(home)
    env = cli.environment(TAW_FORMAT="xml")
    cli("version", env=env).expect(USAGE, "", 'Error: TAW_FORMAT is "xml": want text, json or yaml')
    cli("version", "--format", "text", env=env).expect(OK)
    cli("version", env=cli.environment(TAW_FORMAT="")).expect(OK)


def the_name_marblerun_shows_in_what_is_said(home):
    link = home / "marblerun"
    link.symlink_to(taw.TAW)
    Cli(home, link)("version", "x").expect(USAGE, "", 'unknown command "x" for "marblerun version"')
    contains(Cli(home, link)("completion", "bash").expect(OK).out, "complete -o default -F _marblerun marblerun")


def neither_home_nor_configuration_directory_is_needed_before_it_is_used(home):
    cli = Cli(home)
    env = {name: value for name, value in cli.environment().items() if name not in ("HOME", "XDG_CONFIG_HOME")}
    cli("version", env=env).expect(OK)
    cli("--help", env=env).expect(OK)
    cli("status", "localhost:1", env=env).expect(USAGE, "", "--coordinator-cert")
    cli("status", "localhost:1", env=dict(env, XDG_CONFIG_HOME="relative")).expect(USAGE)


def the_manual_has_a_page_for_every_command_of_the_table(home):
    """And the list of pages that are built is that of the table."""
    names = Cli(home)("manual").expect(OK).out.split()
    built = (pathlib.Path(__file__).parents[2] / "man" / "meson.build").read_text()
    listed = re.search(r"taw_pages = \[(.*?)\]", built, re.S).group(1)
    equal(sorted(re.findall("'(.*?)'", listed)), sorted(names), "pages in man/meson.build")


def lint_shows_everything_with_its_place_in_json_and_in_yaml(home):
    cli = Cli(home)
    (home / "m.yaml").write_text("Packages:\n  app: {UniqueID: '00', Typo: 1}\nMarbles:\n  m: {Package: nope}\n"
                                 "  o: {Package: app, MaxActivations: 0x10}\nConfig: {SealMode: x}\n")
    done = cli("manifest", "lint", "m.yaml").expect(REJECTED, error="m.yaml: errors: 2, warnings: 3")
    heads = [line.split(": ", 2)[:2] + [re.search(r"\[(.*)\]$", line).group(1)] for line in done.out.splitlines()
             if not line.startswith(" ")]
    equal(heads, [["m.yaml:1:1", "warning", "recovery-keys-missing"], ["m.yaml:2:31", "warning", "key-unknown"],
                  ["m.yaml:4:16", "error", "package-unknown"], ["m.yaml:5:37", "warning", "yaml-number"],
                  ["m.yaml:6:20", "error", "seal-mode"]], "findings")
    data = cli("manifest", "lint", "m.yaml", "--format", "json").expect(REJECTED).json("ManifestLint")
    equal((data["errors"], data["warnings"], data["file"], len(data["findings"])), (2, 3, "m.yaml", 5), "as data")
    equal([data["findings"][2][name] for name in ("severity", "rule", "line", "column", "path")],
          ["error", "package-unknown", 4, 16, "Marbles.m.Package"], "one finding")
    contains(cli.on_terminal("manifest", "lint", "m.yaml").expect(REJECTED).out, "m.yaml:4:16: error")
    (home / "m.json").write_text('{"Packages":{"app":{"UniqueID":"00"}},\n "Marbles":{"m":{"Package":"app"}}}')
    cli("manifest", "lint", "m.json").expect(OK, error="errors: 0, warnings: 1")
    cli("manifest", "lint", "m.json", "--strict").expect(REJECTED)
    (home / "m.json").write_text('{"Packages":{"app":{"UniqueID":"00"}},\n "Marbles":{"m":{"Package":"x"}}}')
    contains(cli("manifest", "lint", "m.json").expect(REJECTED).out, "m.json:2:28: error: manifest does not contain")
    (home / "m.yaml").write_text("Packages:\n  app:\n    UniqueID: 12\n")
    contains(cli("manifest", "lint", "m.yaml").expect(REJECTED).out, "m.yaml:3:15: error: Packages.app.UniqueID: a number")
    (home / "m.yaml").write_text("a: [\n")
    cli("manifest", "lint", "m.yaml").expect(REJECTED, "", "line ")
    cli("manifest", "lint", "nothing").expect(USAGE, "")
    data = cli("manifest", "lint", "-", "--format", "yaml", data=b"{}").expect(REJECTED)
    contains(data.out, "packages-missing")


def lint_reports_to_code_scanning_and_to_workflows(home):
    """SARIF with the members that its schema requires, and with what code scanning needs."""
    cli = Cli(home)
    (home / "sub").mkdir()
    (home / "sub" / "m 1.yaml").write_text("Packages:\n  app: {UniqueID: '00', Typo: 1}\nMarbles:\n  m: {Package: nope}\n  o: {Package: nix}\n")
    lint = ("manifest", "lint", "sub/m 1.yaml", "--format")
    done = cli(*lint, "sarif").expect(REJECTED, error="sub/m 1.yaml: errors: 2, warnings: 2")
    log = json.loads(done.out)
    equal((sorted(log), log["version"], len(log["runs"])), (["$schema", "runs", "version"], "2.1.0", 1), "log")
    run = log["runs"][0]
    driver, results = run["tool"]["driver"], run["results"]
    true(driver["name"] == "taw" and driver["version"], "tool.driver requires a name")
    rules = [rule["id"] for rule in driver["rules"]]
    equal((len(set(rules)), sorted(rules)), (len(rules), sorted({result["ruleId"] for result in results})), "every rule once")
    for result in results:
        equal(rules[result["ruleIndex"]], result["ruleId"], "ruleIndex")
        true(result["message"]["text"], "result requires a message with a text")
        true(result["level"] in ("none", "note", "warning", "error"), "level")
        place = result["locations"][0]["physicalLocation"]
        equal(place["artifactLocation"]["uri"], "sub/m%201.yaml", "uri")
        true(place["region"]["startLine"] >= 1 and place["region"]["startColumn"] >= 1, "region")
    found = [(result["ruleId"], result["level"], *result["locations"][0]["physicalLocation"]["region"].values()) for result in results]
    true(("package-unknown", "error", 4, 16) in found and ("key-unknown", "warning", 2, 31) in found, found)
    out = cli(*lint, "github").expect(REJECTED).out.splitlines()
    equal(len(out), 4, "one line for each finding")
    contains(out[2], "::error file=sub/m 1.yaml,line=4,col=16,title=package-unknown::manifest does not contain marble package nope%0A")
    (home / "good.json").write_text(Deployment("threshold").manifest.decode())
    cli("manifest", "lint", "good.json", "--format", "github", "--strict").expect(REJECTED)
    (home / "good.json").write_text('{"Packages":{"a":{"UniqueID":"00"}},"Marbles":{"m":{"Package":"a"}}}')
    equal(len(json.loads(cli("manifest", "lint", "good.json", "--format", "sarif").expect(OK).out)["runs"][0]["results"]), 1, "a warning")
    (home / "line 9.yaml").write_text("a: 1\na: 2\n")
    lint = ("manifest", "lint", "line 9.yaml", "--format")
    cli(*lint, "github").expect(REJECTED, '::error file=line 9.yaml,line=2,col=1,title=syntax::line 9.yaml is not JSON, and as YAML: line 2: '
                                'the key "a" is there more than once%0Acorrect this first: nothing else is known before\n')
    equal([result["ruleId"] for result in json.loads(cli(*lint, "sarif").expect(REJECTED).out)["runs"][0]["results"]], ["syntax"], "as SARIF")
    contains(cli(*lint, "json").failure(REJECTED, "rejected"), "line 2")
    cli("manifest", "lint", "none.yaml", "--format", "sarif").expect(USAGE, "", "none.yaml")
    cli("manifest", "diff", "good.json", "good.json", "--format", "sarif").expect(USAGE, "", "want text json yaml")
    text = cli("manifest", "lint", "--help").expect(OK).out
    equal(text.count("--format "), 2, "the flag and the example, and no second flag: %s" % text)


def diff_says_what_an_update_means(home):
    cli = Cli(home)
    old = {"Packages": {"app": {"SignerID": "aa", "ProductID": 1, "SecurityVersion": 3}}, "Marbles": {"m": {"Package": "app"}}}
    (home / "old").write_text(json.dumps(old))
    (home / "same").write_text(json.dumps(old, indent=4))
    cli("manifest", "diff", "old", "same", "--exit-code").expect(OK, "", "the manifests mean the same")
    (home / "new").write_text("Packages: {app: {SecurityVersion: 5}}\n")
    done = cli("manifest", "diff", "old", "new").expect(OK, error="")
    contains(done.out, "Packages\n  ~ app: SecurityVersion 3 -> 5\n      Marbles are held to it")
    contains(done.out, "Consequences\n  * this is an update of packages")
    cli("manifest", "diff", "old", "new", "--exit-code").expect(DIFFERENT, done.out)
    data = cli("manifest", "diff", "old", "new", "--format", "json").expect(OK).json("ManifestDiff")
    equal((data["update"], data["newRecoverySecrets"], data["acknowledgments"], data["acknowledgers"]), ("packages", False, 0, []),
          "as data")
    equal([data["changes"][0][name] for name in ("section", "name", "change", "what")],
          ["Packages", "app", "changed", "SecurityVersion 3 -> 5"], "one change")
    old["Marbles"]["n"] = {"Package": "app"}
    (home / "new").write_text(json.dumps(old))
    contains(cli("manifest", "diff", "old", "new").out, "Marbles\n  + n\n")
    (home / "bad").write_text('{"Packages": 1}')
    cli("manifest", "diff", "old", "bad").expect(REJECTED, "", "bad: Packages")
    cli("manifest", "diff", "old").expect(USAGE, "")


# ---- verification ----

def a_simulated_coordinator_needs_insecure_and_says_so(home):
    s = Scene(home)
    s.manifest.write_bytes(Deployment("none").manifest)
    for command in (["manifest", "set", s.manifest], ["manifest", "verify", s.manifest], ["manifest", "get"]):
        done = s.cli(*command, s.at).expect(ATTESTATION, "", "verifying Coordinator quote: empty report")
        contains(done.error, "--insecure")
    equal(s.c.code(), taw.FRESH, "nothing was set")
    contains(s.cli("manifest", "get", s.at, "--format", "json").failure(ATTESTATION, "attestation"), "empty report")
    s.c.stop()


def stderr_says_which_checks_ran_and_the_cache_remembers_them(home):
    s = Scene(home)
    s.manifest.write_bytes(Deployment("none").manifest)
    done = s.cli("-i", "manifest", "set", s.manifest, s.at).expect(OK, "")
    for line in ("Warning: skipping quote verification", "not checked: quote of the Coordinator",
                 "checked: the intermediate certificate is signed by the root", "holds the key of that root",
                 "Manifest signature: " + s.hash(), "Manifest successfully set"):
        contains(done.error, line)
    text = s.cli.cache.read_text()
    equal(text.count("BEGIN CERTIFICATE"), 2, "certificates in the cache")
    contains(text, "Nobody has verified")
    equal(stat.S_IMODE(s.cli.cache.stat().st_mode), 0o600, "mode of the cache")
    contains(s.cli("status", s.at).expect(OK).error, "was stored with --insecure")
    envelope = json.loads(s.cli("status", s.at, "--format", "json").out)
    true(any("stored with --insecure" in warning for warning in envelope["warnings"]), "warning in the envelope")
    true(any("checked: root certificate" in check for check in envelope["checks"]), "check in the envelope")
    s.c.stop()


def another_coordinator_and_another_name_are_refused_with_4(home):
    s = Scene(home, "none")
    (home / "other").mkdir()
    other = Coordinator(home / "other", machine="b").start()
    done = s.cli("status", other.address).expect(TRUST, "", "does not present the expected root certificate")
    contains(done.error, "recovery mode")
    true("checked: root" not in done.error, "no check is claimed that failed")
    named = s.cli("status", "127.0.0.2:%d" % s.c.port)
    if named.status != UNREACHABLE:
        named.expect(TRUST, "", "is not for \"127.0.0.2\"")
    other.stop()
    s.c.stop()


def the_cache_is_needed_and_may_lie_elsewhere(home):
    s = Scene(home)
    s.cli("status", s.at).expect(TRUST, "", "No such file").expect(TRUST, "", "manifest verify")
    s.cli("status", "-i", s.at).expect(OK, "2: Coordinator is ready to accept a manifest.\n", "not checked: who answers")
    s.manifest.write_bytes(Deployment("none").manifest)
    s.cli("manifest", "set", s.manifest, s.at, "-i", "--coordinator-cert", home / "deep" / "er" / "c.pem").expect(OK)
    s.cli("status", s.at, "--coordinator-cert=" + str(home / "deep" / "er" / "c.pem")).expect(OK)
    for text, says in (("", "intermediate"), ("nonsense\n", "intermediate"), (s.c.get("/api/v2/quote").data()["cert"][:900], "root")):
        (home / "bad.pem").write_text(text)
        s.cli("status", s.at, "--coordinator-cert", home / "bad.pem").expect(TRUST, "", says)
    s.c.stop()


def one_command_is_one_connection(home):
    s = Scene(home, "none")
    connections = []
    listener = socket.create_server(("127.0.0.1", 0))

    def forward(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def accept():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            connections.append(client)
            server = socket.create_connection(("127.0.0.1", s.c.port))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=forward, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    at = "127.0.0.1:%d" % listener.getsockname()[1]
    for count, command in enumerate((["status", at], ["manifest", "verify", s.manifest, at, "-i"], ["manifest", "get", at, "-i"]), 1):
        s.cli(*command).expect(OK)
        equal(len(connections), count, "connections after " + " ".join(map(str, command)))
    listener.close()
    s.c.stop()


# ---- manifest ----

def signature_is_the_hash_of_json_as_it_is_and_of_yaml_as_json(home):
    cli = Cli(home)
    for text in (b'{"a": 1}\n', b'  [1, 2]\n\n', b'"x"', b"7"):
        (home / "m").write_bytes(text)
        cli("manifest", "signature", "m").expect(OK, hashlib.sha256(text).hexdigest() + "\n")
    (home / "m").write_text("b: yes\na: [1.0, 0777]\n")
    wanted = hashlib.sha256(b'{"a":[1,511],"b":true}').hexdigest()
    cli("manifest", "signature", "m").expect(OK, wanted + "\n", "")
    equal(cli("manifest", "signature", "m", "--format", "json").json("ManifestFingerprint"), {"manifestFingerprint": wanted}, "JSON")
    cli("manifest", "signature", "-", data=b"7").expect(OK, hashlib.sha256(b"7").hexdigest() + "\n")
    (home / "m").write_text("a: 1\n---\nb: 2\n")
    cli("manifest", "signature", "m").expect(OK, hashlib.sha256(b'{"a":1}').hexdigest() + "\n", "only the first YAML document")
    # The check value of the reference of the API.
    (home / "m").write_bytes(b'{"Packages":{"app":{"UniqueID":"00"}},"Marbles":{"m":{"Package":"app"}}}')
    cli("manifest", "signature", "m").expect(OK, "834abb2275819ce5b64630773f6a6b599f1e0c683eecf5c9206b339e4e6e2804\n")


def files_that_are_no_manifest_are_refused_before_anything_is_sent(home):
    s = Scene(home)
    (home / "binary").write_bytes(bytes(range(256)) * 64)
    (home / "empty").write_bytes(b"")
    (home / "duplicate.yaml").write_text("a: 1\na: 2\n")
    with open(home / "huge", "wb") as huge:
        huge.truncate(20 << 20)
    s.cli("manifest", "set", home / "none.json", "-i", "127.0.0.1:1").expect(USAGE, "", "none.json")
    s.cli("manifest", "set", home, "-i", "127.0.0.1:1").expect(USAGE)
    s.cli("manifest", "set", "", "-i", "127.0.0.1:1").expect(USAGE, "", "empty")
    s.cli("manifest", "set", "huge", "-i", "127.0.0.1:1").expect(USAGE)
    s.cli("manifest", "set", "binary", "-i", "127.0.0.1:1").expect(REJECTED, "", "binary is not JSON, and as YAML: line 1")
    s.cli("manifest", "set", "duplicate.yaml", "-i", "127.0.0.1:1").expect(REJECTED, "", "line 2")
    s.cli("manifest", "set", "empty", "-i", s.at).expect(REJECTED, "", "neither JSON nor a YAML mapping")
    s.cli("manifest", "check", "empty").expect(REJECTED)
    equal(s.c.code(), taw.FRESH, "state")
    s.c.stop()


def set_get_verify_and_log_agree(home):
    s = Scene(home, "single")
    equal(set(s.secrets), {"anna"}, "recovery secrets")
    s.cli("manifest", "get", s.at, "-i").expect(OK, s.manifest.read_text() + "\n")
    s.cli("manifest", "get", s.at, "-i", "-o", "copy").expect(OK, "", "Manifest written to: copy")
    equal((home / "copy").read_bytes(), s.manifest.read_bytes(), "the bytes in the file")
    wrapped = json.loads(s.cli("manifest", "get", s.at, "-i", "-s").expect(OK).out)
    equal(wrapped, {"ManifestSignature": s.hash(), "Manifest": json.loads(s.manifest.read_bytes())}, "with -s")
    updated = s.cli("manifest", "get", s.at, "-i", "-u").expect(OK).out
    equal(json.loads(updated), json.loads(s.manifest.read_bytes()), "with -u and without updates")
    data = s.cli("manifest", "get", s.at, "-i", "--format", "json").expect(OK).json("Manifest")
    equal((data["manifestFingerprint"], taw.unb64(data["manifest"])), (s.hash(), s.manifest.read_bytes()), "as JSON")
    for what in (s.manifest, s.hash(), s.hash().upper()):
        s.cli("manifest", "verify", what, s.at, "-i").expect(OK, "OK\n")
    equal(s.cli("manifest", "verify", s.hash(), s.at, "-i", "--format", "json").json("ManifestVerification"),
          {"manifestFingerprint": s.hash()}, "verification as JSON")
    s.cli("manifest", "verify", "00" * 32, s.at, "-i").expect(DIFFERENT, "", s.hash())
    s.cli("manifest", "verify", "00" * 31, s.at, "-i").expect(USAGE, "", "needs to be 32 bytes")
    s.cli("manifest", "verify", "zz" * 32, s.at, "-i").expect(USAGE, "", "needs to be in hex format")
    line = s.cli("manifest", "log", s.at).expect(OK, None, "Update log:").out
    equal(json.loads(line)["update"], "Initial manifest set", "the log")
    s.cli("manifest", "log", s.at, "-o", "log").expect(OK, "")
    equal((home / "log").read_text(), line.rstrip("\n"), "the log in a file")
    equal(s.cli("manifest", "log", s.at, "--format", "json").json("UpdateLog")["updateLog"], [json.loads(line)], "the log as JSON")
    s.c.stop()


def the_cache_is_written_by_get_only_with_keep_cert(home):
    s = Scene(home, "none")
    s.cli.cache.unlink()
    s.cli("manifest", "get", s.at, "-i").expect(OK)
    true(not s.cli.cache.exists(), "no cache")
    s.cli("manifest", "get", s.at, "-i", "--keep-cert").expect(OK)
    s.cli("status", s.at).expect(OK)
    s.c.stop()


def a_second_manifest_and_a_bad_one_have_their_exit_status(home):
    s = Scene(home, "none")
    s.cli("manifest", "set", s.manifest, s.at, "-i").expect(STATE, "", "setting manifest: POST https://%s/api/v2/manifest: 500 Internal "
                                                           "Server Error: error: server is not in expected state" % s.at)
    contains(s.cli("manifest", "set", s.manifest, s.at, "-i").error, "Hint: it has a manifest already: `manifest update plan`")
    contains(s.cli("manifest", "set", s.manifest, s.at, "-i", "--format", "json").failure(STATE, "state"), "expected state")
    s.c.stop()


def the_recovery_file_is_made_first_and_never_replaced_by_accident(home):
    s = Scene(home)
    deployment = Deployment("xor")
    s.manifest.write_bytes(deployment.manifest)
    (home / "there").write_text("keep me")
    before = ("manifest", "set", s.manifest, s.at, "-i")
    s.cli(*before, "-r", "there").expect(USAGE, "", "there is a file already").expect(USAGE, "", "--force")
    s.cli(*before, "-r", "missing/file").expect(USAGE, "", "missing/file")
    equal((s.c.code(), (home / "there").read_text()), (taw.FRESH, "keep me"), "nothing happened")

    def tiny():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    s.cli(*before, "-r", "full", preexec_fn=tiny).expect(USAGE, "", "nothing was sent")
    equal((s.c.code(), (home / "full").exists()), (taw.FRESH, False), "a full disk is seen before the request")
    s.cli(*before, "--recovery-data", "there", "--force").expect(OK, "", "Recovery data saved to: there")
    equal(set(json.loads((home / "there").read_text())["RecoverySecrets"]), {"anna", "ben", "cleo"}, "holders")
    equal([path.name for path in home.glob("there*")], ["there"], "files")
    s.c.stop()


def each_holder_gets_a_file_of_his_own(home):
    s = Scene(home)
    manifest = Deployment("single").content("first")
    manifest["RecoveryKeys"] = {"anna": keys.public("anna"), "../ben": keys.public("ben")}
    s.manifest.write_text(json.dumps(manifest))
    before = ("manifest", "set", s.manifest, s.at, "-i")
    s.cli(*before, "--split", "shares").expect(USAGE, "", "--recoverydata")
    (home / "full").mkdir()
    (home / "full" / "anna.json").write_text("of another deployment")
    s.cli(*before, "-r", "all.json", "--split", "full").expect(USAGE, "", "full is no empty directory")
    equal((s.c.code(), (home / "all.json").exists()), (taw.FRESH, False), "nothing happened")

    s.cli(*before, "-r", "all.json", "--split", "shares").expect(OK, "", "each in a file of its own: shares")
    together = json.loads((home / "all.json").read_text())["RecoverySecrets"]
    files = {path.name: json.loads(path.read_text()) for path in (home / "shares").iterdir()}
    equal(files, {"anna.json": {"RecoverySecrets": {"anna": together["anna"]}},
                  "%2E%2E%2Fben.json": {"RecoverySecrets": {"../ben": together["../ben"]}}}, "files")
    s.c.stop()
    c = Coordinator(home, machine="b").start()
    s.cli("recover", "shares/anna.json", c.address, "-i", "-k", keys.rsa("anna")).expect(OK)
    s.cli("recover", "shares/%2E%2E%2Fben.json", c.address, "-i", "-k", keys.rsa("ben")).expect(OK, "Recovery successful.\n")
    c.stop()


def recovery_secrets_are_shown_when_neither_file_nor_output_takes_them(home):
    """/dev/full takes nothing: the file is no regular one, so that only writing shows it."""
    for number, (flags, full_output) in enumerate(((["-r", "/dev/full"], False), ([], True), (["-r", "/dev/full"], True))):
        place = home / str(number)
        place.mkdir()
        s = Scene(place)
        s.manifest.write_bytes(Deployment("single").manifest)
        with open("/dev/full" if full_output else place / "out", "wb") as out:
            done = subprocess.run([taw.TAW, "manifest", "set", str(s.manifest), s.at, "-i", *flags], stdout=out, stderr=subprocess.PIPE,
                                  env=s.cli.environment(), timeout=60)
        equal(done.returncode, FAILED, "exit status")
        text = done.stderr.decode() if full_output else (place / "out").read_text()
        line = next(line for line in text.splitlines() if line.startswith('{"RecoverySecrets"'))
        equal(set(json.loads(line)["RecoverySecrets"]), {"anna"}, "the secrets are not lost")
        contains(done.stderr.decode(), "No space left on device")
        s.c.stop()


def setting_a_manifest_in_recovery_mode_is_asked_on_a_terminal_and_warned_of_elsewhere(home):
    s = Scene(home, "single")
    s.c.stop()
    lost = Coordinator(home, machine="b").start()
    refused = s.cli.on_terminal("manifest", "set", s.manifest, lost.address, "-i", answers=[("[y/N]", "n")])
    equal(refused.status, STATE, "exit status of no: %r" % refused)
    equal(lost.code(), taw.RECOVERY, "state after no")
    done = s.cli("status", lost.address).expect(TRUST, "")
    s.cli("status", lost.address, "-i", "--exit-code").expect(21, None).out.startswith("1: Coordinator is in recovery mode")
    s.cli("manifest", "set", s.manifest, lost.address, "-i").expect(OK, None, "Warning: the Coordinator is in recovery mode")
    equal(lost.code(), taw.RUNNING, "state after an unattended set")
    lost.stop()


# ---- certificates ----

def certificates_are_those_of_the_coordinator_and_fit_together(home):
    s = Scene(home, "none")
    chain = s.c.get("/api/v2/quote").data()["cert"]
    s.cli("certificate", "chain", s.at, "-i").expect(OK, "", "Certificate chain written to marblerunChainCA.crt")
    s.cli("certificate", "root", s.at, "-i").expect(OK, "", "Root certificate written to marblerunRootCA.crt")
    s.cli("certificate", "intermediate", s.at, "-i", "-o", "x.pem").expect(OK, "", "Intermediate certificate written to x.pem")
    equal((home / "marblerunChainCA.crt").read_text(), chain, "the chain")
    equal((home / "x.pem").read_text() + (home / "marblerunRootCA.crt").read_text(), chain, "its parts")
    run_program("openssl", "verify", "-CAfile", home / "marblerunRootCA.crt", home / "x.pem")
    s.cli("certificate", "root", s.at, "-i", "-o", "-").expect(OK, (home / "marblerunRootCA.crt").read_text())
    s.cli("certificate", "root", s.at, "-i", "-o", "").expect(USAGE, "", "output flag must not be empty")
    data = s.cli("certificate", "root", s.at, "-i", "--format", "json").json("Certificate")
    equal(data, {"file": "marblerunRootCA.crt", "pem": (home / "marblerunRootCA.crt").read_text()}, "as JSON")
    s.cli("certificate", "root", s.at).expect(ATTESTATION, "", "retrieving certificate from Coordinator: verifying Coordinator quote")
    s.c.stop()


# ---- secrets ----

class SecretScene(Scene):
    def __init__(self, home):
        super().__init__(home)
        self.deployment = taw.UploadDeployment("none")
        self.manifest.write_bytes(self.deployment.manifest)
        self.cli("manifest", "set", self.manifest, self.at, "-i").expect(OK)
        cert, key = self.deployment.user
        self.user = ("--cert", cert, "--key", key)


def secrets_are_set_and_read_by_their_user(home):
    s = SecretScene(home)
    value = bytes(range(32))
    text = taw.b64(value)
    (home / "secrets.json").write_text(json.dumps({"token": {"Key": text[:20] + "\r\n" + text[20:]}, "key": {"key": text}}))
    s.cli("secret", "set", "secrets.json", s.at, *s.user).expect(OK, "Secret successfully set\n")
    equal(s.deployment.uploaded(s.c), value, "what the Coordinator has")
    s.cli("secret", *s.user, "get", "token", "key", "databaseKey", s.at, "-o", "got.json").expect(OK, "", "Saved secrets to: got.json")
    got = json.loads((home / "got.json").read_text())
    equal(got, s.c.get("/api/v2/secrets?s=token&s=key&s=databaseKey", s.deployment.user).data()["secrets"], "the secrets")
    equal(list(got), sorted(got), "sorted by name")
    equal(stat.S_IMODE((home / "got.json").stat().st_mode), 0o600, "mode")
    s.cli("secret", "get", "token", "key", s.at, *s.user).expect(
        OK, "key:\n\tType:          symmetric-key\n\tUserDefined:   true\n\tSize:          256\n\tKey:           %s\n\n"
            "token:\n\tType:          plain\n\tData:          %s\n\n" % (text, text))
    data = s.cli("secret", "get", "token", s.at, *s.user, "--format", "json").json("Secret")
    equal(data["secrets"], {"token": got["token"]}, "as JSON")
    s.cli("secret", "get", "nobody&s=token", s.at, *s.user).expect(DENIED, "", "not allowed")
    for text, says in (("[]", "want an object of secrets"), ('{"a":1}', "want an object with"), ('{"a":{"Key":"*"}}', "base64"), ("{", "line 1"),
                       ("-----BEGIN X-----", "--from-pem")):
        (home / "bad.json").write_text(text)
        s.cli("secret", "set", "bad.json", s.at, *s.user).expect(REJECTED, "", says)
    s.c.stop()


def a_user_needs_certificate_and_key_that_belong_together(home):
    s = SecretScene(home)
    get = ("secret", "get", "token", s.at)
    alice, bob = keys.user("alice"), keys.user("bob")
    s.cli(*get).expect(USAGE, "", "at least one of the flags in the group [pkcs11-cert-id pkcs11-cert-label cert] is required")
    s.cli(*get, "-c", alice[0]).expect(USAGE, "", "if any flags in the group [key cert] are set they must all be set; missing [key]")
    s.cli(*get, "-c", alice[0], "-k", bob[1]).expect(KEY, "", "do not belong together")
    s.cli(*get, "-c", alice[1], "-k", alice[1]).expect(KEY)
    s.cli(*get, "-c", alice[0], "-k", alice[0]).expect(KEY, "", "not a private key")
    s.cli(*get, "-c", alice[0], "-k", home / "none").expect(USAGE)
    s.cli(*get, "-c", bob[0], "-k", bob[1]).expect(DENIED, "", "authorizing user: ")
    s.c.stop()


def an_encrypted_key_asks_for_its_passphrase_without_showing_it(home):
    s = SecretScene(home)
    cert, key = s.deployment.user
    run_program("openssl", "pkcs8", "-topk8", "-in", key, "-passout", "pass:open sesame", "-out", home / "encrypted.key")
    get = ("secret", "get", "databaseKey", s.at, "-c", cert, "-k", home / "encrypted.key")
    shown = s.cli.on_terminal(*get, answers=[("Passphrase for", "open sesame")])
    equal(shown.status, OK, "exit status: %r" % shown)
    true("sesame" not in shown.out and "symmetric-key" in shown.out, "the passphrase is not shown: %r" % shown)
    equal(s.cli.on_terminal(*get, answers=[("Passphrase for", "wrong")]).status, KEY, "a wrong one")
    s.cli(*get, start_new_session=True).expect(KEY, "", "there is no terminal to ask at")
    s.c.stop()


def every_form_of_a_private_key_is_read(home):
    s = SecretScene(home)
    cert, key = s.deployment.user
    run_program("openssl", "ec", "-in", key, "-out", home / "sec1.key")
    run_program("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key, "-out", home / "pkcs8.key")
    for form in ("sec1.key", "pkcs8.key"):
        s.cli("secret", "get", "databaseKey", s.at, "-c", cert, "-k", form).expect(OK)
    s.c.stop()


def a_secret_can_come_from_pem(home):
    bodies = []
    fake = Fake(home, None)

    def answer(sock, request):
        bodies.append(fake.body)
        says('{"status":"success","data":null}')(sock, request)

    fake.answer = answer
    cert, key = keys.user("alice")
    user = ("-c", cert, "-k", key, "-i")
    (home / "both.pem").write_text("text\n" + key.read_text() + cert.read_text())
    (home / "odd.pem").write_text(keys.public("anna"))
    (home / "empty.pem").write_text("nothing\n")
    cli = Cli(home)
    cli("secret", "set", "both.pem", fake.at, "--from-pem", "web", *user).expect(OK)
    sent = json.loads(bodies[-1])["secrets"]["web"]
    equal(taw.unb64(sent["Cert"]), ssl.PEM_cert_to_DER_cert(cert.read_text()), "certificate")
    true(taw.unb64(sent["Private"]) and sent["Key"] is None, "private key")
    cli("secret", "set", "odd.pem", fake.at, "--from-pem", "web", *user).expect(REJECTED, "", "unrecognized PEM type for secret: PUBLIC KEY")
    cli("secret", "set", "empty.pem", fake.at, "--from-pem", "web", *user).expect(REJECTED, "", "found no certificate or private key in PEM data")
    fake.close()


# ---- updates ----

def updates_are_sent_and_what_is_missing_is_said(home):
    """Against answers of the reference."""
    answers, bodies = {}, []
    fake = Fake(home, None)

    def answer(sock, request):
        bodies.append(fake.body)
        status, body = answers[request.rsplit(" ", 1)[0]]
        says(json.dumps(body), status)(sock, request)

    def success(request, data):
        answers[request] = ("200 OK", {"status": "success", "data": data})

    fake.answer = answer
    cert, key = keys.user("alice")
    cli, user = Cli(home), ("-c", cert, "-k", key, "-i")
    (home / "m.json").write_text('{"Packages":{}}')
    apply = ("manifest", "update", "apply", "m.json", fake.at, *user)
    acknowledge = ("manifest", "update", "acknowledge", "m.json", fake.at, *user)
    success("POST /api/v2/update", None)
    cli(*apply).expect(OK, "", "Update manifest set successfully")
    equal(taw.unb64(json.loads(bodies[-1])["manifest"]), b'{"Packages":{}}', "what was sent")
    success("POST /api/v2/update", {"missingAcknowledgments": 1, "missingUsers": ["bob", "carol"]})
    done = cli(*apply).expect(OK, "", "Update manifest submitted successfully.")
    contains(done.error, "1 user still needs to acknowledge the update manifest.\n"
                         "The following users may acknowledge the update: bob, carol\n")
    cli(*apply, "--exit-pending").expect(PENDING, "")
    data = cli(*apply, "--format", "json").json("UpdateProgress")
    equal((data["missingAcknowledgments"], data["missingUsers"]), (1, ["bob", "carol"]), "as JSON")
    success("POST /api/v2/update-manifest", {"message": "...", "missingUsers": ["bob", "carol"], "missingAcknowledgments": 2})
    done = cli(*acknowledge).expect(OK, "", "Acknowledgement successful:\n2 users still need to acknowledge the update manifest.\n")
    contains(done.error, "The following users have not yet accepted: bob, carol")
    success("POST /api/v2/update-manifest", {"message": "All ...", "missingUsers": None, "missingAcknowledgments": 0,
                                            "recoverySecrets": {"ops": "AQID", "dev": "BAUG"}})
    wanted = '{"RecoverySecrets":{"dev":"BAUG","ops":"AQID"}}'
    cli(*acknowledge).expect(OK, wanted + "\n", "All users have acknowledged the update manifest. Update successfully applied")
    cli(*acknowledge, "-r", "r.json").expect(OK, "", "Recovery data saved to: r.json")
    equal((home / "r.json").read_text(), wanted, "recovery data")
    success("POST /api/v2/update-cancel", {"message": "Update successfully cancelled"})
    cli("manifest", "update", "cancel", fake.at, *user).expect(OK, "Cancellation successful\n")
    answers["POST /api/v2/update-cancel"] = ("404 Not Found", {"status": "error", "data": None, "message": "no update in progress"})
    cli("manifest", "update", "cancel", fake.at, *user).expect(NOT_FOUND, "", "canceling update: ")
    success("GET /api/v2/update-manifest", {"manifest": taw.b64(b'{"a":1}\n'), "missingUsers": ["a", "b"], "message": "x"})
    get = ("manifest", "update", "get", fake.at, "-i")
    cli(*get).expect(OK, '{"a":1}\n')
    cli(*get, "--missing").expect(OK, "The following users have not yet acknowledged the update: [a b]\n")
    cli(*get, "-o", "pending").expect(OK, "")
    equal((home / "pending").read_bytes(), b'{"a":1}\n', "pending manifest")
    answers["GET /api/v2/update-manifest"] = ("404 Not Found", {"status": "error", "data": None, "message": "no update in progress"})
    cli(*get, "-o", "pending").expect(NOT_FOUND, "", "no update in progress")
    equal((home / "pending").read_bytes(), b'{"a":1}\n', "the old file is still there")
    for request in ("POST /api/v2/update", "POST /api/v2/update-manifest"):
        answers[request] = ("405 Method Not Allowed", {"status": "error", "data": None})
    success("POST /update", None)
    success("POST /update-manifest", "2 users still need to acknowledge the update manifest")
    cli(*apply).expect(OK, "", "Update manifest set successfully")
    cli(*acknowledge, "--exit-pending").expect(PENDING, "", "2 users still need")
    equal(bodies[-1], b'{"Packages":{}}', "v1 gets the manifest as it is")
    fake.close()


def a_manifest_is_updated_by_two_of_three_users(home):
    """Against a real Coordinator; new recovery keys give new secrets to whoever completes the update."""
    s = Scene(home)

    def manifest(name, holders):
        deployment = Deployment("xor", name, holders=holders)
        content = deployment.content(name)
        content["Roles"]["updater"] = {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}
        content["Roles"]["raiser"] = {"ResourceType": "Packages", "ResourceNames": ["backend"], "Actions": ["UpdateSecurityVersion"]}
        for user in ("alice", "bob", "carol"):
            entry = content["Users"].setdefault(user, {"Certificate": keys.user(user)[0].read_text(), "Roles": []})
            entry["Roles"] += ["updater", "raiser"]
        content["Config"] = {"UpdateThreshold": 2}
        return json.dumps(content)

    def user(name):
        cert, key = keys.user(name)
        return ("-c", cert, "-k", key)

    s.manifest.write_text(manifest("first", ["anna", "ben"]))
    (home / "next.json").write_text(manifest("next", ["anna", "cleo"]))
    update = ("manifest", "update")
    s.cli("manifest", "set", s.manifest, s.at, "-i", "-r", "r0").expect(OK)
    s.cli(*update, "get", s.at).expect(NOT_FOUND, "", "no update in progress")
    s.cli(*update, "cancel", s.at, *user("alice")).expect(NOT_FOUND, "", "canceling update")
    s.cli(*update, "apply", "next.json", s.at, *user("alice"), "--exit-pending").expect(PENDING, "", "1 user still needs to acknowledge")
    s.cli(*update, "get", s.at).expect(OK, (home / "next.json").read_text())
    contains(s.cli(*update, "get", s.at, "--missing").expect(OK).out, "[bob carol]")
    s.cli(*update, "apply", "next.json", s.at, *user("bob")).expect(STATE, "", "update already in progress")
    s.cli(*update, "cancel", s.at, *user("bob")).expect(OK, "Cancellation successful\n")
    s.cli(*update, "apply", "next.json", s.at, *user("alice")).expect(OK, "")
    s.cli(*update, "acknowledge", s.manifest, s.at, *user("bob")).expect(REJECTED, "", "does not match the pending manifest")
    done = s.cli(*update, "acknowledge", "next.json", s.at, *user("bob"), "-r", "r1").expect(OK, "", "Update successfully applied")
    contains(done.error, "Recovery data saved to: r1")
    equal(set(json.loads((home / "r1").read_text())["RecoverySecrets"]), {"anna", "cleo"}, "holders of the new secrets")
    s.cli("manifest", "verify", "next.json", s.at, "-i").expect(OK, "OK\n")
    (home / "packages.json").write_text('{"Packages":{"backend":{"SecurityVersion":5}}}')
    s.cli(*update, "apply", "packages.json", s.at, *user("alice")).expect(OK, "", "Update manifest set successfully")
    shown = json.loads(s.cli("manifest", "get", s.at, "-i", "-u").expect(OK).out)
    equal(shown["Packages"]["backend"]["SecurityVersion"], 5, "the version in force")
    equal(len(s.cli("manifest", "log", s.at, "--format", "json").json("UpdateLog")["updateLog"]), 7, "lines of the log")
    s.c.stop()


# ---- recovery ----

class LostScene(Scene):
    """A Coordinator whose state is on another machine."""

    def __init__(self, home, scheme):
        super().__init__(home, scheme)
        self.c.stop()
        self.c = Coordinator(home, machine="b").start()
        self.at = self.c.address
        (home / "recovery.json").write_text(json.dumps({"RecoverySecrets": self.secrets}))

    def secret(self, name):
        path = self.home / (name + ".secret")
        path.write_bytes(taw.unb64(self.secrets[name]))
        return path


def recover_takes_what_people_have(home):
    for number, form in enumerate(("reply", "base64", "raw", "plain", "stdin")):
        place = home / str(number)
        place.mkdir()
        s = LostScene(place, "single")
        encrypted = taw.unb64(s.secrets["anna"])
        (place / "base64").write_text(s.secrets["anna"] + "\n")
        (place / "raw").write_bytes(encrypted)
        (place / "plain").write_bytes(taw.oaep_decrypt(keys.rsa("anna"), encrypted))
        name = {"reply": "recovery.json", "stdin": "-"}.get(form, form)
        s.cli("recover", name, s.at, "-i", "-k", keys.rsa("anna"), data=(place / "recovery.json").read_bytes()).expect(OK, "Recovery successful.\n")
        equal(s.c.code(), taw.RUNNING, "state")
        s.cli("status", s.at).expect(OK)
        s.c.stop()


def several_holders_recover_one_after_the_other(home):
    s = LostScene(home, "threshold")
    recover = ("recover", "recovery.json", s.at, "-i")
    data = s.cli(*recover, "-k", keys.rsa("anna"), "--format", "json").expect(OK).json("RecoveryProgress")
    true(data["remaining"] > 0, "more are needed")
    s.cli(*recover, "-k", keys.rsa("dora"), "--exit-pending").expect(OK, "Recovery successful.\n", 'Using the recovery secret of "dora"')
    s.c.stop()


def a_wrong_key_is_noticed_before_anything_is_sent(home):
    cli = Cli(home)
    keys.rsa("anna"), keys.rsa("ben")
    secret = taw.oaep_encrypt(_der(home, "anna"), bytes(32))
    (home / "secret").write_bytes(secret)
    (home / "reply").write_text(json.dumps({"RecoverySecrets": {"anna": taw.b64(secret)}}))
    at = "127.0.0.1:1"
    cli("recover", "secret", at, "-i", "-k", keys.rsa("ben")).expect(KEY, "", "does not belong to this key")
    cli("recover", "reply", at, "-i", "-k", keys.rsa("ben")).expect(KEY, "", "this key opens none of the secrets")
    cli("recover", "reply", at, "-i", "-k", keys.user("alice")[1]).expect(KEY, "", "unsupported type of private key")
    cli("recover", "secret", at, "-i").expect(USAGE, "", "[pkcs11-key-id pkcs11-key-label key] is required")
    (home / "secret").write_bytes(taw.oaep_encrypt(_der(home, "anna"), bytes(31)))
    cli("recover", "secret", at, "-i", "-k", keys.rsa("anna")).expect(KEY, "", "31 bytes")
    (home / "secret").write_bytes(b"")
    cli("recover", "secret", at, "-i", "-k", keys.rsa("anna")).expect(KEY)


def _der(home, name):
    path = home / (name + ".der")
    run_program("openssl", "rsa", "-in", keys.rsa(name), "-pubout", "-outform", "DER", "-out", path)
    return path


def recovery_goes_over_a_machine_without_a_network(home):
    s = LostScene(home, "single")
    with_signature = "recover-with-signature"
    s.cli(with_signature, "public-key", s.at, "-i", "-o", "c.pem").expect(OK, "")
    equal(s.cli(with_signature, "public-key", s.at, "-i").expect(OK).out, (home / "c.pem").read_text(), "the key")
    s.cli(with_signature, "public-key", s.at, "-i", "-o", "c.pem").expect(USAGE, "", "there is a file already")
    key = ("-k", keys.rsa("anna"))
    s.cli(with_signature, "sign-secret", "recovery.json", *key, "-o", "sig").expect(OK, "", "Signature written to sig")
    equal((home / "sig").read_bytes(), taw.rsa_sign(keys.rsa("anna"), taw.oaep_decrypt(keys.rsa("anna"), taw.unb64(s.secrets["anna"]))), "signature")
    s.cli(with_signature, "sign-secret", "recovery.json", *key, "-o", "sig").expect(USAGE, "", "there is a file already")
    s.cli(with_signature, "encrypt-secret", "recovery.json", *key, "--coordinator-pub-key", "c.pem", "-o", "enc").expect(OK, "")
    s.cli(with_signature, "encrypt-secret", "recovery.json", "--coordinator-pub-key", "c.pem", "-o", "enc2").expect(KEY)
    s.cli(with_signature, "encrypt-secret", "recovery.json", "--coordinator-pub-key", "sig", "-o", "enc2").expect(KEY)
    s.cli(with_signature, "enc", s.at, "-i").expect(USAGE, "", 'required flag(s) "signature" not set')
    s.cli(with_signature, "enc", s.at, "-i", "-s", "enc").expect(REJECTED)
    s.cli(with_signature, "enc", s.at, "-i", "-s", "sig").expect(OK, "Recovery successful.\n")
    s.cli("recover", "recovery.json", s.at, "-i", *key).expect(STATE)
    shown = s.cli.on_terminal(with_signature, "sign-secret", "recovery.json", *key, "-o", "-")
    equal(shown.status, USAGE, "binary data do not go to a terminal: %r" % shown)
    equal(len(s.cli(with_signature, "sign-secret", "recovery.json", *key, "-o", "-").expect(OK).raw), 256, "but into a pipe")
    s.c.stop()


# ---- streams ----

def status_is_the_same_in_a_pipe_on_a_terminal_and_as_data(home):
    s = Scene(home, "none")
    line = "3: Coordinator is running correctly and ready to accept marbles.\n"
    s.cli("status", s.at).expect(OK, line)
    s.cli("status", s.at, "--exit-code").expect(OK, line)
    shown = s.cli.on_terminal("status", s.at)
    equal(shown.status, OK, "exit status on a terminal")
    contains(shown.out, line)
    contains(shown.out, "\x1b[33mWarning: \x1b[0m", "colours on a terminal")
    true("\x1b" not in s.cli("status", s.at).error, "no colours in a pipe")
    contains(s.cli("status", s.at, "--color=always").error, "\x1b[33m")
    data = s.cli("status", s.at, "--format", "json").json("Status")
    equal((data["code"], data["state"], data["message"]), (3, "running", line[3:-1]), "JSON")
    contains(s.cli("status", s.at, "--format", "yaml").expect(OK).out, "kind: Status\ndata:\n  code: 3\n  state: running\n")
    equal(s.cli("status", s.at, env=s.cli.environment(TAW_FORMAT="json")).json("Status"), data, "TAW_FORMAT")
    s.c.stop()


# ---- Coordinators that are none ----

def nonsense_is_named_and_ends_with_a_status(home):
    cli = Cli(home)
    for answer, status, part in (
            (says("<html>"), FAILED, "not that of a Coordinator"),
            (says(b"\x00\xff" * 1000), FAILED, "not that of a Coordinator"),
            (says(""), FAILED, "not that of a Coordinator"),
            (says("[1]"), FAILED, "not that of a Coordinator"),
            (says("{}"), FAILED, "no state"),
            (says('{"status":"success","data":{"code":"3"}}'), FAILED, "code"),
            (says('{"status":"success","data":{"code":3,"message":[]}}'), FAILED, "message"),
            (says('{"status":"error","message":"\\u001b[2Jgone"}', "500 Oops"), FAILED, "\\u001b[2Jgone"),
            (says("teapot", "418 Teapot"), FAILED, "418"),
            (says('{"status":"fail","message":"who?"}', "401 Unauthorized"), DENIED, "authorizing user: who?"),
            (says("{}", "404 Not Found"), NOT_FOUND, "404 Not Found"),
            (lambda sock, request: sock.sendall(b"SSH-2.0-x\r\n" * 9), UNREACHABLE, "GET https://"),
            (lambda sock, request: sock.close(), UNREACHABLE, "GET https://"),
            (lambda sock, request: sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{") or sock.close(), UNREACHABLE, "GET https://")):
        fake = Fake(home, answer)
        done = cli("status", "-i", fake.at).expect(status, "", part)
        true("\x1b" not in done.error, "no control characters get through")
        fake.close()


def a_chain_that_does_not_hold_together_is_refused(home):
    cli = Cli(home)
    mine = Fake(home, None)
    root = mine.cert.read_text()
    for certificates, status, part in ((root, FAILED, "root certificate"), ("", FAILED, "intermediate certificate"), (root + root, OK, None),
                                       (keys.user("alice")[0].read_text() + root, TRUST, "not signed by the root")):
        fake = Fake(home, lambda sock, request, c=certificates: says(json.dumps({"status": "success", "data": (
            {"cert": c, "quote": None} if "quote" in request else {"manifestFingerprint": "00" * 32, "manifest": "e30="})}))(sock, request))
        done = cli("manifest", "get", fake.at, "-i").expect(status, None, part)
        fake.close()
    # A root that is not the one of the connection: whoever answers does not hold its key.
    other, _ = keys.user("bob")
    text = other.read_text()
    fake = Fake(home, says(json.dumps({"status": "success", "data": {"cert": text + text, "quote": None}})))
    cli("manifest", "get", fake.at, "-i").expect(TRUST, "", "does not present the expected root certificate")
    fake.close()
    # A quote is not taken on trust.
    fake = Fake(home, says(json.dumps({"status": "success", "data": {"cert": root + root, "quote": "AQID"}})))
    cli("manifest", "get", fake.at).expect(ATTESTATION, "", "no policy says which Coordinator is meant")
    cli("manifest", "get", fake.at, "-i", "--save-sgx-quote", "q", "--nonce", "n?>").expect(FAILED, "", "has no manifest")
    contains(fake.requests[-2], "/api/v2/quote?nonce=bj8-")
    fake.close()


def the_old_api_is_asked_when_there_is_no_new_one(home):
    def answer(sock, request):
        if "/api/v2/" in request:
            says('{"status":"error","data":null}', "405 Method Not Allowed")(sock, request)
        else:
            says('{"status":"success","data":{"StatusCode":2,"StatusMessage":"old"}}')(sock, request)

    fake = Fake(home, answer)
    Cli(home)("status", "-i", fake.at).expect(OK, "2: old\n")
    equal(fake.requests, ["GET /api/v2/status HTTP/1.1", "GET /status HTTP/1.1"], "requests")
    fake.close()


def slow_and_silent_coordinators_end_with_11(home):
    cli = Cli(home)
    fake = Fake(home, lambda sock, request: time.sleep(30))
    begin = time.monotonic()
    cli("status", "-i", fake.at, "--timeout", "1").expect(UNREACHABLE, "", "timed out")
    silent = socket.create_server(("127.0.0.1", 0))
    cli("status", "-i", "127.0.0.1:%d" % silent.getsockname()[1], "--connect-timeout", "1").expect(UNREACHABLE)
    silent.close()
    contains(cli("status", "-i", "127.0.0.1:1", "--format", "json").failure(UNREACHABLE, "unreachable"), "127.0.0.1:1")
    cli("status", "-i", "no-such-host.invalid:1", "--timeout", "20").expect(UNREACHABLE)
    true(time.monotonic() - begin < 45, "it does not hang")
    fake.close()


def retries_are_for_what_only_reads(home):
    busy = []

    def answer(sock, request):
        busy.append(request)
        if len(busy) < 3:
            says("{}", "503 Service Unavailable")(sock, request)
        else:
            says('{"status":"success","data":{"code":3,"message":"x"}}')(sock, request)

    cli = Cli(home)
    fake = Fake(home, answer)
    cli("status", "-i", fake.at).expect(UNREACHABLE)
    cli("status", "-i", fake.at, "--retry", "2").expect(OK, "3: x\n", "trying again")
    fake.close()
    for answer in (says("{}", "503 Service Unavailable"), lambda sock, request: sock.close()):
        fake = Fake(home, answer)
        cert, key = keys.user("alice")
        cli("manifest", "update", "cancel", fake.at, "-i", "-c", cert, "-k", key, "--retry", "3").expect(UNREACHABLE)
        equal(len(fake.requests), 1, "what may have had an effect is sent once")
        fake.close()


def check_waits_for_a_coordinator_and_precheck_looks_at_the_machine(home):
    cli = Cli(home)
    listener = socket.create_server(("127.0.0.1", 0))
    at = "127.0.0.1:%d" % listener.getsockname()[1]
    listener.close()
    cli("check", at, "--timeout", "1").expect(UNREACHABLE, "", "Waiting for " + at)
    cli("check").expect(USAGE, "", "Kubernetes")
    fake = Fake(home, says('{"status":"success","data":{"code":1,"message":"x"}}'))
    cli("check", fake.at).expect(OK, fake.at + " answers\n", "not checked: who answers")
    equal(cli("check", fake.at, "--format", "json").json("Check"), {"code": 1}, "JSON")
    fake.close()
    devices = cli("precheck", "--format", "json").expect(OK).json("Precheck")["devices"]
    for device in devices:
        true(os.path.exists(device["path"]), device)
    contains(cli("precheck").expect(OK).out, "This machine")


def endpoints_that_are_none_are_usage_errors(home):
    cli = Cli(home)
    for endpoint in ("https://localhost:1", "localhost:x", "a/b", "user@host:1", ""):
        cli("status", "-i", endpoint).expect(USAGE, "", "endpoint")


taw.run(globals())
