/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/io/cert_text.h"

/* CN=anna in a set, in a sequence */
#define CN_ANNA "310d 300b 0603 550403 0c04 616e6e61"

static const char *name_of(const char *hex, struct arena *arena)
{
    auto_buf der = test_unhex(hex);
    struct bytes text = BYTES_NONE;
    uint8_t *const exact = bytes_copy(buf_bytes(&der));
    const bool read = cert_name_text(bytes_of(exact, der.len), arena, &text);

    free(exact);
    return read ? arena_string(arena, text) : NULL;
}

static void a_name_is_its_attributes_in_their_order(void **state)
{
    static const struct {
        const char *hex, *text;
    } rows[] = {
        { "", "" },
        { CN_ANNA, "CN=anna" },
        { "310b 3009 0603 550406 1302 4445 " CN_ANNA, "C=DE, CN=anna" },
        /* two attributes in one set */
        { "3114 3008 0603 55040a 0c01 4f 3008 0603 550403 0c01 41", "O=O+CN=A" },
        { "310a 3008 0603 2a0304 1601 78", "1.2.3.4=x" },
        { "3113 3011 060a 0992268993f22c640119 1603 636f6d", "DC=com" },
        /* no text: BMPString, INTEGER */
        { "310b 3009 0603 550403 1e02 0041", "CN=#1e020041" },
        { "310a 3008 0603 550403 0201 05", "CN=#020105" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_arena arena = { 0 };
        const char *const text = name_of(rows[i].hex, &arena);
        assert_non_null(text);
        assert_string_equal(text, rows[i].text);
    }
}

static void what_separates_is_escaped_in_a_value(void **state)
{
    static const struct {
        const char *hex, *text;
    } rows[] = {
        { "612c 434e 3d62", "CN=a\\,CN=b" },             /* a,CN=b */
        { "2b22 5c3c 3e3b", "CN=\\+\\\"\\\\\\<\\>\\;" }, /* +"\<>; */
        { "2061 2062 2020", "CN=\\ a b \\ " },           /* blanks at both ends */
        { "2323 2323 2323", "CN=\\######" },             /* # at the begin */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_arena arena = { 0 };
        auto_string *hex = mem_printf("310f 300d 0603 550403 0c06 %s", rows[i].hex);
        const char *const text = name_of(hex, &arena);
        assert_non_null(text);
        assert_string_equal(text, rows[i].text);
    }
}

static void a_name_of_another_shape_is_refused(void **state)
{
    static const char *const rows[] = {
        "310d 300b 0603 550403 0c04 616e6e", /* cut off */
        "3100",                              /* an empty set */
        "300b 0603 550403 0c04 616e6e61",    /* no set */
        "310d 310b 0603 550403 0c04 616e6e61",
        "3107 3005 0603 550403",              /* no value */
        "310c 300a 0603 550403 0c01 41 0500", /* more than a value */
        "3108 3006 0601 80 0c01 41",          /* an OID that does not end */
        CN_ANNA "31",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_arena arena = { 0 };
        assert_null(name_of(rows[i], &arena));
    }
}

/* DNS, e-mail, URI, IPv4, IPv6, directory, another name */
#define ALL_NAMES                                                                                  \
    "3043 8201 61 8103 614062 8603 753a78 8704 7f000001 8710 00000000000000000000000000000001 "    \
    "a411 300f " CN_ANNA " a009 0602 2a03 a003 0c01 78"

static bool read_names(struct bytes der, struct arena *arena, struct text_list *names)
{
    uint8_t *const exact = bytes_copy(der);
    const bool read = cert_general_names_text(bytes_of(exact, der.len), arena, names);

    free(exact);
    return read;
}

static void alternative_names_say_what_they_are(void **state)
{
    static const char *const wanted[] = { "DNS:a",
                                          "email:a@b",
                                          "URI:u:x",
                                          "IP:127.0.0.1",
                                          "IP:::1",
                                          "directory:CN=anna",
                                          "other:a00906022a03a0030c0178" };
    auto_buf der = test_unhex(ALL_NAMES);
    auto_arena arena = { 0 };
    struct text_list names;

    (void)state;
    assert_true(read_names(buf_bytes(&der), &arena, &names));
    assert_int_equal(names.count, COUNT_OF(wanted));
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        assert_true(bytes_equal_string(names.at[i], wanted[i]));
}

static void every_prefix_of_alternative_names_is_refused(void **state)
{
    auto_buf der = test_unhex(ALL_NAMES);

    (void)state;
    for (size_t len = 0; len < der.len; len++) {
        auto_arena arena = { 0 };
        struct text_list names;
        assert_false(read_names(bytes_of(der.at, len), &arena, &names));
    }
}

static void alternative_names_of_another_shape_are_refused(void **state)
{
    static const char *const rows[] = {
        "3005 8703 7f0000",     /* an address of three bytes */
        "3003 8201 61 00",      /* something behind the list */
        "3004 a402 3100",       /* a directory name that is none */
        "3084ffffffff 8201 61", /* a length beyond the end */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf der = test_unhex(rows[i]);
        auto_arena arena = { 0 };
        struct text_list names;
        assert_false(read_names(buf_bytes(&der), &arena, &names));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_name_is_its_attributes_in_their_order),
    cmocka_unit_test(what_separates_is_escaped_in_a_value),
    cmocka_unit_test(a_name_of_another_shape_is_refused),
    cmocka_unit_test(alternative_names_say_what_they_are),
    cmocka_unit_test(every_prefix_of_alternative_names_is_refused),
    cmocka_unit_test(alternative_names_of_another_shape_are_refused),
};
TEST_MAIN(tests)
