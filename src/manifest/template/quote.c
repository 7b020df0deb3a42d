/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/quote.h"

#include <string.h>

#include "base/utf8.h"
#include "manifest/template/unicode.h"

enum { REPLACEMENT = 0xFFFD };

/* The next character; a byte that is not UTF-8 comes as U+FFFD with length 1. */
static size_t next_character(struct bytes text, uint32_t *point)
{
    const size_t len = utf8_sequence(text, point);

    if (len > 0)
        return len;
    *point = REPLACEMENT;
    return 1;
}

static bool is_point(uint64_t point)
{
    return point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
}

void quote_add_point(struct buf *out, uint64_t point)
{
    uint8_t coded[4];

    buf_add(out,
            bytes_of(coded, utf8_encode(is_point(point) ? (uint32_t)point : REPLACEMENT, coded)));
}

static void add_escaped(struct buf *out, uint32_t point, char quote, bool ascii_only)
{
    static const char controls[] = "\a\b\f\n\r\t\v", names[] = "abfnrtv";

    if (point == (uint8_t)quote || point == '\\') {
        buf_add_format(out, "\\%c", (char)point);
        return;
    }
    if (unicode_is_printable(point) && (point < 0x80 || !ascii_only)) {
        quote_add_point(out, point);
        return;
    }
    const char *const control = point == 0 || point > '\r' ? NULL : strchr(controls, (int)point);
    if (control != NULL)
        buf_add_format(out, "\\%c", names[control - controls]);
    else if (point < ' ' || point == 0x7F)
        buf_add_format(out, "\\x%02x", point);
    else if (point < 0x10000)
        buf_add_format(out, "\\u%04x", point);
    else
        buf_add_format(out, "\\U%08x", point);
}

void quote_string(struct buf *out, struct bytes text, bool ascii_only)
{
    buf_add_u8(out, '"');
    for (size_t i = 0; i < text.len;) {
        uint32_t point = 0;
        const size_t len = next_character(bytes_of(text.at + i, text.len - i), &point);
        if (len == 1 && point == REPLACEMENT)
            buf_add_format(out, "\\x%02x", text.at[i]);
        else
            add_escaped(out, point, '"', ascii_only);
        i += len;
    }
    buf_add_u8(out, '"');
}

void quote_character(struct buf *out, uint64_t point, bool ascii_only)
{
    buf_add_u8(out, '\'');
    add_escaped(out, is_point(point) ? (uint32_t)point : REPLACEMENT, '\'', ascii_only);
    buf_add_u8(out, '\'');
}

bool quote_fits_backquotes(struct bytes text)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t point = 0;
        const size_t len = next_character(bytes_of(text.at + i, text.len - i), &point);
        if (point == 0xFEFF || (len == 1 && point == REPLACEMENT) ||
            (point < ' ' && point != '\t') || point == '`' || point == 0x7F)
            return false;
        i += len;
    }
    return true;
}

size_t quote_count(struct bytes text)
{
    size_t count = 0;
    uint32_t point;

    for (size_t i = 0; i < text.len; count++)
        i += next_character(bytes_of(text.at + i, text.len - i), &point);
    return count;
}

struct bytes quote_cut(struct bytes text, size_t count)
{
    size_t len = 0;
    uint32_t point;

    for (; len < text.len && count > 0; count--)
        len += next_character(bytes_of(text.at + len, text.len - len), &point);
    return bytes_of(text.at, len);
}
