/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/metrics.h"

#include "metrics/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct metric {
    struct metric *next;
    struct metric_spec spec;
    size_t label_count, rows;
    /* A row is one cell, or for a histogram its buckets, that for what is above all bounds, and the sum. */
    size_t width;
    struct metric_cell cells[];
};

struct collector {
    struct collector *next;
    metrics_collector *collect;
    void *arg;
};

struct metrics {
    struct metric *first, **end;
    struct collector *collectors, **collectors_end;
};

struct metrics *metrics_new(void)
{
    struct metrics *const m = mem_zero_alloc(1, sizeof *m);

    m->end = &m->first;
    m->collectors_end = &m->collectors;
    return m;
}

void metrics_free(struct metrics *m)
{
    if (m == NULL)
        return;
    while (m->first != NULL) {
        struct metric *const next = m->first->next;
        free(m->first);
        m->first = next;
    }
    while (m->collectors != NULL) {
        struct collector *const next = m->collectors->next;
        free(m->collectors);
        m->collectors = next;
    }
    free(m);
}

static void check_name(const struct metrics *m, const char *name)
{
    for (const struct metric *other = m->first; other != NULL; other = other->next)
        assert(strcmp(other->spec.name, name) != 0);
}

struct metric *metrics_add(struct metrics *m, const struct metric_spec *spec)
{
    const bool histogram = spec->type == METRIC_HISTOGRAM;
    const size_t width = histogram ? spec->bound_count + 2 : 1;
    size_t labels = 0, rows = 1;

    if (m == NULL)
        return NULL;
    check_name(m, spec->name);
    for (; labels < METRIC_LABELS && spec->labels[labels].name != NULL; labels++)
        rows *= spec->labels[labels].count;
    struct metric *const metric =
        mem_zero_alloc(1, sizeof *metric + rows * width * sizeof metric->cells[0]);
    metric->spec = *spec;
    metric->label_count = labels;
    metric->rows = rows;
    metric->width = width;
    *m->end = metric;
    m->end = &metric->next;
    return metric;
}

void metrics_add_collector(struct metrics *m, metrics_collector *collect, void *arg)
{
    if (m == NULL)
        return;
    struct collector *const c = mem_zero_alloc(1, sizeof *c);
    c->collect = collect;
    c->arg = arg;
    *m->collectors_end = c;
    m->collectors_end = &c->next;
}

size_t metric_row(const struct metric *metric, const size_t *at)
{
    size_t row = 0;

    for (size_t i = 0; metric != NULL && i < metric->label_count; i++) {
        assert(at[i] < metric->spec.labels[i].count);
        row = row * metric->spec.labels[i].count + at[i];
    }
    return row;
}

struct metric_cell *metric_cell(struct metric *metric, size_t row)
{
    if (metric == NULL)
        return NULL;
    assert(row < metric->rows && metric->width == 1);
    return &metric->cells[row];
}

void metric_observe(struct metric *metric, size_t row, uint64_t value)
{
    size_t bucket = 0;

    if (metric == NULL)
        return;
    assert(row < metric->rows && metric->spec.type == METRIC_HISTOGRAM);
    while (bucket < metric->spec.bound_count && value > metric->spec.bounds[bucket].most)
        bucket++;
    struct metric_cell *const cells = &metric->cells[row * metric->width];
    cell_add(&cells[metric->width - 1], (int64_t)value);
    cell_add(&cells[bucket], 1);
}

/* ---- text ---- */

static int64_t value_of(const struct metric_cell *cell)
{
    return atomic_load_explicit(&cell->value, memory_order_relaxed);
}

/* One more than its labels: for le. */
static void labels_of(const struct metric *metric, size_t row, struct text_label *labels)
{
    for (size_t i = metric->label_count; i > 0; i--) {
        const struct metric_label *const label = &metric->spec.labels[i - 1];
        labels[i - 1] =
            (struct text_label){ label->name, bytes_of_string(label->values[row % label->count]) };
        row /= label->count;
    }
}

static void write_bucket(const struct metric *metric, struct text_label *labels, const char *most,
                         int64_t count, struct buf *out)
{
    auto_string *name = mem_printf("%s_bucket", metric->spec.name);

    labels[metric->label_count] = (struct text_label){ "le", bytes_of_string(most) };
    text_series(out, name, labels, metric->label_count + 1);
    text_count(out, count);
}

/* The count is that of the buckets, so that the two agree whatever is observed meanwhile. */
static void write_histogram(const struct metric *metric, const struct metric_cell *cells,
                            struct text_label *labels, struct buf *out)
{
    const struct metric_spec *const spec = &metric->spec;
    auto_string *sum_name = mem_printf("%s_sum", spec->name);
    auto_string *count_name = mem_printf("%s_count", spec->name);
    const int64_t sum = value_of(&cells[metric->width - 1]);
    int64_t count = 0;

    for (size_t i = 0; i <= spec->bound_count; i++) {
        count += value_of(&cells[i]);
        write_bucket(metric, labels, i == spec->bound_count ? "+Inf" : spec->bounds[i].text, count,
                     out);
    }
    text_series(out, sum_name, labels, metric->label_count);
    text_number(out, (double)sum / (double)(spec->scale == 0 ? 1 : spec->scale));
    text_series(out, count_name, labels, metric->label_count);
    text_count(out, count);
}

static bool is_used(const struct metric *metric, const struct metric_cell *cells)
{
    for (size_t i = 0; i < metric->width; i++) {
        if (value_of(&cells[i]) != 0)
            return true;
    }
    return false;
}

static void write_family(const struct metric *metric, struct buf *out)
{
    struct text_label labels[METRIC_LABELS + 1];
    bool named = false;

    for (size_t row = 0; row < metric->rows; row++) {
        const struct metric_cell *const cells = &metric->cells[row * metric->width];
        if (metric->spec.after_use && !is_used(metric, cells))
            continue;
        if (!named)
            text_family(out, metric->spec.name, metric->spec.type, metric->spec.help);
        named = true;
        labels_of(metric, row, labels);
        if (metric->spec.type == METRIC_HISTOGRAM) {
            write_histogram(metric, cells, labels, out);
        } else {
            text_series(out, metric->spec.name, labels, metric->label_count);
            text_count(out, value_of(cells));
        }
    }
}

void metrics_write(struct metrics *m, struct buf *out)
{
    for (const struct metric *metric = m->first; metric != NULL; metric = metric->next)
        write_family(metric, out);
    for (const struct collector *c = m->collectors; c != NULL; c = c->next)
        c->collect(c->arg, out);
}
