/* SPDX-License-Identifier: Apache-2.0 */
#include "state/pending.h"

#include "codec/json.h"
#include "state/names.h"

#include <inttypes.h>
#include <stdlib.h>

bool pending_update_stored(const struct omap *values, struct bytes *stored)
{
    return omap_get(values, BYTES_LITERAL(NAME_PENDING_UPDATE), stored);
}

static int by_name(const void *a, const void *b)
{
    return bytes_compare(((const struct pending_user *)a)->name,
                         ((const struct pending_user *)b)->name);
}

static struct pending_user *find_user(const struct pending_update *p, struct bytes name)
{
    const struct pending_user wanted = { .name = name };

    return p->user_count == 0
               ? NULL
               : bsearch(&wanted, p->users, p->user_count, sizeof p->users[0], by_name);
}

/* A name that comes twice is not what anybody wrote. */
static bool sort_users(struct pending_update *p, struct err *err)
{
    if (p->user_count > 0)
        qsort(p->users, p->user_count, sizeof p->users[0], by_name);
    for (size_t i = 1; i < p->user_count; i++) {
        if (bytes_equal(p->users[i - 1].name, p->users[i].name))
            return err_set(err, FAIL_DAMAGED, "user %.*s is required twice",
                           BYTES_FMT(p->users[i].name));
    }
    return true;
}

static bool read_users(const struct json *map, struct arena *arena, struct pending_update *p,
                       struct err *err)
{
    size_t count = 0;

    if (map->type != JSON_OBJECT && map->type != JSON_NULL)
        return err_set(err, FAIL_DAMAGED, "requiredUsers is no object");
    for (const struct json *v = json_first(map); v != NULL; v = json_next(v))
        count++;
    p->users = arena_alloc(arena, count * sizeof p->users[0]);
    p->user_count = 0;
    for (const struct json *v = json_first(map); v != NULL; v = json_next(v)) {
        struct pending_user *const user = &p->users[p->user_count++];
        user->name = arena_bytes(arena, v->name);
        if (!json_get_bool(v, &user->acknowledged, err))
            return false;
    }
    return sort_users(p, err);
}

static uint64_t count_missing(const struct pending_update *p)
{
    uint64_t missing = 0;

    for (size_t i = 0; i < p->user_count; i++)
        missing += !p->users[i].acknowledged;
    return missing;
}

static bool read_members(const struct json *root, struct arena *arena, struct pending_update *p,
                         struct err *err)
{
    auto_buf manifest = { 0 };
    bool has_manifest = false, has_missing = false;

    if (root->type != JSON_OBJECT)
        return err_set(err, FAIL_DAMAGED, "not a JSON object");
    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        bool good = true;
        if (bytes_equal_string(v->name, "manifestRaw")) {
            buf_truncate(&manifest, 0);
            good = json_get_octets(v, &manifest, &has_manifest, err);
        } else if (bytes_equal_string(v->name, "requiredUsers")) {
            good = read_users(v, arena, p, err);
        } else if (bytes_equal_string(v->name, "missingAcknowledgments")) {
            has_missing = v->type != JSON_NULL;
            good = json_get_uint(v, UINT64_MAX, &p->missing, err);
        }
        if (!good)
            return false;
    }
    p->manifest = arena_bytes(arena, buf_bytes(&manifest));
    if (!has_missing)
        p->missing = count_missing(p);
    return has_manifest || err_set(err, FAIL_DAMAGED, "it has no manifestRaw");
}

bool pending_update_parse(struct bytes stored, struct arena *arena, struct pending_update *p,
                          struct err *err)
{
    const struct json *const root = json_parse(stored, JSON_TRAILING_REFUSED, arena, err);

    *p = (struct pending_update){ 0 };
    if (root != NULL && read_members(root, arena, p, err))
        return true;
    err->kind = FAIL_DAMAGED;
    return err_in(err, "value " NAME_PENDING_UPDATE " of the state");
}

void pending_update_write(const struct pending_update *p, struct buf *out)
{
    buf_add_string(out, "{\"manifestRaw\":");
    json_put_octets(out, p->manifest);
    buf_add_string(out, ",\"requiredUsers\":{");
    for (size_t i = 0; i < p->user_count; i++) {
        json_put_comma(out);
        json_put_string(out, p->users[i].name);
        buf_add_string(out, p->users[i].acknowledged ? ":true" : ":false");
    }
    buf_add_format(out, "},\"missingAcknowledgments\":%" PRIu64 "}", p->missing);
}

bool pending_update_acknowledge(struct pending_update *p, struct bytes user)
{
    struct pending_user *const found = find_user(p, user);

    if (found == NULL)
        return false;
    if (!found->acknowledged && p->missing > 0)
        p->missing--;
    found->acknowledged = true;
    return true;
}

struct text_list pending_update_missing(const struct pending_update *p, struct arena *arena)
{
    struct bytes *const missing = arena_alloc(arena, p->user_count * sizeof missing[0]);
    size_t count = 0;

    for (size_t i = 0; i < p->user_count; i++) {
        if (!p->users[i].acknowledged)
            missing[count++] = p->users[i].name;
    }
    return (struct text_list){ true, count, missing };
}
