/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

static void bytes_compare_orders_by_byte_and_then_by_length(void **state)
{
    static const char *const sorted[] = { "", "A", "AA", "AB", "B", "a", "\x7f", "\x80", "\xff" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sorted); i++) {
        for (size_t j = 0; j < COUNT_OF(sorted); j++) {
            const int order = bytes_compare(bytes_of_string(sorted[i]), bytes_of_string(sorted[j]));
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

static void bytes_equal_compares_nul_and_empty_views(void **state)
{
    (void)state;
    assert_true(bytes_equal(BYTES_LITERAL("a\0b"), BYTES_LITERAL("a\0b")));
    assert_false(bytes_equal(BYTES_LITERAL("a\0b"), BYTES_LITERAL("a\0c")));
    assert_false(bytes_equal_string(BYTES_LITERAL("a\0"), "a"));
    assert_true(bytes_equal(BYTES_NONE, BYTES_LITERAL("")));
    assert_true(bytes_equal(bytes_of_string(NULL), BYTES_NONE));
}

static void bytes_equal_nocase_folds_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(bytes_equal_nocase(BYTES_LITERAL("Content-LENGTH"), "content-length"));
    assert_false(bytes_equal_nocase(BYTES_LITERAL("content-lengt"), "content-length"));
    assert_false(bytes_equal_nocase(BYTES_LITERAL("\xc3\x84"), "\xc3\xa4"));
    assert_false(bytes_equal_nocase(BYTES_LITERAL("@"), "`"));
}

static void bytes_start_with_takes_whole_prefixes(void **state)
{
    (void)state;
    assert_true(bytes_start_with(BYTES_LITERAL("secret:a"), BYTES_LITERAL("secret:")));
    assert_true(bytes_start_with(BYTES_LITERAL("a"), BYTES_NONE));
    assert_false(bytes_start_with(BYTES_LITERAL("secret"), BYTES_LITERAL("secret:")));
    assert_false(bytes_start_with(BYTES_NONE, BYTES_LITERAL("a")));
}

static void copies_end_with_a_nul_and_are_their_own(void **state)
{
    auto_string *text = bytes_to_string(BYTES_LITERAL("ab"));
    auto_string *empty = bytes_to_string(BYTES_NONE);
    auto_string *printed = mem_printf("%s-%d", "x", 1);

    (void)state;
    assert_string_equal(text, "ab");
    assert_string_equal(empty, "");
    assert_string_equal(printed, "x-1");
}

static void take_forgets_the_pointer(void **state)
{
    char *mine = mem_string("owned");
    char *const taken = TAKE(mine);

    (void)state;
    assert_null(mine);
    assert_string_equal(taken, "owned");
    free(taken);
}

static void bytes_to_port_takes_decimal_digits_up_to_65535(void **state)
{
    static const char *const wrong[] = { "",   "65536", "99999", "100000", "-1",
                                         "+1", " 1",    "1 ",    "0x1",    "1.0" };
    uint16_t port = 7;

    (void)state;
    assert_true(bytes_to_port(bytes_of_string("0"), &port));
    assert_int_equal(port, 0);
    assert_true(bytes_to_port(bytes_of_string("65535"), &port));
    assert_int_equal(port, 65535);
    assert_true(bytes_to_port(bytes_of_string("00080"), &port));
    assert_int_equal(port, 80);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        if (bytes_to_port(bytes_of_string(wrong[i]), &port))
            fail_msg("\"%s\" was taken", wrong[i]);
    }
}

static void bytes_line_counts_what_stands_between_line_breaks(void **state)
{
    const struct bytes text = BYTES_LITERAL("one\n\nthree\n");
    static const char *const lines[] = { "one", "", "three", "" };
    struct bytes line = BYTES_NONE;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        assert_true(bytes_line(text, i, &line));
        assert_true(bytes_equal_string(line, lines[i]));
    }
    assert_false(bytes_line(text, COUNT_OF(lines), &line));
    assert_true(bytes_line(BYTES_NONE, 0, &line));
    assert_int_equal(line.len, 0);
    assert_false(bytes_line(BYTES_NONE, 1, &line));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bytes_line_counts_what_stands_between_line_breaks),
    cmocka_unit_test(bytes_to_port_takes_decimal_digits_up_to_65535),
    cmocka_unit_test(bytes_compare_orders_by_byte_and_then_by_length),
    cmocka_unit_test(bytes_equal_compares_nul_and_empty_views),
    cmocka_unit_test(bytes_equal_nocase_folds_ascii_letters_only),
    cmocka_unit_test(bytes_start_with_takes_whole_prefixes),
    cmocka_unit_test(copies_end_with_a_nul_and_are_their_own),
    cmocka_unit_test(take_forgets_the_pointer),
};

TEST_MAIN(tests)
