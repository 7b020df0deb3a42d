/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/err.h"

/* "90s", "5m", "1h30m": numbers with h, m or s, each of them a number of at most six digits; at least one second. FAIL_MALFORMED. */
bool duration_parse(const char *text, int64_t *ms, struct err *err) MUST_CHECK;
