/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/yaml_read.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Scalars of YAML 1.1 as the original's converter reads them, and numbers as it writes them. */

enum { LONGEST_NUMBER = 400 };

static bool is_among(struct bytes text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal_string(text, words[i]))
            return true;
    }
    return false;
}
#define AMONG(text, ...)                                                                           \
    is_among(text, (const char *const[]){ __VA_ARGS__ },                                           \
             COUNT_OF(((const char *const[]){ __VA_ARGS__ })))

static bool resolve_word(struct bytes text, struct yaml_scalar *out)
{
    if (AMONG(text, "", "~", "null", "Null", "NULL"))
        out->kind = YAML_NULL;
    else if (AMONG(text, "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
        *out = (struct yaml_scalar){ .kind = YAML_BOOL, .boolean = true };
    else if (AMONG(text, "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off",
                   "OFF"))
        out->kind = YAML_BOOL;
    else if (AMONG(text, ".nan", ".NaN", ".NAN"))
        *out = (struct yaml_scalar){ .kind = YAML_FLOAT, .number = (double)NAN };
    else if (AMONG(text, ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"))
        *out = (struct yaml_scalar){ .kind = YAML_FLOAT, .number = (double)INFINITY };
    else if (AMONG(text, "-.inf", "-.Inf", "-.INF"))
        *out = (struct yaml_scalar){ .kind = YAML_FLOAT, .number = -(double)INFINITY };
    else if (AMONG(text, "<<"))
        out->kind = YAML_MERGE;
    return out->kind != YAML_NONE;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return 99;
}

/* The base by its prefix; *digits is what follows it. */
static int base_of(const char **digits)
{
    const char *const at = *digits;
    const int letter = at[0] == '0' ? at[1] | 0x20 : 0;

    if (letter == 'x' || letter == 'o' || letter == 'b') {
        *digits += 2;
        return letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
    }
    if (at[0] == '0' && at[1] != '\0') {
        *digits += 1;
        return 8;
    }
    return 10;
}

/* Signed or unsigned 64 bits. A plus sign makes it signed. */
static bool resolve_integer(const char *text, struct yaml_scalar *out)
{
    const bool is_signed = text[0] == '-' || text[0] == '+';
    const bool negative = text[0] == '-';
    const char *at = text + (is_signed ? 1 : 0);
    const int base = base_of(&at);
    uint64_t value = 0;

    if (*at == '\0')
        return false;
    for (; *at != '\0'; at++) {
        const int digit = digit_value(*at);
        if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    if (is_signed && value > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *out = (struct yaml_scalar){ .kind = YAML_INTEGER,
                                 .negative = negative && value > 0,
                                 .magnitude = value };
    return true;
}

/* [-+]? (.digits | digits [.digits?]) ([eE][-+]?digits)? */
static bool looks_like_float(const char *text)
{
    const char *at = text + (text[0] == '-' || text[0] == '+' ? 1 : 0);
    const size_t whole = strspn(at, "0123456789");
    size_t fraction = 0;

    at += whole;
    if (*at == '.') {
        fraction = strspn(at + 1, "0123456789");
        at += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if ((*at | 0x20) == 'e') {
        at += 1 + (at[1] == '-' || at[1] == '+' ? 1 : 0);
        const size_t exponent = strspn(at, "0123456789");
        if (exponent == 0)
            return false;
        at += exponent;
    }
    return *at == '\0';
}

/* What does not fit into a double stays text. */
static bool resolve_float(const char *text, struct yaml_scalar *out)
{
    if (!looks_like_float(text))
        return false;
    const double number = strtod(text, NULL);
    if (isinf(number))
        return false;
    *out = (struct yaml_scalar){ .kind = YAML_FLOAT, .number = number };
    return true;
}

struct yaml_scalar yaml_resolve(struct bytes text)
{
    struct yaml_scalar out = { 0 };
    char plain[LONGEST_NUMBER + 1];
    size_t len = 0;

    if (resolve_word(text, &out))
        return out;
    const bool number = text.len <= LONGEST_NUMBER && text.len > 0 &&
                        memchr("+-.0123456789", text.at[0], 13) != NULL;
    for (size_t i = 0; number && i < text.len; i++) {
        /* Underscores between digits mean nothing; behind a leading point they do. */
        if (text.at[i] != '_' || text.at[0] == '.')
            plain[len++] = (char)text.at[i];
    }
    plain[len] = '\0';
    const bool has_nul = memchr(plain, '\0', len) != NULL;
    if (number && !has_nul && text.at[0] != '.' && resolve_integer(plain, &out))
        return out;
    if (number && !has_nul && resolve_float(plain, &out))
        return out;
    return (struct yaml_scalar){ .kind = YAML_TEXT };
}

/* The fewest digits that read back as the same number: "d.ddde+-xx". */
static void shortest(double number, bool single, char out[static 40])
{
    const int most = single ? 9 : 17;

    for (int digits = 0; digits < most; digits++) {
        (void)snprintf(out, 40, "%.*e", digits, number);
        if (single ? strtof(out, NULL) == (float)number : strtod(out, NULL) == number)
            return;
    }
}

/* Digits without a point, and the decimal exponent of the first of them. */
static int split_digits(double number, bool single, char digits[static 40])
{
    char text[40];
    size_t len = 0;

    shortest(number, single, text);
    const char *const e = strchr(text, 'e');
    for (const char *at = text; at < e; at++) {
        if (*at >= '0' && *at <= '9')
            digits[len++] = *at;
    }
    digits[len] = '\0';
    return (int)strtol(e + 1, NULL, 10);
}

static void put_positional(struct buf *out, const char *digits, int exponent)
{
    const int count = (int)strlen(digits);

    if (exponent < 0) {
        buf_add_string(out, "0.");
        for (int i = -1; i > exponent; i--)
            buf_add_u8(out, '0');
        buf_add_string(out, digits);
        return;
    }
    for (int i = 0; i < count || i <= exponent; i++) {
        if (i == exponent + 1)
            buf_add_u8(out, '.');
        buf_add_u8(out, i < count ? (uint8_t)digits[i] : '0');
    }
}

static void put_scientific(struct buf *out, const char *digits, int exponent, int exponent_digits)
{
    buf_add_u8(out, (uint8_t)digits[0]);
    if (digits[1] != '\0')
        buf_add_format(out, ".%s", digits + 1);
    buf_add_format(out, "e%c%0*d", exponent < 0 ? '-' : '+', exponent_digits, abs(exponent));
}

static void put_integer(struct buf *out, const struct yaml_scalar *scalar)
{
    buf_add_format(out, "%s%" PRIu64, scalar->negative ? "-" : "", scalar->magnitude);
}

void yaml_put_number(struct buf *out, const struct yaml_scalar *scalar)
{
    char digits[40];

    if (scalar->kind == YAML_INTEGER) {
        put_integer(out, scalar);
        return;
    }
    const int exponent = split_digits(fabs(scalar->number), false, digits);
    const double size = fabs(scalar->number);
    buf_add_string(out, signbit(scalar->number) ? "-" : "");
    if (size != 0 && (size < 1e-6 || size >= 1e21))
        put_scientific(out, digits, exponent, 1);
    else
        put_positional(out, digits, exponent);
}

void yaml_put_key_number(struct buf *out, const struct yaml_scalar *scalar)
{
    const double number = scalar->number;
    char digits[40];

    if (scalar->kind == YAML_INTEGER) {
        put_integer(out, scalar);
        return;
    }
    if (isnan(number) || isinf((float)number)) {
        buf_add_string(out, isnan(number) ? ".nan" : signbit(number) ? "-.inf" : ".inf");
        return;
    }
    const int exponent = split_digits(fabs((double)(float)number), true, digits);
    buf_add_string(out, signbit(number) ? "-" : "");
    if (exponent < -4 || exponent >= 6)
        put_scientific(out, digits, exponent, 2);
    else
        put_positional(out, digits, exponent);
}
