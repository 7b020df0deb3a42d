/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: what is accepted, written again and parsed again is the same tree, and what is refused
 * says why.
 */
#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void put_beginning(struct buf *out, const struct json *v)
{
    if (v->parent != NULL)
        json_put_comma(out);
    if (v->parent != NULL && v->parent->type == JSON_OBJECT) {
        json_put_string(out, v->name);
        buf_add_u8(out, ':');
    }
    switch (v->type) {
    case JSON_NONE:
        __builtin_trap();
    case JSON_NULL:
        buf_add_string(out, "null");
        break;
    case JSON_BOOL:
        buf_add_string(out, v->boolean ? "true" : "false");
        break;
    case JSON_NUMBER:
        buf_add(out, v->text);
        break;
    case JSON_STRING:
        json_put_string(out, v->text);
        break;
    case JSON_ARRAY:
        buf_add_u8(out, '[');
        break;
    case JSON_OBJECT:
        buf_add_u8(out, '{');
        break;
    }
}

static void put_end(struct buf *out, const struct json *v)
{
    if (v->type == JSON_ARRAY || v->type == JSON_OBJECT)
        buf_add_u8(out, v->type == JSON_ARRAY ? ']' : '}');
}

/* The value behind v in the order of the text, NULL at the end; each value that ends gets its
 * closing bracket. */
static const struct json *next_value(struct buf *out, const struct json *v)
{
    if (json_first(v) != NULL)
        return json_first(v);
    put_end(out, v);
    while (json_next(v) == NULL) {
        v = v->parent;
        if (v == NULL)
            return NULL;
        put_end(out, v);
    }
    return json_next(v);
}

static void put_tree(struct buf *out, const struct json *top)
{
    for (const struct json *v = top; v != NULL; v = next_value(out, v))
        put_beginning(out, v);
}

static bool same_value(const struct json *a, const struct json *b)
{
    return a->type == b->type && a->boolean == b->boolean && a->index == b->index &&
           bytes_equal(a->text, b->text) && bytes_equal(a->name, b->name) &&
           (a->parent == NULL) == (b->parent == NULL);
}

static bool same_tree(const struct json *a, const struct json *b)
{
    auto_buf unused = { 0 };

    while (a != NULL && b != NULL && same_value(a, b)) {
        a = next_value(&unused, a);
        b = next_value(&unused, b);
    }
    return a == NULL && b == NULL;
}

/* No getter and no place goes wrong on anything that was accepted. */
static void use(const struct json *v)
{
    auto_buf out = { 0 };
    struct err err = { 0 };
    uint64_t number;
    int64_t signed_number;
    bool present;

    if (json_get_octets(v, &out, &present, &err) != (err.kind == FAIL_NONE))
        __builtin_trap();
    if (v->type == JSON_NUMBER && json_get_uint(v, UINT64_MAX, &number, &err) &&
        json_get_int(v, &signed_number, &err) && (uint64_t)signed_number != number)
        __builtin_trap();
    buf_truncate(&out, 0);
    json_path(v, &out);
    if (out.len > 200 || json_fail(v, &err, "%s", "wrong") || err.text[0] == '\0')
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena arena = { 0 };
    auto_buf text = { 0 };
    struct err err = { 0 };
    const struct json *const a =
        json_parse(bytes_of(data, size), JSON_TRAILING_REFUSED, &arena, &err);

    if ((a == NULL) != (err.kind == FAIL_MALFORMED && err.text[0] != '\0'))
        __builtin_trap();
    if (a == NULL) {
        const struct json *const first =
            json_parse(bytes_of(data, size), JSON_TRAILING_IGNORED, &arena, &err);
        if (first != NULL)
            use(first);
        return 0;
    }
    put_tree(&text, a);
    const struct json *const b = json_parse(buf_bytes(&text), JSON_TRAILING_REFUSED, &arena, &err);
    if (b == NULL || !same_tree(a, b))
        __builtin_trap();
    use(a);
    if (json_first(a) != NULL)
        use(json_first(a));
    return 0;
}
