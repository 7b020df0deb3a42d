/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "net/internal.h"

static void respond_with(struct net_exchange *exchange, struct buf *body)
{
    struct http_response response = { .status = 200, .content_type = "text/plain", .body = *body };

    *body = (struct buf){ 0 };
    net_respond(exchange, &response);
}

struct later {
    struct net_exchange *exchange;
    struct buf body;
};

static void run_later(void *arg)
{
    struct later *const later = arg;

    client_sleep_ms(2);
    respond_with(later->exchange, &later->body);
    free(later);
}

static void respond_later(struct service *s, struct net_exchange *exchange, struct buf *body)
{
    struct later *const later = mem_alloc(sizeof *later);

    *later = (struct later){ exchange, *body };
    *body = (struct buf){ 0 };
    assert_true(pool_submit(s->pool, run_later, later));
}

static void hold(struct service *s, struct net_exchange *exchange)
{
    (void)pthread_mutex_lock(&s->lock);
    assert_true(s->held_count < COUNT_OF(s->held));
    s->held[s->held_count++] = exchange;
    (void)pthread_mutex_unlock(&s->lock);
}

static void add_many(struct buf *body, size_t len)
{
    memset(buf_grow(body, len), 'x', len);
}

static void note(struct service *s, const struct http_request *request)
{
    size_t i = 0;

    (void)pthread_mutex_lock(&s->lock);
    s->handled++;
    s->bodies += request->body.len;
    while (i < s->loop_count && !pthread_equal(s->loops[i], pthread_self()))
        i++;
    if (i == s->loop_count && i < COUNT_OF(s->loops))
        s->loops[s->loop_count++] = pthread_self();
    (void)pthread_mutex_unlock(&s->lock);
}

static void handle(void *arg, struct net_exchange *exchange, struct http_request *request)
{
    struct service *const s = arg;
    struct buf body = { 0 };

    note(s, request);
    if (strcmp(request->path, "/hold") == 0) {
        hold(s, exchange);
    } else if (strcmp(request->path, "/later") == 0) {
        respond_later(s, exchange, &request->body);
    } else {
        if (strcmp(request->path, "/echo") == 0)
            buf_add(&body, buf_bytes(&request->body));
        else if (strcmp(request->path, "/big") == 0)
            add_many(&body, strtoul(request->query, NULL, 10));
        else if (strcmp(request->path, "/who") == 0)
            buf_add_format(&body, "%s %zu", request->peer_address, request->peer_leaf_len);
        respond_with(exchange, &body);
    }
    http_request_clear(request);
}

static struct tls_identity *current_identity(void *arg)
{
    struct service *const s = arg;

    (void)pthread_mutex_lock(&s->lock);
    struct tls_identity *const identity = tls_identity_ref(s->identity);
    (void)pthread_mutex_unlock(&s->lock);
    return identity;
}

static void refused(void *arg, int status, const char *reason, struct http_response *response)
{
    (void)arg, (void)status;
    buf_add_format(&response->body, "refused: %s", reason);
}

void service_init(struct service *s)
{
    *s = (struct service){ 0 };
    s->log_fd = memfd_create("log", MFD_CLOEXEC);
    assert_true(s->log_fd >= 0);
    s->log = (struct log){ .fd = s->log_fd, .level = LOG_DEBUG };
    s->env = (struct env){ .random = env_random, .files = &files_posix, .log = &s->log };
    (void)pthread_mutex_init(&s->lock, NULL);
    s->listener = (struct net_listener){
        .address = "127.0.0.1:0",
        .plain = true,
        .identity = current_identity,
        .handler = handle,
        .on_refused = refused,
        .arg = s,
        .limits = {
            .http = { .header_bytes = 16384, .header_count = 64, .body_bytes = 4 << 20, .streams = 8 },
            .connections = 5000,
            .handshake_ms = 60000,
            .request_ms = 60000,
            .response_ms = 60000,
            .idle_ms = 60000,
        },
    };
}

void service_start(struct service *s, unsigned loops)
{
    struct err err = { 0 };

    s->pool = pool_new(2);
    s->net = net_new(&s->env, loops, &err);
    assert_ok(s->net != NULL, &err);
    assert_ok(net_listen(s->net, &s->listener, &s->port, &err), &err);
    assert_ok(net_start(s->net, &err), &err);
}

void service_release(struct service *s)
{
    struct buf body = { 0 };

    (void)pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->held_count; i++) {
        buf_add_string(&body, "released");
        respond_with(s->held[i], &body);
    }
    s->held_count = 0;
    (void)pthread_mutex_unlock(&s->lock);
}

static size_t read_locked(struct service *s, const size_t *value)
{
    (void)pthread_mutex_lock(&s->lock);
    const size_t now = *value;
    (void)pthread_mutex_unlock(&s->lock);
    return now;
}

size_t service_held(struct service *s)
{
    return read_locked(s, &s->held_count);
}

size_t service_handled(struct service *s)
{
    return read_locked(s, &s->handled);
}

void service_set_identity(struct service *s, struct tls_identity *identity)
{
    (void)pthread_mutex_lock(&s->lock);
    if (s->identity != NULL)
        tls_identity_free(s->identity);
    s->identity = identity;
    (void)pthread_mutex_unlock(&s->lock);
}

size_t service_log_count(struct service *s, const char *text)
{
    auto_buf all = { 0 };
    uint8_t piece[4096];
    size_t count = 0;

    for (ssize_t n; (n = pread(s->log_fd, piece, sizeof piece, (off_t)all.len)) > 0;)
        buf_add(&all, bytes_of(piece, (size_t)n));
    buf_add_u8(&all, 0);
    for (const char *at = (const char *)all.at; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

void service_clear(struct service *s)
{
    net_free(s->net);
    service_release(s);
    pool_free(s->pool);
    if (s->identity != NULL)
        tls_identity_free(s->identity);
    (void)pthread_mutex_destroy(&s->lock);
    (void)close(s->log_fd);
}

int client_connect_from(uint16_t port, const char *from, bool small)
{
    struct sockaddr_in local = { .sin_family = AF_INET };
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    const struct timeval limit = { .tv_sec = 20 };
    const int few = 4096;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(inet_pton(AF_INET, from, &local.sin_addr), 1);
    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &to.sin_addr), 1);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), 0);
    if (small)
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &few, sizeof few), 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&local, sizeof local), 0);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

int client_connect(uint16_t port)
{
    return client_connect_from(port, "127.0.0.1", false);
}

bool client_send(int fd, struct bytes data)
{
    while (data.len > 0) {
        const ssize_t n = send(fd, data.at, data.len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        data = bytes_of(data.at + n, data.len - (size_t)n);
    }
    return true;
}

bool client_send_text(int fd, const char *text)
{
    return client_send(fd, bytes_of_string(text));
}

/* False at the end of the stream. */
static bool read_more(int fd, struct buf *all)
{
    uint8_t piece[16384];
    const ssize_t n = recv(fd, piece, sizeof piece, 0);

    if (n < 0 && errno == EAGAIN)
        fail_msg("%s", "no bytes from the server for 20 s");
    if (n > 0)
        buf_add(all, bytes_of(piece, (size_t)n));
    return n > 0;
}

struct buf client_read_until(int fd, const char *end)
{
    struct buf all = { 0 };

    do {
        buf_reserve(&all, 1);
        all.at[all.len] = 0;
    } while ((end == NULL || strstr((const char *)all.at, end) == NULL) && read_more(fd, &all));
    return all;
}

struct buf client_read_all(int fd)
{
    return client_read_until(fd, NULL);
}

struct buf client_read_response(int fd, int *status)
{
    static const char length[] = "content-length: ";
    struct buf all = { 0 };
    uint8_t byte;

    while (all.len < 4 || memcmp(all.at + all.len - 4, "\r\n\r\n", 4) != 0) {
        const ssize_t n = recv(fd, &byte, 1, 0);
        if (n != 1)
            fail_msg("the connection ended inside a response: %.*s", BYTES_FMT(buf_bytes(&all)));
        buf_add_u8(&all, byte);
    }
    buf_add_u8(&all, 0);
    *status = atoi((const char *)all.at + strlen("HTTP/1.1 "));
    const char *const at = strcasestr((const char *)all.at, length);
    assert_non_null(at);
    size_t left = strtoul(at + sizeof length - 1, NULL, 10);
    buf_truncate(&all, 0);
    while (left > 0) {
        uint8_t *const place = buf_grow(&all, left);
        const ssize_t n = recv(fd, place, left, MSG_WAITALL);
        assert_true(n > 0);
        left -= (size_t)n;
        buf_truncate(&all, all.len - left);
    }
    return all;
}

bool client_sees_end(int fd)
{
    uint8_t piece[16384];
    ssize_t n;

    do
        n = recv(fd, piece, sizeof piece, 0);
    while (n > 0);
    return n == 0 || errno == ECONNRESET;
}

void client_vanish(int fd)
{
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)close(fd);
}

void client_sleep_ms(unsigned ms)
{
    const struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000 };

    (void)nanosleep(&time, NULL);
}

int64_t client_now_ms(void)
{
    return loop_now();
}
