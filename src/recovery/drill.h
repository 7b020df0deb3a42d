/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/env.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "recovery/metadata.h"

/*
 * Drills: a key holder proves that his recovery secret is the right one and that he has his recovery key, without
 * a recovery and without sending the secret (high-availability.md, 11.13).
 *
 *   drill_key                 secret -> what the state keeps of it; there is no way back
 *   drill_nonce_make          Coordinator: what is to be answered, good for a while
 *   drill_challenge_read      holder: the reply of POST /api/v2/recovery/drill
 *   drill_answer_write        holder: the body to send next
 *   drill_nonce_check, drill_signature_check, drill_proof_check    Coordinator: does it hold?
 *
 * Proof and signature are over nonce | set, the set as hex text. A nonce may be answered more than once: a proof says
 * that it worked at this time, nothing else.
 */
enum {
    DRILL_KEY_LEN = SHA256_LEN, /* bytes */
    DRILL_NONCE_LEN =
        16 + 8 + SHA256_LEN,        /* random, milliseconds since 1970 (little-endian), MAC */
    DRILL_NONCE_MS = 5 * 60 * 1000, /* how long it is good */
};

/* HKDF-SHA-256 of the plain secret, no salt, info "mr-drill". */
bool drill_key(struct bytes secret, uint8_t out[static DRILL_KEY_LEN], struct err *err) MUST_CHECK;

/* own_key: 32 random bytes of this process, to know its nonces again without keeping them. */
bool drill_nonce_make(const struct env *env, struct bytes own_key, int64_t expires_ms,
                      uint8_t out[static DRILL_NONCE_LEN], struct err *err) MUST_CHECK;
/* FAIL_DENIED: not by this process, or too old. */
bool drill_nonce_check(struct bytes own_key, struct bytes nonce, int64_t now_ms,
                       struct err *err) MUST_CHECK;

/* FAIL_DENIED when the holder's key, RSA PKCS#1 v1.5 over SHA-256, did not sign this nonce for this set. */
bool drill_signature_check(const struct key *holder, struct bytes nonce, const char *set,
                           struct bytes signature, struct err *err) MUST_CHECK;
/* key: as drill_key made it. FAIL_DENIED when the proof was made from another secret. */
bool drill_proof_check(struct bytes key, struct bytes nonce, const char *set, struct bytes proof,
                       struct err *err) MUST_CHECK;

/* What a holder is asked. */
struct drill_challenge {
    struct arena arena; /* of the names */
    char set[2 * RECOVERY_ID_LEN + 1];
    struct buf nonce;
    size_t count;
    struct drill_holder { /* of the set */
        struct bytes name;
        char spki[2 * SHA256_LEN + 1]; /* SHA-256 of the public key, hex */
    } * holders;
};
void drill_challenge_clear(struct drill_challenge *challenge);
#define auto_drill_challenge struct drill_challenge CLEANUP(drill_challenge_clear)
/*
 * json: the reply's body or its data,
 *     {"set":hex,"nonce":octets,"holders":[{"name":…,"spki":hex}]}
 * FAIL_MALFORMED with the place. *challenge is zero before, and to be cleared also after a failure.
 */
bool drill_challenge_read(struct bytes json, struct drill_challenge *challenge,
                          struct err *err) MUST_CHECK;
/* The only holder with this key. FAIL_NOT_FOUND: none has it; FAIL_DENIED: several do, name one. */
bool drill_holder_of(const struct drill_challenge *challenge, const struct key *key,
                     struct bytes *name, struct err *err) MUST_CHECK;
/*
 * Appends {"set":…,"name":…,"nonce":…,"proof":…,"signature":…}. key: the holder's private recovery key; secret: the plain
 * share.
 */
bool drill_answer_write(const struct drill_challenge *challenge, struct bytes name,
                        const struct key *key, struct bytes secret, struct buf *out,
                        struct err *err) MUST_CHECK;
