/* SPDX-License-Identifier: Apache-2.0 */
/* What others do while the deployment is updated: counters, uploads, activations. */
#include "test.h"

#include "core/counter.h"
#include "update_scene.h"

#include <pthread.h>

#define OPEN ",\"Config\":{\"UpdateThreshold\":1,\"FeatureGates\":[\"MonotonicCounter\"]}"
#define BUDGET ",\"Marbles\":{\"b\":{\"Package\":\"p\",\"MaxActivations\":1000}}"
#define RAISE "{\"Packages\":{\"p\":{\"SecurityVersion\":1}}}"

/* A whole one or one of packages. */
static void update(const struct scene *s, bool whole)
{
    auto_string *text = up_manifest(OPEN BUDGET);

    up_ok(s, UPDATE, ALICE, whole ? text : RAISE, 0);
}

static struct buf leaf_of(const struct scene *s)
{
    const struct activation request = marble_request("m");
    struct buf leaf = { 0 };
    auto_outcome o = activate_ok(&s->machine, &request);
    auto_cert *cert = outcome_cert(&o, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", 0);

    buf_add(&leaf, cert_der(cert));
    return leaf;
}

struct raised {
    sem_t over;
    enum counter_result result;
    uint64_t previous;
};

static void take_raised(void *arg, enum counter_result result, uint64_t previous, const char *text)
{
    struct raised *const r = arg;

    (void)text;
    r->result = result;
    r->previous = previous;
    (void)sem_post(&r->over);
}

/* Takes the call over. */
static struct raised raise_to(struct counter_call *call, uint64_t value)
{
    struct raised r = { .result = COUNTER_FAILED };

    (void)sem_init(&r.over, 0, 0);
    counter_raise(call, BYTES_LITERAL("c"), value, take_raised, &r);
    while (sem_wait(&r.over) != 0)
        continue;
    return r;
}

static void a_certificate_of_before_an_update_raises_nothing_and_the_value_stays(void **state)
{
    (void)state;
    for (unsigned whole = 0; whole < 2; whole++) {
        enum counter_result refused = COUNTER_DONE;
        struct err err = { 0 };
        auto_scene s;
        up_begin(&s, OPEN);
        auto_buf leaf = leaf_of(&s);
        struct counter_call *const first =
            counter_admit(s.machine.core, buf_bytes(&leaf), &refused, &err);
        assert_int_equal(raise_to(first, 7).result, COUNTER_DONE);
        struct counter_call *const admitted =
            counter_admit(s.machine.core, buf_bytes(&leaf), &refused, &err);
        update(&s, whole == 1);
        assert_int_equal(raise_to(admitted, 9).result, COUNTER_STRANGER);
        assert_null(counter_admit(s.machine.core, buf_bytes(&leaf), &refused, &err));
        assert_int_equal(refused, COUNTER_STRANGER);

        auto_buf new = leaf_of(&s);
        struct counter_call *const again =
            counter_admit(s.machine.core, buf_bytes(&new), &refused, &err);
        assert_non_null(again);
        const struct raised r = raise_to(again, 8);
        assert_int_equal(r.result, COUNTER_DONE);
        assert_int_equal(r.previous, 7);
    }
}

static void an_update_may_close_the_counters(void **state)
{
    auto_string *text = up_manifest("");
    enum counter_result refused = COUNTER_DONE;
    struct err err = { 0 };
    auto_scene s;

    (void)state;
    up_begin(&s, OPEN);
    auto_buf leaf = leaf_of(&s);
    struct counter_call *const admitted =
        counter_admit(s.machine.core, buf_bytes(&leaf), &refused, &err);
    up_ok(&s, UPDATE, ALICE, text, 0);
    assert_int_equal(raise_to(admitted, 9).result, COUNTER_CLOSED);
}

static void an_upload_for_a_deployment_of_before_is_refused(void **state)
{
    (void)state;
    for (unsigned whole = 0; whole < 2; whole++) {
        auto_arena arena = { 0 };
        struct secret_upload values = { 0 };
        struct err err = { 0 };
        const struct json *const root = json_parse(BYTES_LITERAL("{\"token\":{\"Key\":\"QQ==\"}}"),
                                                   JSON_TRAILING_REFUSED, &arena, &err);
        auto_scene s;
        up_begin(&s, OPEN);
        auto_snapshot *before = core_snapshot(s.machine.core);
        assert_ok(secret_upload_parse(root, NULL, &arena, &values, &err), &err);
        update(&s, whole == 1);
        assert_false(
            core_set_secrets(s.machine.core, before, up_find(before, ALICE), &values, &err));
        assert_int_equal(err.kind, FAIL_STATE);
        assert_false(up_secret(&s, PREFIX_SECRET, "token", &arena).public_value.present);
    }
}

/* ---- activations with a budget, while updates come ---- */

struct activating {
    pthread_t thread;
    const struct scene *scene;
    unsigned done, refused;
    bool stop; /* atomic */
};

static void *activate_often(void *arg)
{
    struct activating *const a = arg;
    const struct activation request = marble_request("b");

    while (!__atomic_load_n(&a->stop, __ATOMIC_ACQUIRE)) {
        auto_outcome o = activate(&a->scene->machine, &request);
        if (o.result == ACTIVATION_DONE)
            a->done++;
        else if (o.result == ACTIVATION_TRY_AGAIN)
            a->refused++;
        else
            fail_msg("%d: %s", (int)o.result, o.text);
    }
    return NULL;
}

static void every_activation_that_was_answered_is_counted_through_all_updates(void **state)
{
    auto_scene s;

    (void)state;
    up_begin(&s, OPEN BUDGET);
    (void)marble_csr();
    struct activating a = { .scene = &s };
    assert_int_equal(pthread_create(&a.thread, NULL, activate_often, &a), 0);
    for (unsigned i = 0; i < 20; i++)
        update(&s, i % 4 == 0);
    __atomic_store_n(&a.stop, true, __ATOMIC_RELEASE);
    (void)pthread_join(a.thread, NULL);
    if (a.done > 0) {
        auto_buf count = machine_value(&s.machine, PREFIX_ACTIVATIONS "b");
        auto_string *text = bytes_to_string(buf_bytes(&count));
        assert_int_equal(strtoul(text, NULL, 16), a.done);
    }
}

/* The Marble was admitted by a package that a later update excludes; the count must not be taken for it. */
static void an_activation_that_an_update_overtakes_is_not_counted(void **state)
{
    auto_scene s;

    (void)state;
    up_begin(&s, OPEN BUDGET);
    for (unsigned i = 0; i < 10; i++) {
        const struct activation request = marble_request("b");
        struct pending p;
        pending_start(&p, s.machine.core, &request);
        update(&s, false);
        auto_outcome o = pending_wait(&p);
        assert_true(o.result == ACTIVATION_DONE || o.result == ACTIVATION_TRY_AGAIN);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_certificate_of_before_an_update_raises_nothing_and_the_value_stays),
    cmocka_unit_test(an_update_may_close_the_counters),
    cmocka_unit_test(an_upload_for_a_deployment_of_before_is_refused),
    cmocka_unit_test(every_activation_that_was_answered_is_counted_through_all_updates),
    cmocka_unit_test(an_activation_that_an_update_overtakes_is_not_counted),
};

TEST_MAIN(tests)
