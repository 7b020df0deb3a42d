/* SPDX-License-Identifier: Apache-2.0 */
#include "state/deployment.h"

#include "manifest/records.h"
#include "state/names.h"

#include <stdlib.h>
#include <string.h>

struct deployment *deployment_ref(struct deployment *deployment)
{
    (void)__atomic_add_fetch(&deployment->refs, 1, __ATOMIC_RELAXED);
    return deployment;
}

void deployment_free(struct deployment *d)
{
    if (d == NULL || __atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    manifest_free(d->manifest);
    arena_clear(&d->arena);
    free(d);
}

static int by_certificate(const void *a, const void *b)
{
    return bytes_compare(((const struct deployment_user *)a)->certificate,
                         ((const struct deployment_user *)b)->certificate);
}

static size_t count_users(const struct omap *values)
{
    size_t count = 0;

    for (struct omap_entry e = { 0 };
         omap_next_with_prefix(values, BYTES_LITERAL(PREFIX_USER), &e);)
        count++;
    return count;
}

static bool load_users(struct deployment *d, const struct omap *values, struct err *err)
{
    const struct bytes prefix = BYTES_LITERAL(PREFIX_USER);

    d->users = arena_alloc(&d->arena, count_users(values) * sizeof d->users[0]);
    for (struct omap_entry e = { 0 }; omap_next_with_prefix(values, prefix, &e);) {
        struct stored_user stored;
        const struct bytes record = arena_bytes(&d->arena, e.value);
        if (!stored_user_parse(record, &d->arena, &stored, err)) {
            err->kind = FAIL_DAMAGED;
            return err_in(err, "value %.*s of the state", BYTES_FMT(e.key));
        }
        d->users[d->user_count++] =
            (struct deployment_user){ stored.name, stored.certificate, stored.permissions };
    }
    qsort(d->users, d->user_count, sizeof d->users[0], by_certificate);
    return true;
}

struct deployment *deployment_load(const struct omap *values, struct err *err)
{
    auto_deployment *d = mem_zero_alloc(1, sizeof *d);
    struct bytes raw, signature;

    d->refs = 1;
    if (!omap_get(values, BYTES_LITERAL(NAME_MANIFEST), &raw) ||
        !omap_get(values, BYTES_LITERAL(NAME_MANIFEST_SIGNATURE), &signature)) {
        (void)err_set(err, FAIL_DAMAGED, "the state has no manifest with its signature");
        return NULL;
    }
    d->manifest = manifest_parse(raw, err);
    if (d->manifest == NULL || !manifest_fingerprint(d->manifest, d->fingerprint, err)) {
        err->kind = FAIL_DAMAGED;
        (void)err_in(err, "unmarshaling manifest");
        return NULL;
    }
    d->signature = arena_bytes(&d->arena, signature);
    return load_users(d, values, err) ? TAKE(d) : NULL;
}

const struct deployment_user *deployment_user(const struct deployment *d, struct bytes certificate)
{
    const struct deployment_user wanted = { .certificate = certificate };

    return bsearch(&wanted, d->users, d->user_count, sizeof d->users[0], by_certificate);
}
