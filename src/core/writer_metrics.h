/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "metrics/metrics.h"
#include "store/store.h"

/* What the writer's thread counts. Without a registry all members are NULL, and nothing is counted. */
struct writer_metrics {
    struct metric_cell *done, *failed; /* decisions */
    struct metric *group_size, *duration;
    struct metric_cell *journal_bytes, *journal_segments, *snapshot_bytes, *generation;
};

/* metrics may be NULL. The sizes are those of the store as it is. */
void writer_metrics_init(struct writer_metrics *m, struct metrics *metrics,
                         const struct store *store);
/* The time at which a group is begun; 0 when nobody counts. */
uint64_t writer_metrics_begin(const struct writer_metrics *m) MUST_CHECK;
/* That many decisions became durable together, or did not. */
void writer_metrics_group(struct writer_metrics *m, const struct store *store, size_t count,
                          uint64_t began, bool done);
/* The same for one that does not share its write: a new key generation, other recovery sets. */
void writer_metrics_alone(struct writer_metrics *m, const struct store *store, bool done);
