/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "manifest/template/functions.h"
#include "manifest/template/quote.h"
#include "manifest/template/unicode.h"

/* printf (manifest.md, 14.8). What does not fit a verb is printed as such and is no error. */

/* What stands between the percent sign and the verb. */
struct format {
    bool plus, minus, sharp, space, zero;
    bool go_syntax; /* %#v */
    bool has_width, has_precision;
    size_t width, precision;
    uint32_t verb;
};

struct printer {
    struct exec *x;
    struct bytes text; /* the format */
    size_t pos;
    const struct value *args;
    size_t count, next; /* arguments, and those already used */
    struct format f;
};

enum { LARGEST_NUMBER = 1000000 }; /* of widths and precisions */

static struct buf *out_of(struct printer *p)
{
    return &p->x->scratch;
}

/* ---- padding ---- */

static bool pad_with(struct printer *p, size_t count, char with)
{
    if (count > 0)
        memset(buf_grow(out_of(p), count), with, count);
    return exec_fits(p->x);
}

/* Fills up to the width the text that begins at `start` of the output. */
static bool pad_from(struct printer *p, size_t start, bool zero)
{
    struct buf *const out = out_of(p);
    const size_t len = out->len - start;
    const size_t shown = p->f.has_width ? quote_count(bytes_of(out->at + start, len)) : 0;

    if (!p->f.has_width || shown >= p->f.width)
        return exec_fits(p->x) && exec_charge(p->x, len);
    const size_t missing = p->f.width - shown;
    if (!pad_with(p, missing, ' '))
        return false;
    if (!p->f.minus) {
        memmove(out->at + start + missing, out->at + start, len);
        memset(out->at + start, zero ? '0' : ' ', missing);
    }
    return exec_charge(p->x, len + missing);
}

static bool pad_text(struct printer *p, struct bytes text)
{
    const size_t start = out_of(p)->len;

    buf_add(out_of(p), text);
    return pad_from(p, start, p->f.zero);
}

/* ---- integers ---- */

struct digits {
    unsigned base;
    bool upper, is_signed;
    bool letter_o; /* %O: the prefix 0o */
};

static void add_prefix(struct printer *p, struct digits d, bool starts_with_zero)
{
    if (d.letter_o)
        buf_add_string(out_of(p), "0o");
    if (!p->f.sharp)
        return;
    if (d.base == 2)
        buf_add_string(out_of(p), "0b");
    else if (d.base == 16)
        buf_add_string(out_of(p), d.upper ? "0X" : "0x");
    else if (d.base == 8 && !starts_with_zero)
        buf_add_string(out_of(p), "0");
}

static bool add_integer(struct printer *p, uint64_t number, struct digits d)
{
    const struct format *const f = &p->f;
    const bool negative = d.is_signed && (int64_t)number < 0;
    const char *const digits = d.upper ? "0123456789ABCDEF" : "0123456789abcdef";
    const char *const sign = negative ? "-" : f->plus ? "+" : f->space ? " " : "";
    const size_t start = out_of(p)->len;
    char text[64]; /* 64 binary digits are the most; they are written from the right */
    size_t at = sizeof text, least = 0;

    if (f->has_precision && f->precision == 0 && number == 0)
        return pad_with(p, f->has_width ? f->width : 0, ' ');
    if (f->has_precision)
        least = f->precision;
    else if (f->zero && !f->minus && f->has_width)
        least = f->width - (sign[0] != '\0' && f->width > 0);
    for (uint64_t left = negative ? -number : number; left > 0 || at == sizeof text; left /= d.base)
        text[--at] = digits[left % d.base];
    const size_t count = sizeof text - at;

    buf_add_string(out_of(p), sign);
    add_prefix(p, d, text[at] == '0' || least > count);
    if (!pad_with(p, least > count ? least - count : 0, '0'))
        return false;
    buf_add(out_of(p), bytes_of(text + at, count));
    return pad_from(p, start, false);
}

/* U+0041, with # also the character. */
static bool add_unicode(struct printer *p, uint64_t number)
{
    struct buf *const out = out_of(p);
    const size_t start = out->len;
    char digits[20];
    const size_t count = (size_t)snprintf(digits, sizeof digits, "%04" PRIX64, number);
    const size_t least = p->f.has_precision ? p->f.precision : 0;

    buf_add_string(out, "U+");
    if (!pad_with(p, least > count ? least - count : 0, '0'))
        return false;
    buf_add_string(out, digits);
    if (p->f.sharp && number <= 0x10FFFF && unicode_is_printable((uint32_t)number)) {
        buf_add_string(out, " '");
        quote_add_point(out, number);
        buf_add_u8(out, '\'');
    }
    return pad_from(p, start, false);
}

static bool add_quoted_character(struct printer *p, uint64_t number)
{
    const size_t start = out_of(p)->len;

    quote_character(out_of(p), number, p->f.plus);
    return pad_from(p, start, p->f.zero);
}

static bool add_character(struct printer *p, uint64_t number)
{
    const size_t start = out_of(p)->len;

    quote_add_point(out_of(p), number);
    return pad_from(p, start, p->f.zero);
}

/* ---- strings ---- */

static struct bytes cut_text(const struct printer *p, struct bytes text)
{
    return p->f.has_precision ? quote_cut(text, p->f.precision) : text;
}

static bool add_hex(struct printer *p, struct bytes text, bool upper)
{
    const struct format *const f = &p->f;
    const char *const prefix = !f->sharp ? "" : upper ? "0X" : "0x";
    const size_t start = out_of(p)->len;

    if (f->has_precision && f->precision < text.len)
        text.len = f->precision;
    for (size_t i = 0; i < text.len; i++) {
        if (i > 0 && f->space)
            buf_add_u8(out_of(p), ' ');
        if (i == 0 || f->space)
            buf_add_string(out_of(p), prefix);
        buf_add_format(out_of(p), upper ? "%02X" : "%02x", text.at[i]);
    }
    return pad_from(p, start, f->zero);
}

static bool add_quoted(struct printer *p, struct bytes text)
{
    const size_t start = out_of(p)->len;

    if (p->f.sharp && quote_fits_backquotes(text)) {
        buf_add_u8(out_of(p), '`');
        buf_add(out_of(p), text);
        buf_add_u8(out_of(p), '`');
    } else {
        quote_string(out_of(p), text, p->f.plus);
    }
    return pad_from(p, start, p->f.zero);
}

/* ---- one value ---- */

static bool print_value(struct printer *p, const struct value *v, uint32_t verb);

/* %!d(string=x) */
static bool bad_verb(struct printer *p, const struct value *v, uint32_t verb)
{
    buf_add_string(out_of(p), "%!");
    quote_add_point(out_of(p), verb);
    buf_add_format(out_of(p), "(%s=", value_type_name(v));
    if (!print_value(p, v, 'v'))
        return false;
    buf_add_u8(out_of(p), ')');
    return exec_fits(p->x);
}

static bool print_integer(struct printer *p, const struct value *v, uint32_t verb)
{
    struct digits d = { .base = 10, .is_signed = v->is.integer == INTEGER_INT };

    switch (verb) {
    case 'v':
        if (p->f.go_syntax && !d.is_signed) {
            d.base = 16;
            p->f.sharp = true;
        }
        break;
    case 'd':
        break;
    case 'b':
        d.base = 2;
        break;
    case 'o':
    case 'O':
        d.base = 8;
        d.letter_o = verb == 'O';
        break;
    case 'x':
    case 'X':
        d.base = 16;
        d.upper = verb == 'X';
        break;
    case 'c':
        return add_character(p, v->number);
    case 'q':
        return add_quoted_character(p, v->number);
    case 'U':
        return add_unicode(p, v->number);
    default:
        return bad_verb(p, v, verb);
    }
    return add_integer(p, v->number, d);
}

/* A string, or bytes under a verb that treats them as one. */
static bool print_string(struct printer *p, const struct value *v, uint32_t verb)
{
    const struct bytes text = v->bytes;
    const struct bytes cut = cut_text(p, text);

    if (!exec_charge(p->x, text.len))
        return false;
    switch (verb) {
    case 'v':
        return p->f.go_syntax ? add_quoted(p, cut) : pad_text(p, cut);
    case 's':
        return pad_text(p, cut);
    case 'q':
        return add_quoted(p, cut);
    case 'x':
    case 'X':
        return add_hex(p, text, verb == 'X');
    }
    return bad_verb(p, v, verb);
}

static bool print_bytes(struct printer *p, const struct value *v, uint32_t verb)
{
    if (verb == 's' || verb == 'q' || verb == 'x' || verb == 'X')
        return print_string(p, v, verb);
    if (verb == 'v' && p->f.go_syntax)
        return exec_fail(p->x, "error calling printf: %%#v of bytes is not supported");
    buf_add_u8(out_of(p), '[');
    for (size_t i = 0; i < v->bytes.len; i++) {
        const struct value element = value_byte(v->bytes.at[i]);
        if (i > 0)
            buf_add_u8(out_of(p), ' ');
        if (!print_integer(p, &element, verb))
            return false;
    }
    buf_add_u8(out_of(p), ']');
    return exec_fits(p->x);
}

static bool print_bool(struct printer *p, const struct value *v, uint32_t verb)
{
    if (verb != 't' && verb != 'v')
        return bad_verb(p, v, verb);
    return pad_text(p, bytes_of_string(v->number != 0 ? "true" : "false"));
}

static bool print_nil(struct printer *p, uint32_t verb)
{
    if (verb == 'v' || verb == 'T')
        return pad_text(p, BYTES_LITERAL("<nil>"));
    buf_add_string(out_of(p), "%!");
    quote_add_point(out_of(p), verb);
    buf_add_string(out_of(p), "(<nil>)");
    return exec_fits(p->x);
}

static bool print_value(struct printer *p, const struct value *v, uint32_t verb)
{
    const bool is_scalar =
        v->kind == VALUE_BOOL || v->kind == VALUE_INTEGER || v->kind == VALUE_STRING;

    if (v->kind == VALUE_NIL)
        return print_nil(p, verb);
    if (is_scalar && verb == 'T')
        return pad_text(p, cut_text(p, bytes_of_string(value_type_name(v))));
    if (v->kind == VALUE_BOOL)
        return print_bool(p, v, verb);
    if (v->kind == VALUE_INTEGER)
        return print_integer(p, v, verb);
    if (v->kind == VALUE_STRING)
        return print_string(p, v, verb);
    /* %T, %p and %w would show names and addresses of the original. */
    if (v->kind == VALUE_BYTES && verb != 'T' && verb != 'p' && verb != 'w')
        return print_bytes(p, v, verb);
    return exec_fail(p->x, "error calling printf: printing a %s is not supported",
                     value_type_name(v));
}

/* ---- the format ---- */

/* The byte at the position, or 0 at the end. */
static uint8_t peek(const struct printer *p)
{
    return p->pos < p->text.len ? p->text.at[p->pos] : 0;
}

static void parse_flags(struct printer *p)
{
    for (;; p->pos++) {
        switch (peek(p)) {
        case '+':
            p->f.plus = true;
            break;
        case '-':
            p->f.minus = true;
            break;
        case '#':
            p->f.sharp = true;
            break;
        case ' ':
            p->f.space = true;
            break;
        case '0':
            p->f.zero = true;
            break;
        default:
            return;
        }
    }
}

/* Digits. A number that is too large eats the rest of the format, as in Go. */
static bool parse_number(struct printer *p, size_t *number)
{
    const size_t start = p->pos;

    *number = 0;
    for (; peek(p) >= '0' && peek(p) <= '9'; p->pos++) {
        if (*number > LARGEST_NUMBER) {
            *number = 0;
            p->pos = p->text.len;
            return false;
        }
        *number = *number * 10 + (size_t)(peek(p) - '0');
    }
    return p->pos > start;
}

/* `*`: the next argument, which must be an integer of a sensible size. */
static bool take_number(struct printer *p, bool *negative, size_t *number)
{
    p->pos++;
    *negative = false;
    *number = 0;
    if (p->next == p->count)
        return false;
    const struct value *const v = &p->args[p->next++];
    if (v->kind != VALUE_INTEGER)
        return false;
    *negative = value_is_negative(v);
    const uint64_t size = *negative ? -v->number : v->number;
    *number = size > LARGEST_NUMBER ? 0 : size;
    return size <= LARGEST_NUMBER;
}

static void parse_width(struct printer *p)
{
    bool negative;

    if (peek(p) != '*') {
        p->f.has_width = parse_number(p, &p->f.width);
        return;
    }
    p->f.has_width = take_number(p, &negative, &p->f.width);
    if (!p->f.has_width)
        buf_add_string(out_of(p), "%!(BADWIDTH)");
    if (p->f.has_width && negative) {
        p->f.minus = true;
        p->f.zero = false;
    }
}

static void parse_precision(struct printer *p)
{
    bool negative;

    /* A period at the very end is no precision: it is the verb. */
    if (peek(p) != '.' || p->pos + 1 == p->text.len)
        return;
    p->pos++;
    if (peek(p) != '*') {
        (void)parse_number(p, &p->f.precision);
        p->f.has_precision = true;
        return;
    }
    p->f.has_precision = take_number(p, &negative, &p->f.precision) && !negative;
    if (!p->f.has_precision)
        buf_add_string(out_of(p), "%!(BADPREC)");
}

static bool refuse_index(struct printer *p)
{
    if (peek(p) == '[')
        return exec_fail(p->x, "error calling printf: argument indexes are not supported");
    return true;
}

/* Behind a percent sign: flags, width and precision. */
static bool parse_format(struct printer *p)
{
    p->f = (struct format){ 0 };
    parse_flags(p);
    if (!refuse_index(p))
        return false;
    parse_width(p);
    parse_precision(p);
    return refuse_index(p);
}

static uint32_t take_verb(struct printer *p)
{
    const struct bytes rest = bytes_of(p->text.at + p->pos, p->text.len - p->pos);
    uint32_t verb = 0;
    const size_t len = utf8_sequence(rest, &verb);

    p->pos += len == 0 ? 1 : len;
    return len == 0 ? 0xFFFD : verb;
}

static bool print_verb(struct printer *p)
{
    if (!parse_format(p))
        return false;
    if (p->pos == p->text.len) {
        buf_add_string(out_of(p), "%!(NOVERB)");
        return true;
    }
    const uint32_t verb = take_verb(p);
    if (verb == '%') {
        buf_add_u8(out_of(p), '%');
        return true;
    }
    if (p->next == p->count) {
        buf_add_string(out_of(p), "%!");
        quote_add_point(out_of(p), verb);
        buf_add_string(out_of(p), "(MISSING)");
        return true;
    }
    if (verb == 'v' || verb == 'w') {
        p->f.go_syntax = p->f.sharp;
        p->f.sharp = p->f.plus = false;
    }
    return print_value(p, &p->args[p->next++], verb);
}

/* %!(EXTRA int=2, string=x) */
static bool print_extra(struct printer *p)
{
    const size_t first = p->next;

    if (first == p->count)
        return true;
    p->f = (struct format){ 0 };
    buf_add_string(out_of(p), "%!(EXTRA ");
    for (; p->next < p->count; p->next++) {
        const struct value *const v = &p->args[p->next];
        if (v->kind == VALUE_BYTES)
            return exec_fail(p->x, "error calling printf: more arguments than verbs");
        if (p->next > first)
            buf_add_string(out_of(p), ", ");
        if (v->kind != VALUE_NIL)
            buf_add_format(out_of(p), "%s=", value_type_name(v));
        if (!print_value(p, v, 'v'))
            return false;
    }
    buf_add_u8(out_of(p), ')');
    return exec_fits(p->x);
}

bool function_printf(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    struct printer p = { .x = x, .args = args, .count = count, .next = 1 };

    if (args[0].kind != VALUE_STRING)
        return exec_fail(x, "expected string; found %s", value_type_name(&args[0]));
    p.text = args[0].bytes;
    while (p.pos < p.text.len) {
        const uint8_t *const rest = p.text.at + p.pos;
        const uint8_t *const sign = memchr(rest, '%', p.text.len - p.pos);
        const size_t plain = sign == NULL ? p.text.len - p.pos : (size_t)(sign - rest);
        buf_add(&x->scratch, bytes_of(rest, plain));
        p.pos += plain;
        if (sign == NULL)
            break;
        p.pos++;
        if (!print_verb(&p) || !exec_fits(x) || !exec_charge(x, 32))
            return false;
    }
    return print_extra(&p) && exec_take_string(x, result);
}
