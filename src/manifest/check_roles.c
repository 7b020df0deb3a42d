/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/check.h"
#include "manifest/permissions.h"

/* Roles, also those that nobody has. */

CHECK_RULE(check_resource_types)
{
    (void)options;
    for (size_t i = 0; i < m->role_count; i++) {
        const struct manifest_role *const role = &m->roles[i];
        if (role->type == RESOURCE_NONE)
            return manifest_refuse(role->source, "ResourceType", err,
                                   "unrecognized resource type: %.*s for role: %.*s",
                                   BYTES_FMT(role->type_text), BYTES_FMT(role->name));
    }
    return true;
}

static bool resources_exist(const struct manifest *m, const struct manifest_role *role,
                            struct err *err)
{
    for (size_t i = 0; i < role->resources.count; i++) {
        const struct bytes name = role->resources.at[i];
        if (role->type == RESOURCE_PACKAGES ? manifest_package(m, name) != NULL
                                            : manifest_secret(m, name) != NULL)
            continue;
        return manifest_refuse(role->source, "ResourceNames", err,
                               "role %.*s: resource %.*s of type %.*s is not defined in manifest",
                               BYTES_FMT(role->name), BYTES_FMT(name), BYTES_FMT(role->type_text));
    }
    return true;
}

static bool actions_fit(const struct manifest_role *role, struct err *err)
{
    enum permission kind;

    for (size_t i = 0; i < role->actions.count; i++) {
        const struct bytes action = role->actions.at[i];
        if (!permission_from_action(role->type, action, &kind))
            return manifest_refuse(
                role->source, "Actions", err, "unknown action: %.*s for type %.*s in role: %.*s",
                BYTES_FMT(action), BYTES_FMT(role->type_text), BYTES_FMT(role->name));
    }
    return true;
}

static bool secrets_allow(const struct manifest *m, const struct manifest_role *role,
                          struct err *err)
{
    for (size_t i = 0; i < role->resources.count; i++) {
        const struct manifest_secret *const secret = manifest_secret(m, role->resources.at[i]);
        if (role_grants(role, PERMISSION_WRITE_SECRET) && !secret->user_defined)
            return manifest_refuse(role->source, "ResourceNames", err,
                                   "manifest specifies write permission for role %.*s and secret "
                                   "%.*s, but secret is not user-defined",
                                   BYTES_FMT(role->name), BYTES_FMT(secret->name));
        if (role_grants(role, PERMISSION_READ_SECRET) && !secret->user_defined && !secret->shared)
            return manifest_refuse(role->source, "ResourceNames", err,
                                   "manifest specifies read permission for role %.*s and "
                                   "per-marble-unique secret %.*s",
                                   BYTES_FMT(role->name), BYTES_FMT(secret->name));
    }
    return true;
}

static bool role_is_good(const struct manifest *m, const struct manifest_role *role,
                         struct err *err)
{
    switch (role->type) {
    case RESOURCE_PACKAGES:
        return resources_exist(m, role, err) && actions_fit(role, err);
    case RESOURCE_SECRETS:
        return actions_fit(role, err) && resources_exist(m, role, err) &&
               secrets_allow(m, role, err);
    case RESOURCE_MANIFEST:
        if (role->resources.count > 0)
            return manifest_refuse(role->source, "ResourceNames", err,
                                   "role %.*s: resource names are not allowed for type Manifest",
                                   BYTES_FMT(role->name));
        return actions_fit(role, err);
    case RESOURCE_NONE:
        break;
    }
    return err_set(err, FAIL_INTERNAL, "a role without a known type came through");
}

CHECK_RULE(check_roles)
{
    (void)options;
    for (size_t i = 0; i < m->role_count; i++) {
        if (!role_is_good(m, &m->roles[i], err))
            return false;
    }
    return true;
}
