/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/table.h"

/* In the order of help. */
static const struct command *const TABLES[] = {
    COMMANDS_PROGRAM, COMMANDS_COORDINATOR, COMMANDS_MANIFEST, COMMANDS_USER, COMMANDS_RECOVERY,
    COMMANDS_STATE,   COMMANDS_ATTEST,      COMMANDS_CONTEXT,  COMMANDS_OWN,
};

const struct command *command_root(void)
{
    return COMMANDS_PROGRAM;
}

static bool is_in(const struct command *table, const struct command *row)
{
    while (table->words != NULL && table != row)
        table++;
    return table->words != NULL;
}

const struct command *command_next(const struct command *before)
{
    size_t table = 0;

    if (before == NULL)
        return command_root();
    if (before[1].words != NULL)
        return before + 1;
    while (!is_in(TABLES[table], before))
        table++;
    return table + 1 < COUNT_OF(TABLES) ? TABLES[table + 1] : NULL;
}
