/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "budget_scene.h"

#include <errno.h>

/* What counts once although it comes twice, and what does not count because nobody got it. */

/* ---- repeated attempts ---- */

static void repeated_attempt_counts_once_also_after_a_restart(void **state)
{
    const struct activation asked = attempt("first");
    struct activation spelled = attempt("first");
    auto_scene s;

    (void)state;
    scene_begin(&s, 1);
    spend(&s.machine, &asked);
    spend(&s.machine, &asked);
    scene_restart(&s);
    spend(&s.machine, &asked);
    spelled.uuid = BYTES_LITERAL("{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}");
    spelled.quote = BYTES_LITERAL("a newer quote");
    spend(&s.machine, &spelled);
    assert_int_equal(count_of(&s.machine, "b"), 1);
}

static void other_attempts_count_anew(void **state)
{
    enum { ROWS = 6 };
    const struct activation asked = attempt("first");
    struct activation rows[ROWS];
    auto_scene s;

    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = asked;
    rows[0].attempt = BYTES_LITERAL("second");
    rows[1].leaf = BYTES_LITERAL("b leaf");
    rows[2].uuid = BYTES_LITERAL(OTHER_UUID);
    rows[3].marble_type = BYTES_LITERAL("c");
    rows[4].attempt = BYTES_NONE;
    rows[5].attempt = BYTES_LITERAL("irst"); /* the same bytes, cut elsewhere */
    rows[5].leaf = BYTES_LITERAL("a leaff");
    scene_begin(&s, 9);
    spend(&s.machine, &asked);
    for (size_t i = 0; i < ROWS; i++) {
        spend(&s.machine, &rows[i]);
        assert_int_equal(count_of(&s.machine, "b") + count_of(&s.machine, "c"), i + 2);
    }
    assert_int_equal(count_of(&s.machine, "c"), 1);
}

static void attempts_without_a_name_count_each_time(void **state)
{
    const struct activation asked = attempt("");
    auto_scene s;

    (void)state;
    scene_begin(&s, 9);
    for (unsigned i = 1; i <= 3; i++) {
        spend(&s.machine, &asked);
        assert_int_equal(count_of(&s.machine, "b"), i);
    }
}

/* The mark says "counted", not "admitted": all else is checked as ever. */
static void repeated_attempt_is_checked_like_the_first(void **state)
{
    struct activation asked = attempt("first");
    auto_scene s;

    (void)state;
    scene_begin(&s, 1);
    spend(&s.machine, &asked);
    asked.csr = BYTES_LITERAL("bad");
    assert_refused(&s.machine, &asked, ACTIVATION_FAILED, "generating...");
    asked.csr = marble_csr();
    put_value(&s.machine, PREFIX_PACKAGE "p", BYTES_NONE);
    assert_refused(&s.machine, &asked, ACTIVATION_REFUSED, "marble verification failed: undef...");
}

static void mark_is_over_after_an_hour(void **state)
{
    static const struct {
        int64_t later_ms;
        bool counts;
    } rows[] = {
        { HOUR_MS, false },     { HOUR_MS + 1, true },     { -HOUR_MS, false },
        { -HOUR_MS - 1, true }, { -1000 * HOUR_MS, true }, { 1000 * HOUR_MS, true },
    };
    const struct activation asked = attempt("first");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_scene s;
        scene_begin(&s, 9);
        spend(&s.machine, &asked);
        world_set_clock(&s.world, WORLD_START_MS + rows[i].later_ms);
        spend(&s.machine, &asked);
        if (count_of(&s.machine, "b") != (rows[i].counts ? 2 : 1))
            fail_msg("%lld ms later", (long long)rows[i].later_ms);
    }
}

/* Repeating does not make the hour longer. */
static void hour_begins_with_the_first_attempt(void **state)
{
    const struct activation asked = attempt("first");
    auto_scene s;

    (void)state;
    scene_begin(&s, 9);
    spend(&s.machine, &asked);
    world_set_clock(&s.world, WORLD_START_MS + HOUR_MS / 2);
    spend(&s.machine, &asked);
    world_set_clock(&s.world, WORLD_START_MS + HOUR_MS + 1);
    spend(&s.machine, &asked);
    assert_int_equal(count_of(&s.machine, "b"), 2);
}

static void damaged_mark_counts_for_none(void **state)
{
    static const char *const texts[] = {
        "",    "x", "1768478400000", "1768478400000 ", "1768478400000 1 ", "9999999999999999999 1",
        "-1 1"
    };
    char *mark = NULL;
    struct err err = { 0 };
    const struct attempt a = { BYTES_LITERAL("b"), BYTES_LITERAL("u"), BYTES_LITERAL("l"),
                               BYTES_LITERAL("n") };

    (void)state;
    assert_ok(budget_mark(&a, &mark, &err), &err);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        auto_omap *values = omap_with(NULL, bytes_of_string(mark), bytes_of_string(texts[i]));
        const struct snapshot now = { .values = values };
        auto_change change = { 0 };
        int64_t at = 0;
        assert_false(budget_is_counted(&now, mark, WORLD_START_MS));
        assert_false(budget_answer_again(&now, mark, WORLD_START_MS, &change, &at));
        assert_int_equal(change.count, 0);
    }
    free(mark);
}

/* One more mark in the values. */
static const struct omap *with_mark(const struct omap *values, unsigned number, int64_t now_ms)
{
    auto_string *name = mem_printf("%u", number);
    const struct attempt a = { BYTES_LITERAL("b"), BYTES_LITERAL("u"), BYTES_LITERAL("l"),
                               bytes_of_string(name) };
    const struct snapshot now = { .values = values };
    auto_change change = { 0 };
    char *mark = NULL;
    struct err err = { 0 };

    assert_ok(budget_mark(&a, &mark, &err), &err);
    assert_ok(budget_count(&now, BYTES_LITERAL("b"), mark, now_ms, &change, &err), &err);
    free(mark);
    return change_apply(values, &change);
}

static void marks_that_are_over_are_removed_in_the_long_run(void **state)
{
    enum { EARLY = 1000, LATE = 4000, LEFT = 50 };
    const struct omap *values = NULL;

    (void)state;
    for (unsigned i = 0; i < EARLY + LATE; i++) {
        const struct omap *const next =
            with_mark(values, i, i < EARLY ? WORLD_START_MS : WORLD_START_MS + 2 * HOUR_MS);
        omap_free(values);
        values = next;
        if (i == EARLY - 1)
            assert_int_equal(marks_in(values), EARLY);
    }
    assert_in_range(marks_in(values), LATE, LATE + LEFT);
    omap_free(values);
}

/* ---- answers that are lost ---- */

static void lost_answer_is_given_back_and_a_kept_one_is_not(void **state)
{
    static const char *const names[] = { "", "named" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct activation asked = attempt(names[i]);
        auto_scene s;
        scene_begin(&s, 2);
        core_activation_kept(spend_and_hold(&s.machine, &asked));
        settle(&s.machine);
        assert_int_equal(count_of(&s.machine, "b"), 1);
        const struct activation other = attempt(i == 0 ? "" : "other");
        lose(&s.machine, spend_and_hold(&s.machine, &other));
        assert_int_equal(count_of(&s.machine, "b"), 1);
        scene_restart(&s);
        assert_int_equal(count_of(&s.machine, "b"), 1);
        spend(&s.machine, &other); /* counts anew */
        assert_int_equal(count_of(&s.machine, "b"), 2);
    }
    core_activation_kept(NULL);
}

/* Else a Marble could stop reading one answer, take another, and drop the first: one activation for nothing. */
static void lost_answer_of_a_repeated_attempt_stays_counted(void **state)
{
    const struct activation asked = attempt("first");

    (void)state;
    for (unsigned lost = 0; lost < 2; lost++) {
        auto_scene s;
        scene_begin(&s, 1);
        struct spent_activation *const spent[] = { spend_and_hold(&s.machine, &asked),
                                                   spend_and_hold(&s.machine, &asked) };
        core_activation_kept(spent[1 - lost]);
        lose(&s.machine, spent[lost]);
        assert_int_equal(count_of(&s.machine, "b"), 1);
        /* Its mark is still there. */
        spend(&s.machine, &asked);
        assert_int_equal(count_of(&s.machine, "b"), 1);
    }
}

static void attempt_all_of_whose_answers_are_lost_is_given_back_once(void **state)
{
    const struct activation asked = attempt("first"), other = attempt("other");
    auto_scene s;

    (void)state;
    scene_begin(&s, 9);
    spend(&s.machine, &other);
    struct spent_activation *const one = spend_and_hold(&s.machine, &asked);
    struct spent_activation *const two = spend_and_hold(&s.machine, &asked);
    lose(&s.machine, two);
    assert_int_equal(count_of(&s.machine, "b"), 2);
    lose(&s.machine, one);
    assert_int_equal(count_of(&s.machine, "b"), 1);
    spend(&s.machine, &asked);
    assert_int_equal(count_of(&s.machine, "b"), 2);
}

/* Its mark belongs to another count by then. */
static void answer_that_is_lost_after_the_hour_stays_counted(void **state)
{
    const struct activation asked = attempt("first");
    auto_scene s;

    (void)state;
    scene_begin(&s, 9);
    struct spent_activation *const early = spend_and_hold(&s.machine, &asked);
    world_set_clock(&s.world, WORLD_START_MS + HOUR_MS + 1);
    spend(&s.machine, &asked);
    lose(&s.machine, early);
    assert_int_equal(count_of(&s.machine, "b"), 2);
}

static void answer_lost_on_a_full_disk_stays_counted(void **state)
{
    const struct activation asked = attempt("first");
    auto_scene s;

    (void)state;
    scene_begin(&s, 9);
    struct spent_activation *const spent = spend_and_hold(&s.machine, &asked);
    world_fail(&s.world, 1, true, ENOSPC);
    core_activation_lost(spent);
    const struct activation other = attempt("other");
    auto_outcome o = activate(&s.machine, &other);
    world_heal(&s.world);
    settle(&s.machine);
    assert_int_equal(count_of(&s.machine, "b"), o.result == ACTIVATION_DONE ? 2 : 1);
}

static void nothing_is_given_back_below_zero(void **state)
{
    const struct snapshot now = { .values = NULL };
    auto_change change = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_false(budget_give_back(&now, BYTES_LITERAL("b"), NULL, 0, &change, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    assert_int_equal(change.count, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(repeated_attempt_counts_once_also_after_a_restart),
    cmocka_unit_test(other_attempts_count_anew),
    cmocka_unit_test(attempts_without_a_name_count_each_time),
    cmocka_unit_test(repeated_attempt_is_checked_like_the_first),
    cmocka_unit_test(mark_is_over_after_an_hour),
    cmocka_unit_test(hour_begins_with_the_first_attempt),
    cmocka_unit_test(damaged_mark_counts_for_none),
    cmocka_unit_test(marks_that_are_over_are_removed_in_the_long_run),
    cmocka_unit_test(lost_answer_is_given_back_and_a_kept_one_is_not),
    cmocka_unit_test(lost_answer_of_a_repeated_attempt_stays_counted),
    cmocka_unit_test(attempt_all_of_whose_answers_are_lost_is_given_back_once),
    cmocka_unit_test(answer_that_is_lost_after_the_hour_stays_counted),
    cmocka_unit_test(answer_lost_on_a_full_disk_stays_counted),
    cmocka_unit_test(nothing_is_given_back_below_zero),
};

TEST_MAIN(tests)
