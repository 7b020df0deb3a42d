/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "base/omap.h"
#include "manifest/records.h"
#include "state/authority.h"
#include "state/change.h"
#include "state/deployment.h"
#include "state/recovery_set.h"
#include "state/update_log.h"

/*
 * What the Coordinator knows at one moment: immutable, shared by reference count, replaced as a
 * whole by the one writer. All rooms above read the state through it.
 */
enum phase { /* the numbers are the original's (client-api.md, 4.1) */
             PHASE_UNINITIALISED = 0,
             PHASE_RECOVERY = 1,
             PHASE_ACCEPTING_MANIFEST = 2,
             PHASE_ACCEPTING_MARBLES = 3,
};

/* How the state came back, value NAME_RECOVERY_RECORD. */
struct recovery_record {
    uint64_t recoveries;
    int64_t last_ms;    /* of the latest recovery; 0: never */
    bool without_proof; /* the latest one was not signed by a recovery key */
};

struct snapshot {
    size_t refs; /* atomic */
    enum phase phase;
    const struct omap *values; /* what is or will be sealed; NULL before there is a manifest */
    struct authority *authority;
    struct deployment *deployment; /* NULL before there is a manifest */
    struct recovery_record recovery;
    struct recovery_set *recovery_set;     /* NULL: written before there were drills */
    struct recovery_set *new_recovery_set; /* re-issued, waits for its proofs; NULL: none */
    struct update_log_end log;             /* how far the update log has come */
};

/* Without a manifest. Takes its own reference to the authority. */
struct snapshot *snapshot_new(enum phase phase, struct authority *authority);
/* From the values of a sealed state. FAIL_DAMAGED names the value that does not fit. */
struct snapshot *snapshot_load(const struct env *env, const struct omap *values,
                               struct err *err) MUST_CHECK;
/*
 * The snapshot after the change. What the change does not touch is shared; what it touches is checked
 * as when it is loaded.
 */
struct snapshot *snapshot_after(const struct env *env, const struct snapshot *now,
                                const struct change *change, struct err *err) MUST_CHECK;
struct snapshot *snapshot_ref(struct snapshot *snapshot) MUST_CHECK;
void snapshot_free(struct snapshot *snapshot);
/* Does the manifest enable this, FEATURE_... of manifest.h? Not without a manifest. */
bool snapshot_has_feature(const struct snapshot *snapshot, unsigned feature) MUST_CHECK;

/* The value with a name of two parts, as change_put_named put it. */
bool snapshot_value(const struct snapshot *snapshot, const char *prefix, struct bytes name,
                    struct bytes *value) MUST_CHECK;
/*
 * A secret of this generation, PREFIX_SECRET or PREFIX_PREVIOUS_SECRET; its values live in the arena. False when
 * there is none, or when its record cannot be read: then *damage, FAIL_NONE before, says why (FAIL_DAMAGED).
 */
bool snapshot_secret(const struct snapshot *snapshot, const char *prefix, struct bytes name,
                     struct arena *arena, struct stored_secret *secret,
                     struct err *damage) MUST_CHECK;

void change_put_recovery_record(struct change *change, const struct recovery_record *record);

DEFINE_CLEANUP(struct snapshot, snapshot_cleanup, snapshot_free)
#define auto_snapshot struct snapshot CLEANUP(snapshot_cleanup)
