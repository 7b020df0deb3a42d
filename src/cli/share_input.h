/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/secret.h"
#include "cli/cli.h"
#include "crypto/key.h"

/* Recovery secrets as people have them. Both set the status; `path` is for error texts. */

/*
 * The plain secret in what was read from a file, of a length that a secret can have. key NULL: there is none, so
 * that it has to be plain. Of an answer with several secrets the one that the key opens is taken, and named.
 */
struct secret *share_input_open(struct cli *cli, const char *path, struct bytes file,
                                const struct key *key, struct err *err) MUST_CHECK;
/* The same when it is known whose secret it is. */
struct secret *share_input_named(struct cli *cli, const char *path, struct bytes file,
                                 struct bytes name, const struct key *key,
                                 struct err *err) MUST_CHECK;
