/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/json.h"

/* One parsed document; the text must outlive it. */
struct parsed {
    struct arena arena;
    const struct json *top;
};

static struct parsed parse(const char *text)
{
    struct parsed p = { 0 };
    struct err err = { 0 };

    p.top = json_parse(bytes_of_string(text), JSON_TRAILING_REFUSED, &p.arena, &err);
    if (p.top == NULL)
        fail_msg("%s: %s", text, err.text);
    return p;
}

static void parsed_clear(struct parsed *p)
{
    arena_clear(&p->arena);
}
#define auto_parsed struct parsed CLEANUP(parsed_clear)

static void json_name_is_folds_case_as_go_does(void **state)
{
    static const struct {
        const char *name, *field;
        bool same;
    } rows[] = {
        { "Packages", "Packages", true },
        { "packages", "Packages", true },
        { "PACKAGES", "Packages", true },
        { "Package", "Packages", false },
        { "Packagess", "Packages", false },
        { "", "", true },
        { "", "A", false },
        { "A", "", false },
        { "Package\xc5\xbf", "Packages", true }, /* U+017F for s */
        { "Pac\xe2\x84\xaa"
          "ages",
          "Packages", true }, /* U+212A for k */
        { "pac\xe2\x84\xaa"
          "age\xc5\xbf",
          "PACKAGES", true },
        { "Pack\xc3\xa4ges", "Packages", false },
        { "[", "{", false }, /* 0x20 apart, but no letters */
        { "@", "`", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct json member = { .name = bytes_of_string(rows[i].name) };
        if (json_name_is(&member, rows[i].field) != rows[i].same)
            fail_msg("%s and %s", rows[i].name, rows[i].field);
    }
}

static void json_name_is_not_fooled_by_nul(void **state)
{
    const struct json member = { .name = BYTES_LITERAL("a\0") };

    (void)state;
    assert_false(json_name_is(&member, "a"));
}

static void json_member_finds_the_last_with_exactly_this_name(void **state)
{
    auto_parsed p = parse("{\"a\":1,\"A\":2,\"a\":3,\"b\":4}");

    (void)state;
    assert_true(bytes_equal_string(json_member(p.top, "a")->text, "3"));
    assert_true(bytes_equal_string(json_member(p.top, "A")->text, "2"));
    assert_null(json_member(p.top, "B"));
    assert_null(json_member(json_member(p.top, "b"), "b"));
}

static const struct json *walk(const struct json *v, const char *steps)
{
    for (; *steps != '\0'; steps++) {
        v = json_first(v);
        for (char i = '0'; i < *steps; i++)
            v = json_next(v);
    }
    return v;
}

static void json_path_and_place_name_every_value(void **state)
{
    static const char *const text = "{\n"
                                    "  \"Marbles\": {\"frontend\": {\"Env\": {\"KEY\": 1}},\n"
                                    "    \"a b\": [[2, {\"x\": 3}]], \"\": 4, \"1a\": 5,\n"
                                    "\t\"q\\\"\\n\": {\"_a1\": 6}}\n"
                                    "}";
    static const struct {
        const char *steps, *path, *place;
    } rows[] = {
        { "", "", "line 1:1" },
        { "0", "Marbles", "line 2:14" },
        { "0000", "Marbles.frontend.Env.KEY", "line 2:43" },
        { "0100", "Marbles.\"a b\"[0][0]", "line 3:14" },
        { "01010", "Marbles.\"a b\"[0][1].x", "line 3:23" },
        { "02", "Marbles.\"\"", "line 3:33" },
        { "03", "Marbles.\"1a\"", "line 3:42" },
        { "040", "Marbles.\"q\\\"\\n\"._a1", "line 4:19" },
    };
    auto_parsed p = parse(text);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf path = { 0 }, place = { 0 };
        const struct json *const v = walk(p.top, rows[i].steps);
        json_path(v, &path);
        assert_bytes_equal(buf_bytes(&path), bytes_of_string(rows[i].path));
        json_place(v, &place);
        assert_bytes_equal(buf_bytes(&place), bytes_of_string(rows[i].place));
    }
}

static void json_path_keeps_the_end_of_a_long_way(void **state)
{
    auto_buf text = { 0 }, path = { 0 };

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        buf_add_string(&text, "{\"level\":");
    buf_add_string(&text, "0");
    for (unsigned i = 0; i < 100; i++)
        buf_add_string(&text, "}");
    buf_add_u8(&text, 0);
    auto_parsed p = parse((const char *)text.at);
    const struct json *v = p.top;
    while (json_first(v) != NULL)
        v = json_first(v);
    json_path(v, &path);
    assert_true(path.len <= 200 && path.len > 190);
    assert_true(bytes_start_with(buf_bytes(&path), BYTES_LITERAL("....level.level")));
}

static void json_path_cuts_a_long_name(void **state)
{
    auto_buf text = { 0 }, path = { 0 };

    (void)state;
    buf_add_string(&text, "{\"");
    for (unsigned i = 0; i < 1000; i++)
        buf_add_string(&text, "\\u0001\xc3\xa9");
    buf_add_string(&text, "\":{\"a\":1}}");
    buf_add_u8(&text, 0);
    auto_parsed p = parse((const char *)text.at);
    json_path(walk(p.top, "00"), &path);
    assert_true(path.len <= 200);
    assert_true(bytes_start_with(buf_bytes(&path), BYTES_LITERAL("\"\\u0001\xc3\xa9\\u0001")));
    assert_memory_equal(path.at + path.len - 6, "\"....a", 6);
}

static void json_fail_puts_path_and_place_in_front(void **state)
{
    auto_parsed p = parse("{\"a\":[1,\n2]}");
    struct err err = { 0 };

    (void)state;
    assert_false(json_fail(walk(p.top, "01"), &err, "%d is too %s", 2, "small"));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    assert_string_equal(err.text, "a[1] (line 2:1): 2 is too small");
    assert_false(json_fail(p.top, &err, "all wrong"));
    assert_string_equal(err.text, "line 1:1: all wrong");
}

static void json_getters_leave_the_value_alone_for_null(void **state)
{
    auto_parsed p = parse("null");
    struct err err = { 0 };
    struct bytes text = BYTES_LITERAL("kept");
    bool boolean = true, null = false, present = true;
    uint64_t number = 7;
    int64_t signed_number = -7;
    auto_buf octets = { 0 };

    (void)state;
    assert_ok(json_get_string(p.top, &text, &err), &err);
    assert_ok(json_get_bool(p.top, &boolean, &err), &err);
    assert_ok(json_get_uint(p.top, UINT64_MAX, &number, &err), &err);
    assert_ok(json_get_int(p.top, &signed_number, &err), &err);
    assert_ok(json_get_octets(p.top, &octets, &present, &err), &err);
    assert_ok(json_expect(p.top, JSON_OBJECT, &null, &err), &err);
    assert_true(bytes_equal_string(text, "kept") && boolean && number == 7 && signed_number == -7);
    assert_true(null);
    assert_false(present);
}

static void json_getters_refuse_every_other_type(void **state)
{
    static const struct {
        const char *text;
        enum json_type type;
    } rows[] = {
        { "true", JSON_BOOL },  { "1", JSON_NUMBER },  { "\"QQ==\"", JSON_STRING },
        { "[65]", JSON_ARRAY }, { "{}", JSON_OBJECT },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_parsed p = parse(rows[i].text);
        const enum json_type type = rows[i].type;
        struct err err = { 0 };
        struct bytes text;
        bool boolean, null, present;
        uint64_t number;
        int64_t signed_number;
        auto_buf octets = { 0 };
        assert_int_equal(json_get_string(p.top, &text, &err), type == JSON_STRING);
        assert_int_equal(json_get_bool(p.top, &boolean, &err), type == JSON_BOOL);
        assert_int_equal(json_get_uint(p.top, UINT64_MAX, &number, &err), type == JSON_NUMBER);
        assert_int_equal(json_get_int(p.top, &signed_number, &err), type == JSON_NUMBER);
        assert_int_equal(json_get_octets(p.top, &octets, &present, &err),
                         type == JSON_STRING || type == JSON_ARRAY);
        assert_int_equal(json_expect(p.top, JSON_OBJECT, &null, &err), type == JSON_OBJECT);
        assert_int_equal(json_expect(p.top, JSON_ARRAY, &null, &err), type == JSON_ARRAY);
    }
    auto_parsed p = parse("[{}]");
    struct err err = { 0 };
    bool boolean;
    assert_false(json_get_bool(json_first(p.top), &boolean, &err));
    assert_string_equal(err.text, "[0] (line 1:2): an object instead of true or false");
}

static void json_get_uint_takes_plain_digits_up_to_max(void **state)
{
    static const struct {
        const char *text;
        uint64_t max, value;
        bool ok;
    } rows[] = {
        { "0", 0, 0, true },
        { "1", 0, 0, false },
        { "255", 255, 255, true },
        { "256", 255, 0, false },
        { "18446744073709551615", UINT64_MAX, UINT64_MAX, true },
        { "18446744073709551616", UINT64_MAX, 0, false },
        { "99999999999999999999999999", UINT64_MAX, 0, false },
        { "9223372036854775808", UINT64_MAX, UINT64_C(1) << 63, true },
        { "-1", 255, 0, false },
        { "-0", 255, 0, false },
        { "1.0", 255, 0, false },
        { "1e2", 255, 0, false },
        { "1e400", UINT64_MAX, 0, false },
        { "\"1\"", 255, 0, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_parsed p = parse(rows[i].text);
        struct err err = { 0 };
        uint64_t value = 0;
        if (json_get_uint(p.top, rows[i].max, &value, &err) != rows[i].ok || value != rows[i].value)
            fail_msg("%s: %s", rows[i].text, err.text);
    }
    auto_parsed p = parse("256");
    struct err err = { 0 };
    uint64_t value;
    assert_false(json_get_uint(p.top, 255, &value, &err));
    assert_string_equal(err.text, "line 1:1: number beyond 255");
}

static void json_get_int_takes_64_bits_with_a_sign(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
        bool ok;
    } rows[] = {
        { "0", 0, true },
        { "-0", 0, true },
        { "-1", -1, true },
        { "9223372036854775807", INT64_MAX, true },
        { "-9223372036854775808", INT64_MIN, true },
        { "9223372036854775808", 0, false },
        { "-9223372036854775809", 0, false },
        { "18446744073709551616", 0, false },
        { "-18446744073709551616", 0, false },
        { "1.0", 0, false },
        { "-1e1", 0, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_parsed p = parse(rows[i].text);
        struct err err = { 0 };
        int64_t value = 0;
        if (json_get_int(p.top, &value, &err) != rows[i].ok || value != rows[i].value)
            fail_msg("%s: %s", rows[i].text, err.text);
    }
    auto_parsed p = parse("-9223372036854775809");
    struct err err = { 0 };
    int64_t value;
    assert_false(json_get_int(p.top, &value, &err));
    assert_string_equal(err.text, "line 1:1: number beyond -9223372036854775808");
}

static void json_get_octets_reads_base64_and_arrays(void **state)
{
    static const struct {
        const char *text, *value;
    } rows[] = {
        { "\"\"", "" },        { "[]", "" },
        { "\"QUJD\"", "ABC" }, { "\"QU\\nJD\\r\"", "ABC" },
        { "\"QR==\"", "A" },   { "[65, 66,67]", "ABC" },
        { "\"QUJ\"", NULL },   { "\"QUJD-_\"", NULL },
        { "[256]", NULL },     { "[65,-1]", NULL },
        { "[65,1.0]", NULL },  { "[\"65\"]", NULL },
        { "[[65]]", NULL },    { "true", NULL },
        { "1", NULL },         { "{}", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_parsed p = parse(rows[i].text);
        auto_buf out = { 0 }, want = { 0 };
        struct err err = { 0 };
        bool present = false;
        buf_add_string(&out, "+");
        buf_add_format(&want, "+%s", rows[i].value == NULL ? "" : rows[i].value);
        if (json_get_octets(p.top, &out, &present, &err) != (rows[i].value != NULL))
            fail_msg("%s: %s", rows[i].text, err.text);
        assert_bytes_equal(buf_bytes(&out), buf_bytes(&want));
        assert_true(present);
    }
}

static void json_get_octets_says_what_is_wrong_with_the_base64(void **state)
{
    auto_parsed p = parse("{\"Key\": \"QU*D\"}");
    auto_buf out = { 0 };
    struct err err = { 0 };
    bool present;

    (void)state;
    assert_false(json_get_octets(json_first(p.top), &out, &present, &err));
    assert_string_equal(err.text, "Key (line 1:9): base64: no digit at offset 2");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(json_name_is_folds_case_as_go_does),
    cmocka_unit_test(json_name_is_not_fooled_by_nul),
    cmocka_unit_test(json_member_finds_the_last_with_exactly_this_name),
    cmocka_unit_test(json_path_and_place_name_every_value),
    cmocka_unit_test(json_path_keeps_the_end_of_a_long_way),
    cmocka_unit_test(json_path_cuts_a_long_name),
    cmocka_unit_test(json_fail_puts_path_and_place_in_front),
    cmocka_unit_test(json_getters_leave_the_value_alone_for_null),
    cmocka_unit_test(json_getters_refuse_every_other_type),
    cmocka_unit_test(json_get_uint_takes_plain_digits_up_to_max),
    cmocka_unit_test(json_get_int_takes_64_bits_with_a_sign),
    cmocka_unit_test(json_get_octets_reads_base64_and_arrays),
    cmocka_unit_test(json_get_octets_says_what_is_wrong_with_the_base64),
};

TEST_MAIN(tests)
