/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"

/*
 * A growing run of bytes that owns its memory; the counterpart of the reader. All that it held is
 * wiped when it grows out of its place and when it is cleared, because responses and records carry
 * secrets. Zero-initialised is empty and valid.
 */
struct buf {
    uint8_t *at;
    size_t len; /* bytes in use */
    size_t cap; /* bytes allocated */
};

/* `more` must not be a part of *b. */
void buf_add(struct buf *b, struct bytes more);
void buf_add_string(struct buf *b, const char *text);
void buf_add_format(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Decimal digits; for hot paths, where a format would cost more than all the rest. */
void buf_add_decimal(struct buf *b, uint64_t value);
void buf_add_u8(struct buf *b, uint8_t value);
void buf_add_u16le(struct buf *b, uint16_t value);
void buf_add_u32le(struct buf *b, uint32_t value);
void buf_add_u64le(struct buf *b, uint64_t value);
/* Appends len uninitialised bytes and returns where they are, valid until the next change. */
uint8_t *buf_grow(struct buf *b, size_t len) MUST_CHECK;
/* Makes room, so that the next len bytes do not move what is there. */
void buf_reserve(struct buf *b, size_t len);
/* Removes the first len bytes (at most all). */
void buf_drop_front(struct buf *b, size_t len);
/* Cuts to len bytes (at most what is there); what is cut off is wiped. */
void buf_truncate(struct buf *b, size_t len);
struct bytes buf_bytes(const struct buf *b);
/* Wipes and frees; the buf is empty and valid afterwards. */
void buf_clear(struct buf *b);

#define auto_buf struct buf CLEANUP(buf_clear)
