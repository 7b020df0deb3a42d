/* SPDX-License-Identifier: Apache-2.0 */
#include "net/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct inbox {
    atomic_size_t references;
    int fd; /* an eventfd: readable when something is in */
    pthread_mutex_t lock;
    bool owned, closed;
    bool written; /* to fd, and not read again */
    pthread_t owner;
    struct event *wake;
    unsigned commands;
    struct net_exchange *first, **end;
};

struct inbox *inbox_new(struct err *err)
{
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    if (fd < 0) {
        (void)err_errno(err, FAIL_UNAVAILABLE, "eventfd");
        return NULL;
    }
    struct inbox *const inbox = mem_zero_alloc(1, sizeof *inbox);
    atomic_init(&inbox->references, 1);
    inbox->fd = fd;
    (void)pthread_mutex_init(&inbox->lock, NULL);
    inbox->end = &inbox->first;
    return inbox;
}

int inbox_fd(const struct inbox *inbox)
{
    return inbox->fd;
}

void inbox_own(struct inbox *inbox, struct event *wake)
{
    (void)pthread_mutex_lock(&inbox->lock);
    inbox->owner = pthread_self();
    inbox->owned = true;
    inbox->wake = wake;
    (void)pthread_mutex_unlock(&inbox->lock);
}

void inbox_disown(struct inbox *inbox)
{
    (void)pthread_mutex_lock(&inbox->lock);
    inbox->owned = false;
    (void)pthread_mutex_unlock(&inbox->lock);
}

static void inbox_unref(struct inbox *inbox)
{
    if (atomic_fetch_sub(&inbox->references, 1) > 1)
        return;
    (void)pthread_mutex_destroy(&inbox->lock);
    (void)close(inbox->fd);
    free(inbox);
}

/* With the lock held. */
static void wake(struct inbox *inbox)
{
    if (inbox->owned && pthread_equal(inbox->owner, pthread_self())) {
        event_active(inbox->wake, EV_READ, 0);
    } else {
        (void)eventfd_write(inbox->fd, 1); /* fails only when it is readable anyway */
        inbox->written = true;
    }
}

void inbox_command(struct inbox *inbox, enum inbox_command command)
{
    (void)pthread_mutex_lock(&inbox->lock);
    inbox->commands |= (unsigned)command;
    wake(inbox);
    (void)pthread_mutex_unlock(&inbox->lock);
}

struct inbox_content inbox_take(struct inbox *inbox)
{
    eventfd_t ignored;

    (void)pthread_mutex_lock(&inbox->lock);
    if (inbox->written)
        (void)eventfd_read(inbox->fd, &ignored);
    inbox->written = false;
    const struct inbox_content content = { inbox->commands, inbox->first };
    inbox->commands = 0;
    inbox->first = NULL;
    inbox->end = &inbox->first;
    (void)pthread_mutex_unlock(&inbox->lock);
    return content;
}

void inbox_close(struct inbox *inbox)
{
    if (inbox == NULL)
        return;
    (void)pthread_mutex_lock(&inbox->lock);
    struct net_exchange *answers = inbox->first;
    inbox->closed = true;
    inbox->first = NULL;
    (void)pthread_mutex_unlock(&inbox->lock);
    while (answers != NULL) {
        struct net_exchange *const next = answers->next;
        exchange_free(answers);
        answers = next;
    }
    inbox_unref(inbox);
}

struct net_exchange *exchange_new(struct inbox *inbox, struct connection *connection, uint64_t id)
{
    struct net_exchange *const exchange = mem_zero_alloc(1, sizeof *exchange);

    (void)atomic_fetch_add(&inbox->references, 1);
    exchange->inbox = inbox;
    exchange->connection = connection;
    exchange->id = id;
    return exchange;
}

void exchange_free(struct net_exchange *exchange)
{
    http_response_clear(&exchange->response);
    inbox_unref(exchange->inbox);
    free(exchange);
}

void net_respond(struct net_exchange *exchange, struct http_response *response)
{
    struct inbox *const inbox = exchange->inbox;

    exchange->response = *response;
    *response = (struct http_response){ 0 };
    /* The loop may free the exchange, and with it the last reference, before the lock is open. */
    (void)atomic_fetch_add(&inbox->references, 1);
    (void)pthread_mutex_lock(&inbox->lock);
    const bool closed = inbox->closed;
    if (!closed) {
        const bool first = inbox->first == NULL;
        *inbox->end = exchange;
        inbox->end = &exchange->next;
        if (first)
            wake(inbox);
    }
    (void)pthread_mutex_unlock(&inbox->lock);
    if (closed)
        exchange_free(exchange);
    inbox_unref(inbox);
}
