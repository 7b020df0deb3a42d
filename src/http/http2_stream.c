/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http2_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What RFC 9113, 6.5.2 counts for a field besides its text. */
enum { FIELD_OVERHEAD = 32 };

/* Host says the same as :authority or stands for it (RFC 9113, 8.3.1). */
static void add_host(struct http2_stream *stream, struct bytes value)
{
    if (stream->authority != NULL && !bytes_equal_string(value, stream->authority))
        (void)http_refuse(&stream->why, 400, "Host differs from the authority");
    if (http_request_field(&stream->request, "host") == NULL)
        http_fields_add(&stream->request.fields, &stream->request.field_count,
                        BYTES_LITERAL("host"), value);
}

static void replace_string(char **text, struct bytes value)
{
    free(*text);
    *text = bytes_to_string(value);
}

void http2_stream_add_field(struct http2_stream *stream, const struct http_limits *limits,
                            struct bytes name, struct bytes value)
{
    const size_t size = name.len + value.len + FIELD_OVERHEAD;

    if (stream->why.status == 0 && (size > limits->header_bytes - stream->head_bytes ||
                                    stream->head_count == limits->header_count))
        (void)http_refuse(&stream->why, 431, "request header too large");
    if (stream->why.status != 0)
        return;
    stream->head_bytes += size;
    stream->head_count++;
    if (bytes_equal_string(name, ":method")) {
        replace_string(&stream->request.method, value);
    } else if (bytes_equal_string(name, ":path")) {
        replace_string(&stream->target, value);
    } else if (bytes_equal_string(name, ":authority")) {
        replace_string(&stream->authority, value);
        add_host(stream, value);
    } else if (bytes_equal_string(name, "host")) {
        add_host(stream, value);
    } else if (name.len > 0 && name.at[0] != ':') {
        http_fields_add(&stream->request.fields, &stream->request.field_count, name, value);
    }
}

/* nghttp2 has checked that it is a number and there once. */
static bool announces_more_than(const struct http_request *request, size_t limit)
{
    const char *const text = http_request_field(request, "content-length");
    uint64_t length = 0;

    return text != NULL && http_content_length(bytes_of_string(text), &length) && length > limit;
}

bool http2_stream_finish_head(struct http2_stream *stream, const struct http_server *server,
                              bool *wants_continue)
{
    struct http_request *const request = &stream->request;
    const char *const target = stream->target;

    *wants_continue = false;
    if (stream->why.status != 0)
        return false;
    /* CONNECT has no path; it is for proxies. */
    if (request->method == NULL || target == NULL)
        return http_refuse(&stream->why, 400, "malformed request target");
    if ((target[0] != '/' && strcmp(target, "*") != 0) ||
        !http_target_set(request, bytes_of_string(target)))
        return http_refuse(&stream->why, 400, "malformed request target");
    stream->body_limit = http_server_head(server, request, &stream->response);
    if (stream->response.status != 0)
        return false;
    if (announces_more_than(request, stream->body_limit))
        return http_refuse(&stream->why, 413, "request body too large");
    return http_expectation(request, wants_continue, &stream->why);
}

/* nghttp2 copies name and value and does not write to them; its type is only older than const. */
static nghttp2_nv pair(const char *name, const char *value)
{
    return (nghttp2_nv){ (uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                         strlen(value), NGHTTP2_NV_FLAG_NONE };
}

static void submit_trailers(struct http2_stream *stream, nghttp2_session *session)
{
    const struct http_response *const response = &stream->response;
    nghttp2_nv *const pairs = mem_zero_alloc(response->trailer_count, sizeof(*pairs));

    for (size_t i = 0; i < response->trailer_count; i++)
        pairs[i] = pair(response->trailers[i].name, response->trailers[i].value);
    if (nghttp2_submit_trailer(session, stream->id, pairs, response->trailer_count) != 0)
        (void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id,
                                        NGHTTP2_INTERNAL_ERROR);
    free(pairs);
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *at, size_t max,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct http2_stream *const stream = source->ptr;
    const struct buf *const body = &stream->response.body;
    const size_t left = body->len - stream->sent;
    const size_t len = left < max ? left : max;

    (void)id;
    (void)user;
    stream->response.left = true;
    if (len > 0)
        memcpy(at, body->at + stream->sent, len);
    stream->sent += len;
    if (stream->sent < body->len)
        return (ssize_t)len;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->response.trailer_count > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        submit_trailers(stream, session);
    }
    return (ssize_t)len;
}

bool http2_stream_submit(struct http2_stream *stream, nghttp2_session *session, const char *date)
{
    const struct http_response *const response = &stream->response;
    const bool has_body = http_status_has_body(response->status);
    const bool has_data =
        has_body && !stream->is_head && (response->body.len > 0 || response->trailer_count > 0);
    nghttp2_data_provider provider = { .source.ptr = stream, .read_callback = read_body };
    nghttp2_nv *const pairs = mem_zero_alloc(4 + response->field_count, sizeof(*pairs));
    char status[16], length[24];
    size_t count = 0;

    (void)snprintf(status, sizeof(status), "%03d", response->status);
    (void)snprintf(length, sizeof(length), "%zu", response->body.len);
    pairs[count++] = pair(":status", status);
    if (response->content_type != NULL)
        pairs[count++] = pair("content-type", response->content_type);
    /* Without a body END_STREAM says it; with trailers DATA ends where they begin. */
    if (has_body && response->body.len > 0 && response->trailer_count == 0)
        pairs[count++] = pair("content-length", length);
    pairs[count++] = pair("date", date);
    for (size_t i = 0; i < response->field_count; i++)
        pairs[count++] = pair(response->fields[i].name, response->fields[i].value);
    const int rv =
        nghttp2_submit_response(session, stream->id, pairs, count, has_data ? &provider : NULL);
    free(pairs);
    return rv == 0;
}

void http2_stream_free(struct http2_stream *stream)
{
    http_request_clear(&stream->request);
    http_response_clear(&stream->response);
    free(stream->target);
    free(stream->authority);
    free(stream);
}
