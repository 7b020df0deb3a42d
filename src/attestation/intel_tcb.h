/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/intel_qe_identity.h"
#include "attestation/intel_tcb_info.h"

/* How up to date a platform, its TDX module and its quoting enclave are together (attestation.md, 7). */
struct tcb_platform {
    enum tee tee;
    const struct pck *pck;
    uint16_t qe_isvsvn;
    struct bytes tee_tcb_svn;  /* TDX: 16 bytes, as the TD was launched */
    struct bytes tee_tcb_svn2; /* report 1.5: 16 bytes, as the module runs now; else empty */
};

struct tcb_result {
    enum tcb_status status; /* converged */
    enum tcb_status qe_status, module_status;
    /* The levels that were reached; module is NULL where none counts, so far as they are known. */
    const struct level_verdict *platform, *qe, *module;
};
/*
 * REASON_NONE, or REASON_TCB_NOT_SUPPORTED, REASON_TDX_MODULE_MISMATCH, REASON_TCB_REVOKED with the cause in err. The
 * module identity that the platform launched with has to be in info (step 8). *result holds what was found so far.
 */
enum reason tcb_evaluate(const struct tcb_info *info, const struct qe_identity *qe,
                         const struct tcb_platform *platform, struct tcb_result *result,
                         struct err *err) MUST_CHECK;
/* The table of attestation.md, 7.4: a platform of status `platform` with a part of UpToDate, OutOfDate or Revoked. */
enum tcb_status tcb_converge(enum tcb_status platform, enum tcb_status part) MUST_CHECK;
