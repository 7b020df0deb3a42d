/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "crypto/crl.h"
#include "pki.h"

static const struct bytes serials[] = { BYTES_LITERAL("\x05"), BYTES_LITERAL("\x00\x83\x01") };

static struct pki_crl plain(void)
{
    return (struct pki_crl){ .issuer = "root",
                             .this_update = "250101000000Z",
                             .next_update = "20600101000000Z",
                             .serials = serials,
                             .serial_count = COUNT_OF(serials) };
}

static struct crl *make(const struct pki_crl *shape, const struct key *key, struct err *err)
{
    auto_buf der = { 0 };

    pki_crl_add(&der, shape, key);
    return crl_from_der(buf_bytes(&der), err);
}

static struct cert *make_cert(struct bytes serial, const char *name, const struct key *key)
{
    const struct pki_cert shape = {
        .name = name, .serial = serial, .not_before = "250101000000Z", .not_after = "260101000000Z"
    };
    auto_buf der = { 0 };
    struct err err = { 0 };

    pki_cert_add(&der, &shape, key, key);
    struct cert *const cert = cert_from_der(buf_bytes(&der), &err);
    assert_non_null(cert);
    return cert;
}

static void a_list_says_its_times_and_whom_it_names(void **state)
{
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);
    struct pki_crl shape = plain();
    int64_t next = 0;

    (void)state;
    auto_crl *crl = make(&shape, key, &err);
    assert_ok(crl != NULL, &err);
    assert_int_equal(crl_this_update(crl), 1735689600);
    assert_true(crl_next_update(crl, &next));
    assert_int_equal(next, 2840140800);
    const struct {
        struct bytes serial;
        bool named;
    } cases[] = {
        { BYTES_LITERAL("\x05"), true },          { BYTES_LITERAL("\x00\x83\x01"), true },
        { BYTES_LITERAL("\x06"), false },         { BYTES_LITERAL("\x05\x00"), false },
        { BYTES_LITERAL("\x00\x83"), false },     { BYTES_LITERAL("\xfb"), false },
        { BYTES_LITERAL("\x01\x83\x01"), false }, { BYTES_LITERAL("\x83\x01"), false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_cert *cert = make_cert(cases[i].serial, "x", key);
        assert_int_equal(crl_names(crl, cert), cases[i].named);
    }
}

static void an_empty_list_names_nobody_and_may_be_endless(void **state)
{
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);
    auto_cert *cert = make_cert(serials[0], "x", key);
    struct pki_crl shape = plain();
    int64_t next = 0;

    (void)state;
    shape.serial_count = 0;
    shape.next_update = NULL;
    auto_crl *crl = make(&shape, key, &err);
    assert_ok(crl != NULL, &err);
    assert_false(crl_names(crl, cert));
    assert_false(crl_next_update(crl, &next));
}

static void entries_are_final_whatever_their_reason(void **state)
{
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);
    auto_cert *cert = make_cert(serials[1], "x", key);
    struct pki_crl shape = plain();

    (void)state;
    shape.remove_from_crl = true;
    auto_crl *crl = make(&shape, key, &err);
    assert_ok(crl != NULL, &err);
    assert_true(crl_names(crl, cert));
}

static void lists_that_mean_something_else_are_refused(void **state)
{
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);

    (void)state;
    for (int which = 0; which < 6; which++) {
        struct pki_crl shape = plain();
        shape.critical_entry = which == 0;
        shape.critical_extension = which == 1;
        shape.version_1 = which == 2;
        if (which == 3)
            shape.inner = PKI_ECDSA_SHA384;
        if (which == 4)
            shape.this_update = "25010100000+0100";
        if (which == 5)
            shape.next_update = "20600101000000.5Z";
        assert_null(make(&shape, key, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static void a_list_is_signed_by_its_issuer(void **state)
{
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err), *other = key_generate(KEY_ECDSA, 256, &err);
    auto_cert *issuer = make_cert(serials[0], "root", key);
    auto_cert *namesake = make_cert(serials[0], "root", other);
    auto_cert *stranger = make_cert(serials[0], "toor", key);
    struct pki_crl shape = plain();

    (void)state;
    auto_crl *crl = make(&shape, key, &err);
    assert_ok(crl_is_signed_by(crl, issuer, SIGNATURE_ECDSA_P256_SHA256, &err), &err);
    assert_false(crl_is_signed_by(crl, namesake, SIGNATURE_ECDSA_P256_SHA256, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    assert_non_null(strstr(err.text, "signature"));
    assert_false(crl_is_signed_by(crl, stranger, SIGNATURE_ECDSA_P256_SHA256, &err));
    assert_non_null(strstr(err.text, "issuer"));
    assert_false(crl_is_signed_by(crl, issuer, SIGNATURE_PSS_SHA384, &err));
    shape.other_encoding = true;
    auto_crl *encoded = make(&shape, key, &err);
    assert_false(crl_is_signed_by(encoded, issuer, SIGNATURE_ECDSA_P256_SHA256, &err));
    shape = plain();
    shape.inner = shape.outer = PKI_ECDSA_SHA384;
    auto_crl *algorithm = make(&shape, key, &err);
    assert_false(crl_is_signed_by(algorithm, issuer, SIGNATURE_ECDSA_P256_SHA256, &err));
    assert_non_null(strstr(err.text, "algorithm"));
}

static void every_byte_of_a_list_counts(void **state)
{
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);
    auto_cert *issuer = make_cert(serials[0], "root", key);
    const struct pki_crl shape = plain();
    auto_buf der = { 0 };

    (void)state;
    pki_crl_add(&der, &shape, key);
    for (size_t i = 0; i < der.len; i++) {
        der.at[i] ^= 0x01;
        auto_crl *crl = crl_from_der(buf_bytes(&der), &err);
        if (crl != NULL && crl_is_signed_by(crl, issuer, SIGNATURE_ECDSA_P256_SHA256, &err))
            fail_msg("byte %zu does not count", i);
        der.at[i] ^= 0x01;
    }
    for (size_t len = 0; len < der.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(der.at, len));
        assert_null(crl_from_der(bytes_of(exact, len), &err));
        free(exact);
    }
    buf_add_u8(&der, 0);
    assert_null(crl_from_der(buf_bytes(&der), &err));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_list_says_its_times_and_whom_it_names),
    cmocka_unit_test(an_empty_list_names_nobody_and_may_be_endless),
    cmocka_unit_test(entries_are_final_whatever_their_reason),
    cmocka_unit_test(lists_that_mean_something_else_are_refused),
    cmocka_unit_test(a_list_is_signed_by_its_issuer),
    cmocka_unit_test(every_byte_of_a_list_counts),
};

TEST_MAIN(tests)
