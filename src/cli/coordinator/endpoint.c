/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/endpoint.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_ENDPOINT = 300, HTTPS_PORT = 443 }; /* a DNS name has at most 253 bytes */

static bool is_made_of(struct bytes text, const char *more)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.at[i];
        const bool plain = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || strchr(more, c) == NULL))
            return false;
    }
    return text.len > 0;
}

/* The host with its brackets, and what follows it. */
static bool split(struct bytes text, struct bytes *host, struct bytes *rest)
{
    const uint8_t *const end = text.len > 0 && text.at[0] == '[' ? memchr(text.at, ']', text.len)
                                                                 : memchr(text.at, ':', text.len);
    size_t len = text.len;

    if (text.len > 0 && text.at[0] == '[' && end == NULL)
        return false;
    if (end != NULL)
        len = (size_t)(end - text.at) + (text.at[0] == '[' ? 1 : 0);
    *host = bytes_of(text.at, len);
    *rest = bytes_of(text.at + len, text.len - len);
    return true;
}

static bool read_port(struct bytes rest, uint16_t *port)
{
    *port = HTTPS_PORT;
    if (rest.len == 0)
        return true;
    return rest.at[0] == ':' && bytes_to_port(bytes_of(rest.at + 1, rest.len - 1), port) &&
           *port > 0;
}

bool endpoint_parse(const char *typed, struct endpoint *endpoint, struct err *err)
{
    const struct bytes text = bytes_of_string(typed);
    struct bytes host, rest;

    *endpoint = (struct endpoint){ 0 };
    if (strstr(typed, "://") != NULL)
        return err_set(err, FAIL_MALFORMED, "endpoint \"%.100s\": want host:port, without a scheme",
                       typed);
    if (text.len == 0 || text.len > LONGEST_ENDPOINT || !split(text, &host, &rest) ||
        !read_port(rest, &endpoint->port))
        return err_set(err, FAIL_MALFORMED, "endpoint \"%.100s\": want host:port or [IPv6]:port",
                       typed);
    const bool bracketed = host.len > 2 && host.at[0] == '[';
    if (bracketed)
        host = bytes_of(host.at + 1, host.len - 2);
    if (!is_made_of(host, bracketed ? ":." : ".-_"))
        return err_set(err, FAIL_MALFORMED, "endpoint \"%.100s\": that is no name of a host",
                       typed);
    endpoint->url = mem_printf("https://%s", typed);
    endpoint->host = bytes_to_string(host);
    return true;
}

void endpoint_clear(struct endpoint *endpoint)
{
    free(endpoint->url);
    free(endpoint->host);
    *endpoint = (struct endpoint){ 0 };
}
