/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a registry shows, for tests: lines are there or not. */
#include "metrics/metrics.h"

static inline struct buf scrape(struct metrics *m)
{
    struct buf out = { 0 };

    buf_add_u8(&out, '\n');
    metrics_write(m, &out);
    buf_add_u8(&out, 0);
    return out;
}

/* A whole line, "name{labels} value". */
static inline bool text_has_line(const struct buf *text, const char *line)
{
    auto_string *whole = mem_printf("\n%s\n", line);

    return strstr((const char *)text->at, whole) != NULL;
}

static inline void assert_line(struct metrics *m, const char *line)
{
    auto_buf text = scrape(m);

    if (!text_has_line(&text, line))
        fail_msg("no line \"%s\" in%s", line, (const char *)text.at);
}

/* How many lines begin so. */
static inline size_t lines_beginning(struct metrics *m, const char *start)
{
    auto_string *begin = mem_printf("\n%s", start);
    auto_buf text = scrape(m);
    size_t count = 0;

    for (const char *at = (const char *)text.at; (at = strstr(at, begin)) != NULL; at++)
        count++;
    return count;
}
