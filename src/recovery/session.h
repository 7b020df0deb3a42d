/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "base/secret.h"
#include "recovery/sets.h"

/*
 * Several key holders bring a sealed state back (high-availability.md, 11.11): each share is judged
 * alone and at once, by its commitment and its holder's signature; what is refused is named and
 * costs nobody else's progress. While two recovery sets are in force, a share counts for the set that it was made
 * for, and either of them opens the state. Safe for calls from several threads; no lock is held while
 * signatures are checked.
 *
 *   recovery_session_new      with the metadata beside the state
 *   recovery_session_new_foreign   for a state of the original, which says less about its shares
 *   recovery_session_offer    one upload
 */
struct recovery_session;

/* An accepted share, as the opener sees it. */
struct recovery_upload {
    const struct recovery_holder *holder; /* NULL: a foreign state, the holder is not known yet */
    struct bytes share;
    struct bytes signature; /* empty: unsigned, by the page of 2020 */
    bool refused; /* set by an opener that fails: this share is dropped, the others stay */
};

/*
 * Tries to open the state with a rebuilt key, that of the set with this number (0: the first; a foreign
 * state has one). All uploads are of that set. True: opened, the session is over. FAIL_DENIED: the key does
 * not open it. Every other kind ends the attempt with that error. Unless it marks uploads as refused, the
 * one that completed the attempt is dropped. Called under the session's lock.
 */
typedef bool recovery_open(void *arg, size_t set, struct bytes candidate,
                           struct recovery_upload *uploads, size_t count, struct err *err);

struct recovery_opener {
    recovery_open *open;
    void *arg;
};

/* Takes what is in *sets over. */
struct recovery_session *recovery_session_new(const struct env *env, struct recovery_sets *sets,
                                              struct err *err) MUST_CHECK;
/*
 * A state of the original. hashes: SHA-256 of each share as hex-decoded from its metadata; none: one
 * holder has the whole key of 16 or 32 bytes.
 */
struct recovery_session *recovery_session_new_foreign(const struct env *env,
                                                      const uint8_t (*hashes)[SHA256_LEN],
                                                      size_t count, struct err *err) MUST_CHECK;
void recovery_session_free(struct recovery_session *session);

/*
 * One share. signature empty: only for a session whose metadata says that no proof is needed (or a
 * foreign state, where the opener decides). *remaining: shares of its set that are still missing, 0: opened.
 *
 * FAIL_MALFORMED: wrong length. FAIL_DENIED: not of this set, already used, wrong signature, does not
 * open the state. FAIL_STATE: the session is over. Nothing that was accepted before is lost.
 */
bool recovery_session_offer(struct recovery_session *session, struct bytes share,
                            struct bytes signature, const struct recovery_opener *opener,
                            unsigned *remaining, struct err *err) MUST_CHECK;

/* Wipes all shares and takes no more, as it is after the state was opened: the state was dismissed. */
void recovery_session_end(struct recovery_session *session);

/* Does an unsigned upload stand a chance? Of foreign states only one with a single secret may have come
 * from the recovery page of 2020; there the opener decides. */
bool recovery_session_without_proof(const struct recovery_session *session) MUST_CHECK;
/*
 * Appends JSON members: "scheme":…,"needed":…,"received":…,"accepted":[names],"missing":[names],"session":…
 * While two sets are in force these are about the first, and "sets" has an object for each: the same
 * members but the last, and its id as "set".
 */
void recovery_session_describe(struct recovery_session *session, struct buf *out);
/* How many shares the set needs and has for which the latest one counted. Never waits: while the state is being
 * opened, both stay as they are. */
void recovery_session_counts(struct recovery_session *session, unsigned *required,
                             unsigned *accepted);
/* Appends the members "required" and "accepted" of the reply to an upload, about the set for which the latest
 * share counted. */
void recovery_session_progress(struct recovery_session *session, struct buf *out);

DEFINE_CLEANUP(struct recovery_session, recovery_session_cleanup, recovery_session_free)
#define auto_recovery_session struct recovery_session CLEANUP(recovery_session_cleanup)
