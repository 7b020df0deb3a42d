/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest/question.h"
#include "cli/attest/show.h"
#include "codec/json.h"

/* `taw attest verify`: the verifier of the Coordinator over files, at any time, without network. */

/* ---- what is shown ---- */

/* Accept only what is up to date, if there is such a thing, and no debugging (attestation.md, 12.4). */
static bool is_behind(const struct verdict *v)
{
    return v->tee != TEE_SNP && v->tcb_status != TCB_UP_TO_DATE;
}

static void put_default_policy(const struct verdict *v, struct buf *json)
{
    json_put_name(json, "default_policy");
    buf_add_string(json, v->debug || is_behind(v) ? "\"reject\"" : "\"accept\"");
    json_put_name(json, "default_policy_reasons");
    buf_add_string(json, v->debug ? "[\"debug\"" : "[");
    if (is_behind(v)) {
        json_put_comma(json);
        buf_add_string(json, "\"tcb_status\"");
    }
    buf_add_u8(json, ']');
}

static const struct {
    const char *code, *text;
} moments[] = {
    [MOMENT_NOW] = { "now", "now" },
    [MOMENT_TYPED] = { "flag", "--at" },
    [MOMENT_SAVED] = { "saved", "when it was saved, as the file says; nothing signs that" },
};

static void put_json(const struct question *q, struct buf *json)
{
    const struct verdict *const v = &q->verdict;

    buf_add_string(json, q->valid ? "{\"result\":\"valid\"" : "{\"result\":\"invalid\"");
    if (!q->valid) {
        json_put_name(json, "reason");
        json_put_string(json, bytes_of_string(reason_text(v->reason)));
        json_put_name(json, "detail");
        json_put_string(json, v->detail);
    }
    json_put_name(json, "verify_time");
    json_put_string(json, bytes_of_string(moment_of(q->at).text));
    json_put_name(json, "verify_time_unix");
    buf_add_format(json, "%lld", (long long)q->at);
    json_put_name(json, "verify_time_source");
    json_put_string(json, bytes_of_string(moments[q->at_source].code));
    if (v->version != 0 && v->tee != TEE_SNP) {
        json_put_name(json, "signatures_only");
        json_put_string(json, bytes_of_string(q->signatures));
    }
    if (q->valid)
        put_default_policy(v, json);
    attest_policy_show_json(&q->policy, v, json);
    binding_show_json(&q->evidence, &q->binding, json);
    show_evidence_json(v, json);
    show_platform_json(v, json);
    show_steps_json(v, json);
    buf_add_u8(json, '}');
}

static void put_text(const struct question *q, struct buf *text)
{
    const struct verdict *const v = &q->verdict;
    auto_buf kind = { 0 };

    show_kind(v, &kind);
    show_line(text, "result", "%s%s", q->valid ? "valid" : "invalid: ", reason_text(v->reason));
    if (!q->valid) {
        buf_add_string(text, "  ");
        output_visible(text, v->detail, false);
        buf_add_u8(text, '\n');
    }
    show_line(text, "evidence", "%.*s (%s)", BYTES_FMT(buf_bytes(&kind)), q->evidence.form);
    binding_show_text(&q->evidence, &q->binding, text);
    show_line(text, "verified for", "%s (%s)", moment_of(q->at).text, moments[q->at_source].text);
    if (q->evidence.has_record)
        show_line(text, "collateral", "%s",
                  q->bundle_path == NULL ? "of the saved record" : q->bundle_path);
    if (v->version != 0 && v->tee != TEE_SNP)
        show_line(text, "signatures only", "%s", q->signatures);
    if (q->valid)
        show_line(text, "default policy", "%s%s%s%s",
                  v->debug || is_behind(v) ? "rejects: " : "accepts", v->debug ? "debug" : "",
                  v->debug && is_behind(v) ? ", " : "", is_behind(v) ? "TCB status" : "");
    show_platform_text(v, text);
    show_steps_text(v, text);
    attest_policy_show_text(&q->policy, v, text);
    show_fields_text(v, text);
    if (q->valid && q->policy.result != POLICY_ACCEPTS)
        buf_add_string(text, "\nA genuine platform made this. Whether it is the software that you "
                             "expect only the fields say.\n");
}

static const char *hint_of(const struct question *q)
{
    switch (q->verdict.reason) {
    case REASON_COLLATERAL_MISSING:
    case REASON_COLLATERAL_FORMAT:
    case REASON_COLLATERAL_SIGNATURE:
    case REASON_TCB_INFO_MISMATCH:
    case REASON_EXPIRED:
        return "`taw collateral fetch` makes a fresh bundle for this evidence; --at verifies for "
               "an earlier time";
    case REASON_NOT_YET_VALID:
        return "is the clock right? --at verifies for another time";
    default:
        return NULL;
    }
}

bool run_attest_verify(struct cli *cli, struct err *err)
{
    auto_question q = { 0 };
    auto_buf json = { 0 }, text = { 0 };

    if (!question_read(cli, &q, err))
        return false;
    question_judge(&q);
    if (q.valid && q.binding.result == BINDING_NOT_CHECKED)
        output_warn(&cli->out, "the key of the certificate was not compared with the evidence");
    put_json(&q, &json);
    put_text(&q, &text);
    if (!output_result(&cli->out, "Attestation", buf_bytes(&json), buf_bytes(&text), err))
        return false;
    if (q.valid)
        return true;
    cli->status = EXIT_ATTESTATION;
    if (hint_of(&q) != NULL)
        output_say(&cli->out, "Hint: %s", hint_of(&q));
    return true;
}
