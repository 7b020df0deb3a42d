/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "store/store_internal.h"

const char *store_verdict_name(enum store_verdict verdict)
{
    switch (verdict) {
    case STORE_FRESH:
        return "fresh";
    case STORE_OPEN:
        return "open";
    case STORE_LOCKED:
        return "locked";
    case STORE_FOREIGN:
        return "foreign";
    case STORE_STOPPED:
        return "stopped";
    case STORE_UNKNOWN:
        break;
    }
    return "unknown";
}

/* Says what can be done about a state that was found damaged. */
static void explain_stop(const struct store *s, struct err *err)
{
    const struct err cause = *err;

    (void)err_set(err, FAIL_DAMAGED,
                  "%.280s. The state in %.100s is left as it is: restore it from a copy, or move "
                  "it away to start anew",
                  cause.text, s->directory);
}

struct store *store_open(const struct store_config *config, enum store_verdict *verdict,
                         struct err *err)
{
    struct store *const s = mem_zero_alloc(1, sizeof *s);

    *verdict = STORE_UNKNOWN;
    s->env = config->env;
    s->sealing = config->sealing;
    s->directory = mem_string(config->directory);
    s->engine = engine_open_directory(config->env, config->directory, err);
    if (s->engine != NULL && store_load(s, err)) {
        *verdict = s->verdict;
        return s;
    }
    if (s->engine != NULL && (err->kind == FAIL_DAMAGED || err->kind == FAIL_TOO_LARGE)) {
        *verdict = STORE_STOPPED;
        explain_stop(s, err);
    }
    s->verdict = *verdict;
    store_close(s);
    return NULL;
}

enum store_verdict store_verdict_of(const struct store *s)
{
    return s->verdict;
}

const struct omap *store_values(const struct store *s)
{
    return omap_ref(s->values);
}

uint64_t store_seq(const struct store *s)
{
    return s->position.seq;
}

const uint8_t *store_chain(const struct store *s)
{
    return s->position.chain;
}

uint64_t store_generation(const struct store *s)
{
    return s->owner.generation;
}

struct store_sizes store_sizes(const struct store *s)
{
    if (s->verdict != STORE_OPEN)
        return (struct store_sizes){ 0 };
    return (struct store_sizes){ s->snapshot_bytes, s->journal_bytes, s->journal_segments };
}

const uint8_t *store_deployment(const struct store *s)
{
    return s->owner.deployment;
}

struct bytes store_recovery_metadata(const struct store *s)
{
    return buf_bytes(&s->metadata);
}

struct bytes store_recovery_signature(const struct store *s)
{
    return buf_bytes(&s->signature);
}

/* The `sealed_key` of the original: the file, or the slot into which an import put it. */
static void foreign_key(struct bytes file, struct buf *key)
{
    struct key_slot slots[KEY_SLOTS_MAX];
    size_t at[KEY_SLOTS_MAX];

    for (size_t i = key_slots_parse(file, slots, at); i > 0; i--) {
        if (slots[i - 1].type != SLOT_FOREIGN)
            continue;
        buf_add(key, slots[i - 1].blob);
        return;
    }
    buf_add(key, file);
}

bool store_foreign_files(const struct store *s, struct buf *data, struct buf *key, struct err *err)
{
    auto_buf slots = { 0 };
    struct err missing = { 0 };

    if (s->verdict != STORE_FOREIGN)
        return err_set(err, FAIL_STATE, "the sealed state is not one of the original");
    if (!s->engine->blob_get(s->engine->ctx, ENGINE_SNAPSHOT, data, err))
        return false;
    if (s->engine->blob_get(s->engine->ctx, ENGINE_SLOTS, &slots, &missing)) {
        foreign_key(buf_bytes(&slots), key);
        return true;
    }
    if (missing.kind == FAIL_NOT_FOUND)
        return true;
    *err = missing;
    return false;
}

bool store_unlock(struct store *s, struct bytes rwk, const struct omap **values, struct err *err)
{
    auto_secret *dek = NULL;
    auto_omap *map = NULL;

    if (s->verdict != STORE_LOCKED)
        return err_set(err, FAIL_STATE, "the sealed state is not locked");
    if (!recovery_slot_open(s->found.snapshot.slots, &s->owner, rwk, s->found.snapshot.metadata,
                            &dek, err) ||
        !store_read_values(s, secret_bytes(dek), BYTES_NONE, NULL, &map, &s->audit_seq, err))
        return false;
    omap_free(s->values);
    s->values = omap_ref(map);
    s->unlocked = true;
    *values = TAKE(map);
    return true;
}

void store_close(struct store *s)
{
    struct err err = { 0 };

    if (s == NULL)
        return;
    if (s->verdict == STORE_OPEN && !s->engine->anchor_sync(s->engine->ctx, &err))
        log_warn(s->env->log, "The anchor may not be durable", LOG_TEXT("error", err.text));
    engine_close(s->engine);
    found_clear(&s->found);
    omap_free(s->values);
    secret_free(s->dek);
    secret_free(s->oak);
    secret_free(s->segment_key);
    buf_clear(&s->slots);
    buf_clear(&s->metadata);
    buf_clear(&s->signature);
    free(s->directory);
    free(s);
}
