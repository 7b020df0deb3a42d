/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"

/* Takes the next line, without its line feed, from *rest; the last one may be without. False: there is none. */
bool line_next(struct bytes *rest, struct bytes *line) MUST_CHECK;
