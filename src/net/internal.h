/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "net/net.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

/*
 * What the files of this room share. Everything below `struct loop` belongs to that loop's thread
 * alone; what threads share is in `struct net` (counters), `struct listener` (counters, the table of
 * sources) and `struct inbox` (the only way from another thread to a loop).
 */

enum {
    RECEIVE_LEN = 64 * 1024,   /* bytes: one read of a socket, into memory of the loop */
    PLAINTEXT_LEN = 16 * 1024, /* bytes: one read of a TLS session, the length of a record */
    SEND_LEN = 64 * 1024,      /* bytes: taken from the HTTP codec at a time */
};

/* address.c: texts of the configuration, addresses of clients. */

struct address {
    struct sockaddr_storage at;
    socklen_t len;
    uint16_t port;
    bool any; /* no host was named: all addresses of both families */
};
/* "host:port", ":port", "[::1]:port"; host is numeric or localhost. FAIL_MALFORMED names the text. */
bool address_parse(const char *text, struct address *out, struct err *err) MUST_CHECK;
/* Every IPv4 address of this machine: what is left of ":port" where there is no IPv6. */
struct address address_any_ipv4(uint16_t port) MUST_CHECK;
/* The port of a bound socket. */
uint16_t address_port(int fd) MUST_CHECK;
/* "192.0.2.1:4711" or "[2001:db8::1]:4711"; IPv4 inside IPv6 is shown as IPv4. */
void address_format(const struct sockaddr_storage *from, char out[static 64]);

/* The address of a client without its port, IPv4 mapped into IPv6 (RFC 4291, 2.5.5.2). */
struct source {
    uint8_t at[16];
};
struct source address_source(const struct sockaddr_storage *from) MUST_CHECK;

/* sources.c: how many connections each source has. Used by all loops. */

struct sources;
/* key: random, so that no client can choose addresses that collide. */
struct sources *sources_new(size_t limit, const uint64_t key[static 2]) MUST_CHECK;
/* Counts one more; false, and nothing counted, when the source has its limit. */
bool sources_enter(struct sources *sources, const struct source *source) MUST_CHECK;
void sources_leave(struct sources *sources, const struct source *source);
/* Sources with at least one connection. */
size_t sources_count(struct sources *sources) MUST_CHECK;
/* NULL is fine. */
void sources_free(struct sources *sources);

/* exchange.c: from whatever thread an answer comes, it waits here for its loop. */

struct connection;
struct net_exchange {
    struct net_exchange *next;
    struct inbox *inbox;           /* a reference */
    struct connection *connection; /* touched by the loop only */
    uint64_t id;                   /* the codec's name for it */
    struct http_response response;
};
/* Commands of net.c to a loop. */
enum inbox_command { INBOX_NONE = 0, INBOX_DRAIN = 1, INBOX_STOP = 2 };
struct inbox_content {
    unsigned commands;            /* bits of enum inbox_command */
    struct net_exchange *answers; /* in the order in which they came */
};
/* Reference-counted, so that an answer may come when its loop is long gone. */
struct inbox;
struct inbox *inbox_new(struct err *err) MUST_CHECK;
int inbox_fd(const struct inbox *inbox) MUST_CHECK;
/* Called by the loop's thread: what it puts in itself activates `wake` without a system call. */
void inbox_own(struct inbox *inbox, struct event *wake);
/* Called by the same thread before it ends. */
void inbox_disown(struct inbox *inbox);
void inbox_command(struct inbox *inbox, enum inbox_command command);
struct inbox_content inbox_take(struct inbox *inbox) MUST_CHECK;
/* Gives the loop's reference back; answers are thrown away from now on. NULL is fine. */
void inbox_close(struct inbox *inbox);

struct net_exchange *exchange_new(struct inbox *inbox, struct connection *connection,
                                  uint64_t id) MUST_CHECK;
void exchange_free(struct net_exchange *exchange);

/* loop.c: one thread, one event base. */

struct acceptor;
struct loop {
    struct net *net;
    struct event_base *base;
    struct inbox *inbox;
    struct event wake;
    pthread_t thread;
    bool running;         /* there is a thread to join */
    bool draining;        /* no new connections and no new requests */
    int spare_fd;         /* given up for a moment when there are no file descriptors left */
    uint8_t *received;    /* RECEIVE_LEN bytes */
    struct buf plaintext; /* empty between events */
    struct buf outgoing;  /* empty between events */
    struct connection *connections;
    struct acceptor *acceptors;
};
bool loop_init(struct loop *loop, struct net *net, struct err *err) MUST_CHECK;
bool loop_start(struct loop *loop, struct err *err) MUST_CHECK;
/* Ends the thread and closes all that the loop has. */
void loop_clear(struct loop *loop);
/* Milliseconds of a clock that nobody sets: for deadlines. */
int64_t loop_now(void) MUST_CHECK;

/* listener.c: what is the same for all loops, and the socket that each of them has. */

/* Lets one event a minute through, for log lines that a client could cause at will. */
struct throttle {
    atomic_int_fast64_t next; /* time of loop_now */
};
struct listener {
    struct listener *next;
    char *address;
    struct net_listener config; /* its address is the copy above */
    struct sources *sources;    /* NULL: no limit of its own for a source */
    atomic_size_t open;
    struct throttle refused, exhausted;
};
/* Binds one socket for each loop. FAIL_UNAVAILABLE, FAIL_MALFORMED for the address. */
struct listener *listener_new(const struct env *env, const struct net_listener *config,
                              struct loop *loops, unsigned loop_count, uint16_t *port,
                              struct err *err) MUST_CHECK;
/* Only after its acceptors are closed. */
void listener_free(struct listener *listener);
/* Gives back what a connection took when it was accepted. */
void listener_leave(struct listener *listener, const struct source *source);
/* Closes the listening sockets of a loop. */
void acceptors_close(struct loop *loop);

/* deadlines.c: what a connection may be late with, on one timer. */

enum deadline {
    DEADLINE_NONE = 0,
    DEADLINE_HANDSHAKE,
    DEADLINE_REQUEST,
    DEADLINE_RESPONSE,
    DEADLINE_IDLE,
    DEADLINE_LINGER,
    DEADLINE_COUNT
};
struct deadlines {
    int64_t by[DEADLINE_COUNT]; /* times of loop_now; 0: does not run */
    int64_t timer_at;           /* when `timer` fires; 0: it does not run */
    struct event timer;
};
void deadlines_init(struct deadlines *d, struct event_base *base, event_callback_fn fire,
                    void *arg);
/* No timer any more; for the last time. */
void deadlines_stop(struct deadlines *d);
/*
 * A deadline runs while its condition applies: it starts when that begins, ends when that ends and
 * is not moved by being asked again in between.
 */
void deadlines_while(struct deadlines *d, enum deadline which, bool applies, unsigned ms,
                     int64_t now);
/* Sets the timer to the first of them. */
void deadlines_arm(struct deadlines *d, int64_t now);
/* The timer fired: which deadline has passed? DEADLINE_NONE: it was too early. */
enum deadline deadlines_fired(struct deadlines *d, int64_t now) MUST_CHECK;

/* connection.c: one client, from accept to close, always on the same loop. */

/* Takes fd and what listener_leave gives back over. */
void connection_open(struct loop *loop, struct listener *listener, int fd,
                     const struct sockaddr_storage *from);
/* Hands an answer to its connection, if that is still there. Frees *exchange. */
void connection_answer(struct net_exchange *exchange);
/* No further requests; closes as soon as nothing is in flight. */
void connection_drain(struct connection *connection);
struct connection *connection_next(const struct connection *connection) MUST_CHECK;
/* Closes at once and frees; answers to it must not reach connection_answer any more. */
void connection_destroy(struct connection *connection);

/* net.c: the whole. */

struct net {
    const struct env *env;
    struct loop *loops;
    unsigned loop_count;
    bool started;
    struct listener *listeners;
    atomic_size_t connections, requests; /* open, in flight */
    atomic_uint undrained;               /* loops that have not seen INBOX_DRAIN yet */
    atomic_bool draining;
    pthread_mutex_t lock;   /* for `changed` alone */
    pthread_cond_t changed; /* signalled while draining, when one of the three counters fell */
};
/* One less, and net_drain looks again. */
void net_count_down(struct net *net, atomic_size_t *counter);
/* This loop has closed its listeners and told its connections. */
void net_loop_drained(struct net *net);
