/* SPDX-License-Identifier: Apache-2.0 */
#include "core/counter.h"

#include "api/internal.h"

#include <stdlib.h>

/* {"name": string, "value": uint64}, both optional (client-api.md, 8.15). */
struct counter_body {
    struct buf name;
    uint64_t value;
};

static void counter_body_clear(struct counter_body *body)
{
    buf_clear(&body->name);
}
#define auto_counter_body struct counter_body CLEANUP(counter_body_clear)

static bool read_name(const struct json *value, struct buf *name, struct err *err)
{
    struct bytes text = buf_bytes(name);

    if (value->type == JSON_NULL)
        return true;
    if (!json_get_string(value, &text, err))
        return false;
    if (text.len > COUNTER_NAME_MAX)
        return json_fail(value, err, "the name of a counter has at most %d bytes",
                         COUNTER_NAME_MAX);
    buf_truncate(name, 0);
    buf_add(name, text);
    return true;
}

static bool read_member(void *arg, const struct json *value, struct err *err)
{
    struct counter_body *const body = arg;

    if (json_name_is(value, "name"))
        return read_name(value, &body->name, err);
    if (json_name_is(value, "value"))
        return json_get_uint(value, UINT64_MAX, &body->value, err);
    return true;
}

static void reply_refused(struct call *call, enum counter_result result, const char *text)
{
    if (result == COUNTER_STRANGER)
        reply_fail(call, 401, text);
    else
        reply_error(call, result == COUNTER_CLOSED ? 403 : 500, text);
}

/* Where the answer goes. */
struct waiting {
    api_respond *respond;
    void *token;
};

static void answer(void *arg, enum counter_result result, uint64_t previous, const char *text)
{
    struct waiting *const waiting = arg;
    struct http_response response = { 0 };
    struct call call = { .version = API_V2, .response = &response };

    if (result == COUNTER_DONE) {
        struct buf *const body = reply_begin(&call);
        buf_add_string(body, "{\"value\":");
        buf_add_decimal(body, previous);
        buf_add_u8(body, '}');
        reply_end(&call);
    } else {
        reply_refused(&call, result, text);
    }
    waiting->respond(waiting->token, &response);
    free(waiting);
}

void monotonic_counter_post(struct call *call)
{
    const struct http_request *const request = call->request;
    enum counter_result refused = COUNTER_FAILED;
    auto_counter_body body = { 0 };
    struct err err = { 0 };
    auto_counter_call *counter = counter_admit(
        call->api->core, bytes_of(request->peer_leaf, request->peer_leaf_len), &refused, &err);

    if (counter == NULL) {
        reply_refused(call, refused, err.text);
        return;
    }
    if (!body_members(call, buf_bytes(&request->body), read_member, &body))
        return;
    struct waiting *const waiting = mem_alloc(sizeof *waiting);
    *waiting = (struct waiting){ call->respond, call->token };
    call->answers_later = true;
    counter_raise(TAKE(counter), buf_bytes(&body.name), body.value, answer, waiting);
}
