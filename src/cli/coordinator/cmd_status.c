/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/observer.h"
#include "cli/coordinator/status_watch.h"

enum { EXIT_AWAITS_MANIFEST = 20, EXIT_RECOVERY = 21 };

enum exit_status session_state_exit(uint64_t code)
{
    if (code == STATE_RUNNING)
        return EXIT_GOOD;
    return (enum exit_status)(code == STATE_AWAITS_MANIFEST ? EXIT_AWAITS_MANIFEST : EXIT_RECOVERY);
}

const char *session_state_name(uint64_t code)
{
    static const char *const names[] = { [STATE_RECOVERY] = "recovery",
                                         [STATE_AWAITS_MANIFEST] = "awaiting-manifest",
                                         [STATE_RUNNING] = "running" };

    return code < COUNT_OF(names) && names[code] != NULL ? names[code] : "";
}

bool session_status(struct session *s, uint64_t *code, struct answer *answer, struct bytes *message,
                    struct err *err)
{
    const struct call call = { "status", "status", NULL, NULL };

    *code = 0;
    if (!session_call(s, &call, answer, err))
        return false;
    const struct json *const number =
        answer_member(answer->data, answer->is_v1 ? "StatusCode" : "code");
    return (number == NULL || json_get_uint(number, 99, code, err)) &&
           answer_text(answer->data, answer->is_v1 ? "StatusMessage" : "message", message, err) &&
           (*code > 0 || err_set(err, FAIL_MALFORMED, "the answer has no state"));
}

static bool show_once(struct observer *o, enum facts facts, struct err *err)
{
    struct cli *const cli = o->session.cli;
    auto_sight sight = { 0 };
    auto_buf data = { 0 };

    if (!observer_look(o, facts, &sight, err))
        return false;
    buf_add_u8(&data, '{');
    buf_add(&data, buf_bytes(&sight.data));
    buf_add_u8(&data, '}');
    observer_say_next(o, &sight);
    if (option_switch(&cli->options, "exit-code"))
        cli->status = session_state_exit(sight.code);
    return output_result(&cli->out, "Status", buf_bytes(&data), buf_bytes(&sight.text), err) &&
           (o->session.quote.len == 0 || session_save_quote(&o->session, err));
}

bool run_status(struct cli *cli, struct err *err)
{
    const bool wide = option_switch(&cli->options, "wide"),
               watch = option_switch(&cli->options, "watch");
    auto_observer o = { 0 };

    if (!observer_interval_is_good(cli, err) || !observer_open(&o, cli, cli_argument(cli, 0), err))
        return false;
    if (watch)
        return status_watch(&o, wide ? FACTS_ALL : FACTS_PROGRESS, err);
    return show_once(&o, wide ? FACTS_ALL : FACTS_STATE, err);
}
