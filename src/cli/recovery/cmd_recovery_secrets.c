/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/session.h"
#include "cli/recovery/data.h"
#include "cli/user/identity.h"

/* recovery secrets: the encrypted recovery secrets once more, for whoever lost the reply that had them. */

static bool refused(struct cli *cli, struct err *err)
{
    if (cli->status == EXIT_DENIED && !identity_has_user(cli))
        (void)cli_fail(cli, EXIT_DENIED,
                       "the manifest has users: --cert and --key of any of them are needed");
    else if (cli->status == EXIT_NOT_FOUND && option_switch(&cli->options, "new"))
        (void)cli_fail(cli, EXIT_NOT_FOUND, "without --new: those that are in force");
    return err_in(err, "getting the recovery secrets");
}

static bool show(struct cli *cli, const struct json *secrets, struct save *save, struct err *err)
{
    const bool in_file = save->is_open;
    auto_buf data = { 0 }, text = { 0 };

    if (!recovery_data_keep(cli, save, secrets, &text, err))
        return false;
    buf_add_u8(&data, '{');
    if (in_file) {
        json_put_name(&data, "recoveryDataFile");
        json_put_string(&data, bytes_of_string(option_text(&cli->options, "recoverydata")));
    } else {
        json_put_name(&data, "recoverySecrets");
        recovery_data_put(secrets, &data);
    }
    buf_add_u8(&data, '}');
    return output_result(&cli->out, "RecoverySecrets", buf_bytes(&data), buf_bytes(&text), err);
}

bool run_recovery_secrets(struct cli *cli, struct err *err)
{
    const bool new = option_switch(&cli->options, "new");
    const struct call call = { .path = new ? "recovery/secrets?set=new" : "recovery/secrets" };
    auto_session s = { 0 };
    auto_answer answer = { 0 };
    auto_save save = { .fd = -1 };

    if (!session_open_as_user_or_nobody(&s, cli, cli_argument(cli, 0), err) ||
        !recovery_data_open(cli, &save, err))
        return false;
    if (!session_call(&s, &call, &answer, err))
        return refused(cli, err);
    const struct json *const secrets = answer_member(answer.data, "recoverySecrets");
    if (secrets == NULL || json_first(secrets) == NULL) {
        (void)cli_fail(cli, EXIT_NOT_FOUND, NULL);
        return err_set(err, FAIL_NOT_FOUND,
                       "there are no recovery secrets: the manifest has no recovery keys");
    }
    return show(cli, secrets, &save, err);
}
