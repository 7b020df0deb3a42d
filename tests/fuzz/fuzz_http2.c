/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/2: no request is beyond the limits, there are never more exchanges than streams, an
 * exchange ends once, and what is written stays in proportion to what was read. The first byte of
 * the input says how the rest is cut, whether the client's preface is put in front, and when
 * requests are answered.
 */
#include <stdlib.h>
#include <string.h>

#include "http/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct http_limits limits = {
    .header_bytes = 1000,
    .header_count = 10,
    .body_bytes = 3000,
    .streams = 4,
};

enum { WAITING_MAX = 4 };

struct run {
    struct http_server *server;
    bool waits;
    uint64_t waiting[WAITING_MAX];
    size_t waiting_count;
};

static void answer(struct run *run, uint64_t exchange)
{
    struct http_response response = { .status = 200, .content_type = "application/grpc" };

    buf_add_string(&response.body, "hello");
    if (exchange % 4 == 1)
        http_response_add_trailer(&response, "grpc-status", "0");
    http_server_respond(run->server, exchange, &response);
}

static void on_request(void *arg, uint64_t exchange, struct http_request *request)
{
    struct run *const run = arg;
    size_t size = strlen(request->method) + strlen(request->query) + strlen(request->path);

    for (size_t i = 0; i < request->field_count; i++)
        size += strlen(request->fields[i].name) + strlen(request->fields[i].value);
    if (size > limits.header_bytes || request->field_count > limits.header_count ||
        request->body.len > limits.body_bytes || run->waiting_count == WAITING_MAX)
        __builtin_trap();
    http_request_clear(request);
    if (run->waits)
        run->waiting[run->waiting_count++] = exchange;
    else
        answer(run, exchange);
}

static void on_abandoned(void *arg, uint64_t exchange)
{
    struct run *const run = arg;
    size_t at = 0;

    while (at < run->waiting_count && run->waiting[at] != exchange)
        at++;
    if (at == run->waiting_count)
        __builtin_trap();
    run->waiting[at] = run->waiting[--run->waiting_count];
}

static void converse(struct run *run, const uint8_t *data, size_t size, size_t piece)
{
    struct err err = { 0 };
    auto_buf out = { 0 };

    for (size_t at = 0; at < size;) {
        const size_t len = piece < size - at ? piece : size - at;
        if (!http_server_feed(run->server, bytes_of(data + at, len), &err))
            break;
        at += len;
        if (at % 3 != 0)
            http_server_drain(run->server, &out, 500);
        if (at % 5 == 0 && run->waiting_count > 0)
            answer(run, run->waiting[--run->waiting_count]);
    }
    for (size_t before = SIZE_MAX; before != out.len;) {
        before = out.len;
        http_server_drain(run->server, &out, 4096);
    }
    if (out.len > 100 * size + 1000)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bytes preface =
        BYTES_LITERAL("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
    struct run run = { 0 };
    const struct http_server_events events = { &run, on_request, on_abandoned, NULL, NULL };
    struct err err = { 0 };
    const uint8_t mode = size > 0 ? data[0] : 0;

    if (size == 0)
        return 0;
    run.waits = (mode & 2) != 0;
    run.server = http_server_new(HTTP_2, &limits, &events);
    if ((mode & 1) == 0 && !http_server_feed(run.server, preface, &err))
        __builtin_trap();
    converse(&run, data + 1, size - 1, (mode & 4) != 0 ? 1 + mode / 8u : size);
    if (http_server_is_receiving(run.server) && http_server_is_idle(run.server))
        __builtin_trap();
    http_server_free(run.server);
    return 0;
}
