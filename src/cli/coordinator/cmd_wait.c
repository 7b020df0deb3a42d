/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"
#include "cli/coordinator/observer.h"
#include "cli/io/duration.h"
#include "cli/io/signals.h"

#include <inttypes.h>
#include <string.h>

/* wait: until a Coordinator is where it should be. */

enum verdict { VERDICT_NONE = 0, VERDICT_YET, VERDICT_REACHED, VERDICT_NEVER };

struct wait {
    struct observer observer;
    const char *goal, *within; /* as they were typed */
    int64_t end_ms;            /* CLOCK_MONOTONIC */
    uint64_t said;             /* the state that was last talked of */
    struct sight sight;
};

static void wait_clear(struct wait *w)
{
    observer_clear(&w->observer);
    sight_clear(&w->sight);
}
#define auto_wait struct wait CLEANUP(wait_clear)

static int64_t left_ms(const struct wait *w)
{
    return w->end_ms - clock_ms(CLOCK_MONOTONIC);
}

static enum verdict reached_if(bool reached)
{
    return reached ? VERDICT_REACHED : VERDICT_YET;
}

/* VERDICT_NONE: *err. */
static enum verdict judge(struct wait *w, struct err *err)
{
    const uint64_t code = w->sight.code;
    bool pending = true;

    if (strncmp(w->goal, "state=", 6) == 0)
        return reached_if(strcmp(w->goal + 6, session_state_name(code)) == 0);
    if (strcmp(w->goal, "recovered") == 0) {
        if (code == STATE_AWAITS_MANIFEST)
            return VERDICT_NEVER;
        return reached_if(code == STATE_RUNNING);
    }
    if (code != STATE_RUNNING)
        return VERDICT_YET;
    return observer_update_is_pending(&w->observer, &pending, err) ? reached_if(!pending)
                                                                   : VERDICT_NONE;
}

static bool never(struct wait *w, struct err *err)
{
    (void)cli_fail(w->observer.session.cli, EXIT_STATE, NULL);
    return err_set(err, FAIL_STATE,
                   "the Coordinator awaits a manifest: there is no state that could be recovered");
}

/* Now and then, so that who watches knows why it takes so long. */
static void say_state(struct wait *w, const struct err *unreachable)
{
    struct output *const out = &w->observer.session.cli->out;
    const uint64_t code = w->sight.code;

    if (w->said == code)
        return;
    w->said = code;
    if (code == 0)
        output_say(out, "Waiting for %s: %s", w->goal, unreachable->text);
    else
        output_say(out, "Waiting for %s: the state is %s", w->goal, session_state_name(code));
}

static bool late(struct wait *w, const struct err *unreachable, struct err *err)
{
    const uint64_t code = w->sight.code;
    const char *const before = code == 0 ? unreachable->text : session_state_name(code);

    (void)cli_fail(w->observer.session.cli, EXIT_UNREACHABLE, NULL);
    return err_set(err, FAIL_UNAVAILABLE, "%s was not reached within %s; in the end: %s", w->goal,
                   w->within, before);
}

/* What is worth another look: nobody answers. Everything else will not get better by waiting. */
static bool look(struct wait *w, enum verdict *verdict, struct err *unreachable, struct err *err)
{
    struct cli *const cli = w->observer.session.cli;
    struct err why = { 0 };

    transport_limit(w->observer.session.transport, left_ms(w));
    *verdict = VERDICT_NONE;
    if (observer_look(&w->observer, FACTS_STATE, &w->sight, &why))
        *verdict = judge(w, &why);
    if (*verdict != VERDICT_NONE)
        return true;
    if (cli->status != EXIT_UNREACHABLE) {
        *err = why;
        return false;
    }
    *unreachable = why;
    cli->status = EXIT_GOOD;
    sight_clear(&w->sight);
    *verdict = VERDICT_YET;
    return true;
}

static bool wait_for(struct wait *w, struct err *err)
{
    const int64_t pause_ms =
        INT64_C(1000) * option_count(&w->observer.session.cli->options, "interval");
    struct err unreachable = { 0 };
    enum verdict verdict;

    w->said = UINT64_MAX;
    while (look(w, &verdict, &unreachable, err)) {
        if (verdict == VERDICT_REACHED)
            return true;
        if (verdict == VERDICT_NEVER)
            return never(w, err);
        say_state(w, &unreachable);
        const int64_t left = left_ms(w), pause = left < pause_ms ? left : pause_ms;
        const bool goes_on = pause <= 0 || signals_wait(-1, (int)pause);
        if (!goes_on || left_ms(w) <= 0)
            return late(w, &unreachable, err);
    }
    return false;
}

static bool show(struct wait *w, int64_t begin_ms, struct err *err)
{
    auto_buf data = { 0 };

    buf_add_string(&data, "{\"for\":");
    json_put_string(&data, bytes_of_string(w->goal));
    buf_add_format(&data, ",\"waitedMs\":%" PRId64 ",", clock_ms(CLOCK_MONOTONIC) - begin_ms);
    buf_add(&data, buf_bytes(&w->sight.data));
    buf_add_u8(&data, '}');
    return output_result(&w->observer.session.cli->out, "Wait", buf_bytes(&data),
                         buf_bytes(&w->sight.text), err);
}

bool run_wait(struct cli *cli, struct err *err)
{
    const int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);
    auto_wait w = { .goal = option_text(&cli->options, "for"),
                    .within = option_text(&cli->options, "within") };
    int64_t within_ms;

    if (!duration_parse(w.within, &within_ms, err)) {
        (void)cli_fail(cli, EXIT_USAGE, NULL);
        return err_in(err, "--within");
    }
    w.end_ms = begin_ms + within_ms;
    return observer_interval_is_good(cli, err) &&
           observer_open(&w.observer, cli, cli_argument(cli, 0), err) && wait_for(&w, err) &&
           show(&w, begin_ms, err);
}
