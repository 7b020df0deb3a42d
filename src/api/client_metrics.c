/* SPDX-License-Identifier: Apache-2.0 */
#include "api/client_metrics.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What the original knows, in lower case; anything else is the last. */
static const char *const METHODS[] = { "get",     "put",    "head",  "post",  "delete", "connect",
                                       "options", "notify", "trace", "patch", "unknown" };
/* What the endpoints answer with; anything else is the last. */
static const char *const CODES[] = { "200", "307", "400", "401", "403", "404", "405", "409",  "410",
                                     "412", "413", "415", "429", "500", "501", "503", "other" };

static const struct metric_bound SECONDS[] = { /* microseconds */
                                               { 5000, "0.005" }, { 25000, "0.025" },
                                               { 100000, "0.1" }, { 500000, "0.5" },
                                               { 1000000, "1" },  { 2500000, "2.5" },
                                               { 5000000, "5" }
};
static const struct metric_bound BYTES[] = {
    { 100, "100" }, { 1000, "1000" }, { 2000, "2000" }, { 5000, "5000" }, { 10000, "10000" }
};

struct client_metrics {
    const char *const *paths;
    size_t path_count;
    struct metric *requests, *duration, *request_size, *response_size, *in_flight;
    struct metric_cell *busy;
};

#define NAME(rest) "server_client_api_http_" rest

static struct metric *add_sizes(struct metrics *metrics, const char *name, const char *help,
                                struct metric_label path)
{
    return metrics_add(metrics, &(struct metric_spec){ name,
                                                       help,
                                                       METRIC_HISTOGRAM,
                                                       { path },
                                                       .after_use = true,
                                                       .bounds = BYTES,
                                                       .bound_count = COUNT_OF(BYTES) });
}

struct client_metrics *client_metrics_new(struct metrics *metrics, const char *const *paths,
                                          size_t count)
{
    const struct metric_label path = { "path", count, paths },
                              method = { "method", COUNT_OF(METHODS), METHODS },
                              code = { "code", COUNT_OF(CODES), CODES };

    if (metrics == NULL)
        return NULL;
    struct client_metrics *const m = mem_zero_alloc(1, sizeof *m);
    m->paths = paths;
    m->path_count = count;
    m->requests = metrics_add(metrics, &(struct metric_spec){ NAME("request_total"),
                                                              "Requests to the client API.",
                                                              METRIC_COUNTER,
                                                              { code, method, path },
                                                              .after_use = true });
    m->duration =
        metrics_add(metrics, &(struct metric_spec){ NAME("request_duration_histogram_seconds"),
                                                    "Time from a complete request to its answer.",
                                                    METRIC_HISTOGRAM,
                                                    { method, path },
                                                    .after_use = true,
                                                    .bounds = SECONDS,
                                                    .bound_count = COUNT_OF(SECONDS),
                                                    .scale = 1000000 });
    m->request_size = add_sizes(metrics, NAME("request_size_histogram_bytes"),
                                "Bytes of requests: line, fields and body.", path);
    m->response_size = add_sizes(metrics, NAME("response_size_histogram_bytes"),
                                 "Bytes of the bodies of answers.", path);
    m->in_flight = metrics_add(metrics, &(struct metric_spec){ NAME("in_flight_requests"),
                                                               "Requests that wait for an answer.",
                                                               METRIC_GAUGE,
                                                               { path } });
    m->busy =
        metric_cell(metrics_add(metrics,
                                &(struct metric_spec){
                                    "taw_client_api_busy_total",
                                    "Requests answered with 503 because too many were waiting.",
                                    METRIC_COUNTER }),
                    0);
    return m;
}

void client_metrics_free(struct client_metrics *m)
{
    free(m);
}

void client_metrics_busy(struct client_metrics *m)
{
    if (m != NULL)
        cell_add(m->busy, 1);
}

/* ---- one request ---- */

struct measured {
    struct client_metrics *m;
    size_t path, method;
    uint64_t began; /* microseconds */
    api_respond *respond;
    void *token;
};

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static size_t method_of(const char *text)
{
    size_t i = 0;

    /* Methods are upper case (RFC 9110, 9.1); "Get" is another one, but the original lowers before it looks. */
    while (i + 1 < COUNT_OF(METHODS) && !bytes_equal_nocase(bytes_of_string(text), METHODS[i]))
        i++;
    return i;
}

/* A status has three digits (RFC 9110, 15). */
static size_t code_of(int status)
{
    const char text[] = { (char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10),
                          (char)('0' + status % 10), '\0' };
    size_t i = 0;

    while (i + 1 < COUNT_OF(CODES) && strcmp(CODES[i], text) != 0)
        i++;
    return i;
}

static uint64_t size_of(const struct http_request *request)
{
    uint64_t size = strlen(request->method) + strlen(request->path) + strlen(request->query) +
                    sizeof "HTTP/1.1" + request->body.len;

    for (size_t i = 0; i < request->field_count; i++)
        size += strlen(request->fields[i].name) + strlen(request->fields[i].value);
    return size;
}

static void respond_measured(void *token, struct http_response *response)
{
    struct measured *const r = token;
    struct client_metrics *const m = r->m;
    const size_t code = code_of(response->status);

    cell_add(metric_cell(m->in_flight, r->path), -1);
    cell_add(metric_cell(m->requests,
                         metric_row(m->requests, (const size_t[]){ code, r->method, r->path })),
             1);
    metric_observe(m->duration, metric_row(m->duration, (const size_t[]){ r->method, r->path }),
                   now_us() - r->began);
    metric_observe(m->response_size, r->path, response->body.len);
    r->respond(r->token, response);
    free(r);
}

void client_metrics_begin(struct client_metrics *m, const struct http_request *request,
                          api_respond **respond, void **token)
{
    size_t path = 0;

    while (m != NULL && path < m->path_count && strcmp(m->paths[path], request->path) != 0)
        path++;
    if (m == NULL || path == m->path_count)
        return;
    struct measured *const r = mem_alloc(sizeof *r);
    *r = (struct measured){ m, path, method_of(request->method), now_us(), *respond, *token };
    cell_add(metric_cell(m->in_flight, path), 1);
    metric_observe(m->request_size, path, size_of(request));
    *respond = respond_measured;
    *token = r;
}
