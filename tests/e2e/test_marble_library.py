# SPDX-License-Identifier: Apache-2.0
"""libtaw-marble as it is installed: found by pkg-config, compiled in C and C++, called by the example of its manual."""

import os
import pathlib
import re
import shlex
import subprocess

import taw
from marble import Fake, environment, ok
from taw import Skip, contains, equal, run_program, true

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.environ.get("TAW_BUILD", "")
CC = shlex.split(os.environ.get("TAW_CC", "cc"))
UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
TLS = {"MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN": "the chain\n", "MARBLE_PREDEFINED_PRIVATE_KEY": "the key\n",
       "MARBLE_PREDEFINED_ROOT_CA": "the root\n", "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA": "the Coordinator's root\n"}

PROBE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <taw/marble.h>

static void log_line(void *context, int level, const char *message)
{
    fprintf((FILE *)context, "log %d %s\n", level, message);
}

int main(int argc, char **argv)
{
    struct taw_marble_options options = TAW_MARBLE_OPTIONS_INIT;
    struct taw_marble_error error;
    struct taw_marble *marble = NULL;
    size_t len = 0;

    options.marble_type = "given";
    options.timeout_seconds = 0;
    options.log = log_line;
    options.log_context = stdout;
    if (taw_marble_activate(&options, &marble, &error) != TAW_MARBLE_OK) {
        printf("failed %d %d %s\n", error.result, error.grpc_status, error.message);
        return marble != NULL;
    }
    printf("uuid %s\n", taw_marble_uuid(marble));
    for (size_t i = 0; i < taw_marble_file_count(marble); i++)
        printf("file %s %zu\n", taw_marble_file(marble, i).name, taw_marble_file(marble, i).len);
    for (size_t i = 0; i < taw_marble_variable_count(marble); i++)
        printf("variable %s=%s\n", taw_marble_variable(marble, i).name, (const char *)taw_marble_variable(marble, i).value);
    for (size_t i = 0; i < taw_marble_argument_count(marble); i++)
        printf("argument %s\n", taw_marble_argument(marble, i));
    if (taw_marble_file(marble, 99).name != NULL || taw_marble_variable(marble, 99).value != NULL ||
        taw_marble_argument(marble, 99) != NULL || taw_marble_find_variable(marble, "NO") != NULL ||
        taw_marble_find_file(marble, "no", &len) != NULL)
        return 1;
    for (int i = 1; i < argc; i++) {
        const unsigned what = (unsigned)atoi(argv[i]);
        if (taw_marble_apply(marble, what, &error) != TAW_MARBLE_OK)
            printf("apply %u failed %d %s\n", what, error.result, error.message);
        else
            printf("apply %u A=%s\n", what, getenv("A") != NULL ? getenv("A") : "not set");
    }
    struct taw_marble_tls tls = TAW_MARBLE_TLS_INIT;
    if (taw_marble_get_tls(marble, &tls, &error) != TAW_MARBLE_OK)
        printf("tls failed %d %s\n", error.result, error.message);
    else
        printf("tls %s%s%s%s", tls.certificate_chain, tls.private_key, tls.root_ca, tls.coordinator_root_ca);
    tls.size = 8;
    if (taw_marble_get_tls(marble, &tls, NULL) != TAW_MARBLE_USAGE)
        return 1;
    taw_marble_free(marble);
    taw_marble_free(NULL);
    options.size = 8;
    if (taw_marble_activate(&options, &marble, &error) != TAW_MARBLE_USAGE || marble != NULL ||
        taw_marble_activate(&options, NULL, NULL) != TAW_MARBLE_USAGE)
        return 1;
    printf("version %s\n", taw_marble_version());
    return 0;
}
"""


class Installed:
    """An installed copy and what pkg-config says of it."""

    directory = None

    @classmethod
    def flags(cls):
        if not BUILD:
            raise Skip("TAW_BUILD names no build directory")
        if cls.directory is None:
            cls.directory = taw.keys.path("installed")
            run_program("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--tags", "devel,runtime",
                        "--destdir", cls.directory)
        found = list(cls.directory.rglob("taw-marble.pc"))
        equal(len(found), 1, "pkg-config files")
        env = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=str(cls.directory), PKG_CONFIG_PATH=str(found[0].parent))
        said = run_program("pkg-config", "--cflags", "--libs", "taw-marble", env=env).decode().split()
        cls.lib = next(part[2:] for part in said if part.startswith("-L"))
        return said


def sanitizer():
    name = os.environ.get("TAW_SANITIZE", "none")
    return [] if name == "none" else ["-fsanitize=" + name]


def build(home, name, source, compiler=tuple(CC)):
    flags = Installed.flags()
    suffix = ".cc" if "++" in compiler[-1] else ".c"
    (home / (name + suffix)).write_text(source)
    run_program(*compiler, "-Wall", "-Wextra", "-Werror", "-pedantic", *sanitizer(), "-o", home / name,
                home / (name + suffix), *flags)
    return home / name


def run(home, program, *arguments, port=None, **variables):
    env = environment(port, LD_LIBRARY_PATH=Installed.lib, **variables)
    done = subprocess.run([program, *map(str, arguments)], cwd=home, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60)
    said = done.stderr.decode("utf-8", "replace")
    true("Sanitizer" not in said, said)
    return done.returncode, done.stdout.decode(), said


def the_example_of_the_manual_compiles_and_runs(home):
    page = (ROOT / "man" / "libtaw-marble.3.scd").read_text()
    (source,) = [block for block in re.findall("```\n(.*?)```", page, re.S) if "int main" in block]
    program = build(home, "example", source.replace("\\\\", "\\"))
    (home / "uuid").write_text(UUID)
    with Fake(home, ok(env=TLS), "7:no way") as fake:
        equal(run(home, program, port=fake.port), (0, "Marble %s\nthe chain\n" % UUID, ""), "a success")
        status, out, said = run(home, program, port=fake.port)
    equal((status, out), (5, ""), "a refusal")
    equal(said, "the Coordinator refused the activation: PERMISSION_DENIED: no way\n")


def everything_that_was_given_can_be_asked_for(home):
    program = build(home, "probe", PROBE)
    (home / "uuid").write_text(UUID)
    with Fake(home, ok({"f": b"a\0b"}, dict(TLS, A="1"), ["x", ""])) as fake:
        status, out, said = run(home, program, 0, 1, 2, 4, port=fake.port)
        (request, _), = fake.calls()
    equal((status, said), (0, ""), out)
    equal(request[3], b"given", "type")
    lines = out.splitlines()
    for line in ("uuid " + UUID, "file f 3", "variable A=1", "argument x", "argument ", "apply 0 A=not set",
                 "apply 1 A=not set", "apply 2 A=1", "apply 4 failed 2 taw_marble_apply: unknown bits in `what`",
                 "log 2 found UUID: " + UUID, "log 2 activating marble of type given"):
        true(line in lines, "%r is not in\n%s" % (line, out))
    contains(out, "tls the chain\nthe key\nthe root\nthe Coordinator's root\nversion ")
    equal((home / "f").read_bytes(), b"a\0b")


def failures_say_why_and_print_nothing(home):
    program = build(home, "probe", PROBE)
    status, out, said = run(home, program, port=1)
    equal((status, said), (0, ""), out)
    contains(out, "failed 4 0 the Coordinator at 127.0.0.1:1 was not reachable")
    (home / "uuid").write_text("x")
    contains(run(home, program, port=1)[1], "failed 3 0 failed to unmarshal UUID: uuid: invalid UUID length: 1")
    (home / "uuid").write_text(UUID)
    with Fake(home, "9:cannot accept marbles in current state", ok({"/no\0": "x"}), ok({"no/such\n": "x"})) as fake:
        contains(run(home, program, port=fake.port)[1], "failed 5 9 the Coordinator refused the activation: FAILED_PRECON")
        contains(run(home, program, port=fake.port)[1], "failed 6 0 the Coordinator's answer: parameters: the path of file 0")
        out = run(home, program, 1, port=fake.port)[1]
    contains(out, "tls failed 6 the Coordinator's answer lacks the Marble's certificate, key or root\n")


def the_header_is_c_plus_plus_too(home):
    compiler = ("clang++",) if "clang" in CC[-1] else ("c++",)
    if subprocess.run(["which", compiler[0]], capture_output=True).returncode != 0:
        raise Skip("no C++ compiler")
    program = build(home, "plus", """
#include <taw/marble.h>
#include <cstdio>
int main()
{
    taw_marble_options options = TAW_MARBLE_OPTIONS_INIT;
    taw_marble_tls tls = TAW_MARBLE_TLS_INIT;
    std::printf("%s %d %d\\n", taw_marble_version(), options.timeout_seconds, tls.private_key == nullptr);
}
""", compiler)
    status, out, _ = run(home, program)
    equal(status, 0)
    true(re.fullmatch(r"\d+\.\d+\.\d+ -1 1\n", out), out)


def only_its_own_names_are_seen(home):
    Installed.flags()
    (library,) = Installed.directory.rglob("libtaw-marble.so.0")
    names = [line.split()[-1] for line in run_program("nm", "-D", "--defined-only", library).decode().splitlines()]
    header = (ROOT / "include" / "taw" / "marble.h").read_text()
    declared = set(re.findall(r"\b(taw_marble_\w+)\(", header)) - {"taw_marble_log_fn"}
    seen = {name.split("@")[0] for name in names if "@@" in name}
    equal(seen, declared, "exported functions")
    equal([name for name in names if "@@" not in name], ["TAW_MARBLE_0"], "other names")


if __name__ == "__main__":
    taw.run(globals())
