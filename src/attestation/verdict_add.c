/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/verdict_add.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "codec/text.h"

enum { TEXT_MAX = 480, SHOWN_MAX = 160 }; /* bytes */

static struct bytes keep_text(const struct judgement *j, const char *text)
{
    return arena_bytes(j->arena, bytes_of_string(text));
}

static void add_step(const struct judgement *j, const struct verdict_step *step)
{
    struct verdict *const v = j->verdict;

    assert(v->step_count < VERDICT_STEPS_MAX);
    v->steps[v->step_count++] = *step;
}

static void set_reason(const struct judgement *j, enum reason reason, const char *detail)
{
    if (j->verdict->reason != REASON_NONE)
        return;
    j->verdict->reason = reason;
    j->verdict->detail = keep_text(j, detail);
}

void verdict_passed(const struct judgement *j, const char *step)
{
    add_step(j, &(struct verdict_step){ .name = step, .passed = true });
}

static PRINTF_LIKE(4, 0) void fail_with(const struct judgement *j, const char *step,
                                        enum reason reason, const char *fmt, va_list args)
{
    char text[TEXT_MAX];

    (void)vsnprintf(text, sizeof text, fmt, args);
    add_step(j, &(struct verdict_step){ .name = step });
    set_reason(j, reason, text);
}

bool verdict_fail(const struct judgement *j, const char *step, enum reason reason, const char *fmt,
                  ...)
{
    va_list args;

    va_start(args, fmt);
    fail_with(j, step, reason, fmt, args);
    va_end(args);
    return false;
}

bool verdict_check(const struct judgement *j, const char *step, bool passed, enum reason reason,
                   const char *fmt, ...)
{
    va_list args;

    if (passed) {
        verdict_passed(j, step);
        return true;
    }
    va_start(args, fmt);
    fail_with(j, step, reason, fmt, args);
    va_end(args);
    return false;
}

/* A step with both values; they live in the arena. */
static bool compared(const struct judgement *j, const char *step, bool same, struct bytes expected,
                     struct bytes found, enum reason reason)
{
    char text[TEXT_MAX];

    add_step(j, &(struct verdict_step){
                    .name = step, .passed = same, .expected = expected, .found = found });
    if (same)
        return true;
    (void)snprintf(text, sizeof text, "%s: expected %.*s, found %.*s", step, BYTES_FMT(expected),
                   BYTES_FMT(found));
    set_reason(j, reason, text);
    return false;
}

/* Hex; what is long ends with dots. */
static struct bytes shown_hex(const struct judgement *j, struct bytes value)
{
    const size_t shown = value.len * 2 > SHOWN_MAX ? SHOWN_MAX / 2 : value.len;
    auto_buf text = { 0 };

    hex_encode(&text, bytes_of(value.at, shown));
    if (shown < value.len)
        buf_add_string(&text, "...");
    if (value.len == 0)
        buf_add_string(&text, "nothing");
    return arena_bytes(j->arena, buf_bytes(&text));
}

/* What certificates and documents say may hold anything; here it is one line that prints. */
static struct bytes shown_text(const struct judgement *j, struct bytes value)
{
    auto_buf text = { 0 };

    for (size_t i = 0; i < value.len && i < SHOWN_MAX; i++)
        buf_add_u8(&text, value.at[i] >= ' ' && value.at[i] <= '~' ? value.at[i] : '?');
    if (value.len > SHOWN_MAX)
        buf_add_string(&text, "...");
    if (value.len == 0)
        buf_add_string(&text, "nothing");
    return arena_bytes(j->arena, buf_bytes(&text));
}

static struct bytes shown_number(const struct judgement *j, uint64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return keep_text(j, text);
}

bool verdict_check_bytes(const struct judgement *j, const char *step, struct bytes expected,
                         struct bytes found, enum reason reason)
{
    return compared(j, step, bytes_equal(expected, found), shown_hex(j, expected),
                    shown_hex(j, found), reason);
}

bool verdict_check_number(const struct judgement *j, const char *step, uint64_t expected,
                          uint64_t found, enum reason reason)
{
    return compared(j, step, expected == found, shown_number(j, expected), shown_number(j, found),
                    reason);
}

bool verdict_check_text(const struct judgement *j, const char *step, struct bytes expected,
                        struct bytes found, enum reason reason)
{
    return compared(j, step, bytes_equal(expected, found), shown_text(j, expected),
                    shown_text(j, found), reason);
}

static void add_field(const struct judgement *j, const struct verdict_field *field)
{
    struct verdict *const v = j->verdict;

    assert(v->field_count < VERDICT_FIELDS_MAX);
    v->fields[v->field_count++] = *field;
}

void verdict_add_field(const struct judgement *j, const char *name, struct bytes value)
{
    add_field(j, &(struct verdict_field){ .name = name, .value = value });
}

void verdict_add_number_field(const struct judgement *j, const char *name, struct bytes value)
{
    assert(value.len <= sizeof(uint64_t));
    add_field(j, &(struct verdict_field){ .name = name, .value = value, .is_number = true });
}

bool verdict_include(const struct judgement *j, const struct verdict *part)
{
    for (size_t i = 0; i < part->step_count; i++)
        add_step(j, &part->steps[i]);
    if (part->reason == REASON_NONE)
        return true;
    if (j->verdict->reason == REASON_NONE) {
        j->verdict->reason = part->reason;
        j->verdict->detail = part->detail;
    }
    return false;
}

/* ---- advisories ---- */

/* Where it is in a sorted list, or where it would be. */
static size_t place_of(const struct bytes *list, size_t count, struct bytes text)
{
    size_t at = 0;

    while (at < count && bytes_compare(list[at], text) < 0)
        at++;
    return at;
}

void verdict_add_advisories(const struct judgement *j, const struct bytes **list, size_t *count,
                            const struct bytes *more, size_t more_count)
{
    const size_t room =
        *count + more_count < VERDICT_ADVISORIES_MAX ? *count + more_count : VERDICT_ADVISORIES_MAX;
    struct bytes *const merged = arena_alloc(j->arena, (room + 1) * sizeof *merged);
    size_t n = *count < room ? *count : room;

    if (n > 0)
        memcpy(merged, *list, n * sizeof *merged);
    for (size_t i = 0; i < more_count; i++) {
        const size_t at = place_of(merged, n, more[i]);
        if ((at < n && bytes_equal(merged[at], more[i])) || n == room)
            continue;
        memmove(&merged[at + 1], &merged[at], (n - at) * sizeof *merged);
        merged[at] = more[i];
        n++;
    }
    *list = merged;
    *count = n;
}

/* ---- time ---- */

static void add_validity(struct validities *all, const struct validity *one)
{
    assert(all->count < VALIDITIES_MAX);
    all->at[all->count++] = *one;
}

void validities_add(struct validities *all, const char *what, int64_t start, int64_t end)
{
    add_validity(all, &(struct validity){ what, start, end, .has_end = true });
}

void validities_add_endless(struct validities *all, const char *what, int64_t start)
{
    add_validity(all, &(struct validity){ what, start, start, .has_end = false });
}

void validities_add_all(struct validities *all, const struct validities *more)
{
    for (size_t i = 0; i < more->count; i++)
        add_validity(all, &more->at[i]);
}

int64_t validities_earliest_end(const struct validities *all)
{
    int64_t earliest = all->count > 0 ? all->at[0].end : 0;

    for (size_t i = 1; i < all->count; i++) {
        if (all->at[i].end < earliest)
            earliest = all->at[i].end;
    }
    return earliest;
}

/* RFC 3339 in UTC, in the arena. */
static struct bytes shown_time(const struct judgement *j, int64_t seconds)
{
    char text[40] = "";
    const time_t t = (time_t)seconds;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        return shown_number(j, (uint64_t)seconds);
    return keep_text(j, text);
}

static void note_dates(struct verdict *v, const struct validities *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct validity *const one = &all->at[i];
        if (i == 0 || one->start < v->earliest_issue)
            v->earliest_issue = one->start;
        if (i == 0 || one->start > v->latest_issue)
            v->latest_issue = one->start;
    }
    v->earliest_expiration = validities_earliest_end(all);
}

static bool time_fails(const struct judgement *j, const struct validity *one, const char *step,
                       const char *word, enum reason reason, int64_t bound, int64_t now)
{
    return verdict_fail(j, step, reason, "%s: %s %.*s, verified at %.*s", one->what, word,
                        BYTES_FMT(shown_time(j, bound)), BYTES_FMT(shown_time(j, now)));
}

bool verdict_check_time(const struct judgement *j, const struct validities *all, int64_t now)
{
    static const char *const starts = "everything is valid already";
    static const char *const ends = "nothing has expired";

    note_dates(j->verdict, all);
    for (size_t i = 0; i < all->count; i++) {
        if (now < all->at[i].start)
            return time_fails(j, &all->at[i], starts, "not valid before", REASON_NOT_YET_VALID,
                              all->at[i].start, now);
    }
    verdict_passed(j, starts);
    for (size_t i = 0; i < all->count; i++) {
        if (!all->at[i].has_end)
            return verdict_fail(j, ends, REASON_EXPIRED, "%s: it does not say when it ends",
                                all->at[i].what);
        if (now > all->at[i].end)
            return time_fails(j, &all->at[i], ends, "expired on", REASON_EXPIRED, all->at[i].end,
                              now);
    }
    verdict_passed(j, ends);
    return true;
}
