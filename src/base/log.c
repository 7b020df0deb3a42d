/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_NONE:
        break;
    case LOG_DEBUG:
        return "debug";
    case LOG_INFO:
        return "info";
    case LOG_WARN:
        return "warn";
    case LOG_ERROR:
        return "error";
    }
    return "none";
}

static void escape_control(struct buf *out, uint8_t byte)
{
    switch (byte) {
    case '\n':
        buf_add_string(out, "\\n");
        break;
    case '\r':
        buf_add_string(out, "\\r");
        break;
    case '\t':
        buf_add_string(out, "\\t");
        break;
    default:
        buf_add_format(out, "\\u%04x", byte);
    }
}

void log_escape(struct buf *out, struct bytes text)
{
    while (text.len > 0) {
        uint32_t point = 0;
        size_t len = utf8_sequence(text, &point);

        if (len == 0) {
            buf_add_string(out, "\\ufffd");
            len = 1;
        } else if (point == '"' || point == '\\') {
            buf_add_format(out, "\\%c", (char)point);
        } else if (point < 0x20) {
            escape_control(out, (uint8_t)point);
        } else {
            buf_add(out, bytes_of(text.at, len));
        }
        text = bytes_of(text.at + len, text.len - len);
    }
}

/* The part of a source path that is the same on every machine: room and file. */
static const char *short_path(const char *file)
{
    const char *const src = strstr(file, "src/");

    return src == NULL ? file : src + strlen("src/");
}

static void add_text_field(struct buf *line, const char *name, struct bytes value)
{
    buf_add_format(line, ",\"%s\":\"", name);
    log_escape(line, value);
    buf_add_u8(line, '"');
}

static void add_json(struct buf *line, enum log_level level, const struct timespec *now,
                     const char *caller, const char *msg, const struct log_field *fields)
{
    buf_add_format(line, "{\"level\":\"%s\",\"ts\":%" PRId64 ".%06ld", level_name(level),
                   (int64_t)now->tv_sec, now->tv_nsec / 1000);
    add_text_field(line, "caller", bytes_of_string(caller));
    add_text_field(line, "msg", bytes_of_string(msg));
    for (const struct log_field *f = fields; f->name != NULL; f++) {
        if (f->kind == LOG_FIELD_TEXT)
            add_text_field(line, f->name, f->text);
        else
            buf_add_format(line, ",\"%s\":%" PRId64, f->name, f->number);
    }
    buf_add_string(line, "}\n");
}

static void add_human(struct buf *line, enum log_level level, const struct timespec *now,
                      const char *msg, const struct log_field *fields)
{
    struct tm local;
    char when[32] = "";

    if (localtime_r(&now->tv_sec, &local) != NULL)
        (void)strftime(when, sizeof when, "%H:%M:%S", &local);
    buf_add_format(line, "%s.%03ld %-5s ", when, now->tv_nsec / 1000000, level_name(level));
    log_escape(line, bytes_of_string(msg));
    for (const struct log_field *f = fields; f->name != NULL; f++) {
        buf_add_format(line, " %s=", f->name);
        if (f->kind == LOG_FIELD_TEXT)
            log_escape(line, f->text);
        else
            buf_add_format(line, "%" PRId64, f->number);
    }
    buf_add_u8(line, '\n');
}

void log_write(const struct log *log, enum log_level level, const char *file, int line_number,
               const char *msg, const struct log_field *fields)
{
    if (log == NULL || level < log->level)
        return;
    struct timespec now = { 0 };
    auto_buf line = { 0 };
    auto_string *caller = mem_printf("%s:%d", short_path(file), line_number);

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (log->human)
        add_human(&line, level, &now, msg, fields);
    else
        add_json(&line, level, &now, caller, msg, fields);
    /* A log that cannot be written must not stop the Coordinator. */
    const ssize_t written = write(log->fd, line.at, line.len);
    (void)written;
}
