/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/collateral.h"

/*
 * The highest evaluation number (tcbEvaluationDataNumber) that was seen for each TEE and FMSPC, so that older collateral is
 * refused, and how it is kept beyond a process.
 */
enum { EVALUATION_NUMBERS_MAX = 1024, NUMBER_FMSPC_LEN = 6 };

struct evaluation_numbers {
    size_t count;
    bool risen; /* since the last evaluation_numbers_put */
    struct evaluation_number {
        enum tee tee;
        uint8_t fmspc[NUMBER_FMSPC_LEN];
        uint64_t number;
    } at[EVALUATION_NUMBERS_MAX];
};

/* The number is kept when it is the highest. */
void evaluation_numbers_note(struct evaluation_numbers *numbers, enum tee tee, struct bytes fmspc,
                             uint64_t number);
/* The highest one; UINT64_MAX for a platform that is not there because there was no more room: it has no collateral. */
uint64_t evaluation_numbers_least(const struct evaluation_numbers *numbers, enum tee tee,
                                  struct bytes fmspc) MUST_CHECK;

/*
 * A byte, 1, then 15 for each: TEE as enum tee, FMSPC, number as 64 bits little-endian. Reading notes what is there, so that
 * none becomes lower. FAIL_MALFORMED, and nothing is noted.
 */
void evaluation_numbers_put(struct evaluation_numbers *numbers, struct buf *out);
bool evaluation_numbers_read(struct evaluation_numbers *numbers, struct bytes text,
                             struct err *err) MUST_CHECK;

/* Where they are kept; by whoever knows the disk and the platform key. */
struct number_memory {
    void *ctx;
    /* Appends what was kept last; nothing when nothing was. */
    bool (*load)(void *ctx, struct buf *out, struct err *err);
    bool (*keep)(void *ctx, struct bytes text, struct err *err);
};
