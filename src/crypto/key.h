/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/*
 * Asymmetric keys: private ones of the Coordinator and of generated secrets, public ones of
 * recovery key holders. A key is immutable and shared by reference count; key_free gives one back.
 */
struct key; /* an EVP_PKEY */

enum key_type { KEY_NONE = 0, KEY_RSA, KEY_ECDSA, KEY_ED25519, KEY_OTHER };

/* bits: RSA 1024 .. 16384; ECDSA 224, 256, 384, 521; Ed25519 0. FAIL_MALFORMED for other sizes. */
struct key *key_generate(enum key_type type, unsigned bits, struct err *err) MUST_CHECK;
struct key *key_ref(struct key *key) MUST_CHECK;
void key_free(struct key *key);
enum key_type key_type(const struct key *key) MUST_CHECK;
unsigned key_bits(const struct key *key) MUST_CHECK;
bool key_equal_public(const struct key *a, const struct key *b) MUST_CHECK;

/* SubjectPublicKeyInfo DER (RFC 5280, 4.1.2.7). Appends. */
bool key_public_der(const struct key *key, struct buf *out, struct err *err) MUST_CHECK;
struct key *key_from_public_der(struct bytes der, struct err *err) MUST_CHECK;
/*
 * An RSA public key in PEM, by the rules for recovery keys (state-and-recovery.md, 6.2): first block
 * of type `PUBLIC KEY`, rsaEncryption, at least 1024 bits. FAIL_MALFORMED.
 */
struct key *key_from_recovery_pem(struct bytes pem, struct err *err) MUST_CHECK;
/* PKCS#8 DER in the forms of manifest.md 7.3 (EC: named curve in the algorithm, inner key without
 * parameters but with the public point). Appends. */
bool key_private_pkcs8(const struct key *key, struct buf *out, struct err *err) MUST_CHECK;
struct key *key_from_private_pkcs8(struct bytes der, struct err *err) MUST_CHECK;
/* SEC 1 ECPrivateKey DER (RFC 5915), as `privateKey:*` values of the state. */
bool key_private_sec1(const struct key *key, struct buf *out, struct err *err) MUST_CHECK;
struct key *key_from_private_sec1(struct bytes der, struct err *err) MUST_CHECK;
/* The private scalar of an EC key, big-endian, without leading zero bytes. Appends. */
bool key_private_scalar(const struct key *key, struct buf *out, struct err *err) MUST_CHECK;

/* ECDSA over SHA-256 of the message, ASN.1 DER (client-api.md, 16). Appends. */
bool key_sign_sha256(const struct key *key, struct bytes message, struct buf *signature,
                     struct err *err) MUST_CHECK;
/* FAIL_DENIED when the signature does not verify. ECDSA or RSA PKCS#1 v1.5 by the type of the key. */
bool key_verify_sha256(const struct key *key, struct bytes message, struct bytes signature,
                       struct err *err) MUST_CHECK;
/* RSAES-OAEP, SHA-256 for hash and MGF1, empty label (RFC 8017, 7.1). Appends. */
bool key_oaep_encrypt(const struct key *key, struct bytes in, struct buf *out,
                      struct err *err) MUST_CHECK;
/* FAIL_DENIED when the ciphertext does not decrypt. Appends. */
bool key_oaep_decrypt(const struct key *key, struct bytes in, struct buf *out,
                      struct err *err) MUST_CHECK;

DEFINE_CLEANUP(struct key, key_cleanup, key_free)
#define auto_key struct key CLEANUP(key_cleanup)
