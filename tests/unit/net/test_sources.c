/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "net/internal.h"

static const uint64_t key[2] = { 0x0123456789abcdefu, 0xfedcba9876543210u };

static struct source numbered(uint32_t number)
{
    struct source source = { { 0x20, 0x01, 0x0d, 0xb8 } };

    memcpy(source.at + 12, &number, sizeof number);
    return source;
}

static void sources_enter_counts_each_source_for_itself(void **state)
{
    struct sources *const sources = sources_new(2, key);
    const struct source a = numbered(1), b = numbered(2);

    (void)state;
    assert_true(sources_enter(sources, &a));
    assert_true(sources_enter(sources, &a));
    assert_false(sources_enter(sources, &a));
    assert_true(sources_enter(sources, &b));
    assert_int_equal(sources_count(sources), 2);
    sources_leave(sources, &a);
    assert_true(sources_enter(sources, &a));
    sources_leave(sources, &b);
    assert_int_equal(sources_count(sources), 1);
    sources_leave(sources, &b); /* not there any more: changes nothing */
    assert_int_equal(sources_count(sources), 1);
    sources_free(sources);
}

/* Random steps, compared with a plain array: finds what a wrong deletion would lose. */
static void sources_agree_with_an_array_over_many_steps(void **state)
{
    enum { SOURCES = 3000, STEPS = 200000, LIMIT = 3 };
    struct sources *const sources = sources_new(LIMIT, key);
    unsigned *const counts = mem_zero_alloc(SOURCES, sizeof *counts);
    size_t used = 0;
    uint32_t dice = 12345;

    (void)state;
    for (unsigned i = 0; i < STEPS; i++) {
        dice = dice * 1664525 + 1013904223;
        const uint32_t which = (dice >> 8) % SOURCES;
        const struct source source = numbered(which);
        /* Fills in the first half of the steps, empties in the second. */
        const bool enter = (dice >> 4) % 4 != (i < STEPS / 2 ? 0u : 1u) && i < STEPS * 3 / 4;
        if (enter) {
            assert_int_equal(sources_enter(sources, &source), counts[which] < LIMIT);
            used += counts[which] == 0;
            counts[which] += counts[which] < LIMIT;
        } else if (counts[which] > 0) {
            sources_leave(sources, &source);
            used -= --counts[which] == 0;
        }
        assert_int_equal(sources_count(sources), used);
    }
    for (uint32_t i = 0; i < SOURCES; i++) {
        const struct source source = numbered(i);
        for (; counts[i] > 0; counts[i]--)
            sources_leave(sources, &source);
    }
    assert_int_equal(sources_count(sources), 0);
    free(counts);
    sources_free(sources);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sources_enter_counts_each_source_for_itself),
    cmocka_unit_test(sources_agree_with_an_array_over_many_steps),
};
TEST_MAIN(tests)
