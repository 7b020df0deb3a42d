/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/binary.h"

#include "codec/json.h"

bool binary_put(struct cli *cli, const struct buf *binary, const char *what, enum save_how how,
                struct err *err)
{
    const char *const path = option_text(&cli->options, "output");
    auto_buf data = { 0 };

    if (save_is_output(path))
        return output_raw(&cli->out, buf_bytes(binary), err) || cli_fail(cli, EXIT_USAGE, NULL);
    if (!save_file(path, buf_bytes(binary), how, err))
        return err->kind == FAIL_STATE ? cli_fail(cli, EXIT_USAGE, NULL) : false;
    output_say(&cli->out, "%s written to %s", what, path);
    buf_add_string(&data, "{\"file\":");
    json_put_string(&data, bytes_of_string(path));
    buf_add_u8(&data, '}');
    return output_result(&cli->out, "File", buf_bytes(&data), BYTES_NONE, err);
}
