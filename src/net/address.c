/* SPDX-License-Identifier: Apache-2.0 */
#include "net/internal.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Splits at the colon before the port and takes the brackets off an IPv6 address. */
static bool split(const char *text, struct bytes *host, struct bytes *port)
{
    const char *const colon = strrchr(text, ':');

    if (colon == NULL)
        return false;
    *host = bytes_of(text, (size_t)(colon - text));
    *port = bytes_of_string(colon + 1);
    if (host->len > 0 && host->at[0] == '[') {
        if (host->len < 3 || host->at[host->len - 1] != ']')
            return false;
        *host = bytes_of(host->at + 1, host->len - 2);
        return memchr(host->at, ':', host->len) != NULL;
    }
    /* An IPv6 address without brackets: which colon is the last would be a guess. */
    return host->len == 0 || memchr(host->at, ':', host->len) == NULL;
}

static struct address any_ipv6(uint16_t port)
{
    struct address any = { .len = sizeof(struct sockaddr_in6), .port = port, .any = true };
    const struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

    memcpy(&any.at, &in6, sizeof in6);
    return any;
}

struct address address_any_ipv4(uint16_t port)
{
    struct address any = { .len = sizeof(struct sockaddr_in), .port = port };
    const struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

    memcpy(&any.at, &in, sizeof in);
    return any;
}

/* A number, or localhost: where a Coordinator listens must not depend on a name server. */
static bool resolve(const char *text, const char *host, uint16_t port, struct address *out,
                    struct err *err)
{
    const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char service[8];

    (void)snprintf(service, sizeof service, "%u", port);
    const char *const number = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    if (getaddrinfo(number, service, &hints, &found) != 0 || found == NULL)
        return err_set(err, FAIL_MALFORMED,
                       "address \"%.200s\": the host is neither an IP address nor localhost", text);
    *out = (struct address){ .len = found->ai_addrlen, .port = port };
    memcpy(&out->at, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

bool address_parse(const char *text, struct address *out, struct err *err)
{
    struct bytes host = BYTES_NONE, port_text = BYTES_NONE;
    uint16_t port = 0;

    if (!split(text, &host, &port_text) || !bytes_to_port(port_text, &port))
        return err_set(err, FAIL_MALFORMED,
                       "address \"%.200s\": want host:port, :port or [IPv6 address]:port", text);
    if (host.len == 0) {
        *out = any_ipv6(port);
        return true;
    }
    auto_string *name = bytes_to_string(host);
    return resolve(text, name, port, out, err);
}

uint16_t address_port(int fd)
{
    struct sockaddr_storage bound = { 0 };
    socklen_t len = sizeof bound;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
        return 0;
    memcpy(&in, &bound, sizeof in);
    memcpy(&in6, &bound, sizeof in6);
    return ntohs(bound.ss_family == AF_INET6 ? in6.sin6_port : in.sin_port);
}

struct source address_source(const struct sockaddr_storage *from)
{
    struct source source = { { [10] = 0xff, [11] = 0xff } };
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    if (from->ss_family == AF_INET6) {
        memcpy(&in6, from, sizeof in6);
        memcpy(source.at, &in6.sin6_addr, sizeof source.at);
    } else if (from->ss_family == AF_INET) {
        memcpy(&in, from, sizeof in);
        memcpy(source.at + 12, &in.sin_addr, 4);
    }
    return source;
}

void address_format(const struct sockaddr_storage *from, char out[static 64])
{
    const struct source source = address_source(from);
    struct sockaddr_in6 in6; /* the port is at the same place in both families */
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN] = "";

    memcpy(&in6, from, sizeof in6);
    memcpy(&address, source.at, sizeof address);
    const unsigned port = ntohs(in6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        (void)inet_ntop(AF_INET, source.at + 12, text, sizeof text);
        (void)snprintf(out, 64, "%s:%u", text, port);
        return;
    }
    (void)inet_ntop(AF_INET6, &address, text, sizeof text);
    (void)snprintf(out, 64, "[%s]:%u", text, port);
}
