/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/status_watch.h"

#include "base/env.h"
#include "base/utf8.h"
#include "cli/attest/show.h"
#include "cli/io/signals.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define TO_LINE_ABOVE "\033[%zuA"
#define CLEAR_BELOW "\r\033[J"

enum { USUAL_COLUMNS = 80 };

struct watch {
    struct observer *observer;
    unsigned interval_s;
    bool in_place;
    size_t lines;      /* on the terminal, of the newest sight */
    size_t lines_said; /* below those stands talk when there are more */
    struct moment now;
    struct moment since; /* the newest change */
    struct buf key;      /* what makes the sight another one than the one before */
    struct buf last;     /* key of the newest change */
    struct sight sight;
};

static void watch_clear(struct watch *w)
{
    buf_clear(&w->key);
    buf_clear(&w->last);
    sight_clear(&w->sight);
}
#define auto_watch struct watch CLEANUP(watch_clear)

static bool lasting(const struct cli *cli)
{
    return cli->status != EXIT_UNREACHABLE && cli->status != EXIT_TRUST &&
           cli->status != EXIT_ATTESTATION;
}

/* A look that failed is seen, too, unless it says nothing about the Coordinator. */
static bool see(struct watch *w, enum facts facts, struct err *err)
{
    struct cli *const cli = w->observer->session.cli;
    struct err why = { 0 };

    buf_truncate(&w->key, 0);
    if (observer_look(w->observer, facts, &w->sight, &why)) {
        buf_add(&w->key, buf_bytes(&w->sight.data));
        return true;
    }
    if (lasting(cli)) {
        *err = why;
        return false;
    }
    const char *const state = cli->status == EXIT_UNREACHABLE ? "unreachable" : "not-recognised";
    cli->status = EXIT_GOOD;
    cli->hint = NULL;
    /* Why changes from look to look: milliseconds are a part of it. */
    buf_add_string(&w->key, state);
    sight_clear(&w->sight);
    buf_add_format(&w->sight.data, "\"code\":null,\"state\":\"%s\",\"message\":", state);
    json_put_string(&w->sight.data, bytes_of_string(why.text));
    buf_add_format(&w->sight.text, "%s: ", state);
    output_visible(&w->sight.text, bytes_of_string(why.text), false);
    buf_add_u8(&w->sight.text, '\n');
    return true;
}

/* ---- a terminal ---- */

static size_t columns(void)
{
    struct winsize size = { 0 };

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col
                                                                           : USUAL_COLUMNS;
}

/* A line that is too long would take two, and the next sight would stand below it. */
static void put_cut(struct bytes line, size_t room, struct buf *out)
{
    size_t at = 0;

    for (size_t shown = 0; at < line.len && shown < room; shown++) {
        uint32_t point = 0;
        const size_t len = utf8_sequence(bytes_of(line.at + at, line.len - at), &point);
        at += len == 0 ? 1 : len;
    }
    buf_add(out, bytes_of(line.at, at));
    buf_add_u8(out, '\n');
}

static size_t put_lines(struct bytes text, struct buf *out)
{
    const size_t room = columns() - 1;
    struct bytes line;
    size_t count = 0;

    while (bytes_line(text, count, &line) && (line.len > 0 || count == 0)) {
        put_cut(line, room, out);
        count++;
    }
    return count;
}

static bool redraw(struct watch *w, struct err *err)
{
    struct output *const output = &w->observer->session.cli->out;
    auto_buf text = { 0 }, out = { 0 };

    buf_add_format(&text, "%s  %s  every %u s, since %s\n", w->observer->session.typed, w->now.text,
                   w->interval_s, w->since.text);
    buf_add(&text, buf_bytes(&w->sight.text));
    if (w->lines > 0 && w->lines_said == output->lines_said)
        buf_add_format(&out, TO_LINE_ABOVE, w->lines);
    buf_add_string(&out, CLEAR_BELOW);
    w->lines = put_lines(buf_bytes(&text), &out);
    w->lines_said = output->lines_said;
    return output_item(output, "Status", BYTES_NONE, buf_bytes(&out), err);
}

/* ---- elsewhere ---- */

static bool put_change(struct watch *w, struct err *err)
{
    auto_buf data = { 0 }, text = { 0 };
    struct bytes line;

    buf_add_format(&data, "{\"time\":\"%s\",", w->now.text);
    buf_add(&data, buf_bytes(&w->sight.data));
    buf_add_u8(&data, '}');
    buf_add_format(&text, "%s ", w->now.text);
    for (size_t i = 0; bytes_line(buf_bytes(&w->sight.text), i, &line) && line.len > 0; i++) {
        buf_add_string(&text, i > 0 ? "; " : "");
        buf_add(&text, line);
    }
    buf_add_u8(&text, '\n');
    return output_item(&w->observer->session.cli->out, "Status", buf_bytes(&data), buf_bytes(&text),
                       err);
}

static bool show(struct watch *w, struct err *err)
{
    const bool changed = !bytes_equal(buf_bytes(&w->key), buf_bytes(&w->last));

    w->now = moment_of(env_now_ms(NULL) / 1000);
    if (changed) {
        w->since = w->now;
        buf_clear(&w->last);
        buf_add(&w->last, buf_bytes(&w->key));
    }
    if (w->in_place)
        return redraw(w, err);
    return !changed || put_change(w, err);
}

bool status_watch(struct observer *o, enum facts facts, struct err *err)
{
    struct cli *const cli = o->session.cli;
    auto_signals signals = { 0 };
    auto_watch w = { .observer = o,
                     .interval_s = option_count(&cli->options, "interval"),
                     .in_place = cli->out.format == FORMAT_TEXT && cli->out.out_is_terminal };

    /* Held back, so that an interrupt ends a look and not the program. */
    signals_hold(&signals);
    for (;;) {
        const bool seen = see(&w, facts, err);
        if (signals_take_interrupt())
            return true;
        if (signals_pending() || !seen || !show(&w, err))
            return false;
        if (!signals_wait(-1, (int)w.interval_s * 1000))
            return signals_take_interrupt();
    }
}
