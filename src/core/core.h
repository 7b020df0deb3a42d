/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/evidence.h"
#include "core/writer.h"
#include "manifest/upload.h"
#include "sealing/sealing.h"

/*
 * The decisions: the Coordinator's life from start to stop, and what its clients may do to it.
 *
 *   core_open              what is on disk decides the phase
 *   core_snapshot          what is known now; for everything that only reads
 *   core_set_manifest, core_set_secrets, core_recover ...   block until the result is durable: never on an event loop
 *   core_free
 */
struct core;

struct core_config {
    const struct env *env; /* outlives the core */
    const char *seal_directory;
    struct sealing *sealing;   /* outlives the core */
    const struct bytes *names; /* DNS names and IPs for the certificates, in order */
    size_t name_count;
    bool import_without_recovery; /* simulation: an original's sealed_key is the plain data key */
    /* An update of the manifest is admitted, as the original does, before all of it is known to be usable; then it
     * may fail when the last user acknowledges it. */
    bool late_update_checks;
    /* The environment, for manifest rule V21. */
    const char *(*variable)(void *ctx, const char *name);
    /* Who judges Marbles' quotes; outlives the core. NULL without a TEE: no quote counts as proof then. */
    const struct quote_verifier *verifier;
    struct metrics *
        metrics; /* NULL: nobody counts; outlives the core, which must be there when it is written */
};

/*
 * FAIL_DAMAGED: what is on disk may not be touched before a person has looked at it; FAIL_STATE: another
 * Coordinator has the directory; FAIL_UNAVAILABLE: the disk.
 */
struct core *core_open(const struct core_config *config, struct err *err) MUST_CHECK;
void core_free(struct core *core);
/* A new reference. */
struct snapshot *core_snapshot(struct core *core) MUST_CHECK;
const struct env *core_env(const struct core *core) MUST_CHECK;
/* For the counters that other rooms change. */
struct writer *core_writer(struct core *core) MUST_CHECK;

/* For how long the writer's thread has been at one step: writer_busy_ms. */
int64_t core_busy_ms(const struct core *core) MUST_CHECK;

#define CORE_WRONG_STATE "server is not in expected state"

/* What setting a manifest answers with. */
struct manifest_reply {
    bool singular;           /* `RecoveryKey`: the answer of 2020 */
    struct buf secrets_json; /* object of name to base64 of the encrypted secret; "{}" for none */
    struct buf first;        /* encrypted secret of the only key, when singular */
};
void manifest_reply_clear(struct manifest_reply *reply);
/*
 * Sets the first manifest, in recovery mode dismissing the sealed state, which is kept aside.
 * FAIL_STATE: not in a phase that takes one; FAIL_MALFORMED: refused, nothing has changed;
 * FAIL_UNAVAILABLE: could not be sealed, or another manifest is being worked on: nothing has changed. One at a
 * time, because generating its secrets may take long, and nobody has to prove anything before: the
 * other threads stay free for the holders of recovery keys.
 */
bool core_set_manifest(struct core *core, struct bytes raw, struct manifest_reply *reply,
                       struct err *err) MUST_CHECK;
/* EDG_STARTUP_MANIFEST: as above on a fresh start; never dismisses a state, see core_set_manifest. */
bool core_startup_manifest(struct core *core, struct bytes raw, struct err *err) MUST_CHECK;

/*
 * Gives user-defined secrets the values that `user` uploads: all of them in one commit, with a line each in the
 * update log, or none. now: the snapshot that the user was found in; what is checked holds for its manifest, so
 * another one in between is refused. FAIL_MALFORMED: the manifest does not take a value, or its templates
 * do not; names secret, place and reason. FAIL_DENIED: a secret that the user may not write. FAIL_STATE: no
 * manifest, or an update came in between; FAIL_TOO_LARGE; FAIL_UNAVAILABLE: could not be sealed. Whatever the
 * failure, nothing has changed.
 */
bool core_set_secrets(struct core *core, const struct snapshot *now,
                      const struct deployment_user *user, const struct secret_upload *upload,
                      struct err *err) MUST_CHECK;

/*
 * Has a quote verified, whatever it is about, and signs the result by the root key (client-api.md, 17): ECDSA over SHA-256 of the
 * quote's base64 followed by the status. FAIL_DENIED: it does not verify, or there is nobody here who could.
 */
bool core_sign_quote(struct core *core, const struct snapshot *now, struct bytes quote,
                     enum tcb_status *status, struct buf *signature, struct err *err) MUST_CHECK;

enum recover_result {
    RECOVER_FAILED = 0,
    RECOVER_GONE, /* unsigned, and this state wants signatures: another endpoint */
    RECOVER_MORE, /* accepted, others are needed */
    RECOVER_DONE,
};
/*
 * One recovery secret. Plain with `signature` from the v2 endpoint; without (signed_only false) from
 * the page of 2020. *remaining: shares that are still missing.
 */
enum recover_result core_recover(struct core *core, struct bytes secret, struct bytes signature,
                                 bool signed_only, unsigned *remaining, struct err *err) MUST_CHECK;
/* The key to which a secret may be encrypted on its way (state-and-recovery.md, 7.6): DER, made at the
 * first call; and a signature over it by the root key (recovery/signed_key.h). FAIL_STATE outside recovery. */
bool core_ephemeral_public_key(struct core *core, const struct snapshot *now, struct buf *der,
                               struct buf *signature, struct err *err) MUST_CHECK;
bool core_ephemeral_decrypt(struct core *core, struct bytes encrypted, struct buf *secret,
                            struct err *err) MUST_CHECK;
/*
 * Appends the members of GET /api/v2/recover/status: those of the session, and the recovery metadata with its
 * signature by the root key, which whoever pinned the root can check before he sends his secret.
 * FAIL_STATE when there is nothing to recover.
 */
bool core_recovery_status(struct core *core, struct buf *members, struct err *err) MUST_CHECK;
/* Appends "required" and "accepted" of a session that goes on. */
void core_recovery_progress(struct core *core, struct buf *members);
