/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "base/omap.h"
#include "base/secret.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "crypto/tls.h"

/*
 * The Coordinator's identity: root, intermediate and marble root certificate with their keys, the root
 * secret from which Marbles' keys are derived, the TLS identities of both ports and the quote over
 * the root (client-api.md 1.2, 15). Immutable, shared by reference count.
 */
struct authority {
    size_t refs; /* atomic */
    struct cert *root, *intermediate, *marble_root;
    struct key *root_key, *intermediate_key;
    struct secret *root_secret;
    struct secret *previous_root_secret; /* NULL before the first rotation */
    struct tls_identity *client_tls;     /* root certificate; ALPN h2, http/1.1 */
    struct tls_identity *marble_tls;     /* marble root certificate; ALPN h2 */
    struct buf root_pem, intermediate_pem, marble_root_pem;
    struct buf chain_pem; /* intermediate, then root */
    struct buf quote;     /* over the root certificate; empty without a TEE */
};

/* names: DNS names and IP texts for the certificates, in their order. New keys, certificates and root secret. */
struct authority *authority_generate(const struct env *env, const struct bytes *names,
                                     size_t name_count, struct err *err) MUST_CHECK;
/*
 * For an update: the same root with a new intermediate key, and new intermediate and marble root certificates with
 * the names and addresses of the root. rotate: a new root secret too; the one that it replaces becomes the
 * previous one, of which only one is kept.
 */
struct authority *authority_renew(const struct env *env, const struct authority *old, bool rotate,
                                  struct err *err) MUST_CHECK;
/* From the values of a state. FAIL_DAMAGED names the value that does not fit. */
struct authority *authority_load(const struct env *env, const struct omap *values,
                                 struct err *err) MUST_CHECK;
/* A quote over the root certificate followed by nonce (client-api.md 15.1). Appends. */
bool authority_quote(const struct authority *authority, const struct env *env, struct bytes nonce,
                     struct buf *quote, struct err *err) MUST_CHECK;
struct authority *authority_ref(struct authority *authority) MUST_CHECK;
void authority_free(struct authority *authority);

/* One name and its value, in the forms of the state. */
typedef void authority_put(void *arg, const char *name, struct bytes value);
/* Calls put for every value that authority_load reads. */
bool authority_values(const struct authority *authority, authority_put *put, void *arg,
                      struct err *err) MUST_CHECK;

DEFINE_CLEANUP(struct authority, authority_cleanup, authority_free)
#define auto_authority struct authority CLEANUP(authority_cleanup)
