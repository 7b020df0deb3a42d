/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/check.h"
#include "manifest/permissions.h"

#include <inttypes.h>
#include <stdlib.h>

/* Users and their certificates. */

CHECK_RULE(check_user_has_certificate)
{
    (void)options;
    for (size_t i = 0; i < m->user_count; i++) {
        if (m->users[i].certificate.len == 0)
            return manifest_refuse(m->users[i].source, "Certificate", err,
                                   "manifest does not contain a certificate for user %.*s",
                                   BYTES_FMT(m->users[i].name));
    }
    return true;
}

CHECK_RULE(check_user_roles_exist)
{
    (void)options;
    for (size_t i = 0; i < m->user_count; i++) {
        const struct manifest_user *const user = &m->users[i];
        for (size_t j = 0; j < user->roles.count; j++) {
            if (manifest_role(m, user->roles.at[j]) == NULL)
                return manifest_refuse(user->source, "Roles", err,
                                       "manifest specifies role %.*s for user %.*s, but role does "
                                       "not exist",
                                       BYTES_FMT(user->roles.at[j]), BYTES_FMT(user->name));
        }
    }
    return true;
}

/* A user with what must be unique to it: the text or the DER of its certificate. */
struct identity {
    struct bytes certificate;
    const struct manifest_user *user;
};

static int by_certificate_and_user(const void *left, const void *right)
{
    const struct identity *const a = left, *const b = right;
    const int order = bytes_compare(a->certificate, b->certificate);

    /* The users stand in one array, sorted by name. */
    return order != 0 ? order : (a->user > b->user) - (a->user < b->user);
}

/* Sorts; of all users that share a certificate with one before them, names the first. */
static bool identities_differ(struct identity *all, size_t count, struct err *err)
{
    const struct identity *worst = NULL;

    if (count > 0)
        qsort(all, count, sizeof *all, by_certificate_and_user);
    for (size_t i = 1; i < count; i++) {
        if (bytes_equal(all[i - 1].certificate, all[i].certificate) &&
            (worst == NULL || all[i].user < worst->user))
            worst = &all[i];
    }
    if (worst == NULL)
        return true;
    return manifest_refuse(worst->user->source, "Certificate", err,
                           "manifest contains the same certificate for users %.*s and %.*s",
                           BYTES_FMT(worst[-1].user->name), BYTES_FMT(worst->user->name));
}

CHECK_RULE(check_certificate_texts)
{
    struct arena arena = { 0 };
    struct identity *const all = arena_alloc(&arena, m->user_count * sizeof *all);

    (void)options;
    for (size_t i = 0; i < m->user_count; i++)
        all[i] = (struct identity){ m->users[i].certificate, &m->users[i] };
    const bool good = identities_differ(all, m->user_count, err);
    arena_clear(&arena);
    return good;
}

/* Two texts of one certificate would leave open which user a connection belongs to. */
CHECK_RULE(check_user_certificates)
{
    auto_arena arena = { 0 };
    struct identity *const all = arena_alloc(&arena, m->user_count * sizeof *all);

    (void)options;
    for (size_t i = 0; i < m->user_count; i++) {
        struct err cause = { 0 };
        auto_cert *cert = manifest_user_certificate(&m->users[i], &cause);
        if (cert == NULL)
            return manifest_refuse(m->users[i].source, "Certificate", err, "%s", cause.text);
        all[i] = (struct identity){ arena_bytes(&arena, cert_der(cert)), &m->users[i] };
    }
    return identities_differ(all, m->user_count, err);
}

static bool may_update_manifest(const struct manifest *m, const struct manifest_user *user)
{
    for (size_t i = 0; i < user->roles.count; i++) {
        if (role_grants(manifest_role(m, user->roles.at[i]), PERMISSION_UPDATE_MANIFEST))
            return true;
    }
    return false;
}

CHECK_RULE(check_update_threshold)
{
    const uint64_t threshold = m->config.update_threshold;
    uint64_t updaters = 0;

    (void)options;
    for (size_t i = 0; i < m->user_count; i++)
        updaters += may_update_manifest(m, &m->users[i]);
    if (threshold <= updaters)
        return true;
    return manifest_refuse(m->config.source, "UpdateThreshold", err,
                           "not enough users with manifest update permissions (%" PRIu64
                           ") to meet the threshold of %" PRIu64,
                           updaters, threshold);
}
