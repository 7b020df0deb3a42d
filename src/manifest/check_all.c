/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/check.h"

/* All that the rules refuse: each runs over manifests that are cut down to one thing of its scope. */

struct walk {
    const struct check_row *row;
    const struct manifest_check_options *options;
    check_report *report;
    void *ctx;
};

/* False: something was reported, or would have been by the rule before. */
static bool look(const struct walk *w, const struct manifest *m)
{
    struct err err = { 0 }, ignored = { 0 };

    if (w->row->after != NULL && !w->row->after(m, w->options, &ignored))
        return false;
    if (w->row->rule(m, w->options, &err))
        return true;
    w->report(w->ctx, w->row, &err);
    return false;
}

static void look_at_objections(const struct walk *w, struct manifest one)
{
    const size_t count = one.objection_count;

    one.objection_count = 1;
    for (size_t i = 0; i < count; i++, one.objections++)
        (void)look(w, &one);
}

static void look_at_parameters(const struct walk *w, struct manifest one,
                               const struct manifest_marble *marble)
{
    const bool files = w->row->scope == CHECK_FILES;
    struct manifest_marble cut = *marble;
    struct manifest_parameters *const all = files ? &cut.files : &cut.env;
    const size_t count = all->count;

    one.marbles = &cut;
    all->count = 1;
    for (size_t i = 0; i < count; i++, all->at++)
        (void)look(w, &one);
}

static void look_at_marbles(const struct walk *w, struct manifest one)
{
    const struct manifest_marble *const all = one.marbles;
    const size_t count = one.marble_count;

    one.marble_count = 1;
    for (size_t i = 0; i < count; i++) {
        one.marbles = &all[i];
        if (w->row->scope == CHECK_MARBLES)
            (void)look(w, &one);
        else
            look_at_parameters(w, one, &all[i]);
    }
}

static void look_at_entries(const struct walk *w, struct manifest one,
                            const struct manifest_tls_tag *tag)
{
    struct manifest_tls_tag cut = *tag;

    one.tls_tags = &cut;
    cut.incoming.count = 1;
    cut.outgoing.count = 0;
    for (size_t i = 0; i < tag->incoming.count; i++, cut.incoming.at++)
        (void)look(w, &one);
    cut.incoming.count = 0;
    cut.outgoing.count = 1;
    for (size_t i = 0; i < tag->outgoing.count; i++, cut.outgoing.at++)
        (void)look(w, &one);
}

static void look_at_tls(const struct walk *w, struct manifest one)
{
    const struct manifest_tls_tag *const all = one.tls_tags;
    const size_t count = one.tls_tag_count;

    one.tls_tag_count = 1;
    for (size_t i = 0; i < count; i++)
        look_at_entries(w, one, &all[i]);
}

#define DEFINE_LOOK_AT(function, table, number)                                                    \
    static bool function(const struct walk *w, struct manifest one)                                \
    {                                                                                              \
        const size_t count = one.number;                                                           \
        bool good = true;                                                                          \
                                                                                                   \
        one.number = 1;                                                                            \
        for (size_t i = 0; i < count; i++, one.table++)                                            \
            good = look(w, &one) && good;                                                          \
        return good;                                                                               \
    }
DEFINE_LOOK_AT(look_at_users, users, user_count)
DEFINE_LOOK_AT(look_at_roles, roles, role_count)
DEFINE_LOOK_AT(look_at_secrets, secrets, secret_count)
DEFINE_LOOK_AT(look_at_recovery_keys, recovery_keys, recovery_key_count)

DEFINE_LOOK_AT(look_at_packages, packages, package_count)
DEFINE_LOOK_AT(look_at_infrastructures, infrastructures, infrastructure_count)

/* Each marble with its package alone: only for that the rule asks what identifies the software. */
static void look_at_used_packages(const struct walk *w, struct manifest one,
                                  const struct manifest *m)
{
    one.infrastructure_count = 0;
    one.package_count = 1;
    one.marble_count = 1;
    for (size_t i = 0; i < m->marble_count; i++) {
        one.marbles = &m->marbles[i];
        one.packages = manifest_package(m, one.marbles->package);
        if (one.packages != NULL)
            (void)look(w, &one);
    }
}

static void look_at_platforms(const struct walk *w, const struct manifest *m)
{
    struct manifest one = *m;

    one.marble_count = 0;
    one.infrastructure_count = 0;
    (void)look_at_packages(w, one);
    one.infrastructure_count = m->infrastructure_count;
    one.package_count = 0;
    (void)look_at_infrastructures(w, one);
    look_at_used_packages(w, *m, m);
}

static void look_at_scope(const struct walk *w, const struct manifest *m)
{
    switch (w->row->scope) {
    case CHECK_WHOLE:
        (void)look(w, m);
        break;
    case CHECK_OBJECTIONS:
        look_at_objections(w, *m);
        break;
    case CHECK_PLATFORMS:
        look_at_platforms(w, m);
        break;
    case CHECK_MARBLES:
    case CHECK_FILES:
    case CHECK_VARIABLES:
        look_at_marbles(w, *m);
        break;
    case CHECK_TLS_ENTRIES:
        look_at_tls(w, *m);
        break;
    case CHECK_USERS:
        (void)look_at_users(w, *m);
        break;
    case CHECK_USERS_TOGETHER:
        if (look_at_users(w, *m))
            (void)look(w, m);
        break;
    case CHECK_ROLES:
        (void)look_at_roles(w, *m);
        break;
    case CHECK_SECRETS:
        (void)look_at_secrets(w, *m);
        break;
    case CHECK_RECOVERY_KEYS:
        (void)look_at_recovery_keys(w, *m);
        break;
    }
}

void check_all(const struct manifest *m, const struct manifest_check_options *options,
               check_report *report, void *ctx)
{
    for (size_t i = 0; i < check_row_count; i++) {
        const struct walk w = { &check_rows[i], options, report, ctx };
        look_at_scope(&w, m);
    }
}
