/* SPDX-License-Identifier: Apache-2.0 */
#include "api/monitor.h"

#include "api/internal.h"
#include "metrics/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum { SCRAPE_OK = 0 }; /* index in the codes below */

struct monitor {
    struct monitor_config config;
    atomic_bool stopping;
    struct metric_cell *scrapes, *in_flight;
};

/* Names, labels and first values of the original; gathering from memory does not fail. */
static void add_own_metrics(struct monitor *m)
{
    static const char *const codes[] = { "200", "500", "503" };
    static const char *const causes[] = { "encoding", "gathering" };
    struct metrics *const metrics = m->config.metrics;
    struct metric *const scrapes =
        metrics_add(metrics, &(struct metric_spec){ "promhttp_metric_handler_requests_total",
                                                    "Answers to /metrics.",
                                                    METRIC_COUNTER,
                                                    { { "code", COUNT_OF(codes), codes } } });
    struct metric *const in_flight = metrics_add(
        metrics, &(struct metric_spec){ "promhttp_metric_handler_requests_in_flight",
                                        "Answers to /metrics that are being made.", METRIC_GAUGE });

    (void)metrics_add(metrics, &(struct metric_spec){ "promhttp_metric_handler_errors_total",
                                                      "Answers to /metrics that failed.",
                                                      METRIC_COUNTER,
                                                      { { "cause", COUNT_OF(causes), causes } } });
    m->scrapes = metric_cell(scrapes, SCRAPE_OK);
    m->in_flight = metric_cell(in_flight, 0);
}

struct monitor *monitor_new(const struct monitor_config *config)
{
    struct monitor *const m = mem_zero_alloc(1, sizeof *m);

    m->config = *config;
    add_own_metrics(m);
    return m;
}

void monitor_free(struct monitor *m)
{
    free(m);
}

void monitor_stopping(struct monitor *m)
{
    atomic_store(&m->stopping, true);
}

void monitor_refuse(int status, const char *reason, struct http_response *response)
{
    reply_plain(response, status, reason);
}

/* ---- what is served ---- */

static void serve_metrics(struct monitor *m, struct http_response *response)
{
    response->status = 200;
    response->content_type = EXPOSITION_TYPE;
    cell_add(m->in_flight, 1);
    metrics_write(m->config.metrics, &response->body);
    cell_add(m->in_flight, -1);
    cell_add(m->scrapes, 1);
}

static void serve_events(struct monitor *m, struct http_response *response)
{
    response->status = 200;
    response->content_type = "application/json";
    events_write(m->config.events, &response->body);
    buf_add_u8(&response->body, '\n');
}

static void serve_health(struct monitor *m, struct http_response *response)
{
    const int64_t busy_ms = core_busy_ms(m->config.core);

    if (busy_ms <= (int64_t)m->config.stuck_ms) {
        reply_plain(response, 200, "ok");
        return;
    }
    auto_string *text =
        mem_printf("a change of the state has been waiting for the disk for %" PRId64 " seconds",
                   busy_ms / 1000);
    reply_plain(response, 503, text);
}

/* NULL: nothing is in the way. */
static const char *why_not_ready(struct monitor *m)
{
    auto_snapshot *now = core_snapshot(m->config.core);

    if (atomic_load(&m->stopping))
        return "stopping";
    switch (now->phase) {
    case PHASE_UNINITIALISED:
        break;
    case PHASE_RECOVERY:
        return "recovery mode: waiting for recovery secrets";
    case PHASE_ACCEPTING_MANIFEST:
        return "waiting for a manifest";
    case PHASE_ACCEPTING_MARBLES:
        return NULL;
    }
    return "not initialised";
}

static void serve_readiness(struct monitor *m, struct http_response *response)
{
    const char *const reason = why_not_ready(m);

    reply_plain(response, reason == NULL ? 200 : 503, reason == NULL ? "ok" : reason);
}

void monitor_handle(struct monitor *m, struct http_request *request, api_respond *respond,
                    void *token)
{
    static const struct {
        const char *path;
        void (*serve)(struct monitor *m, struct http_response *response);
    } served[] = {
        { "/metrics", serve_metrics },
        { "/events", serve_events },
        { "/healthz", serve_health },
        { "/readyz", serve_readiness },
    };
    struct http_response response = { 0 };

    for (size_t i = 0; i < COUNT_OF(served) && response.status == 0; i++) {
        if (strcmp(request->path, served[i].path) == 0)
            served[i].serve(m, &response);
    }
    if (response.status == 0)
        reply_plain(&response, 404, "404 page not found");
    http_request_clear(request);
    respond(token, &response);
}
