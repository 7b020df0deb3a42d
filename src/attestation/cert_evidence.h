/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/evidence.h"
#include "attestation/tagged_evidence.h"
#include "crypto/cert.h"

/*
 * Evidence in an extension of a certificate (RA-TLS): its report data is a hash over the certificate's key, so that what holds
 * the key is what the evidence is about. Nothing here is verified: that is for evidence_verify.
 *
 *   cert_evidence_find   the extension, by its OID
 *   key_binding_of       whether report data is that of the certificate's key
 */

/* What the report data is SHA-256 of, with 32 zero bytes behind it. */
enum key_rule {
    KEY_RULE_NONE = 0,
    KEY_RULE_SPKI, /* SubjectPublicKeyInfo in DER */
    KEY_RULE_PEM,  /* the same as PEM, with the NUL at its end */
    KEY_RULE_SPKI_OR_PEM,
    KEY_RULE_CLAIMS, /* which have SHA-256 of the first */
};
struct cert_evidence {
    const char *oid, *scheme; /* "2.23.133.5.4.9", "TCG DICE tagged evidence" */
    enum key_rule rule;
    struct bytes evidence; /* a quote or report, bare or in the header of Open Enclave; a view */
    struct tagged_evidence tagged; /* with KEY_RULE_CLAIMS */
};
/*
 * The first by the order of preference in the .c file. FAIL_NOT_FOUND: the certificate has none; FAIL_MALFORMED: what an
 * extension has is not of its form.
 */
bool cert_evidence_find(const struct cert *cert, struct cert_evidence *found,
                        struct err *err) MUST_CHECK;

enum key_binding_result {
    KEY_BINDING_NOT_CHECKED = 0, /* the claims have a hash that is not known here */
    KEY_BINDING_HOLDS,
    KEY_BINDING_BROKEN, /* the evidence is about another key */
};
struct key_binding {
    enum key_binding_result result;
    const char *rule; /* "SHA-256 of SubjectPublicKeyInfo"; a literal */
    uint8_t expected[REPORT_DATA_LEN];
    size_t expected_len;
    struct bytes found; /* report data, or the hash in the claims */
};
/* found: of this certificate. FAIL_MALFORMED: its key is not known; FAIL_INTERNAL. */
bool key_binding_of(const struct cert *cert, const struct cert_evidence *found,
                    struct bytes report_data, struct key_binding *binding,
                    struct err *err) MUST_CHECK;
