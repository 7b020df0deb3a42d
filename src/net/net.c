/* SPDX-License-Identifier: Apache-2.0 */
#include "net/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

struct net *net_new(const struct env *env, unsigned loops, struct err *err)
{
    struct net *const net = mem_zero_alloc(1, sizeof *net);
    pthread_condattr_t monotonic;

    assert(loops > 0);
    net->env = env;
    net->loops = mem_zero_alloc(loops, sizeof *net->loops);
    (void)pthread_mutex_init(&net->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&net->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    while (net->loop_count < loops) {
        net->loop_count++;
        if (!loop_init(&net->loops[net->loop_count - 1], net, err)) {
            net_free(net);
            return NULL;
        }
    }
    return net;
}

bool net_listen(struct net *net, const struct net_listener *listener, uint16_t *port,
                struct err *err)
{
    assert(!net->started);
    struct listener *const made =
        listener_new(net->env, listener, net->loops, net->loop_count, port, err);
    if (made == NULL)
        return false;
    made->next = net->listeners;
    net->listeners = made;
    return true;
}

bool net_start(struct net *net, struct err *err)
{
    assert(!net->started);
    net->started = true;
    for (unsigned i = 0; i < net->loop_count; i++) {
        if (!loop_start(&net->loops[i], err))
            return false;
    }
    return true;
}

struct net_counts net_counts(const struct net *net)
{
    return (struct net_counts){ atomic_load(&net->connections), atomic_load(&net->requests) };
}

/* The counter fell before `draining` is looked at, and net_drain looks at the counters after it set
 * `draining`: one of the two sees what the other did. */
static void tell_drain(struct net *net)
{
    if (!atomic_load(&net->draining))
        return;
    (void)pthread_mutex_lock(&net->lock);
    (void)pthread_cond_signal(&net->changed);
    (void)pthread_mutex_unlock(&net->lock);
}

void net_count_down(struct net *net, atomic_size_t *counter)
{
    (void)atomic_fetch_sub(counter, 1);
    tell_drain(net);
}

void net_loop_drained(struct net *net)
{
    (void)atomic_fetch_sub(&net->undrained, 1);
    tell_drain(net);
}

static bool is_drained(const struct net *net)
{
    const struct net_counts counts = net_counts(net);

    return atomic_load(&net->undrained) == 0 && counts.connections == 0 && counts.requests == 0;
}

bool net_drain(struct net *net, unsigned timeout_ms)
{
    struct timespec until;

    if (!net->started)
        return true;
    if (!atomic_load(&net->draining)) {
        atomic_store(&net->undrained, net->loop_count);
        atomic_store(&net->draining, true);
        for (unsigned i = 0; i < net->loop_count; i++)
            inbox_command(net->loops[i].inbox, INBOX_DRAIN);
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    until.tv_sec += timeout_ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&net->lock);
    bool drained = is_drained(net);
    while (!drained && pthread_cond_timedwait(&net->changed, &net->lock, &until) == 0)
        drained = is_drained(net);
    drained = is_drained(net);
    (void)pthread_mutex_unlock(&net->lock);
    return drained;
}

void net_free(struct net *net)
{
    if (net == NULL)
        return;
    for (unsigned i = 0; i < net->loop_count; i++)
        loop_clear(&net->loops[i]);
    while (net->listeners != NULL) {
        struct listener *const next = net->listeners->next;
        listener_free(net->listeners);
        net->listeners = next;
    }
    (void)pthread_cond_destroy(&net->changed);
    (void)pthread_mutex_destroy(&net->lock);
    free(net->loops);
    free(net);
}
