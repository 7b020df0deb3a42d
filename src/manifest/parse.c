/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

/* The top level of the document, manifest.md 1 and 2. */

struct manifest_draft {
    struct rows packages, infrastructures, marbles, secrets, tls_tags, users, roles, recovery_keys;
    struct manifest_config config;
    struct manifest_recovery_key singular;
};

#define DEFINE_MAP_READER(function, entry_reader)                                                  \
    static bool function(struct parse *p, const struct json *value, void *out)                     \
    {                                                                                              \
        return parse_map(p, value, out, entry_reader);                                             \
    }

DEFINE_MAP_READER(read_packages, parse_package)
DEFINE_MAP_READER(read_infrastructures, parse_infrastructure)
DEFINE_MAP_READER(read_marbles, parse_marble)
DEFINE_MAP_READER(read_secrets, parse_secret)
DEFINE_MAP_READER(read_tls, parse_tls_tag)
DEFINE_MAP_READER(read_users, parse_user)
DEFINE_MAP_READER(read_roles, parse_role)
DEFINE_MAP_READER(read_recovery_keys, parse_recovery_key)

static bool read_singular_recovery_key(struct parse *p, const struct json *value, void *out)
{
    struct manifest_recovery_key *const key = out;

    key->name = BYTES_LITERAL("RecoveryKey");
    key->source = value;
    return read_text(p, value, &key->pem);
}

/* A release that ignores them would come up without administrators (16.5). */
static bool read_abolished(struct parse *p, const struct json *value, void *out)
{
    (void)out;
    const bool empty =
        value->type == JSON_NULL ||
        ((value->type == JSON_OBJECT || value->type == JSON_ARRAY) && json_first(value) == NULL);

    if (!empty)
        parse_objection(p, value,
                        json_name_is(value, "Admins")
                            ? "Admins of releases before 0.4 are not supported, use Users and Roles"
                            : "Clients of releases before 0.5 never had an effect, remove them");
    return true;
}

static const struct field document_fields[] = {
    FIELD("Packages", struct manifest_draft, packages, read_packages),
    FIELD("Infrastructures", struct manifest_draft, infrastructures, read_infrastructures),
    FIELD("Marbles", struct manifest_draft, marbles, read_marbles),
    FIELD("Secrets", struct manifest_draft, secrets, read_secrets),
    FIELD("TLS", struct manifest_draft, tls_tags, read_tls),
    FIELD("Users", struct manifest_draft, users, read_users),
    FIELD("Roles", struct manifest_draft, roles, read_roles),
    FIELD("RecoveryKeys", struct manifest_draft, recovery_keys, read_recovery_keys),
    FIELD("RecoveryKey", struct manifest_draft, singular, read_singular_recovery_key),
    FIELD("Config", struct manifest_draft, config, parse_config),
    FIELD("Admins", struct manifest_draft, config, read_abolished),
    FIELD("Clients", struct manifest_draft, config, read_abolished),
};

/* The key of 2020 counts as the one entry of the map; both forms at once are ambiguous. */
static void adopt_singular_key(struct parse *p, struct manifest *m, struct manifest_draft *d)
{
    if (d->singular.pem.len == 0)
        return;
    if (d->recovery_keys.count > 0) {
        parse_objection(p, d->singular.source, "both RecoveryKey and RecoveryKeys are specified");
        return;
    }
    struct manifest_recovery_key *const key = rows_add(p->arena, &d->recovery_keys);
    *key = d->singular;
    m->singular_recovery_key = true;
}

#define TAKE_ROWS(m, d, table, number)                                                             \
    do {                                                                                           \
        rows_sort(&(d)->table);                                                                    \
        (m)->number = (d)->table.count;                                                            \
        (m)->table = (const void *)(d)->table.at;                                                  \
    } while (0)

static void finish(struct parse *p, struct manifest *m, struct manifest_draft *d)
{
    adopt_singular_key(p, m, d);
    TAKE_ROWS(m, d, packages, package_count);
    TAKE_ROWS(m, d, infrastructures, infrastructure_count);
    TAKE_ROWS(m, d, marbles, marble_count);
    TAKE_ROWS(m, d, secrets, secret_count);
    TAKE_ROWS(m, d, tls_tags, tls_tag_count);
    TAKE_ROWS(m, d, users, user_count);
    TAKE_ROWS(m, d, roles, role_count);
    TAKE_ROWS(m, d, recovery_keys, recovery_key_count);
    m->config = d->config;
    m->objection_count = p->objections->count;
    m->objections = (const void *)p->objections->at;
    m->oddity_count = p->oddities->count;
    m->oddities = (const void *)p->oddities->at;
}

static bool parse_into(struct arena *arena, struct manifest *m, struct err *err)
{
    struct rows objections = { .size = sizeof(struct manifest_objection) };
    struct rows oddities = { .size = sizeof(struct manifest_oddity) };
    struct parse p = { arena, err, &objections, &m->programs, &oddities };
    struct manifest_draft draft = {
        .packages.size = sizeof(struct manifest_package),
        .infrastructures.size = sizeof(struct manifest_infrastructure),
        .marbles.size = sizeof(struct manifest_marble),
        .secrets.size = sizeof(struct manifest_secret),
        .tls_tags.size = sizeof(struct manifest_tls_tag),
        .users.size = sizeof(struct manifest_user),
        .roles.size = sizeof(struct manifest_role),
        .recovery_keys.size = sizeof(struct manifest_recovery_key),
        .config.seal_mode = SEAL_MODE_PRODUCT_KEY,
    };

    m->document = json_parse(m->raw, JSON_TRAILING_REFUSED, arena, err);
    if (m->document == NULL ||
        !parse_fields(&p, m->document, document_fields, COUNT_OF(document_fields), &draft))
        return false;
    finish(&p, m, &draft);
    return true;
}

/* What does not compile is for manifest_check to refuse, or for an activation: a state may hold it. */
static void compile_programs(struct manifest *m)
{
    for (struct manifest_program *p = m->programs; p != NULL; p = p->next) {
        struct err why = { 0 };
        p->template = template_compile(p->source, p->context, &why);
        if (p->template == NULL)
            p->failure = arena_string(&m->arena, bytes_of_string(why.text));
    }
}

struct manifest *manifest_parse(struct bytes raw, struct err *err)
{
    struct arena arena = { 0 };
    struct manifest *const m = arena_alloc(&arena, sizeof *m);

    m->raw = arena_bytes(&arena, raw);
    if (!parse_into(&arena, m, err)) {
        keep_one_line(err->text);
        arena_clear(&arena);
        return NULL;
    }
    m->arena = arena;
    compile_programs(m);
    return m;
}
