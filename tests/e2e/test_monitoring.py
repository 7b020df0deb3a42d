# SPDX-License-Identifier: Apache-2.0
"""The monitoring port of a real tawd: metrics, events, health, readiness (docs/monitoring.md)."""

import json
import os
import pathlib
import re
import socket
import time
import uuid

import activation
import taw
from activation import Marble, Marbles
from taw import Coordinator, Deployment, contains, equal, keys, true

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAULTFS = os.environ.get("FAULTFS", "")


# ---- the port ----

class Monitored(Coordinator):
    """A Coordinator with a monitoring port on any free port."""

    def __init__(self, home, args=(), **options):
        super().__init__(home, args=["--prometheus-address", "127.0.0.1:0", *args], **options)

    def start(self):
        super().start()
        until = time.monotonic() + taw.START_S
        while time.monotonic() < until:
            found = re.search(r'"Starting the monitoring port".*?"port":(\d+)', self.log())
            if found:
                self.monitoring_port = int(found.group(1))
                return self
            time.sleep(0.004)
        raise AssertionError("no monitoring port: " + self.log()[-2000:])

    def ask(self, path, method="GET", body=b""):
        with socket.create_connection(("127.0.0.1", self.monitoring_port), taw.REPLY_S) as sock:
            head = "%s %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % (method, path, len(body))
            sock.sendall(head.encode() + body)
            return taw.read_reply(sock, head_only=method == "HEAD")

    def metrics(self):
        reply = self.ask("/metrics")
        equal((reply.status, reply.headers["content-type"]), (200, "text/plain; version=0.0.4; charset=utf-8"), "scrape")
        return Exposition(reply.body.decode("utf-8"))

    def is_healthy(self):
        reply = self.ask("/healthz")
        true(reply.status in (200, 503) and reply.body.endswith(b"\n") and reply.body.count(b"\n") == 1, "healthz: %r" % reply)
        equal(reply.status == 200, reply.body == b"ok\n", "healthz: %r" % reply)
        return reply.status == 200

    def not_ready(self):
        """Why not; None when it is ready."""
        reply = self.ask("/readyz")
        true(reply.status in (200, 503) and reply.body.count(b"\n") == 1, "readyz: %r" % reply)
        return None if (reply.status, reply.body) == (200, b"ok\n") else reply.body.decode().rstrip("\n")


# ---- a strict reader of the text exposition format 0.0.4 ----

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(r"^(%s)(?:\{(%s(?:,%s)*)\})? (\S+)$" % (NAME, LABEL, LABEL))
VALUE = re.compile(r"^([-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?|[-+]Inf|NaN)$")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


class Exposition:
    """types: family to type; samples: (name, frozenset of labels) to value. Anything odd fails."""

    def __init__(self, text):
        self.text, self.types, self.samples, helped = text, {}, {}, set()
        true(text.endswith("\n") and "\r" not in text, "lines end with a line feed")
        family = None
        for line in text[:-1].split("\n"):
            if line.startswith("# HELP "):
                family = line.split(" ")[2]
                true(re.fullmatch(NAME, family) and family not in helped, "HELP: " + line)
                helped.add(family)
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                true(name == family and name not in self.types and kind in SUFFIXES, "TYPE: " + line)
                self.types[name] = kind
            else:
                self.take(line, family)
        for name, kind in self.types.items():
            if kind == "histogram":
                self.check_histogram(name)

    def take(self, line, family):
        found = SAMPLE.match(line)
        true(found and VALUE.match(found.group(found.lastindex)), "no sample: " + line[:300])
        name, value = found.group(1), float(found.group(found.lastindex))
        true(family in self.types and name in [family + suffix for suffix in SUFFIXES[self.types[family]]],
             "a sample outside of its family: " + line[:300])
        pairs = re.findall(LABEL, found.group(2) or "")
        equal(len({label for label, _ in pairs}), len(pairs), "labels of " + line[:300])
        key = (name, frozenset(pairs))
        true(key not in self.samples, "a series twice: " + line[:300])
        true(self.types[family] == "gauge" or value >= 0, "a negative counter: " + line[:300])
        self.samples[key] = value

    def check_histogram(self, name):
        groups = {}
        for (sample, labels), value in self.samples.items():
            if sample == name + "_bucket":
                rest = frozenset(pair for pair in labels if pair[0] != "le")
                groups.setdefault(rest, []).append((float(dict(labels)["le"]), value))
        for rest, buckets in groups.items():
            buckets.sort()
            counts = [count for _, count in buckets]
            equal(counts, sorted(counts), "buckets of " + name)
            equal(buckets[-1][0], float("inf"), "last bucket of " + name)
            equal(self.samples[(name + "_count", rest)], counts[-1], "count of " + name)
            true((name + "_sum", rest) in self.samples, "sum of " + name)

    def value(self, name, **labels):
        return self.samples.get((name, frozenset(labels.items())))

    def series(self, name):
        return [dict(labels) for sample, labels in self.samples if sample == name]


def listed_metrics():
    """What docs/monitoring.md lists: name to type."""
    rows = re.findall(r"^\| `([a-z_]+)` \| (counter|gauge|histogram) \|", (ROOT / "docs/monitoring.md").read_text(), re.M)
    equal(len(dict(rows)), len(rows), "a metric is listed twice")
    return dict(rows)


class Busy(Deployment):
    """One with a Marble and everything else that metrics tell about."""

    def content(self, name):
        manifest = super().content(name)
        manifest["Secrets"]["site"] = {"Type": "cert-ecdsa", "Size": 256, "Shared": True, "ValidFor": 7,
                                       "Cert": {"Subject": {"CommonName": "site"}}}
        manifest["Secrets"]["own"] = {"Type": "cert-ecdsa", "Size": 256, "ValidFor": 3}
        manifest["Marbles"]["few"] = {"Package": "backend", "MaxActivations": 1}
        return manifest


# What only a TEE, or collateral by Intel or AMD, makes; the unit tests of attestation/ look at them.
NOT_IN_SIMULATION = {"taw_evidence_total", "taw_collateral_expiry_timestamp_seconds"}


# ---- the tests ----

def every_listed_metric_is_served_with_its_type_and_nothing_else_is(home):
    deployment = Busy("single")
    collateral = home / "collateral"
    collateral.mkdir()
    (collateral / "bad.json").write_text("{")
    c = Monitored(home, args=["--collateral-dir", str(collateral)]).start()
    equal(deployment.set(c).status, 200)
    Marble().parameters(c)
    equal(Marble("few").activate(c).code, activation.OK)
    equal(Marble("few", activation.UUIDS[1]).activate(c).code, activation.PERMISSION_DENIED)
    m, wanted = c.metrics(), listed_metrics()
    got = m.types
    equal(m.value("taw_marble_activations_total", type="few", result="ok"), 1)
    equal(m.value("taw_marble_activations_total", type="few", result="budget"), 1)
    equal({name: kind for name, kind in got.items() if wanted.get(name) != kind}, {}, "served but not listed so")
    equal(sorted(set(wanted) - set(got)), sorted(NOT_IN_SIMULATION), "listed but not served")
    equal(m.value("taw_collateral_bundles"), 0)
    equal(m.value("taw_collateral_refused", reason="collateral_format", file="bad.json"), 1)
    c.stop()


def requests_are_counted_by_path_method_and_code(home):
    c = Monitored(home).start()
    for _ in range(3):
        c.get("/api/v2/status").data()
    equal(c.request("PUT", "/status").status, 405)
    equal(c.request("FROB", "/status").status, 405)
    equal(c.request("GET", "/secrets").status, 401)
    equal(c.get("/no/such/path").status, 405)
    equal(c.get("/status/").status, 405)
    m, name = c.metrics(), "server_client_api_http_request_total"
    equal(m.value(name, code="200", method="get", path="/api/v2/status"), 3)
    equal(m.value(name, code="405", method="put", path="/status"), 1)
    equal(m.value(name, code="405", method="unknown", path="/status"), 1)
    equal(m.value(name, code="401", method="get", path="/secrets"), 1)
    equal(len(m.series(name)), 4, "series")
    equal({labels["path"] for labels in m.series(name)}, {"/api/v2/status", "/status", "/secrets"})
    equal(m.value("server_client_api_http_request_duration_histogram_seconds_count", method="get", path="/api/v2/status"), 3)
    equal(m.value("server_client_api_http_request_size_histogram_bytes_count", path="/status"), 2)
    equal(m.value("server_client_api_http_in_flight_requests", path="/status"), 0)
    equal(m.value("taw_connections_total", listener="client"), 8)
    equal(m.value("taw_requests_in_flight", listener="client"), 0)
    equal(m.value("taw_requests_in_flight", listener="monitoring"), 1)
    equal(m.value("taw_connections_total", listener="marble"), 0)
    c.stop()


def the_monitoring_port_changes_nothing_on_the_client_port(home):
    c, plain = Monitored(home / "a"), Coordinator(home / "b")
    (home / "a").mkdir()
    (home / "b").mkdir()
    c.start()
    plain.start()
    for method, path in (("GET", "/metrics"), ("GET", "/events"), ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/nope"),
                         ("POST", "/api/v2/status"), ("GET", "/api/v2/status"), ("GET", "//status"),
                         ("GET", "/api/v2/manifest"), ("POST", "/api/v2/update")):
        one, other = c.request(method, path), plain.request(method, path)
        equal((one.status, one.body), (other.status, other.body), "%s %s" % (method, path))
        equal(sorted(one.headers), sorted(other.headers), "headers of %s %s" % (method, path))
    equal(c.get("/nope").status, 405, "an unregistered path")
    c.stop()
    plain.stop()


def other_paths_are_not_found_and_any_method_works(home):
    c = Monitored(home).start()
    for path in ("/", "/nope", "/metrics/", "/Metrics", "/status", "/api/v2/status"):
        reply = c.ask(path)
        equal((reply.status, reply.body), (404, b"404 page not found\n"), path)
        equal(reply.headers["content-type"], "text/plain; charset=utf-8", path)
    for method in ("GET", "POST", "PUT", "DELETE", "FROB"):
        equal(c.ask("/events", method, b"ignored").body, b"null\n", method + " /events")
        contains(c.ask("/metrics", method, b"ignored").body.decode(), "\ncoordinator_state 2\n", method + " /metrics")
    equal(c.ask("/metrics", "HEAD").status, 200)
    equal(c.ask("/metrics?name[]=x").status, 200)
    equal(c.ask("/events", "POST", b"x" * 100000).status, 413, "a large body")
    c.stop()


def activations_are_events_with_the_uuid_as_it_was_sent(home):
    deployment = Busy("none")
    c = Monitored(home).start()
    equal(deployment.set(c).status, 200)
    first, second = Marble("store", activation.UUIDS[0]), Marble("store", activation.UUIDS[1].upper())
    second.message = second.message + b"\x0a\x05quote"
    first.parameters(c)
    equal(Marble("nope").activate(c).code, activation.PERMISSION_DENIED)
    second.parameters(c)
    reply = c.ask("/events")
    equal(reply.headers["content-type"], "application/json")
    events = reply.json()
    for event in events:
        true(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?(Z|[-+]\d\d:\d\d)", event.pop("time")), "time")
    equal(events, [{"activation": {"marbleType": "store", "uuid": activation.UUIDS[0], "quote": None}},
                   {"activation": {"marbleType": "store", "uuid": activation.UUIDS[1].upper(), "quote": taw.b64(b"quote")}}])
    m = c.metrics()
    for name in ("coordinator_marble_activations_total", "coordinator_marble_activations_success_total"):
        equal(m.value(name, type="store", uuid=activation.UUIDS[0]), 1, name)
        equal(m.value(name, type="store", uuid=activation.UUIDS[1].upper()), 1, name)
    equal(m.value("coordinator_marble_activations_total", type="unknown", uuid="other"), 1)
    equal(m.value("taw_marble_activations_total", type="store", result="ok"), 2)
    equal(m.value("taw_marble_activations_total", type="unknown", result="denied"), 1)
    method = {"grpc_method": "Activate", "grpc_service": "rpc.Marble", "grpc_type": "unary"}
    equal(m.value("grpc_server_handled_total", grpc_code="OK", **method), 2)
    equal(m.value("grpc_server_handled_total", grpc_code="PermissionDenied", **method), 1)
    equal(m.value("grpc_server_started_total", **method), 3)
    equal(m.value("grpc_server_msg_sent_total", **method), 2)
    equal(len(m.series("grpc_server_handled_total")), 17, "gRPC codes")
    c.stop()


def hostile_names_add_no_series(home):
    """5,000 Marbles that are refused, and more that are activated than there are series."""
    deployment = Busy("none")
    c = Monitored(home).start()
    equal(deployment.set(c).status, 200)
    honest = Marble()
    honest.parameters(c)
    before = len(c.metrics().samples)
    request = activation.csr()
    refused, accepted = 5000, 1100
    with activation.h2.Connection(c, honest.identity) as connection:
        def call(number, kind, name):
            connection.send(activation.h2.call(2 * number + 1, activation.h2.activation(kind, name, request)))
            return connection.answer(2 * number + 1).code
        for i in range(0, refused, 2):
            equal(call(i, "type\"} 1\n%d" % i, str(uuid.uuid4())), activation.PERMISSION_DENIED, "an unknown type")
            equal(call(i + 1, "store", "no-uuid-%d" % i), activation.INVALID_ARGUMENT, "no UUID")
        m = c.metrics()
        true(len(m.samples) <= before + 5, "%d series more" % (len(m.samples) - before))
        equal(m.value("coordinator_marble_activations_total", type="unknown", uuid="other"), refused / 2)
        equal(m.value("coordinator_marble_activations_total", type="store", uuid="other"), refused / 2)
        for i in range(accepted):
            equal(call(refused + i, "store", str(uuid.UUID(int=i + 1))), activation.OK, "activation %d" % i)
    m = c.metrics()
    name = "coordinator_marble_activations_success_total"
    equal(len(m.series(name)), 1000 + 1, "series of successes")
    equal(m.value(name, type="store", uuid="other"), accepted + 1 - 1000)
    equal(m.value("taw_marble_activations_total", type="store", result="ok"), accepted + 1)
    equal(len(c.ask("/events").json()), accepted + 1, "events")
    c.stop()


def scrapes_and_activations_go_on_side_by_side(home):
    deployment = Busy("none")
    c = Monitored(home).start()
    equal(deployment.set(c).status, 200)
    honest, until = Marble(), time.monotonic() + (4 if activation.SANITIZED else 1)
    with activation.Honest(c, honest) as meanwhile:
        before = 0
        while time.monotonic() < until:
            count = c.metrics().value("taw_marble_activations_total", type="store", result="ok") or 0
            true(count >= before, "a counter fell")
            before = count
            c.ask("/events").json()
            c.not_ready()
    equal(c.metrics().value("taw_marble_activations_total", type="store", result="ok"), meanwhile.count)
    c.stop()


def a_fresh_coordinator_is_alive_but_ready_only_with_a_manifest(home):
    deployment = Busy("single")
    c = Monitored(home).start()
    true(c.is_healthy(), "healthy")
    equal(c.not_ready(), "waiting for a manifest")
    equal(deployment.set(c).status, 200)
    true(c.is_healthy(), "healthy")
    equal(c.not_ready(), None)
    m = c.metrics()
    equal(m.value("coordinator_state"), 3)
    equal(m.value("taw_recovering"), 0)
    equal(m.value("taw_users"), 1)
    equal(m.value("taw_key_generation"), 1)
    equal(m.value("taw_commits_total", result="ok"), 1)
    true(m.value("taw_snapshot_bytes") > 1000 and m.value("taw_state_values") > 10, "sizes")
    day = 86400
    true(29 * day < m.value("taw_user_certificate_first_expires_in_seconds") <= 30 * day, "user")
    equal(len(m.series("taw_secret_certificate_expires_in_seconds")), 1, "certificates of secrets")
    true(6.9 * day < m.value("taw_secret_certificate_expires_in_seconds", secret="site") <= 7 * day, "secret")
    true(m.value("taw_certificate_expires_in_seconds", certificate="root") > 100000 * day, "root")
    c.stop()


def in_recovery_mode_it_is_alive_but_not_ready(home):
    deployment = Deployment("threshold")
    c = Monitored(home).start()
    equal(deployment.set(c).status, 200)
    c.stop()
    c = Monitored(home, machine="b").start()
    true(c.is_healthy(), "healthy")
    contains(c.not_ready(), "recovery mode")
    m = c.metrics()
    equal((m.value("coordinator_state"), m.value("taw_recovering")), (1, 1))
    equal((m.value("taw_recovery_shares_needed"), m.value("taw_recovery_shares_accepted")), (2, 0))
    c.post("/api/v2/recover", deployment.upload("anna")).data()
    equal(c.metrics().value("taw_recovery_shares_accepted"), 1)
    c.post("/api/v2/recover", deployment.upload("ben")).data()
    equal(c.not_ready(), None)
    m = c.metrics()
    equal((m.value("taw_recovering"), m.value("taw_recoveries_total")), (0, 1))
    equal((m.value("taw_recovery_shares_needed"), m.value("taw_recovery_shares_accepted")), (0, 0))
    true(abs(m.value("taw_last_recovery_timestamp_seconds") - time.time()) < 600, "last recovery")
    c.stop()


def while_it_stops_it_answers_that_it_is_not_ready(home):
    c = Monitored(home, args=["--drain-timeout", "20000"]).start()
    equal(Deployment("none").set(c).status, 200)
    with c.connect() as sock:
        sock.sendall(b"GET /status HTTP/1.1\r\nhost: x\r\n")  # begun: it may still be finished
        while c.metrics().value("taw_connections_open", listener="client") != 1:
            time.sleep(0.01)
        time.sleep(0.1)
        c.process.terminate()
        until = time.monotonic() + taw.REPLY_S
        while c.not_ready() is None and time.monotonic() < until:
            time.sleep(0.01)
        equal(c.not_ready(), "stopping")
        true(c.is_healthy(), "alive while it stops")
        sock.sendall(b"\r\n")
        equal(taw.read_reply(sock).status, 200, "the request that had begun")
    equal(c.ended(), 0, "exit status")


def a_commit_that_hangs_is_no_health(home):
    if not FAULTFS or activation.SANITIZED:
        raise taw.Skip("no FAULTFS, or a sanitizer that wants to be the first library")
    calm = home / "calm"
    calm.touch()
    env = {"LD_PRELOAD": FAULTFS, "FAULTFS_DIR": str(home / "state"), "FAULTFS_UNTIL": str(calm), "FAULTFS_AT": "1",
           "FAULTFS_FOR": "1000000", "FAULTFS_DO": "hang"}
    deployment = taw.UploadDeployment("none")
    c = Monitored(home, args=["--stuck-after", "300"], env=env).start()
    equal(deployment.set(c).status, 200)
    calm.unlink()
    with taw.concurrent.futures.ThreadPoolExecutor(1) as pool:
        upload = pool.submit(deployment.upload_values, c, b"x" * 32)
        until = time.monotonic() + taw.REPLY_S
        while c.is_healthy() and time.monotonic() < until:
            time.sleep(0.02)
        contains(c.ask("/healthz").body.decode(), "waiting for the disk")
        equal(c.not_ready(), None, "it still activates Marbles")
        calm.touch()
        upload.result().data()
    until = time.monotonic() + taw.REPLY_S
    while not c.is_healthy() and time.monotonic() < until:
        time.sleep(0.02)
    true(c.is_healthy(), "healthy again")
    c.stop()


def failed_commits_are_counted(home):
    if not FAULTFS or activation.SANITIZED:
        raise taw.Skip("no FAULTFS, or a sanitizer that wants to be the first library")
    calm = home / "calm"
    calm.touch()
    env = {"LD_PRELOAD": FAULTFS, "FAULTFS_DIR": str(home / "state"), "FAULTFS_UNTIL": str(calm), "FAULTFS_AT": "1",
           "FAULTFS_FOR": "1000000", "FAULTFS_DO": "EIO"}
    deployment = taw.UploadDeployment("none")
    c = Monitored(home, env=env).start()
    equal(deployment.set(c).status, 200)
    deployment.upload_values(c, b"1" * 32).data()
    sizes = c.metrics()
    true(sizes.value("taw_journal_bytes") > 0 and sizes.value("taw_journal_segments") == 1, "the journal")
    calm.unlink()
    equal(deployment.upload_values(c, b"2" * 32).status, 500)
    calm.touch()
    m = c.metrics()
    equal((m.value("taw_commits_total", result="ok"), m.value("taw_commits_total", result="failed")), (2, 1))
    equal(m.value("taw_commit_group_size_count"), 2)
    equal(m.value("taw_journal_bytes"), sizes.value("taw_journal_bytes"))
    c.stop()


def handshake_failures_and_malformed_requests_are_counted(home):
    c = Monitored(home).start()
    with socket.create_connection(("127.0.0.1", c.port), taw.REPLY_S) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while sock.recv(4096):
            pass
    equal(c.raw(b"GET /status HTTP/9.9\r\n\r\n")[0].status, 505)
    m = c.metrics()
    equal(m.value("taw_tls_handshake_failures_total", listener="client"), 1)
    equal(m.value("taw_tls_handshake_failures_total", listener="marble"), 0)
    equal(m.value("taw_requests_malformed_total", listener="client"), 1)
    c.stop()


def who_takes_all_connections_that_he_gets_keeps_nobody_out(home):
    c = Monitored(home).start()
    address = ("127.0.0.1", c.monitoring_port)
    taken = [socket.create_connection(address, taw.REPLY_S, ("127.0.0.2", 0)) for _ in range(40)]
    true(c.is_healthy(), "asked from another address")
    equal(c.code(), taw.FRESH)
    equal(c.metrics().value("taw_connections_refused_total", listener="monitoring"), 32)
    for sock in taken:
        sock.close()
    c.stop()


def no_secret_and_no_name_of_a_user_or_holder_is_shown(home):
    deployment = Busy("threshold")
    c = Monitored(home).start()
    equal(deployment.set(c).status, 200)
    Marble().parameters(c)
    c.stop()
    c = Monitored(home, machine="b").start()
    deployment.recover(c)
    Marble().parameters(c)
    shown = c.ask("/metrics").body + c.ask("/events").body + c.ask("/readyz").body
    for name in ("alice", "anna", "ben", "cleo", "dora"):
        true(name.encode() not in shown, name)
    c.stop()


def without_the_option_there_is_no_monitoring_port(home):
    c = Coordinator(home).start()
    true("monitoring port" not in c.log(), "the log")
    c.stop()


def an_address_that_is_taken_ends_the_start(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        c = Coordinator(home, args=["--prometheus-address", "127.0.0.1:%d" % taken.getsockname()[1]]).launch()
        equal(c.ended(), 3, "exit status")
        contains(c.log(), "monitoring port: listening on")


# ---- dashboard and alerts ----

def names_in(expression):
    """The metrics of a PromQL expression, without labels, functions and keywords."""
    text = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", expression)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right) *\([^)]*\)", " ", text)
    return set(re.findall(r"\b(?:taw|coordinator|server|grpc|promhttp)_[a-z_]+\b", text))


def expressions_of(value):
    """All of "expr" anywhere in JSON."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name in ("expr", "query") and isinstance(part, str):
                yield part
            else:
                yield from expressions_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from expressions_of(part)


def served_names():
    served = set()
    for name, kind in listed_metrics().items():
        served |= {name + suffix for suffix in SUFFIXES[kind]}
    return served


def dashboard_and_alerts_use_only_metrics_that_are_served(home):
    dashboard = json.loads((ROOT / "contrib/grafana/taw.json").read_text())
    alerts = (ROOT / "contrib/prometheus/taw-alerts.yml").read_text()
    drawn, alarmed = list(expressions_of(dashboard)), re.findall(r"^ +expr: (.*)$", alerts, re.M)
    true(len(drawn) >= 12 and len(alarmed) >= 7, "%d panels, %d alerts" % (len(drawn), len(alarmed)))
    equal(alerts.count("- alert:"), len(alarmed), "each alert has one line with its expression")
    used = set().union(*map(names_in, drawn + alarmed))
    true(len(used) >= 15, "metrics used: %r" % used)
    equal(sorted(used - served_names()), [], "used but not served")
    for expression in drawn + alarmed:
        equal(expression.count("("), expression.count(")"), expression)
    taw.comment("%d metrics used of %d" % (len(used), len(listed_metrics())))


taw.run(globals())
