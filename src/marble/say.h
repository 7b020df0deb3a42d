/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/log.h"

/*
 * What a Marble's start says about itself: one sentence at a time, to whoever wants it. taw-premain
 * writes lines, the library hands them to its caller's function or to nobody.
 */
struct marble_log {
    void *ctx;
    /*
     * NULL: nobody listens. text: one line, NUL-terminated, no secrets; file and line: where it was
     * said.
     */
    void (*say)(void *ctx, enum log_level level, const char *file, int line, const char *text);
};

void marble_say(const struct marble_log *log, enum log_level level, const char *file, int line,
                const char *fmt, ...) PRINTF_LIKE(5, 6);

/* What is shown to people stays one line: control characters become question marks. */
void one_line(char *text);

#define say_info(log, ...) marble_say(log, LOG_INFO, __FILE__, __LINE__, __VA_ARGS__)
#define say_warn(log, ...) marble_say(log, LOG_WARN, __FILE__, __LINE__, __VA_ARGS__)
