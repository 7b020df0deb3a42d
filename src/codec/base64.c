/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text.h"

#include "codec/range.h"

#include <endian.h>
#include <string.h>

/* The two digits in which the alphabets differ. */
struct digits {
    uint8_t digit_62, digit_63;
};

static struct digits digits_of(enum base64_alphabet alphabet)
{
    return alphabet == BASE64_URL ? (struct digits){ '-', '_' } : (struct digits){ '+', '/' };
}

enum { BLOCK_LEN = 6, BLOCK_DIGITS = 8 }; /* bytes and digits that are encoded at a time */

/* 1 in each byte of `values`, which are below 64, that is not less than `least`; else 0. */
static uint64_t at_least(uint64_t values, unsigned least)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    return (values + (128 - least) * ones) >> 7 & ones;
}

/* Eight values of 0 .. 63, one in each byte, become their digits: each range begins where the one before ended, so the
 * differences add up. No byte carries into the next. */
static uint64_t digits_for(struct digits d, uint64_t values)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    return values + 'A' * ones + ('a' - 'A' - 26) * at_least(values, 26) -
           ('a' + 26 - '0') * at_least(values, 52) -
           (uint64_t)('0' + 10 - d.digit_62) * at_least(values, 62) +
           (uint64_t)(d.digit_63 - d.digit_62 - 1) * at_least(values, 63);
}

/* The 48 lower bits, six in each byte: halves move apart, then their halves, then theirs. */
static uint64_t spread(uint64_t bits)
{
    bits = (bits & UINT64_C(0xffffff000000)) << 8 | (bits & UINT64_C(0xffffff));
    bits = (bits & UINT64_C(0x00fff00000fff000)) << 4 | (bits & UINT64_C(0x00000fff00000fff));
    return (bits & UINT64_C(0x0fc00fc00fc00fc0)) << 2 | (bits & UINT64_C(0x003f003f003f003f));
}

/* Six bytes to eight digits. */
static void encode_block(struct digits d, const uint8_t *in, uint8_t *to)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < BLOCK_LEN; i++)
        bits = bits << 8 | in[i];
    bits = htobe64(digits_for(d, spread(bits)));
    memcpy(to, &bits, sizeof bits);
}

/* Less than a block; the last group is filled up with padding. */
static void encode_rest(struct digits d, struct bytes in, uint8_t *to)
{
    const size_t len = (in.len + 2) / 3 * 4, padding = (3 - in.len % 3) % 3;
    uint8_t block[BLOCK_LEN] = { 0 }, digits[BLOCK_DIGITS];

    memcpy(block, in.at, in.len);
    encode_block(d, block, digits);
    memcpy(to, digits, len);
    memset(to + len - padding, '=', padding);
    explicit_bzero(block, sizeof block);
    explicit_bzero(digits, sizeof digits);
}

void base64_encode(struct buf *out, enum base64_alphabet alphabet, struct bytes in)
{
    const struct digits d = digits_of(alphabet);
    size_t i = 0;

    if (in.len == 0)
        return;
    uint8_t *to = buf_grow(out, (in.len + 2) / 3 * 4);
    for (; in.len - i >= BLOCK_LEN; i += BLOCK_LEN, to += BLOCK_DIGITS)
        encode_block(d, in.at + i, to);
    if (i < in.len)
        encode_rest(d, bytes_of(in.at + i, in.len - i), to);
}

/* Bytes below 128 minus `base` where `chosen` has a 1, else 0: the top bits keep the bytes from borrowing. */
static uint64_t above(uint64_t bytes, uint64_t chosen, unsigned base)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    return ((bytes | 128 * ones) - base * ones) & 127 * chosen;
}

/* Eight digits, one in each byte, become their values of 0 .. 63; false when one of them is no digit. */
static bool values_for(struct digits d, uint64_t digits, uint64_t *values)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), low = digits & 127 * ones;
    const uint64_t upper = at_least(low, 'A') - at_least(low, 'Z' + 1);
    const uint64_t lower = at_least(low, 'a') - at_least(low, 'z' + 1);
    const uint64_t number = at_least(low, '0') - at_least(low, '9' + 1);
    const uint64_t is_62 = at_least(low, d.digit_62) - at_least(low, d.digit_62 + 1U);
    const uint64_t is_63 = at_least(low, d.digit_63) - at_least(low, d.digit_63 + 1U);

    *values = above(low, upper, 'A') + above(low, lower, 'a' - 26) + number * 4 +
              above(low, number, 0) + 62 * is_62 + 63 * is_63;
    return low == digits && upper + lower + number + is_62 + is_63 == ones;
}

/* The lower six bits of each byte, put together: spread the other way round. */
static uint64_t gather(uint64_t values)
{
    values = (values >> 2 & UINT64_C(0x0fc00fc00fc00fc0)) | (values & UINT64_C(0x003f003f003f003f));
    values = (values >> 4 & UINT64_C(0x00fff00000fff000)) | (values & UINT64_C(0x00000fff00000fff));
    return (values >> 8 & UINT64_C(0xffffff000000)) | (values & UINT64_C(0xffffff));
}

/* Eight digits to six bytes. */
static bool decode_block(struct digits d, const uint8_t *in, uint8_t *to)
{
    uint64_t bits, values;

    memcpy(&bits, in, sizeof bits);
    const bool good = values_for(d, be64toh(bits), &values);
    bits = htobe64(gather(values) << 16);
    memcpy(to, &bits, BLOCK_LEN);
    return good;
}

/* The blocks of eight digits in front of the first line end, padding or character that is none. Returns how many characters. */
static size_t decode_blocks(struct digits d, struct bytes in, struct buf *out)
{
    uint8_t block[BLOCK_LEN];
    size_t used = 0;

    while (in.len - used >= BLOCK_DIGITS && decode_block(d, in.at + used, block)) {
        buf_add(out, bytes_of(block, sizeof block));
        used += BLOCK_DIGITS;
    }
    explicit_bzero(block, sizeof block);
    return used;
}

/* 0 .. 63; above that for anything but a digit. */
static uint32_t value_of(struct digits d, uint32_t c)
{
    return ((range_mask(c, 'A', 'Z') & (c - 'A' + 1)) | (range_mask(c, 'a', 'z') & (c - 'a' + 27)) |
            (range_mask(c, '0', '9') & (c - '0' + 53)) |
            (range_mask(c, d.digit_62, d.digit_62) & 63) |
            (range_mask(c, d.digit_63, d.digit_63) & 64)) -
           1;
}

/* Four digits make three bytes; the last group may be filled up with padding. */
struct group {
    uint32_t bits;
    unsigned digits, padding;
};

static void put_group(struct buf *out, const struct group *g)
{
    const uint32_t bits = g->bits << (6 * (4 - g->digits));

    for (unsigned i = 0; i + 1 < g->digits; i++)
        buf_add_u8(out, (uint8_t)(bits >> (16 - 8 * i)));
}

/* One character but CR and LF. NULL, or what is wrong with it. */
static const char *take(struct group *g, struct digits d, uint8_t c, struct buf *out)
{
    if (c == '=') {
        if (g->digits < 2 || g->digits + g->padding == 4)
            return "padding where none belongs";
        g->padding++;
        return NULL;
    }
    const uint32_t value = value_of(d, c);
    if (value > 63)
        return "no digit";
    if (g->padding > 0)
        return "a digit after the padding";
    g->bits = g->bits << 6 | value;
    if (++g->digits == 4) {
        put_group(out, g);
        *g = (struct group){ 0 };
    }
    return NULL;
}

bool base64_decode(struct buf *out, enum base64_alphabet alphabet, struct bytes in, struct err *err)
{
    const struct digits d = digits_of(alphabet);
    const size_t start = out->len;
    struct group g = { 0 };
    const char *wrong = NULL;
    size_t i = 0;

    buf_reserve(out, in.len / 4 * 3 + 3);
    for (; i < in.len && wrong == NULL; i++) {
        if (g.digits == 0 && g.padding == 0)
            i += decode_blocks(d, bytes_of(in.at + i, in.len - i), out);
        if (i == in.len)
            break;
        if (in.at[i] != '\r' && in.at[i] != '\n')
            wrong = take(&g, d, in.at[i], out);
    }
    if (wrong != NULL)
        i--;
    else if (g.digits > 0 && g.digits + g.padding != 4)
        wrong = "text ends inside a group of four";
    if (wrong != NULL) {
        buf_truncate(out, start);
        return err_set(err, FAIL_MALFORMED, "base64: %s at offset %zu", wrong, i);
    }
    if (g.digits > 0)
        put_group(out, &g);
    return true;
}
