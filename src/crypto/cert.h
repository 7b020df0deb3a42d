/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "crypto/key.h"

/*
 * X.509 certificates: what the Coordinator issues, as data, and what users and clients present.
 *
 * The template covers the whole certificate profile of manifest.md 7.6 and 7.7; the manifest fills
 * it, certificate_issue checks what only shows at issue and encodes.
 */
struct cert; /* an X509, immutable, reference-counted */

struct cert *cert_from_der(struct bytes der,
                           struct err *err) MUST_CHECK; /* FAIL_MALFORMED; trailing bytes refused */
struct cert *cert_ref(struct cert *cert) MUST_CHECK;
void cert_free(struct cert *cert);
/* The exact DER that was parsed or issued; valid as long as the certificate. */
struct bytes cert_der(const struct cert *cert) MUST_CHECK;
/* A new reference. FAIL_MALFORMED for a key that libcrypto does not know. */
struct key *cert_public_key(const struct cert *cert, struct err *err) MUST_CHECK;
/* SubjectKeyIdentifier, empty when there is none; valid as long as the certificate. */
struct bytes cert_subject_key_id(const struct cert *cert) MUST_CHECK;
/* Is `cert` signed by the key of `issuer`, and its issuer name that subject? */
bool cert_issued_by(const struct cert *cert, const struct cert *issuer) MUST_CHECK;
/* Appends one PEM block. */
void cert_pem(const struct cert *cert, struct buf *out);
/* Seconds since 1970; notAfter may lie far beyond 2038. */
int64_t cert_not_before(const struct cert *cert) MUST_CHECK;
int64_t cert_not_after(const struct cert *cert) MUST_CHECK;
/* The last commonName of the subject as it stands there, empty when there is none; valid as long as
 * the certificate. */
struct bytes cert_common_name(const struct cert *cert) MUST_CHECK;
struct bytes cert_issuer_common_name(const struct cert *cert) MUST_CHECK;
/* The value of the extension with this OID (dotted digits): the contents of its OCTET STRING, valid as
 * long as the certificate. False when there is none. */
bool cert_extension(const struct cert *cert, const char *dotted, struct bytes *value) MUST_CHECK;
/* May it authenticate a server: no extended key usage, or one that names serverAuth or any? */
bool cert_allows_server_auth(const struct cert *cert) MUST_CHECK;

/* Bits of key_usage below (RFC 5280, 4.2.1.3). */
enum {
    CERT_USAGE_SIGNATURE = 1,      /* digitalSignature */
    CERT_USAGE_KEY_AGREEMENT = 16, /* keyAgreement */
    CERT_USAGE_CERT_SIGN = 32,     /* keyCertSign */
    CERT_USAGE_DEFAULT = CERT_USAGE_SIGNATURE | CERT_USAGE_CERT_SIGN,
    CERT_USAGE_ALL = 511,
};
/* The extended key usages that have a number in manifest.md 7.7, dotted, by that number. */
enum { CERT_PURPOSE_COUNT = 14 };
extern const char *const cert_purposes[CERT_PURPOSE_COUNT];
/* The extension of Marbles' certificates that holds the bytes of the Marble type (marble-api.md, 3.6). */
#define CERT_OID_MARBLE_TYPE "1.3.9903.2.1"
/* 2^63 - 1 nanoseconds: how long certificates of the Coordinator and of Marbles live. */
#define CERT_FOREVER_SECONDS INT64_C(9223372036)

struct text_list {
    bool present; /* an empty list that is present differs from an absent one */
    size_t count;
    const struct bytes *at;
};
struct oid_list {
    size_t count;
    const struct bytes *dotted; /* dotted text, "1.2.840.113549" */
};
struct cert_extra_name {
    struct bytes dotted, value;
};
struct cert_extra_extension {
    struct bytes dotted, value;
    bool critical;
};
struct cert_ip_range {
    struct bytes ip, mask; /* 4 or 16 bytes each */
};

/* Views and numbers; nothing is owned. All zero is the empty template of manifest.md 7.7. */
struct cert_template {
    struct {
        struct text_list country, organization, organizational_unit, locality, province,
            street_address, postal_code;
        struct bytes serial_number, common_name;
        size_t extra_count;
        const struct cert_extra_name *extra;
    } subject;
    struct text_list dns_names, email_addresses, uris; /* uris: assembled text */
    struct text_list ip_addresses;                     /* 4 or 16 raw bytes each */
    bool has_not_after;
    int64_t not_after; /* seconds since 1970 */
    uint64_t valid_for_days;
    uint32_t key_usage; /* bit mask of manifest.md 7.7; 0: default */
    bool has_ext_key_usage;
    size_t ext_key_usage_count;
    const int64_t *ext_key_usage; /* numbers of manifest.md 7.7 */
    struct oid_list unknown_ext_key_usage;
    bool is_ca;
    int64_t max_path_len;
    bool max_path_len_zero;
    struct bytes subject_key_id;
    int64_t signature_algorithm; /* 0, or 10, 11, 12 = ECDSA with SHA-256, SHA-384, SHA-512 */
    struct text_list ocsp_servers, issuing_certificate_urls, crl_distribution_points;
    struct oid_list policies;
    bool name_constraints_critical;
    struct text_list permitted_dns, excluded_dns, permitted_email, excluded_email, permitted_uri,
        excluded_uri;
    size_t permitted_ip_count, excluded_ip_count;
    const struct cert_ip_range *permitted_ip, *excluded_ip;
    size_t extension_count;
    const struct cert_extra_extension *extensions;
};

/*
 * Issues a certificate for `subject_key` by the profile of manifest.md 7.6 (defaults for absent
 * names, usages and validity included). issuer NULL: self-signed. The serial is random below
 * 2^128. now: seconds since 1970. FAIL_MALFORMED names the member that cannot be encoded.
 */
struct cert *cert_issue(const struct cert_template *t, struct key *subject_key,
                        const struct cert *issuer, struct key *issuer_key, int64_t now,
                        struct err *err) MUST_CHECK;

/*
 * The Coordinator's own certificates (client-api.md 1.2 and 15.2): root, intermediate, marble root.
 * names: DNS names and IP texts of the configuration, in order, before 127.0.0.1 and ::1 are placed
 * as client-api.md 1.2 says.
 */
struct cert *cert_issue_ca(const char *common_name, const struct bytes *names, size_t name_count,
                           struct key *subject_key, const struct cert *issuer,
                           struct key *issuer_key, int64_t now, struct err *err) MUST_CHECK;

DEFINE_CLEANUP(struct cert, cert_cleanup, cert_free)
#define auto_cert struct cert CLEANUP(cert_cleanup)
