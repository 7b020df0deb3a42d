/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/coordinator/cache.h"
#include "cli/coordinator/session.h"

/*
 * doctor: one check after the other, each with what to do. None of them fails: what is found out is the result. Nothing secret is
 * read.
 */
enum finding { FINDING_NONE = 0, FINDING_OK, FINDING_WARNING, FINDING_FAILED, FINDING_UNCHECKED };

struct doctor {
    struct cli *cli;
    struct cache cache;
    bool has_cache, has_policy;
    size_t failed, warnings;
    struct buf data, text; /* elements of a JSON array; lines */
};
void doctor_clear(struct doctor *d);
#define auto_doctor struct doctor CLEANUP(doctor_clear)

/* advice: NULL for none. */
void doctor_add(struct doctor *d, const char *name, enum finding finding, const char *advice,
                const char *fmt, ...) PRINTF_LIKE(5, 6);
/* What failed in a function that also set the status and a hint: both are taken back, the hint becomes the advice. FINDING_NONE: that
 * is all, nothing is added. */
void doctor_add_error(struct doctor *d, const char *name, enum finding finding,
                      const struct err *err);

/* What can be found out on this machine alone. */
void doctor_check_here(struct doctor *d);
/* From the name to the quote. */
void doctor_check_coordinator(struct doctor *d, struct session *s);
