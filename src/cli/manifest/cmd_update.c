/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/ask.h"
#include "cli/io/name_list.h"
#include "cli/manifest/pending_update.h"
#include "cli/manifest/update.h"
#include "cli/recovery/data.h"

#include <inttypes.h>
#include <string.h>

/* Updates of the manifest, which several users may have to acknowledge. */

/* What an answer says about who is still missing. */
struct progress {
    uint64_t missing;
    struct buf names; /* "a, b" */
    struct buf list;  /* JSON array */
    const struct json *secrets;
    struct bytes review; /* JSON; empty: nobody reviewed */
};
static void progress_clear(struct progress *p)
{
    buf_clear(&p->names);
    buf_clear(&p->list);
}
#define auto_progress struct progress CLEANUP(progress_clear)

static bool read_names(const struct json *users, struct progress *p, struct err *err)
{
    name_list_put(users, &p->list);
    return name_list_read(users, &p->names, NULL, err) || err_in(err, "missing users");
}

/* v1 says it in a sentence: "All ..." or a number in front. Nothing at all: applied. */
static bool read_sentence(const struct json *data, struct progress *p, struct err *err)
{
    struct bytes text = BYTES_NONE;

    buf_add_string(&p->list, "[]");
    if (data == NULL || data->type != JSON_STRING)
        return true;
    if (!json_get_string(data, &text, err))
        return false;
    for (size_t i = 0; i < text.len && i < 6 && text.at[i] >= '0' && text.at[i] <= '9'; i++)
        p->missing = p->missing * 10 + (uint64_t)(text.at[i] - '0');
    return true;
}

static bool read_progress(const struct answer *answer, struct progress *p, struct err *err)
{
    const struct json *const count = answer_member(answer->data, "missingAcknowledgments");

    if (answer->is_v1)
        return read_sentence(answer->data, p, err);
    p->secrets = answer_member(answer->data, "recoverySecrets");
    return (count == NULL || json_get_uint(count, 1 << 20, &p->missing, err)) &&
           read_names(answer_member(answer->data, "missingUsers"), p, err);
}

static void say_missing(struct output *out, const struct progress *p, const char *who)
{
    if (p->missing == 1)
        output_say(out, "1 user still needs to acknowledge the update manifest.");
    else
        output_say(out, "%" PRIu64 " users still need to acknowledge the update manifest.",
                   p->missing);
    if (p->names.len > 0)
        output_say(out, "%s %.*s", who, (int)p->names.len, (const char *)p->names.at);
}

static void say_applied(struct output *out, const struct progress *p)
{
    if (p->missing == 0) {
        output_say(out, "Update manifest set successfully");
        return;
    }
    output_say(out, "Update manifest submitted successfully.");
    output_say(out, "The changes are pending until they are acknowledged.");
    say_missing(out, p, "The following users may acknowledge the update:");
}

static void say_acknowledged(struct output *out, const struct progress *p)
{
    output_say(out, "Acknowledgement successful:");
    if (p->missing == 0)
        output_say(out,
                   "All users have acknowledged the update manifest. Update successfully applied");
    else
        say_missing(out, p, "The following users have not yet accepted:");
}

static void put_data(const struct manifest_input *input, const struct progress *p, const char *file,
                     struct buf *data)
{
    buf_add_format(data,
                   "{\"manifestFingerprint\":\"%s\",\"missingAcknowledgments\":%" PRIu64
                   ",\"missingUsers\":",
                   input->fingerprint, p->missing);
    buf_add(data, buf_bytes(&p->list));
    if (file != NULL) {
        buf_add_string(data, ",\"recoveryDataFile\":");
        json_put_string(data, bytes_of_string(file));
    } else if (p->secrets != NULL) {
        buf_add_string(data, ",\"recoverySecrets\":");
        recovery_data_put(p->secrets, data);
    }
    if (p->review.len > 0) {
        buf_add_string(data, ",\"review\":");
        buf_add(data, p->review);
    }
    buf_add_u8(data, '}');
}

/* From here on the Coordinator has taken it, whatever else fails. */
static bool finish(struct cli *cli, const struct manifest_input *input, const struct progress *p,
                   struct save *save, struct err *err)
{
    auto_buf data = { 0 }, text = { 0 };
    struct err shown = { 0 };
    const bool in_file = save->is_open && p->secrets != NULL && json_first(p->secrets) != NULL;
    const bool kept = recovery_data_keep(cli, save, p->secrets, &text, err);

    put_data(input, p, in_file && kept ? option_text(&cli->options, "recoverydata") : NULL, &data);
    const bool put =
        output_result(&cli->out, "UpdateProgress", buf_bytes(&data), buf_bytes(&text), &shown);
    if (!put) {
        recovery_data_rescue(cli->out.format == FORMAT_TEXT ? &text : &data);
        if (kept)
            *err = shown;
    }
    if (kept && put && p->missing > 0 && option_switch(&cli->options, "exit-pending"))
        cli->status = EXIT_PENDING;
    return kept && put;
}

static bool send_manifest(struct session *s, const char *path, const struct manifest_input *input,
                          struct answer *answer, struct err *err)
{
    auto_buf body = { 0 };

    buf_add_string(&body, "{\"manifest\":");
    json_put_octets(&body, buf_bytes(&input->json));
    buf_add_u8(&body, '}');
    const struct bytes v2 = buf_bytes(&body), v1 = buf_bytes(&input->json);
    const struct call call = { path, path, &v2, &v1 };
    return session_call(s, &call, answer, err);
}

/* Where a manifest goes, and what is said of it. */
struct submission {
    const char *path, *prefix;
    void (*say)(struct output *out, const struct progress *p);
};

/* Opens the file for recovery secrets, because the request may be the one that completes the update. */
static bool submit(struct session *s, const struct submission *what,
                   const struct manifest_input *input, struct bytes review, struct err *err)
{
    auto_answer answer = { 0 };
    auto_progress progress = { .review = review };
    auto_save save = { .fd = -1 };

    if (!recovery_data_open(s->cli, &save, err))
        return false;
    if (!send_manifest(s, what->path, input, &answer, err) ||
        !read_progress(&answer, &progress, err))
        return err_in(err, "%s", what->prefix);
    what->say(&s->cli->out, &progress);
    return finish(s->cli, input, &progress, &save, err);
}

static const struct submission application = { "update", "applying update", say_applied },
                               acknowledgment = { "update-manifest",
                                                  "acknowledging update manifest",
                                                  say_acknowledged };

static bool update(struct cli *cli, const struct submission *what, struct err *err)
{
    auto_session s = { 0 };
    auto_manifest_input input = { 0 };

    return input_manifest(cli, cli_argument(cli, 0), &input, err) &&
           session_open_as_user(&s, cli, cli_argument(cli, 1), err) &&
           submit(&s, what, &input, BYTES_NONE, err);
}

bool run_update_apply(struct cli *cli, struct err *err)
{
    return update(cli, &application, err);
}

bool run_update_acknowledge(struct cli *cli, struct err *err)
{
    return update(cli, &acknowledgment, err);
}

bool update_acknowledge(struct session *s, const struct manifest_input *input, struct bytes review,
                        struct err *err)
{
    return submit(s, &acknowledgment, input, review, err);
}

bool run_update_cancel(struct cli *cli, struct err *err)
{
    const struct bytes nothing = BYTES_NONE;
    const struct call call = { "update-cancel", "update-cancel", &nothing, &nothing };
    static const struct ask ask = {
        .question = "Cancel the pending update and all acknowledgements of it?",
        .refused = "the update was not cancelled",
    };
    auto_session s = { 0 };
    auto_answer answer = { 0 };

    if (!session_open_as_user(&s, cli, cli_argument(cli, 0), err))
        return false;
    if (!ask_consent(cli, &ask, err))
        return false;
    if (!session_call(&s, &call, &answer, err))
        return err_in(err, "canceling update");
    return output_result(&cli->out, "UpdateCancelled", BYTES_LITERAL("{}"),
                         BYTES_LITERAL("Cancellation successful\n"), err);
}

/* ---- the pending update ---- */

static bool show_missing(struct cli *cli, const struct pending_update *pending, struct err *err)
{
    auto_buf data = { 0 }, text = { 0 }, names = { 0 };

    if (!name_list_read(pending->users, &names, NULL, err))
        return false;
    buf_add_string(&data, "{\"missingUsers\":");
    name_list_put(pending->users, &data);
    buf_add_u8(&data, '}');
    buf_add_string(&text, "The following users have not yet acknowledged the update: [");
    for (size_t i = 0; i < names.len; i++) {
        if (names.at[i] != ',')
            buf_add_u8(&text, names.at[i]);
    }
    buf_add_string(&text, "]\n");
    return output_result(&cli->out, "PendingUpdate", buf_bytes(&data), buf_bytes(&text), err);
}

static bool show_pending(struct cli *cli, const struct pending_update *pending, struct save *save,
                         struct err *err)
{
    const char *const path = option_text(&cli->options, "output");
    auto_buf data = { 0 };
    struct bytes text = buf_bytes(&pending->manifest);

    if (save->is_open) {
        if (!save_finish(save, text, err))
            return false;
        if (save_is_output(path))
            return true;
        text = BYTES_NONE;
    }
    buf_add_string(&data, "{\"manifest\":");
    json_put_octets(&data, buf_bytes(&pending->manifest));
    buf_add_string(&data, ",\"missingUsers\":");
    name_list_put(pending->users, &data);
    buf_add_u8(&data, '}');
    return output_result(&cli->out, "PendingUpdate", buf_bytes(&data), text, err);
}

bool run_update_get(struct cli *cli, struct err *err)
{
    const char *const path = option_text(&cli->options, "output");
    auto_session s = { 0 };
    auto_pending_update pending = { 0 };
    auto_save save = { .fd = -1 };

    if (!session_open(&s, cli, cli_argument(cli, 0), err) || !session_pin(&s, err))
        return false;
    if (path != NULL && path[0] != '\0' && !save_open(&save, path, SAVE_REPLACE, err))
        return false;
    if (!pending_update_get(&s, &pending, err))
        return false;
    return option_switch(&cli->options, "missing") ? show_missing(cli, &pending, err)
                                                   : show_pending(cli, &pending, &save, err);
}
