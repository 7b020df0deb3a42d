/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/arena.h"

static void arena_gives_zeroed_aligned_memory_that_does_not_overlap(void **state)
{
    auto_arena arena = { 0 };
    uint8_t *places[3000];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        const size_t size = i % 97 + 1;
        places[i] = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)places[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(places[i][j], 0);
        memset(places[i], (int)(i % 255 + 1), size);
    }
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        for (size_t j = 0; j < i % 97 + 1; j++)
            assert_int_equal(places[i][j], i % 255 + 1);
    }
}

static void arena_serves_sizes_around_and_beyond_its_blocks(void **state)
{
    static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 100000, (1 << 20) + 1, 0, 3 << 20, 16 };
    auto_arena arena = { 0 };
    size_t total = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        void *const at = arena_alloc(&arena, sizes[i]);
        assert_non_null(at);
        memset(at, 0xA5, sizes[i]);
        total += sizes[i];
    }
    assert_true(arena.used >= total && arena.used < total + 16 * COUNT_OF(sizes));
}

static void arena_copies_bytes_and_strings(void **state)
{
    auto_arena arena = { 0 };
    char text[] = "ab\0c";
    const struct bytes copy = arena_bytes(&arena, bytes_of(text, 4));
    const char *const string = arena_string(&arena, bytes_of(text, 2));

    (void)state;
    memset(text, 'x', sizeof text);
    assert_bytes_equal(copy, BYTES_LITERAL("ab\0c"));
    assert_string_equal(string, "ab");
    assert_string_equal(arena_string(&arena, BYTES_NONE), "");
    assert_int_equal(arena_bytes(&arena, BYTES_NONE).len, 0);
}

static void arena_clear_leaves_an_empty_arena_that_works(void **state)
{
    struct arena arena = { 0 };

    (void)state;
    arena_clear(&arena);
    assert_string_equal(arena_string(&arena, BYTES_LITERAL("once")), "once");
    arena_clear(&arena);
    assert_null(arena.newest);
    assert_int_equal(arena.used, 0);
    assert_string_equal(arena_string(&arena, BYTES_LITERAL("again")), "again");
    arena_clear(&arena);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(arena_gives_zeroed_aligned_memory_that_does_not_overlap),
    cmocka_unit_test(arena_serves_sizes_around_and_beyond_its_blocks),
    cmocka_unit_test(arena_copies_bytes_and_strings),
    cmocka_unit_test(arena_clear_leaves_an_empty_arena_that_works),
};

TEST_MAIN(tests)
