/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/server.h"

#include <string.h>

/*
 * The other side of a codec under test: writes down what it is called with, one line for each
 * event, and answers at once or when the test says so.
 *
 *     1 GET /path?query host=example body=0
 *     refused 400 missing required Host header
 *     abandoned 3
 */
struct recorder {
    struct http_server *server;
    struct buf events;
    size_t requests;
    uint64_t last;      /* exchange */
    size_t body_limit;  /* 0: that of the connection */
    int head_refusal;   /* status with which every head is refused; 0: none is */
    bool waits;         /* requests stay unanswered */
    bool wants_to_know; /* what becomes of a response */
    bool keeps_body;    /* the body itself is written down */
};

static inline const char *recorder_text(struct recorder *r)
{
    buf_add_u8(&r->events, '\0');
    buf_truncate(&r->events, r->events.len - 1);
    return (const char *)r->events.at;
}

static inline void recorder_on_over(void *arg, bool left)
{
    buf_add_string(&((struct recorder *)arg)->events, left ? "left\n" : "never left\n");
}

static inline void recorder_answer(struct recorder *r, uint64_t exchange, const char *body)
{
    struct http_response response = { .status = 200, .content_type = "text/plain" };

    if (r->wants_to_know) {
        response.over = recorder_on_over;
        response.over_arg = r;
    }
    buf_add_string(&response.body, body);
    http_server_respond(r->server, exchange, &response);
}

static inline void recorder_on_request(void *arg, uint64_t exchange, struct http_request *request)
{
    struct recorder *const r = arg;
    const char *const host = http_request_field(request, "host");

    r->requests++;
    r->last = exchange;
    buf_add_format(&r->events, "%d %s %s?%s host=%s", (int)exchange, request->method, request->path,
                   request->query, host != NULL ? host : "(none)");
    if (r->keeps_body)
        buf_add_format(&r->events, " body=%.*s\n", (int)request->body.len,
                       request->body.len > 0 ? (const char *)request->body.at : "");
    else
        buf_add_format(&r->events, " body=%zu\n", request->body.len);
    http_request_clear(request);
    if (!r->waits)
        recorder_answer(r, exchange, "hello");
}

static inline void recorder_on_abandoned(void *arg, uint64_t exchange)
{
    struct recorder *const r = arg;

    buf_add_format(&r->events, "abandoned %d\n", (int)exchange);
}

static inline size_t recorder_on_head(void *arg, const struct http_request *request,
                                      struct http_response *refusal)
{
    const struct recorder *const r = arg;

    (void)request;
    refusal->status = r->head_refusal;
    return r->body_limit != 0 ? r->body_limit : SIZE_MAX;
}

static inline void recorder_on_refused(void *arg, int status, const char *reason,
                                       struct http_response *response)
{
    struct recorder *const r = arg;

    buf_add_format(&r->events, "refused %d %s\n", status, reason);
    response->content_type = "text/plain";
    buf_add_string(&response->body, reason);
}

static const struct http_limits recorder_limits = {
    .header_bytes = 4096,
    .header_count = 20,
    .body_bytes = 100000,
    .streams = 8,
};

static inline void recorder_open(struct recorder *r, enum http_version version)
{
    const struct http_server_events events = { r, recorder_on_request, recorder_on_abandoned,
                                               recorder_on_head, recorder_on_refused };

    r->server = http_server_new(version, &recorder_limits, &events);
}

/* Everything that is there for the client. */
static inline void recorder_drain(struct recorder *r, struct buf *out)
{
    size_t before;

    do {
        before = out->len;
        http_server_drain(r->server, out, 1000);
    } while (out->len > before);
}

static inline void recorder_close(struct recorder *r)
{
    http_server_free(r->server);
    r->server = NULL;
    buf_clear(&r->events);
}
