/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/*
 * What people and programs read: data on standard output, talk on standard error.
 *
 * As text, talk is lines; as JSON or YAML there is one envelope on standard output, or one with the error on
 * standard error, and no other line:
 *   {"apiVersion":"taw/v1","kind":K,"data":{...},"warnings":["..."]}
 *   {"apiVersion":"taw/v1","kind":"Error","error":{"code","message","hint","details"},"warnings":[...]}
 */
enum output_format { FORMAT_NONE = 0, FORMAT_TEXT, FORMAT_JSON, FORMAT_YAML };

struct output {
    enum output_format format;
    bool out_is_terminal, error_is_terminal;
    bool color_out, color_error;
    size_t lines_said;   /* on standard error */
    struct buf warnings; /* JSON array without its brackets */
    struct buf checks;   /* the same: what was checked about the Coordinator, in words */
};

/* color: auto, always or never; NO_COLOR and TERM=dumb count with auto. */
void output_init(struct output *out, enum output_format format, const char *color);
void output_clear(struct output *out);

/* A line of talk; as JSON nothing. */
void output_say(struct output *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "Warning: ..." on standard error; as JSON a member of the envelope. */
void output_warn(struct output *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* One check that was made, or was left out; text for standard error, as JSON a member of the data. */
void output_check(struct output *out, bool done, const char *fmt, ...) PRINTF_LIKE(3, 4);
/*
 * The result. data: a JSON object; text: what stands on standard output as text, shown as it is, unless
 * it goes to a terminal: there control characters are made visible. FAIL_UNAVAILABLE when it cannot be
 * written.
 */
bool output_result(struct output *out, const char *kind, struct bytes data, struct bytes text,
                   struct err *err) MUST_CHECK;
/* One of many results, written at once: as YAML a document, as JSON a line. What was checked and warned of stands in the first one
 * that follows. As text nothing is made visible: `text` is for the terminal already. */
bool output_item(struct output *out, const char *kind, struct bytes data, struct bytes text,
                 struct err *err) MUST_CHECK;
/* The same for text that may have colours, where what comes from outside went through output_visible. */
bool output_painted(struct output *out, const char *kind, struct bytes data, struct bytes text,
                    struct err *err) MUST_CHECK;
/* Appends text for output_painted, in a colour when colours are wanted. */
enum output_color {
    COLOR_NONE = 0,
    COLOR_RED = 1,
    COLOR_GREEN = 2,
    COLOR_YELLOW = 3,
    COLOR_CYAN = 6
};
void output_paint(const struct output *out, enum output_color color, struct bytes text,
                  struct buf *to);
/* Raw bytes to standard output; never to a terminal (FAIL_STATE). */
bool output_raw(struct output *out, struct bytes raw, struct err *err) MUST_CHECK;
/* As it is, to standard error. There is nobody to tell when that fails. */
void output_to_error(struct bytes text);
/* "Error: ..." or the error envelope. */
void output_error(struct output *out, const char *code, int status, const char *message,
                  const char *hint, struct bytes usage);

/* Appends text with control characters, also those of eight bits, as \u00xx; LF and TAB stay when `lines`. */
void output_visible(struct buf *out, struct bytes text, bool lines);
/* JSON text to YAML text, both appended to: block style, strings quoted where they need it. The JSON is
 * our own or was parsed before. FAIL_MALFORMED. */
bool yaml_put(struct bytes json, struct buf *out, struct err *err) MUST_CHECK;
