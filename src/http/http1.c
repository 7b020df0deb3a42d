/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server side of HTTP/1.1 (RFC 9112).
 *
 * It is our own because no parser that Debian 12 packages refuses all that RFC 9112 says to refuse:
 * their leniency is one half of a request smuggling pair.
 *
 * A request is read line by line in the order of `enum phase`; one is in flight at a time, what
 * comes behind it waits in `in`. What is accepted or refused never depends on how the bytes were
 * cut into pieces.
 */
#include <stdlib.h>
#include <string.h>

#include "http/http1_head.h"
#include "http/http1_write.h"

enum {
    /* No new request is begun while so many bytes of responses wait for the client to read. */
    OUT_HIGH_WATER = 64 * 1024,
    /* One line in front of a chunk: 16 digits and some extension. */
    CHUNK_LINE_MAX = 256,
};

enum phase {
    PHASE_NONE = 0,
    PHASE_REQUEST_LINE,
    PHASE_FIELDS,
    PHASE_BODY,
    PHASE_CHUNK_SIZE,
    PHASE_CHUNK_DATA,
    PHASE_CHUNK_END,
    PHASE_TRAILERS,
    PHASE_IN_FLIGHT, /* the request is out, its response has not come */
    PHASE_OVER,      /* nothing is read any more */
};

struct http1 {
    struct http_server base;
    enum phase phase;
    struct http_queue in;  /* what waits, at most an unfinished line except in flight */
    struct http_queue out; /* what the client did not read yet */
    size_t scanned;        /* bytes of the unfinished line known to have no LF */
    bool advancing;        /* advance() is on the stack: a response must not call it again */
    bool shut_down;        /* the response in flight is the last one */
    struct err broken;     /* why the connection is over; FAIL_NONE: it ended well */

    uint64_t exchange; /* of the request that is being received or in flight */
    struct http_request request;
    struct http1_framing framing;
    bool skipped_line;     /* the empty line before a request that RFC 9112, 2.2 allows */
    size_t head_bytes;     /* request line, fields, trailers, chunk extensions so far */
    size_t field_count;    /* fields and trailers so far */
    size_t body_limit;     /* of this request */
    uint64_t body_missing; /* of the body or the chunk */
};

static struct http1 *http1_of(struct http_server *server)
{
    return (struct http1 *)server;
}

static void begin_request(struct http1 *h)
{
    http_request_clear(&h->request);
    http1_framing_clear(&h->framing);
    h->phase = PHASE_REQUEST_LINE;
    h->exchange++;
    h->skipped_line = false;
    h->head_bytes = h->field_count = h->scanned = 0;
}

/* Nothing is read any more; what was read is forgotten. */
static void end(struct http1 *h)
{
    h->phase = PHASE_OVER;
    http_request_clear(&h->request);
    http_queue_clear(&h->in);
}

static void write_response(struct http1 *h, const struct http_response *response, bool close)
{
    const struct http1_answer answer = {
        .is_head = h->framing.is_head,
        .close = close,
        .keep_alive = !close && h->framing.is_1_0,
        .date = http_date_text(&h->base.date, time(NULL)),
    };
    http1_write(&h->out.buf, response, &answer);
}

/* The last answer of the connection. */
static bool refuse_by(struct http1 *h, struct http_response *response, enum fail_kind kind,
                      const char *reason)
{
    write_response(h, response, true);
    http_response_clear(response);
    end(h);
    return err_set(&h->broken, kind, "HTTP/1.1: %s", reason);
}

static bool refuse(struct http1 *h, const struct http_refusal *why)
{
    struct http_response response = http_server_refusal(&h->base, why);

    return refuse_by(h, &response, http_refusal_kind(why), why->reason);
}

static bool refuse_with(struct http1 *h, int status, const char *reason)
{
    return refuse(h, &(struct http_refusal){ status, reason });
}

enum line_state { LINE_NONE = 0, LINE_UNFINISHED, LINE_WHOLE, LINE_TOO_LONG, LINE_BARE_LF };

/* Takes one line of at most max bytes, CRLF included, off *in. */
static enum line_state take_line(struct http1 *h, struct bytes *in, size_t max, struct bytes *line)
{
    const uint8_t *const lf =
        in->len > h->scanned ? memchr(in->at + h->scanned, '\n', in->len - h->scanned) : NULL;
    const size_t len = lf != NULL ? (size_t)(lf - in->at) + 1 : in->len;

    if (len > max)
        return LINE_TOO_LONG;
    h->scanned = lf != NULL ? 0 : in->len;
    if (lf == NULL)
        return LINE_UNFINISHED;
    if (len < 2 || in->at[len - 2] != '\r')
        return LINE_BARE_LF;
    *line = bytes_of(in->at, len - 2);
    *in = bytes_of(in->at + len, in->len - len);
    return LINE_WHOLE;
}

/* A line of the head or the trailers: all count against header_bytes. True with a line; false when
 * there is none yet or the request was refused. */
static bool take_head_line(struct http1 *h, struct bytes *in, int too_long, struct bytes *line)
{
    const size_t left = h->base.limits.header_bytes - h->head_bytes;

    switch (take_line(h, in, left, line)) {
    case LINE_WHOLE:
        h->head_bytes += line->len + 2;
        return true;
    case LINE_TOO_LONG:
        return refuse_with(h, too_long,
                           too_long == 414 ? "request line too long" : "request header too large");
    case LINE_BARE_LF:
        return refuse_with(h, 400, "line does not end with CR LF");
    case LINE_UNFINISHED:
    case LINE_NONE:
        break;
    }
    return false;
}

static void deliver(struct http1 *h)
{
    struct http_request request = h->request;

    h->request = (struct http_request){ 0 };
    h->phase = PHASE_IN_FLIGHT;
    h->base.events.on_request(h->base.events.arg, h->exchange, &request);
}

static bool step_request_line(struct http1 *h, struct bytes *in)
{
    struct http_refusal why = { 0 };
    struct bytes line;

    if (!take_head_line(h, in, 414, &line))
        return false;
    if (line.len == 0 && !h->skipped_line) {
        h->skipped_line = true;
        return true;
    }
    if (!http1_parse_request_line(line, &h->request, &h->framing, &why))
        return refuse(h, &why);
    h->phase = PHASE_FIELDS;
    return true;
}

/* All fields are there: what follows? */
static bool finish_head(struct http1 *h)
{
    struct http_refusal why = { 0 };
    struct http_response refusal = { 0 };

    if (!http1_frame(&h->request, &h->framing, &why))
        return refuse(h, &why);
    h->body_limit = http_server_head(&h->base, &h->request, &refusal);
    if (refusal.status != 0)
        return refuse_by(h, &refusal, FAIL_MALFORMED, "the handler refused the head");
    if (h->framing.body_len > h->body_limit)
        return refuse_with(h, 413, "request body too large");
    if (h->framing.wants_continue && (h->framing.is_chunked || h->framing.body_len > 0))
        http_queue_add(&h->out, BYTES_LITERAL("HTTP/1.1 100 Continue\r\n\r\n"));
    h->body_missing = h->framing.body_len;
    if (h->framing.is_chunked)
        h->phase = PHASE_CHUNK_SIZE;
    else if (h->framing.body_len > 0)
        h->phase = PHASE_BODY;
    else
        deliver(h);
    return true;
}

/* Fields and trailers; trailers are checked like fields and dropped. */
static bool step_field(struct http1 *h, struct bytes *in, bool is_trailer)
{
    struct http_refusal why = { 0 };
    struct bytes line, name, value;

    if (!take_head_line(h, in, 431, &line))
        return false;
    if (line.len == 0 && !is_trailer)
        return finish_head(h);
    if (line.len == 0) {
        deliver(h);
        return true;
    }
    if (++h->field_count > h->base.limits.header_count)
        return refuse_with(h, 431, "too many header fields");
    if (!http1_parse_field(line, &name, &value, &why))
        return refuse(h, &why);
    if (!is_trailer)
        http_fields_add(&h->request.fields, &h->request.field_count, name, value);
    return true;
}

/* Moves what is there of the body or the chunk. */
static bool step_data(struct http1 *h, struct bytes *in)
{
    const size_t len = in->len < h->body_missing ? in->len : (size_t)h->body_missing;

    if (len == 0)
        return false;
    buf_add(&h->request.body, bytes_of(in->at, len));
    *in = bytes_of(in->at + len, in->len - len);
    h->body_missing -= len;
    if (h->body_missing == 0 && h->framing.is_chunked)
        h->phase = PHASE_CHUNK_END;
    else if (h->body_missing == 0)
        deliver(h);
    return true;
}

static bool step_chunk_size(struct http1 *h, struct bytes *in)
{
    struct http_refusal why = { 0 };
    struct bytes line;

    switch (take_line(h, in, CHUNK_LINE_MAX, &line)) {
    case LINE_WHOLE:
        break;
    case LINE_TOO_LONG:
        return refuse_with(h, 400, "chunk extension too long");
    case LINE_BARE_LF:
        return refuse_with(h, 400, "line does not end with CR LF");
    case LINE_UNFINISHED:
    case LINE_NONE:
        return false;
    }
    if (!http1_parse_chunk_size(line, &h->body_missing, &why))
        return refuse(h, &why);
    if (h->body_missing > h->body_limit - h->request.body.len)
        return refuse_with(h, 413, "request body too large");
    /* Many small chunks with long extensions are work without a request. */
    if (line.len > 16 && line.len - 16 > h->base.limits.header_bytes - h->head_bytes)
        return refuse_with(h, 431, "chunk extensions too large");
    h->head_bytes += line.len > 16 ? line.len - 16 : 0;
    h->phase = h->body_missing > 0 ? PHASE_CHUNK_DATA : PHASE_TRAILERS;
    return true;
}

static bool step_chunk_end(struct http1 *h, struct bytes *in)
{
    if (in->len == 0)
        return false;
    if (in->at[0] != '\r' || (in->len > 1 && in->at[1] != '\n'))
        return refuse_with(h, 400, "chunk longer than its size");
    if (in->len == 1)
        return false;
    *in = bytes_of(in->at + 2, in->len - 2);
    h->phase = PHASE_CHUNK_SIZE;
    return true;
}

/* One step; false when more bytes, a response or a reader is needed, or all is over. */
static bool step(struct http1 *h, struct bytes *in)
{
    switch (h->phase) {
    case PHASE_REQUEST_LINE:
        return http_queue_view(&h->out).len < OUT_HIGH_WATER && step_request_line(h, in);
    case PHASE_FIELDS:
        return step_field(h, in, false);
    case PHASE_BODY:
    case PHASE_CHUNK_DATA:
        return step_data(h, in);
    case PHASE_CHUNK_SIZE:
        return step_chunk_size(h, in);
    case PHASE_CHUNK_END:
        return step_chunk_end(h, in);
    case PHASE_TRAILERS:
        return step_field(h, in, true);
    case PHASE_IN_FLIGHT:
    case PHASE_OVER:
    case PHASE_NONE:
        break;
    }
    return false;
}

static void advance(struct http1 *h, struct bytes *in)
{
    h->advancing = true;
    while (step(h, in))
        continue;
    h->advancing = false;
}

/* What waited may go on: a response came, or the client has read. */
static void advance_waiting(struct http1 *h)
{
    struct bytes in = http_queue_view(&h->in);
    const size_t before = in.len;

    if (h->advancing || before == 0)
        return;
    advance(h, &in);
    if (h->phase != PHASE_OVER)
        http_queue_take(&h->in, before - in.len);
}

/* The connection ends with the response to the request in flight. */
static bool is_last(const struct http1 *h)
{
    return !h->framing.keep_alive || h->shut_down;
}

static bool http1_feed(struct http_server *server, struct bytes in, struct err *err)
{
    struct http1 *const h = http1_of(server);
    const size_t most = h->base.limits.header_bytes + h->base.limits.body_bytes;

    if (h->phase == PHASE_IN_FLIGHT && is_last(h))
        return true;
    /* Nothing waits in the usual case, and the bytes are read where they are. */
    if (http_queue_view(&h->in).len == 0)
        advance(h, &in);
    if (h->phase != PHASE_OVER && in.len > 0) {
        http_queue_add(&h->in, in);
        advance_waiting(h);
    }
    if (http_queue_view(&h->in).len > most) {
        end(h);
        (void)err_set(&h->broken, FAIL_TOO_LARGE, "HTTP/1.1: too many requests at once");
    }
    if (h->broken.kind == FAIL_NONE)
        return true;
    *err = h->broken;
    return false;
}

static void http1_respond(struct http_server *server, uint64_t exchange,
                          struct http_response *response)
{
    struct http1 *const h = http1_of(server);
    const bool close = is_last(h) || response->close;

    if (h->phase != PHASE_IN_FLIGHT || exchange != h->exchange)
        return;
    write_response(h, response, close);
    response->left = true;
    if (close) {
        end(h);
        return;
    }
    begin_request(h);
    advance_waiting(h);
}

static void http1_drain(struct http_server *server, struct buf *out, size_t max)
{
    struct http1 *const h = http1_of(server);
    const struct bytes all = http_queue_view(&h->out);
    const size_t len = all.len < max ? all.len : max;

    buf_add(out, bytes_of(all.at, len));
    http_queue_take(&h->out, len);
    advance_waiting(h);
}

/* A request that has begun may still be finished. */
static bool is_between_requests(const struct http1 *h)
{
    return h->phase == PHASE_REQUEST_LINE && h->head_bytes == 0 && http_queue_view(&h->in).len == 0;
}

static void http1_shutdown(struct http_server *server)
{
    struct http1 *const h = http1_of(server);

    h->shut_down = true;
    if (is_between_requests(h))
        end(h);
}

static bool http1_wants_bytes(const struct http_server *server)
{
    const struct http1 *const h = (const struct http1 *)server;

    return h->phase != PHASE_IN_FLIGHT && h->phase != PHASE_OVER &&
           http_queue_view(&h->out).len < OUT_HIGH_WATER;
}

static bool http1_wants_close(const struct http_server *server)
{
    return ((const struct http1 *)server)->phase == PHASE_OVER;
}

static bool http1_is_idle(const struct http_server *server)
{
    const struct http1 *const h = (const struct http1 *)server;

    return h->phase == PHASE_OVER || is_between_requests(h);
}

static uint64_t http1_receiving(const struct http_server *server)
{
    const struct http1 *const h = (const struct http1 *)server;

    return h->phase != PHASE_IN_FLIGHT && h->phase != PHASE_OVER && !is_between_requests(h)
               ? h->exchange
               : 0;
}

static void http1_free(struct http_server *server)
{
    struct http1 *const h = http1_of(server);

    end(h);
    http1_framing_clear(&h->framing);
    http_queue_clear(&h->out);
    free(h);
}

struct http_server *http1_new(void)
{
    static const struct http_server_ops ops = {
        .feed = http1_feed,
        .respond = http1_respond,
        .drain = http1_drain,
        .shutdown = http1_shutdown,
        .wants_bytes = http1_wants_bytes,
        .wants_close = http1_wants_close,
        .is_idle = http1_is_idle,
        .receiving = http1_receiving,
        .free = http1_free,
    };
    struct http1 *const h = mem_zero_alloc(1, sizeof(*h));

    h->base.ops = &ops;
    begin_request(h);
    return &h->base;
}
