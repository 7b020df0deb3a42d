/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/collateral.h"
#include "attestation/leaf_cache.h"
#include "attestation/verdict_add.h"
#include "crypto/cert_chain.h"

/* The four chains of certificates under Intel's root key (attestation.md, 4, 5.1, and 6, steps 1 to 3). */
enum { INTEL_CHAIN_MAX = 3 };

enum intel_chain_kind {
    INTEL_CHAIN_PCK = 0,     /* PCK certificate, platform or processor CA, root */
    INTEL_CHAIN_CRL_ISSUER,  /* platform or processor CA, root */
    INTEL_CHAIN_TCB_INFO,    /* TCB signing, root */
    INTEL_CHAIN_QE_IDENTITY, /* TCB signing, root */
};

struct intel_chain {
    enum intel_chain_kind kind;
    size_t count;                        /* of certs; 0 before it was read */
    struct cert *certs[INTEL_CHAIN_MAX]; /* owned; the root is the last one */
    bool good;                           /* passed intel_chain_judge */
};

/* What need not be read and judged again; either may be NULL. */
struct intel_known {
    const struct intel_chain *chain;
    struct leaf_cache
        *leaves; /* of PCK certificates that the first certificate of `chain` has signed */
};
/*
 * Reads the certificates of a chain; those that are byte for byte among the known ones are shared with them. Adds a step;
 * REASON_CERT_CHAIN.
 */
bool intel_chain_read(const struct judgement *j, struct bytes pem, const struct intel_known *known,
                      struct intel_chain *chain) MUST_CHECK;
/*
 * Everything that holds at any time: names, roles, algorithms and signatures, up to a root whose key is an anchor. A tail that
 * is shared with the known chain, when that is good, was judged before, and so was a leaf in front of it that is kept. A new
 * one is kept. Adds steps; REASON_CERT_CHAIN.
 */
bool intel_chain_judge(const struct judgement *j, const struct trust_anchors *anchors,
                       const struct intel_known *known, struct intel_chain *chain) MUST_CHECK;
void intel_chain_clear(struct intel_chain *chain);
#define auto_intel_chain struct intel_chain CLEANUP(intel_chain_clear)

const struct cert *intel_chain_root(const struct intel_chain *chain) MUST_CHECK;
/* Adds the windows in which its certificates are valid. */
void intel_chain_add_validities(const struct intel_chain *chain, struct validities *all);
/* Do both certificates have the same key and subject? Then what one has signed the other has. */
bool cert_same_authority(const struct cert *a, const struct cert *b) MUST_CHECK;
/* "platform" or "processor", by the common name of a CA; NULL for another one. */
const char *pck_ca_name(struct bytes common_name) MUST_CHECK;
