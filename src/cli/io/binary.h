/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"
#include "cli/io/save.h"

/*
 * The result of a command that is bytes: into the file of --output, or onto standard output unless that is a terminal. what: for
 * people, "Signature". FAIL_STATE, status usage: not there.
 */
bool binary_put(struct cli *cli, const struct buf *binary, const char *what, enum save_how how,
                struct err *err) MUST_CHECK;
