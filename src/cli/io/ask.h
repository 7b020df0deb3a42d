/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/secret.h"
#include "cli/cli.h"

/* What a command asks a person, and what happens where nobody is to be asked (--no-input) or nobody is there. */

/* An act that cannot be taken back. */
struct ask {
    const char *question;
    const char *unattended; /* warning when it goes on without a terminal; NULL: none */
    const char *refused;    /* error after a no */
    const char *hint;       /* what to do instead; NULL: none */
    bool always; /* an answer is wanted without a terminal, too */
};
/*
 * True: it may go on. --yes is a yes; a no ends with EXIT_FAILED. On a terminal a person is asked; without one it goes on, unless an
 * answer is always wanted, or by --require-confirmation or TAW_REQUIRE_CONFIRMATION. Where an answer is wanted and cannot be had:
 * FAIL_STATE, status usage.
 */
bool ask_consent(struct cli *cli, const struct ask *ask, struct err *err) MUST_CHECK;
/* Is somebody there who may be asked? */
bool ask_is_possible(const struct cli *cli) MUST_CHECK;
/* A question about what may as well be left: without somebody to ask it is a no. */
bool ask_offer(const struct cli *cli, const char *question) MUST_CHECK;
/* As prompt_passphrase; sets the status. instead: what to type instead, for the hint. */
struct secret *ask_passphrase(struct cli *cli, const char *what, const char *instead,
                              struct err *err) MUST_CHECK;
/* As prompt_line; status usage. */
char *ask_line(struct cli *cli, const char *what, const char *instead, struct err *err) MUST_CHECK;
