/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest/log_entry.h"

#include "cli/io/lines.h"
#include "cli/io/name_list.h"
#include "manifest/parse.h"

#include <string.h>

enum { SECONDS_OF_A_DAY = 24 * 60 * 60 };

/* The log's zone has no colon, that of RFC 3339 has. */
static bool read_time(struct bytes text, int64_t *seconds)
{
    auto_buf full = { 0 };
    bool fraction = false;
    const bool has_zone = text.len > 5 && strchr("+-", text.at[text.len - 5]) != NULL;
    const size_t minutes = has_zone ? 2 : 0;

    buf_add(&full, bytes_of(text.at, text.len - minutes));
    if (has_zone) {
        buf_add_u8(&full, ':');
        buf_add(&full, bytes_of(text.at + text.len - minutes, minutes));
    }
    return parse_time(buf_bytes(&full), seconds, &fraction);
}

static struct bytes text_of(const struct json *object, const char *name)
{
    const struct json *const member = json_member(object, name);

    return member != NULL && member->type == JSON_STRING ? member->text : BYTES_NONE;
}

void log_entry_read(struct bytes line, struct arena *arena, struct log_entry *entry)
{
    struct err ignored = { 0 };

    *entry = (struct log_entry){ .line = line };
    const struct json *const object = json_parse(line, JSON_TRAILING_REFUSED, arena, &ignored);
    if (object == NULL || object->type != JSON_OBJECT)
        return;
    entry->object = object;
    entry->time = text_of(object, "time");
    entry->user = text_of(object, "user");
    entry->update = text_of(object, "update");
    entry->has_seconds = read_time(entry->time, &entry->seconds);
}

/* ---- filter ---- */

/* *length: how many seconds the text stands for. */
static bool read_limit(const char *text, int64_t *seconds, int64_t *length)
{
    auto_string *midnight = mem_printf("%sT00:00:00Z", text);
    bool fraction = false;

    *length = strchr(text, 'T') == NULL ? SECONDS_OF_A_DAY : 0;
    return parse_time(bytes_of_string(*length > 0 ? midnight : text), seconds, &fraction);
}

static bool read_option(struct cli *cli, const char *name, bool *has, int64_t *seconds,
                        int64_t *length, struct err *err)
{
    const char *const text = option_text(&cli->options, name);

    *has = text != NULL;
    if (text == NULL || read_limit(text, seconds, length))
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_set(err, FAIL_MALFORMED,
                   "--%s: %.80s is neither a date like 2026-11-24 nor a time like "
                   "2026-11-24T10:00:00Z",
                   name, text);
}

bool log_filter_read(struct cli *cli, struct log_filter *filter, struct err *err)
{
    int64_t length = 0;

    *filter = (struct log_filter){ .user = option_text(&cli->options, "user") };
    if (!read_option(cli, "since", &filter->has_since, &filter->since, &length, err) ||
        !read_option(cli, "until", &filter->has_until, &filter->until, &length, err))
        return false;
    filter->until += filter->has_until ? length : 0;
    return true;
}

bool log_filter_takes(const struct log_filter *filter, const struct log_entry *entry)
{
    if (filter->user != NULL && !bytes_equal_string(entry->user, filter->user))
        return false;
    if (!entry->has_seconds)
        return true;
    return (!filter->has_since || entry->seconds >= filter->since) &&
           (!filter->has_until || entry->seconds < filter->until);
}

/* ---- table ---- */

/* The log's times have 24 characters in UTC, 28 with another zone. */
enum { TIME_WIDTH = 24, LEAST_USER_WIDTH = 8 };

/* As it is shown, in characters: most of them are one column wide. */
static size_t width_of(struct bytes value)
{
    auto_buf shown = { 0 };
    size_t width = 0;

    output_visible(&shown, value, false);
    for (size_t i = 0; i < shown.len; i++)
        width += (shown.at[i] & 0xc0) != 0x80;
    return width;
}

static void put_cell(struct bytes value, size_t width, struct buf *text)
{
    const struct bytes shown = value.len > 0 ? value : BYTES_LITERAL("-");

    output_visible(text, shown, false);
    for (size_t used = width_of(shown); used < width + 2; used++)
        buf_add_u8(text, ' ');
}

/* What a member says beyond who, when and what: "package backend". */
static void put_detail(const struct json *member, const char *gap, struct buf *what)
{
    auto_buf value = { 0 };
    struct err why = { 0 };

    if (member->type == JSON_STRING)
        buf_add(&value, member->text);
    else if (member->type != JSON_ARRAY || !name_list_read(member, &value, NULL, &why))
        buf_add(&value, json_source(member));
    if (value.len == 0)
        return;
    buf_add_string(what, gap);
    buf_add(what, member->name);
    buf_add_u8(what, ' ');
    buf_add(what, buf_bytes(&value));
}

static bool has_column(const struct json *member)
{
    return bytes_equal_string(member->name, "time") || bytes_equal_string(member->name, "user") ||
           bytes_equal_string(member->name, "update");
}

static void put_what(const struct log_entry *entry, struct buf *what)
{
    if (entry->object == NULL) {
        buf_add(what, entry->line);
        return;
    }
    buf_add(what, entry->update);
    const size_t before = what->len;
    for (const struct json *m = json_first(entry->object); m != NULL; m = json_next(m)) {
        if (!has_column(m))
            put_detail(m, what->len == before ? ": " : ", ", what);
    }
}

struct widths {
    size_t time, user;
};

static struct widths widths_of(struct bytes lines)
{
    struct widths widths = { TIME_WIDTH, LEAST_USER_WIDTH };
    struct bytes line;

    while (line_next(&lines, &line)) {
        auto_arena arena = { 0 };
        struct log_entry entry;
        log_entry_read(line, &arena, &entry);
        widths.time = width_of(entry.time) > widths.time ? width_of(entry.time) : widths.time;
        widths.user = width_of(entry.user) > widths.user ? width_of(entry.user) : widths.user;
    }
    return widths;
}

static void put_row(struct widths widths, struct bytes time, struct bytes user, struct bytes what,
                    struct buf *text)
{
    put_cell(time, widths.time, text);
    put_cell(user, widths.user, text);
    output_visible(text, what, false);
    buf_add_u8(text, '\n');
}

void log_table_put(struct bytes lines, bool head, struct buf *text)
{
    const struct widths widths = widths_of(lines);
    struct bytes line;

    if (head)
        put_row(widths, BYTES_LITERAL("TIME"), BYTES_LITERAL("USER"), BYTES_LITERAL("WHAT"), text);
    while (line_next(&lines, &line)) {
        auto_arena arena = { 0 };
        auto_buf what = { 0 };
        struct log_entry entry;
        log_entry_read(line, &arena, &entry);
        put_what(&entry, &what);
        put_row(widths, entry.time, entry.user, buf_bytes(&what), text);
    }
}
