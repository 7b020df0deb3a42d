/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "codec/json.h"

/* Members of objects in a fixed order, for what leaves the program. */

/* A value that was parsed, compact; members keep their order. */
void json_text_put(const struct json *value, struct buf *out);
/* The members of an object, sorted by name in byte order; ends with NULL. Freed by the caller. */
const struct json **json_text_sorted(const struct json *object) MUST_CHECK;
