/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"

/*
 * GET requests to the services that publish collateral. What they deliver is signed and judged afterwards, so that plain HTTP
 * is allowed; a certificate of HTTPS is judged by the system's authorities or by those of --ca-file.
 */
struct getter;
struct getter *getter_new(struct cli *cli, struct err *err) MUST_CHECK;
void getter_free(struct getter *getter);

struct got {
    struct buf body;
    struct buf issuer_chain; /* value of a header whose name ends with "Issuer-Chain", as it came */
};
void got_clear(struct got *got);
#define auto_got struct got CLEANUP(got_clear)

/*
 * Tries again after a pause when the service cannot be reached, is busy (429) or has failed (5xx). FAIL_UNAVAILABLE,
 * FAIL_NOT_FOUND (404), FAIL_DENIED (another answer), FAIL_TOO_LARGE; sets the status.
 */
bool getter_get(struct getter *getter, const char *url, struct got *got,
                struct err *err) MUST_CHECK;
/* The same with a subscription key for Intel's PCS in the request; empty: none. */
bool getter_get_with_key(struct getter *getter, const char *url, struct bytes key, struct got *got,
                         struct err *err) MUST_CHECK;

DEFINE_CLEANUP(struct getter, getter_cleanup, getter_free)
#define auto_getter struct getter CLEANUP(getter_cleanup)
