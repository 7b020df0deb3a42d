/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc/grpc.h"

#include <assert.h>

#include "base/reader.h"
#include "base/utf8.h"

/* In the order of their numbers. */
static const struct {
    enum grpc_status status;
    const char *name;
} statuses[] = {
    { GRPC_OK, "OK" },
    { GRPC_CANCELLED, "CANCELLED" },
    { GRPC_UNKNOWN, "UNKNOWN" },
    { GRPC_INVALID_ARGUMENT, "INVALID_ARGUMENT" },
    { GRPC_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED" },
    { GRPC_NOT_FOUND, "NOT_FOUND" },
    { GRPC_ALREADY_EXISTS, "ALREADY_EXISTS" },
    { GRPC_PERMISSION_DENIED, "PERMISSION_DENIED" },
    { GRPC_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED" },
    { GRPC_FAILED_PRECONDITION, "FAILED_PRECONDITION" },
    { GRPC_ABORTED, "ABORTED" },
    { GRPC_OUT_OF_RANGE, "OUT_OF_RANGE" },
    { GRPC_UNIMPLEMENTED, "UNIMPLEMENTED" },
    { GRPC_INTERNAL, "INTERNAL" },
    { GRPC_UNAVAILABLE, "UNAVAILABLE" },
    { GRPC_DATA_LOSS, "DATA_LOSS" },
    { GRPC_UNAUTHENTICATED, "UNAUTHENTICATED" },
};

const char *grpc_status_name(enum grpc_status status)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        if (statuses[i].status == status)
            return statuses[i].name;
    }
    return "UNKNOWN";
}

enum grpc_status grpc_status_from_text(const char *text)
{
    size_t number = 0;

    if (text == NULL || *text == '\0')
        return GRPC_UNKNOWN;
    for (const char *digit = text; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9')
            return GRPC_UNKNOWN;
        number = number * 10 + (size_t)(*digit - '0');
        if (number >= COUNT_OF(statuses))
            return GRPC_UNKNOWN;
    }
    return statuses[number].status;
}

enum grpc_status grpc_status_from_http(int http_status)
{
    switch (http_status) {
    case 400:
        return GRPC_INTERNAL;
    case 401:
        return GRPC_UNAUTHENTICATED;
    case 403:
        return GRPC_PERMISSION_DENIED;
    case 404:
        return GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return GRPC_UNAVAILABLE;
    default:
        return GRPC_UNKNOWN;
    }
}

static void encode_byte(uint8_t byte, struct buf *out)
{
    static const char digits[] = "0123456789ABCDEF";

    if (byte >= 0x20 && byte <= 0x7E && byte != '%') {
        buf_add_u8(out, byte);
        return;
    }
    buf_add_u8(out, '%');
    buf_add_u8(out, (uint8_t)digits[byte >> 4]);
    buf_add_u8(out, (uint8_t)digits[byte & 15]);
}

void grpc_message_encode(struct bytes text, struct buf *out)
{
    size_t len = 0;
    uint32_t point;

    for (size_t i = 0; i < text.len; i += len) {
        len = utf8_sequence(bytes_of(text.at + i, text.len - i), &point);
        for (size_t k = i; k < i + len; k++)
            encode_byte(text.at[k], out);
        if (len == 0) {
            buf_add_string(out, "%EF%BF%BD");
            len = 1; /* one replacement for each bad byte */
        }
    }
}

/* -1: none. */
static int hex_digit(uint8_t byte)
{
    const int lower = byte | 0x20;

    if (byte >= '0' && byte <= '9')
        return byte - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void grpc_message_decode(struct bytes value, struct buf *out)
{
    for (size_t i = 0; i < value.len; i++) {
        const bool escape = value.at[i] == '%' && value.len - i > 2;
        const int high = escape ? hex_digit(value.at[i + 1]) : -1;
        const int low = escape ? hex_digit(value.at[i + 2]) : -1;
        if (high < 0 || low < 0) {
            buf_add_u8(out, value.at[i]);
            continue;
        }
        buf_add_u8(out, (uint8_t)(high * 16 + low));
        i += 2;
    }
}

/* Nanoseconds; 0: no unit. */
static uint64_t unit_of(uint8_t letter)
{
    switch (letter) {
    case 'H':
        return 3600 * UINT64_C(1000000000);
    case 'M':
        return 60 * UINT64_C(1000000000);
    case 'S':
        return 1000000000;
    case 'm':
        return 1000000;
    case 'u':
        return 1000;
    case 'n':
        return 1;
    default:
        return 0;
    }
}

bool grpc_timeout_parse(struct bytes value, uint64_t *nanoseconds, struct err *err)
{
    const size_t digits = value.len > 0 ? value.len - 1 : 0;
    const uint64_t unit = digits > 0 ? unit_of(value.at[digits]) : 0;
    uint64_t count = 0;

    if (digits < 1 || digits > 8)
        return err_set(err, FAIL_MALFORMED, "grpc-timeout: not 1 to 8 digits and a unit");
    if (unit == 0)
        return err_set(err, FAIL_MALFORMED, "grpc-timeout: unknown unit");
    for (size_t i = 0; i < digits; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            return err_set(err, FAIL_MALFORMED, "grpc-timeout: not a digit (offset %zu)", i);
        count = count * 10 + (uint64_t)(value.at[i] - '0');
    }
    /* 8 digits of hours are 11,000 years: more than the type holds, so they become its most. */
    if (__builtin_mul_overflow(count, unit, nanoseconds) || *nanoseconds > GRPC_TIMEOUT_MAX)
        *nanoseconds = GRPC_TIMEOUT_MAX;
    return true;
}

void grpc_frame(struct bytes message, struct buf *out)
{
    assert(message.len <= UINT32_MAX);
    buf_reserve(out, GRPC_PREFIX_LEN + message.len);
    buf_add_u8(out, 0);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_add_u8(out, (uint8_t)(message.len >> shift));
    buf_add(out, message);
}

static bool refuse_flag(uint8_t flag, struct err *err)
{
    if (flag == 1)
        return err_set(err, FAIL_MALFORMED,
                       "grpc: compressed flag set with identity or empty encoding");
    return err_set(err, FAIL_MALFORMED, "grpc: received unexpected payload format %u", flag);
}

bool grpc_unframe(struct bytes body, struct bytes *message, enum grpc_status *status,
                  struct err *err)
{
    struct reader r = reader_over(body);
    const uint8_t flag = reader_u8(&r, "flag");
    const uint32_t len = reader_u32be(&r, "length");

    *status = GRPC_INTERNAL;
    if (body.len == 0)
        return err_set(err, FAIL_MALFORMED, "grpc: the body of the call holds no message");
    if (flag != 0)
        return refuse_flag(flag, err);
    if (!reader_ok(&r))
        return err_set(err, FAIL_MALFORMED, "grpc: unexpected end of the prefix (%zu of %d bytes)",
                       body.len, GRPC_PREFIX_LEN);
    if (len > GRPC_MESSAGE_MAX) {
        *status = GRPC_RESOURCE_EXHAUSTED;
        return err_set(err, FAIL_TOO_LARGE, "grpc: received message larger than max (%u vs. %d)",
                       len, GRPC_MESSAGE_MAX);
    }
    if (len > reader_left(&r))
        return err_set(err, FAIL_MALFORMED, "grpc: unexpected end of the message (%zu of %u bytes)",
                       reader_left(&r), len);
    if (len < reader_left(&r))
        return err_set(err, FAIL_MALFORMED, "grpc: the body goes on behind the message (%zu bytes)",
                       reader_left(&r) - len);
    *message = reader_rest(&r);
    *status = GRPC_OK;
    return true;
}
