/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/cert.h"
#include "crypto/hash.h"

/*
 * Chains of certificates whose length, order and algorithms are known beforehand, as those of attestation are. Each check
 * is a function of its own and has no clock; the caller says which ones make a chain.
 */

/* How everything in one chain is signed. */
enum signature_scheme {
    SIGNATURE_NONE = 0,
    SIGNATURE_ECDSA_P256_SHA256, /* Intel: ecdsa-with-SHA256 by keys on P-256 */
    SIGNATURE_PSS_SHA384, /* AMD: RSASSA-PSS, SHA-384, MGF1 with SHA-384, salt of 48 bytes; RSA-4096 */
};

/*
 * Exactly `count` certificates in PEM blocks without headers, and nothing but white space between and around them; the
 * base64 has one spelling. The caller owns certs[0 .. count - 1]; all are NULL on failure. FAIL_MALFORMED.
 */
bool cert_chain_from_pem(struct bytes pem, struct cert **certs, size_t count,
                         struct err *err) MUST_CHECK;
/* The first certificate of such a text; what follows it is not looked at. FAIL_MALFORMED. */
struct cert *cert_first_from_pem(struct bytes pem, struct err *err) MUST_CHECK;
/* Where certificates that were read before are found by their bytes. */
struct known_certs {
    void *ctx;
    struct cert *(*find)(void *ctx, struct bytes der); /* a new reference, or NULL */
};
/* The same; a certificate that is known is that one, so that what was found out about it holds. */
bool cert_chain_from_pem_knowing(struct bytes pem, struct cert **certs, size_t count,
                                 const struct known_certs *known, struct err *err) MUST_CHECK;
/*
 * Version 3, CA flag set or not (an absent basicConstraints is not set), keyCertSign in the key usage of a CA that has
 * one, no critical extension but these two, no extension twice, and times in the forms of RFC 5280, 4.1.2.5. FAIL_DENIED.
 */
bool cert_has_role(const struct cert *cert, bool is_ca, struct err *err) MUST_CHECK;
/*
 * Was cert issued by issuer, which may be the same: the names are equal as they are encoded, the algorithm is that of the
 * scheme in both places, and the signature verifies with a key of the scheme. FAIL_DENIED.
 */
bool cert_is_signed_by(const struct cert *cert, const struct cert *issuer,
                       enum signature_scheme scheme, struct err *err) MUST_CHECK;
/* SHA-256 of the SubjectPublicKeyInfo as it stands in the certificate. FAIL_INTERNAL. */
bool cert_spki_sha256(const struct cert *cert, uint8_t out[static SHA256_LEN],
                      struct err *err) MUST_CHECK;
/* The encoded subject name; valid as long as the certificate. */
struct bytes cert_subject_der(const struct cert *cert) MUST_CHECK;
