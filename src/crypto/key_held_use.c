/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_held_internal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

/*
 * The provider: signatures and decryption with held keys (provider-signature(7), provider-asym_cipher(7)). Data come in one
 * piece, are hashed here, and the hash goes to the holder. Signatures are verified with the public half, by
 * libcrypto.
 */

enum { LONGEST_SIGNATURE = 2 * RSA_MAX_BITS / 8 };

/* One operation. */
struct use {
    struct held *held;
    char hash[32];   /* of a signature, in libcrypto's words */
    int rsa_padding; /* RSA_*_PADDING */
};

static void *use_new(void *provider, const char *properties)
{
    struct use *const use = mem_zero_alloc(1, sizeof *use);

    (void)provider;
    (void)properties;
    use->rsa_padding = RSA_PKCS1_PADDING;
    return use;
}

static void *cipher_new(void *provider)
{
    return use_new(provider, NULL);
}

static void use_free(void *ctx)
{
    struct use *const use = ctx;

    held_free(use->held);
    free(use);
}

/* ---- parameters ---- */

static const struct {
    const char *name;
    int padding;
} PADDINGS[] = {
    { OSSL_PKEY_RSA_PAD_MODE_PKCSV15, RSA_PKCS1_PADDING },
    { OSSL_PKEY_RSA_PAD_MODE_PSS, RSA_PKCS1_PSS_PADDING },
    { OSSL_PKEY_RSA_PAD_MODE_OAEP, RSA_PKCS1_OAEP_PADDING },
};

/* A number or a word. */
static bool set_padding(struct use *use, const OSSL_PARAM *param)
{
    int number = 0;

    if (param->data_type != OSSL_PARAM_UTF8_STRING && OSSL_PARAM_get_int(param, &number) != 1)
        return false;
    for (size_t i = 0; i < COUNT_OF(PADDINGS); i++) {
        if (number == PADDINGS[i].padding ||
            (number == 0 && strcmp(PADDINGS[i].name, param->data) == 0)) {
            use->rsa_padding = PADDINGS[i].padding;
            return true;
        }
    }
    return false;
}

/* The salt is always as long as the hash. */
static bool is_hash_length(const OSSL_PARAM *param)
{
    int number = 0;

    if (param->data_type == OSSL_PARAM_UTF8_STRING)
        return strcmp(param->data, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0 ||
               strcmp(param->data, "-1") == 0;
    return OSSL_PARAM_get_int(param, &number) == 1 && number == RSA_PSS_SALTLEN_DIGEST;
}

static bool is_sha256(const OSSL_PARAM *param)
{
    return param->data_type == OSSL_PARAM_UTF8_STRING &&
           EVP_MD_is_a(algorithms()->sha256, param->data) == 1;
}

static int set_params(void *ctx, const OSSL_PARAM params[])
{
    struct use *const use = ctx;
    const OSSL_PARAM *const padding = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PAD_MODE);
    const OSSL_PARAM *const salt =
        OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    const OSSL_PARAM *const oaep =
        OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST);
    const OSSL_PARAM *const mgf1 =
        OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST);

    return (padding == NULL || set_padding(use, padding)) &&
           (salt == NULL || is_hash_length(salt)) && (oaep == NULL || is_sha256(oaep)) &&
           (mgf1 == NULL || is_sha256(mgf1));
}

static const OSSL_PARAM *rsa_signature_params(void *ctx, void *provider)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0), OSSL_PARAM_END
    };
    (void)ctx;
    (void)provider;
    return types;
}

static const OSSL_PARAM *rsa_cipher_params(void *ctx, void *provider)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, NULL, 0), OSSL_PARAM_END
    };
    (void)ctx;
    (void)provider;
    return types;
}

/* ---- signatures ---- */

static bool use_begin(struct use *use, struct held *held, const OSSL_PARAM params[])
{
    held_free(use->held);
    use->held = held_ref(held);
    return params == NULL || set_params(use, params) == 1;
}

/* TLS tries which hashes a key takes: only those that every holder can tell by their length. */
static int sign_init(void *ctx, const char *hash, void *key, const OSSL_PARAM params[])
{
    static const char *const known[] = { "SHA2-256", "SHA2-384", "SHA2-512" };
    struct use *const use = ctx;
    EVP_MD *const md = hash == NULL ? NULL : EVP_MD_fetch(NULL, hash, NULL);

    use->hash[0] = '\0';
    for (size_t i = 0; md != NULL && i < COUNT_OF(known); i++) {
        if (EVP_MD_is_a(md, known[i]) == 1)
            (void)snprintf(use->hash, sizeof use->hash, "%s", known[i]);
    }
    EVP_MD_free(md);
    return use->hash[0] != '\0' && use_begin(use, key, params);
}

/* r and s as ECDSA-Sig-Value in DER (RFC 3279, 2.2.3). */
static bool put_ecdsa(struct bytes raw, struct buf *signature)
{
    const int half = (int)(raw.len / 2);
    ECDSA_SIG *const numbers = ECDSA_SIG_new();
    BIGNUM *const r = BN_bin2bn(raw.at, half, NULL), *const s =
                                                         BN_bin2bn(raw.at + half, half, NULL);
    uint8_t *der = NULL;
    int len = 0;

    if (numbers != NULL && ECDSA_SIG_set0(numbers, r, s) == 1) {
        len = i2d_ECDSA_SIG(numbers, &der);
    } else {
        BN_free(r);
        BN_free(s);
    }
    if (len > 0)
        buf_add(signature, bytes_of(der, (size_t)len));
    OPENSSL_free(der);
    ECDSA_SIG_free(numbers);
    return len > 0;
}

static bool ask_for_signature(struct use *use, enum held_scheme scheme, struct bytes data,
                              struct buf *signature)
{
    struct held *const held = use->held;
    uint8_t hash[EVP_MAX_MD_SIZE];
    auto_buf raw = { 0 };
    size_t len = 0;

    held->refusal = (struct err){ 0 };
    if (held->holder == NULL ||
        EVP_Q_digest(NULL, use->hash, NULL, data.at, data.len, hash, &len) != 1 ||
        !held->holder->sign(held->ctx, scheme, bytes_of(hash, len), &raw, &held->refusal) ||
        raw.len > LONGEST_SIGNATURE)
        return false;
    if (scheme == HELD_ECDSA)
        return put_ecdsa(buf_bytes(&raw), signature);
    buf_add(signature, buf_bytes(&raw));
    return true;
}

static int sign(struct use *use, enum held_scheme scheme, uint8_t *out, size_t *len, size_t size,
                struct bytes data)
{
    const size_t most = (size_t)EVP_PKEY_get_size(use->held->public_half);
    auto_buf signature = { 0 };

    if (out == NULL) {
        *len = most;
        return 1;
    }
    if (!ask_for_signature(use, scheme, data, &signature) || signature.len > size)
        return 0;
    memcpy(out, signature.at, signature.len);
    *len = signature.len;
    return 1;
}

static int rsa_sign(void *ctx, uint8_t *out, size_t *len, size_t size, const uint8_t *data,
                    size_t data_len)
{
    struct use *const use = ctx;
    const bool pss = use->rsa_padding == RSA_PKCS1_PSS_PADDING;

    return use->rsa_padding != RSA_PKCS1_OAEP_PADDING &&
           sign(use, pss ? HELD_RSA_PSS : HELD_RSA_PKCS1, out, len, size, bytes_of(data, data_len));
}

static int ecdsa_sign(void *ctx, uint8_t *out, size_t *len, size_t size, const uint8_t *data,
                      size_t data_len)
{
    return sign(ctx, HELD_ECDSA, out, len, size, bytes_of(data, data_len));
}

static int verify(void *ctx, const uint8_t *signature, size_t len, const uint8_t *data,
                  size_t data_len)
{
    struct use *const use = ctx;
    auto_md_ctx *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey_ctx = NULL; /* belongs to md */

    return md != NULL &&
           EVP_DigestVerifyInit_ex(md, &pkey_ctx, use->hash, NULL, NULL, use->held->public_half,
                                   NULL) == 1 &&
           (strcmp(use->held->type, "RSA") != 0 ||
            EVP_PKEY_CTX_set_rsa_padding(pkey_ctx, use->rsa_padding) == 1) &&
           EVP_DigestVerify(md, signature, len, data, data_len) == 1;
}

/* ---- decryption ---- */

static int decrypt_init(void *ctx, void *key, const OSSL_PARAM params[])
{
    return use_begin(ctx, key, params);
}

static int decrypt(void *ctx, uint8_t *out, size_t *len, size_t size, const uint8_t *in,
                   size_t in_len)
{
    struct use *const use = ctx;
    struct held *const held = use->held;
    auto_buf plain = { 0 };

    held->refusal = (struct err){ 0 };
    if (out == NULL) {
        *len = (size_t)EVP_PKEY_get_size(held->public_half);
        return 1;
    }
    if (held->holder == NULL || use->rsa_padding != RSA_PKCS1_OAEP_PADDING ||
        !held->holder->oaep_decrypt(held->ctx, bytes_of(in, in_len), &plain, &held->refusal) ||
        plain.len > size)
        return 0;
    memcpy(out, plain.at, plain.len);
    *len = plain.len;
    return 1;
}

/* ---- tables ---- */

typedef void (*entry)(void);
#define SIGNATURE_ENTRIES                                                                          \
    { OSSL_FUNC_SIGNATURE_NEWCTX, (entry)use_new },                                                \
        { OSSL_FUNC_SIGNATURE_FREECTX, (entry)use_free },                                          \
        { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (entry)sign_init },                                \
        { OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, (entry)sign_init },                              \
    {                                                                                              \
        OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, (entry)verify                                           \
    }
const OSSL_DISPATCH held_rsa_signature[] = {
    SIGNATURE_ENTRIES,
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (entry)rsa_sign },
    { OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (entry)set_params },
    { OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (entry)rsa_signature_params },
    { 0, NULL },
};
const OSSL_DISPATCH held_ecdsa_signature[] = {
    SIGNATURE_ENTRIES,
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (entry)ecdsa_sign },
    { 0, NULL },
};
const OSSL_DISPATCH held_rsa_cipher[] = {
    { OSSL_FUNC_ASYM_CIPHER_NEWCTX, (entry)cipher_new },
    { OSSL_FUNC_ASYM_CIPHER_FREECTX, (entry)use_free },
    { OSSL_FUNC_ASYM_CIPHER_DECRYPT_INIT, (entry)decrypt_init },
    { OSSL_FUNC_ASYM_CIPHER_DECRYPT, (entry)decrypt },
    { OSSL_FUNC_ASYM_CIPHER_SET_CTX_PARAMS, (entry)set_params },
    { OSSL_FUNC_ASYM_CIPHER_SETTABLE_CTX_PARAMS, (entry)rsa_cipher_params },
    { 0, NULL },
};
