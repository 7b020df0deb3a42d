/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/record.h"

/*
 * Whole segments as they were found, docs/state-format.md, sections 2, 3 and 7.
 *
 *   journal_scan    no keys needed: is everything there, unbroken and in order? where to cut?
 *   journal_apply   with keys: who wrote it, and what does it change?
 */
struct journal_place {
    uint64_t number; /* of this segment */
    bool last;       /* none follows: only here may a crash have left a torn end */
    const struct log_header *snapshot; /* what the journal builds on */
};

/*
 * Checks header, framing, CRC, numbers and chain of one segment, from *position, which moves to
 * its last record. *keep: how many bytes of it count; fewer than raw.len when its end is torn, 0
 * when not even its header was written. FAIL_DAMAGED: the text says what does not fit.
 */
bool journal_scan(struct bytes raw, const struct journal_place *place,
                  struct log_position *position, size_t *keep, struct err *err) MUST_CHECK;

struct journal_reading {
    struct bytes dek;
    struct bytes oak;                  /* empty in recovery: the origin is not checked */
    const struct log_position *anchor; /* a position that the journal must agree with; NULL: none */
    const struct omap *values;         /* changed by what is read; owned by the caller */
    uint64_t audit_seq;                /* moves to the last audit record */
};
/* raw: a segment that was scanned, cut to *keep bytes. FAIL_DAMAGED. */
bool journal_apply(struct bytes raw, struct journal_reading *reading, struct err *err) MUST_CHECK;
