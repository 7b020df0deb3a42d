/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/verdict.h"

/*
 * Who judges evidence. A Coordinator in a TEE has one; one without a TEE has none and takes no
 * evidence as proof.
 */
struct quote_verifier {
    void *ctx;
    /*
     * Formats, signatures, certificates, collateral and TCB level (verdict.h); what the evidence is used for is the
     * caller's to compare, with policy.h. True also for a platform that is not up to date: *verdict, which is all zero
     * before, says so. now_ms: since 1970. FAIL_DENIED with the reason. From any thread; may take milliseconds.
     */
    bool (*verify)(void *ctx, struct bytes evidence, int64_t now_ms, struct arena *arena,
                   struct verdict *verdict, struct err *err);
};
