/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/text.h"
#include "snp_scene.h"

/* What a verdict about a report of SEV-SNP says, when it may be given, and that every byte of the report counts. */

static struct collateral *collateral_of(const struct scene *scene)
{
    auto_buf bundle = { 0 };
    struct err err = { 0 };

    scene_bundle(scene, &bundle);
    struct collateral *const collateral =
        collateral_parse(buf_bytes(&bundle), &scene->anchors, &err);
    if (collateral == NULL)
        fail_msg("%s", err.text);
    return collateral;
}

static struct bytes report_of(const struct scene *scene)
{
    return bytes_of(scene->report, sizeof scene->report);
}

static const struct verdict_field *field_of(const struct verdict *v, const char *name)
{
    for (size_t i = 0; i < v->field_count; i++) {
        if (strcmp(v->fields[i].name, name) == 0)
            return &v->fields[i];
    }
    fail_msg("no field %s", name);
    return NULL;
}

static void a_verdict_says_what_the_report_says(void **state)
{
    auto_scene s = { 0 };
    auto_arena arena = { 0 };
    struct verdict v;
    (void)state;

    scene_init(&s);
    scene_add_crl(&s);
    s.report[AT_POLICY + 2] = 0x0b; /* with debugging */
    s.report[AT_LAUNCH_TCB + 1] = 7;
    scene_sign_report(&s);
    auto_collateral *collateral = collateral_of(&s);
    assert_true(evidence_verify(report_of(&s), collateral, &s.anchors, SCENE_NOW, &arena, &v));
    assert_int_equal(v.tee, TEE_SNP);
    assert_int_equal(v.version, 3);
    assert_true(v.debug && v.revocation_checked && !v.wrapped);
    assert_string_equal(v.product, "Milan");
    assert_string_equal(v.signing_key, "vcek");
    assert_bytes_equal(v.report_data, bytes_of(s.report + AT_REPORT_DATA, REPORT_DATA_LEN));
    assert_int_equal(v.reported_tcb.microcode, 219);
    assert_int_equal(v.reported_tcb.snp, 24);
    assert_int_equal(v.launch_tcb.tee, 7);
    assert_int_equal(v.reported_tcb.tee, 0);
    assert_int_equal(v.earliest_issue, SCENE_NOW - 40 * SCENE_DAY);
    assert_int_equal(v.latest_issue, SCENE_NOW - 10 * SCENE_DAY);
    assert_int_equal(v.earliest_expiration, SCENE_NOW + 10 * SCENE_DAY);
    assert_bytes_equal(field_of(&v, "measurement")->value, bytes_of(s.report + AT_MEASUREMENT, 48));
    assert_true(field_of(&v, "policy")->is_number);
    assert_int_equal(field_of(&v, "cpuid_family")->value.at[0], 0x19);
    assert_true(v.step_count > 15);
}

static void without_a_crl_the_verdict_says_so(void **state)
{
    auto_scene s = { 0 };
    auto_arena arena = { 0 };
    struct verdict v;
    (void)state;

    scene_init(&s);
    auto_collateral *collateral = collateral_of(&s);
    assert_true(evidence_verify(report_of(&s), collateral, &s.anchors, SCENE_NOW, &arena, &v));
    assert_false(v.revocation_checked);
    assert_false(v.debug);
}

static void a_report_without_collateral_is_not_valid(void **state)
{
    static const char other[] = "{\"format\":\"attestation-collateral\",\"version\":1,\"tee\":"
                                "\"sgx\"}";
    auto_scene s = { 0 };
    auto_arena arena = { 0 };
    struct err err = { 0 };
    struct verdict v;
    (void)state;

    scene_init(&s);
    assert_false(evidence_verify(report_of(&s), NULL, &s.anchors, SCENE_NOW, &arena, &v));
    assert_int_equal(v.reason, REASON_COLLATERAL_MISSING);
    assert_false(evidence_verify_signatures(report_of(&s), NULL, &s.anchors, SCENE_NOW, &arena, &v));
    assert_int_equal(v.reason, REASON_COLLATERAL_MISSING);
    auto_collateral *sgx = collateral_parse(bytes_of_string(other), &s.anchors, &err);
    assert_non_null(sgx);
    assert_false(evidence_verify(report_of(&s), sgx, &s.anchors, SCENE_NOW, &arena, &v));
    assert_int_equal(v.reason, REASON_COLLATERAL_MISSING);
}

static void evidence_inspect_trusts_nothing_and_shows_all(void **state)
{
    auto_scene s = { 0 };
    auto_arena arena = { 0 };
    struct verdict v;
    (void)state;

    scene_init(&s);
    memset(s.report + AT_SIGNATURE, 0, 144);
    assert_true(evidence_inspect(report_of(&s), &arena, &v));
    assert_string_equal(v.product, "Milan");
    assert_int_equal(field_of(&v, "chip_id")->value.len, 64);
    assert_false(evidence_inspect(bytes_of(s.report, SNP_REPORT_LEN - 1), &arena, &v));
    assert_int_equal(v.reason, REASON_FORMAT);
}

/* Collateral that was verified under one root is nothing under another. */
static void collateral_counts_only_under_the_root_it_was_verified_with(void **state)
{
    auto_scene s = { 0 };
    auto_arena arena = { 0 };
    struct verdict v;
    (void)state;

    scene_init(&s);
    auto_collateral *collateral = collateral_of(&s);
    assert_false(
        evidence_verify(report_of(&s), collateral, &trust_anchors_builtin, SCENE_NOW, &arena, &v));
    assert_int_equal(v.reason, REASON_CERT_CHAIN);
    s.anchors.ark_count = 0;
    assert_false(evidence_verify(report_of(&s), collateral, &s.anchors, SCENE_NOW, &arena, &v));
    assert_int_equal(v.reason, REASON_CERT_CHAIN);
    auto_collateral *untrusted = collateral_of(&s);
    s.anchors.ark_count = 1;
    assert_false(evidence_verify(report_of(&s), untrusted, &s.anchors, SCENE_NOW, &arena, &v));
    assert_int_equal(v.reason, REASON_CERT_CHAIN);
}

static void every_window_is_checked_at_both_ends(void **state)
{
    enum { WINDOWS = 4 };
    auto_arena arena = { 0 };
    struct verdict v;
    (void)state;

    for (size_t window = 0; window < WINDOWS; window++) {
        const int64_t start = SCENE_NOW - SCENE_DAY, end = SCENE_NOW + SCENE_DAY;
        const struct {
            int64_t at;
            enum reason reason;
        } times[] = { { start - 1, REASON_NOT_YET_VALID },
                      { start, REASON_NONE },
                      { end, REASON_NONE },
                      { end + 1, REASON_EXPIRED } };
        auto_scene s = { 0 };
        scene_init(&s);
        scene_add_crl(&s);
        int64_t *const starts[WINDOWS] = { &s.ark.not_before, &s.ask.not_before, &s.vek.not_before,
                                           &s.crl.this_update };
        int64_t *const ends[WINDOWS] = { &s.ark.not_after, &s.ask.not_after, &s.vek.not_after,
                                         &s.crl.next_update };
        *starts[window] = start;
        *ends[window] = end;
        auto_collateral *collateral = collateral_of(&s);
        for (size_t i = 0; i < COUNT_OF(times); i++) {
            (void)!evidence_verify(report_of(&s), collateral, &s.anchors, times[i].at, &arena, &v);
            assert_int_equal(v.reason, times[i].reason);
        }
    }
}

/* The starts come first: with a clock that is wrong, nobody should fetch anew. */
static void what_is_too_early_and_too_late_is_too_early(void **state)
{
    auto_scene s = { 0 };
    (void)state;

    scene_init(&s);
    s.ask.not_after = SCENE_NOW - 1;
    s.vek.not_before = SCENE_NOW + 1;
    assert_int_equal(scene_verify(&s, SCENE_NOW), REASON_NOT_YET_VALID);
}

static void a_report_with_any_byte_changed_is_not_valid(void **state)
{
    auto_scene s = { 0 };
    auto_arena arena = { 0 };
    struct verdict v;
    (void)state;

    scene_init(&s);
    auto_collateral *collateral = collateral_of(&s);
    for (size_t i = 0; i < SNP_REPORT_LEN; i++) {
        uint8_t *const changed = bytes_copy(report_of(&s));
        changed[i] ^= (uint8_t)(1u << i % 8);
        if (evidence_verify(bytes_of(changed, SNP_REPORT_LEN), collateral, &s.anchors, SCENE_NOW,
                            &arena, &v))
            fail_msg("byte 0x%zx", i);
        assert_true(v.reason != REASON_NONE && v.detail.len > 0);
        free(changed);
        arena_clear(&arena);
    }
}

static void a_report_of_any_other_length_is_malformed(void **state)
{
    auto_scene s = { 0 };
    auto_arena arena = { 0 };
    struct verdict v;
    (void)state;

    scene_init(&s);
    auto_collateral *collateral = collateral_of(&s);
    for (size_t len = 0; len <= SNP_REPORT_LEN + 16; len++) {
        uint8_t *const other = mem_zero_alloc(len + 1, 1);
        memcpy(other, s.report, len < SNP_REPORT_LEN ? len : SNP_REPORT_LEN);
        const bool valid =
            evidence_verify(bytes_of(other, len), collateral, &s.anchors, SCENE_NOW, &arena, &v);
        assert_int_equal(valid, len == SNP_REPORT_LEN);
        assert_int_equal(v.reason, valid ? REASON_NONE : REASON_FORMAT);
        free(other);
    }
}

/* The header of Open Enclave and something behind it; the last step tells what was wrong. */
static const char *step_that_fails(struct bytes header, struct bytes rest, struct arena *arena)
{
    auto_buf wrapped = { 0 };
    struct verdict v;

    buf_add(&wrapped, header);
    buf_add(&wrapped, rest);
    assert_false(evidence_inspect(buf_bytes(&wrapped), arena, &v));
    assert_int_equal(v.reason, REASON_FORMAT);
    return v.steps[v.step_count - 1].name;
}

static void the_header_of_open_enclave_holds_all_of_a_quote(void **state)
{
    static const struct {
        struct bytes header;
        const char *step;
    } rows[] = {
        /* A report is no quote. */
        { BYTES_LITERAL("\x01\0\0\0\x02\0\0\0\xa0\x04\0\0\0\0\0\0"), "shape of the evidence" },
        { BYTES_LITERAL("\x01\0\0\0\x02\0\0\0\xa1\x04\0\0\0\0\0\0"), "header of Open Enclave" },
        { BYTES_LITERAL("\x01\0\0\0\x02\0\0\0\x9f\x04\0\0\0\0\0\0"), "header of Open Enclave" },
        { BYTES_LITERAL("\x01\0\0\0\x02\0\0\0\xa0\x04\0\0\0\0\0\x01"), "header of Open Enclave" },
        /* Other versions and types are no such header. */
        { BYTES_LITERAL("\x02\0\0\0\x02\0\0\0\xa0\x04\0\0\0\0\0\0"), "shape of the evidence" },
        { BYTES_LITERAL("\x01\0\0\0\x01\0\0\0\xa0\x04\0\0\0\0\0\0"), "shape of the evidence" },
    };
    auto_scene s = { 0 };
    auto_arena arena = { 0 };
    (void)state;

    scene_init(&s);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(step_that_fails(rows[i].header, report_of(&s), &arena), rows[i].step);
    for (size_t len = 0; len < 8; len++)
        assert_string_equal(
            step_that_fails(bytes_of(rows[0].header.at, 8), bytes_of(s.report, len), &arena),
            "header of Open Enclave");
}

static void collateral_summary_tells_what_it_is_for(void **state)
{
    auto_scene s = { 0 };
    struct collateral_summary summary;
    (void)state;

    scene_init(&s);
    auto_collateral *good = collateral_of(&s);
    auto_collateral *again = collateral_ref(good);
    collateral_summary(again, &summary);
    assert_int_equal(summary.tee, TEE_SNP);
    assert_int_equal(summary.reason, REASON_NONE);
    assert_string_equal(summary.product, "Milan");
    assert_bytes_equal(summary.chip_id, bytes_of(s.report + AT_CHIP_ID, 64));
    assert_int_equal(summary.earliest_expiration, SCENE_NOW + 20 * SCENE_DAY);
    s.vek.signer = SCENE_OTHER;
    auto_collateral *bad = collateral_of(&s);
    collateral_summary(bad, &summary);
    assert_int_equal(summary.reason, REASON_CERT_CHAIN);
    assert_true(summary.detail.len > 0);
}

/* A product of the anchor that the certificate has to agree with. */
static void an_anchor_may_name_its_product(void **state)
{
    auto_scene s = { 0 };
    (void)state;

    scene_init(&s);
    s.anchor.product = "Milan";
    assert_int_equal(scene_verify(&s, SCENE_NOW), REASON_NONE);
    s.anchor.product = "Turin";
    assert_int_equal(scene_verify(&s, SCENE_NOW), REASON_CERT_CHAIN);
    s.anchor.product = "Venice";
    assert_int_equal(scene_verify(&s, SCENE_NOW), REASON_CERT_CHAIN);
}

/* A step of 7 bytes reaches every structure; each costs two signatures of RSA. */
static void a_vek_with_a_byte_changed_is_not_valid(void **state)
{
    auto_scene s = { 0 };
    auto_buf der = { 0 };
    (void)state;

    scene_init(&s);
    scene_cert_der(&s, &s.vek, &der);
    for (size_t i = 0; i < der.len; i += 7) {
        auto_buf pem = { 0 };
        der.at[i] ^= 0x10;
        pem_encode(&pem, "CERTIFICATE", buf_bytes(&der));
        der.at[i] ^= 0x10;
        s.vek_text = buf_bytes(&pem);
        if (scene_verify(&s, SCENE_NOW) == REASON_NONE)
            fail_msg("byte %zu of %zu", i, der.len);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_verdict_says_what_the_report_says),
    cmocka_unit_test(without_a_crl_the_verdict_says_so),
    cmocka_unit_test(a_report_without_collateral_is_not_valid),
    cmocka_unit_test(evidence_inspect_trusts_nothing_and_shows_all),
    cmocka_unit_test(collateral_counts_only_under_the_root_it_was_verified_with),
    cmocka_unit_test(every_window_is_checked_at_both_ends),
    cmocka_unit_test(what_is_too_early_and_too_late_is_too_early),
    cmocka_unit_test(a_report_with_any_byte_changed_is_not_valid),
    cmocka_unit_test(a_report_of_any_other_length_is_malformed),
    cmocka_unit_test(the_header_of_open_enclave_holds_all_of_a_quote),
    cmocka_unit_test(collateral_summary_tells_what_it_is_for),
    cmocka_unit_test(an_anchor_may_name_its_product),
    cmocka_unit_test(a_vek_with_a_byte_changed_is_not_valid),
};
TEST_MAIN(tests)
