/* SPDX-License-Identifier: Apache-2.0 */
#include "marble_test.h"

#include "marble/answer.h"

static const char GRPC_TYPE[] = "application/grpc";

/* NULL: no such field. */
struct shape {
    int status;
    const char *type;
    const char *head_status, *head_message;
    const char *body; /* hex */
    const char *trailer, *trailer_message;
    bool other_trailer;
};

static struct http_response response_of(const struct shape *s)
{
    struct http_response response = { .status = s->status,
                                      .body = test_unhex(s->body ? s->body : "") };

    if (s->type != NULL)
        http_response_add_field(&response, "content-type", s->type);
    if (s->head_status != NULL)
        http_response_add_field(&response, "grpc-status", s->head_status);
    if (s->head_message != NULL)
        http_response_add_field(&response, "grpc-message", s->head_message);
    if (s->trailer != NULL)
        http_response_add_trailer(&response, "grpc-status", s->trailer);
    if (s->trailer_message != NULL)
        http_response_add_trailer(&response, "grpc-message", s->trailer_message);
    if (s->other_trailer)
        http_response_add_trailer(&response, "x", "y");
    return response;
}

static void a_status_of_0_with_one_message_is_an_answer(void **state)
{
    static const struct shape shapes[] = {
        { 200, "application/grpc", NULL, NULL, "00 00000002 aabb", "0", "", false },
        { 200, "application/grpc+proto", NULL, NULL, "00 00000002 aabb", "0", NULL, true },
        { 200, "application/grpc;x=y", "13", "not this one", "00 00000002 aabb", "0", NULL, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        struct http_response response = response_of(&shapes[i]);
        struct answer answer;
        answer_read(HTTP_ANSWERED, 0, &response, &answer);
        assert_int_equal(answer.verdict, VERDICT_ANSWERED);
        assert_int_equal(answer.status, GRPC_OK);
        assert_bytes_equal(answer.message, BYTES_LITERAL("\xaa\xbb"));
        http_response_clear(&response);
    }
}

static void everything_else_has_a_verdict_a_status_and_a_sentence(void **state)
{
    static const struct {
        struct shape shape;
        enum verdict verdict;
        enum grpc_status status;
        const char *text;
    } cases[] = {
        /* A status alone with the head. */
        { { 200, GRPC_TYPE, "7", "no%0Away %C3%BC %2", NULL, NULL, NULL, false },
          VERDICT_REFUSED,
          GRPC_PERMISSION_DENIED,
          "PERMISSION_DENIED: no\\nway \xc3\xbc %2" },
        { { 200, GRPC_TYPE, "9", NULL, NULL, NULL, NULL, false },
          VERDICT_REFUSED,
          GRPC_FAILED_PRECONDITION,
          "FAILED_PRECONDITION: " },
        { { 200, GRPC_TYPE, "14", "later", NULL, NULL, NULL, false },
          VERDICT_RETRY,
          GRPC_UNAVAILABLE,
          "UNAVAILABLE: later" },
        { { 200, GRPC_TYPE, "17", "x", NULL, NULL, NULL, false },
          VERDICT_REFUSED,
          GRPC_UNKNOWN,
          "UNKNOWN: x" },
        { { 200, GRPC_TYPE, "-1", "x", NULL, NULL, NULL, false },
          VERDICT_REFUSED,
          GRPC_UNKNOWN,
          "UNKNOWN: x" },
        { { 200, GRPC_TYPE, "0", NULL, NULL, NULL, NULL, false },
          VERDICT_MALFORMED,
          GRPC_INTERNAL,
          "INTERNAL: " },
        { { 200, GRPC_TYPE, NULL, NULL, NULL, NULL, NULL, false },
          VERDICT_MALFORMED,
          GRPC_UNKNOWN,
          "UNKNOWN: the answer has no grpc-status" },
        /* A status behind a body. */
        { { 200, GRPC_TYPE, NULL, NULL, "00 00000000", "13", "x", false },
          VERDICT_REFUSED,
          GRPC_INTERNAL,
          "INTERNAL: x" },
        { { 200, GRPC_TYPE, NULL, NULL, "00 00000000", NULL, NULL, true },
          VERDICT_MALFORMED,
          GRPC_UNKNOWN,
          "UNKNOWN: the answer has no grpc-status" },
        { { 200, GRPC_TYPE, "0", NULL, "00 00000000", NULL, NULL, false },
          VERDICT_MALFORMED,
          GRPC_INTERNAL,
          "INTERNAL: server closed the stream without sending trailers" },
        { { 200, GRPC_TYPE, NULL, NULL, "00 00000000 00", "0", NULL, false },
          VERDICT_MALFORMED,
          GRPC_INTERNAL,
          "INTERNAL: " },
        { { 200, GRPC_TYPE, NULL, NULL, "01 00000000", "0", NULL, false },
          VERDICT_MALFORMED,
          GRPC_INTERNAL,
          "INTERNAL: " },
        { { 200, GRPC_TYPE, NULL, NULL, "00 00400001", "0", NULL, false },
          VERDICT_MALFORMED,
          GRPC_RESOURCE_EXHAUSTED,
          "RESOURCE_EXHAUSTED: " },
        /* Not gRPC. */
        { { 200, "application/grpcx", "0", NULL, "00 00000000", "0", NULL, false },
          VERDICT_MALFORMED,
          GRPC_UNKNOWN,
          "UNKNOWN: the answer is not gRPC: HTTP status 200" },
        { { 200, NULL, "0", NULL, NULL, NULL, NULL, false },
          VERDICT_MALFORMED,
          GRPC_UNKNOWN,
          "UNKNOWN: the answer is not gRPC: HTTP status 200" },
        { { 400, "text/plain", NULL, NULL, NULL, NULL, NULL, false },
          VERDICT_MALFORMED,
          GRPC_INTERNAL,
          "INTERNAL: the answer is not gRPC: HTTP status 400" },
        { { 404, NULL, NULL, NULL, NULL, NULL, NULL, false },
          VERDICT_MALFORMED,
          GRPC_UNIMPLEMENTED,
          "UNIMPLEMENTED: the answer is not gRPC: HTTP status 404" },
        { { 503, NULL, NULL, NULL, NULL, NULL, NULL, false },
          VERDICT_RETRY,
          GRPC_UNAVAILABLE,
          "UNAVAILABLE: the answer is not gRPC: HTTP status 503" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_response response = response_of(&cases[i].shape);
        struct answer answer;
        print_message("# %zu: %s\n", i, cases[i].text);
        answer_read(HTTP_ANSWERED, 0, &response, &answer);
        assert_int_equal(answer.verdict, cases[i].verdict);
        assert_int_equal(answer.status, cases[i].status);
        assert_int_equal(strncmp(answer.err.text, cases[i].text, strlen(cases[i].text)), 0);
        assert_int_not_equal(answer.err.kind, FAIL_NONE);
        http_response_clear(&response);
    }
}

static void a_reset_stream_maps_to_a_status(void **state)
{
    static const struct {
        uint32_t code;
        enum grpc_status status;
    } cases[] = {
        { 0, GRPC_INTERNAL },           { 1, GRPC_INTERNAL },    { 2, GRPC_INTERNAL },
        { 3, GRPC_RESOURCE_EXHAUSTED }, { 4, GRPC_INTERNAL },    { 5, GRPC_INTERNAL },
        { 6, GRPC_INTERNAL },           { 7, GRPC_UNAVAILABLE }, { 8, GRPC_CANCELLED },
        { 9, GRPC_INTERNAL },           { 10, GRPC_INTERNAL },   { 11, GRPC_RESOURCE_EXHAUSTED },
        { 12, GRPC_PERMISSION_DENIED }, { 13, GRPC_INTERNAL },   { 14, GRPC_UNKNOWN },
        { UINT32_MAX, GRPC_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct answer answer;
        answer_read(HTTP_RESET, cases[i].code, NULL, &answer);
        assert_int_equal(answer.status, cases[i].status);
        assert_int_equal(answer.verdict, cases[i].code == 7 ? VERDICT_RETRY : VERDICT_REFUSED);
    }
}

static void a_long_message_is_cut(void **state)
{
    auto_buf long_text = { 0 };
    struct answer answer;

    (void)state;
    memset(buf_grow(&long_text, 100000), 'x', 100000);
    buf_add_u8(&long_text, '\0');
    struct http_response response = response_of(
        &(struct shape){ 200, GRPC_TYPE, "2", (char *)long_text.at, NULL, NULL, NULL, false });
    answer_read(HTTP_ANSWERED, 0, &response, &answer);
    assert_int_equal(strlen(answer.err.text), strlen("UNKNOWN: ") + 400);
    http_response_clear(&response);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_status_of_0_with_one_message_is_an_answer),
    cmocka_unit_test(everything_else_has_a_verdict_a_status_and_a_sentence),
    cmocka_unit_test(a_reset_stream_maps_to_a_status),
    cmocka_unit_test(a_long_message_is_cut),
};
TEST_MAIN(tests)
