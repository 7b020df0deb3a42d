/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/io/fingerprint.h"

static const char HEX[] = "7b3e91c0aa0155f2d00d0123456789abcdef0123456789abcdef0123456789ab";

static void fingerprint_of_is_the_hash_of_the_public_key(void **state)
{
    char hex[FINGERPRINT_LEN + 1], wanted[FINGERPRINT_LEN + 1];
    auto_buf der = { 0 };
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_RSA, 1024, &err);

    (void)state;
    assert_non_null(key);
    assert_ok(fingerprint_of(key, hex, &err), &err);
    assert_ok(key_public_der(key, &der, &err), &err);
    assert_ok(sha256_hex(buf_bytes(&der), wanted, &err), &err);
    assert_string_equal(hex, wanted);
}

static void fingerprint_put_makes_groups_of_four(void **state)
{
    auto_buf out = { 0 };

    (void)state;
    fingerprint_put(HEX, &out);
    assert_bytes_equal(buf_bytes(&out),
                       BYTES_LITERAL("7b3e 91c0 aa01 55f2 d00d 0123 4567 89ab cdef 0123 4567 89ab "
                                     "cdef 0123 4567 89ab"));
}

static void fingerprint_check_takes_what_people_type(void **state)
{
    static const char *const good[] = {
        HEX,
        "7b3e91c0aa0155f2d00d",
        "7B3E 91C0 AA01 55F2 D00D",
        "  7b:3e:91:c0:aa:01:55:f2:d0:0d ",
        "7b3e\t91c0 aa01 55f2 d00d 0\r\n",
    };
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_ok(fingerprint_check(HEX, good[i], &err), &err);
}

static void fingerprint_check_refuses_every_beginning_that_is_too_short(void **state)
{
    char typed[FINGERPRINT_LEAST] = "";

    (void)state;
    for (size_t len = 0; len < FINGERPRINT_LEAST; len++) {
        struct err err = { 0 };
        memcpy(typed, HEX, len);
        assert_false(fingerprint_check(HEX, typed, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static void fingerprint_check_refuses_one_that_differs_in_any_digit(void **state)
{
    (void)state;
    for (size_t i = 0; i < FINGERPRINT_LEN; i++) {
        struct err err = { 0 };
        char typed[FINGERPRINT_LEN + 1];
        memcpy(typed, HEX, sizeof typed);
        typed[i] = typed[i] == '0' ? '1' : '0';
        assert_false(fingerprint_check(HEX, typed, &err));
        assert_int_equal(err.kind, FAIL_DENIED);
    }
}

static void fingerprint_check_refuses_what_is_no_fingerprint(void **state)
{
    static const char *const bad[] = {
        "7b3e91c0aa0155f2d00g",
        "7b3e-91c0-aa01-55f2-d00d",
        "7b3e91c0aa0155f2d00d0123456789abcdef0123456789abcdef0123456789ab0",
        "anna",
        "7b3e91c0aa0155f2d00d\f",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct err err = { 0 };
        assert_false(fingerprint_check(HEX, bad[i], &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fingerprint_of_is_the_hash_of_the_public_key),
    cmocka_unit_test(fingerprint_put_makes_groups_of_four),
    cmocka_unit_test(fingerprint_check_takes_what_people_type),
    cmocka_unit_test(fingerprint_check_refuses_every_beginning_that_is_too_short),
    cmocka_unit_test(fingerprint_check_refuses_one_that_differs_in_any_digit),
    cmocka_unit_test(fingerprint_check_refuses_what_is_no_fingerprint),
};

TEST_MAIN(tests)
