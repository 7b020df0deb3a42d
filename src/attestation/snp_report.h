/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/evidence.h"
#include "attestation/verdict.h"

/*
 * Attestation reports of SEV-SNP, versions 2 to 5 (attestation.md, 8.1 and 8.2).
 *
 *   snp_report_parse   bytes -> struct snp_report     shape only, nothing is trusted yet
 *   snp_tcb_of         a TCB value -> its parts, which depend on the product
 */
enum snp_product { SNP_PRODUCT_NONE = 0, SNP_MILAN, SNP_GENOA, SNP_TURIN };
/* "Milan", "Genoa", "Turin"; "" for none */
const char *snp_product_text(enum snp_product product) MUST_CHECK;
/* By such a text; SNP_PRODUCT_NONE for every other. */
enum snp_product snp_product_of(struct bytes text) MUST_CHECK;

enum {
    SNP_ALGORITHM_P384 = 1, /* signature algorithm: ECDSA P-384 with SHA-384 */
    SNP_CHIP_ID_LEN = 64,
    SNP_SIGNATURE_NUMBER_LEN = 72,
    SNP_TCB_LEN = 8,
};
/* The signing key in the key info. */
enum snp_signer { SNP_SIGNER_VCEK = 0, SNP_SIGNER_VLEK = 1, SNP_SIGNER_NONE = 7 };

/* The views borrow from the input of snp_report_parse; numbers in them are little-endian. */
struct snp_report {
    struct bytes version, guest_svn, policy, family_id, image_id, vmpl, platform_info;
    struct bytes report_data, measurement, host_data, id_key_digest, author_key_digest, report_id,
        report_id_ma;
    struct bytes current_tcb, reported_tcb, committed_tcb, launch_tcb; /* SNP_TCB_LEN bytes each */
    struct bytes cpuid_family, cpuid_model, cpuid_stepping;            /* 1 byte each */
    struct bytes chip_id;                                              /* SNP_CHIP_ID_LEN bytes */
    struct bytes current_build, committed_build;          /* build, minor, major: 1 byte each */
    struct bytes launch_mitigations, current_mitigations; /* of version 5; else zero */
    struct bytes r, s;        /* SNP_SIGNATURE_NUMBER_LEN bytes each, little-endian */
    struct bytes signed_part; /* what the signature covers */

    uint32_t version_number;
    uint32_t algorithm; /* any number passes */
    unsigned signer;    /* 0 to 7: enum snp_signer, or a number that is not known */
    bool author_key, masked_chip_key;
    bool debug;               /* the policy allows it */
    bool has_cpuid;           /* from version 3 on */
    enum snp_product product; /* by the CPUID; none for one that is not known, and without one */
};

/* FAIL_MALFORMED with the name and place of what does not fit. raw has exactly SNP_REPORT_LEN bytes. */
bool snp_report_parse(struct bytes raw, struct snp_report *report, struct err *err) MUST_CHECK;

/* FAIL_MALFORMED: a byte that has no meaning for the product is not zero. value: SNP_TCB_LEN bytes. */
bool snp_tcb_of(struct bytes value, enum snp_product product, struct snp_tcb *tcb,
                struct err *err) MUST_CHECK;
