/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server side of HTTP/2 (RFC 9113) on a session of nghttp2, which reads and writes frames,
 * checks messages (8.1 to 8.3) and limits CONTINUATION, SETTINGS and PING floods. This file adds
 * the limits on sizes, the windows and the exchanges.
 *
 * Only the ssize_t calls of nghttp2 are used: 1.52 has no others, and 1.64 still has them.
 */
#include <stdlib.h>

#include "http/http2_memory.h"
#include "http/http2_stream.h"

enum {
    WINDOW = 65535,       /* RFC 9113, 6.9.2: the one that clients begin with */
    OUTBOUND_ACKS = 100,  /* unsent acknowledgements of PING and SETTINGS */
    OUTBOUND_SPARE = 200, /* unsent frames, besides four for each stream */
    RESET_BURST = 200,    /* CVE-2023-44487: resets that a client may send at once, */
    RESET_RATE = 20,      /* and then for each second */
};

#ifdef TAW_NGHTTP2_RESET_LIMIT
static void limit_resets(nghttp2_option *option)
{
    nghttp2_option_set_stream_reset_rate_limit(option, RESET_BURST, RESET_RATE);
}
#else
static void limit_resets(nghttp2_option *option)
{
    (void)option;
}
#endif

struct http2 {
    struct http_server base;
    nghttp2_session *session;
    struct http2_stream *oldest, *newest;
    /*
     * The one stream that may send more than its first window until it is closed: so a
     * connection never holds more than one large body, and a client cannot block itself, because
     * the window of the connection is always given back at once.
     */
    struct http2_stream *large;
    bool greeted; /* the client's preface has come, with its SETTINGS */
    bool feeding; /* nghttp2 is on the stack and must not be asked for bytes */
    bool shut_down;
    bool over;
    struct err broken; /* why it is over */
};

static struct http2 *http2_of(struct http_server *server)
{
    return (struct http2 *)server;
}

static void reset(struct http2 *h, int32_t id, uint32_t code)
{
    (void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, id, code);
}

static struct http2_stream *add_stream(struct http2 *h, int32_t id)
{
    struct http2_stream *const stream = mem_zero_alloc(1, sizeof(*stream));

    stream->id = id;
    stream->state = STREAM_RECEIVING;
    stream->previous = h->newest;
    if (h->newest != NULL)
        h->newest->next = stream;
    else
        h->oldest = stream;
    h->newest = stream;
    return stream;
}

static void remove_stream(struct http2 *h, struct http2_stream *stream)
{
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        h->oldest = stream->next;
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
    else
        h->newest = stream->previous;
    http2_stream_free(stream);
}

static size_t first_window(const struct http_limits *limits)
{
    return limits->body_bytes < WINDOW ? limits->body_bytes : WINDOW;
}

/* The client may send as much again as it has sent. */
static void give_window(struct http2 *h, struct http2_stream *stream)
{
    (void)nghttp2_session_consume_stream(h->session, stream->id, stream->unread_window);
    stream->unread_window = 0;
}

/* Half of its first window is used up: what small requests never need stays ungiven. */
static bool wants_window(const struct http2 *h, const struct http2_stream *stream)
{
    return stream->state == STREAM_RECEIVING &&
           stream->unread_window >= first_window(&h->base.limits) / 2;
}

/* The next stream that waits for a window becomes the large one. */
static void release_large(struct http2 *h, const struct http2_stream *stream)
{
    if (h->large != stream)
        return;
    h->large = NULL;
    for (struct http2_stream *at = h->oldest; at != NULL && h->large == NULL; at = at->next) {
        if (at != stream && wants_window(h, at))
            h->large = at;
    }
    if (h->large != NULL)
        give_window(h, h->large);
}

static void submit(struct http2 *h, struct http2_stream *stream)
{
    stream->state = STREAM_ANSWERED;
    if (!http2_stream_submit(stream, h->session, http_date_text(&h->base.date, time(NULL))))
        reset(h, stream->id, NGHTTP2_INTERNAL_ERROR);
}

static bool is_head_request(const struct http_request *request)
{
    return request->method != NULL && bytes_equal_string(bytes_of_string(request->method), "HEAD");
}

static void refuse(struct http2 *h, struct http2_stream *stream)
{
    stream->is_head = is_head_request(&stream->request);
    http_request_clear(&stream->request);
    if (stream->response.status == 0)
        stream->response = http_server_refusal(&h->base, &stream->why);
    submit(h, stream);
}

static void deliver(struct http2 *h, struct http2_stream *stream)
{
    struct http_request request = stream->request;

    stream->is_head = is_head_request(&request);
    stream->request = (struct http_request){ 0 };
    stream->state = STREAM_IN_FLIGHT;
    h->base.events.on_request(h->base.events.arg, (uint64_t)stream->id, &request);
}

static void send_continue(struct http2 *h, int32_t id)
{
    static uint8_t name[] = ":status", value[] = "100";
    const nghttp2_nv status = { name, value, sizeof(name) - 1, sizeof(value) - 1,
                                NGHTTP2_NV_FLAG_NONE };

    (void)nghttp2_submit_headers(h->session, NGHTTP2_FLAG_NONE, id, NULL, &status, 1, NULL);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct http2_stream *const stream = add_stream(user, frame->hd.stream_id);
    return nghttp2_session_set_stream_user_data(session, stream->id, stream);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    const struct http2 *const h = user;
    struct http2_stream *const stream =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

    (void)flags;
    /* Trailers of requests mean nothing to us. */
    if (stream != NULL && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        http2_stream_add_field(stream, &h->base.limits, bytes_of(name, name_len),
                               bytes_of(value, value_len));
    return 0;
}

static void finish_head(struct http2 *h, struct http2_stream *stream, bool is_whole)
{
    bool wants_continue = false;

    if (!http2_stream_finish_head(stream, &h->base, &wants_continue))
        refuse(h, stream);
    else if (wants_continue && !is_whole)
        send_continue(h, stream->id);
}

/* HEADERS with its CONTINUATIONs, or the end of DATA, has come and was found well-formed. */
static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct http2 *const h = user;
    const bool is_headers = frame->hd.type == NGHTTP2_HEADERS;
    const bool is_whole = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;

    h->greeted = true;
    if (!is_headers && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct http2_stream *const stream =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (stream == NULL)
        return 0;
    if (is_headers && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        finish_head(h, stream, is_whole);
    if (is_whole && stream->state == STREAM_RECEIVING)
        deliver(h, stream);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *user)
{
    struct http2 *const h = user;
    struct http2_stream *const stream = nghttp2_session_get_stream_user_data(session, id);

    (void)flags;
    (void)nghttp2_session_consume_connection(session, len);
    if (stream == NULL || stream->state != STREAM_RECEIVING)
        return 0;
    if (len > stream->body_limit - stream->request.body.len) {
        (void)http_refuse(&stream->why, 413, "request body too large");
        refuse(h, stream);
        return 0;
    }
    buf_add(&stream->request.body, bytes_of(data, len));
    stream->unread_window += len;
    if (h->large == NULL && wants_window(h, stream))
        h->large = stream;
    if (h->large == stream)
        give_window(h, stream);
    return 0;
}

static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct http2 *const h = user;
    const int32_t id = frame->hd.stream_id;

    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
        h->over = true;
        (void)err_set(&h->broken, FAIL_MALFORMED, "HTTP/2: connection error %s",
                      nghttp2_http2_strerror(frame->goaway.error_code));
    }
    /* An early answer: the client need not send the rest (RFC 9113, 8.1). */
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
        nghttp2_session_get_stream_remote_close(session, id) == 0)
        reset(h, id, NGHTTP2_NO_ERROR);
    return 0;
}

/* A response that cannot leave, for one because its fields are too large. */
static int on_frame_not_send(nghttp2_session *session, const nghttp2_frame *frame, int lib_error,
                             void *user)
{
    (void)session;
    (void)lib_error;
    if (frame->hd.type == NGHTTP2_HEADERS)
        reset(user, frame->hd.stream_id, NGHTTP2_INTERNAL_ERROR);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
    struct http2 *const h = user;
    struct http2_stream *const stream = nghttp2_session_get_stream_user_data(session, id);

    (void)code;
    if (stream == NULL)
        return 0;
    const bool abandoned = stream->state == STREAM_IN_FLIGHT;
    release_large(h, stream);
    remove_stream(h, stream);
    (void)nghttp2_session_set_stream_user_data(session, id, NULL);
    if (abandoned && h->base.events.on_abandoned != NULL)
        h->base.events.on_abandoned(h->base.events.arg, (uint64_t)id);
    return 0;
}

static bool end(struct http2 *h, enum fail_kind kind, const char *why)
{
    h->over = true;
    return err_set(&h->broken, kind, "HTTP/2: %s", why);
}

static bool http2_feed(struct http_server *server, struct bytes in, struct err *err)
{
    struct http2 *const h = http2_of(server);

    if (!h->over && in.len > 0) {
        h->feeding = true;
        const ssize_t taken = nghttp2_session_mem_recv(h->session, in.at, in.len);
        h->feeding = false;
        if (taken < 0)
            (void)end(h, FAIL_MALFORMED, nghttp2_strerror((int)taken));
        else if (nghttp2_session_get_outbound_queue_size(h->session) >
                 OUTBOUND_SPARE + 4 * h->base.limits.streams)
            (void)end(h, FAIL_TOO_LARGE, "the client does not read our answers");
    }
    if (!h->over)
        return true;
    *err = h->broken;
    return false;
}

static void http2_respond(struct http_server *server, uint64_t exchange,
                          struct http_response *response)
{
    struct http2 *const h = http2_of(server);

    if (h->over || exchange == 0 || exchange > INT32_MAX)
        return;
    struct http2_stream *const stream =
        nghttp2_session_get_stream_user_data(h->session, (int32_t)exchange);
    if (stream == NULL || stream->state != STREAM_IN_FLIGHT)
        return;
    stream->response = *response;
    *response = (struct http_response){ 0 };
    submit(h, stream);
    if (stream->response.close)
        http_server_shutdown(server);
}

static void http2_drain(struct http_server *server, struct buf *out, size_t max)
{
    struct http2 *const h = http2_of(server);
    const size_t before = out->len;

    while (!h->feeding && out->len - before < max) {
        const uint8_t *frame = NULL;
        const ssize_t len = nghttp2_session_mem_send(h->session, &frame);
        if (len < 0)
            (void)end(h, FAIL_INTERNAL, nghttp2_strerror((int)len));
        if (len <= 0)
            return;
        buf_add(out, bytes_of(frame, (size_t)len));
    }
}

static void http2_shutdown(struct http_server *server)
{
    struct http2 *const h = http2_of(server);

    if (h->shut_down || h->over)
        return;
    h->shut_down = true;
    (void)nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE,
                                nghttp2_session_get_last_proc_stream_id(h->session),
                                NGHTTP2_NO_ERROR, NULL, 0);
}

static bool http2_wants_bytes(const struct http_server *server)
{
    return !((const struct http2 *)server)->over;
}

static bool http2_wants_close(const struct http_server *server)
{
    const struct http2 *const h = (const struct http2 *)server;

    return h->over || (h->shut_down && h->oldest == NULL) ||
           nghttp2_session_want_read(h->session) == 0;
}

static bool http2_is_idle(const struct http_server *server)
{
    const struct http2 *const h = (const struct http2 *)server;

    /* A stream whose response the client's flow control holds back is still there. */
    return h->greeted && h->oldest == NULL;
}

static uint64_t http2_receiving(const struct http_server *server)
{
    const struct http2 *const h = (const struct http2 *)server;
    const struct http2_stream *at = h->oldest;

    if (!h->greeted)
        return UINT64_MAX; /* the preface counts as a part of the first request */
    while (at != NULL && at->state != STREAM_RECEIVING)
        at = at->next;
    return at != NULL ? (uint64_t)at->id : 0;
}

static void http2_free(struct http_server *server)
{
    struct http2 *const h = http2_of(server);

    nghttp2_session_del(h->session);
    while (h->oldest != NULL)
        remove_stream(h, h->oldest);
    free(h);
}

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *callbacks = NULL;

    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        abort();
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_frame_not_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    return callbacks;
}

static nghttp2_option *make_options(void)
{
    nghttp2_option *option = NULL;

    if (nghttp2_option_new(&option) != 0)
        abort();
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_outbound_ack(option, OUTBOUND_ACKS);
    limit_resets(option);
    return option;
}

static uint32_t setting(size_t value)
{
    return value < INT32_MAX ? (uint32_t)value : INT32_MAX;
}

static void submit_settings(nghttp2_session *session, const struct http_limits *limits)
{
    const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, setting(limits->streams) },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, setting(first_window(limits)) },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, setting(limits->header_bytes) },
        { NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
    };

    if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, COUNT_OF(settings)) != 0)
        abort();
}

struct http_server *http2_new(const struct http_limits *limits)
{
    static const struct http_server_ops ops = {
        .feed = http2_feed,
        .respond = http2_respond,
        .drain = http2_drain,
        .shutdown = http2_shutdown,
        .wants_bytes = http2_wants_bytes,
        .wants_close = http2_wants_close,
        .is_idle = http2_is_idle,
        .receiving = http2_receiving,
        .free = http2_free,
    };
    struct http2 *const h = mem_zero_alloc(1, sizeof(*h));
    nghttp2_session_callbacks *const callbacks = make_callbacks();
    nghttp2_option *const option = make_options();
    nghttp2_mem memory = http2_memory;

    h->base.ops = &ops;
    if (nghttp2_session_server_new3(&h->session, callbacks, h, option, &memory) != 0)
        abort();
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    submit_settings(h->session, limits);
    return &h->base;
}
