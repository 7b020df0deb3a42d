/* SPDX-License-Identifier: Apache-2.0 */
#include "core/writer_metrics.h"

#include "base/env.h"

static const struct metric_bound GROUP_SIZES[] = {
    { 1, "1" },   { 2, "2" },   { 4, "4" },     { 8, "8" },     { 16, "16" },
    { 32, "32" }, { 64, "64" }, { 128, "128" }, { 256, "256" },
};
static const struct metric_bound DURATIONS[] = { /* microseconds */
                                                 { 500, "0.0005" },  { 1000, "0.001" },
                                                 { 2500, "0.0025" }, { 5000, "0.005" },
                                                 { 10000, "0.01" },  { 25000, "0.025" },
                                                 { 100000, "0.1" },  { 500000, "0.5" },
                                                 { 2500000, "2.5" }, { 10000000, "10" }
};

static struct metric_cell *gauge(struct metrics *metrics, const char *name, const char *help)
{
    return metric_cell(
        metrics_add(metrics, &(struct metric_spec){ name, help, .type = METRIC_GAUGE }), 0);
}

static void note_sizes(struct writer_metrics *m, const struct store *store)
{
    const struct store_sizes sizes = store_sizes(store);

    cell_set(m->journal_bytes, (int64_t)sizes.journal_bytes);
    cell_set(m->journal_segments, (int64_t)sizes.journal_segments);
    cell_set(m->snapshot_bytes, (int64_t)sizes.snapshot_bytes);
    cell_set(m->generation, (int64_t)store_generation(store));
}

void writer_metrics_init(struct writer_metrics *m, struct metrics *metrics,
                         const struct store *store)
{
    static const char *const results[] = { "ok", "failed" };

    *m = (struct writer_metrics){ 0 };
    if (metrics == NULL)
        return;
    struct metric *const commits = metrics_add(
        metrics, &(struct metric_spec){
                     "taw_commits_total",
                     "Changes of the state that became durable, or could not be made durable.",
                     METRIC_COUNTER,
                     { { "result", COUNT_OF(results), results } } });
    m->done = metric_cell(commits, 0);
    m->failed = metric_cell(commits, 1);
    m->group_size =
        metrics_add(metrics, &(struct metric_spec){ "taw_commit_group_size",
                                                    "Changes that shared one write to the disk.",
                                                    METRIC_HISTOGRAM, .bounds = GROUP_SIZES,
                                                    .bound_count = COUNT_OF(GROUP_SIZES) });
    m->duration = metrics_add(
        metrics, &(struct metric_spec){ "taw_commit_duration_seconds",
                                        "Time of one write to the disk, with its sync.",
                                        METRIC_HISTOGRAM, .bounds = DURATIONS,
                                        .bound_count = COUNT_OF(DURATIONS), .scale = 1000000 });
    m->journal_bytes =
        gauge(metrics, "taw_journal_bytes", "Bytes of the sealed log since its last snapshot.");
    m->journal_segments =
        gauge(metrics, "taw_journal_segments", "Files of the sealed log since its last snapshot.");
    m->snapshot_bytes = gauge(metrics, "taw_snapshot_bytes", "Bytes of the last sealed snapshot.");
    m->generation = gauge(metrics, "taw_key_generation",
                          "Number of the key generation of the sealed state; 0: none.");
    note_sizes(m, store);
}

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t writer_metrics_begin(const struct writer_metrics *m)
{
    return m->duration == NULL ? 0 : now_us();
}

void writer_metrics_group(struct writer_metrics *m, const struct store *store, size_t count,
                          uint64_t began, bool done)
{
    if (m->duration == NULL)
        return;
    cell_add(done ? m->done : m->failed, (int64_t)count);
    metric_observe(m->group_size, 0, count);
    metric_observe(m->duration, 0, now_us() - began);
    note_sizes(m, store);
}

void writer_metrics_alone(struct writer_metrics *m, const struct store *store, bool done)
{
    if (m->duration == NULL)
        return;
    cell_add(done ? m->done : m->failed, 1);
    note_sizes(m, store);
}
