/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/carried_file.h"

#include "attestation/collateral.h"
#include "cli/coordinator/endpoint.h"
#include "cli/io/output.h"

enum {
    DEEPEST = COLLATERAL_NESTING_MAX + 1, /* that of a request lies in it */
    LONGEST_ENDPOINT = 300,
    LONGEST_SESSION = 64,
    TIME_LEN = sizeof "2026-01-31T03:00:00Z" - 1
};

/* ---- writing ---- */

void carried_begin(struct buf *out, const char *format, const char *note)
{
    buf_add_u8(out, '{');
    carried_put_text(out, "note", bytes_of_string(note));
    carried_put_text(out, "format", bytes_of_string(format));
    carried_member(out, "version");
    buf_add_format(out, "%d", CARRIED_VERSION);
}

void carried_member(struct buf *out, const char *name)
{
    json_put_comma(out);
    buf_add_format(out, "\n  \"%s\": ", name);
}

void carried_put_text(struct buf *out, const char *name, struct bytes text)
{
    auto_buf visible = { 0 };

    output_visible(&visible, text, false);
    carried_member(out, name);
    json_put_string(out, buf_bytes(&visible));
}

void carried_put_octets(struct buf *out, const char *name, struct bytes octets)
{
    carried_member(out, name);
    json_put_octets(out, octets);
}

void carried_end(struct buf *out)
{
    buf_add_string(out, "\n}\n");
}

/* ---- reading ---- */

static bool check_format(const struct json *top, const char *format, struct err *err)
{
    const struct json *value;
    struct bytes text;
    uint64_t version;

    if (!carried_text(top, "format", CARRIED_MAX, &text, err))
        return false;
    if (!bytes_equal_string(text, format))
        return err_set(err, FAIL_MALFORMED, "this is no %s", format);
    return carried_value(top, "version", JSON_NUMBER, &value, err) &&
           json_get_uint(value, UINT32_MAX, &version, err) &&
           (version == CARRIED_VERSION ||
            json_fail(value, err, "a %s of version %llu; this program knows %d", format,
                      (unsigned long long)version, CARRIED_VERSION));
}

const struct json *carried_open(struct bytes text, const char *format, struct arena *arena,
                                struct err *err)
{
    if (text.len > CARRIED_MAX) {
        (void)err_set(err, FAIL_TOO_LARGE, "more than %d bytes", CARRIED_MAX);
        return NULL;
    }
    const struct json *const top = json_parse(text, JSON_TRAILING_REFUSED, arena, err);
    if (top == NULL || !json_is_strict(top, DEEPEST, err))
        return NULL;
    if (top->type != JSON_OBJECT) {
        (void)err_set(err, FAIL_MALFORMED, "this is no %s", format);
        return NULL;
    }
    return check_format(top, format, err) ? top : NULL;
}

bool carried_value(const struct json *top, const char *name, enum json_type type,
                   const struct json **value, struct err *err)
{
    static const char *const types[] = { [JSON_BOOL] = "true or false",
                                         [JSON_NUMBER] = "a number",
                                         [JSON_STRING] = "text",
                                         [JSON_ARRAY] = "a list",
                                         [JSON_OBJECT] = "an object" };

    *value = json_member(top, name);
    if (*value == NULL)
        return err_set(err, FAIL_MALFORMED, "there is no member \"%s\"", name);
    return (*value)->type == type || json_fail(*value, err, "this is not %s", types[type]);
}

static bool is_shown_as_it_is(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < 0x20 || text.at[i] == 0x7f)
            return false;
    }
    return true;
}

bool carried_text(const struct json *top, const char *name, size_t max, struct bytes *text,
                  struct err *err)
{
    const struct json *value;

    if (!carried_value(top, name, JSON_STRING, &value, err))
        return false;
    *text = value->text;
    if (text->len > max)
        return json_fail(value, err, "more than %zu bytes", max);
    return is_shown_as_it_is(*text) || json_fail(value, err, "there is a control character in it");
}

bool carried_octets(const struct json *top, const char *name, size_t least, size_t most,
                    struct buf *octets, struct err *err)
{
    const struct json *value;
    bool present = false;

    if (!carried_value(top, name, JSON_STRING, &value, err) ||
        !json_get_octets(value, octets, &present, err))
        return false;
    return (octets->len >= least && octets->len <= most) ||
           json_fail(value, err, "%zu bytes instead of %zu to %zu", octets->len, least, most);
}

bool carried_count(const struct json *top, const char *name, uint64_t *count, struct err *err)
{
    const struct json *value;

    return carried_value(top, name, JSON_NUMBER, &value, err) &&
           json_get_uint(value, UINT16_MAX, count, err);
}

bool carried_time(const struct json *top, const char *name, struct bytes *time, struct err *err)
{
    static const char form[TIME_LEN + 1] = "dddd-dd-ddTdd:dd:ddZ";
    const struct json *value;

    if (!carried_value(top, name, JSON_STRING, &value, err))
        return false;
    *time = value->text;
    bool fits = time->len == TIME_LEN;
    for (size_t i = 0; fits && i < TIME_LEN; i++)
        fits = form[i] == 'd' ? time->at[i] >= '0' && time->at[i] <= '9' : time->at[i] == form[i];
    return fits || json_fail(value, err, "this is no time");
}

bool carried_endpoint(const struct json *top, struct bytes *endpoint, struct err *err)
{
    auto_endpoint parsed = { 0 };

    if (!carried_text(top, "endpoint", LONGEST_ENDPOINT, endpoint, err))
        return false;
    auto_string *text = bytes_to_string(*endpoint);
    return endpoint_parse(text, &parsed, err);
}

bool carried_session(const struct json *top, struct bytes *session, struct err *err)
{
    if (!carried_text(top, "session", LONGEST_SESSION, session, err))
        return false;
    for (size_t i = 0; i < session->len; i++) {
        const uint8_t c = session->at[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return json_fail(json_member(top, "session"), err, "this is not hex");
    }
    return true;
}
