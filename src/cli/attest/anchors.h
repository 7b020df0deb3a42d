/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/collateral.h"
#include "cli/cli.h"

/*
 * The roots of --intel-root-key and --ark-spki-sha256, which stand in the place of the built-in ones of that vendor. Views
 * into the arena. Sets the status.
 */
bool anchors_read(struct cli *cli, struct arena *arena, struct trust_anchors *anchors,
                  struct err *err) MUST_CHECK;
/* That of --at, or now; seconds since 1970. Sets the status. */
bool moment_read(struct cli *cli, int64_t *at, struct err *err) MUST_CHECK;
