/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* An issuer to make certificates with, and the parts of certificates as text to compare them by. */
#include "test.h"

#include <time.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "codec/text.h"
#include "crypto/cert.h"
#include "crypto/hash.h"

enum { WORLD_NOW = 1800000000 }; /* 2027-01-15T08:00:00Z */

/* What most tests need: an issuer as the marble root is one, and a key to issue for. */
struct world {
    struct key *issuer_key, *subject_key;
    struct cert *issuer;
};

static inline int world_up(void **state)
{
    struct err err = { 0 };
    struct world *const w = mem_zero_alloc(1, sizeof *w);

    w->issuer_key = key_generate(KEY_ECDSA, 384, &err);
    w->subject_key = key_generate(KEY_ECDSA, 256, &err);
    assert_ok(w->issuer_key != NULL && w->subject_key != NULL, &err);
    w->issuer = cert_issue_ca("MarbleRun Coordinator - Intermediate CA", NULL, 0, w->issuer_key,
                              NULL, w->issuer_key, WORLD_NOW, &err);
    assert_ok(w->issuer != NULL, &err);
    *state = w;
    return 0;
}

static inline int world_down(void **state)
{
    struct world *const w = *state;

    cert_free(w->issuer);
    key_free(w->issuer_key);
    key_free(w->subject_key);
    free(w);
    return 0;
}

static inline struct cert *issue(const struct world *w, const struct cert_template *t)
{
    struct err err = { 0 };
    struct cert *const cert =
        cert_issue(t, w->subject_key, w->issuer, w->issuer_key, WORLD_NOW, &err);

    assert_ok(cert != NULL, &err);
    return cert;
}

static inline X509 *parsed(const struct cert *cert)
{
    const uint8_t *at = cert_der(cert).at;
    X509 *const x509 = d2i_X509(NULL, &at, (long)cert_der(cert).len);

    assert_non_null(x509);
    return x509;
}

/* The i-th extension as "oid critical value-in-hex". */
static inline char *extension_line(const X509 *x509, int i)
{
    X509_EXTENSION *const extension = X509_get_ext(x509, i);
    char oid[80];
    auto_buf text = { 0 };

    if (extension == NULL)
        return mem_string("no extension");
    (void)OBJ_obj2txt(oid, sizeof oid, X509_EXTENSION_get_object(extension), 1);
    const ASN1_OCTET_STRING *const value = X509_EXTENSION_get_data(extension);
    buf_add_format(&text, "%s %d ", oid, X509_EXTENSION_get_critical(extension));
    hex_encode(&text, bytes_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)));
    return bytes_to_string(buf_bytes(&text));
}

static inline void assert_extensions(const struct cert *cert, const char *const *lines, int count)
{
    X509 *const x509 = parsed(cert);

    assert_int_equal(X509_get_ext_count(x509), count);
    for (int i = 0; i < count; i++) {
        auto_string *line = extension_line(x509, i);
        assert_string_equal(line, lines[i]);
    }
    X509_free(x509);
}

static inline char *hex_of(struct bytes in)
{
    auto_buf text = { 0 };

    hex_encode(&text, in);
    return bytes_to_string(buf_bytes(&text));
}

static inline char *subject_hex(const struct cert *cert)
{
    X509 *const x509 = parsed(cert);
    uint8_t *der = NULL;
    const int len = i2d_X509_NAME(X509_get_subject_name(x509), &der);
    char *const hex = hex_of(bytes_of(der, (size_t)len));

    OPENSSL_free(der);
    X509_free(x509);
    return hex;
}

static inline char *subject_text(const struct cert *cert)
{
    X509 *const x509 = parsed(cert);
    BIO *const out = BIO_new(BIO_s_mem());
    char *at;

    assert_int_not_equal(
        X509_NAME_print_ex(out, X509_get_subject_name(x509), 0,
                           XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_FN_SN | ASN1_STRFLGS_UTF8_CONVERT),
        -1);
    const long len = BIO_get_mem_data(out, &at);
    char *const text = bytes_to_string(bytes_of(at, (size_t)len));
    BIO_free(out);
    X509_free(x509);
    return text;
}

#define TEXT_ARRAY(...)                                                                            \
    (const struct bytes[])                                                                         \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define TEXTS(...)                                                                                 \
    {                                                                                              \
        true, sizeof(TEXT_ARRAY(__VA_ARGS__)) / sizeof(struct bytes), TEXT_ARRAY(__VA_ARGS__)      \
    }
#define T(text) BYTES_LITERAL(text)

/* AKI of the issuer as its line. */
static inline char *authority_line(const struct world *w)
{
    auto_string *id = hex_of(cert_subject_key_id(w->issuer));

    return mem_printf("2.5.29.35 0 30168014%s", id);
}
