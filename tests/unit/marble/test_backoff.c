/* SPDX-License-Identifier: Apache-2.0 */
#include "marble_test.h"

#include "marble/backoff.h"

static int64_t pause_of(unsigned failed, uint32_t random)
{
    int64_t pause = 0;

    assert_true(backoff_next(failed, random, INT64_MAX, &pause));
    return pause;
}

static void pauses_grow_by_three_fifths_up_to_half_a_minute(void **state)
{
    static const int64_t middle[] = { 1000,  1600,  2560,  4096,  6553,
                                      10484, 16774, 26838, 30000, 30000 };

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(middle); i++) {
        const int64_t least = middle[i] * 8 / 10, most = middle[i] * 12 / 10;
        assert_int_equal(pause_of(i + 1, 0), least);
        assert_in_range(pause_of(i + 1, UINT32_MAX), (most < 30000 ? most : 30000) - 2, 30000);
        assert_true(pause_of(i + 1, UINT32_MAX) <= most);
        assert_in_range(pause_of(i + 1, UINT32_MAX / 2), middle[i] - 2, middle[i] + 2);
    }
    assert_int_equal(pause_of(UINT32_MAX, UINT32_MAX), 30000);
}

static void the_last_pause_leaves_a_second_for_the_last_try(void **state)
{
    int64_t pause = 0;

    (void)state;
    assert_true(backoff_next(1, UINT32_MAX / 2, 2001, &pause));
    assert_in_range(pause, 999, 1000);
    assert_true(backoff_next(9, UINT32_MAX / 2, 12000, &pause));
    assert_int_equal(pause, 11000);
    assert_true(backoff_next(9, UINT32_MAX / 2, 1800, &pause));
    assert_int_equal(pause, 800);
}

static void without_time_there_is_no_further_try(void **state)
{
    int64_t pause = 0;

    (void)state;
    assert_false(backoff_next(1, 0, 1799, &pause));
    assert_false(backoff_next(1, 0, 0, &pause));
    assert_false(backoff_next(1, 0, -1000000, &pause));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(pauses_grow_by_three_fifths_up_to_half_a_minute),
    cmocka_unit_test(the_last_pause_leaves_a_second_for_the_last_try),
    cmocka_unit_test(without_time_there_is_no_further_try),
};
TEST_MAIN(tests)
