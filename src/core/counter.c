/* SPDX-License-Identifier: Apache-2.0 */
#include "core/counter.h"

#include "codec/text.h"
#include "core/internal.h"
#include "core/marble_caller.h"
#include "state/names.h"

#include <stdlib.h>

enum { COUNTER_LEN = 8 /* bytes of a stored value, little-endian */ };

struct counter_call {
    struct core *core;
    struct snapshot *admitted; /* what the certificate was checked with */
    struct buf leaf;
    struct buf owner; /* begin of the names of all counters of this Marble */
    struct buf name;  /* of the counter in the state */
    uint64_t value, previous;
    enum counter_result refused; /* why the writer did not raise it */
    counter_done *done;
    void *arg;
};

void counter_call_free(struct counter_call *c)
{
    if (c == NULL)
        return;
    snapshot_free(c->admitted);
    buf_clear(&c->leaf);
    buf_clear(&c->owner);
    buf_clear(&c->name);
    free(c);
}

/* ---- who may call ---- */

static bool check(const struct core *core, const struct snapshot *now, struct bytes leaf,
                  struct marble_caller *caller, enum counter_result *refused, struct err *err)
{
    *refused = COUNTER_CLOSED;
    if (!snapshot_has_feature(now, FEATURE_MONOTONIC_COUNTER))
        return err_set(err, FAIL_STATE, "MonotonicCounter feature is not enabled in the manifest");
    *refused = COUNTER_STRANGER;
    return marble_caller_read(now->authority, core->vouched, leaf,
                              core->env->now_ms(core->env->ctx), caller, err) ||
           err_in(err, "unauthorized marble");
}

/* No base64 has a colon, so no two counters share a name (state-and-recovery.md, 5.2). */
static void put_owner(struct buf *out, const struct marble_caller *caller)
{
    buf_add_string(out, PREFIX_MONOTONIC_COUNTER);
    base64_encode(out, BASE64_STANDARD, buf_bytes(&caller->type));
    buf_add_u8(out, ':');
    base64_encode(out, BASE64_STANDARD, bytes_of(caller->uuid, sizeof caller->uuid));
    buf_add_u8(out, ':');
}

struct counter_call *counter_admit(struct core *core, struct bytes leaf,
                                   enum counter_result *refused, struct err *err)
{
    auto_snapshot *now = core_snapshot(core);
    auto_marble_caller caller = { 0 };

    if (!check(core, now, leaf, &caller, refused, err))
        return NULL;
    struct counter_call *const c = mem_zero_alloc(1, sizeof *c);
    c->core = core;
    c->admitted = TAKE(now);
    buf_add(&c->leaf, leaf);
    put_owner(&c->owner, &caller);
    return c;
}

/* An update makes a new marble root, and may close the feature. */
static bool is_still_admitted(struct counter_call *c, const struct snapshot *newest,
                              struct err *err)
{
    auto_marble_caller caller = { 0 };
    enum counter_result refused = COUNTER_FAILED;

    if ((newest->authority == c->admitted->authority &&
         newest->deployment == c->admitted->deployment) ||
        check(c->core, newest, buf_bytes(&c->leaf), &caller, &refused, err))
        return true;
    c->refused = refused;
    return false;
}

/* ---- the value ---- */

/* *there: it has been raised before; if not, it is 0. */
static bool read_value(const struct counter_call *c, const struct snapshot *now, bool *there,
                       uint64_t *value, struct err *err)
{
    struct bytes stored;

    *value = 0;
    *there = omap_get(now->values, buf_bytes(&c->name), &stored);
    if (!*there)
        return true;
    if (stored.len != COUNTER_LEN)
        return err_set(err, FAIL_DAMAGED, "value %.*s of the state is no counter",
                       BYTES_FMT(buf_bytes(&c->name)));
    for (unsigned i = 0; i < COUNTER_LEN; i++)
        *value |= (uint64_t)stored.at[i] << 8 * i;
    return true;
}

/* One Marble must not fill the state, on which all others depend. */
static bool has_room(const struct counter_call *c, const struct snapshot *now, struct err *err)
{
    size_t count = 0;

    for (struct omap_entry e = { 0 };
         count < COUNTERS_MAX && omap_next_with_prefix(now->values, buf_bytes(&c->owner), &e);)
        count++;
    if (count == COUNTERS_MAX)
        return err_set(err, FAIL_TOO_LARGE, "this Marble has %d counters: no more are added",
                       COUNTERS_MAX);
    if (omap_size(now->values) > COUNTER_STATE_MAX)
        return err_set(err, FAIL_TOO_LARGE,
                       "the state has more than %d MiB: no more counters are added",
                       COUNTER_STATE_MAX >> 20);
    return true;
}

/*
 * On the writer's thread, on the newest state. A value that another call has passed meanwhile is written again, so
 * that the answer waits until that one is durable.
 */
static bool decide_raise(void *arg, const struct snapshot *newest, struct decision *d,
                         struct err *err)
{
    struct counter_call *const c = arg;
    auto_buf stored = { 0 };
    bool there = false;

    if (!is_still_admitted(c, newest, err) || !read_value(c, newest, &there, &c->previous, err) ||
        (!there && !has_room(c, newest, err)))
        return false;
    buf_add_u64le(&stored, c->value > c->previous ? c->value : c->previous);
    change_put_named(&d->change, "", buf_bytes(&c->name), buf_bytes(&stored));
    return true;
}

static void finish(struct counter_call *c, enum counter_result result, const char *text)
{
    c->done(c->arg, result, result == COUNTER_DONE ? c->previous : 0, text);
    counter_call_free(c);
}

static void raised(void *arg, const struct err *err)
{
    struct counter_call *const c = arg;

    if (err == NULL)
        finish(c, COUNTER_DONE, "");
    else
        finish(c, c->refused, err->text);
}

static bool name_it(struct counter_call *c, struct bytes name, struct err *err)
{
    if (name.len > COUNTER_NAME_MAX)
        return err_set(err, FAIL_TOO_LARGE, "the name of a counter has at most %d bytes",
                       COUNTER_NAME_MAX);
    buf_add(&c->name, buf_bytes(&c->owner));
    base64_encode(&c->name, BASE64_STANDARD, name);
    return c->name.len <= UINT16_MAX ||
           err_set(err, FAIL_TOO_LARGE, "the names of Marble type and counter are too long");
}

void counter_raise(struct counter_call *c, struct bytes name, uint64_t value, counter_done *done,
                   void *arg)
{
    auto_snapshot *now = core_snapshot(c->core);
    bool there = false;
    struct err err = { 0 };

    c->value = value;
    c->done = done;
    c->arg = arg;
    if (!name_it(c, name, &err) || !is_still_admitted(c, now, &err) ||
        !read_value(c, now, &there, &c->previous, &err))
        finish(c, c->refused, err.text);
    else if (value <= c->previous)
        finish(c, COUNTER_DONE, "");
    else
        writer_submit(c->core->writer, &(struct commit){ decide_raise, raised, c });
}
