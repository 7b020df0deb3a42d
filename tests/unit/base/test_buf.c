/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

static void buf_adds_every_kind_in_little_endian(void **state)
{
    auto_buf b = { 0 };

    (void)state;
    buf_add_u8(&b, 0x01);
    buf_add_u16le(&b, 0x0302);
    buf_add_u32le(&b, 0x07060504);
    buf_add_u64le(&b, UINT64_C(0x0f0e0d0c0b0a0908));
    buf_add(&b, BYTES_LITERAL("\0x"));
    buf_add(&b, BYTES_NONE);
    buf_add_string(&b, "text");
    buf_add_format(&b, "%d-%s", 7, "z");
    assert_bytes_equal(buf_bytes(&b),
                       BYTES_LITERAL("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
                                     "\0xtext7-z"));
}

static void buf_keeps_its_contents_while_it_grows(void **state)
{
    auto_buf b = { 0 };

    (void)state;
    for (uint32_t i = 0; i < 20000; i++)
        buf_add_u32le(&b, i);
    assert_int_equal(b.len, 80000);
    for (uint32_t i = 0; i < 20000; i++)
        assert_int_equal(b.at[4 * i] | b.at[4 * i + 1] << 8 | b.at[4 * i + 2] << 16, i);
}

static void buf_reserve_makes_room_that_does_not_move(void **state)
{
    auto_buf b = { 0 };

    (void)state;
    buf_add_string(&b, "a");
    buf_reserve(&b, 5000);
    const uint8_t *const place = b.at;
    memset(buf_grow(&b, 5000), 'x', 5000);
    assert_ptr_equal(b.at, place);
    assert_int_equal(b.len, 5001);
}

static void buf_truncate_wipes_what_it_cuts_off(void **state)
{
    auto_buf b = { 0 };

    (void)state;
    buf_add_string(&b, "publicsecret");
    buf_truncate(&b, 100);
    assert_int_equal(b.len, 12);
    buf_truncate(&b, 6);
    assert_bytes_equal(buf_bytes(&b), BYTES_LITERAL("public"));
    assert_memory_equal(b.at + 6, "\0\0\0\0\0\0", 6);
}

static void buf_drop_front_moves_the_rest_and_wipes_its_old_place(void **state)
{
    auto_buf b = { 0 };

    (void)state;
    buf_add_string(&b, "abcdefgh");
    buf_drop_front(&b, 0);
    assert_int_equal(b.len, 8);
    buf_drop_front(&b, 5);
    assert_bytes_equal(buf_bytes(&b), BYTES_LITERAL("fgh"));
    assert_memory_equal(b.at + 3, "\0\0\0\0\0", 5);
    buf_drop_front(&b, 100);
    assert_int_equal(b.len, 0);
    assert_memory_equal(b.at, "\0\0\0", 3);
}

static void buf_clear_leaves_an_empty_buf_that_works(void **state)
{
    struct buf b = { 0 };

    (void)state;
    buf_clear(&b);
    buf_add_string(&b, "a");
    buf_clear(&b);
    assert_null(b.at);
    assert_int_equal(b.len + b.cap, 0);
    buf_add_string(&b, "b");
    assert_bytes_equal(buf_bytes(&b), BYTES_LITERAL("b"));
    buf_clear(&b);
}

static void buf_add_decimal_writes_the_digits_and_no_more(void **state)
{
    static const struct {
        uint64_t value;
        const char *digits;
    } rows[] = {
        { 0, "0" }, { 9, "9" }, { 10, "10" }, { 200, "200" }, { UINT64_MAX, "18446744073709551615" }
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf b = { 0 };
        buf_add_decimal(&b, rows[i].value);
        assert_bytes_equal(buf_bytes(&b), bytes_of_string(rows[i].digits));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(buf_adds_every_kind_in_little_endian),
    cmocka_unit_test(buf_keeps_its_contents_while_it_grows),
    cmocka_unit_test(buf_reserve_makes_room_that_does_not_move),
    cmocka_unit_test(buf_truncate_wipes_what_it_cuts_off),
    cmocka_unit_test(buf_drop_front_moves_the_rest_and_wipes_its_old_place),
    cmocka_unit_test(buf_add_decimal_writes_the_digits_and_no_more),
    cmocka_unit_test(buf_clear_leaves_an_empty_buf_that_works),
};

TEST_MAIN(tests)
