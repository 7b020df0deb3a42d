/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/verdict_add.h"
#include "cli/coordinator/policy.h"
#include "policy/policy.h"

/* The policy of --policy, and whether verified evidence is what it asks for. */
struct attest_policy {
    struct coordinator_policy policy; /* path NULL: nobody asked */
    enum policy_result {
        POLICY_NOT_JUDGED = 0, /* the evidence is not valid anyway */
        POLICY_ACCEPTS,
        POLICY_REJECTS,
    } result;
    struct policy_report report;
};

/* Does nothing without --policy. Views live in the arena. Sets the status. */
bool attest_policy_read(struct cli *cli, struct arena *arena, struct attest_policy *policy,
                        struct err *err) MUST_CHECK;
/* Judges the verdict of valid evidence; the first finding becomes its last step, with REASON_POLICY. */
bool attest_policy_judge(struct attest_policy *policy, const struct judgement *j) MUST_CHECK;
/* Nothing without --policy. */
void attest_policy_show_text(const struct attest_policy *policy, const struct verdict *verdict,
                             struct buf *text);
/* A member of a JSON object that is open. */
void attest_policy_show_json(const struct attest_policy *policy, const struct verdict *verdict,
                             struct buf *json);
