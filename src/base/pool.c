/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include "base/bytes.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct task {
    struct task *next;
    void (*run)(void *arg);
    void *arg;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct task *first, **end;
    size_t waiting, limit;
    bool closing;
    unsigned threads;
    pthread_t thread[];
};

enum { DEFAULT_LIMIT = 1024 };

/* The next task, or NULL when the pool closes and nothing is left. */
static struct task *next_task(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->first == NULL && !pool->closing)
        (void)pthread_cond_wait(&pool->more, &pool->lock);
    struct task *const task = pool->first;
    if (task != NULL) {
        pool->first = task->next;
        if (pool->first == NULL)
            pool->end = &pool->first;
        pool->waiting--;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return task;
}

static void *work(void *arg)
{
    struct pool *const pool = arg;

    for (struct task *task; (task = next_task(pool)) != NULL;) {
        task->run(task->arg);
        free(task);
    }
    return NULL;
}

struct pool *pool_new(unsigned threads)
{
    struct pool *const pool = mem_zero_alloc(1, sizeof *pool + threads * sizeof pool->thread[0]);
    sigset_t all, before;

    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->more, NULL);
    pool->end = &pool->first;
    pool->limit = DEFAULT_LIMIT;
    pool->threads = threads;
    /* Signals belong to the thread that runs the main loop. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&pool->thread[i], NULL, work, pool) != 0)
            abort();
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool;
}

void pool_set_limit(struct pool *pool, size_t limit)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->limit = limit;
    (void)pthread_mutex_unlock(&pool->lock);
}

size_t pool_waiting(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    const size_t waiting = pool->waiting;
    (void)pthread_mutex_unlock(&pool->lock);
    return waiting;
}

bool pool_submit(struct pool *pool, void (*run)(void *arg), void *arg)
{
    struct task *task = mem_alloc(sizeof *task);

    *task = (struct task){ NULL, run, arg };
    (void)pthread_mutex_lock(&pool->lock);
    const bool room = pool->waiting < pool->limit && !pool->closing;
    if (room) {
        *pool->end = task;
        pool->end = &task->next;
        pool->waiting++;
        (void)pthread_cond_signal(&pool->more);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    if (!room)
        free(task);
    return room;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    (void)pthread_cond_broadcast(&pool->more);
    (void)pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->threads; i++)
        (void)pthread_join(pool->thread[i], NULL);
    (void)pthread_cond_destroy(&pool->more);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}
