# SPDX-License-Identifier: Apache-2.0
"""Recovery by one or several key holders: what is refused, what stays, what is counted, what comes back."""

import hashlib
import json
import random
import shutil
import threading

import taw
from taw import FRESH, RECOVERY, RUNNING, Coordinator, Deployment, contains, equal, recovering_as, true

NAMES = {"none": "none", "page": "single", "single": "single", "xor": "xor", "threshold": "shamir"}  # in recover/status


def lost_machine(home, scheme, **options):
    """A deployment whose machine is gone: (deployment, facts from before, the Coordinator that waits)."""
    deployment = Deployment(scheme, **options)
    a = Coordinator(home, "a").start()
    equal(deployment.set(a).status, 200, "reply to the manifest")
    facts = deployment.facts(a)
    a.stop()
    return deployment, facts, Coordinator(home, "b").start()


def files_of(c):
    """What is on the disk: name to hash, the lock left out."""
    return {str(path.relative_to(c.state)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in c.state.rglob("*") if path.is_file() and path.name != "lock"}


def is_open(c, deployment, facts, lines=("Initial manifest set", "Coordinator recovered")):
    equal(c.code(), RUNNING, "status")
    equal(deployment.facts(c), facts, "root certificate, manifest and secrets")
    equal(deployment.log_lines(c), list(lines), "update log")


def refused(c, upload, part, status=500):
    reply = c.post("/api/v2/recover", upload)
    equal(reply.status, status, "status: %r" % reply)
    contains(reply.message(), part, "message")


def accepted(c, upload, remaining):
    equal(c.post("/api/v2/recover", upload).data()["remaining"], remaining, "remaining")


# ---- several holders ----

def several_holders(home, scheme, **options):
    deployment, facts, c = lost_machine(home, scheme, **options)
    other = Deployment(scheme, "other", **options)
    (home / "elsewhere").mkdir()
    d = Coordinator(home / "elsewhere").start()
    other.set(d).data()
    d.stop()
    holders, needed, before = deployment.holders, deployment.needed(), files_of(c)
    size = len(deployment.shares[holders[0]])
    session = recovering_as(c, NAMES[scheme], needed, [], holders)

    first, second = holders[0], holders[1]
    wrong = bytes(size)
    refused(c, deployment.upload(first, share=wrong), "belongs to no holder")
    refused(c, deployment.upload(first, share=other.shares[first]), "belongs to no holder")
    refused(c, deployment.upload(first, signer=second), '"%s"' % first)
    refused(c, deployment.upload(first, signature=b""), "not signed")
    refused(c, deployment.upload(first, signature=bytes(256)), '"%s"' % first)
    refused(c, deployment.upload(first, share=bytes(31), signature=bytes(256)), "decrypt", status=400)
    equal(recovering_as(c, NAMES[scheme], needed, [], holders), session, "session")

    accepted(c, deployment.upload(first), needed - 1)
    recovering_as(c, NAMES[scheme], needed, [first], holders[1:])
    refused(c, deployment.upload(first), 'already used: the secret of "%s"' % first)
    refused(c, deployment.upload(second, share=wrong), "belongs to no holder")
    refused(c, deployment.upload(second, share=other.shares[second]), "belongs to no holder")
    refused(c, deployment.upload(second, signer=first), '"%s"' % second)
    equal(recovering_as(c, NAMES[scheme], needed, [first], holders[1:]), session, "session")

    given = [first]
    for left, holder in zip(range(needed - 2, -1, -1), reversed(holders[1:])):
        equal(files_of(c), before, "files before the recovery is complete")
        accepted(c, deployment.upload(holder), left)
        given.append(holder)
        if left > 0:
            equal(recovering_as(c, NAMES[scheme], needed, given, [name for name in holders if name not in given]), session, "session")
    is_open(c, deployment, facts)
    equal(c.get("/api/v2/recovery/secrets", deployment.user).data()["recoverySecrets"], deployment.reply.data()["RecoverySecrets"],
          "recovery secrets, fetched again")
    record = c.get("/api/v2/recover/status").data()
    equal((record["recovering"], record["recoveries"], record["withoutProof"]), (False, 1, False), "record of the recovery")
    c.stop()


def all_holders_together_recover_and_nobody_else_disturbs_them(home):
    several_holders(home, "xor")


def enough_holders_recover_and_nobody_else_disturbs_them(home):
    several_holders(home, "threshold")


def a_threshold_of_three_counts_exactly(home):
    several_holders(home, "threshold", holders=["anna", "ben", "cleo", "dora", "emil"], threshold=3)


def any_two_of_four_holders_suffice(home):
    deployment, facts, c = lost_machine(home, "threshold")
    c.stop()
    pairs = [(one, two) for one in deployment.holders for two in deployment.holders if one < two]
    for number, pair in enumerate(pairs):
        place = home / str(number)
        place.mkdir()
        shutil.copytree(c.state, place / "state")
        d = Coordinator(place, "b").start()
        deployment.recover(d, pair)
        is_open(d, deployment, facts)
        d.stop()


def holders_who_upload_at_once_are_all_counted(home):
    deployment, facts, c = lost_machine(home, "xor")
    uploads = [deployment.upload(name) for name in deployment.holders] * 5
    barrier, replies = threading.Barrier(len(uploads)), []

    def send(upload):
        barrier.wait()
        replies.append(c.post("/api/v2/recover", upload))

    taw.in_parallel(send, uploads, len(uploads))
    good = sorted(reply.data()["remaining"] for reply in replies if reply.status == 200)
    equal(good, [0, 1, 2], "what was left after the uploads that were accepted")
    equal({reply.status for reply in replies}, {200, 500}, "status codes")
    is_open(c, deployment, facts)
    c.stop()


def a_restart_forgets_what_was_uploaded_and_says_so(home):
    deployment, facts, c = lost_machine(home, "xor")
    session = recovering_as(c, "xor", 3, [], deployment.holders)
    accepted(c, deployment.upload("anna"), 2)
    accepted(c, deployment.upload("ben"), 1)
    c.stop()
    c = Coordinator(home, "b").start()
    true(recovering_as(c, "xor", 3, [], deployment.holders) != session, "another session")
    accepted(c, deployment.upload("cleo"), 2)
    accepted(c, deployment.upload("anna"), 1)
    accepted(c, deployment.upload("ben"), 0)
    is_open(c, deployment, facts)
    c.stop()


# ---- one holder ----

def one_holder(home, scheme):
    deployment, facts, c = lost_machine(home, scheme)
    (name,) = deployment.holders
    share = deployment.shares[name]
    before = files_of(c)
    refused(c, deployment.upload(name, share=bytes(len(share))), "belongs to no holder")
    refused(c, deployment.upload(name, signature=rsa_of("ben", share)), '"%s"' % name)
    refused(c, deployment.upload(name, signature=b""), "not signed")
    recovering_as(c, "single", 1, [], [name])
    equal(files_of(c), before, "files")
    return deployment, facts, c, name


def rsa_of(name, share):
    return taw.rsa_sign(taw.keys.rsa(name), share)


def a_single_holder_recovers_with_a_signature_and_not_without(home):
    deployment, facts, c, name = one_holder(home, "single")
    reply = c.post("/recover", deployment.shares[name])
    equal(reply.status, 410, "an unsigned upload for a state that wants signed ones")
    contains(reply.message(), "/api/v2/recover")
    accepted(c, deployment.upload(name), 0)
    is_open(c, deployment, facts)
    c.stop()


def the_holder_of_the_page_may_sign_too(home):
    deployment, facts, c, name = one_holder(home, "page")
    accepted(c, deployment.upload(name), 0)
    is_open(c, deployment, facts)
    true("without proof" not in c.get("/api/v2/status").data()["message"], "a signed recovery has a proof")
    c.stop()


def without_recovery_keys_nothing_recovers(home):
    deployment, _, c = lost_machine(home, "none")
    recovering_as(c, "none", 0, [], [])
    refused(c, deployment.upload("anna", share=bytes(32)), "no recovery keys")
    equal(c.post("/recover", bytes(32)).status, 410, "an unsigned upload")
    equal(c.code(), RECOVERY, "status")
    c.stop()


def encrypted_shares_open_a_state_of_several_holders(home):
    deployment, facts, c = lost_machine(home, "xor")
    key = home / "ephemeral.der"
    refused(c, deployment.upload("anna", share=bytes(512), signature=bytes(256)), "decrypt", status=400)
    key.write_bytes(taw.unb64(c.get("/api/v2/recover/public-key").data()["ephemeralPublicKey"]))
    refused(c, deployment.upload("anna", share=bytes(512), signature=bytes(256)), "decrypt", status=400)
    for left, name in zip((2, 1, 0), deployment.holders):
        encrypted = taw.oaep_encrypt(key, deployment.shares[name])
        upload = dict(deployment.upload(name), recoverySecret=taw.b64(encrypted))
        accepted(c, upload, left)
    is_open(c, deployment, facts)
    c.stop()


# ---- uploads of every length, in every scheme and phase ----

LENGTHS = (0, 15, 16, 17, 32, 33, 20480, 20481)
READ = 20480  # bytes of an upload that are looked at


def expected_v2(length, body):
    """400: not JSON, or not to be decrypted; 500: judged and refused, or not in this phase."""
    return 500 if len(body) <= READ and length in (16, 32, 33) else 400


def expected_page(scheme, phase):
    return 500 if scheme == "page" and phase != FRESH else 410


def uploads_of_every_length(c, scheme, phase):
    signature = rsa_of("anna", bytes(32))
    before = files_of(c), c.get("/api/v2/recover/status").body
    for length in LENGTHS:
        about = "%s, phase %d, %d bytes" % (scheme, phase, length)
        body = json.dumps({"recoverySecret": taw.b64(bytes(length)), "recoverySecretSignature": taw.b64(signature)}).encode()
        equal(c.post("/api/v2/recover", body).status, expected_v2(length, body), "signed, " + about)
        equal(c.post("/recover", bytes(length)).status, expected_page(scheme, phase), "unsigned, " + about)
        equal(c.post("/api/v2/recover", bytes(length)).status, 400, "raw bytes to the signed endpoint, " + about)
        whole = json.dumps({"recoverySecret": taw.b64(bytes(32)), "recoverySecretSignature": taw.b64(signature)})
        if length > len(whole):
            padded = whole[:-1].encode() + b" " * (length - len(whole)) + b"}"
            equal(c.post("/api/v2/recover", padded).status, 500 if length <= READ else 400, "a document of this length, " + about)
    equal((files_of(c), c.get("/api/v2/recover/status").body), before, "state after uploads")
    equal(c.code(), phase, "status after uploads")


def uploads_of_every_length_change_nothing(home):
    for scheme in ("none", "page", "single", "xor", "threshold"):
        place = home / scheme
        place.mkdir()
        deployment = Deployment(scheme)
        c = Coordinator(place, "a").start()
        uploads_of_every_length(c, scheme, FRESH)
        equal(deployment.set(c).status, 200, "reply to the manifest")
        facts = deployment.facts(c)
        uploads_of_every_length(c, scheme, RUNNING)
        c.stop()
        c = Coordinator(place, "b").start()
        uploads_of_every_length(c, scheme, RECOVERY)
        if scheme in ("xor", "threshold"):
            accepted(c, deployment.upload("ben"), deployment.needed() - 1)
            uploads_of_every_length(c, scheme, RECOVERY)
            deployment.recover(c, [name for name in deployment.holders if name != "ben"][:deployment.needed() - 1])
        elif scheme != "none":
            deployment.recover(c)
        if scheme != "none":
            equal(deployment.facts(c), facts, "facts after the recovery")
        c.stop()


# ---- random uploads ----

def random_upload(rng, deployment):
    """Something that is no accepted upload: path and body."""
    name = rng.choice(deployment.holders)
    share = bytearray(deployment.shares[name])
    share[rng.randrange(len(share))] ^= 1 << rng.randrange(8)
    kind = rng.randrange(8)
    if kind == 0:
        return "/api/v2/recover", rng.randbytes(rng.randrange(200))
    if kind == 1:
        return "/recover", rng.randbytes(rng.choice((16, 32, 33, rng.randrange(600))))
    if kind == 2:
        upload = json.dumps(deployment.upload(name, signature=rng.randbytes(256))).encode()
        return "/api/v2/recover", upload[:rng.randrange(len(upload))]
    if kind == 3:
        return "/api/v2/recover", deployment.upload(name, share=bytes(share), signature=rng.randbytes(256))
    if kind == 4:
        return "/api/v2/recover", deployment.upload(name, signature=rng.randbytes(rng.choice((0, 1, 255, 256, 257, 512))))
    if kind == 5:
        length = rng.choice((16, 32, 33, 256, 512, rng.randrange(600)))
        return "/api/v2/recover", deployment.upload(name, share=rng.randbytes(length), signature=rng.randbytes(256))
    if kind == 6:
        signature = rng.choice((None, [], [256], {}, 1, "?"))
        return "/api/v2/recover", {"recoverySecret": list(share), "recoverySecretSignature": signature}
    member = rng.choice(("recoverySecret", "recoverysecret", "x"))
    return "/api/v2/recover", {member: rng.choice((None, True, "", "====", [1] * 32))}


def random_uploads_then_the_right_shares(home):
    rng = random.Random(20201114)
    for scheme in ("page", "xor", "threshold"):
        place = home / scheme
        place.mkdir()
        deployment, facts, c = lost_machine(place, scheme)
        before = files_of(c)
        given = []
        if scheme != "page":
            accepted(c, deployment.upload("anna"), deployment.needed() - 1)
            given = ["anna"]
        for _ in range(2000 if taw.SOAK else 100):
            path, body = random_upload(rng, deployment)
            reply = c.post(path, body)
            true(reply is not None and reply.status in (400, 410, 500), "%s %r: %r" % (path, body, reply))
        recovering_as(c, NAMES[scheme], deployment.needed(), given, [name for name in deployment.holders if name not in given])
        equal(files_of(c), before, "files")
        if scheme == "page":
            deployment.recover(c)
            is_open(c, deployment, facts, ("Initial manifest set", "Coordinator recovered without proof"))
        else:
            deployment.recover(c, [name for name in deployment.holders if name != "anna"][:deployment.needed() - 1])
            is_open(c, deployment, facts)
        c.stop()


# ---- dismissal ----

def a_dismissed_state_is_kept_and_waits_in_an_empty_directory(home):
    deployment, facts, c = lost_machine(home, "threshold")
    old_files = files_of(c)
    new = Deployment("single", "second")
    equal(c.post("/manifest", b"{}").status, 400, "a manifest that is refused")
    equal((files_of(c), c.code()), (old_files, RECOVERY), "state after it")
    equal(new.set(c).status, 200, "a new manifest")
    equal(c.code(), RUNNING, "status")
    equal(new.log_lines(c), ["Initial manifest set"], "update log")
    refused(c, deployment.upload("anna"), "expected state")
    c.stop()
    (aside,) = c.state.glob("dismissed-*")
    kept = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in aside.iterdir()}
    equal(kept, old_files, "the files that were set aside")

    (home / "again").mkdir()
    for path in aside.iterdir():
        path.rename(home / "again" / path.name)
    d = Coordinator(home, "b", state="again").start()
    recovering_as(d, "shamir", 2, [], deployment.holders)
    deployment.recover(d, ["dora", "ben"])
    is_open(d, deployment, facts)
    d.stop()
    c = Coordinator(home, "b").start()
    equal(new.log_lines(c), ["Initial manifest set"], "the new state goes on")
    c.stop()


def a_state_travels_from_machine_to_machine(home):
    deployment, facts, c = lost_machine(home, "threshold")
    deployment.recover(c)
    lines = ["Initial manifest set", "Coordinator recovered"]
    is_open(c, deployment, facts, lines)
    c.stop()
    for machine, holders in (("c", ["cleo", "dora"]), ("d", ["dora", "anna"])):
        c = Coordinator(home, machine).start()
        equal(c.code(), RECOVERY, "status on machine " + machine)
        deployment.recover(c, holders)
        lines.append("Coordinator recovered")
        is_open(c, deployment, facts, lines)
        c.stop()
    c = Coordinator(home, "b").start()
    equal(c.code(), RECOVERY, "a machine that held the state before does not open it any more")
    c.stop()


taw.run(globals())
