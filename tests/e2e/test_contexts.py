# SPDX-License-Identifier: Apache-2.0
"""Contexts: @NAME in the place of an endpoint, each with a pinned root certificate, a policy and collateral of its own."""

import json
import stat

import taw
from command_line import ATTESTATION, FAILED, NOT_FOUND, OK, TRUST, USAGE, Cli
from taw import Coordinator, Deployment, contains, equal, keys, true
from test_coordinator_quote import Scene as QuoteScene

RUNS = "3: Coordinator is running correctly and ready to accept marbles.\n"


class Two:
    """Two Coordinators, a and b."""

    def __init__(self, home):
        self.home, self.cli = home, Cli(home)
        self.directory = home / "config" / "taw" / "contexts"
        (home / "manifest.json").write_bytes(Deployment("none").manifest)
        self.c = {}
        for name in "ab":
            (home / name).mkdir()
            self.c[name] = Coordinator(home / name).start()
            self.cli("context", "add", name, self.c[name].address).expect(OK, "@%s is %s\n" % (name, self.c[name].address),
                                                                         "Next: `taw manifest verify MANIFEST @%s`" % name)

    def close(self):
        for c in self.c.values():
            c.stop()


def each_context_has_a_pinned_root_of_its_own(home):
    s = Two(home)
    s.cli("status", "@a").expect(TRUST, "", "a.pem: No such file")
    for name in "ab":
        s.cli("manifest", "set", "manifest.json", "@" + name, "-i").expect(OK)
    for name in "ab":
        s.cli("status", "@" + name).expect(OK, RUNS, "a.pem" if name == "a" else "b.pem")
        s.cli("manifest", "log", "@" + name).expect(OK)
    true(not s.cli.cache.exists(), "the usual cache is not touched")
    equal(stat.S_IMODE((s.directory / "a.json").stat().st_mode), 0o600, "mode of a context")
    equal(stat.S_IMODE((s.directory / "a.pem").stat().st_mode), 0o600, "mode of its cache")
    (s.directory / "a.pem").write_bytes((s.directory / "b.pem").read_bytes())
    s.cli("status", "@a").expect(TRUST, "", "does not present the expected root certificate")
    # What is typed is what counts.
    s.cli("status", "@a", "--coordinator-cert", s.directory / "b.pem").expect(TRUST)
    s.cli("status", "@b", "--coordinator-cert", s.directory / "b.pem").expect(OK)
    s.cli("status", s.c["b"].address).expect(TRUST, "", "coordinator-cert.pem: No such file")
    s.close()


def contexts_are_listed_shown_and_removed(home):
    s = Two(home)
    s.cli("manifest", "set", "manifest.json", "@a", "-i").expect(OK)
    equal([line.split() for line in s.cli("context", "list").expect(OK, error="").out.splitlines()],
          [["a", s.c["a"].address], ["b", s.c["b"].address]], "the list")
    listed = s.cli("context", "list", "--format", "json").expect(OK).json("Contexts")["contexts"]
    equal([(c["name"], c["endpoint"], c["root"] is None) for c in listed], [("a", s.c["a"].address, False), ("b", s.c["b"].address, True)], "as data")
    shown = s.cli("context", "show", "a", "--format", "json").expect(OK).json("Context")
    equal(shown, listed[0], "one of them")
    equal((shown["root"]["verified"], len(shown["root"]["sha256"])), (False, 64), "its root")
    text = s.cli("context", "show", "a").expect(OK).out
    contains(text, "root:       %s since %s, never verified\n" % (shown["root"]["sha256"], shown["root"]["since"]))
    contains(s.cli("context", "show", "b").out, "policy:     none\ncollateral: none\nroot:       none pinned\n")
    refused = s.cli.on_terminal("context", "remove", "a", answers=[("[y/N]", "n")])
    equal(refused.status, FAILED, "after a no: %r" % refused)
    s.cli("context", "remove", "a", "--require-confirmation").expect(USAGE)
    true((s.directory / "a.pem").exists(), "nothing has gone")
    s.cli("context", "remove", "a").expect(OK, "Removed\n")
    equal(sorted(path.name for path in s.directory.iterdir()), ["b.json"], "what is left")
    for command in ("show", "remove"):
        s.cli("context", command, "a").expect(NOT_FOUND, "", "`context list` shows those that are there")
    s.cli("context", "remove", "b", "--format", "json").expect(OK).json("ContextRemoved")
    s.cli("context", "list").expect(OK, "")
    s.close()


def a_context_is_replaced_only_by_force_and_forgets_the_root_of_another_endpoint_or_policy(home):
    s = Two(home)
    s.cli("manifest", "set", "manifest.json", "@a", "-i").expect(OK)
    s.cli("context", "add", "a", s.c["b"].address).expect(USAGE, "", "--force replaces it")
    (home / "policy.json").write_text("{}")
    same, strict = ("context", "add", "a", s.c["a"].address, "--force"), ("--era-config", "policy.json")
    s.cli(*same).expect(OK)
    s.cli("status", "@a").expect(OK)
    for change, keep in ((strict, strict), ((), ())):
        s.cli(*same, *change).expect(OK)
        s.cli("status", "@a").expect(TRUST, "", "No such file")
        s.cli("manifest", "verify", "manifest.json", "@a", "-i").expect(OK, "OK\n")
        s.cli(*same, *keep).expect(OK)
        s.cli("status", "@a").expect(OK)
    s.cli("context", "add", "a", s.c["b"].address, "--force").expect(OK)
    s.cli("status", "@a").expect(TRUST, "", "No such file")
    s.close()


def policy_and_collateral_of_a_context_are_used(home):
    s = QuoteScene(home)
    add = ("context", "add", "prod", s.fake.at)
    s.cli(*add, "--era-config", "policy.json", "--collateral", s.platform.bundle).expect(OK)
    stored = json.loads((home / "config" / "taw" / "contexts" / "prod.json").read_text())
    equal(stored, {"endpoint": s.fake.at, "policy": str(s.policy_file), "collateral": str(s.platform.bundle)}, "absolute paths")
    get = ("manifest", "get", "@prod", s.platform.root)
    s.cli(*get).expect(OK, None, "against " + str(s.policy_file))
    (home / "era-config.json").write_text("{}")
    s.cli(*get).expect(OK)  # not that of the working directory
    (home / "other.json").write_text(json.dumps({**s.fitting(), "UniqueID": "ab" * 32}))
    s.cli(*get, "--era-config", "other.json").expect(ATTESTATION, "", "policy of other.json")
    s.policy_file.rename(home / "gone.json")
    for command in (get, ("status", "@prod")):
        s.cli(*command).expect(USAGE, "", "context prod: --era-config: %s: No such file" % s.policy_file)
    s.cli(*get, "--era-config", "gone.json").expect(OK)
    (home / "gone.json").rename(s.policy_file)
    s.platform.bundle.rename(home / "bundle")
    s.cli(*get).expect(USAGE, "", "--collateral: ")
    s.cli("manifest", "log", "@prod", "-i").expect(OK)  # has no such flag, and needs none
    (home / "bundle").rename(s.platform.bundle)
    s.cli("context", "add", "x", "h:1", "--era-config", "nothing.json").expect(USAGE, "", "--era-config: nothing.json: No such file")
    s.cli("context", "add", "x", "h:1", "--collateral", "nothing").expect(USAGE, "", "--collateral")
    s.close()


def old_command_lines_mean_what_they_meant(home):
    cli = Cli(home)
    cli("context", "add", "x", "127.0.0.1:1").expect(OK)
    cert, key = keys.user("alice")
    # Only the endpoint can be a context: here it is the name of a secret.
    done = cli("secret", "get", "@x", "127.0.0.1:2", "-i", "-c", cert, "-k", key)
    contains(done.error, "https://127.0.0.1:2/")
    contains(cli("secret", "get", "y", "@x", "-i", "-c", cert, "-k", key).error, "https://127.0.0.1:1/")
    cli("manifest", "signature", "@x").expect(USAGE, "", "@x: No such file")
    (home / "m.json").write_text("{}")
    for command in (("manifest", "update", "review", "@x", "m.json", "-i"), ("manifest", "update", "review", "@x", "-i"),
                    ("manifest", "update", "plan", "m.json", "@x", "-i"), ("recover", "request", "@x", "-i", "-o", "r")):
        contains(cli(*command).error, "https://127.0.0.1:1/")
    contains(cli("check", "@x", "--timeout", "1").error, "https://127.0.0.1:1/")
    cli("status").expect(USAGE, "", "accepts 1 arg(s), received 0")
    env = cli.environment(TAW_CONTEXT="x")
    cli("status", env=env).expect(USAGE)


def what_is_no_context_is_named(home):
    cli = Cli(home)
    directory = home / "config" / "taw" / "contexts"
    cli("context", "list").expect(OK, "")
    equal(cli("context", "list", "--format", "json").json("Contexts"), {"contexts": []}, "none")
    cli("status", "@none").expect(USAGE, "", "context none: ")
    contains(cli("status", "@none", "--format", "json").failure(USAGE, "usage"), "context none")
    for name in ("", "a/b", "..", "@a", "a" * 65):
        cli("context", "add", name, "h:1").expect(USAGE, "", "is no name of a context")
        cli("status", "@" + name).expect(USAGE, "", "is no name of a context")
    for endpoint in ("https://h", "@a", ""):
        cli("context", "add", "a", endpoint).expect(USAGE, "", "endpoint ")
    cli("context", "add", "good", "h:1").expect(OK)
    for text in ("", "{", "[]", '{"endpoint":"h:1","polcy":"/x"}', '{"policy":"/x"}', "x" * 70000):
        (directory / "bad.json").write_text(text)
        cli("status", "@bad").expect(USAGE, "", "context bad: ")
        cli("context", "show", "bad").expect(USAGE, "", "context bad: ")
        done = cli("context", "list").expect(OK, None, "Warning: context bad: ")
        equal(done.out.split(), ["good", "h:1"], "the others are listed")
    (directory / "no name.json").write_text("{}")
    cli("context", "remove", "bad").expect(OK)
    env = {name: value for name, value in cli.environment().items() if name not in ("HOME", "XDG_CONFIG_HOME")}
    for command in (("context", "list"), ("context", "add", "a", "h:1"), ("status", "@a"), ("context", "remove", "a")):
        cli(*command, env=env).expect(USAGE, "", "no configuration directory")


if __name__ == "__main__":
    taw.run(globals())
