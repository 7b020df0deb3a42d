/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/csr.h"

#include "crypto/cert_internal.h"
#include "crypto/key_kind.h"

static bool malformed(struct err *err, const char *what)
{
    return libcrypto_refused(err, FAIL_MALFORMED, what);
}

static X509_REQ *parse(struct bytes der, struct err *err)
{
    const uint8_t *at = der.at;

    if (der.len == 0 || der.len > CSR_MAX) {
        (void)err_set(err, FAIL_MALFORMED, "certificate request: %zu bytes", der.len);
        return NULL;
    }
    if (!csr_key_is_known(der)) {
        (void)err_set(err, FAIL_MALFORMED,
                      "certificate request: not DER, or not a key of a known kind");
        return NULL;
    }
    X509_REQ *const request = d2i_X509_REQ(NULL, &at, (long)der.len);
    if (request == NULL) {
        (void)malformed(err, "certificate request");
    } else if (at != der.at + der.len) {
        X509_REQ_free(request);
        (void)err_set(err, FAIL_MALFORMED, "certificate request: bytes behind its end");
        return NULL;
    }
    return request;
}

static bool is_signed_by_its_key(X509_REQ *request, struct err *err)
{
    EVP_PKEY *const key = X509_REQ_get0_pubkey(request);

    if (key == NULL)
        return malformed(err, "certificate request: public key");
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && !key_rsa_is_bounded(key_of_pkey(key)))
        return err_set(err, FAIL_MALFORMED,
                       "certificate request: RSA key with more than %d bits, or an impossible "
                       "public exponent",
                       RSA_MAX_BITS);
    return X509_REQ_verify(request, key) == 1 ||
           libcrypto_refused(err, FAIL_DENIED, "certificate request: signature");
}

/* All values of one attribute, in order, as UTF-8. */
static bool read_attribute(const X509_NAME *name, int nid, struct arena *arena,
                           struct text_list *values, struct err *err)
{
    struct bytes *const at = arena_alloc(arena, (size_t)X509_NAME_entry_count(name) * sizeof *at);

    for (int i = -1; (i = X509_NAME_get_index_by_NID(name, nid, i)) >= 0;) {
        uint8_t *text = NULL;
        const int len =
            ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
        if (len < 0)
            return malformed(err, "certificate request: subject");
        at[values->count++] = arena_bytes(arena, bytes_of(text, (size_t)len));
        OPENSSL_free(text);
    }
    values->at = at;
    return true;
}

static bool read_subject(const X509_NAME *name, struct arena *arena, struct cert_template *t,
                         struct err *err)
{
    struct text_list serials = { 0 };

    if (!read_attribute(name, NID_countryName, arena, &t->subject.country, err) ||
        !read_attribute(name, NID_stateOrProvinceName, arena, &t->subject.province, err) ||
        !read_attribute(name, NID_localityName, arena, &t->subject.locality, err) ||
        !read_attribute(name, NID_streetAddress, arena, &t->subject.street_address, err) ||
        !read_attribute(name, NID_postalCode, arena, &t->subject.postal_code, err) ||
        !read_attribute(name, NID_organizationalUnitName, arena, &t->subject.organizational_unit,
                        err) ||
        !read_attribute(name, NID_serialNumber, arena, &serials, err))
        return false;
    if (serials.count > 0)
        t->subject.serial_number = serials.at[serials.count - 1];
    return true;
}

/* All names of one type, in order. */
static void read_names(GENERAL_NAMES *names, int type, struct arena *arena,
                       struct text_list *values)
{
    const int count = names == NULL ? 0 : sk_GENERAL_NAME_num(names);
    struct bytes *const at = arena_alloc(arena, (size_t)count * sizeof *at);

    for (int i = 0; i < count; i++) {
        const GENERAL_NAME *const name = sk_GENERAL_NAME_value(names, i);
        if (name->type == type)
            at[values->count++] =
                arena_bytes(arena, asn1_string_bytes(GENERAL_NAME_get0_value(name, NULL)));
    }
    values->present = true;
    values->at = at;
}

static bool read_alternative_names(X509_REQ *request, struct arena *arena, struct cert_template *t,
                                   struct err *err)
{
    STACK_OF(X509_EXTENSION) *const extensions = X509_REQ_get_extensions(request);
    int found = 0; /* -1: absent, -2: more than once, else its criticality */
    auto_general_names *names = X509V3_get_d2i(extensions, NID_subject_alt_name, &found, NULL);

    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    if (names == NULL && found != -1)
        return malformed(err, "certificate request: subjectAltName");
    read_names(names, GEN_DNS, arena, &t->dns_names);
    read_names(names, GEN_IPADD, arena, &t->ip_addresses);
    return true;
}

bool csr_read(struct bytes der, struct arena *arena, struct cert_template *t, struct err *err)
{
    auto_request *request = parse(der, err);

    *t = (struct cert_template){ 0 };
    return request != NULL && is_signed_by_its_key(request, err) &&
           read_subject(X509_REQ_get_subject_name(request), arena, t, err) &&
           read_alternative_names(request, arena, t, err);
}
