/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/table/help.h"

#include <string.h>

/* The manual as scdoc text: taw(1), and a page for each command at the top. */

static bool has_page(const struct command *command)
{
    return !command->hidden && command->words[0] != '\0' && strchr(command->words, ' ') == NULL &&
           strcmp(command->words, "help") != 0;
}

static void put_escaped(struct buf *out, const char *text)
{
    bool is_first = true; /* in its line, where these begin lists, tables and the like */

    for (; *text != '\0'; text++) {
        if (strchr("*_\\#", *text) != NULL || (is_first && strchr("-.`|[];", *text) != NULL))
            buf_add_u8(out, '\\');
        buf_add_u8(out, (uint8_t)*text);
        is_first = *text == '\n';
    }
}

static void put_head(struct buf *out, const char *page, const char *summary)
{
    buf_add_format(out, "%s(1)\n\n# NAME\n\n%s - ", page, page);
    put_escaped(out, summary);
    buf_add_string(out, "\n\n");
}

static void put_synopsis(struct buf *out, const struct command *command)
{
    if (command->run == NULL)
        return;
    buf_add_format(out, "*taw %s*", command->words);
    if (command->arguments != NULL) {
        buf_add_u8(out, ' ');
        put_escaped(out, command->arguments);
    }
    buf_add_string(out, " [_FLAG_]...\n\n");
}

static void put_flag(struct buf *out, const struct flag *flag)
{
    if (flag->letter != '\0')
        buf_add_format(out, "*-%c*, ", flag->letter);
    buf_add_format(out, "*--%s*", flag->name);
    if (flag->value != NULL)
        buf_add_format(out, " _%s_", flag->value);
    buf_add_string(out, "\n\t");
    put_escaped(out, flag->help);
    buf_add_string(out, flag->required ? ". Required." : ".");
    if (flag->standard != NULL) {
        buf_add_string(out, " Default: ");
        put_escaped(out, flag->standard);
        buf_add_u8(out, '.');
    }
    buf_add_string(out, "\n\n");
}

static void put_examples(struct buf *out, const char *examples)
{
    struct bytes rest = bytes_of_string(examples);

    if (rest.len == 0)
        return;
    buf_add_string(out, "```\n");
    while (rest.len > 0) {
        const uint8_t *const end = memchr(rest.at, '\n', rest.len);
        const size_t len = end == NULL ? rest.len : (size_t)(end - rest.at);
        buf_add_string(out, "taw ");
        buf_add(out, bytes_of(rest.at, len));
        buf_add_u8(out, '\n');
        const size_t used = len + (end == NULL ? 0 : 1);
        rest = bytes_of(rest.at + used, rest.len - used);
    }
    buf_add_string(out, "```\n\n");
}

static void put_command(struct buf *out, const struct command *command)
{
    buf_add_format(out, "## taw %s\n\n", command->words);
    put_synopsis(out, command);
    if (command->text != NULL) {
        put_escaped(out, command->text);
    } else {
        buf_add_u8(out, (uint8_t)(command->summary[0] & ~0x20));
        put_escaped(out, command->summary + 1);
        buf_add_u8(out, '.');
    }
    buf_add_string(out, "\n\n");
    for (const struct flag *f = command->flags; f != NULL && f->name != NULL; f++)
        put_flag(out, f);
    put_examples(out, command->examples);
}

static void put_page(struct buf *out, const struct command *page)
{
    auto_string *name = mem_printf("taw-%s", page->words);

    put_head(out, name, page->summary);
    buf_add_string(out, "# SYNOPSIS\n\n");
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (!c->hidden && command_is_below(page, c))
            put_synopsis(out, c);
    }
    buf_add_string(out, "# COMMANDS\n\n");
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (!c->hidden && command_is_below(page, c) && c->run != NULL)
            put_command(out, c);
    }
    buf_add_string(out,
                   "# SEE ALSO\n\n*taw*(1) for the flags of every command and the exit status\n");
}

static void put_overview(struct buf *out)
{
    put_head(out, "taw", command_root()->summary);
    buf_add_string(
        out, "# SYNOPSIS\n\n*taw* _COMMAND_ [_ARGUMENT_]... [_FLAG_]...\n\n# DESCRIPTION\n\n");
    put_escaped(out, command_root()->text);
    buf_add_string(out, "\n\n");
    put_examples(out, command_root()->examples);
    buf_add_string(out, "Data go to standard output, talk goes to standard error. Where a file is "
                        "read, - is standard "
                        "input.\n\n# COMMANDS\n\n");
    for (const struct command *c = command_root(); (c = command_next(c)) != NULL;) {
        if (c->hidden || c->run == NULL)
            continue;
        buf_add_format(out, "*%s*\n\t", c->words);
        put_escaped(out, c->summary);
        buf_add_string(out, ".\n\n");
    }
    buf_add_string(out, "# FLAGS OF EVERY COMMAND\n\n");
    for (const struct flag *f = GLOBAL_FLAGS; f->name != NULL; f++)
        put_flag(out, f);
    buf_add_string(out, "*-h*, *--help*\n\tShow help.\n\n*--version*\n\tShow the version; only "
                        "without a command.\n\n");
}

static void put_surroundings(struct buf *out)
{
    buf_add_string(out, "# ENVIRONMENT\n\n"
                        "*TAW\\_FORMAT*\n\tDefault of *--format*.\n\n"
                        "*NO\\_COLOR*\n\tNo colours, unless *--color* says otherwise.\n\n"
                        "*XDG\\_CONFIG\\_HOME*, *HOME*\n\tThe certificate cache is "
                        "marblerun/coordinator-cert.pem in the first, or in "
                        ".config in the second.\n\n"
                        "*HTTPS\\_PROXY*, *ALL\\_PROXY*, *NO\\_PROXY*\n\tAs in *curl*(1).\n\n"
                        "# EXIT STATUS\n\n");
    for (int i = 0; i < EXIT_STATUS_COUNT; i++) {
        buf_add_format(out, "*%d*\n\t", i);
        put_escaped(out, EXIT_MEANINGS[i].text);
        buf_add_string(out, ".\n\n");
    }
    buf_add_string(out, "# SEE ALSO\n\n*tawd*(8), *taw-premain*(1)");
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (has_page(c))
            buf_add_format(out, ", *taw-%s*(1)", c->words);
    }
    buf_add_u8(out, '\n');
}

bool manual_put(const char *page, struct buf *out, struct err *err)
{
    if (strcmp(page, "taw") == 0) {
        put_overview(out);
        put_surroundings(out);
        return true;
    }
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (has_page(c) && strncmp(page, "taw-", 4) == 0 && strcmp(page + 4, c->words) == 0) {
            put_page(out, c);
            return true;
        }
    }
    return err_set(err, FAIL_NOT_FOUND, "there is no page \"%.60s\"", page);
}

void manual_put_names(struct buf *out)
{
    buf_add_string(out, "taw\n");
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (has_page(c))
            buf_add_format(out, "taw-%s\n", c->words);
    }
}
