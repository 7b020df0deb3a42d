/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/manifest.h"
#include "manifest/records.h"

/*
 * Runs the templates of every Marble once with stand-ins for what is not known yet (manifest.md, 14.9),
 * so that most mistakes show when a manifest is set or secrets are uploaded.
 */

/*
 * The secret manifest->secrets[i]: called when a template asks for it, perhaps more than once. The result lives
 * as long as the run; NULL: there is none. *given: a user-defined one has its real values; else templates
 * see stand-ins for them.
 */
typedef const struct stored_secret *dry_run_secret(void *arg, size_t i, bool *given);

/* FAIL_MALFORMED names Marble, file or variable. */
bool dry_run(const struct manifest *manifest, dry_run_secret *secret, void *arg,
             struct err *err) MUST_CHECK;
