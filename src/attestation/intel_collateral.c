/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/intel_collateral.h"

#include <stdlib.h>

#include "crypto/key.h"

static struct judgement judging(struct intel_collateral *c, struct verdict *part)
{
    return (struct judgement){ part, &c->arena };
}

/* Has the bundle this item? The bundle's own reason otherwise. That it is there is no step of its own. */
static bool need_item(const struct judgement *j, const struct bundle_item *item, const char *step)
{
    return item->reason == REASON_NONE ||
           verdict_fail(j, step, item->reason,
                        item->reason == REASON_COLLATERAL_MISSING ? "%s: it is not there"
                                                                  : "%s: it cannot be read",
                        step);
}

/* ---- CRLs (attestation.md, 6, step 2) ---- */

static struct crl *read_crl(const struct judgement *j, const struct bundle_item *item,
                            const char *step)
{
    struct err err = { 0 };

    if (!need_item(j, item, step))
        return NULL;
    struct crl *const crl = crl_from_der(item->bytes, &err);
    if (crl == NULL)
        (void)verdict_fail(j, step, REASON_COLLATERAL_FORMAT, "%s: %s", step, err.text);
    return crl;
}

static bool read_chain(const struct judgement *j, const struct bundle_item *item, const char *step,
                       const struct trust_anchors *anchors, const struct intel_chain *known,
                       struct intel_chain *chain)
{
    const struct intel_known those = { known, NULL };

    return need_item(j, item, step) && intel_chain_read(j, item->bytes, &those, chain) &&
           intel_chain_judge(j, anchors, &those, chain);
}

static bool check_crl(const struct judgement *j, const struct crl *crl, const struct cert *issuer,
                      const char *step)
{
    struct err err = { 0 };

    return verdict_check(j, step, crl_is_signed_by(crl, issuer, SIGNATURE_ECDSA_P256_SHA256, &err),
                         REASON_COLLATERAL_SIGNATURE, "%s: %s", step, err.text);
}

static void add_crl_validity(struct validities *all, const char *what, const struct crl *crl)
{
    int64_t next = 0;

    if (crl_next_update(crl, &next))
        validities_add(all, what, crl_this_update(crl), next);
    else
        validities_add_endless(all, what, crl_this_update(crl));
}

static bool judge_crls(struct intel_collateral *c, const struct bundle *bundle,
                       const struct trust_anchors *anchors)
{
    const struct judgement j = judging(c, &c->crls);

    c->root_crl = read_crl(&j, &bundle->root_ca_crl, "root CA CRL is in the bundle");
    if (c->root_crl == NULL)
        return false;
    c->pck_crl = read_crl(&j, &bundle->pck_crl, "PCK CRL is in the bundle");
    if (c->pck_crl == NULL ||
        !read_chain(&j, &bundle->pck_crl_issuer_chain, "PCK CRL issuer chain is in the bundle",
                    anchors, NULL, &c->crl_issuer) ||
        !check_crl(&j, c->root_crl, intel_chain_root(&c->crl_issuer), "root CA CRL: signature") ||
        !check_crl(&j, c->pck_crl, c->crl_issuer.certs[0], "PCK CRL: signature"))
        return false;
    intel_chain_add_validities(&c->crl_issuer, &c->validities);
    add_crl_validity(&c->validities, "root CA CRL", c->root_crl);
    add_crl_validity(&c->validities, "PCK CRL", c->pck_crl);
    return true;
}

/* ---- signers of the documents (steps 3 and 4) ---- */

/* The root CA CRL is of one root; what another one signed could not be revoked by it. */
static bool check_same_root(const struct judgement *j, const struct intel_collateral *c,
                            const struct intel_chain *chain, const char *step)
{
    return verdict_check(
        j, step,
        c->crl_issuer.good &&
            cert_same_authority(intel_chain_root(chain), intel_chain_root(&c->crl_issuer)),
        REASON_CERT_CHAIN, "%s: it is another one", step);
}

static bool judge_signers(struct intel_collateral *c, const struct bundle *bundle,
                          const struct trust_anchors *anchors)
{
    const struct judgement j = judging(c, &c->signers);

    c->info_signer.kind = INTEL_CHAIN_TCB_INFO;
    c->qe_signer.kind = INTEL_CHAIN_QE_IDENTITY;
    /* Chains mostly share the root, and both signers are mostly one certificate: no signature is verified twice. */
    if (!read_chain(&j, &bundle->tcb_info_issuer_chain, "TCB info issuer chain is in the bundle",
                    anchors, &c->crl_issuer, &c->info_signer) ||
        !check_same_root(&j, c, &c->info_signer, "TCB info issuer chain: root of the CRL") ||
        !read_chain(&j, &bundle->qe_identity_issuer_chain,
                    "QE identity issuer chain is in the bundle", anchors, &c->info_signer,
                    &c->qe_signer) ||
        !check_same_root(&j, c, &c->qe_signer, "QE identity issuer chain: root of the CRL"))
        return false;
    intel_chain_add_validities(&c->info_signer, &c->validities);
    intel_chain_add_validities(&c->qe_signer, &c->validities);
    return true;
}

static bool judge_revocations(struct intel_collateral *c)
{
    const struct judgement j = judging(c, &c->revocations);

    return verdict_check(&j, "CA of the PCK CRL is not revoked",
                         !crl_names(c->root_crl, c->crl_issuer.certs[0]), REASON_REVOKED,
                         "the issuer of the PCK CRL is on the root CA CRL") &&
           verdict_check(&j, "TCB info signing certificate is not revoked",
                         !crl_names(c->root_crl, c->info_signer.certs[0]), REASON_REVOKED,
                         "the TCB info signing certificate is on the root CA CRL") &&
           verdict_check(&j, "QE identity signing certificate is not revoked",
                         !crl_names(c->root_crl, c->qe_signer.certs[0]), REASON_REVOKED,
                         "the QE identity signing certificate is on the root CA CRL");
}

/* ---- documents (step 5) ---- */

/* What a kind of document is called, and how it is read into the collateral. */
struct document {
    const char *present, *readable, *signature;
    const char *member; /* of the response that is signed */
    bool (*parse)(const struct json *document, struct intel_collateral *c, struct err *err);
};

static bool parse_tcb_info(const struct json *document, struct intel_collateral *c, struct err *err)
{
    return tcb_info_parse(document, &c->arena, &c->tcb_info, err);
}

static bool parse_qe_identity(const struct json *document, struct intel_collateral *c,
                              struct err *err)
{
    return qe_identity_parse(document, &c->arena, &c->qe_identity, err);
}

static bool is_signed_by(const struct signed_json *json, const struct cert *signer, struct err *err)
{
    auto_key *key = cert_public_key(signer, err);

    return key != NULL && key_verify_p256_raw(key, json->signed_bytes, json->signature, err);
}

static bool judge_document(struct intel_collateral *c, const struct bundle_item *item,
                           const struct intel_chain *signer, const struct document *document)
{
    const struct judgement j = judging(c, &c->documents);
    struct signed_json json;
    struct err err = { 0 };
    auto_arena tree = { 0 };

    if (!need_item(&j, item, document->present))
        return false;
    if (!signed_json_parse(item->bytes, document->member, &tree, &json, &err) ||
        !document->parse(json.document, c, &err))
        return verdict_fail(&j, document->readable, REASON_COLLATERAL_FORMAT, "%s: %s",
                            document->readable, err.text);
    verdict_passed(&j, document->readable);
    return verdict_check(&j, document->signature,
                         signer->good && is_signed_by(&json, signer->certs[0], &err),
                         REASON_COLLATERAL_SIGNATURE, "%s: %s", document->signature, err.text);
}

static bool judge_documents(struct intel_collateral *c, const struct bundle *bundle)
{
    static const struct document tcb_info = { "TCB info is in the bundle", "TCB info: format",
                                              "TCB info: signature", "tcbInfo", parse_tcb_info };
    static const struct document qe_identity = { "QE identity is in the bundle",
                                                 "QE identity: format", "QE identity: signature",
                                                 "enclaveIdentity", parse_qe_identity };

    if (!judge_document(c, &bundle->tcb_info, &c->info_signer, &tcb_info) ||
        !judge_document(c, &bundle->qe_identity, &c->qe_signer, &qe_identity))
        return false;
    validities_add(&c->validities, "TCB info", c->tcb_info.issue_date, c->tcb_info.next_update);
    validities_add(&c->validities, "QE identity", c->qe_identity.issue_date,
                   c->qe_identity.next_update);
    return true;
}

/* ---- the whole ---- */

struct intel_collateral *intel_collateral_parse(const struct bundle *bundle,
                                                const struct trust_anchors *anchors)
{
    struct intel_collateral *const c = mem_zero_alloc(1, sizeof *c);

    c->leaves = leaf_cache_new();
    c->crl_issuer.kind = INTEL_CHAIN_CRL_ISSUER;
    c->pck_chain_reason = bundle->pck_certificate_chain.reason;
    if (c->pck_chain_reason == REASON_NONE)
        c->pck_chain = arena_bytes(&c->arena, bundle->pck_certificate_chain.bytes);
    /* The verifier stops at the first part that failed, so that later ones are not needed then. */
    if (judge_crls(c, bundle, anchors) && judge_signers(c, bundle, anchors) && judge_revocations(c))
        (void)judge_documents(c, bundle);
    return c;
}

void intel_collateral_free(struct intel_collateral *c)
{
    if (c == NULL)
        return;
    leaf_cache_free(c->leaves);
    crl_free(c->root_crl);
    crl_free(c->pck_crl);
    intel_chain_clear(&c->crl_issuer);
    intel_chain_clear(&c->info_signer);
    intel_chain_clear(&c->qe_signer);
    arena_clear(&c->arena);
    free(c);
}

static const struct verdict *first_failed(const struct intel_collateral *c)
{
    const struct verdict *const parts[] = { &c->crls, &c->signers, &c->revocations, &c->documents };

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (parts[i]->reason != REASON_NONE)
            return parts[i];
    }
    return NULL;
}

void intel_collateral_summary(const struct intel_collateral *c, struct collateral_summary *summary)
{
    const struct verdict *const failed = first_failed(c);
    const uint64_t info = c->tcb_info.evaluation_number, qe = c->qe_identity.evaluation_number;

    if (c->crl_issuer.good)
        summary->pck_ca = pck_ca_name(cert_common_name(c->crl_issuer.certs[0]));
    if (failed != NULL) {
        summary->reason = failed->reason;
        summary->detail = failed->detail;
        return;
    }
    /* As it is signed: nothing signs what a bundle says of itself. */
    summary->tee = c->tcb_info.tee;
    summary->fmspc = bytes_of(c->tcb_info.fmspc, sizeof c->tcb_info.fmspc);
    summary->evaluation_number = info < qe ? info : qe;
    summary->earliest_expiration = validities_earliest_end(&c->validities);
}
