/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/diff.h"
#include "manifest/permissions.h"

#include <inttypes.h>
#include <stdlib.h>

/* Users with what they may do, roles, recovery keys, and who has to agree. */

static const char *const rights[PERMISSION_COUNT] = {
    [PERMISSION_READ_SECRET] = "to read secret",
    [PERMISSION_UPDATE_MANIFEST] = "to update the manifest",
    [PERMISSION_UPDATE_PACKAGE] = "to update package",
    [PERMISSION_WRITE_SECRET] = "to write secret",
};

static void put_right(struct buf *out, const char *how, unsigned kind, struct bytes name)
{
    buf_add_format(out, "%s%s the right %s%s%.*s", out->len == 0 ? "" : ", ", how, rights[kind],
                   name.len == 0 ? "" : " ", BYTES_FMT(name));
}

/* What `from` has and `other` has not. */
static void put_rights(struct buf *out, const char *how, const struct permissions *from,
                       const struct permissions *other)
{
    for (unsigned kind = 0; kind < PERMISSION_COUNT; kind++) {
        const struct permission_grant *const grant = &from->of[kind];
        if (grant->held && grant->count == 0 && !other->of[kind].held)
            put_right(out, how, kind, BYTES_NONE);
        for (size_t i = 0; i < grant->count; i++) {
            if (!permissions_allow(other, (enum permission)kind, &grant->names[i], 1))
                put_right(out, how, kind, grant->names[i]);
        }
    }
}

static void visit_user(struct differ *d, const void *left, const void *right)
{
    const struct manifest_user *const old = left, *const new = right;
    struct permissions before = { 0 }, after = { 0 };
    auto_arena arena = { 0 };
    auto_buf what = { 0 }, moved = { 0 };

    if (old != NULL)
        before = permissions_of_user(d->old, old, &arena);
    if (new != NULL)
        after = permissions_of_user(d->new, new, &arena);
    put_rights(&moved, "loses", &before, &after);
    put_rights(&moved, "gains", &after, &before);
    if (old != NULL && new != NULL) {
        diff_flag(&what, "Certificate", !bytes_equal(old->certificate, new->certificate));
        diff_flag(&what, "Roles", !diff_texts_same(&old->roles, &new->roles));
        diff_flag(&what, "rights", moved.len > 0);
        if (!bytes_equal(old->certificate, new->certificate))
            buf_add_format(&moved, "%sthe old certificate is not accepted any more",
                           moved.len == 0 ? "" : ", ");
    }
    buf_add_u8(&moved, '\0');
    diff_add(d, "Users", old == NULL ? new->name : old->name,
             old == NULL   ? CHANGE_ADDED
             : new == NULL ? CHANGE_REMOVED
                           : CHANGE_CHANGED,
             &what, (const char *)moved.at);
}

static void visit_role(struct differ *d, const void *left, const void *right)
{
    const struct manifest_role *const old = left, *const new = right;
    auto_buf what = { 0 };

    if (old != NULL && new != NULL) {
        diff_text(&what, "ResourceType", old->type_text, new->type_text);
        diff_flag(&what, "ResourceNames", !diff_texts_same(&old->resources, &new->resources));
        diff_flag(&what, "Actions", !diff_texts_same(&old->actions, &new->actions));
    }
    diff_add(d, "Roles", old == NULL ? new->name : old->name,
             old == NULL   ? CHANGE_ADDED
             : new == NULL ? CHANGE_REMOVED
                           : CHANGE_CHANGED,
             &what, "");
}

static void visit_recovery_key(struct differ *d, const void *left, const void *right)
{
    const struct manifest_recovery_key *const old = left, *const new = right;
    auto_buf what = { 0 };

    if (old != NULL && new != NULL)
        diff_flag(&what, "the key", !bytes_equal(old->pem, new->pem));
    diff_add(d, "RecoveryKeys", old == NULL ? new->name : old->name,
             old == NULL   ? CHANGE_ADDED
             : new == NULL ? CHANGE_REMOVED
                           : CHANGE_CHANGED,
             &what,
             new == NULL   ? "its holder cannot take part in a recovery any more"
             : old == NULL ? "its holder gets a recovery secret"
                           : "its holder gets a new recovery secret, for the new key");
}

/* client-api.md, 11.6: the exact text of the keys counts. What was not sealed so far gets new keys in any case. */
static bool needs_new_secrets(const struct manifest *old, const struct manifest *new)
{
    if (old->config.seal_mode == SEAL_MODE_DISABLED && new->config.seal_mode != SEAL_MODE_DISABLED)
        return true;
    const uint64_t before = old->config.recovery_threshold, after = new->config.recovery_threshold;
    const size_t keys = new->recovery_key_count;

    if (old->recovery_key_count != keys)
        return true;
    if (before != after && !(before == 0 && after == keys) && !(after == 0 && before == keys))
        return true;
    for (size_t i = 0; i < keys; i++) {
        if (!bytes_equal(old->recovery_keys[i].name, new->recovery_keys[i].name) ||
            !bytes_equal(old->recovery_keys[i].pem, new->recovery_keys[i].pem))
            return true;
    }
    return false;
}

void diff_access(struct differ *d)
{
    diff_walk(d, DIFF_TABLE(d->old, users, user_count), DIFF_TABLE(d->new, users, user_count),
              visit_user);
    diff_walk(d, DIFF_TABLE(d->old, roles, role_count), DIFF_TABLE(d->new, roles, role_count),
              visit_role);
    diff_walk(d, DIFF_TABLE(d->old, recovery_keys, recovery_key_count),
              DIFF_TABLE(d->new, recovery_keys, recovery_key_count), visit_recovery_key);
    d->out->new_recovery_secrets = needs_new_secrets(d->old, d->new);
}

static void say_recovery(struct differ *d)
{
    if (!d->out->new_recovery_secrets)
        diff_say(d, "the recovery secrets stay good");
    else if (d->new->recovery_key_count == 0)
        diff_say(d, "the old recovery secrets become useless and there are no new ones: nobody can "
                    "bring the state back");
    else
        diff_say(d,
                 "the old recovery secrets become useless: new ones, encrypted to the holders, go "
                 "to whoever completes the update");
}

/* Users who hold this permission for all of the names. */
static void find_holders(struct differ *d, enum permission kind, const struct bytes *names,
                         size_t count)
{
    auto_arena arena = { 0 };
    const struct manifest *const m = d->old;
    struct manifest_diff *const out = d->out;

    out->holders = mem_zero_alloc(m->user_count + 1, sizeof *out->holders);
    for (size_t i = 0; i < m->user_count; i++) {
        const struct permissions p = permissions_of_user(m, &m->users[i], &arena);
        if (permissions_allow(&p, kind, names, count))
            out->holders[out->holder_count++] = m->users[i].name;
    }
}

static void put_holders(const struct manifest_diff *diff, struct buf *names)
{
    for (size_t i = 0; i < diff->holder_count; i++) {
        buf_add_string(names, i == 0 ? "" : ", ");
        buf_add(names, diff->holders[i]);
    }
}

void diff_raisers(struct differ *d)
{
    struct manifest_diff *const out = d->out;
    const size_t count = d->new->package_count;
    struct bytes *const packages = mem_zero_alloc(count + 1, sizeof *packages);
    auto_buf names = { 0 };

    for (size_t i = 0; i < count; i++)
        packages[i] = d->new->packages[i].name;
    find_holders(d, PERMISSION_UPDATE_PACKAGE, packages, count);
    free(packages);
    put_holders(out, &names);
    out->acknowledgments = out->holder_count > 0 ? 1 : 0;
    if (out->holder_count == 0)
        diff_say(d, "refused: nobody may update the security version of every package named");
    else
        diff_say(d,
                 "it takes one of {%.*s}, who may update the security version of every package "
                 "named",
                 (int)names.len, (const char *)names.at);
}

void diff_holders(struct differ *d)
{
    struct manifest_diff *const out = d->out;
    const uint64_t threshold = d->old->config.update_threshold;
    auto_buf names = { 0 };

    say_recovery(d);
    find_holders(d, PERMISSION_UPDATE_MANIFEST, NULL, 0);
    put_holders(out, &names);
    out->acknowledgments = threshold == 0 ? out->holder_count : threshold;
    if (out->holder_count == 0)
        diff_say(d, "refused: nobody may update the manifest in force");
    else
        diff_say(d,
                 "it needs %zu of {%.*s}, the one who submits it included; the users of the "
                 "manifest in force count",
                 out->acknowledgments, (int)names.len, (const char *)names.at);
}
