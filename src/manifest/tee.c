/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/tee.h"

const struct reference_kind tdx_reference_kinds[TDX_REFERENCE_COUNT] = {
    [TDX_MRTD] = { "MRTD", 48 },
    [TDX_RTMR0] = { "RTMR0", 48 },
    [TDX_RTMR1] = { "RTMR1", 48 },
    [TDX_RTMR2] = { "RTMR2", 48 },
    [TDX_RTMR3] = { "RTMR3", 48 },
    [TDX_MRSEAM] = { "MRSEAM", 48 },
    [TDX_MRCONFIGID] = { "MRConfigID", 48 },
    [TDX_MROWNER] = { "MROwner", 48 },
    [TDX_MROWNERCONFIG] = { "MROwnerConfig", 48 },
    [TDX_MRSERVICETD] = { "MRServiceTD", 48 },
};

const struct reference_kind tdx_bits_kinds[TDX_BITS_COUNT] = {
    [TDX_TDATTRIBUTES] = { "TDAttributes", 8 },
    [TDX_XFAM] = { "XFAM", 8 },
};

const struct reference_kind snp_reference_kinds[SNP_REFERENCE_COUNT] = {
    [SNP_MEASUREMENT] = { "Measurement", 48 },
    [SNP_HOST_DATA] = { "HostData", 32 },
    [SNP_ID_KEY_DIGEST] = { "IDKeyDigest", 48 },
    [SNP_AUTHOR_KEY_DIGEST] = { "AuthorKeyDigest", 48 },
    [SNP_FAMILY_ID] = { "FamilyID", 16 },
    [SNP_IMAGE_ID] = { "ImageID", 16 },
};

const char *const snp_tcb_part_names[SNP_TCB_PART_COUNT] = {
    [SNP_TCB_BOOT_LOADER] = "BootLoader", [SNP_TCB_TEE] = "TEE", [SNP_TCB_SNP] = "SNP",
    [SNP_TCB_MICROCODE] = "Microcode",    [SNP_TCB_FMC] = "FMC",
};

const struct snp_policy_kind snp_policy_kinds[SNP_POLICY_FLAG_COUNT] = {
    [SNP_POLICY_SMT] = { "SMT", 16, true, true },
    [SNP_POLICY_MIGRATION_AGENT] = { "MigrationAgent", 18, true, false },
    [SNP_POLICY_CXL] = { "CXL", 21, true, false },
    [SNP_POLICY_SINGLE_SOCKET] = { "SingleSocket", 20, false, false },
    [SNP_POLICY_AES256XTS] = { "AES256XTS", 22, false, false },
    [SNP_POLICY_RAPL_DISABLED] = { "RAPLDisabled", 23, false, false },
    [SNP_POLICY_CIPHERTEXT_HIDING] = { "CiphertextHiding", 24, false, false },
    [SNP_POLICY_PAGE_SWAP_DISABLED] = { "PageSwapDisabled", 25, false, false },
};

const struct reference_kind platform_reference_kinds[PLATFORM_REFERENCE_COUNT] = {
    [PLATFORM_FMSPC] = { "FMSPC", 6 },
    [PLATFORM_CHIP_IDS] = { "ChipIDs", 64 },
};

static bool is_zero_hex(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '0')
            return false;
    }
    return true;
}

/* A value of zeros is what a platform reports that has none. */
static bool pins(const struct text_list *values)
{
    for (size_t i = 0; i < values->count; i++) {
        if (is_zero_hex(values->at[i]))
            return false;
    }
    return values->count > 0;
}

bool manifest_tdx_identifies(const struct manifest_tdx *tdx)
{
    return pins(&tdx->references[TDX_MRTD]);
}

bool manifest_snp_identifies(const struct manifest_snp *snp)
{
    return pins(&snp->references[SNP_MEASUREMENT]) || pins(&snp->references[SNP_ID_KEY_DIGEST]);
}
