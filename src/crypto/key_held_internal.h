/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/internal.h"
#include "crypto/key_held.h"

#include <openssl/core_dispatch.h>

/* What the files of the provider for held keys share: its key objects, and its tables. */
struct held {
    unsigned references;
    const char *type;                /* "RSA" or "EC" */
    EVP_PKEY *public_half;           /* NULL: not imported yet */
    const struct key_holder *holder; /* NULL: a public key that was imported to be compared */
    void *ctx;
    struct err refusal;
};
#define PARAM_REFUSAL "taw-refusal" /* out: the struct err of a key */

struct held *held_ref(struct held *held) MUST_CHECK;
void held_free(struct held *held);

extern const OSSL_DISPATCH held_rsa_signature[], held_ecdsa_signature[], held_rsa_cipher[];
