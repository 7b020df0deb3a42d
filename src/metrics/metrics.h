/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <stdatomic.h>

/*
 * Counters, gauges and histograms in memory, and their text for Prometheus.
 *
 *   metrics_new
 *   metrics_add            a family with all of its series: before anything is counted
 *   metrics_add_collector  a function for what is not counted but found out when somebody asks
 *   metric_cell            one series of a family, to be kept by who counts
 *   cell_add, cell_set, metric_observe   from any thread: atomic additions, no lock
 *   metrics_write          all of it as text
 *
 * A family has a series for each combination of its labels' values, all made at once, so nothing that a
 * client sends can add one. What counts into NULL counts nothing: rooms take a NULL registry, and with it
 * get NULL families and cells.
 */
struct metrics;

enum metric_type { METRIC_NONE = 0, METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
enum { METRIC_LABELS = 4 };

struct metric_label {
    const char *name;
    size_t count;
    const char *const *values;
};
/* A bucket of a histogram: what is not above `most`; text: the same in the unit of the metric. */
struct metric_bound {
    uint64_t most;
    const char *text;
};
/* Everything that it points to must live as long as the registry. */
struct metric_spec {
    const char *name, *help;
    enum metric_type type;
    struct metric_label labels[METRIC_LABELS]; /* in the order of the text; the rest is zero */
    bool after_use;                            /* a series shows only when it is no longer zero */
    /* Of a histogram: buckets, rising, without that for all; and how many units of what is observed make one of
     * the sum (0: one). */
    const struct metric_bound *bounds;
    size_t bound_count;
    uint64_t scale;
};

struct metric_cell {
    _Atomic int64_t value;
};
struct metric; /* a family */

struct metrics *metrics_new(void) MUST_CHECK;
/* NULL is fine. */
void metrics_free(struct metrics *metrics);
/* NULL for a NULL registry. Names are unique (asserted). */
struct metric *metrics_add(struct metrics *metrics, const struct metric_spec *spec);
/* Appends families with the functions of metrics/text.h; runs on the thread that calls metrics_write. */
typedef void metrics_collector(void *arg, struct buf *out);
/* They run in the order in which they were added. NULL for metrics: nothing happens. */
void metrics_add_collector(struct metrics *metrics, metrics_collector *collect, void *arg);

/* The series with the at[i]-th value of each label i; at may be NULL for a family without labels. */
size_t metric_row(const struct metric *metric, const size_t *at) MUST_CHECK;
/* A counter or gauge. */
struct metric_cell *metric_cell(struct metric *metric, size_t row) MUST_CHECK;
/* One more value of a histogram, in the unit of its bounds. */
void metric_observe(struct metric *metric, size_t row, uint64_t value);

static inline void cell_add(struct metric_cell *cell, int64_t more)
{
    if (cell != NULL)
        (void)atomic_fetch_add_explicit(&cell->value, more, memory_order_relaxed);
}
static inline void cell_set(struct metric_cell *cell, int64_t value)
{
    if (cell != NULL)
        atomic_store_explicit(&cell->value, value, memory_order_relaxed);
}

/*
 * Text exposition format 0.0.4 (Prometheus, "Exposition formats"): families in the order in which they were
 * added, then what the collectors append. One thread at a time.
 */
void metrics_write(struct metrics *metrics, struct buf *out);
