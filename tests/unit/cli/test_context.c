/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/coordinator/context.h"

#define WHOLE                                                                                      \
    "{\"endpoint\":\"prod.example.com:4433\",\"policy\":\"/etc/p.json\",\"collateral\":\"/etc/"    \
    "b\"}"

static void context_parse_reads_every_member(void **state)
{
    auto_context context = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(context_parse(bytes_of_string(WHOLE), &context, &err), &err);
    assert_string_equal(context.endpoint, "prod.example.com:4433");
    assert_string_equal(context.policy, "/etc/p.json");
    assert_string_equal(context.collateral, "/etc/b");
    assert_null(context.cache);
}

static void what_context_put_writes_is_the_same(void **state)
{
    auto_context context = { 0 };
    auto_buf json = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(context_parse(bytes_of_string(WHOLE), &context, &err), &err);
    context_put(&context, &json);
    assert_true(bytes_equal_string(buf_bytes(&json), WHOLE));
}

static void context_parse_refuses_every_prefix(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(WHOLE); len++) {
        auto_context context = { 0 };
        struct err err = { 0 };
        uint8_t *const copy = bytes_copy(bytes_of(WHOLE, len));
        assert_false(context_parse(bytes_of(copy, len), &context, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_null(context.endpoint);
        free(copy);
    }
}

static void context_parse_refuses_what_does_not_belong_there(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "null",
        "{\"policy\":\"/x\"}",
        "{\"endpoint\":\"h:1\",\"polcy\":\"/x\"}",
        "{\"endpoint\":\"h:1\",\"Policy\":\"/x\"}",
        "{\"endpoint\":\"\"}",
        "{\"endpoint\":7}",
        "{\"endpoint\":null}",
        "{\"endpoint\":\"https://h:1\"}",
        "{\"endpoint\":\"h:1\",\"policy\":\"\"}",
        "{\"endpoint\":\"h:1\",\"policy\":\"a\\u0000b\"}",
        "{\"endpoint\":\"h:1\"} x",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        auto_context context = { 0 };
        struct err err = { 0 };
        assert_false(context_parse(bytes_of_string(bad[i]), &context, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static void names_of_contexts_are_no_paths(void **state)
{
    static const char *const good[] = { "a", "prod", "eu-west.1", "A_b", "0" };
    static const char *const bad[] = {
        "",
        ".",
        "..",
        ".a",
        "-a",
        "_a",
        "a/b",
        "a b",
        "@a",
        "\xc3\xa4",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_ok(context_name_check(good[i], &err), &err);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(context_name_check(bad[i], &err));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(context_parse_reads_every_member),
    cmocka_unit_test(what_context_put_writes_is_the_same),
    cmocka_unit_test(context_parse_refuses_every_prefix),
    cmocka_unit_test(context_parse_refuses_what_does_not_belong_there),
    cmocka_unit_test(names_of_contexts_are_no_paths),
};
TEST_MAIN(tests)
