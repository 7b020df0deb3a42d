/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/intel_json.h"

/*
 * What a level of TCB info or of an identity says about those who reach it (attestation.md, 5.3 and 5.4). Results live in
 * the arena; the document may go.
 */
enum { LEVELS_MAX = 256, ADVISORIES_MAX = 256 };

struct level_verdict {
    enum tcb_status status;
    int64_t date; /* tcbDate; seconds since 1970 */
    size_t advisory_count;
    const struct bytes *advisories; /* in the arena */
};
/* An element of tcbLevels: tcbStatus, tcbDate, advisoryIDs. Every status that a level may have. */
bool level_verdict_parse(const struct json *level, struct arena *arena, struct level_verdict *out,
                         struct err *err) MUST_CHECK;

/* Levels of a QE or of a TDX module: reached by its security version. */
struct svn_level {
    uint16_t isvsvn;
    struct level_verdict verdict;
};
struct svn_levels {
    size_t count;               /* at least 1 */
    const struct svn_level *at; /* the highest isvsvn first */
};
/* The member tcbLevels. */
bool svn_levels_parse(const struct json *object, struct arena *arena, struct svn_levels *out,
                      struct err *err) MUST_CHECK;
/* The highest one that is reached; NULL: none. */
const struct svn_level *svn_levels_find(const struct svn_levels *levels,
                                        unsigned isvsvn) MUST_CHECK;
