/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/cert.h"

/*
 * Signatures of certificates that were verified before. A Marble shows the same certificate with every call, and to
 * verify a P-384 signature takes ten times as long as all the rest of a call.
 *
 * Holds hashes over issuer and certificate, and only of good signatures: what else there is to check
 * is for the caller, each time. Another issuer is another hash, so nothing has to be forgotten. From any thread.
 */
struct vouched;
struct vouched *vouched_new(void);
void vouched_free(struct vouched *vouched);
/* As cert_issued_by. */
bool vouched_issued_by(struct vouched *vouched, const struct cert *cert,
                       const struct cert *issuer) MUST_CHECK;
