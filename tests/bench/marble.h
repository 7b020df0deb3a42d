/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "client.h"

/*
 * A Marble as its Coordinator sees it: a TLS certificate with a P-384 key, a CSR, and an activation on a
 * fresh connection, after which it goes. Keys and request are made once, so that a client costs little
 * more than its handshake. Several threads may share one.
 */
struct marble {
    SSL_CTX *context;
    struct buf body; /* of the call, with the prefix of gRPC */
};

/* type and uuid as the Coordinator is to read them. Freed by marble_clear. */
void marble_make(const char *type, const char *uuid, struct marble *marble);
void marble_clear(struct marble *marble);
/* Connects to 127.0.0.1, is activated, and closes. Whatever is no success ends the process. */
void marble_activate(const struct marble *marble, uint16_t port);
/* The same; `context` then shows the certificate that the Marble got. */
void marble_join(const struct marble *marble, uint16_t port, SSL_CTX *context);
