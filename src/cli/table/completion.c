/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain/explain.h"
#include "cli/table/help.h"

#include <string.h>

/* Scripts that know the table; they never start the program. Contexts are the files of their directory. */

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

/* In a row before this one, or in any (NULL). */
static bool has_flag(const struct command *before, const struct flag *flag, enum flag_kind kind)
{
    for (const struct command *c = NULL; (c = command_next(c)) != before;) {
        for (const struct flag *f = c->flags; f != NULL && f->name != NULL; f++) {
            if (strcmp(f->name, flag->name) == 0 && (kind == FLAG_NONE || f->kind == kind))
                return true;
        }
    }
    return false;
}

/* A name that is that of a file anywhere is one everywhere. */
static bool is_file(const struct flag *flag)
{
    return flag->kind == FLAG_FILE || has_flag(NULL, flag, FLAG_FILE);
}

/* "--output|-o|..." of all flags with a value: files, or anything else. */
static void put_value_flags(bool files, struct buf *out)
{
    const char *gap = "";

    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        for (const struct flag *f = c == command_root() ? GLOBAL_FLAGS : c->flags;
             f != NULL && f->name != NULL; f++) {
            if (f->kind == FLAG_SWITCH || f->kind == FLAG_CHOICE || is_file(f) != files ||
                has_flag(c, f, FLAG_NONE))
                continue;
            buf_add_format(out, "%s--%s", gap, f->name);
            if (f->letter != '\0')
                buf_add_format(out, "|-%c", f->letter);
            gap = "|";
        }
    }
}

typedef void put_words(const struct command *command, struct buf *out);

/* What may be an argument, if that is known here; contexts are only known when somebody completes. */
static void put_arguments(const struct command *command, struct buf *out)
{
    const char *gap = "";

    if (command->completes == COMPLETES_SHELLS)
        buf_add_string(out, "bash zsh fish");
    if (command->completes != COMPLETES_EXPLANATIONS)
        return;
    for (const struct explanation *e = NULL; (e = explanation_next(e)) != NULL;) {
        if (e->path[0] == '\0')
            continue;
        buf_add_string(out, gap);
        explanation_put_path(e, out);
        gap = " ";
    }
}

typedef void put_choice(const char *words, const struct flag *flag, struct buf *out);

/* Every flag with a fixed set of values; words "*": of any command. */
static void put_choices(put_choice *put, struct buf *out)
{
    for (const struct command *c = command_root(); (c = command_next(c)) != NULL;) {
        for (const struct flag *f = c->flags; f != NULL && f->name != NULL; f++) {
            if (f->kind == FLAG_CHOICE)
                put(c->words, f, out);
        }
    }
    for (const struct flag *f = GLOBAL_FLAGS; f->name != NULL; f++) {
        if (f->kind == FLAG_CHOICE)
            put("*", f, out);
    }
}

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

/* Names of contexts; what else lies in the directory is not shown, as bash would expand it. */
static const char bash_contexts[] =
    "    local file\n"
    "    for file in \"${XDG_CONFIG_HOME:-$HOME/.config}\"/taw/contexts/*.json; do\n"
    "        file=${file##*/} file=${file%.json}\n"
    "        [[ $file == *[!A-Za-z0-9._-]* ]] || echo \"$file\"\n"
    "    done\n"
    "}\n";

static void put_bash_choice(const char *words, const struct flag *flag, struct buf *out)
{
    const char *const any = strcmp(words, "*") == 0 ? "*" : "";

    buf_add_format(
        out, "    %s\"%s --%s\") COMPREPLY=($(compgen -W \"%s\" -- \"$current\")); return ;;\n",
        any, any[0] != '\0' ? "" : words, flag->name, flag->choices);
}

static void put_bash_contexts(const char *program, struct buf *out)
{
    buf_add_format(out, "_%s_contexts() {\n%s", program, bash_contexts);
    buf_add_format(out, "_%s_names() {\n    case $1 in\n", program);
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (c->completes == COMPLETES_CONTEXTS)
            buf_add_format(out, "    \"%s\") _%s_contexts ;;\n", c->words, program);
    }
    buf_add_format(out, "    *) _%s_members \"$1\"; _%s_arguments \"$1\" ;;\n    esac\n}\n",
                   program, program);
}

/* Bash takes '=' for a word of its own, and, as it is set up, '@'. */
static void put_bash(const char *program, struct buf *out)
{
    buf_add_format(out, "# bash completion for %s\n", program);
    put_bash_cases(program, "members", put_members, out);
    put_bash_cases(program, "flags", put_flags, out);
    put_bash_cases(program, "arguments", put_arguments, out);
    put_bash_contexts(program, out);
    buf_add_format(
        out,
        "_%s() {\n"
        "    local current=$2 previous=$3 at= word members i\n"
        "    COMPREPLY=()\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        word=${COMP_WORDS[i]}\n"
        "        members=\" $(_%s_members \"$at\") \"\n"
        "        [[ $members == *\" $word \"* ]] && at=${at:+$at }$word\n"
        "    done\n"
        "    if [[ $current == = ]]; then\n"
        "        current=\n"
        "    elif [[ $previous == = ]]; then\n"
        "        previous=${COMP_WORDS[COMP_CWORD-2]}\n"
        "    fi\n"
        "    if [[ $current == @* ]]; then\n"
        "        COMPREPLY=($(compgen -P @ -W \"$(_%s_contexts)\" -- \"${current#@}\")); return\n"
        "    elif [[ $previous == @ ]]; then\n"
        "        COMPREPLY=($(compgen -W \"$(_%s_contexts)\" -- \"$current\")); return\n"
        "    fi\n"
        "    case \"$at $previous\" in\n",
        program, program, program, program);
    put_choices(put_bash_choice, out);
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
                   "        COMPREPLY=($(compgen -W \"$(_%s_names \"$at\")\" -- \"$current\"))\n"
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

static void put_zsh_choice(const char *words, const struct flag *flag, struct buf *out)
{
    buf_add_format(out, "        '@%s --%s' '%s'\n", words, flag->name, flag->choices);
}

static void put_zsh_maps(struct buf *out)
{
    put_zsh_map("members", put_members, out);
    put_zsh_map("flags", put_flags, out);
    put_zsh_map("arguments", put_arguments, out);
    buf_add_string(out, "    local -A choices=(\n");
    put_choices(put_zsh_choice, out);
    buf_add_string(out, "    )\n    local -a named=(");
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (c->completes == COMPLETES_CONTEXTS)
            buf_add_format(out, " '@%s'", c->words);
    }
    buf_add_string(out, " )\n    local files='|");
    put_value_flags(true, out);
    buf_add_string(out, "|' values='|");
    put_value_flags(false, out);
    buf_add_string(out, "|'\n");
}

static void put_zsh(const char *program, struct buf *out)
{
    buf_add_format(out,
                   "#compdef %s\n_%s() {\n    local word at='@' previous=${words[CURRENT-1]}\n",
                   program, program);
    put_zsh_maps(out);
    buf_add_format(
        out,
        "    local -a contexts=(${XDG_CONFIG_HOME:-$HOME/.config}/taw/contexts/*.json(N:t:r))\n"
        "    for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
        "        [[ \" ${members[$at]} \" == *\" $word \"* ]] || continue\n"
        "        [[ $at == @ ]] && at=\"@$word\" || at=\"$at $word\"\n"
        "    done\n"
        "    if [[ $PREFIX == --*=* ]]; then\n"
        "        previous=${PREFIX%%%%=*}\n"
        "        compset -P '*='\n"
        "    fi\n"
        "    word=${choices[$at $previous]:-${choices[@* $previous]}}\n"
        "    if [[ -n $word ]]; then\n"
        "        compadd -- ${=word}\n"
        "    elif [[ $previous == -* && $files == *\"|$previous|\"* ]]; then\n"
        "        _files\n"
        "    elif [[ $previous == -* && $values == *\"|$previous|\"* ]]; then\n"
        "        return 1\n"
        "    elif [[ $PREFIX == @* ]]; then\n"
        "        compadd -- @${^contexts}\n"
        "    elif [[ $PREFIX == -* ]]; then\n"
        "        compadd -- ${=flags[$at]}\n"
        "    elif (( ${named[(Ie)$at]} )); then\n"
        "        compadd -- $contexts\n"
        "    elif [[ -n ${members[$at]}${arguments[$at]} ]]; then\n"
        "        compadd -- ${=members[$at]} ${=arguments[$at]}\n"
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

static void put_fish_arguments(const char *program, const struct command *command, struct buf *out)
{
    if (command->completes == COMPLETES_NOTHING)
        return;
    buf_add_format(out, "complete -c %s -n '__%s_at \"%s\"' -f -a '", program, program,
                   command->words);
    if (command->completes == COMPLETES_CONTEXTS)
        buf_add_format(out, "(__%s_contexts)", program);
    else
        put_arguments(command, out);
    buf_add_string(out, "'\n");
}

static void put_fish_contexts(const char *program, struct buf *out)
{
    buf_add_format(out,
                   "function __%s_contexts\n"
                   "    set -l directory $XDG_CONFIG_HOME\n"
                   "    test -n \"$directory\"; or set directory ~/.config\n"
                   "    for file in $directory/taw/contexts/*.json\n"
                   "        string replace -r '.*/(.*)\\\\.json$' \"$argv[1]\\$1\" -- $file\n"
                   "    end\n"
                   "end\n"
                   "complete -c %s -n 'string match -q -- \"@*\" (commandline -ct)' -f -a "
                   "'(__%s_contexts @)'\n",
                   program, program, program);
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
    put_fish_arguments(program, command, out);
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
    put_fish_contexts(program, out);
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
