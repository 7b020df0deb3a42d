/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdint.h>

/* All ones when low <= c <= high, else zero; no branch, for c, low and high below 2^31. */
static inline uint32_t range_mask(uint32_t c, uint32_t low, uint32_t high)
{
    return 0u - (((low - 1 - c) & (c - high - 1)) >> 31);
}
