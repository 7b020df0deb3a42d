/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include "state/update_log_proof.h"

/* The update log with a signed statement about it, for auditors: all from one moment. */
void update_log_chain_get(struct call *call)
{
    const struct env *const env = core_env(call->api->core);
    auto_buf statement = { 0 }, signature = { 0 };
    struct err err = { 0 };

    if (!update_log_prove(call->now, env->now_ms(env->ctx), &statement, &signature, &err)) {
        reply_failed(call, &err, 500);
        return;
    }
    struct buf *const body = reply_begin(call);
    buf_add_u8(body, '{');
    json_put_name(body, "statement");
    json_put_string(body, buf_bytes(&statement));
    json_put_name(body, "signature");
    json_put_octets(body, buf_bytes(&signature));
    json_put_name(body, "updateLog");
    update_log_put_lines(call->now->values, body);
    buf_add_u8(body, '}');
    reply_end(call);
}
