/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/key.h"

/*
 * TLS as a codec: ciphertext is fed in and drained out, no socket inside. The profile is that of
 * client-api.md 1.2: TLS 1.2 and 1.3, server certificate without chain, a client certificate is asked
 * for and never chain-verified, only its leaf counts.
 *
 *   tls_identity   certificate and key, shared by all connections that start while it is current
 *   tls_session    one connection: tls_feed ciphertext, tls_read and tls_write plaintext, tls_drain
 */
struct tls_identity; /* an SSL_CTX; immutable, reference-counted, usable from every thread */
struct tls_session;

/*
 * alpn: protocol names in order of preference, wire format (length byte, name) as in RFC 7301.
 * require_alpn: a client that offers protocols none of which is ours, or none at all, is refused.
 */
struct tls_identity *tls_identity_new(const struct cert *cert, struct key *key, struct bytes alpn,
                                      bool require_alpn, struct err *err) MUST_CHECK;
struct tls_identity *tls_identity_ref(struct tls_identity *identity) MUST_CHECK;
void tls_identity_free(struct tls_identity *identity);

/* Takes its own reference to identity. */
struct tls_session *tls_accept(struct tls_identity *identity, struct err *err) MUST_CHECK;
void tls_session_free(struct tls_session *session);

/* Ciphertext from the peer. FAIL_MALFORMED / FAIL_DENIED when the session is over; drain once more, the
 * alert is there. */
bool tls_feed(struct tls_session *session, struct bytes ciphertext, struct err *err) MUST_CHECK;
/* Ciphertext for the peer; appends all that is ready. */
bool tls_drain(struct tls_session *session, struct buf *out, struct err *err) MUST_CHECK;
/* Decrypted bytes; appends what is there, up to max. *closed: the peer said close_notify. */
bool tls_read(struct tls_session *session, struct buf *out, size_t max, bool *closed,
              struct err *err) MUST_CHECK;
/* Encrypts all of it. Only after the handshake. */
bool tls_write(struct tls_session *session, struct bytes plaintext, struct err *err) MUST_CHECK;
/* Queues close_notify. */
void tls_close(struct tls_session *session);
bool tls_established(const struct tls_session *session) MUST_CHECK;
/* The protocol chosen by ALPN, empty when none. */
struct bytes tls_alpn(const struct tls_session *session) MUST_CHECK;
/*
 * DER of the leaf whose key the client proved to hold, empty when it sent none; valid as long as
 * the session. Certificates behind the leaf are never looked at (client-api.md, 5.1).
 */
struct bytes tls_peer_leaf(const struct tls_session *session) MUST_CHECK;

DEFINE_CLEANUP(struct tls_session, tls_session_cleanup, tls_session_free)
#define auto_tls_session struct tls_session CLEANUP(tls_session_cleanup)
