/* SPDX-License-Identifier: Apache-2.0 */
#include "recovery/sets.h"

#include <string.h>

void recovery_sets_clear(struct recovery_sets *sets)
{
    while (sets->count > 0)
        recovery_metadata_free(sets->at[--sets->count]);
}

/* Two sets are of one deployment, each has holders, and their ids tell them apart. */
static bool go_together(const struct recovery_sets *sets, struct err *err)
{
    const struct recovery_metadata *const first = sets->at[0];
    const struct recovery_metadata *const last = sets->at[sets->count - 1];

    if (sets->count == 1)
        return true;
    if (strcmp(first->set, last->set) == 0)
        return err_set(err, FAIL_DAMAGED, "recovery metadata: one set is listed twice");
    if (strcmp(first->deployment, last->deployment) != 0)
        return err_set(err, FAIL_DAMAGED, "recovery metadata: the sets are of two deployments");
    return (first->scheme != RECOVERY_NONE && last->scheme != RECOVERY_NONE) ||
           err_set(err, FAIL_DAMAGED, "recovery metadata: one of two sets has no holders");
}

bool recovery_sets_parse(struct bytes lines, struct recovery_sets *sets, struct err *err)
{
    auto_recovery_sets found = { 0 };
    struct bytes line;

    if (bytes_line(lines, RECOVERY_MAX_SETS, &line))
        return err_set(err, FAIL_DAMAGED, "recovery metadata: more than %d sets",
                       RECOVERY_MAX_SETS);
    for (size_t i = 0; bytes_line(lines, i, &line); i++) {
        found.at[i] = recovery_metadata_parse(line, err);
        if (found.at[i] == NULL)
            return i == 0 ? false : err_in(err, "second set");
        found.count++;
    }
    if (!go_together(&found, err))
        return false;
    *sets = found;
    found.count = 0;
    return true;
}
