/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "crypto/internal.h"

#include <openssl/ec.h>
#include <openssl/x509.h>

/* Signatures on P-384 as bare numbers. */

enum { NUMBER_LEN = P384_RAW_LEN / 2 };

/* What libcrypto makes of DER; false for what is not the one spelling of numbers that fit. */
static bool to_raw(struct bytes der, uint8_t raw[static P384_RAW_LEN])
{
    const uint8_t *at = der.at;
    uint8_t *again = NULL;
    ECDSA_SIG *const signature = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
    const int len = signature == NULL ? 0 : i2d_ECDSA_SIG(signature, &again);
    const bool fits =
        len > 0 && bytes_equal(bytes_of(again, (size_t)len), der) &&
        !BN_is_negative(ECDSA_SIG_get0_r(signature)) &&
        !BN_is_negative(ECDSA_SIG_get0_s(signature)) &&
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, NUMBER_LEN) == NUMBER_LEN &&
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + NUMBER_LEN, NUMBER_LEN) == NUMBER_LEN;

    ERR_clear_error();
    OPENSSL_free(again);
    ECDSA_SIG_free(signature);
    return fits;
}

static bool verifies(const struct key *key, struct bytes message,
                     const uint8_t raw[static P384_RAW_LEN])
{
    struct err err = { 0 };
    const bool verified = key_verify_p384_raw(key, message, raw, &err);

    assert_int_equal(err.kind, verified ? FAIL_NONE : FAIL_DENIED);
    assert_int_equal(ERR_peek_error(), 0);
    return verified;
}

/* One line of the file; whether it had a signature in this form. */
static bool check_case(const struct key *key, char *line)
{
    uint8_t raw[P384_RAW_LEN];
    char *rest = line;
    const char *const number = strsep(&rest, " "), *const verdict = strsep(&rest, " ");
    const char *const message_hex = strsep(&rest, " "), *const signature_hex = strsep(&rest, " ");
    auto_buf message = test_unhex(message_hex), signature = test_unhex(signature_hex);

    if (!to_raw(buf_bytes(&signature), raw))
        return false;
    if (verifies(key, buf_bytes(&message), raw) != (strcmp(verdict, "valid") == 0))
        fail_msg("case %s is not %s", number, verdict);
    return true;
}

static void key_verify_p384_raw_agrees_with_wycheproof(void **state)
{
    enum { AT_LEAST = 250 };
    FILE *const file = fopen(TEST_DATA "/wycheproof_p384_sha384.txt", "r");
    struct key *key = NULL;
    struct err err = { 0 };
    char *line = NULL;
    size_t room = 0, checked = 0;
    (void)state;

    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        if (strncmp(line, "key ", 4) == 0) {
            auto_buf der = test_unhex(line + 4);
            key_free(key);
            key = key_from_public_der(buf_bytes(&der), &err);
            assert_non_null(key);
        } else if (strncmp(line, "case ", 5) == 0) {
            checked += check_case(key, line + 5);
        }
    }
    assert_true(checked > AT_LEAST);
    key_free(key);
    free(line);
    (void)fclose(file);
}

/* A signature over SHA-384, made by libcrypto. */
static void sign(const struct key *key, struct bytes message, uint8_t raw[static P384_RAW_LEN])
{
    uint8_t der[256];
    size_t len = sizeof der;
    auto_md_ctx *ctx = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, key_pkey(key)), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &len, message.at, message.len), 1);
    assert_true(to_raw(bytes_of(der, len), raw));
}

static void key_verify_p384_raw_takes_only_the_numbers_and_the_message(void **state)
{
    const struct bytes message = BYTES_LITERAL("message");
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 384, &err), *other = key_generate(KEY_ECDSA, 384, &err);
    uint8_t raw[P384_RAW_LEN];
    (void)state;

    sign(key, message, raw);
    assert_true(verifies(key, message, raw));
    assert_false(verifies(other, message, raw));
    assert_false(verifies(key, BYTES_LITERAL("massage"), raw));
    for (size_t i = 0; i < sizeof raw; i++) {
        raw[i] ^= 0x04;
        assert_false(verifies(key, message, raw));
        raw[i] ^= 0x04;
    }
    memset(raw, 0, sizeof raw);
    assert_false(verifies(key, message, raw));
    memset(raw, 0xff, sizeof raw);
    assert_false(verifies(key, message, raw));
}

/* With numbers that would be a signature by it. */
static void a_key_of_another_kind_verifies_nothing(void **state)
{
    static const char *const curves[] = { "P-256", "brainpoolP384r1", "P-521" };
    const struct bytes message = BYTES_LITERAL("message");
    struct err err = { 0 };
    auto_key *good = key_generate(KEY_ECDSA, 384, &err);
    auto_key *rsa = key_generate(KEY_RSA, 1024, &err);
    uint8_t raw[P384_RAW_LEN] = { 1 };
    (void)state;

    assert_true(key_is_p384(good));
    assert_false(key_is_p384(rsa));
    assert_false(verifies(rsa, message, raw));
    for (size_t i = 0; i < COUNT_OF(curves); i++) {
        auto_key *key = key_of_pkey(EVP_EC_gen(curves[i]));
        assert_non_null(key);
        assert_false(key_is_p384(key));
        if (i < 2)
            sign(key, message, raw);
        assert_false(verifies(key, message, raw));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(key_verify_p384_raw_agrees_with_wycheproof),
    cmocka_unit_test(key_verify_p384_raw_takes_only_the_numbers_and_the_message),
    cmocka_unit_test(a_key_of_another_kind_verifies_nothing),
};
TEST_MAIN(tests)
