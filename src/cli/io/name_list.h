/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "codec/json.h"

/* Lists of names in answers, such as that of the users who are missing. NULL and JSON null are empty lists. */

/* Appends "a, b" to text; count: may be NULL. FAIL_MALFORMED: it is no list, or has something else in it. */
bool name_list_read(const struct json *list, struct buf *text, size_t *count,
                    struct err *err) MUST_CHECK;
/* Appends the list that was read, as JSON. */
void name_list_put(const struct json *list, struct buf *json);
