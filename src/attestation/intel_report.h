/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/quote.h"
#include "attestation/verdict_add.h"

/* The reports inside of quotes, field by field (attestation.md, 3.3 to 3.5). All members are views. */
struct enclave_report {
    struct bytes cpusvn, miscselect, isvextprodid, attributes, mrenclave, mrsigner, configid;
    struct bytes isvprodid, isvsvn, configsvn; /* little-endian, 2 bytes each */
    struct bytes isvfamilyid, report_data;
};
/* report: ENCLAVE_REPORT_LEN bytes. */
void enclave_report_read(struct bytes report, struct enclave_report *out);

struct td_report {
    struct bytes tee_tcb_svn, mrseam, mrsignerseam, seamattributes, tdattributes, xfam, mrtd,
        mrconfigid, mrowner, mrownerconfig, rtmr[4], report_data;
    struct bytes tee_tcb_svn2, mrservicetd; /* report 1.5; else empty */
};
/* report: the body of a quote of TDX. */
void td_report_read(struct bytes report, struct td_report *out);

/* What the quote says about itself: tee, version, report data, debug, and the fields of its report. */
void intel_describe(const struct judgement *j, const struct quote *quote);
