/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "api/marble_series.h"

#include <pthread.h>

static const char *const RESULTS[] = { "failed", "ok", "denied" };
enum { OK = 1, DENIED = 2 };

static struct buf written(struct marble_series *s)
{
    struct buf out = { 0 };

    marble_series_write(s, RESULTS, COUNT_OF(RESULTS), &out);
    buf_add_u8(&out, 0);
    return out;
}

static void assert_line(struct marble_series *s, const char *line)
{
    auto_string *whole = mem_printf("\n%s\n", line);
    auto_buf out = written(s);

    if (strstr((const char *)out.at, whole) == NULL)
        fail_msg("no line \"%s\" in\n%s", line, (const char *)out.at);
}

static size_t count_lines(struct marble_series *s, const char *start)
{
    auto_string *begin = mem_printf("\n%s", start);
    auto_buf out = written(s);
    size_t count = 0;

    for (const char *at = (const char *)out.at; (at = strstr(at, begin)) != NULL; at++)
        count++;
    return count;
}

static void count(struct marble_series *s, const char *type, const char *uuid, bool known,
                  size_t result)
{
    marble_series_count(s, bytes_of_string(type), bytes_of_string(uuid), known, result == OK,
                        result);
}

#define ATTEMPTS "coordinator_marble_activations_total"
#define SUCCESSES "coordinator_marble_activations_success_total"
#define OUTCOMES "taw_marble_activations_total"

static void a_pair_has_its_series_from_its_first_success_on(void **state)
{
    (void)state;
    struct marble_series *const s = marble_series_new();

    count(s, "web", "u1", true, DENIED);
    assert_line(s, ATTEMPTS "{type=\"web\",uuid=\"other\"} 1");
    assert_int_equal(count_lines(s, SUCCESSES "{"), 0);
    count(s, "web", "u1", true, OK);
    count(s, "web", "u1", true, DENIED);
    count(s, "web", "u2", true, DENIED);
    assert_line(s, ATTEMPTS "{type=\"web\",uuid=\"u1\"} 2");
    assert_line(s, ATTEMPTS "{type=\"web\",uuid=\"other\"} 2");
    assert_line(s, SUCCESSES "{type=\"web\",uuid=\"u1\"} 1");
    assert_int_equal(count_lines(s, SUCCESSES "{"), 1);
    assert_line(s, OUTCOMES "{result=\"ok\",type=\"web\"} 1");
    assert_line(s, OUTCOMES "{result=\"denied\",type=\"web\"} 3");
    marble_series_free(s);
}

static void types_that_the_manifest_does_not_have_are_unknown(void **state)
{
    (void)state;
    struct marble_series *const s = marble_series_new();

    count(s, "nope", "u", false, DENIED);
    count(s, "\"} 1\nforged", "u", false, DENIED);
    count(s, "unknown", "u", true, DENIED); /* of that name; it must not be a second series */
    assert_line(s, ATTEMPTS "{type=\"unknown\",uuid=\"other\"} 3");
    assert_int_equal(count_lines(s, ATTEMPTS "{"), 1);
    assert_int_equal(count_lines(s, OUTCOMES "{"), 1);
    marble_series_free(s);
}

static void names_of_an_unusual_length_have_no_series(void **state)
{
    (void)state;
    struct marble_series *const s = marble_series_new();
    char name[MARBLE_SERIES_LONGEST + 2];

    memset(name, 'x', sizeof name - 1);
    name[MARBLE_SERIES_LONGEST + 1] = '\0';
    count(s, name, "u", true, OK);
    count(s, "m", name, true, OK);
    marble_series_count(s, BYTES_LITERAL("m\0n"), BYTES_LITERAL("u"), true, true, OK);
    assert_line(s, SUCCESSES "{type=\"unknown\",uuid=\"other\"} 2");
    assert_line(s, SUCCESSES "{type=\"m\",uuid=\"other\"} 1");
    name[MARBLE_SERIES_LONGEST] = '\0';
    count(s, name, "u", true, OK);
    assert_int_equal(count_lines(s, SUCCESSES "{"), 3);
    marble_series_free(s);
}

static void there_are_no_more_series_than_the_limit(void **state)
{
    (void)state;
    struct marble_series *const s = marble_series_new();

    for (unsigned i = 0; i < 5000; i++) {
        char uuid[24], type[24];
        (void)snprintf(uuid, sizeof uuid, "u%u", i);
        (void)snprintf(type, sizeof type, "t%u", i);
        count(s, "m", uuid, true, OK);
        count(s, type, uuid, true, DENIED);
    }
    assert_int_equal(count_lines(s, SUCCESSES "{"), MARBLE_SERIES_MOST + 1);
    assert_line(s, SUCCESSES "{type=\"m\",uuid=\"u999\"} 1");
    assert_line(s, SUCCESSES "{type=\"m\",uuid=\"other\"} 4000");
    /* The type m is one of the 1,000. */
    assert_line(s, ATTEMPTS "{type=\"t998\",uuid=\"other\"} 1");
    assert_line(s, ATTEMPTS "{type=\"unknown\",uuid=\"other\"} 4001");
    assert_int_equal(count_lines(s, ATTEMPTS "{"), 2 * MARBLE_SERIES_MOST + 1);
    marble_series_free(s);
}

static void *count_many(void *arg)
{
    for (unsigned i = 0; i < 20000; i++) {
        char uuid[24];
        (void)snprintf(uuid, sizeof uuid, "u%u", i % 1500);
        count(arg, "m", uuid, true, i % 3 == 0 ? DENIED : OK);
    }
    return NULL;
}

static uint64_t sum_of(struct marble_series *s, const char *start)
{
    auto_string *begin = mem_printf("\n%s", start);
    auto_buf out = written(s);
    uint64_t sum = 0;

    for (const char *at = (const char *)out.at; (at = strstr(at, begin)) != NULL; at++)
        sum += strtoull(strstr(at, "} ") + 2, NULL, 10);
    return sum;
}

static void nothing_is_lost_when_threads_count_together(void **state)
{
    (void)state;
    struct marble_series *const s = marble_series_new();
    pthread_t threads[3];

    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, s), 0);
    for (unsigned i = 0; i < 20; i++)
        assert_true(sum_of(s, ATTEMPTS "{") >= sum_of(s, "no such") /* only writes */);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(sum_of(s, ATTEMPTS "{"), 60000);
    assert_int_equal(sum_of(s, OUTCOMES "{"), 60000);
    assert_int_equal(sum_of(s, SUCCESSES "{"), 3 * 13333);
    marble_series_free(s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_pair_has_its_series_from_its_first_success_on),
    cmocka_unit_test(types_that_the_manifest_does_not_have_are_unknown),
    cmocka_unit_test(names_of_an_unusual_length_have_no_series),
    cmocka_unit_test(there_are_no_more_series_than_the_limit),
    cmocka_unit_test(nothing_is_lost_when_threads_count_together),
};
TEST_MAIN(tests)
