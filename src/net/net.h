/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "crypto/tls.h"
#include "http/server.h"

/*
 * Listeners, event loops and timers: bytes of sockets go to the TLS session and the HTTP codec,
 * complete requests go to a handler, its answers go back, from whatever thread they come.
 *
 *   net_new      event loops (threads), nothing listens yet
 *   net_listen   a listener with its handler; each loop has a listening socket of its own
 *   net_start    the loops run
 *   net_drain    stop accepting, finish what is in flight, at most for a given time
 *   net_free     close everything
 */
struct net;
struct net_exchange; /* one request that waits for its response */

/* Runs on a loop's thread and must not wait. Takes *request over. Answers by net_respond, now or later. */
typedef void net_handler(void *arg, struct net_exchange *exchange, struct http_request *request);
/* From any thread, exactly once for each exchange; takes the contents of *response. */
void net_respond(struct net_exchange *exchange, struct http_response *response);

struct net_limits {
    struct http_limits http;
    size_t connections;            /* of this listener, on all loops together */
    size_t connections_per_source; /* from one address; 0: no limit of its own */
    unsigned handshake_ms;         /* from accept to the end of the TLS handshake */
    unsigned request_ms;           /* from its first byte to the last byte of a request */
    unsigned response_ms;          /* for the client to take a response */
    unsigned idle_ms;              /* between requests */
};

struct net_listener {
    const char *address; /* "host:port", ":port", "[::1]:port"; port 0: any free one */
    bool plain;          /* no TLS: the monitoring port */
    bool http2_only;     /* the Marble API: ALPN must choose h2 */
    /* A new reference to the identity that new connections get. */
    struct tls_identity *(*identity)(void *arg);
    net_handler *handler;
    size_t (*body_limit)(void *arg, const struct http_request *request);
    void (*on_refused)(void *arg, int status, const char *reason, struct http_response *response);
    void *arg; /* for all four */
    struct net_limits limits;
};

struct net *net_new(const struct env *env, unsigned loops, struct err *err) MUST_CHECK;
/* Copies *listener. *port: the port in use. FAIL_UNAVAILABLE names the address. */
bool net_listen(struct net *net, const struct net_listener *listener, uint16_t *port,
                struct err *err) MUST_CHECK;
bool net_start(struct net *net, struct err *err) MUST_CHECK;
struct net_counts {
    size_t connections, requests; /* open, in flight */
};
struct net_counts net_counts(const struct net *net);
/* True when everything was finished within timeout_ms. */
bool net_drain(struct net *net, unsigned timeout_ms);
void net_free(struct net *net);
