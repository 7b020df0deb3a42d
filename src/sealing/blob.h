/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "sealing/sealing.h"

/*
 * The blob of platforms that give a key and nothing more:
 *
 *   0   1   version, 1
 *   1   1   policy
 *   2   12  nonce, random
 *   14  n   AES-256-GCM ciphertext under HKDF-SHA-256(platform's key, info = name of the platform | policy)
 *   ..  16  tag
 *
 * info: the name, another one for each kind of platform key, so that no key is used for two things.
 */

/* Appends. FAIL_INTERNAL; nothing is appended then. */
bool blob_seal(const struct env *env, struct bytes key, struct bytes info,
               enum sealing_policy policy, struct bytes plaintext, struct bytes aad,
               struct buf *blob, struct err *err) MUST_CHECK;
/* Under which policy it was sealed, as it says itself. FAIL_DENIED: it is no such blob. */
bool blob_policy(struct bytes blob, enum sealing_policy *policy, struct err *err) MUST_CHECK;
/* The caller owns *plaintext. FAIL_DENIED, FAIL_INTERNAL. */
bool blob_open(struct bytes key, struct bytes info, struct bytes blob, struct bytes aad,
               struct secret **plaintext, struct err *err) MUST_CHECK;
