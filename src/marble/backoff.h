/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/base.h"

/*
 * How long to wait between tries: a second, then 1.6 times as long each time up to half a minute,
 * each 20 % more or less by chance, so that a thousand Marbles don't come back in step
 * (marble-api.md, 1.9).
 */
enum { BACKOFF_BASE_MS = 1000, BACKOFF_MAX_MS = 30000 };

/*
 * failed: tries so far, at least 1; random: 32 random bits; left_ms: time that is left for all
 * tries. The last pause is cut so that a last try fits in. False when no further try is worth it.
 */
bool backoff_next(unsigned failed, uint32_t random, int64_t left_ms, int64_t *pause_ms) MUST_CHECK;
