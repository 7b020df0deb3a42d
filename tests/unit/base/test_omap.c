/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/omap.h"

#include <time.h>

enum { KEYS = 64 };

/* The plain truth to which the map is compared: which of KEYS keys has which value, 0: none. */
struct model {
    unsigned value[KEYS];
};

static struct bytes key_of(unsigned number, char text[static 16])
{
    (void)snprintf(text, 16, "k%02u", number);
    return bytes_of_string(text);
}

static struct bytes value_of(unsigned number, char text[static 16])
{
    (void)snprintf(text, 16, "v%u", number);
    return bytes_of_string(text);
}

static void assert_map_is(const struct omap *map, const struct model *model)
{
    char text[16], value_text[16];
    size_t count = 0, size = 0;
    struct omap_entry e = { 0 };

    for (unsigned k = 0; k < KEYS; k++) {
        struct bytes value = BYTES_NONE;
        const bool there = omap_get(map, key_of(k, text), &value);
        assert_int_equal(there, model->value[k] != 0);
        if (!there)
            continue;
        assert_bytes_equal(value, value_of(model->value[k], value_text));
        assert_true(omap_next_with_prefix(map, BYTES_LITERAL("k"), &e));
        assert_bytes_equal(e.key, bytes_of_string(text));
        assert_bytes_equal(e.value, value);
        count++;
        size += e.key.len + e.value.len;
    }
    assert_false(omap_next_with_prefix(map, BYTES_LITERAL("k"), &e));
    assert_int_equal(omap_count(map), count);
    assert_int_equal(omap_size(map), size);
}

/* Random changes, with old versions kept: each must stay what it was. */
static void omap_behaves_as_a_table_and_old_versions_stay(void **state)
{
    enum { STEPS = 4000, KEPT = 100 };
    const struct omap *kept[KEPT] = { 0 };
    struct model kept_model[KEPT] = { 0 };
    struct model model = { 0 };
    const struct omap *map = NULL;
    uint32_t random = 12345;
    char key[16], value[16];

    (void)state;
    for (unsigned step = 1; step <= STEPS; step++) {
        random = random * 1664525 + 1013904223;
        const unsigned k = random >> 16 & (KEYS - 1);
        const bool remove = (random >> 24) % 3 == 0;
        const struct omap *const next = remove
                                            ? omap_without(map, key_of(k, key))
                                            : omap_with(map, key_of(k, key), value_of(step, value));
        model.value[k] = remove ? 0 : step;
        const unsigned slot = step % KEPT;
        omap_free(kept[slot]);
        kept[slot] = omap_ref(next);
        kept_model[slot] = model;
        omap_free(map);
        map = next;
        if (step % 50 == 0)
            assert_map_is(map, &model);
    }
    for (unsigned i = 0; i < KEPT; i++) {
        assert_map_is(kept[i], &kept_model[i]);
        omap_free(kept[i]);
    }
    omap_free(map);
}

/* COUNT keys, 0 first or last; these are the worst orders of an unbalanced tree. */
static void fill_in_order(bool descending)
{
    enum { COUNT = 100000 };
    const struct omap *map = NULL;
    struct omap_entry e = { 0 };
    size_t count = 0;

    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t k = descending ? COUNT - i : i;
        const uint8_t key[3] = { (uint8_t)(k >> 16), (uint8_t)(k >> 8), (uint8_t)k };
        const struct omap *const next = omap_with(map, bytes_of(key, 3), BYTES_NONE);
        omap_free(map);
        map = next;
    }
    while (omap_next_with_prefix(map, BYTES_NONE, &e))
        count++;
    assert_int_equal(count, COUNT);
    omap_free(map);
}

/* Unbalanced, each would take minutes. */
static void omap_takes_keys_in_any_order_without_becoming_deep(void **state)
{
    (void)state;
    const clock_t start = clock();
    fill_in_order(false);
    fill_in_order(true);
    assert_true((clock() - start) / CLOCKS_PER_SEC < 30);
}

static const struct omap *map_of(const char *const *keys, size_t count)
{
    const struct omap *map = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct omap *const next = omap_with(map, bytes_of_string(keys[i]), BYTES_NONE);
        omap_free(map);
        map = next;
    }
    return map;
}

static void omap_seek_finds_the_first_key_from_or_after(void **state)
{
    static const char *const keys[] = { "b", "d", "bb" };
    static const struct {
        const char *from;
        bool after;
        const char *found;
    } rows[] = {
        { "", false, "b" },    { "a", false, "b" },  { "b", false, "b" }, { "b", true, "bb" },
        { "ba", false, "bb" }, { "bb", true, "d" },  { "c", false, "d" }, { "d", false, "d" },
        { "d", true, NULL },   { "e", false, NULL },
    };
    auto_omap *map = map_of(keys, COUNT_OF(keys));

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct omap_entry e = { 0 };
        const bool found = omap_seek(map, bytes_of_string(rows[i].from), rows[i].after, &e);
        assert_int_equal(found, rows[i].found != NULL);
        if (found)
            assert_bytes_equal(e.key, bytes_of_string(rows[i].found));
    }
}

static void omap_next_with_prefix_stays_inside_the_prefix(void **state)
{
    static const char *const keys[] = { "secret:b", "secret:", "secret;", "secret", "secret:a" };
    static const char *const want[] = { "secret:", "secret:a", "secret:b" };
    auto_omap *map = map_of(keys, COUNT_OF(keys));
    size_t count = 0;

    (void)state;
    for (struct omap_entry e = { 0 }; omap_next_with_prefix(map, BYTES_LITERAL("secret:"), &e);) {
        assert_true(count < COUNT_OF(want));
        assert_bytes_equal(e.key, bytes_of_string(want[count++]));
    }
    assert_int_equal(count, COUNT_OF(want));
}

static void omap_takes_empty_keys_and_values(void **state)
{
    auto_omap *map = omap_with(NULL, BYTES_NONE, BYTES_NONE);
    struct omap_entry e = { 0 };
    struct bytes value = BYTES_LITERAL("x");

    (void)state;
    assert_true(omap_get(map, BYTES_NONE, &value));
    assert_int_equal(value.len, 0);
    assert_true(omap_next_with_prefix(map, BYTES_NONE, &e));
    assert_false(omap_next_with_prefix(map, BYTES_NONE, &e));
}

static void omap_without_an_absent_key_is_the_same_map(void **state)
{
    auto_omap *map = omap_with(NULL, BYTES_LITERAL("a"), BYTES_LITERAL("1"));
    auto_omap *same = omap_without(map, BYTES_LITERAL("b"));
    auto_omap *empty = omap_without(NULL, BYTES_LITERAL("a"));
    struct bytes value = BYTES_LITERAL("kept");

    (void)state;
    assert_ptr_equal(map, same);
    assert_null(empty);
    assert_false(omap_get(map, BYTES_LITERAL("b"), &value));
    assert_bytes_equal(value, BYTES_LITERAL("kept"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(omap_behaves_as_a_table_and_old_versions_stay),
    cmocka_unit_test(omap_takes_keys_in_any_order_without_becoming_deep),
    cmocka_unit_test(omap_seek_finds_the_first_key_from_or_after),
    cmocka_unit_test(omap_next_with_prefix_stays_inside_the_prefix),
    cmocka_unit_test(omap_takes_empty_keys_and_values),
    cmocka_unit_test(omap_without_an_absent_key_is_the_same_map),
};

TEST_MAIN(tests)
