/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

/*
 * Hashes, MACs, key derivation and authenticated encryption. Every function fails only with
 * FAIL_INTERNAL (libcrypto refused), unless it says otherwise.
 */
enum { SHA256_LEN = 32 }; /* bytes */

bool sha256(struct bytes in, uint8_t out[static SHA256_LEN], struct err *err) MUST_CHECK;
/* Over the concatenation of `count` parts. */
bool sha256_parts(const struct bytes *parts, size_t count, uint8_t out[static SHA256_LEN],
                  struct err *err) MUST_CHECK;
/* Lower-case hex of SHA-256, NUL-terminated. */
bool sha256_hex(struct bytes in, char out[static 2 * SHA256_LEN + 1], struct err *err) MUST_CHECK;
bool hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
                 uint8_t out[static SHA256_LEN], struct err *err) MUST_CHECK;
/* RFC 5869, extract and expand with SHA-256; len at most 255 * 32. */
bool hkdf_sha256(struct bytes ikm, struct bytes salt, struct bytes info, uint8_t *out, size_t len,
                 struct err *err) MUST_CHECK;
/* CRC-32C (RFC 3720, B.4), reflected, initial and final all ones. */
uint32_t crc32c(struct bytes in);

enum { AEAD_NONCE_LEN = 12, AEAD_TAG_LEN = 16 }; /* bytes */

/*
 * AES-GCM; the key is 16 or 32 bytes. Appends ciphertext and tag (in.len + AEAD_TAG_LEN bytes),
 * nothing on failure; in and aad must not lie in out, which may move.
 * The caller answers for never using a nonce twice under one key.
 */
bool aead_seal(struct bytes key, const uint8_t nonce[static AEAD_NONCE_LEN], struct bytes aad,
               struct bytes in, struct buf *out, struct err *err) MUST_CHECK;
/*
 * Appends the plaintext; on failure nothing is appended. FAIL_DAMAGED: the tag does not verify, the
 * input is shorter than a tag, or the key has an impossible length.
 */
bool aead_open(struct bytes key, const uint8_t nonce[static AEAD_NONCE_LEN], struct bytes aad,
               struct bytes in, struct buf *out, struct err *err) MUST_CHECK;
/* Fills out from the generator of libcrypto. */
bool random_bytes(uint8_t *out, size_t len, struct err *err) MUST_CHECK;
/* The same for env.random. */
bool env_random(void *ctx, uint8_t *out, size_t len, struct err *err) MUST_CHECK;
