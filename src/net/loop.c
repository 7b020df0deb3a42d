/* SPDX-License-Identifier: Apache-2.0 */
#include "net/internal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int64_t loop_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void drain(struct loop *loop)
{
    struct connection *connection = loop->connections;

    if (loop->draining)
        return;
    loop->draining = true;
    acceptors_close(loop);
    while (connection != NULL) {
        struct connection *const next = connection_next(connection);
        connection_drain(connection);
        connection = next;
    }
    net_loop_drained(loop->net);
}

static void on_inbox(evutil_socket_t fd, short what, void *arg)
{
    struct loop *const loop = arg;
    const struct inbox_content content = inbox_take(loop->inbox);
    struct net_exchange *answer = content.answers;

    (void)fd, (void)what;
    while (answer != NULL) {
        struct net_exchange *const next = answer->next;
        connection_answer(answer);
        answer = next;
    }
    if ((content.commands & INBOX_DRAIN) != 0)
        drain(loop);
    if ((content.commands & INBOX_STOP) != 0)
        (void)event_base_loopbreak(loop->base);
}

/* An event base for one thread: no locks, and nothing of the environment decides how it works. */
static struct event_base *new_base(void)
{
    struct event_config *const config = event_config_new();
    struct event_base *base = NULL;

    if (config == NULL)
        return NULL;
    if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) == 0)
        base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

bool loop_init(struct loop *loop, struct net *net, struct err *err)
{
    *loop = (struct loop){ .net = net, .spare_fd = -1 };
    loop->inbox = inbox_new(err);
    if (loop->inbox == NULL)
        return false;
    loop->base = new_base();
    if (loop->base == NULL)
        return err_set(err, FAIL_UNAVAILABLE, "the event loop cannot be made");
    loop->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (loop->spare_fd < 0)
        return err_errno(err, FAIL_UNAVAILABLE, "/dev/null");
    loop->received = mem_alloc(RECEIVE_LEN);
    if (event_assign(&loop->wake, loop->base, inbox_fd(loop->inbox), EV_READ | EV_PERSIST, on_inbox,
                     loop) != 0 ||
        event_add(&loop->wake, NULL) != 0)
        return err_set(err, FAIL_UNAVAILABLE, "the event loop takes no events");
    return true;
}

static void *run(void *arg)
{
    struct loop *const loop = arg;

    inbox_own(loop->inbox, &loop->wake);
    (void)event_base_loop(loop->base, 0);
    inbox_disown(loop->inbox);
    return NULL;
}

bool loop_start(struct loop *loop, struct err *err)
{
    sigset_t all, before;

    /* Signals belong to the thread that runs the main loop. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&loop->thread, NULL, run, loop);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0)
        return err_set(err, FAIL_UNAVAILABLE, "a thread cannot be started (error %d)", failed);
    loop->running = true;
    return true;
}

void loop_clear(struct loop *loop)
{
    if (loop->running) {
        inbox_command(loop->inbox, INBOX_STOP);
        (void)pthread_join(loop->thread, NULL);
    }
    /* Before the inbox is given up: an answer on its way may then be the one that closes it. */
    if (event_initialized(&loop->wake))
        (void)event_del(&loop->wake);
    /* Before the connections: no answer looks for its own any more. */
    inbox_close(loop->inbox);
    acceptors_close(loop);
    while (loop->connections != NULL)
        connection_destroy(loop->connections);
    if (loop->base != NULL)
        event_base_free(loop->base);
    if (loop->spare_fd >= 0)
        (void)close(loop->spare_fd);
    if (loop->received != NULL)
        mem_wipe_free(loop->received, RECEIVE_LEN);
    buf_clear(&loop->plaintext);
    buf_clear(&loop->outgoing);
}
