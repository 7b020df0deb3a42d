/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/internal.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <threads.h>

bool libcrypto_refused(struct err *err, enum fail_kind kind, const char *what)
{
    const char *const reason = ERR_reason_error_string(ERR_peek_last_error());

    (void)err_set(err, kind, "%s: %s", what, reason == NULL ? "refused by libcrypto" : reason);
    ERR_clear_error();
    return false;
}

static EVP_PKEY *curve_alone(char *name)
{
    OSSL_PARAM parts[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
        OSSL_PARAM_construct_end(),
    };
    auto_pkey_ctx *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *curve = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &curve, EVP_PKEY_KEY_PARAMETERS, parts) != 1)
        ERR_clear_error();
    return curve;
}

/* A context whose only provider has nothing. */
static OSSL_LIB_CTX *context_without_algorithms(void)
{
    OSSL_LIB_CTX *const ctx = OSSL_LIB_CTX_new();

    if (ctx != NULL && OSSL_PROVIDER_load(ctx, "null") != NULL)
        return ctx;
    ERR_clear_error();
    OSSL_LIB_CTX_free(ctx);
    return NULL;
}

static struct algorithms fetched; /* written once, below, before anyone reads it */

static void fetch_all(void)
{
    char p256[] = SN_X9_62_prime256v1, p384[] = SN_secp384r1;

    fetched = (struct algorithms){
        .sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL),
        .hmac = EVP_MAC_fetch(NULL, "HMAC", NULL),
        .hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL),
        .aes_128_gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL),
        .aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL),
        .p256 = curve_alone(p256),
        .p384 = curve_alone(p384),
        .empty = context_without_algorithms(),
    };
}

const struct algorithms *algorithms(void)
{
    static once_flag once = ONCE_FLAG_INIT;

    call_once(&once, fetch_all);
    return &fetched;
}
