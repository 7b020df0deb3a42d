# SPDX-License-Identifier: Apache-2.0
"""Activation with the gRPC client of the distribution: what a Marble gets, how often, and what survives what."""

import base64
import random
import signal
import socket
import ssl
import threading
import time

import activation
import h2
import taw
from activation import (DEADLINE_EXCEEDED, INVALID_ARGUMENT, PERMISSION_DENIED, UUIDS, Channel, Marble, Marbles,
                        Parameters, needs_grpc)
from taw import Coordinator, contains, equal, run_program, true

UNLIMITED = {"Parameters": {}}
EXHAUSTED = 'marble verification failed: reached max activations count (%d) for marble type "%s"'


# ---- what it gets ----

CERTIFICATES = {
    "rsa": {"Type": "cert-rsa", "Size": 2048},
    "ec224": {"Type": "cert-ecdsa", "Size": 224},
    "ec256": {"Type": "cert-ecdsa", "Size": 256},
    "ec384": {"Type": "cert-ecdsa", "Size": 384},
    "ec521": {"Type": "cert-ecdsa", "Size": 521},
    "ed25519": {"Type": "cert-ed25519"},
    "sharedcert": {"Type": "cert-ecdsa", "Size": 256, "Shared": True, "ValidFor": 7,
                   "Cert": {"Subject": {"CommonName": "shared.example"}, "DNSNames": ["shared.example"]}},
}
SYMMETRIC = {
    "shared": {"Type": "symmetric-key", "Size": 128, "Shared": True},
    "private": {"Type": "symmetric-key", "Size": 256},
    "dashed-name": {"Type": "symmetric-key", "Size": 8},
}


def files_of_certificate(name):
    return {"/%s.%s" % (name, end): "{{ pem .Secrets.%s.%s }}" % (name, part)
            for end, part in (("crt", "Cert"), ("key", "Private"), ("pub", "Public"))}


EVERYTHING = {
    "Parameters": {
        "Argv": ["./app", "", "--key={{ hex .Secrets.shared }}", "größer"],
        "Files": {
            "/plain": "just text",
            "/hex": "{{ hex .Secrets.shared }}",
            "/base64": "{{ base64 .Secrets.shared }}",
            "/raw": "{{ raw .Secrets.shared }}",
            "/private": "{{ hex .Secrets.private }}",
            "/dashed": '{{ hex (index .Secrets "dashed-name") }}',
            "/previous": "{{ hex .Previous.Secrets.private }}",
            "/binary": {"Encoding": "base64", "NoTemplates": True, "Data": base64.b64encode(b"\0{{ \xff").decode()},
            "/root": "{{ pem .MarbleRun.RootCA.Cert }}",
            "/own": "{{ pem .MarbleRun.MarbleCert.Cert }}{{ pem .MarbleRun.MarbleCert.Private }}",
            "/chain": "{{ pem .MarbleRun.CoordinatorIntermediate.Cert }}{{ pem .MarbleRun.CoordinatorRoot.Cert }}",
            **{path: text for name in CERTIFICATES for path, text in files_of_certificate(name).items()},
        },
        "Env": {
            "PLAIN": "just text",
            "SHARED": "{{ hex .Secrets.shared }}",
            "PRIVATE": "{{ hex .Secrets.private }}",
            "MARBLE_PREDEFINED_ROOT_CA": "not this one",
        },
    },
}
SMALL = {"Parameters": {"Files": {"/private": "{{ hex .Secrets.private }}", "/shared": "{{ hex .Secrets.shared }}"}}}


def everything(place):
    """A Coordinator, and what a Marble got through the real client."""
    needs_grpc()
    c = Marbles({"store": EVERYTHING}, {**CERTIFICATES, **SYMMETRIC}).start(place)
    marble = Marble()
    with Channel(c, marble) as channel:
        return c, channel.activate()


def the_real_client_gets_files_environment_and_arguments(home):
    c, got = everything(home)
    key = got.files["/raw"]
    equal(len(key), 16, "bytes of the shared key")
    equal(got.argv, ["./app", "", "--key={{ hex .Secrets.shared }}", "größer"], "arguments")
    equal(sorted(got.files), sorted(EVERYTHING["Parameters"]["Files"]), "files")
    for path, content in {"/plain": b"just text", "/hex": key.hex().encode(), "/base64": base64.b64encode(key),
                          "/binary": b"\0{{ \xff", "/previous": got.files["/private"]}.items():
        equal(got.files[path], content, path)
    equal((len(got.files["/private"]), len(got.files["/dashed"])), (64, 2), "hex digits of private keys")
    equal({name: got.env[name].decode() for name in ("PLAIN", "SHARED", "PRIVATE")},
          {"PLAIN": "just text", "SHARED": key.hex(), "PRIVATE": got.files["/private"].decode()}, "environment")
    names = ["MARBLE_CERTIFICATE_CHAIN", "PRIVATE_KEY", "COORDINATOR_ROOT_CA", "ROOT_CA"]
    equal(sorted(got.env), sorted(["PLAIN", "SHARED", "PRIVATE", *("MARBLE_PREDEFINED_" + name for name in names)]), "names")
    equal(got.predefined("ROOT_CA"), activation.marble_root(c, activation.identity("marble")), "marble root")
    leaf, intermediate = got.chain()
    equal(got.files["/root"].decode(), got.predefined("ROOT_CA"), "/root")
    equal(got.files["/own"].decode(), leaf + got.predefined("PRIVATE_KEY"), "/own")
    equal(got.files["/chain"].decode(), intermediate + got.predefined("COORDINATOR_ROOT_CA"), "/chain")
    equal(c.get("/api/v2/quote").data()["cert"], intermediate + got.predefined("COORDINATOR_ROOT_CA"), "chain of the API")
    c.stop()


def verify(home, root, cert, untrusted="", *options):
    """openssl verify, in which nothing but `root` is trusted."""
    names = {"root": root, "cert": cert, "untrusted": untrusted}
    for name, text in names.items():
        (home / name).write_text(text)
    chain = ["-untrusted", home / "untrusted"] if untrusted else []
    run_program("openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", home / "root", *chain, *options, home / "cert")


def public_key(*command):
    return run_program("openssl", *command)


def fits(home, cert, key, about):
    """The private key belongs to the certificate."""
    (home / "key").write_text(key)
    (home / "cert").write_text(cert)
    equal(public_key("pkey", "-in", home / "key", "-pubout"), public_key("x509", "-in", home / "cert", "-noout", "-pubkey"), about)


def openssl_verifies_every_chain_and_every_key_fits(home):
    c, got = everything(home)
    leaf, intermediate = got.chain()
    root, marble_root = got.predefined("COORDINATOR_ROOT_CA"), got.predefined("ROOT_CA")
    strict = ("-x509_strict",)
    verify(home, root, intermediate, "", *strict)
    verify(home, marble_root, marble_root, "", *strict)
    certs = {"leaf": (leaf, got.predefined("PRIVATE_KEY"))}
    certs.update((name, (got.files["/%s.crt" % name].decode(), got.files["/%s.key" % name].decode())) for name in CERTIFICATES)
    for name, (cert, key) in certs.items():
        host = "shared.example" if name == "sharedcert" else "localhost"
        for purpose in ("sslserver", "sslclient"):
            verify(home, marble_root, cert, "", "-purpose", purpose, "-verify_hostname", host)
        verify(home, root, cert, intermediate, "-purpose", "sslserver")
        fits(home, cert, key, name)
        if name != "leaf":
            equal(public_key("x509", "-in", home / "cert", "-noout", "-pubkey").decode(), got.files["/%s.pub" % name].decode())
    c.stop()


def the_certificate_of_a_marble_says_who_it_is(home):
    c, got = everything(home)
    (home / "leaf").write_text(got.chain()[0])
    said = run_program("openssl", "x509", "-in", home / "leaf", "-noout", "-subject", "-nameopt", "RFC2253").decode()
    equal(said.strip(), "subject=CN=%s,OU=Tests,C=DE" % UUIDS[0], "subject, without the organisation that was asked for")
    said = run_program("openssl", "x509", "-in", home / "leaf", "-noout", "-text").decode()
    for part in ("DNS:localhost, IP Address:127.0.0.1", "1.3.9903.2.1", "ecdsa-with-SHA384", "secp384r1", "CA:FALSE",
                 "Digital Signature, Key Agreement"):
        contains(said, part, "certificate")
    contains(run_program("openssl", "x509", "-in", home / "leaf", "-outform", "DER"), b"\x06\x05\x2b\xcd\x2f\x02\x01\x04\x05store")
    c.stop()


# ---- what stays the same ----

def keys_of(c, names=("store", "other", "unbound")):
    """Every derived key, by type of Marble and UUID."""
    return {(name, uuid): Marble(name, uuid).parameters(c).files["/private"] for name in names for uuid in UUIDS}


def derived_keys_are_the_same_after_restart_and_after_recovery_elsewhere(home):
    marbles = {"store": SMALL, "other": SMALL, "unbound": {**SMALL, "DisableSecretBinding": True}}
    deployment = Marbles(marbles, SYMMETRIC, scheme="threshold")
    c = deployment.start(home, machine="a")
    keys, shared = keys_of(c), Marble().parameters(c).files["/shared"]
    equal(len(set(keys.values())), 6, "each type and each UUID has its own key")
    equal(Marble(uuid="{%s}" % UUIDS[0].upper()).parameters(c).files["/private"], keys["store", UUIDS[0]], "another spelling")
    c.stop()
    c = Coordinator(home, "a").start()
    equal(keys_of(c), keys, "keys after a restart")
    c.kill()
    c = Coordinator(home, "b").start()
    code = Marble().activate(c).code
    equal(code, 9, "FAILED_PRECONDITION while it waits for its recovery")
    deployment.recover(c, ["cleo", "ben"])
    equal(keys_of(c), keys, "keys after a recovery on another machine")
    equal(Marble().parameters(c).files["/shared"], shared, "the shared key")
    c.stop()


# ---- how often ----

def limited(count):
    return {"limited": {**UNLIMITED, "MaxActivations": count}, "store": UNLIMITED}


def a_budget_holds_exactly_with_16_clients_at_once(home):
    needs_grpc()
    c = Marbles(limited(24)).start(home)
    marbles = [Marble("limited", uuid=str(number) * 8 + UUIDS[0][8:], name="marble") for number in range(4)] * 4
    barrier = threading.Barrier(len(marbles))

    def client(marble):
        outcomes = []
        with Channel(c, marble, **{"grpc.use_local_subchannel_pool": 1}) as channel:
            barrier.wait()
            for _ in range(3):
                try:
                    channel.activate()
                    outcomes.append("activated")
                except Exception as error:  # grpc.RpcError, whose class needs grpc
                    outcomes.append((error.code().value[0], error.details()))
        return outcomes

    outcomes = sum(taw.in_parallel(client, marbles, len(marbles)), [])
    equal(outcomes.count("activated"), 24, "activations")
    equal(set(outcomes) - {"activated"}, {(PERMISSION_DENIED, EXHAUSTED % (24, "limited"))}, "refusals")
    with Channel(c, Marble("store")) as channel:
        channel.activate()
    c.stop()


def activations_that_were_answered_are_counted_after_a_crash(home):
    c = Marbles(limited(6)).start(home)
    marble = Marble("limited")
    for crash in range(3):
        for _ in range(2):
            marble.parameters(c)
        c.kill()
        c = Coordinator(home).start()
    answer = marble.activate(c)
    equal((answer.code, answer.text), (PERMISSION_DENIED, EXHAUSTED % (6, "limited")))
    c.stop()


def attempts_with_a_name_are_counted_once_whatever_is_killed_meanwhile(home):
    """Each client asks until it has an answer; the Coordinator dies several times while they do."""
    attempts = 1000 if taw.SOAK else 60
    Marbles(limited(attempts)).start(home).stop()
    current, over, killed = [Coordinator(home).start()], threading.Event(), []
    marble, rng = Marble("limited"), random.Random(20261123)

    def until_answered(number):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                answer = marble.activate(current[0], [("taw-activation", "attempt %d" % number)])
            except (OSError, ssl.SSLError):
                continue  # nobody listens: the next Coordinator is about to
            if answer.code is not None:
                return answer.code
        raise AssertionError("no answer within a minute")

    def crashes():
        while not over.wait(rng.uniform(0.02, 0.06)):
            killed.append(current[0].kill())
            current[0] = Coordinator(home).start()

    killer = threading.Thread(target=crashes)
    killer.start()
    try:
        codes = taw.in_parallel(until_answered, range(attempts), 4)
    finally:
        over.set()
        killer.join()
    taw.comment("killed %d times" % len(killed))
    true(len(killed) > 1, "it was not killed often enough")
    equal(codes, [0] * attempts, "codes")
    equal(marble.activate(current[0], [("taw-activation", "one more")]).code, PERMISSION_DENIED, "the next attempt")
    equal(marble.activate(current[0], [("taw-activation", "attempt 7")]).code, 0, "an attempt that was counted")
    current[0].stop()


def an_attempt_that_is_repeated_counts_once(home):
    needs_grpc()
    c = Marbles(limited(3)).start(home)
    marble, name = Marble("limited"), [("taw-activation", "first")]
    with Channel(c, marble) as channel:
        keys = {channel.activate(metadata=name).predefined("PRIVATE_KEY") for _ in range(5)}
        equal(len(keys), 5, "each answer has a fresh key")
        channel.activate(metadata=[("taw-activation", "second")])
    c.kill()
    c = Coordinator(home).start()
    with Channel(c, marble) as channel:
        channel.activate(metadata=name)
    # Another key, or another UUID, is another Marble: nobody gets in on the name of somebody else's attempt.
    with Channel(c, Marble("limited", name="other")) as channel:
        channel.activate(metadata=name)
        equal(channel.refusal(metadata=[("taw-activation", "third")]), (PERMISSION_DENIED, EXHAUSTED % (3, "limited")))
        channel.activate(metadata=name)
    with Channel(c, Marble("limited", uuid=UUIDS[1])) as channel:
        equal(channel.refusal(metadata=name)[0], PERMISSION_DENIED)
        equal(channel.refusal(metadata=[("taw-activation", "x" * 65)])[0], INVALID_ARGUMENT)
    c.stop()


def an_attempt_whose_connection_was_cut_counts_once(home):
    count = 20
    c = Marbles(limited(count)).start(home)
    marble = Marble("limited")
    for number in range(count):
        name = [("taw-activation", "cut %d" % number)]
        connection = h2.Connection(c, marble.identity)
        connection.send(h2.call(1, marble.message, name))
        time.sleep(number % 10 * 0.001)
        connection.abort()
        equal(marble.activate(c, name).code, 0, "the repeated attempt")
    equal(marble.activate(c, [("taw-activation", "one more")]).code, PERMISSION_DENIED, "the next attempt")
    c.stop()


def calls_that_are_too_late_are_not_counted(home):
    needs_grpc()
    slow = {"MaxActivations": 1, "Parameters": {"Files": {"/key": "{{ pem .Secrets.slow.Private }}"}}}
    c = Marbles({"slow": slow, **limited(1)}, {"slow": {"Type": "cert-rsa", "Size": 3072}}).start(home)
    marble = Marble("slow")
    for late in ("0n", "0H"):
        answer = Marble("limited").activate(c, [("grpc-timeout", late)])
        equal((answer.fields[":status"], answer.code, answer.text), ("200", DEADLINE_EXCEEDED, "context deadline exceeded"), late)
    for nonsense in ("", "n", "1", "123456789n", "-1S", "1s"):
        answer = Marble("limited").activate(c, [("grpc-timeout", nonsense)])
        equal((answer.fields[":status"], answer.code), ("400", 13), "time-out %r" % nonsense)
    equal([Marble("limited").activate(c, [("grpc-timeout", time)]).code for time in ("99999999H", "30S")], [0, PERMISSION_DENIED])
    # Their time ends while a key is being made. A time-out so short that HEADERS do not leave is no test of the server:
    # gRPC's C core then resets a stream that it has not opened, which is a connection error (RFC 9113, 6.4).
    equal(marble.activate(c, [("grpc-timeout", "1000u")]).code, DEADLINE_EXCEEDED)
    with Channel(c, marble) as channel:
        channel.refusal(h2.activation("nobody", UUIDS[0], activation.csr()))  # the connection stands
        for _ in range(2):
            equal(channel.refusal(timeout=0.02), (DEADLINE_EXCEEDED, "Deadline Exceeded"))
        channel.activate()
        equal(channel.refusal(), (PERMISSION_DENIED, EXHAUSTED % (1, "slow")))
    c.stop()


# ---- the channel ----

def a_channel_serves_many_calls_one_by_one_and_at_once(home):
    needs_grpc()
    c = Marbles({"store": SMALL, "other": SMALL}, SYMMETRIC).start(home)
    one, other = Marble(), Marble("other")
    with Channel(c, one) as channel:
        keys = {channel.activate().files["/private"] for _ in range(50)}
        calls = [channel.call.future((one if number % 2 else other).message, timeout=taw.REPLY_S) for number in range(100)]
        keys_at_once = [Parameters(call.result()).files["/private"] for call in calls]
        equal(keys, set(keys_at_once[1::2]), "keys of the one")
        equal(len(set(keys_at_once[::2])), 1, "keys of the other")
        equal(channel.refusal(h2.activation("nobody", UUIDS[0], activation.csr())),
              (PERMISSION_DENIED, "marble verification failed: unknown marble type requested"))
        channel.activate()
    c.stop()


def a_channel_that_only_pings_stays_open(home):
    needs_grpc()
    import grpc

    c = Marbles({"store": UNLIMITED}).start(home)
    states = []
    options = {"grpc.keepalive_time_ms": 1000, "grpc.keepalive_timeout_ms": 500, "grpc.keepalive_permit_without_calls": 1,
               "grpc.http2.max_pings_without_data": 0}
    with Channel(c, Marble(), **options) as channel:
        channel.activate()
        channel.channel.subscribe(states.append)
        with h2.Connection(c, Marble().identity) as connection:
            for _ in range(25):
                true(connection.is_alive(), "a PING is not answered")
                time.sleep(0.1)
            connection.send(h2.call(1, Marble().message))
            equal(connection.answer().code, 0, "after its pings")
        channel.activate()
        equal(states, [grpc.ChannelConnectivity.READY], "states of the channel")
    c.stop()


def two_marbles_trust_each_other_and_nobody_else(home):
    deployment = Marbles({"store": UNLIMITED, "client": UNLIMITED})
    c = deployment.start(home)
    (home / "elsewhere").mkdir()
    other = Marbles({"client": UNLIMITED}).start(home / "elsewhere")
    contexts = {}
    for name, where, kind, side in (("server", c, "store", ssl.PROTOCOL_TLS_SERVER), ("client", c, "client", ssl.PROTOCOL_TLS_CLIENT),
                                    ("stranger", other, "client", ssl.PROTOCOL_TLS_CLIENT)):
        got = Marble(kind).parameters(where)
        pair = home / (name + ".pem")
        pair.write_text(got.predefined("PRIVATE_KEY") + got.predefined("MARBLE_CERTIFICATE_CHAIN"))
        contexts[name] = ssl.SSLContext(side)
        contexts[name].verify_mode = ssl.CERT_REQUIRED
        contexts[name].load_cert_chain(pair)
        contexts[name].load_verify_locations(cadata=got.predefined("ROOT_CA"))
    equal(talk(contexts["server"], contexts["client"]), (("hello", UUIDS[0]), "hello"))
    for client, trusts in (("stranger", False), ("stranger", True)):
        context = contexts[client]
        if trusts:  # it is the server that has to refuse
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        equal(talk(contexts["server"], context), (None, None), "somebody of another deployment")
    c.stop()
    other.stop()


def talk(server_context, client_context):
    """(what the server heard and from which common name, what the client heard); None: it was refused."""
    heard = []

    def serve():
        try:
            plain, _ = listener.accept()
            with server_context.wrap_socket(plain, server_side=True) as sock:
                names = dict(pair[0] for pair in sock.getpeercert()["subject"])
                heard.append((sock.recv(100).decode(), names["commonName"]))
                sock.sendall(b"hello")
        except (OSError, ssl.SSLError):
            heard.append(None)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            plain = socket.create_connection(listener.getsockname(), 30)
            with client_context.wrap_socket(plain, server_hostname="localhost") as sock:
                sock.sendall(b"hello")
                answer = sock.recv(100).decode() or None
        except (OSError, ssl.SSLError):
            answer = None
        thread.join()
    return heard[0], answer


# ---- the end ----

def calls_in_flight_are_finished_before_the_end(home):
    needs_grpc()
    slow = {"Parameters": {"Files": {"/key": "{{ pem .Secrets.slow.Private }}"}}}
    c = Marbles({"slow": slow, "store": UNLIMITED}, {"slow": {"Type": "cert-rsa", "Size": 3072}}).start(
        home, args=["--drain-timeout", "60000"])
    store, arriving = Marble(), Marble().message
    body = b"\0" + len(arriving).to_bytes(4, "big") + arriving
    with Channel(c, Marble("slow")) as channel, h2.Connection(c, store.identity) as half, \
            h2.Connection(c, store.identity) as idle:
        channel.activate(store.message)
        true(idle.is_alive(), "the idle connection")
        half.send(h2.open_stream(1, h2.head()) + h2.data_frames(1, body[:100], end=False))
        true(half.is_alive(), "the connection with half a request")
        call = channel.call.future(channel.marble.message, timeout=taw.REPLY_S)
        wait_for_work(c)
        c.process.send_signal(signal.SIGTERM)
        equal(idle.ends(), h2.NO_ERROR, "GOAWAY on the idle connection")
        half.send(h2.data_frames(1, body[100:]))
        Parameters(half.answer().message())
        equal(half.ends(), h2.NO_ERROR, "GOAWAY behind the answer")
        contains(Parameters(call.result()).files["/key"], b"PRIVATE KEY", "the slow answer")
    equal(c.ended(), 0, "exit status")


def wait_for_work(c):
    """Until tawd has used some more processor time: the slow call is being worked on."""
    def used():
        return sum(map(int, open("/proc/%d/stat" % c.process.pid, encoding="ascii").read().rpartition(")")[2].split()[11:13]))

    begin, until = used(), time.monotonic() + 5
    while used() < begin + 2 and time.monotonic() < until:
        time.sleep(0.002)


taw.run(globals())
