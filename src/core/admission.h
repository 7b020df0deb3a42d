/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/verifier.h"
#include "policy/policy.h"

/*
 * Whether a Marble may have what the manifest grants it: its evidence against the package that the manifest
 * names and against the infrastructures (marble-api.md, 7.3 and 7.4; manifest.md, 4.2; docs/policy.md).
 */
struct admission {
    /* NULL: this Coordinator is in no TEE itself, so it looks at no evidence and takes none as proof. */
    const struct quote_verifier *verifier;
    const struct manifest_package *package;
    /* At least one has to fit; more than 0 also hide the reason of a refusal, as in the original. */
    const struct manifest_infrastructure *infrastructures;
    size_t infrastructure_count;
    struct bytes quote;
    struct bytes leaf; /* DER of the certificate whose key the Marble proved on this connection */
    int64_t now_ms;
};
/*
 * FAIL_DENIED: "invalid quote: <reason>" or "invalid infrastructure". For the log: *reason, the true one, and the report, which
 * is empty when the refusal is not one of policy, and lives in the arena.
 */
bool admission_check(const struct admission *a, struct arena *arena, struct policy_report *report,
                     struct err *reason, struct err *err) MUST_CHECK;
