/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/json.h"

static void json_put_string_escapes_as_go_does(void **state)
{
    static const struct {
        struct bytes text, want;
    } rows[] = {
#define ROW(text, want) { BYTES_LITERAL(text), BYTES_LITERAL(want) }
        ROW("", "\"\""),
        ROW("plain /'`\x7f", "\"plain /'`\x7f\""),
        ROW("\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\""),
        ROW("\0\x01\x0b\x1f", "\"\\u0000\\u0001\\u000b\\u001f\""),
        ROW("<a href=\"x\">&", "\"\\u003ca href=\\\"x\\\"\\u003e\\u0026\""),
        ROW("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa",
            "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\""),
        ROW("\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\""),
        ROW("a\xff\xfe"
            "b\xe2\x82",
            "\"a\\ufffd\\ufffdb\\ufffd\\ufffd\""),
        ROW("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""),
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf out = { 0 };
        json_put_string(&out, rows[i].text);
        assert_bytes_equal(buf_bytes(&out), rows[i].want);
    }
}

static void json_put_string_survives_two_round_trips(void **state)
{
    const struct bytes text = BYTES_LITERAL("{\"a\":\"<\\u003c\xe2\x80\xa8\0\"}\n");
    auto_buf inner = { 0 }, outer = { 0 };
    auto_arena arena = { 0 };
    struct err err = { 0 };

    (void)state;
    json_put_string(&inner, text);
    json_put_string(&outer, buf_bytes(&inner));
    const struct json *v = json_parse(buf_bytes(&outer), JSON_TRAILING_REFUSED, &arena, &err);
    assert_non_null(v);
    assert_bytes_equal(v->text, buf_bytes(&inner));
    v = json_parse(v->text, JSON_TRAILING_REFUSED, &arena, &err);
    assert_non_null(v);
    assert_bytes_equal(v->text, text);
}

static void json_put_writes_objects_and_arrays_without_blanks(void **state)
{
    auto_buf out = { 0 };

    (void)state;
    buf_add_u8(&out, '{');
    json_put_name(&out, "a");
    buf_add_u8(&out, '[');
    json_put_comma(&out);
    buf_add_string(&out, "1");
    json_put_comma(&out);
    json_put_octets(&out, BYTES_LITERAL("\xff\xef"));
    buf_add_u8(&out, ']');
    json_put_name(&out, "b\"<");
    json_put_octets(&out, BYTES_NONE);
    buf_add_u8(&out, '}');
    assert_bytes_equal(buf_bytes(&out),
                       BYTES_LITERAL("{\"a\":[1,\"/+8=\"],\"b\\\"\\u003c\":\"\"}"));
}

static void json_put_comma_writes_none_into_an_empty_buffer(void **state)
{
    auto_buf out = { 0 };

    (void)state;
    json_put_comma(&out);
    assert_int_equal(out.len, 0);
    json_put_string(&out, BYTES_LITERAL("ends with ["));
    json_put_comma(&out);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("\"ends with [\","));
}

static void json_put_time_is_utc_to_the_second_and_null_for_never(void **state)
{
    auto_buf out = { 0 };

    (void)state;
    buf_add_u8(&out, '{');
    json_put_time(&out, "a", INT64_C(1768478400999));
    json_put_time(&out, "b", 0);
    json_put_time(&out, "c", INT64_MAX);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("{\"a\":\"2026-01-15T12:00:00Z\",\"b\":null,"
                                                      "\"c\":\"292278994-08-17T07:12:55Z\""));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(json_put_time_is_utc_to_the_second_and_null_for_never),
    cmocka_unit_test(json_put_string_escapes_as_go_does),
    cmocka_unit_test(json_put_string_survives_two_round_trips),
    cmocka_unit_test(json_put_writes_objects_and_arrays_without_blanks),
    cmocka_unit_test(json_put_comma_writes_none_into_an_empty_buffer),
};

TEST_MAIN(tests)
