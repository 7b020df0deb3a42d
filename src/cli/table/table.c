/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/table.h"

#include <string.h>

const struct command *command_find(struct bytes words)
{
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (bytes_equal_string(words, c->words))
            return c;
    }
    return NULL;
}

bool command_is_member(const struct command *group, const struct command *member)
{
    const size_t len = strlen(group->words);

    if (strncmp(group->words, member->words, len) != 0 || member->words[len] == '\0')
        return false;
    if (len > 0 && member->words[len] != ' ')
        return false;
    return strchr(member->words + len + (len > 0), ' ') == NULL;
}

bool command_is_below(const struct command *above, const struct command *command)
{
    const size_t len = strlen(above->words);

    return strncmp(above->words, command->words, len) == 0 &&
           (len == 0 || command->words[len] == '\0' || command->words[len] == ' ');
}

bool command_is_group(const struct command *command)
{
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (!c->hidden && command_is_member(command, c))
            return true;
    }
    return false;
}

const char *command_name(const struct command *command)
{
    const char *const blank = strrchr(command->words, ' ');

    return blank == NULL ? command->words : blank + 1;
}

bool flag_is_global(const struct flag *flag)
{
    for (const struct flag *global = GLOBAL_FLAGS; global->name != NULL; global++) {
        if (global == flag)
            return true;
    }
    return false;
}

/* A flag of its own takes the place of the global one with that name. */
static bool is_replaced(const struct command *command, const struct flag *global)
{
    for (const struct flag *f = command->flags; f != NULL && f->name != NULL; f++) {
        if (strcmp(f->name, global->name) == 0)
            return true;
    }
    return false;
}

const struct flag *flag_next(const struct command *command, const struct flag *before)
{
    const struct flag *next = before == NULL ? command->flags : before + 1;

    if (next == NULL || (next->name == NULL && (before == NULL || !flag_is_global(before))))
        next = GLOBAL_FLAGS;
    while (next->name != NULL && flag_is_global(next) && is_replaced(command, next))
        next++;
    return next->name == NULL ? NULL : next;
}
