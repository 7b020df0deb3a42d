/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/permissions.h"

#include <stdlib.h>

const char *permission_id(enum permission kind)
{
    switch (kind) {
    case PERMISSION_READ_SECRET:
        return "readsecret";
    case PERMISSION_UPDATE_MANIFEST:
        return "updatemanifest";
    case PERMISSION_UPDATE_PACKAGE:
        return "updatesecurityversion";
    case PERMISSION_WRITE_SECRET:
        return "writesecret";
    case PERMISSION_COUNT:
        break;
    }
    return "";
}

bool permission_from_action(enum resource_type type, struct bytes action, enum permission *kind)
{
    static const struct {
        enum resource_type type;
        const char *action;
        enum permission kind;
    } actions[] = {
        { RESOURCE_PACKAGES, "UpdateSecurityVersion", PERMISSION_UPDATE_PACKAGE },
        { RESOURCE_SECRETS, "ReadSecret", PERMISSION_READ_SECRET },
        { RESOURCE_SECRETS, "WriteSecret", PERMISSION_WRITE_SECRET },
        { RESOURCE_MANIFEST, "UpdateManifest", PERMISSION_UPDATE_MANIFEST },
    };

    for (size_t i = 0; i < COUNT_OF(actions); i++) {
        if (actions[i].type == type && bytes_equal_nocase(action, actions[i].action)) {
            *kind = actions[i].kind;
            return true;
        }
    }
    return false;
}

bool role_grants(const struct manifest_role *role, enum permission kind)
{
    return (role->grants >> kind & 1) != 0;
}

static int by_bytes(const void *left, const void *right)
{
    return bytes_compare(*(const struct bytes *)left, *(const struct bytes *)right);
}

size_t names_sort_unique(struct bytes *names, size_t count)
{
    size_t kept = 0;

    if (count > 0)
        qsort(names, count, sizeof *names, by_bytes);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || !bytes_equal(names[kept - 1], names[i]))
            names[kept++] = names[i];
    }
    return kept;
}

/* The user's roles, each once, so that repeating a role costs nothing. */
static const struct manifest_role **roles_of(const struct manifest *m,
                                             const struct manifest_user *user, struct arena *arena,
                                             size_t *count)
{
    struct bytes *const names = arena_alloc(arena, user->roles.count * sizeof *names);
    const struct manifest_role **const roles =
        arena_alloc(arena, user->roles.count * sizeof *roles);

    *count = 0;
    for (size_t i = 0; i < user->roles.count; i++)
        names[i] = user->roles.at[i];
    const size_t unique = names_sort_unique(names, user->roles.count);
    for (size_t i = 0; i < unique; i++) {
        const struct manifest_role *const role = manifest_role(m, names[i]);
        if (role != NULL)
            roles[(*count)++] = role;
    }
    return roles;
}

static struct permission_grant grant_of(const struct manifest_role *const *roles, size_t count,
                                        enum permission kind, struct arena *arena)
{
    struct permission_grant grant = { 0 };
    size_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += role_grants(roles[i], kind) ? roles[i]->resources.count : 0;
    struct bytes *const names = arena_alloc(arena, total * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        if (!role_grants(roles[i], kind))
            continue;
        grant.held = true;
        for (size_t j = 0; j < roles[i]->resources.count; j++)
            names[grant.count++] = roles[i]->resources.at[j];
    }
    grant.count = names_sort_unique(names, grant.count);
    grant.names = names;
    return grant;
}

struct permissions permissions_of_user(const struct manifest *m, const struct manifest_user *user,
                                       struct arena *arena)
{
    struct permissions all = { 0 };
    size_t count;
    const struct manifest_role *const *const roles = roles_of(m, user, arena, &count);

    for (unsigned kind = 0; kind < PERMISSION_COUNT; kind++)
        all.of[kind] = grant_of(roles, count, kind, arena);
    return all;
}

bool permissions_allow(const struct permissions *p, enum permission kind, const struct bytes *names,
                       size_t count)
{
    const struct permission_grant *const grant = &p->of[kind];

    if (!grant->held)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (grant->count == 0 ||
            bsearch(&names[i], grant->names, grant->count, sizeof *grant->names, by_bytes) == NULL)
            return false;
    }
    return true;
}
