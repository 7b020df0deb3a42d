/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "cli/coordinator/context.h"
#include "cli/table/help.h"

#include <stdlib.h>
#include <string.h>

const struct exit_meaning EXIT_MEANINGS[EXIT_STATUS_COUNT] = {
    [EXIT_GOOD] = { "success", "success" },
    [EXIT_FAILED] = { "failed", "an error without a number of its own" },
    [EXIT_USAGE] = { "usage", "wrong flags, arguments or input files" },
    [EXIT_ATTESTATION] = { "attestation", "evidence, or collateral for it, was not accepted" },
    [EXIT_TRUST] = { "trust", "not the pinned Coordinator, another name, or a signature that does not fit" },
    [EXIT_DENIED] = { "denied", "not authorised" },
    [EXIT_NOT_FOUND] = { "not-found", "not found, for example no update is pending" },
    [EXIT_STATE] = { "state", "the Coordinator is in another state" },
    [EXIT_REJECTED] = { "rejected", "the input was rejected" },
    [EXIT_DIFFERENT] = { "different", "compared things differ" },
    [EXIT_PENDING] = { "pending", "accepted, but more parties are needed (with --exit-pending)" },
    [EXIT_UNREACHABLE] = { "unreachable", "unreachable, or no answer in time" },
    [EXIT_KEY] = { "key", "a local key cannot be used" },
};

const char *cli_argument(const struct cli *cli, size_t n)
{
    return cli->options.arguments[n];
}

bool cli_fail(struct cli *cli, enum exit_status status, const char *hint)
{
    cli->status = status;
    if (hint != NULL)
        cli->hint = hint;
    return false;
}

bool run_help(struct cli *cli, struct err *err)
{
    auto_buf words = { 0 }, text = { 0 };

    for (size_t i = 0; i < cli->options.argument_count; i++)
        buf_add_format(&words, "%s%s", i > 0 ? " " : "", cli_argument(cli, i));
    const struct command *const command = command_find(buf_bytes(&words));
    if (command == NULL) {
        (void)cli_fail(cli, EXIT_USAGE, NULL);
        return err_set(err, FAIL_MALFORMED, "there is no command \"%.*s\"",
                       BYTES_FMT(buf_bytes(&words)));
    }
    help_put(command, cli->program, &text);
    cli->out.format = FORMAT_TEXT;
    return output_result(&cli->out, "Help", BYTES_NONE, buf_bytes(&text), err);
}

static enum output_format format_of(const char *text)
{
    if (text != NULL && strcmp(text, "json") == 0)
        return FORMAT_JSON;
    return text != NULL && strcmp(text, "yaml") == 0 ? FORMAT_YAML : FORMAT_TEXT;
}

/* Also after arguments that do not parse: as far as they were read. */
static void init_output(struct cli *cli)
{
    const char *const variable = getenv("TAW_FORMAT");
    const bool typed = option_is_set(&cli->options, "format");

    output_init(
        &cli->out,
        format_of(typed || variable == NULL ? option_text(&cli->options, "format") : variable),
        option_text(&cli->options, "color"));
}

static int fail(struct cli *cli, const struct err *err, struct bytes usage)
{
    const enum exit_status status = cli->status == EXIT_GOOD ? EXIT_FAILED : cli->status;

    output_error(&cli->out, EXIT_MEANINGS[status].code, (int)status, err->text, cli->hint, usage);
    return (int)status;
}

static int show_help(struct cli *cli, struct err *err)
{
    auto_buf text = { 0 };

    help_put(cli->options.command, cli->program, &text);
    cli->out.format = FORMAT_TEXT;
    return output_result(&cli->out, "Help", BYTES_NONE, buf_bytes(&text), err)
               ? EXIT_GOOD
               : fail(cli, err, BYTES_NONE);
}

/* more: what may stand behind the error; usage when it is empty. */
static int fail_usage(struct cli *cli, const struct err *err, struct buf *more)
{
    cli->status = EXIT_USAGE;
    if (more->len == 0)
        help_put_usage(cli->options.command, cli->program, more);
    return fail(cli, err, buf_bytes(more));
}

/* Another format than the one that was meant would be read as something else by whoever set it. */
static bool variable_is_good(const struct cli *cli, struct err *err)
{
    const char *const variable = getenv("TAW_FORMAT");

    if (variable == NULL || variable[0] == '\0' || option_is_set(&cli->options, "format") ||
        strcmp(variable, "text") == 0 || format_of(variable) != FORMAT_TEXT)
        return true;
    return err_set(err, FAIL_MALFORMED, "TAW_FORMAT is \"%.80s\": want text, json or yaml",
                   variable);
}

static int run(struct cli *cli, struct err *err)
{
    const struct command *const command = cli->options.command;
    auto_buf more = { 0 };

    if (cli->options.version)
        return run_version(cli, err) ? EXIT_GOOD : fail(cli, err, BYTES_NONE);
    if (cli->options.help || command->run == NULL)
        return show_help(cli, err);
    if (!options_check(&cli->options, err))
        return fail_usage(cli, err, &more);
    if (!variable_is_good(cli, err)) {
        (void)cli_fail(cli, EXIT_USAGE, NULL);
        return fail(cli, err, BYTES_NONE);
    }
    auto_context context = { 0 };
    if (!context_apply(cli, &context, err))
        return fail(cli, err, BYTES_NONE);
    return command->run(cli, err) ? (int)cli->status : fail(cli, err, BYTES_NONE);
}

static const char *program_name(const char *called)
{
    const char *const slash = called == NULL ? NULL : strrchr(called, '/');
    const char *const name = slash == NULL ? called : slash + 1;

    return name != NULL && strcmp(name, "marblerun") == 0 ? "marblerun" : "taw";
}

int cli_main(int argc, char **argv)
{
    struct cli cli = { .program = program_name(argv[0]) };
    struct err err = { 0 };
    auto_buf more = { 0 };

    const bool parsed = options_parse(argc, argv, cli.program, &cli.options, &more, &err);
    init_output(&cli);
    int status = EXIT_GOOD;
    if (parsed) {
        status = run(&cli, &err);
    } else {
        status = fail_usage(&cli, &err, &more);
    }
    output_clear(&cli.out);
    options_clear(&cli.options);
    return status;
}
