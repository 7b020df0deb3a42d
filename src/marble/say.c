/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/say.h"

#include <stdarg.h>
#include <stdio.h>

void one_line(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
        if (*c < ' ' || *c == 0x7f)
            *c = '?';
    }
}

void marble_say(const struct marble_log *log, enum log_level level, const char *file, int line,
                const char *fmt, ...)
{
    char text[1024]; /* longer lines are cut: they come from the names in a manifest */
    va_list args;

    if (log->say == NULL)
        return;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    one_line(text);
    log->say(log->ctx, level, file, line, text);
}
