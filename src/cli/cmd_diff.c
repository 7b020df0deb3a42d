/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"
#include "codec/json.h"
#include "manifest/diff.h"

#include <string.h>

/* `manifest diff` */

static struct manifest *read_manifest(struct cli *cli, size_t argument, struct err *err)
{
    auto_manifest_input input = { 0 };

    if (!input_manifest(cli, cli_argument(cli, argument), &input, err))
        return NULL;
    struct manifest *const m = manifest_parse(buf_bytes(&input.json), err);
    if (m == NULL) {
        (void)cli_fail(cli, EXIT_REJECTED, "`manifest lint` shows all that is wrong with it");
        (void)err_in(err, "%s", cli_argument(cli, argument));
    }
    return m;
}

static void put_member(struct buf *data, const char *name, struct bytes text)
{
    json_put_name(data, name);
    json_put_string(data, text);
}

static void put_texts(struct buf *data, const char *name, const struct bytes *texts, size_t count)
{
    json_put_name(data, name);
    buf_add_u8(data, '[');
    for (size_t i = 0; i < count; i++) {
        json_put_comma(data);
        json_put_string(data, texts[i]);
    }
    buf_add_u8(data, ']');
}

static void put_data(const struct manifest_diff *diff, struct buf *data)
{
    buf_add_format(data, "{\"update\":\"%s\",\"changes\":[", update_kind_text(diff->kind));
    for (size_t i = 0; i < diff->count; i++) {
        const struct manifest_change *const change = &diff->at[i];
        json_put_comma(data);
        buf_add_u8(data, '{');
        put_member(data, "section", bytes_of_string(change->section));
        put_member(data, "name", change->name);
        put_member(data, "change", bytes_of_string(change_kind_text(change->kind)));
        put_member(data, "what", change->what);
        put_member(data, "consequence", change->consequence);
        buf_add_u8(data, '}');
    }
    buf_add_u8(data, ']');
    put_texts(data, "consequences", diff->consequences, diff->consequence_count);
    put_texts(data, "acknowledgers", diff->holders, diff->holder_count);
    buf_add_format(data, ",\"acknowledgments\":%zu,\"newRecoverySecrets\":%s}",
                   diff->acknowledgments, diff->new_recovery_secrets ? "true" : "false");
}

static void put_change(const struct manifest_change *change, struct buf *text)
{
    static const char marks[] = {
        [CHANGE_ADDED] = '+', [CHANGE_REMOVED] = '-', [CHANGE_CHANGED] = '~'
    };

    buf_add_format(text, "  %c ", marks[change->kind]);
    output_visible(text, change->name, false);
    buf_add_string(text, change->name.len > 0 && change->what.len > 0 ? ": " : "");
    output_visible(text, change->what, false);
    buf_add_u8(text, '\n');
    if (change->consequence.len == 0)
        return;
    buf_add_string(text, "      ");
    output_visible(text, change->consequence, false);
    buf_add_u8(text, '\n');
}

static void put_text(const struct manifest_diff *diff, struct buf *text)
{
    const char *section = "";

    for (size_t i = 0; i < diff->count; i++) {
        const struct manifest_change *const change = &diff->at[i];
        if (strcmp(section, change->section) != 0)
            buf_add_format(text, "%s\n", change->section);
        section = change->section;
        put_change(change, text);
    }
    if (diff->consequence_count > 0)
        buf_add_string(text, "Consequences\n");
    for (size_t i = 0; i < diff->consequence_count; i++) {
        buf_add_string(text, "  * ");
        output_visible(text, diff->consequences[i], false);
        buf_add_u8(text, '\n');
    }
}

bool run_manifest_diff(struct cli *cli, struct err *err)
{
    auto_manifest *old = read_manifest(cli, 0, err);
    auto_manifest *new = old == NULL ? NULL : read_manifest(cli, 1, err);
    auto_manifest_diff diff = { 0 };
    auto_buf data = { 0 }, text = { 0 };

    if (new == NULL)
        return false;
    manifest_diff(old, new, &diff);
    put_data(&diff, &data);
    put_text(&diff, &text);
    if (diff.kind == UPDATE_NONE)
        output_say(&cli->out, "the manifests mean the same");
    if (!output_result(&cli->out, "ManifestDiff", buf_bytes(&data), buf_bytes(&text), err))
        return false;
    if (diff.kind != UPDATE_NONE && option_switch(&cli->options, "exit-code"))
        cli->status = EXIT_DIFFERENT;
    return true;
}
