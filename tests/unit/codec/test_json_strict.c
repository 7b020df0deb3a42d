/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/json.h"

static bool is_strict(const char *text, struct err *err)
{
    auto_arena arena = { 0 };
    const struct json *const top =
        json_parse(bytes_of_string(text), JSON_TRAILING_REFUSED, &arena, err);

    assert_non_null(top);
    return json_is_strict(top, 3, err);
}

static void names_are_unique_at_every_level(void **state)
{
    static const char *const good[] = { "{}", "1", "{\"a\":1,\"b\":1,\"A\":1}",
                                        "[{\"a\":1},{\"a\":1}]", "{\"a\":{\"a\":{\"b\":1}}}" };
    static const char *const bad[] = { "{\"a\":1,\"a\":1}",         "{\"a\":1,\"b\":2,\"a\":1}",
                                       "{\"a\":1,\"\\u0061\":1}",   "[[{\"x\":1,\"x\":2}]]",
                                       "{\"b\":{\"a\":1,\"a\":1}}", "{\"\":1,\"\":1}" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct err err = { 0 };
        assert_ok(is_strict(good[i], &err), &err);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct err err = { 0 };
        assert_false(is_strict(bad[i], &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_non_null(strstr(err.text, "line 1:"));
    }
}

static void nesting_and_encoding_are_bounded(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_true(is_strict("[{\"a\":[1]}]", &err));
    assert_false(is_strict("[{\"a\":[[]]}]", &err));
    assert_non_null(strstr(err.text, "deep"));
    assert_false(is_strict("[\"\xc3\"]", &err));
    assert_non_null(strstr(err.text, "UTF-8"));
    assert_true(is_strict("[\"\xc3\xa4\"]", &err));
}

static void many_names_take_no_time(void **state)
{
    auto_buf text = { 0 };
    struct err err = { 0 };

    (void)state;
    buf_add_u8(&text, '{');
    for (int i = 0; i < 100000; i++)
        buf_add_format(&text, "\"%d\":0,", i);
    buf_add_string(&text, "\"x\":0}");
    buf_add_u8(&text, 0);
    assert_ok(is_strict((const char *)text.at, &err), &err);
}

static void the_source_of_a_value_is_its_exact_bytes(void **state)
{
    static const char *const values[] = {
        "{}",       "[]",        "{ \"a\" : [ 1 , { } ] }",      "\"\"",   "\"a\\\"b\"", "\"\\\\\"",
        "\"}]{[\"", "[\"]\",2]", "{\"}\":\"{\\\"\",\"\\\\\":1}", "-1.5e3", "0",          "true",
        "null",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        auto_string *text =
            mem_printf(" { \"first\" : 1, \"it\" : %s , \"last\":[%s]}\n", values[i], values[i]);
        auto_arena arena = { 0 };
        struct err err = { 0 };
        const struct json *const top =
            json_parse(bytes_of_string(text), JSON_TRAILING_REFUSED, &arena, &err);
        assert_ok(top != NULL, &err);
        assert_bytes_equal(json_source(json_member(top, "it")), bytes_of_string(values[i]));
        assert_bytes_equal(json_source(json_first(json_member(top, "last"))),
                           bytes_of_string(values[i]));
        assert_int_equal(json_source(top).len, strlen(text) - 2);
        const struct json *const alone =
            json_parse(bytes_of_string(values[i]), JSON_TRAILING_REFUSED, &arena, &err);
        assert_bytes_equal(json_source(alone), bytes_of_string(values[i]));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(names_are_unique_at_every_level),
    cmocka_unit_test(nesting_and_encoding_are_bounded),
    cmocka_unit_test(many_names_take_no_time),
    cmocka_unit_test(the_source_of_a_value_is_its_exact_bytes),
};

TEST_MAIN(tests)
