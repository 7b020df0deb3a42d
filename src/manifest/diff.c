/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/diff.h"

#include "manifest/parse.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The list of changes, and how two values are compared. */

void manifest_diff_clear(struct manifest_diff *diff)
{
    free(diff->at);
    free(diff->consequences);
    free(diff->holders);
    arena_clear(&diff->arena);
    *diff = (struct manifest_diff){ 0 };
}

const char *change_kind_text(enum change_kind kind)
{
    return kind == CHANGE_ADDED ? "added" : kind == CHANGE_REMOVED ? "removed" : "changed";
}

const char *update_kind_text(enum update_kind kind)
{
    return kind == UPDATE_PACKAGES ? "packages" : kind == UPDATE_FULL ? "full" : "none";
}

/* So begins what follows from something that is not taken. */
static bool is_refusal(struct bytes consequence)
{
    return bytes_start_with(consequence, BYTES_LITERAL("refused: "));
}

void diff_add(struct differ *d, const char *section, struct bytes name, enum change_kind kind,
              const struct buf *what, const char *consequence)
{
    struct manifest_diff *const out = d->out;

    if (kind == CHANGE_CHANGED && what->len == 0)
        return;
    if (out->count == out->room) {
        out->room = out->room == 0 ? 16 : out->room * 2;
        out->at = mem_resize(out->at, out->room * sizeof *out->at);
    }
    out->at[out->count++] = (struct manifest_change){
        .section = section,
        .name = name,
        .kind = kind,
        .what = arena_bytes(&out->arena, buf_bytes(what)),
        .consequence = arena_bytes(&out->arena, bytes_of_string(consequence)),
    };
    out->refused = out->refused || is_refusal(bytes_of_string(consequence));
}

void diff_say(struct differ *d, const char *fmt, ...)
{
    struct manifest_diff *const out = d->out;
    va_list args;

    va_start(args, fmt);
    auto_string *text = mem_vprintf(fmt, args);
    va_end(args);
    if (out->consequence_count == out->consequence_room) {
        out->consequence_room = out->consequence_room == 0 ? 8 : out->consequence_room * 2;
        out->consequences =
            mem_resize(out->consequences, out->consequence_room * sizeof *out->consequences);
    }
    out->consequences[out->consequence_count++] =
        arena_bytes(&out->arena, bytes_of_string(text));
    out->refused = out->refused || is_refusal(bytes_of_string(text));
}

static void put_comma(struct buf *what)
{
    buf_add_string(what, what->len == 0 ? "" : ", ");
}

void diff_text(struct buf *what, const char *field, struct bytes old, struct bytes new)
{
    if (bytes_equal(old, new))
        return;
    put_comma(what);
    buf_add_format(what, "%s %.*s -> %.*s", field, old.len == 0 ? 4 : (int)old.len,
                   old.len == 0 ? "none" : (const char *)old.at, new.len == 0 ? 4 : (int)new.len,
                   new.len == 0 ? "none" : (const char *)new.at);
}

void diff_number(struct buf *what, const char *field, uint64_t old, uint64_t new)
{
    if (old == new)
        return;
    put_comma(what);
    buf_add_format(what, "%s %" PRIu64 " -> %" PRIu64, field, old, new);
}

void diff_bool(struct buf *what, const char *field, bool old, bool new)
{
    if (old == new)
        return;
    put_comma(what);
    buf_add_format(what, "%s %s -> %s", field, old ? "yes" : "no", new ? "yes" : "no");
}

void diff_flag(struct buf *what, const char *field, bool differs)
{
    if (!differs)
        return;
    put_comma(what);
    buf_add_format(what, "%s changed", field);
}

void diff_optional(struct buf *what, const char *field, struct optional_uint old,
                   struct optional_uint new)
{
    auto_string *from = old.present ? mem_printf("%" PRIu64, old.value) : mem_string("");
    auto_string *to = new.present ? mem_printf("%" PRIu64, new.value) : mem_string("");

    diff_text(what, field, bytes_of_string(from), bytes_of_string(to));
}

bool diff_texts_same(const struct text_list *a, const struct text_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!bytes_equal(a->at[i], b->at[i]))
            return false;
    }
    return true;
}

static size_t count_children(const struct json *value)
{
    size_t count = 0;

    for (const struct json *v = json_first(value); v != NULL; v = json_next(v))
        count++;
    return count;
}

static const struct json *member_named(const struct json *object, struct bytes name)
{
    const struct json *found = NULL;

    for (const struct json *m = json_first(object); m != NULL; m = json_next(m))
        found = bytes_equal(m->name, name) ? m : found;
    return found;
}

/* As deep as JSON may be, 10,000 levels: they fit on the stack. */
bool diff_json_same(const struct json *a, const struct json *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->type != b->type || a->boolean != b->boolean || !bytes_equal(a->text, b->text) ||
        count_children(a) != count_children(b))
        return false;
    const struct json *second = json_first(b);
    for (const struct json *first = json_first(a); first != NULL; first = json_next(first)) {
        const struct json *const other =
            a->type == JSON_ARRAY ? second : member_named(b, first->name);
        /* Of several members of one name the last one counts. */
        const bool counts = a->type == JSON_ARRAY || member_named(a, first->name) == first;
        if (counts && (other == NULL || !diff_json_same(first, other)))
            return false;
        second = json_next(second);
    }
    return true;
}

static struct bytes name_of(const struct diff_table *table, size_t i)
{
    struct entry entry;

    memcpy(&entry, (const uint8_t *)table->at + i * table->size, sizeof entry);
    return entry.name;
}

void diff_walk(struct differ *d, struct diff_table old, struct diff_table new, diff_visit *visit)
{
    size_t i = 0, j = 0;

    while (i < old.count || j < new.count) {
        const int order = i == old.count   ? 1
                          : j == new.count ? -1
                                           : bytes_compare(name_of(&old, i), name_of(&new, j));
        visit(d, order <= 0 ? (const uint8_t *)old.at + i * old.size : NULL,
              order >= 0 ? (const uint8_t *)new.at + j *new.size : NULL);
        i += order <= 0;
        j += order >= 0;
    }
}
