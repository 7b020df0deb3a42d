/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

struct reader reader_over(struct bytes in)
{
    return (struct reader){ .in = in };
}

struct bytes reader_bytes(struct reader *r, size_t len, const char *field)
{
    if (r->failed != NULL)
        return BYTES_NONE;
    if (len > r->in.len - r->pos) {
        r->failed = field;
        r->failed_at = r->pos;
        return BYTES_NONE;
    }
    const struct bytes view = bytes_of(r->in.at + r->pos, len);
    r->pos += len;
    return view;
}

static uint64_t read_le(struct reader *r, size_t len, const char *field)
{
    const struct bytes b = reader_bytes(r, len, field);
    uint64_t value = 0;

    for (size_t i = b.len; i > 0; i--)
        value = value << 8 | b.at[i - 1];
    return value;
}

static uint32_t read_be(struct reader *r, size_t len, const char *field)
{
    const struct bytes b = reader_bytes(r, len, field);
    uint32_t value = 0;

    for (size_t i = 0; i < b.len; i++)
        value = value << 8 | b.at[i];
    return value;
}

uint8_t reader_u8(struct reader *r, const char *field)
{
    return (uint8_t)read_le(r, 1, field);
}

uint16_t reader_u16le(struct reader *r, const char *field)
{
    return (uint16_t)read_le(r, 2, field);
}

uint32_t reader_u32le(struct reader *r, const char *field)
{
    return (uint32_t)read_le(r, 4, field);
}

uint64_t reader_u64le(struct reader *r, const char *field)
{
    return read_le(r, 8, field);
}

uint16_t reader_u16be(struct reader *r, const char *field)
{
    return (uint16_t)read_be(r, 2, field);
}

uint32_t reader_u32be(struct reader *r, const char *field)
{
    return read_be(r, 4, field);
}

struct bytes reader_rest(struct reader *r)
{
    return reader_bytes(r, reader_left(r), "rest");
}

size_t reader_left(const struct reader *r)
{
    return r->failed != NULL ? 0 : r->in.len - r->pos;
}

bool reader_ok(const struct reader *r)
{
    return r->failed == NULL;
}

bool reader_fits(const struct reader *r, const char *what, struct err *err)
{
    if (r->failed == NULL)
        return true;
    return err_set(err, FAIL_MALFORMED, "%s: input ends inside %s (offset %zu of %zu)", what,
                   r->failed, r->failed_at, r->in.len);
}

bool reader_end(const struct reader *r, const char *what, struct err *err)
{
    if (!reader_fits(r, what, err))
        return false;
    if (r->pos != r->in.len)
        return err_set(err, FAIL_MALFORMED, "%s: %zu bytes too many at its end (offset %zu)", what,
                       r->in.len - r->pos, r->pos);
    return true;
}
