/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/intel.h"
#include "attestation/intel_chain.h"
#include "attestation/intel_qe_identity.h"
#include "attestation/intel_tcb_info.h"
#include "crypto/crl.h"

/*
 * The collateral of Intel after it was judged. Nothing in it depends on a quote or on the time, but the PCK certificates that
 * it has seen: each part of the procedure keeps its verdict, with its steps, for the verdicts of the quotes.
 */
struct intel_collateral {
    struct arena arena;         /* of the verdicts and the documents */
    struct verdict crls;        /* step 2: CRLs and the issuer of the PCK CRL */
    struct verdict signers;     /* step 3 */
    struct verdict revocations; /* step 4, as far as the certificates of the collateral go */
    struct verdict documents;   /* step 5 */

    struct crl *root_crl, *pck_crl; /* owned; NULL where they do not parse */
    struct intel_chain crl_issuer, info_signer, qe_signer;
    struct tcb_info tcb_info;
    struct qe_identity qe_identity;
    struct validities validities; /* of all of it; whole when all parts passed */

    struct leaf_cache *leaves; /* owned; signed by the first certificate of crl_issuer */

    /* For quotes without a chain of their own. REASON_NONE: pck_chain has text. */
    enum reason pck_chain_reason;
    struct bytes pck_chain;
};
