/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "crypto/internal.h"

/* An INTEGER of DER: no needless zeros, but one before a first byte that would look negative. */
static void add_integer(struct buf *out, struct bytes number)
{
    size_t zeros = 0;

    while (zeros + 1 < number.len && number.at[zeros] == 0)
        zeros++;
    const size_t len = number.len - zeros;
    const bool pad = (number.at[zeros] & 0x80) != 0;
    buf_add_u8(out, 0x02);
    buf_add_u8(out, (uint8_t)(len + pad));
    if (pad)
        buf_add_u8(out, 0);
    buf_add(out, bytes_of(number.at + zeros, len));
}

void ecdsa_signature_encode(struct bytes r, struct bytes s, struct buf *out)
{
    enum { SHORT_MAX = 127 }; /* of a length in one byte */
    auto_buf numbers = { 0 };

    add_integer(&numbers, r);
    add_integer(&numbers, s);
    assert(numbers.len <= SHORT_MAX);
    buf_add_u8(out, 0x30);
    buf_add_u8(out, (uint8_t)numbers.len);
    buf_add(out, buf_bytes(&numbers));
}
