/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const char DEFAULT_PORT[] = "443", DEFAULT_HOST[] = "localhost";

/* Also with a zone behind it (RFC 4007, 11). */
static bool is_ipv6(struct bytes text)
{
    struct in6_addr ignored;
    auto_string *terminated = bytes_to_string(text);

    terminated[strcspn(terminated, "%")] = '\0';
    return inet_pton(AF_INET6, terminated, &ignored) == 1;
}

/* *port: what stands behind the colon; at NULL when there is no colon. */
static bool split(const char *text, struct bytes *host, struct bytes *port)
{
    const struct bytes whole = bytes_of_string(text);
    const char *const colon = strrchr(text, ':');

    *host = whole;
    *port = BYTES_NONE;
    if (text[0] == '[') {
        const char *const bracket = strchr(text, ']');
        if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':'))
            return false;
        *host = bytes_of(text + 1, (size_t)(bracket - text) - 1);
        if (bracket[1] == ':')
            *port = bytes_of_string(bracket + 2);
        return is_ipv6(*host);
    }
    if (colon == NULL || is_ipv6(whole))
        return true;
    *host = bytes_of(text, (size_t)(colon - text));
    *port = bytes_of_string(colon + 1);
    return memchr(host->at, ':', host->len) == NULL;
}

/* RFC 3986, 3.2: unreserved, sub-delims and what separates the parts of an authority. */
static bool belongs_to_authority(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-._~!$&'()*+,;=:@[]", c) != NULL;
}

static void write_authority(const char *text, bool has_host, char *out, size_t size)
{
    int len = snprintf(out, size, "%s", has_host ? "" : DEFAULT_HOST);

    for (; *text != '\0'; text++) {
        if (belongs_to_authority(*text))
            len += snprintf(out + len, size - (size_t)len, "%c", *text);
        else
            len += snprintf(out + len, size - (size_t)len, "%%%02X", (unsigned char)*text);
    }
}

bool marble_address_parse(const char *text, struct marble_address *address, struct err *err)
{
    struct bytes host = BYTES_NONE, port = BYTES_NONE;
    uint16_t number = 0;

    *address = (struct marble_address){ 0 };
    if (strlen(text) >= sizeof address->host)
        return err_set(err, FAIL_MALFORMED, "address \"%.60s...\" is too long", text);
    if (text[0] == '\0' || !split(text, &host, &port))
        return err_set(err, FAIL_MALFORMED,
                       "address \"%s\": want host:port, :port or [IPv6 address]:port", text);
    if (port.at == NULL)
        port = BYTES_LITERAL(DEFAULT_PORT);
    if (!bytes_to_port(port, &number) || number == 0)
        return err_set(err, FAIL_MALFORMED, "address \"%s\": the port is no number from 1 to 65535",
                       text);
    (void)snprintf(address->port, sizeof address->port, "%u", number);
    write_authority(text, host.len > 0, address->authority, sizeof address->authority);
    if (host.len == 0)
        host = BYTES_LITERAL(DEFAULT_HOST);
    memcpy(address->host, host.at, host.len);
    return true;
}
