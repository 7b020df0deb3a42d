/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles of collateral: every item has bytes or a reason, none is there for the other technology, and whatever
 * its certificates and lists hold, there is an answer what the collateral is good for.
 */
#include "attestation/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_item(const struct bundle_item *item)
{
    switch (item->reason) {
    case REASON_NONE:
        require(item->present && item->bytes.len > 0 && item->bytes.len <= BUNDLE_ITEM_MAX);
        break;
    case REASON_COLLATERAL_FORMAT:
        require(item->present && item->bytes.len == 0);
        break;
    default:
        require(item->reason == REASON_COLLATERAL_MISSING && item->bytes.len == 0);
    }
}

static void check_items(const struct bundle *b)
{
    const struct bundle_item *const intel[] = {
        &b->tcb_info, &b->tcb_info_issuer_chain, &b->qe_identity, &b->qe_identity_issuer_chain,
        &b->pck_crl,  &b->pck_crl_issuer_chain,  &b->root_ca_crl, &b->pck_certificate_chain,
    };
    const struct bundle_item *const snp[] = { &b->vek, &b->vek_type, &b->ask, &b->ark, &b->crl };

    for (size_t i = 0; i < COUNT_OF(intel); i++) {
        check_item(intel[i]);
        require(b->tee != TEE_SNP || !intel[i]->present);
    }
    for (size_t i = 0; i < COUNT_OF(snp); i++) {
        check_item(snp[i]);
        require(b->tee == TEE_SNP || !snp[i]->present);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena arena = { 0 };
    struct collateral_summary summary;
    struct bundle bundle;
    struct err err = { 0 };
    const bool parsed = bundle_parse(bytes_of(data, size), &arena, &bundle, &err);
    auto_collateral *collateral =
        collateral_parse(bytes_of(data, size), &trust_anchors_builtin, &err);

    require(parsed == (collateral != NULL));
    if (!parsed) {
        require((err.kind == FAIL_MALFORMED || err.kind == FAIL_TOO_LARGE) && err.text[0] != '\0');
        return 0;
    }
    check_items(&bundle);
    collateral_summary(collateral, &summary);
    require(summary.tee == bundle.tee &&
            (summary.reason == REASON_NONE) == (summary.detail.len == 0));
    return 0;
}
