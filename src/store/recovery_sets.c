/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/store_internal.h"

bool store_check_recovery_set(struct bytes rwk, struct bytes line, struct err *err)
{
    struct bytes second;

    if (rwk.len != 0 && rwk.len != 16 && rwk.len != 32)
        return err_set(err, FAIL_MALFORMED, "a recovery wrapping key of %zu bytes", rwk.len);
    return !bytes_line(line, 1, &second) ||
           err_set(err, FAIL_MALFORMED, "the metadata of a recovery set have a line break");
}

bool store_write_recovery_slot(const struct store *s, struct bytes rwk, struct bytes line,
                               struct buf *out, struct err *err)
{
    uint8_t random[SLOT_ID_LEN + AEAD_NONCE_LEN];

    return s->env->random(s->env->ctx, random, sizeof random, err) &&
           recovery_slot_write(&s->owner, rwk, line, secret_bytes(s->dek), random, out, err);
}

/* The clear part of the snapshot as it will be. */
struct next_sets {
    struct buf slots, metadata, signature;
};

static void next_sets_clear(struct next_sets *next)
{
    buf_clear(&next->slots);
    buf_clear(&next->metadata);
    buf_clear(&next->signature);
}

static bool check_sets(const struct store_recovery *r, const struct omap *values, struct err *err)
{
    if (r->count == 0 || r->count > STORE_RECOVERY_SETS)
        return err_set(err, FAIL_MALFORMED, "%zu recovery sets are not 1 to %d", r->count,
                       STORE_RECOVERY_SETS);
    for (size_t i = 0; i < r->count; i++) {
        if (!store_check_recovery_set(r->sets[i].rwk, r->sets[i].metadata, err))
            return false;
        /* Its line says which slot is whose. */
        if (i > 0 && bytes_equal(r->sets[i].metadata, r->sets[0].metadata))
            return err_set(err, FAIL_MALFORMED, "a recovery set is listed twice");
    }
    return (r->signature.len <= SNAPSHOT_SIGNATURE_MAX && omap_size(values) <= STORE_MAX_VALUES) ||
           err_set(err, FAIL_TOO_LARGE, "the state or its recovery metadata are too large");
}

static bool put_slot(const struct store *s, const struct store_recovery_set *set, struct buf *slots,
                     struct err *err)
{
    struct bytes kept;

    if (set->rwk.len > 0)
        return store_write_recovery_slot(s, set->rwk, set->metadata, slots, err);
    if (!recovery_slot_find(buf_bytes(&s->slots), buf_bytes(&s->metadata), set->metadata, &kept,
                            err))
        return false;
    buf_add(slots, kept);
    return true;
}

static bool next_sets_make(const struct store *s, const struct store_recovery *r,
                           struct next_sets *next, struct err *err)
{
    for (size_t i = 0; i < r->count; i++) {
        if (i > 0)
            buf_add_u8(&next->metadata, '\n');
        buf_add(&next->metadata, r->sets[i].metadata);
        if (!put_slot(s, &r->sets[i], &next->slots, err))
            return false;
    }
    buf_add(&next->signature, r->signature);
    return next->metadata.len <= SNAPSHOT_METADATA_MAX ||
           err_set(err, FAIL_TOO_LARGE, "recovery metadata of %zu bytes", next->metadata.len);
}

/* Exchanges the sets of the store with these. */
static void swap_sets(struct store *s, struct next_sets *next)
{
    SWAP(s->slots, next->slots);
    SWAP(s->metadata, next->metadata);
    SWAP(s->signature, next->signature);
}

bool store_set_recovery(struct store *s, const struct store_recovery *r, const struct omap *values,
                        struct err *err)
{
    struct next_sets next CLEANUP(next_sets_clear) = { 0 };

    if (s->verdict != STORE_OPEN)
        return err_set(err, FAIL_STATE, "recovery sets: the sealed state is %s",
                       store_verdict_name(s->verdict));
    if (!check_sets(r, values, err) || !next_sets_make(s, r, &next, err))
        return err_in(err, "recovery sets");
    swap_sets(s, &next);
    if (store_commit_snapshot(s, values, s->position.seq + 1, s->audit_seq, err))
        return true;
    swap_sets(s, &next);
    return err_in(err, "recovery sets");
}
