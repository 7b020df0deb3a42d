/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "fixture.h"
#include "state/names.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

/* A running Coordinator, and a writer to give commits to. */
struct scene {
    struct world world;
    struct machine machine;
    struct writer *writer;
};

static void scene_begin(struct scene *s)
{
    world_begin(&s->world);
    s->machine = machine_start(&s->world, "a");
    set_any_manifest(&s->machine);
    s->writer = core_writer(s->machine.core);
}

static void scene_end(struct scene *s)
{
    machine_stop(&s->machine);
    world_end(&s->world);
}
#define auto_scene struct scene CLEANUP(scene_end)

static void scene_restart(struct scene *s)
{
    machine_stop(&s->machine);
    s->machine = machine_start(&s->world, "a");
    s->writer = core_writer(s->machine.core);
    assert_phase(&s->machine, PHASE_ACCEPTING_MARBLES);
}

static uint64_t number_in(const struct snapshot *now)
{
    struct bytes value;

    if (!omap_get(now->values, BYTES_LITERAL("activations:n"), &value))
        return 0;
    auto_string *text = bytes_to_string(value);
    return strtoull(text, NULL, 16);
}

static uint64_t number_of(const struct machine *m)
{
    auto_snapshot *now = core_snapshot(m->core);

    return number_in(now);
}

/* Counts up by one, and notes the new number. */
static bool count_up(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    const uint64_t next = number_in(now) + 1;
    auto_string *text = mem_printf("%llx", (unsigned long long)next);

    (void)err;
    change_put(&d->change, "activations:n", bytes_of_string(text));
    if (arg != NULL)
        *(uint64_t *)arg = next;
    return true;
}

static bool refuse_it(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)arg;
    (void)now;
    change_put(&d->change, "activations:n", BYTES_LITERAL("ffff"));
    return err_set(err, FAIL_STATE, "not today");
}

/* ---- several commits that are given without waiting ---- */

struct order {
    pthread_mutex_t lock;
    sem_t done;
    unsigned next;
};

struct given {
    struct order *order;
    uint64_t number;
    unsigned place; /* among the answers */
    enum fail_kind failed;
    bool refused_by_decide;
};

static bool given_decide(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    struct given *const g = arg;

    return g->refused_by_decide ? refuse_it(NULL, now, d, err) : count_up(&g->number, now, d, err);
}

static void given_done(void *arg, const struct err *err)
{
    struct given *const g = arg;

    (void)pthread_mutex_lock(&g->order->lock);
    g->failed = err == NULL ? FAIL_NONE : err->kind;
    g->place = g->order->next++;
    (void)pthread_mutex_unlock(&g->order->lock);
    (void)sem_post(&g->order->done);
}

enum { GIVEN = 300 };

static bool wait_at_gate(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)now;
    (void)d;
    while (sem_wait(arg) != 0)
        ;
    return err_set(err, FAIL_STATE, "only a gate");
}

static void ignore_answer(void *arg, const struct err *err)
{
    (void)arg;
    (void)err;
}

/* While the writer waits at a gate, so that it finds all of them together; waits for the answers. */
static void give_all(struct scene *s, struct given *given, unsigned count)
{
    struct order order = { .lock = PTHREAD_MUTEX_INITIALIZER };
    sem_t gate;

    (void)sem_init(&gate, 0, 0);
    (void)sem_init(&order.done, 0, 0);
    writer_submit(s->writer, &(struct commit){ wait_at_gate, ignore_answer, &gate });
    /* The writer takes the gate alone when it has it before the others come. */
    (void)usleep(20000);
    for (unsigned i = 0; i < count; i++) {
        given[i].order = &order;
        writer_submit(s->writer, &(struct commit){ given_decide, given_done, &given[i] });
    }
    (void)sem_post(&gate);
    for (unsigned i = 0; i < count; i++)
        while (sem_wait(&order.done) != 0)
            ;
    (void)sem_destroy(&order.done);
    (void)sem_destroy(&gate);
}

static void commit_is_durable_when_it_is_answered(void **state)
{
    uint64_t number = 0;
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s);
    assert_ok(writer_commit(s.writer, count_up, &number, &err), &err);
    assert_int_equal(number, 1);
    assert_int_equal(number_of(&s.machine), 1);
    scene_restart(&s);
    assert_int_equal(number_of(&s.machine), 1);
}

static void commits_that_wait_together_share_a_sync_and_keep_their_order(void **state)
{
    struct given given[GIVEN] = { 0 };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    uint64_t number = 0;
    struct err err = { 0 };
    /* Opens the segment, which is synced when it is made. */
    assert_ok(writer_commit(s.writer, count_up, &number, &err), &err);
    const unsigned before = s.world.disk.syncs;
    give_all(&s, given, GIVEN);
    assert_int_equal(s.world.disk.syncs - before, 2); /* a group has at most 256 */
    for (unsigned i = 0; i < GIVEN; i++) {
        assert_int_equal(given[i].failed, FAIL_NONE);
        assert_int_equal(given[i].number, i + 2);
        assert_int_equal(given[i].place, i);
    }
    scene_restart(&s);
    assert_int_equal(number_of(&s.machine), GIVEN + 1);
}

static void refusal_changes_nothing_and_comes_in_its_turn(void **state)
{
    struct given given[GIVEN] = { 0 };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    for (unsigned i = 0; i < GIVEN; i += 7)
        given[i].refused_by_decide = true;
    give_all(&s, given, GIVEN);
    for (unsigned i = 0; i < GIVEN; i++) {
        assert_int_equal(given[i].failed, i % 7 == 0 ? FAIL_STATE : FAIL_NONE);
        assert_int_equal(given[i].place, i);
    }
    assert_int_equal(number_of(&s.machine), GIVEN - (GIVEN + 6) / 7);
}

static void disk_that_fails_fails_all_who_wait_and_leaves_no_trace(void **state)
{
    struct given given[GIVEN] = { 0 };
    uint64_t number = 0;
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s);
    assert_ok(writer_commit(s.writer, count_up, &number, &err), &err);
    world_fail(&s.world, 1, false, ENOSPC);
    give_all(&s, given, GIVEN);
    for (unsigned i = 0; i < GIVEN; i++)
        assert_int_equal(given[i].failed, FAIL_UNAVAILABLE);
    assert_int_equal(number_of(&s.machine), 1);
    assert_false(writer_commit(s.writer, count_up, &number, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);

    world_heal(&s.world);
    assert_ok(writer_commit(s.writer, count_up, &number, &err), &err);
    assert_int_equal(number, 2);
    scene_restart(&s);
    assert_int_equal(number_of(&s.machine), 2);
}

/* What a refusal rests on may have been undone: then it is no refusal, but the same failure. */
static void refusal_that_rests_on_a_failed_commit_fails_like_it(void **state)
{
    struct given given[3] = { 0 };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    given[2].refused_by_decide = true;
    world_fail(&s.world, 1, false, EIO);
    give_all(&s, given, 3);
    world_heal(&s.world);
    assert_int_equal(given[0].failed, FAIL_UNAVAILABLE);
    assert_int_equal(given[1].failed, FAIL_UNAVAILABLE);
    assert_int_equal(given[2].failed, FAIL_UNAVAILABLE);
}

static bool put_nonsense(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)arg;
    (void)now;
    (void)err;
    change_put(&d->change, NAME_MANIFEST, BYTES_LITERAL("{"));
    return true;
}

static void change_that_does_not_load_again_is_refused(void **state)
{
    uint64_t number = 0;
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s);
    assert_false(writer_commit(s.writer, put_nonsense, NULL, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
    assert_ok(writer_commit(s.writer, count_up, &number, &err), &err);
    scene_restart(&s);
}

/* ---- threads ---- */

enum { THREADS = 8, EACH = 40 };

struct counter {
    struct scene *scene;
    uint64_t last;
    unsigned errors;
};

static void *count_often(void *arg)
{
    struct counter *const c = arg;

    for (int i = 0; i < EACH; i++) {
        uint64_t number = 0;
        struct err err = { 0 };
        if (!writer_commit(c->scene->writer, count_up, &number, &err)) {
            c->errors++;
            continue;
        }
        /* What was answered is visible, and nobody goes backwards. */
        const uint64_t seen = number_of(&c->scene->machine);
        c->errors += number <= c->last || seen < number;
        c->last = number;
    }
    return NULL;
}

static void eight_threads_count_without_losing_any(void **state)
{
    struct counter counters[THREADS];
    pthread_t threads[THREADS];
    auto_scene s;

    (void)state;
    scene_begin(&s);
    for (int i = 0; i < THREADS; i++) {
        counters[i] = (struct counter){ .scene = &s };
        assert_int_equal(pthread_create(&threads[i], NULL, count_often, &counters[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        assert_int_equal(counters[i].errors, 0);
    }
    assert_int_equal(number_of(&s.machine), THREADS * EACH);
    scene_restart(&s);
    assert_int_equal(number_of(&s.machine), THREADS * EACH);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(commit_is_durable_when_it_is_answered),
    cmocka_unit_test(commits_that_wait_together_share_a_sync_and_keep_their_order),
    cmocka_unit_test(refusal_changes_nothing_and_comes_in_its_turn),
    cmocka_unit_test(disk_that_fails_fails_all_who_wait_and_leaves_no_trace),
    cmocka_unit_test(refusal_that_rests_on_a_failed_commit_fails_like_it),
    cmocka_unit_test(change_that_does_not_load_again_is_refused),
    cmocka_unit_test(eight_threads_count_without_losing_any),
};

TEST_MAIN(tests)
