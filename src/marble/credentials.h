/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/cert.h"
#include "marble/config.h"

/*
 * What a Marble proves itself with, fresh at every start: a P-384 key, a certificate that it signs
 * itself and whose hash is in the quote, a signing request for the same key (marble-api.md, 6.3).
 */
struct marble_credentials {
    struct key *key;
    struct cert *cert;
    struct buf csr; /* PKCS#10 DER */
};

/*
 * Key and certificate. now: seconds since 1970. FAIL_MALFORMED names the DNS name that cannot be
 * encoded.
 */
bool marble_credentials_make(const struct marble_names *names, int64_t now,
                             struct marble_credentials *credentials, struct err *err) MUST_CHECK;
/* Adds the request. */
bool marble_credentials_request(const struct marble_names *names,
                                struct marble_credentials *credentials, struct err *err) MUST_CHECK;
void marble_credentials_clear(struct marble_credentials *credentials);
#define auto_marble_credentials struct marble_credentials CLEANUP(marble_credentials_clear)
