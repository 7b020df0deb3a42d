/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/utf8.h"
#include "manifest/template/functions.h"
#include "manifest/template/unicode.h"

/*
 * The text form of values (manifest.md, 14.8), and the functions that write nothing else: print,
 * println, html, js and urlquery.
 */

static bool add_elements(struct exec *x, struct buf *out, struct bytes bytes)
{
    if (bytes.len > TEMPLATE_OUTPUT_MAX / 2)
        return exec_fail(x, "a value of more than %d bytes", TEMPLATE_OUTPUT_MAX);
    buf_add_u8(out, '[');
    for (size_t i = 0; i < bytes.len; i++)
        buf_add_format(out, "%s%u", i > 0 ? " " : "", bytes.at[i]);
    buf_add_u8(out, ']');
    return exec_charge(x, bytes.len * 4);
}

bool text_add(struct exec *x, struct buf *out, const struct value *v, const char *nil)
{
    switch (v->kind) {
    case VALUE_NIL:
        buf_add_string(out, nil);
        return true;
    case VALUE_BOOL:
        buf_add_string(out, v->number != 0 ? "true" : "false");
        return true;
    case VALUE_INTEGER:
        buf_add_format(out, "%s%" PRIu64, value_is_negative(v) ? "-" : "",
                       value_is_negative(v) ? -v->number : v->number);
        return true;
    case VALUE_STRING:
        buf_add(out, v->bytes);
        return true;
    case VALUE_BYTES:
        return add_elements(x, out, v->bytes);
    case VALUE_CERTIFICATE:
    case VALUE_SECRET:
    case VALUE_SECRETS:
    case VALUE_OBJECT:
        return exec_fail(x, "printing a %s is not supported", value_type_name(v));
    }
    __builtin_unreachable();
}

/*
 * Joins with a space between two operands when neither is a string. A nil that is shown as a text
 * of its own counts as one.
 */
static bool join(struct exec *x, const struct value *args, size_t count, const char *nil)
{
    const bool nil_is_string = nil != NULL;
    bool was_string = true;

    for (size_t i = 0; i < count; i++) {
        const bool is_string =
            args[i].kind == VALUE_STRING || (args[i].kind == VALUE_NIL && nil_is_string);
        if (!was_string && !is_string)
            buf_add_u8(&x->scratch, ' ');
        if (!text_add(x, &x->scratch, &args[i], nil_is_string ? nil : "<nil>") || !exec_fits(x))
            return false;
        was_string = is_string;
    }
    return true;
}

bool function_print(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    return join(x, args, count, NULL) && exec_take_string(x, result);
}

bool function_println(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_u8(&x->scratch, ' ');
        if (!text_add(x, &x->scratch, &args[i], "<nil>") || !exec_fits(x))
            return false;
    }
    buf_add_u8(&x->scratch, '\n');
    return exec_take_string(x, result);
}

/* All arguments as one text, for the functions that escape it. */
static bool joined(struct exec *x, const struct value *args, size_t count, struct bytes *text)
{
    struct value all;

    if (count == 1 && args[0].kind == VALUE_STRING) {
        *text = args[0].bytes;
        return true;
    }
    if (!join(x, args, count, "<no value>") || !exec_take_string(x, &all))
        return false;
    *text = all.bytes;
    return true;
}

static const char *html_escape(uint8_t byte)
{
    switch (byte) {
    case '"':
        return "&#34;";
    case '\'':
        return "&#39;";
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case 0:
        return "\xEF\xBF\xBD"; /* U+FFFD */
    }
    return NULL;
}

bool function_html(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    struct bytes text;

    if (!joined(x, args, count, &text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char *const escape = html_escape(text.at[i]);
        if (escape != NULL)
            buf_add_string(&x->scratch, escape);
        else
            buf_add_u8(&x->scratch, text.at[i]);
    }
    return exec_take_string(x, result);
}

/* One character of a JavaScript string; returns how many bytes of `text` it was. */
static size_t js_add(struct buf *out, struct bytes text)
{
    uint32_t point = 0;
    size_t len = utf8_sequence(text, &point);

    if (len == 0 || (point >= 0x7F && (point == 0x7F || unicode_is_printable(point)))) {
        len = len == 0 ? 1 : len; /* a byte that is not UTF-8 stays */
        buf_add(out, bytes_of(text.at, len));
    } else if (point == '\\' || point == '\'' || point == '"') {
        buf_add_u8(out, '\\');
        buf_add_u8(out, text.at[0]);
    } else if (point < ' ' || point >= 0x80 || point == '<' || point == '>' || point == '&' ||
               point == '=') {
        buf_add_format(out, "\\u%04X", point);
    } else {
        buf_add_u8(out, text.at[0]);
    }
    return len;
}

bool function_js(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    struct bytes text;

    if (!joined(x, args, count, &text))
        return false;
    for (size_t i = 0; i < text.len;)
        i += js_add(&x->scratch, bytes_of(text.at + i, text.len - i));
    return exec_take_string(x, result);
}

bool function_urlquery(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    struct bytes text;

    if (!joined(x, args, count, &text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.at[i];
        if (c == ' ')
            buf_add_u8(&x->scratch, '+');
        else if (c < 0x80 && (unicode_is_word(c) || c == '-' || c == '.' || c == '~'))
            buf_add_u8(&x->scratch, c);
        else
            buf_add_format(&x->scratch, "%%%02X", c);
    }
    return exec_take_string(x, result);
}
