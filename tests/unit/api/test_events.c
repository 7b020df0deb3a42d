/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "api/events.h"
#include "codec/json.h"

#include <pthread.h>
#include <time.h>

#define AT_MS INT64_C(1767323045678) /* 2026-01-02T03:04:05.678Z */

static void assert_events(struct events *e, const char *wanted)
{
    auto_buf out = { 0 };

    events_write(e, &out);
    buf_add_u8(&out, 0);
    assert_string_equal((const char *)out.at, wanted);
}

static void use_zone(const char *zone)
{
    assert_int_equal(setenv("TZ", zone, 1), 0);
    tzset();
}

static void no_events_are_null(void **state)
{
    (void)state;
    struct events *const e = events_new();

    assert_events(e, "null");
    events_free(e);
    events_free(NULL);
    events_add_activation(NULL, 0, BYTES_NONE, BYTES_NONE, BYTES_NONE);
}

static void events_are_in_their_order_with_what_the_marble_sent(void **state)
{
    (void)state;
    struct events *const e = events_new();

    use_zone("UTC");
    events_add_activation(e, AT_MS, BYTES_LITERAL("web"), BYTES_LITERAL("0B6F"), BYTES_NONE);
    events_add_activation(e, AT_MS + 22, BYTES_LITERAL("\"<\n"), BYTES_LITERAL(""),
                          BYTES_LITERAL("q"));
    assert_events(
        e,
        "[{\"time\":\"2026-01-02T03:04:05.678Z\",\"activation\":{\"marbleType\":\"web\",\"uuid\":"
        "\"0B6F\",\"quote\":null}},{\"time\":\"2026-01-02T03:04:05.7Z\",\"activation\":{"
        "\"marbleType\":\"\\\"\\u003c\\n\",\"uuid\":\"\",\"quote\":\"cQ==\"}}]");
    events_free(e);
}

static void times_are_rfc_3339_in_local_time(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int64_t ms;
        const char *text;
    } cases[] = {
        { "UTC", AT_MS - 678, "\"2026-01-02T03:04:05Z\"" },
        { "UTC", AT_MS - 678 + 5, "\"2026-01-02T03:04:05.005Z\"" },
        { "UTC", AT_MS - 678 + 50, "\"2026-01-02T03:04:05.05Z\"" },
        { "XXX-5:30", AT_MS, "\"2026-01-02T08:34:05.678+05:30\"" },
        { "XXX+3:30", AT_MS, "\"2026-01-01T23:34:05.678-03:30\"" },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct events *const e = events_new();
        auto_buf out = { 0 };
        use_zone(cases[i].zone);
        events_add_activation(e, cases[i].ms, BYTES_NONE, BYTES_NONE, BYTES_NONE);
        events_write(e, &out);
        buf_add_u8(&out, 0);
        assert_non_null(strstr((const char *)out.at, cases[i].text));
        events_free(e);
    }
    use_zone("UTC");
}

/* The UUIDs of the first and the last event, and how many there are. */
static size_t count_events(struct events *e, char *first, char *last)
{
    auto_arena arena = { 0 };
    auto_buf out = { 0 };
    struct err err = { 0 };
    size_t count = 0;

    events_write(e, &out);
    const struct json *const root =
        json_parse(buf_bytes(&out), JSON_TRAILING_REFUSED, &arena, &err);
    assert_ok(root != NULL, &err);
    for (const struct json *v = json_first(root); v != NULL; v = json_next(v), count++) {
        const struct bytes uuid = json_member(json_member(v, "activation"), "uuid")->text;
        (void)snprintf(count == 0 ? first : last, 40, "%.*s", BYTES_FMT(uuid));
    }
    return count;
}

static void the_oldest_go_when_there_are_too_many(void **state)
{
    (void)state;
    struct events *const e = events_new();
    char first[40] = "", last[40] = "";

    for (unsigned i = 0; i < EVENTS_MOST + 7; i++) {
        char uuid[24];
        (void)snprintf(uuid, sizeof uuid, "%u", i);
        events_add_activation(e, AT_MS, BYTES_LITERAL("m"), bytes_of_string(uuid), BYTES_NONE);
    }
    assert_int_equal(count_events(e, first, last), EVENTS_MOST);
    assert_string_equal(first, "7");
    assert_string_equal(last, "10006");
    events_free(e);
}

static void the_oldest_go_when_they_take_too_much_memory(void **state)
{
    (void)state;
    struct events *const e = events_new();
    uint8_t *const quote = mem_zero_alloc(1, EVENTS_LARGEST_QUOTE);
    const unsigned fit = EVENTS_BYTES / EVENTS_LARGEST_QUOTE;
    char first[40] = "", last[40] = "";

    for (unsigned i = 0; i < 2 * fit; i++) {
        char uuid[24];
        (void)snprintf(uuid, sizeof uuid, "%u", i);
        events_add_activation(e, AT_MS, BYTES_LITERAL("m"), bytes_of_string(uuid),
                              bytes_of(quote, EVENTS_LARGEST_QUOTE));
    }
    const size_t count = count_events(e, first, last);
    assert_true(count < fit && count > fit - 3);
    assert_int_equal(strtoul(last, NULL, 10), 2 * fit - 1);
    free(quote);
    events_free(e);
}

static void a_quote_that_is_too_large_is_not_kept(void **state)
{
    (void)state;
    struct events *const e = events_new();
    uint8_t *const quote = mem_zero_alloc(1, EVENTS_LARGEST_QUOTE + 1);
    auto_buf out = { 0 };

    events_add_activation(e, AT_MS, BYTES_LITERAL("m"), BYTES_LITERAL("u"),
                          bytes_of(quote, EVENTS_LARGEST_QUOTE + 1));
    events_write(e, &out);
    buf_add_u8(&out, 0);
    assert_non_null(strstr((const char *)out.at, "\"quote\":null"));
    free(quote);
    events_free(e);
}

static void an_event_that_is_too_large_as_a_whole_leaves_none(void **state)
{
    (void)state;
    struct events *const e = events_new();
    uint8_t *const type = mem_zero_alloc(1, EVENTS_BYTES);

    events_add_activation(e, AT_MS, bytes_of(type, EVENTS_BYTES), BYTES_NONE, BYTES_NONE);
    assert_events(e, "null");
    events_add_activation(e, AT_MS, BYTES_LITERAL("m"), BYTES_NONE, BYTES_NONE);
    char first[40] = "", last[40] = "";
    assert_int_equal(count_events(e, first, last), 1);
    free(type);
    events_free(e);
}

static void *add_many(void *arg)
{
    for (unsigned i = 0; i < 6000; i++)
        events_add_activation(arg, AT_MS, BYTES_LITERAL("m"), BYTES_LITERAL("u"),
                              BYTES_LITERAL("quote"));
    return NULL;
}

static void events_are_added_while_they_are_written(void **state)
{
    (void)state;
    struct events *const e = events_new();
    pthread_t threads[2];
    char first[40] = "", last[40] = "";

    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, e), 0);
    for (unsigned i = 0; i < 20; i++)
        (void)count_events(e, first, last);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(count_events(e, first, last), EVENTS_MOST);
    events_free(e);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(no_events_are_null),
    cmocka_unit_test(events_are_in_their_order_with_what_the_marble_sent),
    cmocka_unit_test(times_are_rfc_3339_in_local_time),
    cmocka_unit_test(the_oldest_go_when_there_are_too_many),
    cmocka_unit_test(the_oldest_go_when_they_take_too_much_memory),
    cmocka_unit_test(a_quote_that_is_too_large_is_not_kept),
    cmocka_unit_test(an_event_that_is_too_large_as_a_whole_leaves_none),
    cmocka_unit_test(events_are_added_while_they_are_written),
};
TEST_MAIN(tests)
