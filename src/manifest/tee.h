/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/err.h"
#include "codec/json.h"
#include "crypto/cert.h"

/*
 * What a package says about evidence of TDX and SEV-SNP, and an infrastructure about platforms: members that
 * MarbleRun does not have (docs/policy.md). Reference values are kept as the manifest spells them, hex in the order of
 * the bytes in the evidence; whether they can fit anything is for manifest_check.
 */

/* A member that lists reference values; the field has to be one of them. */
struct reference_kind {
    const char *name; /* "MRTD" */
    size_t size;      /* bytes */
};

enum tdx_reference {
    TDX_MRTD = 0,
    TDX_RTMR0,
    TDX_RTMR1,
    TDX_RTMR2,
    TDX_RTMR3,
    TDX_MRSEAM,
    TDX_MRCONFIGID,
    TDX_MROWNER,
    TDX_MROWNERCONFIG,
    TDX_MRSERVICETD, /* absent: zero */
    TDX_REFERENCE_COUNT,
};
extern const struct reference_kind tdx_reference_kinds[TDX_REFERENCE_COUNT];

/* Bits of which only those under the mask count. */
struct masked_reference {
    bool present;
    const struct json *source;
    struct bytes value, mask; /* hex; no mask: all bits */
};
enum tdx_bits { TDX_TDATTRIBUTES = 0, TDX_XFAM, TDX_BITS_COUNT };
extern const struct reference_kind tdx_bits_kinds[TDX_BITS_COUNT];

struct manifest_tdx {
    bool present;
    const struct json *source;
    struct text_list
        references[TDX_REFERENCE_COUNT]; /* count 0: absent, or refused by manifest_check */
    struct masked_reference bits[TDX_BITS_COUNT];
};

enum snp_reference {
    SNP_MEASUREMENT = 0,
    SNP_HOST_DATA,
    SNP_ID_KEY_DIGEST,
    SNP_AUTHOR_KEY_DIGEST,
    SNP_FAMILY_ID,
    SNP_IMAGE_ID,
    SNP_REFERENCE_COUNT,
};
extern const struct reference_kind snp_reference_kinds[SNP_REFERENCE_COUNT];

enum snp_tcb_part {
    SNP_TCB_BOOT_LOADER = 0,
    SNP_TCB_TEE,
    SNP_TCB_SNP,
    SNP_TCB_MICROCODE,
    SNP_TCB_FMC,
    SNP_TCB_PART_COUNT,
};
extern const char *const snp_tcb_part_names[SNP_TCB_PART_COUNT];

/* Bits of a guest's policy (attestation.md, 8.2). */
enum snp_policy_flag {
    SNP_POLICY_SMT = 0,
    SNP_POLICY_MIGRATION_AGENT,
    SNP_POLICY_CXL,
    SNP_POLICY_SINGLE_SOCKET,
    SNP_POLICY_AES256XTS,
    SNP_POLICY_RAPL_DISABLED,
    SNP_POLICY_CIPHERTEXT_HIDING,
    SNP_POLICY_PAGE_SWAP_DISABLED,
    SNP_POLICY_FLAG_COUNT,
};
struct snp_policy_kind {
    const char *name; /* "SMT" */
    unsigned bit;
    bool
        is_permission; /* it permits the host something, so true means: the bit may be set; else: it must be set */
    bool by_default;
};
extern const struct snp_policy_kind snp_policy_kinds[SNP_POLICY_FLAG_COUNT];

struct snp_policy {
    bool flags[SNP_POLICY_FLAG_COUNT];
    uint64_t abi_major, abi_minor; /* at least; 0 to 255 */
};

struct manifest_snp {
    bool present;
    const struct json *source;
    struct text_list references[SNP_REFERENCE_COUNT]; /* as of TDX */
    uint64_t minimum_guest_svn;                       /* 32 bits */
    uint64_t minimum_tcb[SNP_TCB_PART_COUNT];         /* 0 to 255 each */
    uint64_t vmpl;                                    /* 0 to 3 */
    struct snp_policy policy;
    struct text_list products; /* "Milan"; absent: any */
};

/* The members of an infrastructure beside those of the original. */
enum platform_reference { PLATFORM_FMSPC = 0, PLATFORM_CHIP_IDS, PLATFORM_REFERENCE_COUNT };
extern const struct reference_kind platform_reference_kinds[PLATFORM_REFERENCE_COUNT];

/*
 * Does the part name the software at all? Its measurement is the one thing that the host cannot choose: values that
 * software extends itself (RTMRs) or that anybody may sign (an ID block under no known key) can be had by any.
 */
bool manifest_tdx_identifies(const struct manifest_tdx *tdx) MUST_CHECK;
bool manifest_snp_identifies(const struct manifest_snp *snp) MUST_CHECK;
