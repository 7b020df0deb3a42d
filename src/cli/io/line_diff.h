/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

/*
 * How one text becomes another, line by line: the fewest lines that go and come (E. W. Myers, "An O(ND) Difference Algorithm",
 * 1986), with three lines around them, in the unified form that `patch` reads. The texts end with a line feed.
 *
 * Where more than LINE_DIFF_EDITS lines go and come, all lines between the first and the last change do.
 */
enum { LINE_DIFF_EDITS = 2000 };
/* Appends hunks; nothing when the texts are the same. */
void line_diff_put(struct bytes old, struct bytes new, struct buf *out);
