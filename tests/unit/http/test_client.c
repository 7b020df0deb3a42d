/* SPDX-License-Identifier: Apache-2.0 */
#include "client_talk.h"

#include "http/server.h"

/* ---- the request ---- */

static void request_goes_out_in_the_order_of_a_real_marble(void **state)
{
    auto_talk t = talk_new();

    (void)state;
    assert_ok(ask(&t, BYTES_LITERAL("hello")), &t.err);
    assert_string_equal(heard(&t), "MAGIC\nSETTINGS\nHEADERS 1" REQUEST_FIELDS "DATA 1 5 END\n");
    assert_bytes_equal(buf_bytes(&t.listener.body), BYTES_LITERAL("hello"));
}

static void request_without_body_ends_with_its_headers(void **state)
{
    auto_talk t = talk_new();

    (void)state;
    assert_string_equal(heard(&t), "MAGIC\nSETTINGS\n");
    assert_ok(ask(&t, BYTES_NONE), &t.err);
    assert_string_equal(heard(&t), "HEADERS 1 END" REQUEST_FIELDS);
}

static void body_keeps_to_frames_and_windows_of_the_server(void **state)
{
    auto_talk t = talk_new();
    auto_buf body = { 0 };

    (void)state;
    memset(buf_grow(&body, 5 * 16384), 'b', 5 * 16384);
    assert_ok(ask(&t, buf_bytes(&body)), &t.err);
    assert_string_equal(heard(&t), "MAGIC\nSETTINGS\nHEADERS 1" REQUEST_FIELDS
                                   "DATA 1 16384\nDATA 1 16384\nDATA 1 16384\nDATA 1 16383\n");
    frame_u32(&t.server, FRAME_WINDOW_UPDATE, 1, 100000);
    assert_ok(say(&t), &t.err);
    assert_string_equal(heard(&t), "SETTINGS ACK\n");
    frame_u32(&t.server, FRAME_WINDOW_UPDATE, 0, 1);
    assert_ok(say(&t), &t.err);
    assert_string_equal(heard(&t), "DATA 1 1\n");
    frame_u32(&t.server, FRAME_WINDOW_UPDATE, 0, 16384);
    assert_ok(say(&t), &t.err);
    assert_string_equal(heard(&t), "DATA 1 16384 END\n");
    assert_bytes_equal(buf_bytes(&t.listener.body), buf_bytes(&body));
}

static void drain_gives_about_as_much_as_was_asked_for(void **state)
{
    auto_talk t = talk_new();
    auto_buf body = { 0 }, out = { 0 };

    (void)state;
    memset(buf_grow(&body, 50000), 'b', 50000);
    assert_ok(ask(&t, buf_bytes(&body)), &t.err);
    for (size_t before = SIZE_MAX; out.len != before;) {
        before = out.len;
        http_client_drain(t.client, &out, 1000);
        assert_true(out.len - before <= 1000 + 16384 + FRAME_HEADER);
    }
    (void)listener_hear(&t.listener, buf_bytes(&out));
    assert_bytes_equal(buf_bytes(&t.listener.body), buf_bytes(&body));
}

static void one_request_at_a_time(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    assert_false(ask(&t, BYTES_NONE));
    assert_int_equal(t.err.kind, FAIL_STATE);
    answer(&t.server, 1);
    assert_ok(say(&t), &t.err);
    assert_false(ask(&t, BYTES_NONE)); /* the response was not taken */
    assert_answered(&t);
    for (uint32_t id = 3; id < 20; id += 2) {
        assert_ok(ask(&t, BYTES_LITERAL("again")), &t.err);
        (void)heard(&t);
        answer(&t.server, id);
        assert_ok(say(&t), &t.err);
        assert_answered(&t);
    }
}

static void fields_that_no_frame_can_carry_are_refused(void **state)
{
    auto_talk t = talk_new();
    auto_string *value = mem_printf("%059800d", 1);
    auto_buf out = { 0 };
    const struct http_field one = { (char *)(uintptr_t) "x", value };
    struct http_client_request request = {
        .method = "GET", .path = "/", .authority = "a", .fields = &one, .field_count = 1
    };

    (void)state;
    assert_ok(http_client_send(t.client, &request, &t.err), &t.err);
    http_client_drain(t.client, &out, 1u << 20);
    assert_true(out.len > 30000); /* also in Huffman code */
    frame_u32(&t.server, FRAME_RST_STREAM, 1, NGHTTP2_CANCEL);
    assert_ok(say(&t), &t.err);
    assert_int_equal(take(&t), HTTP_RESET);
    auto_string *longer = mem_printf("%060000d", 1);
    const struct http_field other = { (char *)(uintptr_t) "x", longer };
    request.fields = &other;
    assert_false(http_client_send(t.client, &request, &t.err));
    assert_int_equal(t.err.kind, FAIL_TOO_LARGE);
    assert_ok(ask(&t, BYTES_NONE), &t.err);
}

/* ---- the response ---- */

static void response_has_fields_body_and_trailers(void **state)
{
    static const size_t steps[] = { 0, 1, 2, 7, 100 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        auto_talk t = talk_asked();
        answer(&t.server, 1);
        assert_ok(say_in_steps(&t, steps[i]), &t.err);
        assert_answered(&t);
        assert_string_equal(heard(&t), "SETTINGS ACK\n");
    }
}

static void every_truncation_waits_for_the_rest(void **state)
{
    auto_buf whole = { 0 };

    (void)state;
    frame(&whole, FRAME_SETTINGS, 0, 0, BYTES_NONE);
    answer(&whole, 1);
    for (size_t len = 0; len <= whole.len; len++) {
        auto_talk t = talk_asked();
        buf_clear(&t.server);
        buf_add(&t.server, bytes_of(whole.at, len));
        assert_ok(say(&t), &t.err);
        if (len < whole.len)
            assert_int_equal(take(&t), HTTP_WAITING);
        else
            assert_answered(&t);
    }
}

static void headers_alone_have_fields_and_no_trailers(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    frame_headers(&t.server, 1, END_STREAM,
                  FIELDS(":status", "200", "content-type", "application/grpc", "grpc-status", "9"));
    assert_ok(say(&t), &t.err);
    assert_int_equal(take(&t), HTTP_ANSWERED);
    assert_int_equal(t.response.field_count, 2);
    assert_string_equal(http_field_value(t.response.fields, 2, "grpc-status"), "9");
    assert_null(http_field_value(t.response.fields, 2, "grpc-message"));
    assert_null(http_field_value(NULL, 0, "grpc-status"));
    assert_int_equal(t.response.trailer_count, 0);
    assert_int_equal(t.response.body.len, 0);
}

static void data_may_end_the_response(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    answer_head(&t.server, 1);
    frame(&t.server, FRAME_DATA, 0, 1, BYTES_LITERAL("wor"));
    frame(&t.server, FRAME_DATA, 0, 1, BYTES_NONE);
    frame(&t.server, FRAME_DATA, END_STREAM, 1, BYTES_LITERAL("ld"));
    assert_ok(say(&t), &t.err);
    assert_int_equal(take(&t), HTTP_ANSWERED);
    assert_body(&t, "world");
    assert_int_equal(t.response.trailer_count, 0);
}

static void informational_responses_are_ignored(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    frame_headers(&t.server, 1, 0, FIELDS(":status", "100"));
    frame_headers(&t.server, 1, 0, FIELDS(":status", "103", "content-type", "early", "link", "x"));
    answer(&t.server, 1);
    assert_ok(say(&t), &t.err);
    assert_answered(&t);
}

static void padding_continuation_priority_and_unknown_frames_are_tolerated(void **state)
{
    auto_talk t = talk_asked();
    auto_buf block = { 0 }, first = { 0 }, data = { 0 };

    (void)state;
    add_field(&block, ":status", "200");
    add_field(&block, "content-type", "application/grpc");
    frame(&t.server, 0x42, 0xff, 0, BYTES_LITERAL("unknown"));
    frame(&t.server, 0x43, 0, 1, BYTES_NONE);
    buf_add_u8(&first, 3); /* bytes of padding at the end */
    add_u32be(&first, 0);  /* depends on nothing */
    buf_add_u8(&first, 16);
    buf_add(&first, bytes_of(block.at, 1));
    buf_add(&first, bytes_of("\0\0\0", 3));
    frame(&t.server, FRAME_HEADERS, PADDED | PRIORITY, 1, buf_bytes(&first));
    for (size_t i = 1; i + 1 < block.len; i += 10)
        frame(&t.server, FRAME_CONTINUATION, 0, 1,
              bytes_of(block.at + i, block.len - 1 - i < 10 ? block.len - 1 - i : 10));
    frame(&t.server, FRAME_CONTINUATION, END_HEADERS, 1, bytes_of(block.at + block.len - 1, 1));
    frame(&t.server, FRAME_PRIORITY, 0, 1, bytes_of("\0\0\0\0\1", 5));
    buf_add_u8(&data, 200);
    buf_add_string(&data, "world");
    memset(buf_grow(&data, 200), 0, 200);
    frame(&t.server, FRAME_DATA, PADDED, 1, buf_bytes(&data));
    answer_tail(&t.server, 1);
    /* Not in smaller steps: each part of the header of a CONTINUATION counts for nghttp2 as one more,
     * and more than 8 are too many. */
    assert_ok(say_in_steps(&t, 50), &t.err);
    assert_answered(&t);
}

static void ping_and_settings_are_acknowledged(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    frame(&t.server, FRAME_SETTINGS, 0, 0,
          bytes_of("\0\5\0\0\x40\0", 6)); /* MAX_FRAME_SIZE 16384 */
    /* marble-api.md 1.8: the bandwidth probe of grpc-go */
    frame(&t.server, FRAME_PING, 0, 0, BYTES_LITERAL("\x02\x04\x10\x10\x09\x0e\x07\x07"));
    assert_ok(say(&t), &t.err);
    assert_string_equal(heard(&t), "SETTINGS ACK\nSETTINGS ACK\nPING ACK 02041010090e0707\n");
    frame(&t.server, FRAME_SETTINGS, ACK, 0, BYTES_NONE);
    frame(&t.server, FRAME_PING, ACK, 0, BYTES_LITERAL("whatever"));
    assert_ok(say(&t), &t.err);
    assert_string_equal(heard(&t), "");
}

/* ---- with our own server ---- */

struct pair {
    struct http_server *server;
    struct talk t;
    size_t answer_len;
    bool has_trailers;
    struct buf got;
};

static void on_request(void *arg, uint64_t exchange, struct http_request *request)
{
    struct pair *const p = arg;
    struct http_response response = { .status = 200, .content_type = "application/grpc" };

    assert_string_equal(request->method, "POST");
    assert_string_equal(request->path, "/rpc.Marble/Activate");
    assert_string_equal(http_request_field(request, "te"), "trailers");
    buf_clear(&p->got);
    buf_add(&p->got, buf_bytes(&request->body));
    http_request_clear(request);
    if (p->answer_len > 0)
        memset(buf_grow(&response.body, p->answer_len), 'a', p->answer_len);
    if (p->has_trailers)
        http_response_add_trailer(&response, "grpc-status", "0");
    else
        http_response_add_field(&response, "grpc-status", "7");
    http_server_respond(p->server, exchange, &response);
}

static void converse(struct pair *p)
{
    for (size_t moved = 1; moved > 0;) {
        auto_buf up = { 0 }, down = { 0 };
        http_client_drain(p->t.client, &up, 10000);
        assert_ok(http_server_feed(p->server, buf_bytes(&up), &p->t.err), &p->t.err);
        http_server_drain(p->server, &down, 10000);
        assert_ok(http_client_feed(p->t.client, buf_bytes(&down), &p->t.err), &p->t.err);
        moved = up.len + down.len;
    }
}

static void large_messages_flow_through_our_own_server(void **state)
{
    static const struct http_limits large = { 8192, 40, (4u << 20) + 5, 8 };
    static const size_t lens[] = { 0, 1, 65535, 65536, 100000, (4u << 20) + 5 };
    struct pair p = { 0 };
    const struct http_server_events events = { &p, on_request, NULL, NULL, NULL };

    (void)state;
    p.server = http_server_new(HTTP_2, &large, &events);
    p.t.client = http_client_new(&large);
    listener_open(&p.t.listener);
    for (size_t i = 0; i < 2 * COUNT_OF(lens); i++) {
        auto_buf body = { 0 };
        const size_t len = lens[i / 2];
        if (len > 0)
            memset(buf_grow(&body, len), 'q', len);
        p.answer_len = len;
        p.has_trailers = i % 2 == 0;
        assert_ok(ask(&p.t, buf_bytes(&body)), &p.t.err);
        converse(&p);
        assert_bytes_equal(buf_bytes(&p.got), buf_bytes(&body));
        assert_int_equal(take(&p.t), HTTP_ANSWERED);
        assert_int_equal(p.t.response.status, 200);
        assert_int_equal(p.t.response.body.len, len);
        if (p.has_trailers)
            assert_trailer(&p.t, "grpc-status", "0");
        else
            assert_string_equal(
                http_field_value(p.t.response.fields, p.t.response.field_count, "grpc-status"),
                "7");
    }
    http_client_shutdown(p.t.client);
    converse(&p);
    http_server_free(p.server);
    buf_clear(&p.got);
    talk_clear(&p.t);
}

static void free_takes_nothing_and_what_is_under_way(void **state)
{
    auto_talk t = talk_asked();

    (void)state;
    http_client_free(NULL);
    answer_head(&t.server, 1);
    frame(&t.server, FRAME_DATA, 0, 1, BYTES_LITERAL("wor"));
    assert_ok(say(&t), &t.err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_goes_out_in_the_order_of_a_real_marble),
        cmocka_unit_test(request_without_body_ends_with_its_headers),
        cmocka_unit_test(body_keeps_to_frames_and_windows_of_the_server),
        cmocka_unit_test(drain_gives_about_as_much_as_was_asked_for),
        cmocka_unit_test(one_request_at_a_time),
        cmocka_unit_test(fields_that_no_frame_can_carry_are_refused),
        cmocka_unit_test(response_has_fields_body_and_trailers),
        cmocka_unit_test(every_truncation_waits_for_the_rest),
        cmocka_unit_test(headers_alone_have_fields_and_no_trailers),
        cmocka_unit_test(data_may_end_the_response),
        cmocka_unit_test(informational_responses_are_ignored),
        cmocka_unit_test(padding_continuation_priority_and_unknown_frames_are_tolerated),
        cmocka_unit_test(ping_and_settings_are_acknowledged),
        cmocka_unit_test(large_messages_flow_through_our_own_server),
        cmocka_unit_test(free_takes_nothing_and_what_is_under_way),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
