/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

/* RFC 3339, section 5.6, as strictly as the original: `T` and `Z` in upper case, no leap seconds. */

struct cursor {
    struct bytes text;
    size_t pos;
    bool bad;
};

static int64_t digits(struct cursor *c, size_t count, int64_t max)
{
    int64_t value = 0;

    for (size_t i = 0; i < count; i++, c->pos++) {
        const bool fits =
            c->pos < c->text.len && c->text.at[c->pos] >= '0' && c->text.at[c->pos] <= '9';
        c->bad = c->bad || !fits;
        value = fits ? value * 10 + (c->text.at[c->pos] - '0') : value;
    }
    c->bad = c->bad || value > max;
    return value;
}

static bool next_is(const struct cursor *c, char want)
{
    return c->pos < c->text.len && c->text.at[c->pos] == (uint8_t)want;
}

static void expect(struct cursor *c, char want)
{
    c->bad = c->bad || !next_is(c, want);
    c->pos++;
}

static bool read_fraction(struct cursor *c)
{
    bool any = false, digit = false;

    if (!next_is(c, '.'))
        return false;
    for (c->pos++; c->pos < c->text.len && c->text.at[c->pos] >= '0' && c->text.at[c->pos] <= '9';
         c->pos++) {
        digit = true;
        any = any || c->text.at[c->pos] != '0';
    }
    c->bad = c->bad || !digit;
    return any;
}

/* Seconds east of UTC. */
static int64_t read_offset(struct cursor *c)
{
    if (next_is(c, 'Z')) {
        c->pos++;
        return 0;
    }
    const bool west = next_is(c, '-');
    if (!west)
        expect(c, '+');
    else
        c->pos++;
    const int64_t hours = digits(c, 2, 23);
    expect(c, ':');
    const int64_t seconds = hours * 3600 + digits(c, 2, 59) * 60;
    return west ? -seconds : seconds;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar; year 0 to 9999. */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
    const int64_t before = year - 1;
    /* Floor division: year 0 comes after "year -1", which is a whole number of leap cycles. */
    const int64_t leaps = before < 0 ? -1 : before / 4 - before / 100 + before / 400;
    int64_t days = before * 365 + leaps;

    for (int64_t m = 1; m < month; m++)
        days += days_in_month(year, m);
    return days + day - 1 - 719162; /* 0001-01-01 is 719162 days before 1970-01-01 */
}

bool parse_time(struct bytes text, int64_t *seconds, bool *fraction)
{
    struct cursor c = { .text = text };

    const int64_t year = digits(&c, 4, 9999);
    expect(&c, '-');
    const int64_t month = digits(&c, 2, 12);
    expect(&c, '-');
    const int64_t day = digits(&c, 2, 31);
    expect(&c, 'T');
    const int64_t hour = digits(&c, 2, 23);
    expect(&c, ':');
    const int64_t minute = digits(&c, 2, 59);
    expect(&c, ':');
    const int64_t second = digits(&c, 2, 59);
    *fraction = read_fraction(&c);
    const int64_t east = read_offset(&c);
    if (c.bad || c.pos != text.len || month < 1 || day < 1 || day > days_in_month(year, month))
        return false;
    *seconds =
        days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - east;
    return true;
}
