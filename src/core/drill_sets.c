/* SPDX-License-Identifier: Apache-2.0 */
#include "core/internal.h"
#include "state/names.h"

#include <string.h>

struct recovery_set *set_of_metadata(const struct recovery_metadata *m, int64_t created_ms,
                                     const uint8_t (*drills)[DRILL_KEY_LEN])
{
    struct recovery_set *const set = recovery_set_new(m->holder_count);

    memcpy(set->id, m->set, sizeof set->id);
    set->scheme = arena_bytes(&set->arena, bytes_of_string(recovery_scheme_name(m->scheme)));
    set->needed = m->needed;
    set->created_ms = created_ms;
    for (size_t i = 0; i < set->count; i++) {
        struct recovery_set_holder *const h = &set->holders[i];
        h->name = arena_bytes(&set->arena, bytes_of_string(m->holders[i].name));
        h->key = key_ref(m->holders[i].key);
        if (drills != NULL)
            h->drill = arena_bytes(&set->arena, bytes_of(drills[i], DRILL_KEY_LEN));
    }
    return set;
}

struct recovery_set *set_of_plan(const struct env *env, const struct recovery_plan *plan)
{
    return set_of_metadata(plan->metadata, env->now_ms(env->ctx),
                           (const uint8_t(*)[DRILL_KEY_LEN])plan->drills);
}

bool set_learn_secret(struct recovery_set *set, struct bytes name, struct bytes secret,
                      struct err *err)
{
    uint8_t drill[DRILL_KEY_LEN];

    for (size_t i = 0; i < set->count; i++) {
        struct recovery_set_holder *const h = &set->holders[i];
        if (h->drill.len > 0 || !bytes_equal(h->name, name))
            continue;
        if (!drill_key(secret, drill, err))
            return false;
        h->drill = arena_bytes(&set->arena, bytes_of(drill, sizeof drill));
        explicit_bzero(drill, sizeof drill);
    }
    return true;
}

bool change_put_recovery_set(struct change *change, const char *name,
                             const struct recovery_set *set, struct err *err)
{
    auto_buf json = { 0 };

    if (!recovery_set_write(set, &json, err))
        return false;
    change_put(change, name, buf_bytes(&json));
    return true;
}

bool has_sealed_sets(const struct core *core)
{
    return writer_seals(core->writer);
}

void change_drop_new_set(struct change *change)
{
    change_delete(change, NAME_NEW_RECOVERY_SET);
    change_delete(change, NAME_NEW_RECOVERY_SECRETS);
}

bool change_promote_new_set(struct change *change, const struct snapshot *now, struct err *err)
{
    struct bytes set, secrets;

    if (!omap_get(now->values, BYTES_LITERAL(NAME_NEW_RECOVERY_SET), &set) ||
        !omap_get(now->values, BYTES_LITERAL(NAME_NEW_RECOVERY_SECRETS), &secrets))
        return err_set(err, FAIL_DAMAGED, "the state has no secrets of its new recovery set");
    change_put(change, NAME_RECOVERY_SET, set);
    change_put(change, NAME_RECOVERY_SECRETS, secrets);
    change_drop_new_set(change);
    return true;
}
