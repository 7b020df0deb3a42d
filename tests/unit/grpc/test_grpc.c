/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "grpc/grpc.h"

static void every_status_has_its_name_and_its_number(void **state)
{
    static const char *const names[] = {
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    };

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        auto_string *text = mem_printf("%u", i);
        const enum grpc_status status = grpc_status_from_text(text);
        assert_int_equal(status, i);
        assert_string_equal(grpc_status_name(status), names[i]);
    }
    assert_string_equal(grpc_status_name((enum grpc_status)17), "UNKNOWN");
}

static void what_is_no_status_is_unknown(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "17",
        "18",
        "99",
        "-1",
        "+0",
        " 0",
        "0 ",
        "0x0",
        "1.0",
        "1,",
        "OK",
        "a",
        "/",
        ":",
        "4294967296",
        "4294967301",
        "18446744073709551616",
        "18446744073709551621",
        "99999999999999999999999999",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(grpc_status_from_text(texts[i]), GRPC_UNKNOWN);
    assert_int_equal(grpc_status_from_text(NULL), GRPC_UNKNOWN);
    assert_int_equal(grpc_status_from_text("007"), GRPC_PERMISSION_DENIED);
}

static void http_statuses_map_as_in_the_table(void **state)
{
    static const struct {
        int http;
        enum grpc_status want;
    } rows[] = {
        { 400, GRPC_INTERNAL },      { 401, GRPC_UNAUTHENTICATED }, { 403, GRPC_PERMISSION_DENIED },
        { 404, GRPC_UNIMPLEMENTED }, { 429, GRPC_UNAVAILABLE },     { 502, GRPC_UNAVAILABLE },
        { 503, GRPC_UNAVAILABLE },   { 504, GRPC_UNAVAILABLE },     { 200, GRPC_UNKNOWN },
        { 500, GRPC_UNKNOWN },       { 415, GRPC_UNKNOWN },         { 0, GRPC_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(grpc_status_from_http(rows[i].http), rows[i].want);
}

static void assert_text(const struct buf *is, const char *want)
{
    if (!bytes_equal_string(buf_bytes(is), want))
        fail_msg("is `%.*s`, not `%s`", BYTES_FMT(buf_bytes(is)), want);
}

static void messages_are_escaped_as_the_table_says(void **state)
{
    static const struct {
        const char *text, *value;
    } rows[] = {
        { "", "" },
        { "invalid UUID length: 3", "invalid UUID length: 3" },
        { "100%", "100%25" },
        { "a\nb\r\t\x01\x7f", "a%0Ab%0D%09%01%7F" },
        { " ~", " ~" },
        { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "%C3%A9%E2%82%AC%F0%9F%98%80" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf value = { 0 }, text = { 0 };
        grpc_message_encode(bytes_of_string(rows[i].text), &value);
        assert_text(&value, rows[i].value);
        grpc_message_decode(buf_bytes(&value), &text);
        assert_text(&text, rows[i].text);
    }
}

static void each_byte_of_broken_utf8_becomes_a_replacement(void **state)
{
    static const struct {
        const char *text, *value;
    } rows[] = {
        { "\xff", "%EF%BF%BD" },
        { "a\x80z", "a%EF%BF%BDz" },
        { "\xe2\x82", "%EF%BF%BD%EF%BF%BD" },             /* cut off */
        { "\xc0\xaf", "%EF%BF%BD%EF%BF%BD" },             /* longer than needed */
        { "\xed\xa0\x80", "%EF%BF%BD%EF%BF%BD%EF%BF%BD" } /* a surrogate */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf value = { 0 };
        grpc_message_encode(bytes_of_string(rows[i].text), &value);
        assert_text(&value, rows[i].value);
    }
}

static void a_nul_is_a_byte_like_others(void **state)
{
    auto_buf value = { 0 }, text = { 0 };

    (void)state;
    grpc_message_encode(BYTES_LITERAL("a\0b"), &value);
    assert_text(&value, "a%00b");
    grpc_message_decode(buf_bytes(&value), &text);
    assert_bytes_equal(buf_bytes(&text), BYTES_LITERAL("a\0b"));
}

static void broken_escapes_stay_as_they_are(void **state)
{
    static const struct {
        const char *value, *text;
    } rows[] = {
        { "%", "%" },
        { "%4", "%4" },
        { "a%", "a%" },
        { "%zz", "%zz" },
        { "%4g", "%4g" },
        { "%g4", "%g4" },
        { "%%41", "%A" },
        { "%25%34", "%4" },
        { "%41%", "A%" },
        { "%c3%A9", "\xc3\xa9" },
        { "%-1", "%-1" },
        { "%@1%`1%:1%/1", "%@1%`1%:1%/1" },
        { "\xff%ff", "\xff\xff" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t *const exact = bytes_copy(bytes_of_string(rows[i].value));
        auto_buf text = { 0 };
        grpc_message_decode(bytes_of(exact, strlen(rows[i].value)), &text);
        assert_text(&text, rows[i].text);
        free(exact);
    }
}

static void encoding_and_decoding_append(void **state)
{
    auto_buf out = { 0 };

    (void)state;
    grpc_message_encode(BYTES_LITERAL("%"), &out);
    grpc_message_encode(BYTES_LITERAL("%"), &out);
    grpc_message_decode(BYTES_LITERAL("%41"), &out);
    assert_text(&out, "%25%25A");
}

static void timeouts_are_nanoseconds(void **state)
{
    static const struct {
        const char *value;
        uint64_t want;
    } rows[] = {
        { "0n", 0 },
        { "1n", 1 },
        { "1u", 1000 },
        { "20m", 20000000 },
        { "00000003S", 3000000000 },
        { "2M", 120000000000 },
        { "1H", 3600000000000 },
        { "99999999n", 99999999 },
        { "99999999S", 99999999000000000 },
        { "99999999M", 5999999940000000000 },
        { "2562047H", 9223369200000000000u },
        { "2562048H", INT64_MAX }, /* above 2^63 */
        { "5124095H", INT64_MAX }, /* below 2^64 */
        { "5124096H", INT64_MAX }, /* above it */
        { "99999999H", INT64_MAX },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t is = 7;
        struct err err = { 0 };
        assert_ok(grpc_timeout_parse(bytes_of_string(rows[i].value), &is, &err), &err);
        if (is != rows[i].want)
            fail_msg("%s: %llu", rows[i].value, (unsigned long long)is);
    }
}

static void other_timeouts_are_refused(void **state)
{
    static const char *const values[] = {
        "",
        "S",
        "1",
        "12345678",
        "123456789S",
        "-1S",
        "+1S",
        " 1S",
        "1 S",
        "1S ",
        "1s",
        "1h",
        "1N",
        "1U",
        "1.5S",
        "1SS",
        "0x1S",
        "1\xff",
        ("\xff"
         "1S"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        const struct bytes value = bytes_of_string(values[i]);
        uint8_t *const exact = bytes_copy(value);
        uint64_t is = 7;
        struct err err = { 0 };
        if (grpc_timeout_parse(bytes_of(exact, value.len), &is, &err))
            fail_msg("`%s` accepted", values[i]);
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_int_equal(is, 7);
        free(exact);
    }
}

static void a_framed_message_comes_back(void **state)
{
    static const size_t lengths[] = { 0, 1, 255, 256, 65536, GRPC_MESSAGE_MAX };
    auto_buf message = { 0 };

    (void)state;
    memset(buf_grow(&message, GRPC_MESSAGE_MAX), 'm', GRPC_MESSAGE_MAX);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        auto_buf body = { 0 };
        struct bytes got;
        enum grpc_status status;
        struct err err = { 0 };
        grpc_frame(bytes_of(message.at, lengths[i]), &body);
        assert_int_equal(body.len, lengths[i] + GRPC_PREFIX_LEN);
        assert_ok(grpc_unframe(buf_bytes(&body), &got, &status, &err), &err);
        assert_int_equal(status, GRPC_OK);
        assert_bytes_equal(got, bytes_of(message.at, lengths[i]));
    }
}

static void the_prefix_is_a_flag_and_a_length_in_network_order(void **state)
{
    auto_buf body = { 0 }, want = test_unhex("00 00000102");
    uint8_t message[258] = { 0 };

    (void)state;
    grpc_frame(bytes_of(message, sizeof message), &body);
    assert_bytes_equal(bytes_of(body.at, 5), buf_bytes(&want));
}

static void check_refused(struct bytes body, enum grpc_status want, const char *text)
{
    uint8_t *const exact = bytes_copy(body);
    struct bytes message = BYTES_LITERAL("untouched");
    enum grpc_status status = GRPC_OK;
    struct err err = { 0 };

    assert_false(grpc_unframe(bytes_of(exact, body.len), &message, &status, &err));
    assert_int_equal(status, want);
    assert_string_equal(err.text, text);
    assert_int_equal(err.kind, want == GRPC_INTERNAL ? FAIL_MALFORMED : FAIL_TOO_LARGE);
    assert_bytes_equal(message, BYTES_LITERAL("untouched"));
    free(exact);
}

static void other_bodies_are_refused_with_status_and_text(void **state)
{
    static const char compressed[] = "grpc: compressed flag set with identity or empty encoding";
    static const struct {
        const char *hex;
        enum grpc_status status;
        const char *text;
    } rows[] = {
        { "", GRPC_INTERNAL, "grpc: the body of the call holds no message" },
        { "01 00000001 41", GRPC_INTERNAL, compressed },
        { "01", GRPC_INTERNAL, compressed },
        { "01 ffffffff", GRPC_INTERNAL, compressed },
        { "02 00000000", GRPC_INTERNAL, "grpc: received unexpected payload format 2" },
        { "ff ffffffff 41", GRPC_INTERNAL, "grpc: received unexpected payload format 255" },
        { "00", GRPC_INTERNAL, "grpc: unexpected end of the prefix (1 of 5 bytes)" },
        { "00 000000", GRPC_INTERNAL, "grpc: unexpected end of the prefix (4 of 5 bytes)" },
        { "00 00000001", GRPC_INTERNAL, "grpc: unexpected end of the message (0 of 1 bytes)" },
        { "00 00400000 41", GRPC_INTERNAL,
          "grpc: unexpected end of the message (1 of 4194304 bytes)" },
        { "00 00400001 41", GRPC_RESOURCE_EXHAUSTED,
          "grpc: received message larger than max (4194305 vs. 4194304)" },
        { "00 7fffffff", GRPC_RESOURCE_EXHAUSTED,
          "grpc: received message larger than max (2147483647 vs. 4194304)" },
        { "00 ffffffff", GRPC_RESOURCE_EXHAUSTED,
          "grpc: received message larger than max (4294967295 vs. 4194304)" },
        { "00 00000001 41 42", GRPC_INTERNAL,
          "grpc: the body goes on behind the message (1 bytes)" },
        { "00 00000000 00 00000000", GRPC_INTERNAL,
          "grpc: the body goes on behind the message (5 bytes)" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf body = test_unhex(rows[i].hex);
        check_refused(buf_bytes(&body), rows[i].status, rows[i].text);
    }
}

static void every_prefix_of_a_body_is_refused(void **state)
{
    auto_buf body = { 0 };

    (void)state;
    grpc_frame(BYTES_LITERAL("some message"), &body);
    for (size_t len = 0; len < body.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(body.at, len));
        struct bytes message;
        enum grpc_status status;
        struct err err = { 0 };
        assert_false(grpc_unframe(bytes_of(exact, len), &message, &status, &err));
        assert_int_equal(status, GRPC_INTERNAL);
        free(exact);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_status_has_its_name_and_its_number),
    cmocka_unit_test(what_is_no_status_is_unknown),
    cmocka_unit_test(http_statuses_map_as_in_the_table),
    cmocka_unit_test(messages_are_escaped_as_the_table_says),
    cmocka_unit_test(each_byte_of_broken_utf8_becomes_a_replacement),
    cmocka_unit_test(a_nul_is_a_byte_like_others),
    cmocka_unit_test(broken_escapes_stay_as_they_are),
    cmocka_unit_test(encoding_and_decoding_append),
    cmocka_unit_test(timeouts_are_nanoseconds),
    cmocka_unit_test(other_timeouts_are_refused),
    cmocka_unit_test(a_framed_message_comes_back),
    cmocka_unit_test(the_prefix_is_a_flag_and_a_length_in_network_order),
    cmocka_unit_test(other_bodies_are_refused_with_status_and_text),
    cmocka_unit_test(every_prefix_of_a_body_is_refused),
};

TEST_MAIN(tests)
