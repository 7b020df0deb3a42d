/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "codec/json.h"
#include "manifest/manifest.h"

/*
 * One secret as a Coordinator gives it (client-api.md, 14.1), and the forms in which its value is wanted.
 *
 *   secret_value_read   out of the answer
 *   secret_value_raw    the bytes of one part
 *   secret_value_pem    certificate and private key, or one part
 *   secret_value_text   what a variable or a file with settings can hold
 */
enum secret_field {
    SECRET_FIELD_NONE = 0,
    SECRET_FIELD_CERT, /* these three: certificate types */
    SECRET_FIELD_PRIVATE,
    SECRET_FIELD_PUBLIC,
    SECRET_FIELD_KEY, /* symmetric keys and plain secrets */
    SECRET_FIELD_COUNT,
};
/* By its name for people: "cert", ...; SECRET_FIELD_NONE for NULL and for anything else. */
enum secret_field secret_field_from_text(const char *text) MUST_CHECK;

struct secret_value {
    const char *name;
    enum secret_type type;
    struct {
        bool present;
        struct buf octets;
    } part[SECRET_FIELD_COUNT];
};
void secret_value_clear(struct secret_value *v);
#define auto_secret_value struct secret_value CLEANUP(secret_value_clear)

/* secrets: the map of the answer. FAIL_NOT_FOUND: it is not there, or nobody has set it yet; FAIL_MALFORMED. */
bool secret_value_read(const struct json *secrets, const char *name, struct secret_value *v,
                       struct err *err) MUST_CHECK;
/* A view of one part; SECRET_FIELD_NONE is the key. FAIL_STATE: this type has no such part; FAIL_NOT_FOUND: this secret has none. */
bool secret_value_raw(const struct secret_value *v, enum secret_field field, struct bytes *raw,
                      struct err *err) MUST_CHECK;
/*
 * Appends PEM; SECRET_FIELD_NONE is the certificate and, where there is one, the private key. A private key that was uploaded has the
 * label of the form it is in. Fails as secret_value_raw does.
 */
bool secret_value_pem(const struct secret_value *v, enum secret_field field, struct buf *pem,
                      struct err *err) MUST_CHECK;
/*
 * Appends the value as text, by its type, so that a reader knows what it gets: symmetric keys in base64, certificates as
 * PEM, plain secrets as they are. FAIL_STATE: a plain secret with control characters or broken UTF-8.
 */
bool secret_value_text(const struct secret_value *v, struct buf *text, struct err *err) MUST_CHECK;

/* Appends the variable for a secret: a letter, digit or _ stays, anything else becomes _, and one stands before a digit. */
void secret_put_variable(struct buf *out, struct bytes name);
/* Appends the text in single quotes, so that a POSIX shell takes it as it is. */
void secret_put_quoted(struct buf *out, struct bytes text);
