/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "store/store_internal.h"

/* The store as it will be; swapped in when it is durable. */
struct next {
    struct store store; /* only what changes, see next_prepare */
    struct buf snapshot, slots_before, slots_both, slots_after;
};

static void next_clear(struct next *next)
{
    omap_free(next->store.values);
    secret_free(next->store.dek);
    secret_free(next->store.oak);
    buf_clear(&next->store.slots);
    buf_clear(&next->store.metadata);
    buf_clear(&next->store.signature);
    buf_clear(&next->snapshot);
    buf_clear(&next->slots_before);
    buf_clear(&next->slots_both);
    buf_clear(&next->slots_after);
}

static bool check_request(const struct store *s, const struct store_generation *g, struct err *err)
{
    if ((s->verdict == STORE_LOCKED && !s->unlocked && g->set_aside == NULL) ||
        (s->verdict == STORE_FOREIGN && g->set_aside == NULL))
        return err_set(err, FAIL_STATE,
                       "the sealed state is %s; it is not replaced before it was opened or set "
                       "aside",
                       store_verdict_name(s->verdict));
    if (!store_check_recovery_set(g->rwk, g->metadata, err))
        return false;
    if (g->metadata.len > SNAPSHOT_METADATA_MAX || g->signature.len > SNAPSHOT_SIGNATURE_MAX ||
        omap_size(g->values) > STORE_MAX_VALUES)
        return err_set(err, FAIL_TOO_LARGE, "the state or its recovery metadata are too large");
    return true;
}

static bool random_secret(const struct env *env, struct secret **out, struct err *err)
{
    *out = secret_new(LOG_KEY_LEN, err);
    return *out != NULL && env->random(env->ctx, (*out)->at, LOG_KEY_LEN, err);
}

static uint32_t generation_flags(enum store_verdict verdict)
{
    switch (verdict) {
    case STORE_FRESH:
        return LOG_FIRST;
    case STORE_LOCKED:
        return LOG_AFTER_RECOVERY;
    case STORE_FOREIGN:
        return LOG_AFTER_IMPORT;
    case STORE_OPEN:
    case STORE_STOPPED:
    case STORE_UNKNOWN:
        break;
    }
    return 0;
}

/* Who owns the new generation. The number rises even when another history begins, so that the slots
 * of old and new can be told apart by it. */
static bool next_owner(const struct store *s, const struct store_generation *g,
                       struct slot_owner *owner, struct err *err)
{
    const bool continues =
        g->set_aside == NULL && (s->verdict == STORE_OPEN || s->verdict == STORE_LOCKED);

    owner->generation = s->owner.generation + 1;
    if (g->deployment == NULL && !continues)
        return s->env->random(s->env->ctx, owner->deployment, STORE_DEPLOYMENT_LEN, err);
    memcpy(owner->deployment, g->deployment != NULL ? g->deployment : s->owner.deployment,
           STORE_DEPLOYMENT_LEN);
    return true;
}

/* The commit that the new snapshot is. */
static bool next_position(const struct store *s, const struct store_generation *g,
                          struct store *next, struct err *err)
{
    const struct log_position none = { 0 };
    const struct log_position *const before = g->set_aside == NULL ? &s->position : &none;
    struct log_header header = { .generation = next->owner.generation, .seq = before->seq + 1 };

    memcpy(header.deployment, next->owner.deployment, STORE_DEPLOYMENT_LEN);
    next->position.seq = header.seq;
    next->audit_seq = g->set_aside == NULL ? s->audit_seq : 0;
    return snapshot_chain(&header, before->chain, next->values, next->position.chain, err);
}

/* The slot of this machine: DEK | OAK sealed by the platform, and the first anchor. */
static bool write_platform_slot(const struct store_generation *g, const struct store *next,
                                struct buf *out, struct err *err)
{
    uint8_t id[SLOT_ID_LEN], header[SLOT_HEADER_LEN], cell[ANCHOR_CELL_LEN];
    auto_secret *keys = secret_new((size_t)2 * LOG_KEY_LEN, err);
    auto_buf blob = { 0 };

    if (keys == NULL || !next->env->random(next->env->ctx, id, sizeof id, err))
        return false;
    memcpy(keys->at, next->dek->at, LOG_KEY_LEN);
    memcpy(keys->at + LOG_KEY_LEN, next->oak->at, LOG_KEY_LEN);
    slot_header_write(SLOT_PLATFORM, &next->owner, id, header);
    return sealing_seal(next->sealing, g->policy, secret_bytes(keys),
                        bytes_of(header, sizeof header), &blob, err) &&
           anchor_write(&next->owner, &next->position, secret_bytes(next->oak), cell, err) &&
           key_slot_write(header, buf_bytes(&blob), bytes_of(cell, sizeof cell), out, err);
}

/* The `sealed_key` of the original, as a slot, while ours takes its place; empty when there is none,
 * which shows as well that an import was interrupted. */
static bool keep_foreign_key(const struct store *next, struct bytes file, struct buf *out,
                             struct err *err)
{
    uint8_t id[SLOT_ID_LEN], header[SLOT_HEADER_LEN];

    if (!next->env->random(next->env->ctx, id, sizeof id, err))
        return false;
    slot_header_write(SLOT_FOREIGN, &next->owner, id, header);
    return key_slot_write(header, file, BYTES_NONE, out, err);
}

/* Appends the slots that the present state may need, filled up to their full length. */
static bool keep_slots(const struct store *s, const struct store *next, struct bytes file,
                       struct buf *out, struct err *err)
{
    struct key_slot slots[KEY_SLOTS_MAX];
    size_t at[KEY_SLOTS_MAX], kept = 0;
    const size_t count = key_slots_parse(file, slots, at);

    for (size_t i = 0; i < count && kept < KEY_SLOTS_MAX - 1; i++) {
        const bool needed = s->verdict == STORE_FOREIGN
                                ? slots[i].type == SLOT_FOREIGN
                                : slot_owner_equal(&slots[i].owner, &s->owner);
        if (!needed)
            continue;
        buf_add(out, slots[i].whole);
        while (out->len % KEY_SLOT_LEN != 0)
            buf_add_u8(out, 0);
        kept++;
    }
    return s->verdict != STORE_FOREIGN || kept > 0 || keep_foreign_key(next, file, out, err);
}

static bool write_slots(const struct store *s, const struct store_generation *g, struct next *next,
                        struct err *err)
{
    struct err missing = { 0 };

    if (!write_platform_slot(g, &next->store, &next->slots_after, err))
        return err_in(err, "key slot");
    buf_add(&next->slots_both, buf_bytes(&next->slots_after));
    if (s->verdict == STORE_FRESH)
        return true;
    if (!s->engine->blob_get(s->engine->ctx, ENGINE_SLOTS, &next->slots_before, &missing) &&
        missing.kind != FAIL_NOT_FOUND) {
        *err = missing;
        return false;
    }
    return keep_slots(s, &next->store, buf_bytes(&next->slots_before), &next->slots_both, err);
}

static bool write_snapshot(const struct store *s, const struct store_generation *g,
                           struct next *next, struct err *err)
{
    struct store *const n = &next->store;
    struct snapshot_content content = {
        .header = { .flags = generation_flags(s->verdict),
                    .generation = n->owner.generation,
                    .number = s->last_segment + 1,
                    .seq = n->position.seq },
        .slots = buf_bytes(&n->slots),
        .metadata = g->metadata,
        .signature = g->signature,
        .values = n->values,
        .audit_seq = n->audit_seq,
    };

    memcpy(content.header.deployment, n->owner.deployment, STORE_DEPLOYMENT_LEN);
    memcpy(content.header.chain, n->position.chain, CHAIN_LEN);
    return n->env->random(n->env->ctx, content.header.salt, sizeof content.header.salt, err) &&
           snapshot_write(&content, secret_bytes(n->dek), secret_bytes(n->oak), &next->snapshot,
                          err);
}

static bool next_prepare(const struct store *s, const struct store_generation *g, struct next *next,
                         struct err *err)
{
    struct store *const n = &next->store;

    n->env = s->env;
    n->sealing = s->sealing;
    n->values = omap_ref(g->values);
    buf_add(&n->metadata, g->metadata);
    buf_add(&n->signature, g->signature);
    return next_owner(s, g, &n->owner, err) && next_position(s, g, n, err) &&
           random_secret(s->env, &n->dek, err) && random_secret(s->env, &n->oak, err) &&
           (g->rwk.len == 0 || store_write_recovery_slot(n, g->rwk, g->metadata, &n->slots, err)) &&
           write_slots(s, g, next, err) && write_snapshot(s, g, next, err);
}

/* Exchanges what belongs to a generation; the old one goes with `next`. */
static void swap_in(struct store *s, struct next *next)
{
    struct store *const n = &next->store;

    SWAP(s->values, n->values);
    SWAP(s->dek, n->dek);
    SWAP(s->oak, n->oak);
    SWAP(s->slots, n->slots);
    SWAP(s->metadata, n->metadata);
    SWAP(s->signature, n->signature);
    s->owner = n->owner;
    s->position = n->position;
    s->audit_seq = n->audit_seq;
    s->segment_open = false;
    s->segment_flags = generation_flags(s->verdict) & (LOG_AFTER_RECOVERY | LOG_AFTER_IMPORT);
    s->journal_bytes = 0;
    s->journal_segments = 0;
    s->slot_at = 0;
    s->next_cell = 1;
    s->verdict = STORE_OPEN;
    s->unlocked = false;
    found_clear(&s->found);
    store_set_compaction(s, next->snapshot.len);
}

bool store_begin_generation(struct store *s, const struct store_generation *g, struct err *err)
{
    struct next next CLEANUP(next_clear) = { 0 };

    if (!check_request(s, g, err) || !next_prepare(s, g, &next, err))
        return err_in(err, "new generation");
    const struct engine_generation put = {
        .snapshot = buf_bytes(&next.snapshot),
        .slots_before = buf_bytes(&next.slots_before),
        .slots_both = buf_bytes(&next.slots_both),
        .slots_after = buf_bytes(&next.slots_after),
        .first_segment = s->last_segment + 1,
        .set_aside = g->set_aside,
    };
    if (!s->engine->generation_put(s->engine->ctx, &put, err))
        return err_in(err, "new generation");
    swap_in(s, &next);
    log_info(s->env->log, "A new generation of the sealed state begins",
             LOG_NUMBER("generation", s->owner.generation), LOG_NUMBER("seq", s->position.seq));
    return true;
}
