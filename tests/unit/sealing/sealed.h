/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "test.h"

#include "sealing/sealing.h"

#include <stdlib.h>

/* What every way of sealing has to do. Included once by each test program. */

#define AAD BYTES_LITERAL("what it belongs to")
#define SECRET BYTES_LITERAL("secret")

static inline struct buf seal(const struct sealing *sealing, enum sealing_policy policy,
                              struct bytes plaintext, struct bytes aad)
{
    struct buf blob = { 0 };
    struct err err = { 0 };

    assert_ok(sealing_seal(sealing, policy, plaintext, aad, &blob, &err), &err);
    return blob;
}

static inline void assert_opens(const struct sealing *sealing, struct bytes blob, struct bytes aad,
                                struct bytes want)
{
    auto_secret *plaintext = NULL;
    struct err err = { 0 };

    assert_ok(sealing_unseal(sealing, blob, aad, &plaintext, &err), &err);
    assert_bytes_equal(secret_bytes(plaintext), want);
}

static inline void assert_does_not_open(const struct sealing *sealing, struct bytes blob,
                                        struct bytes aad, enum fail_kind kind)
{
    auto_secret *plaintext = NULL;
    struct err err = { 0 };

    assert_false(sealing_unseal(sealing, blob, aad, &plaintext, &err));
    assert_null(plaintext);
    if (err.kind != kind)
        fail_msg("%d: %s", (int)err.kind, err.text);
}

static inline void assert_opens_for_what_it_belongs_to(const struct sealing *sealing)
{
    auto_buf product = seal(sealing, SEAL_PRODUCT_KEY, SECRET, AAD),
             unique = seal(sealing, SEAL_UNIQUE_KEY, SECRET, AAD);

    assert_opens(sealing, buf_bytes(&product), AAD, SECRET);
    assert_opens(sealing, buf_bytes(&unique), AAD, SECRET);
    assert_does_not_open(sealing, buf_bytes(&product), BYTES_LITERAL("something else"),
                         FAIL_DENIED);
}

/* Every prefix, and every bit changed. */
static inline void assert_opens_undamaged_only(const struct sealing *sealing)
{
    auto_buf blob = seal(sealing, SEAL_PRODUCT_KEY, SECRET, AAD);

    for (size_t len = 0; len < blob.len; len++) {
        uint8_t *const prefix = bytes_copy(bytes_of(blob.at, len));
        assert_does_not_open(sealing, bytes_of(prefix, len), AAD, FAIL_DENIED);
        free(prefix);
    }
    for (size_t i = 0; i < 8 * blob.len; i++) {
        const uint8_t bit = (uint8_t)(1 << i % 8);
        blob.at[i / 8] ^= bit;
        assert_does_not_open(sealing, buf_bytes(&blob), AAD, FAIL_DENIED);
        blob.at[i / 8] ^= bit;
    }
    assert_opens(sealing, buf_bytes(&blob), AAD, SECRET);
}
