/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dry_run.h"
#include "core/material.h"
#include "core/update_internal.h"
#include "state/names.h"

/* The secrets of a new manifest, reconciled with those of the state (client-api.md, 11.5). */
struct reconciling {
    const struct env *env;
    const struct snapshot *based_on;
    const struct manifest *wanted;
    const struct authority *authority; /* the new one */
    struct arena *arena;
    struct change *change;
    struct reconciled *secrets; /* in the order of wanted->secrets */
};
struct reconciled {
    bool kept;
    struct stored_secret value;
};

/* `Cert` does not count. */
static bool is_defined_alike(const struct manifest_secret *m, const struct stored_secret *old)
{
    return m->type == old->type && m->size == old->size && m->shared == old->shared &&
           m->user_defined == old->user_defined && m->valid_for == old->valid_for;
}

static bool is_kept(const struct reconciling *r, const struct manifest_secret *m)
{
    return m->user_defined ||
           (m->type == SECRET_SYMMETRIC_KEY && !r->wanted->config.rotate_root_secret);
}

static void put_secret(const struct reconciling *r, const char *prefix, struct bytes name,
                       const struct stored_secret *secret)
{
    auto_buf record = { 0 };

    stored_secret_write(secret, &record);
    change_put_named(r->change, prefix, name, buf_bytes(&record));
}

/* A state of an older release has no previous generation: from now on there is one. */
static void keep(const struct reconciling *r, const struct manifest_secret *m,
                 const struct stored_secret *old, struct reconciled *out)
{
    struct bytes record;

    *out = (struct reconciled){ true, *old };
    if (!snapshot_value(r->based_on, PREFIX_PREVIOUS_SECRET, m->name, &record))
        put_secret(r, PREFIX_PREVIOUS_SECRET, m->name, old);
}

static bool reconcile(const struct reconciling *r, const struct manifest_secret *m,
                      struct reconciled *out, struct err *err)
{
    struct stored_secret old;
    struct err damage = { 0 };
    const bool existed =
        snapshot_secret(r->based_on, PREFIX_SECRET, m->name, r->arena, &old, &damage);

    if (damage.kind != FAIL_NONE) {
        *err = damage;
        return false;
    }
    const bool alike = existed && is_defined_alike(m, &old);
    if (alike && is_kept(r, m)) {
        keep(r, m, &old, out);
        return true;
    }
    if (!material_generate_one(r->env, m, r->authority, r->arena, &out->value, err))
        return err_in(err, "generating secrets from manifest");
    put_secret(r, PREFIX_SECRET, m->name, &out->value);
    put_secret(r, PREFIX_PREVIOUS_SECRET, m->name, alike ? &old : &out->value);
    return true;
}

static bool reconcile_all(const struct reconciling *r, struct err *err)
{
    if (!manifest_check_part(r->wanted, MANIFEST_SECRETS, err))
        return err_in(err, "generating secrets from manifest");
    for (size_t i = 0; i < r->wanted->secret_count; i++) {
        if (!reconcile(r, &r->wanted->secrets[i], &r->secrets[i], err))
            return false;
    }
    return true;
}

/* Values that users uploaded are known, and stay. */
static const struct stored_secret *secret_for_dry_run(void *arg, size_t i, bool *given)
{
    const struct reconciled *const s = &((const struct reconciled *)arg)[i];

    *given = s->kept && (s->value.cert.present || s->value.public_value.present);
    return &s->value;
}

static bool templates_run(const struct reconciling *r, struct err *err)
{
    if (!manifest_check_part(r->wanted, MANIFEST_TEMPLATES, err))
        return err_in(err, "running manifest template dry run");
    return dry_run(r->wanted, secret_for_dry_run, r->secrets, err);
}

bool update_secrets(const struct update *u, const struct manifest *wanted,
                    const struct authority *authority, struct change *change, struct err *err)
{
    auto_arena arena = { 0 };
    const struct reconciling r = {
        .env = u->core->env,
        .based_on = u->based_on,
        .wanted = wanted,
        .authority = authority,
        .arena = &arena,
        .change = change,
        .secrets = arena_alloc(&arena, wanted->secret_count * sizeof r.secrets[0]),
    };

    return (reconcile_all(&r, err) && templates_run(&r, err)) || err_in(err, "updating secrets");
}
