/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest/updated_manifest.h"

#include "base/arena.h"
#include "cli/io/json_text.h"
#include "cli/io/lines.h"

#include <stdlib.h>
#include <string.h>

/* Each line begins with its depth in blanks: a manifest of a megabyte could become some gigabytes. */
enum { DEEPEST = 1000, LARGEST = 64 << 20 /* bytes */ };
#define VERSIONED "Packages"
#define VERSION "SecurityVersion"

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
    struct bytes line;

    while (line_next(&log, &line)) {
        if (line.len > 0 && !read_line(line, arena, v, err))
            return false;
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

/* The newest version of the package that this object is; empty: it is none, or has no other one. */
static struct bytes version_of(const struct versions *v, const struct json *object)
{
    const struct json *const packages = object == NULL ? NULL : object->parent;

    if (packages == NULL || object->type != JSON_OBJECT || packages->parent == NULL ||
        packages->parent->parent != NULL || !json_name_is(packages, VERSIONED))
        return BYTES_NONE;
    for (size_t i = 0; i < v->count; i++) {
        if (bytes_equal(v->at[i].package, object->name))
            return v->at[i].number;
    }
    return BYTES_NONE;
}

/* The number that takes the place of this value; empty: it stays. */
static struct bytes replacement(const struct versions *v, const struct json *value)
{
    return json_name_is(value, VERSION) ? version_of(v, value->parent) : BYTES_NONE;
}

static bool put_value(const struct versions *v, const struct json *value, size_t depth,
                      struct buf *out, struct err *err);

static void put_name(struct bytes name, size_t depth, struct buf *out)
{
    json_put_comma(out);
    put_line_end(out, depth);
    json_put_string(out, name);
    buf_add_string(out, ": ");
}

/* A version that was given to a package without one. */
static struct bytes added_version(const struct versions *v, const struct json *object)
{
    for (const struct json *m = json_first(object); m != NULL; m = json_next(m)) {
        if (json_name_is(m, VERSION))
            return BYTES_NONE;
    }
    return version_of(v, object);
}

static void put_version(struct bytes *version, size_t depth, struct buf *out)
{
    if (version->len > 0) {
        put_name(BYTES_LITERAL(VERSION), depth, out);
        buf_add(out, *version);
    }
    *version = BYTES_NONE;
}

static bool put_members(const struct versions *v, const struct json *object, size_t depth,
                        struct buf *out, struct err *err)
{
    const struct json **const sorted = json_text_sorted(object);
    struct bytes version = added_version(v, object);
    bool good = true;

    for (size_t i = 0; sorted[i] != NULL && good; i++) {
        if (bytes_compare(sorted[i]->name, BYTES_LITERAL(VERSION)) > 0)
            put_version(&version, depth + 1, out);
        put_name(sorted[i]->name, depth + 1, out);
        good = put_value(v, sorted[i], depth + 1, out, err);
    }
    put_version(&version, depth + 1, out);
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
    if (out->len > LARGEST)
        return err_set(err, FAIL_TOO_LARGE, "manifest: more than %d bytes with its indentation",
                       LARGEST);
    if (other.len > 0) {
        buf_add(out, other);
        return true;
    }
    if (json_first(value) == NULL && version_of(v, value).len == 0) {
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
