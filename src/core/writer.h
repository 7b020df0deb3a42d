/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "base/secret.h"
#include "metrics/metrics.h"
#include "state/snapshot.h"
#include "store/store.h"

/*
 * The one writer: decides on the newest state, makes the decision durable, publishes the next
 * snapshot, and only then lets the answer go. Decisions that wait together share one sync.
 */
struct writer;

/* A recovery set that a decision wants to be there. */
struct decision_set {
    struct buf metadata; /* its line */
    struct secret *rwk;  /* NULL: it is there, and stays */
};

/* What a decision wants. Zero-initialised is "nothing". */
struct decision {
    struct change change;
    /*
     * A new key generation instead of a record: for the first manifest, a recovery, an import, new
     * recovery keys. `base` is what the change is applied to, NULL for the empty map.
     */
    bool new_generation;
    const struct omap *base;
    struct secret *rwk; /* NULL: not recoverable */
    struct buf metadata, signature;
    bool new_deployment;
    uint8_t deployment[STORE_DEPLOYMENT_LEN]; /* its id, when it is new */
    enum sealing_policy policy;
    const char *set_aside; /* as in struct store_generation */
    /*
     * Instead of a record, and not together with a new generation: the recovery sets become these, under
     * the same keys, and the change goes with them into one commit. `signature` is over all lines. A
     * state that is not sealed takes the change only. See decision_put_sets in core/internal.h.
     */
    bool set_recovery;
    size_t set_count;
    struct decision_set sets[STORE_RECOVERY_SETS];
};
void decision_clear(struct decision *decision);
/*
 * FAIL_TOO_LARGE when the state would be larger than the store takes. Asked by whoever adds much, because a commit
 * that the store refuses costs also those who wait for the same sync.
 */
bool change_fits(const struct snapshot *now, const struct change *change,
                 struct err *err) MUST_CHECK;
/* Seals `values` under the new keys that a decision asks for. As store_begin_generation. */
bool decision_seal(const struct decision *decision, struct store *store, const struct omap *values,
                   struct err *err) MUST_CHECK;

struct commit {
    /* Runs on the writer's thread. False with err: nothing changes, done gets the error. */
    bool (*decide)(void *arg, const struct snapshot *now, struct decision *decision,
                   struct err *err);
    /* Runs on the writer's thread, once; err NULL: durable and visible. */
    void (*done)(void *arg, const struct err *err);
    void *arg;
};

/* Takes the snapshot over. The store belongs to the writer's thread from now on. metrics: NULL, or where commits
 * are counted; outlives the writer. */
struct writer *writer_new(const struct env *env, struct store *store, struct snapshot *first,
                          struct metrics *metrics);
/* A new reference to the newest durable snapshot. From any thread. */
struct snapshot *writer_snapshot(struct writer *writer) MUST_CHECK;
/* The same with its number: 1 for the first, one more for each that is published. */
struct snapshot *writer_newest(struct writer *writer, uint64_t *number) MUST_CHECK;
void writer_submit(struct writer *writer, const struct commit *commit);
/* Submits and waits. `decide` as above. */
bool writer_commit(struct writer *writer,
                   bool (*decide)(void *arg, const struct snapshot *now, struct decision *decision,
                                  struct err *err),
                   void *arg, struct err *err) MUST_CHECK;
/* On its thread: do commits go to the store? Not while the manifest disables sealing. */
bool writer_seals(const struct writer *writer) MUST_CHECK;
/* For how long its thread has been at one step, a decision or a write: 0 when it waits for work. From any thread. */
int64_t writer_busy_ms(const struct writer *writer) MUST_CHECK;
/* Finishes what was submitted, ends the thread. NULL is fine. */
void writer_free(struct writer *writer);
