/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quotes: what was accepted is fully accounted for (signed part, size, signature, zeros), and is
 * the same quote without the zeros behind it.
 */
#include "attestation/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static bool is_inside(struct bytes part, struct bytes whole)
{
    return part.at >= whole.at && part.len <= whole.len &&
           (size_t)(part.at - whole.at) <= whole.len - part.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { SIZE_LEN = 4 };
    struct quote q, again;
    struct err err = { 0 };

    if (!quote_parse(bytes_of(data, size), &q, &err)) {
        require(err.kind == FAIL_MALFORMED && err.text[0] != '\0');
        return 0;
    }
    require(err.kind == FAIL_NONE && q.tee != TEE_NONE);
    require(q.whole.at == data && q.signed_part.at == data);
    require(q.signed_part.len + SIZE_LEN + q.signature.len == q.whole.len && q.whole.len <= size);
    require(q.signature.at == data + q.signed_part.len + SIZE_LEN);
    require(q.report_data.len == REPORT_DATA_LEN && is_inside(q.report_data, q.body) &&
            is_inside(q.body, q.signed_part) && quote_is_over(&q, q.report_data.at));
    for (size_t i = q.whole.len; i < size; i++)
        require(data[i] == 0);
    require(quote_parse(q.whole, &again, &err) && bytes_equal(q.whole, again.whole) &&
            bytes_equal(q.signature, again.signature));
    /* No shorter one is hidden in it. */
    require(!quote_parse(bytes_of(data, q.whole.len - 1), &again, &err));
    return 0;
}
