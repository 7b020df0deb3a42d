/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/io/output.h"
#include "cli/table/options.h"

/*
 * What a command is given, and how it says with which status the program ends.
 *
 * A function of this room that fails sets *err as everywhere; where the cause is known to be one of the
 * kinds that scripts tell apart, it also sets the status with cli_fail. Without that the status is 1.
 */
enum exit_status {
    EXIT_GOOD = 0,
    EXIT_FAILED,
    EXIT_USAGE,
    EXIT_ATTESTATION,
    EXIT_TRUST,
    EXIT_DENIED,
    EXIT_NOT_FOUND,
    EXIT_STATE,
    EXIT_REJECTED,
    EXIT_DIFFERENT,
    EXIT_PENDING,
    EXIT_UNREACHABLE,
    EXIT_KEY,
    EXIT_STATUS_COUNT,
};
struct exit_meaning {
    const char *code; /* in errors as JSON */
    const char *text;
};
extern const struct exit_meaning EXIT_MEANINGS[EXIT_STATUS_COUNT];

struct cli {
    const char *program; /* `taw` or `marblerun`: as it was called */
    struct options options;
    struct output out;
    enum exit_status status; /* of a failure, or of a success that says more than 0 */
    const char *hint;        /* what to do about a failure; NULL: none */
};

/* The n-th argument. */
const char *cli_argument(const struct cli *cli, size_t n) MUST_CHECK;
/* Sets the status and a hint (NULL: none, one that is there stays) and returns false. */
bool cli_fail(struct cli *cli, enum exit_status status, const char *hint);
/* Runs what argv says; the exit status. */
int cli_main(int argc, char **argv) MUST_CHECK;

/* The commands: one file for each group. */
bool run_version(struct cli *cli, struct err *err) MUST_CHECK;
bool run_completion(struct cli *cli, struct err *err) MUST_CHECK;
bool run_manual(struct cli *cli, struct err *err) MUST_CHECK;
bool run_explain(struct cli *cli, struct err *err) MUST_CHECK;
bool run_help(struct cli *cli, struct err *err) MUST_CHECK;
bool run_precheck(struct cli *cli, struct err *err) MUST_CHECK;
bool run_check(struct cli *cli, struct err *err) MUST_CHECK;
bool run_status(struct cli *cli, struct err *err) MUST_CHECK;
bool run_doctor(struct cli *cli, struct err *err) MUST_CHECK;
bool run_wait(struct cli *cli, struct err *err) MUST_CHECK;
bool run_context_add(struct cli *cli, struct err *err) MUST_CHECK;
bool run_context_list(struct cli *cli, struct err *err) MUST_CHECK;
bool run_context_show(struct cli *cli, struct err *err) MUST_CHECK;
bool run_context_remove(struct cli *cli, struct err *err) MUST_CHECK;
bool run_manifest_get(struct cli *cli, struct err *err) MUST_CHECK;
bool run_manifest_log(struct cli *cli, struct err *err) MUST_CHECK;
bool run_manifest_set(struct cli *cli, struct err *err) MUST_CHECK;
bool run_manifest_signature(struct cli *cli, struct err *err) MUST_CHECK;
bool run_manifest_verify(struct cli *cli, struct err *err) MUST_CHECK;
bool run_manifest_check(struct cli *cli, struct err *err) MUST_CHECK;
bool run_manifest_lint(struct cli *cli, struct err *err) MUST_CHECK;
bool run_manifest_diff(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recovery_status(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recovery_drill(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recovery_keygen(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recovery_secrets(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recovery_rotate(struct cli *cli, struct err *err) MUST_CHECK;
bool run_state_inspect(struct cli *cli, struct err *err) MUST_CHECK;
bool run_state_backup(struct cli *cli, struct err *err) MUST_CHECK;
bool run_state_restore(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recovery_prove(struct cli *cli, struct err *err) MUST_CHECK;
bool run_manifest_check_log(struct cli *cli, struct err *err) MUST_CHECK;
bool run_update_plan(struct cli *cli, struct err *err) MUST_CHECK;
bool run_update_review(struct cli *cli, struct err *err) MUST_CHECK;
bool run_update_apply(struct cli *cli, struct err *err) MUST_CHECK;
bool run_update_acknowledge(struct cli *cli, struct err *err) MUST_CHECK;
bool run_update_cancel(struct cli *cli, struct err *err) MUST_CHECK;
bool run_update_get(struct cli *cli, struct err *err) MUST_CHECK;
bool run_certificate_root(struct cli *cli, struct err *err) MUST_CHECK;
bool run_certificate_intermediate(struct cli *cli, struct err *err) MUST_CHECK;
bool run_certificate_chain(struct cli *cli, struct err *err) MUST_CHECK;
bool run_certificate_inspect(struct cli *cli, struct err *err) MUST_CHECK;
bool run_secret_set(struct cli *cli, struct err *err) MUST_CHECK;
bool run_secret_get(struct cli *cli, struct err *err) MUST_CHECK;
bool run_secret_list(struct cli *cli, struct err *err) MUST_CHECK;
bool run_user_keygen(struct cli *cli, struct err *err) MUST_CHECK;
bool run_user_whoami(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recover(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recover_request(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recover_answer(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recover_submit(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recover_with_signature(struct cli *cli, struct err *err) MUST_CHECK;
bool run_recovery_public_key(struct cli *cli, struct err *err) MUST_CHECK;
bool run_encrypt_secret(struct cli *cli, struct err *err) MUST_CHECK;
bool run_sign_secret(struct cli *cli, struct err *err) MUST_CHECK;
bool run_attest_inspect(struct cli *cli, struct err *err) MUST_CHECK;
bool run_attest_verify(struct cli *cli, struct err *err) MUST_CHECK;
bool run_attest_quote(struct cli *cli, struct err *err) MUST_CHECK;
bool run_attest_save(struct cli *cli, struct err *err) MUST_CHECK;
bool run_collateral_fetch(struct cli *cli, struct err *err) MUST_CHECK;
