/* SPDX-License-Identifier: Apache-2.0 */
#include "premain/voice.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"

struct voice voice_of_format(const char *format)
{
    return (struct voice){
        .json = format != NULL && strcasecmp(format, "json") == 0,
        .log = { .fd = STDERR_FILENO, .level = LOG_INFO },
    };
}

/* One write for each line; one that fails must not stop the start. */
static void write_line(const char *prefix, const char *text)
{
    auto_buf line = { 0 };

    buf_add_string(&line, prefix);
    buf_add_string(&line, text);
    buf_add_u8(&line, '\n');
    const ssize_t written = write(STDERR_FILENO, line.at, line.len);
    (void)written;
}

static void say(void *ctx, enum log_level level, const char *file, int line, const char *text)
{
    const struct voice *const voice = ctx;

    if (voice->json)
        log_write(&voice->log, level, file, line, text, LOG_FIELDS());
    else
        write_line("[PreMain] ", text);
}

struct marble_log voice_log(const struct voice *voice)
{
    return (struct marble_log){ (void *)(uintptr_t)voice, say };
}

void voice_complain(const struct voice *voice, const char *text)
{
    if (voice->json)
        log_error(&voice->log, text);
    else
        write_line("taw-premain: ", text);
}
