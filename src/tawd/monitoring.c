/* SPDX-License-Identifier: Apache-2.0 */
#include "tawd/monitoring.h"

#include "api/monitor.h"
#include "metrics/text.h"

#include <stdlib.h>
#include <string.h>

enum {
    CONNECTIONS = 32, /* each may wait for an answer of some MiB */
    CONNECTIONS_PER_SOURCE =
        8, /* so that nobody alone keeps the probes out, which would end the process */
    HEADER_BYTES = 8192,
    HEADER_FIELDS = 64,
    BODY_BYTES = 4096, /* of what is ignored */
    REQUEST_MS = 5000,
    RESPONSE_MS = 10000,
    IDLE_MS = 30000,
    DRAIN_MS = 500,
    LISTENERS = 3,
};

struct monitoring {
    const struct env *env;
    struct metrics *metrics;
    struct events *events;
    struct net_cells cells[LISTENERS];
    double started; /* seconds since 1970 */
    struct monitored_pool pools[MONITORED_POOLS];
    struct monitor *monitor; /* NULL before it listens */
    struct net *net;
};

static struct metric *add_for_listeners(struct metrics *metrics, const char *name,
                                        enum metric_type type, const char *help)
{
    static const char *const listeners[LISTENERS] = { "client", "marble", "monitoring" };

    return metrics_add(metrics, &(struct metric_spec){
                                    name, help, type, { { "listener", LISTENERS, listeners } } });
}

static void add_listeners(struct monitoring *m)
{
    struct metrics *const all = m->metrics;
    struct metric *const accepted = add_for_listeners(all, "taw_connections_total", METRIC_COUNTER,
                                                      "Connections that were accepted.");
    struct metric *const refused =
        add_for_listeners(all, "taw_connections_refused_total", METRIC_COUNTER,
                          "Connections that were closed at once, above a limit.");
    struct metric *const open =
        add_for_listeners(all, "taw_connections_open", METRIC_GAUGE, "Connections that are open.");
    struct metric *const in_flight = add_for_listeners(all, "taw_requests_in_flight", METRIC_GAUGE,
                                                       "Requests that wait for an answer.");
    struct metric *const failures =
        add_for_listeners(all, "taw_tls_handshake_failures_total", METRIC_COUNTER,
                          "TLS handshakes that failed or took too long.");
    struct metric *const malformed =
        add_for_listeners(all, "taw_requests_malformed_total", METRIC_COUNTER,
                          "Requests that were refused as no proper HTTP, or as too large.");

    for (size_t i = 0; i < LISTENERS; i++)
        m->cells[i] = (struct net_cells){
            .accepted = metric_cell(accepted, i),
            .refused = metric_cell(refused, i),
            .open = metric_cell(open, i),
            .in_flight = metric_cell(in_flight, i),
            .handshake_failures = metric_cell(failures, i),
            .malformed = metric_cell(malformed, i),
        };
}

static void collect(void *arg, struct buf *out)
{
    static const char name[] = "taw_pool_waiting";
    const struct monitoring *const m = arg;

    text_gauge(out, "taw_start_timestamp_seconds", "When this process started.", m->started);
    text_family(out, name, METRIC_GAUGE, "Requests that wait for a thread.");
    for (size_t i = 0; i < MONITORED_POOLS; i++) {
        const struct text_label label = { "pool", bytes_of_string(m->pools[i].name) };
        text_series(out, name, &label, 1);
        text_count(out, (int64_t)pool_waiting(m->pools[i].pool));
    }
}

struct monitoring *monitoring_new(const struct env *env)
{
    static const char *const version[] = { TAW_VERSION }, *const commit[] = { "" };
    struct monitoring *const m = mem_zero_alloc(1, sizeof *m);

    m->env = env;
    m->started = (double)env->now_ms(env->ctx) / 1000;
    m->metrics = metrics_new();
    m->events = events_new();
    (void)metrics_add(m->metrics, &(struct metric_spec){
                                      "coordinator_version_info",
                                      "Version of this Coordinator; always 0.",
                                      METRIC_GAUGE,
                                      { { "commit", 1, commit }, { "version", 1, version } } });
    add_listeners(m);
    return m;
}

struct metrics *monitoring_metrics(const struct monitoring *m)
{
    return m == NULL ? NULL : m->metrics;
}

struct events *monitoring_events(const struct monitoring *m)
{
    return m == NULL ? NULL : m->events;
}

struct net_cells monitoring_cells(const struct monitoring *m, enum monitored_listener listener)
{
    return m == NULL ? (struct net_cells){ 0 } : m->cells[listener];
}

void monitoring_add_pools(struct monitoring *m, const struct monitored_pool pools[static 2])
{
    memcpy(m->pools, pools, sizeof m->pools);
    metrics_add_collector(m->metrics, collect, m);
}

/* ---- the listener ---- */

static void respond(void *token, struct http_response *response)
{
    net_respond(token, response);
}

static void handle(void *arg, struct net_exchange *exchange, struct http_request *request)
{
    monitor_handle(arg, request, respond, exchange);
}

static void on_refused(void *arg, int status, const char *reason, struct http_response *response)
{
    (void)arg;
    monitor_refuse(status, reason, response);
}

bool monitoring_listen(struct monitoring *m, const char *address, struct core *core,
                       unsigned stuck_ms, struct err *err)
{
    uint16_t port = 0;

    m->monitor = monitor_new(&(struct monitor_config){ core, m->metrics, m->events, stuck_ms });
    const struct net_listener listener = {
        .address = address,
        .plain = true,
        .handler = handle,
        .on_refused = on_refused,
        .arg = m->monitor,
        .limits = { .http = { HEADER_BYTES, HEADER_FIELDS, BODY_BYTES, .streams = 1 },
                    .connections = CONNECTIONS,
                    .connections_per_source = CONNECTIONS_PER_SOURCE,
                    .handshake_ms = REQUEST_MS,
                    .request_ms = REQUEST_MS,
                    .response_ms = RESPONSE_MS,
                    .idle_ms = IDLE_MS },
        .cells = m->cells[MONITORED_MONITORING],
    };
    /* One loop: scrapes and probes wait for each other, and nobody else for them. */
    m->net = net_new(m->env, 1, err);
    if (m->net == NULL || !net_listen(m->net, &listener, &port, err) || !net_start(m->net, err))
        return err_in(err, "monitoring port");
    log_info(m->env->log, "Starting the monitoring port", LOG_TEXT("address", address),
             LOG_NUMBER("port", port));
    return true;
}

void monitoring_stopping(struct monitoring *m)
{
    if (m != NULL && m->monitor != NULL)
        monitor_stopping(m->monitor);
}

void monitoring_close(struct monitoring *m)
{
    if (m == NULL || m->net == NULL)
        return;
    (void)net_drain(m->net, DRAIN_MS);
    net_free(TAKE(m->net));
}

void monitoring_free(struct monitoring *m)
{
    if (m == NULL)
        return;
    monitor_free(m->monitor);
    events_free(m->events);
    metrics_free(m->metrics);
    free(m);
}
