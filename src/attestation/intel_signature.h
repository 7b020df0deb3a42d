/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/quote.h"

/*
 * The signature data of a quote: who signed it, and what vouches for the signer (attestation.md, 3.6 to 3.8). Shape only.
 */
enum {
    ENCLAVE_REPORT_LEN = 384, /* bytes */
    RAW_SIGNATURE_LEN = 64,
    ATTESTATION_KEY_LEN = 64,
};

/* Of the certification data; others are refused. */
enum cert_data_type {
    CERT_DATA_NONE = 0,
    CERT_DATA_PPID,
    CERT_DATA_PPID_RSA_2048,
    CERT_DATA_PPID_RSA_3072,
    CERT_DATA_LEAF,
    CERT_DATA_CHAIN, /* PEM: leaf, intermediate, root, and NULs */
    CERT_DATA_QE_REPORT,
};

/* Views into the quote. */
struct quote_signature {
    struct bytes signature;       /* RAW_SIGNATURE_LEN */
    struct bytes attestation_key; /* ATTESTATION_KEY_LEN: x, y */
    struct bytes qe_report;       /* ENCLAVE_REPORT_LEN */
    struct bytes qe_report_signature;
    struct bytes qe_authentication_data; /* any length */
    enum cert_data_type cert_data_type;
    struct bytes cert_data;
};
/* For an attestation key on P-256. FAIL_MALFORMED with the name and place of what does not fit. */
bool quote_signature_parse(const struct quote *quote, struct quote_signature *s,
                           struct err *err) MUST_CHECK;
