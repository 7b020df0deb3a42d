/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/value.h"

struct value value_bool(bool is)
{
    return (struct value){ .kind = VALUE_BOOL, .number = is };
}

struct value value_int(int64_t number)
{
    return (struct value){ .kind = VALUE_INTEGER,
                           .is.integer = INTEGER_INT,
                           .number = (uint64_t)number };
}

static struct value value_uint(uint64_t number)
{
    return (struct value){ .kind = VALUE_INTEGER, .is.integer = INTEGER_UINT, .number = number };
}

struct value value_byte(uint8_t number)
{
    return (struct value){ .kind = VALUE_INTEGER, .is.integer = INTEGER_UINT8, .number = number };
}

struct value value_string(struct bytes text)
{
    return (struct value){ .kind = VALUE_STRING, .bytes = text };
}

static struct value value_bytes(enum bytes_flavour flavour, struct bytes bytes)
{
    return (struct value){ .kind = VALUE_BYTES, .is.flavour = flavour, .bytes = bytes };
}

struct value value_secret_named(bool previous, struct bytes name)
{
    return (struct value){ .kind = VALUE_SECRET,
                           .is.secret = previous ? SECRET_PREVIOUS : SECRET_CURRENT,
                           .bytes = name };
}

const char *value_type_name(const struct value *v)
{
    static const char *const integers[] = { "nothing", "int", "uint", "uint8" };
    static const char *const kinds[] = {
        [VALUE_NIL] = "nil",         [VALUE_BOOL] = "bool",
        [VALUE_INTEGER] = "integer", [VALUE_STRING] = "string",
        [VALUE_BYTES] = "bytes",     [VALUE_CERTIFICATE] = "certificate",
        [VALUE_SECRET] = "Secret",   [VALUE_SECRETS] = "map of secrets",
        [VALUE_OBJECT] = "object",
    };

    return v->kind == VALUE_INTEGER ? integers[v->is.integer] : kinds[v->kind];
}

bool value_is_negative(const struct value *v)
{
    return v->is.integer == INTEGER_INT && (int64_t)v->number < 0;
}

bool value_is_true(const struct template_data *data, const struct value *v)
{
    struct bytes name;

    switch (v->kind) {
    case VALUE_NIL:
        return false;
    case VALUE_BOOL:
    case VALUE_INTEGER:
        return v->number != 0;
    case VALUE_STRING:
    case VALUE_BYTES:
        return v->bytes.len > 0;
    case VALUE_SECRETS:
        return data->next_secret(data->ctx, v->is.previous, BYTES_NONE, true, &name);
    case VALUE_CERTIFICATE:
    case VALUE_SECRET:
    case VALUE_OBJECT:
        return true;
    }
    __builtin_unreachable();
}

void value_secret(const struct template_data *data, const struct value *v,
                  struct template_secret *secret)
{
    *secret = (struct template_secret){ 0 };
    switch (v->is.secret) {
    case SECRET_ZERO:
        return;
    case SECRET_CURRENT:
    case SECRET_PREVIOUS:
        if (!data->secret(data->ctx, v->is.secret == SECRET_PREVIOUS, v->bytes, secret))
            *secret = (struct template_secret){ 0 };
        return;
    case SECRET_ROOT_CA:
        secret->cert_der = data->root_ca_cert;
        return;
    case SECRET_MARBLE_CERT:
        secret->cert_der = data->marble_cert;
        secret->private_bytes = data->marble_private;
        secret->public_bytes = data->marble_public;
        return;
    case SECRET_COORDINATOR_ROOT:
        secret->cert_der = data->coordinator_root_cert;
        return;
    case SECRET_COORDINATOR_INTERMEDIATE:
        secret->cert_der = data->coordinator_intermediate_cert;
        return;
    }
}

static bool field_of_secret(const struct template_data *data, const struct value *v,
                            struct bytes name, struct value *field)
{
    struct template_secret secret;

    value_secret(data, v, &secret);
    if (bytes_equal_string(name, "Cert"))
        *field = (struct value){ .kind = VALUE_CERTIFICATE, .bytes = secret.cert_der };
    else if (bytes_equal_string(name, "Private"))
        *field = value_bytes(BYTES_PRIVATE, secret.private_bytes);
    else if (bytes_equal_string(name, "Public"))
        *field = value_bytes(BYTES_PUBLIC, secret.public_bytes);
    else if (bytes_equal_string(name, "Type"))
        *field = value_string(secret.type);
    else if (bytes_equal_string(name, "Size"))
        *field = value_uint(secret.size);
    else if (bytes_equal_string(name, "ValidFor"))
        *field = value_uint(secret.valid_for);
    else if (bytes_equal_string(name, "Shared"))
        *field = value_bool(secret.shared);
    else if (bytes_equal_string(name, "UserDefined"))
        *field = value_bool(secret.user_defined);
    else
        return false;
    return true;
}

/* What the root of the data and the objects below it consist of. */
static const struct {
    enum object of;
    const char *name;
    struct value value;
} object_fields[] = {
    { OBJECT_ROOT, "Secrets", { .kind = VALUE_SECRETS } },
    { OBJECT_ROOT, "MarbleRun", { .kind = VALUE_OBJECT, .is.object = OBJECT_MARBLERUN } },
    { OBJECT_ROOT, "Previous", { .kind = VALUE_OBJECT, .is.object = OBJECT_PREVIOUS } },
    { OBJECT_ROOT, "SecretsWrapper", { .kind = VALUE_OBJECT, .is.object = OBJECT_WRAPPER } },
    { OBJECT_WRAPPER, "Secrets", { .kind = VALUE_SECRETS } },
    { OBJECT_WRAPPER, "MarbleRun", { .kind = VALUE_OBJECT, .is.object = OBJECT_MARBLERUN } },
    { OBJECT_PREVIOUS, "Secrets", { .kind = VALUE_SECRETS, .is.previous = true } },
    { OBJECT_MARBLERUN, "RootCA", { .kind = VALUE_SECRET, .is.secret = SECRET_ROOT_CA } },
    { OBJECT_MARBLERUN, "MarbleCert", { .kind = VALUE_SECRET, .is.secret = SECRET_MARBLE_CERT } },
    { OBJECT_MARBLERUN,
      "CoordinatorRoot",
      { .kind = VALUE_SECRET, .is.secret = SECRET_COORDINATOR_ROOT } },
    { OBJECT_MARBLERUN,
      "CoordinatorIntermediate",
      { .kind = VALUE_SECRET, .is.secret = SECRET_COORDINATOR_INTERMEDIATE } },
};

static bool field_of_object(enum object object, struct bytes name, struct value *field)
{
    for (size_t i = 0; i < COUNT_OF(object_fields); i++) {
        if (object_fields[i].of == object && bytes_equal_string(name, object_fields[i].name)) {
            *field = object_fields[i].value;
            return true;
        }
    }
    return false;
}

struct value value_lookup(const struct template_data *data, bool previous, struct bytes name)
{
    struct template_secret secret;

    if (!data->secret(data->ctx, previous, name, &secret))
        return (struct value){ 0 };
    return value_secret_named(previous, name);
}

bool value_field(const struct template_data *data, const struct value *v, struct bytes name,
                 struct value *field)
{
    switch (v->kind) {
    case VALUE_NIL:
        *field = (struct value){ 0 };
        return true;
    case VALUE_SECRETS:
        *field = value_lookup(data, v->is.previous, name);
        return true;
    case VALUE_SECRET:
        return field_of_secret(data, v, name, field);
    case VALUE_CERTIFICATE:
        *field = value_bytes(BYTES_PLAIN, v->bytes);
        return bytes_equal_string(name, "Raw");
    case VALUE_OBJECT:
        return field_of_object(v->is.object, name, field);
    case VALUE_BOOL:
    case VALUE_INTEGER:
    case VALUE_STRING:
    case VALUE_BYTES:
        return false;
    }
    __builtin_unreachable();
}
