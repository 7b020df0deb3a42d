/* SPDX-License-Identifier: Apache-2.0 */
#include "changes.h"
#include "intel_scene.h"

/* Every byte of our own quotes is covered by something (attestation.md, 14); those of genuine ones in test_every_byte.c. */

struct judge {
    const struct intel_scene *scene;
    const struct intel_collateral *collateral;
};

static bool is_valid(void *ctx, struct bytes evidence)
{
    const struct judge *const judge = ctx;
    auto_arena arena = { 0 };
    struct verdict v = { .reason = REASON_NONE };
    struct quote quote;
    struct err err = { 0 };

    if (!quote_parse(evidence, &quote, &err))
        return false;
    const bool valid = scene_verify_quote(judge->scene, evidence, judge->collateral, &arena, &v);
    assert_int_equal(valid, v.reason == REASON_NONE);
    return valid;
}

static void expect_no_change_is_valid(struct intel_scene *s, struct bytes evidence)
{
    struct intel_collateral *const c = intel_collateral_parse(&s->bundle, &s->anchors);
    struct judge judge = { s, c };
    const struct changes changes = { evidence, is_valid, &judge };

    changes_expect_refused(&changes);
    intel_collateral_free(c);
}

static void a_changed_byte_is_never_valid(void **state)
{
    (void)state;
    for (int form = 0; form < SCENE_FORMS; form++) {
        auto_scene s;
        intel_scene_init(&s, (enum scene_form)form);
        intel_scene_build(&s);
        expect_no_change_is_valid(&s, buf_bytes(&s.quote));
    }
}

static void nor_is_one_of_a_quote_with_zeros_in_and_behind_it(void **state)
{
    static const uint8_t zeros[100];
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    s.nul_bytes = 3;
    intel_scene_build(&s);
    buf_add(&s.quote, bytes_of(zeros, sizeof zeros));
    expect_no_change_is_valid(&s, buf_bytes(&s.quote));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_changed_byte_is_never_valid),
    cmocka_unit_test(nor_is_one_of_a_quote_with_zeros_in_and_behind_it),
};

TEST_MAIN(tests)
