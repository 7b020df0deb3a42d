/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "crypto/key.h"
#include "state/change.h"

/*
 * What the state keeps of a recovery set so that its holders can be drilled (high-availability.md, 11.13), and when
 * each of them last proved his secret. NAME_RECOVERY_SET is the set in force, NAME_NEW_RECOVERY_SET one that was
 * re-issued and waits for its proofs; both are JSON:
 *
 *     {"set":hex,"scheme":"shamir","needed":2,"created":milliseconds,
 *      "holders":[{"name":…,"key":base64 of DER,"drill":base64}]}
 *
 * `drill` is left out when the secret of a holder was never known here: in a state that was imported.
 */
enum {
    RECOVERY_SET_ID_LEN = 32,    /* hex digits */
    RECOVERY_SET_DRILL_LEN = 32, /* bytes */
    RECOVERY_SET_MAX = 255,      /* holders */
};
#define RECOVERY_PROOF_MS (INT64_C(90) * 24 * 60 * 60 * 1000) /* how long a proof counts */

struct recovery_set_holder {
    struct bytes name;
    struct key *key; /* public, RSA */
    struct bytes
        drill; /* what his secret is proven with, RECOVERY_SET_DRILL_LEN bytes; empty: not known. Secret. */
};

/* Immutable once it is in a snapshot, shared by reference count. */
struct recovery_set {
    size_t refs; /* atomic */
    char id[RECOVERY_SET_ID_LEN + 1];
    struct bytes scheme; /* as recovery_scheme_name */
    unsigned needed;     /* distinct holders */
    int64_t created_ms;
    size_t count;
    struct recovery_set_holder *holders; /* sorted by name, each once; in the arena */
    struct arena arena;
};

/* With room for so many holders, all zero; scheme and names are to be put into its arena. */
struct recovery_set *recovery_set_new(size_t count);
/* FAIL_DAMAGED names the place. */
struct recovery_set *recovery_set_parse(struct bytes json, struct err *err) MUST_CHECK;
/* Appends the JSON. */
bool recovery_set_write(const struct recovery_set *set, struct buf *out,
                        struct err *err) MUST_CHECK;
struct recovery_set *recovery_set_ref(struct recovery_set *set) MUST_CHECK; /* NULL stays NULL */
void recovery_set_free(struct recovery_set *set);
/* NULL when there is none of this name. */
const struct recovery_set_holder *recovery_set_holder(const struct recovery_set *set,
                                                      struct bytes name) MUST_CHECK;

DEFINE_CLEANUP(struct recovery_set, recovery_set_cleanup, recovery_set_free)
#define auto_recovery_set struct recovery_set CLEANUP(recovery_set_cleanup)

/* ---- proofs: values PREFIX_RECOVERY_PROOF "<set>:<name>", decimal milliseconds since 1970 ---- */

/* When this holder last proved his secret of that set; 0: never. */
int64_t recovery_proven_ms(const struct omap *values, const char *set,
                           struct bytes name) MUST_CHECK;
void change_put_recovery_proof(struct change *change, const char *set, struct bytes name,
                               int64_t now_ms);
/* Deletes the proofs of all sets but these (NULL: none). */
void change_drop_recovery_proofs(struct change *change, const struct omap *values, const char *kept,
                                 const char *also_kept);

/* How well a recovery would go. */
struct recovery_proofs {
    bool known; /* the state knows the set; else the secrets have to be re-issued before drills */
    bool possible;    /* every holder can prove his secret */
    unsigned holders; /* of the set */
    unsigned needed;  /* for a recovery */
    unsigned
        wanted; /* who should have proven within RECOVERY_PROOF_MS: one more than needed, or all */
    unsigned proven;        /* who did at any time */
    unsigned proven_lately; /* who did within RECOVERY_PROOF_MS */
    int64_t oldest_ms;      /* of the last proofs of those who did; 0: nobody did */
    bool alarm;             /* fewer than wanted */
};
struct snapshot;
/* Of the set in force; all zero without a manifest. */
void recovery_proofs_summary(const struct snapshot *now, int64_t now_ms,
                             struct recovery_proofs *proofs);
/* The same of one set. */
void recovery_set_proofs(const struct recovery_set *set, const struct omap *values, int64_t now_ms,
                         struct recovery_proofs *proofs);
