/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include "http/url.h"

bool query_value(const struct call *call, const char *name, struct buf *value)
{
    const char *query = call->request->query;
    auto_buf key = { 0 }, text = { 0 };

    while (http_query_next(&query, &key, &text)) {
        if (bytes_equal_string(buf_bytes(&key), name)) {
            buf_add(value, buf_bytes(&text));
            return true;
        }
    }
    return false;
}

bool body_read(struct bytes body,
               bool (*member)(void *arg, const struct json *value, struct err *err), void *arg,
               struct err *err)
{
    auto_arena arena = { 0 };
    bool null = false;
    const struct json *const root = json_parse(body, JSON_TRAILING_IGNORED, &arena, err);
    bool good = root != NULL && json_expect(root, JSON_OBJECT, &null, err);

    for (const struct json *v = good ? json_first(root) : NULL; v != NULL && good; v = json_next(v))
        good = member(arg, v, err);
    return good || err_in(err, "bad request");
}

bool body_members(struct call *call, struct bytes body,
                  bool (*member)(void *arg, const struct json *value, struct err *err), void *arg)
{
    struct err err = { 0 };
    const bool good = body_read(body, member, arg, &err);

    if (!good)
        reply_fail(call, 400, err.text);
    return good;
}
