/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <openssl/ssl.h>

/*
 * A client of the client API that does one thing at a time: TLS 1.3, HTTP/1.1, no session
 * resumption, certificates not looked at. A client is closed by client_close.
 */
struct client {
    int fd;
    SSL *ssl;
    struct buf in; /* what was read of the response */
};

SSL_CTX *client_context(void) MUST_CHECK;
/* Connects to 127.0.0.1; false when nobody listens there. */
bool client_try_open(SSL_CTX *context, uint16_t port, struct client *client) MUST_CHECK;
void client_open(SSL_CTX *context, uint16_t port, struct client *client);
/* Sends one request and reads its response. The status; *body is a view until the next call. */
int client_request(struct client *client, struct bytes request, struct bytes *body) MUST_CHECK;
/* The same for a request made of its parts. */
int client_post(struct client *client, const char *path, struct bytes content,
                struct bytes *body) MUST_CHECK;
/* GET /api/v2/status; the code of the answer (client-api.md, 4.1). */
enum { PHASE_RECOVERY = 1, PHASE_ACCEPTING_MANIFEST = 2, PHASE_RUNNING = 3 };
int client_status(struct client *client);
void client_close(struct client *client);
