/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_held.h"

#include "crypto/key_held_internal.h"

#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include <openssl/core_names.h>
#include <openssl/provider.h>

/* The provider: its key objects and how they come to be (provider-keymgmt(7)). */

#define PROVIDER "taw-held"
#define PARAM_HELD "taw-held" /* in: the struct held of a new key */

struct held *held_ref(struct held *held)
{
    held->references++;
    return held;
}

void held_free(struct held *held)
{
    if (held == NULL || --held->references > 0)
        return;
    if (held->holder != NULL)
        held->holder->free(held->ctx);
    EVP_PKEY_free(held->public_half);
    free(held);
}

static struct held *held_new(const char *type)
{
    struct held *const held = mem_zero_alloc(1, sizeof *held);

    held->references = 1;
    held->type = type;
    return held;
}

/* ---- the functions of keys; libcrypto wants void pointers ---- */

static void *rsa_new(void *provider)
{
    (void)provider;
    return held_new("RSA");
}

static void *ec_new(void *provider)
{
    (void)provider;
    return held_new("EC");
}

static void free_key(void *key)
{
    held_free(key);
}

static int has(const void *key, int selection)
{
    const struct held *const held = key;

    return held->public_half != NULL &&
           ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || held->holder != NULL);
}

static int match(const void *a, const void *b, int selection)
{
    const struct held *const one = a, *const other = b;

    (void)selection;
    return one->public_half != NULL && other->public_half != NULL &&
           EVP_PKEY_eq(one->public_half, other->public_half) == 1;
}

static bool import_public(struct held *held, const OSSL_PARAM params[])
{
    auto_pkey_ctx *ctx = EVP_PKEY_CTX_new_from_name(NULL, held->type, NULL);

    /* EVP_PKEY_fromdata reads the parameters only. */
    return ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
           EVP_PKEY_fromdata(ctx, &held->public_half, EVP_PKEY_PUBLIC_KEY,
                             (OSSL_PARAM *)(uintptr_t)params) == 1;
}

/* Either a key of key_held, or the public key of another provider, to be compared. */
static int import_key(void *key, int selection, const OSSL_PARAM params[])
{
    struct held *const held = key;
    const OSSL_PARAM *const own = OSSL_PARAM_locate_const(params, PARAM_HELD);
    struct held *from = NULL;

    (void)selection;
    if (own == NULL)
        return import_public(held, params);
    memcpy(&from, own->data, sizeof from);
    *held = *from;
    held->references = 1;
    *from = (struct held){ .references = 1 };
    return 1;
}

/* Also where somebody asks for a private half, which nobody gets: then there is no such key for him. */
static int export_key(void *key, int selection, OSSL_CALLBACK *callback, void *arg)
{
    const struct held *const held = key;

    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 && held->holder != NULL)
        return 0;
    return held->public_half != NULL &&
           EVP_PKEY_export(held->public_half, EVP_PKEY_PUBLIC_KEY, callback, arg);
}

/* libcrypto offers only what stands here, and that is checked by the key inside. */
static const OSSL_PARAM *rsa_types(int selection)
{
    static const OSSL_PARAM types[] = { OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
                                        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
                                        OSSL_PARAM_octet_string(PARAM_HELD, NULL, 0),
                                        OSSL_PARAM_END };
    (void)selection;
    return types;
}

static const OSSL_PARAM *ec_types(int selection)
{
    static const OSSL_PARAM types[] = { OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
                                        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
                                        OSSL_PARAM_octet_string(PARAM_HELD, NULL, 0),
                                        OSSL_PARAM_END };
    (void)selection;
    return types;
}

static int get_params(void *key, OSSL_PARAM params[])
{
    const struct held *const held = key;
    OSSL_PARAM *const refusal = OSSL_PARAM_locate(params, PARAM_REFUSAL);

    if (refusal != NULL)
        return OSSL_PARAM_set_octet_string(refusal, &held->refusal, sizeof held->refusal);
    return held->public_half != NULL && EVP_PKEY_get_params(held->public_half, params);
}

static const OSSL_PARAM *gettable(void *provider)
{
    static const OSSL_PARAM types[] = { OSSL_PARAM_octet_string(PARAM_REFUSAL, NULL, 0),
                                        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
                                        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
                                        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
                                        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
                                        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
                                        OSSL_PARAM_END };
    (void)provider;
    return types;
}

static const char *ec_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

typedef void (*entry)(void);
#define COMMON_ENTRIES                                                                             \
    { OSSL_FUNC_KEYMGMT_FREE, (entry)free_key }, { OSSL_FUNC_KEYMGMT_HAS, (entry)has },            \
        { OSSL_FUNC_KEYMGMT_MATCH, (entry)match },                                                 \
        { OSSL_FUNC_KEYMGMT_IMPORT, (entry)import_key },                                           \
        { OSSL_FUNC_KEYMGMT_EXPORT, (entry)export_key },                                           \
        { OSSL_FUNC_KEYMGMT_GET_PARAMS, (entry)get_params },                                       \
    {                                                                                              \
        OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (entry)gettable                                         \
    }
static const OSSL_DISPATCH rsa_keys[] = { { OSSL_FUNC_KEYMGMT_NEW, (entry)rsa_new },
                                          { OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (entry)rsa_types },
                                          { OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (entry)rsa_types },
                                          COMMON_ENTRIES,
                                          { 0, NULL } };
static const OSSL_DISPATCH ec_keys[] = { { OSSL_FUNC_KEYMGMT_NEW, (entry)ec_new },
                                         { OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (entry)ec_types },
                                         { OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (entry)ec_types },
                                         { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME,
                                           (entry)ec_operation },
                                         COMMON_ENTRIES,
                                         { 0, NULL } };

/* ---- the provider ---- */

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    static const OSSL_ALGORITHM keys[] = {
        { "RSA:rsaEncryption", "provider=" PROVIDER, rsa_keys, NULL },
        { "EC:id-ecPublicKey", "provider=" PROVIDER, ec_keys, NULL },
        { NULL, NULL, NULL, NULL }
    };
    static const OSSL_ALGORITHM signatures[] = {
        { "RSA:rsaEncryption", "provider=" PROVIDER, held_rsa_signature, NULL },
        { "ECDSA", "provider=" PROVIDER, held_ecdsa_signature, NULL },
        { NULL, NULL, NULL, NULL }
    };
    static const OSSL_ALGORITHM ciphers[] = { { "RSA:rsaEncryption", "provider=" PROVIDER,
                                                held_rsa_cipher, NULL },
                                              { NULL, NULL, NULL, NULL } };

    (void)provider;
    *no_cache = 0;
    switch (operation) {
    case OSSL_OP_KEYMGMT:
        return keys;
    case OSSL_OP_SIGNATURE:
        return signatures;
    case OSSL_OP_ASYM_CIPHER:
        return ciphers;
    default:
        return NULL;
    }
}

static int start(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                 void **provider)
{
    static const OSSL_DISPATCH functions[] = { { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (entry)query },
                                               { 0, NULL } };
    (void)in;
    *out = functions;
    *provider = (void *)(uintptr_t)core; /* all functions do without */
    return 1;
}

/* Written once, below. NULL: libcrypto refused. Never freed: keys may live until the process ends. */
static OSSL_LIB_CTX *own_context;

static void make_context(void)
{
    OSSL_LIB_CTX *const made = OSSL_LIB_CTX_new();

    /* "default" has the encoders that write the public half. */
    if (made != NULL && OSSL_PROVIDER_add_builtin(made, PROVIDER, start) == 1 &&
        OSSL_PROVIDER_load(made, "default") != NULL && OSSL_PROVIDER_load(made, PROVIDER) != NULL)
        own_context = made;
    else
        OSSL_LIB_CTX_free(made);
}

static OSSL_LIB_CTX *held_context(void)
{
    static once_flag once = ONCE_FLAG_INIT;

    call_once(&once, make_context);
    return own_context;
}

/* ---- what others see ---- */

static EVP_PKEY *make(struct held *from, struct err *err)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(PARAM_HELD, &from, sizeof from),
                            OSSL_PARAM_construct_end() };
    OSSL_LIB_CTX *const context = held_context();
    auto_pkey_ctx *ctx =
        context == NULL ? NULL
                        : EVP_PKEY_CTX_new_from_name(context, from->type, "provider=" PROVIDER);
    EVP_PKEY *made = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_KEYPAIR, params) != 1)
        (void)libcrypto_refused(err, FAIL_INTERNAL, "a key that is held elsewhere");
    return made;
}

struct key *key_held(struct key *public_half, const struct key_holder *holder, void *ctx,
                     struct err *err)
{
    const enum key_type type = key_type(public_half);
    struct held *const held = held_new(type == KEY_RSA ? "RSA" : "EC");
    EVP_PKEY *made = NULL;

    held->holder = holder;
    held->ctx = ctx;
    held->public_half = key_pkey(key_ref(public_half));
    if (type == KEY_RSA || type == KEY_ECDSA)
        made = make(held, err);
    else
        (void)err_set(err, FAIL_MALFORMED, "only RSA and ECDSA keys can be held elsewhere");
    held_free(held); /* what the new key took out of it is not in it any more */
    return key_of_pkey(made);
}
