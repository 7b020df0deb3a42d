/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A client, a server that is the test, and what they say to each other. */
#include "frames.h"

#include "http/client.h"

static const struct http_limits limits = {
    .header_bytes = 4096,
    .header_count = 20,
    .body_bytes = 100000,
};
static const struct http_field fields[] = {
    { (char *)(uintptr_t) "content-type", (char *)(uintptr_t) "application/grpc" },
    { (char *)(uintptr_t) "user-agent", (char *)(uintptr_t) "taw" },
    { (char *)(uintptr_t) "te", (char *)(uintptr_t) "trailers" }
};

struct talk {
    struct http_client *client;
    struct listener listener;
    struct buf server; /* what the server says next */
    struct http_response response;
    uint32_t reset_code;
    struct err err;
};

static inline void talk_clear(struct talk *t)
{
    http_client_free(t->client);
    listener_close(&t->listener);
    buf_clear(&t->server);
    http_response_clear(&t->response);
}
#define auto_talk struct talk CLEANUP(talk_clear)

static inline bool ask(struct talk *t, struct bytes body)
{
    const struct http_client_request request = { .method = "POST",
                                                 .path = "/rpc.Marble/Activate",
                                                 .authority = "localhost:2001",
                                                 .fields = fields,
                                                 .field_count = COUNT_OF(fields),
                                                 .body = body };

    return http_client_send(t->client, &request, &t->err);
}

/* What the client has to say since the last time. */
static const char *heard(struct talk *t)
{
    auto_buf out = { 0 };

    for (size_t before = SIZE_MAX; before != out.len;) {
        before = out.len;
        http_client_drain(t->client, &out, 1000);
    }
    return listener_hear(&t->listener, buf_bytes(&out));
}

static inline struct talk talk_new(void)
{
    struct talk t = { .client = http_client_new(&limits) };

    listener_open(&t.listener);
    frame(&t.server, FRAME_SETTINGS, 0, 0, BYTES_NONE);
    return t;
}

/* One whose request has left. */
static inline struct talk talk_asked(void)
{
    struct talk t = talk_new();

    assert_ok(ask(&t, BYTES_LITERAL("hello")), &t.err);
    (void)heard(&t);
    return t;
}

/* All of ->server goes to the client, in exact-size pieces of `step` bytes; 0: at once. */
static inline bool say_in_steps(struct talk *t, size_t step)
{
    bool ok = true;

    step = step == 0 ? t->server.len : step;
    for (size_t at = 0; at < t->server.len && ok; at += step) {
        const size_t len = t->server.len - at < step ? t->server.len - at : step;
        uint8_t *const exact = bytes_copy(bytes_of(t->server.at + at, len));
        ok = http_client_feed(t->client, bytes_of(exact, len), &t->err);
        free(exact);
    }
    buf_clear(&t->server);
    return ok;
}

static inline bool say(struct talk *t)
{
    return say_in_steps(t, 0);
}

static inline enum http_outcome take(struct talk *t)
{
    http_response_clear(&t->response);
    return http_client_take(t->client, &t->response, &t->reset_code);
}

static inline void assert_body(const struct talk *t, const char *body)
{
    assert_bytes_equal(buf_bytes(&t->response.body), bytes_of_string(body));
}

static inline void assert_trailer(const struct talk *t, const char *name, const char *value)
{
    const char *const is = http_field_value(t->response.trailers, t->response.trailer_count, name);

    assert_non_null(is);
    assert_string_equal(is, value);
}

/* The connection is over and stays over. */
static inline void assert_over(struct talk *t, enum fail_kind kind, const char *text)
{
    struct err again = { 0 };

    assert_int_equal(t->err.kind, kind);
    assert_string_equal(t->err.text, text);
    assert_int_equal(take(t), HTTP_WAITING);
    assert_false(http_client_feed(t->client, BYTES_LITERAL("x"), &again));
    assert_int_equal(again.kind, kind);
    assert_false(ask(t, BYTES_NONE));
    assert_int_equal(t->err.kind, FAIL_STATE);
}

static inline void answer_head(struct buf *out, uint32_t id)
{
    frame_headers(out, id, 0, FIELDS(":status", "200", "content-type", "application/grpc"));
}

static inline void answer_tail(struct buf *out, uint32_t id)
{
    frame_headers(out, id, END_STREAM, FIELDS("grpc-status", "0", "grpc-message", ""));
}

static inline void answer(struct buf *out, uint32_t id)
{
    answer_head(out, id);
    frame(out, FRAME_DATA, 0, id, BYTES_LITERAL("world"));
    answer_tail(out, id);
}

static inline void assert_answered(struct talk *t)
{
    assert_int_equal(take(t), HTTP_ANSWERED);
    assert_int_equal(t->response.status, 200);
    assert_int_equal(t->response.field_count, 1);
    assert_string_equal(http_field_value(t->response.fields, 1, "content-type"),
                        "application/grpc");
    assert_null(t->response.content_type);
    assert_body(t, "world");
    assert_int_equal(t->response.trailer_count, 2);
    assert_trailer(t, "grpc-status", "0");
    assert_trailer(t, "grpc-message", "");
    assert_int_equal(take(t), HTTP_WAITING);
}

/* How the fields of ask() look to the listener. */
#define REQUEST_FIELDS                                                                             \
    " :method=POST :scheme=https :path=/rpc.Marble/Activate :authority=localhost:2001"             \
    " content-type=application/grpc user-agent=taw te=trailers\n"
