/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "changes.h"
#include "vector.h"

/*
 * Every byte of every valid vector. One collateral judges all changes of a vector, so that it has seen the genuine platform
 * before each of them.
 */
static bool is_valid(void *ctx, struct bytes evidence)
{
    const struct vector *const v = ctx;
    auto_arena arena = { 0 };
    struct verdict verdict;

    const bool valid =
        evidence_verify(evidence, v->collateral, &v->anchors, v->now, &arena, &verdict);
    assert_int_equal(valid, verdict.reason == REASON_NONE);
    return valid;
}

static void nothing_that_is_changed_stays_valid(void **state)
{
    struct vector v;

    vector_read(&v, *state);
    const struct changes changes = { buf_bytes(&v.evidence), is_valid, &v };
    if (bytes_equal_string(vector_text(v.expected, "result"), "valid"))
        changes_expect_refused(&changes);
    vector_clear(&v);
}

int main(void)
{
    return vectors_run("every byte", nothing_that_is_changed_stays_valid);
}
