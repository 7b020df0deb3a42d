/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text.h"
#include "manifest/check.h"
#include "manifest/parse.h"

enum { SGX_ID_LEN = 32 }; /* bytes of MRENCLAVE and MRSIGNER */

static bool check_id(const struct manifest_package *package, const char *member, struct bytes id,
                     struct err *err)
{
    auto_buf value = { 0 };
    struct err why = { 0 };

    if (id.len == 0 || (hex_decode(&value, id, &why) && value.len == SGX_ID_LEN))
        return true;
    return manifest_refuse(package->source, member, err, "%s has to be %d bytes in hex", member,
                           SGX_ID_LEN);
}

static bool refuse_missing(const struct manifest_package *package, const char *what,
                           struct err *err)
{
    return manifest_refuse(package->source, NULL, err, "there is no %s: any software would fit",
                           what);
}

/* The tools that build enclaves give all four values at once, unlike a manifest, which takes one kind. */
static bool check_enclave(const struct manifest_package *package, struct err *err)
{
    const bool signer = package->signer_id.len > 0, product = package->product_id.present,
               version = package->security_version.present;

    if (!check_id(package, "UniqueID", package->unique_id, err) ||
        !check_id(package, "SignerID", package->signer_id, err))
        return false;
    if (package->unique_id.len > 0 || (signer && product && version))
        return true;
    if (signer)
        return refuse_missing(package, product ? "SecurityVersion" : "ProductID", err);
    if (product || version)
        return refuse_missing(package, "UniqueID and no SignerID", err);
    return package->tdx.present || package->snp.present ||
           refuse_missing(package, "UniqueID, SignerID, TDX or SNP", err);
}

/* By the rule for manifests. It takes a debug package without a measurement, which would be any software. */
static bool check_guests(const struct manifest_package *package, struct err *err)
{
    static const struct manifest_check_options options;
    struct manifest_package production = *package;
    const struct manifest_marble marble = { .package = package->name };
    const struct manifest m = {
        .package_count = 1, .packages = &production, .marble_count = 1, .marbles = &marble
    };

    production.debug = false;
    return check_tee_values(&m, &options, err);
}

bool manifest_package_parse(struct bytes text, struct bytes name, struct arena *arena,
                            struct manifest_package *package, struct err *err)
{
    struct rows objections = { .size = sizeof(struct manifest_objection) };
    struct parse p = { .arena = arena, .err = err, .objections = &objections };
    const struct json *const json =
        json_parse(arena_bytes(arena, text), JSON_TRAILING_REFUSED, arena, err);

    if (json == NULL)
        return false;
    *package = (struct manifest_package){ .name = arena_bytes(arena, name), .source = json };
    if (json->type != JSON_OBJECT)
        return json_fail(json, err, "this is not an object");
    return parse_known_package(&p, json, package) && check_enclave(package, err) &&
           check_guests(package, err);
}
