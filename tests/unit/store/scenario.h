/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "world.h"

/*
 * What a Coordinator does with its store, step by step, and what may be on the disk when it is
 * interrupted: the state before the step, after it, or after a part of its group.
 */
enum step {
    STEP_END = 0,
    STEP_BEGIN,     /* a generation with new values */
    STEP_PUT,       /* one small record */
    STEP_GROUP,     /* three records */
    STEP_LARGE,     /* one record of 600 kB: two of them make a compaction due */
    STEP_TOO_LARGE, /* a delta that no record can hold */
    STEP_REOPEN,
    STEP_SET_ASIDE, /* a generation that sets the old one aside */
    STEP_UNLOCK,    /* with the recovery key */
    STEP_ADD_SET,   /* a second recovery set beside the first, and a value that says so */
    STEP_DROP_SET,  /* the second set stays alone, and a value says so */
};

struct run {
    struct world *world;
    struct store *store;
    enum store_verdict verdict; /* without an acknowledged state: what the directory is */
    const struct omap *acked;
    const struct omap *pending[4]; /* what the step in flight may have left */
    size_t pending_count;
    bool acknowledged; /* at least one generation was acknowledged here */
    unsigned steps;    /* done; makes values differ */
};

/* Opens the store of the world and takes its values as acknowledged. */
void run_init(struct run *run, struct world *world);
void run_clear(struct run *run);
/* Does one step; false when it failed, *err says why. */
bool run_step(struct run *run, enum step step, struct err *err);
/* Does steps until one fails; the number of those that were done. */
size_t run_steps(struct run *run, const enum step *steps, struct err *err);
/* The process has ended: gives the store up. */
void run_lose(struct run *run);
/*
 * Starts again and checks that what is there may be there: acknowledged, or pending. Then checks
 * that the store works, also after a power cut that takes away all that was not synced.
 */
void run_verify(struct run *run);
