/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "state/reissue.h"
#include "state_test.h"

/* Users "u1" and "u3" may update the manifest, "u2" may not. */
static struct snapshot *with_users(unsigned threshold, const char *pending)
{
    static const char *const names[] = { "u3", "u1", "u2" };
    auto_authority *a = new_authority();
    auto_omap *values = state_values(a);
    auto_string *manifest =
        mem_printf("{\"Packages\":{\"p\":{\"Debug\":true}},\"Marbles\":{\"m\":{\"Package\":\"p\"}},"
                   "\"Config\":{\"UpdateThreshold\":%u}}",
                   threshold);
    auto_change change = { 0 };
    struct err err = { 0 };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct stored_user user = { .name = bytes_of_string(names[i]),
                                    .certificate = bytes_of_string(names[i]) };
        auto_buf record = { 0 };
        user.permissions.of[PERMISSION_UPDATE_MANIFEST].held = i < 2;
        stored_user_write(&user, &record);
        change_put_named(&change, PREFIX_USER, user.name, buf_bytes(&record));
    }
    change_put(&change, NAME_MANIFEST, bytes_of_string(manifest));
    if (pending != NULL)
        change_put(&change, NAME_PENDING_REISSUE, bytes_of_string(pending));
    auto_omap *all = change_apply(values, &change);
    struct snapshot *const s = snapshot_load(&state_env, all, &err);
    assert_ok(s != NULL, &err);
    return s;
}

static void quorum_is_the_threshold_or_all_who_may_update_the_manifest(void **state)
{
    (void)state;
    for (unsigned threshold = 0; threshold <= 2; threshold++) {
        auto_snapshot *s = with_users(threshold, NULL);
        auto_arena arena = { 0 };
        const struct quorum r = quorum_begin(s->deployment, &arena);
        assert_int_equal(r.missing, threshold == 0 ? 2 : threshold);
        assert_int_equal(r.count, 2);
        assert_true(bytes_equal_string(r.users[0].name, "u1"));
        assert_true(bytes_equal_string(r.users[1].name, "u3"));
    }
}

static void each_user_counts_once(void **state)
{
    auto_snapshot *s = with_users(0, NULL);
    auto_arena arena = { 0 };
    auto_buf open = { 0 };
    struct quorum r = quorum_begin(s->deployment, &arena);

    (void)state;
    assert_int_equal(quorum_acknowledge(&r, BYTES_LITERAL("u2")), QUORUM_NO_SAY);
    assert_int_equal(quorum_acknowledge(&r, BYTES_LITERAL("u3")), QUORUM_FIRST);
    assert_int_equal(r.missing, 1);
    assert_int_equal(quorum_acknowledge(&r, BYTES_LITERAL("u3")), QUORUM_AGAIN);
    assert_int_equal(r.missing, 1);
    buf_add_u8(&open, '[');
    quorum_put_missing(&r, &open);
    assert_bytes_equal(buf_bytes(&open), BYTES_LITERAL("[\"u1\""));
}

static void pending_reissue_survives_the_round_trip(void **state)
{
    auto_snapshot *before = with_users(0, NULL);
    auto_arena arena = { 0 };
    auto_change change = { 0 };
    struct err err = { 0 };
    struct quorum r = quorum_begin(before->deployment, &arena), again;

    (void)state;
    assert_false(reissue_is_pending(before));
    assert_false(reissue_load(before, &arena, &again, &err));
    assert_int_equal(err.kind, FAIL_NONE);
    assert_int_equal(quorum_acknowledge(&r, BYTES_LITERAL("u1")), QUORUM_FIRST);
    change_put_reissue(&change, &r);
    auto_snapshot *after = snapshot_after(&state_env, before, &change, &err);
    assert_true(reissue_is_pending(after));
    assert_ok(reissue_load(after, &arena, &again, &err), &err);
    assert_int_equal(again.missing, 1);
    assert_int_equal(again.count, 2);
    assert_true(again.users[0].acknowledged && !again.users[1].acknowledged);
    assert_true(bytes_equal_string(again.users[1].name, "u3"));
}

static void value_that_does_not_fit_is_damage(void **state)
{
    static const char *const rows[] = {
        "",
        "[]",
        "{\"requiredUsers\":[]}",
        "{\"requiredUsers\":{\"u1\":1}}",
        "{\"requiredUsers\":{\"u1\":true,\"u1\":false}}",
        "{\"missingAcknowledgments\":-1}",
        "{\"missingAcknowledgments\":18446744073709551616}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_snapshot *s = with_users(0, rows[i]);
        auto_arena arena = { 0 };
        struct quorum r;
        struct err err = { 0 };
        assert_true(reissue_is_pending(s));
        if (reissue_load(s, &arena, &r, &err) || err.kind != FAIL_DAMAGED ||
            strstr(err.text, NAME_PENDING_REISSUE) == NULL)
            fail_msg("%s: %s", rows[i], err.text);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(quorum_is_the_threshold_or_all_who_may_update_the_manifest),
    cmocka_unit_test(each_user_counts_once),
    cmocka_unit_test(pending_reissue_survives_the_round_trip),
    cmocka_unit_test(value_that_does_not_fit_is_damage),
};

TEST_MAIN(tests)
