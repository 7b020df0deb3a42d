/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/env.h"
#include "base/err.h"
#include "crypto/hash.h"
#include "crypto/key.h"

/*
 * Recovery metadata: what has to be known about a sealed state before it can be opened, namely how
 * many holders are needed and how to judge each share alone (high-availability.md, 11.10). It is
 * stored in the clear beside the state; its hash is bound into the recovery slot, so altered metadata
 * opens nothing.
 *
 * The JSON, besides the members of 11.10: `key` of a holder is the public key itself (its hash is
 * `spki`), so that a signature can be judged while the manifest is still sealed; `proof` is "none" for
 * the recovery page of 2020, whose uploads carry no signature; `hashes` stands in for `commit` in a
 * state that was imported, because only hashes of the shares are known then.
 */
enum recovery_scheme {
    RECOVERY_SCHEME_UNKNOWN = 0,
    RECOVERY_NONE,   /* no recovery keys: the state can only be dismissed */
    RECOVERY_SINGLE, /* one holder has the whole secret */
    RECOVERY_XOR,    /* all holders are needed */
    RECOVERY_SHAMIR, /* `needed` of them are */
};
/* What this number of recovery keys and this RecoveryThreshold (0: all) mean (state-and-recovery.md, 6.1). */
enum recovery_scheme recovery_scheme_for(size_t parties, uint64_t threshold) MUST_CHECK;
const char *recovery_scheme_name(enum recovery_scheme scheme) MUST_CHECK;

enum { RECOVERY_MAX_HOLDERS = 255, RECOVERY_ID_LEN = 16 };

struct recovery_holder {
    char *name;      /* of the recovery key in the manifest */
    struct key *key; /* its RSA public key */
    unsigned x;      /* Shamir: the x of the share, else 0 */
    bool has_commit;
    uint8_t commit[SHA256_LEN]; /* recovery_commit of the share */
};

struct recovery_metadata {
    enum recovery_scheme scheme;
    unsigned needed;    /* distinct holders */
    size_t secret_size; /* bytes of a share */
    bool without_proof; /* 2020: an upload without signature is enough */
    char set[2 * RECOVERY_ID_LEN + 1];
    char deployment[2 * RECOVERY_ID_LEN + 1];
    char manifest[2 * SHA256_LEN + 1]; /* fingerprint */
    uint64_t created_seq;              /* of the log */
    size_t holder_count;
    struct recovery_holder *holders; /* sorted by name */
    size_t hash_count;               /* imported states: SHA-256 of each share */
    uint8_t (*hashes)[SHA256_LEN];
};

/* A new random id of a deployment, set or session, as lower-case hex. */
bool recovery_new_id(const struct env *env, char out[static 2 * RECOVERY_ID_LEN + 1],
                     struct err *err) MUST_CHECK;
/* commit = SHA-256("mr-share-1" | set | name | secret), set as hex text. */
bool recovery_commit(const char *set, const char *name, struct bytes secret,
                     uint8_t out[static SHA256_LEN], struct err *err) MUST_CHECK;

/* FAIL_DAMAGED with the place: the metadata does not parse or contradicts itself. */
struct recovery_metadata *recovery_metadata_parse(struct bytes json, struct err *err) MUST_CHECK;
/* Appends the JSON. */
bool recovery_metadata_write(const struct recovery_metadata *m, struct buf *out,
                             struct err *err) MUST_CHECK;
void recovery_metadata_free(struct recovery_metadata *m);

DEFINE_CLEANUP(struct recovery_metadata, recovery_metadata_cleanup, recovery_metadata_free)
#define auto_recovery_metadata struct recovery_metadata CLEANUP(recovery_metadata_cleanup)
