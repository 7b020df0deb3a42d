/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/json_text.h"

#include <stdlib.h>

static int compare_members(const void *a, const void *b)
{
    const struct json *const *const first = a, *const *const second = b;

    return bytes_compare((*first)->name, (*second)->name);
}

const struct json **json_text_sorted(const struct json *object)
{
    size_t count = 0;

    for (const struct json *m = object == NULL ? NULL : json_first(object); m != NULL;
         m = json_next(m))
        count++;
    const struct json **const sorted = mem_zero_alloc(count + 1, sizeof *sorted);
    count = 0;
    for (const struct json *m = object == NULL ? NULL : json_first(object); m != NULL;
         m = json_next(m))
        sorted[count++] = m;
    if (count > 1)
        qsort(sorted, count, sizeof *sorted, compare_members);
    return sorted;
}

static void put_children(const struct json *value, struct buf *out)
{
    for (const struct json *child = json_first(value); child != NULL; child = json_next(child)) {
        json_put_comma(out);
        if (value->type == JSON_OBJECT) {
            json_put_string(out, child->name);
            buf_add_u8(out, ':');
        }
        json_text_put(child, out);
    }
}

void json_text_put(const struct json *value, struct buf *out)
{
    switch (value->type) {
    case JSON_NONE:
    case JSON_NULL:
        buf_add_string(out, "null");
        break;
    case JSON_BOOL:
        buf_add_string(out, value->boolean ? "true" : "false");
        break;
    case JSON_NUMBER:
        buf_add(out, value->text);
        break;
    case JSON_STRING:
        json_put_string(out, value->text);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        buf_add_u8(out, value->type == JSON_ARRAY ? '[' : '{');
        put_children(value, out);
        buf_add_u8(out, value->type == JSON_ARRAY ? ']' : '}');
        break;
    }
}
