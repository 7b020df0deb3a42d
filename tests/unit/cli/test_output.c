/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/io/output.h"

static void yaml_put_writes_blocks_and_quotes_what_needs_it(void **state)
{
    static const char json[] =
        "{\"a\":{\"b\":[1,\"x\",{\"c\":null}],\"e\":{},\"f\":[]},\"yes\":\"no\","
        "\"t\":\"a: b\\n\",\"u\":true,\"v\":\"v1.9/x_y-z\",\"w\":\"\"}";
    static const char yaml[] =
        "a:\n  b:\n    - 1\n    - x\n    -\n      c: null\n  e: {}\n  f: []\n"
        "\"yes\": \"no\"\nt: \"a: b\\n\"\nu: true\nv: v1.9/x_y-z\nw: \"\"\n";
    auto_buf out = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(yaml_put(BYTES_LITERAL(json), &out, &err), &err);
    buf_add_u8(&out, '\0');
    assert_string_equal((const char *)out.at, yaml);
}

static void output_visible_lets_no_control_character_through(void **state)
{
    auto_buf all = { 0 }, lines = { 0 };

    (void)state;
    const struct bytes text = BYTES_LITERAL("a\033[31m\x7f\xc2\x9b\xff\n\té");
    output_visible(&all, text, false);
    output_visible(&lines, text, true);
    assert_bytes_equal(buf_bytes(&all),
                       BYTES_LITERAL("a\\u001b[31m\\u007f\\u009b\xef\xbf\xbd\\u000a\\u0009é"));
    assert_bytes_equal(buf_bytes(&lines),
                       BYTES_LITERAL("a\\u001b[31m\\u007f\\u009b\xef\xbf\xbd\n\té"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(yaml_put_writes_blocks_and_quotes_what_needs_it),
    cmocka_unit_test(output_visible_lets_no_control_character_through),
};
TEST_MAIN(tests)
