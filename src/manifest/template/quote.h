/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

/*
 * Text in the quotes of Go's source code, as %q prints it: what is not printable, or with
 * ascii_only not ASCII, as an escape.
 */
void quote_string(struct buf *out, struct bytes text, bool ascii_only);
/* A code point between single quotes; U+FFFD when it is none. */
void quote_character(struct buf *out, uint64_t point, bool ascii_only);
/* Whether `text` can stand between backquotes as it is. */
bool quote_fits_backquotes(struct bytes text) MUST_CHECK;

/* How many characters; a byte that is not UTF-8 is one. */
size_t quote_count(struct bytes text) MUST_CHECK;
/* The first `count` characters. */
struct bytes quote_cut(struct bytes text, size_t count);
/* Appends a code point as UTF-8; U+FFFD when it is none. */
void quote_add_point(struct buf *out, uint64_t point);
