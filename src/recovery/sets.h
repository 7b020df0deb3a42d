/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "recovery/metadata.h"

/*
 * The recovery sets of a state: one, or two while its shares are re-issued, so that the old shares work until the
 * new ones are proven. Their metadata are kept beside the state as one line each, joined by '\n' (bytes_line).
 */
enum { RECOVERY_MAX_SETS = 2 };

struct recovery_sets {
    size_t count;
    struct recovery_metadata *at[RECOVERY_MAX_SETS]; /* in the order of their lines */
};

/* Into empty sets. FAIL_DAMAGED: a line does not parse, there are too many, or they do not go together. */
bool recovery_sets_parse(struct bytes lines, struct recovery_sets *sets,
                         struct err *err) MUST_CHECK;
void recovery_sets_clear(struct recovery_sets *sets);

#define auto_recovery_sets struct recovery_sets CLEANUP(recovery_sets_clear)
