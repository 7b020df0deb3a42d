/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/core.h"
#include "core/vouched.h"
#include "recovery/plan.h"
#include "recovery/session.h"

#include <pthread.h>

/* What the files of this room share. */
struct core {
    const struct env *env;
    struct sealing *sealing;
    const char *(*variable)(void *ctx, const char *name);
    const struct quote_verifier *verifier; /* NULL: no TEE */
    struct writer *writer;
    struct observer *observer; /* NULL: nobody counts */
    struct vouched *vouched;   /* of Marbles that call the client API */
    struct store *store;       /* of the writer's thread after core_open */
    struct recovery_session
        *session; /* NULL: the start was no recovery; lives as long as the core */
    struct buf locked_metadata, locked_signature; /* of the locked state */
    struct buf foreign_data;  /* a state of the original that waits for its recovery secrets */
    struct secret *nonce_key; /* knows the nonces of drills again */
    bool late_update_checks;  /* as core_config */
    bool setting_manifest;    /* atomic: one at a time, see core_set_manifest */
    pthread_mutex_t ephemeral_lock;
    struct key *ephemeral; /* NULL before the first request for it */
};

enum sealing_policy core_policy(const struct manifest *manifest) MUST_CHECK;
/* Puts metadata, its signature by the root key, the RWK and the policy into a decision. */
bool decision_put_plan(struct decision *d, const struct recovery_plan *plan, struct key *root_key,
                       const struct manifest *manifest, struct err *err) MUST_CHECK;
/* A manifest in the state: packages, infrastructures, Marbles and TLS tags as records of their own, ... */
void change_put_parts(struct change *change, const struct manifest *m);
/* ... users with their permissions (FAIL_MALFORMED: a certificate), ... */
bool change_put_users(struct change *change, const struct manifest *m, struct err *err) MUST_CHECK;
/* ... and the authority that goes with it. */
bool change_put_authority(struct change *change, const struct authority *authority,
                          struct err *err) MUST_CHECK;
/*
 * Puts into the state what it keeps of a plan that replaces all that was there: the encrypted secrets, and what drills need.
 * Appends the reply's object of name to base64 of the encrypted secret, "{}" for none.
 */
bool change_put_recovery(struct change *change, const struct env *env,
                         const struct recovery_plan *plan, struct buf *secrets_json,
                         struct err *err) MUST_CHECK;
/* The object of name to base64 of the encrypted secret. */
void put_secrets_json(const struct recovery_plan *plan, struct buf *out);

/* ---- recovery sets as the state keeps them for drills (state/recovery_set.h); freed by the caller ---- */

/* drills: as in struct recovery_plan; NULL: not known. */
struct recovery_set *set_of_metadata(const struct recovery_metadata *metadata, int64_t created_ms,
                                     const uint8_t (*drills)[DRILL_KEY_LEN]);
struct recovery_set *set_of_plan(const struct env *env, const struct recovery_plan *plan);
/* The plain secret of a holder, from which his drills become possible unless they are already. For a set that nobody shares yet. */
bool set_learn_secret(struct recovery_set *set, struct bytes name, struct bytes secret,
                      struct err *err) MUST_CHECK;
/* name: NAME_RECOVERY_SET or NAME_NEW_RECOVERY_SET. */
bool change_put_recovery_set(struct change *change, const char *name,
                             const struct recovery_set *set, struct err *err) MUST_CHECK;
/*
 * On the writer's thread: is there a sealed state whose recovery sets have to change with the values? Not when it was started
 * again with SealMode Disabled: what lies in the store stays as it was before.
 */
bool has_sealed_sets(const struct core *core) MUST_CHECK;
/* Deletes what the state keeps of a re-issued set; its proofs go with the next one that is put. */
void change_drop_new_set(struct change *change);
/* The re-issued set takes the place of the one in force. FAIL_DAMAGED: there is none. */
bool change_promote_new_set(struct change *change, const struct snapshot *now,
                            struct err *err) MUST_CHECK;

/* Which recovery sets a state that goes on is to have. */
struct set_choice {
    /* The ids (hex) of sets that stay, in order; NULL: no more. */
    const char *kept[STORE_RECOVERY_SETS];
    /* A new one after them, NULL: none; borrowed. Its metadata get the deployment id of the state and the number of
     * its last commit. */
    struct recovery_plan *added;
};
/*
 * On the writer's thread, in a decision on a state that is open and sealed: its recovery sets become the chosen ones,
 * signed together by the root key. Whatever else belongs to them goes into d->change. FAIL_NOT_FOUND: names the set
 * that is not there; FAIL_MALFORMED: none or too many are chosen, or a plan without recovery keys; FAIL_STATE: the
 * state is not sealed.
 */
bool decision_put_sets(struct decision *d, const struct core *core, const struct set_choice *choice,
                       struct key *root_key, struct err *err) MUST_CHECK;
/*
 * A recovery while two sets were in force: `kept` (the id, hex) opened the state and is the only one of the new
 * generation, because the key of the other is not known. Puts the line about it, the number `line` of the update
 * log.
 */
void change_drop_set(struct change *change, const struct env *env, uint64_t line, const char *kept,
                     const char *dropped);
/* The parties of a manifest, at most RECOVERY_MAX_HOLDERS; names live as long as the manifest, keys are
 * owned (parties_clear). */
struct parties {
    size_t count;
    struct recovery_party *at;
};
bool parties_of(const struct manifest *manifest, struct parties *parties,
                struct err *err) MUST_CHECK;
void parties_clear(struct parties *parties);
#define auto_parties struct parties CLEANUP(parties_clear)
/* What the plan for these parties needs to know about the manifest. */
struct recovery_request recovery_request_of(const struct manifest *manifest,
                                            const struct parties *parties, const char *fingerprint);
/*
 * For a state of the original: a recovery slot under its old data key, so that the secrets which its holders
 * have go on working, and metadata made from its manifest. *set: what the state is to keep of it, owned by the caller.
 */
bool core_adopt(const struct env *env, struct bytes foreign_data, struct bytes data_key,
                const struct snapshot *inside, struct decision *d, struct recovery_set **set,
                struct err *err) MUST_CHECK;
