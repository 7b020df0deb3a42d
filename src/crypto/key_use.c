/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/internal.h"
#include "crypto/key.h"
#include "crypto/key_held.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

/* Signatures and encryption with keys. */

DEFINE_CLEANUP(BIGNUM, number_cleanup, BN_free)
#define auto_number BIGNUM CLEANUP(number_cleanup)

bool key_rsa_is_bounded(const struct key *key)
{
    BIGNUM *raw = NULL;
    const bool found = EVP_PKEY_get_bn_param(key_pkey(key), OSSL_PKEY_PARAM_RSA_E, &raw) == 1;
    auto_number *exponent = raw;

    return found && key_bits(key) <= RSA_MAX_BITS && BN_num_bits(exponent) <= 64 &&
           BN_is_odd(exponent) && !BN_is_one(exponent);
}

/* Whether the key makes and checks the signatures of this house. */
static bool can_sign(const struct key *key, struct err *err)
{
    switch (key_type(key)) {
    case KEY_ECDSA:
        return true;
    case KEY_RSA:
        return key_rsa_is_bounded(key) ||
               err_set(err, FAIL_DENIED,
                       "RSA key with more than %d bits, or an impossible public exponent",
                       RSA_MAX_BITS);
    case KEY_NONE:
    case KEY_ED25519:
    case KEY_OTHER:
        break;
    }
    return err_set(err, FAIL_DENIED, "only ECDSA and RSA keys sign and verify");
}

/* PKCS#1 v1.5, stated rather than left to the default of a libcrypto version. */
static bool choose_padding(EVP_PKEY_CTX *ctx, const struct key *key)
{
    return key_type(key) != KEY_RSA || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
}

bool key_sign_sha256(const struct key *key, struct bytes message, struct buf *signature,
                     struct err *err)
{
    auto_md_ctx *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey_ctx = NULL; /* belongs to ctx */
    const size_t start = signature->len;
    size_t len = 0;

    if (!can_sign(key, err))
        return false;
    if (ctx == NULL ||
        EVP_DigestSignInit_ex(ctx, &pkey_ctx, "SHA2-256", NULL, NULL, key_pkey(key), NULL) != 1 ||
        !choose_padding(pkey_ctx, key) ||
        EVP_DigestSign(ctx, NULL, &len, message.at, message.len) != 1)
        return libcrypto_refused(err, FAIL_INTERNAL, "signing");
    if (EVP_DigestSign(ctx, buf_grow(signature, len), &len, message.at, message.len) != 1) {
        buf_truncate(signature, start);
        return key_held_refusal(key, err) ? false
                                          : libcrypto_refused(err, FAIL_INTERNAL, "signing");
    }
    buf_truncate(signature, start + len);
    return true;
}

bool key_verify_sha256(const struct key *key, struct bytes message, struct bytes signature,
                       struct err *err)
{
    auto_md_ctx *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey_ctx = NULL; /* belongs to ctx */

    if (!can_sign(key, err))
        return false;
    if (ctx == NULL ||
        EVP_DigestVerifyInit_ex(ctx, &pkey_ctx, "SHA2-256", NULL, NULL, key_pkey(key), NULL) != 1 ||
        !choose_padding(pkey_ctx, key))
        return libcrypto_refused(err, FAIL_INTERNAL, "verifying a signature");
    if (EVP_DigestVerify(ctx, signature.at, signature.len, message.at, message.len) == 1)
        return true;
    ERR_clear_error();
    return err_set(err, FAIL_DENIED, "the signature does not verify");
}

/* init: EVP_PKEY_encrypt_init or EVP_PKEY_decrypt_init. NULL when libcrypto refuses the key. */
static EVP_PKEY_CTX *oaep_ctx(const struct key *key, int (*init)(EVP_PKEY_CTX *))
{
    auto_pkey_ctx *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_pkey(key), NULL);

    if (ctx == NULL || init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA2-256", NULL) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA2-256", NULL) != 1)
        return NULL;
    return TAKE(ctx);
}

bool key_oaep_encrypt(const struct key *key, struct bytes in, struct buf *out, struct err *err)
{
    auto_pkey_ctx *ctx = oaep_ctx(key, EVP_PKEY_encrypt_init);
    const size_t start = out->len;
    size_t len = 0;

    if (ctx == NULL || EVP_PKEY_encrypt(ctx, NULL, &len, in.at, in.len) != 1)
        return libcrypto_refused(err, FAIL_INTERNAL, "RSA-OAEP encryption");
    if (EVP_PKEY_encrypt(ctx, buf_grow(out, len), &len, in.at, in.len) != 1) {
        buf_truncate(out, start);
        return libcrypto_refused(err, FAIL_INTERNAL, "RSA-OAEP encryption");
    }
    buf_truncate(out, start + len);
    return true;
}

bool key_oaep_decrypt(const struct key *key, struct bytes in, struct buf *out, struct err *err)
{
    auto_pkey_ctx *ctx = oaep_ctx(key, EVP_PKEY_decrypt_init);
    const size_t start = out->len;
    size_t len = 0;

    if (ctx == NULL || EVP_PKEY_decrypt(ctx, NULL, &len, in.at, in.len) != 1)
        return libcrypto_refused(err, FAIL_INTERNAL, "RSA-OAEP decryption");
    if (EVP_PKEY_decrypt(ctx, buf_grow(out, len), &len, in.at, in.len) == 1) {
        buf_truncate(out, start + len);
        return true;
    }
    buf_truncate(out, start);
    ERR_clear_error();
    if (key_held_refusal(key, err))
        return false;
    /* One text for every cause, or it would tell a sender about the padding. */
    return err_set(err, FAIL_DENIED, "RSA-OAEP: the ciphertext does not decrypt");
}
