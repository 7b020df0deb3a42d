/* SPDX-License-Identifier: Apache-2.0 */
#include "sealing/blob.h"

#include "base/reader.h"
#include "crypto/hash.h"

enum { BLOB_VERSION = 1, KEY_LEN = 32 };

static struct secret *policy_key(struct bytes key, struct bytes info, enum sealing_policy policy,
                                 struct err *err)
{
    auto_buf full = { 0 };
    auto_secret *derived = secret_new(KEY_LEN, err);

    buf_add(&full, info);
    buf_add_u8(&full, (uint8_t)policy);
    if (derived == NULL ||
        !hkdf_sha256(key, BYTES_NONE, buf_bytes(&full), derived->at, derived->len, err))
        return NULL;
    return TAKE(derived);
}

bool blob_seal(const struct env *env, struct bytes key, struct bytes info,
               enum sealing_policy policy, struct bytes plaintext, struct bytes aad,
               struct buf *blob, struct err *err)
{
    const size_t start = blob->len;
    uint8_t nonce[AEAD_NONCE_LEN];
    auto_secret *derived = policy_key(key, info, policy, err);

    if (derived == NULL || !env->random(env->ctx, nonce, sizeof nonce, err))
        return false;
    buf_add_u8(blob, BLOB_VERSION);
    buf_add_u8(blob, (uint8_t)policy);
    buf_add(blob, bytes_of(nonce, sizeof nonce));
    if (aead_seal(secret_bytes(derived), nonce, aad, plaintext, blob, err))
        return true;
    buf_truncate(blob, start);
    return false;
}

/* The head: version, policy, nonce. */
static bool read_head(struct reader *r, enum sealing_policy *policy, struct bytes *nonce,
                      struct err *err)
{
    const uint8_t version = reader_u8(r, "version");
    const uint8_t number = reader_u8(r, "policy");

    *nonce = reader_bytes(r, AEAD_NONCE_LEN, "nonce");
    if (!reader_fits(r, "blob", err)) {
        err->kind = FAIL_DENIED;
        return false;
    }
    if (version != BLOB_VERSION)
        return err_set(err, FAIL_DENIED, "blob version %u is not known", version);
    if (number != SEAL_PRODUCT_KEY && number != SEAL_UNIQUE_KEY)
        return err_set(err, FAIL_DENIED, "blob policy %u is not known", number);
    *policy = (enum sealing_policy)number;
    return true;
}

bool blob_policy(struct bytes blob, enum sealing_policy *policy, struct err *err)
{
    struct reader r = reader_over(blob);
    struct bytes nonce;

    return read_head(&r, policy, &nonce, err);
}

bool blob_open(struct bytes key, struct bytes info, struct bytes blob, struct bytes aad,
               struct secret **plaintext, struct err *err)
{
    struct reader r = reader_over(blob);
    enum sealing_policy policy = SEAL_NONE;
    struct bytes nonce;
    auto_buf opened = { 0 };

    if (!read_head(&r, &policy, &nonce, err))
        return false;
    auto_secret *derived = policy_key(key, info, policy, err);
    if (derived == NULL)
        return false;
    if (!aead_open(secret_bytes(derived), nonce.at, aad, reader_rest(&r), &opened, err)) {
        if (err->kind != FAIL_INTERNAL)
            err->kind = FAIL_DENIED;
        return false;
    }
    *plaintext = secret_copy(buf_bytes(&opened), err);
    return *plaintext != NULL;
}
