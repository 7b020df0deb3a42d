/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/hash.h"
#include "crypto/key.h"

/*
 * Fingerprints of public keys, for people: SHA-256 of the SubjectPublicKeyInfo, 64 hex digits, shown in 16 groups of four.
 *
 * Whoever compares two of them types the beginning of one. FINGERPRINT_LEAST digits are 80 bits: as many as nobody can find
 * another key for in the time that a recovery takes.
 */
enum { FINGERPRINT_LEN = 2 * SHA256_LEN, FINGERPRINT_LEAST = 20 }; /* digits */

bool fingerprint_of(const struct key *key, char hex[static FINGERPRINT_LEN + 1],
                    struct err *err) MUST_CHECK;
/* "7b3e 91c0 ..."; appends. */
void fingerprint_put(const char hex[static FINGERPRINT_LEN + 1], struct buf *out);
/*
 * Is what was typed the beginning of this fingerprint? White space and colons are skipped, either case is good. FAIL_MALFORMED: it is no
 * fingerprint, or too little of one; FAIL_DENIED: it is another one.
 */
bool fingerprint_check(const char hex[static FINGERPRINT_LEN + 1], const char *typed,
                       struct err *err) MUST_CHECK;
