/* SPDX-License-Identifier: Apache-2.0 */
#include "state/reissue.h"

#include "codec/json.h"
#include "state/names.h"
#include "state/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    return bytes_compare(((const struct reissue_user *)a)->name,
                         ((const struct reissue_user *)b)->name);
}

struct reissue reissue_begin(const struct snapshot *now, struct arena *arena)
{
    const struct deployment *const d = now->deployment;
    struct reissue r = { .users = arena_alloc(arena, d->user_count * sizeof r.users[0]) };

    for (size_t i = 0; i < d->user_count; i++) {
        if (permissions_allow(&d->users[i].permissions, PERMISSION_UPDATE_MANIFEST, NULL, 0))
            r.users[r.count++].name = d->users[i].name;
    }
    qsort(r.users, r.count, sizeof r.users[0], by_name);
    r.missing = d->manifest->config.update_threshold;
    if (r.missing == 0)
        r.missing = r.count;
    return r;
}

static bool find(const struct snapshot *now, struct bytes *text)
{
    return now->values != NULL && omap_get(now->values, BYTES_LITERAL(NAME_PENDING_REISSUE), text);
}

bool reissue_is_pending(const struct snapshot *now)
{
    struct bytes text;

    return find(now, &text);
}

static bool parse_users(const struct json *object, struct arena *arena, struct reissue *r,
                        struct err *err)
{
    bool null = false;
    size_t count = 0;

    if (!json_expect(object, JSON_OBJECT, &null, err))
        return false;
    for (const struct json *v = json_first(object); v != NULL; v = json_next(v))
        count++;
    r->users = arena_alloc(arena, count * sizeof r->users[0]);
    r->count = 0;
    for (const struct json *v = json_first(object); v != NULL; v = json_next(v)) {
        struct reissue_user *const user = &r->users[r->count++];
        user->name = arena_bytes(arena, v->name);
        if (!json_get_bool(v, &user->acknowledged, err))
            return false;
    }
    qsort(r->users, r->count, sizeof r->users[0], by_name);
    return true;
}

static bool parse(struct bytes text, struct arena *arena, struct reissue *r, struct err *err)
{
    auto_arena tree = { 0 };
    const struct json *const root = json_parse(text, JSON_TRAILING_REFUSED, &tree, err);
    bool null = false;

    if (root == NULL || !json_expect(root, JSON_OBJECT, &null, err))
        return false;
    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        const bool good = bytes_equal_string(v->name, "requiredUsers")
                              ? parse_users(v, arena, r, err)
                          : bytes_equal_string(v->name, "missingAcknowledgments")
                              ? json_get_uint(v, UINT64_MAX, &r->missing, err)
                              : true;
        if (!good)
            return false;
    }
    return true;
}

bool reissue_load(const struct snapshot *now, struct arena *arena, struct reissue *r,
                  struct err *damage)
{
    struct bytes text;

    *r = (struct reissue){ 0 };
    if (!find(now, &text))
        return false;
    if (parse(text, arena, r, damage))
        return true;
    damage->kind = FAIL_DAMAGED;
    return err_in(damage, "value " NAME_PENDING_REISSUE " of the state");
}

struct reissue_user *reissue_user(struct reissue *r, struct bytes name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (bytes_equal(r->users[i].name, name))
            return &r->users[i];
    }
    return NULL;
}

bool reissue_acknowledge(struct reissue *r, struct reissue_user *user)
{
    if (user->acknowledged)
        return false;
    user->acknowledged = true;
    if (r->missing > 0)
        r->missing--;
    return true;
}

void change_put_reissue(struct change *change, const struct reissue *r)
{
    auto_buf text = { 0 };

    buf_add_string(&text, "{\"requiredUsers\":{");
    for (size_t i = 0; i < r->count; i++) {
        json_put_comma(&text);
        json_put_string(&text, r->users[i].name);
        buf_add_string(&text, r->users[i].acknowledged ? ":true" : ":false");
    }
    buf_add_format(&text, "},\"missingAcknowledgments\":%" PRIu64 "}", r->missing);
    change_put(change, NAME_PENDING_REISSUE, buf_bytes(&text));
}

void reissue_put_names(const struct reissue *r, bool acknowledged, struct buf *out)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->users[i].acknowledged != acknowledged)
            continue;
        json_put_comma(out);
        json_put_string(out, r->users[i].name);
    }
}
