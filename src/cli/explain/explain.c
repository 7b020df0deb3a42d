/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain/explain.h"

#include "cli/table/options.h"

#include <string.h>
#include <strings.h>

static const struct explanation *const tables[] = { EXPLAIN_DEPLOYMENT, EXPLAIN_PLATFORM,
                                                    EXPLAIN_SECRETS, EXPLAIN_CERTIFICATE,
                                                    EXPLAIN_ACCESS };

static bool is_in(const struct explanation *table, const struct explanation *row)
{
    for (; table->path != NULL; table++) {
        if (table == row)
            return true;
    }
    return false;
}

const struct explanation *explanation_next(const struct explanation *before)
{
    size_t at = 0;

    if (before == NULL)
        return tables[0];
    if (before[1].path != NULL)
        return before + 1;
    while (!is_in(tables[at], before))
        at++;
    return at + 1 < COUNT_OF(tables) ? tables[at + 1] : NULL;
}

/* ---- paths ---- */

static const char *after_step(const char *path)
{
    const size_t len = strcspn(path, ".");

    return path + len + (path[len] == '.' ? 1 : 0);
}

static bool is_name(const char *row)
{
    return row[0] == '*';
}

/* A name fits any step, or none. */
static bool fits(const char *row, const char *typed)
{
    while (row[0] != '\0') {
        const size_t len = strcspn(row, ".");
        if (is_name(row)) {
            if (typed[0] != '\0' && fits(after_step(row), after_step(typed)))
                return true;
        } else {
            if (strcspn(typed, ".") != len || strncasecmp(row, typed, len) != 0)
                return false;
            typed = after_step(typed);
        }
        row = after_step(row);
    }
    return typed[0] == '\0';
}

/* Without "manifest" in front. */
static const char *below_manifest(const char *path)
{
    static const char manifest[] = "manifest";
    const size_t len = strcspn(path, ".");

    return len == strlen(manifest) && strncasecmp(path, manifest, len) == 0 ? after_step(path)
                                                                            : path;
}

const struct explanation *explanation_find(const char *path)
{
    for (const struct explanation *e = NULL; (e = explanation_next(e)) != NULL;) {
        if (fits(e->path, below_manifest(path)))
            return e;
    }
    return NULL;
}

bool explanation_is_member(const struct explanation *group, const struct explanation *member)
{
    const size_t len = strlen(group->path);
    const char *rest = member->path + len;

    if (strncmp(group->path, member->path, len) != 0 || rest[0] == '\0')
        return false;
    if (len > 0 && *rest++ != '.')
        return false;
    if (is_name(rest))
        rest = after_step(rest);
    return strchr(rest, '.') == NULL;
}

void explanation_put_path(const struct explanation *of, struct buf *out)
{
    for (const char *step = of->path; step[0] != '\0'; step = after_step(step)) {
        if (!is_name(step))
            buf_add_format(out, "%s%.*s", step == of->path ? "" : ".", (int)strcspn(step, "."),
                           step);
    }
}

/* ---- the nearest ---- */

static char *lower_case(struct bytes text)
{
    char *const copy = bytes_to_string(text);

    for (char *c = copy; *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
    return copy;
}

static const char *last_step(const char *path)
{
    const char *const dot = strrchr(path, '.');

    return dot == NULL ? path : dot + 1;
}

/* Not when most of the letters are others. */
static bool is_near(size_t distance, const char *typed, size_t most)
{
    return distance <= most && 2 * distance <= strlen(typed);
}

/* First of all whole paths, then a last step that stands elsewhere. */
static size_t distance_to(const struct explanation *e, const char *typed)
{
    enum { PATH_MOST = 3, STEP_MOST = 2 };
    auto_buf plain = { 0 };

    explanation_put_path(e, &plain);
    auto_string *path = lower_case(buf_bytes(&plain));
    const size_t whole = edit_distance(typed, path, PATH_MOST);
    const size_t step = edit_distance(last_step(typed), last_step(path), STEP_MOST);
    if (is_near(whole, typed, PATH_MOST))
        return whole;
    return is_near(step, last_step(typed), STEP_MOST) ? PATH_MOST + 1 + step : SIZE_MAX;
}

const struct explanation *explanation_nearest(const char *path)
{
    auto_string *typed = lower_case(bytes_of_string(below_manifest(path)));
    const struct explanation *nearest = NULL;
    size_t least = SIZE_MAX;

    for (const struct explanation *e = NULL; (e = explanation_next(e)) != NULL;) {
        /* The manifest itself has no name to be near to. */
        const size_t distance = e->path[0] == '\0' ? SIZE_MAX : distance_to(e, typed);
        if (distance < least) {
            least = distance;
            nearest = e;
        }
    }
    return nearest;
}
