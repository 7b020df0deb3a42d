/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text.h"

#include "codec/range.h"

/* The two digits in which the alphabets differ. */
struct digits {
    uint8_t digit_62, digit_63;
};

static struct digits digits_of(enum base64_alphabet alphabet)
{
    return alphabet == BASE64_URL ? (struct digits){ '-', '_' } : (struct digits){ '+', '/' };
}

static uint8_t digit_of(struct digits d, uint32_t value)
{
    return (uint8_t)((range_mask(value, 0, 25) & (value + 'A')) |
                     (range_mask(value, 26, 51) & (value - 26 + 'a')) |
                     (range_mask(value, 52, 61) & (value - 52 + '0')) |
                     (range_mask(value, 62, 62) & d.digit_62) |
                     (range_mask(value, 63, 63) & d.digit_63));
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

void base64_encode(struct buf *out, enum base64_alphabet alphabet, struct bytes in)
{
    const struct digits d = digits_of(alphabet);

    if (in.len == 0)
        return;
    uint8_t *to = buf_grow(out, (in.len + 2) / 3 * 4);

    for (size_t i = 0; i < in.len; i += 3) {
        const size_t left = in.len - i;
        const uint32_t group = (uint32_t)in.at[i] << 16 |
                               (left > 1 ? (uint32_t)in.at[i + 1] << 8 : 0) |
                               (left > 2 ? in.at[i + 2] : 0u);
        to[0] = digit_of(d, group >> 18);
        to[1] = digit_of(d, group >> 12 & 63);
        to[2] = left > 1 ? digit_of(d, group >> 6 & 63) : '=';
        to[3] = left > 2 ? digit_of(d, group & 63) : '=';
        to += 4;
    }
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
