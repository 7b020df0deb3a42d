/* SPDX-License-Identifier: Apache-2.0 */
#include "client_talk.h"

/* ---- limits ---- */

static void assert_too_large(struct talk *t, const char *what)
{
    assert_false(say(t));
    auto_string *text = mem_printf("HTTP/2: response %s too large", what);
    assert_non_null(strstr(heard(t), "GOAWAY 0 0\n"));
    assert_over(t, FAIL_TOO_LARGE, text);
}

static void add_body(struct buf *out, size_t len)
{
    auto_buf data = { 0 };

    memset(buf_grow(&data, 16384), 'b', 16384);
    for (; len > 0; len -= len < 16384 ? len : 16384)
        frame(out, FRAME_DATA, 0, 1, bytes_of(data.at, len < 16384 ? len : 16384));
}

/* The server may only send what the windows of 65535 allow, so it comes in two parts. */
static void body_may_be_as_large_as_its_limit(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        auto_talk t = talk_asked();
        answer_head(&t.server, 1);
        add_body(&t.server, 50000);
        assert_ok(say(&t), &t.err);
        (void)heard(&t);
        assert_true(t.listener.given >= 2 * 32768);
        add_body(&t.server, limits.body_bytes - 50000 + more);
        answer_tail(&t.server, 1);
        if (more > 0) {
            assert_too_large(&t, "body");
            continue;
        }
        assert_ok(say(&t), &t.err);
        assert_int_equal(take(&t), HTTP_ANSWERED);
        assert_int_equal(t.response.body.len, limits.body_bytes);
    }
}

static void headers_and_trailers_share_their_limits(void **state)
{
    static const struct {
        size_t head, tail; /* bytes of a value in each */
        bool fits;
    } rows[] = { { 1000, 1000, true }, { 1000, 2890, true }, { 1000, 3000, false },
                 { 3980, 0, true },    { 4090, 0, false },   { 0, 4090, false } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_talk t = talk_asked();
        auto_string *head = mem_printf("%0*d", (int)rows[i].head, 1);
        auto_string *tail = mem_printf("%0*d", (int)rows[i].tail, 1);
        frame_headers(&t.server, 1, 0, FIELDS(":status", "200", "x", head));
        frame_headers(&t.server, 1, END_STREAM, FIELDS("y", tail));
        if (!rows[i].fits) {
            assert_too_large(&t, "header");
            continue;
        }
        assert_ok(say(&t), &t.err);
        assert_int_equal(take(&t), HTTP_ANSWERED);
        assert_trailer(&t, "y", tail);
    }
}

static void fields_are_counted(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        auto_talk t = talk_asked();
        auto_buf block = { 0 };
        frame_headers(&t.server, 1, 0, FIELDS(":status", "200"));
        for (size_t i = 0; i < limits.header_count - 1 + more; i++)
            add_field(&block, "x", "y");
        frame(&t.server, FRAME_HEADERS, END_HEADERS | END_STREAM, 1, buf_bytes(&block));
        if (more > 0) {
            assert_too_large(&t, "header");
            continue;
        }
        assert_ok(say(&t), &t.err);
        assert_int_equal(take(&t), HTTP_ANSWERED);
        assert_int_equal(t.response.trailer_count, limits.header_count - 1);
    }
}

static void limits_begin_anew_with_each_request(void **state)
{
    auto_talk t = talk_new();
    auto_string *value = mem_printf("%03000d", 1);

    (void)state;
    for (uint32_t id = 1; id < 9; id += 2) {
        assert_ok(ask(&t, BYTES_NONE), &t.err);
        (void)heard(&t);
        frame_headers(&t.server, id, END_STREAM, FIELDS(":status", "200", "x", value));
        assert_ok(say(&t), &t.err);
        assert_int_equal(take(&t), HTTP_ANSWERED);
    }
}

static void endless_informational_responses_end(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    for (size_t i = 0; i < limits.header_count + 1; i++)
        frame_headers(&t.server, 1, 0, FIELDS(":status", "102"));
    assert_too_large(&t, "header");
}

static void endless_continuations_end(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    frame(&t.server, FRAME_HEADERS, 0, 1, BYTES_NONE);
    for (size_t i = 0; i < 100; i++)
        frame(&t.server, FRAME_CONTINUATION, 0, 1, BYTES_NONE);
    assert_false(say(&t));
    assert_over(&t, FAIL_MALFORMED,
                "HTTP/2: Too many CONTINUATION frames following a HEADER frame");
}

static void pings_that_nobody_drains_are_bounded(void **state)
{
    auto_talk t = talk_asked();
    bool ok = true;
    size_t fed = 0;

    (void)state;
    for (; ok && fed < 1u << 20; fed += 10 * 17) {
        for (int i = 0; i < 10; i++)
            frame(&t.server, FRAME_PING, 0, 0, BYTES_LITERAL("12345678"));
        ok = say(&t);
    }
    assert_false(ok);
    assert_true(fed < 200000);
    assert_int_equal(t.err.kind, FAIL_MALFORMED);
    auto_talk u = talk_asked();
    for (int i = 0; i < 1000; i++)
        frame(&u.server, FRAME_PING, 0, 0, BYTES_LITERAL("12345678"));
    assert_false(say(&u));
    assert_int_equal(u.err.kind, FAIL_MALFORMED);
}

/* ---- the end ---- */

static void reset_is_told_with_its_code(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 16; code++) {
        for (int when = 0; when < 3; when++) {
            auto_talk t = talk_asked();
            if (when > 0)
                answer_head(&t.server, 1);
            if (when > 1)
                frame(&t.server, FRAME_DATA, 0, 1, BYTES_LITERAL("wor"));
            frame_u32(&t.server, FRAME_RST_STREAM, 1, code == 15 ? 0xfedcba98 : code);
            assert_ok(say(&t), &t.err);
            assert_int_equal(take(&t), HTTP_RESET);
            assert_int_equal(t.reset_code, code == 15 ? 0xfedcba98 : code);
            assert_int_equal(take(&t), HTTP_WAITING);
            assert_ok(ask(&t, BYTES_LITERAL("again")), &t.err);
            (void)heard(&t);
            answer(&t.server, 3);
            assert_ok(say(&t), &t.err);
            assert_answered(&t);
        }
    }
}

static void reset_after_the_trailers_is_harmless(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    answer(&t.server, 1);
    frame_u32(&t.server, FRAME_RST_STREAM, 1, NGHTTP2_NO_ERROR);
    assert_ok(say(&t), &t.err);
    frame_u32(&t.server, FRAME_WINDOW_UPDATE, 1, 5);
    assert_ok(say(&t), &t.err);
    assert_answered(&t);
}

static void answer_before_the_end_of_the_request_stops_it(void **state)
{
    auto_talk t = talk_new();
    auto_buf body = { 0 };

    (void)state;
    memset(buf_grow(&body, 100000), 'b', 100000);
    assert_ok(ask(&t, buf_bytes(&body)), &t.err);
    (void)heard(&t);
    answer(&t.server, 1);
    assert_ok(say(&t), &t.err);
    assert_string_equal(heard(&t), "SETTINGS ACK\nRST_STREAM 1 0\n");
    frame_u32(&t.server, FRAME_RST_STREAM, 1, NGHTTP2_NO_ERROR);
    frame_u32(&t.server, FRAME_WINDOW_UPDATE, 1, 100000);
    frame_u32(&t.server, FRAME_WINDOW_UPDATE, 0, 100000);
    assert_ok(say(&t), &t.err);
    assert_answered(&t);
    assert_string_equal(heard(&t), "");
    assert_ok(ask(&t, BYTES_LITERAL("x")), &t.err);
    assert_string_equal(heard(&t), "HEADERS 3" REQUEST_FIELDS "DATA 3 1 END\n");
}

static void goaway_below_our_stream_means_unavailable(void **state)
{
    static const uint32_t codes[] = { NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR,
                                      NGHTTP2_ENHANCE_YOUR_CALM };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        auto_talk t = talk_asked();
        frame_goaway(&t.server, 0, codes[i]);
        assert_false(say(&t));
        assert_over(&t, FAIL_UNAVAILABLE,
                    "HTTP/2: the server closes and does not serve the request");
    }
}

static void goaway_that_serves_our_stream_lets_it_end(void **state)
{
    static const uint32_t last[] = { 1, 3, INT32_MAX };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(last); i++) {
        auto_talk t = talk_asked();
        answer_head(&t.server, 1);
        frame_goaway(&t.server, last[i], NGHTTP2_NO_ERROR);
        frame(&t.server, FRAME_DATA, 0, 1, BYTES_LITERAL("world"));
        answer_tail(&t.server, 1);
        assert_ok(say(&t), &t.err);
        assert_answered(&t);
        assert_false(ask(&t, BYTES_NONE));
        assert_int_equal(t.err.kind, FAIL_STATE);
    }
}

static void goaway_with_an_error_ends_what_it_would_serve(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    answer_head(&t.server, 1);
    frame_goaway(&t.server, 1, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_false(say(&t));
    assert_over(&t, FAIL_MALFORMED, "HTTP/2: ENHANCE_YOUR_CALM");
}

static void goaway_after_the_answer_spoils_nothing(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    answer(&t.server, 1);
    frame_goaway(&t.server, 0, NGHTTP2_INTERNAL_ERROR);
    assert_ok(say(&t), &t.err);
    assert_answered(&t);
}

static void goaway_before_the_request_left_means_unavailable(void **state)
{
    auto_talk t = talk_new();

    (void)state;
    (void)heard(&t);
    assert_ok(ask(&t, BYTES_NONE), &t.err);
    frame_goaway(&t.server, INT32_MAX, NGHTTP2_NO_ERROR);
    assert_false(say(&t));
    assert_over(&t, FAIL_UNAVAILABLE, "HTTP/2: the server closes and does not serve the request");
}

static void shutdown_says_goaway_and_waits_for_the_answer(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    http_client_shutdown(t.client);
    http_client_shutdown(t.client);
    assert_string_equal(heard(&t), "GOAWAY 0 0\n");
    answer(&t.server, 1);
    assert_ok(say(&t), &t.err);
    assert_answered(&t);
    assert_false(ask(&t, BYTES_NONE));
    assert_int_equal(t.err.kind, FAIL_STATE);
}

static void no_request_follows_a_shutdown(void **state)
{
    auto_talk t = talk_new();

    (void)state;
    http_client_shutdown(t.client);
    assert_false(ask(&t, BYTES_NONE));
    assert_int_equal(t.err.kind, FAIL_STATE);
    assert_string_equal(heard(&t), "MAGIC\nSETTINGS\nGOAWAY 0 0\n");
    assert_false(ask(&t, BYTES_NONE));
}

/* ---- what breaks the protocol ---- */

static void trailers_without_their_end_are_malformed(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    answer_head(&t.server, 1);
    frame(&t.server, FRAME_DATA, 0, 1, BYTES_LITERAL("world"));
    frame_headers(&t.server, 1, 0, FIELDS("grpc-status", "0"));
    assert_false(say(&t));
    assert_string_equal(heard(&t), "SETTINGS ACK\nRST_STREAM 1 1\n");
    assert_over(&t, FAIL_MALFORMED, "HTTP/2: malformed response");
}

static void malformed_responses_are_refused(void **state)
{
    static const char *const heads[][9] = {
        { "content-type", "application/grpc" },
        { ":status", "200", ":status", "200" },
        { ":status", "2000" },
        { ":status", "abc" },
        { ":status", "000" },
        { ":status", "099" },
        { ":status", "200", "Upper", "x" },
        { ":status", "200", "connection", "close" },
        { ":status", "200", "transfer-encoding", "chunked" },
        { ":status", "200", ":path", "/" },
        { "x", "y", ":status", "200" },
        { ":status", "200", "content-length", "-1" },
        { ":status", "200", "content-length", "1", "content-length", "2" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        auto_talk t = talk_asked();
        frame_headers(&t.server, 1, 0, heads[i]);
        assert_false(say(&t));
        assert_over(&t, FAIL_MALFORMED, "HTTP/2: malformed response");
    }
}

static void lengths_that_do_not_fit_the_body_are_refused(void **state)
{
    static const char *const lengths[] = { "4", "6", "0" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        auto_talk t = talk_asked();
        frame_headers(&t.server, 1, 0, FIELDS(":status", "200", "content-length", lengths[i]));
        frame(&t.server, FRAME_DATA, END_STREAM, 1, BYTES_LITERAL("world"));
        assert_false(say(&t));
        assert_over(&t, FAIL_MALFORMED, "HTTP/2: malformed response");
    }
}

static void frames_that_break_the_connection_end_it(void **state)
{
    static const struct {
        const char *name, *bytes, *text;
    } rows[] = {
        { "PING of 7 bytes", "000007 06 00 00000000 01020304050607", "HTTP/2: FRAME_SIZE_ERROR" },
        { "PING on a stream", "000008 06 00 00000001 0102030405060708", "HTTP/2: PROTOCOL_ERROR" },
        { "SETTINGS of 5 bytes", "000005 04 00 00000000 0102030405", "HTTP/2: FRAME_SIZE_ERROR" },
        { "window of 0", "000004 08 00 00000000 00000000", "HTTP/2: PROTOCOL_ERROR" },
        { "window too large", "000004 08 00 00000000 7fffffff", "HTTP/2: FLOW_CONTROL_ERROR" },
        { "frame too large", "004001 00 00 00000001", "HTTP/2: FRAME_SIZE_ERROR" },
        { "DATA on the connection", "000001 00 00 00000000 00", "HTTP/2: PROTOCOL_ERROR" },
        { "DATA on an idle stream", "000001 00 00 00000003 00", "HTTP/2: PROTOCOL_ERROR" },
        { "HEADERS on an idle stream", "000001 01 04 00000003 88", "HTTP/2: PROTOCOL_ERROR" },
        { "HEADERS on an even stream", "000001 01 04 00000002 88", "HTTP/2: PROTOCOL_ERROR" },
        { "index that is none", "000002 01 04 00000001 ff80", "HTTP/2: COMPRESSION_ERROR" },
        { "CONTINUATION without HEADERS", "000001 09 04 00000001 88", "HTTP/2: PROTOCOL_ERROR" },
        { "HEADERS cut by a PING", "000001 01 00 00000001 88 000008 06 00 00000000",
          "HTTP/2: PROTOCOL_ERROR" },
        { "padding beyond the frame", "000002 00 08 00000001 0200", "HTTP/2: PROTOCOL_ERROR" },
        { "GOAWAY with an even stream", "000008 07 00 00000000 00000002 00000000",
          "HTTP/2: PROTOCOL_ERROR" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_talk t = talk_asked();
        auto_buf bytes = test_unhex(rows[i].bytes);
        /* Padding is looked at where DATA may be. */
        if (strstr(rows[i].name, "padding") != NULL)
            answer_head(&t.server, 1);
        buf_add(&t.server, buf_bytes(&bytes));
        if (say(&t))
            fail_msg("%s was taken", rows[i].name);
        if (strcmp(t.err.text, rows[i].text) != 0)
            fail_msg("%s: %s", rows[i].name, t.err.text);
        (void)heard(&t);
        assert_over(&t, t.err.kind, rows[i].text);
    }
}

static void servers_that_do_not_speak_http2_are_refused(void **state)
{
    static const char *const first[] = { "HTTP/1.1 400 Bad Request\r\n\r\n",
                                         "\0\0\x08\6\0\0\0\0\0-2345678",
                                         "\0\0\4\3\0\0\0\0\1\0\0\0\0" };
    static const size_t lens[] = { 28, 17, 13 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(first); i++) {
        auto_talk t = talk_asked();
        buf_clear(&t.server);
        buf_add(&t.server, bytes_of(first[i], lens[i]));
        assert_false(say(&t));
        assert_int_equal(t.err.kind, FAIL_MALFORMED);
    }
}

static void pushes_are_not_taken(void **state)
{
    auto_buf promise = { 0 };

    (void)state;
    add_u32be(&promise, 2);
    add_field(&promise, ":method", "GET");
    add_field(&promise, ":scheme", "https");
    add_field(&promise, ":path", "/");
    add_field(&promise, ":authority", "a");
    for (int acknowledged = 0; acknowledged < 2; acknowledged++) {
        auto_talk t = talk_asked();
        if (acknowledged)
            frame(&t.server, FRAME_SETTINGS, ACK, 0, BYTES_NONE);
        frame(&t.server, FRAME_PUSH_PROMISE, END_HEADERS, 1, buf_bytes(&promise));
        frame_headers(&t.server, 2, END_STREAM, FIELDS(":status", "200", "pushed", "yes"));
        answer(&t.server, 1);
        if (say(&t))
            assert_answered(&t);
        else
            assert_over(&t, FAIL_MALFORMED, "HTTP/2: PROTOCOL_ERROR");
        assert_true(!acknowledged || t.err.kind != FAIL_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(body_may_be_as_large_as_its_limit),
        cmocka_unit_test(headers_and_trailers_share_their_limits),
        cmocka_unit_test(fields_are_counted),
        cmocka_unit_test(limits_begin_anew_with_each_request),
        cmocka_unit_test(endless_informational_responses_end),
        cmocka_unit_test(endless_continuations_end),
        cmocka_unit_test(pings_that_nobody_drains_are_bounded),
        cmocka_unit_test(reset_is_told_with_its_code),
        cmocka_unit_test(reset_after_the_trailers_is_harmless),
        cmocka_unit_test(answer_before_the_end_of_the_request_stops_it),
        cmocka_unit_test(goaway_below_our_stream_means_unavailable),
        cmocka_unit_test(goaway_that_serves_our_stream_lets_it_end),
        cmocka_unit_test(goaway_with_an_error_ends_what_it_would_serve),
        cmocka_unit_test(goaway_after_the_answer_spoils_nothing),
        cmocka_unit_test(goaway_before_the_request_left_means_unavailable),
        cmocka_unit_test(shutdown_says_goaway_and_waits_for_the_answer),
        cmocka_unit_test(no_request_follows_a_shutdown),
        cmocka_unit_test(trailers_without_their_end_are_malformed),
        cmocka_unit_test(malformed_responses_are_refused),
        cmocka_unit_test(lengths_that_do_not_fit_the_body_are_refused),
        cmocka_unit_test(frames_that_break_the_connection_end_it),
        cmocka_unit_test(servers_that_do_not_speak_http2_are_refused),
        cmocka_unit_test(pushes_are_not_taken),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
