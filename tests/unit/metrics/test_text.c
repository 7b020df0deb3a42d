/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "metrics/text.h"

#include <math.h>

static void assert_text(struct buf *out, const char *wanted)
{
    buf_add_u8(out, 0);
    assert_string_equal((const char *)out->at, wanted);
    buf_clear(out);
}

static void a_family_begins_with_help_and_type(void **state)
{
    (void)state;
    struct buf out = { 0 };

    text_family(&out, "a_total", METRIC_COUNTER, "How many.");
    text_family(&out, "b", METRIC_GAUGE, "a\\b\nc \"d\"");
    text_family(&out, "c", METRIC_HISTOGRAM, "");
    assert_text(&out, "# HELP a_total How many.\n# TYPE a_total counter\n"
                      "# HELP b a\\\\b\\nc \"d\"\n# TYPE b gauge\n"
                      "# HELP c \n# TYPE c histogram\n");
}

static void values_of_labels_are_escaped(void **state)
{
    (void)state;
    struct buf out = { 0 };
    const struct text_label labels[] = { { "a", BYTES_LITERAL("\"} 1\nforged 1\\") },
                                         { "b", BYTES_LITERAL("") },
                                         { "c", BYTES_LITERAL("\xc3\xa9\xe2\x82\xac") } };

    text_series(&out, "m", labels, COUNT_OF(labels));
    text_count(&out, 7);
    assert_text(&out, "m{a=\"\\\"} 1\\nforged 1\\\\\",b=\"\",c=\"\xc3\xa9\xe2\x82\xac\"} 7\n");
}

static void what_is_no_utf8_becomes_a_replacement_character(void **state)
{
    (void)state;
    struct buf out = { 0 };
    const struct text_label label = { "a", BYTES_LITERAL("x\xff\xc3y\xe2\x82") };

    text_series(&out, "m", &label, 1);
    text_count(&out, -1);
    assert_text(&out, "m{a=\"x\xef\xbf\xbd\xef\xbf\xbdy\xef\xbf\xbd\xef\xbf\xbd\"} -1\n");
}

static void numbers_are_written_as_short_as_they_read_back(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0, "0\n" },
        { 1, "1\n" },
        { -12, "-12\n" },
        { 0.1, "0.1\n" },
        { 1700000000.123, "1700000000.123\n" },
        { 9223372036.0, "9223372036\n" },
        { 1e300, "1e+300\n" },
        { (double)INFINITY, "+Inf\n" },
        { -(double)INFINITY, "-Inf\n" },
        { (double)NAN, "NaN\n" },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = { 0 };
        text_number(&out, cases[i].value);
        assert_text(&out, cases[i].text);
    }
}

static void a_gauge_alone_is_a_whole_family(void **state)
{
    (void)state;
    struct buf out = { 0 };

    text_gauge(&out, "g", "Help.", 2.5);
    assert_text(&out, "# HELP g Help.\n# TYPE g gauge\ng 2.5\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_family_begins_with_help_and_type),
    cmocka_unit_test(values_of_labels_are_escaped),
    cmocka_unit_test(what_is_no_utf8_becomes_a_replacement_character),
    cmocka_unit_test(numbers_are_written_as_short_as_they_read_back),
    cmocka_unit_test(a_gauge_alone_is_a_whole_family),
};
TEST_MAIN(tests)
