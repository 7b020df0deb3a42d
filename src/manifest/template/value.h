/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/template/template.h"

/* What expressions give (manifest.md, 14.2). */
enum value_kind {
    VALUE_NIL = 0,
    VALUE_BOOL,
    VALUE_INTEGER,
    VALUE_STRING,
    VALUE_BYTES,
    VALUE_CERTIFICATE,
    VALUE_SECRET,
    VALUE_SECRETS, /* a map from name to secret */
    VALUE_OBJECT,
};

enum integer_type { INTEGER_INT = 1, INTEGER_UINT, INTEGER_UINT8 };
enum bytes_flavour { BYTES_PLAIN = 1, BYTES_PRIVATE, BYTES_PUBLIC };
/* Where the members of a secret are. */
enum secret_source {
    SECRET_ZERO = 1, /* what `index` gives for a name that is missing */
    SECRET_CURRENT,  /* looked up by its name whenever a member is needed */
    SECRET_PREVIOUS,
    SECRET_ROOT_CA,
    SECRET_MARBLE_CERT,
    SECRET_COORDINATOR_ROOT,
    SECRET_COORDINATOR_INTERMEDIATE,
};
enum object { OBJECT_ROOT = 1, OBJECT_PREVIOUS, OBJECT_WRAPPER, OBJECT_MARBLERUN };

struct value {
    enum value_kind kind;
    union {
        enum integer_type integer;
        enum bytes_flavour flavour;
        enum secret_source secret;
        enum object object;
        bool previous; /* VALUE_SECRETS */
    } is;
    uint64_t number;    /* bool: 0 or 1; integer: two's complement when INTEGER_INT */
    struct bytes bytes; /* string, bytes, certificate (DER), name of a secret */
};

struct value value_bool(bool is);
struct value value_int(int64_t number);
struct value value_byte(uint8_t number);
struct value value_string(struct bytes text);
struct value value_secret_named(bool previous, struct bytes name);

/* For error texts. */
const char *value_type_name(const struct value *v);
bool value_is_negative(const struct value *v) MUST_CHECK;
/* Empty, zero, false and nil are false; secrets, certificates and objects never are. */
bool value_is_true(const struct template_data *data, const struct value *v) MUST_CHECK;
/* The members of a VALUE_SECRET. */
void value_secret(const struct template_data *data, const struct value *v,
                  struct template_secret *secret);
/* False when a value of this kind has no such field. */
bool value_field(const struct template_data *data, const struct value *v, struct bytes name,
                 struct value *field) MUST_CHECK;
/* A secret by its name: nil when there is none. */
struct value value_lookup(const struct template_data *data, bool previous, struct bytes name);
