/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/intel.h"

#include "attestation/intel_collateral.h"
#include "attestation/intel_report.h"
#include "attestation/intel_signature.h"
#include "attestation/intel_tcb.h"
#include "base/reader.h"
#include "crypto/hash.h"
#include "crypto/key.h"

/* The steps of attestation.md, 6, in their order. Each function is one and returns whether it passed. */

/* What is at hand while one quote is verified. */
struct verification {
    struct judgement j;
    const struct quote *quote;
    const struct intel_collateral *collateral; /* NULL: none */
    const struct intel_collateral *pck_source; /* of a PCK chain that the quote lacks; NULL: none */
    const struct trust_anchors *anchors;
    int64_t now;
    struct quote_signature signature;
    struct enclave_report qe;
    struct intel_chain pck_chain;
    struct pck pck;
    struct key *pck_key; /* owned */
};

static void verification_clear(struct verification *v)
{
    intel_chain_clear(&v->pck_chain);
    key_free(v->pck_key);
}
#define auto_verification struct verification CLEANUP(verification_clear)

static uint16_t number_of(struct bytes two)
{
    struct reader r = reader_over(two);

    return reader_u16le(&r, "number");
}

/* ---- step 0 ---- */

static struct bytes without_nuls(struct bytes text)
{
    while (text.len > 0 && text.at[text.len - 1] == 0)
        text.len--;
    return text;
}

static bool parse(struct verification *v)
{
    enum { KEY_ECDSA_P256 = 2 };
    static const char step[] = "format of the quote";
    struct err err = { 0 };

    intel_describe(&v->j, v->quote);
    if (v->quote->key_type != KEY_ECDSA_P256)
        return verdict_fail(&v->j, step, REASON_UNSUPPORTED,
                            "quote: attestation key type %u; only %d, ECDSA on P-256, is supported",
                            v->quote->key_type, KEY_ECDSA_P256);
    if (!quote_signature_parse(v->quote, &v->signature, &err))
        return verdict_fail(&v->j, step, REASON_FORMAT, "quote: %s", err.text);
    v->j.verdict->cert_data_type = v->signature.cert_data_type;
    if (v->signature.cert_data_type == CERT_DATA_CHAIN)
        v->j.verdict->pck_chain = without_nuls(v->signature.cert_data);
    enclave_report_read(v->signature.qe_report, &v->qe);
    v->j.verdict->qe_isvsvn = number_of(v->qe.isvsvn);
    verdict_passed(&v->j, step);
    return true;
}

/* ---- step 1 ---- */

/* That of the quote, or the one that came with the collateral. */
static bool find_pck_chain(const struct verification *v, struct bytes *pem)
{
    static const char step[] = "PCK chain is there";
    const struct intel_collateral *const c = v->pck_source;
    const enum reason reason = c == NULL ? REASON_COLLATERAL_MISSING : c->pck_chain_reason;

    if (v->signature.cert_data_type == CERT_DATA_CHAIN) {
        *pem = v->j.verdict->pck_chain;
        return true;
    }
    *pem = reason == REASON_NONE ? c->pck_chain : BYTES_NONE;
    return verdict_check(&v->j, step, reason == REASON_NONE, reason,
                         "%s: the quote has certification data of type %d, and the collateral no "
                         "PCK chain",
                         step, v->signature.cert_data_type);
}

/* What the PCK certificate says about its platform. */
static bool read_pck(struct verification *v, const struct cert *leaf)
{
    static const char step[] = "PCK certificate: SGX extension";
    struct verdict *const verdict = v->j.verdict;
    struct bytes extension;
    struct err err = { 0 };

    if (!cert_extension(leaf, PCK_EXTENSION_OID, &extension))
        return verdict_fail(&v->j, step, REASON_CERT_CHAIN, "%s: it has none", step);
    v->pck_key = cert_public_key(leaf, &err);
    if (v->pck_key == NULL || !pck_parse(extension, &v->pck, &err))
        return verdict_fail(&v->j, step, REASON_CERT_CHAIN, "%s: %s", step, err.text);
    verdict->fmspc = arena_bytes(v->j.arena, bytes_of(v->pck.fmspc, sizeof v->pck.fmspc));
    verdict->pceid = arena_bytes(v->j.arena, bytes_of(v->pck.pceid, sizeof v->pck.pceid));
    verdict->ppid = arena_bytes(v->j.arena, bytes_of(v->pck.ppid, sizeof v->pck.ppid));
    verdict->pcesvn = v->pck.pcesvn;
    for (size_t i = 0; i < PCK_COMPONENTS; i++)
        verdict->pck_components[i] = v->pck.components[i];
    verdict->pck_ca = pck_ca_name(cert_issuer_common_name(leaf));
    verdict_passed(&v->j, step);
    return true;
}

static bool judge_pck_chain(struct verification *v)
{
    const struct intel_collateral *const c = v->collateral;
    const struct intel_known known = { c == NULL ? NULL : &c->crl_issuer,
                                       c == NULL ? NULL : c->leaves };
    struct bytes pem;

    v->pck_chain.kind = INTEL_CHAIN_PCK;
    if (!find_pck_chain(v, &pem) || !intel_chain_read(&v->j, pem, &known, &v->pck_chain) ||
        !intel_chain_judge(&v->j, v->anchors, &known, &v->pck_chain) ||
        !read_pck(v, v->pck_chain.certs[0]))
        return false;
    v->j.verdict->root_ca = arena_bytes(v->j.arena, cert_der(intel_chain_root(&v->pck_chain)));
    return true;
}

/* ---- steps 2 to 5: the verdicts about the collateral, and what ties it to this quote ---- */

static bool judge_crls(const struct verification *v)
{
    const struct intel_collateral *const c = v->collateral;

    return verdict_include(&v->j, &c->crls) &&
           verdict_check(&v->j, "PCK CRL is of the CA of the PCK certificate",
                         cert_same_authority(c->crl_issuer.certs[0], v->pck_chain.certs[1]),
                         REASON_CERT_CHAIN,
                         "the PCK CRL is of another CA than the PCK certificate") &&
           verdict_check(&v->j, "root CA CRL is of the root of the PCK chain",
                         cert_same_authority(intel_chain_root(&c->crl_issuer),
                                             intel_chain_root(&v->pck_chain)),
                         REASON_CERT_CHAIN,
                         "the root CA CRL is of another root than the PCK chain");
}

static bool check_revocation(const struct verification *v)
{
    const struct intel_collateral *const c = v->collateral;

    return verdict_include(&v->j, &c->revocations) &&
           verdict_check(&v->j, "CA of the PCK certificate is not revoked",
                         !crl_names(c->root_crl, v->pck_chain.certs[1]), REASON_REVOKED,
                         "the CA of the PCK certificate is on the root CA CRL") &&
           verdict_check(&v->j, "PCK certificate is not revoked",
                         !crl_names(c->pck_crl, v->pck_chain.certs[0]), REASON_REVOKED,
                         "the PCK certificate is on the PCK CRL");
}

/* ---- step 6 ---- */

static bool check_time(const struct verification *v)
{
    struct validities all = { 0 };

    intel_chain_add_validities(&v->pck_chain, &all);
    if (v->collateral != NULL)
        validities_add_all(&all, &v->collateral->validities);
    return verdict_check_time(&v->j, &all, v->now);
}

/* ---- steps 7 and 8 ---- */

static bool check_tcb_info(const struct verification *v)
{
    const struct tcb_info *const info = &v->collateral->tcb_info;

    return verdict_check_text(&v->j, "TCB info: TEE", bytes_of_string(tee_text(v->quote->tee)),
                              bytes_of_string(tee_text(info->tee)), REASON_TCB_INFO_MISMATCH) &&
           verdict_check_bytes(&v->j, "TCB info: FMSPC", v->j.verdict->fmspc,
                               bytes_of(info->fmspc, sizeof info->fmspc),
                               REASON_TCB_INFO_MISMATCH) &&
           verdict_check_bytes(&v->j, "TCB info: PCEID", v->j.verdict->pceid,
                               bytes_of(info->pceid, sizeof info->pceid), REASON_TCB_INFO_MISMATCH);
}

/* value under the mask, in the arena. */
static struct bytes masked(const struct verification *v, struct bytes value, const uint8_t *mask)
{
    uint8_t *const out = arena_alloc(v->j.arena, value.len);

    for (size_t i = 0; i < value.len; i++)
        out[i] = value.at[i] & mask[i];
    return bytes_of(out, value.len);
}

static bool check_tdx_module(const struct verification *v)
{
    enum { MODULE_MAJOR = 1 };
    static const char step[] = "TDX module: identity";
    static const uint8_t zero[MODULE_ATTRIBUTES_LEN];
    struct td_report td;

    if (v->quote->tee != TEE_TDX)
        return true;
    td_report_read(v->quote->body, &td);
    const uint8_t major = td.tee_tcb_svn.at[MODULE_MAJOR];
    const struct tdx_module *const module = tcb_info_module(&v->collateral->tcb_info, major);
    if (module == NULL)
        return verdict_fail(&v->j, step, REASON_TDX_MODULE_MISMATCH,
                            "%s: the TCB info has none of major version %u", step, major);
    verdict_passed(&v->j, step);
    const struct bytes wanted =
        masked(v, bytes_of(module->attributes, sizeof module->attributes), module->attributes_mask);
    return verdict_check_bytes(&v->j, "TDX module: MRSIGNERSEAM",
                               bytes_of(module->mrsigner, sizeof module->mrsigner), td.mrsignerseam,
                               REASON_TDX_MODULE_MISMATCH) &&
           verdict_check_bytes(&v->j, "TDX module: SEAMATTRIBUTES under the mask", wanted,
                               masked(v, td.seamattributes, module->attributes_mask),
                               REASON_TDX_MODULE_MISMATCH) &&
           /* Which also says that the bits outside of the mask are zero. */
           verdict_check_bytes(&v->j, "TDX module: SEAMATTRIBUTES are zero",
                               bytes_of(zero, sizeof zero), td.seamattributes,
                               REASON_TDX_MODULE_MISMATCH);
}

/* ---- steps 9 to 12 ---- */

static bool check_signature(const struct verification *v, const char *step, const struct key *key,
                            struct bytes message, struct bytes raw, enum reason reason)
{
    struct err err = { 0 };

    return verdict_check(&v->j, step, key_verify_p256_raw(key, message, raw.at, &err), reason,
                         "%s: %s", step, err.text);
}

static bool check_qe_report(const struct verification *v)
{
    return check_signature(v, "signature of the QE report", v->pck_key, v->signature.qe_report,
                           v->signature.qe_report_signature, REASON_QE_REPORT_SIGNATURE);
}

static bool check_key_binding(const struct verification *v)
{
    static const char step[] = "the QE report names the attestation key";
    const struct bytes parts[] = { v->signature.attestation_key,
                                   v->signature.qe_authentication_data };
    uint8_t wanted[REPORT_DATA_LEN] = { 0 };
    struct err err = { 0 };

    if (!sha256_parts(parts, COUNT_OF(parts), wanted, &err))
        return verdict_fail(&v->j, step, REASON_QE_REPORT_DATA, "%s: %s", step, err.text);
    return verdict_check_bytes(&v->j, step, bytes_of(wanted, sizeof wanted), v->qe.report_data,
                               REASON_QE_REPORT_DATA);
}

static bool check_qe_identity(const struct verification *v)
{
    const struct qe_identity *const id = &v->collateral->qe_identity;

    return verdict_check_text(&v->j, "QE identity: TEE", bytes_of_string(tee_text(v->quote->tee)),
                              bytes_of_string(tee_text(id->tee)), REASON_QE_IDENTITY_MISMATCH) &&
           verdict_check_bytes(
               &v->j, "QE identity: MISCSELECT", bytes_of(id->miscselect, sizeof id->miscselect),
               masked(v, v->qe.miscselect, id->miscselect_mask), REASON_QE_IDENTITY_MISMATCH) &&
           verdict_check_bytes(
               &v->j, "QE identity: ATTRIBUTES", bytes_of(id->attributes, sizeof id->attributes),
               masked(v, v->qe.attributes, id->attributes_mask), REASON_QE_IDENTITY_MISMATCH) &&
           verdict_check_bytes(&v->j, "QE identity: MRSIGNER",
                               bytes_of(id->mrsigner, sizeof id->mrsigner), v->qe.mrsigner,
                               REASON_QE_IDENTITY_MISMATCH) &&
           verdict_check_number(&v->j, "QE identity: ISVPRODID", id->isvprodid,
                                number_of(v->qe.isvprodid), REASON_QE_IDENTITY_MISMATCH);
}

static bool check_quote(const struct verification *v)
{
    static const char step[] = "signature of the quote";
    struct err err = { 0 };
    auto_key *key = key_from_p256_raw(v->signature.attestation_key.at, &err);

    if (key == NULL)
        return verdict_fail(&v->j, step, REASON_QUOTE_SIGNATURE, "%s: attestation key: %s", step,
                            err.text);
    return check_signature(v, step, key, v->quote->signed_part, v->signature.signature,
                           REASON_QUOTE_SIGNATURE);
}

/* ---- steps 13 and 14 ---- */

static void report_level(const struct verification *v, const struct level_verdict *level,
                         const struct bytes **own, size_t *own_count)
{
    struct verdict *const verdict = v->j.verdict;

    if (level == NULL)
        return;
    verdict_add_advisories(&v->j, &verdict->advisories, &verdict->advisory_count, level->advisories,
                           level->advisory_count);
    if (own != NULL)
        verdict_add_advisories(&v->j, own, own_count, level->advisories, level->advisory_count);
}

static void report_tcb(const struct verification *v, const struct tcb_result *result)
{
    const struct intel_collateral *const c = v->collateral;
    struct verdict *const verdict = v->j.verdict;

    verdict->tcb_status = result->status;
    verdict->qe_tcb_status = result->qe_status;
    verdict->module_tcb_status = result->module_status;
    if (result->platform != NULL) {
        verdict->platform_tcb_status = result->platform->status;
        verdict->tcb_date = result->platform->date;
    }
    if (result->qe != NULL)
        verdict->qe_tcb_date = result->qe->date;
    report_level(v, result->platform, &verdict->platform_advisories,
                 &verdict->platform_advisory_count);
    report_level(v, result->qe, &verdict->qe_advisories, &verdict->qe_advisory_count);
    report_level(v, result->module, NULL, NULL);
    verdict->evaluation_number = c->tcb_info.evaluation_number < c->qe_identity.evaluation_number
                                     ? c->tcb_info.evaluation_number
                                     : c->qe_identity.evaluation_number;
}

static bool evaluate_tcb(const struct verification *v)
{
    static const char step[] = "TCB level";
    struct tcb_platform platform = { .tee = v->quote->tee,
                                     .pck = &v->pck,
                                     .qe_isvsvn = v->j.verdict->qe_isvsvn };
    struct tcb_result result;
    struct td_report td;
    struct err err = { 0 };

    if (v->quote->tee == TEE_TDX) {
        td_report_read(v->quote->body, &td);
        platform.tee_tcb_svn = td.tee_tcb_svn;
        platform.tee_tcb_svn2 = td.tee_tcb_svn2;
    }
    const enum reason reason = tcb_evaluate(&v->collateral->tcb_info, &v->collateral->qe_identity,
                                            &platform, &result, &err);
    report_tcb(v, &result);
    return verdict_check(&v->j, step, reason == REASON_NONE, reason, "%s: %s", step, err.text);
}

/* ---- the procedure ---- */

static bool verify_with_collateral(struct verification *v)
{
    return judge_crls(v) && verdict_include(&v->j, &v->collateral->signers) &&
           check_revocation(v) && verdict_include(&v->j, &v->collateral->documents) &&
           check_time(v) && check_tcb_info(v) && check_tdx_module(v) && check_qe_report(v) &&
           check_key_binding(v) && check_qe_identity(v) && check_quote(v) && evaluate_tcb(v);
}

static bool verify_without_collateral(struct verification *v)
{
    return check_time(v) && check_qe_report(v) && check_key_binding(v) && check_quote(v);
}

bool intel_inspect(const struct quote *quote, struct arena *arena, struct verdict *verdict)
{
    auto_verification v = { .j = { verdict, arena }, .quote = quote };

    return parse(&v);
}

bool intel_locate(const struct quote *quote, struct arena *arena, struct verdict *verdict)
{
    static const char step[] = "PCK certificate";
    auto_verification v = { .j = { verdict, arena }, .quote = quote };
    struct bytes pem;
    struct err err = { 0 };

    if (!parse(&v) || !find_pck_chain(&v, &pem))
        return false;
    auto_cert *leaf = cert_first_from_pem(pem, &err);
    return verdict_check(&v.j, step, leaf != NULL, REASON_CERT_CHAIN, "%s: %s", step, err.text) &&
           read_pck(&v, leaf);
}

bool intel_verify(const struct quote *quote, const struct intel_collateral *collateral,
                  const struct trust_anchors *anchors, int64_t now, struct arena *arena,
                  struct verdict *verdict)
{
    auto_verification v = { .j = { verdict, arena },
                            .quote = quote,
                            .collateral = collateral,
                            .pck_source = collateral,
                            .anchors = anchors,
                            .now = now };

    if (!parse(&v) || !judge_pck_chain(&v))
        return false;
    if (collateral != NULL)
        return verify_with_collateral(&v);
    return verify_without_collateral(&v) &&
           verdict_fail(&v.j, "collateral is there", REASON_COLLATERAL_MISSING,
                        "there is no bundle for %s", tee_text(v.quote->tee));
}

bool intel_verify_signatures(const struct quote *quote, const struct intel_collateral *collateral,
                             const struct trust_anchors *anchors, int64_t now, struct arena *arena,
                             struct verdict *verdict)
{
    auto_verification v = { .j = { verdict, arena },
                            .quote = quote,
                            .pck_source = collateral,
                            .anchors = anchors,
                            .now = now };

    return parse(&v) && judge_pck_chain(&v) && verify_without_collateral(&v);
}
