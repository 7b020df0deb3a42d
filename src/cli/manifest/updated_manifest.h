/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/*
 * A manifest as it is in force: with the security versions that later updates of packages have raised
 * (cli.md, 11.2, and D-20: only what was logged since the manifest itself was set or replaced counts).
 *
 * log: the update log, one JSON object in each line. Appends JSON with sorted keys, four blanks for each level
 * and a final newline; members that nobody knows stay. FAIL_MALFORMED.
 */
bool updated_manifest_put(struct bytes manifest, struct bytes log, struct buf *out,
                          struct err *err) MUST_CHECK;
