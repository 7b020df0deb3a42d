/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/verify.h"
#include "base/env.h"
#include "cli/attest/anchors.h"
#include "cli/attest/evidence.h"
#include "cli/attest/show.h"
#include "cli/collateral/platform.h"
#include "cli/collateral/replace.h"
#include "cli/io/input.h"
#include "cli/io/save.h"
#include "codec/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* `taw collateral fetch`: from the services of Intel and AMD into a bundle. */

enum { LARGEST_FILE = 1 << 20, LARGEST_API_KEY = 1 << 10 };

struct fetch {
    struct evidence_input evidence;
    struct buf pck_pem, certificate, api_key;
    char *pcs, *kds; /* owned; without slashes at the end */
    struct services services;
    struct platform platform;
    int64_t at;
    struct arena arena; /* of the anchors and the verdict */
    struct trust_anchors anchors;
    struct buf bundle;
    struct collateral *collateral; /* owned */
    struct collateral_summary summary;
    struct verdict verdict;
};

static void fetch_clear(struct fetch *f)
{
    evidence_input_clear(&f->evidence);
    buf_clear(&f->pck_pem);
    buf_clear(&f->certificate);
    buf_clear(&f->api_key);
    buf_clear(&f->bundle);
    collateral_free(f->collateral);
    arena_clear(&f->arena);
    free(f->pcs);
    free(f->kds);
}
#define auto_fetch struct fetch CLEANUP(fetch_clear)

/* ---- what is wanted ---- */

static bool read_base(struct cli *cli, const char *flag, char **base, struct err *err)
{
    struct bytes text = bytes_of_string(option_text(&cli->options, flag));

    while (text.len > 0 && text.at[text.len - 1] == '/')
        text.len--;
    *base = bytes_to_string(text);
    if (bytes_start_with(text, BYTES_LITERAL("https://")) ||
        bytes_start_with(text, BYTES_LITERAL("http://")))
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_set(err, FAIL_MALFORMED, "--%s: a URL begins with https:// or http://", flag);
}

/* A header goes out with it. */
static bool is_key(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] <= ' ' || text.at[i] > '~')
            return false;
    }
    return text.len > 0;
}

static bool read_api_key(struct cli *cli, struct fetch *f, struct err *err)
{
    static const char flag[] = "pcs-api-key-file";
    const char *const path = option_text(&cli->options, flag);

    if (path == NULL)
        return true;
    if (!input_file(cli, path, LARGEST_API_KEY, &f->api_key, err))
        return err_in(err, "--%s", flag);
    while (f->api_key.len > 0 && strchr("\r\n", f->api_key.at[f->api_key.len - 1]) != NULL)
        buf_truncate(&f->api_key, f->api_key.len - 1);
    if (!is_key(buf_bytes(&f->api_key)))
        (void)err_set(err, FAIL_MALFORMED, "--%s: %s has not one line with a key", flag, path);
    else if (!bytes_start_with(bytes_of_string(f->pcs), BYTES_LITERAL("https://")))
        (void)err_set(err, FAIL_MALFORMED, "--%s: a key goes out by https only", flag);
    else
        return true;
    return cli_fail(cli, EXIT_USAGE, NULL);
}

static bool read_services(struct cli *cli, struct fetch *f, struct err *err)
{
    const bool is_pccs = option_is_set(&cli->options, "pccs");
    const bool typed = option_is_set(&cli->options, "root-ca-crl");

    if (!read_base(cli, is_pccs ? "pccs" : "pcs", &f->pcs, err) ||
        !read_base(cli, "kds", &f->kds, err) || !read_api_key(cli, f, err))
        return false;
    f->services = (struct services){
        .pcs = f->pcs,
        .is_pccs = is_pccs,
        .api_key = buf_bytes(&f->api_key),
        .root_crl = is_pccs && !typed ? NULL : option_text(&cli->options, "root-ca-crl"),
        .kds = f->kds,
        .without_crl = option_switch(&cli->options, "without-crl"),
        .update = option_text(&cli->options, "update"),
    };
    return true;
}

static bool read_certificates(struct cli *cli, struct fetch *f, struct err *err)
{
    const char *const chain = option_text(&cli->options, "pck-chain");
    const char *const vek = option_text(&cli->options, "vek");
    auto_buf text = { 0 };

    if (chain != NULL && !input_file(cli, chain, LARGEST_FILE, &f->pck_pem, err))
        return false;
    if (vek == NULL)
        return true;
    if (!input_file(cli, vek, LARGEST_FILE, &text, err))
        return false;
    return certificate_decode(buf_bytes(&text), &f->certificate, err) ||
           (err_in(err, "%s", vek), cli_fail(cli, EXIT_USAGE, NULL));
}

static bool read_wish(struct cli *cli, struct fetch *f, struct err *err)
{
    if (!moment_read(cli, &f->at, err) || !anchors_read(cli, &f->arena, &f->anchors, err) ||
        !read_services(cli, f, err) || !read_certificates(cli, f, err) ||
        !evidence_input_read(cli, cli_argument(cli, 0), &f->evidence, err))
        return false;
    if (f->evidence.problem.kind != FAIL_NONE) {
        (void)cli_fail(cli, EXIT_REJECTED, NULL);
        return err_set(err, FAIL_MALFORMED, "this is no evidence: %.300s",
                       f->evidence.problem.text);
    }
    if (platform_of(buf_bytes(&f->evidence.bytes), buf_bytes(&f->pck_pem),
                    buf_bytes(&f->certificate), option_text(&cli->options, "product"), &f->platform,
                    err))
        return true;
    return cli_fail(cli, err->kind == FAIL_STATE ? EXIT_USAGE : EXIT_REJECTED, NULL);
}

/* ---- fetching ---- */

/* The chain of a quote that only names its PCK certificate. */
static bool get_pck(struct cli *cli, struct fetch *f, struct getter *getter, struct err *err)
{
    if (!collateral_get_pck(getter, &f->services, &f->platform.pck_id, &f->pck_pem, err)) {
        if (err->kind == FAIL_STATE)
            return cli_fail(cli, EXIT_USAGE, NULL);
        if (err->kind == FAIL_DENIED && f->api_key.len == 0 && !f->services.is_pccs)
            (void)cli_fail(
                cli, cli->status,
                "Intel's service may want a key for PCK certificates: --pcs-api-key-file");
        return false;
    }
    if (!platform_take_pck(buf_bytes(&f->pck_pem), &f->platform, err))
        return cli_fail(cli, EXIT_ATTESTATION, NULL);
    if (!f->platform.pck_is_for_tcb)
        output_warn(&cli->out,
                    "the PCK certificate that came is for another TCB than the quote names");
    return true;
}

static bool get_items(struct cli *cli, struct fetch *f, struct err *err)
{
    const bool amd = f->platform.tee == TEE_SNP;
    struct buf *const json = &f->bundle;
    auto_getter *getter = getter_new(cli, err);

    if (getter == NULL || (f->platform.asks_pck && !get_pck(cli, f, getter, err)))
        return false;
    buf_add_format(json, "{\"format\":\"attestation-collateral\",\"version\":1,\"tee\":\"%s\"",
                   tee_text(f->platform.tee));
    json_put_name(json, "fetched_at");
    json_put_string(json, bytes_of_string(moment_of(env_now_ms(NULL) / 1000).text));
    json_put_name(json, "source");
    json_put_string(json, bytes_of_string(amd ? f->kds : f->pcs));
    if (!(amd ? collateral_get_amd(getter, &f->services, &f->platform, json, err)
              : collateral_get_intel(getter, &f->services, &f->platform, json, err)))
        return false;
    buf_add_string(json, "}\n");
    return true;
}

/* ---- judging ---- */

/* Can it be for want of better collateral that the evidence is not valid? */
static bool blames_collateral(const struct fetch *f, enum reason reason)
{
    switch (reason) {
    case REASON_QE_REPORT_SIGNATURE:
        return f->platform.asks_pck; /* with the key of a certificate that was fetched */
    case REASON_COLLATERAL_MISSING:
    case REASON_COLLATERAL_FORMAT:
    case REASON_CERT_CHAIN:
    case REASON_COLLATERAL_SIGNATURE:
    case REASON_EXPIRED:
    case REASON_NOT_YET_VALID:
    case REASON_TCB_INFO_MISMATCH:
    case REASON_TCB_MISMATCH:
        return true;
    default:
        return false;
    }
}

static bool refuse(struct cli *cli, enum reason reason, struct bytes detail, struct err *err)
{
    (void)cli_fail(cli, EXIT_ATTESTATION, NULL);
    return err_set(err, FAIL_DENIED,
                   "the collateral that came is not good, nothing was written: %s: %.*s",
                   reason_text(reason), BYTES_FMT(detail));
}

static bool judge(struct cli *cli, struct fetch *f, struct err *err)
{
    f->collateral = collateral_parse(buf_bytes(&f->bundle), &f->anchors, err);
    if (f->collateral == NULL)
        return cli_fail(cli, EXIT_ATTESTATION, NULL);
    collateral_summary(f->collateral, &f->summary);
    if (f->summary.reason != REASON_NONE)
        return refuse(cli, f->summary.reason, f->summary.detail, err);
    const bool valid = evidence_verify(buf_bytes(&f->evidence.bytes), f->collateral, &f->anchors,
                                       f->at, &f->arena, &f->verdict);
    if (!valid && blames_collateral(f, f->verdict.reason))
        return refuse(cli, f->verdict.reason, f->verdict.detail, err);
    if (!valid)
        output_warn(&cli->out, "the collateral is good, but the evidence is not valid: %s: %.*s",
                    reason_text(f->verdict.reason), BYTES_FMT(f->verdict.detail));
    return true;
}

/* ---- what is shown ---- */

static void put_text(const struct fetch *f, const char *path, struct buf *text)
{
    const struct collateral_summary *const s = &f->summary;

    show_line(text, "written", "%s", path);
    if (s->tee == TEE_SNP)
        show_line(text, "for", "SEV-SNP, %s, %s", f->platform.product, f->platform.signing_key);
    else
        show_line(text, "for", "%s, FMSPC %s, %s CA", tee_text(s->tee), f->platform.fmspc,
                  f->platform.pck_ca);
    if (s->tee != TEE_SNP)
        show_line(text, "TCB evaluation data", "number %" PRIu64, s->evaluation_number);
    if (f->platform.asks_pck)
        show_line(text, "PCK certificate", "fetched from %s", f->pcs);
    show_line(text, "good until", "%s", moment_of(s->earliest_expiration).text);
    show_line(text, "evidence", "%s",
              f->verdict.reason == REASON_NONE ? "valid" : reason_text(f->verdict.reason));
}

static void put_member(struct buf *json, const char *name, const char *text)
{
    json_put_name(json, name);
    json_put_string(json, bytes_of_string(text));
}

static void put_json(const struct fetch *f, const char *path, struct buf *json)
{
    const struct collateral_summary *const s = &f->summary;

    buf_add_u8(json, '{');
    put_member(json, "file", path);
    put_member(json, "tee", tee_text(s->tee));
    if (s->tee == TEE_SNP) {
        put_member(json, "product", f->platform.product);
        put_member(json, "vek_type", f->platform.signing_key);
    } else {
        put_member(json, "fmspc", f->platform.fmspc);
        put_member(json, "pck_ca", f->platform.pck_ca);
        put_member(json, "update", f->services.update);
        json_put_name(json, "pck_certificate_fetched");
        buf_add_string(json, f->platform.asks_pck ? "true" : "false");
        json_put_name(json, "tcb_evaluation_data_number");
        buf_add_decimal(json, s->evaluation_number);
    }
    put_member(json, "collateral_earliest_expiration", moment_of(s->earliest_expiration).text);
    put_member(json, "result", f->verdict.reason == REASON_NONE ? "valid" : "invalid");
    if (f->verdict.reason != REASON_NONE)
        put_member(json, "reason", reason_text(f->verdict.reason));
    buf_add_u8(json, '}');
}

bool run_collateral_fetch(struct cli *cli, struct err *err)
{
    const char *const path = option_text(&cli->options, "output");
    auto_fetch f = { 0 };
    auto_buf json = { 0 }, text = { 0 };

    if (!read_wish(cli, &f, err) || !get_items(cli, &f, err) || !judge(cli, &f, err) ||
        !collateral_may_replace(cli, path, &f.anchors, &f.summary, err) ||
        !save_file(path, buf_bytes(&f.bundle), SAVE_REPLACE, err))
        return false;
    if (save_is_output(path))
        return true;
    put_json(&f, path, &json);
    put_text(&f, path, &text);
    return output_result(&cli->out, "CollateralFetch", buf_bytes(&json), buf_bytes(&text), err);
}
