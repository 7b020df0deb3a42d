/* SPDX-License-Identifier: Apache-2.0 */
#include "net/internal.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINGER_MS = 1000,      /* for the client to take the last bytes and to close */
    LINGER_LEN = 64 * 1024 /* bytes that it may still send meanwhile */
};

enum stage {
    STAGE_NONE = 0,
    STAGE_HANDSHAKE, /* TLS is being set up */
    STAGE_OPEN,      /* requests and responses */
    STAGE_FLUSH,     /* the last bytes go out, nothing is read */
    STAGE_LINGER,    /* our direction is shut; what the client still sends is thrown away */
    STAGE_CLOSED,    /* no socket; only exchanges that wait for their answer refer to it */
};

struct connection {
    struct loop *loop;
    struct listener *listener;
    struct connection *next, **link;
    enum stage stage;
    int fd;
    struct tls_session *tls;  /* NULL: plain */
    struct http_server *http; /* NULL: not open yet */
    enum http_version version;
    size_t exchanges; /* with the handler; each of them keeps this struct alive */
    struct buf unsent;
    size_t sent; /* of unsent */
    bool ended;  /* the client sends nothing more */
    bool over;   /* the codec reads nothing more */
    bool reading, writing;
    size_t lingered;
    uint64_t receiving; /* the codec's name of the request that DEADLINE_REQUEST is for */
    struct deadlines deadlines;
    struct event readable, writable;
    struct source source;
    char peer[64];
};

struct connection *connection_next(const struct connection *connection)
{
    return connection->next;
}

/* Closes the socket; the struct stays until `settle` sees that no exchange needs it. */
static void close_now(struct connection *c)
{
    if (c->stage == STAGE_CLOSED)
        return;
    c->stage = STAGE_CLOSED;
    (void)event_del(&c->readable);
    (void)event_del(&c->writable);
    deadlines_stop(&c->deadlines);
    (void)close(c->fd);
    tls_session_free(TAKE(c->tls));
    http_server_free(TAKE(c->http));
    buf_clear(&c->unsent);
    listener_leave(c->listener, &c->source);
    net_count_down(c->loop->net, &c->loop->net->connections);
}

static void log_end(const struct connection *c, const char *msg, const char *reason)
{
    log_debug(c->loop->net->env->log, msg, LOG_TEXT("listener", c->listener->config.address),
              LOG_TEXT("client", c->peer), LOG_TEXT("reason", reason));
}

/* Sends as much of `out` as the socket takes; -1 when it is broken. */
static ssize_t send_some(struct connection *c, struct bytes out)
{
    size_t done = 0;

    while (done < out.len) {
        const ssize_t n = send(c->fd, out.at + done, out.len - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            done += (size_t)n;
    }
    return (ssize_t)done;
}

/* Sends `out`, or keeps what the socket does not take now. */
static void transmit(struct connection *c, struct bytes out)
{
    ssize_t done = 0;

    if (c->unsent.len == 0)
        done = send_some(c, out);
    if (done < 0)
        close_now(c);
    else
        buf_add(&c->unsent, bytes_of(out.at + done, out.len - (size_t)done));
}

static void transmit_unsent(struct connection *c)
{
    const ssize_t done = send_some(c, bytes_of(c->unsent.at + c->sent, c->unsent.len - c->sent));

    if (done < 0) {
        close_now(c);
        return;
    }
    c->sent += (size_t)done;
    if (c->sent < c->unsent.len)
        return;
    buf_clear(&c->unsent);
    c->sent = 0;
}

/* Sends what the TLS session has ready: handshake, records, alerts. */
static void transmit_tls(struct connection *c)
{
    struct buf *const outgoing = &c->loop->outgoing;
    struct err err = { 0 };

    if (!tls_drain(c->tls, outgoing, &err)) {
        log_end(c, "Connection closed: TLS", err.text);
        close_now(c);
    } else if (outgoing->len > 0) {
        transmit(c, buf_bytes(outgoing));
    }
    buf_truncate(outgoing, 0);
}

/* Says goodbye, as far as that is possible: `settle` closes when everything is sent. */
static void finish(struct connection *c)
{
    if (c->stage != STAGE_HANDSHAKE && c->stage != STAGE_OPEN)
        return;
    c->stage = STAGE_FLUSH;
    if (c->tls == NULL)
        return;
    tls_close(c->tls);
    transmit_tls(c);
}

/* The session is over; its alert still goes out. */
static void fail_tls(struct connection *c, const struct err *err)
{
    if (c->stage == STAGE_HANDSHAKE)
        cell_add(c->listener->config.cells.handshake_failures, 1);
    log_end(c, c->stage == STAGE_HANDSHAKE ? "TLS handshake failed" : "Connection closed: TLS",
            err->text);
    c->stage = STAGE_FLUSH;
    transmit_tls(c);
}

static void on_request(void *arg, uint64_t id, struct http_request *request)
{
    struct connection *const c = arg;
    const struct bytes leaf = c->tls != NULL ? tls_peer_leaf(c->tls) : BYTES_NONE;

    memcpy(request->peer_address, c->peer, sizeof request->peer_address);
    if (leaf.len > 0) {
        request->peer_leaf = bytes_copy(leaf);
        request->peer_leaf_len = leaf.len;
    }
    c->exchanges++;
    (void)atomic_fetch_add(&c->loop->net->requests, 1);
    cell_add(c->listener->config.cells.in_flight, 1);
    c->listener->config.handler(c->listener->config.arg, exchange_new(c->loop->inbox, c, id),
                                request);
}

static size_t on_head(void *arg, const struct http_request *request, struct http_response *refusal)
{
    const struct net_listener *const config = &((struct connection *)arg)->listener->config;

    return config->on_head(config->arg, request, refusal);
}

static void on_refused(void *arg, int status, const char *reason, struct http_response *response)
{
    const struct net_listener *const config = &((struct connection *)arg)->listener->config;

    cell_add(config->cells.malformed, 1);
    config->on_refused(config->arg, status, reason, response);
}

static void open_http(struct connection *c)
{
    const struct net_listener *const config = &c->listener->config;
    const bool http2 =
        c->tls != NULL ? bytes_equal_string(tls_alpn(c->tls), "h2") : config->http2_only;
    const struct http_server_events events = {
        .arg = c,
        .on_request = on_request,
        .on_head = config->on_head != NULL ? on_head : NULL,
        .on_refused = config->on_refused != NULL ? on_refused : NULL,
    };

    if (config->http2_only && !http2) {
        log_end(c, "Connection closed", "the client did not choose h2");
        finish(c);
        return;
    }
    c->version = http2 ? HTTP_2 : HTTP_1_1;
    c->http = http_server_new(c->version, &config->limits.http, &events);
    c->stage = STAGE_OPEN;
}

/*
 * Is there room for more from the client? Not while it does not take what it has been sent, and
 * not while the handler has enough of it: for HTTP/2 twice the streams that may be open, because
 * streams that the client resets no longer count as open but are still being worked on.
 */
static bool wants_input(const struct connection *c)
{
    if (c->ended || c->over || c->unsent.len > 0)
        return false;
    if (c->stage == STAGE_HANDSHAKE)
        return true;
    return c->stage == STAGE_OPEN && http_server_wants_bytes(c->http) &&
           c->exchanges < 2 * c->listener->config.limits.http.streams;
}

static void feed_http(struct connection *c, struct bytes in)
{
    struct err err = { 0 };

    if (http_server_feed(c->http, in, &err))
        return;
    c->over = true;
    log_end(c, "Request refused", err.text);
}

/*
 * At most so much is given to the codec at a time: of HTTP/1.1 it keeps what follows a request in
 * flight, and cuts a connection on which that is more than one request may be.
 */
static size_t input_len(const struct connection *c, size_t len)
{
    const struct http_limits *const limits = &c->listener->config.limits.http;

    if (limits->header_bytes >= len || limits->body_bytes >= len)
        return len;
    const size_t most = limits->header_bytes + limits->body_bytes;
    return most < len ? most : len;
}

/* One piece of input from the TLS session to the codec; false when there is none. */
static bool consume(struct connection *c)
{
    struct buf *const plaintext = &c->loop->plaintext;
    struct err err = { 0 };

    if (c->tls == NULL || !wants_input(c))
        return false;
    if (!tls_read(c->tls, plaintext, input_len(c, PLAINTEXT_LEN), &c->ended, &err)) {
        buf_truncate(plaintext, 0);
        fail_tls(c, &err);
        return false;
    }
    if (plaintext->len == 0)
        return false;
    feed_http(c, buf_bytes(plaintext));
    buf_truncate(plaintext, 0);
    return true;
}

/* One piece of output from the codec to the socket; false when there is none, or no room. */
static bool produce(struct connection *c)
{
    struct buf *const plaintext = &c->loop->plaintext;
    struct err err = { 0 };

    if (c->unsent.len > 0)
        return false;
    http_server_drain(c->http, plaintext, SEND_LEN);
    if (plaintext->len == 0)
        return false;
    if (c->tls == NULL)
        transmit(c, buf_bytes(plaintext));
    else if (tls_write(c->tls, buf_bytes(plaintext), &err))
        transmit_tls(c);
    else
        fail_tls(c, &err);
    buf_truncate(plaintext, 0);
    return true;
}

/* All that the client has been sent is on its way, and nothing more is to come. */
static bool is_done(const struct connection *c)
{
    if (c->unsent.len > 0)
        return false;
    return c->over || http_server_wants_close(c->http);
}

/* Moves whatever can move, in both directions. */
static void advance(struct connection *c)
{
    if (c->stage == STAGE_HANDSHAKE && tls_established(c->tls))
        open_http(c);
    while (c->stage == STAGE_OPEN && (produce(c) || consume(c)))
        continue;
    /* Answers of TLS itself, to a KeyUpdate for example. */
    if (c->tls != NULL && c->stage == STAGE_OPEN)
        transmit_tls(c);
    if (c->stage == STAGE_OPEN && is_done(c))
        finish(c);
    if ((c->stage == STAGE_OPEN || c->stage == STAGE_HANDSHAKE) && c->ended && c->exchanges == 0 &&
        c->unsent.len == 0)
        close_now(c);
}

/*
 * The deadlines follow from what the connection waits for; a client that drips bytes, or takes them
 * one by one, moves none of them. While only the handler is waited for, none runs.
 */
static void update_deadlines(struct connection *c)
{
    const struct net_limits *const limits = &c->listener->config.limits;
    struct deadlines *const d = &c->deadlines;
    const int64_t now = loop_now();
    const bool open = c->stage == STAGE_OPEN;
    const bool unsent = c->unsent.len > 0 && c->stage != STAGE_HANDSHAKE;
    const uint64_t receiving = open ? http_server_receiving(c->http) : 0;
    const bool quiet = open && receiving == 0 && !unsent && c->exchanges == 0;
    const bool idle = quiet && http_server_is_idle(c->http);

    if (receiving != c->receiving)
        d->by[DEADLINE_REQUEST] = 0; /* each request has its own time */
    c->receiving = receiving;
    deadlines_while(d, DEADLINE_HANDSHAKE, c->stage == STAGE_HANDSHAKE, limits->handshake_ms, now);
    deadlines_while(d, DEADLINE_REQUEST, receiving != 0, limits->request_ms, now);
    /* Quiet and not idle: HTTP/2 flow control holds a response back. */
    deadlines_while(d, DEADLINE_RESPONSE, unsent || (quiet && !idle), limits->response_ms, now);
    deadlines_while(d, DEADLINE_IDLE, idle, limits->idle_ms, now);
    deadlines_while(d, DEADLINE_LINGER, c->stage == STAGE_LINGER, LINGER_MS, now);
    deadlines_arm(d, now);
}

static void watch(struct event *event, bool want, bool *watched)
{
    if (want == *watched)
        return;
    if (want)
        (void)event_add(event, NULL);
    else
        (void)event_del(event);
    *watched = want;
}

static void half_close(struct connection *c)
{
    if (c->ended || shutdown(c->fd, SHUT_WR) != 0)
        close_now(c);
    else
        c->stage = STAGE_LINGER;
}

static void free_connection(struct connection *c)
{
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    free(c);
}

static bool reads(const struct connection *c)
{
    return wants_input(c) || c->stage == STAGE_LINGER;
}

/*
 * The end of every event: decides what the connection waits for next. May free it. That nothing is
 * to be read now is told to the kernel only when something comes, because mostly nothing does.
 */
static void settle(struct connection *c)
{
    if (c->stage == STAGE_FLUSH && c->unsent.len == 0)
        half_close(c);
    if (c->stage == STAGE_CLOSED) {
        if (c->exchanges == 0)
            free_connection(c);
        return;
    }
    if (reads(c))
        watch(&c->readable, true, &c->reading);
    watch(&c->writable, c->unsent.len > 0, &c->writing);
    update_deadlines(c);
}

/* The client has ended its direction or the connection. */
static void end_input(struct connection *c)
{
    c->ended = true;
    if (c->stage == STAGE_LINGER)
        close_now(c);
}

static void take_input(struct connection *c, struct bytes in)
{
    struct err err = { 0 };

    if (c->stage == STAGE_LINGER) {
        c->lingered += in.len;
        if (c->lingered > LINGER_LEN)
            close_now(c);
    } else if (c->tls == NULL) {
        feed_http(c, in);
    } else if (!tls_feed(c->tls, in, &err)) {
        fail_tls(c, &err);
    } else {
        transmit_tls(c);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct connection *const c = arg;

    (void)what;
    if (!reads(c)) {
        watch(&c->readable, false, &c->reading);
        return;
    }
    const size_t len = c->tls == NULL ? input_len(c, RECEIVE_LEN) : RECEIVE_LEN;
    const ssize_t n = recv(fd, c->loop->received, len, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0)
        close_now(c);
    else if (n == 0)
        end_input(c);
    else
        take_input(c, bytes_of(c->loop->received, (size_t)n));
    advance(c);
    settle(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct connection *const c = arg;

    (void)fd, (void)what;
    transmit_unsent(c);
    advance(c);
    settle(c);
}

/* What the client has not taken is thrown away, here and in the kernel. */
static void reset(struct connection *c)
{
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close_now(c);
}

static void expire(struct connection *c, enum deadline which)
{
    switch (which) {
    case DEADLINE_NONE:
        return;
    case DEADLINE_REQUEST:
    case DEADLINE_IDLE:
        log_end(c, "Connection closed", which == DEADLINE_IDLE ? "idle" : "request takes too long");
        http_server_shutdown(c->http);
        advance(c);
        finish(c);
        return;
    case DEADLINE_RESPONSE:
        log_end(c, "Connection closed", "response is not taken");
        reset(c);
        return;
    case DEADLINE_HANDSHAKE:
        log_end(c, "Connection closed", "TLS handshake takes too long");
        cell_add(c->listener->config.cells.handshake_failures, 1);
        close_now(c);
        return;
    case DEADLINE_LINGER:
    case DEADLINE_COUNT:
        close_now(c);
        return;
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct connection *const c = arg;

    (void)fd, (void)what;
    expire(c, deadlines_fired(&c->deadlines, loop_now()));
    settle(c);
}

static bool start_tls(struct connection *c)
{
    const struct net_listener *const config = &c->listener->config;
    struct tls_identity *const identity = config->identity(config->arg);
    struct err err = { 0 };

    if (identity == NULL) {
        log_end(c, "Connection closed", "there is no identity to show");
        return false;
    }
    c->tls = tls_accept(identity, &err);
    tls_identity_free(identity);
    if (c->tls != NULL)
        return true;
    log_end(c, "Connection closed", err.text);
    return false;
}

void connection_open(struct loop *loop, struct listener *listener, int fd,
                     const struct sockaddr_storage *from)
{
    struct connection *const c = mem_zero_alloc(1, sizeof *c);
    const int on = 1;

    c->loop = loop;
    c->listener = listener;
    c->fd = fd;
    c->stage = STAGE_HANDSHAKE;
    c->source = address_source(from);
    address_format(from, c->peer);
    c->next = loop->connections;
    if (c->next != NULL)
        c->next->link = &c->next;
    c->link = &loop->connections;
    loop->connections = c;
    (void)atomic_fetch_add(&loop->net->connections, 1);
    (void)event_assign(&c->readable, loop->base, fd, EV_READ | EV_PERSIST, on_readable, c);
    (void)event_assign(&c->writable, loop->base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
    deadlines_init(&c->deadlines, loop->base, on_timer, c);
    /* Responses are written whole: waiting for more would only delay their last part. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (listener->config.plain)
        open_http(c);
    else if (!start_tls(c))
        close_now(c);
    settle(c);
}

void connection_answer(struct net_exchange *exchange)
{
    struct connection *const c = exchange->connection;
    struct net *const net = c->loop->net;

    c->exchanges--;
    cell_add(c->listener->config.cells.in_flight, -1);
    if (c->stage == STAGE_OPEN) {
        http_server_respond(c->http, exchange->id, &exchange->response);
        advance(c);
    }
    exchange_free(exchange);
    settle(c);
    net_count_down(net, &net->requests);
}

void connection_drain(struct connection *connection)
{
    if (connection->stage == STAGE_HANDSHAKE)
        close_now(connection);
    if (connection->stage == STAGE_OPEN) {
        http_server_shutdown(connection->http);
        advance(connection);
    }
    settle(connection);
}

void connection_destroy(struct connection *connection)
{
    close_now(connection);
    connection->exchanges = 0;
    settle(connection);
}
