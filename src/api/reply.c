/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include "base/log.h"

/* Bytes that hold most answers, so that they need not grow, which copies and wipes. */
enum { USUAL_BODY = 256 };

static const char JSON_TYPE[] = "application/json";
static const char TEXT_TYPE[] = "text/plain; charset=utf-8";

struct buf *reply_begin(struct call *call)
{
    call->response->status = 200;
    call->response->content_type = JSON_TYPE;
    buf_reserve(&call->response->body, USUAL_BODY);
    buf_add_string(&call->response->body, "{\"status\":\"success\",\"data\":");
    return &call->response->body;
}

void reply_end(struct call *call)
{
    buf_add_string(&call->response->body, "}\n");
}

void reply_success(struct call *call, struct bytes data)
{
    buf_add(reply_begin(call), data);
    reply_end(call);
}

static void put_envelope(struct buf *body, const char *status, struct bytes data,
                         struct bytes message)
{
    buf_add_format(body, "{\"status\":\"%s\",\"data\":", status);
    buf_add(body, data);
    if (message.len > 0) {
        json_put_name(body, "message");
        json_put_string(body, message);
    }
    buf_add_string(body, "}\n");
}

static void fill_error_of(struct http_response *response, int status, struct bytes message)
{
    response->status = status;
    response->content_type = TEXT_TYPE;
    http_response_add_field(response, "x-content-type-options", "nosniff");
    put_envelope(&response->body, "error", BYTES_LITERAL("null"), message);
}

void fill_error(struct http_response *response, int status, const char *message)
{
    fill_error_of(response, status, message == NULL ? BYTES_NONE : bytes_of_string(message));
}

void reply_error(struct call *call, int status, const char *message)
{
    fill_error(call->response, status, message);
}

void reply_error_of(struct call *call, int status, struct bytes message)
{
    fill_error_of(call->response, status, message);
}

void reply_fail(struct call *call, int status, const char *message)
{
    if (call->version == API_V1) {
        reply_error(call, status, message);
        return;
    }
    reply_fail_with(call, status, BYTES_LITERAL("null"), message);
}

void reply_fail_with(struct call *call, int status, struct bytes data, const char *message)
{
    call->response->status = status;
    call->response->content_type = JSON_TYPE;
    put_envelope(&call->response->body, "fail", data, bytes_of_string(message));
}

void reply_failed(struct call *call, const struct err *err, int v1_status)
{
    const bool ours =
        err->kind == FAIL_UNAVAILABLE || err->kind == FAIL_INTERNAL || err->kind == FAIL_DAMAGED;

    reply_error(call, call->version == API_V1 && !ours ? v1_status : 500, err->text);
}

void reply_plain(struct http_response *response, int status, const char *text)
{
    response->status = status;
    if (text == NULL)
        return;
    response->content_type = TEXT_TYPE;
    http_response_add_field(response, "x-content-type-options", "nosniff");
    buf_add_string(&response->body, text);
    buf_add_u8(&response->body, '\n');
}

void api_refuse(int status, const char *reason, struct http_response *response)
{
    fill_error(response, status, reason);
}
