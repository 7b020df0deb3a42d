/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/*
 * The table of commands, in parts. Parsing, --help, usage errors, suggestions, completions and the manual are
 * all made from it.
 *
 * A row without `run` is a group: its members are the rows whose words begin with its own. A row may be
 * both. Rows stand in the order in which help shows them, a group before its members.
 */
struct cli;

enum flag_kind {
    FLAG_NONE = 0,
    FLAG_SWITCH, /* takes a value only with '=' */
    FLAG_TEXT,
    FLAG_FILE,   /* a path */
    FLAG_LIST,   /* values separated by commas; may be repeated */
    FLAG_COUNT,  /* an unsigned decimal number below 2^31 */
    FLAG_CHOICE, /* one of `choices` */
};

struct flag {
    const char *name;
    char letter; /* 0: none */
    enum flag_kind kind;
    const char *value;    /* what stands for the value in help; NULL for switches */
    const char *standard; /* default as text; NULL: none */
    const char *help;
    const char *choices; /* FLAG_CHOICE: words separated by blanks */
    const char *alias;   /* a second, hidden name; NULL: none */
    bool required;
};

enum group_rule { GROUP_NONE = 0, GROUP_ALL_OR_NONE, GROUP_AT_LEAST_ONE, GROUP_EXCLUSIVE };
struct flag_group {
    enum group_rule rule;
    const char *flags; /* names separated by blanks */
};

/* What completions offer as an argument, besides files. */
enum completes {
    COMPLETES_NOTHING = 0,
    COMPLETES_SHELLS,
    COMPLETES_EXPLANATIONS, /* members of a manifest */
    COMPLETES_CONTEXTS,     /* names without '@' */
};

enum { ARGUMENTS_ANY = 1 << 20 };
struct command {
    const char *words;               /* separated by blanks; empty: the program itself */
    const char *arguments;           /* for usage; NULL: none */
    unsigned least, most;            /* count of arguments */
    const struct flag *flags;        /* ends with a flag without name; NULL: none */
    const struct flag_group *groups; /* ends with GROUP_NONE; NULL: none */
    const char *summary;             /* one line, no full stop */
    const char *text;                /* paragraphs for help and manual, separated by empty lines */
    const char *examples;            /* lines without the program's name; NULL: none */
    enum completes completes;
    bool hidden;
    bool (*run)(struct cli *cli, struct err *err);
};

/* A table for each group of commands; each ends with a row without words. */
extern const struct command COMMANDS_PROGRAM[], COMMANDS_COORDINATOR[], COMMANDS_MANIFEST[],
    COMMANDS_USER[], COMMANDS_RECOVERY[], COMMANDS_STATE[], COMMANDS_ATTEST[], COMMANDS_CONTEXT[],
    COMMANDS_OWN[];
/* The next row of all tables; begin with NULL. NULL at the end. The first one is the program itself. */
const struct command *command_next(const struct command *before) MUST_CHECK;
const struct command *command_root(void) MUST_CHECK;
/* Flags of every command; ends with a flag without name. */
extern const struct flag GLOBAL_FLAGS[];

/* The row with these words, NULL: none. */
const struct command *command_find(struct bytes words) MUST_CHECK;
/* Is `member` one word below `group`? */
bool command_is_member(const struct command *group, const struct command *member) MUST_CHECK;
/* Are the words of `above` the first words of `command`, or all of them? */
bool command_is_below(const struct command *above, const struct command *command) MUST_CHECK;
/* Has it a member that is not hidden? */
bool command_is_group(const struct command *command) MUST_CHECK;
/* The last of its words. */
const char *command_name(const struct command *command) MUST_CHECK;
/* The next of a row's flags or, behind them, of the global ones, of which one with a name that the row has itself is left out; begin
 * with NULL. NULL at the end. */
const struct flag *flag_next(const struct command *command, const struct flag *before) MUST_CHECK;
bool flag_is_global(const struct flag *flag) MUST_CHECK;
