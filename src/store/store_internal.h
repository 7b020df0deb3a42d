/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/secret.h"
#include "store/engine.h"
#include "store/journal.h"
#include "store/slots.h"
#include "store/snapshot.h"
#include "store/store.h"

/* What the files of the sealed log share; nobody else includes this. */
#define SWAP(a, b)                                                                                 \
    do {                                                                                           \
        __typeof__(a) swapped_ = (a);                                                              \
        (a) = (b);                                                                                 \
        (b) = swapped_;                                                                            \
    } while (0)

enum {
    STORE_MAX_JOURNAL = 512 << 20,    /* bytes of journal that could not be compacted */
    STORE_COMPACT_AT_LEAST = 1 << 20, /* bytes of journal */
};

/* A segment as it was read at start. */
struct found_segment {
    uint64_t number;
    struct buf raw;
    size_t keep; /* bytes that count */
};

/* What was found at start, kept as long as it may have to be opened. */
struct found {
    struct buf file;          /* sealed_data */
    struct snapshot snapshot; /* views into file */
    struct found_segment *segments;
    size_t segment_count;
};

struct store {
    const struct env *env;
    const struct sealing *sealing;
    struct store_engine *engine;
    char *directory; /* for messages */
    enum store_verdict verdict;
    struct found found; /* empty in OPEN */
    bool unlocked;      /* LOCKED, and values are there */

    struct slot_owner owner;
    struct log_position position;
    uint64_t audit_seq;
    const struct omap *values;
    struct secret *dek, *oak;              /* OPEN only */
    struct buf slots, metadata, signature; /* clear parts of the snapshot */

    uint64_t last_segment; /* the highest number that is taken; 0: none */
    bool segment_open;     /* more records may go to last_segment */
    uint8_t segment_header[LOG_HEADER_LEN];
    struct secret *segment_key;
    uint32_t segment_flags; /* of the next segment: enum log_flags */

    uint64_t journal_bytes, compact_at; /* since the snapshot; when to compact */
    uint64_t journal_segments, snapshot_bytes;
    uint64_t slot_at;   /* offset of our slot in the blob of slots */
    unsigned next_cell; /* the anchor cell that is overwritten next */
};

/*
 * Reads what is there and judges it as far as that goes without keys: FRESH, FOREIGN, or LOCKED for a complete
 * state, whatever a key slot may make of it. FAIL_DAMAGED: stopped, with what was read until then in the
 * store. (load.c)
 */
bool store_look(struct store *store, struct engine_head *head, struct err *err) MUST_CHECK;
/* Finds out the verdict and fills the store. FAIL_DAMAGED: stopped. (load.c) */
bool store_load(struct store *store, struct err *err) MUST_CHECK;
/* Opens snapshot and journal that were found. oak: may be empty; anchor: may be NULL. (load.c) */
bool store_read_values(const struct store *store, struct bytes dek, struct bytes oak,
                       const struct log_position *anchor, const struct omap **values,
                       uint64_t *audit_seq, struct err *err) MUST_CHECK;
void found_clear(struct found *found);

/* Writes the anchor; a failure is logged, because the commit is durable already. (commit.c) */
void store_write_anchor(struct store *store);
/* A snapshot of `values` at `position`, complete but for its recovery slots and metadata, which are
 * those of the store. (commit.c) */
bool store_write_snapshot(const struct store *store, const struct omap *values,
                          const struct log_position *position, uint64_t audit_seq, struct buf *out,
                          struct err *err) MUST_CHECK;
/* One commit that is a snapshot of `values` instead of a record, with the number `seq`, and becomes what
 * the store has. (commit.c) */
bool store_commit_snapshot(struct store *store, const struct omap *values, uint64_t seq,
                           uint64_t audit_seq, struct err *err) MUST_CHECK;
/* What a recovery set must be: an RWK of 16 or 32 bytes, or none, and one line. FAIL_MALFORMED.
 * (recovery_sets.c) */
bool store_check_recovery_set(struct bytes rwk, struct bytes line, struct err *err) MUST_CHECK;
/* Appends its slot, for env, owner and dek of the store. (recovery_sets.c) */
bool store_write_recovery_slot(const struct store *store, struct bytes rwk, struct bytes line,
                               struct buf *out, struct err *err) MUST_CHECK;
/* Notes a snapshot of that many bytes, and when the journal after it is compacted. (commit.c) */
void store_set_compaction(struct store *store, size_t snapshot_len);
