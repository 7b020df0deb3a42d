/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

/* What `write_line` wrote through a pipe. */
static struct buf written(struct log log, void (*write_line)(const struct log *log))
{
    struct buf out = { 0 };
    int ends[2];

    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    log.fd = ends[1];
    write_line(&log);
    (void)close(ends[1]);
    const ssize_t got = read(ends[0], buf_grow(&out, 4096), 4096);
    assert_true(got >= 0);
    buf_truncate(&out, (size_t)got);
    (void)close(ends[0]);
    buf_add_u8(&out, 0);
    return out;
}

static void write_recover(const struct log *log)
{
    log_info(log, "Recover called", LOG_NUMBER("remaining", 1), LOG_TEXT("who", "a\"b\n"),
             LOG_BYTES("raw", BYTES_LITERAL("\xff\0")), LOG_TEXT("none", NULL));
}

static void log_writes_one_json_object_for_each_line(void **state)
{
    auto_buf out = written((struct log){ .level = LOG_DEBUG }, write_recover);
    const char *const text = (const char *)out.at;
    int end = 0;
    long seconds = 0, micros = 0;
    int line = 0;

    (void)state;
    (void)sscanf(text, "{\"level\":\"info\",\"ts\":%ld.%6ld,\"caller\":\"%*[^:]:%d\",%n", &seconds,
                 &micros, &line, &end);
    assert_true(end > 0 && seconds > 1700000000 && line > 0);
    assert_non_null(strstr(text, "/test_log.c:"));
    assert_string_equal(text + end, "\"msg\":\"Recover called\",\"remaining\":1,"
                                    "\"who\":\"a\\\"b\\n\",\"raw\":\"\\ufffd\\u0000\","
                                    "\"none\":\"\"}\n");
}

static void log_writes_a_line_for_people_when_told(void **state)
{
    auto_buf out = written((struct log){ .level = LOG_DEBUG, .human = true }, write_recover);

    (void)state;
    assert_string_equal(strstr((const char *)out.at, "info"),
                        "info  Recover called remaining=1 who=a\\\"b\\n raw=\\ufffd\\u0000 "
                        "none=\n");
}

static void log_leaves_out_what_is_below_its_level(void **state)
{
    auto_buf quiet = written((struct log){ .level = LOG_WARN }, write_recover);
    auto_buf exact = written((struct log){ .level = LOG_INFO }, write_recover);

    (void)state;
    assert_int_equal(quiet.len, 1);
    assert_true(exact.len > 1);
    write_recover(NULL);
}

static void write_long_line(const struct log *log)
{
    char text[2001];

    memset(text, 'x', 2000);
    text[2000] = '\0';
    log_error(log, text);
}

static void log_writes_long_messages_whole(void **state)
{
    auto_buf out = written((struct log){ .level = LOG_ERROR }, write_long_line);

    (void)state;
    assert_true(out.len > 2000);
    assert_memory_equal(out.at + out.len - 5, "x\"}\n", 4);
}

static void log_escape_gives_text_without_control_characters(void **state)
{
    auto_buf out = { 0 };

    (void)state;
    log_escape(&out, BYTES_LITERAL("a\"\\\n\r\t\x01\x1f\x7f/<\xc3\xa9\xe2\x82"));
    assert_bytes_equal(buf_bytes(&out),
                       BYTES_LITERAL("a\\\"\\\\\\n\\r\\t\\u0001\\u001f\x7f/<\xc3\xa9\\ufffd"
                                     "\\ufffd"));
}

static void log_survives_a_closed_descriptor(void **state)
{
    const struct log log = { .fd = -1, .level = LOG_DEBUG };

    (void)state;
    write_recover(&log);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(log_writes_one_json_object_for_each_line),
    cmocka_unit_test(log_writes_a_line_for_people_when_told),
    cmocka_unit_test(log_leaves_out_what_is_below_its_level),
    cmocka_unit_test(log_writes_long_messages_whole),
    cmocka_unit_test(log_escape_gives_text_without_control_characters),
    cmocka_unit_test(log_survives_a_closed_descriptor),
};

TEST_MAIN(tests)
