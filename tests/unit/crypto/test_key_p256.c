/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "crypto/key.h"
#include "pki.h"

/* RFC 6979, A.2.5: P-256 with SHA-256, message "sample". */
static const char public_key[] = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                                 "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
static const char signature[] = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                                "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
/* The order of the group minus s. */
static const char other_s[] = "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9";
static const char order[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

static void keys_and_signatures_are_bare_numbers(void **state)
{
    auto_buf point = test_unhex(public_key), raw = test_unhex(signature);
    uint8_t out[P256_POINT_LEN];
    struct err err = { 0 };

    (void)state;
    auto_key *key = key_from_p256_raw(point.at, &err);
    assert_ok(key != NULL, &err);
    assert_true(key_p256_point(key, out));
    assert_int_equal(out[0], 4);
    assert_memory_equal(out + 1, point.at, 64);
    assert_ok(key_verify_p256_raw(key, BYTES_LITERAL("sample"), raw.at, &err), &err);
    assert_false(key_verify_p256_raw(key, BYTES_LITERAL("simple"), raw.at, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    for (size_t i = 0; i < raw.len; i++) {
        raw.at[i] ^= 1;
        assert_false(key_verify_p256_raw(key, BYTES_LITERAL("sample"), raw.at, &err));
        raw.at[i] ^= 1;
    }
}

/* n - s verifies as well: signatures are no identifiers. */
static void the_other_s_verifies_too(void **state)
{
    auto_buf point = test_unhex(public_key), raw = test_unhex(signature), s = test_unhex(other_s);
    struct err err = { 0 };

    (void)state;
    auto_key *key = key_from_p256_raw(point.at, &err);
    memcpy(raw.at + 32, s.at, 32);
    assert_ok(key_verify_p256_raw(key, BYTES_LITERAL("sample"), raw.at, &err), &err);
}

static void numbers_outside_of_the_group_are_refused(void **state)
{
    auto_buf point = test_unhex(public_key), good = test_unhex(signature), n = test_unhex(order);
    struct err err = { 0 };

    (void)state;
    auto_key *key = key_from_p256_raw(point.at, &err);
    for (size_t half = 0; half < 64; half += 32) {
        for (int fill = 0; fill < 3; fill++) {
            uint8_t raw[64];
            memcpy(raw, good.at, sizeof raw);
            memset(raw + half, fill == 0 ? 0 : 0xff, 32);
            if (fill == 2)
                memcpy(raw + half, n.at, 32);
            assert_false(key_verify_p256_raw(key, BYTES_LITERAL("sample"), raw, &err));
            assert_int_equal(err.kind, FAIL_DENIED);
        }
    }
}

static void points_off_the_curve_are_no_keys(void **state)
{
    auto_buf point = test_unhex(public_key);
    uint8_t zero[64] = { 0 }, ones[64];
    struct err err = { 0 };

    (void)state;
    memset(ones, 0xff, sizeof ones);
    assert_null(key_from_p256_raw(zero, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    assert_null(key_from_p256_raw(ones, &err));
    for (size_t i = 0; i < point.len; i++) {
        point.at[i] ^= 1;
        assert_null(key_from_p256_raw(point.at, &err));
        point.at[i] ^= 1;
    }
}

static void short_numbers_are_written_with_zeros_in_front(void **state)
{
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);
    bool short_r = false, high_s = false;

    (void)state;
    /* Enough signatures that numbers of every form come by. */
    for (unsigned i = 0; i < 2000 && !(short_r && high_s); i++) {
        uint8_t raw[64];
        const struct bytes message = bytes_of(&i, sizeof i);
        pki_sign_raw(key, message, raw);
        assert_ok(key_verify_p256_raw(key, message, raw, &err), &err);
        short_r |= raw[0] == 0;
        high_s |= raw[32] >= 0x80;
    }
    assert_true(short_r && high_s);
}

static void keys_of_other_kinds_have_no_such_numbers(void **state)
{
    auto_buf raw = test_unhex(signature);
    struct err err = { 0 };
    uint8_t out[P256_POINT_LEN];
    auto_key *p384 = key_generate(KEY_ECDSA, 384, &err), *ed = key_generate(KEY_ED25519, 0, &err);

    (void)state;
    assert_false(key_p256_point(p384, out));
    assert_false(key_p256_point(ed, out));
    assert_false(key_verify_p256_raw(p384, BYTES_LITERAL("sample"), raw.at, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    assert_false(key_verify_p256_raw(ed, BYTES_LITERAL("sample"), raw.at, &err));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(keys_and_signatures_are_bare_numbers),
    cmocka_unit_test(the_other_s_verifies_too),
    cmocka_unit_test(numbers_outside_of_the_group_are_refused),
    cmocka_unit_test(points_off_the_curve_are_no_keys),
    cmocka_unit_test(short_numbers_are_written_with_zeros_in_front),
    cmocka_unit_test(keys_of_other_kinds_have_no_such_numbers),
};

TEST_MAIN(tests)
