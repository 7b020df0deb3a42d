/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "base/omap.h"
#include "sealing/sealing.h"

/*
 * The sealed log: an ordered map from names to values that survives every crash and shows every
 * manipulation. The formats are in docs/state-format.md.
 *
 *   store_open              takes the directory, says what is in it
 *   store_unlock            LOCKED: the recovery wrapping key (RWK) gives the values
 *   store_begin_generation  a new snapshot under new keys for this machine: first manifest,
 *                           completed recovery, import, new recovery keys, dismissal
 *   store_commit            changes, one record each; durable and anchored when it returns true
 *   store_set_recovery      other recovery sets for the same keys, and the values that go with them
 *   store_close
 *
 * One thread at a time uses a store; the maps that it gives out may be read by all.
 */
struct store;

enum store_verdict {
    STORE_UNKNOWN = 0,
    STORE_FRESH,   /* nothing that was ever acknowledged is here */
    STORE_OPEN,    /* the values are loaded */
    STORE_LOCKED,  /* a state is here, but the key slots do not open here: recovery */
    STORE_FOREIGN, /* a state of the original in its own format: to be imported */
    STORE_STOPPED, /* nothing may be done before a person has looked at it */
};
const char *store_verdict_name(enum store_verdict verdict);

struct store_config {
    const struct env *env;         /* disk, clock, randomness, log; outlives the store */
    const char *directory;         /* created when it is missing; copied */
    const struct sealing *sealing; /* outlives the store */
};

/*
 * Takes the lock of the directory and finds out what is in it.
 *
 * NULL with *verdict STORE_STOPPED and FAIL_DAMAGED: what was found and what to do about it is in
 * the text. NULL with STORE_UNKNOWN: FAIL_STATE, another process holds the directory (named in the
 * text); FAIL_UNAVAILABLE, the disk; FAIL_INTERNAL. In STORE_OPEN everything that was read is
 * durable when this returns. In every other verdict nothing but the lock file was written.
 */
struct store *store_open(const struct store_config *config, enum store_verdict *verdict,
                         struct err *err) MUST_CHECK;

/* Becomes STORE_OPEN when a generation was begun, else it stays what store_open said. */
enum store_verdict store_verdict_of(const struct store *store) MUST_CHECK;
/* The values: a new reference, in OPEN and after store_unlock; else NULL, the empty map. */
const struct omap *store_values(const struct store *store) MUST_CHECK;
/* Number and chain value of the last commit; 0 and zeros in FRESH and FOREIGN. */
uint64_t store_seq(const struct store *store) MUST_CHECK;
const uint8_t *store_chain(const struct store *store) MUST_CHECK; /* 32 bytes */
/* Number of the key generation; 0 in FRESH and FOREIGN. */
uint64_t store_generation(const struct store *store) MUST_CHECK;
/* What the state takes on the disk; all 0 until it is open. */
struct store_sizes {
    uint64_t snapshot_bytes;                  /* of the last snapshot */
    uint64_t journal_bytes, journal_segments; /* since then */
};
struct store_sizes store_sizes(const struct store *store) MUST_CHECK;
enum { STORE_DEPLOYMENT_LEN = 16 }; /* bytes */
/* Zeros in FRESH and FOREIGN. */
const uint8_t *store_deployment(const struct store *store) MUST_CHECK;
/* Kept in clear, in OPEN and LOCKED: views, valid until the next generation is begun or recovery sets are
 * set. The metadata are one line for each recovery set, joined by '\n' (bytes_line). */
struct bytes store_recovery_metadata(const struct store *store) MUST_CHECK;
struct bytes store_recovery_signature(const struct store *store) MUST_CHECK;

/*
 * FOREIGN: the two files of the original, byte by byte; *key is empty when there is none. They are
 * read through this function because an import that was interrupted keeps `sealed_key` elsewhere.
 * FAIL_STATE, FAIL_UNAVAILABLE.
 */
bool store_foreign_files(const struct store *store, struct buf *data, struct buf *key,
                         struct err *err) MUST_CHECK;

/*
 * LOCKED: opens the recovery slot with the recovery wrapping key (16 or 32 bytes) and reads
 * everything behind it; *values is a new reference. Writes nothing and may be called again. Who
 * wrote the values is not proven by this: the caller checks signatures against the manifest.
 * FAIL_DENIED: the key does not open the slot, or the slot is not that of the recovery metadata.
 * FAIL_NOT_FOUND: there is no recovery slot. FAIL_DAMAGED: what is behind it does not authenticate.
 */
bool store_unlock(struct store *store, struct bytes rwk, const struct omap **values,
                  struct err *err) MUST_CHECK;

struct store_generation {
    const struct omap *values;  /* the complete new state; borrowed */
    const uint8_t *deployment;  /* 16 bytes for a new deployment id; NULL: keep the present one, or
                                   draw one when there is none or it is set aside */
    struct bytes rwk;           /* 16 or 32 bytes; empty: no recovery slot, not recoverable */
    struct bytes metadata;      /* recovery metadata, one line, at most 1 MiB */
    struct bytes signature;     /* over it, at most 64 KiB */
    enum sealing_policy policy; /* what may open the platform slot */
    const char *set_aside;      /* "dismissed", "imported": copy the old files to
                                   <set_aside>-<UTC yyyymmddThhmmssZ>[-n]/ first, and do not
                                   continue their history; NULL: they are replaced */
};

/*
 * Draws new keys and replaces all that is there in one step: after a crash at any point the
 * directory holds either the old state, as loadable as it was, or the new one. From FRESH, OPEN,
 * LOCKED after store_unlock, and, with set_aside, from LOCKED and FOREIGN at any time (FAIL_STATE
 * otherwise). On failure the store stays what it was. FAIL_UNAVAILABLE: disk or sealing.
 */
bool store_begin_generation(struct store *store, const struct store_generation *generation,
                            struct err *err) MUST_CHECK;

enum { STORE_MAX_VALUES = 256 << 20 }; /* bytes of all keys and values */

enum store_op_type { STORE_OP_NONE = 0, STORE_PUT = 1, STORE_DELETE = 2 };
struct store_op {
    enum store_op_type type;
    struct bytes key;   /* at most 65535 bytes */
    struct bytes value; /* empty for STORE_DELETE */
};

enum store_record_type { STORE_RECORD_NONE = 0, STORE_RECORD_DELTA = 1, STORE_RECORD_AUDIT = 4 };
struct store_delta {
    enum store_record_type type; /* how the record is marked; both kinds are applied alike */
    const struct store_op *ops;  /* applied in order; deleting what is not there is fine */
    size_t count;
};

/*
 * OPEN: appends `count` records, all or none, with one sync; store_values and store_seq (+ count)
 * show them afterwards. On failure nothing has changed, and the same call may be tried again when
 * the fault is gone. After a crash in the middle the first few of them, or all, may be there.
 * FAIL_UNAVAILABLE: the disk; FAIL_TOO_LARGE; FAIL_STATE: not open.
 */
bool store_commit(struct store *store, const struct store_delta *deltas, size_t count,
                  struct err *err) MUST_CHECK;

enum { STORE_RECOVERY_SETS = 2 }; /* at most, at once */
struct store_recovery_set {
    struct bytes metadata; /* one line, without '\n' */
    struct bytes rwk;      /* 16 or 32 bytes: a new set; empty: one that is there, and stays */
};
struct store_recovery {
    const struct store_recovery_set *sets;
    size_t count;           /* 1 to STORE_RECOVERY_SETS */
    struct bytes signature; /* over all lines, joined by '\n' in this order; at most 64 KiB */
};

/*
 * OPEN: one commit that replaces the recovery sets and the values (the complete new ones, borrowed), under the
 * same keys and for the same generation. After a crash at any point both are the old ones or both the new
 * ones. When it returns true, a set that is not listed opens nothing in the directory any more; whoever
 * has its secrets and a copy of the directory from before still learns the data key, against which only a
 * new generation helps. On failure nothing has changed, and the same call may be tried again.
 * FAIL_MALFORMED: no such number of sets, a line break in one, one twice, the length of a key.
 * FAIL_NOT_FOUND: a set that is to stay is not there. FAIL_TOO_LARGE, FAIL_UNAVAILABLE, FAIL_STATE as
 * store_commit.
 */
bool store_set_recovery(struct store *store, const struct store_recovery *recovery,
                        const struct omap *values, struct err *err) MUST_CHECK;

/* Makes the anchor durable and releases the directory. NULL is fine. */
void store_close(struct store *store);

DEFINE_CLEANUP(struct store, store_cleanup, store_close)
#define auto_store struct store CLEANUP(store_cleanup)
