/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

/*
 * Activations by Marble type and UUID (client-api.md, 20.2), bounded: whoever reaches the Marble port may choose
 * type and UUID freely, so only the first MARBLE_SERIES_MOST pairs that were activated get series of their own,
 * and only while their names are of a usual length. Everything else is counted under uuid="other", and under
 * type="unknown" when the manifest has no such type or there are too many of them. From any thread.
 */
struct marble_series;

enum {
    MARBLE_SERIES_MOST = 1000,   /* pairs; and as many types */
    MARBLE_SERIES_LONGEST = 128, /* bytes of a type or UUID */
    MARBLE_SERIES_RESULTS = 16,
};

struct marble_series *marble_series_new(void) MUST_CHECK;
/* NULL is fine. */
void marble_series_free(struct marble_series *series);
/* One attempt was answered. known: the manifest has this type. result: a number below
 * MARBLE_SERIES_RESULTS. */
void marble_series_count(struct marble_series *series, struct bytes type, struct bytes uuid,
                         bool known, bool success, size_t result);
/* Appends the families; results: the names by number. */
void marble_series_write(struct marble_series *series, const char *const *results,
                         size_t result_count, struct buf *out);
