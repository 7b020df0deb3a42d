/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/output.h"

#include "base/files.h"
#include "base/utf8.h"
#include "codec/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

static bool wants_color(const char *color, bool is_terminal)
{
    const char *const no_color = getenv("NO_COLOR"), *const term = getenv("TERM");

    if (strcmp(color, "auto") != 0)
        return strcmp(color, "always") == 0;
    return is_terminal && (no_color == NULL || no_color[0] == '\0') &&
           (term == NULL || strcmp(term, "dumb") != 0);
}

void output_init(struct output *out, enum output_format format, const char *color)
{
    *out = (struct output){ .format = format,
                            .out_is_terminal = isatty(STDOUT_FILENO) == 1,
                            .error_is_terminal = isatty(STDERR_FILENO) == 1 };
    out->color_out = wants_color(color, out->out_is_terminal);
    out->color_error = wants_color(color, out->error_is_terminal);
}

void output_clear(struct output *out)
{
    buf_clear(&out->warnings);
    buf_clear(&out->checks);
}

void output_visible(struct buf *out, struct bytes text, bool lines)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t point = 0;
        const size_t len = utf8_sequence(bytes_of(text.at + at, text.len - at), &point);
        const bool shown = lines && (point == '\n' || point == '\t');
        if (len == 0)
            buf_add_string(out, "\xef\xbf\xbd");
        else if (!shown && (point < 0x20 || (point >= 0x7f && point < 0xa0)))
            buf_add_format(out, "\\u%04x", (unsigned)point);
        else
            buf_add(out, bytes_of(text.at + at, len));
        at += len == 0 ? 1 : len;
    }
}

void output_to_error(struct bytes text)
{
    struct err err = { 0 };
    const bool written = file_write_all(&files_posix, STDERR_FILENO, text, &err);

    (void)written;
}

static void put_line(struct output *out, const char *color, const char *label, const char *text)
{
    auto_buf line = { 0 };

    buf_add_format(&line, "%s%s%s", out->color_error ? color : "", label,
                   out->color_error && color[0] != '\0' ? PLAIN : "");
    output_visible(&line, bytes_of_string(text), true);
    buf_add_u8(&line, '\n');
    out->lines_said++;
    output_to_error(buf_bytes(&line));
}

static void add_item(struct buf *list, const char *text)
{
    if (list->len > 0)
        buf_add_u8(list, ',');
    json_put_string(list, bytes_of_string(text));
}

void output_say(struct output *out, const char *fmt, ...)
{
    va_list args;

    if (out->format != FORMAT_TEXT)
        return;
    va_start(args, fmt);
    auto_string *text = mem_vprintf(fmt, args);
    va_end(args);
    put_line(out, "", "", text);
}

void output_warn(struct output *out, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    auto_string *text = mem_vprintf(fmt, args);
    va_end(args);
    if (out->format == FORMAT_TEXT)
        put_line(out, YELLOW, "Warning: ", text);
    else
        add_item(&out->warnings, text);
}

void output_check(struct output *out, bool done, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    auto_string *text = mem_vprintf(fmt, args);
    va_end(args);
    auto_string *line = mem_printf("%s%s", done ? "checked: " : "not checked: ", text);
    if (out->format == FORMAT_TEXT)
        put_line(out, "", "", line);
    else
        add_item(&out->checks, line);
}

static bool write_out(struct bytes data, struct err *err)
{
    return file_write_all(&files_posix, STDOUT_FILENO, data, err) || err_in(err, "standard output");
}

static void open_envelope(struct buf *json, const char *kind)
{
    buf_add_string(json, "{\"apiVersion\":\"taw/v1\",\"kind\":");
    json_put_string(json, bytes_of_string(kind));
}

/* The lists that every envelope ends with, as one line. */
static bool close_envelope(const struct output *out, const struct buf *json, struct buf *text,
                           struct err *err)
{
    auto_buf whole = { 0 };

    buf_add(&whole, buf_bytes(json));
    if (out->checks.len > 0)
        buf_add_format(&whole, ",\"checks\":[%.*s]", (int)out->checks.len,
                       (const char *)out->checks.at);
    buf_add_format(&whole, ",\"warnings\":[%.*s]}", (int)out->warnings.len,
                   out->warnings.len == 0 ? "" : (const char *)out->warnings.at);
    if (out->format == FORMAT_YAML)
        return yaml_put(buf_bytes(&whole), text, err);
    buf_add(text, buf_bytes(&whole));
    buf_add_u8(text, '\n');
    return true;
}

void output_paint(const struct output *out, enum output_color color, struct bytes text,
                  struct buf *to)
{
    const bool painted = out->color_out && color != COLOR_NONE;

    if (painted)
        buf_add_format(to, "\033[3%dm", (int)color);
    buf_add(to, text);
    buf_add_string(to, painted ? PLAIN : "");
}

bool output_result(struct output *out, const char *kind, struct bytes data, struct bytes text,
                   struct err *err)
{
    auto_buf shown = { 0 };

    if (out->format != FORMAT_TEXT || !out->out_is_terminal)
        return output_painted(out, kind, data, text, err);
    output_visible(&shown, text, true);
    return write_out(buf_bytes(&shown), err);
}

bool output_painted(struct output *out, const char *kind, struct bytes data, struct bytes text,
                    struct err *err)
{
    auto_buf json = { 0 }, shown = { 0 };

    if (out->format == FORMAT_TEXT)
        return write_out(text, err);
    open_envelope(&json, kind);
    buf_add_string(&json, ",\"data\":");
    buf_add(&json, data);
    return close_envelope(out, &json, &shown, err) && write_out(buf_bytes(&shown), err);
}

bool output_item(struct output *out, const char *kind, struct bytes data, struct bytes text,
                 struct err *err)
{
    if (out->format == FORMAT_TEXT)
        return write_out(text, err);
    if (out->format == FORMAT_YAML && !write_out(BYTES_LITERAL("---\n"), err))
        return false;
    const bool written = output_result(out, kind, data, text, err);
    output_clear(out);
    return written;
}

bool output_raw(struct output *out, struct bytes raw, struct err *err)
{
    if (out->out_is_terminal)
        return err_set(err, FAIL_STATE, "these are binary data and standard output is a terminal");
    return write_out(raw, err);
}

void output_error(struct output *out, const char *code, int status, const char *message,
                  const char *hint, struct bytes usage)
{
    auto_buf json = { 0 }, shown = { 0 };
    struct err err = { 0 };

    if (out->format != FORMAT_JSON && out->format != FORMAT_YAML) {
        put_line(out, RED, "Error: ", message);
        output_to_error(usage);
        if (hint != NULL)
            put_line(out, "", "Hint: ", hint);
        return;
    }
    open_envelope(&json, "Error");
    buf_add_string(&json, ",\"error\":{\"code\":");
    json_put_string(&json, bytes_of_string(code));
    buf_add_string(&json, ",\"message\":");
    json_put_string(&json, bytes_of_string(message));
    if (hint != NULL) {
        buf_add_string(&json, ",\"hint\":");
        json_put_string(&json, bytes_of_string(hint));
    }
    buf_add_format(&json, ",\"details\":{\"exitStatus\":%d}}", status);
    if (close_envelope(out, &json, &shown, &err))
        output_to_error(buf_bytes(&shown));
}
