/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1: what is accepted and refused, and what is answered, must not depend on how the bytes
 * were cut into pieces; and nothing that is accepted is beyond the limits.
 */
#include <stdlib.h>
#include <string.h>

#include "http/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct http_limits limits = {
    .header_bytes = 300,
    .header_count = 6,
    .body_bytes = 200,
    .streams = 1,
};

struct run {
    struct http_server *server;
    struct buf events;
};

static void on_request(void *arg, uint64_t exchange, struct http_request *request)
{
    struct run *const run = arg;
    struct http_response response = { .status = 200 };
    size_t size = strlen(request->method) + strlen(request->query);

    for (size_t i = 0; i < request->field_count; i++)
        size += strlen(request->fields[i].name) + strlen(request->fields[i].value);
    if (size > limits.header_bytes || request->field_count > limits.header_count ||
        request->body.len > limits.body_bytes || http_request_field(request, "x\n") != NULL)
        __builtin_trap();
    buf_add_format(&run->events, "%d %s %s?%s %zu ", (int)exchange, request->method, request->path,
                   request->query, request->field_count);
    buf_add(&run->events, buf_bytes(&request->body));
    http_request_clear(request);
    http_server_respond(run->server, exchange, &response);
}

static void on_refused(void *arg, int status, const char *reason, struct http_response *response)
{
    struct run *const run = arg;

    (void)response;
    buf_add_format(&run->events, "refused %d %s", status, reason);
}

/* Pieces of `piece` bytes; 0: as the bytes themselves say. */
static void converse(const uint8_t *data, size_t size, size_t piece, struct run *run)
{
    const struct http_server_events events = { run, on_request, NULL, NULL, on_refused };
    struct err err = { 0 };
    auto_buf out = { 0 };

    run->server = http_server_new(HTTP_1_1, &limits, &events);
    for (size_t at = 0; at < size;) {
        const size_t wish = piece > 0 ? piece : 1u + data[at] % 16u;
        const size_t len = wish < size - at ? wish : size - at;
        if (http_server_feed(run->server, bytes_of(data + at, len), &err) !=
            (err.kind == FAIL_NONE))
            __builtin_trap();
        at += len;
    }
    for (size_t before = SIZE_MAX; before != out.len;) {
        before = out.len;
        http_server_drain(run->server, &out, 4096);
    }
    if (out.len > 0 && memcmp(out.at, "HTTP/1.1 ", 9) != 0)
        __builtin_trap();
    buf_add_format(&run->events, "%d %d %d", http_server_wants_close(run->server),
                   http_server_is_idle(run->server), http_server_is_receiving(run->server));
    http_server_free(run->server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = { 1, 0 };
    struct run whole = { 0 };

    /* More would be refused as too much at once when it comes in one piece. */
    if (size > limits.header_bytes + limits.body_bytes)
        size = limits.header_bytes + limits.body_bytes;
    converse(data, size, size, &whole);
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        struct run cut = { 0 };
        converse(data, size, pieces[i], &cut);
        if (!bytes_equal(buf_bytes(&cut.events), buf_bytes(&whole.events)))
            __builtin_trap();
        buf_clear(&cut.events);
    }
    buf_clear(&whole.events);
    return 0;
}
