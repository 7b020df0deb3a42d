/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/snp_report.h"
#include "crypto/cert.h"

/*
 * What the certificate of a VEK, the key that signs reports, says about chip and TCB in its extensions (attestation.md,
 * 8.3). Whether its issuer may be believed is decided elsewhere.
 */
struct vek_claims {
    enum snp_signer signer; /* by the common name: VCEK or VLEK */
    struct snp_tcb tcb;     /* the one that the key was derived for */
    bool has_hardware_id;   /* only a VCEK should */
    struct bytes
        hardware_id; /* as the report has it as chip id, but short for Turin: 8 or 64 bytes */
    bool has_csp_id; /* only a VLEK should */
};

/*
 * The views live as long as the certificate. FAIL_DENIED: it is no VEK, or an extension that it needs is absent or has
 * another form. Extensions of the other kind of VEK pass and are told.
 */
bool vek_claims_read(const struct cert *vek, enum snp_product product, struct vek_claims *claims,
                     struct err *err) MUST_CHECK;
