/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include "state/names.h"

/* v2: a list of lines; v1: one string in which each line ends with a line feed (client-api.md, 8.9, 9). */
void update_log_get(struct call *call)
{
    const struct bytes prefix = BYTES_LITERAL(PREFIX_UPDATE_LOG);

    struct buf *const body = reply_begin(call);
    if (call->version == API_V1) {
        auto_buf text = { 0 };
        for (struct omap_entry e = { 0 }; omap_next_with_prefix(call->now->values, prefix, &e);) {
            buf_add(&text, e.value);
            buf_add_u8(&text, '\n');
        }
        json_put_string(body, buf_bytes(&text));
    } else {
        buf_add_string(body, "{\"updateLog\":");
        update_log_put_lines(call->now->values, body);
        buf_add_u8(body, '}');
    }
    reply_end(call);
}

/* A pending update as it is stored (client-api.md, 12.6). */
struct pending {
    struct buf manifest;
    uint64_t missing;     /* acknowledgments */
    bool has_missing;     /* older releases did not store the count */
    struct buf user_list; /* JSON elements: users who did not acknowledge, in byte order */
    uint64_t users;       /* how many they are */
};

static void pending_clear(struct pending *p)
{
    buf_clear(&p->manifest);
    buf_clear(&p->user_list);
}
#define auto_pending struct pending CLEANUP(pending_clear)

/* The least name above `after` that did not acknowledge; names are few. */
static const struct json *next_missing(const struct json *users, const struct json *after)
{
    const struct json *best = NULL;

    for (const struct json *v = json_first(users); v != NULL; v = json_next(v)) {
        const bool open = v->type == JSON_BOOL && !v->boolean;
        if (open && (after == NULL || bytes_compare(v->name, after->name) > 0) &&
            (best == NULL || bytes_compare(v->name, best->name) < 0))
            best = v;
    }
    return best;
}

static void list_missing(const struct json *users, struct pending *p)
{
    for (const struct json *v = NULL; (v = next_missing(users, v)) != NULL;) {
        if (p->users++ > 0)
            buf_add_u8(&p->user_list, ',');
        json_put_string(&p->user_list, v->name);
    }
}

static bool parse_pending(struct bytes text, struct pending *p, struct err *err)
{
    auto_arena arena = { 0 };
    const struct json *const root = json_parse(text, JSON_TRAILING_REFUSED, &arena, err);
    bool present = false;

    if (root == NULL)
        return err_in(err, "pending update");
    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        bool good = true;
        if (bytes_equal_string(v->name, "manifestRaw"))
            good = json_get_octets(v, &p->manifest, &present, err);
        else if (bytes_equal_string(v->name, "missingAcknowledgments"))
            good = p->has_missing = json_get_uint(v, UINT64_MAX, &p->missing, err);
        else if (bytes_equal_string(v->name, "requiredUsers"))
            list_missing(v, p);
        if (!good)
            return err_in(err, "pending update");
    }
    if (!p->has_missing)
        p->missing = p->users;
    return true;
}

static bool has_pending(const struct call *call, struct bytes *stored)
{
    return call->now->values != NULL &&
           omap_get(call->now->values, BYTES_LITERAL(NAME_PENDING_UPDATE), stored);
}

void pending_update_get(struct call *call)
{
    auto_pending p = { 0 };
    struct bytes stored;
    struct err err = { 0 };

    if (!has_pending(call, &stored)) {
        reply_error(call, 404, "no update in progress");
        return;
    }
    if (!parse_pending(stored, &p, &err)) {
        reply_error(call, 404, err.text);
        return;
    }
    struct buf *const body = reply_begin(call);
    buf_add_u8(body, '{');
    json_put_name(body, "manifest");
    json_put_octets(body, buf_bytes(&p.manifest));
    buf_add_format(body, ",\"message\":\"%llu user%s to acknowledge the update manifest\"",
                   (unsigned long long)p.missing, p.missing == 1 ? " still needs" : "s still need");
    json_put_name(body, "missingUsers");
    buf_add_u8(body, '[');
    buf_add(body, buf_bytes(&p.user_list));
    buf_add_string(body, "]}");
    reply_end(call);
}

static void not_there_yet(struct call *call)
{
    reply_error(call, 501,
                "this version of taw does not implement this operation yet: nothing was changed");
}

static void reply_not_allowed(struct call *call, int v1_status, const char *what)
{
    auto_string *text =
        mem_printf("user %.*s is not allowed to %s", BYTES_FMT(call->user->name), what);

    reply_error(call, call->version == API_V1 ? v1_status : 500, text);
}

void update_post(struct call *call)
{
    const struct permissions *const may = &call->user->permissions;
    struct bytes stored;

    if (has_pending(call, &stored))
        reply_error(call, call->version == API_V1 ? 400 : 500,
                    "update already in progress. Acknowledge the update to apply it, or cancel it "
                    "to start a new one");
    else if (may->of[PERMISSION_UPDATE_PACKAGE].held || may->of[PERMISSION_UPDATE_MANIFEST].held)
        not_there_yet(call);
    else
        reply_not_allowed(call, 400, "update the manifest or its packages");
}

void pending_update_post(struct call *call)
{
    struct bytes stored;

    if (has_pending(call, &stored))
        not_there_yet(call);
    else
        reply_error(call, 404, "no update in progress");
}

void pending_update_cancel(struct call *call)
{
    if (!permissions_allow(&call->user->permissions, PERMISSION_UPDATE_MANIFEST, NULL, 0)) {
        reply_not_allowed(call, 500, "cancel the manifest update");
        return;
    }
    pending_update_post(call);
}
