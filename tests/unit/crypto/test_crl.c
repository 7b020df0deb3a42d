/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/der.h"
#include "crypto/crl.h"
#include "pki.h"

#include <openssl/x509.h>

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

#define TIME "170d3235303130313030303030305a"
#define REASON "300a 0603551d15 04030a0101"

static void entries_are_of_their_form(void **state)
{
    static const struct {
        const char *hex;
        bool fine;
    } cases[] = {
        { "3012 020105" TIME, true },
        { "3012 0201fb" TIME, true },
        { "3013 020200fb" TIME, true },
        { "3014 020105 180f32303530303130313030303030305a", true },
        { "3020 020105" TIME "300c" REASON, true },
        { "302c 020105" TIME "3018" REASON REASON, true },
        { "3012 020105" TIME "3012 020106" TIME, true },
        /* Numbers. */
        { "3013 02020005" TIME, false },
        { "3013 0202ffff" TIME, false },
        { "3011 0200" TIME, false },
        { "3012 0a0105" TIME, false },
        /* Lengths that are longer than they need be, or than what is there. */
        { "308112 020105" TIME, false },
        { "3013 02810105" TIME, false },
        { "3013 020105" TIME, false },
        { "3011 020105" TIME, false },
        { "3012 020105" TIME "30", false },
        /* Times. */
        { "3003 020105", false },
        { "3012 020105 130d3235303130313030303030305a", false },
        /* Extensions. */
        { "3014 020105" TIME "0500", false },
        { "3022 020105" TIME "300c" REASON "0500", false },
        { "3020 020105" TIME "300c 310a0603551d1504030a0101", false },
        { "301d 020105" TIME "3009 3007 0600 04030a0101", false },
        { "3020 020105" TIME "300c 300a 060355801504030a0101", false },
        { "3020 020105" TIME "300c 300a 0603551d9504030a0101", false },
        { "301b 020105" TIME "3007 3005 0603551d15", false },
        { "3022 020105" TIME "300e 300c 0603551d15 04030a01010500", false },
        { "3023 020105" TIME "300f 300d 0603551d15 010100 04030a0101", false },
        { "3023 020105" TIME "300f 300d 0603551d15 0101ff 04030a0101", false },
    };
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_buf entries = test_unhex(cases[i].hex), der = { 0 };
        struct pki_crl shape = plain();
        shape.serial_count = 0;
        shape.entries = buf_bytes(&entries);
        pki_crl_add(&der, &shape, key);
        const uint8_t *at = der.at;
        uint8_t *again = NULL;
        X509_CRL *const judge = d2i_X509_CRL(NULL, &at, (long)der.len);
        const int len = judge == NULL ? -1 : i2d_X509_CRL(judge, &again);
        const bool canonical =
            len > 0 && bytes_equal(bytes_of(again, (size_t)len), buf_bytes(&der));
        OPENSSL_free(again);
        X509_CRL_free(judge);
        auto_crl *crl = crl_from_der(buf_bytes(&der), &err);
        if ((crl != NULL) != cases[i].fine || (crl != NULL && !canonical))
            fail_msg("%s: %s", cases[i].hex, crl == NULL ? err.text : "accepted");
        if (crl == NULL && strstr(err.text, "entry ") == NULL)
            fail_msg("%s: %s", cases[i].hex, err.text);
    }
    assert_string_equal(err.text, "CRL: entry 0 has a critical extension");
}

static void nothing_stands_behind_its_parts(void **state)
{
    const struct bytes null = BYTES_LITERAL("\x05\x00");
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);
    struct pki_crl shape = plain();
    auto_buf der = { 0 }, parts = { 0 }, longer = { 0 };
    struct bytes contents;

    (void)state;
    pki_crl_add(&der, &shape, key);
    struct bytes in = buf_bytes(&der);
    assert_true(der_take(&in, DER_SEQUENCE, &contents));
    buf_add(&parts, contents);
    der_add(&longer, DER_SEQUENCE, buf_bytes(&parts));
    assert_bytes_equal(buf_bytes(&longer), buf_bytes(&der));
    buf_add(&parts, null);
    buf_truncate(&longer, 0);
    der_add(&longer, DER_SEQUENCE, buf_bytes(&parts));
    assert_null(crl_from_der(buf_bytes(&longer), &err));
    assert_non_null(strstr(err.text, "bytes behind its end"));
    shape.behind = null;
    assert_null(make(&shape, key, &err));
    assert_non_null(strstr(err.text, "behind its extensions"));
}

static void a_list_has_so_many_entries_at_most(void **state)
{
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);
    auto_buf entry = test_unhex("3012 020105" TIME), entries = { 0 };
    struct pki_crl shape = plain();

    (void)state;
    for (size_t i = 0; i < CRL_ENTRIES_MAX; i++)
        buf_add(&entries, buf_bytes(&entry));
    shape.serial_count = 0;
    shape.entries = buf_bytes(&entries);
    auto_crl *most = make(&shape, key, &err);
    assert_ok(most != NULL, &err);
    buf_add(&entries, buf_bytes(&entry));
    shape.entries = buf_bytes(&entries);
    assert_null(make(&shape, key, &err));
    assert_non_null(strstr(err.text, "more than 100000 entries"));
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
    cmocka_unit_test(entries_are_of_their_form),
    cmocka_unit_test(nothing_stands_behind_its_parts),
    cmocka_unit_test(a_list_has_so_many_entries_at_most),
    cmocka_unit_test(a_list_is_signed_by_its_issuer),
    cmocka_unit_test(every_byte_of_a_list_counts),
};

TEST_MAIN(tests)
