/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "api/monitor.h"
#include "client.h"
#include "scrape.h"

#include <pthread.h>

/* A client API that is counted, and the monitoring port beside it. */
struct scene {
    struct service service;
    struct metrics *metrics;
    struct events *events;
    struct monitor *monitor;
};

static void scene_begin(struct scene *s)
{
    world_begin(&s->service.world);
    s->metrics = s->service.world.metrics = metrics_new();
    service_start(&s->service, "a");
    s->events = events_new();
    api_measure(s->service.api, s->metrics);
    s->monitor = monitor_new(
        &(struct monitor_config){ s->service.machine.core, s->metrics, s->events, 200 });
}

static void scene_end(struct scene *s)
{
    monitor_free(s->monitor);
    service_end(&s->service);
    events_free(s->events);
    metrics_free(s->metrics);
}
#define auto_scene struct scene CLEANUP(scene_end)

static struct http_response ask(const struct scene *s, const char *method, const char *path)
{
    struct answer a = { .lock = PTHREAD_MUTEX_INITIALIZER, .there = PTHREAD_COND_INITIALIZER };
    struct http_request request = { .method = mem_string(method),
                                    .path = mem_string(path),
                                    .query = mem_string("") };

    monitor_handle(s->monitor, &request, take_answer, &a);
    assert_int_equal(a.times, 1);
    assert_null(request.method);
    buf_add_u8(&a.response.body, 0);
    return a.response;
}

static void assert_says(const struct scene *s, const char *path, int status, const char *text)
{
    auto_response r = ask(s, "GET", path);

    assert_int_equal(r.status, status);
    assert_string_equal(r.content_type, "text/plain; charset=utf-8");
    assert_string_equal(text_of(&r), text);
}

static void other_paths_are_not_there(void **state)
{
    (void)state;
    auto_scene s;
    static const char *const paths[] = { "/", "/metrics/", "/METRICS", "/metricsx", "/status" };

    scene_begin(&s);
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        assert_says(&s, paths[i], 404, "404 page not found\n");
}

static void metrics_and_events_take_any_method(void **state)
{
    (void)state;
    auto_scene s;
    static const char *const methods[] = { "GET", "POST", "DELETE", "ANYTHING" };

    scene_begin(&s);
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        auto_response metrics = ask(&s, methods[i], "/metrics");
        auto_response events = ask(&s, methods[i], "/events");
        assert_int_equal(metrics.status, 200);
        assert_string_equal(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
        assert_non_null(strstr(text_of(&metrics), "\ncoordinator_state 2\n"));
        assert_int_equal(events.status, 200);
        assert_string_equal(events.content_type, "application/json");
        assert_string_equal(text_of(&events), "null\n");
    }
    assert_line(s.metrics, "promhttp_metric_handler_requests_total{code=\"200\"} 4");
    assert_line(s.metrics, "promhttp_metric_handler_errors_total{cause=\"gathering\"} 0");
}

static void readiness_follows_the_phase_and_the_end(void **state)
{
    (void)state;
    auto_scene s;

    scene_begin(&s);
    assert_says(&s, "/healthz", 200, "ok\n");
    assert_says(&s, "/readyz", 503, "waiting for a manifest\n");
    set_any_manifest(&s.service.machine);
    assert_says(&s, "/readyz", 200, "ok\n");
    monitor_stopping(s.monitor);
    assert_says(&s, "/readyz", 503, "stopping\n");
    assert_says(&s, "/healthz", 200, "ok\n");
}

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
};

static bool wait_at_gate(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    struct gate *const g = arg;

    (void)now, (void)d;
    (void)pthread_mutex_lock(&g->lock);
    while (!g->open)
        (void)pthread_cond_wait(&g->changed, &g->lock);
    (void)pthread_mutex_unlock(&g->lock);
    return err_set(err, FAIL_STATE, "nothing to do");
}

static void ignore(void *arg, const struct err *err)
{
    (void)arg, (void)err;
}

static int health(const struct scene *s)
{
    auto_response r = ask(s, "GET", "/healthz");

    if (r.status != 200)
        assert_non_null(strstr(text_of(&r), "waiting for the disk"));
    return r.status;
}

static void a_writer_that_hangs_is_no_health(void **state)
{
    (void)state;
    auto_scene s;
    struct gate g = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    const struct timespec moment = { 0, 10000000 };
    unsigned waits = 0;

    scene_begin(&s);
    writer_submit(core_writer(s.service.machine.core),
                  &(struct commit){ wait_at_gate, ignore, &g });
    for (; health(&s) == 200 && waits < 1000; waits++)
        (void)nanosleep(&moment, NULL);
    assert_true(waits < 1000);
    (void)pthread_mutex_lock(&g.lock);
    g.open = true;
    (void)pthread_cond_signal(&g.changed);
    (void)pthread_mutex_unlock(&g.lock);
    for (waits = 0; health(&s) != 200 && waits < 1000; waits++)
        (void)nanosleep(&moment, NULL);
    assert_true(waits < 1000);
}

#define REQUESTS "server_client_api_http_request_total"

static void count_call(struct scene *s, const char *method, const char *target, int status)
{
    auto_response r = call(&s->service, method, target, BYTES_NONE);

    assert_int_equal(r.status, status);
}

static void requests_are_counted_only_for_paths_that_are_served(void **state)
{
    (void)state;
    auto_scene s;

    scene_begin(&s);
    count_call(&s, "GET", "/api/v2/status", 200);
    count_call(&s, "GET", "/api/v2/status?x=y", 200);
    count_call(&s, "DELETE", "/api/v2/status", 405);
    count_call(&s, "FROB", "/api/v2/status", 405);
    count_call(&s, "GET", "/api/v2/quote", 200); /* on the pool */
    count_call(&s, "GET", "/nope", 405);
    count_call(&s, "GET", "//status", 307);
    assert_line(s.metrics, REQUESTS "{code=\"200\",method=\"get\",path=\"/api/v2/status\"} 2");
    assert_line(s.metrics, REQUESTS "{code=\"405\",method=\"delete\",path=\"/api/v2/status\"} 1");
    assert_line(s.metrics, REQUESTS "{code=\"405\",method=\"unknown\",path=\"/api/v2/status\"} 1");
    assert_line(s.metrics, REQUESTS "{code=\"200\",method=\"get\",path=\"/api/v2/quote\"} 1");
    assert_int_equal(lines_beginning(s.metrics, REQUESTS "{"), 4);
    assert_line(s.metrics, "server_client_api_http_in_flight_requests{path=\"/api/v2/quote\"} 0");
    assert_line(
        s.metrics,
        "server_client_api_http_response_size_histogram_bytes_count{path=\"/api/v2/status\"} 4");
}

static void a_pool_that_is_full_counts_as_busy(void **state)
{
    (void)state;
    auto_scene s;

    scene_begin(&s);
    pool_set_limit(s.service.pool, 0);
    count_call(&s, "GET", "/api/v2/quote", 503);
    assert_line(s.metrics, "taw_client_api_busy_total 1");
    assert_line(s.metrics, REQUESTS "{code=\"503\",method=\"get\",path=\"/api/v2/quote\"} 1");
    assert_int_equal(pool_waiting(s.service.pool), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(other_paths_are_not_there),
    cmocka_unit_test(metrics_and_events_take_any_method),
    cmocka_unit_test(readiness_follows_the_phase_and_the_end),
    cmocka_unit_test(a_writer_that_hangs_is_no_health),
    cmocka_unit_test(requests_are_counted_only_for_paths_that_are_served),
    cmocka_unit_test(a_pool_that_is_full_counts_as_busy),
};
TEST_MAIN(tests)
