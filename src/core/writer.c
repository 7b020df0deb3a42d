/* SPDX-License-Identifier: Apache-2.0 */
#include "core/writer.h"

#include "core/writer_metrics.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

enum { LARGEST_GROUP = 256 };

struct waiting {
    struct waiting *next;
    struct commit commit;
};

struct writer {
    const struct env *env;
    struct store *store; /* only touched by the thread */
    struct writer_metrics metrics;
    _Atomic int64_t
        step_ms; /* of a clock that nobody sets: when the present step began; 0: it waits for work */
    /*
     * Whether commits go to the store. A manifest that changes the seal mode changes it only together with new keys,
     * else at the next start (client-api.md, 11.4): what was sealed stays so, and no acknowledged change is lost.
     */
    bool sealed; /* of the thread */
    pthread_t thread;
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t more;
    struct waiting *first, **end;
    bool closing;
    struct snapshot *published;
    uint64_t number; /* of `published` */
};

/* Decisions that become durable together. */
struct group {
    struct snapshot *last; /* after all of them; not yet visible */
    size_t count;
    struct decision decisions[LARGEST_GROUP];
    struct waiting *accepted[LARGEST_GROUP];
};

void decision_clear(struct decision *d)
{
    change_clear(&d->change);
    omap_free(d->base);
    secret_free(d->rwk);
    buf_clear(&d->metadata);
    buf_clear(&d->signature);
    for (size_t i = 0; i < d->set_count; i++) {
        secret_free(d->sets[i].rwk);
        buf_clear(&d->sets[i].metadata);
    }
    *d = (struct decision){ 0 };
}

bool change_fits(const struct snapshot *now, const struct change *change, struct err *err)
{
    size_t size = omap_size(now->values);

    for (size_t i = 0; i < change->count; i++)
        size += change->ops[i].name.len + change->ops[i].value.len;
    return size <= STORE_MAX_VALUES ||
           err_set(err, FAIL_TOO_LARGE, "with it the state would be larger than %d MiB",
                   STORE_MAX_VALUES >> 20);
}

bool decision_seal(const struct decision *d, struct store *store, const struct omap *values,
                   struct err *err)
{
    const struct store_generation generation = {
        .values = values,
        .deployment = d->new_deployment ? d->deployment : NULL,
        .rwk = secret_bytes(d->rwk),
        .metadata = buf_bytes(&d->metadata),
        .signature = buf_bytes(&d->signature),
        .policy = d->policy,
        .set_aside = d->set_aside,
    };

    return store_begin_generation(store, &generation, err);
}

struct snapshot *writer_newest(struct writer *w, uint64_t *number)
{
    (void)pthread_mutex_lock(&w->lock);
    struct snapshot *const s = snapshot_ref(w->published);
    *number = w->number;
    (void)pthread_mutex_unlock(&w->lock);
    return s;
}

struct snapshot *writer_snapshot(struct writer *w)
{
    uint64_t number = 0;

    return writer_newest(w, &number);
}

/* Takes the snapshot over. */
static void publish(struct writer *w, struct snapshot *next)
{
    (void)pthread_mutex_lock(&w->lock);
    struct snapshot *const before = w->published;
    w->published = next;
    w->number++;
    (void)pthread_mutex_unlock(&w->lock);
    snapshot_free(before);
}

static bool wants_seal(const struct snapshot *s)
{
    return s->deployment != NULL && s->deployment->manifest->config.seal_mode != SEAL_MODE_DISABLED;
}

static struct store_op *ops_of(const struct change *change)
{
    struct store_op *const ops = mem_zero_alloc(change->count, sizeof ops[0]);

    for (size_t i = 0; i < change->count; i++) {
        const struct change_op *const op = &change->ops[i];
        ops[i] = (struct store_op){ op->is_delete ? STORE_DELETE : STORE_PUT, op->name, op->value };
    }
    return ops;
}

static bool append(struct writer *w, const struct group *g, struct err *err)
{
    struct store_delta deltas[LARGEST_GROUP];
    struct store_op *ops[LARGEST_GROUP];

    for (size_t i = 0; i < g->count; i++) {
        ops[i] = ops_of(&g->decisions[i].change);
        deltas[i] =
            (struct store_delta){ STORE_RECORD_DELTA, ops[i], g->decisions[i].change.count };
    }
    const bool done = store_commit(w->store, deltas, g->count, err);
    for (size_t i = 0; i < g->count; i++)
        free(ops[i]);
    return done;
}

static void answer(struct waiting *waiting, const struct err *err)
{
    waiting->commit.done(waiting->commit.arg, err);
    free(waiting);
}

bool writer_seals(const struct writer *w)
{
    return w->sealed;
}

static void begin_step(struct writer *w)
{
    atomic_store_explicit(&w->step_ms, clock_ms(CLOCK_MONOTONIC), memory_order_relaxed);
}

int64_t writer_busy_ms(const struct writer *w)
{
    const int64_t began = atomic_load_explicit(&w->step_ms, memory_order_relaxed);

    return began == 0 ? 0 : clock_ms(CLOCK_MONOTONIC) - began;
}

/* Makes the group durable and visible, answers everybody in it, and empties it. False: it is undone. */
static bool flush(struct writer *w, struct group *g, struct err *err)
{
    if (g->count == 0)
        return true;
    begin_step(w);
    const uint64_t began = writer_metrics_begin(&w->metrics);
    const bool done = !w->sealed || append(w, g, err);
    writer_metrics_group(&w->metrics, w->store, g->count, began, done);
    begin_step(w); /* the disk is done: whoever is answered now does not see it as slow */
    if (done) {
        if (w->sealed) {
            /* The same map as the store's: the state is in memory once. */
            omap_free(g->last->values);
            g->last->values = store_values(w->store);
        }
        publish(w, snapshot_ref(g->last));
    } else {
        log_error(w->env->log, "Commit failed", LOG_TEXT("error", err->text));
        snapshot_free(g->last);
        g->last = writer_snapshot(w);
    }
    for (size_t i = 0; i < g->count; i++) {
        decision_clear(&g->decisions[i]);
        answer(g->accepted[i], done ? NULL : err);
    }
    g->count = 0;
    return done;
}

/* For a group that nobody else is waiting for. */
static void flush_all(struct writer *w, struct group *g)
{
    struct err err = { 0 };

    (void)flush(w, g, &err);
}

/* A decision that replaces the state as a whole and its keys. */
static bool begin_generation(struct writer *w, struct decision *d, struct snapshot **last,
                             struct err *err)
{
    auto_omap *values = change_apply(d->base, &d->change);
    auto_snapshot *next = snapshot_load(w->env, values, err);

    if (next == NULL)
        return false;
    /* What ends the sealing has to be sealed as the last. */
    if ((w->sealed || wants_seal(next)) && !decision_seal(d, w->store, values, err))
        return false;
    w->sealed = wants_seal(next);
    publish(w, snapshot_ref(next));
    snapshot_free(*last);
    *last = TAKE(next);
    return true;
}

static bool seal_sets(const struct decision *d, struct store *store, const struct omap *values,
                      struct err *err)
{
    struct store_recovery_set sets[STORE_RECOVERY_SETS];

    for (size_t i = 0; i < d->set_count; i++)
        sets[i] = (struct store_recovery_set){ buf_bytes(&d->sets[i].metadata),
                                               secret_bytes(d->sets[i].rwk) };
    const struct store_recovery recovery = { sets, d->set_count, buf_bytes(&d->signature) };
    return store_set_recovery(store, &recovery, values, err);
}

/* A decision that changes who may recover the state, and values with it. */
static bool set_recovery(struct writer *w, struct decision *d, struct snapshot **last,
                         struct err *err)
{
    auto_snapshot *next = snapshot_after(w->env, *last, &d->change, err);

    if (next == NULL || (w->sealed && !seal_sets(d, w->store, next->values, err)))
        return false;
    publish(w, snapshot_ref(next));
    snapshot_free(*last);
    *last = TAKE(next);
    return true;
}

static bool join_group(struct writer *w, struct group *g, struct decision *d, struct err *err)
{
    struct snapshot *const next = snapshot_after(w->env, g->last, &d->change, err);

    if (next == NULL)
        return false;
    snapshot_free(g->last);
    g->last = next;
    return true;
}

/* A decision that was based on a group which could not be made durable falls with it. */
static void begin_alone(struct writer *w, struct group *g, struct decision *d,
                        struct waiting *waiting)
{
    struct err err = { 0 };
    const bool done =
        flush(w, g, &err) && (d->set_recovery ? set_recovery(w, d, &g->last, &err)
                                              : begin_generation(w, d, &g->last, &err));

    writer_metrics_alone(&w->metrics, w->store, done);
    begin_step(w);
    if (!done)
        log_error(w->env->log,
                  d->set_recovery ? "Setting the recovery sets failed"
                                  : "New key generation failed",
                  LOG_TEXT("error", err.text));
    decision_clear(d);
    answer(waiting, done ? NULL : &err);
}

/* Decides one; it joins the group, or is answered at once. */
static void take_in(struct writer *w, struct group *g, struct waiting *waiting)
{
    struct decision *const d = &g->decisions[g->count];
    struct err err = { 0 }, not_durable = { 0 };

    *d = (struct decision){ 0 };
    begin_step(w);
    if (!waiting->commit.decide(waiting->commit.arg, g->last, d, &err)) {
        decision_clear(d);
        /* What it was refused for may not be durable yet, or never be. */
        answer(waiting, flush(w, g, &not_durable) ? &err : &not_durable);
        return;
    }
    if (d->new_generation || d->set_recovery) {
        struct decision alone = *d;
        *d = (struct decision){ 0 };
        begin_alone(w, g, &alone, waiting);
        return;
    }
    if (!join_group(w, g, d, &err)) {
        decision_clear(d);
        answer(waiting, &err);
        return;
    }
    g->accepted[g->count++] = waiting;
}

/* All that waits; NULL when the writer closes and nothing is left. */
static struct waiting *next_batch(struct writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    while (w->first == NULL && !w->closing)
        (void)pthread_cond_wait(&w->more, &w->lock);
    struct waiting *const batch = w->first;
    w->first = NULL;
    w->end = &w->first;
    (void)pthread_mutex_unlock(&w->lock);
    return batch;
}

static void *run(void *arg)
{
    struct writer *const w = arg;
    struct group *const g = mem_zero_alloc(1, sizeof *g);

    for (struct waiting *batch; (batch = next_batch(w)) != NULL;) {
        g->last = writer_snapshot(w);
        for (struct waiting *waiting = batch, *next; waiting != NULL; waiting = next) {
            next = waiting->next;
            take_in(w, g, waiting);
            if (g->count == LARGEST_GROUP)
                flush_all(w, g);
        }
        flush_all(w, g);
        snapshot_free(g->last);
        atomic_store_explicit(&w->step_ms, 0, memory_order_relaxed);
    }
    free(g);
    return NULL;
}

struct writer *writer_new(const struct env *env, struct store *store, struct snapshot *first,
                          struct metrics *metrics)
{
    struct writer *const w = mem_zero_alloc(1, sizeof *w);
    sigset_t all, before;

    w->env = env;
    w->store = store;
    w->published = first;
    w->number = 1;
    writer_metrics_init(&w->metrics, metrics, store);
    w->sealed = wants_seal(first);
    w->end = &w->first;
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->more, NULL);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&w->thread, NULL, run, w) != 0)
        abort();
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w;
}

void writer_submit(struct writer *w, const struct commit *commit)
{
    struct waiting *const waiting = mem_zero_alloc(1, sizeof *waiting);

    waiting->commit = *commit;
    (void)pthread_mutex_lock(&w->lock);
    *w->end = waiting;
    w->end = &waiting->next;
    (void)pthread_mutex_unlock(&w->lock);
    /* Afterwards, so that the thread does not wake up to wait for the lock. */
    (void)pthread_cond_signal(&w->more);
}

struct wait {
    bool (*decide)(void *arg, const struct snapshot *now, struct decision *decision,
                   struct err *err);
    void *arg;
    sem_t over;
    bool done;
    struct err *err;
};

static bool wait_decide(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    const struct wait *const wait = arg;

    return wait->decide(wait->arg, now, d, err);
}

static void wait_done(void *arg, const struct err *err)
{
    struct wait *const wait = arg;

    wait->done = err == NULL;
    if (err != NULL)
        *wait->err = *err;
    (void)sem_post(&wait->over);
}

bool writer_commit(struct writer *w,
                   bool (*decide)(void *arg, const struct snapshot *now, struct decision *decision,
                                  struct err *err),
                   void *arg, struct err *err)
{
    struct wait wait = { .decide = decide, .arg = arg, .err = err };

    (void)sem_init(&wait.over, 0, 0);
    writer_submit(w, &(struct commit){ wait_decide, wait_done, &wait });
    while (sem_wait(&wait.over) != 0 && errno == EINTR)
        continue;
    (void)sem_destroy(&wait.over);
    return wait.done;
}

void writer_free(struct writer *w)
{
    if (w == NULL)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->closing = true;
    (void)pthread_cond_signal(&w->more);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    snapshot_free(w->published);
    (void)pthread_cond_destroy(&w->more);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}
