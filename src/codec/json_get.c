/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "codec/text.h"

#include "base/log.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct json *json_first(const struct json *parent)
{
    return parent->first;
}

const struct json *json_next(const struct json *value)
{
    return value->next;
}

static uint32_t lower_ascii(uint32_t point)
{
    return point >= 'A' && point <= 'Z' ? point + ('a' - 'A') : point;
}

/* Simple case folding, as far as it leads into ASCII: LATIN SMALL LETTER LONG S, KELVIN SIGN. */
static uint32_t fold(uint32_t point)
{
    switch (point) {
    case 0x017F:
        return 's';
    case 0x212A:
        return 'k';
    }
    return lower_ascii(point);
}

bool json_name_is(const struct json *member, const char *field)
{
    struct bytes name = member->name;

    for (; *field != '\0'; field++) {
        uint32_t point = 0;
        const size_t len = utf8_sequence(name, &point);
        if (len == 0 || fold(point) != lower_ascii((uint8_t)*field))
            return false;
        name = bytes_of(name.at + len, name.len - len);
    }
    return name.len == 0;
}

const struct json *json_member(const struct json *object, const char *name)
{
    const struct json *found = NULL;

    if (object->type != JSON_OBJECT)
        return NULL;
    for (const struct json *m = object->first; m != NULL; m = m->next) {
        if (bytes_equal_string(m->name, name))
            found = m;
    }
    return found;
}

void json_place(const struct json *value, struct buf *out)
{
    const uint8_t *const text = value->document->source.at;
    size_t line = 1, line_start = 0;

    for (size_t i = 0; i < value->offset; i++) {
        if (text[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    buf_add_format(out, "line %zu:%zu", line, value->offset - line_start + 1);
}

static bool is_identifier(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        const uint32_t c = lower_ascii(name.at[i]);
        if ((c < 'a' || c > 'z') && c != '_' && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.len > 0;
}

enum { PATH_MAX_BYTES = 200, NAME_MAX_BYTES = 100 };

static void add_quoted_name(struct buf *out, struct bytes name)
{
    const size_t start = out->len;

    buf_add_u8(out, '"');
    while (name.len > 0 && out->len - start < NAME_MAX_BYTES) {
        uint32_t point;
        size_t len = utf8_sequence(name, &point);
        len = len == 0 ? 1 : len;
        log_escape(out, bytes_of(name.at, len));
        name = bytes_of(name.at + len, name.len - len);
    }
    buf_add_string(out, name.len > 0 ? "\"..." : "\"");
}

void json_put_path_name(struct buf *out, struct bytes name)
{
    if (is_identifier(name) && name.len <= NAME_MAX_BYTES)
        buf_add(out, name);
    else
        add_quoted_name(out, name);
}

/* The last step of the way to a value that has a parent: `.name`, `."a name"` or `[3]`. */
static void add_step(struct buf *out, const struct json *value)
{
    if (value->parent->type != JSON_OBJECT) {
        buf_add_format(out, "[%zu]", value->index);
        return;
    }
    if (value->parent->parent != NULL)
        buf_add_u8(out, '.');
    json_put_path_name(out, value->name);
}

/* From the value upwards, because that is where the pointers lead; so a long path loses its
 * beginning. */
void json_path(const struct json *value, struct buf *out)
{
    char path[PATH_MAX_BYTES];
    const size_t cut_len = strlen("...");
    size_t start = sizeof path;

    for (; value->parent != NULL; value = value->parent) {
        auto_buf step = { 0 };
        add_step(&step, value);
        if (step.len + cut_len > start) {
            buf_add_string(out, "...");
            break;
        }
        start -= step.len;
        memcpy(path + start, step.at, step.len);
    }
    buf_add(out, bytes_of(path + start, sizeof path - start));
}

bool json_fail(const struct json *value, struct err *err, const char *fmt, ...)
{
    auto_buf where = { 0 };
    va_list args;

    json_path(value, &where);
    const bool top = where.len == 0;
    buf_add_string(&where, top ? "" : " (");
    json_place(value, &where);
    buf_add_string(&where, top ? "" : ")");
    char text[sizeof err->text];
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return err_set(err, FAIL_MALFORMED, "%.*s: %.200s", (int)where.len, (const char *)where.at,
                   text);
}

static const char *name_of(enum json_type type)
{
    switch (type) {
    case JSON_NONE:
        break;
    case JSON_NULL:
        return "null";
    case JSON_BOOL:
        return "true or false";
    case JSON_NUMBER:
        return "a number";
    case JSON_STRING:
        return "a string";
    case JSON_ARRAY:
        return "an array";
    case JSON_OBJECT:
        return "an object";
    }
    return "nothing";
}

bool json_expect(const struct json *value, enum json_type type, bool *null, struct err *err)
{
    *null = value->type == JSON_NULL;
    if (*null || value->type == type)
        return true;
    return json_fail(value, err, "%s instead of %s", name_of(value->type), name_of(type));
}

bool json_get_string(const struct json *value, struct bytes *out, struct err *err)
{
    bool null;

    if (!json_expect(value, JSON_STRING, &null, err))
        return false;
    if (!null)
        *out = value->text;
    return true;
}

bool json_get_bool(const struct json *value, bool *out, struct err *err)
{
    bool null;

    if (!json_expect(value, JSON_BOOL, &null, err))
        return false;
    if (!null)
        *out = value->boolean;
    return true;
}

/* Plain digits, after a minus sign that the caller has cut off. */
static bool get_digits(const struct json *value, struct bytes digits, uint64_t max, uint64_t *out,
                       struct err *err)
{
    uint64_t number = 0;

    for (size_t i = 0; i < digits.len; i++) {
        const uint8_t c = digits.at[i];
        if (c < '0' || c > '9')
            return json_fail(value, err, "not written as a plain whole number");
        if (__builtin_mul_overflow(number, (uint64_t)10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(c - '0'), &number) || number > max)
            return json_fail(value, err, "number beyond %s%" PRIu64,
                             digits.at == value->text.at ? "" : "-", max);
    }
    *out = number;
    return true;
}

bool json_get_uint(const struct json *value, uint64_t max, uint64_t *out, struct err *err)
{
    bool null;

    if (!json_expect(value, JSON_NUMBER, &null, err))
        return false;
    if (!null && value->text.at[0] == '-')
        return json_fail(value, err, "a negative number is not allowed here");
    return null || get_digits(value, value->text, max, out, err);
}

bool json_get_int(const struct json *value, int64_t *out, struct err *err)
{
    const struct bytes text = value->text;
    uint64_t number = 0;
    bool null;

    if (!json_expect(value, JSON_NUMBER, &null, err))
        return false;
    if (null)
        return true;
    const bool negative = text.at[0] == '-';
    const uint64_t max = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    if (!get_digits(value, bytes_of(text.at + negative, text.len - negative), max, &number, err))
        return false;
    *out = negative ? (int64_t)(0 - number) : (int64_t)number;
    return true;
}

static bool get_octet_array(const struct json *value, struct buf *out, struct err *err)
{
    for (const struct json *v = value->first; v != NULL; v = v->next) {
        uint64_t octet = 0;
        if (!json_get_uint(v, UINT8_MAX, &octet, err))
            return false;
        buf_add_u8(out, (uint8_t)octet);
    }
    return true;
}

bool json_get_octets(const struct json *value, struct buf *out, bool *present, struct err *err)
{
    const size_t start = out->len;
    struct err cause = { 0 };

    *present = value->type != JSON_NULL;
    switch (value->type) {
    case JSON_NULL:
        return true;
    case JSON_STRING:
        return base64_decode(out, BASE64_STANDARD, value->text, &cause) ||
               json_fail(value, err, "%s", cause.text);
    case JSON_ARRAY:
        if (get_octet_array(value, out, err))
            return true;
        buf_truncate(out, start);
        return false;
    case JSON_NONE:
    case JSON_BOOL:
    case JSON_NUMBER:
    case JSON_OBJECT:
        break;
    }
    return json_fail(value, err, "%s instead of base64 text", name_of(value->type));
}

bool json_get_hex(const struct json *value, uint8_t *out, size_t len, struct err *err)
{
    struct bytes text = BYTES_NONE;
    struct err cause = { 0 };
    auto_buf raw = { 0 };

    if (!json_get_string(value, &text, err))
        return false;
    if (text.len != 2 * len || !hex_decode(&raw, text, &cause))
        return json_fail(value, err, "is not the hex form of %zu bytes", len);
    memcpy(out, raw.at, len);
    return true;
}

bool json_get_hex_text(const struct json *value, char *out, size_t len, struct err *err)
{
    auto_arena arena = { 0 };
    uint8_t *const raw = arena_alloc(&arena, len);

    if (!json_get_hex(value, raw, len, err))
        return false;
    memcpy(out, value->text.at, 2 * len);
    return true;
}
