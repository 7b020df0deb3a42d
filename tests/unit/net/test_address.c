/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <arpa/inet.h>

#include "net/internal.h"

static void address_parse_reads_all_forms(void **state)
{
    static const struct {
        const char *text;
        int family;
        const char *host;
        uint16_t port;
        bool any;
    } cases[] = {
        { "127.0.0.1:4433", AF_INET, "127.0.0.1:4433", 4433, false },
        { "0.0.0.0:0", AF_INET, "0.0.0.0:0", 0, false },
        { "localhost:65535", AF_INET, "127.0.0.1:65535", 65535, false },
        { "[::1]:2001", AF_INET6, "[::1]:2001", 2001, false },
        { "[2001:db8::7]:00443", AF_INET6, "[2001:db8::7]:443", 443, false },
        { "[::ffff:192.0.2.1]:1", AF_INET6, "192.0.2.1:1", 1, false },
        { ":4433", AF_INET6, "[::]:4433", 4433, true },
        { ":0", AF_INET6, "[::]:0", 0, true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct address address = { 0 };
        struct err err = { 0 };
        char text[64];
        assert_ok(address_parse(cases[i].text, &address, &err), &err);
        assert_int_equal(address.at.ss_family, cases[i].family);
        assert_int_equal(address.port, cases[i].port);
        assert_int_equal(address.any, cases[i].any);
        assert_int_equal(address.len, cases[i].family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                                  : sizeof(struct sockaddr_in));
        address_format(&address.at, text);
        assert_string_equal(text, cases[i].host);
    }
}

static void address_parse_refuses_everything_else_and_names_it(void **state)
{
    static const char *const cases[] = {
        "",
        "4433",
        "localhost",
        "127.0.0.1",
        "127.0.0.1:",
        ":",
        ":65536",
        ":99999999999",
        ":-1",
        ":+1",
        ": 1",
        ":1 ",
        ":0x10",
        "::1:80",
        "[::1]",
        "[::1]80",
        "[]:80",
        "[127.0.0.1]:80",
        "[::1:80",
        "::1]:80",
        "[::g]:80",
        "256.0.0.1:80",
        "1.2.3:80x",
        "1.2.3.4.5:1",
        "coordinator.example:4433",
        "local host:1",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct address address = { 0 };
        struct err err = { 0 };
        char quoted[64];
        if (address_parse(cases[i], &address, &err))
            fail_msg("\"%s\" was accepted", cases[i]);
        assert_int_equal(err.kind, FAIL_MALFORMED);
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", cases[i]);
        assert_non_null(strstr(err.text, quoted));
    }
}

static void address_source_is_the_same_for_both_ways_to_write_ipv4(void **state)
{
    struct address four = { 0 }, mapped = { 0 }, six = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(address_parse("192.0.2.1:1", &four, &err), &err);
    assert_ok(address_parse("[::ffff:192.0.2.1]:2", &mapped, &err), &err);
    assert_ok(address_parse("[2001:db8::1]:3", &six, &err), &err);
    const struct source a = address_source(&four.at), b = address_source(&mapped.at),
                        c = address_source(&six.at);
    assert_memory_equal(a.at, b.at, sizeof a.at);
    assert_memory_not_equal(a.at, c.at, sizeof a.at);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(address_parse_reads_all_forms),
    cmocka_unit_test(address_parse_refuses_everything_else_and_names_it),
    cmocka_unit_test(address_source_is_the_same_for_both_ways_to_write_ipv4),
};
TEST_MAIN(tests)
