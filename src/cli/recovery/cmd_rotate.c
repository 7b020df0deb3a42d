/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/session.h"
#include "cli/io/ask.h"
#include "cli/io/name_list.h"
#include "cli/recovery/data.h"

#include <inttypes.h>

/* recovery rotate: new recovery secrets for the same keys. */

static bool cancel(struct cli *cli, struct session *s, struct err *err)
{
    const struct bytes nothing = BYTES_LITERAL("{}");
    const struct call call = { "recovery/reissue/cancel", NULL, &nothing, NULL };
    auto_answer answer = { 0 };

    static const struct ask ask = {
        .question = "Take the re-issue back, so that only the old recovery secrets work?",
        .refused = "the re-issue was not cancelled",
    };

    return ask_consent(cli, &ask, err) && session_call(s, &call, &answer, err) &&
           output_result(&cli->out, "ReissueCancelled", BYTES_LITERAL("{}"),
                         BYTES_LITERAL("Cancelled: the old recovery secrets stay in force\n"), err);
}

/* What the answer says. */
struct rotation {
    bool is_pending;
    uint64_t missing;
    struct buf names;
    struct bytes set;           /* of the new secrets; in the answer */
    const struct json *secrets; /* NULL: not yet */
};
static void rotation_clear(struct rotation *r)
{
    buf_clear(&r->names);
}
#define auto_rotation struct rotation CLEANUP(rotation_clear)

static bool read_rotation(const struct json *data, struct rotation *r, struct err *err)
{
    const struct json *const count = answer_member(data, "missingAcknowledgments");
    struct bytes state;

    if (!answer_text(data, "state", &state, err) || !answer_text(data, "set", &r->set, err) ||
        (count != NULL && !json_get_uint(count, 1 << 20, &r->missing, err)) ||
        !name_list_read(answer_member(data, "missingUsers"), &r->names, NULL, err))
        return false;
    r->is_pending = bytes_equal_string(state, "pending");
    r->secrets = answer_member(data, "recoverySecrets");
    return r->is_pending || (r->secrets != NULL && json_first(r->secrets) != NULL) ||
           err_set(err, FAIL_MALFORMED, "the answer has neither secrets nor who is missing");
}

static void say(struct output *out, const struct rotation *r)
{
    if (r->is_pending) {
        output_say(out,
                   "Asked for. New recovery secrets are made when %" PRIu64
                   " more of these users ask for them too:",
                   r->missing);
        output_say(out, "  %.*s", BYTES_FMT(buf_bytes(&r->names)));
        return;
    }
    output_say(out, "New recovery secrets are there. The old ones stay in force until as many "
                    "holders as a recovery needs have");
    output_say(out, "proven the new ones, each with: taw recovery drill");
}

static void put_data(struct cli *cli, const struct answer *answer, const struct rotation *r,
                     bool in_file, struct buf *data)
{
    const struct json *const users = answer_member(answer->data, "missingUsers");

    if (r->is_pending) {
        buf_add_format(
            data, "{\"state\":\"pending\",\"missingAcknowledgments\":%" PRIu64 ",\"missingUsers\":",
            r->missing);
        name_list_put(users, data);
        buf_add_u8(data, '}');
        return;
    }
    buf_add_string(data, "{\"state\":\"proving\",\"set\":");
    json_put_string(data, r->set);
    if (in_file) {
        json_put_name(data, "recoveryDataFile");
        json_put_string(data, bytes_of_string(option_text(&cli->options, "recoverydata")));
    } else {
        json_put_name(data, "recoverySecrets");
        recovery_data_put(r->secrets, data);
    }
    buf_add_u8(data, '}');
}

/* From here on the Coordinator has done it, whatever else fails. */
static bool finish(struct cli *cli, const struct answer *answer, const struct rotation *r,
                   struct save *save, struct err *err)
{
    auto_buf data = { 0 }, text = { 0 };
    struct err shown = { 0 };
    const bool has_file = save->is_open;
    const bool kept = recovery_data_keep(cli, save, r->secrets, &text, err);

    put_data(cli, answer, r, has_file && kept, &data);
    const bool put =
        output_result(&cli->out, "ReissueProgress", buf_bytes(&data), buf_bytes(&text), &shown);
    if (!put) {
        if (r->secrets != NULL)
            recovery_data_rescue(cli->out.format == FORMAT_TEXT ? &text : &data);
        if (kept)
            *err = shown;
    }
    if (kept && put && r->is_pending && option_switch(&cli->options, "exit-pending"))
        cli->status = EXIT_PENDING;
    return kept && put;
}

static bool rotate(struct cli *cli, struct session *s, struct save *save, struct err *err)
{
    const struct bytes nothing = BYTES_LITERAL("{}");
    const struct call call = { "recovery/reissue", NULL, &nothing, NULL };
    auto_answer answer = { 0 };
    auto_rotation rotation = { 0 };

    if (!session_call(s, &call, &answer, err)) {
        if (cli->status == EXIT_UNREACHABLE)
            (void)cli_fail(cli, cli->status,
                           "it may have been done: the same command again gives the secrets");
        return false;
    }
    if (!read_rotation(answer.data, &rotation, err))
        return false;
    say(&cli->out, &rotation);
    return finish(cli, &answer, &rotation, save, err);
}

bool run_recovery_rotate(struct cli *cli, struct err *err)
{
    const bool cancels = option_switch(&cli->options, "cancel");
    auto_session s = { 0 };
    auto_save save = { .fd = -1 };

    if (!session_open_as_user(&s, cli, cli_argument(cli, 0), err))
        return false;
    if (cancels)
        return cancel(cli, &s, err) || err_in(err, "cancelling the re-issue");
    return recovery_data_open(cli, &save, err) &&
           (rotate(cli, &s, &save, err) || err_in(err, "re-issuing the recovery secrets"));
}
