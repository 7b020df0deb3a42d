/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole verifications under a root whose private key was thrown away: u32 little-endian length of a bundle, the bundle, a
 * quote. Nobody can make a valid quote that says something new, so that what is valid says what the seeds say.
 */
#include "attestation/intel.h"
#include "base/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { NOW = 1750000000 };
static const uint8_t root_point[65] = {
    0x04, 0x56, 0xbf, 0xcc, 0xf8, 0x6d, 0xcb, 0x77, 0x71, 0x30, 0xe7, 0x34, 0xcc,
    0x97, 0x00, 0xe4, 0x45, 0x88, 0x73, 0xfe, 0xf1, 0x51, 0x4f, 0x1a, 0x44, 0xbf,
    0x26, 0xd7, 0x23, 0x43, 0xa8, 0x27, 0xb0, 0x9f, 0xfa, 0x37, 0xe4, 0xc4, 0xcb,
    0xef, 0x7f, 0xf6, 0x35, 0x5a, 0x13, 0x5c, 0x1b, 0xf8, 0xea, 0xd8, 0x1a, 0x38,
    0x28, 0xe7, 0x0a, 0xdf, 0x83, 0x14, 0x03, 0xd1, 0x68, 0x2a, 0xf3, 0x9f, 0x91,
};

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* The measurement that all seeds have: bytes of a pattern, as the report of the test scene. */
static void check_claims(const struct verdict *v)
{
    const char *const measurement = v->tee == TEE_TDX ? "mrtd" : "mrenclave";
    const size_t at = v->tee == TEE_TDX ? 136 : 64;
    bool found = false;

    for (size_t i = 0; i < v->field_count; i++) {
        if (!bytes_equal_string(bytes_of_string(v->fields[i].name), measurement))
            continue;
        found = true;
        for (size_t k = 0; k < v->fields[i].value.len; k++)
            require(v->fields[i].value.at[k] == (uint8_t)((at + k) * 11 + 3));
    }
    require(found && v->tcb_status != TCB_STATUS_NONE && v->tcb_status != TCB_REVOKED);
    require(bytes_equal(v->fmspc, BYTES_LITERAL("\x00\xc0\xff\xee\x00\x01")));
    require(v->earliest_expiration >= NOW && v->latest_issue <= NOW && v->detail.len == 0);
}

static void check_verdict(bool valid, const struct verdict *v)
{
    require(valid == (v->reason == REASON_NONE));
    require(valid || v->detail.len > 0);
    for (size_t i = 0; i < v->step_count; i++)
        require(v->steps[i].passed || (i == v->step_count - 1 && !valid));
    if (valid)
        check_claims(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes point = bytes_of(root_point, sizeof root_point);
    const struct trust_anchors anchors = { .intel_count = 1, .intel_root_keys = &point };
    struct reader r = reader_over(bytes_of(data, size));
    const struct bytes text = reader_bytes(&r, reader_u32le(&r, "size"), "bundle");
    const struct bytes evidence = reader_rest(&r);
    auto_arena arena = { 0 };
    struct bundle bundle;
    struct quote quote;
    struct verdict with = { 0 }, without = { 0 }, signatures = { 0 };
    struct err err = { 0 };

    if (!reader_ok(&r) || !quote_parse(evidence, &quote, &err))
        return 0;
    const bool signed_well =
        intel_verify_signatures(&quote, NULL, &anchors, NOW, &arena, &signatures);
    require(signed_well == (signatures.reason == REASON_NONE));
    require(!intel_verify(&quote, NULL, &anchors, NOW, &arena, &without));
    require(!signed_well || without.reason == REASON_COLLATERAL_MISSING);
    if (!bundle_parse(text, &arena, &bundle, &err))
        return 0;
    auto_intel_collateral *collateral = intel_collateral_parse(&bundle, &anchors);
    struct collateral_summary summary = { 0 };
    intel_collateral_summary(collateral, &summary);
    const bool valid = intel_verify(&quote, collateral, &anchors, NOW, &arena, &with);
    check_verdict(valid, &with);
    require(!valid || summary.reason == REASON_NONE);
    return 0;
}
