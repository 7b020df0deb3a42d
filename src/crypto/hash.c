/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include "crypto/internal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

DEFINE_CLEANUP(EVP_MAC_CTX, mac_ctx_cleanup, EVP_MAC_CTX_free)
DEFINE_CLEANUP(EVP_KDF_CTX, kdf_ctx_cleanup, EVP_KDF_CTX_free)
#define auto_mac_ctx EVP_MAC_CTX CLEANUP(mac_ctx_cleanup)
#define auto_kdf_ctx EVP_KDF_CTX CLEANUP(kdf_ctx_cleanup)

bool sha256(struct bytes in, uint8_t out[static SHA256_LEN], struct err *err)
{
    return sha256_parts(&in, 1, out, err);
}

bool sha256_parts(const struct bytes *parts, size_t count, uint8_t out[static SHA256_LEN],
                  struct err *err)
{
    auto_md_ctx *ctx = EVP_MD_CTX_new();
    bool done = ctx != NULL && EVP_DigestInit_ex2(ctx, algorithms()->sha256, NULL) == 1;

    for (size_t i = 0; done && i < count; i++)
        done = EVP_DigestUpdate(ctx, parts[i].at, parts[i].len) == 1;
    if (!done || EVP_DigestFinal_ex(ctx, out, NULL) != 1)
        return libcrypto_refused(err, FAIL_INTERNAL, "SHA-256");
    return true;
}

bool sha256_hex(struct bytes in, char out[static 2 * SHA256_LEN + 1], struct err *err)
{
    uint8_t digest[SHA256_LEN];

    if (!sha256(in, digest, err))
        return false;
    for (size_t i = 0; i < SHA256_LEN; i++) {
        out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    out[2 * SHA256_LEN] = '\0';
    return true;
}

/* libcrypto takes a NULL key for "no key given", which an empty key is not. */
static const uint8_t *not_null(struct bytes b)
{
    return b.at == NULL ? (const uint8_t *)"" : b.at;
}

bool hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
                 uint8_t out[static SHA256_LEN], struct err *err)
{
    char name[] = "SHA2-256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, name, sizeof name - 1), OSSL_PARAM_END
    };
    auto_mac_ctx *ctx = EVP_MAC_CTX_new(algorithms()->hmac);
    bool done = ctx != NULL && EVP_MAC_init(ctx, not_null(key), key.len, params) == 1;
    size_t len = 0;

    for (size_t i = 0; done && i < count; i++)
        done = EVP_MAC_update(ctx, parts[i].at, parts[i].len) == 1;
    if (!done || EVP_MAC_final(ctx, out, &len, SHA256_LEN) != 1 || len != SHA256_LEN)
        return libcrypto_refused(err, FAIL_INTERNAL, "HMAC-SHA-256");
    return true;
}

/* Parameters are never written to, but have no const. */
static OSSL_PARAM octets(const char *name, struct bytes value)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)not_null(value), value.len);
}

bool hkdf_sha256(struct bytes ikm, struct bytes salt, struct bytes info, uint8_t *out, size_t len,
                 struct err *err)
{
    char digest[] = "SHA2-256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        octets(OSSL_KDF_PARAM_KEY, ikm),
        octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    auto_kdf_ctx *ctx = EVP_KDF_CTX_new(algorithms()->hkdf);

    if (ctx == NULL || EVP_KDF_derive(ctx, out, len, params) != 1)
        return libcrypto_refused(err, FAIL_INTERNAL, "HKDF-SHA-256");
    return true;
}

uint32_t crc32c(struct bytes in)
{
    /* One entry for each value of the low four bits: 0x82f63b78 is the reflected polynomial. */
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < in.len; i++) {
        crc ^= in.at[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

bool random_bytes(uint8_t *out, size_t len, struct err *err)
{
    if (RAND_priv_bytes_ex(NULL, out, len, 0) != 1)
        return libcrypto_refused(err, FAIL_INTERNAL, "random bytes");
    return true;
}

bool env_random(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    (void)ctx;
    return random_bytes(out, len, err);
}
