/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/intel_json.h"

#include <string.h>
#include <time.h>

#include "attestation/collateral.h"
#include "codec/text.h"

/* NULs may stand behind the JSON, as white space may (attestation.md, 5.2). */
static struct bytes without_nuls(struct bytes text)
{
    while (text.len > 0 && text.at[text.len - 1] == 0)
        text.len--;
    return text;
}

bool signed_json_parse(struct bytes text, const char *name, struct arena *arena,
                       struct signed_json *out, struct err *err)
{
    const struct json *const top =
        json_parse(without_nuls(text), JSON_TRAILING_REFUSED, arena, err);

    if (top == NULL || !json_is_strict(top, COLLATERAL_NESTING_MAX, err))
        return false;
    if (top->type != JSON_OBJECT)
        return json_fail(top, err, "an object must stand here");
    out->document = need_member(top, name, JSON_OBJECT, err);
    if (out->document == NULL)
        return false;
    out->signed_bytes = json_source(out->document);
    return need_hex(top, "signature", out->signature, sizeof out->signature, err);
}

const struct json *need_member(const struct json *object, const char *name, enum json_type type,
                               struct err *err)
{
    const struct json *const member = json_member(object, name);
    bool null;

    if (member == NULL) {
        (void)json_fail(object, err, "%s is missing", name);
        return NULL;
    }
    if (!json_expect(member, type, &null, err))
        return NULL;
    if (null) {
        (void)json_fail(member, err, "null cannot stand here");
        return NULL;
    }
    return member;
}

bool need_text(const struct json *object, const char *name, struct bytes *out, struct err *err)
{
    const struct json *const member = need_member(object, name, JSON_STRING, err);

    return member != NULL && json_get_string(member, out, err);
}

bool need_number(const struct json *object, const char *name, uint64_t max, uint64_t *out,
                 struct err *err)
{
    const struct json *const member = need_member(object, name, JSON_NUMBER, err);

    return member != NULL && json_get_uint(member, max, out, err);
}

bool need_hex(const struct json *object, const char *name, uint8_t *out, size_t len,
              struct err *err)
{
    const struct json *const member = need_member(object, name, JSON_STRING, err);
    struct err ignored = { 0 };
    auto_buf raw = { 0 };

    if (member == NULL)
        return false;
    if (member->text.len != 2 * len || !hex_decode(&raw, member->text, &ignored))
        return json_fail(member, err, "%zu hex digits must stand here", 2 * len);
    memcpy(out, raw.at, len);
    return true;
}

/* The digits at `at` as a number below max + 1. */
static bool take_digits(const uint8_t *at, size_t len, int max, int *out)
{
    int number = 0;

    for (size_t i = 0; i < len; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        number = number * 10 + (at[i] - '0');
    }
    *out = number;
    return number <= max;
}

static int days_of(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (leap && month == 2);
}

static bool parse_date(struct bytes text, int64_t *seconds)
{
    static const char form[] = "YYYY-MM-DDThh:mm:ssZ";
    int year = 0, month = 0;
    struct tm tm = { 0 };

    if (text.len != strlen(form))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("-T:Z", form[i]) != NULL && text.at[i] != (uint8_t)form[i])
            return false;
    }
    if (!take_digits(text.at, 4, 9999, &year) || !take_digits(text.at + 5, 2, 12, &month) ||
        month == 0 || !take_digits(text.at + 8, 2, days_of(year, month), &tm.tm_mday) ||
        tm.tm_mday == 0 || !take_digits(text.at + 11, 2, 23, &tm.tm_hour) ||
        !take_digits(text.at + 14, 2, 59, &tm.tm_min) ||
        !take_digits(text.at + 17, 2, 59, &tm.tm_sec))
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    *seconds = timegm(&tm);
    return true;
}

bool need_date(const struct json *object, const char *name, int64_t *seconds, struct err *err)
{
    const struct json *const member = need_member(object, name, JSON_STRING, err);

    return member != NULL &&
           (parse_date(member->text, seconds) || json_fail(member, err, "a date must stand here"));
}

const struct json *need_list(const struct json *object, const char *name, size_t max, size_t *count,
                             struct err *err)
{
    const struct json *const list = need_member(object, name, JSON_ARRAY, err);

    if (list == NULL)
        return NULL;
    *count = 0;
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v))
        ++*count;
    if (*count > 0 && *count <= max)
        return list;
    (void)json_fail(list, err, "1 to %zu elements must stand here", max);
    return NULL;
}
