/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

/* Packages and infrastructures, manifest.md 4 and 5. */

static const struct field package_fields[] = {
    FIELD("Debug", struct manifest_package, debug, read_bool),
    FIELD("UniqueID", struct manifest_package, unique_id, read_text),
    FIELD("SignerID", struct manifest_package, signer_id, read_text),
    FIELD("ProductID", struct manifest_package, product_id, read_optional_uint64),
    FIELD("SecurityVersion", struct manifest_package, security_version, read_optional_uint64),
    FIELD("AcceptedTCBStatuses", struct manifest_package, accepted_tcb_statuses, read_texts),
    FIELD("AcceptedAdvisories", struct manifest_package, accepted_advisories, read_texts),
    FIELD("TDX", struct manifest_package, tdx, parse_tdx),
    FIELD("SNP", struct manifest_package, snp, parse_snp),
};

bool parse_package(struct parse *p, const struct json *value, void *out)
{
    return parse_fields(p, value, package_fields, COUNT_OF(package_fields), out);
}

bool parse_known_package(struct parse *p, const struct json *value, void *out)
{
    return parse_known_fields(p, value, package_fields, COUNT_OF(package_fields), out);
}

bool parse_infrastructure(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("CPUSVN", struct manifest_infrastructure, cpu_svn, read_octets),
        FIELD("QESVN", struct manifest_infrastructure, qe_svn, read_optional_uint16),
        FIELD("PCESVN", struct manifest_infrastructure, pce_svn, read_optional_uint16),
        FIELD("RootCA", struct manifest_infrastructure, root_ca, read_octets),
        FIELD("FMSPC", struct manifest_infrastructure, references[PLATFORM_FMSPC], read_references),
        FIELD("ChipIDs", struct manifest_infrastructure, references[PLATFORM_CHIP_IDS],
              read_references),
    };

    return parse_fields(p, value, fields, COUNT_OF(fields), out);
}
