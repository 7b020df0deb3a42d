/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/err.h"
#include "base/secret.h"

/*
 * Splitting a secret among holders (state-and-recovery.md, 6.4 and 6.5): XOR, where all shares are
 * needed, and Shamir's scheme over GF(2^8) modulo 0x11B, where a threshold of them is. Arithmetic
 * on shares is free of branches and table look-ups that depend on them.
 */
enum { SHAMIR_MAX_SHARES = 255 };

/*
 * Shamir: fills shares[0 .. count-1] with new secrets of secret.len + 1 bytes, y-bytes then x; x
 * are distinct, random and not zero. 2 <= threshold <= count <= 255 and a secret that is not empty,
 * else FAIL_MALFORMED. The caller frees each share; after a failure there is none.
 */
bool shamir_split(struct bytes secret, unsigned threshold, unsigned count, struct secret **shares,
                  struct err *err) MUST_CHECK;
/*
 * Interpolates at 0 over all given shares. FAIL_MALFORMED: fewer than two, lengths that differ or
 * are below two, an x of zero or twice the same. Too few or wrong shares give a wrong secret, which
 * only its use can show.
 */
struct secret *shamir_combine(const struct bytes *shares, unsigned count,
                              struct err *err) MUST_CHECK;
/* The polynomial with these coefficients at x, for tests against worked vectors: coefficients[0] is
 * the constant term. */
uint8_t shamir_evaluate(const uint8_t *coefficients, size_t count, uint8_t x);

/* XOR: random shares of the length of the secret whose XOR is the secret. count >= 2. */
bool xor_split(struct bytes secret, unsigned count, struct secret **shares,
               struct err *err) MUST_CHECK;
/* FAIL_MALFORMED: no shares, or lengths that differ. */
struct secret *xor_combine(const struct bytes *shares, unsigned count, struct err *err) MUST_CHECK;
