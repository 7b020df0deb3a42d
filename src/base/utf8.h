/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"

/*
 * The length of the well-formed UTF-8 sequence (RFC 3629) at the start of `in`, 1 to 4, with its
 * code point in *point; 0 when there is none or `in` is empty.
 */
size_t utf8_sequence(struct bytes in, uint32_t *point) MUST_CHECK;
/* Writes point (up to U+10FFFF, no surrogate) and returns how many of the 4 bytes were used. */
size_t utf8_encode(uint32_t point, uint8_t out[static 4]);
bool utf8_valid(struct bytes in) MUST_CHECK;
