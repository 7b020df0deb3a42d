/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/backoff.h"

/* What a last try gets, and the least pause before it. */
enum { LAST_TRY_MS = 1000, LEAST_PAUSE_MS = BACKOFF_BASE_MS * 8 / 10 };

static int64_t pause_after(unsigned failed, uint32_t random)
{
    int64_t pause = BACKOFF_BASE_MS;

    for (unsigned i = 1; i < failed && pause < BACKOFF_MAX_MS; i++)
        pause = pause * 16 / 10;
    if (pause > BACKOFF_MAX_MS)
        pause = BACKOFF_MAX_MS;
    /* 0.8 and 0.4 of it, the latter times a random fraction */
    pause = pause * 8 / 10 + (pause * 4 / 10 * (int64_t)random >> 32);
    return pause < BACKOFF_MAX_MS ? pause : BACKOFF_MAX_MS;
}

bool backoff_next(unsigned failed, uint32_t random, int64_t left_ms, int64_t *pause_ms)
{
    const int64_t wanted = pause_after(failed, random), most = left_ms - LAST_TRY_MS;

    *pause_ms = wanted < most ? wanted : most;
    return *pause_ms >= LEAST_PAUSE_MS;
}
