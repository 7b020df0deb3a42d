/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/json.h"
#include "state_test.h"

#define SET "000102030405060708090a0b0c0d0e0f"
#define NEW_SET "100102030405060708090a0b0c0d0e0f"
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define NOW ((int64_t)FIXED_MS * 1000)

static const char *const names[] = { "alice", "bob", "carol" };

static struct key *holder_key(void)
{
    static struct key *key;
    struct err err = { 0 };

    if (key == NULL)
        key = key_generate(KEY_RSA, 1024, &err);
    assert_non_null(key);
    return key;
}

/* Holders 0 to count - 1; the last one's secret is not known when `one_unknown`. */
static struct recovery_set *make_set(const char *id, size_t count, unsigned needed,
                                     bool one_unknown)
{
    static const uint8_t drill[RECOVERY_SET_DRILL_LEN] = { 5 };
    struct recovery_set *const set = recovery_set_new(count);

    memcpy(set->id, id, RECOVERY_SET_ID_LEN);
    set->scheme = BYTES_LITERAL("shamir");
    set->needed = needed;
    set->created_ms = NOW;
    for (size_t i = 0; i < count; i++) {
        set->holders[i].name = bytes_of_string(names[i]);
        set->holders[i].key = key_ref(holder_key());
        if (!one_unknown || i + 1 < count)
            set->holders[i].drill = bytes_of(drill, sizeof drill);
    }
    return set;
}

static struct buf set_json(const char *id, size_t count, unsigned needed, bool one_unknown)
{
    auto_recovery_set *set = make_set(id, count, needed, one_unknown);
    struct buf json = { 0 };
    struct err err = { 0 };

    assert_ok(recovery_set_write(set, &json, &err), &err);
    return json;
}

static struct recovery_set *parse(struct bytes json, struct err *err)
{
    uint8_t *const exact = bytes_copy(json);
    struct recovery_set *const set = recovery_set_parse(bytes_of(exact, json.len), err);

    free(exact);
    return set;
}

static void set_survives_the_round_trip_field_by_field(void **state)
{
    auto_buf json = set_json(SET, 3, 2, true);
    auto_buf again = { 0 };
    struct err err = { 0 };
    auto_recovery_set *set = parse(buf_bytes(&json), &err);

    (void)state;
    assert_ok(set != NULL, &err);
    assert_string_equal(set->id, SET);
    assert_true(bytes_equal_string(set->scheme, "shamir"));
    assert_int_equal(set->needed, 2);
    assert_int_equal(set->created_ms, NOW);
    assert_int_equal(set->count, 3);
    assert_true(bytes_equal_string(set->holders[2].name, "carol"));
    assert_true(key_equal_public(set->holders[2].key, holder_key()));
    assert_int_equal(set->holders[0].drill.len, RECOVERY_SET_DRILL_LEN);
    assert_int_equal(set->holders[0].drill.at[0], 5);
    assert_int_equal(set->holders[2].drill.len, 0);
    assert_ptr_equal(recovery_set_holder(set, BYTES_LITERAL("bob")), &set->holders[1]);
    assert_null(recovery_set_holder(set, BYTES_LITERAL("bo")));
    assert_ok(recovery_set_write(set, &again, &err), &err);
    assert_bytes_equal(buf_bytes(&again), buf_bytes(&json));
}

static void every_prefix_of_a_set_is_refused(void **state)
{
    auto_buf json = set_json(SET, 1, 1, false);

    (void)state;
    for (size_t len = 0; len < json.len; len++) {
        struct err err = { 0 };
        assert_null(parse(bytes_of(json.at, len), &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
    }
}

static void set_that_contradicts_itself_is_refused(void **state)
{
    static const char *const rows[] = {
        "[]",
        "{}",
        "{\"holders\":7}",
        "{\"holders\":[]}",
        "{\"set\":\"00\",\"holders\":[]}",
        "{\"set\":\"" SET "\",\"needed\":1,\"holders\":[]}",
        "{\"set\":\"" SET "\",\"needed\":-1,\"holders\":[]}",
        "{\"set\":\"" SET "\",\"needed\":18446744073709551616,\"holders\":[]}",
        "{\"set\":\"" SET "\",\"created\":9223372036854775808,\"holders\":[]}",
        "{\"set\":\"" SET "\",\"holders\":[7]}",
        "{\"set\":\"" SET "\",\"holders\":[{\"name\":\"a\"}]}",
        "{\"set\":\"" SET "\",\"holders\":[{\"name\":\"a\",\"key\":\"AAAA\"}]}",
        "{\"set\":\"" SET "\",\"holders\":[{\"name\":\"a\",\"drill\":\"AAAA\"}]}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = { 0 };
        if (parse(bytes_of_string(rows[i]), &err) != NULL || err.kind != FAIL_DAMAGED)
            fail_msg("%s: %s", rows[i], err.text);
    }
}

static void holders_have_to_be_listed_by_name_each_once(void **state)
{
    auto_recovery_set *set = make_set(SET, 2, 2, false);
    auto_buf json = { 0 };
    struct err err = { 0 };

    (void)state;
    set->holders[1].name = set->holders[0].name;
    assert_ok(recovery_set_write(set, &json, &err), &err);
    assert_null(parse(buf_bytes(&json), &err));
    assert_non_null(strstr(err.text, "by name"));
}

static void more_than_255_holders_are_refused(void **state)
{
    auto_buf json = { 0 };
    struct err err = { 0 };

    (void)state;
    buf_add_string(&json, "{\"set\":\"" SET "\",\"holders\":[{}");
    for (int i = 0; i < RECOVERY_SET_MAX; i++)
        buf_add_string(&json, ",{}");
    buf_add_string(&json, "]}");
    assert_null(parse(buf_bytes(&json), &err));
    assert_non_null(strstr(err.text, "256 holders"));
}

/* ---- in a snapshot ---- */

static struct snapshot *with_sets(struct bytes set, struct bytes new_set)
{
    auto_authority *a = new_authority();
    auto_omap *values = state_values(a);
    auto_change change = { 0 };
    struct err err = { 0 };

    if (set.len > 0)
        change_put(&change, NAME_RECOVERY_SET, set);
    if (new_set.len > 0)
        change_put(&change, NAME_NEW_RECOVERY_SET, new_set);
    auto_omap *all = change_apply(values, &change);
    struct snapshot *const s = snapshot_load(&state_env, all, &err);
    assert_ok(s != NULL, &err);
    return s;
}

static struct snapshot *after(const struct snapshot *now, const struct change *change)
{
    struct err err = { 0 };
    struct snapshot *const next = snapshot_after(&state_env, now, change, &err);

    assert_ok(next != NULL, &err);
    return next;
}

static void snapshot_shares_its_sets_until_a_change_touches_them(void **state)
{
    auto_buf json = set_json(SET, 2, 1, false), new_json = set_json(NEW_SET, 2, 1, false);
    auto_snapshot *first = with_sets(buf_bytes(&json), BYTES_NONE);
    auto_change proof = { 0 }, reissued = { 0 }, dropped = { 0 };

    (void)state;
    assert_string_equal(first->recovery_set->id, SET);
    assert_null(first->new_recovery_set);
    change_put_recovery_proof(&proof, SET, BYTES_LITERAL("bob"), NOW);
    auto_snapshot *second = after(first, &proof);
    assert_ptr_equal(second->recovery_set, first->recovery_set);
    change_put(&reissued, NAME_NEW_RECOVERY_SET, buf_bytes(&new_json));
    auto_snapshot *third = after(second, &reissued);
    assert_string_equal(third->new_recovery_set->id, NEW_SET);
    change_delete(&dropped, NAME_NEW_RECOVERY_SET);
    auto_snapshot *fourth = after(third, &dropped);
    assert_null(fourth->new_recovery_set);
    assert_string_equal(fourth->recovery_set->id, SET);
}

/* ---- proofs ---- */

static void proof_is_of_one_holder_of_one_set(void **state)
{
    auto_change change = { 0 };

    (void)state;
    change_put_recovery_proof(&change, SET, BYTES_LITERAL("bob"), NOW);
    auto_omap *values = change_apply(NULL, &change);
    assert_int_equal(recovery_proven_ms(values, SET, BYTES_LITERAL("bob")), NOW);
    assert_int_equal(recovery_proven_ms(values, SET, BYTES_LITERAL("bo")), 0);
    assert_int_equal(recovery_proven_ms(values, NEW_SET, BYTES_LITERAL("bob")), 0);
    assert_int_equal(recovery_proven_ms(NULL, SET, BYTES_LITERAL("bob")), 0);
}

static void proofs_of_sets_that_are_gone_are_dropped(void **state)
{
    auto_change change = { 0 }, drop = { 0 };
    static const char *const gone = "200102030405060708090a0b0c0d0e0f";

    (void)state;
    change_put_recovery_proof(&change, SET, BYTES_LITERAL("bob"), NOW);
    change_put_recovery_proof(&change, NEW_SET, BYTES_LITERAL("bob"), NOW);
    change_put_recovery_proof(&change, gone, BYTES_LITERAL("alice"), NOW);
    change_put_recovery_proof(&change, gone, BYTES_LITERAL("bob"), NOW);
    auto_omap *values = change_apply(NULL, &change);
    change_drop_recovery_proofs(&drop, values, SET, NEW_SET);
    assert_int_equal(drop.count, 2);
    auto_omap *rest = change_apply(values, &drop);
    assert_int_equal(omap_count(rest), 2);
    assert_int_equal(recovery_proven_ms(rest, SET, BYTES_LITERAL("bob")), NOW);
    assert_int_equal(recovery_proven_ms(rest, NEW_SET, BYTES_LITERAL("bob")), NOW);
    change_drop_recovery_proofs(&drop, rest, NULL, NULL);
    assert_int_equal(drop.count, 4);
}

static struct recovery_proofs summary_of(const struct snapshot *s)
{
    struct recovery_proofs p;

    recovery_proofs_summary(s, NOW, &p);
    return p;
}

static void alarm_is_given_until_one_more_than_needed_have_proven_lately(void **state)
{
    static const struct {
        int64_t ages[3]; /* days; -1: never */
        unsigned proven, lately;
        bool alarm;
        int64_t oldest; /* days; -1: nobody has proven */
    } rows[] = {
        { { -1, -1, -1 }, 0, 0, true, -1 }, { { 0, -1, -1 }, 1, 1, true, 0 },
        { { 0, 90, -1 }, 2, 2, false, 90 }, { { 0, 91, -1 }, 2, 1, true, 91 },
        { { 91, 91, 91 }, 3, 0, true, 91 }, { { 0, 1, 2 }, 3, 3, false, 2 },
        { { 3, 1, 2 }, 3, 3, false, 3 },
    };
    auto_buf json = set_json(SET, 3, 1, false);

    (void)state;
    for (size_t row = 0; row < COUNT_OF(rows); row++) {
        auto_snapshot *s = with_sets(buf_bytes(&json), BYTES_NONE);
        auto_change change = { 0 };
        for (size_t i = 0; i < 3; i++) {
            if (rows[row].ages[i] >= 0)
                change_put_recovery_proof(&change, SET, bytes_of_string(names[i]),
                                          NOW - rows[row].ages[i] * DAY_MS);
        }
        auto_snapshot *next = after(s, &change);
        const struct recovery_proofs p = summary_of(next);
        assert_true(p.known && p.possible);
        assert_int_equal(p.holders, 3);
        assert_int_equal(p.needed, 1);
        assert_int_equal(p.wanted, 2);
        assert_int_equal(p.proven, rows[row].proven);
        assert_int_equal(p.proven_lately, rows[row].lately);
        assert_int_equal(p.alarm, rows[row].alarm);
        assert_int_equal(p.oldest_ms, rows[row].oldest < 0 ? 0 : NOW - rows[row].oldest * DAY_MS);
    }
}

static void all_are_wanted_when_all_are_needed(void **state)
{
    auto_buf json = set_json(SET, 3, 3, true);
    auto_snapshot *s = with_sets(buf_bytes(&json), BYTES_NONE);
    const struct recovery_proofs p = summary_of(s);

    (void)state;
    assert_int_equal(p.wanted, 3);
    assert_true(p.known && p.alarm && !p.possible);
}

static void without_holders_there_is_nothing_to_prove(void **state)
{
    auto_buf json = set_json(SET, 0, 0, false);
    auto_snapshot *s = with_sets(buf_bytes(&json), BYTES_NONE);
    auto_snapshot *unknown = with_sets(BYTES_NONE, BYTES_NONE);
    auto_authority *a = new_authority();
    auto_snapshot *none = snapshot_new(PHASE_ACCEPTING_MANIFEST, a);

    (void)state;
    assert_false(summary_of(s).alarm);
    assert_true(summary_of(s).known);
    assert_false(summary_of(unknown).alarm);
    assert_false(summary_of(unknown).known);
    assert_false(summary_of(none).alarm);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(set_survives_the_round_trip_field_by_field),
    cmocka_unit_test(every_prefix_of_a_set_is_refused),
    cmocka_unit_test(set_that_contradicts_itself_is_refused),
    cmocka_unit_test(holders_have_to_be_listed_by_name_each_once),
    cmocka_unit_test(more_than_255_holders_are_refused),
    cmocka_unit_test(snapshot_shares_its_sets_until_a_change_touches_them),
    cmocka_unit_test(proof_is_of_one_holder_of_one_set),
    cmocka_unit_test(proofs_of_sets_that_are_gone_are_dropped),
    cmocka_unit_test(alarm_is_given_until_one_more_than_needed_have_proven_lately),
    cmocka_unit_test(all_are_wanted_when_all_are_needed),
    cmocka_unit_test(without_holders_there_is_nothing_to_prove),
};

TEST_MAIN(tests)
