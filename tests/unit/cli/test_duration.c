/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/io/duration.h"

static void duration_parse_reads_numbers_with_units(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = { { "1s", 1000 },     { "90s", 90000 },     { "5m", 300000 },
                 { "1h", 3600000 },  { "1h30m", 5400000 }, { "0h1s", 1000 },
                 { "2m2m", 240000 }, { "007s", 7000 },     { "999999h", INT64_C(3599996400000) } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct err err = { 0 };
        int64_t ms = 0;
        assert_true(duration_parse(good[i].text, &ms, &err));
        assert_int_equal(ms, good[i].ms);
    }
}

static void duration_parse_refuses_everything_else(void **state)
{
    static const char *const bad[] = { "",    "5",      "s",    "5 m", " 5m",      "5m ",
                                       "-5m", "+5m",    "1.5h", "5ms", "1234567s", "5M",
                                       "5m3", "1h30m_", "0s",   "0h0m" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct err err = { 0 };
        int64_t ms = 0;
        assert_false(duration_parse(bad[i], &ms, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(duration_parse_reads_numbers_with_units),
    cmocka_unit_test(duration_parse_refuses_everything_else),
};
TEST_MAIN(tests)
