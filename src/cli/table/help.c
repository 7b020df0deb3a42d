/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/help.h"

#include "cli/cli.h"

#include <string.h>

static void put_usage_line(const struct command *command, const char *program, struct buf *out)
{
    buf_add_format(out, "  %s%s%s", program, command->words[0] == '\0' ? "" : " ", command->words);
    if (command->arguments != NULL)
        buf_add_format(out, " %s", command->arguments);
    buf_add_string(out, " [flags]\n");
}

static void put_usage(const struct command *command, const char *program, struct buf *out)
{
    buf_add_string(out, "Usage:\n");
    if (command->run != NULL)
        put_usage_line(command, program, out);
    if (command_is_group(command))
        buf_add_format(out, "  %s%s%s [command]\n", program, command->words[0] == '\0' ? "" : " ",
                       command->words);
}

static void put_members(const struct command *group, struct buf *out)
{
    size_t widest = 0;

    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        const size_t len = strlen(command_name(c));
        if (!c->hidden && command_is_member(group, c) && len > widest)
            widest = len;
    }
    if (widest == 0)
        return;
    buf_add_string(out, "\nCommands:\n");
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (!c->hidden && command_is_member(group, c))
            buf_add_format(out, "  %-*s  %s\n", (int)widest, command_name(c), c->summary);
    }
}

static void put_flag(const struct flag *flag, struct buf *out)
{
    auto_buf left = { 0 };

    if (flag->letter != '\0')
        buf_add_format(&left, "-%c, ", flag->letter);
    else
        buf_add_string(&left, "    ");
    buf_add_format(&left, "--%s", flag->name);
    if (flag->value != NULL)
        buf_add_format(&left, " %s", flag->value);
    buf_add_format(out, "  %-34.*s  %s", BYTES_FMT(buf_bytes(&left)), flag->help);
    if (flag->required)
        buf_add_string(out, " (required)");
    if (flag->standard != NULL)
        buf_add_format(out, " [%s]", flag->standard);
    buf_add_u8(out, '\n');
}

static void put_flags(const struct command *command, struct buf *out)
{
    if (command->flags != NULL)
        buf_add_string(out, "\nFlags:\n");
    for (const struct flag *f = command->flags; f != NULL && f->name != NULL; f++)
        put_flag(f, out);
    buf_add_string(out, "\nGlobal flags:\n");
    for (const struct flag *f = NULL; (f = flag_next(command, f)) != NULL;) {
        if (flag_is_global(f))
            put_flag(f, out);
    }
    buf_add_string(out, "  -h, --help                          show this help\n");
    if (command->words[0] == '\0')
        buf_add_string(out, "      --version                       show the version\n");
}

static void put_examples(const struct command *command, const char *program, struct buf *out)
{
    struct bytes rest = bytes_of_string(command->examples);

    if (rest.len > 0)
        buf_add_string(out, "\nExamples:\n");
    while (rest.len > 0) {
        const uint8_t *const end = memchr(rest.at, '\n', rest.len);
        const size_t len = end == NULL ? rest.len : (size_t)(end - rest.at);
        buf_add_format(out, "  %s ", program);
        buf_add(out, bytes_of(rest.at, len));
        buf_add_u8(out, '\n');
        const size_t used = len + (end == NULL ? 0 : 1);
        rest = bytes_of(rest.at + used, rest.len - used);
    }
}

static void put_statuses(struct buf *out)
{
    buf_add_string(out, "\nExit status:\n");
    for (int i = 0; i < EXIT_STATUS_COUNT; i++)
        buf_add_format(out, "  %2d  %s\n", i, EXIT_MEANINGS[i].text);
}

void help_put_usage(const struct command *command, const char *program, struct buf *out)
{
    const bool root = command->words[0] == '\0';

    put_usage(command, program, out);
    buf_add_format(out, "Run '%s%s%s --help' for its flags.\n", program, root ? "" : " ",
                   command->words);
}

void help_put(const struct command *command, const char *program, struct buf *out)
{
    buf_add_format(out, "%s\n\n", command->text != NULL ? command->text : command->summary);
    put_usage(command, program, out);
    put_examples(command, program, out);
    put_members(command, out);
    put_flags(command, out);
    if (command->words[0] == '\0')
        put_statuses(out);
}
