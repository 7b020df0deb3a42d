/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "base/omap.h"
#include "crypto/hash.h"
#include "state/change.h"

/*
 * The update log (client-api.md, 13): lines of JSON, and beneath them a chain of hashes, so that one number and
 * one hash stand for all lines up to there:
 *
 *   chain(0) = SHA-256("taw update log 1")
 *   chain(n) = SHA-256(chain(n-1) | line n)      without its line feed
 *
 * The chain is not stored: it follows from the lines, which the sealed log protects. What an auditor gets is the
 * signed statement of update_log_proof.h.
 */
struct update_log_end {
    uint64_t lines;
    uint8_t chain[SHA256_LEN]; /* of the last line */
};

/* Before the first line. FAIL_INTERNAL. */
bool update_log_begin(struct update_log_end *end, struct err *err) MUST_CHECK;
/* After one more line. FAIL_INTERNAL. */
bool update_log_extend(struct update_log_end *end, struct bytes line, struct err *err) MUST_CHECK;
/* Of all lines in the values. FAIL_INTERNAL. */
bool update_log_end_of(const struct omap *values, struct update_log_end *end,
                       struct err *err) MUST_CHECK;

/*
 * Adds a line to the log: {"time":…,"update":"<event>"<members>}, where members is JSON text that begins with a
 * comma, or empty. line_number: of lines before it.
 */
void change_put_log_line(struct change *change, const struct env *env, uint64_t line_number,
                         const char *event, struct bytes members);
/* Appends a JSON list of the lines. */
void update_log_put_lines(const struct omap *values, struct buf *out);
