/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/snp_internal.h"

#include <stdlib.h>

static const char *signer_text(enum snp_signer signer)
{
    return signer == SNP_SIGNER_VLEK ? "VLEK" : "VCEK";
}

const struct ark_anchor *snp_anchor_of(const struct trust_anchors *anchors,
                                       const uint8_t spki_sha256[static SHA256_LEN])
{
    for (size_t i = 0; i < anchors->ark_count; i++) {
        if (bytes_equal(anchors->arks[i].spki_sha256, bytes_of(spki_sha256, SHA256_LEN)))
            return &anchors->arks[i];
    }
    return NULL;
}

/* ---- items ---- */

static bool has_item(const struct judgement *j, const char *step, const struct bundle_item *item)
{
    if (item->reason == REASON_NONE)
        return true;
    return verdict_fail(j, step, item->reason,
                        item->reason == REASON_COLLATERAL_MISSING
                            ? "%s: absent or empty"
                            : "%s: no text, no base64, or too long",
                        step);
}

static bool read_cert(const struct judgement *j, const char *step, const struct bundle_item *item,
                      struct cert **cert)
{
    struct err err = { 0 };

    return has_item(j, step, item) &&
           verdict_check(j, step, cert_chain_from_pem(item->bytes, cert, 1, &err),
                         REASON_CERT_CHAIN, "%s: %s", step, err.text);
}

/* An empty CRL is not the same as none. */
static bool read_crl(const struct judgement *j, const struct bundle_item *item, struct crl **crl)
{
    struct err err = { 0 };

    if (!item->present)
        return true;
    if (!has_item(j, "CRL", item))
        return false;
    *crl = crl_from_der(item->bytes, &err);
    return verdict_check(j, "CRL", *crl != NULL, REASON_COLLATERAL_FORMAT, "%s", err.text);
}

/* ---- the chain ---- */

static bool has_name(const struct judgement *j, const char *step, const struct cert *cert,
                     const char *prefix, const char *product)
{
    auto_string *name = mem_printf("%s%s", prefix, product);

    return verdict_check_text(j, step, bytes_of_string(name), cert_common_name(cert),
                              REASON_CERT_CHAIN);
}

static bool has_role(const struct judgement *j, const char *step, const struct cert *cert,
                     bool is_ca)
{
    struct err err = { 0 };

    return verdict_check(j, step, cert_has_role(cert, is_ca, &err), REASON_CERT_CHAIN, "%s: %s",
                         step, err.text);
}

static bool is_signed(const struct judgement *j, const char *step, const struct cert *cert,
                      const struct cert *issuer)
{
    struct err err = { 0 };

    return verdict_check(j, step, cert_is_signed_by(cert, issuer, SIGNATURE_PSS_SHA384, &err),
                         REASON_CERT_CHAIN, "%s: %s", step, err.text);
}

/* The product that a root says it is for, by its name. */
static struct bytes product_in_name(const struct cert *ark)
{
    const struct bytes name = cert_common_name(ark), prefix = BYTES_LITERAL("ARK-");

    return bytes_start_with(name, prefix) ? bytes_of(name.at + prefix.len, name.len - prefix.len)
                                          : BYTES_NONE;
}

/* Whether the key is a pinned one, and of which product. */
static bool check_anchor(const struct judgement *j, struct snp_collateral *c,
                         const struct trust_anchors *anchors)
{
    static const char *const step = "ARK is a trusted root";
    struct err err = { 0 };

    if (!cert_spki_sha256(c->ark, c->ark_spki_sha256, &err))
        return verdict_fail(j, step, REASON_CERT_CHAIN, "ARK: %s", err.text);
    const struct ark_anchor *const anchor = snp_anchor_of(anchors, c->ark_spki_sha256);
    if (anchor == NULL)
        return verdict_fail(j, step, REASON_CERT_CHAIN, "ARK: its key is none that is trusted");
    c->product = snp_product_of(anchor->product != NULL ? bytes_of_string(anchor->product)
                                                        : product_in_name(c->ark));
    return verdict_check(j, step, c->product != SNP_PRODUCT_NONE, REASON_CERT_CHAIN,
                         "ARK: its product is not known");
}

static bool check_roots(const struct judgement *j, struct snp_collateral *c,
                        const struct trust_anchors *anchors)
{
    return check_anchor(j, c, anchors) &&
           has_name(j, "name of the ARK", c->ark, "ARK-", snp_product_text(c->product)) &&
           has_role(j, "role of the ARK", c->ark, true) &&
           is_signed(j, "signature of the ARK", c->ark, c->ark);
}

static bool check_ask(const struct judgement *j, const struct snp_collateral *c)
{
    const bool vlek = c->claims.signer == SNP_SIGNER_VLEK;

    return has_name(j, vlek ? "name of the ASVK" : "name of the ASK", c->ask,
                    vlek ? "SEV-VLEK-" : "SEV-", snp_product_text(c->product)) &&
           has_role(j, "role of the ASK", c->ask, true) &&
           is_signed(j, "signature of the ASK", c->ask, c->ark);
}

static bool check_vek(const struct judgement *j, struct snp_collateral *c)
{
    static const char *const step = "key of the VEK";
    struct err err = { 0 };

    if (!has_role(j, "role of the VEK", c->vek, false) ||
        !is_signed(j, "signature of the VEK", c->vek, c->ask))
        return false;
    c->vek_key = cert_public_key(c->vek, &err);
    if (c->vek_key == NULL)
        return verdict_fail(j, step, REASON_CERT_CHAIN, "VEK: %s", err.text);
    return verdict_check(j, step, key_is_p384(c->vek_key), REASON_CERT_CHAIN,
                         "VEK: its key is not on P-384");
}

static bool read_claims(const struct judgement *j, struct snp_collateral *c)
{
    struct err err = { 0 };

    return verdict_check(j, "extensions of the VEK",
                         vek_claims_read(c->vek, c->product, &c->claims, &err), REASON_CERT_CHAIN,
                         "VEK: %s", err.text);
}

/* On the list of the ARK: serials of VEKs mean nothing there, they have another issuer. */
static bool check_crl(const struct judgement *j, const struct snp_collateral *c)
{
    struct err err = { 0 };

    return c->crl == NULL ||
           (verdict_check(j, "signature of the CRL",
                          crl_is_signed_by(c->crl, c->ark, SIGNATURE_PSS_SHA384, &err),
                          REASON_COLLATERAL_SIGNATURE, "CRL: %s", err.text) &&
            verdict_check(j, "ASK is not revoked", !crl_names(c->crl, c->ask), REASON_REVOKED,
                          "the ASK is on the CRL") &&
            verdict_check(j, "ARK is not revoked", !crl_names(c->crl, c->ark), REASON_REVOKED,
                          "the ARK is on its own CRL"));
}

static void add_cert(struct validities *all, const char *what, const struct cert *cert)
{
    validities_add(all, what, cert_not_before(cert), cert_not_after(cert));
}

static void note_validities(struct snp_collateral *c)
{
    int64_t end;

    add_cert(&c->validities, "ARK", c->ark);
    add_cert(&c->validities, c->claims.signer == SNP_SIGNER_VLEK ? "ASVK" : "ASK", c->ask);
    add_cert(&c->validities, signer_text(c->claims.signer), c->vek);
    if (c->crl == NULL)
        return;
    if (crl_next_update(c->crl, &end))
        validities_add(&c->validities, "CRL", crl_this_update(c->crl), end);
    else
        validities_add_endless(&c->validities, "CRL", crl_this_update(c->crl));
}

/* All that does not depend on a report or the time. A key is used only after its certificate was verified. */
static bool verify_all(struct snp_collateral *c, const struct bundle *bundle,
                       const struct trust_anchors *anchors)
{
    const struct judgement j = { &c->verdict, &c->arena };

    if (!read_cert(&j, "certificate of the VEK", &bundle->vek, &c->vek) ||
        !read_cert(&j, "certificate of the ASK", &bundle->ask, &c->ask) ||
        !read_cert(&j, "certificate of the ARK", &bundle->ark, &c->ark) ||
        !read_crl(&j, &bundle->crl, &c->crl) || !check_roots(&j, c, anchors) ||
        !read_claims(&j, c) || !check_ask(&j, c) || !check_vek(&j, c) || !check_crl(&j, c))
        return false;
    note_validities(c);
    return true;
}

struct snp_collateral *snp_collateral_parse(const struct bundle *bundle,
                                            const struct trust_anchors *anchors)
{
    struct snp_collateral *const c = mem_zero_alloc(1, sizeof *c);

    (void)verify_all(c, bundle, anchors);
    return c;
}

void snp_collateral_free(struct snp_collateral *collateral)
{
    if (collateral == NULL)
        return;
    cert_free(collateral->ark);
    cert_free(collateral->ask);
    cert_free(collateral->vek);
    crl_free(collateral->crl);
    key_free(collateral->vek_key);
    arena_clear(&collateral->arena);
    free(collateral);
}

void snp_collateral_summary(const struct snp_collateral *collateral,
                            struct collateral_summary *summary)
{
    summary->product =
        collateral->product == SNP_PRODUCT_NONE ? NULL : snp_product_text(collateral->product);
    summary->signing_key = collateral->claims.signer == SNP_SIGNER_VLEK ? "vlek" : "vcek";
    summary->chip_id = collateral->claims.hardware_id;
    summary->tcb = collateral->claims.tcb;
    summary->earliest_expiration = validities_earliest_end(&collateral->validities);
    summary->reason = collateral->verdict.reason;
    summary->detail = collateral->verdict.detail;
}
