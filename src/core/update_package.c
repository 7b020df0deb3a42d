/* SPDX-License-Identifier: Apache-2.0 */
#include "core/material.h"
#include "core/update_internal.h"
#include "state/names.h"

/* Packages on their way to a higher SecurityVersion (client-api.md, 11.2). */
struct raising {
    const struct update *u;
    const struct manifest *wanted; /* only its packages count */
    struct arena *arena;
    struct manifest_package *packages; /* in the order of wanted->packages, as they will be */
    struct change change;              /* without the log lines: their numbers are not known yet */
};

/* ---- may it be? ---- */

static bool refuse_user(const struct raising *r, struct err *err)
{
    auto_buf what = { 0 };

    buf_add_string(&what, "update one or more packages of [");
    for (size_t i = 0; i < r->wanted->package_count; i++)
        buf_add_format(&what, "%s%.*s", i > 0 ? " " : "", BYTES_FMT(r->wanted->packages[i].name));
    buf_add_u8(&what, ']');
    auto_string *text = bytes_to_string(buf_bytes(&what));
    return update_denied(r->u->user, text, err);
}

static bool user_may(const struct raising *r, struct err *err)
{
    const size_t count = r->wanted->package_count;
    struct bytes *const names = arena_alloc(r->arena, count * sizeof names[0]);

    for (size_t i = 0; i < count; i++)
        names[i] = r->wanted->packages[i].name;
    return permissions_allow(&r->u->user->permissions, PERMISSION_UPDATE_PACKAGE, names, count) ||
           refuse_user(r, err);
}

/* As they stand in the state, where an earlier update may have raised them. */
static bool load_packages(struct raising *r, struct err *err)
{
    r->packages = arena_alloc(r->arena, r->wanted->package_count * sizeof r->packages[0]);
    for (size_t i = 0; i < r->wanted->package_count; i++) {
        const struct manifest_package *const p = &r->wanted->packages[i];
        struct bytes record;
        if (!snapshot_value(r->u->based_on, PREFIX_PACKAGE, p->name, &record))
            return manifest_refuse(p->source, NULL, err,
                                   "update manifest specifies package %.*s, which the original "
                                   "manifest does not contain",
                                   BYTES_FMT(p->name));
        if (!record_parse_package(record, r->arena, &r->packages[i], err)) {
            err->kind = FAIL_DAMAGED;
            return err_in(err, "value " PREFIX_PACKAGE "%.*s of the state", BYTES_FMT(p->name));
        }
    }
    return true;
}

static bool raise_one(const struct manifest_package *to, struct manifest_package *p,
                      struct err *err)
{
    if (to->debug || to->unique_id.len > 0 || to->signer_id.len > 0 || to->product_id.present ||
        to->tdx.present || to->snp.present)
        return manifest_refuse(to->source, NULL, err,
                               "update manifest contains unupdatable values");
    if (!to->security_version.present)
        return manifest_refuse(to->source, NULL, err,
                               "update manifest does not specify a SecurityVersion to update");
    if (!manifest_package_has_sgx(p))
        return manifest_refuse(to->source, "SecurityVersion", err,
                               "SecurityVersion is that of an SGX enclave, and the package has "
                               "none");
    if (p->security_version.present && to->security_version.value < p->security_version.value)
        return manifest_refuse(to->source, "SecurityVersion", err,
                               "update manifest tries to downgrade SecurityVersion of the "
                               "original manifest");
    p->security_version = to->security_version;
    return true;
}

static bool raise_all(struct raising *r, struct err *err)
{
    if (!load_packages(r, err))
        return false;
    if (r->wanted->package_count == 0)
        return err_set(err, FAIL_MALFORMED, "no packages defined");
    for (size_t i = 0; i < r->wanted->package_count; i++) {
        if (!raise_one(&r->wanted->packages[i], &r->packages[i], err))
            return false;
    }
    return true;
}

/* ---- what it changes ---- */

static void put_packages(struct raising *r)
{
    auto_buf record = { 0 };

    for (size_t i = 0; i < r->wanted->package_count; i++) {
        record_write_package(&r->packages[i], &record);
        change_put_named(&r->change, PREFIX_PACKAGE, r->wanted->packages[i].name,
                         buf_bytes(&record));
        buf_truncate(&record, 0);
    }
}

/* One secret: nothing happens unless it is a certificate that all Marbles share. */
static bool renew_secret(struct raising *r, const struct authority *authority,
                         const struct manifest_secret *s, struct err *err)
{
    auto_arena arena = { 0 };
    auto_buf record = { 0 };
    struct stored_secret stored, renewed;
    struct err damage = { 0 };

    if (!secret_type_is_certificate(s->type) || !s->shared || s->user_defined)
        return true;
    if (!snapshot_secret(r->u->based_on, PREFIX_SECRET, s->name, &arena, &stored, &damage)) {
        if (damage.kind == FAIL_NONE)
            return true;
        *err = damage;
        return false;
    }
    if (!material_renew(r->u->core->env, s, &stored, authority, &arena, &renewed, err))
        return err_in(err, "updating secrets");
    stored_secret_write(&renewed, &record);
    change_put_named(&r->change, PREFIX_SECRET, s->name, buf_bytes(&record));
    return true;
}

static bool prepare(struct raising *r, struct err *err)
{
    const struct manifest *const m = r->u->based_on->deployment->manifest;

    if (!user_may(r, err))
        return false;
    if (!raise_all(r, err))
        return err_in(err, "checking update manifest");
    auto_authority *authority =
        authority_renew(r->u->core->env, r->u->based_on->authority, false, err);
    if (authority == NULL || !change_put_authority(&r->change, authority, err))
        return err_in(err, "creating the Coordinator's certificates");
    put_packages(r);
    for (size_t i = 0; i < m->secret_count; i++) {
        if (!renew_secret(r, authority, &m->secrets[i], err))
            return false;
    }
    return true;
}

/* On the writer's thread. */
static bool decide(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    struct raising *const r = arg;
    struct update_lines lines = { &r->change, r->u->core->env, now->log.lines };

    if (!update_fits(r->u, now, err))
        return false;
    for (size_t i = 0; i < r->wanted->package_count; i++)
        line_package_raised(&lines, r->u->user->name, r->wanted->packages[i].name,
                            r->packages[i].security_version.value);
    d->change = r->change;
    r->change = (struct change){ 0 };
    return change_fits(now, &d->change, err);
}

bool update_packages(const struct update *u, const struct manifest *wanted, struct err *err)
{
    auto_arena arena = { 0 };
    struct raising r = { .u = u, .wanted = wanted, .arena = &arena };
    const bool done = prepare(&r, err) && writer_commit(u->core->writer, decide, &r, err);

    change_clear(&r.change);
    return done;
}
