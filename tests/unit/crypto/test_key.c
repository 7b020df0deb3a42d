/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "test_keys.h"

static void key_generate_makes_every_type_and_size(void **state)
{
    static const struct {
        enum key_type type;
        unsigned bits;
    } rows[] = { { KEY_RSA, 1024 },  { KEY_RSA, 2048 },  { KEY_ECDSA, 224 }, { KEY_ECDSA, 256 },
                 { KEY_ECDSA, 384 }, { KEY_ECDSA, 521 }, { KEY_ED25519, 0 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_key *key = test_key(rows[i].type, rows[i].bits);
        auto_key *again = test_key(rows[i].type, rows[i].bits);
        assert_int_equal(key_type(key), rows[i].type);
        assert_int_equal(key_bits(key), rows[i].bits);
        assert_true(key_equal_public(key, key));
        assert_false(key_equal_public(key, again));
    }
}

static void key_generate_refuses_other_sizes(void **state)
{
    static const struct {
        enum key_type type;
        unsigned bits;
    } rows[] = { { KEY_RSA, 0 },          { KEY_RSA, 1023 },    { KEY_RSA, 16385 },
                 { KEY_RSA, UINT32_MAX }, { KEY_ECDSA, 0 },     { KEY_ECDSA, 255 },
                 { KEY_ECDSA, 512 },      { KEY_ED25519, 256 }, { KEY_NONE, 2048 },
                 { KEY_OTHER, 2048 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = { 0 };
        assert_null(key_generate(rows[i].type, rows[i].bits, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static void key_lives_until_its_last_reference(void **state)
{
    auto_key *key = test_key(KEY_ECDSA, 256);
    struct key *const second = key_ref(key);

    (void)state;
    assert_ptr_equal(second, key);
    key_free(second);
    assert_int_equal(key_bits(key), 256);
    key_free(NULL);
}

static void key_equal_public_compares_only_public_halves(void **state)
{
    auto_key *private = test_rsa_private();
    auto_key *public = test_rsa_public();
    auto_key *p256 = test_key(KEY_ECDSA, 256);
    auto_key *p384 = test_key(KEY_ECDSA, 384);

    (void)state;
    assert_true(key_equal_public(private, public));
    assert_false(key_equal_public(public, p256));
    assert_false(key_equal_public(p256, p384));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(key_generate_makes_every_type_and_size),
    cmocka_unit_test(key_generate_refuses_other_sizes),
    cmocka_unit_test(key_lives_until_its_last_reference),
    cmocka_unit_test(key_equal_public_compares_only_public_halves),
};

TEST_MAIN(tests)
