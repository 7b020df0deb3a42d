/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <nghttp2/nghttp2.h>

#include "recorder.h"

/* A client of nghttp2 in the same process, and what it saw: one line for each event,
 *     1: :status=200 content-type=text/plain ...
 *     1: DATA 5
 *     1: closed 0
 *     GOAWAY 0 */
struct client {
    nghttp2_session *session;
    struct recorder r;
    struct buf seen;
    struct buf body;  /* of all streams */
    size_t announced; /* bytes that each request body has */
    size_t sent;      /* of it; one stream at a time */
    bool holds_body;  /* the body is not sent yet */
    uint32_t max_streams;
};

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct client *const c = user;

    (void)session, (void)flags, (void)frame;
    if (bytes_equal_string(bytes_of(name, name_len), "date")) {
        assert_int_equal(value_len, strlen("Sun, 06 Nov 1994 08:49:37 GMT"));
        return 0;
    }
    buf_add_format(&c->seen, " %.*s=%.*s", (int)name_len, (const char *)name, (int)value_len,
                   (const char *)value);
    return 0;
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    (void)session;
    buf_add_format(&((struct client *)user)->seen, "%d:", frame->hd.stream_id);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct client *const c = user;
    const char *const end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM ? " END" : "";

    if (frame->hd.type == NGHTTP2_HEADERS)
        buf_add_format(&c->seen, "%s\n", end);
    else if (frame->hd.type == NGHTTP2_DATA)
        buf_add_format(&c->seen, "%d: DATA %zu%s\n", frame->hd.stream_id, frame->hd.length, end);
    else if (frame->hd.type == NGHTTP2_RST_STREAM)
        buf_add_format(&c->seen, "%d: RST %u\n", frame->hd.stream_id, frame->rst_stream.error_code);
    else if (frame->hd.type == NGHTTP2_GOAWAY)
        buf_add_format(&c->seen, "GOAWAY %u\n", frame->goaway.error_code);
    else if (frame->hd.type == NGHTTP2_PING)
        buf_add_format(&c->seen, "PING %02x\n", frame->ping.opaque_data[0]);
    c->max_streams =
        nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return 0;
}

static int on_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                    size_t len, void *user)
{
    (void)session, (void)flags, (void)id;
    buf_add(&((struct client *)user)->body, bytes_of(data, len));
    return 0;
}

static const char *seen(struct client *c)
{
    buf_add_u8(&c->seen, '\0');
    buf_truncate(&c->seen, c->seen.len - 1);
    return (const char *)c->seen.at;
}

/* lenient: the client sends also what HTTP/2 forbids. */
static void open_client(struct client *c, bool lenient)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;

    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    assert_int_equal(nghttp2_option_new(&option), 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_chunk);
    nghttp2_option_set_no_http_messaging(option, lenient);
    assert_int_equal(nghttp2_session_client_new2(&c->session, callbacks, c, option), 0);
    assert_int_equal(nghttp2_submit_settings(c->session, 0, NULL, 0), 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    recorder_open(&c->r, HTTP_2);
}

static void close_client(struct client *c)
{
    nghttp2_session_del(c->session);
    recorder_close(&c->r);
    buf_clear(&c->seen);
    buf_clear(&c->body);
}

/* What the client has to say, in an exact-size copy for each frame. */
static bool client_speaks(struct client *c)
{
    struct err err = { 0 };
    bool ok = true;
    const uint8_t *at;

    for (ssize_t len; ok && (len = nghttp2_session_mem_send(c->session, &at)) > 0;) {
        uint8_t *const exact = bytes_copy(bytes_of(at, (size_t)len));
        ok = http_server_feed(c->r.server, bytes_of(exact, (size_t)len), &err);
        free(exact);
    }
    return ok;
}

static void client_listens(struct client *c)
{
    auto_buf out = { 0 };

    recorder_drain(&c->r, &out);
    if (out.len > 0)
        assert_int_equal(nghttp2_session_mem_recv(c->session, out.at, out.len), out.len);
}

/* Until both have nothing to say. */
static void pump(struct client *c)
{
    for (int i = 0; i < 1000; i++) {
        (void)client_speaks(c);
        client_listens(c);
        if (!nghttp2_session_want_write(c->session))
            return;
    }
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *at, size_t max,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct client *const c = user;
    const size_t left = c->announced - c->sent, len = left < max ? left : max;

    (void)session, (void)id, (void)source;
    if (c->holds_body)
        return NGHTTP2_ERR_DEFERRED;
    memset(at, 'b', len);
    c->sent += len;
    if (c->sent == c->announced)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)len;
}

/* "name value name value ..." besides the usual four; a name that is there already replaces it. */
static int32_t submit(struct client *c, const char *const *extra, bool has_body)
{
    static const char *const usual[] = { ":method",    "GET", ":scheme", "https",
                                         ":authority", "h:1", ":path",   "/a%20b?q=%31" };
    const char *all[64] = { 0 };
    nghttp2_nv pairs[32];
    size_t count = COUNT_OF(usual);

    memcpy(all, usual, sizeof(usual));
    for (; extra != NULL && *extra != NULL; extra += 2) {
        size_t at = 0;
        while (at < COUNT_OF(usual) && strcmp(all[at], extra[0]) != 0)
            at += 2;
        at = at < COUNT_OF(usual) ? at : count;
        count += at == count ? 2 : 0;
        all[at] = extra[0];
        all[at + 1] = extra[1];
    }
    size_t used = 0;
    for (size_t i = 0; i < count; i += 2) {
        if (all[i + 1][0] == '-' && all[i + 1][1] == '\0')
            continue; /* left out */
        pairs[used++] =
            (nghttp2_nv){ (uint8_t *)(uintptr_t)all[i], (uint8_t *)(uintptr_t)all[i + 1],
                          strlen(all[i]), strlen(all[i + 1]), 0 };
    }
    nghttp2_data_provider provider = { .read_callback = read_body };
    c->sent = 0;
    return nghttp2_submit_request(c->session, NULL, pairs, used, has_body ? &provider : NULL, NULL);
}

#define FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void http2_hands_out_all_parts_of_a_request(void **state)
{
    struct client c = { 0 };

    (void)state;
    open_client(&c, false);
    assert_int_equal(submit(&c, NULL, false), 1);
    pump(&c);
    assert_string_equal(recorder_text(&c.r), "1 GET /a b?q=%31 host=h:1 body=0\n");
    assert_string_equal(seen(&c), "1: :status=200 content-type=text/plain content-length=5\n"
                                  "1: DATA 5 END\n");
    assert_int_equal(c.max_streams, recorder_limits.streams);
    assert_true(http_server_is_idle(c.r.server));
    close_client(&c);
}

static void http2_speaks_first_with_settings(void **state)
{
    struct recorder r = { 0 };
    auto_buf out = { 0 };

    (void)state;
    recorder_open(&r, HTTP_2);
    recorder_drain(&r, &out);
    assert_true(out.len > 9);
    assert_int_equal(out.at[3], NGHTTP2_SETTINGS);
    assert_false(http_server_wants_close(r.server));
    recorder_close(&r);
}

static void http2_takes_a_body_larger_than_the_window(void **state)
{
    struct client c = { .announced = 100000 };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, FIELDS(":method", "POST", "content-length", "100000"), true);
    pump(&c);
    assert_string_equal(recorder_text(&c.r), "1 POST /a b?q=%31 host=h:1 body=100000\n");
    close_client(&c);
}

static void http2_refuses_a_body_beyond_the_limit(void **state)
{
    struct client c = { .announced = 300000 };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, FIELDS(":method", "POST"), true);
    pump(&c);
    assert_string_equal(recorder_text(&c.r), "refused 413 request body too large\n");
    assert_non_null(strstr(seen(&c), "1: :status=413"));
    assert_non_null(strstr(seen(&c), "1: RST 0\n"));
    assert_true(http_server_is_idle(c.r.server));
    assert_false(http_server_wants_close(c.r.server));

    (void)submit(&c, NULL, false);
    pump(&c);
    assert_int_equal(c.r.requests, 1); /* the connection lives on */
    close_client(&c);
}

static void http2_refuses_an_announced_body_before_it_comes(void **state)
{
    struct client c = { .announced = 100, .holds_body = true };

    (void)state;
    open_client(&c, false);
    c.r.body_limit = 99;
    (void)submit(&c, FIELDS(":method", "POST", "content-length", "100"), true);
    pump(&c);
    assert_string_equal(recorder_text(&c.r), "refused 413 request body too large\n");
    assert_non_null(strstr(seen(&c), "1: RST 0\n"));
    close_client(&c);
}

static void http2_answers_a_refused_head_before_its_body_comes(void **state)
{
    struct client c = { .announced = 100, .holds_body = true };

    (void)state;
    open_client(&c, false);
    c.r.head_refusal = 415;
    (void)submit(&c, FIELDS(":method", "POST"), true);
    pump(&c);
    assert_non_null(strstr(seen(&c), "1: :status=415"));
    assert_non_null(strstr(seen(&c), "1: RST 0\n"));
    assert_int_equal(c.r.requests, 0);
    c.r.head_refusal = 0;
    (void)submit(&c, NULL, false);
    pump(&c);
    assert_int_equal(c.r.requests, 1);
    close_client(&c);
}

static void http2_tells_whether_a_response_has_left(void **state)
{
    struct client c = { .r.wants_to_know = true };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, NULL, false);
    pump(&c);
    assert_non_null(strstr(recorder_text(&c.r), "\nleft\n"));

    /* The client gives up first. */
    c.r.waits = true;
    const int32_t id = submit(&c, NULL, false);
    pump(&c);
    assert_int_equal(nghttp2_submit_rst_stream(c.session, 0, id, NGHTTP2_CANCEL), 0);
    pump(&c);
    recorder_answer(&c.r, (uint64_t)id, "late");
    assert_non_null(strstr(recorder_text(&c.r), "never left\n"));
    close_client(&c);
}

static void check_refusal(const char *const *fields, const char *want)
{
    struct client c = { 0 };

    open_client(&c, true);
    (void)submit(&c, fields, false);
    pump(&c);
    if (c.r.requests > 0 ||
        (strstr(recorder_text(&c.r), want) == NULL && strstr(seen(&c), want) == NULL))
        fail_msg("%s %s, want %s: %s / %s", fields[0], fields[1], want, recorder_text(&c.r),
                 seen(&c));
    assert_true(http_server_is_idle(c.r.server));
    close_client(&c);
}

static void http2_refuses_malformed_requests(void **state)
{
    (void)state;
    check_refusal(FIELDS(":path", "/%zz"), "refused 400");
    check_refusal(FIELDS(":path", "/%00"), "refused 400");
    check_refusal(FIELDS(":path", "/a#b"), "refused 400");
    check_refusal(FIELDS(":path", "a"), "1: RST 1");
    check_refusal(FIELDS(":path", "*"), "1: RST 1");
    check_refusal(FIELDS(":path", "-"), "1: RST 1");
    check_refusal(FIELDS(":method", "-"), "1: RST 1");
    check_refusal(FIELDS(":authority", "-"), "1: RST 1");
    check_refusal(FIELDS(":method", "CONNECT", ":path", "-", ":scheme", "-"), "refused 400");
    check_refusal(FIELDS("host", "other"), "refused 400 Host differs");
    check_refusal(FIELDS("connection", "close"), "1: RST 1");
    check_refusal(FIELDS("keep-alive", "1"), "1: RST 1");
    check_refusal(FIELDS("transfer-encoding", "chunked"), "1: RST 1");
    check_refusal(FIELDS("upgrade", "h2c"), "1: RST 1");
    check_refusal(FIELDS("te", "gzip"), "1: RST 1");
    check_refusal(FIELDS("x", "a\rb"), "1: RST 1");
    check_refusal(FIELDS("content-length", "1"), "1: RST 1");
    check_refusal(FIELDS("content-length", "+1"), "1: RST 1");
    check_refusal(FIELDS("content-length", "1", "content-length", "2"), "1: RST 1");
    check_refusal(FIELDS("expect", "other"), "refused 417");
}

static void http2_refuses_a_body_that_differs_from_its_length(void **state)
{
    struct client c = { .announced = 3 };

    (void)state;
    open_client(&c, true);
    (void)submit(&c, FIELDS(":method", "POST", "content-length", "4"), true);
    pump(&c);
    (void)submit(&c, FIELDS(":method", "POST", "content-length", "2"), true);
    pump(&c);
    assert_int_equal(c.r.requests, 0);
    assert_string_equal(seen(&c), "1: RST 1\n3: RST 1\n");
    close_client(&c);
}

static void http2_takes_host_for_the_authority(void **state)
{
    struct client c = { 0 };

    (void)state;
    open_client(&c, true);
    (void)submit(&c, FIELDS(":authority", "-", "host", "x"), false);
    (void)submit(&c, FIELDS(":authority", "y", "host", "y"), false);
    pump(&c);
    assert_string_equal(recorder_text(&c.r), "1 GET /a b?q=%31 host=x body=0\n"
                                             "3 GET /a b?q=%31 host=y body=0\n");
    close_client(&c);
}

static void http2_limits_size_and_number_of_fields(void **state)
{
    struct client c = { 0 };
    auto_string *large = mem_zero_alloc(1, 4097);
    const char *many[2 * 18 + 1] = { 0 };

    (void)state;
    memset(large, 'x', 4096);
    for (size_t i = 0; i < 36; i++)
        many[i] = "x";
    open_client(&c, false);
    (void)submit(&c, FIELDS("x", large), false);
    (void)submit(&c, many, false); /* with the four: 22 */
    many[2 * 16] = NULL;
    (void)submit(&c, many, false); /* 20 */
    pump(&c);
    assert_string_equal(recorder_text(&c.r), "refused 431 request header too large\n"
                                             "refused 431 request header too large\n"
                                             "5 GET /a b?q=%31 host=h:1 body=0\n");
    close_client(&c);
}

static void http2_sends_trailers_behind_the_body_and_trailers_alone(void **state)
{
    struct client c = { .r.waits = true, .announced = 5 };
    struct http_response response = { .status = 200, .content_type = "application/grpc" };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, FIELDS(":method", "POST", "te", "trailers"), true);
    pump(&c);
    buf_add_string(&response.body, "message");
    http_response_add_trailer(&response, "Grpc-Status", "0");
    http_response_add_trailer(&response, "grpc-message", "");
    http_server_respond(c.r.server, 1, &response);
    assert_int_equal(response.body.len, 0); /* taken */
    pump(&c);
    assert_string_equal(seen(&c), "1: :status=200 content-type=application/grpc\n"
                                  "1: DATA 7\n"
                                  "1: grpc-status=0 grpc-message= END\n");
    buf_truncate(&c.seen, 0);

    (void)submit(&c, FIELDS(":method", "POST"), true);
    pump(&c);
    response = (struct http_response){ .status = 200, .content_type = "application/grpc" };
    http_response_add_field(&response, "grpc-status", "12");
    http_response_add_field(&response, "grpc-message", "a\nb");
    http_server_respond(c.r.server, 3, &response);
    pump(&c);
    assert_string_equal(seen(&c), "3: :status=200 content-type=application/grpc grpc-status=12 "
                                  "grpc-message=a b END\n");
    close_client(&c);
}

static void http2_answers_head_and_204_without_a_body(void **state)
{
    struct client c = { 0 };
    struct http_response response = { .status = 204 };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, FIELDS(":method", "HEAD"), false);
    pump(&c);
    c.r.waits = true;
    (void)submit(&c, NULL, false);
    pump(&c);
    buf_add_string(&response.body, "not sent");
    http_server_respond(c.r.server, 3, &response);
    pump(&c);
    assert_string_equal(seen(&c), "1: :status=200 content-type=text/plain content-length=5 END\n"
                                  "3: :status=204 END\n");
    close_client(&c);
}

static void http2_asks_to_continue(void **state)
{
    struct client c = { .announced = 5, .holds_body = true };

    (void)state;
    open_client(&c, false);
    const int32_t id = submit(&c, FIELDS(":method", "POST", "expect", "100-continue"), true);
    pump(&c);
    assert_string_equal(seen(&c), "1: :status=100\n");
    c.holds_body = false;
    assert_int_equal(nghttp2_session_resume_data(c.session, id), 0);
    pump(&c);
    assert_string_equal(recorder_text(&c.r), "1 POST /a b?q=%31 host=h:1 body=5\n");
    close_client(&c);
}

static void http2_answers_in_any_order(void **state)
{
    struct client c = { .r.waits = true };

    (void)state;
    open_client(&c, false);
    for (int i = 0; i < 3; i++)
        (void)submit(&c, NULL, false);
    pump(&c);
    assert_int_equal(c.r.requests, 3);
    recorder_answer(&c.r, 5, "five");
    recorder_answer(&c.r, 7, "no such stream");
    recorder_answer(&c.r, UINT64_MAX, "no such stream");
    recorder_answer(&c.r, 1, "one");
    recorder_answer(&c.r, 1, "twice");
    recorder_answer(&c.r, 3, "three");
    pump(&c);
    assert_int_equal(c.body.len, strlen("fiveonethree"));
    assert_true(http_server_is_idle(c.r.server));
    close_client(&c);
}

static void http2_tells_of_abandoned_exchanges(void **state)
{
    struct client c = { .r.waits = true, .announced = 5, .holds_body = true };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, NULL, false);
    (void)submit(&c, FIELDS(":method", "POST"), true); /* never complete: nobody knows of it */
    pump(&c);
    assert_int_equal(http_server_receiving(c.r.server), 3);
    assert_int_equal(nghttp2_submit_rst_stream(c.session, 0, 1, NGHTTP2_CANCEL), 0);
    assert_int_equal(nghttp2_submit_rst_stream(c.session, 0, 3, NGHTTP2_CANCEL), 0);
    pump(&c);
    assert_string_equal(recorder_text(&c.r), "1 GET /a b?q=%31 host=h:1 body=0\nabandoned 1\n");
    recorder_answer(&c.r, 1, "too late");
    pump(&c);
    assert_string_equal(seen(&c), "");
    assert_true(http_server_is_idle(c.r.server));
    close_client(&c);
}

static void http2_refuses_streams_beyond_the_limit(void **state)
{
    struct client c = { .r.waits = true };

    (void)state;
    open_client(&c, false); /* the client has not seen our SETTINGS and believes in 100 */
    for (int i = 0; i < 12; i++)
        (void)submit(&c, NULL, false);
    (void)client_speaks(&c);
    assert_int_equal(c.r.requests, recorder_limits.streams);
    close_client(&c);
}

/* Bytes of unfinished requests that the server took in: the client sends all it may. */
static void http2_holds_one_large_body_at_a_time(void **state)
{
    struct client c = { .announced = 99000 * 3 }; /* never ends: too large for each */

    (void)state;
    open_client(&c, false);
    c.r.body_limit = 99000;
    c.announced = SIZE_MAX / 2;
    for (int i = 0; i < 4; i++)
        (void)submit(&c, FIELDS(":method", "POST"), true);
    for (int i = 0; i < 3; i++) {
        (void)client_speaks(&c);
        client_listens(&c);
    }
    pump(&c);
    /* Each stream in its turn went beyond its limit and was refused; none was starved. */
    const char *at = recorder_text(&c.r);
    size_t refused = 0;
    while ((at = strstr(at, "refused 413")) != NULL) {
        refused++;
        at++;
    }
    assert_int_equal(refused, 4);
    close_client(&c);
}

static void http2_gives_no_window_beyond_the_first_while_a_large_body_waits(void **state)
{
    struct client c = { .r.waits = true, .announced = 90000 };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, FIELDS(":method", "POST"), true);
    pump(&c);
    assert_int_equal(c.r.requests, 1);
    (void)submit(&c, FIELDS(":method", "POST"), true);
    pump(&c);
    assert_int_equal(c.r.requests, 1);
    assert_int_equal(c.sent, 65535);
    (void)submit(&c, NULL, false); /* small ones go on */
    pump(&c);
    assert_int_equal(c.r.requests, 2);
    c.sent = 65535;
    recorder_answer(&c.r, 1, "done");
    pump(&c);
    assert_int_equal(c.r.requests, 3);
    close_client(&c);
}

static void http2_small_bodies_in_flight_do_not_hold_up_a_large_one(void **state)
{
    struct client c = { .r.waits = true, .announced = 1000 };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, FIELDS(":method", "POST"), true);
    pump(&c);
    c.announced = 90000;
    (void)submit(&c, FIELDS(":method", "POST"), true);
    pump(&c);
    assert_int_equal(c.r.requests, 2);
    close_client(&c);
}

static void http2_refuses_a_body_beyond_a_limit_smaller_than_a_window(void **state)
{
    struct client c = { .announced = 1001 };
    struct http_limits limits = recorder_limits;
    const struct http_server_events events = { &c.r, recorder_on_request, NULL, NULL,
                                               recorder_on_refused };

    (void)state;
    open_client(&c, false);
    http_server_free(c.r.server);
    limits.body_bytes = 1000;
    c.r.server = http_server_new(HTTP_2, &limits, &events);
    client_listens(&c);
    (void)submit(&c, FIELDS(":method", "POST"), true);
    pump(&c);
    assert_string_equal(recorder_text(&c.r), "refused 413 request body too large\n");
    close_client(&c);
}

static void http2_ends_the_connection_at_a_flood_of_resets(void **state)
{
    struct client c = { .r.waits = true };

    (void)state;
    open_client(&c, false);
    pump(&c);
    for (int i = 0; i < 1000 && !http_server_wants_close(c.r.server); i++) {
        const int32_t id = submit(&c, NULL, false);
        if (id < 0)
            break;
        (void)client_speaks(&c);
        (void)nghttp2_submit_rst_stream(c.session, 0, id, NGHTTP2_CANCEL);
        pump(&c);
    }
    assert_true(http_server_wants_close(c.r.server));
    assert_in_range(c.r.requests, 100, 400);
    assert_non_null(strstr(seen(&c), "GOAWAY"));
    close_client(&c);
}

/* A client that writes `frame` again and again and reads nothing. */
static void flood(const uint8_t *frame, size_t len)
{
    struct client c = { .r.waits = true };
    struct err err = { 0 };
    bool ok = true;

    open_client(&c, false);
    pump(&c);
    for (int i = 0; ok && i < 100000; i++)
        ok = http_server_feed(c.r.server, bytes_of(frame, len), &err);
    assert_false(ok);
    assert_true(http_server_wants_close(c.r.server));
    close_client(&c);
}

static void http2_ends_the_connection_at_floods_that_ask_for_answers(void **state)
{
    static const uint8_t ping[] = { 0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 };
    static const uint8_t settings[] = { 0, 0, 0, 4, 0, 0, 0, 0, 0 };

    (void)state;
    flood(ping, sizeof(ping));
    flood(settings, sizeof(settings));
}

static void http2_ends_the_connection_at_a_flood_of_bad_requests(void **state)
{
    struct client c = { 0 };

    (void)state;
    open_client(&c, true);
    pump(&c);
    bool ok = true;
    for (int i = 0; ok && i < 5000; i++) {
        const int32_t id = submit(&c, FIELDS(":path", "relative"), false);
        assert_true(id > 0);
        ok = client_speaks(&c); /* and never listens */
        (void)nghttp2_submit_rst_stream(c.session, 0, id, NGHTTP2_CANCEL);
    }
    assert_false(ok);
    close_client(&c);
}

static void http2_answers_pings(void **state)
{
    struct client c = { 0 };
    static const uint8_t payload[8] = { 0x42 };

    (void)state;
    open_client(&c, false);
    assert_int_equal(nghttp2_submit_ping(c.session, 0, payload), 0);
    pump(&c);
    assert_string_equal(seen(&c), "PING 42\n");
    close_client(&c);
}

static void http2_waits_for_the_preface_as_for_a_request(void **state)
{
    struct client c = { .r.waits = true };
    struct err err = { 0 };

    (void)state;
    open_client(&c, false);
    assert_true(http_server_is_receiving(c.r.server));
    assert_true(http_server_feed(c.r.server, BYTES_LITERAL("PRI * HTTP"), &err));
    assert_true(http_server_is_receiving(c.r.server));
    assert_false(http_server_is_idle(c.r.server));
    close_client(&c);
    open_client(&c, false);
    pump(&c);
    assert_false(http_server_is_receiving(c.r.server));
    close_client(&c);
}

static void http2_drains_no_more_than_asked(void **state)
{
    struct client c = { .r.waits = true };
    struct http_response response = { .status = 200 };
    auto_buf out = { 0 };

    (void)state;
    open_client(&c, false);
    assert_int_equal(nghttp2_session_set_local_window_size(c.session, 0, 0, 1 << 20), 0);
    (void)submit(&c, NULL, false);
    pump(&c);
    memset(buf_grow(&response.body, 60000), 'x', 60000);
    http_server_respond(c.r.server, 1, &response);
    http_server_drain(c.r.server, &out, 1000);
    assert_in_range(out.len, 1000, 1000 + 16384 + 9);
    close_client(&c);
}

static void http2_is_not_idle_while_flow_control_holds_a_response_back(void **state)
{
    struct client c = { .r.waits = true };
    struct http_response response = { .status = 200 };
    auto_buf out = { 0 };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, NULL, false);
    pump(&c);
    /* More than the client's first window; the client takes it and gives no new one. */
    memset(buf_grow(&response.body, 100000), 'x', 100000);
    http_server_respond(c.r.server, 1, &response);
    recorder_drain(&c.r, &out);
    assert_true(out.len > 60000);
    assert_false(http_server_is_idle(c.r.server));
    assert_int_equal(nghttp2_session_mem_recv(c.session, out.at, out.len), out.len);
    pump(&c);
    assert_true(http_server_is_idle(c.r.server));
    close_client(&c);
}

static void http2_shutdown_lets_exchanges_in_flight_finish(void **state)
{
    struct client c = { .r.waits = true };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, NULL, false);
    pump(&c);
    http_server_shutdown(c.r.server);
    assert_false(http_server_wants_close(c.r.server));
    pump(&c);
    assert_string_equal(seen(&c), "GOAWAY 0\n");
    recorder_answer(&c.r, 1, "hello");
    pump(&c);
    assert_true(http_server_wants_close(c.r.server));
    assert_int_equal(c.body.len, 5);
    close_client(&c);
}

static void http2_shutdown_of_an_idle_connection_closes_it(void **state)
{
    struct client c = { 0 };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, NULL, false);
    pump(&c);
    http_server_shutdown(c.r.server);
    assert_true(http_server_wants_close(c.r.server));
    client_listens(&c);
    assert_non_null(strstr(seen(&c), "GOAWAY 0\n"));
    close_client(&c);
}

static void http2_ends_the_connection_at_many_pings_in_one_piece(void **state)
{
    static const uint8_t ping[] = { 0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 };
    struct client c = { 0 };
    struct err err = { 0 };
    auto_buf raw = { 0 };

    (void)state;
    open_client(&c, false);
    pump(&c);
    for (int i = 0; i < 500; i++)
        buf_add(&raw, bytes_of(ping, sizeof(ping)));
    assert_false(http_server_feed(c.r.server, buf_bytes(&raw), &err));
    assert_int_equal(err.kind, FAIL_MALFORMED); /* nghttp2 stopped in the middle */
    close_client(&c);
}

static void http2_closes_when_the_client_says_goodbye(void **state)
{
    struct client c = { 0 };

    (void)state;
    open_client(&c, false);
    (void)submit(&c, NULL, false);
    pump(&c);
    assert_false(http_server_wants_close(c.r.server));
    assert_int_equal(nghttp2_submit_goaway(c.session, 0, 0, 0, NULL, 0), 0);
    pump(&c);
    assert_true(http_server_wants_close(c.r.server));
    close_client(&c);
}

static void http2_refuses_what_is_not_http2(void **state)
{
    struct recorder r = { 0 };
    struct err err = { 0 };

    (void)state;
    recorder_open(&r, HTTP_2);
    assert_false(
        http_server_feed(r.server, BYTES_LITERAL("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    assert_true(http_server_wants_close(r.server));
    assert_false(http_server_feed(r.server, BYTES_LITERAL("more"), &err));
    recorder_close(&r);
}

/* A request as the client writes it, without what depends on the server. */
static struct buf recorded(void)
{
    struct client c = { .announced = 3000 };
    struct buf raw = { 0 };
    const uint8_t *at;

    open_client(&c, false);
    (void)submit(&c, FIELDS(":method", "POST", "x-y", "z"), true);
    for (ssize_t len; (len = nghttp2_session_mem_send(c.session, &at)) > 0;)
        buf_add(&raw, bytes_of(at, (size_t)len));
    close_client(&c);
    return raw;
}

static void http2_every_prefix_of_a_request_is_no_request(void **state)
{
    auto_buf raw = recorded();

    (void)state;
    for (size_t len = 0; len <= raw.len; len++) {
        struct recorder r = { 0 };
        struct err err = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(raw.at, len));
        recorder_open(&r, HTTP_2);
        assert_ok(http_server_feed(r.server, bytes_of(exact, len), &err), &err);
        assert_int_equal(r.requests, len == raw.len);
        free(exact);
        recorder_close(&r);
    }
}

static void http2_takes_bytes_one_by_one(void **state)
{
    auto_buf raw = recorded(), out = { 0 };
    struct recorder r = { 0 };
    struct err err = { 0 };

    (void)state;
    recorder_open(&r, HTTP_2);
    for (size_t i = 0; i < raw.len; i++) {
        assert_ok(http_server_feed(r.server, bytes_of(raw.at + i, 1), &err), &err);
        recorder_drain(&r, &out);
    }
    assert_string_equal(recorder_text(&r), "1 POST /a b?q=%31 host=h:1 body=3000\n");
    recorder_close(&r);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(http2_hands_out_all_parts_of_a_request),
    cmocka_unit_test(http2_speaks_first_with_settings),
    cmocka_unit_test(http2_takes_a_body_larger_than_the_window),
    cmocka_unit_test(http2_refuses_a_body_beyond_the_limit),
    cmocka_unit_test(http2_refuses_an_announced_body_before_it_comes),
    cmocka_unit_test(http2_answers_a_refused_head_before_its_body_comes),
    cmocka_unit_test(http2_tells_whether_a_response_has_left),
    cmocka_unit_test(http2_refuses_malformed_requests),
    cmocka_unit_test(http2_refuses_a_body_that_differs_from_its_length),
    cmocka_unit_test(http2_takes_host_for_the_authority),
    cmocka_unit_test(http2_limits_size_and_number_of_fields),
    cmocka_unit_test(http2_sends_trailers_behind_the_body_and_trailers_alone),
    cmocka_unit_test(http2_answers_head_and_204_without_a_body),
    cmocka_unit_test(http2_asks_to_continue),
    cmocka_unit_test(http2_answers_in_any_order),
    cmocka_unit_test(http2_tells_of_abandoned_exchanges),
    cmocka_unit_test(http2_refuses_streams_beyond_the_limit),
    cmocka_unit_test(http2_holds_one_large_body_at_a_time),
    cmocka_unit_test(http2_gives_no_window_beyond_the_first_while_a_large_body_waits),
    cmocka_unit_test(http2_small_bodies_in_flight_do_not_hold_up_a_large_one),
    cmocka_unit_test(http2_refuses_a_body_beyond_a_limit_smaller_than_a_window),
    cmocka_unit_test(http2_ends_the_connection_at_a_flood_of_resets),
    cmocka_unit_test(http2_ends_the_connection_at_floods_that_ask_for_answers),
    cmocka_unit_test(http2_ends_the_connection_at_a_flood_of_bad_requests),
    cmocka_unit_test(http2_answers_pings),
    cmocka_unit_test(http2_waits_for_the_preface_as_for_a_request),
    cmocka_unit_test(http2_drains_no_more_than_asked),
    cmocka_unit_test(http2_is_not_idle_while_flow_control_holds_a_response_back),
    cmocka_unit_test(http2_shutdown_lets_exchanges_in_flight_finish),
    cmocka_unit_test(http2_shutdown_of_an_idle_connection_closes_it),
    cmocka_unit_test(http2_ends_the_connection_at_many_pings_in_one_piece),
    cmocka_unit_test(http2_closes_when_the_client_says_goodbye),
    cmocka_unit_test(http2_refuses_what_is_not_http2),
    cmocka_unit_test(http2_every_prefix_of_a_request_is_no_request),
    cmocka_unit_test(http2_takes_bytes_one_by_one),
};

TEST_MAIN(tests)
