# SPDX-License-Identifier: Apache-2.0
"""The recovery page of 2020 and docs/recovery.md, command by command, with the real openssl and curl."""

import pathlib
import re

import taw
from taw import Coordinator, contains, equal, true

ROOT = pathlib.Path(__file__).resolve().parents[2]

GENERATE = """
openssl genrsa -out private_key.pem 4096
openssl rsa -in private_key.pem -outform PEM -pubout -out public_key.pem
"""
AS_LINE = r"""awk 'NF {sub(/\r/, ""); printf "%s\\n",$0;}' public_key.pem"""
DECRYPT = """
base64 -d recovery_key_encrypted_base64 > recovery_key_encrypted
openssl pkeyutl -inkey private_key.pem -in recovery_key_encrypted -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -decrypt -out recovery_key_decrypted
"""
UPLOAD = 'curl -k -X POST --data-binary @recovery_key_decrypted "https://$MARBLERUN/recover"'
STATUS_AND_BODY = " -sS -o answer -w '%{http_code} %{content_type}'"


def manifest_text(recovery, user):
    """A manifest as a person writes it, the recovery key pasted from awk's output."""
    certificate = user[0].read_text().replace("\n", "\\n")
    return """{
  "Packages": { "backend": { "SignerID": "%s", "ProductID": 1, "SecurityVersion": 1 } },
  "Marbles": { "store": { "Package": "backend", "Parameters": { "Env": { "KEY": "{{ hex .Secrets.databaseKey }}" } } } },
  "Secrets": { "databaseKey": { "Type": "symmetric-key", "Size": 256, "Shared": true } },
  "Users": { "alice": { "Certificate": "%s", "Roles": ["reader"] } },
  "Roles": { "reader": { "ResourceType": "Secrets", "ResourceNames": ["databaseKey"], "Actions": ["ReadSecret"] } },
  %s
}
""" % ("9f" * 32, certificate, recovery)


def the_page(home, http):
    curl = UPLOAD.replace("curl ", "curl %s " % http) + STATUS_AND_BODY
    deployment = taw.Deployment("page")
    taw.bash(GENERATE, home)
    line = taw.bash(AS_LINE, home)
    equal((line[:26], line[-28:]), ("-----BEGIN PUBLIC KEY-----", "\\n-----END PUBLIC KEY-----\\n"), "the key as a line")
    (home / "manifest.json").write_text(manifest_text('"RecoveryKey": "%s"' % line, deployment.user))

    a = Coordinator(home, "a").start()
    reply = taw.bash('curl %s -sk --data-binary @manifest.json "https://$MARBLERUN/manifest"' % http, home, MARBLERUN=a.address)
    true(re.fullmatch(r'\{"EncryptionKey":"[A-Za-z0-9+/]{683}="\}\n', reply), "reply to the manifest: " + reply)
    (home / "recovery_key_encrypted_base64").write_text(reply.split('"')[3])
    before = deployment.facts(a)
    a.stop()

    b = Coordinator(home, "b").start()
    equal(b.code(), taw.RECOVERY, "status on another machine")
    taw.bash(DECRYPT, home)
    key = (home / "recovery_key_decrypted").read_bytes()
    true(len(key) in (16, 32), "%d bytes of key" % len(key))

    (home / "recovery_key_decrypted").write_bytes(bytes(len(key)))
    first = taw.bash(curl, home, MARBLERUN=b.address)
    equal(first, "500 text/plain; charset=utf-8", "answer to a wrong key")
    contains((home / "answer").read_text(), "uploaded an invalid secret")
    contains(b.log(), "Recover failed", "the log")
    equal(b.code(), taw.RECOVERY, "status after a wrong key")

    (home / "recovery_key_decrypted").write_bytes(key)
    equal(taw.bash(curl, home, MARBLERUN=b.address).split(), ["200"], "answer to the right key")
    equal((home / "answer").read_bytes(), b"", "its body")
    equal(deployment.facts(b), before, "root certificate, manifest and secrets")
    contains(b.get("/api/v2/status").data()["message"], "recovered without proof", "status")
    equal(deployment.log_lines(b), ["Initial manifest set", "Coordinator recovered without proof"], "update log")
    again = taw.bash(curl, home, MARBLERUN=b.address)
    equal(again[:3], "500", "an upload when nothing is to be recovered")
    b.stop()

    c = Coordinator(home, "b").start()
    equal(c.code(), taw.RUNNING, "status after a restart without help")
    equal(deployment.facts(c), before, "root certificate, manifest and secrets after the restart")
    contains(c.get("/api/v2/status").data()["message"], "recovered without proof", "status after the restart")
    c.stop()


def the_page_works_line_by_line_over_http1(home):
    the_page(home, "--http1.1")


def the_page_works_line_by_line_over_http2(home):
    the_page(home, "--http2")


def the_page_dismisses_a_state_by_a_new_manifest(home):
    old, new = taw.Deployment("page", "old"), taw.Deployment("page", "new")
    a = Coordinator(home, "a").start()
    equal(old.set(a).status, 200, "first manifest")
    a.stop()
    b = Coordinator(home, "b").start()
    equal(new.set(b).status, 200, "second manifest")
    equal(b.code(), taw.RUNNING, "status")
    equal(b.post("/recover", old.shares["RecoveryKey"]).status, 500, "the key of a dismissed state")
    b.stop()


# ---- docs/recovery.md ----

def blocks_of(heading):
    """The bash blocks under a heading of docs/recovery.md, in order."""
    text = (ROOT / "docs/recovery.md").read_text()
    section = re.search(r"^## %s\n(.*?)(?=^## |\Z)" % re.escape(heading), text, re.M | re.S)
    true(section, "docs/recovery.md has no heading " + heading)
    return re.findall(r"^```bash\n(.*?)^```", section.group(1), re.M | re.S)


def one_block(heading, number=0, of=1):
    blocks = blocks_of(heading)
    equal(len(blocks), of, "bash blocks under " + heading)
    return blocks[number]


def prepared(home, name):
    """Follows "Prepare" on machine A with the key under RecoveryKeys; then machine B waits in recovery mode."""
    deployment = taw.Deployment("none")
    prepare, fetch = blocks_of("Prepare: make a key and keep the secret")
    line = taw.bash(prepare, home)
    (home / "manifest.json").write_text(manifest_text('"RecoveryKeys": { "%s": "%s" }' % (name, line), deployment.user))
    a = Coordinator(home, "a").start()
    reply = a.post("/manifest", (home / "manifest.json").read_bytes()).data()
    (home / "secret.b64").write_text(reply["RecoverySecrets"][name])
    before = deployment.facts(a)
    (home / "root.pem").write_text(before["root"])
    fetch = fetch.replace("curl ", "curl -sS --cert %s --key %s " % deployment.user)
    fetched = taw.bash(fetch, home, MARBLERUN="localhost:%d" % a.port)
    contains(fetched, reply["RecoverySecrets"][name], "secrets fetched again")
    a.stop()
    return deployment, before, Coordinator(home, "b").start()


def the_documented_status_commands_tell_where_we_are(home):
    _, _, c = prepared(home, "anna")
    text = taw.bash(one_block("Where are we?"), home, MARBLERUN=c.address)
    contains(text, '"code":1', "status")
    contains(text, '"missing":["anna"]', "recovery status")
    c.stop()


def the_documented_commands_recover_with_a_signed_secret(home):
    deployment, before, c = prepared(home, "anna")
    block = one_block("Signed secrets, one or several holders", 0, 2)
    contains(taw.bash(block, home, MARBLERUN=c.address), '"remaining":0', "answer to the upload")
    equal(deployment.facts(c), before, "root certificate, manifest and secrets")
    true("without proof" not in c.get("/api/v2/status").data()["message"], "a signed recovery has a proof")
    equal(deployment.log_lines(c), ["Initial manifest set", "Coordinator recovered"], "update log")
    c.stop()


def the_documented_commands_recover_with_an_encrypted_secret(home):
    deployment, before, c = prepared(home, "anna")
    plain, ephemeral = blocks_of("Signed secrets, one or several holders")
    lines = plain.splitlines()
    taw.bash("\n".join(lines[:3]), home)  # decrypt, sign
    taw.bash(ephemeral, home, MARBLERUN=c.address)
    upload = "\n".join(lines[3:]).replace("base64 -w0 secret)", "base64 -w0 secret.ephemeral)")
    contains(upload, "secret.ephemeral", "the upload of the encrypted secret")
    contains(taw.bash(upload, home, MARBLERUN=c.address), '"remaining":0', "answer to the upload")
    equal(deployment.facts(c), before, "root certificate, manifest and secrets")
    c.stop()


def the_documented_commands_of_2020_are_those_of_the_page(home):
    documented = one_block("One key, the page of 2020").split("\n")
    equal([line for line in documented if line], (DECRYPT + UPLOAD).strip().split("\n"), "the commands")
    prepare = blocks_of("Prepare: make a key and keep the secret")[0]
    equal(prepare.strip(), (GENERATE + AS_LINE).strip(), "the commands that make the key")


taw.run(globals())
