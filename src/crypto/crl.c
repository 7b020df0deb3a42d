/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crl.h"

#include <stdlib.h>

#include "codec/der.h"
#include "crypto/signature_scheme.h"

struct crl {
    X509_CRL *list; /* owned */
    int64_t this_update, next_update;
    bool has_next_update;
};

DEFINE_CLEANUP(X509_CRL, list_cleanup, X509_CRL_free)
#define auto_list X509_CRL CLEANUP(list_cleanup)

static bool has_critical(const STACK_OF(X509_EXTENSION) * extensions)
{
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
        if (X509_EXTENSION_get_critical(sk_X509_EXTENSION_value(extensions, i)) != 0)
            return true;
    }
    return false;
}

static bool entries_are_plain(X509_CRL *list, struct err *err)
{
    const STACK_OF(X509_REVOKED) *const entries = X509_CRL_get_REVOKED(list);

    if (sk_X509_REVOKED_num(entries) > CRL_ENTRIES_MAX)
        return err_set(err, FAIL_MALFORMED, "more than %d entries", CRL_ENTRIES_MAX);
    for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
        if (has_critical(X509_REVOKED_get0_extensions(sk_X509_REVOKED_value(entries, i))))
            return err_set(err, FAIL_MALFORMED, "entry %d has a critical extension", i);
    }
    return true;
}

/*
 * The algorithm stands inside and outside of what is signed (RFC 5280, 5.1.2.2); libcrypto shows only the outer one.
 * Neither has a longer spelling here: algorithm_is looks at the parsed one, and this at the bytes of both.
 */
static bool algorithms_agree(struct bytes der)
{
    struct bytes list, tbs, inner, outer, version;
    bool has_version;

    return der_take(&der, DER_SEQUENCE, &list) && der_take(&list, DER_SEQUENCE, &tbs) &&
           der_take(&list, DER_SEQUENCE, &outer) &&
           der_take_optional(&tbs, DER_INTEGER, &version, &has_version) &&
           der_take(&tbs, DER_SEQUENCE, &inner) && bytes_equal(inner, outer);
}

static bool read_times(struct crl *crl, struct err *err)
{
    const ASN1_TIME *const next = X509_CRL_get0_nextUpdate(crl->list);

    crl->has_next_update = next != NULL;
    if (time_is_strict(X509_CRL_get0_lastUpdate(crl->list), &crl->this_update) &&
        (next == NULL || time_is_strict(next, &crl->next_update)))
        return true;
    ERR_clear_error();
    return err_set(err, FAIL_MALFORMED, "its times are not in the form of RFC 5280");
}

/* As with certificates, a list has one spelling. */
static bool is_canonical(X509_CRL *list, struct bytes der)
{
    uint8_t *again = NULL;
    const int len = i2d_X509_CRL(list, &again);
    const bool same = len > 0 && bytes_equal(bytes_of(again, (size_t)len), der);

    OPENSSL_free(again);
    return same;
}

static bool is_acceptable(const struct crl *crl, struct bytes der, struct err *err)
{
    if (!is_canonical(crl->list, der))
        return err_set(err, FAIL_MALFORMED, "not DER, or bytes behind its end");
    if (X509_CRL_get_version(crl->list) != X509_CRL_VERSION_2)
        return err_set(err, FAIL_MALFORMED, "it is not of version 2");
    if (has_critical(X509_CRL_get0_extensions(crl->list)))
        return err_set(err, FAIL_MALFORMED, "it has a critical extension");
    if (!algorithms_agree(der))
        return err_set(err, FAIL_MALFORMED, "it names two signature algorithms");
    return entries_are_plain(crl->list, err);
}

struct crl *crl_from_der(struct bytes der, struct err *err)
{
    const uint8_t *at = der.at;

    if (der.len == 0 || der.len > CRL_DER_MAX) {
        (void)err_set(err, FAIL_MALFORMED, "CRL: %zu bytes", der.len);
        return NULL;
    }
    auto_list *list = d2i_X509_CRL(NULL, &at, (long)der.len);
    if (list == NULL) {
        (void)libcrypto_refused(err, FAIL_MALFORMED, "CRL");
        return NULL;
    }
    auto_crl *crl = mem_zero_alloc(1, sizeof *crl);
    crl->list = TAKE(list);
    if (is_acceptable(crl, der, err) && read_times(crl, err))
        return TAKE(crl);
    ERR_clear_error();
    (void)err_in(err, "CRL");
    return NULL;
}

void crl_free(struct crl *crl)
{
    if (crl == NULL)
        return;
    X509_CRL_free(crl->list);
    free(crl);
}

bool crl_is_signed_by(const struct crl *crl, const struct cert *issuer,
                      enum signature_scheme scheme, struct err *err)
{
    struct err ignored = { 0 };
    auto_key *key = cert_public_key(issuer, &ignored);
    const struct bytes subject = cert_subject_der(issuer);
    const X509_ALGOR *algorithm = NULL;
    const uint8_t *at = NULL;
    size_t len = 0;

    X509_CRL_get0_signature(crl->list, NULL, &algorithm);
    if (X509_NAME_get0_der(X509_CRL_get_issuer(crl->list), &at, &len) != 1 ||
        !bytes_equal(bytes_of(at, len), subject))
        return err_set(err, FAIL_DENIED, "its issuer is another one");
    if (!algorithm_is(algorithm, scheme))
        return err_set(err, FAIL_DENIED, "it is signed by another algorithm");
    if (key == NULL || !key_suits(key_pkey(key), scheme)) {
        ERR_clear_error();
        return err_set(err, FAIL_DENIED, "its issuer has a key of another kind");
    }
    if (X509_CRL_verify(crl->list, key_pkey(key)) == 1)
        return true;
    ERR_clear_error();
    return err_set(err, FAIL_DENIED, "its signature does not verify");
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

/* Gone through in order instead of looked up: libcrypto's look-up leaves out entries with "removeFromCRL". */
bool crl_names(const struct crl *crl, const struct cert *cert)
{
    const STACK_OF(X509_REVOKED) *const entries = X509_CRL_get_REVOKED(crl->list);
    const ASN1_INTEGER *const serial = X509_get0_serialNumber(cert_x509(cert));

    for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
        if (ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i)),
                             serial) == 0)
            return true;
    }
    return false;
}
