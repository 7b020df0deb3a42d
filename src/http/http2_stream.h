/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <nghttp2/nghttp2.h>

#include "http/internal.h"

/*
 * One exchange of an HTTP/2 connection: the request as its fields and bytes arrive, then the
 * response as nghttp2 asks for it.
 */
enum http2_state {
    STREAM_NONE = 0,
    STREAM_RECEIVING,
    STREAM_IN_FLIGHT, /* the request is out, its response has not come */
    STREAM_ANSWERED,
};

struct http2_stream {
    struct http2_stream *next, *previous; /* in the order of their ids */
    int32_t id;
    enum http2_state state;
    struct http_request request;
    char *target;            /* :path as sent */
    char *authority;         /* :authority as sent */
    struct http_refusal why; /* found while the fields came; answered when they are complete */
    size_t head_bytes;
    size_t head_count;
    size_t body_limit;
    size_t unread_window; /* body bytes for which the client got no new window yet */
    bool is_head;         /* no body in the response, but the length that it would have */
    struct http_response response;
    size_t sent; /* bytes of response.body */
};

/* One field of the request head; what is beyond the limits is not kept but noted in ->why. */
void http2_stream_add_field(struct http2_stream *stream, const struct http_limits *limits,
                            struct bytes name, struct bytes value);
/* All fields are there. False: ->response refuses them, or ->why says what is wrong. */
bool http2_stream_finish_head(struct http2_stream *stream, const struct http_server *server,
                              bool *wants_continue) MUST_CHECK;
/* Submits stream->response. False when nghttp2 refuses it: reset the stream. */
bool http2_stream_submit(struct http2_stream *stream, nghttp2_session *session,
                         const char *date) MUST_CHECK;
/* Frees its members and itself; the caller has taken it out of its list. */
void http2_stream_free(struct http2_stream *stream);
