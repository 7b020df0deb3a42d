/* SPDX-License-Identifier: Apache-2.0 */
#include "state/snapshot.h"

#include "codec/json.h"
#include "state/names.h"

#include <inttypes.h>
#include <stdlib.h>

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
    (void)__atomic_add_fetch(&snapshot->refs, 1, __ATOMIC_RELAXED);
    return snapshot;
}

void snapshot_free(struct snapshot *s)
{
    if (s == NULL || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    omap_free(s->values);
    authority_free(s->authority);
    deployment_free(s->deployment);
    recovery_set_free(s->recovery_set);
    recovery_set_free(s->new_recovery_set);
    free(s);
}

bool snapshot_has_feature(const struct snapshot *s, unsigned feature)
{
    return s->deployment != NULL && (s->deployment->manifest->config.feature_gates & feature) != 0;
}

bool snapshot_value(const struct snapshot *s, const char *prefix, struct bytes name,
                    struct bytes *value)
{
    auto_buf whole = { 0 };

    buf_add_string(&whole, prefix);
    buf_add(&whole, name);
    return omap_get(s->values, buf_bytes(&whole), value);
}

bool snapshot_secret(const struct snapshot *s, const char *prefix, struct bytes name,
                     struct arena *arena, struct stored_secret *secret, struct err *damage)
{
    struct bytes record;

    if (!snapshot_value(s, prefix, name, &record))
        return false;
    if (stored_secret_parse(record, arena, secret, damage))
        return true;
    damage->kind = FAIL_DAMAGED;
    return err_in(damage, "value %s%.*s of the state", prefix, BYTES_FMT(name));
}

struct snapshot *snapshot_new(enum phase phase, struct authority *authority)
{
    struct snapshot *s = mem_zero_alloc(1, sizeof *s);

    s->refs = 1;
    s->phase = phase;
    s->authority = authority_ref(authority);
    return s;
}

static bool load_phase(struct snapshot *s, struct err *err)
{
    struct bytes text;

    if (!omap_get(s->values, BYTES_LITERAL(NAME_STATE), &text) || !bytes_equal_string(text, "3"))
        return err_set(err, FAIL_DAMAGED, "value state of the state is not 3");
    s->phase = PHASE_ACCEPTING_MARBLES;
    return true;
}

static bool record_misfit(struct err *err)
{
    err->kind = FAIL_DAMAGED;
    return err_in(err, "value " NAME_RECOVERY_RECORD " of the state");
}

/* {"recoveries":n,"last":milliseconds,"withoutProof":bool} */
static bool load_recovery(struct snapshot *s, struct err *err)
{
    auto_arena arena = { 0 };
    struct bytes text;
    uint64_t last = 0;

    s->recovery = (struct recovery_record){ 0 };
    if (!omap_get(s->values, BYTES_LITERAL(NAME_RECOVERY_RECORD), &text))
        return true;
    const struct json *const root = json_parse(text, JSON_TRAILING_REFUSED, &arena, err);
    if (root == NULL)
        return record_misfit(err);
    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        const bool good = bytes_equal_string(v->name, "recoveries")
                              ? json_get_uint(v, UINT64_MAX, &s->recovery.recoveries, err)
                          : bytes_equal_string(v->name, "last")
                              ? json_get_uint(v, INT64_MAX, &last, err)
                          : bytes_equal_string(v->name, "withoutProof")
                              ? json_get_bool(v, &s->recovery.without_proof, err)
                              : true;
        if (!good)
            return record_misfit(err);
    }
    s->recovery.last_ms = (int64_t)last;
    return true;
}

static bool load_set(const struct omap *values, const char *name, struct recovery_set **set,
                     struct err *err)
{
    struct bytes text;

    recovery_set_free(*set);
    *set = NULL;
    if (!omap_get(values, bytes_of_string(name), &text))
        return true;
    *set = recovery_set_parse(text, err);
    return *set != NULL || err_in(err, "value %s of the state", name);
}

static bool load_sets(struct snapshot *s, struct err *err)
{
    return load_set(s->values, NAME_RECOVERY_SET, &s->recovery_set, err) &&
           load_set(s->values, NAME_NEW_RECOVERY_SET, &s->new_recovery_set, err);
}

struct snapshot *snapshot_load(const struct env *env, const struct omap *values, struct err *err)
{
    auto_snapshot *s = mem_zero_alloc(1, sizeof *s);

    s->refs = 1;
    s->values = omap_ref(values);
    s->authority = authority_load(env, values, err);
    s->deployment = s->authority == NULL ? NULL : deployment_load(values, err);
    if (s->deployment == NULL || !load_phase(s, err) || !load_recovery(s, err) ||
        !load_sets(s, err) || !update_log_end_of(values, &s->log, err))
        return NULL;
    return TAKE(s);
}

/* Which typed parts a change touches. */
struct touched {
    bool authority, deployment, phase, recovery, sets;
};

static bool is_named(struct bytes name, const char *wanted)
{
    return bytes_equal_string(name, wanted);
}

static bool has_prefix(struct bytes name, const char *prefix)
{
    return bytes_start_with(name, bytes_of_string(prefix));
}

static struct touched parts_touched(const struct change *change)
{
    struct touched t = { 0 };

    for (size_t i = 0; i < change->count; i++) {
        const struct bytes name = change->ops[i].name;
        t.authority |= has_prefix(name, PREFIX_CERTIFICATE) ||
                       has_prefix(name, PREFIX_PRIVATE_KEY) || is_named(name, NAME_ROOT_SECRET) ||
                       is_named(name, NAME_PREVIOUS_ROOT_SECRET);
        t.deployment |= is_named(name, NAME_MANIFEST) || is_named(name, NAME_MANIFEST_SIGNATURE) ||
                        has_prefix(name, PREFIX_USER);
        t.phase |= is_named(name, NAME_STATE);
        t.recovery |= is_named(name, NAME_RECOVERY_RECORD);
        t.sets |= is_named(name, NAME_RECOVERY_SET) || is_named(name, NAME_NEW_RECOVERY_SET);
    }
    return t;
}

/* Lines are only ever added, in their order. */
static bool follow_log(struct snapshot *s, const struct change *change, struct err *err)
{
    for (size_t i = 0; i < change->count; i++) {
        const struct change_op *const op = &change->ops[i];
        if (has_prefix(op->name, PREFIX_UPDATE_LOG) && !update_log_extend(&s->log, op->value, err))
            return false;
    }
    return true;
}

struct snapshot *snapshot_after(const struct env *env, const struct snapshot *now,
                                const struct change *change, struct err *err)
{
    const struct touched t = parts_touched(change);
    auto_snapshot *s = snapshot_new(now->phase, now->authority);

    s->values = change_apply(now->values, change);
    s->recovery = now->recovery;
    s->recovery_set = recovery_set_ref(now->recovery_set);
    s->new_recovery_set = recovery_set_ref(now->new_recovery_set);
    s->log = now->log;
    if (t.authority) {
        authority_free(s->authority);
        s->authority = authority_load(env, s->values, err);
    }
    if (t.deployment)
        s->deployment = deployment_load(s->values, err);
    else if (now->deployment != NULL)
        s->deployment = deployment_ref(now->deployment);
    if (s->authority == NULL || (t.deployment && s->deployment == NULL) ||
        (t.phase && !load_phase(s, err)) || (t.recovery && !load_recovery(s, err)) ||
        (t.sets && !load_sets(s, err)) || !follow_log(s, change, err))
        return NULL;
    return TAKE(s);
}

void change_put_recovery_record(struct change *change, const struct recovery_record *record)
{
    auto_buf text = { 0 };

    buf_add_format(&text, "{\"recoveries\":%" PRIu64 ",\"last\":%" PRId64 ",\"withoutProof\":%s}",
                   record->recoveries, record->last_ms, record->without_proof ? "true" : "false");
    change_put(change, NAME_RECOVERY_RECORD, buf_bytes(&text));
}
