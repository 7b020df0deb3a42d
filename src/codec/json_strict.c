/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include "base/utf8.h"

#include <stdlib.h>

static bool ends_scalar(uint8_t c)
{
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The parser has accepted the text, so that only quotes, backslashes and brackets need a look. */
static size_t container_len(struct bytes text)
{
    size_t depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.at[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']') && --depth == 0)
            return i + 1;
    }
    return text.len;
}

static size_t string_len(struct bytes text)
{
    size_t i = 1;

    while (i < text.len && text.at[i] != '"')
        i += text.at[i] == '\\' ? 2 : 1;
    return i + 1;
}

struct bytes json_source(const struct json *value)
{
    const struct bytes all = value->document->source;
    const struct bytes rest = bytes_of(all.at + value->offset, all.len - value->offset);
    size_t len = 0;

    if (value->type == JSON_OBJECT || value->type == JSON_ARRAY)
        return bytes_of(rest.at, container_len(rest));
    if (value->type == JSON_STRING)
        return bytes_of(rest.at, string_len(rest));
    while (len < rest.len && !ends_scalar(rest.at[len]))
        len++;
    return bytes_of(rest.at, len);
}

static int by_name(const void *left, const void *right)
{
    const struct json *const *const a = left, *const *const b = right;
    const int order = bytes_compare((*a)->name, (*b)->name);

    /* The later one of two with the same name is the one to blame. */
    return order != 0 ? order : ((*a)->index > (*b)->index) - ((*a)->index < (*b)->index);
}

static bool came_before(const struct json *member)
{
    for (const struct json *m = member->parent->first; m != member; m = m->next) {
        if (bytes_equal(m->name, member->name))
            return true;
    }
    return false;
}

/* Each with each, for a few members; faster than to sort them. */
static bool few_names_differ(const struct json *object, struct err *err)
{
    for (const struct json *m = object->first; m != NULL; m = m->next) {
        if (came_before(m))
            return json_fail(m, err, "a member with this name came before");
    }
    return true;
}

/* Sorted, because an object may have a hundred thousand members. */
static bool names_differ(const struct json *object, struct err *err)
{
    enum { FEW = 16 };
    size_t count = 0, n = 0;
    bool differ = true;

    for (const struct json *m = object->first; m != NULL; m = m->next)
        count++;
    if (count <= FEW)
        return few_names_differ(object, err);
    const struct json **const members = mem_zero_alloc(count + 1, sizeof *members);
    for (const struct json *m = object->first; m != NULL; m = m->next)
        members[n++] = m;
    qsort(members, n, sizeof members[0], by_name);
    for (size_t i = 1; i < n && differ; i++) {
        if (bytes_equal(members[i - 1]->name, members[i]->name))
            differ = json_fail(members[i], err, "a member with this name came before");
    }
    free(members);
    return differ;
}

/* Calls itself max_depth times at most. */
static bool is_strict_below(const struct json *value, unsigned max_depth, struct err *err)
{
    if (value->type != JSON_OBJECT && value->type != JSON_ARRAY)
        return true;
    if (max_depth == 0)
        return json_fail(value, err, "nested too deep");
    if (value->type == JSON_OBJECT && !names_differ(value, err))
        return false;
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        if (!is_strict_below(child, max_depth - 1, err))
            return false;
    }
    return true;
}

bool json_is_strict(const struct json *top, unsigned max_depth, struct err *err)
{
    if (!utf8_valid(top->document->source))
        return err_set(err, FAIL_MALFORMED, "the document is not UTF-8");
    return is_strict_below(top, max_depth, err);
}
