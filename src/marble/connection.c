/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "grpc/grpc.h"
#include "marble/world.h"

enum {
    PIECE = 16 * 1024,        /* bytes for one recv(2) */
    OUT_MAX = 64 * 1024,      /* bytes of ciphertext that wait for the socket */
    FRAME_HEAD_LEN = 9,       /* RFC 9113, 4.1: with as much, the server's SETTINGS have begun */
    HEADER_BYTES = 64 * 1024, /* limits on the answer's fields: room for a long grpc-message */
    HEADER_COUNT = 100,
};

struct connection {
    int fd;
    struct tls_session *tls;
    struct http_client *http;
    struct buf out; /* ciphertext on its way to the socket */
    size_t heard;   /* bytes of the server, decrypted */
    bool ended;     /* the server sends no more */
};

static int remaining(int64_t deadline)
{
    const int64_t left = deadline - monotonic_ms();

    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Waits for one of the events; false at the deadline. */
static bool wait_for(int fd, short events, int64_t deadline, const char *what, struct err *err)
{
    struct pollfd poll_fd = { fd, events, 0 };
    int ready;

    do
        ready = poll(&poll_fd, 1, remaining(deadline));
    while ((ready < 0 && errno == EINTR) || (ready == 0 && remaining(deadline) > 0));
    if (ready < 0)
        return err_errno(err, FAIL_INTERNAL, "poll");
    return ready > 0 || err_set(err, FAIL_UNAVAILABLE, "%s: no answer in time", what);
}

/* A connected socket, or -1. */
static int open_socket(const struct addrinfo *to, int64_t deadline, struct err *err)
{
    int failed = 0;
    socklen_t len = sizeof failed;
    const int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        (void)err_errno(err, FAIL_UNAVAILABLE, "socket");
        return -1;
    }
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return fd;
    if (errno != EINPROGRESS && errno != EINTR) {
        (void)err_errno(err, FAIL_UNAVAILABLE, "connect");
    } else if (wait_for(fd, POLLOUT, deadline, "connect", err)) {
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) == 0 && failed == 0)
            return fd;
        errno = failed;
        (void)err_errno(err, FAIL_UNAVAILABLE, "connect");
    }
    (void)close(fd);
    return -1;
}

/* Moves what HTTP/2 and TLS have to say into c->out. */
static bool collect(struct connection *c, struct err *err)
{
    while (tls_established(c->tls) && c->out.len < OUT_MAX) {
        auto_buf plain = { 0 };
        http_client_drain(c->http, &plain, PIECE);
        if (plain.len == 0)
            break;
        if (!tls_write(c->tls, buf_bytes(&plain), err) || !tls_drain(c->tls, &c->out, err))
            return false;
    }
    return tls_drain(c->tls, &c->out, err);
}

/* Sends what the socket takes without waiting. */
static bool send_some(struct connection *c, struct err *err)
{
    while (c->out.len > 0) {
        const ssize_t sent = send(c->fd, c->out.at, c->out.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ||
                   err_errno(err, FAIL_UNAVAILABLE, "send");
        buf_drop_front(&c->out, (size_t)sent);
    }
    return true;
}

/* Decrypts what TLS has and hands it to HTTP/2. */
static bool read_plaintext(struct connection *c, struct err *err)
{
    size_t got;

    do {
        auto_buf plain = { 0 };
        bool closed = false;
        if (!tls_read(c->tls, &plain, PIECE, &closed, err))
            return false;
        c->ended = c->ended || closed;
        c->heard += plain.len;
        if (plain.len > 0 && !http_client_feed(c->http, buf_bytes(&plain), err))
            return false;
        got = plain.len;
    } while (got == PIECE);
    return true;
}

static bool receive_some(struct connection *c, struct err *err)
{
    uint8_t piece[PIECE];
    const ssize_t got = recv(c->fd, piece, sizeof piece, 0);

    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ||
               err_errno(err, FAIL_UNAVAILABLE, "receive");
    if (got == 0) {
        c->ended = true;
        return true;
    }
    if (!tls_feed(c->tls, bytes_of(piece, (size_t)got), err))
        return err_in(err, "TLS");
    return read_plaintext(c, err);
}

/* Tells the server why it is over, if there is room for it. */
static void say_last_words(struct connection *c)
{
    struct err ignored;
    const bool said = collect(c, &ignored) && send_some(c, &ignored);

    (void)said;
}

/* One round: send, wait, receive. */
static bool turn(struct connection *c, int64_t deadline, const char *what, struct err *err)
{
    if (c->ended)
        return err_set(err, FAIL_UNAVAILABLE, "%s: the server closed the connection", what);
    if (!collect(c, err) || !send_some(c, err))
        return false;
    const short events = c->out.len > 0 ? POLLIN | POLLOUT : POLLIN;
    if (!wait_for(c->fd, events, deadline, what, err))
        return false;
    if (receive_some(c, err))
        return true;
    say_last_words(c);
    return false;
}

/* TLS session and settings of HTTP/2 over a connected socket. */
static bool establish(struct connection *c, int64_t deadline, struct err *err)
{
    while (!tls_established(c->tls)) {
        if (!turn(c, deadline, "TLS handshake", err))
            return false;
    }
    while (c->heard < FRAME_HEAD_LEN) {
        if (!turn(c, deadline, "HTTP/2 settings", err))
            return false;
    }
    return true;
}

static struct connection *open_one(const struct addrinfo *to, const struct tls_client *tls,
                                   int64_t deadline, struct err *err)
{
    static const struct http_limits limits = {
        .header_bytes = HEADER_BYTES,
        .header_count = HEADER_COUNT,
        .body_bytes = GRPC_MESSAGE_MAX + GRPC_PREFIX_LEN,
    };
    const int fd = open_socket(to, deadline, err);

    if (fd < 0)
        return NULL;
    struct connection *const c = mem_zero_alloc(1, sizeof *c);
    c->fd = fd;
    c->http = http_client_new(&limits);
    c->tls = tls_connect(tls, err);
    if (c->tls != NULL && establish(c, deadline, err))
        return c;
    connection_close(c);
    return NULL;
}

static struct connection *open_any(const struct addrinfo *found, const struct tls_client *tls,
                                   int64_t deadline, struct err *err)
{
    int left = 0;

    for (const struct addrinfo *a = found; a != NULL; a = a->ai_next)
        left++;
    for (const struct addrinfo *a = found; a != NULL; a = a->ai_next) {
        char number[NI_MAXHOST] = "?";
        const int64_t now = monotonic_ms();
        struct connection *const c = open_one(a, tls, now + (deadline - now) / left--, err);
        if (c != NULL)
            return c;
        const int named =
            getnameinfo(a->ai_addr, a->ai_addrlen, number, sizeof number, NULL, 0, NI_NUMERICHOST);
        (void)err_in(err, "%s", named == 0 ? number : "?");
    }
    return NULL;
}

struct connection *connection_open(const struct marble_address *address,
                                   const struct tls_client *tls, int64_t deadline, struct err *err)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICSERV };
    struct tls_client named = *tls;
    struct addrinfo *found = NULL;
    /* This machine, whatever a resolver says (RFC 6761, 6.3): no host stands for the loopback. */
    const bool here = strcasecmp(address->host, "localhost") == 0;
    const int failed = getaddrinfo(here ? NULL : address->host, address->port, &hints, &found);

    if (failed != 0) {
        (void)err_set(err, FAIL_UNAVAILABLE, "cannot resolve %s: %s", address->host,
                      failed == EAI_SYSTEM ? strerror(errno) : gai_strerror(failed));
        return NULL;
    }
    named.server_name = address->host;
    struct connection *const c = open_any(found, &named, deadline, err);
    freeaddrinfo(found);
    return c;
}

bool connection_exchange(struct connection *c, const struct http_client_request *request,
                         int64_t deadline, struct exchange *exchange, struct err *err)
{
    bool open = http_client_send(c->http, request, err);

    for (;;) {
        exchange->outcome = http_client_take(c->http, &exchange->response, &exchange->reset_code);
        if (exchange->outcome != HTTP_WAITING)
            return true;
        if (!open)
            return false;
        open = turn(c, deadline, "activation", err);
    }
}

void connection_close(struct connection *c)
{
    if (c == NULL)
        return;
    if (c->tls != NULL && tls_established(c->tls)) {
        http_client_shutdown(c->http);
        say_last_words(c);
        tls_close(c->tls);
        say_last_words(c);
    }
    (void)close(c->fd);
    tls_session_free(c->tls);
    http_client_free(c->http);
    buf_clear(&c->out);
    free(c);
}
