/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/cert.h"

/*
 * PCK certificates that were verified with one parsed bundle, so that the next quote of the same platform need not decode them
 * and check their signature again. That is safe:
 *
 *   the bytes        a certificate is found only by all of its bytes, never by a name or a number
 *   the issuer       it belongs to one bundle, lives and dies with it, and holds only what the CA of that bundle has
 *                    signed, in the role of a leaf: what never changes for the same bytes under the same key
 *   all the rest     trust anchor, names, revocation, validity, extensions and what it says of the platform are looked at
 *                    for each quote
 *
 * At most LEAF_CACHE_MAX; the one that was not used for longest makes room. Only certificates that Intel has signed come in. Whoever
 * has more of them than there is room can drive out the others, which then cost what they cost without a cache.
 */
enum { LEAF_CACHE_MAX = 64 };
struct leaf_cache;

/* From any thread, all of them. */
struct leaf_cache *leaf_cache_new(void) MUST_CHECK;
/* NULL is fine. */
void leaf_cache_free(struct leaf_cache *cache);
/* A new reference to the certificate with exactly these bytes, or NULL. */
struct cert *leaf_cache_find(struct leaf_cache *cache, struct bytes der) MUST_CHECK;
/* Is it this very object? */
bool leaf_cache_holds(struct leaf_cache *cache, const struct cert *cert) MUST_CHECK;
void leaf_cache_add(struct leaf_cache *cache, struct cert *cert);
