/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/observer.h"
#include "cli/io/lines.h"
#include "cli/io/save.h"
#include "cli/io/signals.h"
#include "cli/manifest/log_entry.h"
#include "cli/manifest/remote_manifest.h"
#include "state/update_log_proof.h"

#include <inttypes.h>

/* `manifest log` */

struct log_view {
    struct cli *cli;
    struct session session;
    struct log_filter filter;
    struct buf seen;     /* all lines that there were so far, also those that are not shown */
    struct buf verified; /* JSON: what was verified last; empty: nothing */
    bool headed;         /* the columns of the table have been named */
};

static void log_view_clear(struct log_view *v)
{
    session_clear(&v->session);
    buf_clear(&v->seen);
    buf_clear(&v->verified);
}
#define auto_log_view struct log_view CLEANUP(log_view_clear)

/* ---- all lines ---- */

static bool get_proof(struct session *s, struct answer *answer, struct err *err)
{
    const struct call call = { "update/chain", NULL, NULL, NULL };

    if (session_call(s, &call, answer, err))
        return true;
    if (answer->reply.status != 404 && answer->reply.status != 405)
        return false;
    (void)cli_fail(s->cli, EXIT_NOT_FOUND, NULL);
    return err_set(err, FAIL_DENIED, "this Coordinator does not sign its update log");
}

static void keep_statement(struct log_view *v, const struct update_log_proof *proof)
{
    if (v->verified.len == 0)
        output_check(&v->cli->out, true,
                     "the update log is complete: %" PRIu64
                     " lines at %.*s, signed by the pinned root",
                     proof->end.lines, BYTES_FMT(proof->time));
    buf_truncate(&v->verified, 0);
    buf_add_format(&v->verified, "{\"lines\":%" PRIu64 ",\"time\":", proof->end.lines);
    json_put_string(&v->verified, proof->time);
    buf_add_u8(&v->verified, '}');
}

static bool get_verified(struct log_view *v, struct buf *lines, struct err *err)
{
    auto_answer answer = { 0 };
    auto_arena arena = { 0 };
    struct update_log_proof proof;

    if (!get_proof(&v->session, &answer, err))
        return false;
    if (!update_log_proof_parse(buf_bytes(&answer.reply.body), &arena, &proof, err) ||
        !update_log_proof_check(&proof, v->session.pinned, err)) {
        (void)cli_fail(v->cli, EXIT_TRUST, NULL);
        return err_in(err, "update log");
    }
    for (size_t i = 0; i < proof.line_count; i++) {
        buf_add_string(lines, i > 0 ? "\n" : "");
        buf_add(lines, proof.lines[i]);
    }
    keep_statement(v, &proof);
    return true;
}

static bool get(struct log_view *v, struct buf *lines, struct err *err)
{
    return option_switch(&v->cli->options, "verify") ? get_verified(v, lines, err)
                                                     : remote_log_get(&v->session, lines, err);
}

/* ---- those that are wanted ---- */

static void choose(const struct log_view *v, struct bytes lines, struct buf *chosen)
{
    struct bytes line;

    while (line_next(&lines, &line)) {
        auto_arena arena = { 0 };
        struct log_entry entry;
        log_entry_read(line, &arena, &entry);
        if (!log_filter_takes(&v->filter, &entry))
            continue;
        buf_add_string(chosen, chosen->len > 0 ? "\n" : "");
        buf_add(chosen, line);
    }
}

/* What is JSON as JSON; anything else as text. */
static void put_line(struct bytes line, struct buf *data)
{
    auto_arena arena = { 0 };
    struct err ignored = { 0 };

    if (json_parse(line, JSON_TRAILING_REFUSED, &arena, &ignored) != NULL)
        buf_add(data, line);
    else
        json_put_string(data, line);
}

static void put_data(const struct log_view *v, struct bytes lines, struct buf *data)
{
    struct bytes line;

    buf_add_string(data, "{\"updateLog\":[");
    while (line_next(&lines, &line)) {
        json_put_comma(data);
        put_line(line, data);
    }
    buf_add_u8(data, ']');
    if (v->verified.len > 0) {
        json_put_name(data, "verified");
        buf_add(data, buf_bytes(&v->verified));
    }
    buf_add_u8(data, '}');
}

static void put_text(struct log_view *v, struct bytes lines, struct buf *text)
{
    if (option_switch(&v->cli->options, "table")) {
        log_table_put(lines, !v->headed, text);
        v->headed = true;
        return;
    }
    buf_add(text, lines);
    buf_add_string(text, lines.len > 0 ? "\n" : "");
}

static bool show(struct log_view *v, struct bytes lines, struct err *err)
{
    struct cli *const cli = v->cli;
    const char *const path = option_text(&cli->options, "output");
    auto_buf data = { 0 }, text = { 0 };

    put_data(v, lines, &data);
    if (path != NULL && path[0] != '\0') {
        if (!save_file(path, lines, SAVE_REPLACE, err))
            return false;
        if (save_is_output(path))
            return true;
        output_say(&cli->out, "Update log written to: %s", path);
    } else {
        output_say(&cli->out, "Update log:");
        put_text(v, lines, &text);
    }
    return output_result(&cli->out, "UpdateLog", buf_bytes(&data), buf_bytes(&text), err);
}

/* ---- follow ---- */

static bool show_entries(struct log_view *v, struct bytes lines, struct err *err)
{
    struct cli *const cli = v->cli;
    auto_buf text = { 0 }, shown = { 0 };
    struct bytes line;

    if (cli->out.format == FORMAT_TEXT) {
        if (lines.len > 0)
            put_text(v, lines, &text);
        if (cli->out.out_is_terminal)
            output_visible(&shown, buf_bytes(&text), true);
        return output_item(&cli->out, "", BYTES_NONE,
                           buf_bytes(cli->out.out_is_terminal ? &shown : &text), err);
    }
    while (line_next(&lines, &line)) {
        auto_buf data = { 0 };
        buf_add_string(&data, "{\"entry\":");
        put_line(line, &data);
        buf_add_u8(&data, '}');
        if (!output_item(&cli->out, "UpdateLogEntry", buf_bytes(&data), BYTES_NONE, err))
            return false;
    }
    return true;
}

/* Drops from *lines what was seen before. False: the log does not continue that. */
static bool take_new(const struct log_view *v, struct bytes *lines)
{
    const struct bytes seen = buf_bytes(&v->seen);

    if (seen.len == 0)
        return true;
    if (!bytes_start_with(*lines, seen) || (lines->len > seen.len && lines->at[seen.len] != '\n'))
        return false;
    const size_t used = lines->len > seen.len ? seen.len + 1 : seen.len;
    *lines = bytes_of(lines->at + used, lines->len - used);
    return true;
}

static bool poll_once(struct log_view *v, struct err *err)
{
    auto_buf lines = { 0 }, chosen = { 0 };

    if (!get(v, &lines, err))
        return false;
    struct bytes fresh = buf_bytes(&lines);
    if (!take_new(v, &fresh)) {
        if (option_switch(&v->cli->options, "verify")) {
            (void)cli_fail(v->cli, EXIT_TRUST, NULL);
            return err_set(err, FAIL_DENIED, "update log: lines that were there are gone");
        }
        output_warn(&v->cli->out, "the update log begins anew");
    }
    choose(v, fresh, &chosen);
    buf_truncate(&v->seen, 0);
    buf_add(&v->seen, buf_bytes(&lines));
    return show_entries(v, buf_bytes(&chosen), err);
}

/* Until it is interrupted, which is a success, or the Coordinator does not answer. */
static bool follow(struct log_view *v, struct err *err)
{
    const int interval_ms = (int)option_count(&v->cli->options, "interval") * 1000;
    auto_signals signals = { 0 };

    /* Held back, so that an interrupt ends a look and not the program. */
    signals_hold(&signals);
    for (;;) {
        const bool seen = poll_once(v, err);
        if (signals_take_interrupt())
            return true;
        if (!seen || signals_pending())
            return false;
        if (!signals_wait(-1, interval_ms))
            return signals_take_interrupt();
    }
}

static bool flags_are_good(struct cli *cli, struct err *err)
{
    if (!observer_interval_is_good(cli, err))
        return false;
    if (!option_switch(&cli->options, "verify") || !option_switch(&cli->options, "insecure"))
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_set(err, FAIL_MALFORMED,
                   "--verify needs the pinned root certificate, which --insecure does without");
}

bool run_manifest_log(struct cli *cli, struct err *err)
{
    auto_log_view v = { .cli = cli };
    auto_buf lines = { 0 }, chosen = { 0 };

    if (!flags_are_good(cli, err) || !log_filter_read(cli, &v.filter, err) ||
        !session_open(&v.session, cli, cli_argument(cli, 0), err) || !session_pin(&v.session, err))
        return false;
    if (option_switch(&cli->options, "follow"))
        return follow(&v, err);
    if (!get(&v, &lines, err))
        return false;
    choose(&v, buf_bytes(&lines), &chosen);
    return show(&v, buf_bytes(&chosen), err);
}
