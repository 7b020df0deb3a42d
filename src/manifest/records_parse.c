/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"
#include "manifest/records.h"

/* Reading stored records back: the decoding rules are those of the manifest. */

static bool parse_record(struct bytes record, struct arena *arena, parse_read read, void *out,
                         struct err *err)
{
    struct rows objections = { .size = sizeof(struct manifest_objection) };
    struct parse p = { arena, err, &objections, NULL, NULL };
    const struct json *const json =
        json_parse(arena_bytes(arena, record), JSON_TRAILING_REFUSED, arena, err);

    if (json == NULL)
        return false;
    if (json->type != JSON_OBJECT)
        return json_fail(json, err, "a stored record is not an object");
    return read(&p, json, out);
}

bool record_parse_package(struct bytes record, struct arena *arena,
                          struct manifest_package *package, struct err *err)
{
    *package = (struct manifest_package){ 0 };
    return parse_record(record, arena, parse_package, package, err);
}

static bool read_secret_type(struct parse *p, const struct json *value, void *out)
{
    enum secret_type *const type = out;
    struct bytes text = BYTES_NONE;

    if (!json_get_string(value, &text, p->err))
        return false;
    *type = secret_type_from_text(text);
    return true;
}

static bool read_stored_secret(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Type", struct stored_secret, type, read_secret_type),
        FIELD("Size", struct stored_secret, size, read_uint64),
        FIELD("Shared", struct stored_secret, shared, read_bool),
        FIELD("UserDefined", struct stored_secret, user_defined, read_bool),
        FIELD("Cert", struct stored_secret, cert, read_octets),
        FIELD("ValidFor", struct stored_secret, valid_for, read_uint64),
        FIELD("Private", struct stored_secret, private_value, read_octets),
        FIELD("Public", struct stored_secret, public_value, read_octets),
    };

    return parse_fields(p, value, fields, COUNT_OF(fields), out);
}

bool stored_secret_parse(struct bytes record, struct arena *arena, struct stored_secret *secret,
                         struct err *err)
{
    *secret = (struct stored_secret){ 0 };
    if (!parse_record(record, arena, read_stored_secret, secret, err))
        return false;
    return secret->type != SECRET_TYPE_NONE ||
           err_set(err, FAIL_MALFORMED, "stored secret: its type is not known");
}

bool stored_secret_template(const struct stored_secret *secret, struct arena *arena,
                            struct cert_template *t, struct err *err)
{
    struct err cause = { 0 };
    auto_cert *cert = cert_from_der(secret->cert.value, &cause);

    *t = (struct cert_template){ 0 };
    if (cert == NULL || !cert_template_from_der(secret->cert.value, arena, t))
        return err_set(err, FAIL_MALFORMED, "its certificate cannot be issued again");
    t->valid_for_days = secret->valid_for;
    if (secret->valid_for == 0) {
        t->has_not_after = true;
        t->not_after = cert_not_after(cert);
    }
    return true;
}

struct template_secret stored_secret_for_template(const struct stored_secret *secret)
{
    return (struct template_secret){
        .type = bytes_of_string(secret_type_text(secret->type)),
        .size = secret->size,
        .valid_for = secret->valid_for,
        .shared = secret->shared,
        .user_defined = secret->user_defined,
        .cert_der = secret->cert.value,
        .private_bytes = secret->private_value.value,
        .public_bytes = secret->public_value.value,
    };
}

/* {"<resource>": true}; false grants nothing. */
static bool read_resources(struct parse *p, const struct json *value, void *out)
{
    struct permission_grant *const grant = out;
    size_t count = 0;
    bool null;

    if (!json_expect(value, JSON_OBJECT, &null, p->err))
        return false;
    for (const struct json *m = json_first(value); m != NULL; m = json_next(m))
        count++;
    struct bytes *const names = arena_alloc(p->arena, count * sizeof *names);
    count = 0;
    for (const struct json *m = json_first(value); m != NULL; m = json_next(m)) {
        bool granted = false;
        if (!json_get_bool(m, &granted, p->err))
            return false;
        if (granted)
            names[count++] = m->name;
    }
    grant->count = names_sort_unique(names, count);
    grant->names = names;
    return true;
}

static bool read_grant(struct parse *p, const struct json *value, struct permission_grant *grant)
{
    static const struct field fields[] = { { "ResourceID", read_resources, 0 } };

    grant->held = true;
    return parse_fields(p, value, fields, COUNT_OF(fields), grant);
}

static bool read_permissions(struct parse *p, const struct json *value, void *out)
{
    struct permissions *const permissions = out;
    bool null;

    if (!json_expect(value, JSON_OBJECT, &null, p->err))
        return false;
    for (const struct json *m = json_first(value); m != NULL; m = json_next(m)) {
        unsigned kind = 0;
        while (kind < PERMISSION_COUNT && !bytes_equal_string(m->name, permission_id(kind)))
            kind++;
        if (kind == PERMISSION_COUNT)
            return json_fail(m, p->err, "this permission is not known");
        if (!read_grant(p, m, &permissions->of[kind]))
            return false;
    }
    return true;
}

static bool read_stored_user(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Name", struct stored_user, name, read_text),
        FIELD("Certificate", struct stored_user, certificate, read_octets_as_bytes),
        FIELD("Permissions", struct stored_user, permissions, read_permissions),
    };

    return parse_fields(p, value, fields, COUNT_OF(fields), out);
}

bool stored_user_parse(struct bytes record, struct arena *arena, struct stored_user *user,
                       struct err *err)
{
    *user = (struct stored_user){ 0 };
    return parse_record(record, arena, read_stored_user, user, err);
}
