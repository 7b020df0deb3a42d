/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"
#include "crypto/cert.h"

/*
 * The certificate cache of the original: one PEM file with the intermediate, then the root, by default
 * <configuration directory>/marblerun/coordinator-cert.pem. Ours has lines in front that say where it came
 * from; readers of PEM skip them.
 */
struct cache {
    char *path;
    struct cert *root, *intermediate;
    char *since;     /* when it was written, RFC 3339; NULL: the file does not say so */
    bool unverified; /* it says that nobody verified a quote when it was written */
};
void cache_clear(struct cache *cache);
#define auto_cache struct cache CLEANUP(cache_clear)

/* FAIL_NOT_FOUND with a hint, FAIL_MALFORMED. */
bool cache_read(struct cli *cli, struct cache *cache, struct err *err) MUST_CHECK;
bool cache_write(struct cli *cli, const char *endpoint, const struct cert *root,
                 const struct cert *intermediate, bool unverified, struct err *err) MUST_CHECK;

/* The first two certificates of PEM text. FAIL_MALFORMED says which of the two is missing. */
bool chain_parse(struct bytes pem, struct cert **intermediate, struct cert **root,
                 struct err *err) MUST_CHECK;
