/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

enum { DIGITS = 2 * UUID_LEN };

static const char URN[] = "urn:uuid:";

static bool hyphen_belongs_before(size_t digit)
{
    return digit == 8 || digit == 12 || digit == 16 || digit == 20;
}

/* 0 for what is no hex digit; else in lower case. */
static char lower_hex_digit(uint8_t c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
        return (char)c;
    return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : '\0';
}

static bool read_digits(struct bytes text, bool hyphens, char *out)
{
    size_t at = 0;

    for (size_t digit = 0; digit < DIGITS; digit++) {
        if (hyphen_belongs_before(digit)) {
            if (hyphens && text.at[at++] != '-')
                return false;
            *out++ = '-';
        }
        *out = lower_hex_digit(text.at[at++]);
        if (*out++ == '\0')
            return false;
    }
    *out = '\0';
    return true;
}

bool uuid_canonical(struct bytes text, char out[static UUID_TEXT_LEN + 1], struct err *err)
{
    const size_t urn_len = sizeof URN - 1;
    struct bytes digits = text;

    switch (text.len) {
    case UUID_TEXT_LEN:
    case DIGITS:
        break;
    case UUID_TEXT_LEN + 2:
        digits = bytes_of(text.at + 1, UUID_TEXT_LEN);
        break;
    case UUID_TEXT_LEN + sizeof URN - 1:
        if (!bytes_equal_nocase(bytes_of(text.at, urn_len), URN))
            return err_set(err, FAIL_MALFORMED, "invalid urn prefix: \"%.*s\"", (int)urn_len,
                           (const char *)text.at);
        digits = bytes_of(text.at + urn_len, UUID_TEXT_LEN);
        break;
    default:
        return err_set(err, FAIL_MALFORMED, "invalid UUID length: %zu", text.len);
    }
    return read_digits(digits, digits.len == UUID_TEXT_LEN, out) ||
           err_set(err, FAIL_MALFORMED, "invalid UUID format");
}

bool uuid_random(const struct env *env, char out[static UUID_TEXT_LEN + 1], struct err *err)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t u[UUID_LEN];

    if (!env->random(env->ctx, u, sizeof u, err))
        return false;
    u[6] = (uint8_t)((u[6] & 0x0F) | 0x40);
    u[8] = (uint8_t)((u[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < DIGITS; i++) {
        if (hyphen_belongs_before(i))
            *out++ = '-';
        *out++ = digits[i % 2 == 0 ? u[i / 2] >> 4 : u[i / 2] & 15];
    }
    *out = '\0';
    return true;
}
