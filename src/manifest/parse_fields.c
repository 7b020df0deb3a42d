/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

#include <stdlib.h>
#include <string.h>

static void add_oddity(struct parse *p, const struct json *member, const char *field)
{
    if (p->oddities == NULL || (field != NULL && bytes_equal_string(member->name, field)))
        return;
    struct manifest_oddity *const row = rows_add(p->arena, p->oddities);
    *row = (struct manifest_oddity){ member, field };
}

/* NULL when there is none for this member. */
static const struct field *field_of(const struct json *member, const struct field *fields,
                                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (json_name_is(member, fields[i].name))
            return &fields[i];
    }
    return NULL;
}

static bool parse_members(struct parse *p, const struct json *object, const struct field *fields,
                          size_t count, bool all_known, void *base)
{
    bool null;

    if (!json_expect(object, JSON_OBJECT, &null, p->err))
        return false;
    for (const struct json *m = json_first(object); m != NULL; m = json_next(m)) {
        const struct field *const field = field_of(m, fields, count);
        if (field == NULL && all_known)
            return json_fail(m, p->err, "this member is not known");
        add_oddity(p, m, field == NULL ? NULL : field->name);
        if (field != NULL && !field->read(p, m, (uint8_t *)base + field->offset))
            return false;
    }
    return true;
}

bool parse_fields(struct parse *p, const struct json *object, const struct field *fields,
                  size_t count, void *base)
{
    return parse_members(p, object, fields, count, false, base);
}

bool parse_known_fields(struct parse *p, const struct json *object, const struct field *fields,
                        size_t count, void *base)
{
    return parse_members(p, object, fields, count, true, base);
}

bool read_bool(struct parse *p, const struct json *value, void *out)
{
    return json_get_bool(value, out, p->err);
}

bool read_text(struct parse *p, const struct json *value, void *out)
{
    return json_get_string(value, out, p->err);
}

bool read_uint64(struct parse *p, const struct json *value, void *out)
{
    return json_get_uint(value, UINT64_MAX, out, p->err);
}

bool read_int64(struct parse *p, const struct json *value, void *out)
{
    return json_get_int(value, out, p->err);
}

static bool read_optional(struct parse *p, const struct json *value, uint64_t max,
                          struct optional_uint *out)
{
    struct optional_uint number = { .present = value->type != JSON_NULL };

    if (!json_get_uint(value, max, &number.value, p->err))
        return false;
    *out = number;
    return true;
}

bool read_optional_uint64(struct parse *p, const struct json *value, void *out)
{
    return read_optional(p, value, UINT64_MAX, out);
}

bool read_optional_uint16(struct parse *p, const struct json *value, void *out)
{
    return read_optional(p, value, UINT16_MAX, out);
}

bool read_octets(struct parse *p, const struct json *value, void *out)
{
    struct octets *const octets = out;
    auto_buf decoded = { 0 };
    bool present;

    if (!json_get_octets(value, &decoded, &present, p->err))
        return false;
    *octets = (struct octets){ 0 };
    octets->present = present;
    if (present)
        octets->value = arena_bytes(p->arena, buf_bytes(&decoded));
    return true;
}

bool read_octets_as_bytes(struct parse *p, const struct json *value, void *out)
{
    struct octets octets = { 0 };

    if (!read_octets(p, value, &octets))
        return false;
    *(struct bytes *)out = octets.value;
    return true;
}

bool parse_list(struct parse *p, const struct json *value, size_t size, struct list *out,
                parse_read read)
{
    struct list list = { 0 };
    size_t bytes, i = 0;
    bool null;

    if (!json_expect(value, JSON_ARRAY, &null, p->err))
        return false;
    list.present = !null;
    for (const struct json *v = json_first(value); v != NULL; v = json_next(v))
        list.count++;
    if (__builtin_mul_overflow(list.count, size, &bytes))
        return json_fail(value, p->err, "too many elements");
    list.at = bytes == 0 ? NULL : arena_alloc(p->arena, bytes);
    for (const struct json *v = json_first(value); v != NULL; v = json_next(v)) {
        if (!read(p, v, (uint8_t *)list.at + size * i++))
            return false;
    }
    *out = list;
    return true;
}

bool read_texts(struct parse *p, const struct json *value, void *out)
{
    struct text_list *const texts = out;
    struct list list;

    if (!parse_list(p, value, sizeof(struct bytes), &list, read_text))
        return false;
    *texts = (struct text_list){ list.present, list.count, list.at };
    return true;
}

void *rows_add(struct arena *arena, struct rows *rows)
{
    if (rows->count == rows->cap) {
        const size_t cap = rows->cap == 0 ? 4 : rows->cap * 2;
        uint8_t *const wider = arena_alloc(arena, cap * rows->size);
        if (rows->count > 0)
            memcpy(wider, rows->at, rows->count * rows->size);
        rows->at = wider;
        rows->cap = cap;
    }
    return rows->at + rows->size * rows->count++;
}

bool parse_map(struct parse *p, const struct json *value, struct rows *rows, parse_read read)
{
    bool null;

    if (!json_expect(value, JSON_OBJECT, &null, p->err))
        return false;
    if (null)
        *rows = (struct rows){ .size = rows->size };
    else
        rows->present = true;
    for (const struct json *v = json_first(value); v != NULL; v = json_next(v)) {
        void *const row = rows_add(p->arena, rows);
        const struct entry entry = { v->name, v };
        memcpy(row, &entry, sizeof entry);
        if (!read(p, v, row))
            return false;
    }
    return true;
}

static int by_name_and_place(const void *left, const void *right)
{
    struct entry a, b;

    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    const int order = bytes_compare(a.name, b.name);
    if (order != 0)
        return order;
    return (a.source->offset > b.source->offset) - (a.source->offset < b.source->offset);
}

static bool same_name(const uint8_t *left, const uint8_t *right)
{
    struct entry a, b;

    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return bytes_equal(a.name, b.name);
}

void rows_sort(struct rows *rows)
{
    const size_t size = rows->size;
    size_t kept = 0;

    if (rows->count == 0)
        return;
    qsort(rows->at, rows->count, size, by_name_and_place);
    for (size_t i = 0; i < rows->count; i++) {
        uint8_t *const row = rows->at + size * i;
        if (i + 1 < rows->count && same_name(row, row + size))
            continue;
        memmove(rows->at + size * kept++, row, size);
    }
    rows->count = kept;
}

void parse_objection(struct parse *p, const struct json *value, const char *text)
{
    struct manifest_objection *const row = rows_add(p->arena, p->objections);

    *row = (struct manifest_objection){ value, text };
}
