/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *data, *text;
} FINDINGS[] = {
    [FINDING_OK] = { "ok", "ok" },
    [FINDING_WARNING] = { "warning", "warning" },
    [FINDING_FAILED] = { "failed", "failed" },
    [FINDING_UNCHECKED] = { "not-checked", "not checked" },
};

void doctor_clear(struct doctor *d)
{
    cache_clear(&d->cache);
    buf_clear(&d->data);
    buf_clear(&d->text);
}

void doctor_add(struct doctor *d, const char *name, enum finding finding, const char *advice,
                const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    auto_string *detail = mem_vprintf(fmt, args);
    va_end(args);
    d->failed += finding == FINDING_FAILED;
    d->warnings += finding == FINDING_WARNING;
    if (d->data.len > 0)
        buf_add_u8(&d->data, ',');
    buf_add_format(&d->data, "{\"name\":\"%s\",\"result\":\"%s\",\"detail\":", name,
                   FINDINGS[finding].data);
    json_put_string(&d->data, bytes_of_string(detail));
    buf_add_format(&d->text, "%-12s %-11s ", FINDINGS[finding].text, name);
    output_visible(&d->text, bytes_of_string(detail), false);
    buf_add_u8(&d->text, '\n');
    if (advice != NULL) {
        buf_add_string(&d->data, ",\"advice\":");
        json_put_string(&d->data, bytes_of_string(advice));
        buf_add_format(&d->text, "%-24s -> %s\n", "", advice);
    }
    buf_add_u8(&d->data, '}');
}

void doctor_add_error(struct doctor *d, const char *name, enum finding finding,
                      const struct err *err)
{
    const char *const hint = d->cli->hint;

    d->cli->status = EXIT_GOOD;
    d->cli->hint = NULL;
    if (finding != FINDING_NONE)
        doctor_add(d, name, finding, hint, "%s", err->text);
}

static bool show(struct doctor *d, struct err *err)
{
    struct cli *const cli = d->cli;
    auto_buf data = { 0 };

    buf_add_format(&data, "{\"failed\":%zu,\"warnings\":%zu,\"checks\":[", d->failed, d->warnings);
    buf_add(&data, buf_bytes(&d->data));
    buf_add_string(&data, "]}");
    if (d->failed > 0)
        cli->status = EXIT_FAILED;
    if (!output_result(&cli->out, "Doctor", buf_bytes(&data), buf_bytes(&d->text), err))
        return false;
    output_say(&cli->out, "failed: %zu, warnings: %zu", d->failed, d->warnings);
    return true;
}

bool run_doctor(struct cli *cli, struct err *err)
{
    const bool has_endpoint = cli->options.argument_count > 0;
    auto_doctor d = { .cli = cli };
    auto_session s = { 0 };

    if (has_endpoint && !session_open(&s, cli, cli_argument(cli, 0), err))
        return false;
    doctor_check_here(&d);
    if (has_endpoint)
        doctor_check_coordinator(&d, &s);
    else
        doctor_add(&d, "clock", FINDING_UNCHECKED, NULL,
                   "no Coordinator was named to compare with");
    return show(&d, err);
}
