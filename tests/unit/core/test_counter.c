/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "counter_scene.h"

#include <pthread.h>
#include <unistd.h>

/* Monotonic counters: exact and durable, whatever happens at the same time (client-api.md, 18). */

#define X BYTES_LITERAL("x")

/* ---- the value ---- */

static void value_goes_up_only_and_the_one_before_is_answered(void **state)
{
    static const struct {
        uint64_t value, previous;
    } rows[] = {
        { 0, 0 },           { 3, 0 },
        { 2, 3 },           { 0, 3 },
        { 3, 3 },           { 10, 3 },
        { UINT64_MAX, 10 }, { 5, UINT64_MAX },
        { 0, UINT64_MAX },  { UINT64_MAX, UINT64_MAX },
    };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_raised(&s.machine, &s.leaf, X, rows[i].value, rows[i].previous);
        scene_restart(&s);
    }
}

static void values_are_stored_as_in_the_original(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    assert_raised(&s.machine, &s.leaf, X, UINT64_C(0x0102030405060708), 0);
    auto_buf stored =
        machine_value(&s.machine, "monotonicCounter:bQ==:a6e4EJ2tEdGAtADAT9QwyA==:eA==");
    assert_bytes_equal(buf_bytes(&stored), BYTES_LITERAL("\x08\x07\x06\x05\x04\x03\x02\x01"));
    put_value(&s.machine, "monotonicCounter:bQ==:a6e4EJ2tEdGAtADAT9QwyA==:eQ==",
              BYTES_LITERAL("\xff\0\0\0\0\0\0\x80"));
    assert_raised(&s.machine, &s.leaf, BYTES_LITERAL("y"), 1, UINT64_C(0x80000000000000ff));
}

static void every_name_instance_and_marble_has_counters_of_its_own(void **state)
{
    static const struct bytes names[] = {
        { (const uint8_t *)"", 0 },         { (const uint8_t *)"x", 1 },
        { (const uint8_t *)"X", 1 },        { (const uint8_t *)"x\0", 2 },
        { (const uint8_t *)"\0", 1 },       { (const uint8_t *)"x:y", 3 },
        { (const uint8_t *)"\xff\xfe", 2 }, { (const uint8_t *)"bQ==", 4 },
    };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    auto_buf other = leaf_of(&s.machine, "m", OTHER_UUID);
    auto_buf n = leaf_of(&s.machine, "n", MARBLE_UUID);
    const struct buf *const leaves[] = { &s.leaf, &other, &n };
    uint64_t value = 1;
    for (size_t i = 0; i < COUNT_OF(leaves); i++) {
        for (size_t k = 0; k < COUNT_OF(names); k++)
            assert_raised(&s.machine, leaves[i], names[k], value++, 0);
    }
    scene_restart(&s);
    value = 1;
    for (size_t i = 0; i < COUNT_OF(leaves); i++) {
        for (size_t k = 0; k < COUNT_OF(names); k++)
            assert_raised(&s.machine, leaves[i], names[k], 0, value++);
    }
    assert_int_equal(counters_of(&s.machine), COUNT_OF(leaves) * COUNT_OF(names));
}

static void marble_that_is_activated_again_has_its_counters(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    assert_raised(&s.machine, &s.leaf, X, 7, 0);
    auto_buf again = leaf_of(&s.machine, "m", "{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}");
    assert_raised(&s.machine, &again, X, 8, 7);
    assert_raised(&s.machine, &s.leaf, X, 0, 8);
}

static void call_that_raises_nothing_writes_nothing(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    assert_raised(&s.machine, &s.leaf, X, 5, 0);
    const unsigned calls = s.world.disk.calls;
    world_fail(&s.world, 1, false, EIO);
    assert_raised(&s.machine, &s.leaf, X, 0, 5);
    assert_raised(&s.machine, &s.leaf, X, 5, 5);
    assert_raised(&s.machine, &s.leaf, BYTES_LITERAL("never raised"), 0, 0);
    world_heal(&s.world);
    assert_int_equal(s.world.disk.calls, calls);
    assert_int_equal(counters_of(&s.machine), 1);
}

static void value_that_is_no_counter_is_damage(void **state)
{
    static const struct bytes rows[] = {
        { (const uint8_t *)"", 0 },
        { (const uint8_t *)"1234567", 7 },
        { (const uint8_t *)"123456789", 9 },
    };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        put_value(&s.machine, "monotonicCounter:bQ==:a6e4EJ2tEdGAtADAT9QwyA==:eA==", rows[i]);
        assert_not_raised(&s.machine, buf_bytes(&s.leaf), X, 0, COUNTER_FAILED,
                          "value monotonicCounter:bQ==:a6e4EJ2tEdGAtADAT9QwyA==:eA== of the state "
                          "is no counter");
    }
}

/* ---- limits ---- */

static bool decide_fill(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)now;
    (void)err;
    for (unsigned i = 0; i < *(unsigned *)arg; i++) {
        auto_string *name = mem_printf("monotonicCounter:bQ==:a6e4EJ2tEdGAtADAT9QwyA==:%04u", i);
        change_put(&d->change, name, BYTES_LITERAL("\1\0\0\0\0\0\0\0"));
    }
    return true;
}

static void one_marble_has_so_many_counters(void **state)
{
    unsigned most = COUNTERS_MAX - 1;
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s);
    assert_ok(writer_commit(core_writer(s.machine.core), decide_fill, &most, &err), &err);
    assert_raised(&s.machine, &s.leaf, X, 1, 0);
    assert_not_raised(&s.machine, buf_bytes(&s.leaf), BYTES_LITERAL("y"), 1, COUNTER_FAILED,
                      "this Marble has 1024 counters: no more are added");
    /* What is there goes on, and so do all others. */
    assert_raised(&s.machine, &s.leaf, X, 2, 1);
    assert_raised(&s.machine, &s.leaf, BYTES_LITERAL("y"), 0, 0);
    auto_buf other = leaf_of(&s.machine, "m", OTHER_UUID);
    assert_raised(&s.machine, &other, BYTES_LITERAL("y"), 1, 0);
    assert_int_equal(counters_of(&s.machine), COUNTERS_MAX + 1);
    /* An imported state may have more. */
    most = COUNTERS_MAX + 5;
    assert_ok(writer_commit(core_writer(s.machine.core), decide_fill, &most, &err), &err);
    assert_not_raised(&s.machine, buf_bytes(&s.leaf), BYTES_LITERAL("y"), 1, COUNTER_FAILED,
                      "this Marble has 1024 counters: no more are added");
    assert_raised(&s.machine, &s.leaf, X, 3, 2);
}

static void all_counters_together_leave_room_in_the_state(void **state)
{
    auto_buf large = { 0 };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    memset(buf_grow(&large, COUNTER_STATE_MAX), 'x', COUNTER_STATE_MAX);
    assert_raised(&s.machine, &s.leaf, X, 1, 0);
    put_value(&s.machine, "test:large", buf_bytes(&large));
    assert_not_raised(&s.machine, buf_bytes(&s.leaf), BYTES_LITERAL("y"), 1, COUNTER_FAILED,
                      "the state has more than 64 MiB: no more counters are added");
    assert_raised(&s.machine, &s.leaf, X, 2, 1);
}

static void names_have_a_limit(void **state)
{
    auto_buf name = { 0 };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    memset(buf_grow(&name, COUNTER_NAME_MAX), 0xff, COUNTER_NAME_MAX);
    assert_raised(&s.machine, &s.leaf, buf_bytes(&name), 1, 0);
    scene_restart(&s);
    assert_raised(&s.machine, &s.leaf, buf_bytes(&name), 2, 1);
    buf_add_u8(&name, 0xff);
    assert_not_raised(&s.machine, buf_bytes(&s.leaf), buf_bytes(&name), 0, COUNTER_FAILED,
                      "the name of a counter has at most 1024 bytes");
}

/* The name of a value in the state has at most 65,535 bytes, and would fail all commits that wait with it. */
static void marble_type_that_is_too_long_for_a_counter_harms_nobody(void **state)
{
    enum { LONG = 50000 };
    auto_buf type = { 0 }, extra = { 0 };
    auto_scene s = { 0 };

    (void)state;
    memset(buf_grow(&type, LONG), 't', LONG);
    buf_add_string(&extra, COUNTING "\"Marbles\":{\"");
    buf_add(&extra, buf_bytes(&type));
    buf_add_string(&extra, "\":{\"Package\":\"p\"}},");
    auto_string *text = bytes_to_string(buf_bytes(&extra));
    auto_string *name = bytes_to_string(buf_bytes(&type));
    world_begin(&s.world);
    s.machine = machine_start(&s.world, "a");
    set_manifest_with(&s.machine, text);
    s.leaf = leaf_of(&s.machine, name, MARBLE_UUID);
    assert_not_raised(&s.machine, buf_bytes(&s.leaf), X, 1, COUNTER_FAILED,
                      "the names of Marble type and counter are too long");
}

/* ---- at the same time ---- */

enum { THREADS = 16, EACH = 40, VALUES = THREADS * EACH };

struct client {
    pthread_t thread;
    const struct scene *scene;
    unsigned number, errors;
    uint64_t *previous; /* by the value asked for */
};

static void *raise_often(void *arg)
{
    struct client *const c = arg;
    const struct bytes leaf = buf_bytes(&c->scene->leaf);

    for (unsigned i = 0; i < EACH; i++) {
        const uint64_t value = 1 + i * THREADS + c->number;
        const struct raising r = raise_to(&c->scene->machine, leaf, X, value);
        const struct raising seen = raise_to(&c->scene->machine, leaf, X, 0);
        c->previous[value] = r.previous;
        c->errors += r.result != COUNTER_DONE || seen.result != COUNTER_DONE ||
                     seen.previous < value || seen.previous < r.previous;
    }
    return NULL;
}

/* Those who raised it form one chain from 0 to the last value: each saw the one before him, and nobody else did. */
static void sixteen_threads_raise_one_counter_step_by_step(void **state)
{
    struct client clients[THREADS];
    uint64_t previous[VALUES + 1] = { 0 };
    uint64_t next[VALUES + 1] = { 0 }, steps = 0, raises = 0;
    auto_scene s;

    (void)state;
    scene_begin(&s);
    for (unsigned i = 0; i < THREADS; i++) {
        clients[i] = (struct client){ .scene = &s, .number = i, .previous = previous };
        assert_int_equal(pthread_create(&clients[i].thread, NULL, raise_often, &clients[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(clients[i].thread, NULL);
        assert_int_equal(clients[i].errors, 0);
    }
    for (uint64_t value = 1; value <= VALUES; value++) {
        if (previous[value] >= value)
            continue; /* somebody was faster */
        assert_int_equal(next[previous[value]], 0);
        next[previous[value]] = value;
        raises++;
    }
    for (uint64_t at = 0; next[at] != 0; at = next[at])
        steps++;
    assert_int_equal(steps, raises);
    scene_restart(&s);
    assert_raised(&s.machine, &s.leaf, X, 0, VALUES);
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

/* The writer waits until the gate is opened, and finds all that came together. */
static void close_gate(const struct machine *m, sem_t *gate)
{
    (void)sem_init(gate, 0, 0);
    writer_submit(core_writer(m->core), &(struct commit){ wait_at_gate, ignore_answer, gate });
    (void)usleep(20000);
}

enum { TOGETHER = 4 };

/* Several calls in one group. */
static void raise_together(const struct scene *s, struct raising r[static TOGETHER],
                           const uint64_t values[static TOGETHER])
{
    sem_t gate;

    close_gate(&s->machine, &gate);
    for (unsigned i = 0; i < TOGETHER; i++)
        raise_start(&r[i], &s->machine, buf_bytes(&s->leaf), X, values[i]);
    (void)sem_post(&gate);
    for (unsigned i = 0; i < TOGETHER; i++)
        raise_wait(&r[i]);
    (void)sem_destroy(&gate);
}

static void calls_that_wait_together_share_a_sync_and_see_each_other(void **state)
{
    static const uint64_t values[TOGETHER] = { 10, 5, 12, 12 };
    static const uint64_t previous[TOGETHER] = { 0, 10, 10, 12 };
    struct raising r[TOGETHER];
    auto_scene s;

    (void)state;
    scene_begin(&s);
    assert_raised(&s.machine, &s.leaf, BYTES_LITERAL("first"), 1, 0);
    const unsigned syncs = s.world.disk.syncs;
    raise_together(&s, r, values);
    assert_int_equal(s.world.disk.syncs, syncs + 1);
    for (unsigned i = 0; i < TOGETHER; i++) {
        assert_int_equal(r[i].result, COUNTER_DONE);
        assert_int_equal(r[i].previous, previous[i]);
    }
    assert_raised(&s.machine, &s.leaf, X, 0, 12);
}

static void value_that_another_call_has_passed_waits_for_its_durability(void **state)
{
    static const uint64_t values[TOGETHER] = { 10, 5, 10, 1 };
    struct raising r[TOGETHER];
    auto_scene s;

    (void)state;
    scene_begin(&s);
    world_fail(&s.world, 1, false, ENOSPC);
    raise_together(&s, r, values);
    world_heal(&s.world);
    for (unsigned i = 0; i < TOGETHER; i++)
        assert_int_equal(r[i].result, COUNTER_FAILED);
    assert_raised(&s.machine, &s.leaf, X, 0, 0);
    assert_raised(&s.machine, &s.leaf, X, 3, 0);
}

/* ---- updates ---- */

static void certificate_of_before_an_update_proves_nothing(void **state)
{
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s);
    assert_raised(&s.machine, &s.leaf, X, 7, 0);
    assert_ok(writer_commit(core_writer(s.machine.core), decide_new_authority, &s.machine, &err),
              &err);
    assert_not_raised(&s.machine, buf_bytes(&s.leaf), X, 8, COUNTER_STRANGER,
                      "unauthorized marble: certificate was not issued by the current marble root");
    auto_buf again = leaf_of(&s.machine, "m", MARBLE_UUID);
    assert_raised(&s.machine, &again, X, 8, 7);
}

static void update_while_the_call_waits_refuses_it(void **state)
{
    struct raising r;
    sem_t gate;
    auto_scene s;

    (void)state;
    scene_begin(&s);
    close_gate(&s.machine, &gate);
    writer_submit(core_writer(s.machine.core),
                  &(struct commit){ decide_new_authority, ignore_answer, &s.machine });
    raise_start(&r, &s.machine, buf_bytes(&s.leaf), X, 8);
    (void)sem_post(&gate);
    raise_wait(&r);
    (void)sem_destroy(&gate);
    assert_int_equal(r.result, COUNTER_STRANGER);
    assert_non_null(strstr(r.text, "not issued by the current marble root"));
    assert_int_equal(counters_of(&s.machine), 0);
}

static void other_change_after_the_admission_refuses_nobody(void **state)
{
    enum counter_result refused = COUNTER_DONE;
    struct raising r = { .times = 0 };
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s);
    auto_buf manifest = machine_value(&s.machine, NAME_MANIFEST);
    struct counter_call *const call =
        counter_admit(s.machine.core, buf_bytes(&s.leaf), &refused, &err);
    assert_ok(call != NULL, &err);
    put_value(&s.machine, NAME_MANIFEST, buf_bytes(&manifest));
    (void)sem_init(&r.over, 0, 0);
    counter_raise(call, X, 8, take_raised, &r);
    raise_wait(&r);
    assert_int_equal(r.result, COUNTER_DONE);
    assert_raised(&s.machine, &s.leaf, X, 0, 8);
}

/* ---- a disk that fails, and a crash ---- */

enum { CRASH_RAISES = 4 };

/* False when the disk was not called that often any more. */
static bool crash_at(struct scene *s, unsigned nth, bool once)
{
    uint64_t acknowledged = 0;

    world_put_back(&s->world);
    s->machine = machine_start(&s->world, "a");
    const unsigned calls = s->world.disk.calls;
    world_fail(&s->world, nth, once, EIO);
    for (uint64_t value = 1; value <= CRASH_RAISES; value++) {
        const struct raising r = raise_to(&s->machine, buf_bytes(&s->leaf), X, value);
        if (r.result != COUNTER_DONE)
            continue;
        assert_true(r.previous >= acknowledged && r.previous < value);
        acknowledged = value;
    }
    const bool struck = s->world.disk.calls >= calls + nth;
    /* Without a proper end: what the core would still write fails as well. */
    world_fail(&s->world, 1, false, EIO);
    machine_stop(&s->machine);
    world_heal(&s->world);
    s->machine = machine_start(&s->world, "a");
    const struct raising seen = raise_to(&s->machine, buf_bytes(&s->leaf), X, 0);
    if (seen.result != COUNTER_DONE || seen.previous < acknowledged || seen.previous > CRASH_RAISES)
        fail_msg("call %u: %llu after %llu: %s", nth, (unsigned long long)seen.previous,
                 (unsigned long long)acknowledged, seen.text);
    assert_raised(&s->machine, &s->leaf, X, 9, seen.previous);
    machine_stop(&s->machine);
    return struck;
}

static void crash_at_any_call_loses_no_acknowledged_value(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    machine_stop(&s.machine);
    world_keep(&s.world);
    for (int once = 0; once <= 1; once++) {
        unsigned nth = 1;
        while (crash_at(&s, nth, once != 0))
            nth++;
        assert_true(nth > 2);
    }
    world_end(&s.world);
    buf_clear(&s.leaf);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(value_goes_up_only_and_the_one_before_is_answered),
    cmocka_unit_test(values_are_stored_as_in_the_original),
    cmocka_unit_test(every_name_instance_and_marble_has_counters_of_its_own),
    cmocka_unit_test(marble_that_is_activated_again_has_its_counters),
    cmocka_unit_test(call_that_raises_nothing_writes_nothing),
    cmocka_unit_test(value_that_is_no_counter_is_damage),
    cmocka_unit_test(one_marble_has_so_many_counters),
    cmocka_unit_test(all_counters_together_leave_room_in_the_state),
    cmocka_unit_test(names_have_a_limit),
    cmocka_unit_test(marble_type_that_is_too_long_for_a_counter_harms_nobody),
    cmocka_unit_test(sixteen_threads_raise_one_counter_step_by_step),
    cmocka_unit_test(calls_that_wait_together_share_a_sync_and_see_each_other),
    cmocka_unit_test(value_that_another_call_has_passed_waits_for_its_durability),
    cmocka_unit_test(certificate_of_before_an_update_proves_nothing),
    cmocka_unit_test(update_while_the_call_waits_refuses_it),
    cmocka_unit_test(other_change_after_the_admission_refuses_nobody),
    cmocka_unit_test(crash_at_any_call_loses_no_acknowledged_value),
};

TEST_MAIN(tests)
