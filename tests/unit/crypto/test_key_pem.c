/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/text.h"
#include "crypto/key.h"

/* A P-256 key, encrypted with PBES2 (PBKDF2, AES-256-CBC) under "open sesame". */
static const char ENCRYPTED[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                                "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiT6VHoCtSDMgICCAAw\n"
                                "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAkIrpyHt0zBz+wtbXw/wNsEgZBQ\n"
                                "s/uHsNrO+un81AoNANEwXI1r8OwkImt0I5dbJ3W+U/6LgbEHE441FzRXvBjghKf2\n"
                                "BpzOFrx7M66qGd7ZtHGxfLKfvWN/bogvSLx4n1MPLaTT1j7spMpaKWhn2RnCYY3y\n"
                                "N9ez122Y9leherusUHDN/VTLvum0VLSCApT/2Rvfh5Ow0xqXEXDA4fJ9ZqAMYHc=\n"
                                "-----END ENCRYPTED PRIVATE KEY-----\n";

static struct secret *say_sesame(void *ctx, struct err *err)
{
    ++*(unsigned *)ctx;
    return secret_copy(BYTES_LITERAL("open sesame"), err);
}

static struct secret *say_nonsense(void *ctx, struct err *err)
{
    ++*(unsigned *)ctx;
    return secret_copy(BYTES_LITERAL("open barley"), err);
}

static struct secret *say_nothing(void *ctx, struct err *err)
{
    ++*(unsigned *)ctx;
    (void)err_set(err, FAIL_UNAVAILABLE, "nobody is there");
    return NULL;
}

static void key_from_private_pem_opens_an_encrypted_key_with_its_passphrase(void **state)
{
    unsigned asked = 0;
    struct err err = { 0 };

    (void)state;
    auto_key *key = key_from_private_pem(BYTES_LITERAL(ENCRYPTED), say_sesame, &asked, &err);
    assert_ok(key != NULL, &err);
    assert_int_equal(key_type(key), KEY_ECDSA);
    assert_int_equal(asked, 1);
}

static void key_from_private_pem_tells_a_wrong_passphrase_from_none(void **state)
{
    unsigned asked = 0;
    struct err err = { 0 };

    (void)state;
    assert_null(key_from_private_pem(BYTES_LITERAL(ENCRYPTED), say_nonsense, &asked, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    err = (struct err){ 0 };
    assert_null(key_from_private_pem(BYTES_LITERAL(ENCRYPTED), say_nothing, &asked, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    assert_int_equal(asked, 2);
}

static void key_from_private_pem_reads_what_was_written(void **state)
{
    static const struct {
        enum key_type type;
        unsigned bits;
    } kinds[] = { { KEY_RSA, 2048 }, { KEY_ECDSA, 384 }, { KEY_ED25519, 0 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        auto_buf der = { 0 }, pem = { 0 };
        unsigned asked = 0;
        struct err err = { 0 };
        auto_key *made = key_generate(kinds[i].type, kinds[i].bits, &err);
        assert_ok(made != NULL && key_private_pkcs8(made, &der, &err), &err);
        buf_add_string(&pem, "some text\n");
        pem_encode(&pem, "PRIVATE KEY", buf_bytes(&der));
        auto_key *read = key_from_private_pem(buf_bytes(&pem), say_sesame, &asked, &err);
        assert_ok(read != NULL, &err);
        assert_true(key_equal_public(made, read));
        assert_int_equal(asked, 0);
        for (size_t len = 0; len + 1 < pem.len; len += 7) {
            uint8_t *const copy = bytes_copy(bytes_of(pem.at, len));
            assert_null(key_from_private_pem(bytes_of(copy, len), say_sesame, &asked, &err));
            assert_int_equal(err.kind, FAIL_MALFORMED);
            free(copy);
        }
    }
}

static void key_from_private_pem_refuses_public_keys_nonsense_and_too_much(void **state)
{
    static uint8_t large[70000];
    auto_buf der = { 0 }, pem = { 0 };
    unsigned asked = 0;
    struct err err = { 0 };

    (void)state;
    auto_key *made = key_generate(KEY_ED25519, 0, &err);
    assert_ok(made != NULL && key_public_der(made, &der, &err), &err);
    pem_encode(&pem, "PUBLIC KEY", buf_bytes(&der));
    assert_null(key_from_private_pem(buf_bytes(&pem), say_sesame, &asked, &err));
    assert_null(key_from_private_pem(BYTES_NONE, say_sesame, &asked, &err));
    assert_null(key_from_private_pem(bytes_of(large, sizeof large), say_sesame, &asked, &err));
    assert_non_null(strstr(err.text, "70000"));
    assert_int_equal(asked, 0);
}

static void what_key_private_encrypted_writes_opens_with_its_passphrase_only(void **state)
{
    unsigned asked = 0;
    auto_buf der = { 0 }, again = { 0 }, pem = { 0 };
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_RSA, 2048, &err);

    (void)state;
    assert_ok(key != NULL, &err);
    assert_ok(key_private_encrypted(key, BYTES_LITERAL("open sesame"), &der, &err), &err);
    assert_ok(key_private_encrypted(key, BYTES_LITERAL("open sesame"), &again, &err), &err);
    assert_false(bytes_equal(buf_bytes(&der), buf_bytes(&again)));
    assert_null(key_from_private_pkcs8(buf_bytes(&der), &err));
    pem_encode(&pem, "ENCRYPTED PRIVATE KEY", buf_bytes(&der));
    err = (struct err){ 0 };
    auto_key *read = key_from_private_pem(buf_bytes(&pem), say_sesame, &asked, &err);
    assert_ok(read != NULL, &err);
    assert_true(key_equal_public(key, read));
    assert_int_equal(asked, 1);
    assert_null(key_from_private_pem(buf_bytes(&pem), say_nonsense, &asked, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_key_private_encrypted_writes_opens_with_its_passphrase_only),
    cmocka_unit_test(key_from_private_pem_opens_an_encrypted_key_with_its_passphrase),
    cmocka_unit_test(key_from_private_pem_tells_a_wrong_passphrase_from_none),
    cmocka_unit_test(key_from_private_pem_reads_what_was_written),
    cmocka_unit_test(key_from_private_pem_refuses_public_keys_nonsense_and_too_much),
};

TEST_MAIN(tests)
