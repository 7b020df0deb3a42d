/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http1_head.h"

#include <stdlib.h>
#include <string.h>

void http1_framing_clear(struct http1_framing *framing)
{
    free(framing->authority);
    *framing = (struct http1_framing){ 0 };
}

static bool is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_one_of(uint8_t c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* RFC 9110, 5.6.2 */
static bool is_token(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_alphanumeric(text.at[i]) && !is_one_of(text.at[i], "!#$%&'*+-.^_`|~"))
            return false;
    }
    return text.len > 0;
}

/* Field content, RFC 9110, 5.5: visible characters, blanks, tabs and bytes from 0x80. */
static bool is_field_text(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((text.at[i] < ' ' && text.at[i] != '\t') || text.at[i] == 0x7f)
            return false;
    }
    return true;
}

/* host and port of RFC 3986, 3.2 without user information, which RFC 9110, 4.2.4 refuses. */
static bool is_authority(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_alphanumeric(text.at[i]) && !is_one_of(text.at[i], "-._~%!$&'()*+,;=:[]"))
            return false;
    }
    return true;
}

static struct bytes trimmed(struct bytes text)
{
    while (text.len > 0 && is_one_of(text.at[0], " \t"))
        text = bytes_of(text.at + 1, text.len - 1);
    while (text.len > 0 && is_one_of(text.at[text.len - 1], " \t"))
        text.len--;
    return text;
}

/* The next element of a comma-separated list; false at its end. */
static bool next_element(struct bytes *list, struct bytes *element)
{
    if (list->at == NULL)
        return false;
    const uint8_t *const comma = list->len > 0 ? memchr(list->at, ',', list->len) : NULL;
    const size_t len = comma != NULL ? (size_t)(comma - list->at) : list->len;
    *element = trimmed(bytes_of(list->at, len));
    *list = comma != NULL ? bytes_of(comma + 1, list->len - len - 1) : BYTES_NONE;
    return true;
}

/* http://authority/path or https://...; an empty path is the root. */
static bool set_absolute_target(struct bytes target, struct http_request *request,
                                struct http1_framing *framing)
{
    const size_t scheme_len = bytes_equal_nocase(bytes_of(target.at, 7), "http://") ? 7 : 8;
    const struct bytes rest = bytes_of(target.at + scheme_len, target.len - scheme_len);
    size_t len = 0;

    while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
        len++;
    if (len == 0 || !is_authority(bytes_of(rest.at, len)))
        return false;
    framing->authority = bytes_to_string(bytes_of(rest.at, len));

    auto_buf origin = { 0 };
    if (len == rest.len || rest.at[len] == '?')
        buf_add_u8(&origin, '/');
    buf_add(&origin, bytes_of(rest.at + len, rest.len - len));
    return http_target_set(request, buf_bytes(&origin));
}

/* RFC 9112, 3.2. CONNECT and its authority-form are for proxies. */
static bool set_target(struct bytes target, struct http_request *request,
                       struct http1_framing *framing)
{
    if (target.len > 0 && target.at[0] == '/')
        return http_target_set(request, target);
    if (bytes_equal_string(target, "*"))
        return strcmp(request->method, "OPTIONS") == 0 && http_target_set(request, target);
    const bool is_absolute =
        (target.len > 7 && bytes_equal_nocase(bytes_of(target.at, 7), "http://")) ||
        (target.len > 8 && bytes_equal_nocase(bytes_of(target.at, 8), "https://"));
    return is_absolute && set_absolute_target(target, request, framing);
}

static bool parse_version(struct bytes text, struct http1_framing *framing,
                          struct http_refusal *why)
{
    if (text.len != 8 || !bytes_start_with(text, BYTES_LITERAL("HTTP/")) || text.at[6] != '.' ||
        text.at[5] < '0' || text.at[5] > '9' || text.at[7] < '0' || text.at[7] > '9')
        return http_refuse(why, 400, "malformed HTTP version");
    if (text.at[5] != '1')
        return http_refuse(why, 505, "HTTP version not supported");
    /* A higher minor version is answered as 1.1 (RFC 9110, 2.5). */
    framing->is_1_0 = text.at[7] == '0';
    return true;
}

bool http1_parse_request_line(struct bytes line, struct http_request *request,
                              struct http1_framing *framing, struct http_refusal *why)
{
    const uint8_t *const first = line.len > 0 ? memchr(line.at, ' ', line.len) : NULL;
    const uint8_t *const last = line.len > 0 ? memrchr(line.at, ' ', line.len) : NULL;

    if (first == NULL || first == last)
        return http_refuse(why, 400, "malformed request line");
    const struct bytes method = bytes_of(line.at, (size_t)(first - line.at));
    const struct bytes target = bytes_of(first + 1, (size_t)(last - first - 1));
    if (!is_token(method))
        return http_refuse(why, 400, "malformed request method");
    if (!parse_version(bytes_of(last + 1, (size_t)(line.at + line.len - last - 1)), framing, why))
        return false;
    request->method = bytes_to_string(method);
    framing->is_head = strcmp(request->method, "HEAD") == 0;
    if (!set_target(target, request, framing))
        return http_refuse(why, 400, "malformed request target");
    return true;
}

bool http1_parse_field(struct bytes line, struct bytes *name, struct bytes *value,
                       struct http_refusal *why)
{
    const uint8_t *const colon = line.len > 0 ? memchr(line.at, ':', line.len) : NULL;

    if (line.len > 0 && is_one_of(line.at[0], " \t"))
        return http_refuse(why, 400, "folded header line");
    if (colon == NULL)
        return http_refuse(why, 400, "header line without a colon");
    *name = bytes_of(line.at, (size_t)(colon - line.at));
    *value = trimmed(bytes_of(colon + 1, line.len - name->len - 1));
    if (!is_token(*name))
        return http_refuse(why, 400, "malformed header name");
    if (!is_field_text(*value))
        return http_refuse(why, 400, "control character in a header value");
    return true;
}

/* RFC 9112, 3.2: exactly one in 1.1; absolute-form wins over it. */
static bool frame_host(struct http_request *request, const struct http1_framing *framing,
                       struct http_refusal *why)
{
    struct http_field *host = NULL;

    for (size_t i = 0; i < request->field_count; i++) {
        if (strcmp(request->fields[i].name, "host") != 0)
            continue;
        if (host != NULL)
            return http_refuse(why, 400, "more than one Host header");
        host = &request->fields[i];
    }
    if (host == NULL && !framing->is_1_0)
        return http_refuse(why, 400, "missing required Host header");
    if (host != NULL && !is_authority(bytes_of_string(host->value)))
        return http_refuse(why, 400, "malformed Host header");
    if (host != NULL && framing->authority != NULL) {
        free(host->value);
        host->value = mem_string(framing->authority);
    }
    return true;
}

/*
 * RFC 9112, 6.1 and 6.3: chunked alone is understood; behind other codings it is 501; without it
 * at the end, or with it twice, the end of the body cannot be known.
 */
static bool frame_coding(const struct http_request *request, struct http1_framing *framing,
                         struct http_refusal *why)
{
    size_t codings = 0, chunked = 0;
    bool last_is_chunked = false;

    for (size_t i = 0; i < request->field_count; i++) {
        if (strcmp(request->fields[i].name, "transfer-encoding") != 0)
            continue;
        struct bytes list = bytes_of_string(request->fields[i].value), coding;
        while (next_element(&list, &coding)) {
            last_is_chunked = bytes_equal_nocase(coding, "chunked");
            chunked += last_is_chunked;
            codings++;
        }
    }
    if (codings == 0)
        return true;
    if (framing->is_1_0)
        return http_refuse(why, 400, "Transfer-Encoding in HTTP/1.0");
    if (!last_is_chunked || chunked > 1)
        return http_refuse(why, 400, "Transfer-Encoding does not end with chunked");
    if (codings > 1)
        return http_refuse(why, 501, "unsupported transfer encoding");
    framing->is_chunked = true;
    return true;
}

static bool frame_length(const struct http_request *request, struct http1_framing *framing,
                         struct http_refusal *why)
{
    const char *length = NULL;

    for (size_t i = 0; i < request->field_count; i++) {
        if (strcmp(request->fields[i].name, "content-length") != 0)
            continue;
        if (length != NULL)
            return http_refuse(why, 400, "more than one Content-Length header");
        length = request->fields[i].value;
    }
    if (length == NULL)
        return true;
    if (framing->is_chunked)
        return http_refuse(why, 400, "Content-Length and Transfer-Encoding together");
    if (!http_content_length(bytes_of_string(length), &framing->body_len))
        return http_refuse(why, 400, "malformed Content-Length header");
    return true;
}

static void frame_connection(const struct http_request *request, struct http1_framing *framing)
{
    bool close = false, keep_alive = false;

    for (size_t i = 0; i < request->field_count; i++) {
        if (strcmp(request->fields[i].name, "connection") != 0)
            continue;
        struct bytes list = bytes_of_string(request->fields[i].value), option;
        while (next_element(&list, &option)) {
            close = close || bytes_equal_nocase(option, "close");
            keep_alive = keep_alive || bytes_equal_nocase(option, "keep-alive");
        }
    }
    framing->keep_alive = !close && (keep_alive || !framing->is_1_0);
}

bool http1_frame(struct http_request *request, struct http1_framing *framing,
                 struct http_refusal *why)
{
    if (!frame_host(request, framing, why) || !frame_coding(request, framing, why) ||
        !frame_length(request, framing, why))
        return false;
    frame_connection(request, framing);
    /* HTTP/1.0 has no expectations: the field is ignored (RFC 9110, 10.1.1). */
    return framing->is_1_0 || http_expectation(request, &framing->wants_continue, why);
}

bool http1_parse_chunk_size(struct bytes line, uint64_t *size, struct http_refusal *why)
{
    uint64_t sum = 0;
    size_t digits = 0;

    for (; digits < line.len && http_hex_digit(line.at[digits]) >= 0; digits++)
        sum = sum << 4 | (uint64_t)http_hex_digit(line.at[digits]);
    if (digits == 0 || digits > 16) /* 16 are 64 bits */
        return http_refuse(why, 400, "malformed chunk size");
    /* Extensions are not understood and therefore ignored (RFC 9112, 7.1.1). */
    const struct bytes rest = bytes_of(line.at + digits, line.len - digits);
    if (rest.len > 0 &&
        (trimmed(rest).len == 0 || trimmed(rest).at[0] != ';' || !is_field_text(rest)))
        return http_refuse(why, 400, "malformed chunk extension");
    *size = sum;
    return true;
}
