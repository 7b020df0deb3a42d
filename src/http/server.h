/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/message.h"

/*
 * The server side of one HTTP connection as a codec without I/O: bytes in, requests out; responses
 * in, bytes out. HTTP/1.1 (RFC 9112) and HTTP/2 (RFC 9113) behind one interface.
 *
 *   http_server_new       for each connection, after ALPN
 *   http_server_feed      bytes of the client; calls back for each complete request
 *   http_server_respond   later or at once, in any order for HTTP/2
 *   http_server_drain     bytes for the client
 *
 * Requests of HTTP/1.1 that come before the answer to the one before them wait inside, so feed,
 * respond and drain may each call on_request. Inside a callback only http_server_respond may be
 * called. Memory is bounded: by header_bytes + body_bytes twice for HTTP/1.1; for HTTP/2 by
 * (header_bytes + 64 KiB) * streams + body_bytes, because only one stream at a time may send more
 * than its first 64 KiB; and by the responses that were given and not yet drained.
 */
enum http_version { HTTP_VERSION_NONE = 0, HTTP_1_1, HTTP_2 };

struct http_server;
struct http_server_events {
    void *arg;
    /*
     * A request is complete. *request moves to the callee, which clears it. `exchange` names it
     * for http_server_respond, which may be called from inside this callback.
     */
    void (*on_request)(void *arg, uint64_t exchange, struct http_request *request);
    /* The client gave this exchange up; a response to it will be dropped. May be NULL. */
    void (*on_abandoned)(void *arg, uint64_t exchange);
    /*
     * Asked when the fields of a request are there: how many body bytes it may have, at most
     * limits.body_bytes. A response with a status refuses it at once, before its body comes. May be
     * NULL.
     */
    size_t (*on_head)(void *arg, const struct http_request *request, struct http_response *refusal);
    /*
     * Fills a response for a request that the codec itself refuses (400, 413, 414, 417, 431, 501,
     * 505): the house's error envelope. response->status is set to `status` and may be changed.
     * May be NULL: an empty body.
     */
    void (*on_refused)(void *arg, int status, const char *reason, struct http_response *response);
};

/* limits and events are copied. */
struct http_server *http_server_new(enum http_version version, const struct http_limits *limits,
                                    const struct http_server_events *events);
/*
 * False when the connection is over: drain until nothing comes, then close; err is for the log.
 * FAIL_MALFORMED or FAIL_TOO_LARGE. True also for bytes behind the last request that the
 * connection may carry: they are dropped.
 */
bool http_server_feed(struct http_server *server, struct bytes in, struct err *err) MUST_CHECK;
/* Takes the contents of *response and empties it; unknown and abandoned exchanges are ignored. */
void http_server_respond(struct http_server *server, uint64_t exchange,
                         struct http_response *response);
/* Appends bytes for the client, up to about max at a time; call again until nothing comes. */
void http_server_drain(struct http_server *server, struct buf *out, size_t max);
/* No more requests after those in flight: GOAWAY, or `Connection: close` on the next response. */
void http_server_shutdown(struct http_server *server);
/* Nothing more will come from this side and nothing is in flight: close when drained. */
bool http_server_wants_close(const struct http_server *server) MUST_CHECK;
/* False when bytes that are fed would only wait: do not read from the socket until it is true. */
bool http_server_wants_bytes(const struct http_server *server) MUST_CHECK;
/* No request is being received, and no response is waited for or held back by flow control. */
bool http_server_is_idle(const struct http_server *server) MUST_CHECK;
/* A request has begun to arrive but is not complete: the request deadline runs. */
bool http_server_is_receiving(const struct http_server *server) MUST_CHECK;
/*
 * The exchange whose request has been arriving for the longest time, 0 when there is none. The
 * request deadline starts anew when it changes: with HTTP/2 there may always be one. UINT64_MAX: the
 * preface of HTTP/2, which has a deadline of its own.
 */
uint64_t http_server_receiving(const struct http_server *server) MUST_CHECK;
/* NULL is fine. Exchanges without a response are forgotten, without a callback. */
void http_server_free(struct http_server *server);
