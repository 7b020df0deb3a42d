/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/manifest.h"

/*
 * What a user may do: for each kind of permission the resources, as the union over the user's roles
 * (client-api.md, section 6). Computed when a manifest is set and stored with the user.
 */
enum permission {
    PERMISSION_READ_SECRET = 0,
    PERMISSION_UPDATE_MANIFEST,
    PERMISSION_UPDATE_PACKAGE,
    PERMISSION_WRITE_SECRET,
    PERMISSION_COUNT,
};
struct permission_grant {
    bool held; /* with an empty list only a request for no resources is granted */
    size_t count;
    const struct bytes *names; /* sorted in byte order, each once */
};
struct permissions {
    struct permission_grant of[PERMISSION_COUNT];
};

/* The identifier in the stored record: "readsecret", "updatemanifest", "updatesecurityversion",
 * "writesecret". */
const char *permission_id(enum permission kind) MUST_CHECK;
/* Which kind an action on a type of resource is (manifest.md 10); the letter case of the action does
 * not count. False: none. */
bool permission_from_action(enum resource_type type, struct bytes action,
                            enum permission *kind) MUST_CHECK;
/* Does this role of the manifest grant the kind at all? */
bool role_grants(const struct manifest_role *role, enum permission kind) MUST_CHECK;
/* Arrays live in the arena, names in the manifest. Roles that do not exist grant nothing. */
struct permissions permissions_of_user(const struct manifest *m, const struct manifest_user *user,
                                       struct arena *arena) MUST_CHECK;
/* Every name is granted; for no names: the kind is held. */
bool permissions_allow(const struct permissions *p, enum permission kind, const struct bytes *names,
                       size_t count) MUST_CHECK;
/* Sorts in byte order and keeps each name once; returns how many are left. */
size_t names_sort_unique(struct bytes *names, size_t count) MUST_CHECK;
