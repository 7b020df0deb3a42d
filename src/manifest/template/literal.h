/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"

/* The values of literals in actions (manifest.md, 14.4). */

/*
 * `token` is "..." or `...` with its quotes. *value is a view into it, or lies in the arena. False
 * when an escape is unknown or incomplete. Invalid UTF-8 between double quotes becomes U+FFFD.
 */
bool literal_string(struct arena *arena, struct bytes token, struct bytes *value) MUST_CHECK;

/* `token` is 'x' with its quotes; *value is the code point, or the byte of \xHH and \OOO. */
bool literal_character(struct bytes token, int64_t *value) MUST_CHECK;

enum literal_integer {
    LITERAL_BAD = 0,
    LITERAL_INTEGER,
    LITERAL_UNSIGNED, /* a number, but only in 64 bits without sign */
};
/* Decimal, 0x, 0o, 0b or octal by a leading zero; a sign; single `_` between digits. */
enum literal_integer literal_integer(struct bytes token, int64_t *value) MUST_CHECK;
