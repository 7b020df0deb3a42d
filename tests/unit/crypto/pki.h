/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "crypto/key.h"

/*
 * Certificates and CRLs written byte by byte for tests, so that every field can be as wrong as a test likes. Only keys
 * and signatures come from the room under test.
 */

/* An element with this tag and these contents. */
void der_add(struct buf *out, uint8_t tag, struct bytes contents);
/* An OID from its contents in hex. */
void der_add_oid(struct buf *out, const char *hex);

enum pki_algorithm {
    PKI_ECDSA_SHA256 = 0,
    PKI_ECDSA_SHA384, /* another algorithm, by its name alone: signatures are always over SHA-256 */
    PKI_ECDSA_SHA256_NULL, /* with parameters that it does not have */
};
enum pki_usage { PKI_USAGE_NONE = 0, PKI_USAGE_CERT_SIGN, PKI_USAGE_SIGNATURE };
enum pki_constraints { PKI_CONSTRAINTS_NONE = 0, PKI_CONSTRAINTS_CA, PKI_CONSTRAINTS_END };

struct pki_cert {
    const char *name;    /* common name of the subject */
    const char *issuer;  /* of the issuer; NULL: name */
    bool other_encoding; /* the issuer's name as PrintableString instead of UTF8String */
    struct bytes serial; /* contents of the INTEGER */
    const char *not_before, *not_after; /* UTCTime, or GeneralizedTime when longer than 13 */
    enum pki_constraints constraints;
    enum pki_usage usage;
    bool unknown_critical, doubled_extension, version_1;
    const char *extension_oid; /* hex of its contents; NULL: none */
    struct bytes extension;    /* contents of its OCTET STRING */
    enum pki_algorithm inner, outer;
};
/* Appends DER. */
void pki_cert_add(struct buf *out, const struct pki_cert *cert, const struct key *key,
                  const struct key *issuer_key);

struct pki_crl {
    const char *issuer;
    bool other_encoding;
    const char *this_update, *next_update; /* next_update NULL: none */
    size_t serial_count;
    const struct bytes *serials;
    struct bytes entries; /* instead of serials: the contents of the sequence; empty: none */
    struct bytes behind;  /* its extensions; whole elements */
    bool remove_from_crl, critical_entry, critical_extension, version_1;
    enum pki_algorithm inner, outer;
};
void pki_crl_add(struct buf *out, const struct pki_crl *crl, const struct key *issuer_key);

/* r and s of an ECDSA signature over SHA-256, 32 bytes each. */
void pki_sign_raw(const struct key *key, struct bytes message, uint8_t raw[static 64]);
/* x and y. */
void pki_key_raw(const struct key *key, uint8_t raw[static 64]);
