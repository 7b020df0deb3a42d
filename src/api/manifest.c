/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include "core/core.h"

void manifest_get(struct call *call)
{
    const struct deployment *const d = call->now->deployment;
    const bool v1 = call->version == API_V1;

    if (d == NULL && !v1) {
        reply_error(call, 500, "requested value not set");
        return;
    }
    if (d == NULL) {
        reply_success(
            call, BYTES_LITERAL("{\"ManifestSignatureRootECDSA\":null,\"ManifestSignature\":\"\","
                                "\"Manifest\":null}"));
        return;
    }
    struct buf *const body = reply_begin(call);
    buf_add_u8(body, '{');
    json_put_name(body, v1 ? "ManifestSignatureRootECDSA" : "manifestSignatureRootECDSA");
    json_put_octets(body, d->signature);
    json_put_name(body, v1 ? "ManifestSignature" : "manifestFingerprint");
    json_put_string(body, bytes_of_string(d->fingerprint));
    json_put_name(body, v1 ? "Manifest" : "manifest");
    json_put_octets(body, d->manifest->raw);
    buf_add_u8(body, '}');
    reply_end(call);
}

bool manifest_member(void *arg, const struct json *value, struct err *err)
{
    struct buf *const raw = arg;
    bool present = false;

    if (!json_name_is(value, "manifest"))
        return true;
    buf_truncate(raw, 0);
    return json_get_octets(value, raw, &present, err);
}

/* The reply of 2020 (state-and-recovery.md, 9.2): no envelope, and text/plain as it was sniffed. */
static void reply_2020(struct call *call, const struct manifest_reply *reply)
{
    struct http_response *const response = call->response;

    response->status = 200;
    response->content_type = "text/plain; charset=utf-8";
    buf_add_string(&response->body, "{\"EncryptionKey\":");
    json_put_octets(&response->body, buf_bytes(&reply->first));
    buf_add_string(&response->body, "}\n");
}

static void reply_set(struct call *call, const struct manifest_reply *reply)
{
    const bool none = bytes_equal_string(buf_bytes(&reply->secrets_json), "{}");

    if (call->version == API_V1 && reply->singular) {
        reply_2020(call, reply);
        return;
    }
    if (call->version == API_V1 && none) {
        reply_success(call, BYTES_LITERAL("null"));
        return;
    }
    struct buf *const body = reply_begin(call);
    buf_add_string(body, "{\"RecoverySecrets\":");
    buf_add(body, buf_bytes(&reply->secrets_json));
    buf_add_u8(body, '}');
    reply_end(call);
}

void manifest_post(struct call *call)
{
    auto_buf decoded = { 0 };
    struct bytes raw = buf_bytes(&call->request->body);
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };

    if (call->version == API_V2) {
        if (!body_members(call, raw, manifest_member, &decoded))
            return;
        raw = buf_bytes(&decoded);
    }
    if (core_set_manifest(call->api->core, raw, &reply, &err))
        reply_set(call, &reply);
    else
        reply_failed(call, &err, 400);
    manifest_reply_clear(&reply);
}
