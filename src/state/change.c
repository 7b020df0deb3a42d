/* SPDX-License-Identifier: Apache-2.0 */
#include "state/change.h"

#include <stdlib.h>
#include <string.h>

static struct change_op *add(struct change *change)
{
    if (change->count == change->room) {
        change->room = change->room == 0 ? 8 : change->room * 2;
        change->ops = mem_resize(change->ops, change->room * sizeof change->ops[0]);
    }
    return &change->ops[change->count++];
}

void change_put_named(struct change *change, const char *prefix, struct bytes name,
                      struct bytes value)
{
    const size_t prefix_len = strlen(prefix);
    uint8_t *const whole = arena_alloc(&change->arena, prefix_len + name.len);

    memcpy(whole, prefix, prefix_len);
    if (name.len > 0)
        memcpy(whole + prefix_len, name.at, name.len);
    *add(change) = (struct change_op){
        .name = bytes_of(whole, prefix_len + name.len),
        .value = arena_bytes(&change->arena, value),
    };
}

void change_put(struct change *change, const char *name, struct bytes value)
{
    change_put_named(change, name, BYTES_NONE, value);
}

void change_delete_key(struct change *change, struct bytes key)
{
    *add(change) = (struct change_op){
        .is_delete = true,
        .name = arena_bytes(&change->arena, key),
    };
}

void change_delete(struct change *change, const char *name)
{
    change_delete_key(change, bytes_of_string(name));
}

const struct omap *change_apply(const struct omap *before, const struct change *change)
{
    const struct omap *values = omap_ref(before);

    for (size_t i = 0; i < change->count; i++) {
        const struct change_op *const op = &change->ops[i];
        const struct omap *const next =
            op->is_delete ? omap_without(values, op->name) : omap_with(values, op->name, op->value);
        omap_free(values);
        values = next;
    }
    return values;
}

void change_clear(struct change *change)
{
    arena_clear(&change->arena);
    free(change->ops);
    *change = (struct change){ 0 };
}
