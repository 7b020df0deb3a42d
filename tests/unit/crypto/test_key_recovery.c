/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "test_keys.h"

static void assert_refused(const char *pem, const char *why)
{
    struct err err = { 0 };

    assert_null(key_from_recovery_pem(bytes_of_string(pem), &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    if (strstr(err.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

/* A block of SubjectPublicKeyInfo; freed by the caller. */
static char *pem_of(const char *label, struct bytes der)
{
    auto_buf text = { 0 };

    pem_encode(&text, label, der);
    return bytes_to_string(buf_bytes(&text));
}

static void recovery_key_of_the_vector_is_read(void **state)
{
    auto_key *private = test_rsa_private();
    auto_key *key = test_rsa_public();

    (void)state;
    assert_int_equal(key_type(key), KEY_RSA);
    assert_int_equal(key_bits(key), 2048);
    assert_true(key_equal_public(key, private));
}

static void recovery_key_may_stand_between_other_text(void **state)
{
    auto_string *pem = mem_printf("a note\n%s-----BEGIN JUNK-----\n", rsa_public_pem);
    auto_key *want = test_rsa_public();
    struct err err = { 0 };

    (void)state;
    auto_key *key = key_from_recovery_pem(bytes_of_string(pem), &err);
    assert_ok(key != NULL, &err);
    assert_true(key_equal_public(key, want));
}

static void recovery_key_must_be_the_first_block_and_public(void **state)
{
    auto_buf spki = test_unpem(rsa_public_pem);
    auto_string *rsa_label = pem_of("RSA PUBLIC KEY", buf_bytes(&spki));
    auto_string *certificate = pem_of("CERTIFICATE", buf_bytes(&spki));
    auto_string *second = mem_printf("%s%s", rsa_private_pem, rsa_public_pem);
    static const char why[] = "given PEM data is not a public key";

    (void)state;
    assert_refused("", why);
    assert_refused("no PEM at all", why);
    assert_refused(rsa_private_pem, why);
    assert_refused(rsa_label, why);
    assert_refused(certificate, why);
    assert_refused(second, why);
}

static void recovery_key_must_be_rsa(void **state)
{
    auto_buf ecdsa = test_unhex(ROOT_SPKI);
    auto_buf edwards = test_unhex(ED25519_SPKI);
    auto_string *first = pem_of("PUBLIC KEY", buf_bytes(&ecdsa));
    auto_string *second = pem_of("PUBLIC KEY", buf_bytes(&edwards));

    (void)state;
    assert_refused(first, "unsupported type of public key");
    assert_refused(second, "unsupported type of public key");
}

static void recovery_key_has_bounds(void **state)
{
    static const struct {
        size_t bits;
        const char *exponent, *why; /* why NULL: accepted */
    } rows[] = {
        { 512, "010001", "512 bits" },
        { 1016, "010001", "1016 bits" },
        { 1024, "010001", NULL },
        { 1024, "03", NULL },
        { 16384, "010001", NULL },
        { 16392, "010001", "more than 16384 bits" },
        { 2048, "01", "exponent" },
        { 2048, "010000", "exponent" },
        { 2048, "010000000000000001", "exponent" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf exponent = test_unhex(rows[i].exponent);
        auto_buf spki = test_rsa_spki(rows[i].bits, buf_bytes(&exponent));
        auto_string *pem = pem_of("PUBLIC KEY", buf_bytes(&spki));
        struct err err = { 0 };
        if (rows[i].why != NULL) {
            assert_refused(pem, rows[i].why);
            continue;
        }
        auto_key *key = key_from_recovery_pem(bytes_of_string(pem), &err);
        assert_ok(key != NULL, &err);
        assert_int_equal(key_bits(key), rows[i].bits);
    }
}

static void recovery_key_with_a_damaged_body_is_refused(void **state)
{
    auto_buf spki = test_unpem(rsa_public_pem);

    (void)state;
    for (size_t len = 0; len < spki.len; len += 7) {
        auto_string *pem = pem_of("PUBLIC KEY", bytes_of(spki.at, len));
        assert_refused(pem, "");
    }
    buf_add_u8(&spki, 0);
    auto_string *longer = pem_of("PUBLIC KEY", buf_bytes(&spki));
    assert_refused(longer, "1 bytes follow");
}

/* ---- the private half ---- */

/* The private key of the vector as PKCS#1: what the PKCS#8 form has inside. */
static char *pkcs1_pem(void)
{
    enum { PKCS8_HEAD = 26 };
    auto_buf der = test_unpem(rsa_private_pem);

    return pem_of("RSA PRIVATE KEY", bytes_of(der.at + PKCS8_HEAD, der.len - PKCS8_HEAD));
}

static struct secret *nobody(void *ctx, struct err *err)
{
    (void)ctx;
    (void)err_set(err, FAIL_UNAVAILABLE, "nobody is there");
    return NULL;
}

static void assert_private_read(const char *pem)
{
    auto_key *want = test_rsa_private();
    auto_buf signature = { 0 };
    struct err err = { 0 };
    auto_key *key = key_from_recovery_private_pem(bytes_of_string(pem), nobody, NULL, &err);

    assert_ok(key != NULL, &err);
    assert_true(key_equal_public(key, want));
    assert_ok(key_sign_sha256(key, BYTES_LITERAL("m"), &signature, &err), &err);
    assert_ok(key_verify_sha256(want, BYTES_LITERAL("m"), buf_bytes(&signature), &err), &err);
}

static void assert_private_refused(const char *pem, const char *why)
{
    struct err err = { 0 };

    assert_null(key_from_recovery_private_pem(bytes_of_string(pem), nobody, NULL, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    if (strstr(err.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void private_key_is_read_in_both_forms_and_after_its_public_half(void **state)
{
    auto_string *pkcs1 = pkcs1_pem();
    auto_string *both = mem_printf("a note\n%s%s", rsa_public_pem, rsa_private_pem);

    (void)state;
    assert_private_read(rsa_private_pem);
    assert_private_read(pkcs1);
    assert_private_read(both);
}

static void what_is_no_private_rsa_key_is_refused(void **state)
{
    auto_buf der = test_unpem(rsa_private_pem);
    struct err err = { 0 };
    auto_key *ec = key_generate(KEY_ECDSA, 256, &err);
    auto_buf ec_der = { 0 };

    (void)state;
    assert_ok(key_private_pkcs8(ec, &ec_der, &err), &err);
    auto_string *ec_pem = pem_of("PRIVATE KEY", buf_bytes(&ec_der));
    auto_string *ec_as_rsa = pem_of("RSA PRIVATE KEY", buf_bytes(&ec_der));
    assert_private_refused("", "given PEM data is not a private key");
    assert_private_refused(rsa_public_pem, "given PEM data is not a private key");
    assert_private_refused(ec_pem, "unsupported type of private key");
    assert_private_refused(ec_as_rsa, "");
    for (size_t len = 0; len < der.len; len += 37) {
        auto_string *cut = pem_of("PRIVATE KEY", bytes_of(der.at, len));
        auto_string *as_pkcs1 = pem_of("RSA PRIVATE KEY", bytes_of(der.at, len));
        assert_private_refused(cut, "");
        assert_private_refused(as_pkcs1, "");
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(private_key_is_read_in_both_forms_and_after_its_public_half),
    cmocka_unit_test(what_is_no_private_rsa_key_is_refused),
    cmocka_unit_test(recovery_key_of_the_vector_is_read),
    cmocka_unit_test(recovery_key_may_stand_between_other_text),
    cmocka_unit_test(recovery_key_must_be_the_first_block_and_public),
    cmocka_unit_test(recovery_key_must_be_rsa),
    cmocka_unit_test(recovery_key_has_bounds),
    cmocka_unit_test(recovery_key_with_a_damaged_body_is_refused),
};

TEST_MAIN(tests)
