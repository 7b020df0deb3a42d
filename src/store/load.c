/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_internal.h"

void found_clear(struct found *found)
{
    for (size_t i = 0; i < found->segment_count; i++)
        buf_clear(&found->segments[i].raw);
    free(found->segments);
    buf_clear(&found->file);
    memset(found, 0, sizeof *found);
}

/* Whether the unfinished snapshot is that of a directory in which nothing was before. */
static bool unfinished_is_first(const struct store *s, bool *first, struct err *err)
{
    struct snapshot snapshot;
    struct err misfit = { 0 };
    auto_buf file = { 0 };

    if (!s->engine->blob_get(s->engine->ctx, ENGINE_UNFINISHED, &file, err))
        return false;
    *first = snapshot_parse(buf_bytes(&file), &snapshot, &misfit) &&
             (snapshot.header.flags & LOG_FIRST) != 0;
    return true;
}

/* There is no snapshot: fresh, if nothing else says that there was one. */
static bool judge_without_snapshot(struct store *s, const struct engine_head *head, struct err *err)
{
    bool first = false;

    if (head->segment_count > 0)
        return err_set(err, FAIL_DAMAGED,
                       "the snapshot (sealed_data) is missing, but the journal (sealed_log.%" PRIu64
                       ") is there: the state was deleted, or putting back a backup was "
                       "interrupted",
                       head->segments[0]);
    if (head->slots && head->unfinished && !unfinished_is_first(s, &first, err))
        return false;
    if (head->slots && !first)
        return err_set(err, FAIL_DAMAGED,
                       "the snapshot (sealed_data) is missing, but the key slots (sealed_key) are "
                       "there: the state was deleted, or putting back a backup was interrupted");
    if (head->slots)
        log_info(s->env->log, "Setting the first manifest was interrupted before it was "
                              "acknowledged; starting without a state");
    s->verdict = STORE_FRESH;
    return true;
}

static bool starts_with_slot(struct bytes slots)
{
    return bytes_start_with(slots, BYTES_LITERAL(SLOT_MAGIC));
}

static bool holds_foreign_slot(struct bytes file)
{
    struct key_slot slots[KEY_SLOTS_MAX];
    size_t at[KEY_SLOTS_MAX];

    for (size_t i = key_slots_parse(file, slots, at); i > 0; i--) {
        if (slots[i - 1].type == SLOT_FOREIGN)
            return true;
    }
    return false;
}

/* A snapshot that is not ours: a state of the original, unless our other files stand beside it. */
static bool judge_foreign(struct store *s, const struct engine_head *head, struct err *err)
{
    auto_buf slots = { 0 };

    if (head->slots && !s->engine->blob_get(s->engine->ctx, ENGINE_SLOTS, &slots, err))
        return false;
    if (head->segment_count > 0 ||
        (starts_with_slot(buf_bytes(&slots)) && !holds_foreign_slot(buf_bytes(&slots))))
        return err_set(err, FAIL_DAMAGED,
                       "the snapshot (sealed_data) does not start with " SNAPSHOT_MAGIC);
    found_clear(&s->found);
    s->verdict = STORE_FOREIGN;
    return true;
}

/* Reads the segments that the snapshot needs; their numbers must not have holes. */
static bool segments_read(struct store *s, const struct engine_head *head, struct err *err)
{
    struct found *const found = &s->found;
    uint64_t expected = found->snapshot.header.number;

    found->segments = mem_zero_alloc(head->segment_count + 1, sizeof *found->segments);
    for (size_t i = 0; i < head->segment_count; i++) {
        if (head->segments[i] < found->snapshot.header.number)
            continue;
        if (head->segments[i] != expected)
            return err_set(err, FAIL_DAMAGED,
                           "journal segment %" PRIu64 " is missing, but segment %" PRIu64
                           " is there",
                           expected, head->segments[i]);
        struct found_segment *const segment = &found->segments[found->segment_count++];
        segment->number = expected++;
        if (!s->engine->records_read(s->engine->ctx, segment->number, &segment->raw, err))
            return false;
    }
    return true;
}

static bool segments_scan(struct store *s, struct err *err)
{
    struct found *const found = &s->found;

    for (size_t i = 0; i < found->segment_count; i++) {
        struct found_segment *const segment = &found->segments[i];
        const struct journal_place place = { segment->number, i + 1 == found->segment_count,
                                             &found->snapshot.header };
        if (!journal_scan(buf_bytes(&segment->raw), &place, &s->position, &segment->keep, err))
            return false;
        s->journal_bytes += segment->keep;
        s->journal_segments += segment->keep > 0;
    }
    return true;
}

/* What can be known without keys. */
static bool read_clear_parts(struct store *s, const struct engine_head *head, struct err *err)
{
    const struct snapshot *const snapshot = &s->found.snapshot;

    if (!snapshot_parse(buf_bytes(&s->found.file), &s->found.snapshot, err))
        return err_in(err, "snapshot (sealed_data)");
    memcpy(s->owner.deployment, snapshot->header.deployment, STORE_DEPLOYMENT_LEN);
    s->owner.generation = snapshot->header.generation;
    s->position.seq = snapshot->header.seq;
    memcpy(s->position.chain, snapshot->header.chain, CHAIN_LEN);
    buf_add(&s->slots, snapshot->slots);
    buf_add(&s->metadata, snapshot->metadata);
    buf_add(&s->signature, snapshot->signature);
    s->last_segment = snapshot->header.number - 1;
    if (head->segment_count > 0 && head->segments[head->segment_count - 1] > s->last_segment)
        s->last_segment = head->segments[head->segment_count - 1];
    return segments_read(s, head, err) && segments_scan(s, err);
}

/* The newer of the two cells that authenticate; false: none does. */
static bool newest_anchor(const struct key_slot *slot, struct bytes oak, struct store *s,
                          struct log_position *anchor)
{
    bool found = false;

    for (unsigned i = 0; i < 2; i++) {
        struct log_position position = { 0 };
        struct err misfit = { 0 };
        if (!anchor_read(slot->cells[i], &slot->owner, oak, &position, &misfit) ||
            (found && position.seq <= anchor->seq))
            continue;
        found = true;
        *anchor = position;
        s->next_cell = 1 - i;
    }
    return found;
}

static bool take_keys(struct store *s, const struct secret *keys, struct err *err)
{
    s->dek = secret_copy(bytes_of(keys->at, LOG_KEY_LEN), err);
    if (s->dek == NULL)
        return false;
    s->oak = secret_copy(bytes_of(keys->at + LOG_KEY_LEN, LOG_KEY_LEN), err);
    return s->oak != NULL;
}

/* One slot. False only when nothing can be said about it; *usable stays false when it does not open
 * or has no anchor. */
static bool try_slot(struct store *s, const struct key_slot *slot, struct log_position *anchor,
                     bool *usable, struct err *err)
{
    struct err misfit = { 0 };
    auto_secret *keys = NULL;

    if (slot->type != SLOT_PLATFORM || !slot_owner_equal(&slot->owner, &s->owner))
        return true;
    if (!sealing_unseal(s->sealing, slot->blob, slot->header, &keys, &misfit)) {
        if (misfit.kind != FAIL_DENIED && misfit.kind != FAIL_DAMAGED) {
            *err = misfit;
            return err_in(err, "key slot");
        }
        log_warn(s->env->log, "The key slot does not open on this machine",
                 LOG_TEXT("error", misfit.text));
        return true;
    }
    if (keys->len != (size_t)2 * LOG_KEY_LEN)
        return true;
    *usable = newest_anchor(slot, bytes_of(keys->at + LOG_KEY_LEN, LOG_KEY_LEN), s, anchor);
    if (!*usable) {
        log_warn(s->env->log, "The key slot has no anchor that authenticates");
        return true;
    }
    return take_keys(s, keys, err);
}

/* Looks for the slot of this machine; s->dek stays NULL when there is none that can be used. */
static bool find_keys(struct store *s, bool there, struct log_position *anchor, bool *tidy,
                      struct err *err)
{
    struct key_slot slots[KEY_SLOTS_MAX];
    size_t at[KEY_SLOTS_MAX];
    bool usable = false;
    auto_buf file = { 0 };

    if (!there)
        return true;
    if (!s->engine->blob_get(s->engine->ctx, ENGINE_SLOTS, &file, err)) {
        if (err->kind == FAIL_TOO_LARGE)
            return err_set(err, FAIL_DAMAGED, "the key slots (sealed_key) are too large");
        return false;
    }
    const size_t count = key_slots_parse(buf_bytes(&file), slots, at);
    for (size_t i = 0; i < count && !usable; i++) {
        s->slot_at = at[i];
        if (!try_slot(s, &slots[i], anchor, &usable, err))
            return false;
    }
    *tidy = usable && s->slot_at == 0 && file.len == KEY_SLOT_LEN;
    return true;
}

bool store_read_values(const struct store *s, struct bytes dek, struct bytes oak,
                       const struct log_position *anchor, const struct omap **values,
                       uint64_t *audit_seq, struct err *err)
{
    const struct log_header *const base = &s->found.snapshot.header;
    auto_omap *map = NULL;

    if (!snapshot_open(&s->found.snapshot, dek, oak, &map, audit_seq, err))
        return err_in(err, "snapshot (sealed_data)");
    if (anchor != NULL && anchor->seq == base->seq &&
        memcmp(anchor->chain, base->chain, CHAIN_LEN) != 0)
        return err_set(err, FAIL_DAMAGED,
                       "another commit %" PRIu64 " than that of the snapshot "
                       "(sealed_data) was acknowledged",
                       base->seq);
    struct journal_reading reading = { dek, oak, anchor, TAKE(map), *audit_seq };
    for (size_t i = 0; i < s->found.segment_count; i++) {
        const struct found_segment *const segment = &s->found.segments[i];
        if (segment->keep > 0 &&
            !journal_apply(bytes_of(segment->raw.at, segment->keep), &reading, err)) {
            omap_free(reading.values);
            return err_in(err, "journal segment %" PRIu64, segment->number);
        }
    }
    *values = reading.values;
    *audit_seq = reading.audit_seq;
    return true;
}

/* Cuts what a crash left, and makes durable what was read. */
static bool settle(struct store *s, struct err *err)
{
    const struct found *const found = &s->found;
    uint64_t last = 0;
    size_t keep = 0;

    if (found->segment_count > 0) {
        const struct found_segment *const segment = &found->segments[found->segment_count - 1];
        last = segment->number;
        keep = segment->keep;
        if (keep < segment->raw.len)
            log_warn(s->env->log, "Cutting off a record that was not completed",
                     LOG_NUMBER("segment", last), LOG_NUMBER("bytes", segment->raw.len - keep));
        if (keep == 0)
            s->last_segment = last - 1;
    }
    return s->engine->settle(s->engine->ctx, found->snapshot.header.number, last, keep, err);
}

/* Finds the slot that is ours, with the cells as they are on the disk now. */
static bool our_slot(struct store *s, struct buf *slot, struct err *err)
{
    struct key_slot slots[KEY_SLOTS_MAX];
    size_t at[KEY_SLOTS_MAX];
    auto_buf file = { 0 };

    if (!s->engine->blob_get(s->engine->ctx, ENGINE_SLOTS, &file, err))
        return false;
    for (size_t i = key_slots_parse(buf_bytes(&file), slots, at); i > 0; i--) {
        if (slots[i - 1].type != SLOT_PLATFORM || !slot_owner_equal(&slots[i - 1].owner, &s->owner))
            continue;
        buf_clear(slot);
        buf_add(slot, slots[i - 1].whole);
        s->slot_at = at[i - 1];
    }
    return true;
}

/* Leaves nothing but our slot, which a new generation that was interrupted may have missed. After a
 * failure the slot may be in its old or its new place. */
static bool tidy_slots(struct store *s, struct err *err)
{
    struct err lost = { 0 };
    auto_buf slot = { 0 };

    if (!our_slot(s, &slot, err))
        return false;
    while (slot.len < KEY_SLOT_LEN)
        buf_add_u8(&slot, 0);
    if (s->engine->slots_put(s->engine->ctx, buf_bytes(&slot), err)) {
        s->slot_at = 0;
        return true;
    }
    (void)our_slot(s, &slot, &lost);
    return false;
}

static bool open_values(struct store *s, const struct log_position *anchor, struct err *err)
{
    if (!store_read_values(s, secret_bytes(s->dek), secret_bytes(s->oak), anchor, &s->values,
                           &s->audit_seq, err))
        return false;
    if (anchor->seq > s->position.seq)
        return err_set(err, FAIL_DAMAGED,
                       "records after %" PRIu64 " are missing, although record %" PRIu64
                       " was acknowledged: the journal was truncated or an old copy was put back",
                       s->position.seq, anchor->seq);
    if (!settle(s, err))
        return false;
    store_set_compaction(s, s->found.file.len);
    found_clear(&s->found);
    s->verdict = STORE_OPEN;
    return true;
}

/* Tries the keys of this machine on a snapshot that was looked at. */
static bool open_snapshot(struct store *s, const struct engine_head *head, struct err *err)
{
    struct log_position anchor = { 0 };
    struct err untidy = { 0 };
    bool tidy = false;

    if (!find_keys(s, head->slots, &anchor, &tidy, err))
        return false;
    if (s->dek == NULL)
        return true;
    if (!open_values(s, &anchor, err))
        return false;
    if (!tidy && !tidy_slots(s, &untidy))
        log_warn(s->env->log, "The key slots could not be tidied up",
                 LOG_TEXT("error", untidy.text));
    return true;
}

bool store_look(struct store *s, struct engine_head *head, struct err *err)
{
    if (!s->engine->head_read(s->engine->ctx, head, err))
        return false;
    if (!head->snapshot)
        return judge_without_snapshot(s, head, err);
    if (!s->engine->blob_get(s->engine->ctx, ENGINE_SNAPSHOT, &s->found.file, err))
        return false;
    s->snapshot_bytes = s->found.file.len;
    if (!bytes_start_with(buf_bytes(&s->found.file), BYTES_LITERAL(SNAPSHOT_MAGIC)))
        return judge_foreign(s, head, err);
    s->verdict = STORE_LOCKED;
    return read_clear_parts(s, head, err);
}

bool store_load(struct store *s, struct err *err)
{
    struct engine_head head CLEANUP(engine_head_clear) = { 0 };

    return store_look(s, &head, err) &&
           (s->verdict != STORE_LOCKED || open_snapshot(s, &head, err));
}
