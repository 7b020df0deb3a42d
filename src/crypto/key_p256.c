/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/internal.h"
#include "crypto/key.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

/* Keys and signatures on P-256 as bare numbers, big-endian, as attestation has them. */

enum { P256_NUMBER_LEN = P256_RAW_LEN / 2 };

bool key_is_p256(const struct key *key)
{
    char name[16];
    const bool is = EVP_PKEY_get_base_id(key_pkey(key)) == EVP_PKEY_EC &&
                    EVP_PKEY_get_group_name(key_pkey(key), name, sizeof name, NULL) == 1 &&
                    strcmp(name, SN_X9_62_prime256v1) == 0;

    ERR_clear_error();
    return is;
}

bool key_p256_point(const struct key *key, uint8_t point[static P256_POINT_LEN])
{
    size_t len = 0;

    return key_is_p256(key) &&
           EVP_PKEY_get_octet_string_param(key_pkey(key), OSSL_PKEY_PARAM_PUB_KEY, point,
                                           P256_POINT_LEN, &len) == 1 &&
           len == P256_POINT_LEN && point[0] == POINT_CONVERSION_UNCOMPRESSED;
}

struct key *key_from_p256_raw(const uint8_t raw[static P256_RAW_LEN], struct err *err)
{
    uint8_t point[P256_POINT_LEN] = { POINT_CONVERSION_UNCOMPRESSED };

    memcpy(point + 1, raw, P256_RAW_LEN);
    struct key *const key = key_from_point(algorithms()->p256, bytes_of(point, sizeof point));
    if (key == NULL)
        (void)libcrypto_refused(err, FAIL_MALFORMED, "public key on P-256");
    return key;
}

bool key_verify_p256_raw(const struct key *key, struct bytes message,
                         const uint8_t raw[static P256_RAW_LEN], struct err *err)
{
    auto_buf signature = { 0 };

    if (!key_is_p256(key))
        return err_set(err, FAIL_DENIED, "the key is not on P-256");
    ecdsa_signature_encode(bytes_of(raw, P256_NUMBER_LEN),
                           bytes_of(raw + P256_NUMBER_LEN, P256_NUMBER_LEN), &signature);
    return key_verify_sha256(key, message, buf_bytes(&signature), err);
}
