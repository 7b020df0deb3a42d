/* SPDX-License-Identifier: Apache-2.0 */
#include "marble_test.h"

#include "marble/parameters.h"

#define TEXT(text) BYTES_LITERAL(text)

static bool read_encoded(const struct marble_parameters *given, struct buf *message,
                         struct arena *arena, struct marble_parameters *read, struct err *err)
{
    activation_response_encode(given, message);
    return parameters_read(buf_bytes(message), arena, read, err);
}

static void parameters_read_gives_what_was_sent(void **state)
{
    const struct marble_parameter files[] = { { TEXT("/f"), TEXT("a\0b") },
                                              { TEXT("g"), TEXT("") } };
    const struct marble_parameter env[] = { { TEXT("A"), TEXT("b=c") },
                                            { TEXT("EMPTY"), TEXT("") } };
    const struct bytes argv[] = { TEXT("./app"), TEXT(""), TEXT("x y") };
    const struct marble_parameters given = { 2, 2, 3, files, env, argv };
    struct marble_parameters read;
    auto_buf message = { 0 };
    auto_arena arena = { 0 };
    struct err err = { 0 };
    struct bytes value = BYTES_NONE;

    (void)state;
    assert_ok(read_encoded(&given, &message, &arena, &read, &err), &err);
    assert_int_equal(read.file_count, 2);
    assert_bytes_equal(read.files[0].value, TEXT("a\0b"));
    assert_int_equal(read.env_count, 2);
    assert_true(parameters_variable(&read, "A", &value));
    assert_bytes_equal(value, TEXT("b=c"));
    assert_true(parameters_variable(&read, "EMPTY", &value));
    assert_int_equal(value.len, 0);
    assert_false(parameters_variable(&read, "", &value));
    assert_int_equal(read.argv_count, 3);
    assert_bytes_equal(read.argv[2], TEXT("x y"));
}

static void parameters_read_refuses_what_no_process_can_be_given(void **state)
{
    const struct {
        struct marble_parameter file, variable;
        struct bytes argument;
        const char *words;
    } cases[] = {
        { { TEXT(""), TEXT("secret") },
          { TEXT("A"), TEXT("") },
          TEXT(""),
          "file 0 has an empty path" },
        { { TEXT("a\0b"), TEXT("secret") },
          { TEXT("A"), TEXT("") },
          TEXT(""),
          "the path of file 0 has a NUL" },
        { { TEXT("f"), TEXT("secret") },
          { TEXT(""), TEXT("secret") },
          TEXT(""),
          "variable 0 has an empty name" },
        { { TEXT("f"), TEXT("secret") },
          { TEXT("A="), TEXT("secret") },
          TEXT(""),
          "variable 0 has a '='" },
        { { TEXT("f"), TEXT("secret") },
          { TEXT("A\0"), TEXT("secret") },
          TEXT(""),
          "variable 0 has a '='" },
        { { TEXT("f"), TEXT("secret") },
          { TEXT("KEY"), TEXT("secret\0") },
          TEXT(""),
          "variable KEY has a NUL" },
        { { TEXT("f"), TEXT("secret") },
          { TEXT("K\nY"), TEXT("secret\0") },
          TEXT(""),
          "variable K?Y has a NUL" },
        { { TEXT("f"), TEXT("secret") },
          { TEXT("KEY"), TEXT("secret") },
          TEXT("secret\0"),
          "argument 0 has a NUL" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct marble_parameters given = {
            1, 1, 1, &cases[i].file, &cases[i].variable, &cases[i].argument
        };
        struct marble_parameters read;
        auto_buf message = { 0 };
        auto_arena arena = { 0 };
        struct err err = { 0 };
        assert_refused(read_encoded(&given, &message, &arena, &read, &err), &err, FAIL_MALFORMED,
                       cases[i].words);
        assert_null(strstr(err.text, "secret"));
    }
}

static void parameters_read_accepts_no_prefix_that_is_cut(void **state)
{
    const struct marble_parameter file = { TEXT("/f"), TEXT("value") };
    const struct bytes argument = TEXT("argument");
    const struct marble_parameters given = { 1, 1, 1, &file, &file, &argument };
    auto_buf message = { 0 };

    (void)state;
    activation_response_encode(&given, &message);
    for (size_t len = 1; len < message.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(message.at, len));
        struct marble_parameters read;
        auto_arena arena = { 0 };
        struct err err = { 0 };
        assert_refused(parameters_read(bytes_of(exact, len), &arena, &read, &err), &err,
                       FAIL_MALFORMED, "parameters: ");
        free(exact);
    }
}

static bool check_ttls(const char *config, enum libos libos, struct buf *log, struct err *err)
{
    const struct marble_parameter variable = { TEXT("MARBLE_TTLS_CONFIG"),
                                               bytes_of_string(config) };
    const struct marble_parameters given = { 0, config == NULL ? 0 : 1, 0, NULL, &variable, NULL };
    const struct marble_log kept = log_into(log);

    return parameters_check_ttls(&given, libos, &kept, err);
}

static void ttls_is_refused_where_nobody_does_it(void **state)
{
    static const enum libos all[] = { LIBOS_GRAMINE, LIBOS_OCCLUM };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        auto_buf log = { 0 };
        struct err err = { 0 };
        assert_refused(check_ttls("{\"tls\":{\"Incoming\":{\"*:1\":{}}}}", all[i], &log, &err),
                       &err, FAIL_DENIED,
                       "TTLS configured, but Marble runtime doesn't support TTLS");
        assert_ok(check_ttls(NULL, all[i], &log, &err), &err);
        assert_bytes_equal(buf_bytes(&log), TEXT("Not using TTLS\n"));
    }
}

static void ttls_without_a_libos_is_shown_and_warned_of(void **state)
{
    auto_buf log = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(check_ttls("{\"tls\":{\"Incoming\":{\"*:1\":{\"clikey\":\"secret\"},\"*:2\":{}},"
                         "\"Outgoing\":{\"a\\nb:3\":{}}}}",
                         LIBOS_NONE, &log, &err),
              &err);
    assert_bytes_equal(buf_bytes(&log),
                       TEXT("TTLS config\n  Incoming:\n    *:1\n    *:2\n  Outgoing:\n    a\\nb:3\n"
                            "nothing here does TTLS for the application: it has to read "
                            "MARBLE_TTLS_CONFIG itself\n"));
}

static void ttls_that_is_empty_or_no_configuration_is_refused(void **state)
{
    static const struct {
        const char *config, *words;
    } cases[] = {
        { "{\"tls\":{\"Incoming\":{},\"Outgoing\":{}}}",
          "MARBLE_TTLS_CONFIG: TTLS config is empty" },
        { "{\"tls\":[]}", "TTLS config is empty" },
        { "[]", "TTLS config is empty" },
        { "null", "TTLS config is empty" },
        { "{\"tls\":{\"Incoming\":\"x\",\"Outgoing\":7}}", "TTLS config is empty" },
        { "", "MARBLE_TTLS_CONFIG: unexpected end" },
        { "secret", "MARBLE_TTLS_CONFIG: line 1" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_buf log = { 0 };
        struct err err = { 0 };
        assert_refused(check_ttls(cases[i].config, LIBOS_NONE, &log, &err), &err, FAIL_MALFORMED,
                       cases[i].words);
        assert_null(strstr(err.text, "secret"));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(parameters_read_gives_what_was_sent),
    cmocka_unit_test(parameters_read_refuses_what_no_process_can_be_given),
    cmocka_unit_test(parameters_read_accepts_no_prefix_that_is_cut),
    cmocka_unit_test(ttls_is_refused_where_nobody_does_it),
    cmocka_unit_test(ttls_without_a_libos_is_shown_and_warned_of),
    cmocka_unit_test(ttls_that_is_empty_or_no_configuration_is_refused),
};
TEST_MAIN(tests)
