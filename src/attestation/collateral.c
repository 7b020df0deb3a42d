/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collateral_internal.h"

#include <stdatomic.h>
#include <stdlib.h>

struct collateral {
    atomic_uint references;
    enum tee tee;
    struct intel_collateral *intel; /* of these two, the one that the TEE needs */
    struct snp_collateral *snp;
};

struct collateral *collateral_parse(struct bytes raw, const struct trust_anchors *anchors,
                                    struct err *err)
{
    auto_arena arena = { 0 };
    struct bundle bundle;

    if (!bundle_parse(raw, &arena, &bundle, err))
        return NULL;
    struct collateral *const c = mem_zero_alloc(1, sizeof *c);
    atomic_init(&c->references, 1);
    c->tee = bundle.tee;
    if (bundle.tee == TEE_SNP)
        c->snp = snp_collateral_parse(&bundle, anchors);
    else
        c->intel = intel_collateral_parse(&bundle, anchors);
    return c;
}

struct collateral *collateral_ref(struct collateral *collateral)
{
    (void)atomic_fetch_add_explicit(&collateral->references, 1, memory_order_relaxed);
    return collateral;
}

void collateral_free(struct collateral *collateral)
{
    if (collateral == NULL ||
        atomic_fetch_sub_explicit(&collateral->references, 1, memory_order_acq_rel) != 1)
        return;
    intel_collateral_free(collateral->intel);
    snp_collateral_free(collateral->snp);
    free(collateral);
}

void collateral_summary(const struct collateral *collateral, struct collateral_summary *summary)
{
    *summary = (struct collateral_summary){ .tee = collateral->tee };
    if (collateral->snp != NULL)
        snp_collateral_summary(collateral->snp, summary);
    else
        intel_collateral_summary(collateral->intel, summary);
}

const struct intel_collateral *collateral_of_intel(const struct collateral *collateral)
{
    return collateral == NULL ? NULL : collateral->intel;
}

const struct snp_collateral *collateral_of_snp(const struct collateral *collateral)
{
    return collateral == NULL ? NULL : collateral->snp;
}
