/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/table/table.h"

/*
 * What was typed, by the rules of the original's framework (flags before or after arguments, -- ends them,
 * --flag=value and --flag value, letters combine, a switch takes a value only with '='), with its texts.
 */
enum { OPTION_LIST_MAX = 64 };

struct option_value {
    const struct flag *flag;
    bool set;         /* typed */
    const char *text; /* last value; the default when it was not typed, NULL without one */
    size_t list_count;
    struct bytes list[OPTION_LIST_MAX]; /* FLAG_LIST */
};

struct options {
    const struct command *command;
    size_t argument_count;
    const char **arguments; /* as many as were typed; freed by options_clear */
    bool help, version;
    size_t value_count;
    struct option_value *values; /* owned */
};

/*
 * Finds the command and reads its flags and arguments. The texts of argv are borrowed. FAIL_MALFORMED with
 * the framework's text; then *command is the command as far as it is known (never NULL).
 *
 * *suggestion gets the lines that follow such an error, when there is something to suggest.
 */
bool options_parse(int argc, char **argv, const char *program, struct options *options,
                   struct buf *suggestion, struct err *err) MUST_CHECK;
/* The checks behind the parsing: required flags, groups of flags. FAIL_MALFORMED. */
bool options_check(const struct options *options, struct err *err) MUST_CHECK;
void options_clear(struct options *options);
#define auto_options struct options CLEANUP(options_clear)

/* By name; the flag must belong to the command. */
const struct option_value *option_value(const struct options *options, const char *name) MUST_CHECK;
/* The value, the default, or NULL. */
const char *option_text(const struct options *options, const char *name) MUST_CHECK;
bool option_switch(const struct options *options, const char *name) MUST_CHECK;
unsigned option_count(const struct options *options, const char *name) MUST_CHECK;
bool option_is_set(const struct options *options, const char *name) MUST_CHECK;

/* A value for a flag that was not typed, in the place of its default. False: the command has no such flag, or it was typed. */
bool option_fill_in(struct options *options, const char *name, const char *text);

/* How many letters have to be added, removed or replaced, at most `most` + 1; for suggestions. */
size_t edit_distance(const char *a, const char *b, size_t most) MUST_CHECK;
