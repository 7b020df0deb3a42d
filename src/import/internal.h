/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "codec/json.h"
#include "crypto/key.h"
#include "state/change.h"

/* The two shapes of a decrypted state, read into puts. root is an object. */

/* Releases 0.4 to 1.9: a map from names to values (state-and-recovery.md, 5.1 to 5.3). */
bool marblerun_read_map(const struct json *root, struct change *change, bool *no_manifest,
                        struct err *err) MUST_CHECK;
/* Releases 0.1 to 0.3: structs (5.5). Certificates that they lack are made. */
bool marblerun_read_struct(const struct env *env, const struct json *root, struct change *change,
                           bool *no_manifest, struct err *err) MUST_CHECK;

/* A missing root secret: the scalar of the root key without leading zero bytes (5.6). */
bool marblerun_put_root_secret(struct change *change, const struct key *root_key,
                               struct err *err) MUST_CHECK;
/* A missing signature over the manifest. */
bool marblerun_put_signature(struct change *change, const struct key *root_key,
                             struct bytes manifest, struct err *err) MUST_CHECK;
