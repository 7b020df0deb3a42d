/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/ask.h"
#include "cli/io/name_list.h"
#include "cli/manifest/diff_show.h"
#include "cli/manifest/pending_update.h"
#include "cli/manifest/update.h"
#include "cli/manifest/update_preview.h"
#include "cli/user/identity.h"

#include <string.h>
#include <unistd.h>

/* `manifest update review` */

struct review {
    struct cli *cli;
    struct session session;
    struct pending_update pending;
    struct update_preview preview;
    const char *file; /* that the user holds against it; NULL: none */
    struct manifest_input input;
    bool same;
    struct manifest *mine;          /* of the file; NULL: there is none, or it does not decode */
    struct manifest_diff deviation; /* from the file to what is pending */
};

static void review_clear(struct review *r)
{
    manifest_diff_clear(&r->deviation);
    manifest_free(r->mine);
    manifest_input_clear(&r->input);
    update_preview_clear(&r->preview);
    pending_update_clear(&r->pending);
    session_clear(&r->session);
}
#define auto_review struct review CLEANUP(review_clear)

/* ---- what was typed ---- */

static bool usage(struct cli *cli, struct err *err, const char *text)
{
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_set(err, FAIL_MALFORMED, "%s", text);
}

static bool read_file(struct review *r, struct err *err)
{
    struct cli *const cli = r->cli;

    if (cli->options.argument_count > 1)
        r->file = cli_argument(cli, 1);
    if (r->file == NULL)
        return true;
    if (strlen(r->file) == 64 && strspn(r->file, "0123456789abcdefABCDEF") == 64 &&
        access(r->file, F_OK) != 0)
        return usage(cli, err, "a hash is not enough to agree to: give the manifest itself");
    return input_manifest(cli, r->file, &r->input, err);
}

static bool arguments_are_good(struct review *r, struct err *err)
{
    struct cli *const cli = r->cli;

    if (!read_file(r, err))
        return false;
    if (!option_switch(&cli->options, "acknowledge"))
        return true;
    if (r->file == NULL)
        return usage(cli, err,
                     "--acknowledge needs the manifest that you agree to as a file: what the "
                     "Coordinator shows is not enough");
    if (!identity_has_user(cli))
        return usage(cli, err, "--acknowledge needs --cert and --key");
    if (!option_switch(&cli->options, "yes") && !ask_is_possible(cli))
        return usage(cli, err, "--acknowledge needs --yes where nobody can be asked");
    return true;
}

/* ---- what is pending ---- */

static void hold_against_file(struct review *r)
{
    struct err ignored = { 0 };

    r->same =
        r->file != NULL && bytes_equal(buf_bytes(&r->input.json), buf_bytes(&r->pending.manifest));
    if (r->file == NULL || r->same)
        return;
    r->mine = manifest_parse(buf_bytes(&r->input.json), &ignored);
    if (r->mine != NULL)
        manifest_diff(r->mine, r->preview.new, &r->deviation);
}

static bool get(struct review *r, struct err *err)
{
    struct session *const s = &r->session;
    struct cli *const cli = r->cli;

    if (!session_open_as_user_or_nobody(s, cli, cli_argument(cli, 0), err) ||
        !pending_update_get(s, &r->pending, err) ||
        !update_preview_make(s, buf_bytes(&r->pending.manifest), "pending update", &r->preview,
                             err))
        return false;
    hold_against_file(r);
    return true;
}

/* ---- who has agreed ---- */

static size_t count_acknowledged(const struct review *r)
{
    const struct manifest_diff *const diff = &r->preview.diff;
    size_t count = 0;

    for (size_t i = 0; i < diff->holder_count; i++)
        count += !pending_update_misses(&r->pending, diff->holders[i]);
    return count;
}

static size_t count_needed(const struct review *r)
{
    const size_t wanted = r->preview.diff.acknowledgments, there = count_acknowledged(r);

    return wanted > there ? wanted - there : 0;
}

static void put_users(const struct review *r, struct buf *text)
{
    const struct manifest_diff *const diff = &r->preview.diff;

    buf_add_string(text, "Acknowledgments\n");
    for (size_t i = 0; i < diff->holder_count; i++) {
        const bool missing = pending_update_misses(&r->pending, diff->holders[i]);
        auto_buf line = { 0 };
        buf_add_string(&line, missing ? "  - " : "  + ");
        output_visible(&line, diff->holders[i], false);
        buf_add_string(&line, missing ? ": not yet" : ": acknowledged");
        output_paint(&r->cli->out, missing ? COLOR_YELLOW : COLOR_GREEN, buf_bytes(&line), text);
        buf_add_u8(text, '\n');
    }
    buf_add_format(text, "  * still needed: %zu\n", count_needed(r));
}

/* ---- data ---- */

static void put_acknowledged(const struct review *r, struct buf *data)
{
    const struct manifest_diff *const diff = &r->preview.diff;

    json_put_name(data, "acknowledged");
    buf_add_u8(data, '[');
    for (size_t i = 0; i < diff->holder_count; i++) {
        if (pending_update_misses(&r->pending, diff->holders[i]))
            continue;
        json_put_comma(data);
        json_put_string(data, diff->holders[i]);
    }
    buf_add_string(data, "],\"missingUsers\":");
    name_list_put(r->pending.users, data);
    buf_add_format(data, ",\"missingAcknowledgments\":%zu", count_needed(r));
}

static void put_file(const struct review *r, struct buf *data)
{
    json_put_name(data, "file");
    if (r->file == NULL) {
        buf_add_string(data, "null");
        return;
    }
    buf_add_string(data, "{\"name\":");
    json_put_string(data, bytes_of_string(r->file));
    buf_add_format(data, ",\"manifestFingerprint\":\"%s\",\"same\":%s", r->input.fingerprint,
                   r->same ? "true" : "false");
    if (r->mine != NULL) {
        buf_add_string(data, ",\"deviation\":{");
        diff_put_members(&r->deviation, data);
        buf_add_u8(data, '}');
    }
    buf_add_u8(data, '}');
}

static bool put_data(const struct review *r, struct buf *data, struct err *err)
{
    buf_add_format(data, "{\"manifestFingerprint\":\"%s\"", r->pending.fingerprint);
    if (!update_preview_put_members(r->cli, &r->preview, data, err))
        return false;
    put_acknowledged(r, data);
    put_file(r, data);
    buf_add_u8(data, '}');
    return true;
}

/* ---- text ---- */

/* Lines of talk inside of the text: what is said about the file. */
static void put_comparison(const struct review *r, struct buf *text)
{
    auto_buf line = { 0 };

    if (r->file == NULL)
        return;
    buf_add_string(&line, "  * ");
    output_visible(&line, bytes_of_string(r->file), false);
    if (r->same)
        buf_add_string(&line, ": the same, byte for byte");
    else
        buf_add_format(&line, ": another one, %s", r->input.fingerprint);
    output_paint(&r->cli->out, r->same ? COLOR_GREEN : COLOR_RED, buf_bytes(&line), text);
    buf_add_u8(text, '\n');
    if (r->same)
        return;
    buf_add_string(text, "What is pending differs from ");
    output_visible(text, bytes_of_string(r->file), false);
    buf_add_u8(text, '\n');
    if (r->mine == NULL)
        buf_add_string(text, "  * which is no manifest\n");
    else if (r->deviation.count == 0)
        buf_add_string(text, "  * only in its bytes: both mean the same\n");
    diff_put_changes(&r->cli->out, &r->deviation, text);
}

static bool put_text(const struct review *r, struct buf *text, struct err *err)
{
    if (!update_preview_put_text(r->cli, &r->preview, "pending", text, err))
        return false;
    put_users(r, text);
    buf_add_format(text, "Review\n  * in force: %.*s\n  * pending: %s\n",
                   BYTES_FMT(r->preview.remote.fingerprint), r->pending.fingerprint);
    put_comparison(r, text);
    return true;
}

/* ---- the user's answer ---- */

/* Only on a terminal, and only to a user. */
static bool offers(const struct review *r)
{
    return r->session.own != NULL && r->cli->out.format == FORMAT_TEXT && ask_is_possible(r->cli);
}

static bool acknowledge(struct review *r, struct bytes data, struct err *err)
{
    struct cli *const cli = r->cli;
    const bool told = option_switch(&cli->options, "acknowledge");

    if ((told && option_switch(&cli->options, "yes")) || ask_offer(cli, "Acknowledge this update?"))
        return update_acknowledge(&r->session, &r->input, data, err);
    output_say(&cli->out, "the update was not acknowledged");
    return true;
}

static bool show(struct review *r, struct err *err)
{
    struct cli *const cli = r->cli;
    const bool answers = r->same && (option_switch(&cli->options, "acknowledge") || offers(r));
    auto_buf data = { 0 }, text = { 0 };

    if (!put_data(r, &data, err) || !put_text(r, &text, err))
        return false;
    /* There is one envelope: with an acknowledgment it is that of the answer. */
    if ((!answers || cli->out.format == FORMAT_TEXT) &&
        !output_painted(&cli->out, "UpdateReview", buf_bytes(&data), buf_bytes(&text), err))
        return false;
    if (answers)
        return acknowledge(r, buf_bytes(&data), err);
    if (r->file != NULL && !r->same)
        cli->status = EXIT_DIFFERENT;
    return true;
}

bool run_update_review(struct cli *cli, struct err *err)
{
    auto_review r = { .cli = cli };

    return arguments_are_good(&r, err) && get(&r, err) && show(&r, err);
}
