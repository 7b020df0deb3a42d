/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/der.h"

#include "base/buf.h"
#include "base/reader.h"

#include <inttypes.h>

static size_t read_length(struct reader *r)
{
    const uint8_t first = reader_u8(r, "length");
    size_t len = 0;

    if (first < 0x80)
        return first;
    /* 0x80 is an indefinite length, which DER has not; 4 bytes are more than any document. */
    const unsigned count = first & 0x7f;
    if (count == 0 || count > 4)
        return SIZE_MAX;
    for (unsigned i = 0; i < count; i++)
        len = len << 8 | reader_u8(r, "length");
    return len;
}

bool der_next(struct bytes *in, uint8_t *tag, struct bytes *contents)
{
    struct reader r = reader_over(*in);

    *tag = reader_u8(&r, "tag");
    *contents = reader_bytes(&r, read_length(&r), "contents");
    if (!reader_ok(&r) || (*tag & 0x1f) == 0x1f)
        return false;
    *in = reader_rest(&r);
    return true;
}

bool der_take(struct bytes *in, uint8_t tag, struct bytes *contents)
{
    uint8_t found;

    return der_next(in, &found, contents) && found == tag;
}

bool der_take_optional(struct bytes *in, uint8_t tag, struct bytes *contents, bool *present)
{
    *present = in->len > 0 && in->at[0] == tag;
    return !*present || der_take(in, tag, contents);
}

bool der_oid_text(struct bytes contents, struct arena *arena, struct bytes *dotted)
{
    auto_buf text = { 0 };
    uint64_t arc = 0;

    if (contents.len == 0 || (contents.at[contents.len - 1] & 0x80) != 0)
        return false;
    for (size_t i = 0; i < contents.len; i++) {
        if (arc > UINT64_MAX >> 7)
            return false;
        arc = arc << 7 | (contents.at[i] & 0x7f);
        if ((contents.at[i] & 0x80) != 0)
            continue;
        /* X.690, 8.19.4: the first two arcs share a number. */
        const uint64_t top = arc < 80 ? arc / 40 : 2;
        if (text.len == 0)
            buf_add_format(&text, "%" PRIu64 ".%" PRIu64, top, arc - top * 40);
        else
            buf_add_format(&text, ".%" PRIu64, arc);
        arc = 0;
    }
    *dotted = arena_bytes(arena, buf_bytes(&text));
    return true;
}
