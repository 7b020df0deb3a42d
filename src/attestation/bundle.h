/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/collateral.h"
#include "attestation/verdict.h"

/*
 * The file format of collateral: one JSON document with an item for each member (attestation.md, 11). Only shapes are read
 * here, nothing is trusted yet.
 */
enum { BUNDLE_ITEM_MAX = 1 << 20 }; /* bytes, decoded */

struct bundle_item {
    struct bytes
        bytes;    /* text as it stands in the JSON string, binary items without their base64 */
    bool present; /* the bundle has the member, whatever it holds */
    /*
     * REASON_NONE: bytes has something in it. REASON_COLLATERAL_MISSING: absent or empty.
     * REASON_COLLATERAL_FORMAT: not a string, not base64, or too long.
     */
    enum reason reason;
};

/* Members of the other technology are absent. The views borrow from the input and the arena. */
struct bundle {
    enum tee tee;

    /* SGX and TDX */
    struct bundle_item tcb_info, tcb_info_issuer_chain;       /* JSON as it was signed; PEM */
    struct bundle_item qe_identity, qe_identity_issuer_chain; /* as above */
    struct bundle_item pck_crl, pck_crl_issuer_chain;         /* DER; PEM */
    struct bundle_item root_ca_crl;                           /* DER */
    struct bundle_item
        pck_certificate_chain; /* PEM, only for quotes without a chain of their own */

    /* SNP */
    struct bundle_item vek, ask, ark; /* PEM, one certificate each */
    struct bundle_item vek_type;      /* "vcek" or "vlek": a hint */
    struct bundle_item crl;           /* DER; may be absent */
};

/*
 * FAIL_MALFORMED: not a bundle: no JSON object, another format or version, an unknown TEE, a member twice, one that is not
 * known or belongs to the other technology. FAIL_TOO_LARGE: above COLLATERAL_BUNDLE_MAX.
 */
bool bundle_parse(struct bytes raw, struct arena *arena, struct bundle *bundle,
                  struct err *err) MUST_CHECK;
