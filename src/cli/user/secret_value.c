/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/user/secret_value.h"

#include "base/utf8.h"
#include "codec/der.h"
#include "codec/text.h"

#include <string.h>

/* The names of a part: typed, in the answer, in error texts. */
static const struct {
    const char *name, *member, *words;
} parts[SECRET_FIELD_COUNT] = {
    [SECRET_FIELD_CERT] = { "cert", "Cert", "certificate" },
    [SECRET_FIELD_PRIVATE] = { "private", "Private", "private key" },
    [SECRET_FIELD_PUBLIC] = { "public", "Public", "public key" },
    [SECRET_FIELD_KEY] = { "key", "Private", "key" },
};

enum secret_field secret_field_from_text(const char *text)
{
    enum secret_field field = SECRET_FIELD_COUNT;

    while (--field > SECRET_FIELD_NONE && (text == NULL || strcmp(text, parts[field].name) != 0))
        ;
    return field;
}

void secret_value_clear(struct secret_value *v)
{
    for (size_t i = 0; i < COUNT_OF(v->part); i++)
        buf_clear(&v->part[i].octets);
    *v = (struct secret_value){ 0 };
}

static bool has_field(const struct secret_value *v, enum secret_field field)
{
    return secret_type_is_certificate(v->type) == (field != SECRET_FIELD_KEY);
}

static bool read_parts(const struct json *secret, struct secret_value *v, struct err *err)
{
    for (enum secret_field f = SECRET_FIELD_CERT; f < SECRET_FIELD_COUNT; f++) {
        const struct json *const member = json_member(secret, parts[f].member);
        if (has_field(v, f) && member != NULL &&
            !json_get_octets(member, &v->part[f].octets, &v->part[f].present, err))
            return false;
    }
    return true;
}

bool secret_value_read(const struct json *secrets, const char *name, struct secret_value *v,
                       struct err *err)
{
    const struct json *const secret = secrets == NULL ? NULL : json_member(secrets, name);
    const struct json *const type = secret == NULL ? NULL : json_member(secret, "Type");
    struct bytes text = BYTES_NONE;

    if (secret == NULL)
        return err_set(err, FAIL_NOT_FOUND, "the answer has no secret %.100s", name);
    if (type != NULL && !json_get_string(type, &text, err))
        return false;
    *v = (struct secret_value){ .name = name, .type = secret_type_from_text(text) };
    if (v->type == SECRET_TYPE_NONE)
        return json_fail(secret, err, "unknown type of secret");
    return read_parts(secret, v, err) || err_in(err, "secret %.100s", name);
}

bool secret_value_raw(const struct secret_value *v, enum secret_field field, struct bytes *raw,
                      struct err *err)
{
    const enum secret_field wanted = field == SECRET_FIELD_NONE ? SECRET_FIELD_KEY : field;

    if (!has_field(v, wanted))
        return err_set(err, FAIL_STATE, "secret %.100s has no %s: it is of type %s", v->name,
                       parts[wanted].words, secret_type_text(v->type));
    *raw = buf_bytes(&v->part[wanted].octets);
    return v->part[wanted].present || err_set(err, FAIL_NOT_FOUND, "secret %.100s has no %s yet",
                                              v->name, parts[wanted].words);
}

/* By the shape of what follows SEQUENCE: PKCS#8 (RFC 5958), encrypted or not, PKCS#1 (RFC 8017), SEC 1 (RFC 5915). */
static const char *private_label(struct bytes der)
{
    struct bytes key, part;
    uint8_t first = 0, second = 0;

    if (!der_take(&der, DER_SEQUENCE, &key) || !der_next(&key, &first, &part) ||
        !der_next(&key, &second, &part))
        return NULL;
    if (first == DER_SEQUENCE && second == DER_OCTET_STRING)
        return "ENCRYPTED PRIVATE KEY";
    if (first != DER_INTEGER)
        return NULL;
    return second == DER_SEQUENCE       ? "PRIVATE KEY"
           : second == DER_INTEGER      ? "RSA PRIVATE KEY"
           : second == DER_OCTET_STRING ? "EC PRIVATE KEY"
                                        : NULL;
}

static bool put_block(const struct secret_value *v, enum secret_field field, struct buf *pem,
                      struct err *err)
{
    struct bytes der;

    if (!secret_value_raw(v, field, &der, err))
        return false;
    const char *const label = field == SECRET_FIELD_CERT      ? "CERTIFICATE"
                              : field == SECRET_FIELD_PUBLIC  ? "PUBLIC KEY"
                              : field == SECRET_FIELD_PRIVATE ? private_label(der)
                                                              : NULL;
    if (label == NULL)
        return err_set(err, FAIL_STATE, "the %s of secret %.100s has no form in PEM",
                       parts[field].words, v->name);
    pem_encode(pem, label, der);
    return true;
}

bool secret_value_pem(const struct secret_value *v, enum secret_field field, struct buf *pem,
                      struct err *err)
{
    if (field != SECRET_FIELD_NONE)
        return put_block(v, field, pem, err);
    return put_block(v, SECRET_FIELD_CERT, pem, err) &&
           (!v->part[SECRET_FIELD_PRIVATE].present || put_block(v, SECRET_FIELD_PRIVATE, pem, err));
}

/* UTF-8 without control characters but the ends of lines and TAB. */
static bool is_text(struct bytes text)
{
    while (text.len > 0) {
        uint32_t point = 0;
        const size_t len = utf8_sequence(text, &point);
        if (len == 0 || (point < 0x20 && point != '\n' && point != '\t') ||
            (point >= 0x7f && point < 0xa0))
            return false;
        text = bytes_of(text.at + len, text.len - len);
    }
    return true;
}

bool secret_value_text(const struct secret_value *v, struct buf *text, struct err *err)
{
    struct bytes raw;

    if (secret_type_is_certificate(v->type))
        return secret_value_pem(v, SECRET_FIELD_NONE, text, err);
    if (!secret_value_raw(v, SECRET_FIELD_KEY, &raw, err))
        return false;
    if (v->type == SECRET_SYMMETRIC_KEY) {
        base64_encode(text, BASE64_STANDARD, raw);
        return true;
    }
    buf_add(text, raw);
    return is_text(raw) || err_set(err, FAIL_STATE, "secret %.100s is not text", v->name);
}

void secret_put_variable(struct buf *out, struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        const uint8_t c = name.at[i];
        const bool digit = c >= '0' && c <= '9';
        if (i == 0 && digit)
            buf_add_u8(out, '_');
        buf_add_u8(out, digit || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ? c : '_');
    }
}

void secret_put_quoted(struct buf *out, struct bytes text)
{
    buf_add_u8(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\'')
            buf_add_string(out, "'\\''");
        else
            buf_add_u8(out, text.at[i]);
    }
    buf_add_u8(out, '\'');
}
