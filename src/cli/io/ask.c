/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/ask.h"

#include "cli/io/prompt.h"

#include <stdlib.h>
#include <string.h>

static bool wants_confirmation(const struct cli *cli)
{
    const char *const variable = getenv("TAW_REQUIRE_CONFIRMATION");

    return option_switch(&cli->options, "require-confirmation") ||
           (variable != NULL && variable[0] != '\0' && strcmp(variable, "0") != 0);
}

static bool cannot_ask(struct cli *cli, const struct ask *ask, struct err *err)
{
    (void)cli_fail(cli, EXIT_USAGE, "--yes answers it; nothing was changed");
    return err_set(err, FAIL_STATE, "nobody %s asked: %s",
                   option_switch(&cli->options, "no-input") ? "may be" : "is there to be",
                   ask->question);
}

bool ask_consent(struct cli *cli, const struct ask *ask, struct err *err)
{
    const bool no_input = option_switch(&cli->options, "no-input");

    if (option_switch(&cli->options, "yes"))
        return true;
    if (prompt_is_possible()) {
        if (no_input)
            return cannot_ask(cli, ask, err);
        if (prompt_confirm(ask->question))
            return true;
        (void)cli_fail(cli, EXIT_FAILED, ask->hint);
        return err_set(err, FAIL_STATE, "%s", ask->refused);
    }
    if (ask->always || wants_confirmation(cli))
        return cannot_ask(cli, ask, err);
    if (ask->unattended != NULL)
        output_warn(&cli->out, "%s", ask->unattended);
    return true;
}

bool ask_is_possible(const struct cli *cli)
{
    return prompt_is_possible() && !option_switch(&cli->options, "no-input");
}

bool ask_offer(const struct cli *cli, const char *question)
{
    return ask_is_possible(cli) && prompt_confirm(question);
}

static bool may_ask(const struct cli *cli, const char *what, struct err *err)
{
    return !option_switch(&cli->options, "no-input") ||
           err_set(err, FAIL_UNAVAILABLE, "%s: --no-input forbids to ask", what);
}

struct secret *ask_passphrase(struct cli *cli, const char *what, const char *instead,
                              struct err *err)
{
    struct secret *const typed = may_ask(cli, what, err) ? prompt_passphrase(what, err) : NULL;

    if (typed == NULL)
        (void)cli_fail(cli, EXIT_KEY, instead);
    return typed;
}

char *ask_line(struct cli *cli, const char *what, const char *instead, struct err *err)
{
    char *const typed = may_ask(cli, what, err) ? prompt_line(what, err) : NULL;

    if (typed == NULL)
        (void)cli_fail(cli, EXIT_USAGE, instead);
    return typed;
}
