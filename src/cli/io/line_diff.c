/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/line_diff.h"

#include "base/arena.h"
#include "cli/io/lines.h"

#include <stdlib.h>
#include <string.h>

enum { CONTEXT = 3 };

/* The lines of a text, and which of them the other one does not have. */
struct side {
    size_t count;
    struct bytes *lines; /* without line feeds */
    bool *changed;
};

static struct side side_of(struct bytes text)
{
    struct side s = { 0 };
    struct bytes line;

    for (struct bytes rest = text; line_next(&rest, &line);)
        s.count++;
    s.lines = mem_zero_alloc(s.count + 1, sizeof *s.lines);
    s.changed = mem_zero_alloc(s.count + 1, sizeof *s.changed);
    for (size_t i = 0; line_next(&text, &line); i++)
        s.lines[i] = line;
    return s;
}

static void side_clear(struct side *s)
{
    free(s->lines);
    free(s->changed);
}

/* ---- which lines go and come ---- */

/*
 * What is left between the lines that both begin and end with. A diagonal k is where x - y = k, with x lines of the old text
 * and y of the new one behind; reach[k] is the largest x on it after so many edits.
 */
struct search {
    struct side *old, *new;
    size_t first;            /* lines that both begin with */
    int32_t n, m;            /* lines of the old and of the new text between */
    const int32_t **reaches; /* before each number of edits, for going back */
    struct arena arena;
};

static bool same_line(const struct search *s, int32_t x, int32_t y)
{
    return bytes_equal(s->old->lines[s->first + (size_t)x], s->new->lines[s->first + (size_t)y]);
}

/* Does the shortest way to diagonal k come from the one above, with a line of the new text? */
static bool comes_from_above(const int32_t *reach, int32_t k, int32_t edits)
{
    return k == -edits || (k != edits && reach[k - 1] < reach[k + 1]);
}

/* One round with one edit more; true when the ends of both are reached. */
static bool go_on(const struct search *s, int32_t *reach, int32_t edits)
{
    for (int32_t k = -edits; k <= edits; k += 2) {
        int32_t x = comes_from_above(reach, k, edits) ? reach[k + 1] : reach[k - 1] + 1;
        while (x < s->n && x - k < s->m && same_line(s, x, x - k))
            x++;
        reach[k] = x;
        if (x >= s->n && x - k >= s->m)
            return true;
    }
    return false;
}

static void go_back(const struct search *s, int32_t edits)
{
    int32_t x = s->n, y = s->m;

    for (; edits > 0; edits--) {
        const int32_t *const reach = s->reaches[edits];
        const int32_t k = x - y;
        const bool above = comes_from_above(reach, k, edits);
        x = above ? reach[k + 1] : reach[k - 1];
        y = x - (above ? k + 1 : k - 1);
        if (above)
            s->new->changed[s->first + (size_t)y] = true;
        else
            s->old->changed[s->first + (size_t)x] = true;
    }
}

/* Marks the lines that go and come; false when there are too many. */
static bool find_edits(struct search *s)
{
    const int32_t most = s->n + s->m < LINE_DIFF_EDITS ? s->n + s->m : (int32_t)LINE_DIFF_EDITS;
    int32_t *const all = mem_zero_alloc(2 * (size_t)most + 3, sizeof *all);
    int32_t *const reach = all + most + 1;
    bool found = false;

    s->reaches = mem_zero_alloc((size_t)most + 1, sizeof *s->reaches);
    for (int32_t edits = 0; edits <= most && !found; edits++) {
        const size_t row = (2 * (size_t)edits + 3) * sizeof *reach;
        int32_t *const kept = arena_alloc(&s->arena, row);
        memcpy(kept, reach - edits - 1, row);
        s->reaches[edits] = kept + edits + 1;
        found = go_on(s, reach, edits);
        if (found)
            go_back(s, edits);
    }
    free(s->reaches);
    free(all);
    return found;
}

static void find_changes(struct side *old, struct side *new)
{
    size_t first = 0, last = 0;

    while (first < old->count &&
           first < new->count &&bytes_equal(old->lines[first], new->lines[first]))
        first++;
    while (last < old->count - first &&
           last < new->count - first &&bytes_equal(old->lines[old->count - 1 - last],
                                                   new->lines[new->count - 1 - last]))
        last++;
    const size_t n = old->count - first - last, m = new->count - first - last;
    struct search s = { .old = old, .new = new, .first = first, .n = (int32_t)n, .m = (int32_t)m };
    if (!find_edits(&s)) {
        memset(old->changed + first, 1, n);
        memset(new->changed + first, 1, m);
    }
    arena_clear(&s.arena);
}

/* ---- hunks ---- */

static bool at_change(const struct side *old, const struct side *new, size_t i, size_t j)
{
    return (i < old->count && old->changed[i]) || (j < new->count &&new->changed[j]);
}

/* Appends the lines that go and come here. */
static void put_change(const struct side *old, const struct side *new, size_t *i, size_t *j,
                       struct buf *out)
{
    for (; *i < old->count && old->changed[*i]; ++*i) {
        buf_add_u8(out, '-');
        buf_add(out, old->lines[*i]);
        buf_add_u8(out, '\n');
    }
    for (; *j < new->count &&new->changed[*j]; ++*j) {
        buf_add_u8(out, '+');
        buf_add(out, new->lines[*j]);
        buf_add_u8(out, '\n');
    }
}

/* How many lines that stay follow here, at most `most`? */
static size_t same_ahead(const struct side *old, const struct side *new, size_t i, size_t j,
                         size_t most)
{
    size_t count = 0;

    while (count < most && i + count < old->count && !at_change(old, new, i + count, j + count))
        count++;
    return count;
}

static void put_same(const struct side *old, size_t *i, size_t *j, size_t count, struct buf *out)
{
    for (; count > 0; count--, ++*i, ++*j) {
        buf_add_u8(out, ' ');
        buf_add(out, old->lines[*i]);
        buf_add_u8(out, '\n');
    }
}

/* A hunk begins with as many lines before its first change as there are, and goes on while less than two contexts lie between. */
static void put_hunk(const struct side *old, const struct side *new, size_t *i, size_t *j,
                     size_t before, struct buf *out)
{
    const size_t from = *i - before, to = *j - before;
    auto_buf body = { 0 };

    *i = from;
    *j = to;
    put_same(old, i, j, before, &body);
    for (;;) {
        put_change(old, new, i, j, &body);
        const size_t same = same_ahead(old, new, *i, *j, 2 * CONTEXT + 1);
        const bool ends = same > 2 * CONTEXT || *i + same == old->count;
        put_same(old, i, j, ends && same > CONTEXT ? CONTEXT : same, &body);
        if (ends)
            break;
    }
    buf_add_format(out, "@@ -%zu,%zu +%zu,%zu @@\n", *i == from ? from : from + 1, *i - from,
                   *j == to ? to : to + 1, *j - to);
    buf_add(out, buf_bytes(&body));
}

void line_diff_put(struct bytes old_text, struct bytes new_text, struct buf *out)
{
    struct side old = side_of(old_text), new = side_of(new_text);

    find_changes(&old, &new);
    for (size_t i = 0, j = 0, same = 0; i < old.count || j < new.count;) {
        if (at_change(&old, &new, i, j)) {
            put_hunk(&old, &new, &i, &j, same < CONTEXT ? same : CONTEXT, out);
            same = 0;
            continue;
        }
        i++;
        j++;
        same++;
    }
    side_clear(&old);
    side_clear(&new);
}
