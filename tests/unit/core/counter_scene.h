/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A Coordinator whose manifest enables monotonic counters, and Marbles "m" and "n" that raise them. */
#include "core/counter.h"
#include "marble.h"
#include "state/names.h"

#include <errno.h>

#define COUNTING "\"Config\":{\"FeatureGates\":[\"MonotonicCounter\"]},"

struct scene {
    struct world world;
    struct machine machine;
    struct buf leaf; /* of Marble "m", instance MARBLE_UUID */
};

/* The certificate that a Marble gets. */
static inline struct buf leaf_of(const struct machine *m, const char *type, const char *uuid)
{
    struct activation asked = marble_request(type);
    struct buf leaf = { 0 };

    asked.uuid = bytes_of_string(uuid);
    auto_outcome o = activate_ok(m, &asked);
    auto_cert *cert = outcome_cert(&o, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", 0);
    buf_add(&leaf, cert_der(cert));
    return leaf;
}

static inline void scene_begin(struct scene *s)
{
    *s = (struct scene){ 0 };
    world_begin(&s->world);
    s->machine = machine_start(&s->world, "a");
    set_manifest_with(&s->machine, COUNTING "\"Marbles\":{\"n\":{\"Package\":\"p\"}},");
    s->leaf = leaf_of(&s->machine, "m", MARBLE_UUID);
}

static inline void scene_restart(struct scene *s)
{
    machine_stop(&s->machine);
    s->machine = machine_start(&s->world, "a");
    assert_phase(&s->machine, PHASE_ACCEPTING_MARBLES);
}

static inline void scene_end(struct scene *s)
{
    machine_stop(&s->machine);
    world_end(&s->world);
    buf_clear(&s->leaf);
}
#define auto_scene struct scene CLEANUP(scene_end)

/* One call, which may be waited for later. */
struct raising {
    sem_t over;
    unsigned times; /* how often it was answered */
    enum counter_result result;
    uint64_t previous;
    char text[512];
};

static inline void take_raised(void *arg, enum counter_result result, uint64_t previous,
                               const char *text)
{
    struct raising *const r = arg;

    r->times++;
    r->result = result;
    r->previous = previous;
    (void)snprintf(r->text, sizeof r->text, "%s", text);
    (void)sem_post(&r->over);
}

static inline void raise_start(struct raising *r, const struct machine *m, struct bytes leaf,
                               struct bytes name, uint64_t value)
{
    enum counter_result refused = COUNTER_DONE;
    struct err err = { 0 };

    *r = (struct raising){ .times = 0 };
    (void)sem_init(&r->over, 0, 0);
    struct counter_call *const call = counter_admit(m->core, leaf, &refused, &err);
    if (call == NULL)
        take_raised(r, refused, 0, err.text);
    else
        counter_raise(call, name, value, take_raised, r);
}

static inline void raise_wait(struct raising *r)
{
    while (sem_wait(&r->over) != 0)
        assert_int_equal(errno, EINTR);
    (void)sem_destroy(&r->over);
    assert_int_equal(r->times, 1);
    assert_int_equal(r->result == COUNTER_DONE, r->text[0] == '\0');
    assert_true(r->result == COUNTER_DONE || r->previous == 0);
}

static inline struct raising raise_to(const struct machine *m, struct bytes leaf, struct bytes name,
                                      uint64_t value)
{
    struct raising r;

    raise_start(&r, m, leaf, name, value);
    raise_wait(&r);
    return r;
}

/* Works, and this was the value before. */
static inline void assert_raised(const struct machine *m, const struct buf *leaf, struct bytes name,
                                 uint64_t value, uint64_t previous)
{
    const struct raising r = raise_to(m, buf_bytes(leaf), name, value);

    if (r.result != COUNTER_DONE || r.previous != previous)
        fail_msg("%.*s to %llu: %d, %llu instead of %llu: %s", BYTES_FMT(name),
                 (unsigned long long)value, (int)r.result, (unsigned long long)r.previous,
                 (unsigned long long)previous, r.text);
}

static inline void assert_not_raised(const struct machine *m, struct bytes leaf, struct bytes name,
                                     uint64_t value, enum counter_result want, const char *words)
{
    const struct raising r = raise_to(m, leaf, name, value);

    if (r.result != want || strstr(r.text, words) == NULL)
        fail_msg("%d instead of %d \"%s\": \"%s\"", (int)r.result, (int)want, words, r.text);
}

/* How many counters the state has. */
static inline size_t counters_of(const struct machine *m)
{
    auto_snapshot *now = core_snapshot(m->core);
    size_t count = 0;

    for (struct omap_entry e = { 0 };
         omap_next_with_prefix(now->values, BYTES_LITERAL(PREFIX_MONOTONIC_COUNTER), &e);)
        count++;
    return count;
}

/* New keys and certificates, as an update makes them. Runs on the writer's thread. */
static inline void put_in_change(void *arg, const char *name, struct bytes value)
{
    change_put(arg, name, value);
}

static inline bool decide_new_authority(void *arg, const struct snapshot *now, struct decision *d,
                                        struct err *err)
{
    const struct machine *const m = arg;
    const struct bytes name = BYTES_LITERAL("localhost");

    (void)now;
    auto_authority *fresh = authority_generate(core_env(m->core), &name, 1, err);
    return fresh != NULL && authority_values(fresh, put_in_change, &d->change, err);
}
