/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/coordinator/endpoint.h"

static void endpoint_parse_takes_names_addresses_and_ports(void **state)
{
    static const struct {
        const char *text, *host;
    } cases[] = {
        { "localhost:4433", "localhost" },
        { "coordinator.example.com", "coordinator.example.com" },
        { "127.0.0.1:1", "127.0.0.1" },
        { "[::1]:4433", "::1" },
        { "[2001:db8::7]", "2001:db8::7" },
        { "a_b-c.d:65535", "a_b-c.d" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_endpoint endpoint = { 0 };
        struct err err = { 0 };
        assert_ok(endpoint_parse(cases[i].text, &endpoint, &err), &err);
        assert_string_equal(endpoint.host, cases[i].host);
        assert_string_equal(endpoint.url + strlen("https://"), cases[i].text);
    }
}

static void endpoint_parse_refuses_what_is_no_host_and_port(void **state)
{
    static const char *const bad[] = {
        "",
        ":4433",
        "https://localhost:4433",
        "localhost:",
        "localhost:0",
        "a:65536",
        "a:b",
        "a/b:1",
        "user@a:1",
        "[::1",
        "[]:1",
        "[::1]4433",
        "::1:4433",
        "a b:1",
        "a:1/",
        "[::1%eth0]:1",
        "a?b",
        "a#b",
        "[a@b]:1",
        "a:+1",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        auto_endpoint endpoint = { 0 };
        struct err err = { 0 };
        if (endpoint_parse(bad[i], &endpoint, &err))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static void endpoint_parse_refuses_a_name_that_is_too_long(void **state)
{
    char text[400];
    auto_endpoint endpoint = { 0 };
    struct err err = { 0 };

    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_false(endpoint_parse(text, &endpoint, &err));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(endpoint_parse_takes_names_addresses_and_ports),
    cmocka_unit_test(endpoint_parse_refuses_what_is_no_host_and_port),
    cmocka_unit_test(endpoint_parse_refuses_a_name_that_is_too_long),
};
TEST_MAIN(tests)
