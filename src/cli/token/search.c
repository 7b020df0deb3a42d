/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token/search.h"

#include "codec/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define SCHEME "pkcs11:"

void token_search_clear(struct token_search *search)
{
    arena_clear(&search->arena);
    secret_free(search->pin);
    *search = (struct token_search){ 0 };
}

bool token_is_uri(const char *text)
{
    return strncasecmp(text, SCHEME, strlen(SCHEME)) == 0;
}

/* ---- attributes ---- */

typedef bool attribute_setter(struct token_search *s, struct bytes value, struct err *err);

static bool set_slot(struct token_search *s, struct bytes value, struct err *err)
{
    if (value.len > 18)
        return err_set(err, FAIL_MALFORMED, "not a number");
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            return err_set(err, FAIL_MALFORMED, "not a number");
        s->slot = s->slot * 10 + (value.at[i] - '0');
    }
    s->has_slot = true;
    return true;
}

static const char *type_name(enum token_object object)
{
    return object == TOKEN_PRIVATE_KEY ? "private" : "cert";
}

static bool set_type(struct token_search *s, struct bytes value, struct err *err)
{
    return bytes_equal_string(value, type_name(s->object)) ||
           err_set(err, FAIL_MALFORMED, "\"%s\" is needed here", type_name(s->object));
}

/* A path, or a URI of one. Commands are not run. */
static bool set_pin_source(struct token_search *s, struct bytes value, struct err *err)
{
    static const char *const prefixes[] = { "file://", "file:" };

    if (value.at[0] == '|')
        return err_set(err, FAIL_MALFORMED, "commands are not run, name a file");
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        const struct bytes prefix = bytes_of_string(prefixes[i]);
        if (bytes_start_with(value, prefix)) {
            value = bytes_of(value.at + prefix.len, value.len - prefix.len);
            break;
        }
    }
    s->pin_source = value;
    return value.len > 0 || err_set(err, FAIL_MALFORMED, "no value");
}

static bool refuse_pin(struct token_search *s, struct bytes value, struct err *err)
{
    (void)s;
    (void)value;
    return err_set(err, FAIL_MALFORMED,
                   "a PIN in arguments is seen by everybody on this machine; leave it away to be "
                   "asked, or name a file with pin-source");
}

static const struct attribute {
    const char *name;
    bool in_query;
    size_t view; /* where a text goes */
    attribute_setter *set;
} ATTRIBUTES[] = {
    { "token", false, offsetof(struct token_search, token), NULL },
    { "manufacturer", false, offsetof(struct token_search, manufacturer), NULL },
    { "model", false, offsetof(struct token_search, model), NULL },
    { "serial", false, offsetof(struct token_search, serial), NULL },
    { "slot-id", false, 0, set_slot },
    { "object", false, offsetof(struct token_search, label), NULL },
    { "id", false, offsetof(struct token_search, id), NULL },
    { "type", false, 0, set_type },
    { "module-path", true, offsetof(struct token_search, module_path), NULL },
    { "module-name", true, offsetof(struct token_search, module_name), NULL },
    { "pin-source", true, 0, set_pin_source },
    { "pin-value", true, 0, refuse_pin },
};

static struct bytes *view_of(struct token_search *s, const struct attribute *a)
{
    return (struct bytes *)((char *)s + a->view);
}

/* ---- the URI ---- */

static int hex_digit(uint8_t c)
{
    const char *const digits = "0123456789abcdef";
    const char *const at = c == '\0' ? NULL : strchr(digits, tolower(c));

    return at == NULL ? -1 : (int)(at - digits);
}

bool token_percent_decode(struct bytes in, struct buf *out)
{
    for (size_t i = 0; i < in.len; i++) {
        if (in.at[i] != '%') {
            buf_add_u8(out, in.at[i]);
            continue;
        }
        const int high = i + 2 < in.len ? hex_digit(in.at[i + 1]) : -1;
        const int low = high < 0 ? -1 : hex_digit(in.at[i + 2]);
        if (low < 0)
            return false;
        buf_add_u8(out, (uint8_t)(high << 4 | low));
        i += 2;
    }
    return true;
}

static bool set_attribute(struct token_search *s, const struct attribute *a, struct bytes encoded,
                          struct err *err)
{
    const bool may_be_binary = a->view == offsetof(struct token_search, id);
    auto_buf decoded = { 0 };

    if (!token_percent_decode(encoded, &decoded))
        return err_set(err, FAIL_MALFORMED, "a %% without two hex digits");
    if (decoded.len == 0)
        return err_set(err, FAIL_MALFORMED, "no value");
    if (!may_be_binary && memchr(decoded.at, '\0', decoded.len) != NULL)
        return err_set(err, FAIL_MALFORMED, "a NUL in it");
    const struct bytes value = arena_bytes(&s->arena, buf_bytes(&decoded));
    if (a->set != NULL)
        return a->set(s, value, err);
    *view_of(s, a) = value;
    return true;
}

static const struct attribute *find_attribute(struct bytes name, bool in_query)
{
    for (size_t i = 0; i < COUNT_OF(ATTRIBUTES); i++) {
        if (ATTRIBUTES[i].in_query == in_query && bytes_equal_string(name, ATTRIBUTES[i].name))
            return &ATTRIBUTES[i];
    }
    return NULL;
}

/* "name=value"; *seen: a bit for each attribute. */
static bool read_attribute(struct token_search *s, struct bytes text, bool in_query, unsigned *seen,
                           struct err *err)
{
    const uint8_t *const equals = text.len == 0 ? NULL : memchr(text.at, '=', text.len);

    if (equals == NULL)
        return err_set(err, FAIL_MALFORMED, "attributes are name=value");
    const struct bytes name = bytes_of(text.at, (size_t)(equals - text.at));
    const struct attribute *const a = find_attribute(name, in_query);
    if (a == NULL)
        return err_set(err, FAIL_MALFORMED, "there is no attribute \"%.*s\" %s the question mark",
                       BYTES_FMT(name), in_query ? "behind" : "before");
    const unsigned bit = 1u << (a - ATTRIBUTES);
    if ((*seen & bit) != 0)
        return err_set(err, FAIL_MALFORMED, "%s stands there twice", a->name);
    *seen |= bit;
    return set_attribute(s, a, bytes_of(equals + 1, text.len - name.len - 1), err) ||
           err_in(err, "%s", a->name);
}

static bool read_attributes(struct token_search *s, struct bytes text, bool in_query,
                            unsigned *seen, struct err *err)
{
    while (text.len > 0) {
        const uint8_t *const end = memchr(text.at, in_query ? '&' : ';', text.len);
        const size_t len = end == NULL ? text.len : (size_t)(end - text.at);
        if (!read_attribute(s, bytes_of(text.at, len), in_query, seen, err))
            return false;
        if (end != NULL && len + 1 == text.len)
            return err_set(err, FAIL_MALFORMED, "attributes are name=value");
        text = end == NULL ? BYTES_NONE : bytes_of(end + 1, text.len - len - 1);
    }
    return true;
}

bool token_search_from_uri(const char *uri, enum token_object object, struct token_search *search,
                           struct err *err)
{
    const char *const path = uri + strlen(SCHEME);
    const size_t path_len = strcspn(path, "?");
    const char *const query = path + path_len + (path[path_len] == '?' ? 1 : 0);
    unsigned seen = 0;

    search->object = object;
    return (read_attributes(search, bytes_of(path, path_len), false, &seen, err) &&
            read_attributes(search, bytes_of_string(query), true, &seen, err)) ||
           err_in(err, "pkcs11: URI");
}

/* ---- back to text ---- */

void token_percent_encode(struct bytes in, struct buf *out)
{
    for (size_t i = 0; i < in.len; i++) {
        const uint8_t c = in.at[i];
        if (c < 0x80 && (isalnum(c) != 0 || (c != '\0' && strchr("-._~/:", c) != NULL)))
            buf_add_u8(out, c);
        else
            buf_add_format(out, "%%%02X", c);
    }
}

void token_search_put(const struct token_search *search, struct buf *out)
{
    bool query = false;

    buf_add_string(out, SCHEME);
    if (search->has_slot)
        buf_add_format(out, "slot-id=%" PRIu64 ";", search->slot);
    for (size_t i = 0; i < COUNT_OF(ATTRIBUTES); i++) {
        const struct attribute *const a = &ATTRIBUTES[i];
        const struct bytes value =
            a->set != NULL ? BYTES_NONE : *(const struct bytes *)((const char *)search + a->view);
        if (value.len == 0)
            continue;
        if (a->in_query && !query)
            buf_add_format(out, "type=%s", type_name(search->object));
        if (a->in_query)
            buf_add_u8(out, query ? '&' : '?');
        query |= a->in_query;
        buf_add_format(out, "%s=", a->name);
        token_percent_encode(value, out);
        if (!a->in_query)
            buf_add_u8(out, ';');
    }
    if (!query)
        buf_add_format(out, "type=%s", type_name(search->object));
}
