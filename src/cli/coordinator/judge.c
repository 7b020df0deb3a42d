/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/judge.h"

#include "attestation/verify.h"
#include "cli/attest/anchors.h"
#include "cli/attest/show.h"
#include "cli/coordinator/policy.h"
#include "cli/io/input.h"
#include "codec/text.h"
#include "policy/policy.h"

struct judge {
    struct cli *cli;
    const struct coordinator_claim *claim;
    struct coordinator_policy policy;
    struct trust_anchors anchors;
    const char *bundle;            /* where it is from */
    struct collateral *collateral; /* owned; the verdict has views into it */
    struct arena arena;            /* of the policy, the anchors, the verdict and the report */
    struct verdict verdict;
    struct policy_report report;
};

static void judge_clear(struct judge *j)
{
    collateral_free(j->collateral);
    arena_clear(&j->arena);
}
#define auto_judge struct judge CLEANUP(judge_clear)

static const char collateral_hint[] =
    "`taw collateral fetch` makes a bundle for the quote, which --save-sgx-quote keeps when "
    "--insecure goes on without";

static bool refuse(struct judge *j, const char *hint)
{
    return cli_fail(j->cli, EXIT_ATTESTATION, hint);
}

/* ---- what is needed ---- */

static bool read_collateral(struct judge *j, struct err *err)
{
    auto_buf text = { 0 };

    j->bundle = option_text(&j->cli->options, "collateral");
    if (j->bundle == NULL && j->claim->collateral.len == 0)
        return true;
    if (j->bundle == NULL) {
        j->bundle = "the request";
        buf_add(&text, j->claim->collateral);
    } else if (!input_file(j->cli, j->bundle, COLLATERAL_BUNDLE_MAX, &text, err)) {
        return err_in(err, "collateral");
    }
    j->collateral = collateral_parse(buf_bytes(&text), &j->anchors, err);
    if (j->collateral != NULL)
        return true;
    (void)refuse(j, collateral_hint);
    return err_in(err, "%s: %s", reason_text(REASON_COLLATERAL_FORMAT), j->bundle);
}

/* ---- the evidence ---- */

static void say_difference(struct judge *j, const char *step, struct bytes expected,
                           struct bytes got)
{
    output_say(&j->cli->out, "failed: %s", step);
    if (expected.len > 0 || got.len > 0)
        output_say(&j->cli->out, "  expected: %.*s\n  got: %.*s", BYTES_FMT(expected),
                   BYTES_FMT(got));
}

static const char *hint_of(enum reason reason)
{
    switch (reason) {
    case REASON_COLLATERAL_MISSING:
    case REASON_COLLATERAL_FORMAT:
    case REASON_COLLATERAL_SIGNATURE:
    case REASON_TCB_INFO_MISMATCH:
    case REASON_EXPIRED:
        return collateral_hint;
    case REASON_NOT_YET_VALID:
        return "is the clock right?";
    default:
        return NULL;
    }
}

static bool check_evidence(struct judge *j, struct err *err)
{
    const struct verdict *const v = &j->verdict;

    if (evidence_verify(evidence_without_certificates(j->claim->quote), j->collateral, &j->anchors,
                        j->claim->at, &j->arena, &j->verdict))
        return true;
    if (v->step_count > 0 && !v->steps[v->step_count - 1].passed) {
        const struct verdict_step *const step = &v->steps[v->step_count - 1];
        say_difference(j, step->name, step->expected, step->found);
    }
    (void)refuse(j, hint_of(v->reason));
    return err_set(err, FAIL_DENIED, "%s: %.*s", reason_text(v->reason), BYTES_FMT(v->detail));
}

/* Without it the evidence is that of some Coordinator, made at some time. */
static bool check_report_data(struct judge *j, struct err *err)
{
    uint8_t wanted[REPORT_DATA_LEN];
    auto_buf expected = { 0 }, got = { 0 };

    if (!report_data_of(cert_der(j->claim->root), j->claim->nonce, wanted, err))
        return false;
    if (bytes_equal(j->verdict.report_data, bytes_of(wanted, sizeof wanted)))
        return true;
    hex_encode(&expected, bytes_of(wanted, sizeof wanted));
    hex_encode(&got, j->verdict.report_data);
    say_difference(j, "report data of root certificate and nonce", buf_bytes(&expected),
                   buf_bytes(&got));
    (void)refuse(j, NULL);
    return err_set(err, FAIL_DENIED,
                   "report data does not match the certificate's hash: the quote is for another "
                   "root certificate or another nonce");
}

/* ---- the policy ---- */

static bool check_policy(struct judge *j, struct err *err)
{
    const struct policy_finding *const first = &j->report.at[0];
    auto_buf text = { 0 };

    if (policy_judge(&j->policy.package, NULL, 0, &j->verdict, &j->arena, &j->report))
        return true;
    output_say(&j->cli->out, "failed: policy of %s", j->policy.path);
    policy_report_write(&j->report, &text);
    buf_truncate(&text, text.len - 1); /* the last end of line */
    auto_string *lines = bytes_to_string(buf_bytes(&text));
    output_say(&j->cli->out, "%s", lines);
    (void)refuse(j, NULL);
    return err_set(err, FAIL_DENIED, "policy of %s: %.*s: expected %.*s, got %.*s", j->policy.path,
                   BYTES_FMT(first->member), BYTES_FMT(first->expected), BYTES_FMT(first->got));
}

/* ---- what was checked ---- */

static void warn_of_level(struct judge *j)
{
    const struct verdict *const v = &j->verdict;
    auto_buf advisories = { 0 };

    if (v->tcb_status == TCB_UP_TO_DATE)
        return;
    for (size_t i = 0; i < v->advisory_count; i++)
        buf_add_format(&advisories, "%s%.*s", i > 0 ? ", " : "", BYTES_FMT(v->advisories[i]));
    output_warn(&j->cli->out, "TCB level accepted by configuration: %s; advisories: %.*s",
                tcb_status_text(v->tcb_status), advisories.len > 0 ? (int)advisories.len : 4,
                advisories.len > 0 ? (const char *)advisories.at : "none");
}

static void say_platform(struct judge *j)
{
    const struct verdict *const v = &j->verdict;
    struct output *const out = &j->cli->out;

    output_check(out, true,
                 "quote of the Coordinator: %s, %zu steps from the vendor's root key down, with "
                 "the collateral of %s, good until %s",
                 tee_text(v->tee), v->step_count, j->bundle,
                 moment_of(v->earliest_expiration).text);
    if (v->tee != TEE_SNP) {
        output_check(out, true, "TCB status of the platform: %s", tcb_status_text(v->tcb_status));
        warn_of_level(j);
    } else if (!v->revocation_checked) {
        output_check(out, false,
                     "whether AMD has revoked the platform's key: the collateral has "
                     "no list");
    }
}

static void say_checks(struct judge *j)
{
    auto_buf members = { 0 };

    say_platform(j);
    output_check(&j->cli->out, true, "report data of the quote: root certificate and nonce");
    coordinator_policy_put_members(&j->policy.package, j->verdict.tee, &members);
    output_check(&j->cli->out, true, "the Coordinator's software, against %s: %.*s", j->policy.path,
                 BYTES_FMT(buf_bytes(&members)));
}

bool coordinator_judge(struct cli *cli, const struct coordinator_claim *claim, struct err *err)
{
    auto_judge j = { .cli = cli, .claim = claim };

    if (!coordinator_policy_read(cli, &j.arena, &j.policy, err) ||
        !anchors_read(cli, &j.arena, &j.anchors, err) || !read_collateral(&j, err) ||
        !check_evidence(&j, err) || !check_report_data(&j, err) || !check_policy(&j, err))
        return err_in(err, "verifying Coordinator quote");
    say_checks(&j);
    return true;
}
