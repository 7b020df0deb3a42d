/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/evidence.h"

/*
 * What a verifier found out about evidence: the claims, the status of the platform, and each step with what
 * was expected and found, so that a refusal explains itself (attestation.md, 6 to 9).
 */

/* Why evidence is not valid: the error classes of attestation.md, 9. */
enum reason {
    REASON_NONE = 0, /* it is valid */
    REASON_FORMAT,
    REASON_UNSUPPORTED,
    REASON_COLLATERAL_MISSING,
    REASON_COLLATERAL_FORMAT,
    REASON_CERT_CHAIN,
    REASON_COLLATERAL_SIGNATURE,
    REASON_REVOKED,
    REASON_EXPIRED,
    REASON_NOT_YET_VALID,
    REASON_TCB_INFO_MISMATCH,
    REASON_TDX_MODULE_MISMATCH,
    REASON_QE_REPORT_SIGNATURE,
    REASON_QE_REPORT_DATA,
    REASON_QE_IDENTITY_MISMATCH,
    REASON_QUOTE_SIGNATURE,
    REASON_TCB_NOT_SUPPORTED,
    REASON_TCB_REVOKED,
    REASON_TCB_MISMATCH,
    REASON_POLICY, /* verified, but refused by the policy of whoever asked */
};
/* "format", "collateral_missing", ...; "" for REASON_NONE */
const char *reason_text(enum reason reason) MUST_CHECK;

/* One check. The texts are short, of one line, and live as long as the verdict's views. */
struct verdict_step {
    const char *name; /* "signature of the QE report" */
    bool passed;
    struct bytes expected, found; /* empty where there is nothing to compare */
};

/* A field of the report, as it stands there. name: as in the vectors' expected.json ("mrenclave"). */
struct verdict_field {
    const char *name;
    struct bytes value; /* in the order of the bytes in the evidence */
    bool is_number;     /* little-endian; shown as a number */
};

enum {
    VERDICT_STEPS_MAX = 64,
    VERDICT_FIELDS_MAX = 48,
    VERDICT_ADVISORIES_MAX = 256,
    PCK_COMPONENTS = 16,
};

/* The parts of a TCB value of SEV-SNP, to be compared each by itself (attestation.md, 8.1). */
struct snp_tcb {
    bool has_fmc; /* Turin */
    uint8_t fmc, boot_loader, tee, snp, microcode;
};

/* All views live in the arena given to the verifier, in the evidence, or in the collateral. All zero: nothing is known. */
struct verdict {
    enum reason reason;
    struct bytes detail; /* one line: what is wrong and where; empty when valid */
    size_t step_count;
    struct verdict_step steps[VERDICT_STEPS_MAX]; /* in the order in which they were made */

    enum tee tee;               /* of a quote that does not parse: what its header says */
    unsigned version;           /* of the quote or report; 0 when it does not parse */
    unsigned body_type;         /* version 5 of a quote */
    unsigned cert_data_type;    /* of the certification data; 0 for SNP */
    struct bytes pck_chain;     /* PEM in the quote, not trusted; empty: none */
    bool wrapped;               /* in the header of Open Enclave */
    size_t trailing_zero_bytes; /* behind the quote */
    bool debug;
    struct bytes report_data; /* REPORT_DATA_LEN bytes */
    size_t field_count;
    struct verdict_field fields[VERDICT_FIELDS_MAX];

    /* SGX and TDX */
    enum tcb_status tcb_status, platform_tcb_status, qe_tcb_status, module_tcb_status;
    size_t advisory_count, platform_advisory_count, qe_advisory_count;
    const struct bytes *advisories, *platform_advisories, *qe_advisories; /* sorted, each once */
    struct bytes fmspc, pceid, ppid; /* raw bytes; empty before the certificate was read */
    uint16_t pcesvn, qe_isvsvn;
    uint8_t pck_components[PCK_COMPONENTS];
    struct bytes root_ca; /* DER of the root of the PCK chain; empty before it was judged */
    const char *pck_ca;   /* "platform", "processor"; NULL before it is known */
    int64_t tcb_date, qe_tcb_date; /* seconds since 1970; 0: not known */
    uint64_t evaluation_number;    /* tcbEvaluationDataNumber: the smaller of the two */
    int64_t earliest_issue, latest_issue,
        earliest_expiration; /* of everything used; 0: not known */

    /* SNP */
    const char *product;     /* "Milan", ...; NULL before it is known */
    const char *signing_key; /* "vcek", "vlek" */
    bool revocation_checked; /* the bundle had a CRL */
    struct snp_tcb reported_tcb, current_tcb, committed_tcb, launch_tcb; /* once product is known */
};

/* The field of this name; empty when the evidence has none. */
struct bytes verdict_field_value(const struct verdict *verdict, const char *name) MUST_CHECK;
/* The same as a number of at most 8 bytes, little-endian; 0 when the evidence has none. */
uint64_t verdict_field_number(const struct verdict *verdict, const char *name) MUST_CHECK;
/* The same with all of its views in the arena; names are literals. `from` and `to` are not the same. */
void verdict_copy(const struct verdict *from, struct arena *arena, struct verdict *to);
