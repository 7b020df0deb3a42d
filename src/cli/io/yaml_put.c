/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "cli/io/output.h"
#include "codec/json.h"

#include <string.h>

/* Our JSON as YAML. Nothing here is deeper than our own documents, so it may call itself. */

/* Words and digits that no reader of YAML 1.1 or 1.2 takes for anything but text. */
static bool is_plain(struct bytes text)
{
    static const char *const taken[] = { "y",    "n",    "yes",   "no",   "on",  "off",
                                         "null", "true", "false", ".inf", ".nan" };

    if (text.len == 0 || !((text.at[0] | 0x20) >= 'a' && (text.at[0] | 0x20) <= 'z'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.at[i];
        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') &&
            memchr("_-./", c, 4) == NULL)
            return false;
    }
    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        if (bytes_equal_nocase(text, taken[i]))
            return false;
    }
    return true;
}

static void put_text(struct buf *out, struct bytes text)
{
    if (is_plain(text))
        buf_add(out, text);
    else
        json_put_string(out, text);
}

static void put_indent(struct buf *out, size_t depth)
{
    for (size_t i = 0; i < depth; i++)
        buf_add_string(out, "  ");
}

static void put_value(struct buf *out, const struct json *value, size_t depth);

static void put_children(struct buf *out, const struct json *value, size_t depth)
{
    for (const struct json *child = json_first(value); child != NULL; child = json_next(child)) {
        buf_add_u8(out, '\n');
        put_indent(out, depth);
        if (value->type == JSON_ARRAY) {
            buf_add_u8(out, '-');
        } else {
            put_text(out, child->name);
            buf_add_u8(out, ':');
        }
        put_value(out, child, depth + 1);
    }
}

static void put_value(struct buf *out, const struct json *value, size_t depth)
{
    switch (value->type) {
    case JSON_NONE:
    case JSON_NULL:
        buf_add_string(out, " null");
        break;
    case JSON_BOOL:
        buf_add_string(out, value->boolean ? " true" : " false");
        break;
    case JSON_NUMBER:
        buf_add_u8(out, ' ');
        buf_add(out, value->text);
        break;
    case JSON_STRING:
        buf_add_u8(out, ' ');
        put_text(out, value->text);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        if (json_first(value) == NULL)
            buf_add_string(out, value->type == JSON_ARRAY ? " []" : " {}");
        else
            put_children(out, value, depth);
        break;
    }
}

bool yaml_put(struct bytes json, struct buf *out, struct err *err)
{
    auto_arena arena = { 0 };
    const struct json *const top = json_parse(json, JSON_TRAILING_REFUSED, &arena, err);
    const size_t begin = out->len;

    if (top == NULL)
        return false;
    put_value(out, top, 0);
    buf_add_u8(out, '\n');
    /* Containers begin with a line end, scalars with a blank. */
    const size_t len = out->len - begin - 1;
    memmove(out->at + begin, out->at + begin + 1, len);
    buf_truncate(out, begin + len);
    return true;
}
