/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of an update log as a table: one row for each line, no control character but the ends of rows;
 * and a filter by the user of an entry takes this entry.
 */
#include "cli/io/lines.h"
#include "cli/manifest/log_entry.h"

#include <string.h>

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_filter(struct bytes line)
{
    auto_arena arena = { 0 };
    struct log_entry entry;

    log_entry_read(line, &arena, &entry);
    auto_string *user = bytes_to_string(entry.user);
    const struct log_filter all = { 0 }, by_user = { .user = user };
    const struct log_filter at = {
        .has_since = true, .has_until = true, .since = entry.seconds, .until = entry.seconds + 1
    };
    require(log_filter_takes(&all, &entry) && log_filter_takes(&at, &entry));
    if (memchr(user, '\0', entry.user.len) == NULL)
        require(log_filter_takes(&by_user, &entry));
}

static size_t count_lines(struct bytes text)
{
    struct bytes line;
    size_t count = 0;

    while (line_next(&text, &line))
        count++;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes lines = bytes_of(data, size);
    auto_buf table = { 0 };
    struct bytes line;

    for (struct bytes rest = lines; line_next(&rest, &line);)
        check_filter(line);
    log_table_put(lines, true, &table);
    require(count_lines(buf_bytes(&table)) == count_lines(lines) + 1);
    for (size_t i = 0; i < table.len; i++)
        require(table.at[i] == '\n' || (table.at[i] >= 0x20 && table.at[i] != 0x7f));
    return 0;
}
