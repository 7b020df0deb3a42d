/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdalign.h>

#include "http/http2_memory.h"
#include "http/internal.h"

static void fields_are_found_by_their_lower_case_name(void **state)
{
    struct http_request request = { 0 };

    (void)state;
    http_fields_add(&request.fields, &request.field_count, BYTES_LITERAL("X-One"),
                    BYTES_LITERAL("1"));
    http_fields_add(&request.fields, &request.field_count, BYTES_LITERAL("x-ONE"),
                    BYTES_LITERAL("2"));
    assert_string_equal(http_request_field(&request, "x-one"), "1");
    assert_string_equal(request.fields[1].value, "2");
    assert_null(http_request_field(&request, "x"));
    http_request_clear(&request);
    assert_null(http_request_field(&request, "x-one"));
}

static void many_fields_keep_their_order(void **state)
{
    struct http_response response = { 0 };

    (void)state;
    for (int i = 0; i < 1000; i++) {
        auto_string *value = mem_printf("%d", i);
        http_response_add_field(&response, "n", value);
        http_response_add_trailer(&response, "t", value);
    }
    assert_int_equal(response.field_count, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(atoi(response.fields[i].value), i);
        assert_int_equal(atoi(response.trailers[i].value), i);
    }
    http_response_clear(&response);
}

static void response_values_cannot_start_a_line(void **state)
{
    struct http_response response = { 0 };

    (void)state;
    http_response_add_field(&response, "Location", "a\r\nb\tc\x7f\xc3\xa4");
    http_response_add_trailer(&response, "grpc-message", "\x01z\n");
    assert_string_equal(response.fields[0].name, "location");
    assert_string_equal(response.fields[0].value, "a  b\tc \xc3\xa4");
    assert_string_equal(response.trailers[0].value, " z ");
    http_response_clear(&response);
}

static void date_is_that_of_rfc_9110(void **state)
{
    struct http_date cache = { 0 };

    (void)state;
    assert_string_equal(http_date_text(&cache, 784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_string_equal(http_date_text(&cache, 784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_string_equal(http_date_text(&cache, 0), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_string_equal(http_date_text(&cache, 1709251199), "Thu, 29 Feb 2024 23:59:59 GMT");
}

static void queue_keeps_order_while_both_ends_move(void **state)
{
    struct http_queue queue = { 0 };
    size_t added = 0, taken = 0;

    (void)state;
    for (size_t round = 0; round < 2000; round++) {
        for (size_t i = 0; i < round % 7; i++) {
            const uint8_t byte = (uint8_t)(added++ % 251);
            http_queue_add(&queue, bytes_of(&byte, 1));
        }
        const struct bytes view = http_queue_view(&queue);
        assert_int_equal(view.len, added - taken);
        const size_t len = view.len < round % 5 ? view.len : round % 5;
        for (size_t i = 0; i < len; i++)
            assert_int_equal(view.at[i], (taken + i) % 251);
        http_queue_take(&queue, len);
        taken += len;
    }
    http_queue_clear(&queue);
}

static void content_length_saturates(void **state)
{
    uint64_t length = 0;

    (void)state;
    assert_true(http_content_length(BYTES_LITERAL("0"), &length) && length == 0);
    assert_true(http_content_length(BYTES_LITERAL("18446744073709551614"), &length));
    assert_int_equal(length, UINT64_MAX - 1);
    assert_true(http_content_length(BYTES_LITERAL("18446744073709551616"), &length));
    assert_int_equal(length, UINT64_MAX);
    assert_true(http_content_length(BYTES_LITERAL("999999999999999999999999999990"), &length));
    assert_int_equal(length, UINT64_MAX);
    assert_false(http_content_length(BYTES_LITERAL(""), &length));
    assert_false(http_content_length(BYTES_LITERAL("1 "), &length));
    assert_false(http_content_length(BYTES_LITERAL("1a"), &length));
}

static void memory_of_nghttp2_behaves_like_that_of_libc(void **state)
{
    nghttp2_mem m = http2_memory;

    (void)state;
    uint8_t *at = m.calloc(3, 5, NULL);
    assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(at[i], 0);
    memcpy(at, "abc", 4);
    at = m.realloc(at, 10000, NULL);
    assert_string_equal((const char *)at, "abc");
    at = m.realloc(at, 2, NULL);
    assert_memory_equal(at, "ab", 2);
    m.free(at, NULL);
    m.free(NULL, NULL);
    assert_null(m.malloc(SIZE_MAX, NULL));
    assert_null(m.calloc(SIZE_MAX, 2, NULL));
    at = m.realloc(NULL, 1, NULL);
    assert_null(m.realloc(at, SIZE_MAX - 8, NULL)); /* and at is still there */
    m.free(at, NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fields_are_found_by_their_lower_case_name),
    cmocka_unit_test(many_fields_keep_their_order),
    cmocka_unit_test(response_values_cannot_start_a_line),
    cmocka_unit_test(date_is_that_of_rfc_9110),
    cmocka_unit_test(queue_keeps_order_while_both_ends_move),
    cmocka_unit_test(content_length_saturates),
    cmocka_unit_test(memory_of_nghttp2_behaves_like_that_of_libc),
};

TEST_MAIN(tests)
