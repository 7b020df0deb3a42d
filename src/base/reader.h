/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

/*
 * The one cursor through which bytes from outside are read.
 *
 * It remembers its first failure and gives zero or an empty view from then on, so a parser reads
 * like the table in its specification and asks once, at the end, whether all went well.
 */
struct reader {
    struct bytes in;
    size_t pos;         /* bytes consumed, never above in.len */
    const char *failed; /* name of the first field that did not fit; NULL: none */
    size_t failed_at;   /* its offset */
};

struct reader reader_over(struct bytes in);
uint8_t reader_u8(struct reader *r, const char *field);
uint16_t reader_u16le(struct reader *r, const char *field);
uint32_t reader_u32le(struct reader *r, const char *field);
uint64_t reader_u64le(struct reader *r, const char *field);
uint16_t reader_u16be(struct reader *r, const char *field);
uint32_t reader_u32be(struct reader *r, const char *field);
/* A view of the next len bytes. */
struct bytes reader_bytes(struct reader *r, size_t len, const char *field);
/* A view of all that is left. */
struct bytes reader_rest(struct reader *r);
size_t reader_left(const struct reader *r) MUST_CHECK;
bool reader_ok(const struct reader *r) MUST_CHECK;
/* True when every read fitted and nothing is left. FAIL_MALFORMED names field and offset. */
bool reader_end(const struct reader *r, const char *what, struct err *err) MUST_CHECK;
/* As reader_end, but bytes may be left. */
bool reader_fits(const struct reader *r, const char *what, struct err *err) MUST_CHECK;
