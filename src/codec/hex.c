/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text.h"

#include "codec/range.h"

static uint8_t digit_of(uint32_t value)
{
    return (uint8_t)('0' + value + (range_mask(value, 10, 15) & ('a' - '0' - 10)));
}

/* 0 .. 15; above that for anything but a hex digit. */
static uint32_t value_of(uint8_t digit)
{
    const uint32_t lower = digit | 0x20u;

    return ((range_mask(digit, '0', '9') & (digit - '0' + 1u)) |
            (range_mask(lower, 'a', 'f') & (lower - 'a' + 11u))) -
           1;
}

void hex_encode(struct buf *out, struct bytes in)
{
    if (in.len == 0)
        return;
    uint8_t *const to = buf_grow(out, 2 * in.len);

    for (size_t i = 0; i < in.len; i++) {
        to[2 * i] = digit_of(in.at[i] >> 4);
        to[2 * i + 1] = digit_of(in.at[i] & 15u);
    }
}

bool hex_decode(struct buf *out, struct bytes in, struct err *err)
{
    const size_t start = out->len;

    if (in.len % 2 != 0)
        return err_set(err, FAIL_MALFORMED, "hex: %zu digits, an odd number", in.len);
    if (in.len == 0)
        return true;
    uint8_t *const to = buf_grow(out, in.len / 2);
    for (size_t i = 0; i < in.len; i += 2) {
        const uint32_t high = value_of(in.at[i]), low = value_of(in.at[i + 1]);
        if ((high | low) > 15) {
            buf_truncate(out, start);
            return err_set(err, FAIL_MALFORMED, "hex: no digit at offset %zu",
                           high > 15 ? i : i + 1);
        }
        to[i / 2] = (uint8_t)(high << 4 | low);
    }
    return true;
}
