/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/evidence.h"
#include "manifest/manifest.h"

/*
 * Whether a Marble may have what the manifest grants it: its evidence against the package that the manifest
 * names (marble-api.md, 7.3 and 7.4; manifest.md, 4.2).
 */
struct admission {
    /* NULL: this Coordinator is in no TEE itself, so it looks at no evidence and takes none as proof. */
    const struct quote_verifier *verifier;
    const struct manifest_package *package;
    size_t infrastructure_count; /* more than 0 hides the reason of a refusal, as in the original */
    struct bytes quote;
    struct bytes leaf; /* DER of the certificate whose key the Marble proved on this connection */
    int64_t now_ms;
};
/* FAIL_DENIED: "invalid quote: <reason>" or "invalid infrastructure". *reason: the true one, for the log. */
bool admission_check(const struct admission *a, struct err *reason, struct err *err) MUST_CHECK;
