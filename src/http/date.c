/* SPDX-License-Identifier: Apache-2.0 */
#include "http/internal.h"

#include <stdio.h>

const char *http_date_text(struct http_date *cache, time_t now)
{
    /* Not strftime: its names depend on the locale. */
    static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    struct tm utc;

    if (cache->text[0] != '\0' && cache->at == now)
        return cache->text;
    if (gmtime_r(&now, &utc) == NULL)
        utc = (struct tm){ .tm_mday = 1, .tm_wday = 4, .tm_year = 70 };
    cache->at = now;
    (void)snprintf(cache->text, sizeof(cache->text), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                   days[utc.tm_wday % 7], utc.tm_mday, months[utc.tm_mon % 12], utc.tm_year + 1900,
                   utc.tm_hour, utc.tm_min, utc.tm_sec);
    return cache->text;
}
