/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/table/help.h"
#include "codec/json.h"

/* What needs neither a Coordinator nor a file. */

bool run_version(struct cli *cli, struct err *err)
{
    auto_buf data = { 0 };

    buf_add_string(&data, "{\"program\":\"taw\",\"version\":");
    json_put_string(&data, bytes_of_string(TAW_VERSION));
    buf_add_u8(&data, '}');
    return output_result(&cli->out, "Version", buf_bytes(&data),
                         BYTES_LITERAL("CLI Version: v" TAW_VERSION "\n"), err);
}

static bool put_text(struct cli *cli, const struct buf *text, struct err *err)
{
    cli->out.format = FORMAT_TEXT;
    return output_result(&cli->out, "Text", BYTES_NONE, buf_bytes(text), err);
}

bool run_completion(struct cli *cli, struct err *err)
{
    auto_buf text = { 0 };

    if (!completion_put(cli_argument(cli, 0), cli->program, &text, err))
        return cli_fail(cli, EXIT_USAGE, NULL);
    return put_text(cli, &text, err);
}

bool run_manual(struct cli *cli, struct err *err)
{
    auto_buf text = { 0 };

    if (cli->options.argument_count == 0)
        manual_put_names(&text);
    else if (!manual_put(cli_argument(cli, 0), &text, err))
        return cli_fail(cli, EXIT_USAGE, NULL);
    return put_text(cli, &text, err);
}
