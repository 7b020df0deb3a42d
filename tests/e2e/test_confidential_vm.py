# SPDX-License-Identifier: Apache-2.0
"""tawd as it is in a confidential VM of ours: fakevm.so stands for the kernel and this file for the processor, whose quotes are
good under a root of ours. What becomes of the state, and how the command line verifies the Coordinator."""

import hashlib
import json
import os
import pathlib
import socket
import struct
import threading

import taw
from activation import SANITIZED
from command_line import ATTESTATION, FAILED, NOT_FOUND, OK, USAGE, Cli
from platforms import PLACES, Platform
from taw import contains, equal, keys, true

FAKEVM = os.environ.get("FAKEVM", "")
NO_SWAP = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
NO_START = 3


class Processor:
    """Answers the questions of fakevm.c, in one thread, for TDX or SEV-SNP."""

    def __init__(self, home, form):
        self.platform, self.form = Platform(home, form), form
        self.chip, self.measurement, self.policy = b"chip 1", b"image 1", b"no debug"
        self.certificates = b""
        self.body = self.platform.body
        self.listener = socket.socket(socket.AF_UNIX)
        self.path = home / "processor"
        self.listener.bind(str(self.path))
        self.listener.listen(16)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with sock:
                data = b"".join(iter(lambda: sock.recv(65536), b""))
                word, _, rest = data.partition(b"\n")
                sock.sendall(getattr(self, "on_" + word.decode())(rest))

    def on_provider(self, _):
        return b"tdx_guest\n" if self.form == "tdx" else b"sev_guest\n"

    def on_outblob(self, report_data):
        at = PLACES[self.form]
        return self.platform.quote(self.body[:at] + report_data + self.body[at + 64:])

    def on_auxblob(self, _):
        return self.certificates

    def on_report(self, _):
        return struct.pack("<II24x", 0, len(self.body)) + self.body + bytes(4000 - 32 - len(self.body))

    def on_key(self, request):
        root, fields, level, svn, tcb = struct.unpack("<QQII8s", request)
        equal((root, fields, level, svn), (2, 0b101001, 0, 0), "request for a key")
        equal(tcb, self.body[0x1e0:0x1e8], "TCB in the request for a key")
        return bytes(32) + hashlib.sha256(b"|".join((self.chip, self.measurement, self.policy, tcb))).digest()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # else the thread goes on waiting, on a number that the next socket gets
        self.listener.close()
        self.platform.close()


class Vm:
    """A VM with a Coordinator in it."""

    def __init__(self, home, form):
        if not FAKEVM or SANITIZED:
            raise taw.Skip("no FAKEVM, or a sanitizer that wants to be the first library")
        self.home, self.root, self.form = home, home / "root", form
        self.processor, self.cli = Processor(home, form), Cli(home)
        for directory in ("sys/kernel/config/tsm/report", "proc", "dev", "run"):
            (self.root / directory).mkdir(parents=True)
        (home / "collateral").mkdir()
        self.swaps(NO_SWAP)
        self.key = self.root / "run" / "tawd" / "platform_key"
        if form == "snp":
            self.device.write_text("")
        member = {"MRTD": self.platform.body[136:184].hex()} if form == "tdx" else {"Measurement": self.platform.body[144:192].hex()}
        (home / "policy.json").write_text(json.dumps({form.upper(): member}))
        self.verifying = ["--era-config", home / "policy.json", "--collateral", self.platform.bundle, self.platform.root]

        self.inside = {"LD_PRELOAD": FAKEVM, "FAKEVM_ROOT": str(self.root), "FAKEVM_SOCKET": str(self.processor.path)}

    platform = property(lambda self: self.processor.platform)
    device = property(lambda self: self.root / "dev" / "sev-guest")

    def swaps(self, text):
        (self.root / "proc" / "swaps").write_text(text)

    def coordinator(self, *args, key=None):
        c = taw.Coordinator(self.home, env=self.inside)
        c.command = [taw.TAWD, "--seal-dir", str(c.state), "--platform-key", str(key or self.key), "--client-address", "127.0.0.1:0",
                     "--mesh-address", "127.0.0.1:0", "--collateral-dir", str(self.home / "collateral"), *map(str, args)]
        return c

    def reboot(self):
        if self.key.exists():
            self.key.unlink()

    def code_after_start(self, *args, **options):
        c = self.coordinator(*args, **options).start()
        code = c.code()
        c.stop()
        self.nothing_is_left()
        return code

    def nothing_is_left(self):
        equal(os.listdir(self.root / "sys/kernel/config/tsm/report"), [], "report entries that are left")

    def does_not_start(self, part, *args):
        status, log = self.coordinator(*args).fails()
        equal(status, NO_START, "exit status")
        contains(log, part)

    def close(self):
        self.processor.close()


def set_manifest(vm, c):
    (vm.home / "manifest.json").write_bytes(taw.Deployment("single").manifest)
    return vm.cli("manifest", "set", "manifest.json", c.address, "-r", "recovery.json", *vm.verifying).expect(OK)


def a_vm_of_tdx_is_verified_restarts_and_recovers_after_a_reboot(home):
    vm = Vm(home, "tdx")
    c = vm.coordinator().start()
    for part in ('"platform":"TDX"', '"with":"key in the memory of this VM","opens":"until this VM stops"', "it is gone, and the state has to be recovered"):
        contains(c.log(), part)
    done = set_manifest(vm, c)
    contains(done.error, "checked: quote of the Coordinator: tdx, ")
    contains(done.error, "checked: report data of the quote: root certificate and nonce")
    equal(pathlib.Path(vm.key).stat().st_mode & 0o777, 0o600, "mode of the key")
    c.kill()
    c.start()
    equal(c.code(), taw.RUNNING, "after a restart of the process")
    vm.cli("manifest", "get", c.address, *vm.verifying).expect(OK)
    c.stop()
    vm.reboot()
    c.start()
    equal(c.code(), taw.RECOVERY, "after a reboot")
    vm.cli("recover", "recovery.json", c.address, "-k", keys.rsa("anna"), *vm.verifying).expect(OK, "Recovery successful.\n")
    c.stop()
    equal(vm.code_after_start(), taw.RUNNING, "after the recovery")
    vm.close()


def a_guest_of_snp_is_verified_and_opens_its_state_on_its_processor_only(home):
    vm = Vm(home, "snp")
    vm.processor.certificates = bytes(24) + b"what the host put there"
    c = vm.coordinator().start()
    for part in ('"platform":"SEV-SNP"', '"with":"seal key of the SEV-SNP processor","opens":"in this image on this processor at this TCB"'):
        contains(c.log(), part)
    contains(set_manifest(vm, c).error, "checked: quote of the Coordinator: snp, ")
    c.stop()
    true(not vm.key.exists(), "no key in a file")
    equal(vm.code_after_start(), taw.RUNNING, "after a reboot")
    for name, other in (("measurement", b"image 2"), ("policy", b"debug"), ("chip", b"chip 2")):
        kept = getattr(vm.processor, name)
        setattr(vm.processor, name, other)
        equal(vm.code_after_start(), taw.RECOVERY, "with another " + name)
        setattr(vm.processor, name, kept)
        equal(vm.code_after_start(), taw.RUNNING, "with the same " + name)
    vm.device.unlink()
    equal(vm.code_after_start(), taw.RECOVERY, "without the device")
    vm.close()


def another_coordinator_than_that_of_the_policy_is_refused(home):
    vm = Vm(home, "tdx")
    c = vm.coordinator().start()
    body = bytearray(vm.processor.body)
    body[136] ^= 1
    vm.processor.body = bytes(body)
    vm.cli("manifest", "get", c.address, *vm.verifying).expect(ATTESTATION, "", "Packages.Coordinator.TDX.MRTD: expected")
    c.stop()
    vm.close()


def the_key_of_a_vm_goes_to_no_disk_unless_it_is_said_to_be_encrypted(home):
    vm = Vm(home, "tdx")
    vm.swaps(NO_SWAP + "/dev/vda2                               partition\t1048572\t\t0\t\t-2\n")
    vm.does_not_start("there is swap")
    vm.swaps(NO_SWAP)
    disk = home / "disk" / "platform_key"
    disk.parent.mkdir()
    vm.does_not_start("is neither on a tmpfs nor on a ramfs", "--platform-key", disk)
    true(not disk.exists() and not vm.key.exists(), "no key was made")
    c = vm.coordinator("--platform-key-on-encrypted-disk", key=disk).start()
    contains(c.log(), '"level":"warn"')
    contains(c.log(), "on a disk that is said to be encrypted by this VM")
    taw.Deployment("none").set(c)
    c.stop()
    vm.reboot()
    equal(vm.code_after_start("--platform-key-on-encrypted-disk", key=disk), taw.RUNNING, "after a reboot")
    vm.close()


def a_vm_without_collateral_does_not_start(home):
    vm = Vm(home, "snp")
    c = vm.coordinator()
    c.command = [word for word in c.command if word not in ("--collateral-dir", str(home / "collateral"))]
    status, log = c.fails()
    equal(status, 2, "exit status")
    contains(log, "--collateral-dir is missing")
    vm.close()


def the_command_line_has_evidence_made(home):
    for form, name in (("tdx", "TDX"), ("snp", "SEV-SNP")):
        (home / form).mkdir()
        vm = Vm(home / form, form)
        env = vm.cli.environment(**vm.inside)

        def quote(*flags):
            done = vm.cli("attest", "quote", *flags, env=env)
            vm.nothing_is_left()
            return done

        def report_data():
            verified = vm.cli("attest", "verify", "q", "--collateral", vm.platform.bundle, vm.platform.root, "--policy", "policy.json", "--format", "json")
            data = verified.expect(OK).json("Attestation")
            equal((data["tee"], data["policy"]["result"]), (form, "accept"), "what was verified")
            return data["fields"]["report_data"]

        quote("-o", "q").expect(OK, "", "Evidence written to q")
        equal(report_data(), "00" * 64, "report data")
        for typed in ("0aFF", "01" * 64):
            equal(quote("-o", "q", "--report-data", typed, "--format", "json").expect(OK).json("File"), {"file": "q"}, "as data")
            equal(report_data(), typed.lower().ljust(128, "0"), "report data")
        (vm.home / "q").write_bytes(quote("-o", "-", "--report-data", "02").expect(OK).raw)
        equal(report_data(), "02".ljust(128, "0"), "report data on standard output")
        for wrong, part in (("", "want 1 to 64 bytes"), ("01" * 65, "want 1 to 64 bytes in hex, not 65"), ("0", "--report-data: "), ("zz", "--report-data: ")):
            quote("-o", "q", "--report-data", wrong).expect(USAGE, "", part)
        before = (vm.home / "q").read_bytes()
        vm.processor.on_outblob = lambda _: b""
        quote("-o", "q").expect(FAILED, "", "evidence of " + name)
        vm.processor.on_outblob = lambda _: b"nonsense"
        quote("-o", "q").expect(FAILED, "", "evidence of " + name)
        equal((vm.home / "q").read_bytes(), before, "the file stays")
        vm.cli("attest", "quote", "-o", "q").expect(NOT_FOUND, "", "no TEE found here")
        vm.close()


if __name__ == "__main__":
    taw.run(globals())
