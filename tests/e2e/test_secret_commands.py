# SPDX-License-Identifier: Apache-2.0
"""secret set, get and list as a person and as a script use them: values from files and from standard input, and out again as
bytes, PEM and variables; and where values must never be."""

import json
import os
import stat
import subprocess

import taw
from command_line import DENIED, FAILED, NOT_FOUND, OK, REJECTED, STATE, USAGE, Cli, Fake, says
from taw import Coordinator, contains, equal, keys, run_program, true


class Deployment(taw.UploadDeployment):
    """alice may read and set all that can be read and set; bob may only read the token."""

    def content(self, name):
        manifest = super().content(name)
        manifest["Secrets"].update({
            "web": {"Type": "cert-ecdsa", "UserDefined": True},
            "db-password": {"Type": "plain", "UserDefined": True},
            "server": {"Type": "cert-ecdsa", "Size": 256, "Shared": True},
            "own": {"Type": "symmetric-key", "Size": 128},
        })
        manifest["Roles"]["reader"]["ResourceNames"] += ["server"]
        manifest["Roles"]["writer"]["ResourceNames"] += ["web", "db-password"]
        manifest["Roles"]["tokenReader"] = {"ResourceType": "Secrets", "ResourceNames": ["token"], "Actions": ["readsecret"]}
        manifest["Users"]["bob"] = {"Certificate": keys.user("bob")[0].read_text(), "Roles": ["tokenReader"]}
        return manifest


class Scene:
    def __init__(self, home):
        self.home, self.cli = home, Cli(home)
        self.c = Coordinator(home).start()
        self.at = self.c.address
        self.deployment = Deployment("none")
        (home / "manifest.json").write_bytes(self.deployment.manifest)
        self.cli("manifest", "set", "manifest.json", self.at, "-i").expect(OK)
        self.alice, self.bob = (("-c", cert, "-k", key) for cert, key in (keys.user("alice"), keys.user("bob")))

    def set(self, *what, **how):
        return self.cli("secret", "set", *what, self.at, *self.alice, **how)

    def get(self, *what, **how):
        return self.cli("secret", "get", *what, self.at, *self.alice, **how)

    def value(self, name):
        """The bytes of a secret, by the API."""
        secret = self.c.get("/api/v2/secrets?s=" + name, keys.user("alice")).data()["secrets"][name]
        return None if secret["Private"] is None else taw.unb64(secret["Private"])

    def pem(self, name):
        """A file with certificate and private key."""
        cert, key = keys.user(name)
        (self.home / (name + ".pem")).write_text(cert.read_text() + key.read_text())
        return name + ".pem"


# ---- set ----

def secrets_are_set_by_name_from_files_and_standard_input_in_one_request(home):
    s = Scene(home)
    key, token = os.urandom(32), b"correct 'horse'\n"
    (home / "key.bin").write_bytes(key)
    done = s.set("key=@key.bin", "token=-", "web=@" + s.pem("carol"), data=token)
    done.expect(OK, "Secret successfully set\n", "Warning: secret token ends with a line end, which is set with the rest")
    equal((s.value("key"), s.value("token")), (key, token), "the values")
    web = s.c.get("/api/v2/secrets?s=web", keys.user("alice")).data()["secrets"]["web"]
    equal(taw.unb64(web["Cert"]), taw.ssl.PEM_cert_to_DER_cert(keys.user("carol")[0].read_text()), "the certificate")
    equal(len(s.deployment.log_lines(s.c)), 4, "lines of the log: three after the manifest")
    done = s.set("token=@-", "--format", "json", data=b"a b")
    equal((done.json("SecretsSet"), "line end" in done.out), ({}, False), "as JSON")
    equal(s.value("token"), b"a b", "from standard input")
    done = s.set("token=-", data=b"")
    equal((done.status, s.value("token")), (OK, b""), "nothing is a value as well")
    s.c.stop()


def what_is_wrong_with_an_assignment_is_said_and_nothing_is_set(home):
    s = Scene(home)
    (home / "v").write_bytes(b"x" * 32)
    for what, says_ in ((("token=hunter2",), "secret token: want NAME=@FILE, or NAME=- for standard input"),
                        (("token=base64:aHVudGVyMg==",), "secret token: want NAME=@FILE"), (("token=",), "want NAME=@FILE"),
                        (("token=@",), "want NAME=@FILE"), (("=@v",), "want NAME=@FILE"),
                        (("token=@v", "key=hunter2"), "secret key: want NAME=@FILE"), (("token=@v", "v"), "secret v: want NAME=@FILE"),
                        (("token=@v", "token=-"), "secret token is given twice"), (("token=-", "key=@-"), "one secret only"),
                        (("token=@v", "--from-pem", "web"), "--from-pem goes with a file"), (("token=@none",), "secret token: cannot open none: "),
                        (("v", "v"), "accepts 2 arg(s), received 3")):
        done = s.cli("secret", "set", *what, "127.0.0.1:1", *s.alice, data=b"hunter2").expect(USAGE, "", says_)
        true("hunter2" not in done.error and "aHVudGVyMg" not in done.error, "the value is in the error: %r" % done)
    contains(s.set("token=hunter2", "--format", "json").failure(USAGE, "usage"), "secret token: want")
    s.set("nope=@v").expect(NOT_FOUND, "", "secret nope: the manifest has no secret of this name\nHint: `secret list`")
    s.set("token=@v", "databaseKey=@v").expect(REJECTED, "", "secret databaseKey: the Coordinator makes it")
    s.set("web=@v").expect(REJECTED, "", "secret web: found no certificate or private key in PEM data")
    (home / "short").write_bytes(b"x" * 31)
    s.set("token=@v", "key=@short").expect(REJECTED, "", "declared size and actual size don't match")
    s.cli("secret", "set", "token=@v", s.at, *s.bob).expect(DENIED, "", "user bob is not allowed to update secret: token")
    equal((s.value("token"), s.value("key")), (None, None), "the values")
    s.c.stop()


def a_private_key_of_another_certificate_is_warned_of(home):
    """As in a chain: of several certificates before the key the last one is taken, as the original does."""
    s = Scene(home)
    (cert, key), (ca, other) = keys.user("carol"), keys.user("alice")
    warning = "Warning: secret web: the private key does not belong to the certificate"
    run_program("openssl", "pkcs8", "-topk8", "-passout", "pass:x", "-in", other, "-out", home / "encrypted")
    for parts, warned in (((cert, key), False), ((key, cert, ca), False), ((cert, ca, key), True), ((cert, other), True), ((cert,), False),
                          ((cert, home / "encrypted"), False)):
        (home / "web.pem").write_text("".join(part.read_text() for part in parts))
        for done in (s.set("web=@web.pem"), s.set("web.pem", "--from-pem", "web")):
            equal((done.status, warning in done.error), (OK, warned), "status and warning of %r: %r" % (parts, done))
    s.c.stop()


def an_argument_that_is_a_file_is_one_and_a_doubtful_one_is_refused(home):
    s = Scene(home)
    for name, value in (("plain.json", b"1"), ("a=b.json", b"2"), ("token=@x", b"3")):
        (home / name).write_text(json.dumps({"token": {"Key": taw.b64(value)}}))
    (home / "x").write_bytes(b"4")
    for what, value in (("plain.json", b"1"), ("a=b.json", b"2"), ("./token=@x", b"3"), ("token=@./x", b"4")):
        s.set(what).expect(OK, "Secret successfully set\n")
        equal(s.value("token"), value, "the value by " + what)
    s.set("token=@x").expect(USAGE, "", "token=@x is also a file: ./token=@x reads its secrets, and token=@./... sets one")
    s.set("-", data=json.dumps({"token": {"Key": "NQ=="}}).encode()).expect(OK)
    equal(s.value("token"), b"5", "the old form from standard input")
    s.c.stop()


# ---- get ----

def the_bytes_of_one_secret_go_into_pipes_and_files_and_not_onto_terminals(home):
    s = Scene(home)
    token = b"\x00\x1b]0;\xff\n'"
    s.set("token=-", data=token).expect(OK)
    equal(s.get("token", "--raw").expect(OK).raw, token, "in a pipe")
    for mode, warned in ((0o600, False), (0o640, True), (0o604, True)):
        done = s.get("token", "--raw", "--field", "key", "-o", "token.bin").expect(OK, "", "Saved secrets to: token.bin")
        equal("token.bin keeps its mode: others on this machine may read it" in done.error, False, "a warning for a private file")
        (home / "token.bin").chmod(mode)
        done = s.get("token", "--raw", "--field", "key", "-o", "token.bin")
        equal("token.bin keeps its mode: others on this machine may read it" in done.error, warned, "a warning at %o" % mode)
        (home / "token.bin").unlink()
    s.get("token", "--raw", "--field", "key", "-o", "token.bin").expect(OK, "", "Saved secrets to: token.bin")
    equal((home / "token.bin").read_bytes(), token, "in a file")
    equal(stat.S_IMODE((home / "token.bin").stat().st_mode), 0o600, "mode")
    for form in ("text", "json"):
        equal(s.get("token", "--raw", "-o", "-", "--format", form).expect(OK).raw, token, "with -o - in a pipe")
    equal(s.get("token", "--raw", "--format", "json").json("Secret"), {"value": taw.b64(token)}, "as JSON")
    equal(s.get("token", "--raw", "-o", "again.bin", "--format", "json").json("Secret"), {"file": "again.bin"}, "JSON and a file")
    for more in ((), ("-o", "-"), ("-o", "/dev/tty"), ("-o", "/dev/stdout")):
        shown = s.cli.on_terminal("secret", "get", "token", s.at, *s.alice, "--raw", *more)
        equal(shown.status, USAGE, "on a terminal with %r: %r" % (more, shown))
        true(b"\xff" not in shown.raw and "are not shown on a terminal" in shown.out, "nothing is shown: %r" % shown)
    s.get("token", "key", "--raw").expect(USAGE, "", "--raw is for one secret")
    s.get("token", "--field", "key").expect(USAGE, "", "--field goes with --raw or --pem")
    s.get("token", "--raw", "--pem").expect(USAGE, "", "none of the others can be")
    s.get("token", "--raw", "--field", "cert").expect(USAGE, "", "secret token has no certificate: it is of type plain")
    s.get("key", "--raw", "-o", "key.bin").expect(NOT_FOUND, "", "secret key has no key yet\nHint: `secret set` gives it a value")
    s.get("nope", "--raw", "-o", "key.bin").expect(DENIED)
    true(not (home / "key.bin").exists(), "no file after a failure")
    (home / "key.bin").write_text("old")
    s.get("key", "--raw", "-o", "key.bin").expect(NOT_FOUND)
    equal((home / "key.bin").read_text(), "old", "the old file after a failure")
    s.c.stop()


def certificates_come_as_pem_whole_or_in_parts(home):
    s = Scene(home)
    cert, key = keys.user("carol")
    equal(s.set("web=@" + s.pem("carol")).status, OK, "status of set")
    equal(s.get("web", "--pem").expect(OK).out, cert.read_text() + key.read_text(), "what was set")
    public = run_program("openssl", "x509", "-in", cert, "-noout", "-pubkey").decode()
    for field, text in (("cert", cert.read_text()), ("private", key.read_text()), ("public", public)):
        equal(s.get("web", "--pem", "--field", field).expect(OK).out, text, field)
        der = s.get("web", "--raw", "--field", field).expect(OK).raw
        equal(taw.b64(der), "".join(text.splitlines()[1:-1]), field + " as DER")
    s.get("server", "--pem", "-o", "server.pem").expect(OK, "")
    ends = [run_program("openssl", *command, "-in", home / "server.pem") for command in
            (("x509", "-noout", "-pubkey"), ("pkey", "-pubout"))]
    equal(ends[0], ends[1], "public keys of certificate and private key")
    equal(s.get("server", "--pem", "--format", "json").json("Secret"), {"pem": (home / "server.pem").read_text()}, "as JSON")
    s.get("web", "--raw").expect(USAGE, "", "secret web has no key: it is of type cert-ecdsa\nHint: --field")
    s.get("token", "--pem").expect(USAGE, "", "secret token has no certificate: it is of type plain\nHint: --field")
    (home / "only.pem").write_text(cert.read_text())
    s.set("web=@only.pem").expect(OK)
    equal(s.get("web", "--pem").expect(OK).out, cert.read_text(), "without a private key")
    s.get("web", "--pem", "--field", "private").expect(NOT_FOUND, "", "secret web has no private key yet")
    s.c.stop()


def a_private_key_keeps_the_form_in_which_it_was_uploaded(home):
    s = Scene(home)
    cert, key = keys.user("carol")
    rsa = keys.rsa("dora")
    for name, *command in (("sec1", "ec", "-in", key), ("pkcs1", "rsa", "-traditional", "-in", rsa), ("pkcs8", "pkey", "-in", rsa),
                           ("encrypted", "pkcs8", "-topk8", "-passout", "pass:x", "-in", key)):
        form = run_program("openssl", *command).decode()
        (home / name).write_text(cert.read_text() + form)
        s.set("web=@" + name).expect(OK)
        equal(s.get("web", "--pem", "--field", "private").expect(OK).out, form, name)
    s.c.stop()


def variables_mean_in_a_shell_what_was_set(home):
    s = Scene(home)
    cert, key = keys.user("carol")
    password = "it's $HOME `id` \\ \"x\" é\n\tend"
    symmetric = os.urandom(32)
    (home / "key.bin").write_bytes(symmetric)
    equal(s.set("db-password=-", "key=@key.bin", "web=@" + s.pem("carol"), data=password.encode()).status, OK, "status of set")
    text = s.get("db-password", "key", "web", "--env").expect(OK, None, "").out
    (home / "env").write_text(text)
    for shell in ("sh", "bash"):
        got = run_program(shell, "-c", '. ./env; printf "%s\\0%s\\0%s" "$db_password" "$key" "$web"', cwd=home).decode().split("\0")
        equal(got, [password, taw.b64(symmetric), (cert.read_text() + key.read_text()).rstrip("\n") + "\n"], shell)
    data = s.get("db-password", "key", "--env", "--format", "json").json("Secret")
    equal(data, {"variables": {"db_password": password, "key": taw.b64(symmetric)}}, "as JSON")
    s.get("db-password", "--dotenv").expect(REJECTED, "", "secret db-password has ', \\ or $")
    s.set("db-password=-", data=b"simple enough #1").expect(OK)
    equal(s.get("db-password", "--dotenv").expect(OK).out, "db_password='simple enough #1'\n", "dotenv")
    s.get("db-password", "token", "--dotenv", "-o", ".env").expect(NOT_FOUND, "", "secret token has no key yet")
    true(not (home / ".env").exists(), "no file with half of it")
    s.get("db-password", "--dotenv", "-o", ".env").expect(OK, "")
    equal(stat.S_IMODE((home / ".env").stat().st_mode), 0o600, "mode")
    s.get("db-password", "db_password", "--env").expect(USAGE, "", "in the same variable")
    for value in (b"\xff", b"a\0b", b"\x1b[0m", "\x85".encode()):
        s.set("token=-", data=value).expect(OK)
        s.get("token", "--env").expect(REJECTED, "", "secret token is not text\nHint: `secret get --raw` gives its bytes")
    s.c.stop()


def an_answer_with_more_than_was_asked_for_sets_no_other_variable(home):
    secret = '{"Type":"plain","Private":"eA=="}'
    fake = Fake(home, says('{"status":"success","data":{"secrets":{"PATH":%s,"token":%s}}}' % (secret, secret)))
    cli, user = Cli(home), ("-c", keys.user("alice")[0], "-k", keys.user("alice")[1], "-i")
    equal(cli("secret", "get", "token", fake.at, *user, "--env").expect(OK).out, "token='x'\n", "variables")
    fake.answer = says('{"status":"success","data":{"secrets":{"PATH":%s}}}' % secret)
    cli("secret", "get", "token", fake.at, *user, "--env").expect(NOT_FOUND, "", "the answer has no secret token")
    for body in ("[]", '{"token":1}', '{"token":{"Type":"plan"}}', '{"token":{"Type":1}}', '{"token":{"Type":"plain","Private":"*"}}',
                 '{"token":{"Type":"cert-rsa","Cert":"eA==","Private":"eA=="}}'):
        fake.answer = says('{"status":"success","data":{"secrets":%s}}' % body)
        true(cli("secret", "get", "token", fake.at, *user, "--pem").status in (FAILED, NOT_FOUND, USAGE), body)
    fake.close()


# ---- list ----

def the_list_says_what_there_is_and_what_the_user_may_do(home):
    s = Scene(home)
    listed = s.cli("secret", "list", s.at, *s.alice).expect(OK).out.splitlines()
    equal([line.split("  ")[0] for line in listed], ["databaseKey", "db-password", "key", "own", "server", "token", "web"], "names")
    rows = [" ".join(line.split()) for line in listed]
    equal(rows[0], "databaseKey symmetric-key 256 shared read", "a shared one")
    equal(rows[3:6], ["own symmetric-key 128 per Marble -", "server cert-ecdsa 256 shared read", "token plain user-defined read, set"], "others")
    data = s.cli("secret", "list", s.at, *s.bob, "--format", "json").json("SecretList")
    equal(data["user"], "bob", "user")
    equal([row["name"] for row in data["secrets"] if row["mayRead"]], ["token"], "what bob may read")
    equal([row["name"] for row in data["secrets"] if row["maySet"]], [], "what bob may set")
    equal(data["secrets"][5], {"name": "token", "type": "plain", "size": 0, "shared": False, "userDefined": True, "mayRead": True,
                               "maySet": False}, "one of them")
    cert, key = keys.user("carol")
    done = s.cli("secret", "list", s.at, "-c", cert, "-k", key).expect(OK, None, "Warning: the certificate is no user's, as the manifest says")
    true("read" not in done.out, "nobody may nothing: %r" % done)
    fake = Fake(home, says(json.dumps({"status": "success", "data": s.c.get("/api/v2/manifest").data()})))
    s.cli("secret", "list", fake.at, *s.alice, "-i").expect(OK, "\n".join(listed) + "\n")
    equal(fake.requests, ["GET /api/v2/manifest HTTP/1.1"], "requests")
    fake.answer = says('{"status":"success","data":{"manifest":""}}')
    s.cli("secret", "list", fake.at, *s.alice, "-i").expect(STATE, "", "the Coordinator has no manifest")
    fake.answer = says('{"status":"success","data":{"manifest":"e30x"}}')
    s.cli("secret", "list", fake.at, *s.alice, "-i").expect(FAILED, "", "the Coordinator's manifest: ")
    fake.close()
    s.c.stop()


# ---- where values must not be ----

def values_are_neither_in_arguments_nor_in_traces_of_the_environment(home):
    """A value goes from standard input to the connection; /proc shows neither it nor its base64."""
    s = Scene(home)
    value = b"correct-horse-battery-staple"
    process = subprocess.Popen([str(s.cli.program), "secret", "set", "token=-", s.at, *map(str, s.alice)], cwd=home, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=s.cli.environment())
    process.stdin.write(value)
    process.stdin.flush()
    seen = [open("/proc/%d/%s" % (process.pid, name), "rb").read() for name in ("cmdline", "environ")]
    out, error = process.communicate(timeout=60)
    equal(process.returncode, OK, "status: %r" % error)
    for text in (*seen, out, error, s.c.log().encode()):
        true(value not in text and taw.b64(value)[:30].encode() not in text, "the value is in %r" % text[:300])
    s.c.stop()


taw.run(globals())
