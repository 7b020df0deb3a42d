# SPDX-License-Identifier: Apache-2.0
"""A Coordinator with three holders of recovery keys, and taw as they and its users type it."""

import json

from command_line import OK, Cli
from taw import Coordinator, Deployment, keys


class Ceremony(Deployment):
    """Three holders, two are needed, or another scheme; two users who may update the manifest, and alice, who may not."""

    def __init__(self, home, start=True, scheme="threshold"):
        self.home, self.cli = home, Cli(home)
        self.updaters = {name: keys.user(name) for name in ("una", "umar")}
        super().__init__(scheme, holders=["anna", "ben", "cleo"] if scheme == "threshold" else None)
        (home / "manifest.json").write_bytes(self.manifest)
        self.c = Coordinator(home).start()
        if start:
            self.cli("manifest", "set", "manifest.json", self.at, "-i", "-r", "reply.json").expect(OK)
            self.decrypt(json.loads((home / "reply.json").read_text())["RecoverySecrets"])

    @property
    def at(self):
        return self.c.address

    def content(self, name):
        manifest = super().content(name)
        for user, files in self.updaters.items():
            manifest["Users"][user] = {"Certificate": files[0].read_text(), "Roles": ["updater"]}
        manifest["Roles"]["updater"] = {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}
        return manifest

    def move(self):
        """The state to another machine, where it has to be recovered."""
        self.c.stop()
        self.c = Coordinator(self.home, machine="b").start()

    def drill(self, name, secret="reply.json", *more):
        return self.cli("recovery", "drill", self.at, "--key", keys.rsa(name), "--secret", secret, *more)

    def rotate(self, user, *more):
        cert, key = self.updaters.get(user) or keys.user(user)
        return self.cli("recovery", "rotate", self.at, "--cert", cert, "--key", key, *more)

    def status(self):
        return self.cli("recovery", "status", self.at, "-i", "--format", "json").expect(OK).json("RecoveryStatus")
