/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "metrics/metrics.h"
#include "metrics/text.h"

#include <pthread.h>

static const char *const COLOURS[] = { "red", "green" };
static const char *const SIZES[] = { "s", "m", "l" };
static const struct metric_bound BOUNDS[] = { { 10, "0.01" }, { 100, "0.1" } };

static void assert_written(struct metrics *m, const char *wanted)
{
    auto_buf out = { 0 };

    metrics_write(m, &out);
    buf_add_u8(&out, 0);
    assert_string_equal((const char *)out.at, wanted);
}

static struct metric *add_things(struct metrics *m, bool after_use)
{
    return metrics_add(m, &(struct metric_spec){ "things_total",
                                                 "Things.",
                                                 METRIC_COUNTER,
                                                 { { "colour", 2, COLOURS }, { "size", 3, SIZES } },
                                                 .after_use = after_use });
}

static void every_combination_of_labels_is_a_series_from_the_start(void **state)
{
    (void)state;
    struct metrics *const m = metrics_new();
    struct metric *const things = add_things(m, false);

    cell_add(metric_cell(things, metric_row(things, (const size_t[]){ 1, 0 })), 5);
    cell_add(metric_cell(things, metric_row(things, (const size_t[]){ 0, 2 })), 1);
    assert_written(m, "# HELP things_total Things.\n# TYPE things_total counter\n"
                      "things_total{colour=\"red\",size=\"s\"} 0\n"
                      "things_total{colour=\"red\",size=\"m\"} 0\n"
                      "things_total{colour=\"red\",size=\"l\"} 1\n"
                      "things_total{colour=\"green\",size=\"s\"} 5\n"
                      "things_total{colour=\"green\",size=\"m\"} 0\n"
                      "things_total{colour=\"green\",size=\"l\"} 0\n");
    metrics_free(m);
}

static void a_family_may_show_only_what_was_used(void **state)
{
    (void)state;
    struct metrics *const m = metrics_new();
    struct metric *const things = add_things(m, true);

    assert_written(m, "");
    cell_add(metric_cell(things, metric_row(things, (const size_t[]){ 1, 1 })), 1);
    assert_written(m, "# HELP things_total Things.\n# TYPE things_total counter\n"
                      "things_total{colour=\"green\",size=\"m\"} 1\n");
    metrics_free(m);
}

static void a_gauge_rises_falls_and_is_set(void **state)
{
    (void)state;
    struct metrics *const m = metrics_new();
    struct metric_cell *const gauge =
        metric_cell(metrics_add(m, &(struct metric_spec){ "g", "G.", METRIC_GAUGE }), 0);

    cell_add(gauge, 3);
    cell_add(gauge, -4);
    assert_written(m, "# HELP g G.\n# TYPE g gauge\ng -1\n");
    cell_set(gauge, 9);
    assert_written(m, "# HELP g G.\n# TYPE g gauge\ng 9\n");
    metrics_free(m);
}

static void buckets_of_a_histogram_add_up(void **state)
{
    (void)state;
    struct metrics *const m = metrics_new();
    struct metric *const h = metrics_add(m, &(struct metric_spec){ "h_seconds",
                                                                   "H.",
                                                                   METRIC_HISTOGRAM,
                                                                   { { "colour", 2, COLOURS } },
                                                                   .after_use = true,
                                                                   .bounds = BOUNDS,
                                                                   .bound_count = 2,
                                                                   .scale = 1000 });

    metric_observe(h, 1, 10);
    metric_observe(h, 1, 11);
    metric_observe(h, 1, 100);
    metric_observe(h, 1, 2000);
    assert_written(m, "# HELP h_seconds H.\n# TYPE h_seconds histogram\n"
                      "h_seconds_bucket{colour=\"green\",le=\"0.01\"} 1\n"
                      "h_seconds_bucket{colour=\"green\",le=\"0.1\"} 3\n"
                      "h_seconds_bucket{colour=\"green\",le=\"+Inf\"} 4\n"
                      "h_seconds_sum{colour=\"green\"} 2.121\n"
                      "h_seconds_count{colour=\"green\"} 4\n");
    metrics_free(m);
}

static void collect(void *arg, struct buf *out)
{
    text_gauge(out, "now", "N.", *(const double *)arg);
}

static void a_collector_is_asked_each_time(void **state)
{
    (void)state;
    struct metrics *const m = metrics_new();
    double value = 1;

    metrics_add_collector(m, collect, &value);
    assert_written(m, "# HELP now N.\n# TYPE now gauge\nnow 1\n");
    value = 2;
    assert_written(m, "# HELP now N.\n# TYPE now gauge\nnow 2\n");
    metrics_free(m);
}

static void without_a_registry_nothing_is_counted(void **state)
{
    (void)state;
    struct metric *const none = add_things(NULL, false);

    assert_null(none);
    assert_null(metric_cell(none, metric_row(none, (const size_t[]){ 1, 1 })));
    cell_add(NULL, 1);
    cell_set(NULL, 1);
    metric_observe(none, 3, 1);
    metrics_add_collector(NULL, collect, NULL);
    metrics_free(NULL);
}

enum { THREADS = 4, EACH = 20000 };

static void *count(void *arg)
{
    struct metric *const *const both = arg;

    for (unsigned i = 0; i < EACH; i++) {
        cell_add(metric_cell(both[0], 2), 1);
        metric_observe(both[1], 0, i % 200);
    }
    return NULL;
}

static void threads_count_together_while_it_is_written(void **state)
{
    (void)state;
    struct metrics *const m = metrics_new();
    struct metric *both[] = {
        add_things(m, true),
        metrics_add(m, &(struct metric_spec){ "h", "H.", METRIC_HISTOGRAM, .bounds = BOUNDS,
                                              .bound_count = 2 }),
    };
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, both), 0);
    for (unsigned i = 0; i < 50; i++) {
        auto_buf out = { 0 };
        metrics_write(m, &out);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_written(m, "# HELP things_total Things.\n# TYPE things_total counter\n"
                      "things_total{colour=\"red\",size=\"l\"} 80000\n"
                      "# HELP h H.\n# TYPE h histogram\n"
                      "h_bucket{le=\"0.01\"} 4400\nh_bucket{le=\"0.1\"} 40400\n"
                      "h_bucket{le=\"+Inf\"} 80000\nh_sum 7960000\nh_count 80000\n");
    metrics_free(m);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_combination_of_labels_is_a_series_from_the_start),
    cmocka_unit_test(a_family_may_show_only_what_was_used),
    cmocka_unit_test(a_gauge_rises_falls_and_is_set),
    cmocka_unit_test(buckets_of_a_histogram_add_up),
    cmocka_unit_test(a_collector_is_asked_each_time),
    cmocka_unit_test(without_a_registry_nothing_is_counted),
    cmocka_unit_test(threads_count_together_while_it_is_written),
};
TEST_MAIN(tests)
