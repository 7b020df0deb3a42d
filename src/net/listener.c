/* SPDX-License-Identifier: Apache-2.0 */
#include "net/internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ACCEPT_BURST = 64,   /* connections taken before other events get their turn */
    PAUSE_MS = 100,      /* a listener rests after an error that would come again at once */
    LOG_EVERY_MS = 60000 /* of each kind of refusal */
};

/* One loop's socket of a listener. */
struct acceptor {
    struct acceptor *next;
    struct loop *loop;
    struct listener *listener;
    int fd;
    struct event readable, resume;
};

static bool throttle_passes(struct throttle *throttle)
{
    const int64_t now = loop_now();
    int_fast64_t next = atomic_load(&throttle->next);

    return now >= next &&
           atomic_compare_exchange_strong(&throttle->next, &next, now + LOG_EVERY_MS);
}

static void log_refused(struct acceptor *acceptor, const struct sockaddr_storage *from,
                        const char *limit)
{
    struct listener *const listener = acceptor->listener;
    char peer[64];

    if (!throttle_passes(&listener->refused))
        return;
    address_format(from, peer);
    log_warn(acceptor->loop->net->env->log,
             "Connection refused; more of this are not logged for a minute",
             LOG_TEXT("listener", listener->config.address), LOG_TEXT("client", peer),
             LOG_TEXT("limit", limit));
}

/* Counts a new connection; NULL, or the name of the limit that it would exceed. */
static const char *enter(struct listener *listener, const struct source *source)
{
    if (atomic_fetch_add(&listener->open, 1) >= listener->config.limits.connections) {
        (void)atomic_fetch_sub(&listener->open, 1);
        return "connections";
    }
    if (listener->sources != NULL && !sources_enter(listener->sources, source)) {
        (void)atomic_fetch_sub(&listener->open, 1);
        return "connections per source";
    }
    return NULL;
}

void listener_leave(struct listener *listener, const struct source *source)
{
    if (listener->sources != NULL)
        sources_leave(listener->sources, source);
    (void)atomic_fetch_sub(&listener->open, 1);
    cell_add(listener->config.cells.open, -1);
}

static void admit(struct acceptor *acceptor, int fd, const struct sockaddr_storage *from)
{
    const struct source source = address_source(from);
    const struct net_cells *const cells = &acceptor->listener->config.cells;
    const char *const exceeded = enter(acceptor->listener, &source);

    if (exceeded != NULL) {
        (void)close(fd);
        cell_add(cells->refused, 1);
        log_refused(acceptor, from, exceeded);
        return;
    }
    cell_add(cells->accepted, 1);
    cell_add(cells->open, 1);
    connection_open(acceptor->loop, acceptor->listener, fd, from);
}

static void rest(struct acceptor *acceptor)
{
    const struct timeval pause = { 0, PAUSE_MS * 1000 };

    (void)event_del(&acceptor->readable);
    (void)event_add(&acceptor->resume, &pause);
}

/*
 * No file descriptor is left, and the waiting connection would make the socket readable for ever.
 * The spare one takes it, so that the client sees at once that it is refused.
 */
static void refuse_without_descriptor(struct acceptor *acceptor)
{
    struct loop *const loop = acceptor->loop;

    if (throttle_passes(&acceptor->listener->exhausted))
        log_error(
            loop->net->env->log,
            "No file descriptors left (raise the limit on open files); connections are refused",
            LOG_TEXT("listener", acceptor->listener->config.address));
    if (loop->spare_fd >= 0) {
        (void)close(loop->spare_fd);
        const int fd = accept4(acceptor->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            (void)close(fd);
    }
    loop->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (loop->spare_fd < 0)
        rest(acceptor);
}

/* After a failed accept: is it worth another try now? */
static bool go_on(struct acceptor *acceptor, int error)
{
    switch (error) {
    case EAGAIN:
        return false;
    /* Of one connection, not of the socket (accept(2), "Error handling"). */
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:
        return true;
    case EMFILE:
    case ENFILE:
        refuse_without_descriptor(acceptor);
        return false;
    default:
        rest(acceptor);
        return false;
    }
}

static void on_acceptable(evutil_socket_t listening, short what, void *arg)
{
    struct acceptor *const acceptor = arg;
    bool more = true;

    (void)what;
    for (unsigned i = 0; i < ACCEPT_BURST && more; i++) {
        struct sockaddr_storage from = { 0 };
        socklen_t len = sizeof from;
        const int fd =
            accept4(listening, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            admit(acceptor, fd, &from);
        else
            more = go_on(acceptor, errno);
    }
}

static void on_rested(evutil_socket_t fd, short what, void *arg)
{
    struct acceptor *const acceptor = arg;

    (void)fd, (void)what;
    (void)event_add(&acceptor->readable, NULL);
}

static bool set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/*
 * The first socket of an address is bound without SO_REUSEPORT, so that a second Coordinator does
 * not slip in beside the first; it gets the option afterwards, for the sockets of the other loops.
 */
static int bind_socket(const struct address *address, bool first, bool shared)
{
    const int family = address->at.ss_family;
    const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
        (family != AF_INET6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
        (first || set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
        bind(fd, (const struct sockaddr *)&address->at, address->len) == 0 &&
        (!first || !shared || set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
        listen(fd, SOMAXCONN) == 0)
        return fd;
    const int error = errno;
    (void)close(fd);
    errno = error;
    return -1;
}

static bool explain(const char *text, struct err *err)
{
    if (errno == EADDRINUSE)
        return err_errno(err, FAIL_UNAVAILABLE,
                         "listening on %.200s (is another Coordinator running?)", text);
    if (errno == EACCES)
        return err_errno(err, FAIL_UNAVAILABLE,
                         "listening on %.200s (ports below 1024 need CAP_NET_BIND_SERVICE)", text);
    if (errno == EADDRNOTAVAIL)
        return err_errno(err, FAIL_UNAVAILABLE,
                         "listening on %.200s (is this an address of this machine?)", text);
    return err_errno(err, FAIL_UNAVAILABLE, "listening on %.200s", text);
}

/* Binds fds[0]. *address becomes what the other sockets bind: the same, with the port in use. */
static bool bind_first(const char *text, struct address *address, bool shared, int *fd,
                       struct err *err)
{
    *fd = bind_socket(address, true, shared);
    if (*fd < 0 && address->any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        *address = address_any_ipv4(address->port);
        *fd = bind_socket(address, true, shared);
    }
    if (*fd < 0)
        return explain(text, err);
    address->len = sizeof address->at;
    if (getsockname(*fd, (struct sockaddr *)&address->at, &address->len) != 0)
        return explain(text, err);
    address->port = address_port(*fd);
    return true;
}

static bool bind_all(const char *text, int *fds, unsigned count, uint16_t *port, struct err *err)
{
    struct address address;

    if (!address_parse(text, &address, err) || !bind_first(text, &address, count > 1, &fds[0], err))
        return false;
    for (unsigned i = 1; i < count; i++) {
        fds[i] = bind_socket(&address, false, true);
        if (fds[i] < 0)
            return explain(text, err);
    }
    *port = address.port;
    return true;
}

static void acceptor_new(struct loop *loop, struct listener *listener, int fd)
{
    struct acceptor *const acceptor = mem_zero_alloc(1, sizeof *acceptor);

    acceptor->loop = loop;
    acceptor->listener = listener;
    acceptor->fd = fd;
    (void)event_assign(&acceptor->readable, loop->base, fd, EV_READ | EV_PERSIST, on_acceptable,
                       acceptor);
    (void)event_assign(&acceptor->resume, loop->base, -1, 0, on_rested, acceptor);
    (void)event_add(&acceptor->readable, NULL);
    acceptor->next = loop->acceptors;
    loop->acceptors = acceptor;
}

void acceptors_close(struct loop *loop)
{
    while (loop->acceptors != NULL) {
        struct acceptor *const acceptor = loop->acceptors;
        loop->acceptors = acceptor->next;
        (void)event_del(&acceptor->readable);
        (void)event_del(&acceptor->resume);
        (void)close(acceptor->fd);
        free(acceptor);
    }
}

static bool add_sources(const struct env *env, struct listener *listener, struct err *err)
{
    uint64_t key[2];
    uint8_t random[sizeof key];

    if (listener->config.limits.connections_per_source == 0)
        return true;
    if (!env->random(env->ctx, random, sizeof random, err))
        return false;
    memcpy(key, random, sizeof key);
    listener->sources = sources_new(listener->config.limits.connections_per_source, key);
    return true;
}

static void check(const struct net_listener *config)
{
    const struct net_limits *const limits = &config->limits;

    assert(config->handler != NULL && (config->plain || config->identity != NULL));
    assert(limits->connections > 0 && limits->handshake_ms > 0 && limits->request_ms > 0 &&
           limits->response_ms > 0 && limits->idle_ms > 0);
}

struct listener *listener_new(const struct env *env, const struct net_listener *config,
                              struct loop *loops, unsigned loop_count, uint16_t *port,
                              struct err *err)
{
    struct listener *const listener = mem_zero_alloc(1, sizeof *listener);
    int *const fds = mem_alloc(loop_count * sizeof *fds);

    check(config);
    listener->config = *config;
    listener->address = mem_string(config->address);
    listener->config.address = listener->address;
    for (unsigned i = 0; i < loop_count; i++)
        fds[i] = -1;
    const bool bound =
        add_sources(env, listener, err) && bind_all(config->address, fds, loop_count, port, err);
    for (unsigned i = 0; i < loop_count; i++) {
        if (bound)
            acceptor_new(&loops[i], listener, fds[i]);
        else if (fds[i] >= 0)
            (void)close(fds[i]);
    }
    free(fds);
    if (bound)
        return listener;
    listener_free(listener);
    return NULL;
}

void listener_free(struct listener *listener)
{
    sources_free(listener->sources);
    free(listener->address);
    free(listener);
}
