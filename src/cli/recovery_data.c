/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery_data.h"

#include "cli/json_text.h"

#include <stdlib.h>

/* 255 holders with keys of 16,384 bits. */
enum { LARGEST_SECRETS = 1 << 20 };

bool recovery_data_open(struct cli *cli, struct save *save, struct err *err)
{
    const char *const path = option_text(&cli->options, "recoverydata");
    const bool force = option_switch(&cli->options, "force");

    if (path == NULL || path[0] == '\0')
        return true;
    if (save_open(save, path, force ? SAVE_REPLACE : SAVE_NEW, err) &&
        save_reserve(save, LARGEST_SECRETS, err))
        return true;
    const bool exists = err->kind == FAIL_STATE;
    save_clear(save);
    (void)cli_fail(cli, EXIT_USAGE,
                   exists ? "nothing was sent; --force replaces the file" : "nothing was sent");
    return err_in(err, "recovery data");
}

void recovery_data_put(const struct json *secrets, struct buf *out)
{
    const struct json **const sorted = json_text_sorted(secrets);

    buf_add_u8(out, '{');
    for (size_t i = 0; sorted[i] != NULL; i++) {
        json_put_comma(out);
        json_put_string(out, sorted[i]->name);
        buf_add_u8(out, ':');
        json_put_string(out, sorted[i]->text);
    }
    buf_add_u8(out, '}');
    free(sorted);
}

bool recovery_data_keep(struct cli *cli, struct save *save, const struct json *secrets,
                        struct buf *text, struct err *err)
{
    auto_buf line = { 0 };

    if (secrets == NULL || json_first(secrets) == NULL)
        return true;
    buf_add_string(&line, "{\"RecoverySecrets\":");
    recovery_data_put(secrets, &line);
    buf_add_u8(&line, '}');
    if (!save->is_open) {
        buf_add_u8(&line, '\n');
        buf_add(text, buf_bytes(&line));
        return true;
    }
    const char *const path = option_text(&cli->options, "recoverydata");
    if (save_finish(save, buf_bytes(&line), err)) {
        output_say(&cli->out, "Recovery data saved to: %s", path);
        return true;
    }
    output_warn(
        &cli->out,
        "the recovery secrets could not be written to %s; they are on standard output: keep them",
        path);
    buf_add_u8(&line, '\n');
    buf_add(text, buf_bytes(&line));
    return false;
}

void recovery_data_rescue(const struct buf *text)
{
    output_to_error(buf_bytes(text));
}
