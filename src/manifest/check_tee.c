/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/check.h"

#include "codec/text.h"

/* The parts for TDX and SEV-SNP and the platforms of infrastructures: a value that cannot fit anything is a mistake. */

static bool is_hex_of(struct bytes text, size_t size)
{
    auto_buf value = { 0 };
    struct err err = { 0 };

    return hex_decode(&value, text, &err) && value.len == size;
}

static bool check_references(const struct json *source, const struct reference_kind *kinds,
                             const struct text_list *references, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct text_list *const list = &references[i];
        if (list->present && list->count == 0)
            return manifest_refuse(source, kinds[i].name, err, "%s lists no value", kinds[i].name);
        for (size_t j = 0; j < list->count; j++) {
            if (!is_hex_of(list->at[j], kinds[i].size))
                return manifest_refuse(source, kinds[i].name, err,
                                       "value %zu of %s is not %zu bytes in hex", j + 1,
                                       kinds[i].name, kinds[i].size);
        }
    }
    return true;
}

/* ---- TDX ---- */

/* Both have the right size. */
static bool has_bits_outside_of(struct bytes value, struct bytes mask)
{
    auto_buf v = { 0 }, m = { 0 };
    struct err err = { 0 };
    bool outside = !hex_decode(&v, value, &err) || !hex_decode(&m, mask, &err);

    for (size_t i = 0; !outside && i < v.len; i++)
        outside = (v.at[i] & ~m.at[i]) != 0;
    return outside;
}

static bool check_bits(const struct masked_reference *bits, const struct reference_kind *kind,
                       struct err *err)
{
    if (!bits->present)
        return true;
    if (!is_hex_of(bits->value, kind->size))
        return manifest_refuse(bits->source, "Value", err, "%s is not %zu bytes in hex", kind->name,
                               kind->size);
    if (bits->mask.len == 0)
        return true;
    if (!is_hex_of(bits->mask, kind->size))
        return manifest_refuse(bits->source, "Mask", err, "the mask of %s is not %zu bytes in hex",
                               kind->name, kind->size);
    return !has_bits_outside_of(bits->value, bits->mask) ||
           manifest_refuse(bits->source, "Value", err, "%s has bits outside of its mask",
                           kind->name);
}

static bool check_tdx(const struct manifest_tdx *tdx, struct err *err)
{
    if (!check_references(tdx->source, tdx_reference_kinds, tdx->references, TDX_REFERENCE_COUNT,
                          err))
        return false;
    for (size_t i = 0; i < TDX_BITS_COUNT; i++) {
        if (!check_bits(&tdx->bits[i], &tdx_bits_kinds[i], err))
            return false;
    }
    return true;
}

/* ---- SEV-SNP ---- */

static bool check_products(const struct manifest_snp *snp, struct err *err)
{
    static const char *const known[] = { "Milan", "Genoa", "Turin" };
    const struct text_list *const list = &snp->products;

    if (list->present && list->count == 0)
        return manifest_refuse(snp->source, "Products", err, "Products lists no value");
    for (size_t i = 0; i < list->count; i++) {
        size_t k = 0;
        while (k < COUNT_OF(known) && !bytes_equal_string(list->at[i], known[k]))
            k++;
        if (k == COUNT_OF(known))
            return manifest_refuse(snp->source, "Products", err,
                                   "product %.*s is none of Milan, Genoa, Turin",
                                   BYTES_FMT(list->at[i]));
    }
    return true;
}

/* They come from the ID block, which the host fills in and signs with a key of its own unless the key is pinned. */
static bool check_id_block(const struct manifest_snp *snp, struct err *err)
{
    const bool has_key = snp->references[SNP_ID_KEY_DIGEST].present ||
                         snp->references[SNP_AUTHOR_KEY_DIGEST].present;
    const char *const member = snp->references[SNP_FAMILY_ID].present  ? "FamilyID"
                               : snp->references[SNP_IMAGE_ID].present ? "ImageID"
                               : snp->minimum_guest_svn > 0            ? "MinimumGuestSVN"
                                                                       : NULL;

    return member == NULL || has_key ||
           manifest_refuse(snp->source, member, err,
                           "%s says nothing without IDKeyDigest or AuthorKeyDigest", member);
}

static bool check_snp(const struct manifest_snp *snp, struct err *err)
{
    return check_references(snp->source, snp_reference_kinds, snp->references, SNP_REFERENCE_COUNT,
                            err) &&
           check_products(snp, err) && check_id_block(snp, err);
}

/* ---- packages and infrastructures ---- */

static bool check_measurements(const struct manifest_package *package, struct err *err)
{
    if (package->debug)
        return true;
    if (package->tdx.present && !manifest_tdx_identifies(&package->tdx))
        return manifest_refuse(package->tdx.source, NULL, err,
                               "manifest misses value for MRTD in package %.*s: without it the "
                               "host chooses the software",
                               BYTES_FMT(package->name));
    if (package->snp.present && !manifest_snp_identifies(&package->snp))
        return manifest_refuse(package->snp.source, NULL, err,
                               "manifest misses value for Measurement or IDKeyDigest in package "
                               "%.*s: without one the host chooses the software",
                               BYTES_FMT(package->name));
    return true;
}

static bool check_infrastructure(const struct manifest_infrastructure *x, struct err *err)
{
    const bool intel = x->cpu_svn.present || x->qe_svn.present || x->pce_svn.present ||
                       x->root_ca.present || x->references[PLATFORM_FMSPC].present;

    if (!check_references(x->source, platform_reference_kinds, x->references,
                          PLATFORM_REFERENCE_COUNT, err))
        return false;
    return !intel || !x->references[PLATFORM_CHIP_IDS].present ||
           manifest_refuse(x->source, "ChipIDs", err,
                           "infrastructure %.*s describes a platform of AMD and one of Intel: "
                           "nothing is both",
                           BYTES_FMT(x->name));
}

CHECK_RULE(check_tee_values)
{
    (void)options;
    for (size_t i = 0; i < m->package_count; i++) {
        if (!check_tdx(&m->packages[i].tdx, err) || !check_snp(&m->packages[i].snp, err))
            return false;
    }
    for (size_t i = 0; i < m->marble_count; i++) {
        if (!check_measurements(manifest_package(m, m->marbles[i].package), err))
            return false;
    }
    for (size_t i = 0; i < m->infrastructure_count; i++) {
        if (!check_infrastructure(&m->infrastructures[i], err))
            return false;
    }
    return true;
}
