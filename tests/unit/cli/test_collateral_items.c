/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/collateral/items.h"
#include "codec/text.h"

/* The forms in which services deliver lists and chains (attestation.md, 10.1). */

static const uint8_t list[] = { 0x30, 0x03, 0x02, 0x01, 0x07 };

static bool decodes_to_list(const char *answer)
{
    auto_buf der = { 0 };
    struct err err = { 0 };

    return crl_answer_decode(bytes_of_string(answer), &der, &err) &&
           bytes_equal(buf_bytes(&der), bytes_of(list, sizeof list));
}

static void a_list_is_read_from_der_pem_and_hex(void **state)
{
    auto_buf der = { 0 }, pem = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(crl_answer_decode(bytes_of(list, sizeof list), &der, &err), &err);
    assert_true(bytes_equal(buf_bytes(&der), bytes_of(list, sizeof list)));
    pem_encode(&pem, "X509 CRL", bytes_of(list, sizeof list));
    buf_add_u8(&pem, '\0');
    assert_true(decodes_to_list((const char *)pem.at));
    assert_true(decodes_to_list("3003020107"));
    assert_true(decodes_to_list(" 30 03 02\r\n0107\n"));
}

static void what_is_no_list_is_refused_and_leaves_nothing(void **state)
{
    static const char *const wrong[] = {
        "",
        "3",
        "310302",
        "zz",
        "300g",
        "\"3\"",
        "<html></html>",
        "-----BEGIN CERTIFICATE-----\nMAMCAQc=\n-----END CERTIFICATE-----\n",
        "-----BEGIN X509 CRL-----\nMAMCAQc=\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        auto_buf der = { 0 };
        struct err err = { 0 };
        assert_false(crl_answer_decode(bytes_of_string(wrong[i]), &der, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_int_equal(der.len, 0);
    }
}

static const char header[] =
    "-----BEGIN%20CERTIFICATE-----%0AAB+/%0A-----END%20CERTIFICATE-----%0A";

static void a_plus_sign_in_a_chain_stays_one(void **state)
{
    auto_buf pem = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(chain_header_decode(bytes_of_string(header), &pem, &err), &err);
    assert_true(bytes_equal_string(
        buf_bytes(&pem), "-----BEGIN CERTIFICATE-----\nAB+/\n-----END CERTIFICATE-----\n"));
}

static void each_prefix_of_a_chain_is_refused(void **state)
{
    /* The newline behind the last line may be missing, as a whole escape. */
    const size_t whole = strlen(header), enough = whole - strlen("%0A");

    (void)state;
    for (size_t len = 0; len < whole; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(header, len));
        auto_buf pem = { 0 };
        struct err err = { 0 };
        assert_int_equal(chain_header_decode(bytes_of(exact, len), &pem, &err), len == enough);
        assert_true(len == enough || (err.kind == FAIL_MALFORMED && pem.len == 0));
        free(exact);
    }
}

static void nonsense_is_no_certificate(void **state)
{
    static const char no_certificate[] =
        "-----BEGIN CERTIFICATE-----\nMAMCAQc=\n-----END CERTIFICATE-----\n";
    const char *const wrong[] = { "", "nonsense", "0", no_certificate };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        auto_buf der = { 0 };
        struct err err = { 0 };
        assert_false(certificate_decode(bytes_of_string(wrong[i]), &der, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_int_equal(der.len, 0);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_list_is_read_from_der_pem_and_hex),
    cmocka_unit_test(what_is_no_list_is_refused_and_leaves_nothing),
    cmocka_unit_test(a_plus_sign_in_a_chain_stays_one),
    cmocka_unit_test(each_prefix_of_a_chain_is_refused),
    cmocka_unit_test(nonsense_is_no_certificate),
};

TEST_MAIN(tests)
