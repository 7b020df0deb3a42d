/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/cert_chain.h"

/* Certificate revocation lists (RFC 5280, 5): which serial numbers an issuer has called back. No clock. */
enum { CRL_ENTRIES_MAX = 100000, CRL_DER_MAX = 4 << 20 /* bytes */ };

struct crl; /* immutable */
/*
 * A list of version 2 in DER without bytes behind it. FAIL_MALFORMED, also for critical extensions: they would
 * change what the entries mean (delta lists, entries of other issuers).
 */
struct crl *crl_from_der(struct bytes der, struct err *err) MUST_CHECK;
void crl_free(struct crl *crl);
/* As cert_is_signed_by. FAIL_DENIED. */
bool crl_is_signed_by(const struct crl *crl, const struct cert *issuer,
                      enum signature_scheme scheme, struct err *err) MUST_CHECK;
/* Seconds since 1970. */
int64_t crl_this_update(const struct crl *crl) MUST_CHECK;
/* False when it does not say. */
bool crl_next_update(const struct crl *crl, int64_t *seconds) MUST_CHECK;
/* Whether the serial number of the certificate is listed, whatever the reason; the caller has to know that it is the list
 * of the certificate's issuer. */
bool crl_names(const struct crl *crl, const struct cert *cert) MUST_CHECK;

DEFINE_CLEANUP(struct crl, crl_cleanup, crl_free)
#define auto_crl struct crl CLEANUP(crl_cleanup)
