/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/core.h"
#include "state/reissue.h"

/*
 * New recovery secrets for the recovery keys of the manifest, without a new manifest (high-availability.md, 11.12):
 *
 *   asked for by as many users as an update of the manifest needs
 *   both sets recover the state
 *   enough holders of the new set prove it (core/drill.h), or a user cancels
 *   only one set recovers the state
 */
enum reissue_state {
    REISSUE_FAILED = 0,
    REISSUE_PENDING, /* waits for acknowledgments */
    REISSUE_PROVING, /* the new secrets are there and wait for their proofs */
};
struct reissue_reply {
    struct buf secrets_json; /* PROVING: object of name to base64 of the encrypted secret */
    char set[RECOVERY_SET_ID_LEN + 1]; /* PROVING: the new one */
    uint64_t missing;                  /* PENDING: acknowledgments */
    struct buf missing_users;          /* PENDING: elements of a JSON list */
};
void reissue_reply_clear(struct reissue_reply *reply);
#define auto_reissue_reply struct reissue_reply CLEANUP(reissue_reply_clear)
/*
 * `user` asks for a re-issue or acknowledges one; the one who completes it gets the new secrets, and so does whoever asks
 * again until they are proven. now: the snapshot that the user was found in. FAIL_DENIED: he may not update the manifest;
 * FAIL_STATE: no manifest, one without recovery keys, or an update of the manifest is pending; FAIL_UNAVAILABLE: could not
 * be sealed. Whatever the failure, nothing has changed.
 */
enum reissue_state core_reissue(struct core *core, const struct snapshot *now,
                                const struct deployment_user *user, struct reissue_reply *reply,
                                struct err *err) MUST_CHECK;
/*
 * Drops a re-issue that waits for acknowledgments, or new secrets that wait for proofs. FAIL_NOT_FOUND: there is none;
 * FAIL_DENIED, FAIL_STATE, FAIL_UNAVAILABLE as above.
 */
bool core_reissue_cancel(struct core *core, const struct snapshot *now,
                         const struct deployment_user *user, struct err *err) MUST_CHECK;
