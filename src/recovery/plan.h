/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "base/secret.h"
#include "recovery/drill.h"
#include "recovery/metadata.h"

/*
 * Making recovery material (state-and-recovery.md, 6): a recovery wrapping key (RWK), a secret for
 * each holder from which it is rebuilt, each encrypted to its holder, and the metadata, with the id of
 * the new deployment and of its recovery set.
 */
struct recovery_party {
    struct bytes name; /* of the recovery key, in the manifest */
    struct key *key;   /* borrowed */
};

struct recovery_request {
    const struct recovery_party *parties;
    size_t party_count;
    uint64_t threshold;   /* RecoveryThreshold of the manifest, 0: all */
    bool without_proof;   /* the manifest has the singular RecoveryKey */
    const char *manifest; /* fingerprint, hex */
    uint64_t created_seq;
};

struct recovery_secret {
    char *name;
    struct buf encrypted; /* RSA-OAEP ciphertext */
};

struct recovery_plan {
    struct secret *rwk; /* NULL without parties */
    struct recovery_metadata *metadata;
    size_t count;
    struct recovery_secret *secrets; /* in the order of the metadata's holders */
    /* drill_key of each holder's secret, in the same order; NULL: the secrets are not known here. Secret. */
    uint8_t (*drills)[DRILL_KEY_LEN];
};

/* FAIL_MALFORMED: more than 255 parties, a threshold that does not fit, a NUL byte in a name. */
struct recovery_plan *recovery_plan_make(const struct env *env,
                                         const struct recovery_request *request,
                                         struct err *err) MUST_CHECK;
/*
 * For an imported state: the RWK is the state's old data key, the shares are with the holders. For one
 * party the share is the key itself; otherwise `hashes` are what is known about them (may be none).
 */
struct recovery_plan *recovery_plan_adopt(const struct env *env,
                                          const struct recovery_request *request,
                                          struct bytes data_key,
                                          const uint8_t (*hashes)[SHA256_LEN], size_t hash_count,
                                          struct err *err) MUST_CHECK;
void recovery_plan_free(struct recovery_plan *plan);

DEFINE_CLEANUP(struct recovery_plan, recovery_plan_cleanup, recovery_plan_free)
#define auto_recovery_plan struct recovery_plan CLEANUP(recovery_plan_cleanup)
