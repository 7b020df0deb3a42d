/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "state/names.h"
#include "state/pending.h"

#define STORED                                                                                     \
    "{\"manifestRaw\":\"e30=\",\"requiredUsers\":{\"alice\":true,\"bob\":false,\"carol\":false},"  \
    "\"missingAcknowledgments\":1}"

static struct pending_update parsed(const char *stored, struct arena *arena)
{
    struct pending_update p;
    struct err err = { 0 };

    assert_ok(pending_update_parse(bytes_of_string(stored), arena, &p, &err), &err);
    return p;
}

static void assert_missing(const struct pending_update *p, const char *want)
{
    auto_arena arena = { 0 };
    auto_buf names = { 0 };
    const struct text_list missing = quorum_missing(&p->quorum, &arena);

    assert_true(missing.present);
    for (size_t i = 0; i < missing.count; i++)
        buf_add_format(&names, "%s%.*s", i > 0 ? " " : "", BYTES_FMT(missing.at[i]));
    assert_bytes_equal(buf_bytes(&names), bytes_of_string(want));
}

static void the_original_s_form_is_read_member_by_member(void **state)
{
    auto_arena arena = { 0 };
    const struct pending_update p = parsed(STORED, &arena);

    (void)state;
    assert_bytes_equal(p.manifest, BYTES_LITERAL("{}"));
    assert_int_equal(p.quorum.count, 3);
    assert_bytes_equal(p.quorum.users[0].name, BYTES_LITERAL("alice"));
    assert_true(p.quorum.users[0].acknowledged);
    assert_bytes_equal(p.quorum.users[2].name, BYTES_LITERAL("carol"));
    assert_false(p.quorum.users[2].acknowledged);
    assert_int_equal(p.quorum.missing, 1);
    assert_missing(&p, "bob carol");
}

static void it_is_written_as_it_was_read(void **state)
{
    auto_arena arena = { 0 };
    auto_buf out = { 0 };
    const struct pending_update p =
        parsed("{\"requiredUsers\":{\"carol\":false,\"bob\":false,\"alice\":true}, "
               "\"missingAcknowledgments\":1,\"manifestRaw\":\"e30=\"}",
               &arena);

    (void)state;
    pending_update_write(&p, &out);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL(STORED));
}

static void without_a_count_everybody_is_missing_who_did_not_acknowledge(void **state)
{
    static const char *const forms[] = {
        "{\"manifestRaw\":\"\",\"requiredUsers\":{\"a\":false,\"b\":true,\"c\":false}}",
        "{\"manifestRaw\":\"\",\"missingAcknowledgments\":null,"
        "\"requiredUsers\":{\"a\":false,\"b\":true,\"c\":false}}",
    };
    auto_arena arena = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        assert_int_equal(parsed(forms[i], &arena).quorum.missing, 2);
    assert_int_equal(parsed("{\"manifestRaw\":\"\",\"requiredUsers\":null}", &arena).quorum.count,
                     0);
}

static void an_acknowledgment_counts_once_and_only_from_those_who_are_asked(void **state)
{
    auto_arena arena = { 0 };
    struct pending_update p = parsed(
        "{\"manifestRaw\":\"\",\"requiredUsers\":{\"a\":false,\"b\":true,\"c\":false}}", &arena);

    (void)state;
    assert_int_equal(quorum_acknowledge(&p.quorum, BYTES_LITERAL("d")), QUORUM_NO_SAY);
    assert_int_equal(quorum_acknowledge(&p.quorum, BYTES_LITERAL("A")), QUORUM_NO_SAY);
    assert_int_equal(quorum_acknowledge(&p.quorum, BYTES_NONE), QUORUM_NO_SAY);
    assert_int_equal(quorum_acknowledge(&p.quorum, BYTES_LITERAL("b")), QUORUM_AGAIN);
    assert_int_equal(p.quorum.missing, 2);
    assert_int_equal(quorum_acknowledge(&p.quorum, BYTES_LITERAL("c")), QUORUM_FIRST);
    assert_int_equal(quorum_acknowledge(&p.quorum, BYTES_LITERAL("c")), QUORUM_AGAIN);
    assert_int_equal(p.quorum.missing, 1);
    assert_missing(&p, "a");
    assert_int_equal(quorum_acknowledge(&p.quorum, BYTES_LITERAL("a")), QUORUM_FIRST);
    assert_int_equal(p.quorum.missing, 0);
    assert_missing(&p, "");
}

/* A threshold is met before everybody was asked. */
static void the_count_never_goes_below_zero(void **state)
{
    auto_arena arena = { 0 };
    struct pending_update p = parsed(STORED, &arena);

    (void)state;
    assert_int_equal(quorum_acknowledge(&p.quorum, BYTES_LITERAL("bob")), QUORUM_FIRST);
    assert_int_equal(quorum_acknowledge(&p.quorum, BYTES_LITERAL("carol")), QUORUM_FIRST);
    assert_int_equal(p.quorum.missing, 0);
}

static void what_is_no_pending_update_is_damage_and_says_where(void **state)
{
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"manifestRaw\":null}",
        "{\"manifestRaw\":5}",
        "{\"manifestRaw\":\"*\"}",
        "{\"manifestRaw\":\"\",\"requiredUsers\":[]}",
        "{\"manifestRaw\":\"\",\"requiredUsers\":{\"a\":1}}",
        "{\"manifestRaw\":\"\",\"requiredUsers\":{\"a\":true,\"b\":true,\"a\":false}}",
        "{\"manifestRaw\":\"\",\"missingAcknowledgments\":-1}",
        "{\"manifestRaw\":\"\",\"missingAcknowledgments\":18446744073709551616}",
        "{\"manifestRaw\":\"\"} x",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        auto_arena arena = { 0 };
        struct pending_update p;
        struct err err = { 0 };
        if (pending_update_parse(bytes_of_string(bad[i]), &arena, &p, &err) ||
            err.kind != FAIL_DAMAGED ||
            strstr(err.text, "value pendingUpdate of the state") == NULL)
            fail_msg("%s: %s", bad[i], err.text);
    }
}

static void every_prefix_is_refused(void **state)
{
    const struct bytes whole = BYTES_LITERAL(STORED);

    (void)state;
    for (size_t len = 0; len < whole.len; len++) {
        uint8_t *const copy = bytes_copy(bytes_of(whole.at, len));
        auto_arena arena = { 0 };
        struct pending_update p;
        struct err err = { 0 };
        if (pending_update_parse(bytes_of(copy, len), &arena, &p, &err))
            fail_msg("a prefix of %zu bytes was read", len);
        free(copy);
    }
}

static void it_is_found_in_the_values_or_not(void **state)
{
    auto_omap *values = omap_with(NULL, BYTES_LITERAL(NAME_PENDING_UPDATE), BYTES_LITERAL(STORED));
    struct bytes stored;

    (void)state;
    assert_false(pending_update_stored(NULL, &stored));
    assert_true(pending_update_stored(values, &stored));
    assert_bytes_equal(stored, BYTES_LITERAL(STORED));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_original_s_form_is_read_member_by_member),
    cmocka_unit_test(it_is_written_as_it_was_read),
    cmocka_unit_test(without_a_count_everybody_is_missing_who_did_not_acknowledge),
    cmocka_unit_test(an_acknowledgment_counts_once_and_only_from_those_who_are_asked),
    cmocka_unit_test(the_count_never_goes_below_zero),
    cmocka_unit_test(what_is_no_pending_update_is_damage_and_says_where),
    cmocka_unit_test(every_prefix_is_refused),
    cmocka_unit_test(it_is_found_in_the_values_or_not),
};

TEST_MAIN(tests)
