/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert_chain.h"

#include <string.h>

#include "codec/der.h"
#include "codec/text.h"
#include "crypto/signature_scheme.h"

static const struct bytes begin_line = BYTES_LITERAL("-----BEGIN CERTIFICATE-----");
static const struct bytes end_line = BYTES_LITERAL("-----END CERTIFICATE-----");

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct bytes *text)
{
    while (text->len > 0 && is_blank(text->at[0]))
        *text = bytes_of(text->at + 1, text->len - 1);
}

static bool take_mark(struct bytes *text, struct bytes mark)
{
    if (!bytes_start_with(*text, mark))
        return false;
    *text = bytes_of(text->at + mark.len, text->len - mark.len);
    return true;
}

/* The only spelling of base64 that passes is the one that the encoder writes: a signature covers what is decoded, but
 * not how it is spelled. */
static bool decode_exactly(struct bytes digits, struct buf *der)
{
    auto_buf again = { 0 };
    struct err err = { 0 };

    if (!base64_decode(der, BASE64_STANDARD, digits, &err))
        return false;
    base64_encode(&again, BASE64_STANDARD, buf_bytes(der));
    return bytes_equal(buf_bytes(&again), digits);
}

/* What stands before the next blank or dash, which is where a line of base64 ends. */
static struct bytes take_line(struct bytes *text)
{
    const struct bytes all = *text;
    size_t len = 0;

    while (len < all.len && all.at[len] != '-' && !is_blank(all.at[len]))
        len++;
    *text = bytes_of(all.at + len, all.len - len);
    return bytes_of(all.at, len);
}

/* Takes one block off the front of *text, with the white space before it. */
static bool take_block(struct bytes *text, struct buf *der)
{
    auto_buf digits = { 0 };

    skip_blanks(text);
    if (!take_mark(text, begin_line))
        return false;
    skip_blanks(text);
    buf_reserve(&digits, text->len);
    while (text->len > 0 && text->at[0] != '-') {
        buf_add(&digits, take_line(text));
        skip_blanks(text);
    }
    return take_mark(text, end_line) && decode_exactly(buf_bytes(&digits), der);
}

static struct cert *take_cert(struct bytes *text, const struct known_certs *known, struct err *err)
{
    auto_buf der = { 0 };

    if (!take_block(text, &der)) {
        (void)err_set(err, FAIL_MALFORMED, "no PEM block of a certificate");
        return NULL;
    }
    struct cert *const cert = known->find(known->ctx, buf_bytes(&der));
    return cert != NULL ? cert : cert_from_der_quick(buf_bytes(&der), err);
}

static bool take_all(struct bytes text, struct cert **certs, size_t count,
                     const struct known_certs *known, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        certs[i] = take_cert(&text, known, err);
        if (certs[i] == NULL)
            return err_in(err, "certificate %zu of %zu", i + 1, count);
    }
    skip_blanks(&text);
    return text.len == 0 || err_set(err, FAIL_MALFORMED, "%zu bytes follow certificate %zu of %zu",
                                    text.len, count, count);
}

bool cert_chain_from_pem_knowing(struct bytes pem, struct cert **certs, size_t count,
                                 const struct known_certs *known, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        certs[i] = NULL;
    if (take_all(pem, certs, count, known, err))
        return true;
    for (size_t i = 0; i < count; i++) {
        cert_free(certs[i]);
        certs[i] = NULL;
    }
    return false;
}

static struct cert *find_none(void *ctx, struct bytes der)
{
    (void)ctx;
    (void)der;
    return NULL;
}

static const struct known_certs none_known = { NULL, find_none };

bool cert_chain_from_pem(struct bytes pem, struct cert **certs, size_t count, struct err *err)
{
    return cert_chain_from_pem_knowing(pem, certs, count, &none_known, err);
}

struct cert *cert_first_from_pem(struct bytes pem, struct err *err)
{
    return take_cert(&pem, &none_known, err);
}

static bool extensions_are_known(const X509 *x509, struct err *err)
{
    for (int i = 0; i < X509_get_ext_count(x509); i++) {
        X509_EXTENSION *const extension = X509_get_ext(x509, i);
        const ASN1_OBJECT *const oid = X509_EXTENSION_get_object(extension);
        const int nid = OBJ_obj2nid(oid);
        if (X509_get_ext_by_OBJ(x509, oid, i) >= 0)
            return err_set(err, FAIL_DENIED, "an extension occurs twice");
        if (X509_EXTENSION_get_critical(extension) != 0 && nid != NID_basic_constraints &&
            nid != NID_key_usage)
            return err_set(err, FAIL_DENIED, "a critical extension is not known");
    }
    return true;
}

static bool has_ca_flag(const X509 *x509, bool is_ca, struct err *err)
{
    int found = 0;
    BASIC_CONSTRAINTS *const constraints =
        X509_get_ext_d2i(x509, NID_basic_constraints, &found, NULL);
    const bool readable = constraints != NULL || found == -1;
    const bool flag = constraints != NULL && constraints->ca != 0;

    BASIC_CONSTRAINTS_free(constraints);
    if (!readable)
        return libcrypto_refused(err, FAIL_DENIED, "basic constraints");
    return flag == is_ca ||
           err_set(err, FAIL_DENIED, is_ca ? "it is not marked as CA" : "it is marked as CA");
}

/* A key usage that is there must let a CA sign certificates. */
static bool may_sign(const X509 *x509, struct err *err)
{
    enum { KEY_CERT_SIGN = 5 /* RFC 5280, 4.2.1.3 */ };
    int found = 0;
    ASN1_BIT_STRING *const usage = X509_get_ext_d2i(x509, NID_key_usage, &found, NULL);
    const bool readable = usage != NULL || found == -1;
    const bool allowed = usage == NULL || ASN1_BIT_STRING_get_bit(usage, KEY_CERT_SIGN) == 1;

    ASN1_BIT_STRING_free(usage);
    if (!readable)
        return libcrypto_refused(err, FAIL_DENIED, "key usage");
    return allowed || err_set(err, FAIL_DENIED, "its key may not sign certificates");
}

static bool has_strict_times(const X509 *x509, struct err *err)
{
    int64_t start, end;

    if (time_is_strict(X509_get0_notBefore(x509), &start) &&
        time_is_strict(X509_get0_notAfter(x509), &end))
        return true;
    ERR_clear_error();
    return err_set(err, FAIL_DENIED, "its validity is not in the form of RFC 5280");
}

bool cert_has_role(const struct cert *cert, bool is_ca, struct err *err)
{
    const X509 *const x509 = cert_x509(cert);

    return (X509_get_version(x509) == X509_VERSION_3 ||
            err_set(err, FAIL_DENIED, "it is not of version 3")) &&
           extensions_are_known(x509, err) && has_ca_flag(x509, is_ca, err) &&
           (!is_ca || may_sign(x509, err)) && has_strict_times(x509, err);
}

static struct bytes name_der(X509_NAME *name)
{
    const uint8_t *at = NULL;
    size_t len = 0;

    return X509_NAME_get0_der(name, &at, &len) == 1 ? bytes_of(at, len) : BYTES_NONE;
}

struct bytes cert_subject_der(const struct cert *cert)
{
    return name_der(X509_get_subject_name(cert_x509(cert)));
}

/* From the bytes of the certificate: to encode its decoded key takes as long as a signature. */
bool cert_spki_sha256(const struct cert *cert, uint8_t out[static SHA256_LEN], struct err *err)
{
    uint8_t *der = NULL;
    const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert_x509(cert)), &der);

    if (len <= 0)
        return libcrypto_refused(err, FAIL_INTERNAL, "public key of a certificate");
    const bool hashed = sha256(bytes_of(der, (size_t)len), out, err);
    OPENSSL_free(der);
    return hashed;
}

/* What the issuer has signed, with its tag and length. */
static struct bytes signed_part(const struct cert *cert)
{
    struct bytes in = cert_der(cert), whole = BYTES_NONE, contents;

    if (!der_take(&in, DER_SEQUENCE, &whole))
        return BYTES_NONE;
    in = whole;
    return der_take(&in, DER_SEQUENCE, &contents) ? bytes_of(whole.at, whole.len - in.len)
                                                  : BYTES_NONE;
}

bool cert_is_signed_by(const struct cert *cert, const struct cert *issuer,
                       enum signature_scheme scheme, struct err *err)
{
    X509 *const x509 = cert_x509(cert);
    const X509_ALGOR *algorithm = NULL;
    const ASN1_BIT_STRING *signature = NULL;
    struct err ignored = { 0 };

    X509_get0_signature(&signature, &algorithm, x509);
    if (!bytes_equal(name_der(X509_get_issuer_name(x509)), cert_subject_der(issuer)))
        return err_set(err, FAIL_DENIED, "its issuer is not the subject of the next certificate");
    if (!algorithm_is(algorithm, scheme) || !algorithm_is(X509_get0_tbs_sigalg(x509), scheme))
        return err_set(err, FAIL_DENIED, "it is signed by another algorithm");
    auto_key *key = cert_public_key(issuer, &ignored);
    if (key == NULL || !key_suits(key_pkey(key), scheme)) {
        ERR_clear_error();
        return err_set(err, FAIL_DENIED, "its issuer has a key of another kind");
    }
    return signature_verifies(key, scheme, signed_part(cert), signature) ||
           err_set(err, FAIL_DENIED, "its signature does not verify");
}
