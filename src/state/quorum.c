/* SPDX-License-Identifier: Apache-2.0 */
#include "state/quorum.h"

#include <inttypes.h>
#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    return bytes_compare(((const struct quorum_user *)a)->name,
                         ((const struct quorum_user *)b)->name);
}

static void sort_users(struct quorum *q)
{
    if (q->count > 0)
        qsort(q->users, q->count, sizeof q->users[0], by_name);
}

struct quorum quorum_begin(const struct deployment *d, struct arena *arena)
{
    struct quorum q = { .users = arena_alloc(arena, d->user_count * sizeof q.users[0]) };

    for (size_t i = 0; i < d->user_count; i++) {
        if (permissions_allow(&d->users[i].permissions, PERMISSION_UPDATE_MANIFEST, NULL, 0))
            q.users[q.count++] = (struct quorum_user){ .name = d->users[i].name };
    }
    sort_users(&q);
    q.missing = d->manifest->config.update_threshold;
    if (q.missing == 0)
        q.missing = q.count;
    return q;
}

/* A name that comes twice is not what anybody wrote. */
static bool each_once(const struct quorum *q, struct err *err)
{
    for (size_t i = 1; i < q->count; i++) {
        if (bytes_equal(q->users[i - 1].name, q->users[i].name))
            return err_set(err, FAIL_DAMAGED, "user %.*s is required twice",
                           BYTES_FMT(q->users[i].name));
    }
    return true;
}

static bool read_users(const struct json *map, struct arena *arena, struct quorum *q,
                       struct err *err)
{
    size_t count = 0;

    if (map->type != JSON_OBJECT && map->type != JSON_NULL)
        return err_set(err, FAIL_DAMAGED, "requiredUsers is no object");
    for (const struct json *v = json_first(map); v != NULL; v = json_next(v))
        count++;
    q->users = arena_alloc(arena, count * sizeof q->users[0]);
    q->count = 0;
    for (const struct json *v = json_first(map); v != NULL; v = json_next(v)) {
        struct quorum_user *const user = &q->users[q->count++];
        *user = (struct quorum_user){ .name = arena_bytes(arena, v->name) };
        if (!json_get_bool(v, &user->acknowledged, err))
            return false;
    }
    sort_users(q);
    return each_once(q, err);
}

static uint64_t count_missing(const struct quorum *q)
{
    uint64_t missing = 0;

    for (size_t i = 0; i < q->count; i++)
        missing += !q->users[i].acknowledged;
    return missing;
}

bool quorum_read(const struct json *object, struct arena *arena, struct quorum *q, struct err *err)
{
    bool has_missing = false;

    *q = (struct quorum){ 0 };
    for (const struct json *v = json_first(object); v != NULL; v = json_next(v)) {
        bool good = true;
        if (bytes_equal_string(v->name, "requiredUsers")) {
            good = read_users(v, arena, q, err);
        } else if (bytes_equal_string(v->name, "missingAcknowledgments")) {
            has_missing = v->type != JSON_NULL;
            good = json_get_uint(v, UINT64_MAX, &q->missing, err);
        }
        if (!good)
            return false;
    }
    if (!has_missing)
        q->missing = count_missing(q);
    return true;
}

void quorum_write(const struct quorum *q, struct buf *out)
{
    buf_add_string(out, "\"requiredUsers\":{");
    for (size_t i = 0; i < q->count; i++) {
        json_put_comma(out);
        json_put_string(out, q->users[i].name);
        buf_add_string(out, q->users[i].acknowledged ? ":true" : ":false");
    }
    buf_add_format(out, "},\"missingAcknowledgments\":%" PRIu64, q->missing);
}

enum quorum_acknowledged quorum_acknowledge(struct quorum *q, struct bytes user)
{
    const struct quorum_user wanted = { .name = user };
    struct quorum_user *const found =
        q->count == 0 ? NULL : bsearch(&wanted, q->users, q->count, sizeof q->users[0], by_name);

    if (found == NULL)
        return QUORUM_NO_SAY;
    if (found->acknowledged)
        return QUORUM_AGAIN;
    found->acknowledged = true;
    if (q->missing > 0)
        q->missing--;
    return QUORUM_FIRST;
}

struct text_list quorum_missing(const struct quorum *q, struct arena *arena)
{
    struct bytes *const missing = arena_alloc(arena, q->count * sizeof missing[0]);
    size_t count = 0;

    for (size_t i = 0; i < q->count; i++) {
        if (!q->users[i].acknowledged)
            missing[count++] = q->users[i].name;
    }
    return (struct text_list){ true, count, missing };
}

void quorum_put_missing(const struct quorum *q, struct buf *out)
{
    auto_arena arena = { 0 };
    const struct text_list missing = quorum_missing(q, &arena);

    for (size_t i = 0; i < missing.count; i++) {
        json_put_comma(out);
        json_put_string(out, missing.at[i]);
    }
}
