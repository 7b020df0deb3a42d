/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "base/omap.h"
#include "crypto/hash.h"

/*
 * Sealed states of the original, releases 0.1 to 1.9 (state-and-recovery.md, 4 and 5), read into the
 * values of ours (state/names.h). Nothing here writes.
 *
 *   marblerun_check_frame   is this such a file, as far as can be seen without its key?
 *   marblerun_share_hashes  what its metadata says about recovery shares
 *   marblerun_open          key -> values, complete: whatever the old release did not have is made
 */
enum { MARBLERUN_MAX_SHARES = 255 };

/* FAIL_DAMAGED: lengths that do not fit, in the original's words (4.3). Data may also be a blob of 2020. */
bool marblerun_check_frame(struct bytes data, struct err *err) MUST_CHECK;
/*
 * SHA-256 of each recovery share; *count 0: none are recorded, one secret is the whole key. FAIL_DAMAGED:
 * the metadata is neither absent, null nor an object of hashes.
 */
bool marblerun_share_hashes(struct bytes data,
                            uint8_t hashes[static MARBLERUN_MAX_SHARES][SHA256_LEN], size_t *count,
                            struct err *err) MUST_CHECK;
/*
 * *values: a new reference. The update log is taken apart into lines, a missing root secret is the scalar
 * of the root key without leading zero bytes (5.6), a missing manifest signature is made, the structs of
 * 2020 and 0.3 get the certificates that they lack. *no_manifest: the state was written before a
 * manifest was set, and there is nothing in it to keep.
 *
 * FAIL_DENIED: the key does not open it. FAIL_DAMAGED: opened, but not a state.
 */
bool marblerun_open(const struct env *env, struct bytes data, struct bytes key,
                    const struct omap **values, bool *no_manifest, struct err *err) MUST_CHECK;
