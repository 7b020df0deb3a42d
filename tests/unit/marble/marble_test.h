/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "test.h"

#include "marble/say.h"

/* What the tests of this room share: variables in a table, a log that is kept. */

/* Fails unless the call did, with this kind and these words. */
#define assert_refused(call, err, want_kind, words)                                                \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg("%s: no failure", #call);                                                     \
        assert_int_equal((err)->kind, want_kind);                                                  \
        assert_null(strchr((err)->text, '\n'));                                                    \
        if (strstr((err)->text, words) == NULL)                                                    \
            fail_msg("\"%s\" is not in: %s", words, (err)->text);                                  \
    } while (0)

static inline void keep_line(void *ctx, enum log_level level, const char *file, int line,
                             const char *text)
{
    struct buf *const kept = ctx;

    assert_true(level == LOG_INFO || level == LOG_WARN);
    assert_non_null(strstr(file, "marble/"));
    assert_true(line > 0);
    buf_add_format(kept, "%s\n", text);
}

/* Appends each line to `kept`. */
static inline struct marble_log log_into(struct buf *kept)
{
    return (struct marble_log){ kept, keep_line };
}
