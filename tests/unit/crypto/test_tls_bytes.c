/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_pair.h"

#include <malloc.h>

static struct buf read_all(struct pair *p, size_t max, bool *closed)
{
    struct buf all = { 0 };
    size_t before;

    do {
        before = all.len;
        assert_ok(tls_read(p->server, &all, max, closed, &p->err), &p->err);
        assert_true(all.len - before <= max);
    } while (all.len > before);
    return all;
}

static void data_arrives_whole_in_both_directions(void **state)
{
    const struct world *const w = *state;
    static const size_t lengths[] = { 1, 2, 255, 16383, 16384, 16385, 100000 };
    static const size_t steps[] = { 0, 1, 1000 }, maxima[] = { 1, 4096, 1u << 20 };

    for (size_t n = 0; n < COUNT_OF(lengths) * COUNT_OF(steps) * COUNT_OF(versions); n++) {
        const size_t len = lengths[n % COUNT_OF(lengths)];
        const size_t s = n / COUNT_OF(lengths) % COUNT_OF(steps);
        auto_pair p = pair_new(w->plain, versions[n / COUNT_OF(lengths) / COUNT_OF(steps)]);
        auto_buf sent = { 0 }, ciphertext = { 0 };
        bool closed;
        for (size_t i = 0; i < len; i++)
            buf_add_u8(&sent, (uint8_t)(i * 7 + i / 256));
        p.step = steps[s];
        pair_run(&p);
        pair_assert_done(&p);

        assert_int_equal(SSL_write(p.client, sent.at, (int)len), len);
        ciphertext = pair_take(&p);
        assert_true(pair_feed(&p, buf_bytes(&ciphertext)));
        auto_buf got = read_all(&p, maxima[s], &closed);
        assert_bytes_equal(buf_bytes(&got), buf_bytes(&sent));
        assert_false(closed);

        assert_ok(tls_write(p.server, buf_bytes(&sent), &p.err), &p.err);
        (void)pair_give(&p);
        uint8_t *const back = mem_alloc(len + 1);
        size_t have = 0;
        for (int one = 1; one > 0; have += (size_t)(one > 0 ? one : 0))
            one = SSL_read(p.client, back + have, (int)(len + 1 - have));
        assert_bytes_equal(bytes_of(back, have), buf_bytes(&sent));
        free(back);
    }
}

static void data_that_comes_with_the_end_of_the_handshake_is_kept(void **state)
{
    const struct world *const w = *state;
    auto_pair p = pair_new(w->plain, TLS1_3_VERSION);
    bool closed;

    pair_client_step(&p);
    auto_buf hello = pair_take(&p);
    assert_true(pair_feed(&p, buf_bytes(&hello)));
    (void)pair_give(&p);
    pair_client_step(&p); /* Finished */
    assert_int_equal(SSL_write(p.client, "early", 5), 5);
    auto_buf rest = pair_take(&p);
    assert_true(pair_feed(&p, buf_bytes(&rest)));
    assert_true(tls_established(p.server));
    auto_buf got = read_all(&p, 100, &closed);
    assert_bytes_equal(buf_bytes(&got), BYTES_LITERAL("early"));
}

/* Bytes in use; 0 under a sanitizer, whose allocator does not count here. */
static size_t memory_in_use(void)
{
    const struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void what_was_read_and_drained_is_not_kept(void **state)
{
    const struct world *const w = *state;
    auto_pair p = pair_new(w->plain, TLS1_3_VERSION);
    uint8_t block[16384] = { 0 };
    size_t before = 0;
    bool closed;

    pair_run(&p);
    pair_assert_done(&p);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(SSL_write(p.client, block, sizeof block), sizeof block);
        auto_buf sent = pair_take(&p);
        assert_true(pair_feed(&p, buf_bytes(&sent)));
        auto_buf got = read_all(&p, sizeof block, &closed);
        assert_int_equal(got.len, sizeof block);
        assert_ok(tls_write(p.server, BYTES_LITERAL("x"), &p.err), &p.err);
        auto_buf out = { 0 };
        assert_ok(tls_drain(p.server, &out, &p.err), &p.err);
        if (i == 0)
            before = memory_in_use();
    }
    assert_true(memory_in_use() <= before + 65536);
}

static void writing_nothing_sends_nothing(void **state)
{
    const struct world *const w = *state;
    auto_pair p = pair_new(w->plain, TLS1_3_VERSION);

    assert_false(tls_write(p.server, BYTES_LITERAL("x"), &p.err));
    pair_run(&p);
    pair_assert_done(&p);
    assert_ok(tls_write(p.server, BYTES_NONE, &p.err), &p.err);
    assert_int_equal(pair_give(&p), 0);
}

static void handshake_works_byte_by_byte(void **state)
{
    const struct world *const w = *state;

    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        auto_pair p = pair_new(w->plain, versions[i]);
        p.step = 1;
        pair_show(&p, &w->user);
        pair_run(&p);
        pair_assert_done(&p);
        assert_bytes_equal(tls_peer_leaf(p.server), cert_der(w->user.cert));
    }
}

static void no_prefix_of_a_handshake_establishes(void **state)
{
    const struct world *const w = *state;

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_pair p = pair_new(w->plain, versions[v]);
        pair_show(&p, &w->user);
        pair_client_step(&p);
        auto_buf hello = pair_take(&p);
        for (size_t len = 0; len < hello.len; len++) {
            struct err err = { 0 };
            auto_tls_session *session = tls_accept(w->plain, &err);
            uint8_t *const exact = bytes_copy(bytes_of(hello.at, len));
            assert_ok(tls_feed(session, bytes_of(exact, len), &err), &err);
            assert_false(tls_established(session));
            free(exact);
        }
        assert_true(pair_feed(&p, buf_bytes(&hello)));
        (void)pair_give(&p);
        pair_client_step(&p);
        auto_buf second = pair_take(&p);
        for (size_t i = 0; i + 1 < second.len; i++) {
            assert_true(pair_feed(&p, bytes_of(second.at + i, 1)));
            assert_false(tls_established(p.server));
            assert_int_equal(tls_peer_leaf(p.server).len, 0);
        }
        assert_true(pair_feed(&p, bytes_of(second.at + second.len - 1, 1)));
        assert_true(tls_established(p.server));
    }
}

static void assert_over(struct pair *p)
{
    bool closed;
    auto_buf none = { 0 };

    assert_false(tls_feed(p->server, BYTES_LITERAL("x"), &p->err));
    assert_false(tls_read(p->server, &none, 10, &closed, &p->err));
    assert_false(tls_write(p->server, BYTES_LITERAL("x"), &p->err));
    assert_int_equal(none.len, 0);
    tls_close(p->server);
}

static void garbage_before_the_handshake_is_refused_with_an_alert(void **state)
{
    const struct world *const w = *state;
    static const char *const garbage[] = { "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                                           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                           "\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00",
                                           "SSH-2.0-OpenSSH_9.2\r\n" };

    for (size_t i = 0; i < COUNT_OF(garbage); i++) {
        auto_pair p = pair_new(w->plain, TLS1_3_VERSION);
        auto_buf out = { 0 };
        const struct bytes in = i == 2 ? bytes_of(garbage[i], 10) : bytes_of_string(garbage[i]);
        assert_false(pair_feed(&p, in));
        assert_int_equal(p.err.kind, FAIL_MALFORMED);
        assert_ok(tls_drain(p.server, &out, &p.err), &p.err);
        assert_true(out.len == 0 || out.at[0] == 0x15); /* alert */
        assert_over(&p);
    }
}

static void every_bit_of_the_last_flight_matters(void **state)
{
    const struct world *const w = *state;

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        size_t len = 1;
        for (size_t at = 0; at < len; at += 13) {
            auto_pair p = pair_new(w->plain, versions[v]);
            pair_show(&p, &w->user);
            pair_client_step(&p);
            auto_buf hello = pair_take(&p);
            assert_true(pair_feed(&p, buf_bytes(&hello)));
            (void)pair_give(&p);
            pair_client_step(&p);
            auto_buf second = pair_take(&p);
            len = second.len;
            if (at >= len)
                break;
            second.at[at] ^= 0x10;
            (void)pair_feed(&p, buf_bytes(&second));
            /* The legacy version of a record in TLS 1.3 is the one field that means nothing. */
            if (tls_established(p.server))
                assert_bytes_equal(tls_peer_leaf(p.server), cert_der(w->user.cert));
            assert_true(!tls_established(p.server) || versions[v] == TLS1_3_VERSION);
        }
    }
}

static void garbage_after_the_handshake_ends_the_session(void **state)
{
    const struct world *const w = *state;
    static const char garbage[] = "\x17\x03\x03\x00\x20 thirty-two bytes that nobody sealed";

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_pair p = pair_new(w->plain, versions[v]);
        auto_buf none = { 0 };
        bool closed;
        pair_run(&p);
        pair_assert_done(&p);
        (void)pair_feed(&p, bytes_of(garbage, 5 + 32));
        assert_false(tls_read(p.server, &none, 100, &closed, &p.err));
        assert_int_equal(p.err.kind, FAIL_MALFORMED);
        assert_false(closed);
        assert_true(pair_give(&p) > 0); /* the alert */
        assert_over(&p);
    }
}

static void close_of_either_side_is_seen_after_its_data(void **state)
{
    const struct world *const w = *state;

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_pair p = pair_new(w->plain, versions[v]);
        char back[8];
        bool closed;
        pair_run(&p);
        assert_int_equal(SSL_write(p.client, "last", 4), 4);
        assert_int_equal(SSL_shutdown(p.client), 0);
        auto_buf sent = pair_take(&p);
        assert_true(pair_feed(&p, buf_bytes(&sent)));
        auto_buf got = read_all(&p, 100, &closed);
        assert_bytes_equal(buf_bytes(&got), BYTES_LITERAL("last"));
        assert_true(closed);
        /* RFC 8446, 6.1: nothing counts behind close_notify, and the other direction is still open. */
        assert_true(pair_feed(&p, BYTES_LITERAL("no record")));
        auto_buf none = read_all(&p, 100, &closed);
        assert_true(closed && none.len == 0);
        assert_ok(tls_write(p.server, BYTES_LITERAL("answer"), &p.err), &p.err);
        tls_close(p.server);
        (void)pair_give(&p);
        assert_int_equal(SSL_read(p.client, back, sizeof back), 6);
        const int done = SSL_read(p.client, back, sizeof back);
        assert_int_equal(SSL_get_error(p.client, done), SSL_ERROR_ZERO_RETURN);
    }
}

static SSL_SESSION *first_session(struct tls_identity *identity, int version,
                                  const struct pair_identity *user)
{
    auto_pair p = pair_new(identity, version);

    if (user != NULL)
        pair_show(&p, user);
    pair_run(&p);
    pair_assert_done(&p);
    SSL_SESSION *const session = SSL_get1_session(p.client);
    assert_true(SSL_SESSION_is_resumable(session));
    SSL_shutdown(p.client);
    return session;
}

static void resumed_session_has_the_leaf_of_the_first(void **state)
{
    const struct world *const w = *state;

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        SSL_SESSION *const ticket = first_session(w->plain, versions[v], &w->user);
        auto_pair p = pair_new(w->plain, versions[v]);
        assert_int_equal(SSL_set_session(p.client, ticket), 1);
        pair_run(&p); /* shows no certificate: what the server knows is in the ticket */
        pair_assert_done(&p);
        assert_int_equal(SSL_session_reused(p.client), 1);
        assert_bytes_equal(tls_peer_leaf(p.server), cert_der(w->user.cert));
        SSL_SESSION_free(ticket);
    }
}

static void resumed_session_without_a_leaf_gets_none(void **state)
{
    const struct world *const w = *state;

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        SSL_SESSION *const ticket = first_session(w->plain, versions[v], NULL);
        auto_pair p = pair_new(w->plain, versions[v]);
        assert_int_equal(SSL_set_session(p.client, ticket), 1);
        pair_show(&p, &w->user);
        pair_run(&p);
        pair_assert_done(&p);
        assert_int_equal(SSL_session_reused(p.client), 1);
        assert_int_equal(tls_peer_leaf(p.server).len, 0);
        SSL_SESSION_free(ticket);
    }
}

static void another_identity_does_not_resume(void **state)
{
    const struct world *const w = *state;
    struct tls_identity *const later = pair_server(&w->root, alpn_both(), TLS_DEMAND_NOTHING);

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        SSL_SESSION *const ticket = first_session(w->plain, versions[v], &w->user);
        auto_pair p = pair_new(later, versions[v]);
        assert_int_equal(SSL_set_session(p.client, ticket), 1);
        pair_run(&p);
        pair_assert_done(&p);
        assert_int_equal(SSL_session_reused(p.client), 0);
        assert_int_equal(tls_peer_leaf(p.server).len, 0);
        SSL_SESSION_free(ticket);
    }
    tls_identity_free(later);
}

static void identity_that_demands_a_certificate_refuses_who_has_none(void **state)
{
    const struct world *const w = *state;
    struct tls_identity *const marbles = pair_server(&w->root, BYTES_NONE, TLS_DEMAND_CERTIFICATE);

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_pair without = pair_new(marbles, versions[v]), with = pair_new(marbles, versions[v]);
        pair_run(&without);
        assert_true(without.server_failed);
        assert_false(tls_established(without.server));
        pair_show(&with, &w->user);
        pair_run(&with);
        pair_assert_done(&with);
        assert_bytes_equal(tls_peer_leaf(with.server), cert_der(w->user.cert));
    }
    tls_identity_free(marbles);
}

static void identity_without_tickets_resumes_nothing(void **state)
{
    const struct world *const w = *state;
    struct tls_identity *const once = pair_server(&w->root, BYTES_NONE, TLS_NO_TICKETS);

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_pair first = pair_new(once, versions[v]), again = pair_new(once, versions[v]);
        pair_run(&first);
        pair_assert_done(&first);
        SSL_SESSION *const session = SSL_get1_session(first.client);
        assert_int_equal(SSL_SESSION_has_ticket(session), 0);
        (void)SSL_set_session(again.client, session);
        pair_run(&again);
        pair_assert_done(&again);
        assert_int_equal(SSL_session_reused(again.client), 0);
        SSL_SESSION_free(session);
    }
    tls_identity_free(once);
}

static void session_outlives_the_reference_to_its_identity(void **state)
{
    const struct world *const w = *state;
    struct tls_identity *identity = pair_server(&w->root, alpn_both(), TLS_DEMAND_NOTHING);
    auto_pair p = pair_new(identity, TLS1_3_VERSION);

    tls_identity_free(identity);
    pair_run(&p);
    pair_assert_done(&p);
}

static void renegotiation_is_not_done(void **state)
{
    const struct world *const w = *state;
    auto_pair p = pair_new(w->plain, TLS1_2_VERSION);
    bool closed;

    pair_run(&p);
    pair_assert_done(&p);
    pair_show(&p, &w->user);
    assert_int_equal(SSL_renegotiate(p.client), 1);
    (void)SSL_do_handshake(p.client);
    auto_buf sent = pair_take(&p);
    assert_true(pair_feed(&p, buf_bytes(&sent)));
    auto_buf got = read_all(&p, 100, &closed);
    assert_int_equal(got.len, 0);
    (void)pair_give(&p);
    (void)SSL_do_handshake(p.client);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
    assert_int_equal(tls_peer_leaf(p.server).len, 0);
}

static void drain_appends_to_what_is_there(void **state)
{
    const struct world *const w = *state;
    auto_pair p = pair_new(w->plain, TLS1_3_VERSION);
    auto_buf out = { 0 };

    buf_add_string(&out, "before");
    pair_client_step(&p);
    auto_buf hello = pair_take(&p);
    assert_true(pair_feed(&p, buf_bytes(&hello)));
    assert_ok(tls_drain(p.server, &out, &p.err), &p.err);
    assert_true(out.len > 6);
    assert_memory_equal(out.at, "before\x16", 7);
    assert_int_equal(pair_give(&p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_arrives_whole_in_both_directions),
        cmocka_unit_test(data_that_comes_with_the_end_of_the_handshake_is_kept),
        cmocka_unit_test(what_was_read_and_drained_is_not_kept),
        cmocka_unit_test(writing_nothing_sends_nothing),
        cmocka_unit_test(handshake_works_byte_by_byte),
        cmocka_unit_test(no_prefix_of_a_handshake_establishes),
        cmocka_unit_test(garbage_before_the_handshake_is_refused_with_an_alert),
        cmocka_unit_test(every_bit_of_the_last_flight_matters),
        cmocka_unit_test(garbage_after_the_handshake_ends_the_session),
        cmocka_unit_test(close_of_either_side_is_seen_after_its_data),
        cmocka_unit_test(resumed_session_has_the_leaf_of_the_first),
        cmocka_unit_test(resumed_session_without_a_leaf_gets_none),
        cmocka_unit_test(another_identity_does_not_resume),
        cmocka_unit_test(identity_that_demands_a_certificate_refuses_who_has_none),
        cmocka_unit_test(identity_without_tickets_resumes_nothing),
        cmocka_unit_test(session_outlives_the_reference_to_its_identity),
        cmocka_unit_test(renegotiation_is_not_done),
        cmocka_unit_test(drain_appends_to_what_is_there),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, world_up, world_down);
}
