/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/env.h"
#include "base/err.h"

/*
 * Where the bytes of the sealed log are kept. The log above knows no files, the engine below knows
 * no keys; whatever order of steps makes a change safe against crashes is the business of the
 * engine, which is why one call stands for one whole change.
 *
 *   head_read        what is there                                                  once, first
 *   blob_get, records_read                                                          then
 *   settle           makes what was read durable, tidies up                         once
 *   commit           appends records: the acknowledgement of a commit waits for it
 *   anchor_put       remembers how far the log has come
 *   snapshot_put     replaces the snapshot under the same keys; covered segments go
 *   generation_put   replaces snapshot and slots together; all old segments go
 *
 * These are the operations of high-availability.md, 11.3, in the grain that a directory needs. An
 * engine on a database maps them so: head_read and anchor_put are its `head`; commit is the one
 * transaction that compares the revision of `head` and puts `head`, `seg/...` and `log/...`;
 * snapshot_put and generation_put put blobs under new names and then swing `head` to them, also by
 * comparing. Its conflicts and its watch need calls of their own, which nobody here would use yet.
 *
 * After a failure of commit, snapshot_put or generation_put, what was there before is there again,
 * or the engine repairs that at the start of its next call, which fails when the repair does. All
 * of them fail with FAIL_UNAVAILABLE unless they say otherwise.
 */
enum engine_blob {
    ENGINE_NO_BLOB = 0,
    ENGINE_SNAPSHOT,   /* sealed_data */
    ENGINE_SLOTS,      /* sealed_key */
    ENGINE_UNFINISHED, /* sealed_data.new: the snapshot of a generation that was not completed */
};

struct engine_head {
    bool snapshot, slots, unfinished; /* which blobs are there */
    uint64_t *segments;               /* numbers, rising; owned */
    size_t segment_count;
};
void engine_head_clear(struct engine_head *head);

struct engine_append {
    uint64_t segment;     /* number */
    struct bytes header;  /* of a segment that begins with these records; empty: it is there */
    struct bytes records; /* whole records */
};

struct engine_generation {
    struct bytes snapshot;
    struct bytes slots_before; /* what `slots` is now, for the case of a failure; empty: none */
    struct bytes slots_both;   /* opens the old and the new snapshot */
    struct bytes slots_after;  /* opens the new snapshot only */
    uint64_t first_segment;    /* segments below belong to the old snapshot */
    const char *set_aside; /* keep a copy of the old state under a name that starts so; NULL: no */
};

struct store_engine {
    void *ctx;
    bool (*head_read)(void *ctx, struct engine_head *head, struct err *err);
    /* FAIL_NOT_FOUND, FAIL_TOO_LARGE */
    bool (*blob_get)(void *ctx, enum engine_blob blob, struct buf *out, struct err *err);
    /* A whole segment. FAIL_NOT_FOUND, FAIL_TOO_LARGE */
    bool (*records_read)(void *ctx, uint64_t segment, struct buf *out, struct err *err);
    /*
     * Cuts the last segment to `keep` bytes (0: removes it), makes all that is there durable, and
     * removes segments below first_segment and other leftovers. last_segment 0: there is none.
     */
    bool (*settle)(void *ctx, uint64_t first_segment, uint64_t last_segment, uint64_t keep,
                   struct err *err);
    /* Replaces `slots` alone. */
    bool (*slots_put)(void *ctx, struct bytes slots, struct err *err);
    bool (*commit)(void *ctx, const struct engine_append *append, struct err *err);
    /* Overwrites bytes inside `slots`, without waiting for the disk. */
    bool (*anchor_put)(void *ctx, uint64_t offset, struct bytes cell, struct err *err);
    /* Waits for the disk. */
    bool (*anchor_sync)(void *ctx, struct err *err);
    bool (*snapshot_put)(void *ctx, struct bytes snapshot, uint64_t first_segment, struct err *err);
    bool (*generation_put)(void *ctx, const struct engine_generation *generation, struct err *err);
    void (*close)(void *ctx);
};

/*
 * The engine on a directory (engine_dir.c): creates it when needed and takes its lock. NULL:
 * FAIL_STATE, another process has it; FAIL_UNAVAILABLE. Freed through engine_close.
 */
struct store_engine *engine_open_directory(const struct env *env, const char *directory,
                                           struct err *err) MUST_CHECK;
/* The same without the lock, for a look that changes nothing and creates nothing: only head_read, blob_get,
 * records_read and close are there. Another process may be writing meanwhile. */
struct store_engine *engine_read_directory(const struct env *env, const char *directory) MUST_CHECK;
/* NULL is fine. */
void engine_close(struct store_engine *engine);
