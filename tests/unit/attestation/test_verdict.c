/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "attestation/verdict_add.h"

struct scene {
    struct arena arena;
    struct verdict verdict;
    struct judgement j;
};

static void scene_init(struct scene *s)
{
    *s = (struct scene){ 0 };
    s->j = (struct judgement){ &s->verdict, &s->arena };
}

static void scene_clear(struct scene *s)
{
    arena_clear(&s->arena);
}
#define auto_scene struct scene CLEANUP(scene_clear)

static void expect_detail(const struct scene *s, const char *want)
{
    assert_bytes_equal(s->verdict.detail, bytes_of_string(want));
}

static void the_first_failure_is_the_reason(void **state)
{
    auto_scene s = { 0 };
    (void)state;

    scene_init(&s);
    verdict_passed(&s.j, "one");
    assert_true(verdict_check(&s.j, "two", true, REASON_FORMAT, "not this"));
    assert_int_equal(s.verdict.reason, REASON_NONE);
    assert_false(verdict_check(&s.j, "three", false, REASON_REVOKED, "because of %d", 3));
    assert_false(verdict_fail(&s.j, "four", REASON_EXPIRED, "and %s", "this"));
    assert_int_equal(s.verdict.reason, REASON_REVOKED);
    expect_detail(&s, "because of 3");
    assert_int_equal(s.verdict.step_count, 4);
    assert_string_equal(s.verdict.steps[3].name, "four");
    assert_true(s.verdict.steps[1].passed && !s.verdict.steps[2].passed);
}

static void a_comparison_shows_both_sides(void **state)
{
    auto_scene s = { 0 };
    (void)state;

    scene_init(&s);
    assert_true(verdict_check_bytes(&s.j, "same", BYTES_LITERAL("\x0a\xff"),
                                    BYTES_LITERAL("\x0a\xff"), REASON_FORMAT));
    assert_bytes_equal(s.verdict.steps[0].found, BYTES_LITERAL("0aff"));
    assert_true(verdict_check_number(&s.j, "same", 7, 7, REASON_FORMAT));
    assert_bytes_equal(s.verdict.steps[1].expected, BYTES_LITERAL("7"));
    assert_false(verdict_check_number(&s.j, "SVN", UINT64_MAX, 7, REASON_TCB_MISMATCH));
    expect_detail(&s, "SVN: expected 18446744073709551615, found 7");
    assert_int_equal(s.verdict.reason, REASON_TCB_MISMATCH);
}

static void what_is_shown_is_one_short_line(void **state)
{
    auto_scene s = { 0 };
    uint8_t longer[200];
    (void)state;

    scene_init(&s);
    memset(longer, '\n', sizeof longer);
    assert_false(verdict_check_text(&s.j, "name", BYTES_NONE, bytes_of(longer, sizeof longer),
                                    REASON_CERT_CHAIN));
    const struct bytes found = s.verdict.steps[0].found;
    assert_int_equal(found.len, 163);
    assert_true(found.at[0] == '?' && found.at[159] == '?' && found.at[162] == '.');
    assert_bytes_equal(s.verdict.steps[0].expected, BYTES_LITERAL("nothing"));
    assert_false(verdict_check_bytes(&s.j, "name", BYTES_LITERAL("a"),
                                     bytes_of(longer, sizeof longer), REASON_CERT_CHAIN));
    assert_int_equal(s.verdict.steps[1].found.len, 163);
    assert_null(memchr(s.verdict.detail.at, '\n', s.verdict.detail.len));
}

static void a_part_brings_its_steps_and_its_reason(void **state)
{
    auto_scene part = { 0 }, s = { 0 };
    (void)state;

    scene_init(&part);
    scene_init(&s);
    verdict_passed(&part.j, "early");
    assert_true(verdict_include(&s.j, &part.verdict));
    assert_false(verdict_fail(&part.j, "late", REASON_REVOKED, "it was"));
    assert_false(verdict_include(&s.j, &part.verdict));
    assert_int_equal(s.verdict.reason, REASON_REVOKED);
    expect_detail(&s, "it was");
    assert_int_equal(s.verdict.step_count, 3);
}

static void advisories_are_sorted_and_stand_there_once(void **state)
{
    const struct bytes one[] = { BYTES_LITERAL("INTEL-SA-2"), BYTES_LITERAL("INTEL-SA-1"),
                                 BYTES_LITERAL("INTEL-SA-2") };
    const struct bytes two[] = { BYTES_LITERAL("INTEL-SA-3"), BYTES_LITERAL("INTEL-SA-1"),
                                 BYTES_LITERAL("INTEL-SA-0") };
    const struct bytes *list = NULL;
    size_t count = 0;
    auto_scene s = { 0 };
    (void)state;

    scene_init(&s);
    verdict_add_advisories(&s.j, &list, &count, NULL, 0);
    assert_int_equal(count, 0);
    verdict_add_advisories(&s.j, &list, &count, one, COUNT_OF(one));
    assert_int_equal(count, 2);
    verdict_add_advisories(&s.j, &list, &count, two, COUNT_OF(two));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(list[i].at[9], '0' + i);
}

static void advisories_have_a_bound(void **state)
{
    enum { MANY = VERDICT_ADVISORIES_MAX + 50, DIGITS = 3 };
    static char texts[MANY][DIGITS + 1];
    static struct bytes more[MANY];
    const struct bytes *list = NULL;
    size_t count = 0;
    auto_scene s = { 0 };
    (void)state;

    scene_init(&s);
    for (size_t i = 0; i < MANY; i++) {
        const size_t number = (i * 7) % MANY;
        (void)snprintf(texts[i], sizeof texts[i], "%03u", (unsigned)number);
        more[i] = bytes_of(texts[i], DIGITS);
    }
    verdict_add_advisories(&s.j, &list, &count, more, MANY);
    assert_int_equal(count, VERDICT_ADVISORIES_MAX);
    verdict_add_advisories(&s.j, &list, &count, more, MANY);
    assert_int_equal(count, VERDICT_ADVISORIES_MAX);
    for (size_t i = 1; i < count; i++)
        assert_true(bytes_compare(list[i - 1], list[i]) < 0);
}

static void time_is_checked_at_both_ends_and_starts_first(void **state)
{
    static const struct {
        int64_t now;
        enum reason reason;
    } rows[] = { { 99, REASON_NOT_YET_VALID },  { 100, REASON_NOT_YET_VALID },
                 { 199, REASON_NOT_YET_VALID }, { 200, REASON_NONE },
                 { 300, REASON_NONE },          { 301, REASON_EXPIRED } };
    struct validities all = { 0 }, more = { 0 };
    (void)state;

    validities_add(&all, "a", 100, 400);
    validities_add(&more, "b", 200, 300);
    validities_add_all(&all, &more);
    assert_int_equal(validities_earliest_end(&all), 300);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_scene s = { 0 };
        scene_init(&s);
        assert_int_equal(verdict_check_time(&s.j, &all, rows[i].now),
                         rows[i].reason == REASON_NONE);
        assert_int_equal(s.verdict.reason, rows[i].reason);
        assert_int_equal(s.verdict.earliest_issue, 100);
        assert_int_equal(s.verdict.latest_issue, 200);
        assert_int_equal(s.verdict.earliest_expiration, 300);
    }
}

static void what_ended_before_something_began_is_not_yet_valid(void **state)
{
    struct validities all = { 0 };
    auto_scene s = { 0 };
    (void)state;

    scene_init(&s);
    validities_add(&all, "a", 100, 200);
    validities_add(&all, "b", 300, 400);
    assert_false(verdict_check_time(&s.j, &all, 250));
    expect_detail(&s, "b: not valid before 1970-01-01T00:05:00Z, verified at 1970-01-01T00:04:10Z");
}

static void what_has_no_end_has_expired(void **state)
{
    struct validities all = { 0 };
    auto_scene s = { 0 };
    (void)state;

    scene_init(&s);
    assert_int_equal(validities_earliest_end(&all), 0);
    validities_add(&all, "a", 100, 400);
    validities_add_endless(&all, "CRL", 200);
    assert_int_equal(validities_earliest_end(&all), 200);
    assert_false(verdict_check_time(&s.j, &all, 200));
    assert_int_equal(s.verdict.reason, REASON_EXPIRED);
}

static void every_reason_has_a_text_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(reason_text(REASON_NONE), "");
    assert_string_equal(reason_text(REASON_FORMAT), "format");
    assert_string_equal(reason_text(REASON_TDX_MODULE_MISMATCH), "tdx_module_mismatch");
    assert_string_equal(reason_text(REASON_POLICY), "policy");
    for (enum reason a = REASON_NONE; a <= REASON_POLICY; a++) {
        for (enum reason b = REASON_NONE; b < a; b++)
            assert_string_not_equal(reason_text(a), reason_text(b));
    }
}

static void fields_are_found_by_their_name(void **state)
{
    auto_scene s = { 0 };
    (void)state;

    scene_init(&s);
    verdict_add_field(&s.j, "mrtd", BYTES_LITERAL("\1\2"));
    verdict_add_number_field(&s.j, "isvsvn", BYTES_LITERAL("\1\2"));
    verdict_add_number_field(&s.j, "policy", BYTES_LITERAL("\1\2\3\4\5\6\7\xf8"));
    assert_bytes_equal(verdict_field_value(&s.verdict, "mrtd"), BYTES_LITERAL("\1\2"));
    assert_int_equal(verdict_field_value(&s.verdict, "mrt").len, 0);
    assert_int_equal(verdict_field_number(&s.verdict, "isvsvn"), 0x201);
    assert_true(verdict_field_number(&s.verdict, "policy") == UINT64_C(0xf807060504030201));
    assert_int_equal(verdict_field_number(&s.verdict, "vmpl"), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_first_failure_is_the_reason),
    cmocka_unit_test(a_comparison_shows_both_sides),
    cmocka_unit_test(what_is_shown_is_one_short_line),
    cmocka_unit_test(a_part_brings_its_steps_and_its_reason),
    cmocka_unit_test(advisories_are_sorted_and_stand_there_once),
    cmocka_unit_test(advisories_have_a_bound),
    cmocka_unit_test(time_is_checked_at_both_ends_and_starts_first),
    cmocka_unit_test(what_ended_before_something_began_is_not_yet_valid),
    cmocka_unit_test(what_has_no_end_has_expired),
    cmocka_unit_test(every_reason_has_a_text_of_its_own),
    cmocka_unit_test(fields_are_found_by_their_name),
};
TEST_MAIN(tests)
