/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/*
 * What the benchmarks share: clock, samples, rows of the table, and the manifest that gives a state
 * of a wanted size. A benchmark that cannot measure ends the process with a sentence on stderr.
 */

_Noreturn void die(const char *fmt, ...) PRINTF_LIKE(1, 2);
_Noreturn void die_of(const char *what, const struct err *err);

/* Microseconds of a clock that nobody sets. */
double now_us(void) MUST_CHECK;

enum { MAX_SAMPLES = 128 };
struct samples {
    size_t count;
    double at[MAX_SAMPLES];
};
void samples_add(struct samples *samples, double value);
double samples_least(const struct samples *samples) MUST_CHECK;
double samples_most(const struct samples *samples) MUST_CHECK;
double samples_median(const struct samples *samples) MUST_CHECK;

/* One row of the table in docs/benchmarks.md: | what | figure | aim | met |. */
void print_row(const char *what, const char *figure);
void print_row_with_aim(const char *what, const char *figure, const char *aim, bool met);

/*
 * Appends a manifest with that many shared symmetric secrets. recovery: further members that end
 * with a comma, or "". A secret takes about 520 bytes of the state.
 */
void manifest_with_secrets(struct buf *out, size_t secrets, const char *recovery);
enum { SECRETS_5_KB = 2, SECRETS_1_MB = 1915, SECRETS_2_5_MB = 4800 };
