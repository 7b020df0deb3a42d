/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include <inttypes.h>

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

static bool show(struct cli *cli, uint64_t code, struct bytes message, struct err *err)
{
    auto_buf data = { 0 }, text = { 0 };

    buf_add_format(&data, "{\"code\":%" PRIu64 ",\"state\":\"%s\",\"message\":", code,
                   session_state_name(code));
    json_put_string(&data, message);
    buf_add_u8(&data, '}');
    buf_add_format(&text, "%" PRIu64 ": ", code);
    buf_add(&text, message);
    buf_add_u8(&text, '\n');
    if (option_switch(&cli->options, "exit-code"))
        cli->status = session_state_exit(code);
    return output_result(&cli->out, "Status", buf_bytes(&data), buf_bytes(&text), err);
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

bool run_status(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };
    auto_answer answer = { 0 };
    struct bytes message;
    uint64_t code;

    return session_open(&s, cli, cli_argument(cli, 0), err) && session_pin(&s, err) &&
           session_status(&s, &code, &answer, &message, err) && show(cli, code, message, err);
}
