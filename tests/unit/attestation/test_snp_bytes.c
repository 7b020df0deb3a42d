/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "changes.h"
#include "snp_scene.h"

/* Every byte of our own reports is covered by something; those of genuine ones in test_every_byte.c. */

struct judge {
    const struct scene *scene;
    const struct collateral *collateral;
};

static bool is_valid(void *ctx, struct bytes evidence)
{
    const struct judge *const judge = ctx;
    auto_arena arena = { 0 };
    struct verdict v;

    return evidence_verify(evidence, judge->collateral, &judge->scene->anchors, SCENE_NOW, &arena,
                           &v);
}

static void expect_no_change_is_valid(struct scene *s)
{
    auto_buf bundle = { 0 };
    struct err err = { 0 };

    scene_bundle(s, &bundle);
    auto_collateral *collateral = collateral_parse(buf_bytes(&bundle), &s->anchors, &err);
    assert_non_null(collateral);
    struct judge judge = { s, collateral };
    const struct changes changes = { bytes_of(s->report, sizeof s->report), is_valid, &judge };
    changes_expect_refused(&changes);
}

static void a_changed_byte_is_never_valid(void **state)
{
    static void (*const make[])(struct scene * s) = { scene_make_vlek, scene_make_genoa,
                                                      scene_make_turin, scene_add_crl };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(make); i++) {
        auto_scene s;
        scene_init(&s);
        make[i](&s);
        scene_sign_report(&s);
        expect_no_change_is_valid(&s);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_changed_byte_is_never_valid),
};

TEST_MAIN(tests)
