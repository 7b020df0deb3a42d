/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "state/change.h"

static void apply_puts_and_deletes_in_order(void **state)
{
    auto_change first = { 0 }, second = { 0 };
    struct bytes value;

    (void)state;
    change_put(&first, "a", BYTES_LITERAL("1"));
    change_put(&first, "a", BYTES_LITERAL("2"));
    change_put_named(&first, "secret:", BYTES_LITERAL("x\0y"), BYTES_LITERAL(""));
    auto_omap *before = change_apply(NULL, &first);
    assert_int_equal(omap_count(before), 2);
    assert_true(omap_get(before, BYTES_LITERAL("a"), &value));
    assert_bytes_equal(value, BYTES_LITERAL("2"));
    assert_true(omap_get(before, BYTES_LITERAL("secret:x\0y"), &value));
    assert_int_equal(value.len, 0);

    change_delete(&second, "a");
    change_put(&second, "b", BYTES_LITERAL("3"));
    change_delete(&second, "never there");
    auto_omap *after = change_apply(before, &second);
    assert_false(omap_get(after, BYTES_LITERAL("a"), NULL));
    assert_true(omap_get(after, BYTES_LITERAL("b"), NULL));
    assert_true(omap_get(before, BYTES_LITERAL("a"), NULL));
}

static void empty_change_shares_the_map(void **state)
{
    auto_change change = { 0 };
    auto_omap *map = omap_with(NULL, BYTES_LITERAL("a"), BYTES_LITERAL("1"));
    auto_omap *same = change_apply(map, &change);

    (void)state;
    assert_ptr_equal(map, same);
    assert_null(change_apply(NULL, &change));
}

static void change_copies_what_it_is_given(void **state)
{
    char name[] = "name", value[] = "value";
    auto_change change = { 0 };
    struct bytes got;

    (void)state;
    for (int i = 0; i < 100; i++)
        change_put(&change, name, bytes_of_string(value));
    name[0] = value[0] = '?';
    auto_omap *map = change_apply(NULL, &change);
    assert_true(omap_get(map, BYTES_LITERAL("name"), &got));
    assert_bytes_equal(got, BYTES_LITERAL("value"));
    change_clear(&change);
    assert_int_equal(change.count, 0);
    change_clear(&change);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(apply_puts_and_deletes_in_order),
    cmocka_unit_test(empty_change_shares_the_map),
    cmocka_unit_test(change_copies_what_it_is_given),
};

TEST_MAIN(tests)
