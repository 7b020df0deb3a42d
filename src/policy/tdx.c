/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/judging.h"

#include "codec/text.h"

/* A TD against the part TDX of a package (attestation.md, 12.2). */

static const char *const reference_fields[TDX_REFERENCE_COUNT] = {
    [TDX_MRTD] = "mrtd",
    [TDX_RTMR0] = "rtmr0",
    [TDX_RTMR1] = "rtmr1",
    [TDX_RTMR2] = "rtmr2",
    [TDX_RTMR3] = "rtmr3",
    [TDX_MRSEAM] = "mrseam",
    [TDX_MRCONFIGID] = "mrconfigid",
    [TDX_MROWNER] = "mrowner",
    [TDX_MROWNERCONFIG] = "mrownerconfig",
    [TDX_MRSERVICETD] = "mrservicetd",
};
static const char *const bits_fields[TDX_BITS_COUNT] = {
    [TDX_TDATTRIBUTES] = "tdattributes",
    [TDX_XFAM] = "xfam",
};

/* No part, or one that nobody has filled in. */
static bool refuse_unmeasured(const struct judging *j, const char *expected)
{
    return add_difference(j, POLICY_PACKAGE, package_member(j, "TDX.MRTD"),
                          text_of(j, "%s", expected),
                          text_of_hex(j, verdict_field_value(j->verdict, "mrtd")));
}

/* Another TD that had a say is refused unless it is known. Reports of TDX 1.0 have no such field. */
static bool check_service(const struct judging *j)
{
    const struct bytes service = verdict_field_value(j->verdict, "mrservicetd");

    return j->package->tdx.references[TDX_MRSERVICETD].present || is_zero(service) ||
           add_difference(j, POLICY_PACKAGE, package_member(j, "TDX.MRServiceTD"),
                          BYTES_LITERAL("zeros"), text_of_hex(j, service));
}

static bool fits_under_mask(const struct masked_reference *wanted, struct bytes value)
{
    auto_buf bits = { 0 }, mask = { 0 };
    struct err err = { 0 };

    if (!hex_decode(&bits, wanted->value, &err) || !hex_decode(&mask, wanted->mask, &err) ||
        bits.len == 0 || bits.len != value.len || (mask.len != 0 && mask.len != value.len))
        return false;
    for (size_t i = 0; i < value.len; i++) {
        const uint8_t counts = mask.len == 0 ? 0xff : mask.at[i];
        if ((value.at[i] & counts) != bits.at[i])
            return false;
    }
    return true;
}

static bool check_bits(const struct judging *j, size_t i)
{
    const struct masked_reference *const wanted = &j->package->tdx.bits[i];
    const struct bytes value = verdict_field_value(j->verdict, bits_fields[i]);

    if (!wanted->present || fits_under_mask(wanted, value))
        return true;
    auto_string *member = mem_printf("TDX.%s", tdx_bits_kinds[i].name);
    const struct bytes expected = wanted->mask.len == 0
                                      ? text_of(j, "\"%.*s\"", BYTES_FMT(wanted->value))
                                      : text_of(j, "\"%.*s\" under the mask \"%.*s\"",
                                                BYTES_FMT(wanted->value), BYTES_FMT(wanted->mask));
    return add_difference(j, POLICY_PACKAGE, package_member(j, member), expected,
                          text_of_hex(j, value));
}

bool check_tdx(const struct judging *j)
{
    const struct manifest_tdx *const tdx = &j->package->tdx;
    bool fits = true;

    if (!tdx->present)
        return refuse_unmeasured(j, "a package with a part for TDX");
    fits &= check_debug(j);
    if (!j->package->debug && !manifest_tdx_identifies(tdx))
        fits &= refuse_unmeasured(j, "a measurement in the manifest");
    auto_string *where = bytes_to_string(package_member(j, "TDX"));
    for (size_t i = 0; i < TDX_REFERENCE_COUNT; i++)
        fits &=
            check_reference(j, POLICY_PACKAGE, where, &tdx_reference_kinds[i], &tdx->references[i],
                            verdict_field_value(j->verdict, reference_fields[i]));
    fits &= check_service(j);
    for (size_t i = 0; i < TDX_BITS_COUNT; i++)
        fits &= check_bits(j, i);
    return fits;
}
