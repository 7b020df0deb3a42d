/* SPDX-License-Identifier: Apache-2.0 */
#include "sealing/blob.h"

#include <stdlib.h>

/* The seal keys of the enclave, as Gramine shows them (marble-api.md, 8.1). */
#define KEY_DIRECTORY "/dev/attestation/keys/"
#define KEY_INFO "taw Gramine seal key"
enum { GRAMINE_KEY_LEN = 16 };

struct gramine_keys {
    const struct env *env;
    char *root; /* put before every path */
};

static void gramine_free(void *ctx)
{
    struct gramine_keys *const k = ctx;

    free(k->root);
    free(k);
}

static bool is_zero(struct bytes b)
{
    uint8_t any = 0;

    for (size_t i = 0; i < b.len; i++)
        any |= b.at[i];
    return any == 0;
}

/* Read each time: it stays in memory no longer than it is used. */
static bool read_key(const struct gramine_keys *k, enum sealing_policy policy, struct buf *key,
                     struct err *err)
{
    const char *const name = policy == SEAL_UNIQUE_KEY ? "_sgx_mrenclave" : "_sgx_mrsigner";
    auto_string *path = mem_printf("%s" KEY_DIRECTORY "%s", k->root, name);

    if (!file_read(k->env->files, path, GRAMINE_KEY_LEN, key, err)) {
        err->kind = FAIL_UNAVAILABLE;
        return err_in(err, "seal key of the enclave");
    }
    return (key->len == GRAMINE_KEY_LEN && !is_zero(buf_bytes(key))) ||
           err_set(err, FAIL_UNAVAILABLE, "seal key of the enclave: %s holds no key of %d bytes",
                   path, GRAMINE_KEY_LEN);
}

static bool gramine_seal(void *ctx, enum sealing_policy policy, struct bytes plaintext,
                         struct bytes aad, struct buf *blob, struct err *err)
{
    const struct gramine_keys *const k = ctx;
    auto_buf key = { 0 };

    return read_key(k, policy, &key, err) &&
           blob_seal(k->env, buf_bytes(&key), BYTES_LITERAL(KEY_INFO), policy, plaintext, aad, blob,
                     err);
}

static bool gramine_unseal(void *ctx, struct bytes blob, struct bytes aad,
                           struct secret **plaintext, struct err *err)
{
    const struct gramine_keys *const k = ctx;
    enum sealing_policy policy = SEAL_NONE;
    auto_buf key = { 0 };

    if (!blob_policy(blob, &policy, err) || !read_key(k, policy, &key, err))
        return false;
    return blob_open(buf_bytes(&key), BYTES_LITERAL(KEY_INFO), blob, aad, plaintext, err) ||
           err_in(err, "not sealed by this enclave on this machine at this TCB, or damaged");
}

struct sealing *sealing_open_gramine(const struct env *env, const char *root, struct err *err)
{
    const struct gramine_keys probe = { env, mem_string(root) };
    auto_buf product = { 0 }, unique = { 0 };

    if (!read_key(&probe, SEAL_PRODUCT_KEY, &product, err) ||
        !read_key(&probe, SEAL_UNIQUE_KEY, &unique, err)) {
        free(probe.root);
        return NULL;
    }
    struct gramine_keys *const k = mem_alloc(sizeof *k);
    *k = probe;
    struct sealing *const sealing = mem_alloc(sizeof *sealing);
    *sealing = (struct sealing){
        .ctx = k,
        .name = "Gramine's seal keys",
        .opens = "on this processor at this TCB",
        .seal = gramine_seal,
        .unseal = gramine_unseal,
        .free = gramine_free,
    };
    return sealing;
}
