/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/err.h"
#include "crypto/key.h"

#include <openssl/err.h>
#include <openssl/evp.h>

/*
 * What the files of this room share and no other room sees: that a struct key is an EVP_PKEY, and
 * how a refusal of libcrypto becomes an error.
 */

/*
 * libcrypto counts references and caches derived forms inside keys that it otherwise leaves alone,
 * so nearly all of its functions want them without const.
 */
static inline EVP_PKEY *key_pkey(const struct key *k)
{
    return (EVP_PKEY *)(uintptr_t)k;
}

/* Takes over the caller's reference; NULL stays NULL. */
static inline struct key *key_of_pkey(EVP_PKEY *owned)
{
    return (struct key *)owned;
}

/*
 * Sets *err to "what: reason of libcrypto" and returns false. Empties libcrypto's error queue of
 * this thread, because a stale entry there makes SSL_get_error blame a healthy TLS session.
 */
bool libcrypto_refused(struct err *err, enum fail_kind kind, const char *what) NONNULL;

/*
 * Algorithms looked up once for the whole process and never changed after; a look-up costs more
 * than hashing a short message. A member is NULL when libcrypto does not have it.
 */
struct algorithms {
    const EVP_MD *sha256;
    EVP_MAC *hmac;
    EVP_KDF *hkdf;
    const EVP_CIPHER *aes_128_gcm, *aes_256_gcm;
    EVP_PKEY *p256, *p384; /* the curve alone, without a point: copied for each key */
    OSSL_LIB_CTX
        *empty; /* without any algorithm: what is decoded in it finds no decoder for its key */
};
const struct algorithms *algorithms(void) MUST_CHECK;

/*
 * The public key on `curve`, p256 or p384 of the algorithms, with this uncompressed point (0x04, x, y): three times as
 * fast as from its parts, and twenty times as fast as from SubjectPublicKeyInfo, for which libcrypto 3 looks through its
 * decoders. NULL, with libcrypto's error queue filled, for a point that is not on the curve.
 */
struct key *key_from_point(EVP_PKEY *curve, struct bytes point) MUST_CHECK;
/*
 * The key of a SubjectPublicKeyInfo: `algorithm` the OID, `parameters` all that follows it in its AlgorithmIdentifier, `bits` the
 * contents of the BIT STRING without the count of unused bits. Only P-256 and P-384 with an uncompressed point, and RSA, in
 * the forms of RFC 5480 and 8017; NULL for all else, which libcrypto may still know.
 */
struct key *key_from_parts(struct bytes algorithm, struct bytes parameters,
                           struct bytes bits) MUST_CHECK;

enum { P384_POINT_LEN = 97 };
/* The public point of a key on P-384, uncompressed; false for every other key. */
bool key_p384_point(const struct key *key, uint8_t point[static P384_POINT_LEN]) MUST_CHECK;

/*
 * Appends an ECDSA signature in DER (RFC 3279, 2.2.3) made of r and s, big-endian, 1 to 60 bytes each. Any
 * number passes: whether it is in range is for the verification to say.
 */
void ecdsa_signature_encode(struct bytes r, struct bytes s, struct buf *out);

enum { RSA_MIN_BITS = 1024, RSA_MAX_BITS = 16384 };
/*
 * Whether work with this RSA public key is bounded and means something: at most RSA_MAX_BITS, an
 * odd exponent from 3 to 2^64.
 */
bool key_rsa_is_bounded(const struct key *key) MUST_CHECK;

DEFINE_CLEANUP(EVP_MD_CTX, md_ctx_cleanup, EVP_MD_CTX_free)
#define auto_md_ctx EVP_MD_CTX CLEANUP(md_ctx_cleanup)
DEFINE_CLEANUP(EVP_PKEY_CTX, pkey_ctx_cleanup, EVP_PKEY_CTX_free)
#define auto_pkey_ctx EVP_PKEY_CTX CLEANUP(pkey_ctx_cleanup)
