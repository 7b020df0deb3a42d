/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/table/table.h"

/* Text made from the table; each appends. `program` is the name that stands in examples. */
void help_put(const struct command *command, const char *program, struct buf *out);
/* What follows an error: so short that the error is still to be seen. */
void help_put_usage(const struct command *command, const char *program, struct buf *out);
/* The manual page (scdoc) of the program (`taw`) or of a command at the top (`taw-manifest`). */
bool manual_put(const char *page, struct buf *out, struct err *err) MUST_CHECK;
/* Names of all pages, one in each line. */
void manual_put_names(struct buf *out);
/* A completion script: bash, zsh or fish. FAIL_MALFORMED for another shell. */
bool completion_put(const char *shell, const char *program, struct buf *out,
                    struct err *err) MUST_CHECK;
