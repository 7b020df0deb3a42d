/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "fake_system.h"

#include <errno.h>

/* What the tests of all issuers do. */

/* Report data of which no two bytes and no two seeds are alike. */
struct report_data {
    uint8_t at[REPORT_DATA_LEN];
};
static inline struct report_data report_data_from(unsigned seed)
{
    struct report_data data;

    for (size_t i = 0; i < sizeof data.at; i++)
        data.at[i] = (uint8_t)(seed + i);
    memcpy(data.at, &seed, sizeof seed);
    return data;
}

static inline struct quote_issuer *opened(struct fake_system *f)
{
    struct err err = { 0 };
    struct quote_issuer *const issuer = issuer_detect(&f->system, &err);

    if (issuer == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(err.kind, FAIL_NONE);
    assert_int_equal(fake_system_left(f), 0);
    return issuer;
}

/* Nothing is left open, and the text is one line that has all the words. */
static inline void check_error(const struct fake_system *f, const struct err *err,
                               enum fail_kind kind, const char *words)
{
    print_message("# %s\n", err->text);
    assert_int_equal(err->kind, kind);
    if (strstr(err->text, words) == NULL)
        fail_msg("\"%s\" is not in: %s", words, err->text);
    assert_null(strchr(err->text, '\n'));
    assert_int_equal(fake_system_left(f), 0);
}

static inline void does_not_open(struct fake_system *f, enum fail_kind kind, const char *words)
{
    struct err err = { 0 };

    assert_null(issuer_detect(&f->system, &err));
    check_error(f, &err, kind, words);
}

/* Evidence goes behind what is in the buffer. */
static inline void issues(struct fake_system *f, const struct quote_issuer *issuer,
                          const struct report_data *data, struct buf *evidence)
{
    struct err err = { 0 };

    buf_add_string(evidence, "before");
    assert_ok(issuer_issue(issuer, data->at, evidence, &err), &err);
    assert_int_equal(err.kind, FAIL_NONE);
    assert_int_equal(fake_system_left(f), 0);
    assert_true(bytes_start_with(buf_bytes(evidence), BYTES_LITERAL("before")));
    buf_drop_front(evidence, strlen("before"));
}

static inline void does_not_issue(struct fake_system *f, const struct quote_issuer *issuer,
                                  const char *words)
{
    const struct report_data data = report_data_from(1);
    auto_buf evidence = { 0 };
    struct err err = { 0 };

    buf_add_string(&evidence, "before");
    assert_false(issuer_issue(issuer, data.at, &evidence, &err));
    check_error(f, &err, FAIL_UNAVAILABLE, words);
    assert_bytes_equal(buf_bytes(&evidence), BYTES_LITERAL("before"));
}

/* Evidence of SGX as it goes on the wire. */
static inline void check_sgx_evidence(const struct fake_system *f, struct bytes evidence,
                                      const struct report_data *data)
{
    auto_buf want = { 0 }, quote = { 0 };

    fake_quote_add(&quote, &f->quote, data->at);
    buf_add_u32le(&want, 1);
    buf_add_u32le(&want, 2);
    buf_add_u64le(&want, quote.len);
    buf_add(&want, buf_bytes(&quote));
    assert_bytes_equal(evidence, buf_bytes(&want));
}

/* Ways to spoil an answer. */
static inline void cut_one_byte(struct buf *answer)
{
    buf_truncate(answer, answer->len - 1);
}
static inline void empty_it(struct buf *answer)
{
    buf_truncate(answer, 0);
}
static inline void add_one_byte(struct buf *answer)
{
    buf_add_u8(answer, 1);
}
static inline void pad_with_zeros(struct buf *answer)
{
    memset(buf_grow(answer, 300), 0, 300);
}
