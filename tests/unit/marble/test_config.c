/* SPDX-License-Identifier: Apache-2.0 */
#include "marble_test.h"

#include "marble/config.h"

/* NAME, value, ..., NULL */
static const char *from_table(void *ctx, const char *name)
{
    for (const char *const *row = ctx; row[0] != NULL; row += 2) {
        if (strcmp(row[0], name) == 0)
            return row[1];
    }
    return NULL;
}

#define VARIABLES(...) ((struct variables){ (const char *[]){ __VA_ARGS__, NULL }, from_table })

static void config_load_has_the_defaults_of_the_original(void **state)
{
    const struct marble_settings none = { 0 };
    const struct variables variables =
        VARIABLES("EDG_MARBLE_TYPE", "t", "EDG_MARBLE_COORDINATOR_ADDR", "", "EDG_CWD", "");
    struct marble_config config;
    auto_arena arena = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(marble_config_load(&none, &variables, &arena, &config, &err), &err);
    assert_string_equal(config.marble_type, "t");
    assert_string_equal(config.coordinator_address, "localhost:2001");
    assert_string_equal(config.uuid_file, "uuid");
    assert_null(config.coordinator_root);
    assert_int_equal(config.timeout_ms, 300000);
    assert_false(config.require_quote);
    assert_int_equal(config.names.dns_count, 1);
    assert_bytes_equal(config.names.dns[0], BYTES_LITERAL("localhost"));
    assert_int_equal(config.names.ip_count, 0);
}

static void config_load_reads_every_variable(void **state)
{
    const struct marble_settings none = { 0 };
    const struct variables variables =
        VARIABLES("EDG_MARBLE_TYPE", "t", "EDG_MARBLE_COORDINATOR_ADDR", "c:1", "EDG_CWD", "/cwd",
                  "EDG_MARBLE_UUID_FILE", "/u", "TAW_MARBLE_COORDINATOR_ROOT", "/r",
                  "TAW_MARBLE_TIMEOUT", "0", "TAW_MARBLE_REQUIRE_QUOTE", "1");
    struct marble_config config;
    auto_arena arena = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(marble_config_load(&none, &variables, &arena, &config, &err), &err);
    assert_string_equal(config.coordinator_address, "c:1");
    assert_string_equal(config.uuid_file, "/u");
    assert_string_equal(config.coordinator_root, "/r");
    assert_int_equal(config.timeout_ms, 0);
    assert_true(config.require_quote);
}

static void config_load_prefers_what_is_given(void **state)
{
    const struct marble_settings given = { .marble_type = "given",
                                           .coordinator_address = "given:1",
                                           .dns_names = "given.example",
                                           .uuid_file = "",
                                           .coordinator_root = "given.pem",
                                           .timeout = "2592000",
                                           .require_quote = "0" };
    const struct variables variables =
        VARIABLES("EDG_MARBLE_TYPE", "t", "EDG_MARBLE_COORDINATOR_ADDR", "c:1", "EDG_CWD", "/cwd",
                  "TAW_MARBLE_COORDINATOR_ROOT", "/r", "TAW_MARBLE_TIMEOUT", "nonsense",
                  "TAW_MARBLE_REQUIRE_QUOTE", "1", "EDG_MARBLE_DNS_NAMES", "n");
    struct marble_config config;
    auto_arena arena = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(marble_config_load(&given, &variables, &arena, &config, &err), &err);
    assert_string_equal(config.marble_type, "given");
    assert_string_equal(config.coordinator_address, "given:1");
    assert_string_equal(config.uuid_file, "/cwd/uuid");
    assert_string_equal(config.coordinator_root, "given.pem");
    assert_int_equal(config.timeout_ms, INT64_C(2592000000));
    assert_false(config.require_quote);
    assert_bytes_equal(config.names.dns[0], BYTES_LITERAL("given.example"));
}

static void config_load_sorts_names_and_addresses(void **state)
{
    const struct marble_settings given = {
        .marble_type = "t",
        .dns_names = ",a.example, b ,,10.1.2.3,::ffff:10.1.2.4,2001:db8::1,1.2.3,01.2.3.4,",
    };
    const struct variables variables = VARIABLES("", "");
    struct marble_config config;
    auto_arena arena = { 0 };
    struct err err = { 0 };
    auto_buf six = test_unhex("20010db8000000000000000000000001");

    (void)state;
    assert_ok(marble_config_load(&given, &variables, &arena, &config, &err), &err);
    assert_int_equal(config.names.dns_count, 4);
    assert_bytes_equal(config.names.dns[0], BYTES_LITERAL("a.example"));
    assert_bytes_equal(config.names.dns[1], BYTES_LITERAL(" b "));
    assert_bytes_equal(config.names.dns[2], BYTES_LITERAL("1.2.3"));
    assert_bytes_equal(config.names.dns[3], BYTES_LITERAL("01.2.3.4"));
    assert_int_equal(config.names.ip_count, 3);
    assert_bytes_equal(config.names.ips[0], BYTES_LITERAL("\x0a\x01\x02\x03"));
    assert_bytes_equal(config.names.ips[1], BYTES_LITERAL("\x0a\x01\x02\x04"));
    assert_bytes_equal(config.names.ips[2], buf_bytes(&six));
}

static void config_load_says_what_is_wrong(void **state)
{
    static const struct {
        const char *name, *value, *words;
    } cases[] = {
        { "EDG_MARBLE_TYPE", "", "environment variable not set: EDG_MARBLE_TYPE" },
        { "EDG_MARBLE_TYPE", "\xff", "EDG_MARBLE_TYPE is not UTF-8" },
        { "TAW_MARBLE_TIMEOUT", "-1", "\"-1\" is not a number of seconds" },
        { "TAW_MARBLE_TIMEOUT", "5m", "\"5m\" is not a number of seconds" },
        { "TAW_MARBLE_TIMEOUT", "2592001", "above 2592000 seconds" },
        { "TAW_MARBLE_TIMEOUT", "18446744073709551617", "above 2592000 seconds" },
        { "TAW_MARBLE_REQUIRE_QUOTE", "true", "\"true\" is neither 0 nor 1" },
        { "TAW_MARBLE_REQUIRE_QUOTE", "10", "\"10\" is neither 0 nor 1" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct marble_settings none = { 0 };
        const struct variables variables =
            VARIABLES(cases[i].name, cases[i].value, "EDG_MARBLE_TYPE", "t");
        struct marble_config config;
        auto_arena arena = { 0 };
        struct err err = { 0 };
        assert_refused(marble_config_load(&none, &variables, &arena, &config, &err), &err,
                       FAIL_MALFORMED, cases[i].words);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(config_load_has_the_defaults_of_the_original),
    cmocka_unit_test(config_load_reads_every_variable),
    cmocka_unit_test(config_load_prefers_what_is_given),
    cmocka_unit_test(config_load_sorts_names_and_addresses),
    cmocka_unit_test(config_load_says_what_is_wrong),
};
TEST_MAIN(tests)
