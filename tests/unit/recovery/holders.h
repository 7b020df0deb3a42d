/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Key holders for tests: RSA keys that a program makes once, and a world with real dice. */
#include "base/env.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "recovery/metadata.h"

enum { HOLDERS = 5 };

static const char *const holder_names[HOLDERS] = { "alice", "bob", "carol", "dave", "eve" };

/* The private key of a holder; kept until the program ends. */
static inline struct key *holder_key(unsigned i)
{
    static struct key *keys[HOLDERS];
    struct err err = { 0 };

    if (keys[i] == NULL)
        keys[i] = key_generate(KEY_RSA, 2048, &err);
    assert_non_null(keys[i]);
    return keys[i];
}

static inline struct buf holder_sign(unsigned i, struct bytes message)
{
    struct buf signature = { 0 };
    struct err err = { 0 };

    assert_ok(key_sign_sha256(holder_key(i), message, &signature, &err), &err);
    return signature;
}

static inline bool real_random(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    (void)ctx;
    return random_bytes(out, len, err);
}

static inline bool no_random(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    (void)ctx;
    (void)out;
    (void)len;
    return err_set(err, FAIL_INTERNAL, "no randomness");
}

static const struct env holder_env = { .random = real_random };
