/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A Coordinator whose Marbles "b" and "c" may be activated so often, and what that costs them. */
#include "core/budget.h"
#include "marble.h"
#include "state/names.h"

#define HOUR_MS INT64_C(3600000)
#define EXHAUSTED "marble verification failed: reached max activations count (..."

struct scene {
    struct world world;
    struct machine machine;
};

/* Marbles "b" and "c" with the same limit. */
static inline void scene_begin(struct scene *s, unsigned limit)
{
    auto_string *extra = mem_printf("\"Marbles\":{\"b\":{\"Package\":\"p\",\"MaxActivations\":%u},"
                                    "\"c\":{\"Package\":\"p\",\"MaxActivations\":%u}},",
                                    limit, limit);

    world_begin(&s->world);
    s->machine = machine_start(&s->world, "a");
    set_manifest_with(&s->machine, extra);
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
}
#define auto_scene struct scene CLEANUP(scene_end)

static inline uint64_t count_in(const struct snapshot *now, const char *type)
{
    auto_string *name = mem_printf(PREFIX_ACTIVATIONS "%s", type);
    struct bytes value;

    if (!omap_get(now->values, bytes_of_string(name), &value))
        return 0;
    auto_string *text = bytes_to_string(value);
    return strtoull(text, NULL, 16);
}

static inline uint64_t count_of(const struct machine *m, const char *type)
{
    auto_snapshot *now = core_snapshot(m->core);

    return count_in(now, type);
}

static inline size_t marks_in(const struct omap *values)
{
    size_t count = 0;

    for (struct omap_entry e = { 0 };
         omap_next_with_prefix(values, BYTES_LITERAL(PREFIX_ACTIVATION_MARK), &e);)
        count++;
    return count;
}

static inline struct activation attempt(const char *name)
{
    struct activation asked = marble_request("b");

    asked.attempt = bytes_of_string(name);
    return asked;
}

/* Activates, and keeps what it cost. */
static inline void spend(const struct machine *m, const struct activation *asked)
{
    auto_outcome o = activate_ok(m, asked);

    assert_non_null(o.spent);
}

static inline struct spent_activation *spend_and_hold(const struct machine *m,
                                                      const struct activation *asked)
{
    auto_outcome o = activate_ok(m, asked);

    assert_non_null(o.spent);
    return TAKE(o.spent);
}

/* The writer has done all that came before. */
static inline void settle(const struct machine *m)
{
    put_value(m, "test:settled", BYTES_LITERAL("1"));
}

static inline void lose(const struct machine *m, struct spent_activation *spent)
{
    core_activation_lost(spent);
    settle(m);
}
