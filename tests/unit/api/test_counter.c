/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "client.h"
#include "counter_scene.h"

#include <unistd.h>

/* POST /api/v2/monotonic-counter (client-api.md, 8.15 and 18). */

#define PATH "/api/v2/monotonic-counter"

/* ---- a service with Marbles ---- */

struct served {
    struct service service;
    struct buf leaf;
};

static void served_begin(struct served *s, const char *extra)
{
    *s = (struct served){ 0 };
    service_begin(&s->service);
    set_manifest_with(&s->service.machine, extra);
    s->leaf = leaf_of(&s->service.machine, "m", MARBLE_UUID);
}

static void served_end(struct served *s)
{
    buf_clear(&s->leaf);
    service_end(&s->service);
}
#define auto_served struct served CLEANUP(served_end)

static struct http_response post(struct served *s, const char *body)
{
    return call_as(&s->service, buf_bytes(&s->leaf), "POST", PATH, bytes_of_string(body));
}

static void assert_value(struct served *s, const char *body, uint64_t want)
{
    auto_string *text = mem_printf("{\"status\":\"success\",\"data\":{\"value\":%llu}}\n",
                                   (unsigned long long)want);
    auto_response r = post(s, body);

    if (r.status != 200 || strcmp(text_of(&r), text) != 0)
        fail_msg("%s: %d %s", body, r.status, text_of(&r));
    assert_string_equal(r.content_type, TYPE_JSON);
}

/* ---- bodies ---- */

static void body_is_read_as_in_go(void **state)
{
    static const struct {
        const char *body;
        uint64_t previous;
    } rows[] = {
        { "{\"name\":\"x\",\"value\":3}", 0 },
        { "{\"NAME\":\"x\",\"Value\":4} tail", 3 },
        { "{\"name\":\"y\",\"value\":1,\"name\":\"x\"}", 4 },
        { "{\"value\":99,\"value\":5,\"name\":\"x\"}", 4 },
        { "{\"name\":\"x\",\"value\":null,\"other\":[{}]}", 5 },
        { "{\"name\":\"x\",\"name\":null}", 5 },
        { "{\"name\":\"\\u0078\"}", 5 },
        { "{\"value\":7}", 0 },
        { "{}", 7 },
        { "null", 7 },
        { "{\"name\":null}", 7 },
        { " {\"name\":\"\",\"value\":18446744073709551615}", 7 },
        { "{\"name\":\"\"}", UINT64_MAX },
        { "{\"name\":\"\\u0000\",\"value\":1}", 0 },
        { "{\"name\":\"\\u0000\"}", 1 },
        { "{\"name\":\"\xff\",\"value\":2}", 0 },
        { "{\"name\":\"\\ud800\"}", 2 },
        { "{\"name\":\"\xef\xbf\xbd\"}", 2 },
    };
    auto_served s;

    (void)state;
    served_begin(&s, COUNTING);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_value(&s, rows[i].body, rows[i].previous);
}

static void malformed_body_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        const char *body, *words;
    } rows[] = {
        { "", "EOF" },
        { "{", "bad request: " },
        { "[]", "bad request: " },
        { "\"x\"", "bad request: " },
        { "{\"name\":5}", "name" },
        { "{\"name\":{}}", "name" },
        { "{\"value\":-1}", "value" },
        { "{\"value\":1.0}", "value" },
        { "{\"value\":1e3}", "value" },
        { "{\"value\":\"1\"}", "value" },
        { "{\"value\":true}", "value" },
        { "{\"value\":18446744073709551616}", "value" },
        { "{\"value\":9,\"name\":7}", "name" },
    };
    auto_served s;

    (void)state;
    served_begin(&s, COUNTING);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_response r = post(&s, rows[i].body);
        assert_refusal(&r, 400, "fail", rows[i].words);
    }
    assert_int_equal(counters_of(&s.service.machine), 0);
}

static struct buf body_with_name_of(size_t len)
{
    struct buf body = { 0 };

    buf_add_string(&body, "{\"value\":1,\"name\":\"");
    memset(buf_grow(&body, len), 'n', len);
    buf_add_string(&body, "\"}");
    return body;
}

static void long_name_is_refused(void **state)
{
    auto_served s;

    (void)state;
    served_begin(&s, COUNTING);
    auto_buf longest = body_with_name_of(COUNTER_NAME_MAX);
    auto_buf longer = body_with_name_of(COUNTER_NAME_MAX + 1);
    auto_response good = call_as(&s.service, buf_bytes(&s.leaf), "POST", PATH, buf_bytes(&longest));
    assert_int_equal(good.status, 200);
    auto_response bad = call_as(&s.service, buf_bytes(&s.leaf), "POST", PATH, buf_bytes(&longer));
    assert_refusal(&bad, 400, "fail", "the name of a counter has at most 1024 bytes");
    assert_int_equal(counters_of(&s.service.machine), 1);
}

/* ---- the order of the checks ---- */

static void gate_comes_first_then_the_certificate_then_the_body(void **state)
{
    static const char *const bodies[] = { "{", "{\"name\":\"x\",\"value\":1}" };
    auto_served closed, open;

    (void)state;
    served_begin(&closed, "");
    served_begin(&open, COUNTING);
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        auto_response r = post(&closed, bodies[i]);
        assert_refusal(&r, 403, "error",
                       "\"MonotonicCounter feature is not enabled in the manifest\"");
        auto_response nobody = call(&open.service, "POST", PATH, bytes_of_string(bodies[i]));
        assert_refusal(&nobody, 401, "fail",
                       "\"unauthorized marble: client certificate did not match any Marble\"");
        auto_response stranger = call_as(&open.service, buf_bytes(&closed.leaf), "POST", PATH,
                                         bytes_of_string(bodies[i]));
        assert_refusal(&stranger, 401, "fail", "\"unauthorized marble: certificate was not issued");
        auto_response bad =
            call_as(&open.service, BYTES_LITERAL("leaf"), "POST", PATH, bytes_of_string(bodies[i]));
        assert_refusal(&bad, 401, "fail", "\"unauthorized marble: ");
    }
    assert_int_equal(counters_of(&open.service.machine), 0);
}

/* ---- the operation ---- */

static void value_that_is_not_durable_is_an_error(void **state)
{
    auto_served s;

    (void)state;
    served_begin(&s, COUNTING);
    assert_value(&s, "{\"value\":1}", 0);
    world_fail(&s.service.world, 1, false, ENOSPC);
    auto_response r = post(&s, "{\"value\":2}");
    assert_refusal(&r, 500, "error", "No space left on device");
    world_heal(&s.service.world);
    assert_value(&s, "{\"value\":2}", 1);
    service_move(&s.service, "a");
    assert_value(&s, "{}", 2);
}

static bool wait_at_gate(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)now;
    (void)d;
    while (sem_wait(arg) != 0)
        assert_int_equal(errno, EINTR);
    return err_set(err, FAIL_STATE, "only a gate");
}

static void ignore_answer(void *arg, const struct err *err)
{
    (void)arg;
    (void)err;
}

enum { WAITING = 8 }; /* more than the pool has threads */

static void start_post(struct served *s, struct answer *a, unsigned number)
{
    struct http_request request = { .method = mem_string("POST"),
                                    .path = mem_string(PATH),
                                    .query = mem_string(""),
                                    .peer_leaf = bytes_copy(buf_bytes(&s->leaf)),
                                    .peer_leaf_len = s->leaf.len };

    *a = (struct answer){ .lock = PTHREAD_MUTEX_INITIALIZER, .there = PTHREAD_COND_INITIALIZER };
    buf_add_format(&request.body, "{\"name\":\"%u\",\"value\":1}", number);
    api_handle(s->service.api, &request, take_answer, a);
}

static unsigned times_of(struct answer *a)
{
    (void)pthread_mutex_lock(&a->lock);
    const unsigned times = a->times;
    (void)pthread_mutex_unlock(&a->lock);
    return times;
}

/* Calls that wait for the disk hold no thread: others are answered meanwhile. */
static void waiting_for_the_disk_holds_no_thread(void **state)
{
    struct answer answers[WAITING];
    sem_t gate;
    auto_served s;

    (void)state;
    served_begin(&s, COUNTING);
    (void)sem_init(&gate, 0, 0);
    writer_submit(core_writer(s.service.machine.core),
                  &(struct commit){ wait_at_gate, ignore_answer, &gate });
    for (unsigned i = 0; i < WAITING; i++)
        start_post(&s, &answers[i], i);
    auto_response quote = call(&s.service, "GET", "/api/v2/quote?nonce=AAAA", BYTES_NONE);
    assert_int_equal(quote.status, 200);
    for (unsigned i = 0; i < WAITING; i++)
        assert_int_equal(times_of(&answers[i]), 0);
    (void)sem_post(&gate);
    for (unsigned i = 0; i < WAITING; i++) {
        while (times_of(&answers[i]) == 0)
            (void)usleep(1000);
        assert_int_equal(times_of(&answers[i]), 1);
        assert_int_equal(answers[i].response.status, 200);
        http_response_clear(&answers[i].response);
    }
    assert_int_equal(counters_of(&s.service.machine), WAITING);
    (void)sem_destroy(&gate);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(body_is_read_as_in_go),
    cmocka_unit_test(malformed_body_is_refused_and_changes_nothing),
    cmocka_unit_test(long_name_is_refused),
    cmocka_unit_test(gate_comes_first_then_the_certificate_then_the_body),
    cmocka_unit_test(value_that_is_not_durable_is_an_error),
    cmocka_unit_test(waiting_for_the_disk_holds_no_thread),
};

TEST_MAIN(tests)
