/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#define NOT_VERIFIED "quote verification failed"

/* {"sgxQuote": octets}; missing or null: no bytes. */
static bool quote_member(void *arg, const struct json *value, struct err *err)
{
    struct buf *const quote = arg;
    bool present = false;

    if (!json_name_is(value, "sgxQuote"))
        return true;
    buf_truncate(quote, 0);
    return json_get_octets(value, quote, &present, err);
}

/* The reason stands in the data, by the member that it is about (client-api.md, 8.14). */
static void reply_refused(struct call *call, const char *reason, const char *message)
{
    auto_buf data = { 0 };

    buf_add_string(&data, "{\"sgxQuote\":");
    json_put_string(&data, bytes_of_string(reason));
    buf_add_u8(&data, '}');
    reply_fail_with(call, 400, buf_bytes(&data), message);
}

static void reply_signed(struct call *call, enum tcb_status status, const struct buf *signature)
{
    struct buf *const body = reply_begin(call);

    buf_add_u8(body, '{');
    json_put_name(body, "tcbStatus");
    json_put_string(body, bytes_of_string(tcb_status_text(status)));
    json_put_name(body, "verificationSignature");
    json_put_octets(body, buf_bytes(signature));
    buf_add_u8(body, '}');
    reply_end(call);
}

void sign_quote_post(struct call *call)
{
    auto_buf quote = { 0 }, signature = { 0 };
    enum tcb_status status = TCB_STATUS_NONE;
    struct err err = { 0 };

    if (!snapshot_has_feature(call->now, FEATURE_SIGN_QUOTE_ENDPOINT)) {
        reply_error(call, 403, "SignQuoteEndpoint feature is not enabled in the manifest");
        return;
    }
    if (!body_read(buf_bytes(&call->request->body), quote_member, &quote, &err)) {
        reply_refused(call, "failed to parse JSON data", err.text);
        return;
    }
    if (core_sign_quote(call->api->core, call->now, buf_bytes(&quote), &status, &signature, &err)) {
        reply_signed(call, status, &signature);
    } else if (err.kind == FAIL_DENIED) {
        (void)err_in(&err, NOT_VERIFIED);
        reply_refused(call, err.text, NOT_VERIFIED);
    } else {
        reply_failed(call, &err, 500);
    }
}
