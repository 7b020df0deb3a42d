/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/cert.h"

/*
 * Whom to trust on a connection whose TLS another library drives with libssl: the rules of tls_connect,
 * put into the SSL_CTX that it gives out.
 *
 *   tls_pin_apply    once for each SSL_CTX, before its first handshake
 *   tls_pin_accepts  would the server of the newest handshake have been taken with this root?
 *
 * Without a root every server is taken and its certificate kept. So one connection serves for asking a
 * Coordinator who it is, and for what comes after it has proved that: the peer holds the key of the
 * certificate that the quote is about.
 */
struct tls_pin {
    const char *name;        /* DNS name or IP address of the server; borrowed */
    const struct cert *root; /* borrowed; NULL: none */
    const struct cert *cert; /* shown to the server, borrowed; NULL: none */
    struct key *key;         /* of cert, borrowed */
    struct cert *shown;      /* leaf of the newest handshake; owned */
    struct err refusal;      /* why that leaf was refused; FAIL_NONE: it was not */
};

/* ssl_ctx: an SSL_CTX. *pin stays where it is as long as the SSL_CTX. FAIL_INTERNAL. */
bool tls_pin_apply(struct tls_pin *pin, void *ssl_ctx, struct err *err) MUST_CHECK;
/* FAIL_DENIED with the reason; FAIL_STATE before the first handshake. */
bool tls_pin_accepts(const struct tls_pin *pin, const struct cert *root,
                     struct err *err) MUST_CHECK;
void tls_pin_clear(struct tls_pin *pin);
