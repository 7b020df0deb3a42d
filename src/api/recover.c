/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include "core/core.h"
#include "state/names.h"

#include <inttypes.h>

#define GONE                                                                                       \
    "Recovering the Coordinator using the /recover API endpoint has been disabled. Use the "       \
    "/api/v2/recover endpoint instead."

struct upload {
    struct buf secret, signature;
};

static void upload_clear(struct upload *upload)
{
    buf_clear(&upload->secret);
    buf_clear(&upload->signature);
}
#define auto_upload struct upload CLEANUP(upload_clear)

/* {"recoverySecret": octets, "recoverySecretSignature": octets} */
static bool upload_member(void *arg, const struct json *value, struct err *err)
{
    struct upload *const upload = arg;
    const bool is_secret = json_name_is(value, "recoverySecret");
    bool present = false;

    if (!is_secret && !json_name_is(value, "recoverySecretSignature"))
        return true;
    struct buf *const to = is_secret ? &upload->secret : &upload->signature;
    buf_truncate(to, 0);
    return json_get_octets(value, to, &present, err);
}

static bool is_plain_length(size_t len)
{
    return len == 16 || len == 32 || len == 33;
}

/* Any other length is a ciphertext for the ephemeral key (client-api.md, 19.2). */
static bool decrypt_in_place(struct call *call, struct upload *upload)
{
    auto_buf plain = { 0 };
    struct err err = { 0 };

    if (is_plain_length(upload->secret.len))
        return true;
    if (!core_ephemeral_decrypt(call->api->core, buf_bytes(&upload->secret), &plain, &err)) {
        (void)err_in(&err, "failed to decrypt recovery secret");
        reply_fail(call, 400, err.text);
        return false;
    }
    buf_clear(&upload->secret);
    upload->secret = plain;
    plain = (struct buf){ 0 };
    return true;
}

static void reply_more(struct call *call, unsigned remaining)
{
    struct buf *const body = reply_begin(call);

    buf_add_format(
        body,
        "{\"remaining\":%u,\"message\":\"Secret was processed successfully. Upload the next "
        "secret. Remaining secrets: %u\"",
        remaining, remaining);
    core_recovery_progress(call->api->core, body);
    buf_add_u8(body, '}');
    reply_end(call);
}

void recover_post(struct call *call)
{
    auto_upload upload = { 0 };
    struct bytes body = buf_bytes(&call->request->body);
    struct err err = { 0 };
    unsigned remaining = 0;

    /* What is behind the limit is not looked at: a longer document ends too early. */
    if (body.len > API_RECOVER_READ)
        body.len = API_RECOVER_READ;
    if (!body_members(call, body, upload_member, &upload) || !decrypt_in_place(call, &upload))
        return;
    switch (core_recover(call->api->core, buf_bytes(&upload.secret), buf_bytes(&upload.signature),
                         true, &remaining, &err)) {
    case RECOVER_FAILED:
    case RECOVER_GONE:
        if (err.kind != FAIL_STATE)
            (void)err_in(&err, "setting recovery key");
        reply_error(call, 500, err.text);
        break;
    case RECOVER_MORE:
        reply_more(call, remaining);
        break;
    case RECOVER_DONE:
        reply_success(call,
                      BYTES_LITERAL("{\"remaining\":0,\"message\":\"Recovery successful.\"}"));
        break;
    }
}

/* Does this deployment answer as the page of 2020 shows? Known only when its state is open. */
static bool is_page_deployment(const struct snapshot *now)
{
    return now->deployment != NULL && now->deployment->manifest->singular_recovery_key;
}

/* POST /recover: the raw key, unsigned (state-and-recovery.md, 9.5). */
void page_recover_post(struct call *call)
{
    struct err err = { 0 };
    unsigned remaining = 0;

    if (call->now->phase != PHASE_RECOVERY) {
        if (is_page_deployment(call->now))
            reply_plain(call->response, 500, CORE_WRONG_STATE);
        else
            reply_error(call, 410, GONE);
        return;
    }
    switch (core_recover(call->api->core, buf_bytes(&call->request->body), BYTES_NONE, false,
                         &remaining, &err)) {
    case RECOVER_GONE:
        reply_error(call, 410, GONE);
        break;
    case RECOVER_FAILED:
        reply_plain(call->response, 500, err.text);
        break;
    case RECOVER_MORE:
        reply_plain(call->response, 500, "more recovery secrets are needed");
        break;
    case RECOVER_DONE:
        reply_plain(call->response, 200, NULL);
        break;
    }
}

void recover_key_get(struct call *call)
{
    auto_buf der = { 0 }, signature = { 0 }, asked = { 0 };
    struct err err = { 0 };

    if (!core_ephemeral_public_key(call->api->core, call->now, &der, &signature, &err)) {
        reply_failed(call, &err, 500);
        return;
    }
    struct buf *const body = reply_begin(call);
    buf_add_string(body, "{\"algorithm\":\"RSA\"");
    json_put_name(body, "ephemeralPublicKey");
    json_put_octets(body, buf_bytes(&der));
    /* The original's answer has no such member. */
    if (query_value(call, "signed", &asked)) {
        json_put_name(body, "signature");
        json_put_octets(body, buf_bytes(&signature));
    }
    buf_add_u8(body, '}');
    reply_end(call);
}

/* Members about recoveries in the past. */
void put_recovery_record(struct buf *body, const struct recovery_record *record)
{
    buf_add_format(body, ",\"recoveries\":%" PRIu64, record->recoveries);
    json_put_time(body, "lastRecovery", record->last_ms);
    buf_add_format(body, ",\"withoutProof\":%s", record->without_proof ? "true" : "false");
}

void recover_status_get(struct call *call)
{
    const bool recovering = call->now->phase == PHASE_RECOVERY;
    struct err err = { 0 };
    auto_buf members = { 0 };

    buf_add_format(&members, "{\"recovering\":%s", recovering ? "true" : "false");
    if (recovering && !core_recovery_status(call->api->core, &members, &err)) {
        reply_failed(call, &err, 500);
        return;
    }
    put_recovery_record(&members, &call->now->recovery);
    buf_add_u8(&members, '}');
    reply_success(call, buf_bytes(&members));
}

/*
 * The encrypted recovery secrets once more, should the reply to the manifest be lost: for any user of the
 * manifest, for everybody when it names none. Only the holders of the recovery keys can use them. `?set=new`: those that
 * were re-issued and wait for their proofs.
 */
void recovery_secrets_get(struct call *call)
{
    const struct snapshot *const now = call->now;
    auto_buf which = { 0 };
    struct bytes secrets = BYTES_NONE;

    if (call->user == NULL && now->deployment->user_count > 0) {
        reply_fail(call, 401,
                   "unauthorized user: client certificate did not match any MarbleRun users");
        return;
    }
    if (query_value(call, "set", &which) && !bytes_equal_string(buf_bytes(&which), "new")) {
        reply_fail(call, 400, "invalid query: the only value of set is new");
        return;
    }
    if (which.len > 0 &&
        !omap_get(now->values, BYTES_LITERAL(NAME_NEW_RECOVERY_SECRETS), &secrets)) {
        reply_error(call, 404, "no new recovery secrets wait for their proofs");
        return;
    }
    if (which.len == 0 && !omap_get(now->values, BYTES_LITERAL(NAME_RECOVERY_SECRETS), &secrets)) {
        reply_error(call, 404,
                    "this state was imported: its recovery secrets are with their holders only");
        return;
    }
    struct buf *const body = reply_begin(call);
    buf_add_string(body, "{\"recoverySecrets\":");
    buf_add(body, secrets);
    buf_add_u8(body, '}');
    reply_end(call);
}
