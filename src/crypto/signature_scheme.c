/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signature_scheme.h"

#include <string.h>
#include <time.h>

#include <openssl/rsa.h>

enum { PSS_SALT_LEN = 48 };

/* ecdsa-with-SHA256 has no parameters, not even NULL (RFC 5758, 3.2). */
static bool is_ecdsa_sha256(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *oid = NULL;
    int parameter_type = 0;

    X509_ALGOR_get0(&oid, &parameter_type, NULL, algorithm);
    return OBJ_obj2nid(oid) == NID_ecdsa_with_SHA256 && parameter_type == V_ASN1_UNDEF;
}

DEFINE_CLEANUP(RSA_PSS_PARAMS, pss_parameters_cleanup, RSA_PSS_PARAMS_free)
DEFINE_CLEANUP(X509_ALGOR, algorithm_cleanup, X509_ALGOR_free)

/* SHA-384, whose parameters are absent or NULL (RFC 4055, 2.1). */
static bool is_sha384(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *oid = NULL;
    int parameter_type = 0;

    if (algorithm == NULL)
        return false; /* the default, which is SHA-1 */
    X509_ALGOR_get0(&oid, &parameter_type, NULL, algorithm);
    return OBJ_obj2nid(oid) == NID_sha384 &&
           (parameter_type == V_ASN1_UNDEF || parameter_type == V_ASN1_NULL);
}

/* A structure inside the parameters of an algorithm, all of them; NULL when there is none. */
static void *inside_of(const X509_ALGOR *algorithm, int nid, const ASN1_ITEM *item)
{
    const ASN1_OBJECT *oid = NULL;
    const void *value = NULL;
    int type = 0;

    if (algorithm == NULL)
        return NULL;
    X509_ALGOR_get0(&oid, &type, &value, algorithm);
    if (OBJ_obj2nid(oid) != nid || type != V_ASN1_SEQUENCE)
        return NULL;
    const struct bytes der = asn1_string_bytes(value);
    const uint8_t *at = der.at;
    void *const found = ASN1_item_d2i(NULL, &at, (long)der.len, item);
    if (found == NULL || at == der.at + der.len)
        return found;
    ASN1_item_free(found, item);
    return NULL;
}

static bool is_mgf1_sha384(const X509_ALGOR *algorithm)
{
    X509_ALGOR *hash CLEANUP(algorithm_cleanup) =
        inside_of(algorithm, NID_mgf1, ASN1_ITEM_rptr(X509_ALGOR));

    return is_sha384(hash);
}

/* With other parameters, which the signer of a certificate does not vouch for, a weaker hash would pass. */
static bool is_pss_sha384(const X509_ALGOR *algorithm)
{
    enum { TRAILER_BC = 1 };
    RSA_PSS_PARAMS *parameters CLEANUP(pss_parameters_cleanup) =
        inside_of(algorithm, NID_rsassaPss, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
    int64_t salt_len = 0, trailer = TRAILER_BC;

    return parameters != NULL && is_sha384(parameters->hashAlgorithm) &&
           is_mgf1_sha384(parameters->maskGenAlgorithm) && parameters->saltLength != NULL &&
           ASN1_INTEGER_get_int64(&salt_len, parameters->saltLength) == 1 &&
           salt_len == PSS_SALT_LEN &&
           (parameters->trailerField == NULL ||
            ASN1_INTEGER_get_int64(&trailer, parameters->trailerField) == 1) &&
           trailer == TRAILER_BC;
}

bool algorithm_is(const X509_ALGOR *algorithm, enum signature_scheme scheme)
{
    switch (scheme) {
    case SIGNATURE_ECDSA_P256_SHA256:
        return is_ecdsa_sha256(algorithm);
    case SIGNATURE_PSS_SHA384:
        return is_pss_sha384(algorithm);
    case SIGNATURE_NONE:
        break;
    }
    return false;
}

/* AMD's roots and the keys below them. */
static bool is_rsa_4096(const EVP_PKEY *key)
{
    enum { AMD_BITS = 4096 };

    return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) == AMD_BITS &&
           key_rsa_is_bounded((const struct key *)key);
}

bool key_suits(const EVP_PKEY *key, enum signature_scheme scheme)
{
    switch (scheme) {
    case SIGNATURE_ECDSA_P256_SHA256:
        return key_is_p256((const struct key *)key);
    case SIGNATURE_PSS_SHA384:
        return is_rsa_4096(key);
    case SIGNATURE_NONE:
        break;
    }
    return false;
}

static bool choose_pss(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA2-384", NULL) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, PSS_SALT_LEN) == 1;
}

/* Not with X509_verify, because a certificate may have been decoded without any algorithms (cert_from_der_quick). */
bool signature_verifies(const struct key *key, enum signature_scheme scheme, struct bytes message,
                        const ASN1_BIT_STRING *signature)
{
    enum { UNUSED_BITS = 7 }; /* of the flags */
    const bool is_pss = scheme == SIGNATURE_PSS_SHA384;
    const char *const hash = is_pss ? "SHA2-384" : "SHA2-256";
    const struct bytes bits = asn1_string_bytes(signature);
    EVP_PKEY_CTX *key_ctx = NULL; /* belongs to ctx */
    auto_md_ctx *ctx = EVP_MD_CTX_new();

    const bool verifies =
        (signature->flags & UNUSED_BITS) == 0 && ctx != NULL &&
        EVP_DigestVerifyInit_ex(ctx, &key_ctx, hash, NULL, NULL, key_pkey(key), NULL) == 1 &&
        (!is_pss || choose_pss(key_ctx)) &&
        EVP_DigestVerify(ctx, bits.at, bits.len, message.at, message.len) == 1;
    ERR_clear_error();
    return verifies;
}

bool time_is_strict(const ASN1_TIME *time, int64_t *seconds)
{
    const struct bytes text = asn1_string_bytes(time);
    const size_t len = ASN1_STRING_type(time) == V_ASN1_UTCTIME ? strlen("YYMMDDhhmmssZ")
                                                                : strlen("YYYYMMDDhhmmssZ");
    struct tm tm = { 0 };

    /* libcrypto checks digits and calendar, but also takes offsets, fractions and no seconds. */
    if (text.len != len || text.at[len - 1] != 'Z' || ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    *seconds = timegm(&tm);
    return true;
}
