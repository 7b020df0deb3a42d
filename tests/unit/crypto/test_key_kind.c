/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "tls_pair.h"

#include <openssl/core_names.h>
#include <openssl/x509.h>

#include "crypto/key_kind.h"

/* A key on P-256, and a certificate that it signs, whose parameters are a name or are written out. */
struct subject {
    EVP_PKEY *key;
    X509 *x509;
    struct buf cert, spki, pkcs8;
};

static void put(struct buf *out, int len, uint8_t **der)
{
    assert_true(len > 0);
    buf_add(out, bytes_of(*der, (size_t)len));
    OPENSSL_free(*der);
}

static struct subject subject_new(const char *encoding)
{
    struct subject s = { .key = EVP_EC_gen("P-256"), .x509 = X509_new() };
    uint8_t *cert = NULL, *spki = NULL, *pkcs8 = NULL;

    assert_int_equal(EVP_PKEY_set_utf8_string_param(s.key, OSSL_PKEY_PARAM_EC_ENCODING, encoding),
                     1);
    assert_int_equal(X509_set_version(s.x509, X509_VERSION_3), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(s.x509), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(s.x509), 3600));
    assert_int_equal(X509_set_pubkey(s.x509, s.key), 1);
    assert_true(X509_sign(s.x509, s.key, EVP_sha256()) > 0);
    PKCS8_PRIV_KEY_INFO *const info = EVP_PKEY2PKCS8(s.key);
    put(&s.cert, i2d_X509(s.x509, &cert), &cert);
    put(&s.spki, i2d_PUBKEY(s.key, &spki), &spki);
    put(&s.pkcs8, i2d_PKCS8_PRIV_KEY_INFO(info, &pkcs8), &pkcs8);
    PKCS8_PRIV_KEY_INFO_free(info);
    return s;
}

static void subject_clear(struct subject *s)
{
    EVP_PKEY_free(s->key);
    X509_free(s->x509);
    buf_clear(&s->cert);
    buf_clear(&s->spki);
    buf_clear(&s->pkcs8);
}
#define auto_subject struct subject CLEANUP(subject_clear)

static void curves_by_name_are_told_from_those_by_parameters(void **state)
{
    auto_subject named = subject_new("named_curve"), made_up = subject_new("explicit");
    auto_key *rsa = NULL, *edwards = NULL;
    struct err err = { 0 };
    auto_buf rsa_der = { 0 }, edwards_der = { 0 };

    (void)state;
    assert_true(cert_curve_is_named(buf_bytes(&named.cert)));
    assert_true(spki_curve_is_named(buf_bytes(&named.spki)));
    assert_true(pkcs8_curve_is_named(buf_bytes(&named.pkcs8)));
    assert_false(cert_curve_is_named(buf_bytes(&made_up.cert)));
    assert_false(spki_curve_is_named(buf_bytes(&made_up.spki)));
    assert_false(pkcs8_curve_is_named(buf_bytes(&made_up.pkcs8)));
    rsa = key_generate(KEY_RSA, 1024, &err);
    edwards = key_generate(KEY_ED25519, 0, &err);
    assert_ok(key_public_der(rsa, &rsa_der, &err), &err);
    assert_ok(key_public_der(edwards, &edwards_der, &err), &err);
    assert_true(spki_curve_is_named(buf_bytes(&rsa_der)));
    assert_true(spki_curve_is_named(buf_bytes(&edwards_der)));
}

/* All that is looked at lies before the key's bits. */
static void cut_encodings_are_no_encodings(void **state)
{
    auto_subject s = subject_new("named_curve");

    (void)state;
    for (size_t len = 0; len < s.cert.len; len++) {
        uint8_t *const cut = bytes_copy(bytes_of(s.cert.at, len));
        assert_false(cert_curve_is_named(bytes_of(cut, len)));
        free(cut);
    }
    for (size_t len = 0; len < s.spki.len; len++) {
        uint8_t *const cut = bytes_copy(bytes_of(s.spki.at, len));
        assert_false(spki_curve_is_named(bytes_of(cut, len)));
        free(cut);
    }
}

static void certificates_and_keys_on_made_up_curves_are_refused_by_name(void **state)
{
    auto_subject s = subject_new("explicit");
    struct err cert = { 0 }, public = { 0 }, private = { 0 };

    (void)state;
    assert_null(cert_from_der(buf_bytes(&s.cert), &cert));
    assert_null(key_from_public_der(buf_bytes(&s.spki), &public));
    assert_null(key_from_private_pkcs8(buf_bytes(&s.pkcs8), &private));
    assert_string_equal(cert.text, "certificate: not DER, or its key is on a curve without a name");
    assert_non_null(strstr(public.text, "curve without a name"));
    assert_non_null(strstr(private.text, "curve without a name"));
}

/*
 * That libssl did not decode it shows in the kind of failure: a key that is decoded reaches our check of the
 * leaf, and is denied there.
 */
static void tls_does_not_decode_a_made_up_curve(void **state)
{
    const struct world *const w = *state;

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_subject s = subject_new("explicit");
        auto_pair p = pair_new(w->plain, versions[v]);
        assert_int_equal(SSL_use_certificate(p.client, s.x509), 1);
        assert_int_equal(SSL_use_PrivateKey(p.client, s.key), 1);
        pair_run(&p);
        assert_true(p.server_failed);
        assert_int_equal(p.err.kind, FAIL_MALFORMED);
        assert_false(tls_established(p.server));
    }
}

/* Nor behind a leaf that is in order. */
static void tls_does_not_decode_a_made_up_curve_in_a_chain(void **state)
{
    const struct world *const w = *state;

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_subject s = subject_new("explicit");
        auto_pair p = pair_new(w->plain, versions[v]);
        pair_show(&p, &w->user);
        assert_int_equal(SSL_add1_chain_cert(p.client, s.x509), 1);
        pair_run(&p);
        assert_true(p.server_failed);
        assert_int_equal(p.err.kind, FAIL_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_by_name_are_told_from_those_by_parameters),
        cmocka_unit_test(cut_encodings_are_no_encodings),
        cmocka_unit_test(certificates_and_keys_on_made_up_curves_are_refused_by_name),
        cmocka_unit_test(tls_does_not_decode_a_made_up_curve),
        cmocka_unit_test(tls_does_not_decode_a_made_up_curve_in_a_chain),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, world_up, world_down);
}
