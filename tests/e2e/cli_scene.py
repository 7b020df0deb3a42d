# SPDX-License-Identifier: Apache-2.0
"""A Coordinator and a command line."""

import hashlib
import json

from command_line import OK, Cli
from taw import Coordinator, Deployment


class Scene:
    """A Coordinator and a command line; with a manifest of this scheme when there is one."""

    def __init__(self, home, scheme=None):
        self.home, self.cli = home, Cli(home)
        self.c = Coordinator(home).start()
        self.at = self.c.address
        self.manifest = home / "manifest.json"
        if scheme:
            self.deployment = Deployment(scheme)
            self.manifest.write_bytes(self.deployment.manifest)
            done = self.cli("manifest", "set", self.manifest, self.at, "-i").expect(OK)
            self.secrets = json.loads(done.out)["RecoverySecrets"] if done.out else {}

    def hash(self):
        return hashlib.sha256(self.manifest.read_bytes()).hexdigest()
