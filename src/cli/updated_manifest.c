/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/updated_manifest.h"

#include "base/arena.h"
#include "cli/json_text.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 1000 };

/* The newest version of each package, as text by name. */
struct versions {
    size_t count;
    struct version {
        struct bytes package, number;
    } * at;
};

static bool begins_anew(struct bytes update)
{
    return bytes_equal_string(update, "Initial manifest set") ||
           bytes_equal_string(update, "Complete Manifest updated");
}

static void remember(struct versions *v, struct bytes package, struct bytes number)
{
    for (size_t i = 0; i < v->count; i++) {
        if (bytes_equal(v->at[i].package, package)) {
            v->at[i].number = number;
            return;
        }
    }
    v->at = mem_resize(v->at, (v->count + 1) * sizeof *v->at);
    v->at[v->count++] = (struct version){ package, number };
}

static bool read_line(struct bytes line, struct arena *arena, struct versions *v, struct err *err)
{
    const struct json *const entry = json_parse(line, JSON_TRAILING_REFUSED, arena, err);
    struct bytes update = BYTES_NONE, package = BYTES_NONE;

    if (entry == NULL)
        return err_in(err, "update log");
    const struct json *const text = json_member(entry, "update");
    const struct json *const name = json_member(entry, "package");
    const struct json *const number = json_member(entry, "new version");
    if ((text != NULL && !json_get_string(text, &update, err)) ||
        (name != NULL && !json_get_string(name, &package, err)))
        return err_in(err, "update log");
    if (begins_anew(update))
        v->count = 0;
    if (name != NULL && number != NULL && number->type == JSON_NUMBER)
        remember(v, package, number->text);
    return true;
}

static bool read_log(struct bytes log, struct arena *arena, struct versions *v, struct err *err)
{
    while (log.len > 0) {
        const uint8_t *const end = memchr(log.at, '\n', log.len);
        const size_t len = end == NULL ? log.len : (size_t)(end - log.at);
        if (len > 0 && !read_line(bytes_of(log.at, len), arena, v, err))
            return false;
        const size_t used = len + (end == NULL ? 0 : 1);
        log = bytes_of(log.at + used, log.len - used);
    }
    return true;
}

/* ---- output ---- */

static void put_line_end(struct buf *out, size_t depth)
{
    buf_add_u8(out, '\n');
    for (size_t i = 0; i < depth; i++)
        buf_add_string(out, "    ");
}

/* The number that takes the place of this value; empty: it stays. */
static struct bytes replacement(const struct versions *v, const struct json *value)
{
    const struct json *const package = value->parent;
    const struct json *const packages = package == NULL ? NULL : package->parent;

    if (packages == NULL || packages->parent == NULL || packages->parent->parent != NULL ||
        !json_name_is(packages, "Packages") || !json_name_is(value, "SecurityVersion"))
        return BYTES_NONE;
    for (size_t i = 0; i < v->count; i++) {
        if (bytes_equal(v->at[i].package, package->name))
            return v->at[i].number;
    }
    return BYTES_NONE;
}

static bool put_value(const struct versions *v, const struct json *value, size_t depth,
                      struct buf *out, struct err *err);

static bool put_members(const struct versions *v, const struct json *object, size_t depth,
                        struct buf *out, struct err *err)
{
    const struct json **const sorted = json_text_sorted(object);
    bool good = true;

    for (size_t i = 0; sorted[i] != NULL && good; i++) {
        json_put_comma(out);
        put_line_end(out, depth + 1);
        json_put_string(out, sorted[i]->name);
        buf_add_string(out, ": ");
        good = put_value(v, sorted[i], depth + 1, out, err);
    }
    free(sorted);
    return good;
}

static bool put_items(const struct versions *v, const struct json *array, size_t depth,
                      struct buf *out, struct err *err)
{
    for (const struct json *item = json_first(array); item != NULL; item = json_next(item)) {
        json_put_comma(out);
        put_line_end(out, depth + 1);
        if (!put_value(v, item, depth + 1, out, err))
            return false;
    }
    return true;
}

static bool put_value(const struct versions *v, const struct json *value, size_t depth,
                      struct buf *out, struct err *err)
{
    const struct bytes other = replacement(v, value);

    if (depth > DEEPEST)
        return json_fail(value, err, "nested too deeply");
    if (other.len > 0) {
        buf_add(out, other);
        return true;
    }
    if (json_first(value) == NULL) {
        json_text_put(value, out);
        return true;
    }
    const bool is_object = value->type == JSON_OBJECT;
    buf_add_u8(out, is_object ? '{' : '[');
    if (!(is_object ? put_members(v, value, depth, out, err)
                    : put_items(v, value, depth, out, err)))
        return false;
    put_line_end(out, depth);
    buf_add_u8(out, is_object ? '}' : ']');
    return true;
}

bool updated_manifest_put(struct bytes manifest, struct bytes log, struct buf *out, struct err *err)
{
    auto_arena arena = { 0 };
    struct versions versions = { 0 };
    const struct json *const top = json_parse(manifest, JSON_TRAILING_REFUSED, &arena, err);

    if (top == NULL)
        return err_in(err, "manifest");
    const bool put =
        read_log(log, &arena, &versions, err) && put_value(&versions, top, 0, out, err);
    free(versions.at);
    buf_add_string(out, put ? "\n" : "");
    return put;
}
