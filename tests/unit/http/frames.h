/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Frames of HTTP/2 (RFC 9113) made by hand, and what a client sent as text: one line for each frame,
 *     MAGIC
 *     HEADERS 1 END: :method=GET :scheme=https ...
 *     DATA 1 16384
 *     PING ACK 0102030405060708
 */
#include "test.h"

#include <nghttp2/nghttp2.h>

enum {
    FRAME_DATA = 0,
    FRAME_HEADERS,
    FRAME_PRIORITY,
    FRAME_RST_STREAM,
    FRAME_SETTINGS,
    FRAME_PUSH_PROMISE,
    FRAME_PING,
    FRAME_GOAWAY,
    FRAME_WINDOW_UPDATE,
    FRAME_CONTINUATION,
    FRAME_HEADER = 9, /* bytes */
};
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8, PRIORITY = 0x20 };

static inline void add_u32be(struct buf *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_add_u8(out, (uint8_t)(value >> shift));
}

static inline void frame(struct buf *out, uint8_t type, unsigned flags, uint32_t id,
                         struct bytes payload)
{
    buf_add_u8(out, (uint8_t)(payload.len >> 16));
    buf_add_u8(out, (uint8_t)(payload.len >> 8));
    buf_add_u8(out, (uint8_t)payload.len);
    buf_add_u8(out, type);
    buf_add_u8(out, (uint8_t)flags);
    add_u32be(out, id);
    buf_add(out, payload);
}

static inline void frame_u32(struct buf *out, uint8_t type, uint32_t id, uint32_t value)
{
    auto_buf payload = { 0 };

    add_u32be(&payload, value);
    frame(out, type, 0, id, buf_bytes(&payload));
}

static inline void frame_goaway(struct buf *out, uint32_t last, uint32_t code)
{
    auto_buf payload = { 0 };

    add_u32be(&payload, last);
    add_u32be(&payload, code);
    buf_add_string(&payload, "for debugging");
    frame(out, FRAME_GOAWAY, 0, 0, buf_bytes(&payload));
}

/* A number with a prefix of 7 bits (RFC 7541, 5.1), for lengths of strings without Huffman code. */
static inline void add_length(struct buf *out, size_t len)
{
    buf_add_u8(out, len < 127 ? (uint8_t)len : 127);
    if (len < 127)
        return;
    for (len -= 127; len >= 128; len >>= 7)
        buf_add_u8(out, (uint8_t)(len & 0x7f) | 0x80);
    buf_add_u8(out, (uint8_t)len);
}

/* A literal without indexing (RFC 7541, 6.2.2). */
static inline void add_field(struct buf *block, const char *name, const char *value)
{
    buf_add_u8(block, 0);
    add_length(block, strlen(name));
    buf_add_string(block, name);
    add_length(block, strlen(value));
    buf_add_string(block, value);
}

/* A HEADERS frame; fields: name, value, name, value, ..., NULL. */
static inline void frame_headers(struct buf *out, uint32_t id, unsigned flags,
                                 const char *const *fields)
{
    auto_buf block = { 0 };

    for (; *fields != NULL; fields += 2)
        add_field(&block, fields[0], fields[1]);
    frame(out, FRAME_HEADERS, END_HEADERS | flags, id, buf_bytes(&block));
}
#define FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* ---- what the other side says ---- */

struct listener {
    nghttp2_hd_inflater *inflater;
    struct buf in, seen, body;
    bool has_magic;
    size_t given; /* sum of all WINDOW_UPDATEs, which are too many to write down */
};

static inline void listener_open(struct listener *l)
{
    *l = (struct listener){ 0 };
    assert_int_equal(nghttp2_hd_inflate_new(&l->inflater), 0);
}

static inline void listener_close(struct listener *l)
{
    nghttp2_hd_inflate_del(l->inflater);
    buf_clear(&l->in);
    buf_clear(&l->seen);
    buf_clear(&l->body);
}

static inline void listener_fields(struct listener *l, struct bytes block)
{
    int flags = 0;
    nghttp2_nv nv;

    while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
        const ssize_t used =
            nghttp2_hd_inflate_hd2(l->inflater, &nv, &flags, block.at, block.len, 1);
        assert_true(used >= 0);
        block = bytes_of(block.at + used, block.len - (size_t)used);
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
            buf_add_format(&l->seen, " %.*s=%.*s", (int)nv.namelen, (const char *)nv.name,
                           (int)nv.valuelen, (const char *)nv.value);
    }
    (void)nghttp2_hd_inflate_end_headers(l->inflater);
}

static inline uint32_t u32be(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void listener_frame(struct listener *l, uint8_t type, uint8_t flags, uint32_t id,
                                  struct bytes payload)
{
    static const char *const names[] = { "DATA",     "HEADERS",      "PRIORITY", "RST_STREAM",
                                         "SETTINGS", "PUSH_PROMISE", "PING",     "GOAWAY" };

    if (type == FRAME_WINDOW_UPDATE) {
        l->given += u32be(payload.at);
        return;
    }
    assert_true(type < COUNT_OF(names));
    buf_add_string(&l->seen, names[type]);
    if (id != 0)
        buf_add_format(&l->seen, " %u", id);
    if ((type == FRAME_SETTINGS || type == FRAME_PING) && (flags & ACK) != 0)
        buf_add_string(&l->seen, " ACK");
    if (type == FRAME_DATA) {
        buf_add_format(&l->seen, " %zu", payload.len);
        buf_add(&l->body, payload);
    }
    if ((type == FRAME_DATA || type == FRAME_HEADERS) && (flags & END_STREAM) != 0)
        buf_add_string(&l->seen, " END");
    if (type == FRAME_HEADERS)
        listener_fields(l, payload);
    if (type == FRAME_RST_STREAM)
        buf_add_format(&l->seen, " %u", u32be(payload.at));
    if (type == FRAME_GOAWAY)
        buf_add_format(&l->seen, " %u %u", u32be(payload.at), u32be(payload.at + 4));
    for (size_t i = 0; type == FRAME_PING && i < payload.len; i++)
        buf_add_format(&l->seen, "%s%02x", i == 0 ? " " : "", payload.at[i]);
    buf_add_u8(&l->seen, '\n');
}

/* Takes bytes of the client; what is there as text so far, without what the call before gave. */
static inline const char *listener_hear(struct listener *l, struct bytes more)
{
    const struct bytes magic = BYTES_LITERAL("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    buf_truncate(&l->seen, 0);
    buf_add(&l->in, more);
    if (!l->has_magic && l->in.len >= magic.len) {
        assert_true(bytes_start_with(buf_bytes(&l->in), magic));
        buf_drop_front(&l->in, magic.len);
        buf_add_string(&l->seen, "MAGIC\n");
        l->has_magic = true;
    }
    while (l->has_magic && l->in.len >= FRAME_HEADER) {
        const uint8_t *const at = l->in.at;
        const size_t len = u32be(at) >> 8;
        if (l->in.len < FRAME_HEADER + len)
            break;
        listener_frame(l, at[3], at[4], u32be(at + 5), bytes_of(at + FRAME_HEADER, len));
        buf_drop_front(&l->in, FRAME_HEADER + len);
    }
    buf_add_u8(&l->seen, '\0');
    buf_truncate(&l->seen, l->seen.len - 1);
    return (const char *)l->seen.at;
}
