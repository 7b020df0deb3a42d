/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_reserve(struct buf *b, size_t len)
{
    size_t need;

    if (__builtin_add_overflow(b->len, len, &need))
        abort();
    if (need <= b->cap)
        return;
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap < need) {
        if (__builtin_mul_overflow(cap, (size_t)2, &cap))
            abort();
    }
    uint8_t *const at = mem_alloc(cap);
    if (b->len > 0)
        memcpy(at, b->at, b->len);
    mem_wipe_free(b->at, b->len);
    b->at = at;
    b->cap = cap;
}

uint8_t *buf_grow(struct buf *b, size_t len)
{
    /* At least one byte, so that there always is an address to return. */
    buf_reserve(b, len > 0 ? len : 1);
    uint8_t *const place = b->at + b->len;
    b->len += len;
    return place;
}

void buf_add(struct buf *b, struct bytes more)
{
    if (more.len > 0)
        memcpy(buf_grow(b, more.len), more.at, more.len);
}

void buf_add_string(struct buf *b, const char *text)
{
    buf_add(b, bytes_of_string(text));
}

void buf_add_format(struct buf *b, const char *fmt, ...)
{
    va_list args, again;

    va_start(args, fmt);
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0)
        abort();
    buf_reserve(b, (size_t)len + 1);
    const int written = vsnprintf((char *)b->at + b->len, (size_t)len + 1, fmt, again);
    va_end(again);
    if (written != len)
        abort();
    b->len += (size_t)len;
}

void buf_add_decimal(struct buf *b, uint64_t value)
{
    uint8_t digits[20]; /* of 2^64 - 1 */
    size_t first = sizeof digits;

    do {
        digits[--first] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buf_add(b, bytes_of(digits + first, sizeof digits - first));
}

static void add_le(struct buf *b, uint64_t value, size_t len)
{
    uint8_t *const at = buf_grow(b, len);

    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

void buf_add_u8(struct buf *b, uint8_t value)
{
    add_le(b, value, 1);
}

void buf_add_u16le(struct buf *b, uint16_t value)
{
    add_le(b, value, 2);
}

void buf_add_u32le(struct buf *b, uint32_t value)
{
    add_le(b, value, 4);
}

void buf_add_u64le(struct buf *b, uint64_t value)
{
    add_le(b, value, 8);
}

void buf_drop_front(struct buf *b, size_t len)
{
    if (len >= b->len) {
        buf_truncate(b, 0);
        return;
    }
    if (len == 0)
        return;
    memmove(b->at, b->at + len, b->len - len);
    buf_truncate(b, b->len - len);
}

void buf_truncate(struct buf *b, size_t len)
{
    if (len >= b->len)
        return;
    explicit_bzero(b->at + len, b->len - len);
    b->len = len;
}

struct bytes buf_bytes(const struct buf *b)
{
    return bytes_of(b->at, b->len);
}

void buf_clear(struct buf *b)
{
    mem_wipe_free(b->at, b->len);
    *b = (struct buf){ 0 };
}
