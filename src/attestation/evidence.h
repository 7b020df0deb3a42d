/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * Evidence as the rooms above see it: what it is bound to, who makes it (issuer.h), and who
 * judges it (verifier.h).
 */
enum { REPORT_DATA_LEN = 64, SNP_REPORT_LEN = 1184 }; /* bytes */

enum tee { TEE_NONE = 0, TEE_SGX, TEE_TDX, TEE_SNP };
/* "sgx", "tdx", "snp"; "" for TEE_NONE */
const char *tee_text(enum tee tee) MUST_CHECK;

/*
 * The report data that binds evidence to a certificate (marble-api.md, 2.1 and 7.1): SHA-256 of the
 * certificate's DER and the nonce behind it, which may be empty, then 32 zero bytes. FAIL_INTERNAL.
 */
bool report_data_of(struct bytes certificate, struct bytes nonce,
                    uint8_t out[static REPORT_DATA_LEN], struct err *err) MUST_CHECK;

/* How up to date a platform is, in the words of Intel's collateral (marble-api.md, 7.4). */
enum tcb_status {
    TCB_STATUS_NONE = 0, /* "Unknown" */
    TCB_UP_TO_DATE,
    TCB_OUT_OF_DATE,
    TCB_REVOKED,
    TCB_CONFIGURATION_NEEDED,
    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    TCB_SW_HARDENING_NEEDED,
    TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    TCB_TD_RELAUNCH_ADVISED, /* these two: TDX, attestation.md 7.4 */
    TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
};
/* "UpToDate", ... */
const char *tcb_status_text(enum tcb_status status) MUST_CHECK;
