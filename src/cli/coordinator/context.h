/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"

/*
 * Contexts: Coordinators with a name. `@NAME` in the place of an endpoint stands for its endpoint, its policy file, its collateral,
 * and a certificate cache of its own. There is no current one: what a command line does is all in it.
 *
 * <configuration directory>/taw/contexts/NAME.json, mode 0600:
 *   {"endpoint":"host:port","policy":"/path","collateral":"/path"}     the last two may be absent
 * and NAME.pem beside it, the certificate cache.
 */
enum { CONTEXT_FILE_MAX = 64 << 10 }; /* bytes */

struct context {
    char *endpoint;
    char *policy, *collateral; /* absolute paths; NULL: none */
    char *cache;               /* path; NULL after context_parse */
};
void context_clear(struct context *context);
#define auto_context struct context CLEANUP(context_clear)

/* FAIL_MALFORMED: also members that are not known, and an endpoint that is none. */
bool context_parse(struct bytes json, struct context *context, struct err *err) MUST_CHECK;
void context_put(const struct context *context, struct buf *json);

/* Letters, digits, '.', '-' and '_', at most 64, the first one a letter or a digit. FAIL_MALFORMED. */
bool context_name_check(const char *name, struct err *err) MUST_CHECK;
/* kind: "json" or "pem"; freed by the caller. NULL: there is no configuration directory. */
char *context_path(const char *name, const char *kind, struct err *err) MUST_CHECK;
/* FAIL_NOT_FOUND, FAIL_MALFORMED, FAIL_UNAVAILABLE. */
bool context_load(const char *name, struct context *context, struct err *err) MUST_CHECK;

/* Where the command line has @NAME for its endpoint: puts the endpoint there, and what the context has in the place of
 * flags that were not typed. *context has to live as long as the options. Sets the status. */
bool context_apply(struct cli *cli, struct context *context, struct err *err) MUST_CHECK;
