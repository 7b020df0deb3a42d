/* SPDX-License-Identifier: Apache-2.0 */
#include "marble_test.h"

#include <openssl/x509v3.h>

#include "crypto/csr.h"
#include "marble/credentials.h"

static const uint8_t FOUR[] = { 10, 1, 2, 3 };
static const struct bytes DNS[] = { { (const uint8_t *)"a.example", 9 } };
static const struct bytes IPS[] = { { FOUR, sizeof FOUR } };
static const struct marble_names NAMES = { 1, 1, DNS, IPS };
enum { NOW = 1700000000 };

static X509 *x509_of(const struct cert *cert)
{
    const uint8_t *at = cert_der(cert).at;
    X509 *const x509 = d2i_X509(NULL, &at, (long)cert_der(cert).len);

    assert_non_null(x509);
    return x509;
}

static void check_extension(const X509 *x509, int index, int nid, bool critical, const char *hex)
{
    X509_EXTENSION *const extension = X509_get_ext(x509, index);
    auto_buf want = test_unhex(hex);

    assert_non_null(extension);
    assert_int_equal(OBJ_obj2nid(X509_EXTENSION_get_object(extension)), nid);
    assert_int_equal(X509_EXTENSION_get_critical(extension), critical);
    const ASN1_OCTET_STRING *const value = X509_EXTENSION_get_data(extension);
    assert_bytes_equal(bytes_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)),
                       buf_bytes(&want));
}

/* marble-api.md, 6.3. */
static void the_certificate_is_that_of_a_marble(void **state)
{
    auto_marble_credentials made = { 0 };
    struct err err = { 0 };
    char subject[100];

    (void)state;
    assert_ok(marble_credentials_make(&NAMES, NOW, &made, &err), &err);
    assert_int_equal(key_type(made.key), KEY_ECDSA);
    assert_int_equal(key_bits(made.key), 384);
    X509 *const x509 = x509_of(made.cert);
    (void)X509_NAME_oneline(X509_get_subject_name(x509), subject, sizeof subject);
    assert_string_equal(subject, "/CN=MarbleRun Marble");
    assert_int_equal(X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)), 0);
    assert_int_equal(X509_verify(x509, X509_get0_pubkey(x509)), 1);
    assert_int_equal(X509_get_signature_nid(x509), NID_ecdsa_with_SHA384);
    assert_int_equal(cert_not_before(made.cert), NOW);
    assert_int_equal(cert_not_after(made.cert), NOW + CERT_FOREVER_SECONDS);
    assert_int_equal(X509_get_ext_count(x509), 4);
    check_extension(x509, 0, NID_key_usage, true, "03020388");
    check_extension(x509, 1, NID_ext_key_usage, false,
                    "301406082b0601050507030106082b06010505070302");
    check_extension(x509, 2, NID_basic_constraints, true, "3000");
    check_extension(x509, 3, NID_subject_alt_name, false,
                    "3029 8209 612e6578616d706c65 8704 0a010203 8704 7f000001"
                    "8710 00000000000000000000000000000001");
    X509_free(x509);
}

static void the_request_has_the_same_key_and_the_names_in_its_own_order(void **state)
{
    auto_marble_credentials made = { 0 };
    struct err err = { 0 };
    struct cert_template kept;
    auto_arena arena = { 0 };

    (void)state;
    assert_ok(marble_credentials_make(&NAMES, NOW, &made, &err), &err);
    assert_ok(marble_credentials_request(&NAMES, &made, &err), &err);
    assert_ok(csr_read(buf_bytes(&made.csr), &arena, &kept, &err), &err);
    assert_int_equal(kept.dns_names.count, 1);
    assert_bytes_equal(kept.dns_names.at[0], DNS[0]);
    assert_int_equal(kept.ip_addresses.count, 3);
    assert_bytes_equal(kept.ip_addresses.at[0], BYTES_LITERAL("\x7f\x00\x00\x01"));
    assert_int_equal(kept.ip_addresses.at[1].len, 16);
    assert_bytes_equal(kept.ip_addresses.at[2], IPS[0]);

    const uint8_t *at = made.csr.at;
    X509_REQ *const request = d2i_X509_REQ(NULL, &at, (long)made.csr.len);
    X509 *const x509 = x509_of(made.cert);
    assert_non_null(request);
    assert_int_equal(EVP_PKEY_eq(X509_REQ_get0_pubkey(request), X509_get0_pubkey(x509)), 1);
    assert_int_equal(X509_NAME_entry_count(X509_REQ_get_subject_name(request)), 0);
    X509_free(x509);
    X509_REQ_free(request);
}

static void every_start_has_another_key(void **state)
{
    auto_marble_credentials one = { 0 }, two = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(marble_credentials_make(&NAMES, NOW, &one, &err), &err);
    assert_ok(marble_credentials_make(&NAMES, NOW, &two, &err), &err);
    assert_false(key_equal_public(one.key, two.key));
}

static void a_name_that_no_certificate_can_have_is_refused(void **state)
{
    const struct bytes bad = BYTES_LITERAL("b\xc3\xbc"
                                           "cher");
    const struct marble_names names = { 1, 0, &bad, NULL };
    auto_marble_credentials made = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_refused(marble_credentials_make(&names, NOW, &made, &err), &err, FAIL_MALFORMED,
                   "the Marble's certificate: ");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_certificate_is_that_of_a_marble),
    cmocka_unit_test(the_request_has_the_same_key_and_the_names_in_its_own_order),
    cmocka_unit_test(every_start_has_another_key),
    cmocka_unit_test(a_name_that_no_certificate_can_have_is_refused),
};
TEST_MAIN(tests)
