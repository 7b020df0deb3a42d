/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http1_write.h"

#include <string.h>

/* RFC 9110, 15; the phrase is for people, an empty one is legal. */
static const char *status_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        { 200, "OK" },
        { 204, "No Content" },
        { 301, "Moved Permanently" },
        { 304, "Not Modified" },
        { 307, "Temporary Redirect" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" },
        { 417, "Expectation Failed" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 505, "HTTP Version Not Supported" },
    };

    for (size_t i = 0; i < COUNT_OF(phrases); i++) {
        if (phrases[i].status == status)
            return phrases[i].phrase;
    }
    return "";
}

/* x-content-type-options -> X-Content-Type-Options, as people are used to see it. */
static void add_name(struct buf *out, const char *name)
{
    const size_t len = strlen(name);
    uint8_t *const at = buf_grow(out, len);
    bool first = true;

    for (size_t i = 0; i < len; i++) {
        const char c = name[i];
        at[i] = (uint8_t)(first && c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        first = c == '-';
    }
}

static void add_field(struct buf *out, const char *name, const char *value)
{
    add_name(out, name);
    buf_add(out, BYTES_LITERAL(": "));
    buf_add_string(out, value);
    buf_add(out, BYTES_LITERAL("\r\n"));
}

void http1_write(struct buf *out, const struct http_response *response,
                 const struct http1_answer *answer)
{
    const bool has_body = http_status_has_body(response->status);

    buf_reserve(out, 512 + (has_body && !answer->is_head ? response->body.len : 0));
    buf_add(out, BYTES_LITERAL("HTTP/1.1 "));
    buf_add_decimal(out, (uint64_t)response->status);
    buf_add_u8(out, ' ');
    buf_add_string(out, status_phrase(response->status));
    buf_add(out, BYTES_LITERAL("\r\n"));
    add_field(out, "date", answer->date);
    if (response->content_type != NULL)
        add_field(out, "content-type", response->content_type);
    if (has_body) {
        buf_add(out, BYTES_LITERAL("Content-Length: "));
        buf_add_decimal(out, response->body.len);
        buf_add(out, BYTES_LITERAL("\r\n"));
    }
    for (size_t i = 0; i < response->field_count; i++)
        add_field(out, response->fields[i].name, response->fields[i].value);
    if (answer->close || answer->keep_alive)
        add_field(out, "connection", answer->close ? "close" : "keep-alive");
    buf_add(out, BYTES_LITERAL("\r\n"));
    if (has_body && !answer->is_head)
        buf_add(out, buf_bytes(&response->body));
}
