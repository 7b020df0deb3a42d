/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "grpc/grpc.h"
#include "grpc/marble_messages.h"

static const char bad_utf8[] = "string field contains invalid UTF-8";
static const char bad_format[] = "proto: cannot parse invalid wire-format data (";

/* The worked encodings of marble-api.md, 1.3, prefix included. */
static const char request_hex[] =
    "00 00000037 0a 02 0100 12 02 3003 1a 07 6261636b656e64"
    "22 24 36626137623831302d396461642d313164312d383062342d303063303466643433306338";
static const char simulation_hex[] =
    "00 00000033 12 02 3003 1a 07 6261636b656e64"
    "22 24 36626137623831302d396461642d313164312d383062342d303063303466643433306338";
static const char response_hex[] = "00 00000022 0a 20 0a 0d 0a 06 2f72756e2f61 12 03 780079"
                                   "12 06 0a 01 4b 12 01 76 1a 05 2e2f617070 1a 00";

static const struct activation_request worked_request = {
    .quote = { (const uint8_t *)"\x01\x00", 2 },
    .csr = { (const uint8_t *)"\x30\x03", 2 },
    .marble_type = { (const uint8_t *)"backend", 7 },
    .uuid = { (const uint8_t *)"6ba7b810-9dad-11d1-80b4-00c04fd430c8", 36 },
};

static const struct marble_parameter worked_file = { { (const uint8_t *)"/run/a", 6 },
                                                     { (const uint8_t *)"x\0y", 3 } };
static const struct marble_parameter worked_env = { { (const uint8_t *)"K", 1 },
                                                    { (const uint8_t *)"v", 1 } };
static const struct bytes worked_argv[] = { { (const uint8_t *)"./app", 5 }, { NULL, 0 } };
static const struct marble_parameters worked_response = { 1,           1,          2, &worked_file,
                                                          &worked_env, worked_argv };

static void assert_requests_equal(const struct activation_request *is,
                                  const struct activation_request *want)
{
    assert_bytes_equal(is->quote, want->quote);
    assert_bytes_equal(is->csr, want->csr);
    assert_bytes_equal(is->marble_type, want->marble_type);
    assert_bytes_equal(is->uuid, want->uuid);
}

static void assert_maps_equal(const struct marble_parameter *is, size_t is_count,
                              const struct marble_parameter *want, size_t want_count)
{
    assert_int_equal(is_count, want_count);
    for (size_t i = 0; i < is_count; i++) {
        assert_bytes_equal(is[i].name, want[i].name);
        assert_bytes_equal(is[i].value, want[i].value);
    }
}

static void assert_parameters_equal(const struct marble_parameters *is,
                                    const struct marble_parameters *want)
{
    assert_maps_equal(is->files, is->file_count, want->files, want->file_count);
    assert_maps_equal(is->env, is->env_count, want->env, want->env_count);
    assert_int_equal(is->argv_count, want->argv_count);
    for (size_t i = 0; i < is->argv_count; i++)
        assert_bytes_equal(is->argv[i], want->argv[i]);
}

static void check_worked_request(const char *hex, const struct activation_request *request)
{
    auto_buf body = test_unhex(hex);
    auto_buf encoded = { 0 }, framed = { 0 };
    struct activation_request got;
    struct bytes message;
    enum grpc_status status;
    struct err err = { 0 };

    activation_request_encode(request, &encoded);
    grpc_frame(buf_bytes(&encoded), &framed);
    assert_bytes_equal(buf_bytes(&framed), buf_bytes(&body));
    assert_ok(grpc_unframe(buf_bytes(&body), &message, &status, &err), &err);
    assert_ok(activation_request_decode(message, &got, &err), &err);
    assert_requests_equal(&got, request);
}

static void the_worked_request_is_read_and_written_byte_for_byte(void **state)
{
    struct activation_request simulation = worked_request;

    (void)state;
    check_worked_request(request_hex, &worked_request);
    simulation.quote = BYTES_NONE;
    check_worked_request(simulation_hex, &simulation);
}

static void the_worked_response_is_read_and_written_byte_for_byte(void **state)
{
    auto_buf body = test_unhex(response_hex);
    auto_buf encoded = { 0 }, framed = { 0 };
    auto_arena arena = { 0 };
    struct marble_parameters got;
    struct bytes message;
    enum grpc_status status;
    struct err err = { 0 };

    (void)state;
    activation_response_encode(&worked_response, &encoded);
    grpc_frame(buf_bytes(&encoded), &framed);
    assert_bytes_equal(buf_bytes(&framed), buf_bytes(&body));
    assert_ok(grpc_unframe(buf_bytes(&body), &message, &status, &err), &err);
    assert_ok(activation_response_decode(message, &arena, &got, &err), &err);
    assert_parameters_equal(&got, &worked_response);
}

static void encoders_append(void **state)
{
    auto_buf out = { 0 };

    (void)state;
    activation_request_encode(&(struct activation_request){ .uuid = BYTES_LITERAL("u") }, &out);
    activation_response_encode(&(struct marble_parameters){ 0 }, &out);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("\x22\x01u\x0a\x00"));
}

/* Decodes an exact-size copy; the members of *request are then views of *copy. */
static bool decode_request(struct bytes in, uint8_t **copy, struct activation_request *request,
                           struct err *err)
{
    *copy = bytes_copy(in);
    return activation_request_decode(bytes_of(*copy, in.len), request, err);
}

static void requests_are_read_in_every_shape_that_is_allowed(void **state)
{
    static const struct {
        const char *name, *hex;
        struct activation_request want;
    } rows[] = {
        { "nothing", "" },
        { "any order",
          "22 01 75 1a 01 74 12 01 63 0a 01 71",
          { BYTES_LITERAL("q"), BYTES_LITERAL("c"), BYTES_LITERAL("t"), BYTES_LITERAL("u") } },
        { "the last one counts",
          "0a 01 41 22 01 41 0a 01 42 22 01 42",
          { .quote = BYTES_LITERAL("B"), .uuid = BYTES_LITERAL("B") } },
        { "the last one counts, empty as it is", "1a 01 41 1a 00" },
        { "unknown numbers",
          "2a 01 78 0a 01 71 32 00 82 01 02 7879",
          { .quote = BYTES_LITERAL("q") } },
        { "unknown types",
          "28 01 29 0102030405060708 2d 01020304 2b 0a 01 78 33 34 2c 0a 01 71",
          { .quote = BYTES_LITERAL("q") } },
        { "known numbers of other types",
          "0a 01 71 08 05 11 0102030405060708 1d 01020304 23 22 01 78 24 1a 01 74",
          { .quote = BYTES_LITERAL("q"), .marble_type = BYTES_LITERAL("t") } },
        { "bytes that are no text",
          "0a 02 ff00 12 02 80c0",
          { .quote = BYTES_LITERAL("\xff\0"), .csr = BYTES_LITERAL("\x80\xc0") } },
        { "unknown bytes that are no text", "2a 01 ff" },
        { "text with NUL and more",
          "1a 06 00c3a9e282ac",
          { .marble_type = BYTES_LITERAL("\0\xc3\xa9\xe2\x82\xac") } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf in = test_unhex(rows[i].hex);
        struct activation_request got;
        struct err err = { 0 };
        uint8_t *copy;
        if (!decode_request(buf_bytes(&in), &copy, &got, &err))
            fail_msg("%s: %s", rows[i].name, err.text);
        assert_requests_equal(&got, &rows[i].want);
        free(copy);
    }
}

static void bad_requests_are_refused_and_change_nothing(void **state)
{
    static const struct {
        const char *hex, *text;
    } rows[] = {
        { "1a 01 ff", bad_utf8 },
        { "22 02 c080", bad_utf8 },
        { "22 03 eda080", bad_utf8 },
        { "1a 01 ff 1a 01 41", bad_utf8 }, /* a later one does not repair it */
        { "0a 05 41", "proto: cannot parse invalid wire-format data (ActivationReq: length at "
                      "offset 1, in field 1)" },
        { "0a 01 41 12 05",
          "proto: cannot parse invalid wire-format data (ActivationReq: length at "
          "offset 4, in field 2)" },
        { "22 01 41 00", "proto: cannot parse invalid wire-format data (ActivationReq: field "
                         "number at offset 3)" },
        { "24", "proto: cannot parse invalid wire-format data (ActivationReq: end of a group "
                "without a start at offset 0, in field 4)" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf in = test_unhex(rows[i].hex);
        struct activation_request got = worked_request;
        struct err err = { 0 };
        uint8_t *copy;
        assert_false(decode_request(buf_bytes(&in), &copy, &got, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_string_equal(err.text, rows[i].text);
        assert_requests_equal(&got, &worked_request);
        free(copy);
    }
}

static void every_prefix_of_a_request_is_refused_or_ends_at_a_field(void **state)
{
    static const size_t ends[] = { 0, 4, 8, 17 };
    auto_buf in = { 0 };
    size_t next = 0;

    (void)state;
    activation_request_encode(&worked_request, &in);
    for (size_t len = 0; len < in.len; len++) {
        struct activation_request got, want = worked_request;
        struct err err = { 0 };
        uint8_t *copy;
        const bool whole = decode_request(bytes_of(in.at, len), &copy, &got, &err);
        assert_int_equal(whole, next < COUNT_OF(ends) && len == ends[next]);
        if (whole) {
            want.quote = next > 0 ? want.quote : BYTES_NONE;
            want.csr = next > 1 ? want.csr : BYTES_NONE;
            want.marble_type = next > 2 ? want.marble_type : BYTES_NONE;
            want.uuid = BYTES_NONE;
            assert_requests_equal(&got, &want);
            next++;
        } else {
            assert_memory_equal(err.text, bad_format, sizeof bad_format - 1);
        }
        free(copy);
    }
    assert_int_equal(next, COUNT_OF(ends));
}

/* As text: "name=value;" for each file, "|", the same for env, "|", each argument with ";". */
static char *parameters_text(const struct marble_parameters *p)
{
    const struct marble_parameter *const maps[] = { p->files, p->env };
    const size_t counts[] = { p->file_count, p->env_count };
    auto_buf text = { 0 };

    for (size_t m = 0; m < 2; m++) {
        for (size_t i = 0; i < counts[m]; i++) {
            buf_add(&text, maps[m][i].name);
            buf_add_string(&text, "=");
            buf_add(&text, maps[m][i].value);
            buf_add_string(&text, ";");
        }
        buf_add_string(&text, "|");
    }
    for (size_t i = 0; i < p->argv_count; i++) {
        buf_add(&text, p->argv[i]);
        buf_add_string(&text, ";");
    }
    return bytes_to_string(buf_bytes(&text));
}

/* The text of what an exact-size copy of `in` decodes to, or "!" and the text of the error. */
static char *decode_text(struct bytes in)
{
    uint8_t *const exact = bytes_copy(in);
    struct marble_parameters got = worked_response;
    auto_arena arena = { 0 };
    struct err err = { 0 };
    char *text;

    if (activation_response_decode(bytes_of(exact, in.len), &arena, &got, &err)) {
        text = parameters_text(&got);
    } else {
        assert_parameters_equal(&got, &worked_response);
        assert_int_equal(err.kind, FAIL_MALFORMED);
        text = mem_printf("!%s", err.text);
    }
    free(exact);
    return text;
}

static void responses_are_read_in_every_shape_that_is_allowed(void **state)
{
    static const struct {
        const char *name, *hex, *want;
    } rows[] = {
        { "nothing", "", "||" },
        { "no parameters", "0a 00", "||" },
        { "any order", "0a 10 1a 01 61 12 06 12 01 76 0a 01 6b 1a 01 62 0a 00", "=;|k=v;|a;b;" },
        { "no key", "0a 05 0a 03 12 01 76", "=v;||" },
        { "no value", "0a 05 12 03 0a 01 6b", "|k=;|" },
        { "the last key and value of an entry", "0a 0e 0a 0c 0a 01 61 12 01 31 0a 01 62 12 01 32",
          "b=2;||" },
        { "equal keys",
          "0a 20 0a 06 0a 01 61 12 01 31 0a 06 0a 01 62 12 01 32"
          "      0a 06 0a 01 61 12 01 33 0a 06 0a 01 62 12 01 34",
          "a=3;b=4;||" },
        { "equal keys, the last value empty", "0a 0d 0a 06 0a 01 61 12 01 31 0a 03 0a 01 61",
          "a=;||" },
        { "equal keys that are empty", "0a 0a 12 03 12 01 31 12 03 12 01 32", "|=2;|" },
        { "equal keys of two maps", "0a 10 0a 06 0a 01 61 12 01 31 12 06 0a 01 61 12 01 32",
          "a=1;|a=2;|" },
        { "equal arguments", "0a 09 1a 01 61 1a 01 61 1a 01 61", "||a;a;a;" },
        { "parameters twice",
          "0a 0b 0a 06 0a 01 61 12 01 31 1a 01 78"
          "0a 13 0a 06 0a 01 62 12 01 32 0a 06 0a 01 61 12 01 33 1a 01 79",
          "a=3;b=2;||x;y;" },
        { "unknown fields in each message",
          "12 01 ff 08 01 0b 0c 0a 1e 20 01"
          "0a 0a 0a 01 61 18 01 13 14 12 01 31"
          "22 01 ff 1a 01 7a 0b 1a 01 ff 0c 1d 01020304",
          "a=1;||z;" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf in = test_unhex(rows[i].hex);
        auto_string *is = decode_text(buf_bytes(&in));
        if (strcmp(is, rows[i].want) != 0)
            fail_msg("%s: is `%s`, not `%s`", rows[i].name, is, rows[i].want);
    }
}

static void bad_responses_are_refused_and_change_nothing(void **state)
{
    static const struct {
        const char *name, *hex, *want;
    } rows[] = {
        { "key", "0a 05 0a 03 0a 01 ff", bad_utf8 },
        { "key that is replaced", "0a 08 0a 06 0a 01 ff 0a 01 41", bad_utf8 },
        { "variable", "0a 06 12 04 0a 02 c328", bad_utf8 },
        { "argument", "0a 03 1a 01 80", bad_utf8 },
        { "response cut off", "0a 02 1a",
          "proto: cannot parse invalid wire-format data (ActivationResp: length at offset 1, in "
          "field 1)" },
        { "argument beyond its parameters", "0a 02 1a 01 41",
          "proto: cannot parse invalid wire-format data (Parameters: length at offset 3, in field "
          "3)" },
        { "key beyond its entry", "0a 04 0a 02 0a 01 41",
          "proto: cannot parse invalid wire-format data (map entry: length at offset 5, in field "
          "1)" },
        { "end of a group in an entry", "0a 03 0a 01 0c",
          "proto: cannot parse invalid wire-format data (map entry: end of a group without a start "
          "at offset 4, in field 1)" },
        { "group over the end of an entry", "0a 04 0a 01 0b 0c",
          "proto: cannot parse invalid wire-format data (map entry: tag at offset 5, in field 1)" },
        { "field number 0", "0a 02 02 00",
          "proto: cannot parse invalid wire-format data (Parameters: field number at offset 2)" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf in = test_unhex(rows[i].hex);
        auto_string *is = decode_text(buf_bytes(&in));
        if (is[0] != '!' || strcmp(is + 1, rows[i].want) != 0)
            fail_msg("%s: is `%s`, not `%s`", rows[i].name, is, rows[i].want);
    }
}

static void every_prefix_of_a_response_is_refused(void **state)
{
    auto_buf in = { 0 };

    (void)state;
    activation_response_encode(&worked_response, &in);
    for (size_t len = 1; len < in.len; len++) {
        auto_string *is = decode_text(bytes_of(in.at, len));
        assert_int_equal(is[0], '!');
        assert_memory_equal(is + 1, bad_format, sizeof bad_format - 1);
    }
}

/* With a length around them that fits, so that what is cut off is an entry or an argument. */
static void every_prefix_of_parameters_is_refused_or_ends_at_a_field(void **state)
{
    static const struct {
        size_t len;
        const char *want;
    } ends[] = { { 0, "||" },
                 { 15, "/run/a=x y;||" },
                 { 23, "/run/a=x y;|K=v;|" },
                 { 30, "/run/a=x y;|K=v;|./app;" } };
    auto_buf in = { 0 };
    size_t next = 0;

    (void)state;
    activation_response_encode(&worked_response, &in);
    in.at[15] = ' '; /* was NUL, at which a C string ends */
    for (size_t len = 0; len < in.len - 2; len++) {
        auto_buf cut = { 0 };
        buf_add_u8(&cut, 0x0a);
        buf_add_u8(&cut, (uint8_t)len);
        buf_add(&cut, bytes_of(in.at + 2, len));
        auto_string *is = decode_text(buf_bytes(&cut));
        if (next == COUNT_OF(ends) || len != ends[next].len) {
            assert_int_equal(is[0], '!');
            continue;
        }
        assert_string_equal(is, ends[next++].want);
    }
    assert_int_equal(next, COUNT_OF(ends));
}

static void a_response_with_more_parameters_than_the_limit_is_too_large(void **state)
{
    static const char *const fields[] = { "\x0a\x00", "\x12\x00", "\x1a\x00" };
    auto_buf in = { 0 };
    auto_arena arena = { 0 };
    struct marble_parameters got = worked_response;
    struct err err = { 0 };

    (void)state;
    buf_add(&in, BYTES_LITERAL("\x0a\x80\x80\x08")); /* 2 * MARBLE_PARAMETERS_MAX bytes */
    for (size_t i = 0; i < MARBLE_PARAMETERS_MAX; i++)
        buf_add(&in, bytes_of(fields[i % 3], 2));
    assert_ok(activation_response_decode(buf_bytes(&in), &arena, &got, &err), &err);
    assert_int_equal(got.file_count, 1);
    assert_int_equal(got.env_count, 1);
    assert_int_equal(got.argv_count, MARBLE_PARAMETERS_MAX / 3);
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        struct marble_parameters untouched = worked_response;
        auto_buf more = { 0 };
        buf_add(&more, buf_bytes(&in));
        buf_add(&more, BYTES_LITERAL("\x0a\x02"));
        buf_add(&more, bytes_of(fields[i], 2));
        assert_false(activation_response_decode(buf_bytes(&more), &arena, &untouched, &err));
        assert_int_equal(err.kind, FAIL_TOO_LARGE);
        assert_string_equal(err.text, "response with more than 65536 parameters");
        assert_parameters_equal(&untouched, &worked_response);
    }
}

/*
 * The most that fits into a message, in shapes for which comparing every pair would take minutes:
 * many short keys, keys that differ in their last bytes only, equal keys.
 */
static void hostile_responses_take_no_quadratic_time(void **state)
{
    static const struct {
        size_t count, key_len, different;
    } rows[] = { { MARBLE_PARAMETERS_MAX, 4, MARBLE_PARAMETERS_MAX },
                 { MARBLE_PARAMETERS_MAX, 50, MARBLE_PARAMETERS_MAX },
                 { MARBLE_PARAMETERS_MAX, 50, 2 },
                 { 1000, 4000, 1000 },
                 { 2, 2000000, 2 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct marble_parameter *const files = mem_zero_alloc(rows[i].count, sizeof *files);
        auto_buf keys = { 0 }, in = { 0 };
        auto_arena arena = { 0 };
        struct marble_parameters got;
        struct err err = { 0 };
        uint8_t *const at = buf_grow(&keys, rows[i].count * rows[i].key_len);
        for (size_t k = 0; k < rows[i].count; k++) {
            uint8_t *const key = at + k * rows[i].key_len;
            char digits[5];
            (void)snprintf(digits, sizeof digits, "%04x", (unsigned)(k * 40503 % 65536));
            if (k >= rows[i].different)
                memcpy(digits, "0000", 4);
            memset(key, 'k', rows[i].key_len);
            memcpy(key + rows[i].key_len - 4, digits, 4);
            files[k].name = bytes_of(key, rows[i].key_len);
        }
        activation_response_encode(
            &(struct marble_parameters){ .file_count = rows[i].count, .files = files }, &in);
        assert_true(in.len <= GRPC_MESSAGE_MAX);
        assert_ok(activation_response_decode(buf_bytes(&in), &arena, &got, &err), &err);
        assert_int_equal(got.file_count, rows[i].different);
        assert_true(arena.used <= 100 * rows[i].count);
        free(files);
    }
}

/* Against the plain way to do it: look through all that came before. */
static size_t merge_plainly(struct marble_parameter *entries, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < kept && !bytes_equal(entries[k].name, entries[i].name))
            k++;
        if (k == kept)
            entries[kept++] = entries[i];
        else
            entries[k].value = entries[i].value;
    }
    return kept;
}

static void equal_keys_merge_as_if_done_one_by_one(void **state)
{
    static const char keys[] = "aaabab\0b";
    static const char values[] = "0123456789abcdefghij";
    uint32_t random = 1;

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        struct marble_parameter entries[40];
        const size_t count = round % (COUNT_OF(entries) + 1);
        auto_buf in = { 0 };
        auto_arena arena = { 0 };
        struct marble_parameters got;
        struct err err = { 0 };
        for (size_t i = 0; i < count; i++) {
            random = random * 1664525 + 1013904223;
            entries[i].name = bytes_of(keys + (random >> 8) % 6, (random >> 16) % 3);
            entries[i].value = bytes_of(values, (random >> 24) % sizeof values);
        }
        activation_response_encode(
            &(struct marble_parameters){ .env_count = count, .env = entries }, &in);
        assert_ok(activation_response_decode(buf_bytes(&in), &arena, &got, &err), &err);
        assert_maps_equal(got.env, got.env_count, entries, merge_plainly(entries, count));
    }
}

static void a_parameter_keeps_every_byte_of_its_value(void **state)
{
    uint8_t all[256] = { 0 };
    const struct marble_parameter file = { BYTES_LITERAL("/f"), bytes_of(all, sizeof all) };
    auto_buf in = { 0 };
    auto_arena arena = { 0 };
    struct marble_parameters got;
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    activation_response_encode(&(struct marble_parameters){ .file_count = 1, .files = &file }, &in);
    assert_ok(activation_response_decode(buf_bytes(&in), &arena, &got, &err), &err);
    assert_maps_equal(got.files, got.file_count, &file, 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_worked_request_is_read_and_written_byte_for_byte),
    cmocka_unit_test(the_worked_response_is_read_and_written_byte_for_byte),
    cmocka_unit_test(encoders_append),
    cmocka_unit_test(requests_are_read_in_every_shape_that_is_allowed),
    cmocka_unit_test(bad_requests_are_refused_and_change_nothing),
    cmocka_unit_test(every_prefix_of_a_request_is_refused_or_ends_at_a_field),
    cmocka_unit_test(responses_are_read_in_every_shape_that_is_allowed),
    cmocka_unit_test(bad_responses_are_refused_and_change_nothing),
    cmocka_unit_test(every_prefix_of_a_response_is_refused),
    cmocka_unit_test(every_prefix_of_parameters_is_refused_or_ends_at_a_field),
    cmocka_unit_test(a_response_with_more_parameters_than_the_limit_is_too_large),
    cmocka_unit_test(hostile_responses_take_no_quadratic_time),
    cmocka_unit_test(equal_keys_merge_as_if_done_one_by_one),
    cmocka_unit_test(a_parameter_keeps_every_byte_of_its_value),
};

TEST_MAIN(tests)
