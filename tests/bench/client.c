/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include "figures.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

SSL_CTX *client_context(void)
{
    SSL_CTX *const context = SSL_CTX_new(TLS_client_method());

    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1)
        die("libssl gives no context");
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return context;
}

static int connect_to(uint16_t port)
{
    const struct sockaddr_in to = { .sin_family = AF_INET,
                                    .sin_port = htons(port),
                                    .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;

    if (fd < 0)
        die("socket: %s", strerror(errno));
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        if (errno != ECONNREFUSED)
            die("connect: %s", strerror(errno));
        (void)close(fd);
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

bool client_try_open(SSL_CTX *context, uint16_t port, struct client *client)
{
    *client = (struct client){ .fd = connect_to(port) };
    if (client->fd < 0)
        return false;
    client->ssl = SSL_new(context);
    if (client->ssl == NULL || SSL_set_fd(client->ssl, client->fd) != 1 ||
        SSL_connect(client->ssl) != 1)
        die("the TLS handshake fails");
    return true;
}

void client_open(SSL_CTX *context, uint16_t port, struct client *client)
{
    if (!client_try_open(context, port, client))
        die("nobody listens");
}

/* The end of the response's header, and in *length what comes after it; 0: not there yet. */
static size_t header_end(struct bytes in, size_t *length)
{
    static const char name[] = "content-length:";
    const uint8_t *const end = memmem(in.at, in.len, "\r\n\r\n", 4);

    if (end == NULL)
        return 0;
    const size_t header_len = (size_t)(end - in.at) + 4;
    *length = 0;
    for (size_t i = 0; i + sizeof name < header_len; i++) {
        if (bytes_equal_nocase(bytes_of(in.at + i, sizeof name - 1), name))
            *length = strtoul((const char *)in.at + i + sizeof name - 1, NULL, 10);
    }
    return header_len;
}

static void read_more(struct client *client)
{
    enum { PIECE = 16384 };
    size_t got = 0;

    uint8_t *const at = buf_grow(&client->in, PIECE);
    if (SSL_read_ex(client->ssl, at, PIECE, &got) != 1)
        die("the connection ends inside a response");
    buf_truncate(&client->in, client->in.len - PIECE + got);
}

int client_request(struct client *client, struct bytes request, struct bytes *body)
{
    size_t written = 0, header_len = 0, length = 0;

    buf_truncate(&client->in, 0);
    if (SSL_write_ex(client->ssl, request.at, request.len, &written) != 1 || written != request.len)
        die("a request cannot be sent");
    while (header_len == 0 || client->in.len < header_len + length) {
        read_more(client);
        header_len = header_end(buf_bytes(&client->in), &length);
    }
    *body = bytes_of(client->in.at + header_len, length);
    return atoi((const char *)client->in.at + sizeof "HTTP/1.1");
}

int client_post(struct client *client, const char *path, struct bytes content, struct bytes *body)
{
    auto_buf request = { 0 };

    buf_add_format(&request,
                   "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                   "Content-Length: %zu\r\n\r\n",
                   path, content.len);
    buf_add(&request, content);
    return client_request(client, buf_bytes(&request), body);
}

int client_status(struct client *client)
{
    static const char code[] = "\"code\":";
    struct bytes body;

    if (client_request(client,
                       BYTES_LITERAL("GET /api/v2/status HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                       &body) != 200)
        die("status is not answered with 200");
    const uint8_t *const at = memmem(body.at, body.len, code, sizeof code - 1);
    return at == NULL ? -1 : at[sizeof code - 1] - '0';
}

void client_close(struct client *client)
{
    (void)SSL_shutdown(client->ssl);
    SSL_free(client->ssl);
    (void)close(client->fd);
    buf_clear(&client->in);
}
