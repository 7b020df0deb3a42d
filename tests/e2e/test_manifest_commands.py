# SPDX-License-Identifier: Apache-2.0
"""Manifests on the command line: what is wrong with one, what an update means, setting, showing and updating it."""

import hashlib
import json
import re
import resource
import signal
import subprocess

import taw
from cli_scene import Scene
from command_line import DIFFERENT, FAILED, NOT_FOUND, OK, PENDING, REJECTED, STATE, TRUST, USAGE, Cli, Fake, says
from taw import Coordinator, Deployment, contains, equal, keys, true


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
    s.cli.gives_file(s.manifest.read_text(), "manifest", "get", s.at, "-i")
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
    s.cli.gives_file((home / "log").read_text(), "manifest", "log", s.at)
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
    (home / "there").chmod(0o640)
    done = s.cli(*before, "--recovery-data", "there", "--force").expect(OK, "", "Recovery data saved to: there")
    done.expect(OK, "", "Warning: there keeps its mode: others on this machine may read it")
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
    equal(refused.status, FAILED, "exit status of no: %r" % refused)
    equal(lost.code(), taw.RECOVERY, "state after no")
    done = s.cli("status", lost.address).expect(TRUST, "")
    s.cli("status", lost.address, "-i", "--exit-code").expect(21, None).out.startswith("1: Coordinator is in recovery mode")
    s.cli("manifest", "set", s.manifest, lost.address, "-i").expect(OK, None, "Warning: the Coordinator is in recovery mode")
    equal(lost.code(), taw.RUNNING, "state after an unattended set")
    lost.stop()


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
    cli(*acknowledge, "-r", "-").expect(OK, wanted + "\n")
    data = cli(*acknowledge, "-r", "-", "--format", "json").expect(OK).json("UpdateProgress")
    equal({"RecoverySecrets": data["recoverySecrets"]}, json.loads(wanted), "recovery secrets as data")
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
    cli.gives_file('{"a":1}\n', *get)
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


taw.run(globals())
