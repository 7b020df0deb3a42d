/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/collateral/platform.h"

#include "attestation/snp_report.h"
#include "attestation/verify.h"
#include "cli/attest/chain.h"
#include "codec/text.h"

#include <stdio.h>
#include <string.h>

enum { TURIN_ID_LEN = 8 }; /* bytes of a chip's id; those of the others have SNP_CHIP_ID_LEN */

static void put_hex(char *out, struct bytes value)
{
    auto_buf digits = { 0 };

    hex_encode(&digits, value);
    memcpy(out, digits.at, digits.len);
    out[digits.len] = '\0';
}

static bool read_chain(struct bytes pem, struct pck_chain *chain, struct platform *platform,
                       struct err *err)
{
    if (!pck_chain_read(pem, chain, err))
        return false;
    if (!chain->has_pck || chain->ca == NULL)
        return err_set(
            err, FAIL_MALFORMED,
            "the PCK certificate chain does not begin with a PCK certificate and its CA");
    put_hex(platform->fmspc, bytes_of(chain->pck.fmspc, sizeof chain->pck.fmspc));
    platform->pck_ca = chain->ca;
    return true;
}

static bool of_quote(struct bytes evidence, struct bytes own_pem, struct bytes pck_pem,
                     struct platform *platform, struct err *err)
{
    auto_pck_chain chain = { 0 };

    platform->pck_pem = own_pem.len == 0 ? pck_pem : BYTES_NONE;
    if (own_pem.len > 0 || pck_pem.len > 0)
        return read_chain(own_pem.len == 0 ? pck_pem : own_pem, &chain, platform, err);
    platform->asks_pck = evidence_pck_id(evidence, &platform->pck_id, err);
    return platform->asks_pck ||
           err_set(err, FAIL_STATE,
                   "the quote has no PCK certificate chain: --pck-chain has to give it");
}

bool platform_take_pck(struct bytes pck_pem, struct platform *platform, struct err *err)
{
    auto_pck_chain chain = { 0 };

    platform->pck_pem = pck_pem;
    if (!read_chain(pck_pem, &chain, platform, err))
        return false;
    if (!pck_id_allows(&platform->pck_id, &chain.pck, err))
        return err_in(err, "the PCK certificate that came is for another platform");
    platform->pck_is_for_tcb = pck_id_is_for_tcb(&platform->pck_id, &chain.pck);
    return true;
}

static bool is_zero(struct bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] != 0)
            return false;
    }
    return true;
}

/* The query that names a VCEK. */
static bool name_vcek(const struct snp_report *report, enum snp_product product,
                      struct platform *platform, struct err *err)
{
    const bool turin = product == SNP_TURIN;
    struct snp_tcb tcb;
    char fmc[24] = "";

    if (is_zero(report->chip_id))
        return err_set(err, FAIL_STATE,
                       "the report does not tell the chip id: --vek has to give the certificate");
    if (!snp_tcb_of(report->reported_tcb, product, &tcb, err))
        return false;
    put_hex(platform->hardware_id,
            bytes_of(report->chip_id.at, turin ? TURIN_ID_LEN : SNP_CHIP_ID_LEN));
    if (tcb.has_fmc)
        (void)snprintf(fmc, sizeof fmc, "fmcSPL=%u&", tcb.fmc);
    (void)snprintf(platform->levels, sizeof platform->levels,
                   "%sblSPL=%u&teeSPL=%u&snpSPL=%u&ucodeSPL=%u", fmc, tcb.boot_loader, tcb.tee,
                   tcb.snp, tcb.microcode);
    return true;
}

static bool of_report(struct bytes raw, struct bytes certificate, const char *product,
                      struct platform *platform, struct err *err)
{
    struct snp_report report;

    if (!snp_report_parse(raw, &report, err))
        return false;
    const enum snp_product named = product == NULL || report.product != SNP_PRODUCT_NONE
                                       ? report.product
                                       : snp_product_of(bytes_of_string(product));
    if (named == SNP_PRODUCT_NONE)
        return err_set(err, FAIL_STATE,
                       "the report does not tell the product: --product has to name it");
    if (report.signer != SNP_SIGNER_VCEK && report.signer != SNP_SIGNER_VLEK)
        return err_set(err, FAIL_MALFORMED, "the report is signed neither by a VCEK nor by a VLEK");
    platform->product = snp_product_text(named);
    platform->signing_key = report.signer == SNP_SIGNER_VCEK ? "vcek" : "vlek";
    platform->certificate = certificate;
    if (certificate.len > 0)
        return true;
    if (report.signer == SNP_SIGNER_VLEK)
        return err_set(err, FAIL_STATE,
                       "the report is signed by a VLEK, whose certificate is published nowhere: "
                       "--vek has to give it");
    return name_vcek(&report, named, platform, err);
}

bool platform_of(struct bytes evidence, struct bytes pck_pem, struct bytes certificate,
                 const char *product, struct platform *platform, struct err *err)
{
    auto_arena arena = { 0 };
    struct verdict verdict = { 0 };

    *platform = (struct platform){ 0 };
    if (!evidence_inspect(evidence, &arena, &verdict))
        return err_set(err, FAIL_MALFORMED, "this is no evidence: %.*s", BYTES_FMT(verdict.detail));
    platform->tee = verdict.tee;
    return verdict.tee == TEE_SNP ? of_report(evidence, certificate, product, platform, err)
                                  : of_quote(evidence, verdict.pck_chain, pck_pem, platform, err);
}
