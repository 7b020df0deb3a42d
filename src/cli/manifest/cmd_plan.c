/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/input.h"
#include "cli/io/name_list.h"
#include "cli/manifest/pending_update.h"
#include "cli/manifest/update_preview.h"

#include <string.h>

/* `manifest update plan` */

/* None is no failure here. */
static bool find_pending(struct session *s, struct pending_update *pending, struct err *err)
{
    if (pending_update_get(s, pending, err))
        return true;
    if (s->cli->status != EXIT_NOT_FOUND)
        return false;
    s->cli->status = EXIT_GOOD;
    *err = (struct err){ 0 };
    return true;
}

static bool is_this(const struct pending_update *pending, const struct manifest_input *input)
{
    return strcmp(pending->fingerprint, input->fingerprint) == 0;
}

static bool put_data(const struct cli *cli, const struct update_preview *p,
                     const struct pending_update *pending, const struct manifest_input *input,
                     struct buf *data, struct err *err)
{
    buf_add_format(data, "{\"manifestFingerprint\":\"%s\"", input->fingerprint);
    if (!update_preview_put_members(cli, p, data, err))
        return false;
    json_put_name(data, "pending");
    if (pending->fingerprint[0] == '\0') {
        buf_add_string(data, "null}");
        return true;
    }
    buf_add_format(data, "{\"manifestFingerprint\":\"%s\",\"same\":%s,\"missingUsers\":",
                   pending->fingerprint, is_this(pending, input) ? "true" : "false");
    name_list_put(pending->users, data);
    buf_add_string(data, "}}");
    return true;
}

static const char *kind_text(const struct manifest_diff *diff)
{
    if (diff->kind == UPDATE_NONE)
        return "it means the same as what is in force";
    if (diff->kind == UPDATE_PACKAGES)
        return "an update of packages: in force at once";
    return diff->acknowledgments > 1 ? "a complete update: pending until enough users have agreed"
                                     : "a complete update: in force at once, one user is enough";
}

static bool put_pending(const struct pending_update *pending, const struct manifest_input *input,
                        struct buf *text, struct err *err)
{
    auto_buf names = { 0 };

    if (pending->fingerprint[0] == '\0') {
        buf_add_string(text, "  * no update is pending\n");
        return true;
    }
    if (!is_this(pending, input)) {
        buf_add_format(text, "  * another update is pending, %s: acknowledge or cancel it first\n",
                       pending->fingerprint);
        return true;
    }
    if (!name_list_read(pending->users, &names, NULL, err))
        return false;
    buf_add_string(text, "  * it is pending already; not yet acknowledged by: ");
    output_visible(text, buf_bytes(&names), false);
    buf_add_u8(text, '\n');
    return true;
}

static bool put_text(const struct cli *cli, const struct update_preview *p,
                     const struct pending_update *pending, const struct manifest_input *input,
                     struct buf *text, struct err *err)
{
    if (!update_preview_put_text(cli, p, cli_argument(cli, 0), text, err))
        return false;
    buf_add_format(text, "Plan\n  * in force: %.*s\n  * this manifest: %s\n  * %s\n",
                   BYTES_FMT(p->remote.fingerprint), input->fingerprint, kind_text(&p->diff));
    if (!put_pending(pending, input, text, err))
        return false;
    if (p->diff.refused)
        output_paint(&cli->out, COLOR_RED,
                     BYTES_LITERAL("  * refused: the Coordinator does not take it"), text);
    buf_add_string(text, p->diff.refused ? "\n" : "");
    return true;
}

static bool show(struct cli *cli, const struct update_preview *p,
                 const struct pending_update *pending, const struct manifest_input *input,
                 struct err *err)
{
    auto_buf data = { 0 }, text = { 0 };

    if (!put_data(cli, p, pending, input, &data, err) ||
        !put_text(cli, p, pending, input, &text, err) ||
        !output_painted(&cli->out, "UpdatePlan", buf_bytes(&data), buf_bytes(&text), err))
        return false;
    output_say(&cli->out, "the update was not sent");
    if (p->diff.refused)
        cli->status = EXIT_REJECTED;
    else if (p->diff.kind != UPDATE_NONE && option_switch(&cli->options, "exit-code"))
        cli->status = EXIT_DIFFERENT;
    return true;
}

bool run_update_plan(struct cli *cli, struct err *err)
{
    const char *const path = cli_argument(cli, 0);
    auto_session s = { 0 };
    auto_manifest_input input = { 0 };
    auto_update_preview preview = { 0 };
    auto_pending_update pending = { 0 };

    return input_manifest(cli, path, &input, err) &&
           session_open(&s, cli, cli_argument(cli, 1), err) && session_pin(&s, err) &&
           update_preview_make(&s, buf_bytes(&input.json), path, &preview, err) &&
           find_pending(&s, &pending, err) && show(cli, &preview, &pending, &input, err);
}
