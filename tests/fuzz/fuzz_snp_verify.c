/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole verifications of SEV-SNP under the root of the tests: u32 little-endian length of a bundle, the bundle, a report. The VEKs of
 * the seeds were thrown away, so that no other report is valid: what is valid is not with one bit of it changed, before
 * its certificate or under another root.
 */
#include <string.h>

#include "attestation/verify.h"
#include "base/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { NOW = 1750000000, REPORT_LEN = 1184, MEASUREMENT_AT = 0x90 };
/* Of the key in tests/unit/attestation/data/snp_ark.pem. */
static const uint8_t root_hash[SHA256_LEN] = {
    0x5c, 0x95, 0xac, 0xed, 0x86, 0x0a, 0xf2, 0x93, 0xa0, 0xac, 0x05, 0xd3, 0x43, 0xb4, 0x76, 0xdd,
    0x89, 0x2a, 0xcc, 0x32, 0xb2, 0x89, 0xd4, 0x7d, 0x65, 0xb5, 0x70, 0x75, 0xf5, 0xf5, 0x9e, 0x25,
};

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static bool is_valid(struct bytes report, const struct collateral *collateral,
                     const struct trust_anchors *anchors, int64_t now)
{
    auto_arena arena = { 0 };
    struct verdict v;

    const bool valid = evidence_verify(report, collateral, anchors, now, &arena, &v);
    require(valid == (v.reason == REASON_NONE) && (valid || v.detail.len > 0));
    for (size_t i = 0; i < v.step_count; i++)
        require(v.steps[i].passed || (i == v.step_count - 1 && !valid));
    require(!valid || (v.tee == TEE_SNP && v.product != NULL && v.earliest_expiration >= now));
    return valid;
}

static void require_only_this(struct bytes report, const struct collateral *collateral,
                              const struct trust_anchors *anchors)
{
    uint8_t other[REPORT_LEN];

    require(report.len == sizeof other);
    memcpy(other, report.at, sizeof other);
    other[MEASUREMENT_AT] ^= 1;
    require(!is_valid(bytes_of(other, sizeof other), collateral, anchors, NOW));
    require(!is_valid(report, collateral, anchors, 0));
    require(!is_valid(report, collateral, &trust_anchors_builtin, NOW));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ark_anchor ark = { NULL, bytes_of(root_hash, sizeof root_hash) };
    const struct trust_anchors anchors = { .ark_count = 1, .arks = &ark };
    struct reader r = reader_over(bytes_of(data, size));
    const struct bytes text = reader_bytes(&r, reader_u32le(&r, "size"), "bundle");
    const struct bytes report = reader_rest(&r);
    struct err err = { 0 };

    if (!reader_ok(&r))
        return 0;
    require(!is_valid(report, NULL, &anchors, NOW));
    auto_collateral *collateral = collateral_parse(text, &anchors, &err);
    if (collateral != NULL && is_valid(report, collateral, &anchors, NOW))
        require_only_this(report, collateral, &anchors);
    return 0;
}
