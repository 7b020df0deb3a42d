/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include "base/utf8.h"
#include "codec/text.h"

#include <time.h>

/* The short escape of a character, without its backslash; NULL when it has none. */
static const char *short_escape(uint32_t point)
{
    switch (point) {
    case '"':
        return "\"";
    case '\\':
        return "\\";
    case '\b':
        return "b";
    case '\f':
        return "f";
    case '\n':
        return "n";
    case '\r':
        return "r";
    case '\t':
        return "t";
    }
    return NULL;
}

/* <, > and & too, so that the text can stand inside HTML, and the two line ends of JavaScript. */
static bool needs_escape(uint32_t point)
{
    return point < 0x20 || point == '<' || point == '>' || point == '&' || point == 0x2028 ||
           point == 0x2029 || point == '"' || point == '\\';
}

static void put_escape(struct buf *out, uint32_t point)
{
    const char *const letter = short_escape(point);

    if (letter != NULL)
        buf_add_format(out, "\\%s", letter);
    else
        buf_add_format(out, "\\u%04x", point);
}

/* How many bytes at the front of `text` stand for themselves. */
static size_t plain_prefix(struct bytes text)
{
    size_t plain = 0;

    while (plain < text.len) {
        uint32_t point = 0;
        const size_t len = utf8_sequence(bytes_of(text.at + plain, text.len - plain), &point);
        if (len == 0 || needs_escape(point))
            break;
        plain += len;
    }
    return plain;
}

void json_put_string(struct buf *out, struct bytes text)
{
    buf_add_u8(out, '"');
    while (text.len > 0) {
        const size_t plain = plain_prefix(text);
        buf_add(out, bytes_of(text.at, plain));
        text = bytes_of(text.at + plain, text.len - plain);
        if (text.len == 0)
            break;
        uint32_t point = 0xFFFD;
        const size_t len = utf8_sequence(text, &point);
        const size_t used = len == 0 ? 1 : len;
        put_escape(out, point);
        text = bytes_of(text.at + used, text.len - used);
    }
    buf_add_u8(out, '"');
}

void json_put_octets(struct buf *out, struct bytes octets)
{
    buf_add_u8(out, '"');
    base64_encode(out, BASE64_STANDARD, octets);
    buf_add_u8(out, '"');
}

void json_put_comma(struct buf *out)
{
    const uint8_t last = out->len == 0 ? '{' : out->at[out->len - 1];

    if (last != '{' && last != '[')
        buf_add_u8(out, ',');
}

void json_put_name(struct buf *out, const char *name)
{
    json_put_comma(out);
    json_put_string(out, bytes_of_string(name));
    buf_add_u8(out, ':');
}

void json_put_time(struct buf *out, const char *name, int64_t ms)
{
    const time_t seconds = (time_t)(ms / 1000);
    struct tm utc = { 0 };
    char text[40] = "";

    json_put_name(out, name);
    if (ms == 0 || gmtime_r(&seconds, &utc) == NULL) {
        buf_add_string(out, "null");
        return;
    }
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_put_string(out, bytes_of_string(text));
}
