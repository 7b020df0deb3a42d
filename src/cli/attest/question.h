/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/collateral.h"
#include "cli/attest/binding.h"
#include "cli/attest/policy.h"

/* What `attest verify` is asked: evidence, collateral, a time, roots, and perhaps a policy. The answer is with it. */
enum moment_source {
    MOMENT_NOW = 0,
    MOMENT_TYPED, /* --at */
    MOMENT_SAVED, /* of a saved record */
};
struct question {
    struct evidence_input evidence;
    struct buf bundle_file;
    const char *bundle_path; /* NULL: that of a saved record, or none */
    struct bytes bundle;     /* empty: none */
    int64_t at;
    enum moment_source at_source;
    struct trust_anchors anchors;
    struct arena arena; /* of the anchors, the policy and the verdicts */

    struct collateral *collateral; /* owned; the verdict has views into it */
    struct verdict verdict;
    struct binding binding;
    struct attest_policy policy;
    bool valid;
    const char *signatures; /* "valid" or a reason */
};
void question_clear(struct question *question);
#define auto_question struct question CLEANUP(question_clear)

/* From the command's arguments and flags. Sets the status. */
bool question_read(struct cli *cli, struct question *question, struct err *err) MUST_CHECK;
/* About a saved record that is at hand, with the roots of the command's flags. Sets the status. */
bool question_of_record(struct cli *cli, struct bytes record, struct question *question,
                        struct err *err) MUST_CHECK;
void question_judge(struct question *question);
