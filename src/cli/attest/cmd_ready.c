/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"
#include "cli/attest/tee_devices.h"
#include "cli/coordinator/session.h"

#include <unistd.h>

/* precheck and check, as far as they need no cluster. */

bool run_precheck(struct cli *cli, struct err *err)
{
    auto_buf data = { 0 }, text = { 0 };

    buf_add_string(&data, "{\"devices\":[");
    for (const struct tee_device *device = NULL; (device = tee_device_next(device)) != NULL;) {
        json_put_comma(&data);
        buf_add_format(&data, "{\"tee\":\"%s\",\"path\":\"%s\"}", device->tee, device->path);
        buf_add_format(&text, "This machine has %s (%s)\n", device->tee, device->path);
    }
    buf_add_string(&data, "]}");
    if (text.len == 0)
        buf_add_string(&text,
                       "This machine offers no SGX, TDX or SEV-SNP: here a Coordinator runs with "
                       "--simulation only\n");
    return output_result(&cli->out, "Precheck", buf_bytes(&data), buf_bytes(&text), err);
}

static bool answers(struct cli *cli, const char *endpoint, uint64_t *code, struct err *err)
{
    auto_session s = { 0 };
    auto_answer answer = { 0 };
    struct bytes message;

    return session_open(&s, cli, endpoint, err) && session_status(&s, code, &answer, &message, err);
}

/* Once a second, until it answers, the time is over, or waiting is of no use. */
static bool wait_for(struct cli *cli, const char *endpoint, uint64_t *code, struct err *err)
{
    const int64_t end =
        clock_ms(CLOCK_MONOTONIC) + INT64_C(1000) * option_count(&cli->options, "timeout");

    for (bool said = false;; said = true) {
        *err = (struct err){ 0 };
        cli->status = EXIT_GOOD;
        if (answers(cli, endpoint, code, err))
            return true;
        if (cli->status != EXIT_UNREACHABLE || clock_ms(CLOCK_MONOTONIC) >= end)
            return false;
        if (!said)
            output_say(&cli->out, "Waiting for %s", endpoint);
        (void)sleep(1);
    }
}

bool run_check(struct cli *cli, struct err *err)
{
    uint64_t code = 0;

    if (cli->options.argument_count == 0) {
        (void)cli_fail(cli, EXIT_USAGE, NULL);
        return err_set(
            err, FAIL_MALFORMED,
            "this version knows nothing of Kubernetes: name the Coordinator to wait for");
    }
    const char *const endpoint = cli_argument(cli, 0);
    if (!wait_for(cli, endpoint, &code, err))
        return false;
    output_check(&cli->out, false, "who answers at %s", endpoint);
    auto_string *data = mem_printf("{\"code\":%d}", (int)code);
    auto_string *line = mem_printf("%s answers\n", endpoint);
    return output_result(&cli->out, "Check", bytes_of_string(data), bytes_of_string(line), err);
}
