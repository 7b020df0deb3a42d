/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "crypto/tls.h"
#include "http/server.h"
#include "metrics/metrics.h"

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
/*
 * From any thread, exactly once for each exchange; takes the contents of *response. The client may
 * be gone, or even the net: then the response is dropped.
 */
void net_respond(struct net_exchange *exchange, struct http_response *response);

/*
 * None but connections_per_source may be 0. Above the limits the newest connections are closed at
 * once. A deadline starts with what it is for and is not moved by progress; the time that the
 * handler takes is in none of them.
 */
struct net_limits {
    struct http_limits http;
    size_t connections;            /* of this listener, on all loops together */
    size_t connections_per_source; /* from one address; 0: no limit of its own */
    unsigned handshake_ms;         /* from accept to the end of the TLS handshake */
    unsigned request_ms;           /* from its first byte to the last byte of a request */
    unsigned response_ms;          /* for the client to take a response */
    unsigned idle_ms;              /* between requests */
};

/* What is counted of a listener: cells that outlive the net, or NULL. */
struct net_cells {
    struct metric_cell *accepted, *refused; /* connections; refused: above a limit */
    struct metric_cell *open,
        *in_flight; /* connections, requests with the handler: as they are now */
    struct metric_cell *handshake_failures; /* of TLS, and those that took too long */
    struct metric_cell *malformed;          /* requests that the codec refused */
};

struct net_listener {
    const char *address; /* "host:port", ":port", "[::1]:port"; port 0: any free one */
    bool plain;          /* no TLS: the monitoring port */
    bool http2_only;     /* the Marble API: ALPN must choose h2 */
    /* A new reference to the identity that this new connection gets; NULL closes it. */
    struct tls_identity *(*identity)(void *arg);
    net_handler *handler;
    size_t (*on_head)(void *arg, const struct http_request *request, struct http_response *refusal);
    void (*on_refused)(void *arg, int status, const char *reason, struct http_response *response);
    void *arg; /* for all four, which run on the loops' threads, several at a time */
    struct net_limits limits;
    struct net_cells cells;
};

/* At least one loop. *env (random, log) must live as long as the net. */
struct net *net_new(const struct env *env, unsigned loops, struct err *err) MUST_CHECK;
/*
 * Before net_start. Copies *listener; what its members point to must live as long as the net,
 * except the address, which is copied too. *port: the port in use. ":port" is every address of both
 * families. FAIL_MALFORMED, FAIL_UNAVAILABLE name the address.
 */
bool net_listen(struct net *net, const struct net_listener *listener, uint16_t *port,
                struct err *err) MUST_CHECK;
bool net_start(struct net *net, struct err *err) MUST_CHECK;
struct net_counts {
    size_t connections, requests; /* open, in flight */
};
struct net_counts net_counts(const struct net *net);
/*
 * True when everything was finished within timeout_ms; may be called again. Connections that are
 * idle or not yet set up are closed; requests that have begun to arrive are still answered.
 */
bool net_drain(struct net *net, unsigned timeout_ms);
/* Ends the threads and closes at once what is still open. No handler runs afterwards. NULL is fine. */
void net_free(struct net *net);
