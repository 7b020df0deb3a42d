/* SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

#include <stdlib.h>
#include <string.h>

#include "http/internal.h"

int http_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const uint8_t lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool http_unescape(struct bytes in, bool plus_is_space, struct buf *out)
{
    buf_reserve(out, in.len);
    for (size_t i = 0; i < in.len; i++) {
        const uint8_t c = in.at[i];
        if (c == '+' && plus_is_space) {
            buf_add_u8(out, ' ');
        } else if (c != '%') {
            buf_add_u8(out, c);
        } else {
            const int high = in.len - i > 2 ? http_hex_digit(in.at[i + 1]) : -1;
            const int low = in.len - i > 2 ? http_hex_digit(in.at[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            buf_add_u8(out, (uint8_t)(high << 4 | low));
            i += 2;
        }
    }
    return true;
}

/* What Go's URL.String leaves alone in a path. */
static bool stays_in_path(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-_.~$&+,/:;=@", c) != NULL);
}

static void add_escaped(struct buf *out, struct bytes segment)
{
    for (size_t i = 0; i < segment.len; i++) {
        if (stays_in_path((char)segment.at[i]))
            buf_add_u8(out, segment.at[i]);
        else
            buf_add_format(out, "%%%02X", (unsigned)segment.at[i]);
    }
}

static void drop_last_segment(struct buf *out)
{
    while (out->len > 0 && out->at[out->len - 1] != '/')
        buf_truncate(out, out->len - 1);
    if (out->len > 0)
        buf_truncate(out, out->len - 1);
}

/* True when a segment between two slashes, or the last one, must go. */
static bool is_unclean(const char *path)
{
    for (const char *at = strchr(path, '/'); at != NULL; at = strchr(at + 1, '/')) {
        const size_t len = strcspn(at + 1, "/");
        const bool last = at[1 + len] == '\0';
        if ((len == 0 && !last) || (len == 1 && at[1] == '.') ||
            (len == 2 && at[1] == '.' && at[2] == '.'))
            return true;
    }
    return false;
}

char *http_path_clean(const char *path)
{
    auto_buf out = { 0 };
    size_t len = 0;

    if (path[0] != '/' || !is_unclean(path))
        return NULL;
    for (const char *at = path; *at == '/'; at += 1 + len) {
        len = strcspn(at + 1, "/");
        const struct bytes segment = bytes_of(at + 1, len);
        if (bytes_equal_string(segment, ".."))
            drop_last_segment(&out);
        if (len == 0 || bytes_equal_string(segment, ".") || bytes_equal_string(segment, ".."))
            continue;
        buf_add_u8(&out, '/');
        add_escaped(&out, segment);
    }
    /* A slash at the end stays, as Go's ServeMux keeps it; the root is one. */
    if (out.len == 0 || path[strlen(path) - 1] == '/')
        buf_add_u8(&out, '/');
    return bytes_to_string(buf_bytes(&out));
}

bool http_query_next(const char **query, struct buf *name, struct buf *value)
{
    while (**query != '\0') {
        const size_t len = strcspn(*query, "&");
        const struct bytes pair = bytes_of(*query, len);
        *query += len + ((*query)[len] == '&');
        buf_truncate(name, 0);
        buf_truncate(value, 0);
        if (len == 0 || memchr(pair.at, ';', len) != NULL)
            continue;
        const uint8_t *const equals = memchr(pair.at, '=', len);
        const size_t name_len = equals != NULL ? (size_t)(equals - pair.at) : len;
        const size_t value_at = equals != NULL ? name_len + 1 : len;
        if (http_unescape(bytes_of(pair.at, name_len), true, name) &&
            http_unescape(bytes_of(pair.at + value_at, len - value_at), true, value))
            return true;
    }
    buf_truncate(name, 0);
    buf_truncate(value, 0);
    return false;
}

static bool has_too_many_pairs(struct bytes query)
{
    size_t pairs = 1;

    for (size_t i = 0; i < query.len; i++)
        pairs += query.at[i] == '&';
    return pairs > HTTP_QUERY_PAIRS_MAX;
}

bool http_target_set(struct http_request *request, struct bytes target)
{
    auto_buf path = { 0 };

    for (size_t i = 0; i < target.len; i++) {
        if (target.at[i] <= ' ' || target.at[i] >= 0x7f || target.at[i] == '#')
            return false;
    }
    const uint8_t *const mark = target.len > 0 ? memchr(target.at, '?', target.len) : NULL;
    const size_t path_len = mark != NULL ? (size_t)(mark - target.at) : target.len;
    if (!http_unescape(bytes_of(target.at, path_len), false, &path) ||
        (path.len > 0 && memchr(path.at, '\0', path.len) != NULL))
        return false;
    struct bytes query = BYTES_NONE;
    if (mark != NULL)
        query = bytes_of(mark + 1, target.len - path_len - 1);
    if (has_too_many_pairs(query))
        query = BYTES_NONE;
    free(request->path);
    free(request->query);
    request->path = bytes_to_string(buf_bytes(&path));
    request->query = bytes_to_string(query);
    return true;
}
