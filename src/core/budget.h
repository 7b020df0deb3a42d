/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "state/change.h"
#include "state/snapshot.h"

/*
 * How often a Marble may still be activated (marble-api.md, 3.5). The count is a value of the state. Beside it
 * stand marks of recent activations, so that a request which is repeated because its reply was lost counts
 * once: one for each that named an attempt (the field taw-activation), for BUDGET_MARK_MS. A mark also knows
 * how many answers were given for its attempt, so that it is given back only when all of them were lost.
 */
enum {
    BUDGET_MARK_MS = 3600 * 1000, /* one hour */
};

/* One attempt: who, with which proven key, and how he names it. */
struct attempt {
    struct bytes marble, uuid, leaf, name;
};
/* The name of the attempt's mark in the state, freed by the caller; NULL for one without a name, which counts
 * each time. */
bool budget_mark(const struct attempt *attempt, char **mark, struct err *err) MUST_CHECK;

/* FAIL_DENIED: "reached max activations count ..."; FAIL_DAMAGED for a count that is none. most 0: no limit. */
bool budget_check(const struct snapshot *now, struct bytes marble, uint64_t most,
                  struct err *err) MUST_CHECK;
/* Is this mark there, and not over? NULL never is. */
bool budget_is_counted(const struct snapshot *now, const char *mark, int64_t now_ms) MUST_CHECK;
/* Counts one more, sets the mark and removes some that are over. Call budget_check before. */
bool budget_count(const struct snapshot *now, struct bytes marble, const char *mark, int64_t now_ms,
                  struct change *change, struct err *err) MUST_CHECK;
/*
 * One answer more for an attempt that was counted before, at *counted_ms. False when it was not, as above.
 */
bool budget_answer_again(const struct snapshot *now, const char *mark, int64_t now_ms,
                         struct change *change, int64_t *counted_ms) MUST_CHECK;
/*
 * An answer was lost that was counted at counted_ms: takes one back, unless another answer for the same
 * attempt may have arrived. mark NULL: the attempt had no name. FAIL_STATE: it stays counted.
 */
bool budget_give_back(const struct snapshot *now, struct bytes marble, const char *mark,
                      int64_t counted_ms, struct change *change, struct err *err) MUST_CHECK;
