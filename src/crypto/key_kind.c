/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_kind.h"

#include <openssl/asn1.h>
#include <openssl/err.h>

/* One element of this class and type off the front of *in; false for another, and for BER that is no DER. */
static bool take_of(struct bytes *in, int class, int type, struct bytes *contents)
{
    enum { FAILED = 0x80, INDEFINITE = 1 };
    const uint8_t *at = in->at;
    long len = 0;
    int found = 0, found_class = 0;

    if (in->len == 0)
        return false;
    const int flags = ASN1_get_object(&at, &len, &found, &found_class, (long)in->len);
    if ((flags & (FAILED | INDEFINITE)) != 0 || found != type || found_class != class) {
        ERR_clear_error();
        return false;
    }
    *contents = bytes_of(at, (size_t)len);
    *in = bytes_of(at + len, in->len - (size_t)(at + len - in->at));
    return true;
}

static bool take(struct bytes *in, int type, struct bytes *contents)
{
    return take_of(in, V_ASN1_UNIVERSAL, type, contents);
}

/* The algorithm and parameters of an AlgorithmIdentifier (RFC 5280, 4.1.1.2). */
struct algorithm {
    struct bytes oid, parameters;
};

static bool take_algorithm(struct bytes *in, struct algorithm *algorithm)
{
    return take(in, V_ASN1_SEQUENCE, &algorithm->parameters) &&
           take(&algorithm->parameters, V_ASN1_OBJECT, &algorithm->oid);
}

static bool is_elliptic(const struct algorithm *a)
{
    return bytes_equal(a->oid, BYTES_LITERAL("\x2a\x86\x48\xce\x3d\x02\x01")); /* id-ecPublicKey */
}

/* Parameters that are an OID are a name (RFC 5480, 2.1.1). */
static bool is_named(const struct algorithm *a)
{
    struct bytes parameters = a->parameters, name;

    return !is_elliptic(a) || take(&parameters, V_ASN1_OBJECT, &name);
}

static bool take_spki(struct bytes *in, struct algorithm *algorithm)
{
    struct bytes spki;

    return take(in, V_ASN1_SEQUENCE, &spki) && take_algorithm(&spki, algorithm);
}

bool csr_key_is_known(struct bytes der)
{
    const struct bytes rsa = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
    const struct bytes ed25519 = BYTES_LITERAL("\x2b\x65\x70");
    struct bytes request, info, ignored;
    struct algorithm key;

    return take(&der, V_ASN1_SEQUENCE, &request) && take(&request, V_ASN1_SEQUENCE, &info) &&
           take(&info, V_ASN1_INTEGER, &ignored) && take(&info, V_ASN1_SEQUENCE, &ignored) &&
           take_spki(&info, &key) &&
           (bytes_equal(key.oid, rsa) || bytes_equal(key.oid, ed25519) ||
            (is_elliptic(&key) && is_named(&key)));
}

bool cert_curve_is_named(struct bytes der)
{
    struct bytes cert, tbs, ignored;
    struct algorithm key;

    if (!take(&der, V_ASN1_SEQUENCE, &cert) || !take(&cert, V_ASN1_SEQUENCE, &tbs))
        return false;
    (void)take_of(&tbs, V_ASN1_CONTEXT_SPECIFIC, 0, &ignored); /* version; not there for 1 */
    return take(&tbs, V_ASN1_INTEGER, &ignored) &&             /* serial number */
           take(&tbs, V_ASN1_SEQUENCE, &ignored) &&            /* signature */
           take(&tbs, V_ASN1_SEQUENCE, &ignored) &&            /* issuer */
           take(&tbs, V_ASN1_SEQUENCE, &ignored) &&            /* validity */
           take(&tbs, V_ASN1_SEQUENCE, &ignored) &&            /* subject */
           take_spki(&tbs, &key) && is_named(&key);
}

bool spki_curve_is_named(struct bytes der)
{
    struct algorithm key;

    return take_spki(&der, &key) && is_named(&key);
}

bool pkcs8_curve_is_named(struct bytes der)
{
    struct bytes info, ignored;
    struct algorithm key;

    return take(&der, V_ASN1_SEQUENCE, &info) && take(&info, V_ASN1_INTEGER, &ignored) &&
           take_algorithm(&info, &key) && is_named(&key);
}
