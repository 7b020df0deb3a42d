/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/lint.h"

#include "manifest/check.h"
#include "manifest/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void manifest_findings_clear(struct manifest_findings *findings)
{
    free(findings->at);
    arena_clear(&findings->arena);
    *findings = (struct manifest_findings){ 0 };
}

static void add(struct manifest_findings *out, const struct manifest_finding *finding,
                struct bytes text)
{
    if (out->count == out->room) {
        out->room = out->room == 0 ? 16 : out->room * 2;
        out->at = mem_resize(out->at, out->room * sizeof *out->at);
    }
    out->at[out->count] = *finding;
    out->at[out->count++].text = arena_bytes(&out->arena, text);
}

void finding_add(struct manifest_findings *out, const struct manifest_finding *finding,
                 const char *fmt, ...)
{
    char text[sizeof((struct err *)NULL)->text];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    keep_one_line(text);
    add(out, finding, bytes_of_string(text));
}

/* ---- errors ---- */

/* The value that begins there; the one around it when there is none. */
static const struct json *value_at(const struct json *top, size_t offset)
{
    const struct json *found = top;

    for (const struct json *child = json_first(top); child != NULL;) {
        const struct json *const next = json_next(child);
        if (child->offset > offset)
            break;
        if (next != NULL && next->offset <= offset) {
            child = next;
            continue;
        }
        found = child;
        child = json_first(child);
    }
    return found;
}

/* The offset of a place in the form of json_place. False: there is none. */
static bool offset_of(struct bytes text, const char *place, size_t *offset)
{
    size_t line, column, at = 0;

    if (sscanf(place, "line %zu:%zu", &line, &column) != 2 || line == 0 || column == 0)
        return false;
    for (size_t n = 1; n < line; n++) {
        const uint8_t *const end = memchr(text.at + at, '\n', text.len - at);
        if (end == NULL)
            return false;
        at = (size_t)(end - text.at) + 1;
    }
    *offset = at + column - 1;
    return *offset < text.len;
}

/* The last place that a text names; NULL: none. */
static const char *last_place(const char *text)
{
    const char *found = NULL;

    for (const char *p = strstr(text, "line "); p != NULL; p = strstr(p + 1, "line "))
        found = p;
    return found;
}

/* How long is what manifest_refuse puts behind a sentence? */
static size_t suffix_length(const struct json *place)
{
    auto_buf where = { 0 };

    buf_add_string(&where, place->parent == NULL ? " (" : " (at ");
    json_path(place, &where);
    buf_add_string(&where, place->parent == NULL ? "" : ", ");
    json_place(place, &where);
    buf_add_string(&where, ")");
    return where.len;
}

static void report(void *ctx, const struct check_row *row, const struct err *err)
{
    struct manifest_findings *const out = ctx;
    const struct manifest *const m = out->of;
    const char *const place = last_place(err->text);
    struct manifest_finding finding = {
        .severity = FINDING_ERROR, .rule = row->id, .hint = row->hint, .place = m->document
    };
    size_t offset, len = strlen(err->text);

    if (place != NULL && offset_of(m->raw, place, &offset)) {
        finding.place = value_at(m->document, offset);
        const size_t suffix = suffix_length(finding.place);
        len -= suffix < len ? suffix : 0;
    }
    add(out, &finding, bytes_of(err->text, len));
}

static int compare_findings(const void *left, const void *right)
{
    const struct manifest_finding *const a = left, *const b = right;

    if (a->place->offset != b->place->offset)
        return a->place->offset < b->place->offset ? -1 : 1;
    if (a->severity != b->severity)
        return a->severity < b->severity ? -1 : 1;
    const int order = strcmp(a->rule, b->rule);
    return order != 0 ? order : bytes_compare(a->text, b->text);
}

/* One package of two marbles is reported by both. */
static void sort_once(struct manifest_findings *out)
{
    size_t kept = 0;

    if (out->count > 1)
        qsort(out->at, out->count, sizeof *out->at, compare_findings);
    for (size_t i = 0; i < out->count; i++) {
        if (kept == 0 || compare_findings(&out->at[kept - 1], &out->at[i]) != 0)
            out->at[kept++] = out->at[i];
    }
    out->count = kept;
}

void manifest_lint(const struct manifest *m, const struct manifest_check_options *options,
                   int64_t now, struct manifest_findings *out)
{
    static const struct manifest_check_options defaults;

    *out = (struct manifest_findings){ .of = m };
    check_all(m, options == NULL ? &defaults : options, report, out);
    lint_warn(m, now, out);
    sort_once(out);
}
