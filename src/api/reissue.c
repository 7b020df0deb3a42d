/* SPDX-License-Identifier: Apache-2.0 */
#include "core/reissue.h"

#include "api/internal.h"

#include <inttypes.h>

static bool no_member(void *arg, const struct json *value, struct err *err)
{
    (void)arg;
    (void)value;
    (void)err;
    return true;
}

static void reply_pending(struct call *call, const struct reissue_reply *reply)
{
    struct buf *const body = reply_begin(call);

    buf_add_format(
        body, "{\"state\":\"pending\",\"missingAcknowledgments\":%" PRIu64 ",\"missingUsers\":[",
        reply->missing);
    buf_add(body, buf_bytes(&reply->missing_users));
    buf_add_string(body, "]}");
    reply_end(call);
}

static void reply_secrets(struct call *call, const struct reissue_reply *reply)
{
    struct buf *const body = reply_begin(call);

    buf_add_format(body, "{\"state\":\"proving\",\"set\":\"%s\",\"recoverySecrets\":", reply->set);
    buf_add(body, buf_bytes(&reply->secrets_json));
    buf_add_u8(body, '}');
    reply_end(call);
}

/* POST /api/v2/recovery/reissue */
void reissue_post(struct call *call)
{
    auto_reissue_reply reply = { 0 };
    struct err err = { 0 };

    if (!body_members(call, buf_bytes(&call->request->body), no_member, NULL))
        return;
    switch (core_reissue(call->api->core, call->now, call->user, &reply, &err)) {
    case REISSUE_FAILED:
        reply_failed(call, &err, 500);
        break;
    case REISSUE_PENDING:
        reply_pending(call, &reply);
        break;
    case REISSUE_PROVING:
        reply_secrets(call, &reply);
        break;
    }
}

/* POST /api/v2/recovery/reissue/cancel */
void reissue_cancel_post(struct call *call)
{
    struct err err = { 0 };

    if (core_reissue_cancel(call->api->core, call->now, call->user, &err))
        reply_success(call, BYTES_LITERAL("null"));
    else if (err.kind == FAIL_NOT_FOUND)
        reply_error(call, 404, err.text);
    else
        reply_failed(call, &err, 500);
}
