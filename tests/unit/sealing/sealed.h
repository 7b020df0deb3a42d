/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "test.h"

#include "sealing/sealing.h"

/* What every way of sealing has to do. Included once by each test program. */

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
