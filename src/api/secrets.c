/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include "http/url.h"
#include "state/names.h"

#include <stdlib.h>

/* The names asked for: every `s` of the query, sorted, each once. */
struct wanted {
    struct arena arena;
    struct bytes *names;
    size_t count;
};

static void wanted_clear(struct wanted *w)
{
    arena_clear(&w->arena);
    free(w->names);
}
#define auto_wanted struct wanted CLEANUP(wanted_clear)

static int by_bytes(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void sort_once(struct wanted *w)
{
    size_t kept = 0;

    qsort(w->names, w->count, sizeof w->names[0], by_bytes);
    for (size_t i = 0; i < w->count; i++) {
        if (kept == 0 || !bytes_equal(w->names[kept - 1], w->names[i]))
            w->names[kept++] = w->names[i];
    }
    w->count = kept;
}

/* Answers and returns false when the query is no list of names. */
static bool read_names(struct call *call, struct wanted *w)
{
    const char *query = call->request->query;
    auto_buf key = { 0 }, value = { 0 };
    size_t room = 0;

    while (http_query_next(&query, &key, &value)) {
        if (!bytes_equal_string(buf_bytes(&key), "s"))
            continue;
        if (value.len == 0) {
            reply_fail(call, 400, "malformed query string: empty query parameter");
            return false;
        }
        if (w->count == room) {
            room = room == 0 ? 8 : 2 * room;
            w->names = mem_resize(w->names, room * sizeof w->names[0]);
        }
        w->names[w->count++] = arena_bytes(&w->arena, buf_bytes(&value));
    }
    if (w->count == 0) {
        reply_fail(call, 400, "invalid query: endpoint requires at least one query parameter");
        return false;
    }
    sort_once(w);
    return true;
}

static void reply_denied(struct call *call, const struct wanted *w)
{
    auto_buf text = { 0 };

    buf_add_string(&text, "user ");
    buf_add(&text, call->user->name);
    buf_add_string(&text, " is not allowed to read one or more secrets of: [");
    for (size_t i = 0; i < w->count; i++) {
        buf_add_string(&text, i > 0 ? " " : "");
        buf_add(&text, w->names[i]);
    }
    buf_add_u8(&text, ']');
    reply_error_of(call, call->version == API_V1 ? 400 : 500, buf_bytes(&text));
}

/* The stored record has the members of the answer, in their order (client-api.md, 14.1). */
static bool put_secrets(const struct call *call, const struct wanted *w, struct buf *out)
{
    buf_add_u8(out, '{');
    for (size_t i = 0; i < w->count; i++) {
        struct bytes record;
        if (!snapshot_value(call->now, PREFIX_SECRET, w->names[i], &record))
            return false;
        json_put_comma(out);
        json_put_string(out, w->names[i]);
        buf_add_u8(out, ':');
        buf_add(out, record);
    }
    buf_add_u8(out, '}');
    return true;
}

void secrets_get(struct call *call)
{
    auto_wanted w = { 0 };
    auto_buf secrets = { 0 };

    if (!read_names(call, &w))
        return;
    if (!permissions_allow(&call->user->permissions, PERMISSION_READ_SECRET, w.names, w.count) ||
        !put_secrets(call, &w, &secrets)) {
        reply_denied(call, &w);
        return;
    }
    struct buf *const body = reply_begin(call);
    if (call->version == API_V2)
        buf_add_string(body, "{\"secrets\":");
    buf_add(body, buf_bytes(&secrets));
    if (call->version == API_V2)
        buf_add_u8(body, '}');
    reply_end(call);
}

/* {"secrets": <map>}, in v1 the map alone (client-api.md, 8.8, 9). */
void secrets_post(struct call *call)
{
    const bool v2 = call->version == API_V2;
    auto_arena arena = { 0 };
    struct secret_upload upload = { 0 };
    struct err err = { 0 };
    const struct json *const root =
        json_parse(buf_bytes(&call->request->body),
                   v2 ? JSON_TRAILING_IGNORED : JSON_TRAILING_REFUSED, &arena, &err);

    if (root == NULL || !secret_upload_parse(root, v2 ? "secrets" : NULL, &arena, &upload, &err)) {
        (void)err_in(&err, "bad request");
        reply_fail(call, 400, err.text);
        return;
    }
    if (core_set_secrets(call->api->core, call->now, call->user, &upload, &err))
        reply_success(call, BYTES_LITERAL("null"));
    else
        reply_failed(call, &err, 400);
}
