/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

/*
 * What happened since the process started, for GET /events of the monitoring port (client-api.md, 20.1): successful
 * activations. In memory only and bounded: the oldest go first. From any thread.
 */
struct events;

enum {
    EVENTS_MOST = 10000,
    EVENTS_BYTES = 4 << 20,         /* of all of them together */
    EVENTS_LARGEST_QUOTE = 64 << 10 /* bytes; of a larger one nothing is kept: null */
};

struct events *events_new(void) MUST_CHECK;
/* NULL is fine. */
void events_free(struct events *events);
/* events may be NULL: nothing happens. Copies; uuid as the Marble sent it; quote empty: none. */
void events_add_activation(struct events *events, int64_t now_ms, struct bytes marble_type,
                           struct bytes uuid, struct bytes quote);
/* Appends a JSON array, oldest first, or null when nothing has happened. */
void events_write(struct events *events, struct buf *out);
