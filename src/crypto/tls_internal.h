/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/tls.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

/* What the two files about TLS share and nobody else sees. */

struct tls_identity;

/* A server session of libssl under the profile of the identity, without BIOs. NULL: refused. */
SSL *tls_identity_ssl(const struct tls_identity *identity) MUST_CHECK;
/* A BIO whose data is the session; NULL without memory. The identity outlives it. */
BIO *tls_identity_bio(const struct tls_identity *identity, struct tls_session *session) MUST_CHECK;

/* Moves up to len bytes of fed ciphertext to `to` and returns how many there were. */
size_t tls_session_take(struct tls_session *session, void *to, size_t len) MUST_CHECK;
/* Queues ciphertext for the peer. */
void tls_session_put(struct tls_session *session, struct bytes ciphertext);
