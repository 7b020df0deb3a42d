/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

size_t utf8_sequence(struct bytes in, uint32_t *point)
{
    if (in.len == 0)
        return 0;
    const uint8_t lead = in.at[0];
    const size_t len = lead < 0x80   ? 1
                       : lead < 0xC2 ? 0
                       : lead < 0xE0 ? 2
                       : lead < 0xF0 ? 3
                       : lead < 0xF5 ? 4
                                     : 0;
    if (len == 0 || len > in.len)
        return 0;
    uint32_t value = len == 1 ? lead : lead & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((in.at[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (in.at[i] & 0x3Fu);
    }
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (surrogate || value > 0x10FFFF || (len == 3 && value < 0x800) ||
        (len == 4 && value < 0x10000))
        return 0;
    *point = value;
    return len;
}

size_t utf8_encode(uint32_t point, uint8_t out[static 4])
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    const size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    out[0] = (uint8_t)((0xF00u >> len) | point);
    return len;
}

/* What is left behind the bytes below 128 at the front, eight at a time. */
static struct bytes without_ascii(struct bytes in)
{
    uint64_t eight;

    for (; in.len >= sizeof eight; in = bytes_of(in.at + sizeof eight, in.len - sizeof eight)) {
        memcpy(&eight, in.at, sizeof eight);
        if ((eight & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return in;
}

bool utf8_valid(struct bytes in)
{
    uint32_t point;

    for (in = without_ascii(in); in.len > 0; in = without_ascii(in)) {
        const size_t len = utf8_sequence(in, &point);
        if (len == 0)
            return false;
        in = bytes_of(in.at + len, in.len - len);
    }
    return true;
}
