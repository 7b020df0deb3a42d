/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/arena.h"
#include "cli/io/yaml_read.h"
#include "codec/json.h"

struct conversion {
    const char *yaml, *json;
};

static void check(const struct conversion *c)
{
    auto_buf json = { 0 };
    struct yaml_surprises surprises;
    struct err err = { 0 };

    if (!yaml_to_json(bytes_of_string(c->yaml), &json, &surprises, &err))
        fail_msg("\"%s\": %s", c->yaml, err.text);
    buf_add_u8(&json, '\0');
    if (strcmp((const char *)json.at, c->json) != 0)
        fail_msg("\"%s\" became %s, not %s", c->yaml, (const char *)json.at, c->json);
}

static void yaml_to_json_reads_scalars_as_yaml_1_1(void **state)
{
    static const struct conversion cases[] = {
        { "[y, Y, yes, Yes, YES, on, On, ON, true, True, TRUE]",
          "[true,true,true,true,true,true,true,true,true,true,true]" },
        { "[n, N, no, No, NO, off, Off, OFF, false, False, FALSE]",
          "[false,false,false,false,false,false,false,false,false,false,false]" },
        { "[yEs, tRUE, nULL, oN]", "[\"yEs\",\"tRUE\",\"nULL\",\"oN\"]" },
        { "[~, null, Null, NULL, ]", "[null,null,null,null]" },
        { "a:", "{\"a\":null}" },
        { "[0777, 0o17, 0x1F, 0b1, 1_000, 08, 0]", "[511,15,31,1,1000,8,0]" },
        { "[-0x1F, +7, -0b11, -1_0]", "[-31,7,-3,-10]" },
        { "[18446744073709551615, -9223372036854775808, 9223372036854775807]",
          "[18446744073709551615,-9223372036854775808,9223372036854775807]" },
        { "[12345678901234567890123, -9223372036854775809]",
          "[1.2345678901234568e+22,-9223372036854776000]" },
        { "[1.0, 1e3, 1.5, .5, -2.50, 1e-6, 1e-7, 1e20, 1e21, 123456.789]",
          "[1,1000,1.5,0.5,-2.5,0.000001,1e-7,100000000000000000000,1e+21,123456.789]" },
        { "[1., 0.1, 1e+2, 1E2]", "[1,0.1,100,100]" },
        { "[2026-11-23, 1:30, 2026-11-23T22:00:00Z, 1.2.3, 1e400, 1e, '.', +, _1, 0x, 0b12]",
          "[\"2026-11-23\",\"1:30\",\"2026-11-23T22:00:00Z\",\"1.2.3\",\"1e400\",\"1e\",\".\",\"+"
          "\","
          "\"_1\",\"0x\",\"0b12\"]" },
        { "['yes', \"1\", '~', !!str 1, ! 1, !thing 7]",
          "[\"yes\",\"1\",\"~\",\"1\",\"1\",\"7\"]" },
        { "[!!int '7', !!float 1, !!bool yes, !!null '']", "[7,1,true,null]" },
        { "!!binary aGVsbG8=", "\"hello\"" },
        { "text", "\"text\"" },
        { "", "null" },
        { "# nothing\n", "null" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check(&cases[i]);
}

/* As an empty standard input leaves it. */
static void yaml_to_json_takes_no_bytes_at_all(void **state)
{
    auto_buf json = { 0 };
    struct yaml_surprises surprises;
    struct err err = { 0 };

    (void)state;
    assert_true(yaml_to_json(BYTES_NONE, &json, &surprises, &err));
    assert_true(bytes_equal_string(buf_bytes(&json), "null"));
    assert_true(surprises.not_a_mapping);
}

static void yaml_to_json_sorts_keys_and_makes_them_text(void **state)
{
    static const struct conversion cases[] = {
        { "b: 1\na: 2\nB: 3\n", "{\"B\":3,\"a\":2,\"b\":1}" },
        { "{7: a, 010: b, 1.5: c, 1e6: d, 0.00001: e}",
          "{\"1.5\":\"c\",\"1e+06\":\"d\",\"1e-05\":\"e\",\"7\":\"a\",\"8\":\"b\"}" },
        { "{y: a, off: b}", "{\"false\":\"b\",\"true\":\"a\"}" },
        { "a: <&>\nb: \"\\u2028é\\n\"", "{\"a\":\"\\u003c\\u0026\\u003e\",\"b\":\"\\u2028é\\n\"}" },
        { "a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\"}" },
        { "{\"a\": 1, \"b\": [1, 2,], } # almost JSON", "{\"a\":1,\"b\":[1,2]}" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check(&cases[i]);
}

static void yaml_to_json_expands_aliases_and_merges(void **state)
{
    static const struct conversion cases[] = {
        { "a: &x {p: 1}\nb: *x\nc: [*x, *x]",
          "{\"a\":{\"p\":1},\"b\":{\"p\":1},\"c\":[{\"p\":1},{\"p\":1}]}" },
        { "a: &x {p: 1}\nb:\n  <<: *x\n  q: 2", "{\"a\":{\"p\":1},\"b\":{\"p\":1,\"q\":2}}" },
        { "- &x {p: 1}\n- &y {q: 2}\n- {<<: [*x, *y]}", "[{\"p\":1},{\"q\":2},{\"p\":1,\"q\":2}]" },
        { "- &x 1\n- &x 2\n- *x", "[1,2,2]" },
        { "{'<<': 1}", "{\"\\u003c\\u003c\":1}" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check(&cases[i]);
}

static void yaml_to_json_refuses_what_has_no_single_meaning(void **state)
{
    static const struct {
        const char *yaml, *says;
    } bad[] = {
        { "a: 1\na: 2", "line 2: the key \"a\"" },
        { "1: a\n'1': b", "more than once" },
        { "y: a\ntrue: b", "more than once" },
        { "a: &x {p: 1}\nb: {<<: *x, p: 2}", "more than once" },
        { "a: .inf", "line 1: JSON has no" },
        { "a: .nan", "JSON has no" },
        { "a:\n\tb: 1", "line 2" },
        { "{[1]: 2}", "key" },
        { "{~: 2}", "key" },
        { "a: *x", "unknown anchor \"x\"" },
        { "a: &x [*x]", "contains itself" },
        { "a: {<<: 1}", "<< wants" },
        { "a: !!int x", "does not go with its tag" },
        { "a: !!binary '*'", "!!binary" },
        { "a: [1", "line" },
        { "\xff\xfe\xff", "line" },
        { "%YAML 3.0\n---\na", "line" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        auto_buf json = { 0 };
        struct yaml_surprises surprises;
        struct err err = { 0 };
        if (yaml_to_json(bytes_of_string(bad[i].yaml), &json, &surprises, &err))
            fail_msg("\"%s\" was taken", bad[i].yaml);
        if (strstr(err.text, bad[i].says) == NULL)
            fail_msg("\"%s\": \"%s\" does not say \"%s\"", bad[i].yaml, err.text, bad[i].says);
        assert_int_equal(json.len, 0);
    }
}

static void yaml_to_json_bounds_aliases_of_aliases(void **state)
{
    auto_buf bomb = { 0 }, json = { 0 };
    struct yaml_surprises surprises;
    struct err err = { 0 };

    (void)state;
    buf_add_string(&bomb, "- &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
        buf_add_format(&bomb, "- &a%d [", i);
        for (int j = 0; j < 10; j++)
            buf_add_format(&bomb, "%s*a%d", j > 0 ? ", " : "", i - 1);
        buf_add_string(&bomb, "]\n");
    }
    assert_false(yaml_to_json(buf_bytes(&bomb), &json, &surprises, &err));
    assert_int_equal(err.kind, FAIL_TOO_LARGE);
}

static void yaml_to_json_bounds_the_depth_of_nesting_and_of_merging(void **state)
{
    auto_buf deep = { 0 }, merges = { 0 }, json = { 0 };
    struct yaml_surprises surprises;
    struct err err = { 0 };

    (void)state;
    for (int i = 0; i < YAML_DEPTH_MAX + 1; i++)
        buf_add_format(&deep, "%*s-\n", i, "");
    assert_false(yaml_to_json(buf_bytes(&deep), &json, &surprises, &err));
    buf_add_string(&merges, "- &m0 {a: 1}\n");
    for (int i = 1; i < 100000; i++)
        buf_add_format(&merges, "- &m%d {<<: *m%d}\n", i, i - 1);
    assert_false(yaml_to_json(buf_bytes(&merges), &json, &surprises, &err));
}

static void yaml_to_json_tells_of_surprises(void **state)
{
    struct yaml_surprises surprises;
    auto_buf json = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(yaml_to_json(BYTES_LITERAL("a: 1\n---\nb: ["), &json, &surprises, &err), &err);
    assert_true(surprises.more_documents && !surprises.odd_keys && !surprises.not_a_mapping);
    assert_ok(yaml_to_json(BYTES_LITERAL("on: 1"), &json, &surprises, &err), &err);
    assert_true(!surprises.more_documents && surprises.odd_keys && !surprises.not_a_mapping);
    assert_ok(yaml_to_json(BYTES_LITERAL("on"), &json, &surprises, &err), &err);
    assert_true(!surprises.more_documents && !surprises.odd_keys && surprises.not_a_mapping);
}

static void yaml_to_json_takes_every_prefix_or_refuses_it(void **state)
{
    static const char text[] =
        "a: &x {p: [1, 'two', \"three\\n\"]}\nb:\n  <<: *x\n  q: !!int 2\n---\nc";

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        uint8_t *const copy = bytes_copy(bytes_of(text, len));
        struct yaml_surprises surprises;
        auto_buf json = { 0 };
        auto_arena arena = { 0 };
        struct err err = { 0 };
        if (yaml_to_json(bytes_of(copy, len), &json, &surprises, &err))
            assert_non_null(json_parse(buf_bytes(&json), JSON_TRAILING_REFUSED, &arena, &err));
        free(copy);
    }
}

/* The line and column of the value that begins with this text in the JSON. */
static void check_place(const struct yaml_map *map, struct bytes json, const char *value,
                        size_t line, size_t column, enum yaml_trap trap)
{
    auto_string *text = bytes_to_string(json);
    const char *const at = strstr(text, value);

    assert_non_null(at);
    const struct yaml_place *const place = yaml_map_find(map, (size_t)(at - text));
    assert_non_null(place);
    if (place->line != line || place->column != column || place->trap != trap)
        fail_msg("%s: %zu:%zu, trap %d", value, place->line, place->column, (int)place->trap);
}

static void yaml_to_json_mapped_keeps_the_place_of_every_value(void **state)
{
    auto_buf json = { 0 };
    auto_yaml_map map = { 0 };
    struct yaml_surprises surprises;
    struct err err = { 0 };
    const char *const yaml = "z: &a {q: 'first'}\na:\n  - 0777\n  -   yes\n  - *a\non: \"w\"\n"
                             "b: true\n";

    (void)state;
    buf_add_string(&json, "in front");
    assert_ok(yaml_to_json_mapped(bytes_of_string(yaml), &json, &map, &surprises, &err), &err);
    buf_drop_front(&json, strlen("in front"));
    const struct bytes all = buf_bytes(&json);
    check_place(&map, all, "[511", 3, 3, YAML_TRAP_NONE);
    check_place(&map, all, "511", 3, 5, YAML_TRAP_NUMBER);
    check_place(&map, all, "true", 4, 7, YAML_TRAP_BOOLEAN);
    check_place(&map, all, "{\"q\"", 5, 5, YAML_TRAP_NONE);
    check_place(&map, all, "\"first\"", 1, 11, YAML_TRAP_NONE);
    check_place(&map, all, "true,\"true\"", 7, 4, YAML_TRAP_NONE);
    check_place(&map, all, "\"w\"", 6, 5, YAML_TRAP_KEY);
    assert_null(yaml_map_find(&(struct yaml_map){ 0 }, 0));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(yaml_to_json_reads_scalars_as_yaml_1_1),
    cmocka_unit_test(yaml_to_json_takes_no_bytes_at_all),
    cmocka_unit_test(yaml_to_json_sorts_keys_and_makes_them_text),
    cmocka_unit_test(yaml_to_json_expands_aliases_and_merges),
    cmocka_unit_test(yaml_to_json_refuses_what_has_no_single_meaning),
    cmocka_unit_test(yaml_to_json_bounds_aliases_of_aliases),
    cmocka_unit_test(yaml_to_json_bounds_the_depth_of_nesting_and_of_merging),
    cmocka_unit_test(yaml_to_json_tells_of_surprises),
    cmocka_unit_test(yaml_to_json_takes_every_prefix_or_refuses_it),
    cmocka_unit_test(yaml_to_json_mapped_keeps_the_place_of_every_value),
};
TEST_MAIN(tests)
