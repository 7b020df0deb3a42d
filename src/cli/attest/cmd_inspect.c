/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/verify.h"
#include "cli/attest/binding.h"
#include "cli/attest/chain.h"
#include "cli/attest/show.h"
#include "codec/json.h"

/* `taw attest inspect`: what evidence says about itself. Nothing is verified. */

struct look {
    struct evidence_input evidence;
    struct arena arena;
    struct verdict verdict;
    struct pck_chain chain;
    struct binding binding;
    struct err problem; /* kind FAIL_NONE: there is none */
};

static void look_clear(struct look *look)
{
    evidence_input_clear(&look->evidence);
    pck_chain_clear(&look->chain);
    arena_clear(&look->arena);
}
#define auto_look struct look CLEANUP(look_clear)

static void put_certificates_json(const struct pck_chain *chain, struct buf *json)
{
    json_put_name(json, "certificates");
    buf_add_u8(json, '[');
    for (size_t i = 0; i < chain->count; i++) {
        json_put_comma(json);
        buf_add_string(json, "{\"subject\":");
        json_put_string(json, cert_common_name(chain->certs[i]));
        buf_add_format(json, ",\"not_before\":\"%s\",\"not_after\":\"%s\"}",
                       moment_of(cert_not_before(chain->certs[i])).text,
                       moment_of(cert_not_after(chain->certs[i])).text);
    }
    buf_add_u8(json, ']');
}

static void put_json(const struct look *look, struct buf *json)
{
    buf_add_string(json, "{\"verified\":false,\"form\":");
    json_put_string(json, bytes_of_string(look->evidence.form));
    if (look->problem.kind != FAIL_NONE) {
        json_put_name(json, "problem");
        json_put_string(json, bytes_of_string(look->problem.text));
    }
    binding_show_json(&look->evidence, &look->binding, json);
    show_evidence_json(&look->verdict, json);
    if (look->verdict.fmspc.len > 0)
        show_pck_json(&look->verdict, json);
    put_certificates_json(&look->chain, json);
    buf_add_u8(json, '}');
}

static void put_text(const struct look *look, struct buf *text)
{
    auto_buf kind = { 0 };

    show_kind(&look->verdict, &kind);
    buf_add_string(text, "Nothing here is verified: `taw attest verify` does that.\n\n");
    show_line(text, "evidence", "%.*s (%s)", BYTES_FMT(buf_bytes(&kind)), look->evidence.form);
    binding_show_text(&look->evidence, &look->binding, text);
    if (look->problem.kind != FAIL_NONE)
        show_line(text, "problem", "%s", look->problem.text);
    if (look->verdict.cert_data_type != 0)
        show_line(text, "certification data", "type %u", look->verdict.cert_data_type);
    show_platform_text(&look->verdict, text);
    if (look->chain.count > 0)
        buf_add_string(text, "\ncertificates:\n");
    for (size_t i = 0; i < look->chain.count; i++) {
        const struct cert *const cert = look->chain.certs[i];
        buf_add_string(text, "  ");
        output_visible(text, cert_common_name(cert), false);
        buf_add_format(text, ", %s to %s\n", moment_of(cert_not_before(cert)).text,
                       moment_of(cert_not_after(cert)).text);
    }
    show_fields_text(&look->verdict, text);
}

static bool is_no_evidence(struct cli *cli, struct bytes why, struct err *err)
{
    (void)cli_fail(cli, EXIT_REJECTED, NULL);
    return err_set(err, FAIL_MALFORMED, "this is no evidence: %.*s", BYTES_FMT(why));
}

/* Reads as far as it goes; what is wrong behind the header of the evidence is shown with the rest. */
static bool look_at(struct cli *cli, struct look *look, struct err *err)
{
    struct verdict *const v = &look->verdict;

    if (look->evidence.problem.kind != FAIL_NONE)
        return is_no_evidence(cli, bytes_of_string(look->evidence.problem.text), err);
    const bool parsed = evidence_inspect(buf_bytes(&look->evidence.bytes), &look->arena, v);
    if (v->version == 0)
        return is_no_evidence(cli, v->detail, err);
    if (!parsed)
        (void)err_set(&look->problem, FAIL_MALFORMED, "%.*s", BYTES_FMT(v->detail));
    else if (!binding_find(&look->evidence, v->report_data, &look->binding, &look->problem) ||
             !pck_chain_read(v->pck_chain, &look->chain, &look->problem))
        output_warn(&cli->out, "%s", look->problem.text);
    pck_chain_describe(&look->chain, v);
    return true;
}

bool run_attest_inspect(struct cli *cli, struct err *err)
{
    auto_look look = { 0 };
    auto_buf json = { 0 }, text = { 0 };

    if (!evidence_input_read(cli, cli_argument(cli, 0), &look.evidence, err) ||
        !look_at(cli, &look, err))
        return false;
    put_json(&look, &json);
    put_text(&look, &text);
    if (look.problem.kind != FAIL_NONE)
        cli->status = EXIT_REJECTED;
    return output_result(&cli->out, "AttestationInspection", buf_bytes(&json), buf_bytes(&text),
                         err);
}
