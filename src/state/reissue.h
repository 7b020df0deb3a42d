/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "state/change.h"
#include "state/quorum.h"

/*
 * A re-issue of the recovery secrets that waits for its acknowledgments, value NAME_PENDING_REISSUE: an object with
 * the members of state/quorum.h.
 */
struct snapshot;
/* Is one waiting? While it is, no update of the manifest may begin. */
bool reissue_is_pending(const struct snapshot *now) MUST_CHECK;
/* False when none is waiting, or with *damage, FAIL_NONE before, when its value cannot be read. */
bool reissue_load(const struct snapshot *now, struct arena *arena, struct quorum *quorum,
                  struct err *damage) MUST_CHECK;
void change_put_reissue(struct change *change, const struct quorum *quorum);
