/* SPDX-License-Identifier: Apache-2.0 */
#include "http/server.h"

#include <assert.h>

#include "http/internal.h"

struct http_server *http_server_new(enum http_version version, const struct http_limits *limits,
                                    const struct http_server_events *events)
{
    assert(limits->header_bytes > 0 && limits->header_count > 0 && limits->body_bytes > 0 &&
           limits->streams > 0 && version != HTTP_VERSION_NONE);
    struct http_server *const server = version == HTTP_2 ? http2_new(limits) : http1_new();
    server->limits = *limits;
    server->events = *events;
    return server;
}

bool http_server_feed(struct http_server *server, struct bytes in, struct err *err)
{
    return server->ops->feed(server, in, err);
}

void http_server_respond(struct http_server *server, uint64_t exchange,
                         struct http_response *response)
{
    server->ops->respond(server, exchange, response);
    http_response_clear(response);
}

void http_server_drain(struct http_server *server, struct buf *out, size_t max)
{
    server->ops->drain(server, out, max);
}

void http_server_shutdown(struct http_server *server)
{
    server->ops->shutdown(server);
}

bool http_server_wants_close(const struct http_server *server)
{
    return server->ops->wants_close(server);
}

bool http_server_wants_bytes(const struct http_server *server)
{
    return server->ops->wants_bytes(server);
}

bool http_server_is_idle(const struct http_server *server)
{
    return server->ops->is_idle(server);
}

bool http_server_is_receiving(const struct http_server *server)
{
    return server->ops->receiving(server) != 0;
}

uint64_t http_server_receiving(const struct http_server *server)
{
    return server->ops->receiving(server);
}

void http_server_free(struct http_server *server)
{
    if (server != NULL)
        server->ops->free(server);
}

bool http_refuse(struct http_refusal *why, int status, const char *reason)
{
    *why = (struct http_refusal){ status, reason };
    return false;
}

struct http_response http_server_refusal(const struct http_server *server,
                                         const struct http_refusal *why)
{
    struct http_response response = { .status = why->status };

    if (server->events.on_refused != NULL)
        server->events.on_refused(server->events.arg, why->status, why->reason, &response);
    response.close = true;
    return response;
}

enum fail_kind http_refusal_kind(const struct http_refusal *why)
{
    return why->status == 413 || why->status == 414 || why->status == 431 ? FAIL_TOO_LARGE
                                                                          : FAIL_MALFORMED;
}

size_t http_server_head(const struct http_server *server, const struct http_request *request,
                        struct http_response *refusal)
{
    const size_t most = server->limits.body_bytes;

    if (server->events.on_head == NULL)
        return most;
    const size_t asked = server->events.on_head(server->events.arg, request, refusal);
    return asked < most ? asked : most;
}

bool http_status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

bool http_content_length(struct bytes value, uint64_t *length)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < value.len; i++) {
        const uint8_t c = value.at[i];
        if (c < '0' || c > '9')
            return false;
        if (__builtin_mul_overflow(sum, (uint64_t)10, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(c - '0'), &sum))
            sum = UINT64_MAX; /* stays there: times ten overflows again */
    }
    *length = sum;
    return value.len > 0;
}

bool http_expectation(const struct http_request *request, bool *wants_continue,
                      struct http_refusal *why)
{
    *wants_continue = false;
    for (size_t i = 0; i < request->field_count; i++) {
        if (!bytes_equal_string(bytes_of_string(request->fields[i].name), "expect"))
            continue;
        if (!bytes_equal_nocase(bytes_of_string(request->fields[i].value), "100-continue"))
            return http_refuse(why, 417, "only the expectation 100-continue is known");
        *wants_continue = true;
    }
    return true;
}
