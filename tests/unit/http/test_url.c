/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "http/url.h"

/* All pairs of a query as "name=value|name=value|". */
static void assert_pairs(const char *query, const char *want)
{
    auto_buf name = { 0 }, value = { 0 }, all = { 0 };
    char *const exact = mem_string(query); /* the sanitizer sees an overread */
    const char *at = exact;

    while (http_query_next(&at, &name, &value)) {
        buf_add(&all, buf_bytes(&name));
        buf_add_u8(&all, '=');
        buf_add(&all, buf_bytes(&value));
        buf_add_u8(&all, '|');
    }
    assert_ptr_equal(at, exact + strlen(query));
    assert_int_equal(name.len + value.len, 0);
    assert_bytes_equal(buf_bytes(&all), bytes_of_string(want));
    free(exact);
}

static void query_next_follows_the_rules_of_go(void **state)
{
    (void)state;
    assert_pairs("", "");
    assert_pairs("a=b", "a=b|");
    assert_pairs("a=b&c=d", "a=b|c=d|");
    assert_pairs("a", "a=|");
    assert_pairs("a=", "a=|");
    assert_pairs("=b", "=b|");
    assert_pairs("=", "=|");
    assert_pairs("a=b=c", "a=b=c|");
    assert_pairs("&&a=b&", "a=b|");
    assert_pairs("a+b=c+d%2B", "a b=c d+|");
    assert_pairs("n%6fnce=%41%5a", "nonce=AZ|");
    assert_pairs("N=1&n=2&n=3", "N=1|n=2|n=3|");
    assert_pairs("%e4=%FF", "\xe4=\xff|");
}

static void query_next_leaves_out_bad_pairs(void **state)
{
    (void)state;
    assert_pairs("nonce=AAAA;x=1", "");
    assert_pairs("a=1&b;c=2&d=3", "a=1|d=3|");
    assert_pairs("%zz", "");
    assert_pairs("a=%", "");
    assert_pairs("a=%4", "");
    assert_pairs("a=%4&41=x", "41=x|");
    assert_pairs("%g0=1&a=%0g&b=1", "b=1|");
}

static void query_next_gives_nul_bytes_by_length(void **state)
{
    auto_buf name = { 0 }, value = { 0 };
    const char *query = "a=x%00y";

    (void)state;
    assert_true(http_query_next(&query, &name, &value));
    assert_bytes_equal(buf_bytes(&value), bytes_of("x\0y", 3));
}

static void unescape_refuses_every_cut_escape(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 9; len++) {
        uint8_t *const exact = malloc(len > 0 ? len : 1);
        memcpy(exact, "a%41b%5Ac", len);
        auto_buf out = { 0 };
        const bool cut = len == 2 || len == 3 || len == 6 || len == 7;
        assert_int_equal(http_unescape(bytes_of(exact, len), false, &out), !cut);
        free(exact);
    }
}

static void path_clean_gives_the_path_for_a_redirect(void **state)
{
    static const struct {
        const char *path, *want; /* NULL: clean */
    } rows[] = {
        { "/", NULL },
        { "/a", NULL },
        { "/a/", NULL },
        { "/a/b.c", NULL },
        { "/...", NULL },
        { "/.a/..b", NULL },
        { "*", NULL },
        { "", NULL },
        { "//", "/" },
        { "//a", "/a" },
        { "/a//b", "/a/b" },
        { "/a//", "/a/" },
        { "/.", "/" },
        { "/./", "/" },
        { "/a/.", "/a" },
        { "/a/./b", "/a/b" },
        { "/a/..", "/" },
        { "/a/../", "/" },
        { "/a/b/../c", "/a/c" },
        { "/a/b/..", "/a" },
        { "/..", "/" },
        { "/../../a", "/a" },
        { "/api/v2/../../status", "/status" },
        { "//evil.example/x", "/evil.example/x" },
        { "//a b?c%d", "/a%20b%3Fc%25d" },
        { "//a\r\nSet-Cookie: x", "/a%0D%0ASet-Cookie:%20x" },
        { "//\xc3\xa4-_.~$&+,:;=@", "/%C3%A4-_.~$&+,:;=@" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *const exact = mem_string(rows[i].path);
        auto_string *is = http_path_clean(exact);
        free(exact);
        if ((is == NULL) != (rows[i].want == NULL) || (is != NULL && strcmp(is, rows[i].want) != 0))
            fail_msg("%s gives %s", rows[i].path, is != NULL ? is : "(clean)");
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(query_next_follows_the_rules_of_go),
    cmocka_unit_test(query_next_leaves_out_bad_pairs),
    cmocka_unit_test(query_next_gives_nul_bytes_by_length),
    cmocka_unit_test(unescape_refuses_every_cut_escape),
    cmocka_unit_test(path_clean_gives_the_path_for_a_redirect),
};

TEST_MAIN(tests)
