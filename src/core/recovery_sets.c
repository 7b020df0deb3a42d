/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text.h"
#include "core/internal.h"

#include <string.h>

/* Appends a set to the decision. */
static struct decision_set *add_set(struct decision *d, struct err *err)
{
    if (d->set_count < COUNT_OF(d->sets))
        return &d->sets[d->set_count++];
    (void)err_set(err, FAIL_MALFORMED, "more than %d recovery sets", STORE_RECOVERY_SETS);
    return NULL;
}

/* The line of the set with this id. */
static bool find_line(struct bytes lines, const char *id, struct bytes *line, struct err *err)
{
    auto_recovery_sets sets = { 0 };

    if (!recovery_sets_parse(lines, &sets, err))
        return false;
    for (size_t i = 0; i < sets.count; i++) {
        if (strcmp(sets.at[i]->set, id) == 0)
            return bytes_line(lines, i, line);
    }
    return err_set(err, FAIL_NOT_FOUND, "there is no recovery set %.40s", id);
}

static bool keep_set(struct decision *d, const struct core *core, const char *id, struct err *err)
{
    struct bytes line = BYTES_NONE;

    if (!find_line(store_recovery_metadata(core->store), id, &line, err))
        return false;
    struct decision_set *const set = add_set(d, err);
    if (set == NULL)
        return false;
    buf_add(&set->metadata, line);
    return true;
}

static bool put_new_set(struct decision *d, const struct core *core, struct recovery_plan *plan,
                        struct err *err)
{
    struct recovery_metadata *const m = plan->metadata;
    auto_buf deployment = { 0 };

    if (plan->rwk == NULL)
        return err_set(err, FAIL_MALFORMED, "a recovery set without recovery keys");
    struct decision_set *const set = add_set(d, err);
    if (set == NULL)
        return false;
    hex_encode(&deployment, bytes_of(store_deployment(core->store), STORE_DEPLOYMENT_LEN));
    memcpy(m->deployment, deployment.at, deployment.len);
    m->created_seq = store_seq(core->store);
    set->rwk = secret_copy(secret_bytes(plan->rwk), err);
    return set->rwk != NULL && recovery_metadata_write(m, &set->metadata, err);
}

static bool sign_sets(struct decision *d, struct key *root_key, struct err *err)
{
    auto_buf lines = { 0 };

    for (size_t i = 0; i < d->set_count; i++) {
        if (i > 0)
            buf_add_u8(&lines, '\n');
        buf_add(&lines, buf_bytes(&d->sets[i].metadata));
    }
    return key_sign_sha256(root_key, buf_bytes(&lines), &d->signature, err);
}

bool decision_put_sets(struct decision *d, const struct core *core, const struct set_choice *choice,
                       struct key *root_key, struct err *err)
{
    if (store_verdict_of(core->store) != STORE_OPEN)
        return err_set(err, FAIL_STATE, "the state is not sealed: it has no recovery sets");
    for (size_t i = 0; i < COUNT_OF(choice->kept) && choice->kept[i] != NULL; i++) {
        if (!keep_set(d, core, choice->kept[i], err))
            return false;
    }
    if (choice->added != NULL && !put_new_set(d, core, choice->added, err))
        return false;
    if (d->set_count == 0)
        return err_set(err, FAIL_MALFORMED, "no recovery set is left");
    d->set_recovery = true;
    return sign_sets(d, root_key, err);
}

void change_drop_set(struct change *change, const struct env *env, uint64_t line, const char *kept,
                     const char *dropped)
{
    auto_buf members = { 0 };

    buf_add_format(&members, ",\"set\":\"%s\",\"recoveredWith\":\"%s\"", dropped, kept);
    change_put_log_line(change, env, line, "Recovery set removed", buf_bytes(&members));
}
