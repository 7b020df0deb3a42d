/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/2 from a false server: no response is beyond the limits, each request ends at most once, what
 * is over stays over, and what is written stays in proportion to what was read. The first byte of the
 * input says how the rest is cut, whether SETTINGS are put in front, and how large the request is.
 */
#include <string.h>

#include "http/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct http_limits limits = {
    .header_bytes = 1000,
    .header_count = 10,
    .body_bytes = 3000,
};

enum { LARGE_BODY = 100000 };

static bool ask(struct http_client *client, size_t body_len)
{
    struct http_client_request request = { .method = "POST", .path = "/a", .authority = "b" };
    struct err err = { 0 };
    auto_buf body = { 0 };

    if (body_len > 0)
        memset(buf_grow(&body, body_len), 'b', body_len);
    request.body = buf_bytes(&body);
    const bool sent = http_client_send(client, &request, &err);
    if (!sent && err.kind != FAIL_STATE)
        __builtin_trap();
    return sent;
}

static size_t size_of(const struct http_field *fields, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += strlen(fields[i].name) + strlen(fields[i].value);
    return size;
}

/* True when the exchange has ended; asks anew then. */
static bool finish(struct http_client *client)
{
    struct http_response response = { 0 };
    uint32_t code = 0;
    const enum http_outcome outcome = http_client_take(client, &response, &code);
    const size_t size = size_of(response.fields, response.field_count) +
                        size_of(response.trailers, response.trailer_count);

    if (outcome == HTTP_ANSWERED && (response.status < 200 || response.status > 999))
        __builtin_trap();
    if (size > limits.header_bytes || response.body.len > limits.body_bytes ||
        response.field_count + response.trailer_count > limits.header_count)
        __builtin_trap();
    http_response_clear(&response);
    if (outcome != HTTP_WAITING && http_client_take(client, &response, &code) != HTTP_WAITING)
        __builtin_trap();
    return outcome != HTTP_WAITING;
}

/* The last step: whatever came, the client says the same from now on. */
static void check_over(struct http_client *client, const struct err *why)
{
    struct err again = { 0 };

    if (why->kind != FAIL_MALFORMED && why->kind != FAIL_TOO_LARGE && why->kind != FAIL_UNAVAILABLE)
        __builtin_trap();
    if (http_client_feed(client, BYTES_LITERAL("x"), &again) || again.kind != why->kind)
        __builtin_trap();
    (void)finish(client);
    if (ask(client, 0))
        __builtin_trap();
}

static size_t drain(struct http_client *client, size_t max)
{
    auto_buf out = { 0 };

    http_client_drain(client, &out, max);
    return out.len;
}

static void converse(struct http_client *client, struct bytes in, size_t piece, size_t body_len)
{
    struct err err = { 0 };
    size_t written = 0, requests = 1;

    if (!ask(client, body_len))
        __builtin_trap();
    for (size_t at = 0; at < in.len; at += piece) {
        const size_t len = piece < in.len - at ? piece : in.len - at;
        if (!http_client_feed(client, bytes_of(in.at + at, len), &err)) {
            check_over(client, &err);
            break;
        }
        if (at % 3 != 0)
            written += drain(client, 500);
        if (finish(client) && ask(client, body_len))
            requests++;
    }
    for (size_t more = 1; more > 0; written += more)
        more = drain(client, 4096);
    if (written > 100 * in.len + requests * (body_len + body_len / 100 + 500))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bytes settings = BYTES_LITERAL("\0\0\0\4\0\0\0\0\0");
    struct err err = { 0 };

    if (size == 0)
        return 0;
    const uint8_t mode = data[0];
    const struct bytes in = bytes_of(data + 1, size - 1);
    auto_http_client *client = http_client_new(&limits);
    if ((mode & 1) == 0 && !http_client_feed(client, settings, &err))
        __builtin_trap();
    converse(client, in, (mode & 4) != 0 ? 1 + mode / 8u : size,
             (mode & 2) != 0 ? LARGE_BODY : mode / 8u);
    if ((mode & 128) != 0) {
        http_client_shutdown(client);
        (void)drain(client, 4096);
    }
    return 0;
}
