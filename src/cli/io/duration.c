/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/duration.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_NUMBER = 6 }; /* digits; so nothing overflows in a command line of any length */

static int64_t unit_ms(char unit)
{
    switch (unit) {
    case 's':
        return 1000;
    case 'm':
        return 60 * 1000;
    case 'h':
        return 60 * 60 * 1000;
    default:
        return 0;
    }
}

bool duration_parse(const char *text, int64_t *ms, struct err *err)
{
    const char *at = text;

    *ms = 0;
    do {
        const size_t digits = strspn(at, "0123456789");
        const int64_t unit = digits == 0 || digits > LONGEST_NUMBER ? 0 : unit_ms(at[digits]);
        if (unit == 0)
            return err_set(err, FAIL_MALFORMED,
                           "\"%.80s\" is no duration: want such as 90s, 5m, 1h or 1h30m", text);
        *ms += unit * strtol(at, NULL, 10);
        at += digits + 1;
    } while (*at != '\0');
    return *ms > 0 || err_set(err, FAIL_MALFORMED, "\"%.80s\" is no time at all", text);
}
