/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/json.h"

#include <pthread.h>

struct document {
    const char *name;
    struct bytes text;
    bool accepted;
};
#define ACCEPTED(name, text)                                                                       \
    {                                                                                              \
        name, BYTES_LITERAL(text), true                                                            \
    }
#define REFUSED(name, text)                                                                        \
    {                                                                                              \
        name, BYTES_LITERAL(text), false                                                           \
    }

/* client-api.md, 2.1: strict RFC 8259, but for broken UTF-8, surrogates and duplicates, where the
 * rule is Go's. */
static const struct document documents[] = {
    ACCEPTED("object", "{}"),
    ACCEPTED("array", "[]"),
    ACCEPTED("string", "\"\""),
    ACCEPTED("null", "null"),
    ACCEPTED("true", "true"),
    ACCEPTED("false", "false"),
    ACCEPTED("zero", "0"),
    ACCEPTED("minus zero", "-0"),
    ACCEPTED("all blanks", " \t\r\n{ \t\r\n\"a\" \t\r\n: \t\r\n[ \t\r\n1 \t\r\n, 2 ] } \t\r\n"),
    ACCEPTED("number with everything", "-10.05e+06"),
    ACCEPTED("0e0", "0e0"),
    ACCEPTED("0.0E-0", "0.0E-0"),
    ACCEPTED("beyond every double", "1e400"),
    ACCEPTED("integer above 2^63-1", "18446744073709551615"),
    ACCEPTED("integer above 2^64-1", "18446744073709551616"),
    ACCEPTED("escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u00E9\""),
    ACCEPTED("NUL as an escape", "\"\\u0000\""),
    ACCEPTED("DEL", "\"\x7f\""),
    ACCEPTED("invalid UTF-8", "\"\xff\xc3\""),
    ACCEPTED("surrogate as UTF-8", "\"\xed\xa0\x80\""),
    ACCEPTED("lone surrogate", "\"\\ud800\""),
    ACCEPTED("duplicate name", "{\"a\":1,\"a\":2}"),
    ACCEPTED("empty name", "{\"\":1}"),

    REFUSED("nothing", ""),
    REFUSED("blanks only", " \n"),
    REFUSED("line comment", "// c\n{}"),
    REFUSED("block comment", "{/* c */}"),
    REFUSED("trailing comma in an array", "[1,]"),
    REFUSED("trailing comma in an object", "{\"a\":1,}"),
    REFUSED("leading comma", "[,1]"),
    REFUSED("two commas", "[1,,2]"),
    REFUSED("comma only", "[,]"),
    REFUSED("TRUE", "TRUE"),
    REFUSED("True", "True"),
    REFUSED("tru", "tru"),
    REFUSED("nulll", "nulll"),
    REFUSED("NaN", "NaN"),
    REFUSED("Infinity", "Infinity"),
    REFUSED("-Infinity", "-Infinity"),
    REFUSED("single quotes", "'a'"),
    REFUSED("name without quotes", "{a:1}"),
    REFUSED("name that is a number", "{1:1}"),
    REFUSED("name that is null", "{null:1}"),
    REFUSED("name without a value", "{\"a\"}"),
    REFUSED("name and colon only", "{\"a\":}"),
    REFUSED("comma for a colon", "{\"a\",1}"),
    REFUSED("colon in an array", "[\"a\":1]"),
    REFUSED("members without a comma", "{\"a\":1 \"b\":2}"),
    REFUSED("elements without a comma", "[1 2]"),
    REFUSED("leading zero", "01"),
    REFUSED("leading zero behind a minus", "-01"),
    REFUSED("plus sign", "+1"),
    REFUSED("minus only", "-"),
    REFUSED("no digit before the point", ".5"),
    REFUSED("no digit behind the point", "1."),
    REFUSED("no digit in the exponent", "1e"),
    REFUSED("no digit behind the sign of the exponent", "1e+"),
    REFUSED("hexadecimal", "0x10"),
    REFUSED("raw newline in a string", "\"a\nb\""),
    REFUSED("raw tab in a string", "\"\t\""),
    REFUSED("raw NUL in a string", "\"\0\""),
    REFUSED("raw 0x1f in a name", "{\"\x1f\":1}"),
    REFUSED("unknown escape", "\"\\x41\""),
    REFUSED("escaped single quote", "\"\\'\""),
    REFUSED("capital U escape", "\"\\U0041\""),
    REFUSED("short unicode escape", "\"\\u004\""),
    REFUSED("unicode escape with a letter", "\"\\u00g1\""),
    REFUSED("string without an end", "\"abc"),
    REFUSED("string that ends in a backslash", "\"abc\\"),
    REFUSED("string whose last quote is escaped", "\"abc\\\""),
    REFUSED("byte order mark", "\xef\xbb\xbf{}"),
    REFUSED("vertical tab", "\v{}"),
    REFUSED("form feed", "{\f}"),
    REFUSED("no-break space", "\xc2\xa0{}"),
    REFUSED("NUL behind the value", "{}\0"),
    REFUSED("second value", "{}{}"),
    REFUSED("closing brace too many", "{}}"),
    REFUSED("wrong closing bracket", "[}"),
    REFUSED("wrong closing brace", "{]"),
    REFUSED("array without an end", "[1"),
    REFUSED("object without an end", "{\"a\":1"),
    REFUSED("only an opening bracket", "["),
    REFUSED("only a closing bracket", "]"),
};

/* Parses an exact-size copy, so that the sanitizer sees a byte that is read too many. */
static bool accepts(struct bytes text, enum json_trailing trailing, struct err *err)
{
    uint8_t *const exact = malloc(text.len > 0 ? text.len : 1);
    auto_arena arena = { 0 };

    if (text.len > 0)
        memcpy(exact, text.at, text.len);
    const bool ok = json_parse(bytes_of(exact, text.len), trailing, &arena, err) != NULL;
    free(exact);
    return ok;
}

static void json_parse_is_as_strict_as_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(documents); i++) {
        struct err err = { 0 };
        const bool accepted = accepts(documents[i].text, JSON_TRAILING_REFUSED, &err);
        if (accepted != documents[i].accepted)
            fail_msg("%s: accepted is %d: %s", documents[i].name, accepted, err.text);
        assert_int_equal(err.kind, accepted ? FAIL_NONE : FAIL_MALFORMED);
        assert_int_equal(err.text[0] == '\0', accepted);
    }
}

static void json_parse_keeps_its_strictness_inside_containers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(documents); i++) {
        auto_buf text = { 0 };
        struct err err = { 0 };
        buf_add_string(&text, "{\"n\":[");
        buf_add(&text, documents[i].text);
        buf_add_string(&text, ",0]}");
        if (accepts(buf_bytes(&text), JSON_TRAILING_REFUSED, &err) != documents[i].accepted)
            fail_msg("%s: %s", documents[i].name, err.text);
    }
}

static void json_parse_fills_every_field_of_every_value(void **state)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };
    const struct bytes text =
        BYTES_LITERAL("{\"a\": [null, true, false, -1.5e3],\n \"b\\u00e9\": \"x\\ny\", \"a\": {}}");
    const struct json *const top = json_parse(text, JSON_TRAILING_REFUSED, &arena, &err);

    (void)state;
    assert_non_null(top);
    assert_int_equal(top->type, JSON_OBJECT);
    assert_null(top->parent);
    assert_int_equal(top->offset, 0);

    const struct json *const a = json_first(top);
    assert_int_equal(a->type, JSON_ARRAY);
    assert_true(bytes_equal_string(a->name, "a"));
    assert_int_equal(a->offset, 6);
    assert_int_equal(a->index, 0);
    assert_ptr_equal(a->parent, top);

    const struct json *element = json_first(a);
    assert_int_equal(element->type, JSON_NULL);
    assert_int_equal(element->name.len, 0);
    element = json_next(element);
    assert_int_equal(element->type, JSON_BOOL);
    assert_true(element->boolean);
    element = json_next(element);
    assert_int_equal(element->type, JSON_BOOL);
    assert_false(element->boolean);
    element = json_next(element);
    assert_int_equal(element->type, JSON_NUMBER);
    assert_true(bytes_equal_string(element->text, "-1.5e3"));
    assert_int_equal(element->index, 3);
    assert_int_equal(element->offset, 26);
    assert_ptr_equal(element->parent, a);
    assert_null(json_next(element));

    const struct json *const b = json_next(a);
    assert_int_equal(b->type, JSON_STRING);
    assert_true(bytes_equal_string(b->name, "b\xc3\xa9"));
    assert_true(bytes_equal_string(b->text, "x\ny"));
    assert_int_equal(b->index, 1);
    assert_null(json_first(b));

    const struct json *const last = json_next(b);
    assert_int_equal(last->type, JSON_OBJECT);
    assert_null(json_first(last));
    assert_null(json_next(last));
}

static void json_parse_decodes_strings_as_go_does(void **state)
{
    static const struct {
        const char *name;
        struct bytes text, value;
    } rows[] = {
#define ROW(name, text, value) { name, BYTES_LITERAL(text), BYTES_LITERAL(value) }
        ROW("short escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"),
        ROW("NUL", "\"a\\u0000b\"", "a\0b"),
        ROW("one, two and three bytes", "\"\\u007f\\u07FF\\uffff\"", "\x7f\xdf\xbf\xef\xbf\xbf"),
        ROW("surrogate pair", "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"),
        ROW("first and last pair", "\"\\ud800\\udc00\\udbff\\udfff\"",
            "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
        ROW("high surrogate alone", "\"\\ud83dx\"", "\xef\xbf\xbdx"),
        ROW("low surrogate alone", "\"\\ude00\"", "\xef\xbf\xbd"),
        ROW("high surrogate, letter escape", "\"\\ud83d\\n\"", "\xef\xbf\xbd\n"),
        ROW("high surrogate, other character", "\"\\ud83d\\u0041\"",
            "\xef\xbf\xbd"
            "A"),
        ROW("low, low", "\"\\ude00\\ude01\"", "\xef\xbf\xbd\xef\xbf\xbd"),
        ROW("high, above the low ones", "\"\\ud83d\\ue000\"", "\xef\xbf\xbd\xee\x80\x80"),
        ROW("high, high, low", "\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80"),
        ROW("each wrong byte is one U+FFFD", "\"\xff\xfe\"", "\xef\xbf\xbd\xef\xbf\xbd"),
        ROW("cut sequence", "\"\xe2\x82\"", "\xef\xbf\xbd\xef\xbf\xbd"),
        ROW("cut sequence before an escape", "\"\xc3\\n\"", "\xef\xbf\xbd\n"),
        ROW("overlong", "\"\xc0\x80\"", "\xef\xbf\xbd\xef\xbf\xbd"),
        ROW("good UTF-8", "\"\xe2\x82\xac\"", "\xe2\x82\xac"),
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_arena arena = { 0 };
        struct err err = { 0 };
        const struct json *const v = json_parse(rows[i].text, JSON_TRAILING_REFUSED, &arena, &err);
        if (v == NULL || !bytes_equal(v->text, rows[i].value))
            fail_msg("%s %s", rows[i].name, err.text);
    }
}

/* What stands between escapes is copied in runs. */
static void json_parse_finds_an_escape_wherever_it_stands(void **state)
{
    static const struct {
        const char *text, *means;
    } parts[] = { { "a", "a" },
                  { "\\n", "\n" },
                  { "\\u00e9", "\xc3\xa9" },
                  { "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
                  { "\\udc00", "\xef\xbf\xbd" },
                  { "\xe2\x82\xac", "\xe2\x82\xac" },
                  { "\\\"", "\"" },
                  { "\xff", "\xef\xbf\xbd" } };
    enum { COUNT = COUNT_OF(parts) };

    (void)state;
    for (size_t n = 0; n < COUNT * COUNT * COUNT * COUNT; n++) {
        auto_buf text = { 0 }, means = { 0 };
        auto_arena arena = { 0 };
        struct err err = { 0 };
        buf_add_u8(&text, '"');
        for (size_t i = 0, left = n; i < 4; i++, left /= COUNT) {
            buf_add_string(&text, parts[left % COUNT].text);
            buf_add_string(&means, parts[left % COUNT].means);
        }
        buf_add_u8(&text, '"');
        const struct json *const string =
            json_parse(buf_bytes(&text), JSON_TRAILING_REFUSED, &arena, &err);
        assert_non_null(string);
        assert_bytes_equal(string->text, buf_bytes(&means));
    }
}

static void json_parse_refuses_every_prefix(void **state)
{
    const struct bytes whole =
        BYTES_LITERAL("{\"a\":[1,-2.5e-1,true,null],\"\\u00e9\\n\":{\"b\":\"\\ud83d\\ude00\"}}");

    (void)state;
    for (size_t len = 1; len < whole.len; len++) {
        struct err err = { 0 };
        assert_false(accepts(bytes_of(whole.at, len), JSON_TRAILING_REFUSED, &err));
        assert_non_null(strstr(err.text, "unexpected end of JSON input"));
    }
    struct err err = { 0 };
    assert_ok(accepts(whole, JSON_TRAILING_REFUSED, &err), &err);
}

static void json_parse_names_line_and_column(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        { "x", "line 1:1: a value must begin here" },
        { "{\n  \"a\": 01\n}", "line 2:9: a comma or } must follow a member" },
        { "[1,\n2,\n\n]", "line 4:1: a value must begin here" },
        { "{\"a\" 1}", "line 1:6: a colon must follow the name of a member" },
        { "{\"a\":1,}", "line 1:8: the name of a member must begin here" },
        { "[\"\\u12x4\"]", "line 1:7: \\u needs four hex digits" },
        { "[\"ab\\q\"]", "line 1:5: this escape is not known in strings" },
        { "\"a\tb\"", "line 1:3: control character in a string" },
        { "[tRue]", "line 1:3: no word but true, false and null is known" },
        { "[1.x]", "line 1:4: a digit must stand here" },
        { "{}\n{}", "line 2:1: nothing may follow the value" },
        { "[\r\n1", "line 2:2: unexpected end of JSON input" },
        { "\"\xc3\xa9\" x", "line 1:6: nothing may follow the value" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = { 0 };
        assert_false(accepts(bytes_of_string(rows[i].text), JSON_TRAILING_REFUSED, &err));
        assert_string_equal(err.text, rows[i].error);
    }
}

static void json_parse_ignores_what_follows_only_when_told(void **state)
{
    static const char *const texts[] = { "{} x", "{}{}", "1 2", "\"a\"]", "null,", "nullx", "01" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct err err = { 0 };
        assert_ok(accepts(bytes_of_string(texts[i]), JSON_TRAILING_IGNORED, &err), &err);
        assert_false(accepts(bytes_of_string(texts[i]), JSON_TRAILING_REFUSED, &err));
    }
}

static void json_parse_says_of_an_empty_document_what_go_says(void **state)
{
    static const char *const texts[] = { "", " \n\t" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct err err = { 0 };
        assert_false(accepts(bytes_of_string(texts[i]), JSON_TRAILING_REFUSED, &err));
        assert_string_equal(err.text, "unexpected end of JSON input");
        assert_false(accepts(bytes_of_string(texts[i]), JSON_TRAILING_IGNORED, &err));
        assert_string_equal(err.text, "EOF");
    }
}

static void add_nested(struct buf *text, size_t depth)
{
    for (size_t i = 0; i < depth; i++)
        buf_add_string(text, i % 2 == 0 ? "[" : "{\"a\":");
    buf_add_string(text, "1");
    for (size_t i = depth; i > 0; i--)
        buf_add_string(text, i % 2 == 1 ? "]" : "}");
}

static void *parse_deepest(void *arg)
{
    auto_buf text = { 0 }, path = { 0 };
    auto_arena arena = { 0 };

    add_nested(&text, 10000);
    const struct json *v = json_parse(buf_bytes(&text), JSON_TRAILING_REFUSED, &arena, arg);
    if (v == NULL)
        return NULL;
    while (json_first(v) != NULL)
        v = json_first(v);
    json_path(v, &path);
    return path.len <= 200 ? arg : NULL;
}

static void json_parse_takes_10000_levels_on_a_small_stack(void **state)
{
    pthread_attr_t small;
    pthread_t thread;
    struct err err = { 0 };
    void *result = NULL;

    (void)state;
    assert_int_equal(pthread_attr_init(&small), 0);
    assert_int_equal(pthread_attr_setstacksize(&small, 256 << 10), 0);
    assert_int_equal(pthread_create(&thread, &small, parse_deepest, &err), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_int_equal(pthread_attr_destroy(&small), 0);
    assert_string_equal(err.text, "");
    assert_ptr_equal(result, &err);
}

static void json_parse_refuses_10001_levels(void **state)
{
    auto_buf text = { 0 };
    struct err err = { 0 };

    (void)state;
    add_nested(&text, 10001);
    assert_false(accepts(buf_bytes(&text), JSON_TRAILING_REFUSED, &err));
    /* 5,000 pairs of `[` and `{"a":`, and the next `[` */
    assert_string_equal(err.text, "line 1:30001: exceeded max depth");
}

static void json_parse_counts_open_levels_only(void **state)
{
    auto_buf text = { 0 };
    struct err err = { 0 };

    (void)state;
    buf_add_u8(&text, '[');
    for (unsigned i = 0; i < 20000; i++)
        buf_add_string(&text, "[],{},");
    buf_add_string(&text, "0]");
    assert_ok(accepts(buf_bytes(&text), JSON_TRAILING_REFUSED, &err), &err);
}

static void json_parse_gives_up_10_mib_of_brackets_at_the_depth_limit(void **state)
{
    enum { SIZE = 10 << 20 };
    auto_buf text = { 0 };
    auto_arena arena = { 0 };
    struct err err = { 0 };

    (void)state;
    memset(buf_grow(&text, SIZE), '[', SIZE);
    assert_null(json_parse(buf_bytes(&text), JSON_TRAILING_REFUSED, &arena, &err));
    assert_string_equal(err.text, "line 1:10001: exceeded max depth");
    assert_true(arena.used < 10010 * 96);
}

/* Also that the cost of a value is what the header promises. */
static void json_parse_is_linear_in_the_number_of_members(void **state)
{
    enum { COUNT = 300000 };
    auto_buf text = { 0 };
    auto_arena arena = { 0 };
    struct err err = { 0 };
    size_t count = 0;

    (void)state;
    for (unsigned i = 0; i < COUNT; i++) {
        buf_add_u8(&text, i == 0 ? '{' : ',');
        buf_add_format(&text, "\"%u\":0", i);
    }
    buf_add_u8(&text, '}');
    const struct json *const v = json_parse(buf_bytes(&text), JSON_TRAILING_REFUSED, &arena, &err);
    assert_non_null(v);
    for (const struct json *m = json_first(v); m != NULL; m = json_next(m))
        assert_int_equal(m->index, count++);
    assert_int_equal(count, COUNT);
    assert_true(arena.used <= (COUNT + 2) * (size_t)96);
}

static void json_parse_refuses_more_values_than_it_may_take_memory_for(void **state)
{
    auto_buf text = { 0 };
    auto_arena arena = { 0 };
    struct err err = { 0 };

    (void)state;
    buf_add_u8(&text, '[');
    for (size_t i = 1; i < JSON_MAX_VALUES; i++)
        buf_add_string(&text, i == 1 ? "0" : ",0");
    buf_add_u8(&text, ']');
    assert_non_null(json_parse(buf_bytes(&text), JSON_TRAILING_REFUSED, &arena, &err));
    buf_truncate(&text, text.len - 1);
    buf_add_string(&text, ",0]");
    assert_null(json_parse(buf_bytes(&text), JSON_TRAILING_REFUSED, &arena, &err));
    assert_non_null(strstr(err.text, "too many values"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(json_parse_is_as_strict_as_the_table),
    cmocka_unit_test(json_parse_keeps_its_strictness_inside_containers),
    cmocka_unit_test(json_parse_fills_every_field_of_every_value),
    cmocka_unit_test(json_parse_decodes_strings_as_go_does),
    cmocka_unit_test(json_parse_finds_an_escape_wherever_it_stands),
    cmocka_unit_test(json_parse_refuses_every_prefix),
    cmocka_unit_test(json_parse_names_line_and_column),
    cmocka_unit_test(json_parse_ignores_what_follows_only_when_told),
    cmocka_unit_test(json_parse_says_of_an_empty_document_what_go_says),
    cmocka_unit_test(json_parse_takes_10000_levels_on_a_small_stack),
    cmocka_unit_test(json_parse_refuses_10001_levels),
    cmocka_unit_test(json_parse_counts_open_levels_only),
    cmocka_unit_test(json_parse_gives_up_10_mib_of_brackets_at_the_depth_limit),
    cmocka_unit_test(json_parse_is_linear_in_the_number_of_members),
    cmocka_unit_test(json_parse_refuses_more_values_than_it_may_take_memory_for),
};

TEST_MAIN(tests)
