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

/* What a server insists on, or leaves out: a sum. */
enum tls_demand {
    TLS_DEMAND_NOTHING = 0,
    TLS_DEMAND_ALPN = 1,        /* a client that offers no protocols is refused */
    TLS_DEMAND_CERTIFICATE = 2, /* a client without a certificate is refused */
    TLS_NO_TICKETS = 4, /* for clients that come once: a ticket costs an eighth of a handshake */
};
/*
 * alpn: protocol names in order of preference, wire format (length byte, name) as in RFC 7301.
 * A client that offers protocols none of which is ours is refused (RFC 7301, 3.2: the alert
 * no_application_protocol). An empty list takes no notice of ALPN. FAIL_MALFORMED: not such a list;
 * FAIL_INTERNAL: key and certificate do not belong together, or libssl refuses them.
 *
 * Tickets of one identity are worth nothing to another, so a new certificate means new handshakes.
 */
struct tls_identity *tls_identity_new(const struct cert *cert, struct key *key, struct bytes alpn,
                                      unsigned demands, struct err *err) MUST_CHECK;
struct tls_identity *tls_identity_ref(struct tls_identity *identity) MUST_CHECK;
void tls_identity_free(struct tls_identity *identity);

/* Takes its own reference to identity. */
struct tls_session *tls_accept(struct tls_identity *identity, struct err *err) MUST_CHECK;

/* The other side: a client that proves itself with a certificate. */
struct tls_client {
    const struct cert *cert; /* NULL: none */
    struct key *key;
    /* Wire format as above; the server must choose one of them. Empty: no notice is taken of ALPN. */
    struct bytes alpn;
    /*
     * A DNS name is sent as SNI, an IP address is not. With roots the server's certificate must be for
     * it, by its subjectAltName. NULL or empty: nothing is sent, and roots are of no use.
     */
    const char *server_name;
    /*
     * Whom to trust: each ends a chain, whether it is self-signed or not, and may be the server's own
     * certificate. With root_count 0 the server is not verified at all: a Marble proves itself to the
     * Coordinator, not the other way round (marble-api.md, 2).
     */
    const struct cert *const *roots;
    size_t root_count;
};
/*
 * Starts a session as client; drain the first bytes for the server at once. The members of *client may
 * go afterwards. FAIL_INTERNAL, also for roots without a name; FAIL_MALFORMED for a list that is none.
 *
 * A server whose certificate is refused ends the session with FAIL_DENIED, one that chooses no protocol
 * of ours with FAIL_MALFORMED; neither sees our certificate. A refused certificate: no chain to a root,
 * a certificate in it beyond its time (by the clock of the process) or below 112 bits, another name, or
 * an extended key usage without serverAuth. Without roots only the kind of its key counts, as with
 * clients.
 */
struct tls_session *tls_connect(const struct tls_client *client, struct err *err) MUST_CHECK;
void tls_session_free(struct tls_session *session);

/*
 * Ciphertext from the peer, copied; drives the handshake. Once established it only keeps the bytes, so
 * read after every feed and do not feed while nobody reads. FAIL_MALFORMED (bytes or parameters) or
 * FAIL_DENIED (the peer's proof or certificate, or an alert of the peer) when the session is over;
 * drain once more, the alert is there.
 *
 * With TLS 1.3 a client is established before the server has looked at its certificate: a server that
 * refuses it says so in an alert, and tls_read fails with FAIL_DENIED.
 */
bool tls_feed(struct tls_session *session, struct bytes ciphertext, struct err *err) MUST_CHECK;
/* Ciphertext for the peer; appends all that is ready. Drain after feed, read, write and close: each may
 * have something to say. Never fails today. */
bool tls_drain(struct tls_session *session, struct buf *out, struct err *err) MUST_CHECK;
/*
 * Decrypted bytes; appends what is there, up to max; less than max means that there is no more.
 * *closed: the peer said close_notify and all before it was read; what it sends later is ignored.
 * Nothing, and no failure, before the end of the handshake.
 */
bool tls_read(struct tls_session *session, struct buf *out, size_t max, bool *closed,
              struct err *err) MUST_CHECK;
/* Encrypts all of it. FAIL_INTERNAL before the end of the handshake. */
bool tls_write(struct tls_session *session, struct bytes plaintext, struct err *err) MUST_CHECK;
/* Queues close_notify. */
void tls_close(struct tls_session *session);
bool tls_established(const struct tls_session *session) MUST_CHECK;
/* The protocol chosen by ALPN, empty when none. */
struct bytes tls_alpn(const struct tls_session *session) MUST_CHECK;
/*
 * DER of the leaf whose key the peer proved to hold, empty when it sent none; valid as long as
 * the session. Certificates behind the leaf are never looked at (client-api.md, 5.1).
 */
struct bytes tls_peer_leaf(const struct tls_session *session) MUST_CHECK;

DEFINE_CLEANUP(struct tls_session, tls_session_cleanup, tls_session_free)
#define auto_tls_session struct tls_session CLEANUP(tls_session_cleanup)
