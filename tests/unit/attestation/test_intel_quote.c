/* SPDX-License-Identifier: Apache-2.0 */
#include "intel_scene.h"

#include <pthread.h>

#include "attestation/intel_signature.h"

/* The quote itself: signatures, key binding, identities of QE and TDX module; and each size (attestation.md, 14). */

enum { AT_SIGNATURE = 0, AT_KEY = 64, AT_QE_REPORT_3 = 128, AT_QE_REPORT_4 = 134 };

/* Where the signature data of the scene's quote begins. */
static size_t signature_at(const struct intel_scene *s)
{
    struct quote q;
    struct err err = { 0 };

    assert_ok(quote_parse(buf_bytes(&s->quote), &q, &err), &err);
    return (size_t)(q.signature.at - s->quote.at);
}

static size_t qe_report_at(const struct intel_scene *s)
{
    const bool flat = s->form == SCENE_SGX_3;

    return signature_at(s) + (flat ? AT_QE_REPORT_3 : AT_QE_REPORT_4);
}

static void flips_are_named_by_what_they_break(void **state)
{
    enum { QE_SIGNATURE = 384, QE_AUTHENTICATION = 384 + 64 + 2 };

    (void)state;
    for (int form = 0; form < SCENE_FORMS; form++) {
        auto_scene s;
        intel_scene_init(&s, (enum scene_form)form);
        intel_scene_build(&s);
        const size_t signature = signature_at(&s), qe = qe_report_at(&s);
        const struct {
            size_t at;
            enum reason reason;
        } flips[] = {
            { 8, REASON_QUOTE_SIGNATURE },              /* QE SVN */
            { 10, REASON_QUOTE_SIGNATURE },             /* PCE SVN */
            { 28, REASON_QUOTE_SIGNATURE },             /* user data */
            { 70, REASON_QUOTE_SIGNATURE },             /* report */
            { signature - 5, REASON_QUOTE_SIGNATURE },  /* its last byte */
            { signature, REASON_QUOTE_SIGNATURE },      /* r */
            { signature + 63, REASON_QUOTE_SIGNATURE }, /* s */
            { signature + AT_KEY, REASON_QE_REPORT_DATA },
            { signature + AT_KEY + 63, REASON_QE_REPORT_DATA },
            { qe, REASON_QE_REPORT_SIGNATURE },
            { qe + 383, REASON_QE_REPORT_SIGNATURE },
            { qe + QE_SIGNATURE, REASON_QE_REPORT_SIGNATURE },
            { qe + QE_SIGNATURE + 63, REASON_QE_REPORT_SIGNATURE },
            { qe + QE_AUTHENTICATION, REASON_QE_REPORT_DATA },
            { 0, REASON_FORMAT },  /* version */
            { 4, REASON_FORMAT },  /* TEE type */
            { 12, REASON_FORMAT }, /* vendor */
            { 2, REASON_UNSUPPORTED },
        };
        for (size_t i = 0; i < COUNT_OF(flips); i++) {
            char what[40];
            (void)snprintf(what, sizeof what, "form %d, byte %zu", form, flips[i].at);
            s.quote.at[flips[i].at] ^= 0x40;
            scene_expect_built(&s, flips[i].reason, what);
            s.quote.at[flips[i].at] ^= 0x40;
        }
    }
}

static void a_quote_that_was_cut_is_never_valid(void **state)
{
    (void)state;
    for (int form = 0; form < SCENE_FORMS; form++) {
        auto_scene s;
        intel_scene_init(&s, (enum scene_form)form);
        s.nul_bytes = 0;
        intel_scene_build(&s);
        struct intel_collateral *const c = intel_collateral_parse(&s.bundle, &s.anchors);
        for (size_t len = 0; len < s.quote.len; len++) {
            auto_arena arena = { 0 };
            struct verdict v;
            uint8_t *const exact = bytes_copy(bytes_of(s.quote.at, len));
            assert_false(scene_verify_quote(&s, bytes_of(exact, len), c, &arena, &v));
            assert_int_equal(v.reason, REASON_FORMAT);
            free(exact);
        }
        intel_collateral_free(c);
    }
}

static void put_u32(uint8_t *at, size_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Cut as well, but all outer sizes are made to agree: what ends inside has to be found. */
static void signature_data_that_was_cut_is_a_wrong_format(void **state)
{
    enum { OUTER_SIZE = 130, OUTER_END = 134 };

    (void)state;
    for (int form = 0; form < SCENE_FORMS; form += 3) {
        auto_scene s;
        intel_scene_init(&s, (enum scene_form)form);
        s.cert_data_type = 4;
        buf_add_string(&s.cert_data, "leaf");
        intel_scene_build(&s);
        const size_t at = signature_at(&s), whole = s.quote.len - at;
        for (size_t len = 0; len <= whole; len++) {
            auto_arena arena = { 0 };
            struct verdict v;
            uint8_t *const exact = bytes_copy(bytes_of(s.quote.at, at + len));
            put_u32(exact + at - 4, len);
            if (form != SCENE_SGX_3 && len >= OUTER_END)
                put_u32(exact + at + OUTER_SIZE, len - OUTER_END);
            assert_false(scene_verify_quote(&s, bytes_of(exact, at + len), NULL, &arena, &v));
            assert_int_equal(v.reason, len == whole ? REASON_COLLATERAL_MISSING : REASON_FORMAT);
            free(exact);
        }
    }
}

/* The place and width of each size inside of the signature data. */
static void impossible_sizes_are_a_wrong_format(void **state)
{
    (void)state;
    for (int form = 0; form < SCENE_FORMS; form += 3) {
        auto_scene s;
        intel_scene_init(&s, (enum scene_form)form);
        intel_scene_build(&s);
        const size_t at = signature_at(&s), qe = qe_report_at(&s);
        const struct {
            size_t at, width;
        } fields[] = { { at - 4, 4 },
                       { qe + 448, 2 },
                       { qe + 450 + 32 + 2, 4 },
                       { form == SCENE_SGX_3 ? at - 4 : at + 130, 4 } };
        for (size_t f = 0; f < COUNT_OF(fields); f++) {
            uint8_t *const field = s.quote.at + fields[f].at;
            const size_t exact = field[0] | (size_t)field[1] << 8;
            const size_t values[] = {
                0,          1,          exact - 1,           exact + 1,          0xffff,
                0xffffffff, 0x80000000, UINT32_MAX - at + 1, UINT32_MAX - qe + 1
            };
            uint8_t old[4];
            memcpy(old, field, fields[f].width);
            for (size_t i = 0; i < COUNT_OF(values); i++) {
                for (size_t n = 0; n < fields[f].width; n++)
                    field[n] = (uint8_t)(values[i] >> (8 * n));
                scene_expect_built(&s, REASON_FORMAT, "size");
            }
            memcpy(field, old, fields[f].width);
        }
        scene_expect_built(&s, REASON_NONE, "sizes as they were");
    }
}

static void the_outer_certification_data_is_a_qe_report(void **state)
{
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_TDX_4);
    intel_scene_build(&s);
    for (unsigned type = 0; type < 9; type++) {
        s.quote.at[signature_at(&s) + 128] = (uint8_t)type;
        scene_expect_built(&s, type == 6 ? REASON_NONE : REASON_FORMAT, "outer type");
    }
}

static void zero_bytes_may_follow_a_quote(void **state)
{
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_TDX_4);
    intel_scene_build(&s);
    for (int i = 0; i < 3000; i++)
        buf_add_u8(&s.quote, 0);
    scene_expect_built(&s, REASON_NONE, "zeros");
    s.quote.at[s.quote.len - 1] = 1;
    scene_expect_built(&s, REASON_FORMAT, "a one behind zeros");
}

/* ---- numbers of signatures and keys ---- */

static const uint8_t order[32] = { 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                   0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 };

static void numbers_outside_of_the_group_sign_nothing(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        auto_scene s;
        intel_scene_init(&s, SCENE_SGX_3);
        intel_scene_build(&s);
        uint8_t *const raw = s.quote.at + (which == 0 ? signature_at(&s) : qe_report_at(&s) + 384);
        const enum reason reason = which == 0 ? REASON_QUOTE_SIGNATURE : REASON_QE_REPORT_SIGNATURE;
        uint8_t good[64];
        memcpy(good, raw, sizeof good);
        for (size_t half = 0; half < 2; half++) {
            memset(raw + 32 * half, 0, 32);
            scene_expect_built(&s, reason, "zero");
            memcpy(raw + 32 * half, order, 32);
            scene_expect_built(&s, reason, "the order");
            memset(raw + 32 * half, 0xff, 32);
            scene_expect_built(&s, reason, "all ones");
            memcpy(raw, good, sizeof good);
        }
        memset(raw, 0, sizeof good);
        scene_expect_built(&s, reason, "both zero");
    }
}

static void attestation_keys_are_points_of_the_curve(void **state)
{
    static const uint8_t zero[64];
    uint8_t off_curve[64] = { 0 }, beyond[64];

    (void)state;
    off_curve[31] = 1;
    off_curve[63] = 1;
    memset(beyond, 0xff, sizeof beyond);
    const uint8_t *const points[] = { zero, off_curve, beyond };
    for (size_t i = 0; i < COUNT_OF(points); i++) {
        auto_scene s;
        intel_scene_init(&s, SCENE_SGX_3);
        s.attestation_raw = points[i];
        scene_expect(&s, REASON_QUOTE_SIGNATURE, "no point");
    }
}

static void another_attestation_key_is_not_bound(void **state)
{
    auto_scene s, other;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_init(&other, SCENE_SGX_3);
    intel_scene_build(&s);
    intel_scene_build(&other);
    const size_t at = signature_at(&s);
    /* Signature and key of another quote over the same report, both in order by themselves. */
    memcpy(s.quote.at + at, other.quote.at + at, 128);
    scene_expect_built(&s, REASON_QE_REPORT_DATA, "another attestation key");
}

static void the_qe_report_of_another_platform_is_not_signed(void **state)
{
    auto_scene s, other;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_init(&other, SCENE_SGX_3);
    intel_scene_build(&s);
    intel_scene_build(&other);
    memcpy(s.quote.at + qe_report_at(&s), other.quote.at + qe_report_at(&other), 384 + 64);
    scene_expect_built(&s, REASON_QE_REPORT_SIGNATURE, "QE report of another platform");
}

static void all_of_the_report_data_of_the_qe_counts(void **state)
{
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    s.qe_report_data_tail = 1;
    scene_expect(&s, REASON_QE_REPORT_DATA, "bytes behind the hash");
}

/* ---- identities ---- */

static void the_quoting_enclave_has_to_be_intels(void **state)
{
    static const struct {
        size_t at;
        uint8_t bits;
        enum reason reason;
    } cases[] = {
        { 16, 0x01, REASON_QE_IDENTITY_MISMATCH },  /* MISCSELECT, its first byte */
        { 19, 0x01, REASON_QE_IDENTITY_MISMATCH },  /* and its last */
        { 48, 0x02, REASON_QE_IDENTITY_MISMATCH },  /* debug */
        { 48, 0x04, REASON_NONE },                  /* the mask leaves this one out */
        { 49, 0x80, REASON_QE_IDENTITY_MISMATCH },  /* a reserved flag */
        { 56, 0x01, REASON_NONE },                  /* XFRM */
        { 64, 0xff, REASON_NONE },                  /* MRENCLAVE */
        { 128, 0x01, REASON_QE_IDENTITY_MISMATCH }, /* MRSIGNER */
        { 159, 0x80, REASON_QE_IDENTITY_MISMATCH },
        { 256, 0x04, REASON_QE_IDENTITY_MISMATCH }, /* ISVPRODID */
        { 257, 0x01, REASON_QE_IDENTITY_MISMATCH },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_scene s;
        intel_scene_init(&s, i % 2 == 0 ? SCENE_SGX_3 : SCENE_TDX_5_15);
        s.qe_report[cases[i].at] ^= cases[i].bits;
        scene_expect(&s, cases[i].reason, "QE report");
    }
}

static void the_tdx_module_has_to_be_intels(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
        enum reason reason;
    } cases[] = {
        { 64, 1, REASON_TDX_MODULE_MISMATCH },  /* MRSIGNERSEAM */
        { 111, 1, REASON_TDX_MODULE_MISMATCH }, /* its last byte */
        { 112, 1, REASON_TDX_MODULE_MISMATCH }, /* SEAMATTRIBUTES */
        { 119, 0x80, REASON_TDX_MODULE_MISMATCH },
        { 1, 2, REASON_TDX_MODULE_MISMATCH }, /* a major version without identity */
        { 1, 255, REASON_TDX_MODULE_MISMATCH },
        { 16, 7, REASON_NONE }, /* MRSEAM is not compared */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_scene s;
        intel_scene_init(&s, i % 2 == 0 ? SCENE_TDX_4 : SCENE_TDX_5_15);
        s.body[cases[i].at] = cases[i].value;
        scene_expect(&s, cases[i].reason, "TDX module");
    }
}

static void the_mask_does_not_let_attributes_through(void **state)
{
    auto_scene s, wanted;

    (void)state;
    intel_scene_init(&s, SCENE_TDX_4);
    scene_edit(&s.tcb_info, "\"attributesMask\":\"ffffffffffffffff\"",
               "\"attributesMask\":\"0000000000000000\"");
    scene_expect(&s, REASON_NONE, "mask of zeros");
    s.body[112] = 1;
    scene_expect(&s, REASON_TDX_MODULE_MISMATCH, "attribute outside of the mask");
    intel_scene_init(&wanted, SCENE_TDX_4);
    scene_edit(&wanted.tcb_info, "\"attributes\":\"0000000000000000\",\"attributesMask\":\"f",
               "\"attributes\":\"0100000000000000\",\"attributesMask\":\"f");
    scene_expect(&wanted, REASON_TDX_MODULE_MISMATCH, "attribute that is asked for");
    wanted.body[112] = 1;
    scene_expect(&wanted, REASON_TDX_MODULE_MISMATCH, "attributes are zero");
}

/* ---- threads ---- */

struct worker {
    const struct intel_scene *scene;
    const struct intel_collateral *collateral;
    bool all_valid;
};

static void *verify_often(void *ctx)
{
    struct worker *const w = ctx;

    w->all_valid = true;
    for (int i = 0; i < 50; i++) {
        auto_arena arena = { 0 };
        struct verdict v;
        w->all_valid &=
            scene_verify_quote(w->scene, buf_bytes(&w->scene->quote), w->collateral, &arena, &v);
    }
    return 0;
}

static void one_collateral_serves_many_threads(void **state)
{
    enum { THREADS = 4 };
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_TDX_5_15);
    intel_scene_build(&s);
    struct intel_collateral *const c = intel_collateral_parse(&s.bundle, &s.anchors);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .scene = &s, .collateral = c };
        assert_int_equal(pthread_create(&threads[i], NULL, verify_often, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        assert_true(workers[i].all_valid);
    }
    intel_collateral_free(c);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(flips_are_named_by_what_they_break),
    cmocka_unit_test(a_quote_that_was_cut_is_never_valid),
    cmocka_unit_test(signature_data_that_was_cut_is_a_wrong_format),
    cmocka_unit_test(impossible_sizes_are_a_wrong_format),
    cmocka_unit_test(the_outer_certification_data_is_a_qe_report),
    cmocka_unit_test(zero_bytes_may_follow_a_quote),
    cmocka_unit_test(numbers_outside_of_the_group_sign_nothing),
    cmocka_unit_test(attestation_keys_are_points_of_the_curve),
    cmocka_unit_test(another_attestation_key_is_not_bound),
    cmocka_unit_test(the_qe_report_of_another_platform_is_not_signed),
    cmocka_unit_test(all_of_the_report_data_of_the_qe_counts),
    cmocka_unit_test(the_quoting_enclave_has_to_be_intels),
    cmocka_unit_test(the_tdx_module_has_to_be_intels),
    cmocka_unit_test(the_mask_does_not_let_attributes_through),
    cmocka_unit_test(one_collateral_serves_many_threads),
};

TEST_MAIN(tests)
