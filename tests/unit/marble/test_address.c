/* SPDX-License-Identifier: Apache-2.0 */
#include "marble_test.h"

#include "marble/address.h"

static void address_parse_reads_every_form(void **state)
{
    static const struct {
        const char *text, *host, *port, *authority;
    } cases[] = {
        { "localhost:2001", "localhost", "2001", "localhost:2001" },
        { ":2001", "localhost", "2001", "localhost:2001" },
        { "coordinator-mesh-api.marblerun:2001", "coordinator-mesh-api.marblerun", "2001",
          "coordinator-mesh-api.marblerun:2001" },
        { "coordinator", "coordinator", "443", "coordinator" },
        { "10.1.2.3:1", "10.1.2.3", "1", "10.1.2.3:1" },
        { "10.1.2.3:65535", "10.1.2.3", "65535", "10.1.2.3:65535" },
        { "h:00080", "h", "80", "h:00080" },
        { "[::1]:2001", "::1", "2001", "[::1]:2001" },
        { "[::1]", "::1", "443", "[::1]" },
        { "::1", "::1", "443", "::1" },
        { "2001:db8::1", "2001:db8::1", "443", "2001:db8::1" },
        { "[fe80::1%eth0]:7", "fe80::1%eth0", "7", "[fe80::1%25eth0]:7" },
        { "a b/c\xc3\xbc:7", "a b/c\xc3\xbc", "7", "a%20b%2Fc%C3%BC:7" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct marble_address address;
        struct err err = { 0 };
        print_message("# %s\n", cases[i].text);
        assert_ok(marble_address_parse(cases[i].text, &address, &err), &err);
        assert_string_equal(address.host, cases[i].host);
        assert_string_equal(address.port, cases[i].port);
        assert_string_equal(address.authority, cases[i].authority);
    }
}

static void address_parse_refuses_what_is_none(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "", "want host:port" },
        { "a:b:1", "want host:port" },
        { "[::1", "want host:port" },
        { "[::1]2001", "want host:port" },
        { "[name]:1", "want host:port" },
        { "[]:1", "want host:port" },
        { "h:", "the port is no number" },
        { "h:0", "the port is no number" },
        { "h:65536", "the port is no number" },
        { "h:99999", "the port is no number" },
        { "h:100001", "the port is no number" },
        { "h:+1", "the port is no number" },
        { "h:1 ", "the port is no number" },
        { "h:-1", "the port is no number" },
        { "h:https", "the port is no number" },
        { ":", "the port is no number" },
        { "[::1]:", "the port is no number" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct marble_address address;
        struct err err = { 0 };
        print_message("# %s\n", cases[i].text);
        assert_refused(marble_address_parse(cases[i].text, &address, &err), &err, FAIL_MALFORMED,
                       cases[i].words);
    }
}

static void address_parse_has_room_for_the_longest(void **state)
{
    char text[300] = "";
    struct marble_address address;
    struct err err = { 0 };

    (void)state;
    memset(text, '%', 255);
    assert_ok(marble_address_parse(text, &address, &err), &err);
    assert_int_equal(strlen(address.host), 255);
    assert_int_equal(strlen(address.authority), 3 * 255);
    text[0] = ':';
    memset(text + 1, '0', 254);
    assert_refused(marble_address_parse(text, &address, &err), &err, FAIL_MALFORMED, "no number");
    text[255] = '0';
    assert_refused(marble_address_parse(text, &address, &err), &err, FAIL_MALFORMED, "too long");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(address_parse_reads_every_form),
    cmocka_unit_test(address_parse_refuses_what_is_none),
    cmocka_unit_test(address_parse_has_room_for_the_longest),
};
TEST_MAIN(tests)
