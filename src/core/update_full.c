/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text.h"
#include "core/update_internal.h"
#include "state/names.h"

#include <string.h>

void application_clear(struct application *a)
{
    change_clear(&a->change);
    recovery_plan_free(a->plan);
    buf_clear(&a->recovery_secrets);
    *a = (struct application){ 0 };
}

/* ---- records that the new manifest does not have ---- */

static bool has_package(const struct manifest *m, struct bytes name)
{
    return manifest_package(m, name) != NULL;
}

static bool has_infrastructure(const struct manifest *m, struct bytes name)
{
    return manifest_infrastructure(m, name) != NULL;
}

static bool has_marble(const struct manifest *m, struct bytes name)
{
    return manifest_marble(m, name) != NULL;
}

static bool has_tls_tag(const struct manifest *m, struct bytes name)
{
    return manifest_tls_tag(m, name) != NULL;
}

static bool has_user(const struct manifest *m, struct bytes name)
{
    return manifest_user(m, name) != NULL;
}

static bool has_secret(const struct manifest *m, struct bytes name)
{
    return manifest_secret(m, name) != NULL;
}

static void delete_what_is_gone(struct change *change, const struct omap *values,
                                const struct manifest *wanted)
{
    static const struct {
        const char *prefix;
        bool (*has)(const struct manifest *m, struct bytes name);
    } kinds[] = {
        { PREFIX_PACKAGE, has_package },
        { PREFIX_INFRASTRUCTURE, has_infrastructure },
        { PREFIX_MARBLE, has_marble },
        { PREFIX_TLS, has_tls_tag },
        { PREFIX_USER, has_user },
        { PREFIX_SECRET, has_secret },
        { PREFIX_PREVIOUS_SECRET, has_secret },
    };

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const struct bytes prefix = bytes_of_string(kinds[i].prefix);
        for (struct omap_entry e = { 0 }; omap_next_with_prefix(values, prefix, &e);) {
            const struct bytes name = bytes_of(e.key.at + prefix.len, e.key.len - prefix.len);
            if (!kinds[i].has(wanted, name))
                change_delete_key(change, e.key);
        }
    }
}

/* ---- recovery keys (client-api.md, 11.6) ---- */

static bool has_same_recovery_keys(const struct manifest *old, const struct manifest *wanted)
{
    if (old->recovery_key_count != wanted->recovery_key_count ||
        old->singular_recovery_key != wanted->singular_recovery_key)
        return false;
    for (size_t i = 0; i < old->recovery_key_count; i++) {
        if (!bytes_equal(old->recovery_keys[i].name, wanted->recovery_keys[i].name) ||
            !bytes_equal(old->recovery_keys[i].pem, wanted->recovery_keys[i].pem))
            return false;
    }
    return true;
}

/* 0 means all. */
static uint64_t recovery_threshold(const struct manifest *m)
{
    return m->config.recovery_threshold == 0 ? m->recovery_key_count : m->config.recovery_threshold;
}

/* Also when nothing was sealed so far, because then the keys that the holders have belong to nothing. */
static bool needs_new_keys(const struct manifest *old, const struct manifest *wanted)
{
    return !has_same_recovery_keys(old, wanted) ||
           recovery_threshold(old) != recovery_threshold(wanted) ||
           (old->config.seal_mode == SEAL_MODE_DISABLED &&
            wanted->config.seal_mode != SEAL_MODE_DISABLED);
}

static bool prepare_recovery(const struct update *u, const struct manifest *wanted,
                             struct application *a, struct err *err)
{
    auto_parties parties = { 0 };

    if (!needs_new_keys(u->based_on->deployment->manifest, wanted))
        return true;
    if (!manifest_check_part(wanted, MANIFEST_RECOVERY_KEYS, err))
        return false;
    if (!parties_of(wanted, &parties, err))
        return err_in(err, "generating recovery encryption key");
    const struct recovery_request request = recovery_request_of(wanted, &parties, a->fingerprint);
    a->plan = recovery_plan_make(u->core->env, &request, err);
    if (a->plan == NULL)
        return err_in(err, "generating recovery encryption key");
    return change_put_recovery(&a->change, u->core->env, a->plan, &a->recovery_secrets, err);
}

/* ---- the whole ---- */

static bool prepare_users(const struct manifest *wanted, struct application *a, struct err *err)
{
    return (manifest_check_part(wanted, MANIFEST_USERS, err) &&
            change_put_users(&a->change, wanted, err)) ||
           err_in(err, "generating users from manifest");
}

static bool prepare_manifest(const struct update *u, const struct manifest *wanted,
                             struct application *a, struct err *err)
{
    auto_buf signature = { 0 };

    if (!key_sign_sha256(u->based_on->authority->root_key, wanted->raw, &signature, err))
        return err_in(err, "signing the manifest");
    change_put(&a->change, NAME_MANIFEST, wanted->raw);
    change_put(&a->change, NAME_MANIFEST_SIGNATURE, buf_bytes(&signature));
    change_delete(&a->change, NAME_PENDING_UPDATE);
    return true;
}

bool application_prepare(const struct update *u, const struct manifest *wanted,
                         struct application *a, struct err *err)
{
    const struct snapshot *const now = u->based_on;

    a->wanted = wanted;
    if (!manifest_fingerprint(wanted, a->fingerprint, err))
        return false;
    delete_what_is_gone(&a->change, now->values, wanted);
    change_put_parts(&a->change, wanted);
    if (!prepare_users(wanted, a, err))
        return false;
    auto_authority *authority =
        authority_renew(u->core->env, now->authority, wanted->config.rotate_root_secret, err);
    if (authority == NULL || !change_put_authority(&a->change, authority, err))
        return err_in(err, "creating the Coordinator's certificates");
    return update_secrets(u, wanted, authority, &a->change, err) &&
           prepare_manifest(u, wanted, a, err) && prepare_recovery(u, wanted, a, err);
}

/*
 * New keys for the state as a whole. It stays the deployment that it is, which only the store knows; if it was never sealed,
 * what lies in the directory is from before.
 */
static bool begin_keys(const struct update *u, struct application *a, const struct snapshot *now,
                       struct decision *d, struct err *err)
{
    const struct store *const store = u->core->store;
    const enum store_verdict verdict = store_verdict_of(store);
    auto_buf id = { 0 };

    if (verdict == STORE_OPEN) {
        hex_encode(&id, bytes_of(store_deployment(store), STORE_DEPLOYMENT_LEN));
        memcpy(a->plan->metadata->deployment, id.at, id.len);
        a->plan->metadata->created_seq = store_seq(store);
    } else if (verdict == STORE_LOCKED) {
        d->set_aside = "dismissed";
    } else if (verdict == STORE_FOREIGN) {
        d->set_aside = "imported";
    }
    d->new_generation = true;
    d->base = omap_ref(now->values);
    return decision_put_plan(d, a->plan, now->authority->root_key, a->wanted, err);
}

bool application_decide(const struct update *u, struct application *a, const struct snapshot *now,
                        struct decision *d, struct err *err)
{
    d->change = a->change;
    a->change = (struct change){ 0 };
    return change_fits(now, &d->change, err) && (a->plan == NULL || begin_keys(u, a, now, d, err));
}

void application_result(struct application *a, struct update_result *result)
{
    result->missing = 0;
    result->missing_users = (struct text_list){ 0 };
    result->has_recovery_secrets = a->plan != NULL;
    buf_clear(&result->recovery_secrets);
    result->recovery_secrets = a->recovery_secrets;
    a->recovery_secrets = (struct buf){ 0 };
}
