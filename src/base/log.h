/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"

/*
 * One line for each event: JSON in the shape that operators of the original know,
 *     {"level":"info","ts":1700000000.123456,"caller":"core/recover.c:71","msg":"Recover called","remaining":1}
 * or, in development mode, text for people. A line is one write, so threads do not mix. Secrets
 * have a type of their own (struct secret) for which there is no field.
 */
enum log_level { LOG_NONE = 0, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log {
    int fd;               /* where lines go */
    enum log_level level; /* the least level that is written */
    bool human;           /* text instead of JSON */
};

enum log_kind { LOG_FIELD_NONE = 0, LOG_FIELD_TEXT, LOG_FIELD_NUMBER };
struct log_field {
    const char *name;
    enum log_kind kind;
    struct bytes text;
    int64_t number;
};

#define LOG_TEXT(name, value)                                                                      \
    ((struct log_field){ name, LOG_FIELD_TEXT, bytes_of_string(value), 0 })
#define LOG_BYTES(name, value) ((struct log_field){ name, LOG_FIELD_TEXT, value, 0 })
#define LOG_NUMBER(name, value)                                                                    \
    ((struct log_field){ name, LOG_FIELD_NUMBER, BYTES_NONE, (int64_t)(value) })

/* Fields end with one whose name is NULL. */
void log_write(const struct log *log, enum log_level level, const char *file, int line,
               const char *msg, const struct log_field *fields);

/* JSON text of a string without its quotes, escaped as encoding/json of Go does (without HTML, see
 * in codec/json); invalid bytes become \ufffd. Appends to `out`. */
struct buf;
void log_escape(struct buf *out, struct bytes text);

#define LOG_FIELDS(...) ((struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
#define log_debug(log, msg, ...)                                                                   \
    log_write(log, LOG_DEBUG, __FILE__, __LINE__, msg, LOG_FIELDS(__VA_ARGS__))
#define log_info(log, msg, ...)                                                                    \
    log_write(log, LOG_INFO, __FILE__, __LINE__, msg, LOG_FIELDS(__VA_ARGS__))
#define log_warn(log, msg, ...)                                                                    \
    log_write(log, LOG_WARN, __FILE__, __LINE__, msg, LOG_FIELDS(__VA_ARGS__))
#define log_error(log, msg, ...)                                                                   \
    log_write(log, LOG_ERROR, __FILE__, __LINE__, msg, LOG_FIELDS(__VA_ARGS__))
