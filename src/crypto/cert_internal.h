/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/cert.h"
#include "crypto/internal.h"

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* What the files about certificates share and nobody else sees. */

/* libcrypto caches decoded extensions inside, so its functions want no const. */
X509 *cert_x509(const struct cert *cert);
/* A new reference to one whose public key is decoded: leaves that were issued for others have only its bits, and those of
 * cert_from_der_quick too. NULL: libcrypto refused. */
X509 *cert_x509_with_key(const struct cert *cert) MUST_CHECK;
/*
 * As cert_from_der, in a fifth of the time, for certificates that are looked at with the functions of cert.h and cert_chain.h
 * and used for nothing else: libcrypto decodes it without its public key, which is read from its parts. The X509 has
 * no key then and no algorithms to verify itself.
 */
struct cert *cert_from_der_quick(struct bytes der, struct err *err) MUST_CHECK;
/* A certificate around *owned, which it takes over also when it fails. FAIL_INTERNAL. */
struct cert *cert_of_x509(X509 *owned, struct err *err) MUST_CHECK;

/* An ASN.1 string of `type` (V_ASN1_*) with these contents. FAIL_INTERNAL; never a partial one. */
ASN1_STRING *asn1_string_new(int type, struct bytes value, struct err *err) MUST_CHECK;
static inline struct bytes asn1_string_bytes(const ASN1_STRING *string)
{
    return bytes_of(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
}
/*
 * An OID from dotted digits (X.660: at least two arcs, no needless zeros, first 0 .. 2, second below
 * 40 under 0 and 1). FAIL_MALFORMED names `member`.
 */
ASN1_OBJECT *oid_from_dotted(struct bytes dotted, const char *member, struct err *err) MUST_CHECK;

/* The hash that goes with this key in signatures of certificates and requests (manifest.md, 7.6): for
 * ECDSA by the size of the curve. NULL: the key does without, as Ed25519 does. */
const EVP_MD *signing_digest(const struct key *key) MUST_CHECK;

/* Why a text cannot stand where it should, or NULL when it can. */
typedef const char *name_check(struct bytes text);
const char *name_check_ascii(struct bytes text);
/* ASCII, and the host of its authority, when it has one, is well-formed. */
const char *name_check_uri(struct bytes text);
/* RFC 5280, 4.2.1.10: a domain, with a dot in front for subdomains only; empty is every name. */
const char *name_check_domain(struct bytes text);
/* A domain as above that is not an IP address. */
const char *name_check_uri_domain(struct bytes text);
/* A mailbox or a domain as above. */
const char *name_check_mailbox(struct bytes text);

/* Appends one general name of `type` (GEN_*) for each text. FAIL_MALFORMED names member and place. */
bool names_add_texts(GENERAL_NAMES *names, int type, const struct text_list *texts,
                     name_check *check, const char *member, struct err *err) MUST_CHECK;
/* Appends addresses; an IPv6 address that maps an IPv4 one is written as that one. */
bool names_add_addresses(GENERAL_NAMES *names, const struct text_list *addresses,
                         const char *member, struct err *err) MUST_CHECK;
/* Appends networks in the form of name constraints: masked address, then mask. */
bool names_add_ranges(GENERAL_NAMES *names, const struct cert_ip_range *ranges, size_t count,
                      const char *member, struct err *err) MUST_CHECK;

/*
 * Adds all extensions of manifest.md 7.6 to a certificate that has its subject and its public key.
 * issuer_key_id: SubjectKeyIdentifier of the issuer, empty for none.
 */
bool cert_add_extensions(X509 *x509, const struct cert_template *t, struct bytes issuer_key_id,
                         struct err *err) MUST_CHECK;

DEFINE_CLEANUP(X509, x509_cleanup, X509_free)
#define auto_x509 X509 CLEANUP(x509_cleanup)
DEFINE_CLEANUP(ASN1_OBJECT, asn1_object_cleanup, ASN1_OBJECT_free)
#define auto_asn1_object ASN1_OBJECT CLEANUP(asn1_object_cleanup)
DEFINE_CLEANUP(ASN1_STRING, asn1_string_cleanup, ASN1_STRING_free)
#define auto_asn1_string ASN1_STRING CLEANUP(asn1_string_cleanup)
DEFINE_CLEANUP(GENERAL_NAMES, general_names_cleanup, GENERAL_NAMES_free)
#define auto_general_names GENERAL_NAMES CLEANUP(general_names_cleanup)
DEFINE_CLEANUP(X509_REQ, request_cleanup, X509_REQ_free)
#define auto_request X509_REQ CLEANUP(request_cleanup)
typedef STACK_OF(X509_EXTENSION) extension_list;
static inline void extension_list_free(extension_list *list)
{
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}
DEFINE_CLEANUP(extension_list, extension_list_cleanup, extension_list_free)
#define auto_extension_list extension_list CLEANUP(extension_list_cleanup)
