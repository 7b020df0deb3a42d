/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/text.h"

static void hex_encode_writes_lower_case_behind_what_is_there(void **state)
{
    auto_buf out = { 0 };

    (void)state;
    buf_add_string(&out, "0x");
    hex_encode(&out, BYTES_LITERAL("\x00\x01\x9a\xbc\xde\xff"));
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("0x00019abcdeff"));
    hex_encode(&out, BYTES_NONE);
    assert_int_equal(out.len, 14);
}

static void hex_decode_reads_either_case(void **state)
{
    auto_buf out = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(hex_decode(&out, BYTES_LITERAL("00aF9cE1"), &err), &err);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("\x00\xaf\x9c\xe1"));
    assert_ok(hex_decode(&out, BYTES_NONE, &err), &err);
    assert_int_equal(out.len, 4);
}

static void hex_decode_undoes_hex_encode_for_every_byte(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        const uint8_t byte = (uint8_t)value;
        auto_buf text = { 0 }, back = { 0 };
        struct err err = { 0 };
        hex_encode(&text, bytes_of(&byte, 1));
        assert_ok(hex_decode(&back, buf_bytes(&text), &err), &err);
        assert_bytes_equal(buf_bytes(&back), bytes_of(&byte, 1));
    }
}

static void hex_decode_knows_22_digits_and_no_other_byte(void **state)
{
    unsigned accepted = 0;

    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        const uint8_t pair[2] = { '0', (uint8_t)value };
        auto_buf out = { 0 };
        struct err err = { 0 };
        const bool ok = hex_decode(&out, bytes_of(pair, 2), &err);
        accepted += ok;
        assert_int_equal(ok, value != 0 && strchr("0123456789abcdefABCDEF", (int)value) != NULL);
    }
    assert_int_equal(accepted, 22);
}

static void hex_decode_names_the_place_and_leaves_the_buffer(void **state)
{
    static const struct {
        const char *in, *text;
    } rows[] = {
        { "abc", "hex: 3 digits, an odd number" }, { "0", "hex: 1 digits, an odd number" },
        { "g0", "hex: no digit at offset 0" },     { "000:", "hex: no digit at offset 3" },
        { "00 0", "hex: no digit at offset 2" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf out = { 0 };
        struct err err = { 0 };
        buf_add_string(&out, "kept");
        assert_false(hex_decode(&out, bytes_of_string(rows[i].in), &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_string_equal(err.text, rows[i].text);
        assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("kept"));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(hex_encode_writes_lower_case_behind_what_is_there),
    cmocka_unit_test(hex_decode_reads_either_case),
    cmocka_unit_test(hex_decode_undoes_hex_encode_for_every_byte),
    cmocka_unit_test(hex_decode_knows_22_digits_and_no_other_byte),
    cmocka_unit_test(hex_decode_names_the_place_and_leaves_the_buffer),
};

TEST_MAIN(tests)
