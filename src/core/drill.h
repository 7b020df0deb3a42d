/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/core.h"

/*
 * Drills (high-availability.md, 11.13): key holders prove that their secrets work while nothing is to be recovered.
 * recovery/drill.h has the holder's side.
 */

/* The set that this names (hex); no bytes: the one that waits for its proofs, else the one in force. NULL: none is so. */
const struct recovery_set *core_drilled_set(const struct snapshot *now,
                                            struct bytes set) MUST_CHECK;
/*
 * Appends the data of a challenge: {"set":hex,"nonce":…,"expires":RFC 3339,"holders":[{"name":…,"spki":hex}]}.
 * FAIL_INTERNAL.
 */
bool core_drill_challenge(struct core *core, const struct recovery_set *set, struct buf *json,
                          struct err *err) MUST_CHECK;

enum drill_result {
    DRILL_FAILED =
        0, /* *err says why; FAIL_STATE: not now; FAIL_UNAVAILABLE: could not be sealed */
    DRILL_OK,
    DRILL_OLD_NONCE,      /* or one of somebody else */
    DRILL_WRONG_SET,      /* not, or no longer */
    DRILL_UNKNOWN_HOLDER, /* of that set */
    DRILL_WRONG_KEY,      /* not signed by the holder's recovery key */
    DRILL_IMPOSSIBLE,     /* the secret of this holder is not known here */
    DRILL_WRONG_SECRET,
};
/* "ok", "wrong secret", ... */
const char *drill_result_text(enum drill_result result) MUST_CHECK;

struct drill_answer {
    struct bytes set; /* as in core_drilled_set */
    struct bytes name, nonce, proof, signature;
};
struct drill_outcome {
    char set[RECOVERY_SET_ID_LEN + 1]; /* what was proven */
    int64_t proven_ms;                 /* when, milliseconds since 1970 */
    bool replaced; /* with this proof the re-issued secrets are in force, the old ones no longer */
};
/*
 * Judges one answer; the signature first, so that nobody without a holder's key causes a commit. A proof is durable
 * when this returns DRILL_OK, and repeated within a minute it is not written again. Anything else has changed nothing, and *err
 * says what was wrong.
 */
enum drill_result core_drill(struct core *core, const struct drill_answer *answer,
                             struct drill_outcome *outcome, struct err *err) MUST_CHECK;
