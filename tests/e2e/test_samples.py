# SPDX-License-Identifier: Apache-2.0
"""The pages of samples/, typed from top to bottom, with the real Redis and nginx."""

import os
import pathlib
import re
import shutil
import socket

import taw
from taw import contains, equal, true

ROOT = pathlib.Path(__file__).resolve().parents[2]
PREMAIN = os.environ["PREMAIN"]
PORTS = "4433 2001 6380 8443 9443".split()


def needs(*programs):
    missing = [name for name in programs if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")]
    if missing:
        raise taw.Skip("not installed: " + " ".join(missing))


def free_ports(count):
    """Ports that were free a moment ago, each another one."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(s.getsockname()[1]) for s in sockets]
    for s in sockets:
        s.close()
    return ports


def with_ports(text, ports):
    return re.sub(r"\b(%s)\b" % "|".join(ports), lambda found: ports[found.group()], text)


def type_page(home, name):
    """All commands of the page; what they print. Only ports, with the address that premain takes when none is given,
    and the folder in /tmp are others."""
    ports = dict(zip(PORTS, free_ports(len(PORTS))))
    top = home / "top"
    (top / "build").mkdir(parents=True)
    (top / "build/tawd").symlink_to(taw.TAWD)
    (top / "build/taw-premain").symlink_to(PREMAIN)
    shutil.copytree(ROOT / "samples", top / "samples")
    manifest = top / "samples" / name / "manifest.json"
    manifest.write_text(with_ports(manifest.read_text(), ports))
    page = (ROOT / "samples" / name / "README.md").read_text()
    commands = "".join(re.findall(r"```bash\n(.*?)```", page, re.S))
    commands = with_ports(commands.replace("/tmp/%s-sample" % name, str(home / "sample")), ports)
    end = "kill $(jobs -p)\nwait || true\n"
    return taw.bash("set -m\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + commands + end, top,
                    EDG_MARBLE_COORDINATOR_ADDR="localhost:" + ports["2001"])


def the_page_of_the_redis_sample_goes_as_it_is_written(home):
    needs("redis-server", "redis-cli")
    said = type_page(home, "redis").splitlines()
    equal([line for line in said if line in ("OK", "hello")], ["OK", "hello", "hello"], "answers of Redis")
    sealed = (home / "sample/server/data/dump.rdb.sealed").read_bytes()
    true(len(sealed) > 100 and b"REDIS" not in sealed, "the data file is encrypted")
    true(not (home / "sample/server/secrets/seal.key").exists(), "the key's file is gone")


def redis_does_not_start_with_data_that_another_deployment_sealed(home):
    needs("redis-server", "redis-cli")
    type_page(home, "redis")
    other = taw.Coordinator(home, "other").start()
    taw.run_program("curl", "-sk", "--data-binary", "@%s" % (ROOT / "samples/redis/manifest.json"),
                    "https://%s/manifest" % other.address)
    env = dict(taw.clean_environment(), EDG_MARBLE_TYPE="redis", EDG_MARBLE_COORDINATOR_ADDR="127.0.0.1:%d" % other.mesh_port)
    done = taw.subprocess.run([PREMAIN, "--", str(ROOT / "samples/redis/sealed-redis"), "data"], cwd=home / "sample/server",
                              env=env, capture_output=True, text=True, timeout=60)
    other.stop()
    equal(done.returncode, 1, "exit status: " + done.stderr)
    contains(done.stderr, "was sealed under another key")


def the_page_of_the_nginx_sample_goes_as_it_is_written(home):
    needs("nginx")
    said = type_page(home, "nginx")
    contains(said, "hello, world\n")
    true(re.search(r"^hello, Marble CN=[0-9a-f-]{36}\n400$", said, re.M), "greeting of a Marble: " + said)


taw.run(globals())
