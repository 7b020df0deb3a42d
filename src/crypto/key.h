/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

struct json;

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
/* As in key_generate: the modulus of RSA, the order of a curve, 0 for Ed25519. */
unsigned key_bits(const struct key *key) MUST_CHECK;
/* Private halves do not count, so a private key equals its public key. */
bool key_equal_public(const struct key *a, const struct key *b) MUST_CHECK;

/*
 * Readers fail with FAIL_MALFORMED; they refuse bytes behind the key, more than 32 KiB, and curves
 * given by parameters instead of a name. Writers fail with FAIL_INTERNAL when the key has no such
 * form, as a public key has no private one; elliptic points always leave uncompressed.
 */
/* SubjectPublicKeyInfo DER (RFC 5280, 4.1.2.7). Appends. Types outside key_type read as KEY_OTHER.
 */
bool key_public_der(const struct key *key, struct buf *out, struct err *err) MUST_CHECK;
struct key *key_from_public_der(struct bytes der, struct err *err) MUST_CHECK;
/*
 * An RSA public key in PEM, by the rules for recovery keys (state-and-recovery.md, 6.2): first
 * block of type `PUBLIC KEY`, rsaEncryption, at least 1024 bits. Here also at most 16384 bits and
 * an odd public exponent from 3 to 2^64, so that work with it is bounded. FAIL_MALFORMED.
 */
struct key *key_from_recovery_pem(struct bytes pem, struct err *err) MUST_CHECK;
/* The rules for the key itself; `what` names it in errors. FAIL_MALFORMED. */
bool key_is_for_recovery(const struct key *key, const char *what, struct err *err) MUST_CHECK;
/* The RSA key of a holder as our own records hold it: base64 of its SubjectPublicKeyInfo. Replaces *key. FAIL_MALFORMED with
 * the place. */
bool key_get_json(const struct json *value, struct key **key, struct err *err) MUST_CHECK;
/* PKCS#8 DER in the forms of manifest.md 7.3 (EC: named curve in the algorithm, inner key without
 * parameters but with the public point). Appends. */
bool key_private_pkcs8(const struct key *key, struct buf *out, struct err *err) MUST_CHECK;
/* The same encrypted with a passphrase: EncryptedPrivateKeyInfo DER (RFC 5958, 3) with PBES2, PBKDF2 of HMAC-SHA-256
 * and AES-256-CBC (RFC 8018). Appends. */
bool key_private_encrypted(const struct key *key, struct bytes passphrase, struct buf *out,
                           struct err *err) MUST_CHECK;
/*
 * RSA, ECDSA and Ed25519. A public point that is not that of the private number is refused; the
 * parts of an RSA key are not checked against each other, because that would test primes for
 * seconds.
 */
struct key *key_from_private_pkcs8(struct bytes der, struct err *err) MUST_CHECK;
/* SEC 1 ECPrivateKey DER (RFC 5915) with curve and point, as `privateKey:*` values of the state. */
bool key_private_sec1(const struct key *key, struct buf *out, struct err *err) MUST_CHECK;
/* The curve must be there, the point may be left out. */
struct key *key_from_private_sec1(struct bytes der, struct err *err) MUST_CHECK;
/* Asks for the passphrase of an encrypted key. NULL with *err set: there is none. */
typedef struct secret *key_ask(void *ctx, struct err *err);
/*
 * The first private key in PEM: PKCS#8, PKCS#1, SEC 1, encrypted or not. FAIL_MALFORMED; FAIL_DENIED: the passphrase
 * does not open it; or the failure of `ask`.
 */
struct key *key_from_private_pem(struct bytes pem, key_ask *ask, void *ctx,
                                 struct err *err) MUST_CHECK;
/* The same for the private half of a recovery key: RSA within the bounds of key_from_recovery_pem. */
struct key *key_from_recovery_private_pem(struct bytes pem, key_ask *ask, void *ctx,
                                          struct err *err) MUST_CHECK;
/* The private scalar of an EC key, big-endian, without leading zero bytes. Appends. */
bool key_private_scalar(const struct key *key, struct buf *out, struct err *err) MUST_CHECK;

/* ECDSA over SHA-256 of the message, ASN.1 DER (client-api.md, 16), or RSA PKCS#1 v1.5. Appends.
 * FAIL_DENIED for keys of other types. */
bool key_sign_sha256(const struct key *key, struct bytes message, struct buf *signature,
                     struct err *err) MUST_CHECK;
/*
 * FAIL_DENIED when the signature does not verify, and for keys that cannot: of other types, or RSA
 * beyond the bounds of key_from_recovery_pem. ECDSA or RSA PKCS#1 v1.5 by the type of the key.
 */
bool key_verify_sha256(const struct key *key, struct bytes message, struct bytes signature,
                       struct err *err) MUST_CHECK;

/* The numbers x and y of a point, or r and s of a signature, on P-256: 32 bytes each, big-endian. */
enum { P256_RAW_LEN = 64, P256_POINT_LEN = 1 + P256_RAW_LEN };
/* The public key with these x and y. FAIL_MALFORMED for a point that is not on the curve. */
struct key *key_from_p256_raw(const uint8_t raw[static P256_RAW_LEN], struct err *err) MUST_CHECK;
bool key_is_p256(const struct key *key) MUST_CHECK;
/* The public point of a key on P-256, uncompressed (0x04, x, y); false for every other key. */
bool key_p256_point(const struct key *key, uint8_t point[static P256_POINT_LEN]) MUST_CHECK;
/* ECDSA over SHA-256 of the message with r and s. FAIL_DENIED. */
bool key_verify_p256_raw(const struct key *key, struct bytes message,
                         const uint8_t raw[static P256_RAW_LEN], struct err *err) MUST_CHECK;
enum { P384_RAW_LEN = 96 };
bool key_is_p384(const struct key *key) MUST_CHECK;
/* ECDSA over SHA-384 of the message with r and s, 48 bytes each, big-endian. FAIL_DENIED. */
bool key_verify_p384_raw(const struct key *key, struct bytes message,
                         const uint8_t raw[static P384_RAW_LEN], struct err *err) MUST_CHECK;

/* RSAES-OAEP, SHA-256 for hash and MGF1, empty label (RFC 8017, 7.1). Appends. */
bool key_oaep_encrypt(const struct key *key, struct bytes in, struct buf *out,
                      struct err *err) MUST_CHECK;
/* FAIL_DENIED, with one text for every cause, when the ciphertext does not decrypt. Appends. */
bool key_oaep_decrypt(const struct key *key, struct bytes in, struct buf *out,
                      struct err *err) MUST_CHECK;

DEFINE_CLEANUP(struct key, key_cleanup, key_free)
#define auto_key struct key CLEANUP(key_cleanup)
