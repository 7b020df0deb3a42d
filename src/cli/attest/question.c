/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest/question.h"

#include "attestation/verify.h"
#include "base/env.h"
#include "cli/attest/anchors.h"
#include "cli/io/input.h"

void question_clear(struct question *q)
{
    evidence_input_clear(&q->evidence);
    buf_clear(&q->bundle_file);
    collateral_free(q->collateral);
    arena_clear(&q->arena);
}

/* ---- what is asked ---- */

/* A saved record brings its time and its collateral; what is typed takes their place. */
static void use_record(struct question *q)
{
    const struct saved_record *const record = &q->evidence.record;

    if (!q->evidence.has_record)
        return;
    if (q->bundle_path == NULL)
        q->bundle = record->collateral;
    if (q->at_source == MOMENT_TYPED)
        return;
    q->at = record->saved_at;
    q->at_source = MOMENT_SAVED;
}

static bool read_bundle(struct cli *cli, struct question *q, struct err *err)
{
    q->bundle_path = option_text(&cli->options, "collateral");
    if (q->bundle_path == NULL)
        return true;
    if (!input_file(cli, q->bundle_path, COLLATERAL_BUNDLE_MAX, &q->bundle_file, err))
        return err_in(err, "collateral");
    q->bundle = buf_bytes(&q->bundle_file);
    return true;
}

bool question_read(struct cli *cli, struct question *q, struct err *err)
{
    if (!moment_read(cli, &q->at, err) || !anchors_read(cli, &q->arena, &q->anchors, err) ||
        !attest_policy_read(cli, &q->arena, &q->policy, err) ||
        !evidence_input_read(cli, cli_argument(cli, 0), &q->evidence, err) ||
        !read_bundle(cli, q, err))
        return false;
    q->at_source = option_is_set(&cli->options, "at") ? MOMENT_TYPED : MOMENT_NOW;
    use_record(q);
    return true;
}

bool question_of_record(struct cli *cli, struct bytes record, struct question *q, struct err *err)
{
    if (!anchors_read(cli, &q->arena, &q->anchors, err))
        return false;
    evidence_input_take(record, &q->evidence);
    use_record(q);
    return true;
}

/* ---- the answer ---- */

/* What is no bundle at all refuses every evidence that has a shape. */
static void judge_without_bundle(struct question *q, const struct err *why)
{
    const struct judgement j = { &q->verdict, &q->arena };

    if (evidence_inspect(buf_bytes(&q->evidence.bytes), &q->arena, &q->verdict))
        (void)verdict_fail(&j, "collateral: format of the bundle", REASON_COLLATERAL_FORMAT, "%s",
                           why->text);
}

/* What the evidence is about, once it is known to be genuine. */
static bool judge_binding(struct question *q)
{
    const struct judgement j = { &q->verdict, &q->arena };
    struct err err = { 0 };

    if (q->verdict.report_data.len == REPORT_DATA_LEN &&
        !binding_find(&q->evidence, q->verdict.report_data, &q->binding, &err))
        return verdict_fail(&j, "what the evidence is about", REASON_FORMAT, "%s", err.text);
    return q->valid && binding_judge(&q->evidence, &q->binding, &j);
}

static void judge_signatures(struct question *q)
{
    struct verdict *const signatures = arena_alloc(&q->arena, sizeof *signatures);
    const bool valid = evidence_verify_signatures(buf_bytes(&q->evidence.bytes), q->collateral,
                                                  &q->anchors, q->at, &q->arena, signatures);

    q->signatures = valid ? "valid" : reason_text(signatures->reason);
}

void question_judge(struct question *q)
{
    const struct judgement j = { &q->verdict, &q->arena };
    struct err err = { 0 };

    if (q->evidence.problem.kind != FAIL_NONE) {
        (void)verdict_fail(&j, "form of the evidence", REASON_FORMAT, "%s",
                           q->evidence.problem.text);
        return;
    }
    const bool has_bundle = q->bundle_path != NULL || q->bundle.len > 0;
    if (has_bundle)
        q->collateral = collateral_parse(q->bundle, &q->anchors, &err);
    if (has_bundle && q->collateral == NULL)
        judge_without_bundle(q, &err);
    else
        q->valid = evidence_verify(buf_bytes(&q->evidence.bytes), q->collateral, &q->anchors, q->at,
                                   &q->arena, &q->verdict);
    q->valid = judge_binding(q) && attest_policy_judge(&q->policy, &j);
    judge_signatures(q);
}
