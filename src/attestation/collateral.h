/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/verdict.h"
#include "crypto/hash.h"

/*
 * Collateral: what Intel and AMD publish about their platforms (certificates, CRLs, TCB levels, QE identities), in the
 * bundle of attestation.md, 11. Immutable after it was parsed, shared by reference count.
 */

/* Whom a verifier trusts. Borrowed. There is no way to trust nobody's signature. */
struct trust_anchors {
    size_t intel_count;
    const struct bytes *intel_root_keys; /* uncompressed points of P-256, 65 bytes each */
    size_t ark_count;
    const struct ark_anchor {
        const char *product;      /* "Milan"; NULL: taken from the certificate's common name */
        struct bytes spki_sha256; /* SHA256_LEN bytes */
    } * arks;
};
/* Intel's root key and the ARKs of Milan, Genoa and Turin (attestation.md, 2). */
extern const struct trust_anchors trust_anchors_builtin;

enum {
    COLLATERAL_BUNDLE_MAX = 4 << 20, /* bytes; each item at most 1 MiB */
    COLLATERAL_NESTING_MAX = 16, /* of the bundle and of each document in it (attestation.md, 1) */
};

struct collateral;
/*
 * Reads a bundle and verifies what does not depend on the time: shapes, chains to the anchors, signatures. FAIL_MALFORMED: not a
 * bundle at all. An item that is absent or wrong is remembered with its reason and refuses the evidence that needs it.
 */
struct collateral *collateral_parse(struct bytes bundle, const struct trust_anchors *anchors,
                                    struct err *err) MUST_CHECK;
struct collateral *collateral_ref(struct collateral *collateral) MUST_CHECK;
void collateral_free(struct collateral *collateral);

/* What a bundle is for and how long it is good. Views live as long as the collateral. */
struct collateral_summary {
    enum tee tee;            /* that of the TCB info, when reason is REASON_NONE */
    struct bytes fmspc;      /* 6 bytes; empty for SNP */
    const char *pck_ca;      /* "platform", "processor"; NULL for SNP */
    const char *product;     /* SNP: "Milan" ... */
    const char *signing_key; /* SNP: "vcek", "vlek" */
    struct bytes chip_id;    /* SNP with a VCEK: the hardware id in it; else empty */
    struct snp_tcb tcb;      /* SNP: the one that the key was derived for */
    uint64_t evaluation_number;
    int64_t earliest_expiration; /* seconds since 1970 */
    enum reason reason;          /* of the first item that is absent or wrong; REASON_NONE */
    struct bytes detail;
};
void collateral_summary(const struct collateral *collateral, struct collateral_summary *summary);

DEFINE_CLEANUP(struct collateral, collateral_cleanup, collateral_free)
#define auto_collateral struct collateral CLEANUP(collateral_cleanup)
