/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "state/change.h"

/*
 * A re-issue of the recovery secrets that waits for its acknowledgments, value NAME_PENDING_REISSUE, in the form of
 * a pending update (client-api.md, 12.6) without a manifest:
 *
 *     {"requiredUsers":{"<name>":<acknowledged>, ...},"missingAcknowledgments":n}
 */
struct reissue_user {
    struct bytes name;
    bool acknowledged;
};
struct reissue {
    uint64_t missing; /* acknowledgments */
    size_t count;
    struct reissue_user *users; /* who may acknowledge, sorted by name; in an arena */
};

struct snapshot;
/* Nobody has asked for it yet: required are all who may update the manifest, as many as its UpdateThreshold says, or all (12.2). */
struct reissue reissue_begin(const struct snapshot *now, struct arena *arena) MUST_CHECK;
/* Is one waiting? While it is, no update of the manifest may begin. */
bool reissue_is_pending(const struct snapshot *now) MUST_CHECK;
/* False when none is waiting, or with *damage, FAIL_NONE before, when its value cannot be read. */
bool reissue_load(const struct snapshot *now, struct arena *arena, struct reissue *reissue,
                  struct err *damage) MUST_CHECK;
/* NULL: who is not required. */
struct reissue_user *reissue_user(struct reissue *reissue, struct bytes name) MUST_CHECK;
/* Once for each user; true when it was the first time. */
bool reissue_acknowledge(struct reissue *reissue, struct reissue_user *user);
void change_put_reissue(struct change *change, const struct reissue *reissue);
/* Appends the elements of a JSON list: the names of those who did (or did not) acknowledge. */
void reissue_put_names(const struct reissue *reissue, bool acknowledged, struct buf *out);
