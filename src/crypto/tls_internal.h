/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/tls.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

/*
 * What the files about TLS share and nobody else sees: struct tls_identity is all that is fixed before
 * a session starts, for a server (tls_identity.c) as for a client (tls_connect.c).
 */

/*
 * An SSL_CTX under the profile, with one reference and without certificate. FAIL_MALFORMED: alpn is no
 * list of names; FAIL_INTERNAL.
 */
struct tls_identity *tls_identity_start(const SSL_METHOD *method, struct bytes alpn,
                                        struct err *err) MUST_CHECK;
/* What the peer is shown. FAIL_INTERNAL: they do not belong together. */
bool tls_identity_show(struct tls_identity *identity, const struct cert *cert, struct key *key,
                       struct err *err) MUST_CHECK;
SSL_CTX *tls_identity_ctx(const struct tls_identity *identity) MUST_CHECK;
/* Is this one of our protocol names? With none everything is, also no protocol. */
bool tls_identity_speaks(const struct tls_identity *identity, struct bytes protocol) MUST_CHECK;
DEFINE_CLEANUP(struct tls_identity, tls_identity_cleanup, tls_identity_free)
#define auto_tls_identity struct tls_identity CLEANUP(tls_identity_cleanup)

/*
 * For the callback that stands in for the verification of a chain: is the key of the leaf one whose
 * signatures cost little? Sets the error of the store.
 */
bool tls_leaf_is_bearable(X509_STORE_CTX *store) MUST_CHECK;

/*
 * libssl asks for the purpose of a TLS server, for which libcrypto also measures the key usage of a
 * certificate that says nothing about its purpose, and for which anyExtendedKeyUsage is not enough.
 */
void tls_relax_purpose(X509_STORE_CTX *store);
/* Is this name of a server an IP address? */
bool tls_is_address(const char *name) MUST_CHECK;

/* SSL_CTX_set_msg_callback: keeps keys on made-up curves from being decoded. */
void tls_on_message(int is_sent, int version, int content_type, const void *message, size_t len,
                    SSL *ssl, void *arg);

/* A session of libssl under the profile of the identity, without BIOs. NULL: refused. */
SSL *tls_identity_ssl(const struct tls_identity *identity) MUST_CHECK;
/* A BIO whose data is the session; NULL without memory. The identity outlives it. */
BIO *tls_identity_bio(const struct tls_identity *identity, struct tls_session *session) MUST_CHECK;

/*
 * A session as client, its ClientHello ready to be drained. host_name is sent as SNI, NULL: none is;
 * libssl takes it without const but does not change it. Takes its own reference. FAIL_INTERNAL.
 */
struct tls_session *tls_session_connect(struct tls_identity *identity, char *host_name,
                                        struct err *err) MUST_CHECK;
/* Moves up to len bytes of fed ciphertext to `to` and returns how many there were. */
size_t tls_session_take(struct tls_session *session, void *to, size_t len) MUST_CHECK;
/* Queues ciphertext for the peer. */
void tls_session_put(struct tls_session *session, struct bytes ciphertext);
