/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/io/output.h"
#include "manifest/diff.h"

/* What an update means, as data and as text for output_painted. */

/* Appends members, without braces around them. */
void diff_put_members(const struct manifest_diff *diff, struct buf *data);
/* The same with the values of parameters, as a unified diff of both manifests in sorted JSON: one member. FAIL_MALFORMED. */
bool diff_put_unified_member(struct bytes old, struct bytes new, struct buf *data,
                             struct err *err) MUST_CHECK;
/* Changes by sections, each with what follows from it. */
void diff_put_changes(const struct output *out, const struct manifest_diff *diff, struct buf *text);
/* What follows from all of them. */
void diff_put_consequences(const struct output *out, const struct manifest_diff *diff,
                           struct buf *text);
/* Heads and hunks; nothing when there is no difference. FAIL_MALFORMED. */
bool diff_put_unified(const struct output *out, struct bytes old, struct bytes new,
                      const char *old_name, const char *new_name, struct buf *text,
                      struct err *err) MUST_CHECK;
