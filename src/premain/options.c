/* SPDX-License-Identifier: Apache-2.0 */
#include "premain/options.h"

#include <string.h>

#include "base/buf.h"

/*
 * One row for each option that has a value: its flag, its variable, where it goes, and what --help
 * says.
 */
struct option_row {
    const char *flag, *variable;
    size_t offset; /* in struct marble_settings */
    const char *help;
};

#define AT(member) offsetof(struct marble_settings, member)
static const struct option_row ROWS[] = {
    { "--type", "EDG_MARBLE_TYPE", AT(marble_type),
      "type of this Marble in the manifest; mandatory" },
    { "--coordinator", "EDG_MARBLE_COORDINATOR_ADDR", AT(coordinator_address),
      "address of the Coordinator's Marble API [localhost:2001]" },
    { "--dns-names", "EDG_MARBLE_DNS_NAMES", AT(dns_names),
      "names and IP addresses for the certificate, separated by commas [localhost]" },
    { "--uuid-file", "EDG_MARBLE_UUID_FILE", AT(uuid_file),
      "file that holds this Marble's UUID, made when it is missing [uuid]" },
    { "--coordinator-root", "TAW_MARBLE_COORDINATOR_ROOT", AT(coordinator_root),
      "PEM file: the Coordinator's certificate must chain to one of these [not verified]" },
    { "--timeout", "TAW_MARBLE_TIMEOUT", AT(timeout),
      "seconds to keep trying to reach the Coordinator; 0: one try [300]" },
    { "--require-quote", "TAW_MARBLE_REQUIRE_QUOTE", AT(require_quote),
      "1: fail without a quote instead of proceeding in simulation mode [0]" },
};

/* The row of "--flag" or "--flag=value"; *value is what follows the '=', or NULL. */
static const struct option_row *row_of(const char *argument, const char **value)
{
    const size_t len = strcspn(argument, "=");

    *value = argument[len] == '=' ? argument + len + 1 : NULL;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (strlen(ROWS[i].flag) == len && strncmp(ROWS[i].flag, argument, len) == 0)
            return &ROWS[i];
    }
    return NULL;
}

static bool set_value(const struct option_row *row, const char *value,
                      struct marble_settings *settings, struct err *err)
{
    if (value == NULL || value[0] == '\0')
        return err_set(err, FAIL_MALFORMED, "%s wants a value", row->flag);
    memcpy((char *)settings + row->offset, &value, sizeof value);
    return true;
}

/* One option at argv[*at], which moves to its last argument. */
static bool read_option(int argc, char **argv, int *at, struct premain_options *options,
                        struct err *err)
{
    const char *value = NULL;
    const char *const argument = argv[*at];
    const struct option_row *const row = row_of(argument, &value);

    if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
        options->help = true;
        return true;
    }
    if (strcmp(argument, "--version") == 0) {
        options->version = true;
        return true;
    }
    if (row == NULL)
        return err_set(err, FAIL_MALFORMED, "unknown option \"%.60s\"; see taw-premain --help",
                       argument);
    if (value == NULL && *at + 1 < argc)
        value = argv[++*at];
    return set_value(row, value, &options->settings, err);
}

bool premain_options_read(int argc, char **argv, struct premain_options *options, struct err *err)
{
    int at = 1;

    *options = (struct premain_options){ 0 };
    for (; at < argc && argv[at][0] == '-' && strcmp(argv[at], "--") != 0; at++) {
        if (!read_option(argc, argv, &at, options, err))
            return false;
    }
    options->program_at = at < argc && strcmp(argv[at], "--") == 0 ? at + 1 : at;
    if (options->program_at > argc)
        options->program_at = argc; /* argv can be empty */
    return true;
}

char *premain_options_help(void)
{
    auto_buf text = { 0 };

    buf_add_string(
        &text,
        "Usage: taw-premain [OPTION]... [--] [PROGRAM [ARGUMENT]...]\n\n"
        "Proves this Marble to its Coordinator, puts the files, variables and arguments of the\n"
        "manifest in place, and becomes PROGRAM. An Argv in the manifest replaces all\n"
        "ARGUMENTs, and is the program where none is named here.\n\n");
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        buf_add_format(&text, "  %s VALUE (%s)\n        %s\n", ROWS[i].flag, ROWS[i].variable,
                       ROWS[i].help);
    buf_add_string(&text,
                   "  --help, --version\n        show this or the version and exit\n\n"
                   "Log lines are JSON with EDG_LOG_FORMAT=json. EDG_CWD: directory of the default "
                   "UUID file.\n\n"
                   "Exit status, when no application was started:\n"
                   "  1    something unexpected failed\n"
                   "  2    wrong arguments\n"
                   "  3    configuration, UUID file, quote, or a file that cannot be written\n"
                   "  4    the Coordinator did not answer in the given time\n"
                   "  5    the Coordinator refused the activation\n"
                   "  6    its answer is malformed or cannot be applied\n"
                   "  126  the application cannot be executed\n"
                   "  127  the application was not found\n");
    buf_add_u8(&text, '\0');
    return (char *)bytes_copy(buf_bytes(&text));
}
