/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "cli/cli.h"
#include "codec/json.h"

/* A line of the update log (client-api.md, 13), and which of them are wanted. */
struct log_entry {
    struct bytes line;
    const struct json *object; /* NULL: the line is no JSON */
    struct bytes time, user, update;
    bool has_seconds;
    int64_t seconds; /* since 1970, from `time` */
};
/* Never fails: what is missing or has another type is empty. Views of the line and the arena. */
void log_entry_read(struct bytes line, struct arena *arena, struct log_entry *entry);

struct log_filter {
    bool has_since, has_until;
    int64_t since, until; /* seconds since 1970; until: the first one that is too late */
    const char *user;     /* NULL: everybody, and what nobody did */
};
/* --since, --until and --user. A date is a day in UTC, all of it. Sets the status. FAIL_MALFORMED. */
bool log_filter_read(struct cli *cli, struct log_filter *filter, struct err *err) MUST_CHECK;
/* A time that cannot be read is within all limits. */
bool log_filter_takes(const struct log_filter *filter, const struct log_entry *entry) MUST_CHECK;

/* Appends rows "TIME  USER  WHAT" for lines of the log, with `head` under a line that names the columns. */
void log_table_put(struct bytes lines, bool head, struct buf *text);
