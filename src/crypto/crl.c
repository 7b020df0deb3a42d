/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crl.h"

#include <stdlib.h>

#include "codec/der.h"
#include "crypto/signature_scheme.h"

/*
 * libcrypto decodes the few small parts. It would allocate several times for each entry, and lists have hundreds: these stay
 * as they came, are checked once and gone through with a cursor.
 */
struct crl {
    uint8_t *der; /* owned; the views look at it */
    struct bytes signed_part, issuer;
    struct bytes entries; /* one after the other, all of them well-formed */
    X509_ALGOR *algorithm;
    ASN1_BIT_STRING *signature;
    int64_t this_update, next_update;
    bool has_next_update;
};

struct element {
    struct bytes whole; /* with its header */
    struct bytes contents;
};

/* X.690, 10.1. */
static bool has_shortest_length(const struct element *e)
{
    size_t header = 2;

    for (size_t rest = e->contents.len; e->contents.len >= 0x80 && rest > 0; rest >>= 8)
        header++;
    return e->whole.len == header + e->contents.len;
}

static bool take(struct bytes *in, uint8_t tag, struct element *e)
{
    const struct bytes before = *in;

    if (!der_take(in, tag, &e->contents))
        return false;
    e->whole = bytes_of(before.at, before.len - in->len);
    return has_shortest_length(e);
}

static bool starts_with(struct bytes in, uint8_t tag)
{
    return in.len > 0 && in.at[0] == tag;
}

static bool take_time(struct bytes *in, struct element *e)
{
    const bool short_year = starts_with(*in, V_ASN1_UTCTIME);

    return take(in, short_year ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME, e);
}

/* libcrypto's value of an element that is spelled as libcrypto would; NULL: it is not. */
static void *decode(struct bytes whole, const ASN1_ITEM *item)
{
    const uint8_t *at = whole.at;
    uint8_t *again = NULL;
    ASN1_VALUE *const value = ASN1_item_d2i(NULL, &at, (long)whole.len, item);
    const int len = value == NULL ? -1 : ASN1_item_i2d(value, &again, item);
    const bool same = len > 0 && bytes_equal(bytes_of(again, (size_t)len), whole);

    OPENSSL_free(again);
    if (same)
        return value;
    ASN1_item_free(value, item);
    return NULL;
}

/* ---- entries ---- */

/* X.690, 8.3.2. */
static bool is_integer(struct bytes contents)
{
    const uint8_t *const at = contents.at;

    return contents.len == 1 || (contents.len > 1 && (at[0] != 0x00 || (at[1] & 0x80) != 0) &&
                                 (at[0] != 0xff || (at[1] & 0x80) == 0));
}

/* X.690, 8.19.2. */
static bool is_oid(struct bytes contents)
{
    bool at_start = true; /* of an arc */

    for (size_t i = 0; i < contents.len; i++) {
        if (at_start && contents.at[i] == 0x80)
            return false;
        at_start = (contents.at[i] & 0x80) == 0;
    }
    return contents.len > 0 && at_start;
}

/* Of an entry. Whether one is critical is said only when it is: FALSE is left out (X.690, 11.5). */
static bool extensions_are_plain(struct bytes list, bool *critical)
{
    struct element extension, id, value;

    while (list.len > 0) {
        if (!take(&list, DER_SEQUENCE, &extension) || !take(&extension.contents, DER_OID, &id) ||
            !is_oid(id.contents))
            return false;
        *critical = starts_with(extension.contents, DER_BOOLEAN);
        if (*critical || !take(&extension.contents, DER_OCTET_STRING, &value) ||
            extension.contents.len > 0)
            return false;
    }
    return true;
}

static bool entry_is_plain(struct bytes *in, bool *critical)
{
    struct element entry, serial, time, extensions;

    *critical = false;
    return take(in, DER_SEQUENCE, &entry) && take(&entry.contents, DER_INTEGER, &serial) &&
           is_integer(serial.contents) && take_time(&entry.contents, &time) &&
           (entry.contents.len == 0 ||
            (take(&entry.contents, DER_SEQUENCE, &extensions) && entry.contents.len == 0 &&
             extensions_are_plain(extensions.contents, critical)));
}

static bool entries_are_plain(struct bytes entries, struct err *err)
{
    bool critical;

    for (size_t i = 0; entries.len > 0; i++) {
        if (i == CRL_ENTRIES_MAX)
            return err_set(err, FAIL_MALFORMED, "more than %d entries", CRL_ENTRIES_MAX);
        if (!entry_is_plain(&entries, &critical))
            return err_set(err, FAIL_MALFORMED, "entry %zu %s", i,
                           critical ? "has a critical extension" : "is malformed");
    }
    return true;
}

/* ---- the list ---- */

static bool read_time(struct bytes *in, int64_t *seconds)
{
    struct element e;
    auto_asn1_string *time = take_time(in, &e) ? decode(e.whole, ASN1_ITEM_rptr(ASN1_TIME)) : NULL;

    return time != NULL && time_is_strict(time, seconds);
}

static bool read_times(struct crl *crl, struct bytes *in, struct err *err)
{
    if (!read_time(in, &crl->this_update))
        return err_set(err, FAIL_MALFORMED, "its times are not in the form of RFC 5280");
    crl->has_next_update =
        starts_with(*in, V_ASN1_UTCTIME) || starts_with(*in, V_ASN1_GENERALIZEDTIME);
    return !crl->has_next_update || read_time(in, &crl->next_update) ||
           err_set(err, FAIL_MALFORMED, "its times are not in the form of RFC 5280");
}

static bool no_extension_is_critical(struct bytes whole, struct err *err)
{
    auto_extension_list *list = decode(whole, ASN1_ITEM_rptr(X509_EXTENSIONS));

    if (list == NULL)
        return err_set(err, FAIL_MALFORMED, "its extensions are malformed");
    for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
        if (X509_EXTENSION_get_critical(sk_X509_EXTENSION_value(list, i)) != 0)
            return err_set(err, FAIL_MALFORMED, "it has a critical extension");
    }
    return true;
}

/* What follows the times. */
static bool read_entries(struct crl *crl, struct bytes in, struct err *err)
{
    struct element e;

    if (starts_with(in, DER_SEQUENCE)) {
        if (!take(&in, DER_SEQUENCE, &e))
            return err_set(err, FAIL_MALFORMED, "not DER");
        crl->entries = e.contents;
    }
    if (in.len > 0) {
        if (!take(&in, DER_CONTEXT_CONSTRUCTED, &e) || in.len > 0)
            return err_set(err, FAIL_MALFORMED, "not DER, or something behind its extensions");
        if (!no_extension_is_critical(e.contents, err))
            return false;
    }
    return entries_are_plain(crl->entries, err);
}

static bool is_name(struct bytes whole)
{
    X509_NAME *const name = decode(whole, ASN1_ITEM_rptr(X509_NAME));

    X509_NAME_free(name);
    return name != NULL;
}

/* TBSCertList. */
static bool read_signed_part(struct crl *crl, struct bytes in, struct bytes algorithm,
                             struct err *err)
{
    struct element version, inner, issuer;

    if (!starts_with(in, DER_INTEGER) || !take(&in, DER_INTEGER, &version) ||
        !bytes_equal(version.contents, BYTES_LITERAL("\x01")))
        return err_set(err, FAIL_MALFORMED, "it is not of version 2");
    if (!take(&in, DER_SEQUENCE, &inner) || !take(&in, DER_SEQUENCE, &issuer) ||
        !is_name(issuer.whole))
        return err_set(err, FAIL_MALFORMED, "not DER, or its issuer is no name");
    /* RFC 5280, 5.1.1.2: it stands inside and outside of what is signed. */
    if (!bytes_equal(inner.whole, algorithm))
        return err_set(err, FAIL_MALFORMED, "it names two signature algorithms");
    crl->issuer = issuer.whole;
    return read_times(crl, &in, err) && read_entries(crl, in, err);
}

/* CertificateList (RFC 5280, 5.1). */
static bool read_list(struct crl *crl, struct bytes der, struct err *err)
{
    struct element list, tbs, algorithm, signature;

    if (!take(&der, DER_SEQUENCE, &list) || der.len > 0 ||
        !take(&list.contents, DER_SEQUENCE, &tbs) ||
        !take(&list.contents, DER_SEQUENCE, &algorithm) ||
        !take(&list.contents, DER_BIT_STRING, &signature) || list.contents.len > 0)
        return err_set(err, FAIL_MALFORMED, "not DER, or bytes behind its end");
    crl->signed_part = tbs.whole;
    crl->algorithm = decode(algorithm.whole, ASN1_ITEM_rptr(X509_ALGOR));
    crl->signature = decode(signature.whole, ASN1_ITEM_rptr(ASN1_BIT_STRING));
    if (crl->algorithm == NULL || crl->signature == NULL)
        return err_set(err, FAIL_MALFORMED, "its signature is malformed");
    return read_signed_part(crl, tbs.contents, algorithm.whole, err);
}

struct crl *crl_from_der(struct bytes der, struct err *err)
{
    if (der.len == 0 || der.len > CRL_DER_MAX) {
        (void)err_set(err, FAIL_MALFORMED, "CRL: %zu bytes", der.len);
        return NULL;
    }
    auto_crl *crl = mem_zero_alloc(1, sizeof *crl);
    crl->der = bytes_copy(der);
    if (read_list(crl, bytes_of(crl->der, der.len), err))
        return TAKE(crl);
    ERR_clear_error();
    (void)err_in(err, "CRL");
    return NULL;
}

void crl_free(struct crl *crl)
{
    if (crl == NULL)
        return;
    X509_ALGOR_free(crl->algorithm);
    ASN1_BIT_STRING_free(crl->signature);
    free(crl->der);
    free(crl);
}

bool crl_is_signed_by(const struct crl *crl, const struct cert *issuer,
                      enum signature_scheme scheme, struct err *err)
{
    struct err ignored = { 0 };
    auto_key *key = cert_public_key(issuer, &ignored);

    if (!bytes_equal(crl->issuer, cert_subject_der(issuer)))
        return err_set(err, FAIL_DENIED, "its issuer is another one");
    if (!algorithm_is(crl->algorithm, scheme))
        return err_set(err, FAIL_DENIED, "it is signed by another algorithm");
    if (key == NULL || !key_suits(key_pkey(key), scheme)) {
        ERR_clear_error();
        return err_set(err, FAIL_DENIED, "its issuer has a key of another kind");
    }
    return signature_verifies(key, scheme, crl->signed_part, crl->signature) ||
           err_set(err, FAIL_DENIED, "its signature does not verify");
}

int64_t crl_this_update(const struct crl *crl)
{
    return crl->this_update;
}

bool crl_next_update(const struct crl *crl, int64_t *seconds)
{
    if (crl->has_next_update)
        *seconds = crl->next_update;
    return crl->has_next_update;
}

/* Also entries with "removeFromCRL". */
bool crl_names(const struct crl *crl, const struct cert *cert)
{
    uint8_t *der = NULL;
    const int len = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert_x509(cert)), &der);
    const struct bytes serial = bytes_of(der, len < 0 ? 0 : (size_t)len);
    struct bytes left = crl->entries;
    struct element entry, listed;
    bool names = len < 0;

    while (!names && take(&left, DER_SEQUENCE, &entry) &&
           take(&entry.contents, DER_INTEGER, &listed))
        names = bytes_equal(listed.whole, serial);
    OPENSSL_free(der);
    return names;
}
