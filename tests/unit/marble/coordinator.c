/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/tls.h"
#include "grpc/grpc.h"
#include "http/server.h"

struct coordinator {
    int listener;
    char address[32];
    pthread_t thread;
    bool stopped;
    answer_fn *answer;
    struct tls_identity *identity;
    struct tls_session *tls; /* of the connection that is served */
    struct http_server *http;
    unsigned seen;
    struct http_request last;
    struct buf peer;
};

static void on_request(void *arg, uint64_t exchange, struct http_request *request)
{
    struct coordinator *const c = arg;
    struct http_response response = { 0 };

    http_request_clear(&c->last);
    c->last = *request;
    *request = (struct http_request){ 0 };
    buf_clear(&c->peer);
    buf_add(&c->peer, tls_peer_leaf(c->tls));
    c->answer(c->seen++, &response);
    http_server_respond(c->http, exchange, &response);
    http_response_clear(&response);
}

static bool send_all(int fd, struct bytes data)
{
    while (data.len > 0) {
        const ssize_t sent = send(fd, data.at, data.len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data = bytes_of(data.at + sent, data.len - (size_t)sent);
    }
    return true;
}

static bool say(struct coordinator *c, int fd)
{
    auto_buf plain = { 0 }, out = { 0 };
    struct err err = { 0 };

    if (tls_established(c->tls)) {
        size_t before;
        do {
            before = plain.len;
            http_server_drain(c->http, &plain, 16384);
        } while (plain.len > before);
        if (plain.len > 0 && !tls_write(c->tls, buf_bytes(&plain), &err))
            return false;
    }
    return tls_drain(c->tls, &out, &err) && send_all(fd, buf_bytes(&out));
}

static bool hear(struct coordinator *c, int fd)
{
    uint8_t piece[16384];
    bool closed = false;
    struct err err = { 0 };
    auto_buf plain = { 0 };
    const ssize_t got = recv(fd, piece, sizeof piece, 0);

    return got > 0 && tls_feed(c->tls, bytes_of(piece, (size_t)got), &err) &&
           tls_read(c->tls, &plain, SIZE_MAX / 2, &closed, &err) &&
           http_server_feed(c->http, buf_bytes(&plain), &err) && !closed;
}

static void serve(struct coordinator *c, int fd)
{
    static const struct http_limits limits = { 65536, 100, 8 << 20, 10 };
    const struct http_server_events events = { .arg = c, .on_request = on_request };
    struct err err = { 0 };

    c->tls = tls_accept(c->identity, &err);
    c->http = http_server_new(HTTP_2, &limits, &events);
    assert(c->tls != NULL);
    bool open = true;
    while (open) {
        open = hear(c, fd);
        open = say(c, fd) && open;
    }
    http_server_free(c->http);
    tls_session_free(c->tls);
    (void)close(fd);
}

static void *run(void *arg)
{
    struct coordinator *const c = arg;

    for (int fd; (fd = accept(c->listener, NULL, NULL)) >= 0;)
        serve(c, fd);
    return NULL;
}

static struct tls_identity *make_identity(void)
{
    struct err err = { 0 };
    const struct cert_template template = { .valid_for_days = 1 };
    auto_key *key = key_generate(KEY_ECDSA, 384, &err);
    auto_cert *cert = cert_issue(&template, key, NULL, key, 1700000000, &err);
    struct tls_identity *const identity =
        tls_identity_new(cert, key, BYTES_LITERAL("\x02h2"), TLS_DEMAND_ALPN, &err);

    assert(identity != NULL);
    return identity;
}

struct coordinator *coordinator_start(answer_fn *answer)
{
    struct coordinator *const c = mem_zero_alloc(1, sizeof *c);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;

    c->answer = answer;
    c->identity = make_identity();
    c->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(c->listener, (struct sockaddr *)&at, len) != 0 || listen(c->listener, 8) != 0 ||
        getsockname(c->listener, (struct sockaddr *)&at, &len) != 0 ||
        pthread_create(&c->thread, NULL, run, c) != 0)
        abort();
    (void)snprintf(c->address, sizeof c->address, "127.0.0.1:%u", ntohs(at.sin_port));
    return c;
}

const char *coordinator_address(const struct coordinator *c)
{
    return c->address;
}

void coordinator_stop(struct coordinator *c)
{
    if (c->stopped)
        return;
    c->stopped = true;
    (void)shutdown(c->listener, SHUT_RDWR); /* ends accept */
    (void)pthread_join(c->thread, NULL);
    (void)close(c->listener);
}

unsigned coordinator_seen(const struct coordinator *c)
{
    return c->seen;
}

struct bytes coordinator_message(const struct coordinator *c)
{
    struct bytes message = BYTES_NONE;
    enum grpc_status status;
    struct err err = { 0 };

    return grpc_unframe(buf_bytes(&c->last.body), &message, &status, &err) ? message : BYTES_NONE;
}

struct bytes coordinator_peer(const struct coordinator *c)
{
    return buf_bytes(&c->peer);
}

const char *coordinator_field(const struct coordinator *c, const char *name)
{
    return http_request_field(&c->last, name);
}

void coordinator_free(struct coordinator *c)
{
    if (c == NULL)
        return;
    coordinator_stop(c);
    http_request_clear(&c->last);
    buf_clear(&c->peer);
    tls_identity_free(c->identity);
    free(c);
}
