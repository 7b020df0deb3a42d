/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/place.h"

#include <stdio.h>
#include <string.h>

struct place place_of(struct bytes source, size_t at)
{
    struct place place = { .line = 1 };

    for (size_t i = 0; i < at; i++) {
        const bool line_end = source.at[i] == '\n';
        place.line += line_end;
        place.column = line_end ? 0 : place.column + 1;
    }
    return place;
}

void place_excerpt(struct bytes text, char out[static PLACE_EXCERPT])
{
    const size_t most = PLACE_EXCERPT - sizeof "...";
    const size_t len = text.len > most ? most : text.len;

    for (size_t i = 0; i < len; i++)
        out[i] = text.at[i] >= 0x20 && text.at[i] < 0x7F ? (char)text.at[i] : '?';
    (void)snprintf(out + len, PLACE_EXCERPT - len, "%s", text.len > most ? "..." : "");
}

bool place_fail(struct bytes source, size_t at, struct err *err, const char *fmt, ...)
{
    char what[sizeof err->text];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return err_set(err, FAIL_MALFORMED, "template: data:%zu: %.400s", place_of(source, at).line,
                   what);
}
