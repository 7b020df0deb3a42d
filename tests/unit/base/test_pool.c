/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/pool.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>

static void count_one(void *arg)
{
    (void)atomic_fetch_add((atomic_uint *)arg, 1);
}

static void pool_free_finishes_everything_that_was_accepted(void **state)
{
    atomic_uint done = 0;

    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        unsigned accepted = 0;
        struct pool *const pool = pool_new(threads);
        atomic_store(&done, 0);
        for (unsigned i = 0; i < 500; i++)
            accepted += pool_submit(pool, count_one, &done);
        pool_free(pool);
        assert_int_equal(accepted, 500);
        assert_int_equal(atomic_load(&done), 500);
    }
    pool_free(NULL);
}

/* A task that says that it runs and waits until it may end. */
struct gate {
    sem_t running, may_end;
};

static void wait_at_gate(void *arg)
{
    struct gate *const gate = arg;

    (void)sem_post(&gate->running);
    (void)sem_wait(&gate->may_end);
}

static void pool_submit_refuses_more_than_the_limit(void **state)
{
    struct gate gate;
    atomic_uint done = 0;
    struct pool *const pool = pool_new(1);

    (void)state;
    (void)sem_init(&gate.running, 0, 0);
    (void)sem_init(&gate.may_end, 0, 0);
    pool_set_limit(pool, 2);
    assert_true(pool_submit(pool, wait_at_gate, &gate));
    (void)sem_wait(&gate.running); /* it runs, so it does not wait any more */
    assert_true(pool_submit(pool, count_one, &done));
    assert_true(pool_submit(pool, count_one, &done));
    assert_false(pool_submit(pool, count_one, &done));
    (void)sem_post(&gate.may_end);
    pool_free(pool);
    assert_int_equal(atomic_load(&done), 2);
    (void)sem_destroy(&gate.running);
    (void)sem_destroy(&gate.may_end);
}

struct order {
    unsigned next;
    unsigned seen[100];
};

struct place {
    struct order *order;
    unsigned number;
};

static void note_place(void *arg)
{
    const struct place *const place = arg;

    place->order->seen[place->order->next++] = place->number;
}

static void pool_starts_tasks_in_the_order_in_which_they_came(void **state)
{
    struct order order = { 0 };
    struct place places[100];
    struct pool *const pool = pool_new(1);

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        places[i] = (struct place){ &order, i };
        assert_true(pool_submit(pool, note_place, &places[i]));
    }
    pool_free(pool);
    assert_int_equal(order.next, 100);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(order.seen[i], i);
}

static void pool_runs_tasks_on_all_its_threads_at_once(void **state)
{
    struct gate gate;
    struct pool *const pool = pool_new(3);

    (void)state;
    (void)sem_init(&gate.running, 0, 0);
    (void)sem_init(&gate.may_end, 0, 0);
    for (unsigned i = 0; i < 3; i++)
        assert_true(pool_submit(pool, wait_at_gate, &gate));
    for (unsigned i = 0; i < 3; i++)
        (void)sem_wait(&gate.running);
    for (unsigned i = 0; i < 3; i++)
        (void)sem_post(&gate.may_end);
    pool_free(pool);
    (void)sem_destroy(&gate.running);
    (void)sem_destroy(&gate.may_end);
}

static void ask_mask(void *arg)
{
    (void)pthread_sigmask(SIG_BLOCK, NULL, arg);
}

static void pool_threads_leave_signals_to_the_main_loop(void **state)
{
    sigset_t before, after, inside;
    struct pool *pool;

    (void)state;
    (void)pthread_sigmask(SIG_BLOCK, NULL, &before);
    pool = pool_new(1);
    assert_true(pool_submit(pool, ask_mask, &inside));
    pool_free(pool);
    (void)pthread_sigmask(SIG_BLOCK, NULL, &after);
    assert_true(sigismember(&inside, SIGTERM));
    assert_true(sigismember(&inside, SIGHUP));
    assert_int_equal(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(pool_free_finishes_everything_that_was_accepted),
    cmocka_unit_test(pool_submit_refuses_more_than_the_limit),
    cmocka_unit_test(pool_starts_tasks_in_the_order_in_which_they_came),
    cmocka_unit_test(pool_runs_tasks_on_all_its_threads_at_once),
    cmocka_unit_test(pool_threads_leave_signals_to_the_main_loop),
};

TEST_MAIN(tests)
