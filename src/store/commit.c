/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "store/store_internal.h"

void store_write_anchor(struct store *s)
{
    uint8_t cell[ANCHOR_CELL_LEN];
    struct err err = { 0 };

    if (anchor_write(&s->owner, &s->position, secret_bytes(s->oak), cell, &err) &&
        s->engine->anchor_put(s->engine->ctx, s->slot_at + anchor_cell_offset(s->next_cell),
                              bytes_of(cell, sizeof cell), &err)) {
        s->next_cell = 1 - s->next_cell;
        return;
    }
    log_warn(s->env->log, "The anchor of a commit could not be written",
             LOG_TEXT("error", err.text));
}

void store_set_compaction(struct store *s, size_t snapshot_len)
{
    s->snapshot_bytes = snapshot_len;
    s->compact_at = snapshot_len > STORE_COMPACT_AT_LEAST ? snapshot_len : STORE_COMPACT_AT_LEAST;
}

bool store_write_snapshot(const struct store *s, const struct omap *values,
                          const struct log_position *position, uint64_t audit_seq, struct buf *out,
                          struct err *err)
{
    struct snapshot_content content = {
        .header = { .generation = s->owner.generation,
                    .number = s->last_segment + 1,
                    .seq = position->seq },
        .slots = buf_bytes(&s->slots),
        .metadata = buf_bytes(&s->metadata),
        .signature = buf_bytes(&s->signature),
        .values = values,
        .audit_seq = audit_seq,
    };

    memcpy(content.header.deployment, s->owner.deployment, STORE_DEPLOYMENT_LEN);
    memcpy(content.header.chain, position->chain, CHAIN_LEN);
    return s->env->random(s->env->ctx, content.header.salt, sizeof content.header.salt, err) &&
           snapshot_write(&content, secret_bytes(s->dek), secret_bytes(s->oak), out, err);
}

/* Replaces the snapshot; the journal starts anew after it. */
static bool put_snapshot(struct store *s, const struct omap *values,
                         const struct log_position *position, uint64_t audit_seq, struct err *err)
{
    auto_buf file = { 0 };

    if (!store_write_snapshot(s, values, position, audit_seq, &file, err) ||
        !s->engine->snapshot_put(s->engine->ctx, buf_bytes(&file), s->last_segment + 1, err))
        return false;
    s->segment_open = false;
    s->journal_bytes = 0;
    s->journal_segments = 0;
    store_set_compaction(s, file.len);
    return true;
}

/* A snapshot that cannot be written is tried again when the journal has grown by as much again. */
static void compact_if_due(struct store *s)
{
    struct err err = { 0 };

    if (s->journal_bytes < s->compact_at ||
        put_snapshot(s, s->values, &s->position, s->audit_seq, &err))
        return;
    s->compact_at = s->journal_bytes + STORE_COMPACT_AT_LEAST;
    log_warn(s->env->log, "The journal could not be compacted; it will be tried again",
             LOG_TEXT("error", err.text));
}

/* One group of records on its way. */
struct group {
    const struct store_delta *deltas;
    size_t count;
    const struct omap *values; /* after it */
    struct log_position position;
    uint64_t audit_seq;
};

static void group_clear(struct group *group)
{
    omap_free(group->values);
}

static bool group_apply(const struct store *s, struct group *group, struct err *err)
{
    group->values = omap_ref(s->values);
    group->audit_seq = s->audit_seq;
    for (size_t i = 0; i < group->count; i++) {
        const struct store_delta *const delta = &group->deltas[i];
        for (size_t k = 0; k < delta->count; k++) {
            if (delta->ops[k].key.len > UINT16_MAX)
                return err_set(err, FAIL_TOO_LARGE, "a key of %zu bytes is too long",
                               delta->ops[k].key.len);
            op_apply(&delta->ops[k], &group->values);
        }
        if (delta->type == STORE_RECORD_AUDIT)
            group->audit_seq = s->position.seq + i + 1;
    }
    if (omap_size(group->values) > STORE_MAX_VALUES)
        return err_set(err, FAIL_TOO_LARGE, "the state would be larger than %d MiB",
                       STORE_MAX_VALUES >> 20);
    return true;
}

static void publish(struct store *s, const struct omap *values, const struct log_position *position,
                    uint64_t audit_seq)
{
    const struct omap *const before = s->values;

    s->values = omap_ref(values);
    omap_free(before);
    s->position = *position;
    s->audit_seq = audit_seq;
    store_write_anchor(s);
}

/* Prepares a segment with a key of its own. */
static bool segment_begin(struct store *s, struct err *err)
{
    struct log_header header = { .flags = s->segment_flags,
                                 .generation = s->owner.generation,
                                 .number = s->last_segment + 1,
                                 .seq = s->position.seq + 1 };

    memcpy(header.deployment, s->owner.deployment, STORE_DEPLOYMENT_LEN);
    memcpy(header.chain, s->position.chain, CHAIN_LEN);
    secret_free(TAKE(s->segment_key));
    s->segment_key = secret_new(LOG_KEY_LEN, err);
    if (s->segment_key == NULL ||
        !s->env->random(s->env->ctx, header.salt, sizeof header.salt, err) ||
        !log_header_key(&header, SEGMENT_KEY_LABEL, secret_bytes(s->dek), s->segment_key->at, err))
        return false;
    log_header_write(&header, SEGMENT_MAGIC, s->segment_header);
    return true;
}

/* Seals all records. FAIL_TOO_LARGE: one does not fit into the format. */
static bool group_seal(const struct store *s, struct group *group, struct buf *records,
                       struct err *err)
{
    const struct record_keys keys = { s->segment_header, secret_bytes(s->segment_key),
                                      secret_bytes(s->oak) };
    const uint64_t now = (uint64_t)s->env->now_ms(s->env->ctx);

    group->position = s->position;
    for (size_t i = 0; i < group->count; i++) {
        auto_buf plaintext = { 0 };
        if (!ops_write(&group->deltas[i], &plaintext, err) ||
            !record_seal(&keys, group->deltas[i].type, now, buf_bytes(&plaintext), &group->position,
                         records, err))
            return false;
    }
    return true;
}

/*
 * Any failed write ends the segment: the disk has seen these records, and the next ones will have
 * their numbers, so they need another key.
 */
static bool group_append(struct store *s, struct bytes records, struct err *err)
{
    const bool begins = !s->segment_open;
    const struct engine_append append = {
        .segment = s->last_segment + begins,
        .header = begins ? bytes_of(s->segment_header, LOG_HEADER_LEN) : BYTES_NONE,
        .records = records,
    };

    s->segment_open = false;
    if (!s->engine->commit(s->engine->ctx, &append, err))
        return false;
    s->segment_open = true;
    s->last_segment = append.segment;
    s->segment_flags = 0;
    s->journal_segments += begins;
    s->journal_bytes += records.len + append.header.len;
    return true;
}

bool store_commit_snapshot(struct store *s, const struct omap *values, uint64_t seq,
                           uint64_t audit_seq, struct err *err)
{
    struct log_header header = { .generation = s->owner.generation, .seq = seq };
    struct log_position position = { .seq = seq };

    memcpy(header.deployment, s->owner.deployment, STORE_DEPLOYMENT_LEN);
    if (!snapshot_chain(&header, s->position.chain, values, position.chain, err) ||
        !put_snapshot(s, values, &position, audit_seq, err))
        return false;
    publish(s, values, &position, audit_seq);
    return true;
}

bool store_commit(struct store *s, const struct store_delta *deltas, size_t count, struct err *err)
{
    struct group group CLEANUP(group_clear) = { .deltas = deltas, .count = count };
    auto_buf records = { 0 };

    if (s->verdict != STORE_OPEN)
        return err_set(err, FAIL_STATE, "commit: the sealed state is %s",
                       store_verdict_name(s->verdict));
    if (count == 0)
        return true;
    if (!group_apply(s, &group, err) || (!s->segment_open && !segment_begin(s, err)))
        return err_in(err, "commit");
    if (!group_seal(s, &group, &records, err)) {
        if (err->kind != FAIL_TOO_LARGE)
            return err_in(err, "commit");
        *err = (struct err){ 0 };
        /* A delta that no record can hold. */
        return store_commit_snapshot(s, group.values, s->position.seq + count, group.audit_seq,
                                     err) ||
               err_in(err, "commit");
    }
    if (s->journal_bytes + records.len > STORE_MAX_JOURNAL)
        return err_set(err, FAIL_TOO_LARGE,
                       "commit: the journal has %" PRIu64 " bytes and cannot be compacted",
                       s->journal_bytes);
    if (!group_append(s, buf_bytes(&records), err))
        return err_in(err, "commit");
    publish(s, group.values, &group.position, group.audit_seq);
    compact_if_due(s);
    return true;
}
