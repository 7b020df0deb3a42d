/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc/protobuf.h"

enum { NUMBER_MAX = (1 << 29) - 1 };

enum wire_type {
    WIRE_NONE = 0,
    WIRE_VARINT,
    WIRE_I64,
    WIRE_LEN,
    WIRE_GROUP_START,
    WIRE_GROUP_END,
    WIRE_I32,
};

struct tag {
    uint32_t number;
    enum wire_type type; /* WIRE_NONE: the reader failed */
};

/* Lets the reader fail at `at`, unless it did before. */
static void refuse(struct reader *r, size_t at, const char *what)
{
    if (r->failed != NULL)
        return;
    r->failed = what;
    r->failed_at = at;
}

/* 0 on failure. */
static uint64_t read_varint(struct reader *r, const char *what)
{
    const size_t start = r->pos;
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t byte = reader_u8(r, what);
        if (shift == 63 && byte > 1)
            break; /* the tenth byte has room for one bit, and none may follow */
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return reader_ok(r) ? value : 0;
    }
    refuse(r, start, what);
    return 0;
}

static enum wire_type wire_type_of(unsigned bits)
{
    static const enum wire_type types[8] = { WIRE_VARINT,      WIRE_I64,       WIRE_LEN,
                                             WIRE_GROUP_START, WIRE_GROUP_END, WIRE_I32 };

    return types[bits & 7];
}

static struct tag read_tag(struct reader *r)
{
    const size_t start = r->pos;
    const uint64_t bits = read_varint(r, "tag");
    const uint64_t number = bits >> 3;
    const enum wire_type type = wire_type_of(bits & 7);

    if (number == 0 || number > NUMBER_MAX)
        refuse(r, start, "field number");
    if (type == WIRE_NONE)
        refuse(r, start, "wire type");
    return reader_ok(r) ? (struct tag){ (uint32_t)number, type } : (struct tag){ 0 };
}

static struct bytes read_value(struct reader *r)
{
    const size_t start = r->pos;
    const uint64_t len = read_varint(r, "length");

    if (len > reader_left(r)) {
        refuse(r, start, "length");
        return BYTES_NONE;
    }
    return reader_bytes(r, (size_t)len, "value");
}

static void skip_plain(struct reader *r, enum wire_type type)
{
    switch (type) {
    case WIRE_VARINT:
        (void)read_varint(r, "varint");
        break;
    case WIRE_I64:
        (void)reader_bytes(r, 8, "64-bit value");
        break;
    case WIRE_I32:
        (void)reader_bytes(r, 4, "32-bit value");
        break;
    case WIRE_LEN:
        (void)read_value(r);
        break;
    case WIRE_NONE:
    case WIRE_GROUP_START:
    case WIRE_GROUP_END:
        break;
    }
}

/* Skips what follows the start of a group, its end included. */
static void skip_group(struct reader *r, uint32_t number)
{
    uint32_t open[PROTOBUF_GROUPS_MAX] = { number };
    size_t depth = 1;

    while (depth > 0 && reader_ok(r)) {
        const size_t start = r->pos;
        const struct tag tag = read_tag(r);
        if (tag.type == WIRE_GROUP_END) {
            if (tag.number != open[--depth])
                refuse(r, start, "end of another group");
        } else if (tag.type != WIRE_GROUP_START) {
            skip_plain(r, tag.type);
        } else if (depth == PROTOBUF_GROUPS_MAX) {
            refuse(r, start, "group nested too deep");
        } else {
            open[depth++] = tag.number;
        }
    }
}

struct protobuf_walk protobuf_over(struct bytes in, const char *message)
{
    return (struct protobuf_walk){ .in = reader_over(in), .message = message };
}

struct protobuf_walk protobuf_within(const struct protobuf_walk *outer, const char *message)
{
    const size_t start = (size_t)(outer->value.at - outer->in.in.at);
    struct protobuf_walk inner =
        protobuf_over(bytes_of(outer->in.in.at, start + outer->value.len), message);

    inner.in.pos = start;
    return inner;
}

bool protobuf_next(struct protobuf_walk *walk)
{
    struct reader *const r = &walk->in;

    while (reader_left(r) > 0) {
        const size_t start = r->pos;
        const struct tag tag = read_tag(r);
        walk->number = tag.number;
        if (tag.type == WIRE_LEN) {
            walk->value = read_value(r);
            return reader_ok(r);
        }
        if (tag.type == WIRE_GROUP_START)
            skip_group(r, tag.number);
        else if (tag.type == WIRE_GROUP_END)
            refuse(r, start, "end of a group without a start");
        else
            skip_plain(r, tag.type);
    }
    return false;
}

bool protobuf_end(const struct protobuf_walk *walk, struct err *err)
{
    const char *const cannot = "proto: cannot parse invalid wire-format data";
    const struct reader *const r = &walk->in;

    if (reader_ok(r))
        return true;
    if (walk->number == 0)
        return err_set(err, FAIL_MALFORMED, "%s (%s: %s at offset %zu)", cannot, walk->message,
                       r->failed, r->failed_at);
    return err_set(err, FAIL_MALFORMED, "%s (%s: %s at offset %zu, in field %u)", cannot,
                   walk->message, r->failed, r->failed_at, walk->number);
}

static void add_varint(struct buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_add_u8(out, (uint8_t)(value | 0x80));
    buf_add_u8(out, (uint8_t)value);
}

static size_t varint_size(uint64_t value)
{
    size_t size = 1;

    for (; value >= 0x80; value >>= 7)
        size++;
    return size;
}

static uint64_t tag_bits(uint32_t number)
{
    return (uint64_t)number << 3 | 2; /* 2: length-delimited */
}

void protobuf_add_head(struct buf *out, uint32_t number, size_t len)
{
    add_varint(out, tag_bits(number));
    add_varint(out, len);
}

void protobuf_add_bytes(struct buf *out, uint32_t number, struct bytes value)
{
    protobuf_add_head(out, number, value.len);
    buf_add(out, value);
}

size_t protobuf_size(uint32_t number, size_t len)
{
    return varint_size(tag_bits(number)) + varint_size(len) + len;
}
