/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/key.h"

/*
 * Keys whose private half somebody else holds, as a token does (PKCS#11). Such a key goes wherever a private key
 * goes, also into TLS; what needs the private half is asked of its holder. Only RSA, and ECDSA on curves with a name.
 *
 * In libcrypto it is a key of a provider of ours, in a library context of its own: nobody who asks for an algorithm
 * gets ours by chance.
 */
enum held_scheme {
    HELD_RSA_PKCS1 = 1, /* RSASSA-PKCS1-v1_5 (RFC 8017, 8.2) */
    HELD_RSA_PSS, /* RSASSA-PSS, MGF1 with the same hash, salt as long as the hash (RFC 8017, 8.1) */
    HELD_ECDSA,
};
struct key_holder {
    /* Appends the signature over a hash, whose length tells SHA-256, SHA-384 or SHA-512. ECDSA: r and s, big-endian,
     * of the same length. */
    bool (*sign)(void *ctx, enum held_scheme scheme, struct bytes hash, struct buf *signature,
                 struct err *err);
    /* RSAES-OAEP, SHA-256 for hash and MGF1, empty label. Appends. FAIL_DENIED: it does not decrypt. */
    bool (*oaep_decrypt)(void *ctx, struct bytes in, struct buf *out, struct err *err);
    void (*free)(void *ctx);
};

/*
 * The key with this public half. ctx goes to the functions of the holder, and to its `free` when the last reference to the
 * key goes, or at once when this fails. FAIL_MALFORMED for other types of keys, FAIL_INTERNAL.
 */
struct key *key_held(struct key *public_half, const struct key_holder *holder, void *ctx,
                     struct err *err) MUST_CHECK;
/* Why the holder refused what was asked of him last. False: he did not, or this is no such key. */
bool key_held_refusal(const struct key *key, struct err *err) MUST_CHECK;

/*
 * Takes the padding of RSAES-OAEP (SHA-256 for hash and MGF1, empty label) off what the bare RSA operation gave, for holders that know
 * only that one. size: bytes of the modulus. Constant time in the contents. Appends. FAIL_DENIED with one text.
 */
bool rsa_oaep_unpad(struct bytes padded, size_t size, struct buf *out, struct err *err) MUST_CHECK;
