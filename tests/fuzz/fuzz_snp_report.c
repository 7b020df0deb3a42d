/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports of SEV-SNP: what was accepted has its fields side by side without a gap, and what stands between them is zero.
 */
#include "attestation/snp_report.h"
#include "attestation/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* Takes the field that comes next; all bytes before it, which are in no field, have to be zero. */
static void take(struct bytes *rest, struct bytes field)
{
    while (rest->len > 0 && rest->at != field.at) {
        require(rest->at[0] == 0);
        *rest = bytes_of(rest->at + 1, rest->len - 1);
    }
    require(field.len > 0 && field.len <= rest->len);
    *rest = bytes_of(rest->at + field.len, rest->len - field.len);
}

static void check_fields(struct bytes whole, const struct snp_report *r)
{
    enum { ALGORITHM_LEN = 4, KEY_INFO_LEN = 4 };
    const struct bytes algorithm = bytes_of(r->vmpl.at + r->vmpl.len, ALGORITHM_LEN);
    const struct bytes key_info =
        bytes_of(r->platform_info.at + r->platform_info.len, KEY_INFO_LEN);
    const struct bytes fields[] = {
        r->version,     r->guest_svn,    r->policy,       r->family_id,     r->image_id,
        r->vmpl,        algorithm,       r->current_tcb,  r->platform_info, key_info,
        r->report_data, r->measurement,  r->host_data,    r->id_key_digest, r->author_key_digest,
        r->report_id,   r->report_id_ma, r->reported_tcb,
    };
    const struct bytes cpuid[] = { r->cpuid_family, r->cpuid_model, r->cpuid_stepping };
    const struct bytes more[] = {
        r->chip_id,    r->committed_tcb,      r->current_build,       r->committed_build,
        r->launch_tcb, r->launch_mitigations, r->current_mitigations, r->r,
        r->s,
    };

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        take(&whole, fields[i]);
    for (size_t i = 0; i < COUNT_OF(cpuid) && r->has_cpuid; i++)
        take(&whole, cpuid[i]);
    for (size_t i = 0; i < COUNT_OF(more); i++)
        take(&whole, more[i]);
    for (size_t i = 0; i < whole.len; i++)
        require(whole.at[i] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes whole = bytes_of(data, size);
    auto_arena arena = { 0 };
    struct verdict verdict;
    struct snp_report r;
    struct err err = { 0 };
    const bool shown = evidence_inspect(whole, &arena, &verdict);

    require(shown == (verdict.reason == REASON_NONE));
    if (!snp_report_parse(whole, &r, &err)) {
        require(err.kind == FAIL_MALFORMED && err.text[0] != '\0' &&
                !(shown && verdict.tee == TEE_SNP));
        return 0;
    }
    require(err.kind == FAIL_NONE && size == SNP_REPORT_LEN && r.signed_part.at == data);
    require(r.version_number >= 2 && r.version_number <= 5 && r.signer <= 7);
    require(r.has_cpuid || r.product == SNP_PRODUCT_NONE);
    check_fields(whole, &r);
    /* Nobody vouches for it. */
    require(!evidence_verify(whole, NULL, &trust_anchors_builtin, 0, &arena, &verdict));
    return 0;
}
