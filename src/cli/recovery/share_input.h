/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/secret.h"
#include "cli/cli.h"
#include "crypto/key.h"

/* Recovery secrets as people have them. All set the status; `path` is for error texts. */

/*
 * The plain secret in what was read from a file, of a length that a secret can have. key NULL: there is none, so
 * that it has to be plain. Of an answer with several secrets the one that the key opens is taken, and named; *name (may be
 * NULL) gets the name. When the key opens several, which are those of holders with the same key, the person has to say
 * whose is meant.
 */
struct secret *share_input_open(struct cli *cli, const char *path, struct bytes file,
                                const struct key *key, struct buf *name,
                                struct err *err) MUST_CHECK;
/* The same when it is known whose secret it is. */
struct secret *share_input_named(struct cli *cli, const char *path, struct bytes file,
                                 struct bytes name, const struct key *key,
                                 struct err *err) MUST_CHECK;
/* The secret in the file that this argument names, and in it the one of --party when that is typed. */
struct secret *share_input_read(struct cli *cli, size_t argument, const struct key *key,
                                struct err *err) MUST_CHECK;
/* The holder's signature over the plain secret, tried at once. Appends. */
bool share_input_sign(struct cli *cli, const struct key *key, const struct secret *plain,
                      struct buf *signature, struct err *err) MUST_CHECK;
