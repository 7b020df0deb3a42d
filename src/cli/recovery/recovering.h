/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/coordinator/session.h"
#include "crypto/key.h"

/*
 * A Coordinator in recovery mode, over a session in which it was verified. All set the status.
 *
 *   recovering_read     how far it is
 *   recovering_expect   is it in recovery mode, and the run of the program that the holder means?
 *   recovering_key      the key to which a secret can be encrypted; it lives as long as that run
 *   recovering_upload   gives it one secret, and says what has changed
 */
struct recovering {
    struct answer answer; /* the texts are views into it */
    bool known; /* false: it is the original, which does not say; all below but `active` is empty */
    bool active;
    struct bytes
        session; /* hex; another one for each run, which forgets what the one before was given */
    uint64_t needed, received;
    const struct json *missing; /* list of holders */
};
void recovering_clear(struct recovering *r);
#define auto_recovering struct recovering CLEANUP(recovering_clear)

bool recovering_read(struct session *s, struct recovering *r, struct err *err) MUST_CHECK;
/* wanted: the session that is meant; empty: any. Both refusals end with EXIT_STATE. */
bool recovering_expect(struct cli *cli, const struct recovering *r, struct bytes wanted,
                       struct err *err) MUST_CHECK;
/* "Session ...: 1 of 2 secrets received, missing: ben"; nothing when it is not known. */
bool recovering_say(struct cli *cli, const struct recovering *r, struct err *err) MUST_CHECK;
/* `signature`: the Coordinator's word for the key, which was checked (recovery/signed_key.h); stays empty when it gives none. */
struct key *recovering_key(struct session *s, struct buf *signature, struct err *err) MUST_CHECK;
/*
 * secret: plain, or encrypted to the key above; signature: over the plain one. The last one that was needed
 * also tells which root certificate is in use now, and whether it is that of the certificate cache.
 */
bool recovering_upload(struct session *s, const struct recovering *r, struct bytes secret,
                       struct bytes signature, struct err *err) MUST_CHECK;
