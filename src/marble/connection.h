/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/tls.h"
#include "http/client.h"
#include "marble/address.h"

/*
 * One HTTP/2 connection to the Coordinator with a socket under it, for one request.
 *
 * Nothing here touches signals (MSG_NOSIGNAL) or waits beyond its deadline, except a name server,
 * for which the resolver has limits of its own. Deadlines: monotonic_ms.
 */
struct connection;

/*
 * Resolves the address and tries each of its IP addresses until one has a TCP connection, a TLS
 * session with "h2" and HTTP/2 settings. Each gets a fair part of the time, so that one that
 * swallows packets does not take it all. tls->server_name is set here, from the address. NULL: err
 * says why the last one failed.
 */
struct connection *connection_open(const struct marble_address *address,
                                   const struct tls_client *tls, int64_t deadline,
                                   struct err *err) MUST_CHECK;

struct exchange {
    enum http_outcome outcome;
    struct http_response response; /* cleared by the caller */
    uint32_t reset_code;
};
/* False when the connection ends before the answer: FAIL_TOO_LARGE for one beyond the limits. */
bool connection_exchange(struct connection *connection, const struct http_client_request *request,
                         int64_t deadline, struct exchange *exchange, struct err *err) MUST_CHECK;

/* Says goodbye as far as that takes no waiting. NULL is fine. */
void connection_close(struct connection *connection);
DEFINE_CLEANUP(struct connection, connection_cleanup, connection_close)
#define auto_connection struct connection CLEANUP(connection_cleanup)
