/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"
#include "crypto/cert.h"

/* What a Coordinator says about itself. Borrowed. */
struct coordinator_claim {
    struct bytes quote; /* a quote or report, bare or in the header of Open Enclave */
    const struct cert *root;
    struct bytes nonce; /* what was sent */
    struct bytes
        collateral; /* the bundle that came along, in the place of --collateral; empty: none */
    int64_t at;     /* when; seconds since 1970 */
};

/*
 * Is it the Coordinator that is meant? Verifies its evidence with the bundle of --collateral, compares the
 * report data with root and nonce, and holds it to the policy (cli.md, 6.4). Says what was checked, or which step
 * failed with expected and got; sets the status.
 */
bool coordinator_judge(struct cli *cli, const struct coordinator_claim *claim,
                       struct err *err) MUST_CHECK;
