/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/collateral.h"
#include "cli/cli.h"

/*
 * May collateral with this summary take the place of the file at the path? Not of a good bundle for the same TEE and platform that
 * has a higher TCB evaluation number: that would bring TCB levels back which Intel has replaced. With --force it is only
 * warned of. What is no good bundle may always be replaced. Sets the status.
 */
bool collateral_may_replace(struct cli *cli, const char *path, const struct trust_anchors *anchors,
                            const struct collateral_summary *fresh, struct err *err) MUST_CHECK;
