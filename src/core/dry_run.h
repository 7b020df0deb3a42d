/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/manifest.h"
#include "manifest/records.h"

/*
 * Runs the templates of every Marble once with stand-ins for what is not known yet (manifest.md, 14.9),
 * so that most mistakes show when a manifest is set. secrets: one for each of manifest->secrets.
 * FAIL_MALFORMED names Marble, file or variable.
 */
bool dry_run(const struct manifest *manifest, const struct stored_secret *secrets,
             struct err *err) MUST_CHECK;
