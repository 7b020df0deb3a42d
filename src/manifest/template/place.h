/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

#include <stdarg.h>

/* Errors of templates, with the place in the source where they are. */

struct place {
    size_t line;   /* from 1 */
    size_t column; /* bytes since the line began, from 0 */
};
struct place place_of(struct bytes source, size_t at);

enum { PLACE_EXCERPT = 64 };
/* A short printable excerpt, terminated; longer text ends with `...`. */
void place_excerpt(struct bytes text, char out[static PLACE_EXCERPT]);

/* FAIL_MALFORMED `template: data:<line>: <what>`. Returns false. */
bool place_fail(struct bytes source, size_t at, struct err *err, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
