/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

/*
 * The parts of a package for TDX and SEV-SNP. Unlike elsewhere a member that is not known fails, also in a stored record:
 * who misspells a reference value would otherwise accept every value.
 */

bool read_references(struct parse *p, const struct json *value, void *out)
{
    struct text_list *const list = out;

    if (value->type == JSON_ARRAY || value->type == JSON_NULL)
        return read_texts(p, value, list);
    struct bytes *const one = arena_alloc(p->arena, sizeof *one);
    if (!read_text(p, value, one))
        return false;
    *list = (struct text_list){ .present = true, .count = 1, .at = one };
    return true;
}

/* Hex, or both of value and mask. */
static bool read_masked(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Value", struct masked_reference, value, read_text),
        FIELD("Mask", struct masked_reference, mask, read_text),
    };
    struct masked_reference *const masked = out;

    *masked = (struct masked_reference){ .present = value->type != JSON_NULL, .source = value };
    if (value->type == JSON_OBJECT)
        return parse_known_fields(p, value, fields, COUNT_OF(fields), masked);
    return read_text(p, value, &masked->value);
}

#define TDX_LIST(which, name)                                                                      \
    {                                                                                              \
        (name), read_references, offsetof(struct manifest_tdx, references[which])                  \
    }

bool parse_tdx(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        TDX_LIST(TDX_MRTD, "MRTD"),
        TDX_LIST(TDX_RTMR0, "RTMR0"),
        TDX_LIST(TDX_RTMR1, "RTMR1"),
        TDX_LIST(TDX_RTMR2, "RTMR2"),
        TDX_LIST(TDX_RTMR3, "RTMR3"),
        TDX_LIST(TDX_MRSEAM, "MRSEAM"),
        TDX_LIST(TDX_MRCONFIGID, "MRConfigID"),
        TDX_LIST(TDX_MROWNER, "MROwner"),
        TDX_LIST(TDX_MROWNERCONFIG, "MROwnerConfig"),
        TDX_LIST(TDX_MRSERVICETD, "MRServiceTD"),
        FIELD("TDAttributes", struct manifest_tdx, bits[TDX_TDATTRIBUTES], read_masked),
        FIELD("XFAM", struct manifest_tdx, bits[TDX_XFAM], read_masked),
    };
    struct manifest_tdx *const tdx = out;

    *tdx = (struct manifest_tdx){ .present = value->type != JSON_NULL, .source = value };
    return parse_known_fields(p, value, fields, COUNT_OF(fields), tdx);
}

/* ---- SEV-SNP ---- */

static bool read_byte(struct parse *p, const struct json *value, void *out)
{
    return json_get_uint(value, UINT8_MAX, out, p->err);
}

static bool read_uint32(struct parse *p, const struct json *value, void *out)
{
    return json_get_uint(value, UINT32_MAX, out, p->err);
}

static bool read_vmpl(struct parse *p, const struct json *value, void *out)
{
    enum { VMPL_MAX = 3 };

    return json_get_uint(value, VMPL_MAX, out, p->err);
}

static bool read_minimum_tcb(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        { "BootLoader", read_byte, SNP_TCB_BOOT_LOADER * sizeof(uint64_t) },
        { "TEE", read_byte, SNP_TCB_TEE * sizeof(uint64_t) },
        { "SNP", read_byte, SNP_TCB_SNP * sizeof(uint64_t) },
        { "Microcode", read_byte, SNP_TCB_MICROCODE * sizeof(uint64_t) },
        { "FMC", read_byte, SNP_TCB_FMC * sizeof(uint64_t) },
    };

    return parse_known_fields(p, value, fields, COUNT_OF(fields), out);
}

static bool read_snp_policy(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("SMT", struct snp_policy, flags[SNP_POLICY_SMT], read_bool),
        FIELD("MigrationAgent", struct snp_policy, flags[SNP_POLICY_MIGRATION_AGENT], read_bool),
        FIELD("CXL", struct snp_policy, flags[SNP_POLICY_CXL], read_bool),
        FIELD("SingleSocket", struct snp_policy, flags[SNP_POLICY_SINGLE_SOCKET], read_bool),
        FIELD("AES256XTS", struct snp_policy, flags[SNP_POLICY_AES256XTS], read_bool),
        FIELD("RAPLDisabled", struct snp_policy, flags[SNP_POLICY_RAPL_DISABLED], read_bool),
        FIELD("CiphertextHiding", struct snp_policy, flags[SNP_POLICY_CIPHERTEXT_HIDING],
              read_bool),
        FIELD("PageSwapDisabled", struct snp_policy, flags[SNP_POLICY_PAGE_SWAP_DISABLED],
              read_bool),
        FIELD("ABIMajor", struct snp_policy, abi_major, read_byte),
        FIELD("ABIMinor", struct snp_policy, abi_minor, read_byte),
    };

    return parse_known_fields(p, value, fields, COUNT_OF(fields), out);
}

#define SNP_LIST(which, name)                                                                      \
    {                                                                                              \
        (name), read_references, offsetof(struct manifest_snp, references[which])                  \
    }

bool parse_snp(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        SNP_LIST(SNP_MEASUREMENT, "Measurement"),
        SNP_LIST(SNP_HOST_DATA, "HostData"),
        SNP_LIST(SNP_ID_KEY_DIGEST, "IDKeyDigest"),
        SNP_LIST(SNP_AUTHOR_KEY_DIGEST, "AuthorKeyDigest"),
        SNP_LIST(SNP_FAMILY_ID, "FamilyID"),
        SNP_LIST(SNP_IMAGE_ID, "ImageID"),
        FIELD("MinimumGuestSVN", struct manifest_snp, minimum_guest_svn, read_uint32),
        FIELD("MinimumTCB", struct manifest_snp, minimum_tcb, read_minimum_tcb),
        FIELD("VMPL", struct manifest_snp, vmpl, read_vmpl),
        FIELD("Policy", struct manifest_snp, policy, read_snp_policy),
        FIELD("Products", struct manifest_snp, products, read_texts),
    };
    struct manifest_snp *const snp = out;

    *snp = (struct manifest_snp){ .present = value->type != JSON_NULL, .source = value };
    for (size_t i = 0; i < SNP_POLICY_FLAG_COUNT; i++)
        snp->policy.flags[i] = snp_policy_kinds[i].by_default;
    return parse_known_fields(p, value, fields, COUNT_OF(fields), snp);
}
