/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/options.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_WORD = 64, SUGGEST_DISTANCE = 2 };

size_t edit_distance(const char *a, const char *b, size_t most)
{
    const size_t a_len = strlen(a), b_len = strlen(b);
    size_t row[LONGEST_WORD + 1];

    if (a_len > LONGEST_WORD || b_len > LONGEST_WORD)
        return most + 1;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            const size_t above = row[j], replaced = diagonal + (a[i - 1] != b[j - 1]);
            const size_t shorter = above < row[j - 1] ? above + 1 : row[j - 1] + 1;
            row[j] = replaced < shorter ? replaced : shorter;
            diagonal = above;
        }
    }
    return row[b_len] > most ? most + 1 : row[b_len];
}

static bool is_alike(const char *typed, const char *name)
{
    return (typed[0] != '\0' && strncmp(name, typed, strlen(typed)) == 0) ||
           edit_distance(typed, name, SUGGEST_DISTANCE) <= SUGGEST_DISTANCE;
}

static bool letter_or_name(const struct flag *flag, struct bytes name, char letter)
{
    if (letter != '\0')
        return flag->letter == letter;
    return bytes_equal_string(name, flag->name) ||
           (flag->alias != NULL && bytes_equal_string(name, flag->alias));
}

/* A flag of this command. NULL: it has none of that name or letter. */
static const struct flag *flag_find(const struct command *command, struct bytes name, char letter)
{
    for (const struct flag *f = NULL; (f = flag_next(command, f)) != NULL;) {
        if (letter_or_name(f, name, letter))
            return f;
    }
    return NULL;
}

/* While only the first words of the command are known: of any command that begins with them. The table gives
 * one name one kind of value among these. */
static const struct flag *flag_find_below(const struct command *known, struct bytes name,
                                          char letter)
{
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        const struct flag *const found =
            command_is_below(known, c) ? flag_find(c, name, letter) : NULL;
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* Does this argument, which begins with '-', take the next one as its value? */
static bool takes_next(const struct command *known, const char *argument)
{
    const struct flag *flag = NULL;

    if (argument[1] == '-') {
        if (strchr(argument, '=') == NULL)
            flag = flag_find_below(known, bytes_of_string(argument + 2), '\0');
        return flag != NULL && flag->kind != FLAG_SWITCH;
    }
    for (const char *letter = argument + 1; *letter != '\0'; letter++) {
        flag = flag_find_below(known, BYTES_NONE, *letter);
        if (flag != NULL && flag->kind != FLAG_SWITCH)
            return letter[1] == '\0';
    }
    return false;
}

static bool is_flag(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0';
}

/* The command that the leading words name, and which places of argv they take. */
static const struct command *find_command(int argc, char **argv, bool *is_word)
{
    const struct command *command = command_root();
    auto_buf words = { 0 };

    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_flag(argv[i])) {
            i += takes_next(command, argv[i]) ? 1 : 0;
            continue;
        }
        if (words.len > 0)
            buf_add_u8(&words, ' ');
        buf_add_string(&words, argv[i]);
        const struct command *const longer = command_find(buf_bytes(&words));
        if (longer == NULL)
            break;
        command = longer;
        is_word[i] = true;
    }
    return command;
}

static void suggest(const char *what, struct buf *out)
{
    buf_add_format(out, "%s\t%s\n", out->len > 0 ? "" : "\nDid you mean this?\n", what);
}

/* First of all members of the group, then commands elsewhere that end with this very word. */
static void suggest_commands(const struct command *group, const char *typed, struct buf *out)
{
    auto_buf found = { 0 };

    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        if (!c->hidden && command_is_member(group, c) && is_alike(typed, command_name(c)))
            suggest(command_name(c), &found);
    }
    for (const struct command *c = found.len > 0 ? NULL : command_next(NULL); c != NULL;
         c = command_next(c)) {
        if (!c->hidden && strcmp(typed, command_name(c)) == 0)
            suggest(c->words, &found);
    }
    buf_add(out, buf_bytes(&found));
    buf_add_string(out, found.len > 0 ? "\n" : "");
}

static void suggest_flags(const struct command *command, struct bytes typed, struct buf *out)
{
    auto_string *name = bytes_to_string(typed);

    for (const struct flag *f = NULL; (f = flag_next(command, f)) != NULL;) {
        if (is_alike(name, f->name)) {
            buf_add_format(out, "\nDid you mean this?\n\t--%s\n", f->name);
            return;
        }
    }
}

static struct option_value *value_of(struct options *options, const struct flag *flag)
{
    for (size_t i = 0; i < options->value_count; i++) {
        if (options->values[i].flag == flag)
            return &options->values[i];
    }
    return NULL;
}

static void add_list(struct option_value *value, const char *text)
{
    struct bytes rest = bytes_of_string(text);

    while (rest.len > 0 && value->list_count < OPTION_LIST_MAX) {
        const uint8_t *const comma = memchr(rest.at, ',', rest.len);
        const size_t len = comma == NULL ? rest.len : (size_t)(comma - rest.at);
        value->list[value->list_count++] = bytes_of(rest.at, len);
        rest = bytes_of(rest.at + len, rest.len - len);
        if (rest.len > 0)
            rest = bytes_of(rest.at + 1, rest.len - 1);
    }
}

static bool word_is_among(const char *word, const char *words)
{
    const size_t len = strlen(word);

    for (const char *at = words; len > 0 && (at = strstr(at, word)) != NULL; at += len) {
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

static bool is_number(const char *text)
{
    const size_t len = strlen(text);

    return len > 0 && len < 10 && strspn(text, "0123456789") == len;
}

static bool value_is_good(const struct flag *flag, const char *text, struct err *err)
{
    const char *why = NULL;

    if (flag->kind == FLAG_SWITCH &&
        !word_is_among(text, "true false 1 0 t f T F TRUE FALSE True False"))
        why = "true or false";
    else if (flag->kind == FLAG_COUNT && !is_number(text))
        why = "a number";
    else if (flag->kind == FLAG_CHOICE && !word_is_among(text, flag->choices))
        why = flag->choices;
    if (why == NULL)
        return true;
    if (flag->letter != '\0')
        return err_set(err, FAIL_MALFORMED,
                       "invalid argument \"%.80s\" for \"-%c, --%s\" flag: want %s", text,
                       flag->letter, flag->name, why);
    return err_set(err, FAIL_MALFORMED, "invalid argument \"%.80s\" for \"--%s\" flag: want %s",
                   text, flag->name, why);
}

static bool set_value(struct options *options, const struct flag *flag, const char *text,
                      struct err *err)
{
    struct option_value *const value = value_of(options, flag);

    assert(value != NULL);
    if (!value_is_good(flag, text, err))
        return false;
    /* The first use replaces the default, the next ones add. */
    if (flag->kind == FLAG_LIST) {
        if (!value->set)
            value->list_count = 0;
        add_list(value, text);
    }
    value->set = true;
    value->text = text;
    return true;
}

struct cursor {
    int argc, at;
    char **argv;
};

static const char *next_argument(struct cursor *c)
{
    return c->at + 1 < c->argc ? c->argv[++c->at] : NULL;
}

static bool read_long(struct options *options, struct cursor *c, struct buf *suggestion,
                      struct err *err)
{
    const char *const text = c->argv[c->at] + 2;
    const char *const equals = strchr(text, '=');
    const struct bytes name =
        bytes_of(text, equals == NULL ? strlen(text) : (size_t)(equals - text));
    const struct flag *const flag = flag_find(options->command, name, '\0');

    if (bytes_equal_string(name, "help")) {
        options->help = true;
        return true;
    }
    if (bytes_equal_string(name, "version") && options->command == command_root()) {
        options->version = true;
        return true;
    }
    if (flag == NULL) {
        suggest_flags(options->command, name, suggestion);
        return err_set(err, FAIL_MALFORMED, "unknown flag: --%.*s", BYTES_FMT(name));
    }
    const char *value = equals == NULL ? NULL : equals + 1;
    if (value == NULL)
        value = flag->kind == FLAG_SWITCH ? "true" : next_argument(c);
    if (value == NULL)
        return err_set(err, FAIL_MALFORMED, "flag needs an argument: --%s", flag->name);
    return set_value(options, flag, value, err);
}

static bool read_letters(struct options *options, struct cursor *c, struct err *err)
{
    const char *const all = c->argv[c->at];

    for (const char *letter = all + 1; *letter != '\0'; letter++) {
        const struct flag *const flag = flag_find(options->command, BYTES_NONE, *letter);
        if (*letter == 'h' && flag == NULL) {
            options->help = true;
            continue;
        }
        if (flag == NULL)
            return err_set(err, FAIL_MALFORMED, "unknown shorthand flag: '%c' in %.80s", *letter,
                           all);
        if (flag->kind == FLAG_SWITCH && letter[1] != '=') {
            if (!set_value(options, flag, "true", err))
                return false;
            continue;
        }
        const char *value = letter[1] == '\0' ? next_argument(c) : letter + 1 + (letter[1] == '=');
        if (value == NULL)
            return err_set(err, FAIL_MALFORMED, "flag needs an argument: '%c' in %.80s", *letter,
                           all);
        return set_value(options, flag, value, err);
    }
    return true;
}

static void prepare_values(struct options *options)
{
    size_t count = 0;

    for (const struct flag *f = NULL; (f = flag_next(options->command, f)) != NULL;)
        count++;
    options->values = mem_zero_alloc(count, sizeof *options->values);
    for (const struct flag *f = NULL; (f = flag_next(options->command, f)) != NULL;) {
        struct option_value *const value = &options->values[options->value_count++];
        value->flag = f;
        value->text = f->standard;
        if (f->kind == FLAG_LIST && f->standard != NULL)
            add_list(value, f->standard);
    }
}

/* "taw manifest set" */
static void full_name(const char *program, const struct command *command, struct buf *out)
{
    buf_add_string(out, program);
    buf_add_format(out, "%s%s", command->words[0] == '\0' ? "" : " ", command->words);
    buf_add_u8(out, '\0');
}

static bool count_is_good(const struct options *options, const char *program,
                          struct buf *suggestion, struct err *err)
{
    const struct command *const command = options->command;
    const size_t count = options->argument_count;
    auto_buf name = { 0 };

    full_name(program, command, &name);
    if (count > 0 && (command->run == NULL || command->most == 0)) {
        if (command->run == NULL) {
            suggest_commands(command, options->arguments[0], suggestion);
            buf_add_format(suggestion, "Run '%s --help' for usage.\n", (const char *)name.at);
        }
        return err_set(err, FAIL_MALFORMED, "unknown command \"%.80s\" for \"%s\"",
                       options->arguments[0], (const char *)name.at);
    }
    if (command->run == NULL || (count >= command->least && count <= command->most))
        return true;
    if (command->most == ARGUMENTS_ANY)
        return err_set(err, FAIL_MALFORMED, "requires at least %u arg(s), only received %zu",
                       command->least, count);
    if (command->most != command->least)
        return err_set(err, FAIL_MALFORMED, "accepts between %u and %u arg(s), received %zu",
                       command->least, command->most, count);
    return err_set(err, FAIL_MALFORMED, "accepts %u arg(s), received %zu", command->least, count);
}

static bool read_all(struct options *options, struct cursor *c, const bool *is_word,
                     struct buf *suggestion, struct err *err)
{
    bool flags_end = false;

    for (c->at = 1; c->at < c->argc; c->at++) {
        const char *const argument = c->argv[c->at];
        if (is_word[c->at])
            continue;
        if (!flags_end && strcmp(argument, "--") == 0)
            flags_end = true;
        else if (flags_end || !is_flag(argument))
            options->arguments[options->argument_count++] = argument;
        else if (!(argument[1] == '-' ? read_long(options, c, suggestion, err)
                                      : read_letters(options, c, err)))
            return false;
    }
    return true;
}

bool options_parse(int argc, char **argv, const char *program, struct options *options,
                   struct buf *suggestion, struct err *err)
{
    struct cursor c = { argc, 0, argv };
    bool *const is_word = mem_zero_alloc((size_t)argc + 1, sizeof *is_word);

    *options = (struct options){ .command = find_command(argc, argv, is_word) };
    options->arguments = mem_zero_alloc((size_t)argc + 1, sizeof *options->arguments);
    prepare_values(options);
    const bool read = read_all(options, &c, is_word, suggestion, err);
    free(is_word);
    if (!read || options->help || options->version)
        return read;
    return count_is_good(options, program, suggestion, err);
}

/* ---- groups of flags ---- */

enum { LARGEST_GROUP = 8 };

/* The names of a group, in byte order. */
static size_t group_names(const char *words, struct bytes names[static LARGEST_GROUP])
{
    size_t count = 0;

    while (words[0] != '\0') {
        const struct bytes name = bytes_of(words, strcspn(words, " "));
        size_t at = count++;
        assert(count <= LARGEST_GROUP);
        for (; at > 0 && bytes_compare(name, names[at - 1]) < 0; at--)
            names[at] = names[at - 1];
        names[at] = name;
        words += name.len;
        words += words[0] == ' ' ? 1 : 0;
    }
    return count;
}

/* How many flags of the group are set; names of those (or of those that are not) go to `out`. */
static size_t group_count(const struct options *options, const char *words, bool wanted,
                          struct buf *out)
{
    struct bytes names[LARGEST_GROUP];
    const size_t count = group_names(words, names);
    size_t set = 0;

    for (size_t i = 0; i < count; i++) {
        auto_string *text = bytes_to_string(names[i]);
        const bool is_set = option_is_set(options, text);
        set += is_set ? 1 : 0;
        if (is_set == wanted)
            buf_add_format(out, "%s%s", out->len > 0 ? " " : "", text);
    }
    buf_add_u8(out, '\0');
    return set;
}

static bool group_is_good(const struct options *options, const struct flag_group *group,
                          struct err *err)
{
    auto_buf set = { 0 }, unset = { 0 };
    const size_t count = group_count(options, group->flags, true, &set);
    (void)group_count(options, group->flags, false, &unset);
    const bool all = unset.len <= 1;

    switch (group->rule) {
    case GROUP_NONE:
        break;
    case GROUP_ALL_OR_NONE:
        if (count > 0 && !all)
            return err_set(
                err, FAIL_MALFORMED,
                "if any flags in the group [%s] are set they must all be set; missing [%s]",
                group->flags, (const char *)unset.at);
        break;
    case GROUP_AT_LEAST_ONE:
        if (count == 0)
            return err_set(err, FAIL_MALFORMED,
                           "at least one of the flags in the group [%s] is required", group->flags);
        break;
    case GROUP_EXCLUSIVE:
        if (count > 1)
            return err_set(err, FAIL_MALFORMED,
                           "if any flags in the group [%s] are set none of the others can be; [%s] "
                           "were all set",
                           group->flags, (const char *)set.at);
        break;
    }
    return true;
}

static bool required_are_set(const struct options *options, struct err *err)
{
    auto_buf missing = { 0 };

    for (const struct flag *f = NULL; (f = flag_next(options->command, f)) != NULL;) {
        if (f->required && !option_is_set(options, f->name))
            buf_add_format(&missing, "%s\"%s\"", missing.len > 0 ? ", " : "", f->name);
    }
    return missing.len == 0 || err_set(err, FAIL_MALFORMED, "required flag(s) %.*s not set",
                                       BYTES_FMT(buf_bytes(&missing)));
}

bool options_check(const struct options *options, struct err *err)
{
    static const enum group_rule order[] = { GROUP_ALL_OR_NONE, GROUP_AT_LEAST_ONE,
                                             GROUP_EXCLUSIVE };

    if (!required_are_set(options, err))
        return false;
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        for (const struct flag_group *g = options->command->groups;
             g != NULL && g->rule != GROUP_NONE; g++) {
            if (g->rule == order[i] && !group_is_good(options, g, err))
                return false;
        }
    }
    return true;
}

void options_clear(struct options *options)
{
    free(options->values);
    free(options->arguments);
    *options = (struct options){ 0 };
}

const struct option_value *option_value(const struct options *options, const char *name)
{
    for (size_t i = 0; i < options->value_count; i++) {
        if (strcmp(options->values[i].flag->name, name) == 0)
            return &options->values[i];
    }
    assert(false && "the table gives the command this flag");
    return NULL;
}

const char *option_text(const struct options *options, const char *name)
{
    return option_value(options, name)->text;
}

bool option_switch(const struct options *options, const char *name)
{
    const char *const text = option_text(options, name);

    return text != NULL && strchr("1tT", text[0]) != NULL;
}

unsigned option_count(const struct options *options, const char *name)
{
    const char *const text = option_text(options, name);

    return text == NULL ? 0 : (unsigned)strtoul(text, NULL, 10);
}

bool option_is_set(const struct options *options, const char *name)
{
    return option_value(options, name)->set;
}

bool option_fill_in(struct options *options, const char *name, const char *text)
{
    for (size_t i = 0; i < options->value_count; i++) {
        struct option_value *const value = &options->values[i];
        if (strcmp(value->flag->name, name) == 0 && !value->set) {
            value->text = text;
            return true;
        }
    }
    return false;
}
