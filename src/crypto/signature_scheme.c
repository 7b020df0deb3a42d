/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signature_scheme.h"

#include <string.h>
#include <time.h>

/* ecdsa-with-SHA256 has no parameters, not even NULL (RFC 5758, 3.2). */
static bool is_ecdsa_sha256(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *oid = NULL;
    int parameter_type = 0;

    X509_ALGOR_get0(&oid, &parameter_type, NULL, algorithm);
    return OBJ_obj2nid(oid) == NID_ecdsa_with_SHA256 && parameter_type == V_ASN1_UNDEF;
}

bool algorithm_is(const X509_ALGOR *algorithm, enum signature_scheme scheme)
{
    switch (scheme) {
    case SIGNATURE_ECDSA_P256_SHA256:
        return is_ecdsa_sha256(algorithm);
    case SIGNATURE_NONE:
    case SIGNATURE_PSS_SHA384:
        break;
    }
    return false;
}

static bool is_on_p256(const EVP_PKEY *key)
{
    char name[16];

    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key, name, sizeof name, NULL) == 1 &&
           strcmp(name, SN_X9_62_prime256v1) == 0;
}

bool key_suits(const EVP_PKEY *key, enum signature_scheme scheme)
{
    switch (scheme) {
    case SIGNATURE_ECDSA_P256_SHA256:
        return is_on_p256(key);
    case SIGNATURE_NONE:
    case SIGNATURE_PSS_SHA384:
        break;
    }
    return false;
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
