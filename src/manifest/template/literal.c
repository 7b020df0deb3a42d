/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/literal.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

enum { REPLACEMENT = 0xFFFD, NO_DIGIT = 99 };

/* One character of a literal: a code point, or a single byte that need not be UTF-8. */
struct character {
    uint32_t point;
    bool is_byte;
};

static unsigned digit_of(uint8_t c)
{
    const uint8_t lower = c | 0x20;

    if (c >= '0' && c <= '9')
        return c - (unsigned)'0';
    return lower >= 'a' && lower <= 'z' ? lower - (unsigned)'a' + 10 : NO_DIGIT;
}

static struct bytes behind(struct bytes b, size_t len)
{
    return bytes_of(b.at + len, b.len - len);
}

/* The next `count` digits. */
static bool take_digits(struct bytes *rest, unsigned count, unsigned base, uint32_t *value)
{
    *value = 0;
    if (rest->len < count)
        return false;
    for (unsigned i = 0; i < count; i++) {
        const unsigned digit = digit_of(rest->at[i]);
        if (digit >= base)
            return false;
        *value = *value * base + digit;
    }
    *rest = behind(*rest, count);
    return true;
}

/* rest begins behind the backslash. */
static bool take_escape(struct bytes *rest, uint8_t quote, struct character *c)
{
    static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    const uint8_t kind = rest->len == 0 ? 0 : rest->at[0];

    if (kind == 0)
        return false;
    if (kind >= '0' && kind <= '7') {
        c->is_byte = true;
        return take_digits(rest, 3, 8, &c->point) && c->point <= 0xFF;
    }
    *rest = behind(*rest, 1);
    if (kind == 'x') {
        c->is_byte = true;
        return take_digits(rest, 2, 16, &c->point);
    }
    if (kind == 'u' || kind == 'U')
        return take_digits(rest, kind == 'u' ? 4 : 8, 16, &c->point) && c->point <= 0x10FFFF &&
               (c->point < 0xD800 || c->point > 0xDFFF);
    const char *const name = strchr(names, kind);
    c->point = kind == quote ? quote : name == NULL ? 0 : (uint8_t)values[name - names];
    return c->point != 0;
}

/* The next character before the closing quote; rest must not be empty. */
static bool take_character(struct bytes *rest, uint8_t quote, struct character *c)
{
    *c = (struct character){ 0 };
    if (rest->at[0] == quote)
        return false;
    if (rest->at[0] == '\\') {
        *rest = behind(*rest, 1);
        return take_escape(rest, quote, c);
    }
    size_t len = utf8_sequence(*rest, &c->point);
    if (len == 0) {
        c->point = REPLACEMENT;
        len = 1;
    }
    *rest = behind(*rest, len);
    return true;
}

static bool decode_quoted(struct arena *arena, struct bytes rest, struct bytes *value)
{
    auto_buf out = { 0 };

    while (rest.len > 0) {
        struct character c;
        uint8_t coded[4];
        if (!take_character(&rest, '"', &c))
            return false;
        if (c.is_byte)
            buf_add_u8(&out, (uint8_t)c.point);
        else
            buf_add(&out, bytes_of(coded, utf8_encode(c.point, coded)));
    }
    *value = arena_bytes(arena, buf_bytes(&out));
    return true;
}

static struct bytes without_carriage_returns(struct arena *arena, struct bytes text)
{
    uint8_t *const copy = arena_alloc(arena, text.len);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '\r')
            copy[len++] = text.at[i];
    }
    return bytes_of(copy, len);
}

bool literal_string(struct arena *arena, struct bytes token, struct bytes *value)
{
    const struct bytes inner = bytes_of(token.at + 1, token.len - 2);

    *value = inner;
    if (inner.len == 0)
        return true;
    if (token.at[0] == '`') {
        if (memchr(inner.at, '\r', inner.len) != NULL)
            *value = without_carriage_returns(arena, inner);
        return true;
    }
    if (memchr(inner.at, '\\', inner.len) == NULL && utf8_valid(inner))
        return true;
    return decode_quoted(arena, inner, value);
}

bool literal_character(struct bytes token, int64_t *value)
{
    struct bytes rest = bytes_of(token.at + 1, token.len - 2);
    struct character c;

    if (rest.len == 0 || !take_character(&rest, '\'', &c))
        return false;
    *value = c.point;
    return rest.len == 0;
}

/* Takes the prefix off and returns the base. */
static unsigned take_base(struct bytes *digits)
{
    if (digits->len < 2 || digits->at[0] != '0')
        return 10;
    const uint8_t letter = digits->at[1] | 0x20;
    const unsigned base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (base == 0)
        return 8;
    *digits = behind(*digits, 2);
    return base;
}

/* An underscore may stand between two digits, or between the prefix and the first one. */
static bool take_unsigned(struct bytes digits, uint64_t *value)
{
    const size_t all = digits.len;
    const unsigned base = take_base(&digits);
    bool may_separate = digits.len < all, digit_last = false;

    *value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        digit_last = digits.at[i] != '_';
        if (!digit_last && !may_separate)
            return false;
        may_separate = digit_last;
        if (digit_last &&
            (digit_of(digits.at[i]) >= base || __builtin_mul_overflow(*value, base, value) ||
             __builtin_add_overflow(*value, digit_of(digits.at[i]), value)))
            return false;
    }
    return digit_last;
}

enum literal_integer literal_integer(struct bytes token, int64_t *value)
{
    const bool negative = token.len > 0 && token.at[0] == '-';
    const bool has_sign = negative || (token.len > 0 && token.at[0] == '+');
    uint64_t size;

    if (!take_unsigned(behind(token, has_sign), &size))
        return LITERAL_BAD;
    if (size <= (uint64_t)INT64_MAX + negative) {
        *value = (int64_t)(negative ? -size : size);
        return LITERAL_INTEGER;
    }
    return has_sign ? LITERAL_BAD : LITERAL_UNSIGNED;
}
