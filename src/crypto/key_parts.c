/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/der.h"
#include "crypto/internal.h"
#include "crypto/key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

/* Public keys from their parts, without libcrypto's search for a decoder. */

struct key *key_from_point(EVP_PKEY *curve, struct bytes point)
{
    auto_key *key = key_of_pkey(curve == NULL ? NULL : EVP_PKEY_dup(curve));

    if (key == NULL || EVP_PKEY_set1_encoded_public_key(key_pkey(key), point.at, point.len) != 1)
        return NULL;
    return TAKE(key);
}

/* ---- RSA (RFC 8017, A.1.1) ---- */

DEFINE_CLEANUP(BIGNUM, number_cleanup, BN_free)
#define auto_number BIGNUM CLEANUP(number_cleanup)
DEFINE_CLEANUP(OSSL_PARAM_BLD, builder_cleanup, OSSL_PARAM_BLD_free)
DEFINE_CLEANUP(OSSL_PARAM, params_cleanup, OSSL_PARAM_free)

/* A positive INTEGER off the front of *in; NULL when there is none. */
static BIGNUM *take_number(struct bytes *in)
{
    struct bytes digits;

    if (!der_take(in, DER_INTEGER, &digits) || digits.len == 0 || digits.at[0] >= 0x80)
        return NULL;
    return BN_bin2bn(digits.at, (int)digits.len, NULL);
}

static struct key *rsa_of_numbers(const BIGNUM *modulus, const BIGNUM *exponent)
{
    OSSL_PARAM_BLD *builder CLEANUP(builder_cleanup) = OSSL_PARAM_BLD_new();
    auto_pkey_ctx *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;

    if (builder == NULL || ctx == NULL ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) != 1)
        return NULL;
    OSSL_PARAM *parts CLEANUP(params_cleanup) = OSSL_PARAM_BLD_to_param(builder);
    if (parts == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, parts) != 1)
        return NULL;
    return key_of_pkey(key);
}

static struct key *rsa_of_bits(struct bytes bits)
{
    struct bytes numbers;

    if (bits.len > INT16_MAX || !der_take(&bits, DER_SEQUENCE, &numbers) || bits.len != 0)
        return NULL;
    auto_number *modulus = take_number(&numbers), *exponent = take_number(&numbers);
    return modulus == NULL || exponent == NULL || numbers.len != 0
               ? NULL
               : rsa_of_numbers(modulus, exponent);
}

/* ---- which of them ---- */

static struct key *from_parts(struct bytes algorithm, struct bytes parameters, struct bytes bits)
{
    const struct bytes elliptic = BYTES_LITERAL("\x2a\x86\x48\xce\x3d\x02\x01");
    const struct bytes rsa = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
    const struct bytes p256 = BYTES_LITERAL("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07");
    const struct bytes p384 = BYTES_LITERAL("\x06\x05\x2b\x81\x04\x00\x22");
    const struct bytes null = BYTES_LITERAL("\x05\x00");

    if (bytes_equal(algorithm, rsa))
        return bytes_equal(parameters, null) ? rsa_of_bits(bits) : NULL;
    if (!bytes_equal(algorithm, elliptic) || bits.len == 0 ||
        bits.at[0] != POINT_CONVERSION_UNCOMPRESSED)
        return NULL;
    if (bytes_equal(parameters, p256))
        return key_from_point(algorithms()->p256, bits);
    return bytes_equal(parameters, p384) ? key_from_point(algorithms()->p384, bits) : NULL;
}

struct key *key_from_parts(struct bytes algorithm, struct bytes parameters, struct bytes bits)
{
    struct key *const key = from_parts(algorithm, parameters, bits);

    ERR_clear_error();
    return key;
}
