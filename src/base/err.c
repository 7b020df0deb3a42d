/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *e, enum fail_kind kind, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(e->text, sizeof e->text, fmt, args);
    va_end(args);
    e->kind = kind;
    return false;
}

bool err_in(struct err *e, const char *fmt, ...)
{
    char context[sizeof e->text];
    char cause[sizeof e->text];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(context, sizeof context, fmt, args);
    va_end(args);
    memcpy(cause, e->text, sizeof cause);
    (void)snprintf(e->text, sizeof e->text, "%.200s: %.270s", context, cause);
    return false;
}

bool err_errno(struct err *e, enum fail_kind kind, const char *fmt, ...)
{
    const int number = errno;
    char what[sizeof e->text];
    char reason[100];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    const char *const text = strerror_r(number, reason, sizeof reason);
    (void)snprintf(e->text, sizeof e->text, "%.370s: %.100s", what, text);
    e->kind = kind;
    return false;
}
