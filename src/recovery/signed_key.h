/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/key.h"

/*
 * The word of a Coordinator for the key to which recovery secrets can be encrypted for it: a signature by the key of its
 * root certificate, which its quote vouches for. So the key can be believed where there is no connection.
 *
 * ECDSA over SHA-256 of the line "taw recovery key 1", '\n', and the SubjectPublicKeyInfo in DER.
 */

/* Appends. FAIL_INTERNAL. */
bool signed_key_sign(const struct key *root_key, struct bytes spki, struct buf *signature,
                     struct err *err) MUST_CHECK;
/* FAIL_DENIED: it is not signed by this key. */
bool signed_key_check(const struct key *root_key, struct bytes spki, struct bytes signature,
                      struct err *err) MUST_CHECK;
