/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "marble.h"

/* One machine that runs under a manifest of the test. */
struct scene {
    struct world world;
    struct machine machine;
};

/* With this verifier; extra: as for set_manifest_with; NULL: no manifest yet. */
static inline void scene_begin_in_tee(struct scene *s, const struct quote_verifier *verifier,
                                      const char *extra)
{
    world_begin(&s->world);
    s->world.verifier = verifier;
    s->machine = machine_start(&s->world, "a");
    if (extra != NULL)
        set_manifest_with(&s->machine, extra);
}

static inline void scene_begin(struct scene *s, const char *extra)
{
    scene_begin_in_tee(s, NULL, extra);
}

static inline void scene_end(struct scene *s)
{
    machine_stop(&s->machine);
    world_end(&s->world);
}
#define auto_scene struct scene CLEANUP(scene_end)
