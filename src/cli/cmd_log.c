/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lines.h"
#include "cli/remote_manifest.h"
#include "cli/save.h"

/* `manifest log` */

/* Each line that is JSON as JSON; another one as text. */
static void put_log_data(struct bytes lines, struct buf *data)
{
    struct bytes line;

    buf_add_string(data, "{\"updateLog\":[");
    while (line_next(&lines, &line)) {
        auto_arena arena = { 0 };
        struct err ignored = { 0 };
        json_put_comma(data);
        if (json_parse(line, JSON_TRAILING_REFUSED, &arena, &ignored) != NULL)
            buf_add(data, line);
        else
            json_put_string(data, line);
    }
    buf_add_string(data, "]}");
}

static bool show_log(struct cli *cli, struct buf *lines, struct err *err)
{
    const char *const path = option_text(&cli->options, "output");
    auto_buf data = { 0 };

    put_log_data(buf_bytes(lines), &data);
    if (path != NULL && path[0] != '\0') {
        if (!save_file(path, buf_bytes(lines), SAVE_REPLACE, err))
            return false;
        output_say(&cli->out, "Update log written to: %s", path);
        buf_truncate(lines, 0);
    } else {
        output_say(&cli->out, "Update log:");
        buf_add_string(lines, lines->len > 0 ? "\n" : "");
    }
    return output_result(&cli->out, "UpdateLog", buf_bytes(&data), buf_bytes(lines), err);
}

bool run_manifest_log(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };
    auto_buf lines = { 0 };

    return session_open(&s, cli, cli_argument(cli, 0), err) && session_pin(&s, err) &&
           remote_log_get(&s, &lines, err) && show_log(cli, &lines, err);
}
