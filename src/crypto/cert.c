/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "codec/der.h"
#include "codec/text.h"
#include "crypto/cert_internal.h"
#include "crypto/key_kind.h"

struct cert {
    atomic_uint references;
    X509 *x509;
    uint8_t *der; /* owned */
    size_t der_len;
    int64_t not_before, not_after;
    struct key *key; /* owned; the X509 has neither key nor algorithms then. NULL: it has both */
};

X509 *cert_x509(const struct cert *cert)
{
    return cert->x509;
}

/* Seconds since 1970 of a time that libcrypto accepts; false for one that is none. */
static bool time_to_seconds(const ASN1_TIME *time, int64_t *seconds)
{
    struct tm tm = { 0 };

    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    *seconds = timegm(&tm);
    return true;
}

/* Takes over x509 also when it fails; der is copied. */
static struct cert *cert_new(X509 *owned, struct bytes der, struct err *err)
{
    auto_x509 *x509 = owned;
    int64_t not_before, not_after;

    if (!time_to_seconds(X509_get0_notBefore(x509), &not_before) ||
        !time_to_seconds(X509_get0_notAfter(x509), &not_after)) {
        (void)libcrypto_refused(err, FAIL_MALFORMED, "certificate: validity");
        return NULL;
    }
    struct cert *const cert = mem_zero_alloc(1, sizeof *cert);
    atomic_init(&cert->references, 1);
    cert->x509 = TAKE(x509);
    cert->der = bytes_copy(der);
    cert->der_len = der.len;
    cert->not_before = not_before;
    cert->not_after = not_after;
    return cert;
}

struct cert *cert_of_x509(X509 *owned, struct err *err)
{
    auto_x509 *x509 = owned;
    uint8_t *der = NULL;
    const int len = i2d_X509(x509, &der);

    if (len <= 0) {
        (void)libcrypto_refused(err, FAIL_INTERNAL, "certificate: encoding");
        return NULL;
    }
    struct cert *const cert = cert_new(TAKE(x509), bytes_of(der, (size_t)len), err);
    OPENSSL_free(der);
    return cert;
}

/*
 * Is `der` what libcrypto writes for this certificate? Identities are compared byte by byte, so a
 * certificate must not have a second spelling (BER, bytes behind its end) that parses the same.
 */
static bool is_canonical(const X509 *x509, struct bytes der)
{
    uint8_t *again = NULL;
    const int len = i2d_X509(x509, &again);
    const bool same = len > 0 && bytes_equal(bytes_of(again, (size_t)len), der);

    OPENSSL_free(again);
    return same;
}

/* libctx: where libcrypto looks for what decodes the public key. */
static struct cert *decode(struct bytes der, OSSL_LIB_CTX *libctx, struct err *err)
{
    const uint8_t *at = der.at;

    if (der.len == 0 || der.len > INT_MAX) {
        (void)err_set(err, FAIL_MALFORMED, "certificate: %zu bytes", der.len);
        return NULL;
    }
    if (!cert_curve_is_named(der)) {
        (void)err_set(err, FAIL_MALFORMED,
                      "certificate: not DER, or its key is on a curve without a name");
        return NULL;
    }
    X509 *x509 = X509_new_ex(libctx, NULL); /* freed by a decoder that fails */
    auto_x509 *owned =
        (X509 *)ASN1_item_d2i((ASN1_VALUE **)&x509, &at, (long)der.len, ASN1_ITEM_rptr(X509));
    if (owned == NULL) {
        (void)libcrypto_refused(err, FAIL_MALFORMED, "certificate");
        return NULL;
    }
    if (!is_canonical(owned, der)) {
        (void)libcrypto_refused(err, FAIL_MALFORMED, "certificate");
        (void)err_set(err, FAIL_MALFORMED, "certificate: not DER, or bytes behind its end");
        return NULL;
    }
    return cert_new(TAKE(owned), der, err);
}

struct cert *cert_from_der(struct bytes der, struct err *err)
{
    return decode(der, NULL, err);
}

/* NULL for a key that is not put together here. */
static struct key *key_of_bits(const X509 *x509)
{
    const X509_PUBKEY *const spki = X509_get_X509_PUBKEY(x509);
    uint8_t *der = NULL;
    const int len = i2d_X509_PUBKEY(spki, &der);
    struct bytes in = bytes_of(der, len <= 0 ? 0 : (size_t)len), info, algorithm, oid, bits;
    struct key *key = NULL;

    if (der_take(&in, DER_SEQUENCE, &info) && der_take(&info, DER_SEQUENCE, &algorithm) &&
        der_take(&algorithm, DER_OID, &oid) && der_take(&info, DER_BIT_STRING, &bits) &&
        bits.len > 0 && bits.at[0] == 0)
        key = key_from_parts(oid, algorithm, bytes_of(bits.at + 1, bits.len - 1));
    OPENSSL_free(der);
    return key;
}

struct cert *cert_from_der_quick(struct bytes der, struct err *err)
{
    auto_cert *cert = decode(der, algorithms()->empty, err);

    if (cert == NULL)
        return NULL;
    cert->key = key_of_bits(cert->x509);
    return cert->key != NULL ? TAKE(cert) : cert_from_der(der, err);
}

struct cert *cert_ref(struct cert *cert)
{
    (void)atomic_fetch_add_explicit(&cert->references, 1, memory_order_relaxed);
    return cert;
}

void cert_free(struct cert *cert)
{
    if (cert == NULL || atomic_fetch_sub_explicit(&cert->references, 1, memory_order_acq_rel) != 1)
        return;
    X509_free(cert->x509);
    key_free(cert->key);
    free(cert->der);
    free(cert);
}

struct bytes cert_der(const struct cert *cert)
{
    return bytes_of(cert->der, cert->der_len);
}

X509 *cert_x509_with_key(const struct cert *cert)
{
    const uint8_t *at = cert->der;

    if (X509_get0_pubkey(cert->x509) != NULL && X509_up_ref(cert->x509) == 1)
        return cert->x509;
    ERR_clear_error();
    return d2i_X509(NULL, &at, (long)cert->der_len);
}

struct key *cert_public_key(const struct cert *cert, struct err *err)
{
    if (cert->key != NULL)
        return key_ref(cert->key);
    auto_x509 *x509 = cert_x509_with_key(cert);
    EVP_PKEY *const key = x509 == NULL ? NULL : X509_get_pubkey(x509);
    if (key == NULL)
        (void)libcrypto_refused(err, FAIL_MALFORMED, "certificate: public key");
    return key_of_pkey(key);
}

struct bytes cert_subject_key_id(const struct cert *cert)
{
    const ASN1_OCTET_STRING *const id = X509_get0_subject_key_id(cert->x509);

    if (id == NULL)
        return BYTES_NONE;
    return asn1_string_bytes(id);
}

bool cert_issued_by(const struct cert *cert, const struct cert *issuer)
{
    auto_x509 *own = cert->key == NULL ? NULL : cert_x509_with_key(cert);
    X509 *const x509 = own == NULL ? cert->x509 : own;
    EVP_PKEY *const key =
        issuer->key == NULL ? X509_get0_pubkey(issuer->x509) : key_pkey(issuer->key);

    const bool issued =
        key != NULL &&
        X509_NAME_cmp(X509_get_issuer_name(x509), X509_get_subject_name(issuer->x509)) == 0 &&
        X509_verify(x509, key) == 1;
    ERR_clear_error();
    return issued;
}

void cert_pem(const struct cert *cert, struct buf *out)
{
    pem_encode(out, "CERTIFICATE", cert_der(cert));
}

int64_t cert_not_before(const struct cert *cert)
{
    return cert->not_before;
}

int64_t cert_not_after(const struct cert *cert)
{
    return cert->not_after;
}

static struct bytes last_common_name(const X509_NAME *name)
{
    int last = -1;

    for (int i = -1; (i = X509_NAME_get_index_by_NID(name, NID_commonName, i)) >= 0;)
        last = i;
    if (last < 0)
        return BYTES_NONE;
    return asn1_string_bytes(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
}

struct bytes cert_common_name(const struct cert *cert)
{
    return last_common_name(X509_get_subject_name(cert->x509));
}

struct bytes cert_issuer_common_name(const struct cert *cert)
{
    return last_common_name(X509_get_issuer_name(cert->x509));
}

bool cert_extension(const struct cert *cert, const char *dotted, struct bytes *value)
{
    auto_asn1_object *oid = OBJ_txt2obj(dotted, 1);
    const int at = oid == NULL ? -1 : X509_get_ext_by_OBJ(cert->x509, oid, -1);

    if (at < 0)
        return false;
    *value = asn1_string_bytes(X509_EXTENSION_get_data(X509_get_ext(cert->x509, at)));
    return true;
}

bool cert_allows_server_auth(const struct cert *cert)
{
    /* Without the extension libcrypto gives all ones; with one that does not decode, none. */
    const uint32_t usages = X509_get_extended_key_usage(cert->x509);

    ERR_clear_error();
    return (usages & (XKU_SSL_SERVER | XKU_ANYEKU)) != 0;
}
