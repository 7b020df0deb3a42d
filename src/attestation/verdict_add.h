/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/verdict.h"

/*
 * How a verifier fills a verdict. What returns a bool returns whether the check passed, so that a procedure is
 * a list of checks that ends at the first that fails:
 *
 *     return verdict_check_bytes(...) && verdict_check_number(...);
 *
 * The first failure sets reason and detail, and later ones leave them alone. Names are literals; texts are
 * copied into the arena.
 */
struct judgement {
    struct verdict *verdict;
    struct arena *arena; /* of the verdict */
};

/* A step that passed; expected and found are empty. */
void verdict_passed(const struct judgement *j, const char *step);
/* A step that failed with the reason; the sentence is the detail. Returns false. */
bool verdict_fail(const struct judgement *j, const char *step, enum reason reason, const char *fmt,
                  ...) PRINTF_LIKE(4, 5);
/* As verdict_passed or verdict_fail. */
bool verdict_check(const struct judgement *j, const char *step, bool passed, enum reason reason,
                   const char *fmt, ...) PRINTF_LIKE(5, 6) MUST_CHECK;
/* Whether both are the same; shown as hex, as numbers, as texts. The detail is made of step and values. */
bool verdict_check_bytes(const struct judgement *j, const char *step, struct bytes expected,
                         struct bytes found, enum reason reason) MUST_CHECK;
bool verdict_check_number(const struct judgement *j, const char *step, uint64_t expected,
                          uint64_t found, enum reason reason) MUST_CHECK;
bool verdict_check_text(const struct judgement *j, const char *step, struct bytes expected,
                        struct bytes found, enum reason reason) MUST_CHECK;

/* The value is a view that outlives the verdict, as one into the evidence does. */
void verdict_add_field(const struct judgement *j, const char *name, struct bytes value);
/* Little-endian, at most 8 bytes. */
void verdict_add_number_field(const struct judgement *j, const char *name, struct bytes value);

/*
 * The steps, reason and detail of a part of the procedure that ran before, as of collateral, whose verdict was kept;
 * its texts are not copied and have to outlive the verdict. False when it had failed.
 */
bool verdict_include(const struct judgement *j, const struct verdict *part) MUST_CHECK;

/* Appends those of `more` to *list, sorted, each once, VERDICT_ADVISORIES_MAX at most; texts are not copied. */
void verdict_add_advisories(const struct judgement *j, const struct bytes **list, size_t *count,
                            const struct bytes *more, size_t more_count);

/* From when to when something may be used, both ends inclusive (attestation.md, 6, step 6). */
struct validity {
    const char *what;   /* "TCB info"; a literal */
    int64_t start, end; /* seconds since 1970 */
    bool has_end;       /* without one, as a CRL may be, it has ended */
};
enum { VALIDITIES_MAX = 24 };
struct validities {
    size_t count;
    struct validity at[VALIDITIES_MAX];
};
void validities_add(struct validities *all, const char *what, int64_t start, int64_t end);
void validities_add_endless(struct validities *all, const char *what, int64_t start);
void validities_add_all(struct validities *all, const struct validities *more);
/* 0 when there are none; what has no end has ended when it began. */
int64_t validities_earliest_end(const struct validities *all) MUST_CHECK;
/* Sets issue and expiration of the verdict, then checks all starts (not_yet_valid) and all ends (expired). */
bool verdict_check_time(const struct judgement *j, const struct validities *all,
                        int64_t now) MUST_CHECK;
