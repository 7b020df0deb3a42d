# SPDX-License-Identifier: Apache-2.0
"""Platforms of ours, with a PKI and collateral, that make quotes over any report."""

import os
import subprocess

from taw import equal

PLACES = {"sgx": 320, "behind": 320, "tdx": 520, "snp": 80}  # of the report data


class Platform:
    """make_intel or make_snp: a PKI, and quotes over any report."""

    def __init__(self, home, form):
        maker, anchor = ("MAKE_SNP", "--ark-spki-sha256=") if form == "snp" else ("MAKE_INTEL", "--intel-root-key=")
        self.process = subprocess.Popen([os.environ[maker], str(home), form], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.body = bytes.fromhex(self.process.stdout.readline().decode())
        self.bundle, self.expired = home / (form + ".bundle"), home / (form + ".expired")
        self.root = anchor + (home / (form + ".root")).read_text()

    def quote(self, body):
        self.process.stdin.write(body.hex().encode() + b"\n")
        self.process.stdin.flush()
        return bytes.fromhex(self.process.stdout.readline().decode())

    def close(self):
        self.process.stdin.close()
        equal(self.process.wait(60), 0, "status of make_intel")
        self.process.stdout.close()
