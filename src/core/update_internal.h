/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/internal.h"
#include "core/lines.h"
#include "core/update.h"
#include "crypto/hash.h"
#include "state/pending.h"

/* What the files about updates share. */
struct update {
    struct core *core;
    const struct snapshot *based_on; /* what all of it is computed for */
    const struct deployment_user *user;
};
/* Whether it still may be done on the newest snapshot, where nothing waits. FAIL_STATE. */
bool update_fits(const struct update *u, const struct snapshot *newest, struct err *err) MUST_CHECK;
/* FAIL_STATE when one waits. */
bool update_none_waits(const struct snapshot *now, struct err *err) MUST_CHECK;
/* FAIL_STATE when a re-issue of the recovery secrets waits for its users, which packages alone need not mind. */
bool update_no_reissue_waits(const struct snapshot *now, struct err *err) MUST_CHECK;
/* The error of an update that was overtaken; returns false. */
bool update_overtaken(struct err *err);
/* Puts "user <name> is not allowed to <what>" into the error; returns false. */
bool update_denied(const struct deployment_user *user, const char *what, struct err *err);

/* Phase A of manifest.md, 13. FAIL_MALFORMED. */
bool update_check(const struct update *u, const struct manifest *wanted,
                  struct err *err) MUST_CHECK;
/* What the users are told who still have to acknowledge. */
void update_result_pending(const struct pending_update *p, struct update_result *result);

/* ---- packages alone ---- */

bool update_packages(const struct update *u, const struct manifest *wanted,
                     struct err *err) MUST_CHECK;

/* ---- putting a whole manifest into force ---- */

/* All that it takes, computed ahead. */
struct application {
    const struct manifest *wanted; /* lives until it is decided */
    char fingerprint[2 * SHA256_LEN + 1];
    struct change change;       /* without log lines: their numbers are not known yet */
    struct recovery_plan *plan; /* NULL: the keys stay */
    struct buf recovery_secrets;
};
void application_clear(struct application *a);
/* wanted: consistent (phase A). FAIL_MALFORMED: it can never be applied, for the reason that the original would give. */
bool application_prepare(const struct update *u, const struct manifest *wanted,
                         struct application *a, struct err *err) MUST_CHECK;
/* On the writer's thread: hands all of it over. Log lines are in a->change. */
bool application_decide(const struct update *u, struct application *a, const struct snapshot *now,
                        struct decision *d, struct err *err) MUST_CHECK;
/* When it is done. */
void application_result(struct application *a, struct update_result *result);

/*
 * The secrets of the new manifest into the change: kept, generated, issued anew, and the previous generation. Runs
 * the templates with them.
 */
bool update_secrets(const struct update *u, const struct manifest *wanted,
                    const struct authority *authority, struct change *change,
                    struct err *err) MUST_CHECK;

/* ---- the update log (client-api.md, 13) ---- */

struct update_lines {
    struct change *change;
    const struct env *env;
    uint64_t next; /* number */
};
void line_package_raised(struct update_lines *lines, struct bytes user, struct bytes package,
                         uint64_t version);
void line_initiated(struct update_lines *lines, struct bytes user, const char *fingerprint);
void line_waits(struct update_lines *lines, struct bytes user, const struct pending_update *p,
                const char *fingerprint);
void line_acknowledged(struct update_lines *lines, struct bytes user,
                       const struct pending_update *p, const char *fingerprint);
void line_applied(struct update_lines *lines, const char *fingerprint);
void line_failed(struct update_lines *lines, const char *fingerprint);
void line_cancelled(struct update_lines *lines, struct bytes user, const char *fingerprint);
