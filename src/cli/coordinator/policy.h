/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/evidence.h"
#include "cli/cli.h"
#include "manifest/manifest.h"

/*
 * Which Coordinator is meant: a file with the members of a package (docs/policy.md; cli.md, 6.2 and 6.3). It is that of
 * --era-config, else era-config.json or coordinator-era.json in the working directory. --accepted-tcb-statuses and
 * --accepted-advisories stand in the place of its lists when they are typed. Nothing is ever downloaded, and nothing in
 * the file can switch verification off.
 */
struct coordinator_policy {
    const char *path;
    struct manifest_package package;
};

/* Views live in the arena and in argv. Sets the status. */
bool coordinator_policy_read(struct cli *cli, struct arena *arena,
                             struct coordinator_policy *policy, struct err *err) MUST_CHECK;
/* The same from this file, under another name in texts. */
bool coordinator_policy_read_file(struct cli *cli, const char *path, struct bytes name,
                                  struct arena *arena, struct coordinator_policy *policy,
                                  struct err *err) MUST_CHECK;
/* "Debug, UniqueID, TDX": the members that evidence of this TEE is held to; appends. */
void coordinator_policy_put_members(const struct manifest_package *package, enum tee tee,
                                    struct buf *out);
