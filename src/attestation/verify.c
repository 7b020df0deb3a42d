/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/verify.h"

#include "attestation/collateral_internal.h"
#include "attestation/verdict_add.h"
#include "base/reader.h"

/* Evidence without its wrapper, and what it seems to be. */
struct opened {
    bool is_report; /* of SEV-SNP */
    struct bytes report;
    struct quote quote;
};

/* The header of Open Enclave: version and type, which no quote begins with (attestation.md, 3.9). */
static bool is_wrapped(struct bytes evidence)
{
    return bytes_start_with(evidence, BYTES_LITERAL("\x01\x00\x00\x00\x02\x00\x00\x00"));
}

static bool unwrap(const struct judgement *j, struct bytes *evidence)
{
    enum { HEAD_LEN = 8 };
    struct reader r = reader_over(*evidence);

    reader_bytes(&r, HEAD_LEN, "version and type");
    const uint64_t size = reader_u64le(&r, "size");
    const struct bytes rest = reader_rest(&r);
    j->verdict->wrapped = true;
    *evidence = rest;
    return (reader_ok(&r) && size == rest.len) ||
           verdict_fail(j, "header of Open Enclave", REASON_FORMAT,
                        "header of Open Enclave: it says %llu bytes, but %zu follow it",
                        (unsigned long long)size, rest.len);
}

/* A report begins with a version of 32 bits, a quote with one of 16 and the type of a key, which is not 0. */
static bool begins_like_report(struct bytes evidence)
{
    struct reader r = reader_over(evidence);

    reader_u16le(&r, "version");
    return reader_u16le(&r, "key type") == 0 && reader_ok(&r);
}

static bool refuse_quote(const struct judgement *j, struct bytes evidence, enum tee tee,
                         const struct err *err)
{
    j->verdict->tee = tee;
    if (begins_like_report(evidence))
        return verdict_fail(j, "shape of the evidence", REASON_FORMAT,
                            "no quote, and no report of SEV-SNP: that has %d bytes and not %zu",
                            SNP_REPORT_LEN, evidence.len);
    return verdict_fail(j, "shape of the quote", REASON_FORMAT, "%s", err->text);
}

static bool open_evidence(const struct judgement *j, struct bytes evidence, struct opened *opened)
{
    struct err err = { 0 };

    *j->verdict = (struct verdict){ 0 };
    *opened = (struct opened){ .report = evidence };
    if (is_wrapped(evidence)) {
        if (!unwrap(j, &evidence))
            return false;
    } else if (evidence.len == SNP_REPORT_LEN && begins_like_report(evidence)) {
        opened->is_report = true;
        return true;
    }
    if (!quote_parse(evidence, &opened->quote, &err))
        return refuse_quote(j, evidence, opened->quote.tee, &err);
    j->verdict->trailing_zero_bytes = evidence.len - opened->quote.whole.len;
    return true;
}

bool evidence_verify(struct bytes evidence, const struct collateral *collateral,
                     const struct trust_anchors *anchors, int64_t now, struct arena *arena,
                     struct verdict *verdict)
{
    const struct judgement j = { verdict, arena };
    struct opened opened;

    if (!open_evidence(&j, evidence, &opened))
        return false;
    if (opened.is_report)
        return snp_verify(opened.report, collateral_of_snp(collateral), anchors, now, arena,
                          verdict);
    return intel_verify(&opened.quote, collateral_of_intel(collateral), anchors, now, arena,
                        verdict);
}

bool evidence_verify_signatures(struct bytes evidence, const struct collateral *collateral,
                                const struct trust_anchors *anchors, int64_t now,
                                struct arena *arena, struct verdict *verdict)
{
    const struct judgement j = { verdict, arena };
    struct opened opened;

    if (!open_evidence(&j, evidence, &opened))
        return false;
    /* A report has no certificates inside. */
    if (opened.is_report)
        return snp_verify(opened.report, NULL, anchors, now, arena, verdict);
    return intel_verify_signatures(&opened.quote, collateral_of_intel(collateral), anchors, now,
                                   arena, verdict);
}

bool evidence_inspect(struct bytes evidence, struct arena *arena, struct verdict *verdict)
{
    const struct judgement j = { verdict, arena };
    struct opened opened;

    if (!open_evidence(&j, evidence, &opened))
        return false;
    return opened.is_report ? snp_inspect(opened.report, arena, verdict)
                            : intel_inspect(&opened.quote, arena, verdict);
}

bool evidence_locate(struct bytes evidence, struct arena *arena, struct verdict *verdict)
{
    const struct judgement j = { verdict, arena };
    struct opened opened;

    if (!open_evidence(&j, evidence, &opened))
        return false;
    return opened.is_report ? snp_inspect(opened.report, arena, verdict)
                            : intel_locate(&opened.quote, arena, verdict);
}

bool evidence_pck_id(struct bytes evidence, struct pck_id *id, struct err *err)
{
    auto_arena arena = { 0 };
    struct verdict verdict;
    const struct judgement j = { &verdict, &arena };
    struct opened opened;

    if (!open_evidence(&j, evidence, &opened))
        return err_set(err, FAIL_MALFORMED, "%.*s", BYTES_FMT(verdict.detail));
    if (opened.is_report)
        return err_set(err, FAIL_NOT_FOUND, "a report of SEV-SNP has no PCK certificate");
    return pck_id_parse(&opened.quote, id, err);
}

struct bytes evidence_without_certificates(struct bytes evidence)
{
    return evidence.len > SNP_REPORT_LEN && begins_like_report(evidence) && !is_wrapped(evidence)
               ? bytes_of(evidence.at, SNP_REPORT_LEN)
               : evidence;
}

bool evidence_has_certificates(struct bytes evidence)
{
    static const uint8_t end_of_table[16];
    struct reader r = reader_over(evidence);

    if (evidence_without_certificates(evidence).len == evidence.len)
        return false;
    reader_bytes(&r, SNP_REPORT_LEN, "report");
    const size_t table_len = reader_left(&r);
    for (size_t entries = 0; reader_ok(&r); entries++) {
        const struct bytes guid = reader_bytes(&r, sizeof end_of_table, "GUID");
        const uint64_t at = reader_u32le(&r, "offset"), len = reader_u32le(&r, "length");
        if (bytes_equal(guid, bytes_of(end_of_table, sizeof end_of_table)))
            return reader_ok(&r) && entries > 0;
        if (at + len > table_len)
            return false;
    }
    return false;
}
