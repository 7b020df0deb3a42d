/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/collateral.h"
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

/*
 * Reads the certificates of a chain. known: another chain or NULL; certificates that are byte for byte in it are shared
 * with it. Adds a step; REASON_CERT_CHAIN.
 */
bool intel_chain_read(const struct judgement *j, struct bytes pem, const struct intel_chain *known,
                      struct intel_chain *chain) MUST_CHECK;
/*
 * Everything that holds at any time: names, roles, algorithms and signatures, up to a root whose key is an anchor. A tail that
 * is shared with `known`, when that is good, was judged before. Adds steps; REASON_CERT_CHAIN.
 */
bool intel_chain_judge(const struct judgement *j, const struct trust_anchors *anchors,
                       const struct intel_chain *known, struct intel_chain *chain) MUST_CHECK;
void intel_chain_clear(struct intel_chain *chain);
#define auto_intel_chain struct intel_chain CLEANUP(intel_chain_clear)

const struct cert *intel_chain_root(const struct intel_chain *chain) MUST_CHECK;
/* Adds the windows in which its certificates are valid. */
void intel_chain_add_validities(const struct intel_chain *chain, struct validities *all);
/* Do both certificates have the same key and subject? Then what one has signed the other has. */
bool cert_same_authority(const struct cert *a, const struct cert *b) MUST_CHECK;
/* "platform" or "processor"; NULL for a certificate that is neither CA. */
const char *pck_ca_name(const struct cert *cert) MUST_CHECK;
