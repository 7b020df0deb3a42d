/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include <string.h>

/* Scripts that know the table; they never start the program. */

static void put_members(const struct command *group, struct buf *out)
{
    const char *gap = "";

    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (!c->hidden && command_is_member(group, c)) {
            buf_add_format(out, "%s%s", gap, command_name(c));
            gap = " ";
        }
    }
}

static void put_flags(const struct command *command, struct buf *out)
{
    buf_add_string(out, "--help");
    for (const struct flag *f = NULL; (f = flag_next(command, f)) != NULL;)
        buf_add_format(out, " --%s", f->name);
}

static bool seen_before(const struct command *row, const struct flag *flag)
{
    for (const struct command *c = NULL; (c = command_next(c)) != row;) {
        for (const struct flag *f = c->flags; f != NULL && f->name != NULL; f++) {
            if (strcmp(f->name, flag->name) == 0)
                return true;
        }
    }
    return false;
}

/* "--output|-o|..." of all flags with a value: files, or anything else. */
static void put_value_flags(bool files, struct buf *out)
{
    const char *gap = "";

    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        for (const struct flag *f = c == command_root() ? GLOBAL_FLAGS : c->flags;
             f != NULL && f->name != NULL; f++) {
            if (f->kind == FLAG_SWITCH || (f->kind == FLAG_FILE) != files ||
                f->kind == FLAG_CHOICE || seen_before(c, f))
                continue;
            buf_add_format(out, "%s--%s", gap, f->name);
            if (f->letter != '\0')
                buf_add_format(out, "|-%c", f->letter);
            gap = "|";
        }
    }
}

typedef void put_words(const struct command *command, struct buf *out);

static void put_bash_cases(const char *program, const char *what, put_words *put, struct buf *out)
{
    buf_add_format(out, "_%s_%s() {\n    case $1 in\n", program, what);
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        auto_buf words = { 0 };
        put(c, &words);
        if (c->hidden || words.len == 0)
            continue;
        buf_add_format(out, "    \"%s\") echo \"", c->words);
        buf_add(out, buf_bytes(&words));
        buf_add_string(out, "\" ;;\n");
    }
    buf_add_string(out, "    esac\n}\n");
}

/* Cases of "command flag" for flags with a fixed set of values; words NULL: of any command. */
static void put_bash_choices(const char *words, const struct flag *flags, struct buf *out)
{
    for (const struct flag *f = flags; f != NULL && f->name != NULL; f++) {
        if (f->kind == FLAG_CHOICE)
            buf_add_format(
                out,
                "    %s\"%s --%s\") COMPREPLY=($(compgen -W \"%s\" -- \"$current\")); return ;;\n",
                words == NULL ? "*" : "", words == NULL ? "" : words, f->name, f->choices);
    }
}

static void put_bash(const char *program, struct buf *out)
{
    buf_add_format(out, "# bash completion for %s\n", program);
    put_bash_cases(program, "members", put_members, out);
    put_bash_cases(program, "flags", put_flags, out);
    buf_add_format(out,
                   "_%s() {\n"
                   "    local current=$2 previous=$3 at= word members i\n"
                   "    COMPREPLY=()\n"
                   "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                   "        word=${COMP_WORDS[i]}\n"
                   "        members=\" $(_%s_members \"$at\") \"\n"
                   "        [[ $members == *\" $word \"* ]] && at=${at:+$at }$word\n"
                   "    done\n"
                   "    case \"$at $previous\" in\n",
                   program, program);
    for (const struct command *c = command_root(); (c = command_next(c)) != NULL;)
        put_bash_choices(c->words, c->flags, out);
    put_bash_choices(NULL, GLOBAL_FLAGS, out);
    buf_add_string(out, "    esac\n    case $previous in\n");
    buf_add_string(out, "    ");
    put_value_flags(true, out);
    buf_add_string(out, ") COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n    ");
    put_value_flags(false, out);
    buf_add_format(out,
                   ") return ;;\n"
                   "    esac\n"
                   "    if [[ $current == -* ]]; then\n"
                   "        COMPREPLY=($(compgen -W \"$(_%s_flags \"$at\")\" -- \"$current\"))\n"
                   "    else\n"
                   "        COMPREPLY=($(compgen -W \"$(_%s_members \"$at\")\" -- \"$current\"))\n"
                   "    fi\n"
                   "}\n"
                   "complete -o default -F _%s %s\n",
                   program, program, program, program);
}

static void put_zsh_map(const char *name, put_words *put, struct buf *out)
{
    buf_add_format(out, "    local -A %s=(\n", name);
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (c->hidden)
            continue;
        buf_add_format(out, "        '@%s' '", c->words);
        put(c, out);
        buf_add_string(out, "'\n");
    }
    buf_add_string(out, "    )\n");
}

static void put_zsh(const char *program, struct buf *out)
{
    buf_add_format(out, "#compdef %s\n_%s() {\n    local word at='@'\n", program, program);
    put_zsh_map("members", put_members, out);
    put_zsh_map("flags", put_flags, out);
    buf_add_format(out,
                   "    for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
                   "        [[ \" ${members[$at]} \" == *\" $word \"* ]] || continue\n"
                   "        [[ $at == @ ]] && at=\"@$word\" || at=\"$at $word\"\n"
                   "    done\n"
                   "    if [[ $PREFIX == -* ]]; then\n"
                   "        compadd -- ${=flags[$at]}\n"
                   "    elif [[ -n ${members[$at]} ]]; then\n"
                   "        compadd -- ${=members[$at]}\n"
                   "    else\n"
                   "        _files\n"
                   "    fi\n"
                   "}\n"
                   "compdef _%s %s\n",
                   program, program);
}

static void put_quoted(const char *text, struct buf *out)
{
    buf_add_u8(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            buf_add_u8(out, '\\');
        buf_add_u8(out, (uint8_t)*text);
    }
    buf_add_u8(out, '\'');
}

static void put_fish_flag(const char *program, const struct command *command,
                          const struct flag *flag, struct buf *out)
{
    buf_add_format(out, "complete -c %s", program);
    if (command != NULL)
        buf_add_format(out, " -n '__%s_at \"%s\"'", program, command->words);
    buf_add_format(out, " -l %s", flag->name);
    if (flag->letter != '\0')
        buf_add_format(out, " -s %c", flag->letter);
    if (flag->kind == FLAG_CHOICE)
        buf_add_format(out, " -x -a '%s'", flag->choices);
    else if (flag->kind != FLAG_SWITCH)
        buf_add_string(out, flag->kind == FLAG_FILE ? " -r -F" : " -x");
    buf_add_string(out, " -d ");
    put_quoted(flag->help, out);
    buf_add_u8(out, '\n');
}

static void put_fish_command(const char *program, const struct command *command, struct buf *out)
{
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (c->hidden || !command_is_member(command, c))
            continue;
        buf_add_format(out, "complete -c %s -n '__%s_at \"%s\"' -f -a %s -d ", program, program,
                       command->words, command_name(c));
        put_quoted(c->summary, out);
        buf_add_u8(out, '\n');
    }
    for (const struct flag *f = command->flags; f != NULL && f->name != NULL; f++)
        put_fish_flag(program, command, f, out);
}

static void put_fish(const char *program, struct buf *out)
{
    buf_add_format(out, "# fish completion for %s\nset -g __%s_commands", program, program);
    for (const struct command *c = command_root(); (c = command_next(c)) != NULL;) {
        if (!c->hidden)
            buf_add_format(out, " '%s'", c->words);
    }
    buf_add_format(out,
                   "\nfunction __%s_at\n"
                   "    set -l at ''\n"
                   "    for word in (commandline -opc)[2..-1]\n"
                   "        set -l longer (string trim -- \"$at $word\")\n"
                   "        contains -- \"$longer\" $__%s_commands; and set at $longer\n"
                   "    end\n"
                   "    test \"@$at\" = \"@$argv[1]\"\n"
                   "end\n"
                   "complete -c %s -s h -l help -d 'show help'\n",
                   program, program, program);
    for (const struct flag *f = GLOBAL_FLAGS; f->name != NULL; f++)
        put_fish_flag(program, NULL, f, out);
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (!c->hidden)
            put_fish_command(program, c, out);
    }
}

bool completion_put(const char *shell, const char *program, struct buf *out, struct err *err)
{
    if (strcmp(shell, "bash") == 0)
        put_bash(program, out);
    else if (strcmp(shell, "zsh") == 0)
        put_zsh(program, out);
    else if (strcmp(shell, "fish") == 0)
        put_fish(program, out);
    else
        return err_set(err, FAIL_MALFORMED,
                       "there is no completion for \"%.40s\": want bash, zsh or fish", shell);
    return true;
}
