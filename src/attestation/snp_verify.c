/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/snp_internal.h"

/* ---- fields ---- */

static struct bytes flag_of(const struct judgement *j, bool flag)
{
    const uint8_t byte = flag;

    return arena_bytes(j->arena, bytes_of(&byte, sizeof byte));
}

static void add_guest_fields(const struct judgement *j, const struct snp_report *r)
{
    verdict_add_number_field(j, "version", r->version);
    verdict_add_number_field(j, "guest_svn", r->guest_svn);
    verdict_add_number_field(j, "policy", r->policy);
    verdict_add_number_field(j, "vmpl", r->vmpl);
    verdict_add_number_field(j, "platform_info", r->platform_info);
    verdict_add_number_field(j, "author_key_en", flag_of(j, r->author_key));
    verdict_add_number_field(j, "mask_chip_key", flag_of(j, r->masked_chip_key));
    verdict_add_field(j, "family_id", r->family_id);
    verdict_add_field(j, "image_id", r->image_id);
    verdict_add_field(j, "measurement", r->measurement);
    verdict_add_field(j, "host_data", r->host_data);
    verdict_add_field(j, "id_key_digest", r->id_key_digest);
    verdict_add_field(j, "author_key_digest", r->author_key_digest);
    verdict_add_field(j, "report_data", r->report_data);
    verdict_add_field(j, "report_id", r->report_id);
    verdict_add_field(j, "report_id_ma", r->report_id_ma);
}

static void add_platform_fields(const struct judgement *j, const struct snp_report *r)
{
    verdict_add_field(j, "reported_tcb", r->reported_tcb);
    verdict_add_field(j, "current_tcb", r->current_tcb);
    verdict_add_field(j, "committed_tcb", r->committed_tcb);
    verdict_add_field(j, "launch_tcb", r->launch_tcb);
    verdict_add_field(j, "chip_id", r->chip_id);
    if (r->has_cpuid) {
        verdict_add_number_field(j, "cpuid_family", r->cpuid_family);
        verdict_add_number_field(j, "cpuid_model", r->cpuid_model);
        verdict_add_number_field(j, "cpuid_stepping", r->cpuid_stepping);
    }
    verdict_add_field(j, "current_build", r->current_build);
    verdict_add_field(j, "committed_build", r->committed_build);
    verdict_add_number_field(j, "launch_mit_vector", r->launch_mitigations);
    verdict_add_number_field(j, "current_mit_vector", r->current_mitigations);
}

static bool read_tcb(const struct judgement *j, const char *name, struct bytes value,
                     enum snp_product product, struct snp_tcb *tcb)
{
    struct err err = { 0 };

    return snp_tcb_of(value, product, tcb, &err) ||
           verdict_fail(j, "shape of the report", REASON_FORMAT, "%s: %s", name, err.text);
}

/* What has to wait until the product is known. */
static bool read_tcbs(const struct judgement *j, const struct snp_report *r,
                      enum snp_product product)
{
    struct verdict *const v = j->verdict;

    v->product = snp_product_text(product);
    return read_tcb(j, "reported TCB", r->reported_tcb, product, &v->reported_tcb) &&
           read_tcb(j, "current TCB", r->current_tcb, product, &v->current_tcb) &&
           read_tcb(j, "committed TCB", r->committed_tcb, product, &v->committed_tcb) &&
           read_tcb(j, "launch TCB", r->launch_tcb, product, &v->launch_tcb);
}

static bool read_report(const struct judgement *j, struct bytes raw, struct snp_report *r)
{
    struct verdict *const v = j->verdict;
    struct err err = { 0 };

    v->tee = TEE_SNP;
    if (!snp_report_parse(raw, r, &err))
        return verdict_fail(j, "shape of the report", REASON_FORMAT, "%s", err.text);
    v->version = r->version_number;
    v->debug = r->debug;
    v->report_data = r->report_data;
    if (r->signer == SNP_SIGNER_VCEK || r->signer == SNP_SIGNER_VLEK)
        v->signing_key = r->signer == SNP_SIGNER_VCEK ? "vcek" : "vlek";
    add_guest_fields(j, r);
    add_platform_fields(j, r);
    if (r->product != SNP_PRODUCT_NONE && !read_tcbs(j, r, r->product))
        return false;
    verdict_passed(j, "shape of the report");
    return true;
}

bool snp_inspect(struct bytes report, struct arena *arena, struct verdict *verdict)
{
    const struct judgement j = { verdict, arena };
    struct snp_report r;

    return read_report(&j, report, &r);
}

/* ---- checks ---- */

static bool is_supported(const struct judgement *j, const struct snp_report *r)
{
    return verdict_check_number(j, "signature algorithm", SNP_ALGORITHM_P384, r->algorithm,
                                REASON_UNSUPPORTED) &&
           verdict_check(j, "signing key is VCEK or VLEK",
                         r->signer == SNP_SIGNER_VCEK || r->signer == SNP_SIGNER_VLEK,
                         REASON_UNSUPPORTED, "signing key: %u is not VCEK or VLEK", r->signer) &&
           verdict_check(j, "product is known", !r->has_cpuid || r->product != SNP_PRODUCT_NONE,
                         REASON_UNSUPPORTED, "product: CPUID family 0x%x, model 0x%x is not known",
                         r->has_cpuid ? r->cpuid_family.at[0] : 0u,
                         r->has_cpuid ? r->cpuid_model.at[0] : 0u);
}

/* The steps that were made with the bundle, and whether its root is trusted now too. */
static bool include_collateral(const struct judgement *j, const struct snp_collateral *c,
                               const struct trust_anchors *anchors)
{
    return verdict_include(j, &c->verdict) &&
           (snp_anchor_of(anchors, c->ark_spki_sha256) != NULL ||
            verdict_fail(j, "ARK is a trusted root", REASON_CERT_CHAIN,
                         "ARK: its key is none that is trusted"));
}

static bool chain_fits(const struct judgement *j, const struct snp_collateral *c,
                       const struct snp_report *r)
{
    const char *const product = snp_product_text(c->product);

    if (!r->has_cpuid) {
        if (!read_tcbs(j, r, c->product))
            return false;
    } else if (!verdict_check_text(j, "product of the report", bytes_of_string(product),
                                   bytes_of_string(snp_product_text(r->product)),
                                   REASON_CERT_CHAIN)) {
        return false;
    }
    return verdict_check(j, "kind of the VEK", c->claims.signer == r->signer, REASON_CERT_CHAIN,
                         "the report is signed by a %s, but the certificate is of the other kind",
                         r->signer == SNP_SIGNER_VLEK ? "VLEK" : "VCEK");
}

/* Little-endian to big-endian; the upper third has to be zero, else it is larger than the order. */
static bool reverse_number(struct bytes number, uint8_t out[static P384_RAW_LEN / 2])
{
    enum { NUMBER_LEN = P384_RAW_LEN / 2 };

    for (size_t i = 0; i < NUMBER_LEN; i++)
        out[i] = number.at[NUMBER_LEN - 1 - i];
    for (size_t i = NUMBER_LEN; i < number.len; i++) {
        if (number.at[i] != 0)
            return false;
    }
    return true;
}

static bool check_signature(const struct judgement *j, const struct snp_collateral *c,
                            const struct snp_report *r)
{
    uint8_t raw[P384_RAW_LEN];
    struct err err = { 0 };
    const bool verified =
        (reverse_number(r->r, raw) && reverse_number(r->s, raw + P384_RAW_LEN / 2)) ||
        err_set(&err, FAIL_DENIED, "r or s is too large");

    return verdict_check(j, "signature of the report",
                         verified && key_verify_p384_raw(c->vek_key, r->signed_part, raw, &err),
                         REASON_QUOTE_SIGNATURE, "signature of the report: %s", err.text);
}

static bool check_tcb(const struct judgement *j, const struct snp_tcb *cert,
                      const struct snp_tcb *report)
{
    return (!cert->has_fmc || verdict_check_number(j, "FMC SVN of the reported TCB", cert->fmc,
                                                   report->fmc, REASON_TCB_MISMATCH)) &&
           verdict_check_number(j, "boot loader SVN of the reported TCB", cert->boot_loader,
                                report->boot_loader, REASON_TCB_MISMATCH) &&
           verdict_check_number(j, "TEE SVN of the reported TCB", cert->tee, report->tee,
                                REASON_TCB_MISMATCH) &&
           verdict_check_number(j, "SNP firmware SVN of the reported TCB", cert->snp, report->snp,
                                REASON_TCB_MISMATCH) &&
           verdict_check_number(j, "microcode SVN of the reported TCB", cert->microcode,
                                report->microcode, REASON_TCB_MISMATCH);
}

static bool is_zero(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        if (b.at[i] != 0)
            return false;
    }
    return true;
}

/* A host may hide the chip id. That of Turin is shorter than its place. A VLEK names no chip at all. */
static bool check_chip(const struct judgement *j, const struct vek_claims *claims,
                       const struct snp_report *r)
{
    static const char *const step = "chip id";
    const size_t len = claims->hardware_id.len;

    if (is_zero(r->chip_id)) {
        verdict_passed(j, "chip id (not told)");
        return true;
    }
    if (!is_zero(bytes_of(r->chip_id.at + len, r->chip_id.len - len)))
        return verdict_fail(j, step, REASON_TCB_MISMATCH,
                            "chip id: longer than the certificate's hardware id of %zu bytes", len);
    return verdict_check_bytes(j, step, claims->hardware_id, bytes_of(r->chip_id.at, len),
                               REASON_TCB_MISMATCH);
}

static bool check_kind(const struct judgement *j, const struct vek_claims *claims)
{
    const bool vlek = claims->signer == SNP_SIGNER_VLEK;

    return verdict_check(j, "extensions are of one kind",
                         claims->has_hardware_id != vlek && claims->has_csp_id == vlek,
                         REASON_TCB_MISMATCH,
                         "VEK: it has both a chip's and a provider's id, or "
                         "one that its kind does not have");
}

static bool judge(const struct judgement *j, const struct snp_collateral *c,
                  const struct trust_anchors *anchors, int64_t now, const struct snp_report *r)
{
    if (c == NULL)
        return verdict_fail(j, "collateral", REASON_COLLATERAL_MISSING,
                            "there is no bundle for snp");
    if (!include_collateral(j, c, anchors))
        return false;
    j->verdict->revocation_checked = c->crl != NULL;
    return chain_fits(j, c, r) && verdict_check_time(j, &c->validities, now) &&
           check_signature(j, c, r) && check_kind(j, &c->claims) &&
           check_tcb(j, &c->claims.tcb, &j->verdict->reported_tcb) && check_chip(j, &c->claims, r);
}

bool snp_verify(struct bytes report, const struct snp_collateral *collateral,
                const struct trust_anchors *anchors, int64_t now, struct arena *arena,
                struct verdict *verdict)
{
    const struct judgement j = { verdict, arena };
    struct snp_report r;

    return read_report(&j, report, &r) && is_supported(&j, &r) &&
           judge(&j, collateral, anchors, now, &r);
}
