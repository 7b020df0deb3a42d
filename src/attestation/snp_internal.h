/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/snp.h"
#include "attestation/snp_vek.h"
#include "attestation/verdict_add.h"
#include "crypto/crl.h"

/* What the collateral of SEV-SNP holds, for those who read it and those who judge by it. */
struct snp_collateral {
    struct arena arena;     /* for the texts of the verdict */
    struct verdict verdict; /* steps and reason of what was verified with the bundle */
    /* What follows is complete when the verdict has no reason. */
    struct cert *ark, *ask, *vek;
    struct crl *crl; /* NULL: the bundle has none */
    struct key *vek_key;
    uint8_t ark_spki_sha256[SHA256_LEN];
    enum snp_product product;
    struct vek_claims claims;
    struct validities validities;
};

/* The anchor with this key, or NULL. */
const struct ark_anchor *snp_anchor_of(const struct trust_anchors *anchors,
                                       const uint8_t spki_sha256[static SHA256_LEN]) MUST_CHECK;
