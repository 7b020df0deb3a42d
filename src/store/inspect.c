/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inspect.h"

#include "store/store_internal.h"

#include <string.h>

void store_inspection_clear(struct store_inspection *inspection)
{
    buf_clear(&inspection->metadata);
    buf_clear(&inspection->foreign);
    *inspection = (struct store_inspection){ 0 };
}

static void take_header(const struct store *s, const struct engine_head *head,
                        struct store_inspection *in)
{
    in->generation = s->owner.generation;
    in->seq = s->position.seq;
    memcpy(in->deployment, s->owner.deployment, sizeof in->deployment);
    buf_add(&in->metadata, buf_bytes(&s->metadata));
    in->snapshot_bytes = s->snapshot_bytes;
    in->journal_bytes = s->journal_bytes;
    in->journal_segments = s->journal_segments;
    if (in->verdict != STORE_LOCKED)
        return;
    in->covered_segments = head->segment_count - s->found.segment_count;
    for (size_t i = 0; i < s->found.segment_count; i++)
        in->torn_bytes += s->found.segments[i].raw.len - s->found.segments[i].keep;
}

static bool count_slots(const struct store *s, struct store_inspection *in, struct err *err)
{
    struct key_slot slots[KEY_SLOTS_MAX];
    size_t at[KEY_SLOTS_MAX];
    auto_buf file = { 0 };

    if (!in->has_key_file)
        return true;
    if (!s->engine->blob_get(s->engine->ctx, ENGINE_SLOTS, &file, err))
        return false;
    in->key_slots = key_slots_parse(buf_bytes(&file), slots, at);
    for (size_t i = 0; i < in->key_slots; i++)
        in->own_slots +=
            slots[i].type == SLOT_PLATFORM && slot_owner_equal(&slots[i].owner, &s->owner);
    return true;
}

static bool inspect(struct store *s, struct engine_head *head, struct store_inspection *in,
                    struct err *err)
{
    const bool whole = store_look(s, head, &in->damage);

    if (!whole && in->damage.kind != FAIL_DAMAGED) {
        *err = in->damage;
        return false;
    }
    in->verdict = whole ? s->verdict : STORE_STOPPED;
    in->has_key_file = head->slots;
    in->unfinished = head->unfinished;
    take_header(s, head, in);
    if (in->verdict == STORE_FOREIGN &&
        !s->engine->blob_get(s->engine->ctx, ENGINE_SNAPSHOT, &in->foreign, err))
        return false;
    return count_slots(s, in, err);
}

bool store_inspect(const struct env *env, const char *directory, struct store_inspection *in,
                   struct err *err)
{
    struct engine_head head CLEANUP(engine_head_clear) = { 0 };
    auto_store *s = mem_zero_alloc(1, sizeof *s);

    s->env = env;
    s->directory = mem_string(directory);
    s->engine = engine_read_directory(env, directory);
    return inspect(s, &head, in, err);
}
