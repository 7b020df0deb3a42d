/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/input.h"
#include "cli/manifest/diff_show.h"

/* `manifest diff` */

static struct manifest *read_manifest(struct cli *cli, size_t argument,
                                      struct manifest_input *input, struct err *err)
{
    const char *const path = cli_argument(cli, argument);

    if (!input_manifest(cli, path, input, err))
        return NULL;
    struct manifest *const m = manifest_parse(buf_bytes(&input->json), err);
    if (m == NULL) {
        (void)cli_fail(cli, EXIT_REJECTED, "`manifest lint` shows all that is wrong with it");
        (void)err_in(err, "%s", path);
    }
    return m;
}

static bool show(struct cli *cli, const struct manifest_diff *diff, struct bytes old,
                 struct bytes new, struct err *err)
{
    const bool unified = option_switch(&cli->options, "unified");
    auto_buf data = { 0 }, text = { 0 };

    buf_add_u8(&data, '{');
    diff_put_members(diff, &data);
    if (unified && (!diff_put_unified_member(old, new, &data, err) ||
                    !diff_put_unified(&cli->out, old, new, cli_argument(cli, 0),
                                      cli_argument(cli, 1), &text, err)))
        return false;
    buf_add_u8(&data, '}');
    if (!unified) {
        diff_put_changes(&cli->out, diff, &text);
        diff_put_consequences(&cli->out, diff, &text);
    }
    return output_painted(&cli->out, "ManifestDiff", buf_bytes(&data), buf_bytes(&text), err);
}

bool run_manifest_diff(struct cli *cli, struct err *err)
{
    auto_manifest_input old_input = { 0 }, new_input = { 0 };
    auto_manifest *old = read_manifest(cli, 0, &old_input, err);
    auto_manifest *new = old == NULL ? NULL : read_manifest(cli, 1, &new_input, err);
    auto_manifest_diff diff = { 0 };

    if (new == NULL)
        return false;
    manifest_diff(old, new, &diff);
    if (diff.kind == UPDATE_NONE)
        output_say(&cli->out, "the manifests mean the same");
    if (!show(cli, &diff, buf_bytes(&old_input.json), buf_bytes(&new_input.json), err))
        return false;
    if (diff.kind != UPDATE_NONE && option_switch(&cli->options, "exit-code"))
        cli->status = EXIT_DIFFERENT;
    return true;
}
