/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collateral_set.h"

#include "attestation/snp_report.h"
#include "codec/text.h"

#include <stdlib.h>
#include <string.h>

struct collateral_set *collateral_set_new(void)
{
    struct collateral_set *const set = mem_zero_alloc(1, sizeof *set);

    set->refs = 1;
    return set;
}

struct collateral_set *collateral_set_ref(struct collateral_set *set)
{
    (void)__atomic_add_fetch(&set->refs, 1, __ATOMIC_RELAXED);
    return set;
}

void collateral_set_free(struct collateral_set *set)
{
    if (set == NULL || __atomic_sub_fetch(&set->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < set->count; i++) {
        free(set->files[i].name);
        free(set->files[i].refusal);
        collateral_free(set->files[i].collateral);
    }
    free(set);
}

const struct collateral_file *collateral_set_file(const struct collateral_set *set,
                                                  const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->files[i].name, name) == 0)
            return &set->files[i];
    }
    return NULL;
}

/* ---- which bundle is for which evidence ---- */

static bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool is_zero(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        if (b.at[i] != 0)
            return false;
    }
    return true;
}

/* Turin's id is shorter than its place in the report. */
static bool is_of_chip(const struct collateral_summary *s, struct bytes chip)
{
    const size_t len = s->chip_id.len;

    return is_zero(chip) ||
           (len > 0 && len <= chip.len && bytes_equal(s->chip_id, bytes_of(chip.at, len)) &&
            is_zero(bytes_of(chip.at + len, chip.len - len)));
}

static bool is_of_tcb(const struct collateral_summary *s, struct bytes reported)
{
    struct snp_tcb tcb;
    struct err ignored = { 0 };

    return reported.len == SNP_TCB_LEN &&
           snp_tcb_of(reported, snp_product_of(bytes_of_string(s->product)), &tcb, &ignored) &&
           tcb.has_fmc == s->tcb.has_fmc && tcb.fmc == s->tcb.fmc &&
           tcb.boot_loader == s->tcb.boot_loader && tcb.tee == s->tcb.tee &&
           tcb.snp == s->tcb.snp && tcb.microcode == s->tcb.microcode;
}

static bool is_for(const struct collateral_summary *s, const struct verdict *v)
{
    if (s->tee != v->tee)
        return false;
    if (s->tee != TEE_SNP)
        return bytes_equal(s->fmspc, v->fmspc) && same_text(s->pck_ca, v->pck_ca);
    return same_text(s->signing_key, v->signing_key) &&
           (v->product == NULL || same_text(s->product, v->product)) &&
           is_of_tcb(s, verdict_field_value(v, "reported_tcb")) &&
           (strcmp(s->signing_key, "vlek") == 0 ||
            is_of_chip(s, verdict_field_value(v, "chip_id")));
}

/* Those of one platform have the same evaluation number: the store uses no lower one. */
static bool is_better(const struct collateral_summary *a, const struct collateral_summary *b)
{
    return a->earliest_expiration > b->earliest_expiration;
}

size_t collateral_set_pick(const struct collateral_set *set, const struct verdict *located,
                           const struct collateral_file *picked[static COLLATERAL_PICKED_MAX])
{
    const size_t most = located->tee == TEE_SNP ? COLLATERAL_PICKED_MAX : 1;
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct collateral_file *const file = &set->files[i];
        if (file->collateral == NULL || !is_for(&file->summary, located))
            continue;
        size_t at = count;
        while (at > 0 && is_better(&file->summary, &picked[at - 1]->summary))
            at--;
        if (at == most)
            continue;
        count = count < most ? count + 1 : most;
        for (size_t j = count - 1; j > at; j--)
            picked[j] = picked[j - 1];
        picked[at] = file;
    }
    return count;
}

/* ---- for people ---- */

enum { SHOWN_CHIP_LEN = 8 }; /* bytes: enough to tell chips apart */

static void put_intel(struct buf *out, struct bytes fmspc, const char *pck_ca)
{
    buf_add_string(out, " FMSPC ");
    hex_encode(out, fmspc);
    buf_add_format(out, " (%s CA)", pck_ca == NULL ? "unknown" : pck_ca);
}

static void put_snp(struct buf *out, const char *product, const char *signing_key,
                    struct bytes chip)
{
    buf_add_format(out, " %s", product == NULL ? "of unknown product" : product);
    if (!same_text(signing_key, "vcek")) {
        buf_add_string(out, " with a VLEK");
    } else if (is_zero(chip)) {
        buf_add_string(out, " with a hidden chip id");
    } else {
        buf_add_string(out, " chip ");
        hex_encode(out, bytes_of(chip.at, chip.len < SHOWN_CHIP_LEN ? chip.len : SHOWN_CHIP_LEN));
    }
}

void collateral_put_platform(struct buf *out, const struct collateral_summary *s)
{
    buf_add_string(out, tee_text(s->tee));
    if (s->tee == TEE_SNP)
        put_snp(out, s->product, s->signing_key, s->chip_id);
    else
        put_intel(out, s->fmspc, s->pck_ca);
}

void collateral_put_wanted(struct buf *out, const struct verdict *v)
{
    buf_add_string(out, tee_text(v->tee));
    if (v->tee != TEE_SNP) {
        put_intel(out, v->fmspc, v->pck_ca);
        return;
    }
    put_snp(out, v->product, v->signing_key, verdict_field_value(v, "chip_id"));
    buf_add_string(out, " reported TCB ");
    hex_encode(out, verdict_field_value(v, "reported_tcb"));
}
