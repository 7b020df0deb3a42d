/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/input.h"
#include "cli/recovery/answer.h"
#include "cli/recovery/recovering.h"

#include <string.h>

/* recover submit: the last of three steps, to the very process that the request came from. */

static const char ASK_AGAIN[] =
    "nothing was sent and nothing is lost; the Coordinator was started again since, or this is "
    "another instance: make a new request with `recover request` and have it answered";

static bool read_answer(struct cli *cli, struct recovery_answer *a, struct buf *file,
                        struct err *err)
{
    const char *const path = cli_argument(cli, 0);

    if (!input_file(cli, path, CARRIED_MAX, file, err))
        return err_in(err, "answer");
    if (recovery_answer_read(buf_bytes(file), a, err))
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_in(err, "%.100s", path);
}

/* A process has a key of its own, which is gone with it. */
static bool expect_process(struct session *s, const struct recovering *r,
                           const struct recovery_answer *a, struct err *err)
{
    char hex[FINGERPRINT_LEN + 1];
    auto_buf signature = { 0 };

    if (!recovering_expect(s->cli, r, a->session, err))
        return r->active ? cli_fail(s->cli, EXIT_STATE, ASK_AGAIN) : false;
    auto_key *key = recovering_key(s, &signature, err);
    if (key == NULL || !fingerprint_of(key, hex, err))
        return false;
    if (strcmp(hex, a->key) == 0)
        return true;
    (void)cli_fail(s->cli, EXIT_STATE, ASK_AGAIN);
    return err_set(err, FAIL_STATE,
                   "the answer is encrypted to a key that this Coordinator does not have");
}

bool run_recover_submit(struct cli *cli, struct err *err)
{
    auto_recovery_answer a = { 0 };
    auto_recovering r = { 0 };
    auto_session s = { 0 };
    auto_buf file = { 0 };

    return read_answer(cli, &a, &file, err) && session_open(&s, cli, cli_argument(cli, 1), err) &&
           session_verify(&s, err) && session_bind(&s, err) && recovering_read(&s, &r, err) &&
           expect_process(&s, &r, &a, err) && recovering_say(cli, &r, err) &&
           recovering_upload(&s, &r, buf_bytes(&a.secret), buf_bytes(&a.signature), err);
}
