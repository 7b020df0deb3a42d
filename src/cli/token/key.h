/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"
#include "cli/token/search.h"
#include "crypto/cert.h"

/* Private keys and certificates on tokens. Both say on failure what was looked for and what is there. */

/* The private key never leaves the token, which has its session until the key's last reference goes. FAIL_NOT_FOUND,
 * FAIL_DENIED (PIN), FAIL_MALFORMED, FAIL_UNAVAILABLE. */
struct key *token_key(struct cli *cli, const struct token_search *search,
                      struct err *err) MUST_CHECK;
/* Logs in only when the token does not show it to everybody. */
struct cert *token_certificate(struct cli *cli, const struct token_search *search,
                               struct err *err) MUST_CHECK;
