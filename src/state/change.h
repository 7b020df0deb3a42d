/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/omap.h"

/*
 * A wish: what a decision wants to put into the state and delete from it, in order. It becomes one
 * record of the log, or all of a new state. Zero-initialised is empty and valid.
 */
struct change_op {
    bool is_delete;
    struct bytes name, value; /* in the arena of the change */
};
struct change {
    struct arena arena; /* holds secrets: wiped when cleared */
    struct change_op *ops;
    size_t count, room;
};

void change_put(struct change *change, const char *name, struct bytes value);
/* The same for a name of two parts, such as PREFIX_SECRET and the secret's name. */
void change_put_named(struct change *change, const char *prefix, struct bytes name,
                      struct bytes value);
void change_delete(struct change *change, const char *name);
/* The same for a name as it stands in a map of values. */
void change_delete_key(struct change *change, struct bytes key);
/* The values after the change, as a new reference. */
const struct omap *change_apply(const struct omap *before, const struct change *change) MUST_CHECK;
void change_clear(struct change *change);

#define auto_change struct change CLEANUP(change_clear)
