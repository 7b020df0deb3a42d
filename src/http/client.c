/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client side of HTTP/2 (RFC 9113) on a session of nghttp2, which reads and writes frames,
 * checks messages (8.1 to 8.3), acknowledges SETTINGS and PING and gives windows back as data comes.
 * This file adds the one exchange and the limits on its response.
 *
 * Only the ssize_t calls of nghttp2 are used: 1.52 has no others, and 1.64 still has them.
 */
#include "http/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "http/http2_memory.h"
#include "http/internal.h"

enum {
    FIELD_OVERHEAD = 32,      /* what RFC 9113, 6.5.2 counts for a field besides its text */
    REQUEST_HEAD_MAX = 60000, /* bytes, so counted; nghttp2 sends no block above 64 KiB */
    OUTBOUND_ACKS = 100,      /* acknowledgements of PING and SETTINGS for one piece of input */
    OUTBOUND_MAX = 128 << 10, /* bytes of control frames that were not drained */
    PSEUDO_COUNT = 4,         /* :method, :scheme, :path, :authority */
    STATUS_FIRST = 100,
    STATUS_FIRST_FINAL = 200,
};

struct http_client {
    nghttp2_session *session;
    struct http_limits limits;
    struct http_queue control; /* frames that nghttp2 had ready when bytes were fed */
    bool shut_down;
    bool over;
    struct err broken; /* why it is over */

    /* The exchange. */
    int32_t stream; /* 0: nothing was asked yet */
    bool asked;     /* and not yet taken */
    bool head_sent;
    enum http_outcome outcome;
    uint32_t reset_code;
    struct buf body; /* of the request */
    size_t sent;     /* of it */
    struct http_response response;
    bool has_head; /* the final status has come: fields that come now are trailers */
    size_t header_bytes, header_count;
};

static void end(struct http_client *c, enum fail_kind kind, const char *why)
{
    if (c->over)
        return;
    c->over = true;
    (void)err_set(&c->broken, kind, "HTTP/2: %s", why);
}

/* What is left of the answer is not worth receiving. */
static void end_too_large(struct http_client *c, const char *why)
{
    end(c, FAIL_TOO_LARGE, why);
    (void)nghttp2_session_terminate_session(c->session, NGHTTP2_NO_ERROR);
}

/* Does this belong to the response that is being waited for? */
static bool is_ours(const struct http_client *c, int32_t id)
{
    return !c->over && c->asked && c->outcome == HTTP_WAITING && id == c->stream;
}

static int status_of(struct bytes value)
{
    int status = 0;

    for (size_t i = 0; i < value.len; i++) /* nghttp2 has seen that there are three digits */
        status = status * 10 + (value.at[i] - '0');
    return status;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct http_client *const c = user;
    struct http_response *const response = &c->response;
    const size_t size = name_len + value_len + FIELD_OVERHEAD;

    (void)session;
    (void)flags;
    if (frame->hd.type != NGHTTP2_HEADERS || !is_ours(c, frame->hd.stream_id))
        return 0;
    if (size > c->limits.header_bytes - c->header_bytes ||
        c->header_count == c->limits.header_count) {
        end_too_large(c, "response header too large");
        return 0;
    }
    c->header_bytes += size;
    c->header_count++;
    if (bytes_equal_string(bytes_of(name, name_len), ":status"))
        response->status = status_of(bytes_of(value, value_len));
    else if (c->has_head)
        http_fields_add(&response->trailers, &response->trailer_count, bytes_of(name, name_len),
                        bytes_of(value, value_len));
    else
        http_fields_add(&response->fields, &response->field_count, bytes_of(name, name_len),
                        bytes_of(value, value_len));
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *user)
{
    struct http_client *const c = user;

    (void)session;
    (void)flags;
    if (!is_ours(c, id))
        return 0;
    if (len > c->limits.body_bytes - c->response.body.len)
        end_too_large(c, "response body too large");
    else
        buf_add(&c->response.body, bytes_of(data, len));
    return 0;
}

/* False for a number that is no status (RFC 9110, 15), which nghttp2 lets pass. */
static bool finish_head(struct http_client *c)
{
    if (!c->has_head && c->response.status < STATUS_FIRST) {
        (void)nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, c->stream,
                                        NGHTTP2_PROTOCOL_ERROR);
        return false;
    }
    c->has_head = c->has_head || c->response.status >= STATUS_FIRST_FINAL;
    if (!c->has_head)
        http_response_clear(&c->response); /* 1xx: the final one is still to come */
    return true;
}

static void complete(struct http_client *c)
{
    c->outcome = HTTP_ANSWERED;
    /* The answer came before all of the request was sent, so nobody waits for the rest. */
    if (nghttp2_session_get_stream_local_close(c->session, c->stream) == 0)
        (void)nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, c->stream, NGHTTP2_NO_ERROR);
}

/* RFC 9113, 6.8: streams above the last one are not served; after an error none is, because the
 * connection closes at once (5.4.1). */
static void on_goaway(struct http_client *c, const nghttp2_goaway *goaway)
{
    if (!is_ours(c, c->stream))
        return;
    if (c->stream > goaway->last_stream_id || !c->head_sent)
        end(c, FAIL_UNAVAILABLE, "the server closes and does not serve the request");
    else if (goaway->error_code != NGHTTP2_NO_ERROR)
        end(c, FAIL_MALFORMED, nghttp2_http2_strerror(goaway->error_code));
}

/* A whole frame has come and was found well-formed; HEADERS with its CONTINUATIONs. */
static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct http_client *const c = user;
    const uint8_t type = frame->hd.type;

    (void)session;
    if (type == NGHTTP2_GOAWAY)
        on_goaway(c, &frame->goaway);
    if ((type != NGHTTP2_HEADERS && type != NGHTTP2_DATA) || !is_ours(c, frame->hd.stream_id))
        return 0;
    if (type == NGHTTP2_HEADERS && !finish_head(c))
        return 0;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        complete(c);
    return 0;
}

/* What nghttp2 finds wrong with a response or a connection it says to the server, and so to us. */
static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct http_client *const c = user;

    (void)session;
    if (frame->hd.type == NGHTTP2_HEADERS)
        c->head_sent = true;
    else if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
        end(c, FAIL_MALFORMED, nghttp2_http2_strerror(frame->goaway.error_code));
    else if (frame->hd.type == NGHTTP2_RST_STREAM && is_ours(c, frame->hd.stream_id))
        end(c, FAIL_MALFORMED, "malformed response");
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
    struct http_client *const c = user;

    (void)session;
    if (is_ours(c, id)) {
        c->outcome = HTTP_RESET;
        c->reset_code = code;
    }
    if (id == c->stream)
        buf_clear(&c->body);
    return 0;
}

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *callbacks = NULL;

    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        abort();
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    return callbacks;
}

static nghttp2_option *make_options(void)
{
    nghttp2_option *option = NULL;

    if (nghttp2_option_new(&option) != 0)
        abort();
    nghttp2_option_set_max_outbound_ack(option, OUTBOUND_ACKS);
    /* A server that pushes before it has read our SETTINGS gets nothing kept for it. */
    nghttp2_option_set_max_reserved_remote_streams(option, 0);
    return option;
}

static void submit_settings(nghttp2_session *session, const struct http_limits *limits)
{
    const size_t header_bytes = limits->header_bytes;
    const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
          header_bytes < INT32_MAX ? (uint32_t)header_bytes : INT32_MAX },
    };

    if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, COUNT_OF(settings)) != 0)
        abort();
}

struct http_client *http_client_new(const struct http_limits *limits)
{
    assert(limits->header_bytes > 0 && limits->header_count > 0 && limits->body_bytes > 0);
    struct http_client *const c = mem_zero_alloc(1, sizeof(*c));
    nghttp2_session_callbacks *const callbacks = make_callbacks();
    nghttp2_option *const option = make_options();
    nghttp2_mem memory = http2_memory;

    c->limits = *limits;
    if (nghttp2_session_client_new3(&c->session, callbacks, c, option, &memory) != 0)
        abort();
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    submit_settings(c->session, limits);
    return c;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *at, size_t max,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct http_client *const c = source->ptr;
    const size_t left = c->body.len - c->sent;
    const size_t len = left < max ? left : max;

    (void)session;
    (void)user;
    assert(id == c->stream); /* an answered one was reset before the next request */
    memcpy(at, c->body.at + c->sent, len);
    c->sent += len;
    if (c->sent == c->body.len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)len;
}

/* nghttp2 copies name and value and does not write to them; its type is only older than const. */
static nghttp2_nv pair(const char *name, const char *value)
{
    return (nghttp2_nv){ (uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                         strlen(value), NGHTTP2_NV_FLAG_NONE };
}

/* A negative number of nghttp2 when it refuses; 0 when the fields are too large to send. */
static int32_t submit(struct http_client *c, const struct http_client_request *request)
{
    const size_t count = PSEUDO_COUNT + request->field_count;
    nghttp2_data_provider provider = { .source.ptr = c, .read_callback = read_body };
    nghttp2_nv *const pairs = mem_zero_alloc(count, sizeof(*pairs));
    size_t size = 0;
    int32_t id = 0;

    pairs[0] = pair(":method", request->method);
    pairs[1] = pair(":scheme", "https");
    pairs[2] = pair(":path", request->path);
    pairs[3] = pair(":authority", request->authority);
    for (size_t i = 0; i < request->field_count; i++)
        pairs[PSEUDO_COUNT + i] = pair(request->fields[i].name, request->fields[i].value);
    for (size_t i = 0; i < count; i++)
        size += pairs[i].namelen + pairs[i].valuelen + FIELD_OVERHEAD;
    if (size <= REQUEST_HEAD_MAX)
        id = nghttp2_submit_request(c->session, NULL, pairs, count,
                                    c->body.len > 0 ? &provider : NULL, NULL);
    free(pairs);
    return id;
}

bool http_client_send(struct http_client *c, const struct http_client_request *request,
                      struct err *err)
{
    if (c->asked)
        return err_set(err, FAIL_STATE, "HTTP/2: a request is under way");
    if (c->over || c->shut_down || nghttp2_session_check_request_allowed(c->session) == 0)
        return err_set(err, FAIL_STATE, "HTTP/2: the connection takes no more requests");
    buf_clear(&c->body);
    buf_add(&c->body, request->body);
    const int32_t id = submit(c, request);
    if (id == 0)
        return err_set(err, FAIL_TOO_LARGE, "HTTP/2: the fields of the request are too large");
    if (id < 0)
        return err_set(err, FAIL_INTERNAL, "HTTP/2: request: %s", nghttp2_strerror(id));
    c->stream = id;
    c->asked = true;
    c->head_sent = false;
    c->outcome = HTTP_WAITING;
    c->sent = 0;
    c->has_head = false;
    c->header_bytes = 0;
    c->header_count = 0;
    return true;
}

/* Appends what nghttp2 has ready next; false when there is nothing. */
static bool take_frame(struct http_client *c, struct bytes *frame)
{
    const uint8_t *at = NULL;
    const ssize_t len = nghttp2_session_mem_send(c->session, &at);

    if (len < 0)
        end(c, FAIL_INTERNAL, nghttp2_strerror((int)len));
    *frame = bytes_of(at, len > 0 ? (size_t)len : 0);
    return len > 0;
}

/*
 * So that on_frame_send learns at once what nghttp2 has found, and not only when somebody drains. The
 * body of the request is not counted by nghttp2 and stays where it is.
 */
static void take_control_frames(struct http_client *c)
{
    struct bytes frame;

    while (nghttp2_session_get_outbound_queue_size(c->session) > 0 && take_frame(c, &frame))
        http_queue_add(&c->control, frame);
    if (http_queue_view(&c->control).len > OUTBOUND_MAX)
        end(c, FAIL_MALFORMED, "the server asks for more acknowledgements than it reads");
}

bool http_client_feed(struct http_client *c, struct bytes in, struct err *err)
{
    if (!c->over && in.len > 0) {
        const ssize_t taken = nghttp2_session_mem_recv(c->session, in.at, in.len);
        if (taken < 0)
            end(c, FAIL_MALFORMED, nghttp2_strerror((int)taken));
        take_control_frames(c);
    }
    if (!c->over)
        return true;
    *err = c->broken;
    return false;
}

void http_client_drain(struct http_client *c, struct buf *out, size_t max)
{
    const struct bytes control = http_queue_view(&c->control);
    size_t drained = control.len < max ? control.len : max;
    struct bytes frame;

    buf_add(out, bytes_of(control.at, drained));
    http_queue_take(&c->control, drained);
    while (drained < max && take_frame(c, &frame)) {
        buf_add(out, frame);
        drained += frame.len;
    }
}

enum http_outcome http_client_take(struct http_client *c, struct http_response *response,
                                   uint32_t *reset_code)
{
    const enum http_outcome outcome = c->asked ? c->outcome : HTTP_WAITING;

    if (outcome == HTTP_WAITING)
        return outcome;
    c->asked = false;
    if (outcome == HTTP_RESET) {
        *reset_code = c->reset_code;
        http_response_clear(&c->response);
        return outcome;
    }
    *response = c->response;
    c->response = (struct http_response){ 0 };
    return outcome;
}

const char *http_field_value(const struct http_field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].value;
    }
    return NULL;
}

void http_client_shutdown(struct http_client *c)
{
    if (c->shut_down || c->over)
        return;
    c->shut_down = true;
    (void)nghttp2_submit_goaway(c->session, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, NULL, 0);
}

void http_client_free(struct http_client *c)
{
    if (c == NULL)
        return;
    nghttp2_session_del(c->session);
    http_queue_clear(&c->control);
    buf_clear(&c->body);
    http_response_clear(&c->response);
    free(c);
}
