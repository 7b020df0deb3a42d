/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: t\r\n\r\n"
#define POST(path, length) "POST " path " HTTP/1.1\r\nHost: t\r\nContent-Length: " length "\r\n\r\n"

static size_t open_connections(const struct service *s)
{
    return net_counts(s->net).connections;
}

static void assert_response(int fd, const char *want)
{
    int status = 0;
    auto_buf body = client_read_response(fd, &status);

    assert_int_equal(status, 200);
    assert_bytes_equal(buf_bytes(&body), bytes_of_string(want));
}

static void requests_on_one_connection_are_answered(void **state)
{
    struct service s;
    struct sockaddr_in local;
    socklen_t len = sizeof local;
    char want[64];

    (void)state;
    service_init(&s);
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    assert_true(client_send_text(fd, POST("/echo", "5") "hello"));
    assert_response(fd, "hello");
    assert_true(client_send_text(fd, GET("/who")));
    assert_int_equal(getsockname(fd, (struct sockaddr *)&local, &len), 0);
    (void)snprintf(want, sizeof want, "127.0.0.1:%u 0", ntohs(local.sin_port));
    assert_response(fd, want);
    assert_int_equal(open_connections(&s), 1);
    (void)close(fd);
    wait_until(open_connections(&s) == 0);
    assert_int_equal(net_counts(s.net).requests, 0);
    service_clear(&s);
}

static void answers_come_from_another_thread(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    service_start(&s, 2);
    const int fd = client_connect(s.port);
    for (unsigned i = 0; i < 50; i++) {
        assert_true(client_send_text(fd, POST("/later", "5") "other"));
        assert_response(fd, "other");
    }
    (void)close(fd);
    service_clear(&s);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    for (unsigned i = 0; i < 20; i++)
        assert_true(client_send_text(
            fd, POST("/later", "1") "a" POST("/echo", "2") "bc" POST("/later", "0")));
    for (unsigned i = 0; i < 20; i++) {
        assert_response(fd, "a");
        assert_response(fd, "bc");
        assert_response(fd, "");
    }
    (void)close(fd);
    service_clear(&s);
}

struct sender {
    int fd;
    struct buf data;
};

static void *send_all(void *arg)
{
    const struct sender *const sender = arg;

    (void)client_send(sender->fd, buf_bytes(&sender->data));
    return NULL;
}

/* More than the codec would keep: it waits in the kernel, and the client waits with it. */
static void pipelined_requests_wait_unread_while_one_is_in_flight(void **state)
{
    enum { COUNT = 400 };
    struct service s;
    pthread_t thread;
    auto_buf body = { 0 };

    (void)state;
    service_init(&s);
    s.listener.limits.http.body_bytes = 8192;
    service_start(&s, 1);
    struct sender sender = { client_connect(s.port), { 0 } };
    memset(buf_grow(&body, 8192), 'b', 8192);
    buf_add_string(&sender.data, GET("/hold"));
    for (unsigned i = 0; i < COUNT; i++) {
        buf_add_string(&sender.data, POST("/who", "8192"));
        buf_add(&sender.data, buf_bytes(&body));
    }
    assert_int_equal(pthread_create(&thread, NULL, send_all, &sender), 0);
    wait_until(service_held(&s) == 1);
    client_sleep_ms(200);
    service_release(&s);
    assert_response(sender.fd, "released");
    for (unsigned i = 0; i < COUNT; i++) {
        int status = 0;
        auto_buf answer = client_read_response(sender.fd, &status);
        assert_int_equal(status, 200);
        assert_true(answer.len > 0);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(sender.fd);
    buf_clear(&sender.data);
    service_clear(&s);
}

static void a_large_body_goes_both_ways(void **state)
{
    enum { LEN = 3 << 20 };
    struct service s;
    auto_buf body = { 0 };
    int status = 0;

    (void)state;
    service_init(&s);
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    memset(buf_grow(&body, LEN), 'b', LEN);
    assert_true(client_send_text(fd, POST("/echo", "3145728")));
    assert_true(client_send(fd, buf_bytes(&body)));
    auto_buf back = client_read_response(fd, &status);
    assert_int_equal(status, 200);
    assert_bytes_equal(buf_bytes(&back), buf_bytes(&body));
    (void)close(fd);
    service_clear(&s);
}

static void a_client_that_has_shut_its_side_gets_its_answer(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    assert_true(client_send_text(fd, GET("/hold") GET("/later")));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    wait_until(service_held(&s) == 1);
    service_release(&s);
    assert_response(fd, "released");
    assert_response(fd, "");
    assert_true(client_sees_end(fd));
    (void)close(fd);
    wait_until(open_connections(&s) == 0);
    service_clear(&s);
}

static void the_refusal_of_a_body_reaches_a_client_that_still_sends(void **state)
{
    struct service s;
    auto_buf body = { 0 };

    (void)state;
    service_init(&s);
    s.listener.limits.http.body_bytes = 1000;
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    memset(buf_grow(&body, 32768), 'b', 32768);
    assert_true(client_send_text(fd, POST("/echo", "32768")));
    wait_until(service_log_count(&s, "Request refused") == 1);
    assert_true(client_send(fd, bytes_of(body.at, 16384)));
    client_sleep_ms(50); /* a reset, if there were one, would be here */
    assert_true(client_send(fd, bytes_of(body.at, 16384)));
    auto_buf all = client_read_all(fd);
    assert_non_null(strstr((const char *)all.at, "HTTP/1.1 413"));
    assert_non_null(strstr((const char *)all.at, "refused: "));
    (void)close(fd);
    wait_until(open_connections(&s) == 0);
    assert_int_equal(service_handled(&s), 0);
    service_clear(&s);
}

static void a_client_that_never_closes_is_cut_after_the_last_response(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    assert_true(client_send_text(fd, "GET /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"));
    assert_true(client_sees_end(fd));
    wait_until(open_connections(&s) == 0); /* the client has not closed */
    (void)close(fd);
    service_clear(&s);
}

static void a_client_that_sends_on_after_the_last_response_is_cut(void **state)
{
    struct service s;
    auto_buf more = { 0 };
    unsigned megabytes = 0;

    (void)state;
    service_init(&s);
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    memset(buf_grow(&more, 1 << 20), 'm', 1 << 20);
    assert_true(client_send_text(fd, "nonsense\r\n\r\n"));
    while (megabytes < 200 && client_send(fd, buf_bytes(&more)))
        megabytes++;
    assert_true(megabytes < 64); /* what the kernel keeps, not what a second of reading takes */
    (void)close(fd);
    wait_until(open_connections(&s) == 0);
    service_clear(&s);
}

static void a_request_that_drips_is_cut_by_the_deadline_of_the_whole(void **state)
{
    struct service s;
    unsigned sent = 0;

    (void)state;
    service_init(&s);
    s.listener.limits.request_ms = 500;
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    /* 20 s of bytes at 20 ms each: every pause is far below the deadline. */
    assert_true(client_send_text(fd, POST("/echo", "1000")));
    while (sent < 1000 && client_send_text(fd, "b")) {
        sent++;
        client_sleep_ms(20);
    }
    assert_true(sent < 1000);
    assert_true(client_sees_end(fd));
    (void)close(fd);
    assert_int_equal(service_handled(&s), 0);
    assert_int_equal(service_log_count(&s, "request takes too long"), 1);
    wait_until(open_connections(&s) == 0);
    service_clear(&s);
}

static void a_request_in_pieces_within_its_deadline_is_answered(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    for (const char *p = POST("/echo", "3") "abc"; *p != '\0'; p++)
        assert_true(client_send(fd, bytes_of(p, 1)));
    assert_response(fd, "abc");
    (void)close(fd);
    service_clear(&s);
}

/* The deadline is for the client: how long the handler takes does not count, and neither does the
 * time in which a piece of the next request waits behind it. */
static void a_handler_may_take_longer_than_all_deadlines(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    s.listener.limits.request_ms = s.listener.limits.response_ms = s.listener.limits.idle_ms = 200;
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    assert_true(client_send_text(fd, GET("/hold") "GET /ec"));
    wait_until(service_held(&s) == 1);
    client_sleep_ms(1000);
    service_release(&s);
    assert_response(fd, "released");
    assert_true(client_sees_end(fd));
    assert_int_equal(service_log_count(&s, "request takes too long"), 1);
    (void)close(fd);
    service_clear(&s);
}

static void a_client_that_does_not_read_is_bounded_and_cut(void **state)
{
    struct service s;
    struct buf requests = { 0 };

    (void)state;
    service_init(&s);
    s.listener.limits.response_ms = 1000;
    service_start(&s, 1);
    const int fd = client_connect_from(s.port, "127.0.0.1", true);
    for (unsigned i = 0; i < 500; i++)
        buf_add_string(&requests, GET("/big?4194304"));
    assert_true(client_send(fd, buf_bytes(&requests)));
    wait_until(service_log_count(&s, "response is not taken") == 1);
    /* Of 2 GB of responses only those were made that the kernel took, and one more. */
    assert_true(service_handled(&s) < 20);
    wait_until(open_connections(&s) == 0);
    assert_true(client_sees_end(fd));
    (void)close(fd);
    buf_clear(&requests);
    service_clear(&s);
}

static void a_client_that_reads_slowly_but_in_time_gets_all(void **state)
{
    enum { LEN = 1 << 20 };
    struct service s;
    uint8_t piece[65536];
    size_t got = 0;

    (void)state;
    service_init(&s);
    service_start(&s, 1);
    const int fd = client_connect_from(s.port, "127.0.0.1", true);
    assert_true(
        client_send_text(fd, "GET /big?1048576 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"));
    for (ssize_t n; (n = recv(fd, piece, sizeof piece, 0)) > 0; got += (size_t)n)
        client_sleep_ms(1);
    assert_true(got > LEN && got < LEN + 1000);
    (void)close(fd);
    service_clear(&s);
}

static void an_idle_connection_is_closed(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    s.listener.limits.idle_ms = 300;
    service_start(&s, 1);
    const int never = client_connect(s.port), used = client_connect(s.port);
    assert_true(client_send_text(used, GET("/echo")));
    assert_response(used, "");
    assert_true(client_sees_end(never));
    assert_true(client_sees_end(used));
    (void)close(never);
    (void)close(used);
    wait_until(open_connections(&s) == 0);
    service_clear(&s);
}

static void a_connection_that_is_used_outlives_the_idle_deadline(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    s.listener.limits.idle_ms = 3000;
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    for (const int64_t start = client_now_ms(); client_now_ms() - start < 4500;) {
        assert_true(client_send_text(fd, GET("/echo")));
        assert_response(fd, "");
        client_sleep_ms(100);
    }
    (void)close(fd);
    service_clear(&s);
}

static void two_thousand_idle_connections_are_held(void **state)
{
    enum { COUNT = 2000 };
    static int fds[COUNT];
    struct service s;
    struct rlimit files;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    if (files.rlim_cur < 2 * COUNT + 100)
        skip();
    service_init(&s);
    service_start(&s, 2);
    for (unsigned i = 0; i < COUNT; i++) {
        fds[i] = client_connect(s.port);
        assert_true(fds[i] >= 0);
    }
    wait_until(open_connections(&s) == COUNT);
    for (unsigned i = 0; i < COUNT; i += 100) {
        assert_true(client_send_text(fds[i], POST("/later", "2") "hi"));
        assert_response(fds[i], "hi");
    }
    for (unsigned i = 0; i < COUNT; i++)
        (void)close(fds[i]);
    wait_until(open_connections(&s) == 0);
    service_clear(&s);
}

static void loops_share_the_connections(void **state)
{
    enum { COUNT = 64 };
    struct service s;
    int fds[COUNT];

    (void)state;
    service_init(&s);
    service_start(&s, 4);
    for (unsigned i = 0; i < COUNT; i++) {
        fds[i] = client_connect(s.port);
        assert_true(client_send_text(fds[i], GET("/echo")));
        assert_response(fds[i], "");
    }
    assert_true(s.loop_count > 1);
    for (unsigned i = 0; i < COUNT; i++)
        (void)close(fds[i]);
    service_clear(&s);
}

static void the_newest_connection_is_refused_at_the_limit(void **state)
{
    struct service s;
    int fds[3];

    (void)state;
    service_init(&s);
    s.listener.limits.connections = 3;
    service_start(&s, 2);
    for (unsigned i = 0; i < 3; i++)
        fds[i] = client_connect(s.port);
    wait_until(open_connections(&s) == 3);
    for (unsigned i = 0; i < 5; i++) {
        const int refused = client_connect(s.port);
        assert_true(client_sees_end(refused));
        (void)close(refused);
    }
    assert_int_equal(service_log_count(&s, "Connection refused"), 1);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(client_send_text(fds[i], GET("/echo")));
        assert_response(fds[i], "");
    }
    (void)close(fds[0]);
    wait_until(open_connections(&s) == 2);
    fds[0] = client_connect(s.port);
    assert_true(client_send_text(fds[0], GET("/echo")));
    assert_response(fds[0], "");
    for (unsigned i = 0; i < 3; i++)
        (void)close(fds[i]);
    service_clear(&s);
}

static void each_source_has_a_limit_over_all_loops(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    s.listener.limits.connections_per_source = 2;
    service_start(&s, 4);
    const int a = client_connect(s.port), b = client_connect(s.port);
    wait_until(open_connections(&s) == 2);
    for (unsigned i = 0; i < 8; i++) {
        const int refused = client_connect(s.port);
        assert_true(client_sees_end(refused));
        (void)close(refused);
    }
    const int other = client_connect_from(s.port, "127.0.0.2", false);
    assert_true(client_send_text(other, GET("/echo")));
    assert_response(other, "");
    (void)close(a);
    wait_until(open_connections(&s) == 2);
    const int again = client_connect(s.port);
    assert_true(client_send_text(again, GET("/echo")));
    assert_response(again, "");
    (void)close(b);
    (void)close(other);
    (void)close(again);
    service_clear(&s);
}

static void without_file_descriptors_new_connections_are_refused_and_old_ones_served(void **state)
{
    struct service s;
    struct rlimit files, few;
    struct sockaddr_in to = { .sin_family = AF_INET };
    const struct timeval patience = { .tv_sec = 20 };
    int status = 0;

    (void)state;
    service_init(&s);
    service_start(&s, 1);
    const int old = client_connect(s.port);
    assert_true(client_send_text(old, GET("/echo")));
    assert_response(old, "");
    const int next = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(next, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    few = (struct rlimit){ (rlim_t)next + 1, files.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    to.sin_port = htons(s.port);
    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &to.sin_addr), 1);
    assert_int_equal(connect(next, (const struct sockaddr *)&to, sizeof to), 0);
    assert_true(client_sees_end(next));
    assert_true(client_send_text(old, GET("/echo")));
    auto_buf body = client_read_response(old, &status);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(status, 200);
    assert_int_equal(body.len, 0);
    assert_int_equal(service_log_count(&s, "No file descriptors left"), 1);
    (void)close(next);
    const int last = client_connect(s.port);
    assert_true(client_send_text(last, GET("/echo")));
    assert_response(last, "");
    (void)close(last);
    (void)close(old);
    service_clear(&s);
}

static void a_client_may_vanish_at_any_point(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    service_start(&s, 2);
    for (unsigned i = 0; i < 30; i++) {
        int fd = client_connect(s.port); /* in its request */
        assert_true(client_send_text(fd, POST("/echo", "1000") "only a part"));
        client_vanish(fd);
        fd = client_connect(s.port); /* in its response */
        assert_true(client_send_text(fd, GET("/big?4194304")));
        auto_buf some = client_read_until(fd, "xxx");
        assert_true(some.len > 0);
        client_vanish(fd);
        fd = client_connect(s.port); /* while the handler works */
        assert_true(client_send_text(fd, GET("/later") GET("/later")));
        client_vanish(fd);
        fd = client_connect(s.port);
        assert_true(client_send_text(fd, GET("/later")));
        (void)close(fd);
    }
    wait_until(open_connections(&s) == 0 && net_counts(s.net).requests == 0);
    service_clear(&s);
}

static void an_answer_to_a_client_that_is_gone_is_dropped(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    s.listener.limits.response_ms = 200;
    service_start(&s, 1);
    const int fd = client_connect(s.port);
    assert_true(client_send_text(fd, GET("/hold")));
    wait_until(service_held(&s) == 1);
    assert_int_equal(net_counts(s.net).requests, 1);
    client_vanish(fd);
    client_sleep_ms(50);
    service_release(&s);
    wait_until(open_connections(&s) == 0 && net_counts(s.net).requests == 0);
    const int next = client_connect(s.port);
    assert_true(client_send_text(next, GET("/echo")));
    assert_response(next, "");
    (void)close(next);
    service_clear(&s);
}

static void an_answer_may_come_after_net_free(void **state)
{
    struct service s;

    (void)state;
    service_init(&s);
    service_start(&s, 2);
    const int a = client_connect(s.port), b = client_connect(s.port);
    assert_true(client_send_text(a, GET("/hold")));
    assert_true(client_send_text(b, GET("/hold")));
    wait_until(service_held(&s) == 2);
    net_free(s.net);
    s.net = NULL;
    service_release(&s);
    assert_true(client_sees_end(a));
    (void)close(a);
    (void)close(b);
    service_clear(&s);
}

/* What the sanitizers watch: an answer may hold the last reference to what the loop was woken by. */
static void net_free_may_meet_answers_on_their_way(void **state)
{
    enum { CLIENTS = 4 };

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        struct service s;
        int fds[CLIENTS];
        service_init(&s);
        service_start(&s, 2);
        for (unsigned k = 0; k < CLIENTS; k++) {
            fds[k] = client_connect(s.port);
            assert_true(client_send_text(fds[k], GET("/later") GET("/later")));
        }
        wait_until(service_handled(&s) >= CLIENTS);
        net_free(TAKE(s.net));
        for (unsigned k = 0; k < CLIENTS; k++)
            (void)close(fds[k]);
        service_clear(&s);
    }
}

static void *release_soon(void *arg)
{
    client_sleep_ms(300);
    service_release(arg);
    return NULL;
}

static void net_drain_finishes_what_is_in_flight_and_refuses_the_rest(void **state)
{
    struct service s;
    pthread_t releaser;

    (void)state;
    service_init(&s);
    service_start(&s, 2);
    const int idle = client_connect(s.port), busy = client_connect(s.port),
              receiving = client_connect(s.port);
    assert_true(client_send_text(busy, GET("/hold") GET("/echo")));
    assert_true(client_send_text(receiving, POST("/echo", "4") "ab"));
    wait_until(service_held(&s) == 1 && open_connections(&s) == 3);
    assert_false(net_drain(s.net, 200));
    assert_true(client_sees_end(idle));
    assert_int_equal(client_connect(s.port), -1);
    assert_true(client_send_text(receiving, "cd"));
    assert_response(receiving, "abcd");
    assert_true(client_sees_end(receiving));
    assert_int_equal(pthread_create(&releaser, NULL, release_soon, &s), 0);
    assert_true(net_drain(s.net, 20000));
    assert_int_equal(pthread_join(releaser, NULL), 0);
    auto_buf answer = client_read_all(busy);
    assert_non_null(strstr((const char *)answer.at, "released"));
    assert_int_equal(service_handled(&s), 2); /* not the request behind the one in flight */
    (void)close(idle);
    (void)close(busy);
    (void)close(receiving);
    service_clear(&s);
}

static void net_drain_of_an_idle_or_unstarted_net_is_done_at_once(void **state)
{
    struct service s;
    struct err err = { 0 };
    const int64_t start = client_now_ms();

    (void)state;
    service_init(&s);
    service_start(&s, 3);
    const int idle = client_connect(s.port);
    wait_until(open_connections(&s) == 1);
    assert_true(net_drain(s.net, 120000));
    assert_true(net_drain(s.net, 120000));
    assert_true(client_now_ms() - start < 60000); /* woken, not timed out */
    (void)close(idle);
    struct net *const unstarted = net_new(&s.env, 2, &err);
    assert_ok(unstarted != NULL, &err);
    assert_true(net_drain(unstarted, 20000));
    net_free(unstarted);
    service_clear(&s);
}

static void net_listen_serves_both_families_without_a_host(void **state)
{
    struct service s;
    struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

    (void)state;
    service_init(&s);
    s.listener.address = ":0";
    service_start(&s, 2);
    const int four = client_connect(s.port);
    assert_true(client_send_text(four, GET("/who")));
    auto_buf mapped = client_read_until(four, " 0");
    assert_non_null(strstr((const char *)mapped.at, "\r\n\r\n127.0.0.1:"));
    const int six = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin6_port = htons(s.port);
    if (six >= 0 && connect(six, (const struct sockaddr *)&to, sizeof to) == 0) {
        assert_true(client_send_text(six, GET("/who")));
        auto_buf answer = client_read_until(six, " 0");
        assert_non_null(strstr((const char *)answer.at, "\r\n\r\n[::1]:"));
    }
    (void)close(four);
    (void)close(six);
    service_clear(&s);
}

static void net_listen_says_which_address_is_in_use(void **state)
{
    struct service first, second;
    struct err err = { 0 };
    char address[32];
    uint16_t port = 0;

    (void)state;
    service_init(&first);
    service_start(&first, 2);
    service_init(&second);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", first.port);
    second.listener.address = address;
    second.net = net_new(&second.env, 2, &err);
    assert_ok(second.net != NULL, &err);
    assert_false(net_listen(second.net, &second.listener, &port, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    assert_non_null(strstr(err.text, address));
    assert_non_null(strstr(err.text, "is another Coordinator running?"));
    second.listener.address = "192.0.2.1:0";
    assert_false(net_listen(second.net, &second.listener, &port, &err));
    assert_non_null(strstr(err.text, "192.0.2.1:0"));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    second.listener.address = "coordinator:4433";
    assert_false(net_listen(second.net, &second.listener, &port, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    service_clear(&second);
    service_clear(&first);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(requests_on_one_connection_are_answered),
    cmocka_unit_test(answers_come_from_another_thread),
    cmocka_unit_test(pipelined_requests_are_answered_in_order),
    cmocka_unit_test(pipelined_requests_wait_unread_while_one_is_in_flight),
    cmocka_unit_test(a_large_body_goes_both_ways),
    cmocka_unit_test(a_client_that_has_shut_its_side_gets_its_answer),
    cmocka_unit_test(the_refusal_of_a_body_reaches_a_client_that_still_sends),
    cmocka_unit_test(a_client_that_never_closes_is_cut_after_the_last_response),
    cmocka_unit_test(a_client_that_sends_on_after_the_last_response_is_cut),
    cmocka_unit_test(a_request_that_drips_is_cut_by_the_deadline_of_the_whole),
    cmocka_unit_test(a_request_in_pieces_within_its_deadline_is_answered),
    cmocka_unit_test(a_handler_may_take_longer_than_all_deadlines),
    cmocka_unit_test(a_client_that_does_not_read_is_bounded_and_cut),
    cmocka_unit_test(a_client_that_reads_slowly_but_in_time_gets_all),
    cmocka_unit_test(an_idle_connection_is_closed),
    cmocka_unit_test(a_connection_that_is_used_outlives_the_idle_deadline),
    cmocka_unit_test(two_thousand_idle_connections_are_held),
    cmocka_unit_test(loops_share_the_connections),
    cmocka_unit_test(the_newest_connection_is_refused_at_the_limit),
    cmocka_unit_test(each_source_has_a_limit_over_all_loops),
    cmocka_unit_test(without_file_descriptors_new_connections_are_refused_and_old_ones_served),
    cmocka_unit_test(a_client_may_vanish_at_any_point),
    cmocka_unit_test(an_answer_to_a_client_that_is_gone_is_dropped),
    cmocka_unit_test(an_answer_may_come_after_net_free),
    cmocka_unit_test(net_free_may_meet_answers_on_their_way),
    cmocka_unit_test(net_drain_finishes_what_is_in_flight_and_refuses_the_rest),
    cmocka_unit_test(net_drain_of_an_idle_or_unstarted_net_is_done_at_once),
    cmocka_unit_test(net_listen_serves_both_families_without_a_host),
    cmocka_unit_test(net_listen_says_which_address_is_in_use),
};
TEST_MAIN(tests)
