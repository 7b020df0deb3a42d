/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: t\r\n\r\n"
#define ALPN_BOTH BYTES_LITERAL("\x02h2\x08http/1.1")
#define ALPN_H2 BYTES_LITERAL("\x02h2")
#define ALPN_HTTP11 BYTES_LITERAL("\x08http/1.1")

/* A self-signed P-256 certificate with its key. */
struct pair {
    struct key *key;
    struct cert *cert;
};

static struct pair make_pair(const char *common_name)
{
    struct err err = { 0 };
    struct pair pair = { key_generate(KEY_ECDSA, 256, &err), NULL };

    assert_ok(pair.key != NULL, &err);
    pair.cert =
        cert_issue_ca(common_name, NULL, 0, pair.key, NULL, pair.key, (int64_t)time(NULL), &err);
    assert_ok(pair.cert != NULL, &err);
    return pair;
}

static void free_pair(struct pair *pair)
{
    cert_free(pair->cert);
    key_free(pair->key);
}

static void use_identity(struct service *s, const char *common_name, bool demand_alpn)
{
    struct err err = { 0 };
    struct pair pair = make_pair(common_name);

    struct tls_identity *const identity =
        tls_identity_new(pair.cert, pair.key, demand_alpn ? ALPN_H2 : ALPN_BOTH,
                         demand_alpn ? TLS_DEMAND_ALPN : TLS_DEMAND_NOTHING, &err);
    assert_ok(identity != NULL, &err);
    service_set_identity(s, identity);
    free_pair(&pair);
}

static void init_tls(struct service *s)
{
    service_init(s);
    s->listener.plain = false;
    use_identity(s, "first", false);
}

struct client {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
};

/* alpn empty: none is offered. pair NULL: no client certificate. NULL-pointer ssl on failure. */
static struct client connect_tls(uint16_t port, struct bytes alpn, const struct pair *pair)
{
    struct client c = { client_connect(port), SSL_CTX_new(TLS_client_method()), NULL };
    struct err err = { 0 };

    assert_non_null(c.ctx);
    if (pair != NULL) {
        const struct bytes der = cert_der(pair->cert);
        auto_buf key = { 0 };
        assert_ok(key_private_sec1(pair->key, &key, &err), &err);
        assert_int_equal(SSL_CTX_use_certificate_ASN1(c.ctx, (int)der.len, der.at), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, c.ctx, key.at, (long)key.len), 1);
    }
    c.ssl = SSL_new(c.ctx);
    assert_non_null(c.ssl);
    if (alpn.len > 0)
        assert_int_equal(SSL_set_alpn_protos(c.ssl, alpn.at, (unsigned)alpn.len), 0);
    assert_int_equal(SSL_set_fd(c.ssl, c.fd), 1);
    return c;
}

static struct client tls_client(uint16_t port, struct bytes alpn, const struct pair *pair)
{
    const struct client c = connect_tls(port, alpn, pair);

    assert_int_equal(SSL_connect(c.ssl), 1);
    return c;
}

static void tls_client_free(struct client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    (void)close(c->fd);
}

static void tls_send(struct client *c, const char *text)
{
    assert_int_equal(SSL_write(c->ssl, text, (int)strlen(text)), (int)strlen(text));
}

/* Reads until `end` has come or the server says close_notify. */
static struct buf tls_read_until(struct client *c, const char *end)
{
    struct buf all = { 0 };
    uint8_t piece[16384];
    int n;

    do {
        n = SSL_read(c->ssl, piece, sizeof piece);
        if (n <= 0 && SSL_get_error(c->ssl, n) != SSL_ERROR_ZERO_RETURN)
            fail_msg("TLS error %d instead of %s", SSL_get_error(c->ssl, n), end);
        buf_add(&all, bytes_of(piece, n > 0 ? (size_t)n : 0));
        buf_reserve(&all, 1);
        all.at[all.len] = 0;
    } while (n > 0 && strstr((const char *)all.at, end) == NULL);
    return all;
}

static void tls_expect(struct client *c, const char *text)
{
    auto_buf all = tls_read_until(c, text);

    if (strstr((const char *)all.at, text) == NULL)
        fail_msg("the server closed before: %s", text);
}

static void requests_are_answered_over_tls_with_and_without_alpn(void **state)
{
    const struct bytes offers[] = { BYTES_NONE, ALPN_HTTP11 };
    struct service s;

    (void)state;
    init_tls(&s);
    service_start(&s, 2);
    for (size_t i = 0; i < COUNT_OF(offers); i++) {
        struct client c = tls_client(s.port, offers[i], NULL);
        tls_send(&c, "POST /later HTTP/1.1\r\nHost: t\r\nContent-Length: 6\r\n\r\nfirst!");
        tls_expect(&c, "first!");
        tls_send(&c, GET("/hold") "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n2!");
        wait_until(service_held(&s) == 1);
        service_release(&s);
        tls_expect(&c, "2!");
        tls_client_free(&c);
    }
    wait_until(net_counts(s.net).connections == 0);
    service_clear(&s);
}

static void the_leaf_of_the_client_reaches_the_handler(void **state)
{
    struct service s;
    struct pair pair = make_pair("client");
    char want[32];

    (void)state;
    init_tls(&s);
    service_start(&s, 1);
    struct client c = tls_client(s.port, BYTES_NONE, &pair);
    tls_send(&c, GET("/who"));
    (void)snprintf(want, sizeof want, " %zu", cert_der(pair.cert).len);
    tls_expect(&c, want);
    tls_client_free(&c);
    service_clear(&s);
    free_pair(&pair);
}

static void the_connection_ends_with_close_notify(void **state)
{
    struct service s;

    (void)state;
    init_tls(&s);
    service_start(&s, 1);
    struct client c = tls_client(s.port, BYTES_NONE, NULL);
    tls_send(&c, "GET /big?100000 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    auto_buf all = tls_read_until(&c, "never"); /* fails at an end without close_notify */
    assert_true(all.len > 100000);
    (void)SSL_shutdown(c.ssl);
    tls_client_free(&c);
    wait_until(net_counts(s.net).connections == 0);
    service_clear(&s);
}

static void large_bodies_go_both_ways_over_tls(void **state)
{
    enum { LEN = 2 << 20 };
    struct service s;
    auto_buf body = { 0 };

    (void)state;
    init_tls(&s);
    service_start(&s, 1);
    struct client c = tls_client(s.port, BYTES_NONE, NULL);
    buf_add_string(&body, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2097152\r\n\r\n");
    memset(buf_grow(&body, LEN), 'b', LEN);
    memcpy(body.at + body.len - 4, "end!", 4);
    assert_int_equal(SSL_write(c.ssl, body.at, (int)body.len), (int)body.len);
    auto_buf back = tls_read_until(&c, "end!");
    assert_true(back.len > LEN);
    assert_memory_equal(back.at + back.len - LEN, body.at + body.len - LEN, LEN);
    tls_client_free(&c);
    service_clear(&s);
}

static void each_connection_gets_the_identity_of_its_time(void **state)
{
    static const char *const names[] = { "first", "second" };
    struct service s;
    char name[64];

    (void)state;
    init_tls(&s);
    service_start(&s, 1);
    struct client before = tls_client(s.port, BYTES_NONE, NULL);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (i > 0)
            use_identity(&s, names[i], false);
        struct client c = tls_client(s.port, BYTES_NONE, NULL);
        X509 *const cert = SSL_get1_peer_certificate(c.ssl);
        assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name,
                                              sizeof name) > 0);
        assert_string_equal(name, names[i]);
        X509_free(cert);
        tls_client_free(&c);
    }
    tls_send(&before, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nold");
    tls_expect(&before, "old");
    tls_client_free(&before);
    service_clear(&s);
}

static void garbage_instead_of_tls_gets_an_alert(void **state)
{
    struct service s;

    (void)state;
    init_tls(&s);
    service_start(&s, 1);
    const int fd = client_connect(s.port), plain = client_connect(s.port);
    assert_true(client_send(fd, BYTES_LITERAL("\x16\x03\x01\x00\x07garbage")));
    auto_buf all = client_read_all(fd);
    assert_true(all.len == 7 && all.at[0] == 21); /* one record of content type alert */
    (void)close(fd);
    assert_true(client_send_text(plain, GET("/echo")));
    assert_true(client_sees_end(plain));
    (void)close(plain);
    wait_until(net_counts(s.net).connections == 0);
    assert_int_equal(service_log_count(&s, "TLS handshake failed"), 2);
    assert_int_equal(service_handled(&s), 0);
    service_clear(&s);
}

static void a_handshake_that_takes_too_long_is_cut(void **state)
{
    struct service s;

    (void)state;
    init_tls(&s);
    s.listener.limits.handshake_ms = 300;
    service_start(&s, 1);
    const int silent = client_connect(s.port), dripping = client_connect(s.port);
    /* The head of a ClientHello of 512 bytes, and then one byte after the other. */
    bool open =
        client_send(dripping, BYTES_LITERAL("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"));
    for (unsigned i = 0; i < 400 && open; i++) {
        open = client_send(dripping, BYTES_LITERAL("x"));
        client_sleep_ms(20);
    }
    assert_false(open);
    assert_true(client_sees_end(silent));
    assert_int_equal(service_log_count(&s, "TLS handshake takes too long"), 2);
    (void)close(silent);
    (void)close(dripping);
    service_clear(&s);
}

static void a_client_may_leave_during_the_handshake(void **state)
{
    struct service s;

    (void)state;
    init_tls(&s);
    service_start(&s, 2);
    for (unsigned i = 0; i < 20; i++) {
        const int fd = client_connect(s.port);
        assert_true(client_send(fd, BYTES_LITERAL("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")));
        if (i % 2 == 0)
            client_vanish(fd);
        else
            (void)close(fd);
    }
    wait_until(net_counts(s.net).connections == 0);
    service_clear(&s);
}

static void a_listener_for_http2_refuses_clients_without_it(void **state)
{
    const struct bytes offers[] = { BYTES_NONE, ALPN_HTTP11 };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(offers); i++) {
        struct service s;
        uint8_t byte;
        init_tls(&s);
        const bool required = i >= COUNT_OF(offers);
        if (required)
            use_identity(&s, "required", true);
        s.listener.http2_only = true;
        service_start(&s, 1);
        struct client c = connect_tls(s.port, offers[i % COUNT_OF(offers)], NULL);
        /* The identity alone decides during the handshake, the listener after it. */
        if (SSL_connect(c.ssl) == 1) {
            assert_false(required);
            const int n = SSL_read(c.ssl, &byte, 1); /* not one frame, only close_notify */
            assert_int_equal(SSL_get_error(c.ssl, n), SSL_ERROR_ZERO_RETURN);
        }
        tls_client_free(&c);
        wait_until(net_counts(s.net).connections == 0);
        assert_int_equal(service_handled(&s), 0);
        service_clear(&s);
    }
}

/* A blocking client of HTTP/2. */
struct h2 {
    struct client c;
    nghttp2_session *session;
    struct buf bodies; /* of all streams, in the order in which they came */
    unsigned answered; /* streams that ended well */
    bool goaway, ended;
};

static ssize_t h2_send(nghttp2_session *session, const uint8_t *data, size_t len, int flags,
                       void *arg)
{
    struct h2 *const h2 = arg;

    (void)session, (void)flags;
    return SSL_write(h2->c.ssl, data, (int)len) == (int)len ? (ssize_t)len
                                                            : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int h2_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *arg)
{
    (void)session, (void)flags, (void)stream;
    buf_add(&((struct h2 *)arg)->bodies, bytes_of(data, len));
    return 0;
}

static int h2_closed(nghttp2_session *session, int32_t stream, uint32_t error, void *arg)
{
    (void)session, (void)stream;
    ((struct h2 *)arg)->answered += error == NGHTTP2_NO_ERROR;
    return 0;
}

static int h2_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        ((struct h2 *)arg)->goaway = true;
    return 0;
}

static void h2_open(struct h2 *h2, uint16_t port, uint32_t window)
{
    const nghttp2_settings_entry setting = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window };
    nghttp2_session_callbacks *callbacks = NULL;

    *h2 = (struct h2){ .c = tls_client(port, ALPN_BOTH, NULL) };
    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    nghttp2_session_callbacks_set_send_callback(callbacks, h2_send);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, h2_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, h2_closed);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, h2_frame);
    assert_int_equal(nghttp2_session_client_new(&h2->session, callbacks, h2), 0);
    nghttp2_session_callbacks_del(callbacks);
    assert_int_equal(nghttp2_submit_settings(h2->session, 0, &setting, 1), 0);
}

static void h2_free(struct h2 *h2)
{
    nghttp2_session_del(h2->session);
    buf_clear(&h2->bodies);
    tls_client_free(&h2->c);
}

/* The body of a request: nothing until `finished`, then its end. */
static ssize_t late_end(nghttp2_session *session, int32_t stream, uint8_t *to, size_t len,
                        uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    (void)session, (void)stream, (void)to, (void)len, (void)arg;
    if (!*(const bool *)source->ptr)
        return NGHTTP2_ERR_DEFERRED;
    *flags = NGHTTP2_DATA_FLAG_EOF;
    return 0;
}

static nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){ (uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                         strlen(value), NGHTTP2_NV_FLAG_NONE };
}

/* finished: NULL for a request without body; otherwise it ends when that is true. */
static int32_t h2_request(struct h2 *h2, const char *path, bool *finished)
{
    const nghttp2_nv fields[] = { field(":method", finished != NULL ? "POST" : "GET"),
                                  field(":scheme", "https"), field(":path", path),
                                  field(":authority", "t") };
    const nghttp2_data_provider body = { { .ptr = finished }, late_end };
    const int32_t stream = nghttp2_submit_request(h2->session, NULL, fields, COUNT_OF(fields),
                                                  finished != NULL ? &body : NULL, NULL);

    assert_true(stream > 0);
    return stream;
}

/* One step: sends what waits and reads once. */
static void h2_step(struct h2 *h2)
{
    uint8_t piece[16384];

    (void)nghttp2_session_send(h2->session);
    const int n = SSL_read(h2->c.ssl, piece, sizeof piece);
    if (n <= 0)
        h2->ended = true;
    else
        assert_int_equal(nghttp2_session_mem_recv(h2->session, piece, (size_t)n), n);
}

static void h2_until_answered(struct h2 *h2, unsigned count)
{
    while (h2->answered < count && !h2->ended)
        h2_step(h2);
    assert_int_equal(h2->answered, count);
}

static void h2_until_ended(struct h2 *h2)
{
    while (!h2->ended)
        h2_step(h2);
}

static void streams_of_http2_are_answered_in_any_order(void **state)
{
    struct service s;
    struct h2 h2;

    (void)state;
    init_tls(&s);
    s.listener.http2_only = true;
    service_start(&s, 2);
    h2_open(&h2, s.port, 65535);
    (void)h2_request(&h2, "/hold", NULL);
    (void)h2_request(&h2, "/later", NULL);
    (void)h2_request(&h2, "/big?5", NULL);
    h2_until_answered(&h2, 2);
    assert_bytes_equal(buf_bytes(&h2.bodies), BYTES_LITERAL("xxxxx"));
    wait_until(service_held(&s) == 1);
    service_release(&s);
    h2_until_answered(&h2, 3);
    assert_bytes_equal(buf_bytes(&h2.bodies), BYTES_LITERAL("xxxxxreleased"));
    (void)h2_request(&h2, "/big?1000000", NULL);
    h2_until_answered(&h2, 4);
    assert_int_equal(h2.bodies.len, 1000013);
    h2_free(&h2);
    wait_until(net_counts(s.net).connections == 0);
    service_clear(&s);
}

static void an_idle_http2_connection_ends_with_goaway(void **state)
{
    struct service s;
    struct h2 h2;

    (void)state;
    init_tls(&s);
    s.listener.limits.idle_ms = 300;
    service_start(&s, 1);
    h2_open(&h2, s.port, 65535);
    (void)h2_request(&h2, "/echo", NULL);
    h2_until_ended(&h2);
    assert_int_equal(h2.answered, 1);
    assert_true(h2.goaway);
    h2_free(&h2);
    service_clear(&s);
}

static void a_response_that_flow_control_holds_back_is_cut(void **state)
{
    struct service s;
    struct h2 h2;

    (void)state;
    init_tls(&s);
    s.listener.limits.response_ms = s.listener.limits.idle_ms = 300;
    service_start(&s, 1);
    h2_open(&h2, s.port, 0);
    (void)h2_request(&h2, "/big?1000", NULL);
    h2_until_ended(&h2);
    assert_int_equal(h2.answered, 0);
    assert_int_equal(h2.bodies.len, 0);
    h2_free(&h2);
    wait_until(net_counts(s.net).connections == 0);
    service_clear(&s);
}

static void a_stream_that_drips_is_cut_though_others_are_served(void **state)
{
    struct service s;
    struct h2 h2;
    unsigned asked = 0;
    bool never = false;

    (void)state;
    init_tls(&s);
    s.listener.limits.request_ms = 1000;
    service_start(&s, 1);
    h2_open(&h2, s.port, 65535);
    (void)h2_request(&h2, "/echo", &never);
    while (!h2.ended && asked < 2000) {
        (void)h2_request(&h2, "/later", NULL);
        asked++;
        while (h2.answered < asked && !h2.ended)
            h2_step(&h2);
        client_sleep_ms(10);
    }
    assert_true(h2.ended && asked > 1 && asked < 2000);
    assert_int_equal(service_log_count(&s, "request takes too long"), 1);
    h2_free(&h2);
    service_clear(&s);
}

/* At every moment one of them is arriving, but none for longer than the deadline. */
static void streams_that_overlap_have_a_deadline_each(void **state)
{
    enum { COUNT = 8 };
    struct service s;
    struct h2 h2;
    bool finished[COUNT + 1] = { false };
    int32_t streams[COUNT + 1];

    (void)state;
    init_tls(&s);
    s.listener.limits.request_ms = 2000;
    service_start(&s, 1);
    h2_open(&h2, s.port, 65535);
    streams[0] = h2_request(&h2, "/echo", &finished[0]);
    for (unsigned i = 0; i < COUNT; i++) {
        streams[i + 1] = h2_request(&h2, "/echo", &finished[i + 1]);
        assert_int_equal(nghttp2_session_send(h2.session), 0);
        client_sleep_ms(400);
        finished[i] = true;
        assert_int_equal(nghttp2_session_resume_data(h2.session, streams[i]), 0);
        h2_until_answered(&h2, i + 1);
    }
    h2_free(&h2);
    service_clear(&s);
}

static void streams_that_are_reset_at_once_do_not_pile_up(void **state)
{
    enum { COUNT = 150 }; /* the codec allows 200 resets at once */
    struct service s;
    struct h2 h2;

    (void)state;
    init_tls(&s);
    service_start(&s, 1);
    h2_open(&h2, s.port, 65535);
    (void)h2_request(&h2, "/echo", NULL);
    h2_until_answered(&h2, 1);
    for (unsigned i = 0; i < COUNT; i++) {
        const int32_t stream = h2_request(&h2, "/hold", NULL);
        assert_int_equal(nghttp2_session_send(h2.session), 0);
        assert_int_equal(
            nghttp2_submit_rst_stream(h2.session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL), 0);
        assert_int_equal(nghttp2_session_send(h2.session), 0);
        if (i < 20) /* so that the first ones come one by one */
            wait_until(service_handled(&s) >= (i < 14 ? i + 2 : 16));
    }
    client_sleep_ms(200);
    assert_true(service_held(&s) < 40); /* 8 streams are allowed */
    /* The rest comes when there is room again. */
    wait_until((service_release(&s), service_handled(&s) == COUNT + 1));
    h2_free(&h2);
    wait_until((service_release(&s), net_counts(s.net).requests == 0));
    wait_until(net_counts(s.net).connections == 0);
    service_clear(&s);
}

static void *release_soon(void *arg)
{
    client_sleep_ms(300);
    service_release(arg);
    return NULL;
}

static void *drain(void *arg)
{
    struct service *const s = arg;

    return net_drain(s->net, 20000) ? s : NULL;
}

static void net_drain_says_goaway_and_lets_open_streams_finish(void **state)
{
    struct service s;
    struct h2 h2;
    pthread_t releaser, drainer;
    void *drained = NULL;

    (void)state;
    init_tls(&s);
    service_start(&s, 2);
    h2_open(&h2, s.port, 65535);
    struct client idle = tls_client(s.port, BYTES_NONE, NULL);
    const int shaking = client_connect(s.port);
    (void)h2_request(&h2, "/hold", NULL);
    (void)h2_request(&h2, "/echo", NULL);
    h2_until_answered(&h2, 1);
    wait_until(service_held(&s) == 1 && net_counts(s.net).connections == 3);
    assert_int_equal(pthread_create(&releaser, NULL, release_soon, &s), 0);
    assert_int_equal(pthread_create(&drainer, NULL, drain, &s), 0);
    h2_until_ended(&h2);
    assert_int_equal(h2.answered, 2);
    assert_true(h2.goaway);
    assert_true(client_sees_end(shaking));
    auto_buf nothing = tls_read_until(&idle, "never");
    assert_int_equal(nothing.len, 0);
    (void)close(shaking);
    h2_free(&h2);
    tls_client_free(&idle);
    assert_int_equal(pthread_join(releaser, NULL), 0);
    assert_int_equal(pthread_join(drainer, &drained), 0);
    assert_non_null(drained);
    service_clear(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(requests_are_answered_over_tls_with_and_without_alpn),
    cmocka_unit_test(the_leaf_of_the_client_reaches_the_handler),
    cmocka_unit_test(the_connection_ends_with_close_notify),
    cmocka_unit_test(large_bodies_go_both_ways_over_tls),
    cmocka_unit_test(each_connection_gets_the_identity_of_its_time),
    cmocka_unit_test(garbage_instead_of_tls_gets_an_alert),
    cmocka_unit_test(a_handshake_that_takes_too_long_is_cut),
    cmocka_unit_test(a_client_may_leave_during_the_handshake),
    cmocka_unit_test(a_listener_for_http2_refuses_clients_without_it),
    cmocka_unit_test(streams_of_http2_are_answered_in_any_order),
    cmocka_unit_test(an_idle_http2_connection_ends_with_goaway),
    cmocka_unit_test(a_response_that_flow_control_holds_back_is_cut),
    cmocka_unit_test(a_stream_that_drips_is_cut_though_others_are_served),
    cmocka_unit_test(streams_that_overlap_have_a_deadline_each),
    cmocka_unit_test(streams_that_are_reset_at_once_do_not_pile_up),
    cmocka_unit_test(net_drain_says_goaway_and_lets_open_streams_finish),
};
TEST_MAIN(tests)
