/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/session.h"
#include "cli/io/json_text.h"
#include "cli/io/name_list.h"

#include <inttypes.h>

/* recovery status: how far a recovery is, or how well one would go. */

struct shown {
    struct buf data, text;
};
static void shown_clear(struct shown *shown)
{
    buf_clear(&shown->data);
    buf_clear(&shown->text);
}
#define auto_shown struct shown CLEANUP(shown_clear)

static bool get_count(const struct json *object, const char *name, uint64_t *count, struct err *err)
{
    const struct json *const member = answer_member(object, name);

    *count = 0;
    return member == NULL || json_get_uint(member, UINT16_MAX, count, err) ||
           err_in(err, "%s", name);
}

static bool get_flag(const struct json *object, const char *name, bool *flag, struct err *err)
{
    const struct json *const member = answer_member(object, name);

    *flag = false;
    return member == NULL || json_get_bool(member, flag, err) || err_in(err, "%s", name);
}

/* The scheme in words for programs. */
static const char *mode_of(struct bytes scheme)
{
    if (bytes_equal_string(scheme, "single"))
        return "single";
    if (bytes_equal_string(scheme, "xor"))
        return "all";
    if (bytes_equal_string(scheme, "shamir"))
        return "threshold";
    return bytes_equal_string(scheme, "none") ? "none" : "unknown";
}

/* And for people. holders 0: nobody knows how many there are. */
static void put_mode(struct bytes scheme, uint64_t needed, size_t holders, struct buf *out)
{
    if (bytes_equal_string(scheme, "single"))
        buf_add_string(out, "mode:      single holder\n");
    else if (bytes_equal_string(scheme, "xor"))
        buf_add_format(out, "mode:      all of %" PRIu64 "\n", needed);
    else if (bytes_equal_string(scheme, "shamir") && holders > 0)
        buf_add_format(out, "mode:      %" PRIu64 " of %zu\n", needed, holders);
    else
        buf_add_format(out, "mode:      %s\n", mode_of(scheme));
}

/* ---- while it recovers ---- */

static bool put_progress(const struct json *set, struct buf *text, struct err *err)
{
    auto_buf accepted = { 0 }, missing = { 0 };
    struct bytes scheme;
    uint64_t needed, received;
    size_t given = 0, owing = 0;

    if (!answer_text(set, "scheme", &scheme, err) || !get_count(set, "needed", &needed, err) ||
        !get_count(set, "received", &received, err) ||
        !name_list_read(answer_member(set, "accepted"), &accepted, &given, err) ||
        !name_list_read(answer_member(set, "missing"), &missing, &owing, err))
        return false;
    put_mode(scheme, needed, given + owing, text);
    buf_add_format(text, "needed:    %" PRIu64 "\nreceived:  %" PRIu64 "\n", needed, received);
    if (given + owing > 0)
        buf_add_format(text, "accepted:  %.*s\nmissing:   %.*s\n", BYTES_FMT(buf_bytes(&accepted)),
                       BYTES_FMT(buf_bytes(&missing)));
    return true;
}

/* Two sets are in force while secrets are re-issued. */
static bool put_sets(const struct json *sets, struct buf *text, struct err *err)
{
    for (const struct json *set = json_first(sets); set != NULL; set = json_next(set)) {
        struct bytes id;
        if (!answer_text(set, "set", &id, err))
            return false;
        buf_add_format(text, "set:       %.*s\n", BYTES_FMT(id));
        if (!put_progress(set, text, err))
            return false;
    }
    return true;
}

static bool put_recovering(struct session *s, struct shown *shown, struct err *err)
{
    const struct call call = { "recover/status", NULL, NULL, NULL };
    auto_answer answer = { 0 };
    struct bytes id, scheme;

    if (!session_call(s, &call, &answer, err))
        return false;
    const struct json *const sets = answer_member(answer.data, "sets");
    if (!answer_text(answer.data, "session", &id, err) ||
        !answer_text(answer.data, "scheme", &scheme, err))
        return false;
    buf_add_string(&shown->text, "state:     recovery\n");
    if (sets != NULL ? !put_sets(sets, &shown->text, err)
                     : !put_progress(answer.data, &shown->text, err))
        return false;
    buf_add_format(&shown->text, "session:   %.*s\n", BYTES_FMT(id));
    buf_add_format(&shown->data, ",\"mode\":\"%s\",\"recovery\":", mode_of(scheme));
    json_text_put(answer.data, &shown->data);
    return true;
}

/* ---- while it runs ---- */

static bool put_holders(const struct json *holders, struct buf *text, size_t *count,
                        struct err *err)
{
    bool null = false;

    *count = 0;
    if (holders == NULL || !json_expect(holders, JSON_ARRAY, &null, err))
        return holders == NULL;
    for (const struct json *h = json_first(holders); h != NULL; h = json_next(h)) {
        struct bytes name, proven;
        if (!answer_text(h, "name", &name, err) || !answer_text(h, "proven", &proven, err))
            return err_in(err, "holders");
        buf_add_format(text, "holder:    %.*s, ", BYTES_FMT(name));
        if (proven.len > 0)
            buf_add_format(text, "proven %.*s\n", BYTES_FMT(proven));
        else
            buf_add_string(text, "never proven\n");
        ++*count;
    }
    return true;
}

static bool put_set(const struct json *set, struct buf *text, struct err *err)
{
    auto_buf holders = { 0 };
    struct bytes scheme;
    uint64_t needed;
    size_t count = 0;
    bool alarm;

    if (!answer_text(set, "scheme", &scheme, err) || !get_count(set, "needed", &needed, err) ||
        !get_flag(set, "alarm", &alarm, err) ||
        !put_holders(answer_member(set, "holders"), &holders, &count, err))
        return false;
    put_mode(scheme, needed, count, text);
    buf_add(text, buf_bytes(&holders));
    buf_add_format(text, "alarm:     %s\n",
                   alarm ? "yes, too few have proven their secrets in the last 90 days" : "no");
    return true;
}

static bool put_reissue(const struct json *reissue, struct buf *text, struct err *err)
{
    const struct json *const set = answer_member(reissue, "newSet");
    auto_buf missing = { 0 };
    uint64_t acknowledgments;

    if (reissue == NULL || reissue->type == JSON_NULL) {
        buf_add_string(text, "re-issue:  none\n");
        return true;
    }
    if (set != NULL) {
        buf_add_string(text, "re-issue:  the new secrets wait for their proofs\n");
        return put_set(set, text, err);
    }
    if (!get_count(reissue, "missingAcknowledgments", &acknowledgments, err) ||
        !name_list_read(answer_member(reissue, "missingUsers"), &missing, NULL, err))
        return false;
    buf_add_format(text, "re-issue:  %" PRIu64 " more of these users have to ask for it: %.*s\n",
                   acknowledgments, BYTES_FMT(buf_bytes(&missing)));
    return true;
}

static bool put_running(struct session *s, struct shown *shown, struct err *err)
{
    const struct call call = { "recovery/status", NULL, NULL, NULL };
    auto_answer answer = { 0 };
    struct bytes scheme;

    if (!session_call(s, &call, &answer, err) || !answer_text(answer.data, "scheme", &scheme, err))
        return false;
    buf_add_string(&shown->text, "state:     running\n");
    buf_add_format(&shown->data, ",\"mode\":\"%s\",\"drills\":", mode_of(scheme));
    json_text_put(answer.data, &shown->data);
    return put_set(answer.data, &shown->text, err) &&
           put_reissue(answer_member(answer.data, "reissue"), &shown->text, err);
}

static bool put_state(struct session *s, uint64_t code, struct shown *shown, struct err *err)
{
    buf_add_format(&shown->data, "{\"code\":%" PRIu64 ",\"state\":\"%s\"", code,
                   session_state_name(code));
    if (code == STATE_RECOVERY)
        return put_recovering(s, shown, err);
    if (code == STATE_RUNNING)
        return put_running(s, shown, err);
    buf_add_string(&shown->text, "state:     awaiting a manifest, there is nothing to recover\n");
    return true;
}

bool run_recovery_status(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };
    auto_answer answer = { 0 };
    auto_shown shown = { 0 };
    struct bytes message;
    uint64_t code;

    if (!session_open(&s, cli, cli_argument(cli, 0), err) || !session_verify(&s, err) ||
        !session_bind(&s, err) || !session_status(&s, &code, &answer, &message, err) ||
        !put_state(&s, code, &shown, err))
        return false;
    buf_add_u8(&shown.data, '}');
    if (option_switch(&cli->options, "exit-code"))
        cli->status = session_state_exit(code);
    return output_result(&cli->out, "RecoveryStatus", buf_bytes(&shown.data),
                         buf_bytes(&shown.text), err) &&
           session_save_quote(&s, err);
}
