/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include "core/update.h"
#include "state/pending.h"

#include <inttypes.h>

/* v1 has the manifest as body, v2 an object with it. Answers and returns false when it is malformed. */
static bool read_manifest(struct call *call, struct buf *decoded, struct bytes *raw)
{
    *raw = buf_bytes(&call->request->body);
    if (call->version == API_V1)
        return true;
    if (!body_members(call, *raw, manifest_member, decoded))
        return false;
    *raw = buf_bytes(decoded);
    return true;
}

static void put_recovery_secrets(struct buf *body, const struct update_result *result)
{
    if (!result->has_recovery_secrets)
        return;
    json_put_name(body, "recoverySecrets");
    buf_add(body, buf_bytes(&result->recovery_secrets));
}

void update_post(struct call *call)
{
    auto_buf decoded = { 0 };
    auto_update_result result = { 0 };
    struct bytes raw;
    struct err err = { 0 };

    if (!read_manifest(call, &decoded, &raw))
        return;
    if (!core_update(call->api->core, call->now, call->user, raw, &result, &err)) {
        reply_failed(call, &err, 400);
        return;
    }
    if (call->version == API_V1) {
        reply_success(call, BYTES_LITERAL("null"));
        return;
    }
    struct buf *const body = reply_begin(call);
    buf_add_format(body, "{\"missingAcknowledgments\":%" PRIu64, result.missing);
    json_put_texts(body, "missingUsers", &result.missing_users);
    put_recovery_secrets(body, &result);
    buf_add_u8(body, '}');
    reply_end(call);
}

/* ---- the update that waits ---- */

static void put_still_needs(struct buf *text, uint64_t missing)
{
    buf_add_format(text, "%" PRIu64 " user%s to acknowledge the update manifest", missing,
                   missing == 1 ? " still needs" : "s still need");
}

void pending_update_get(struct call *call)
{
    auto_arena arena = { 0 };
    auto_buf message = { 0 };
    struct pending_update p;
    struct bytes stored;
    struct err err = { 0 };

    if (!pending_update_stored(call->now->values, &stored)) {
        reply_error(call, 404, "no update in progress");
        return;
    }
    if (!pending_update_parse(stored, &arena, &p, &err)) {
        reply_error(call, 404, err.text);
        return;
    }
    const struct text_list missing = quorum_missing(&p.quorum, &arena);
    put_still_needs(&message, p.quorum.missing);
    struct buf *const body = reply_begin(call);
    buf_add_u8(body, '{');
    json_put_name(body, "manifest");
    json_put_octets(body, p.manifest);
    json_put_name(body, "message");
    json_put_string(body, buf_bytes(&message));
    json_put_texts(body, "missingUsers", &missing);
    buf_add_u8(body, '}');
    reply_end(call);
}

/* v2 names them, because the number alone does not say whom to ask. */
static void put_message(struct buf *text, enum api_version version,
                        const struct update_result *result)
{
    if (result->missing == 0) {
        buf_add_string(
            text, "All users have acknowledged the update manifest. Update successfully applied");
        return;
    }
    put_still_needs(text, result->missing);
    if (version == API_V1)
        return;
    buf_add_string(text, ".\nThe following users have not yet accepted: ");
    for (size_t i = 0; i < result->missing_users.count; i++)
        buf_add_format(text, "%s%.*s", i > 0 ? ", " : "", BYTES_FMT(result->missing_users.at[i]));
}

static void reply_acknowledged(struct call *call, const struct update_result *result)
{
    auto_buf message = { 0 };

    put_message(&message, call->version, result);
    struct buf *const body = reply_begin(call);
    if (call->version == API_V1) {
        json_put_string(body, buf_bytes(&message));
    } else {
        buf_add_u8(body, '{');
        json_put_name(body, "message");
        json_put_string(body, buf_bytes(&message));
        json_put_texts(body, "missingUsers", &result->missing_users);
        buf_add_format(body, ",\"missingAcknowledgments\":%" PRIu64, result->missing);
        put_recovery_secrets(body, result);
        buf_add_u8(body, '}');
    }
    reply_end(call);
}

/* Both versions answer alike but for the body: 404 when nothing waits, else 500. */
static void reply_pending_failed(struct call *call, const struct err *err)
{
    reply_error(call, err->kind == FAIL_NOT_FOUND ? 404 : 500, err->text);
}

void pending_update_post(struct call *call)
{
    auto_buf decoded = { 0 };
    auto_update_result result = { 0 };
    struct bytes raw;
    struct err err = { 0 };

    if (!read_manifest(call, &decoded, &raw))
        return;
    if (core_update_acknowledge(call->api->core, call->now, call->user, raw, &result, &err))
        reply_acknowledged(call, &result);
    else
        reply_pending_failed(call, &err);
}

void pending_update_cancel(struct call *call)
{
    struct err err = { 0 };

    if (!core_update_cancel(call->api->core, call->now, call->user, &err))
        reply_pending_failed(call, &err);
    else if (call->version == API_V1)
        reply_success(call, BYTES_LITERAL("\"Update successfully cancelled\""));
    else
        reply_success(call, BYTES_LITERAL("{\"message\":\"Update successfully cancelled\"}"));
}
