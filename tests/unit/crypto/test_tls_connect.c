/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_link.h"

static void both_sides_prove_themselves_and_agree_on_a_protocol(void **state)
{
    const struct room *const r = *state;
    const struct tls_client client = marble(r);
    static const size_t steps[] = { 0, 1, 1000 };

    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        auto_link l = link_new(&client, r->server);
        l.step = steps[i];
        assert_false(tls_established(l.client));
        link_run(&l);
        assert_linked(&l);
        assert_bytes_equal(tls_alpn(l.client), BYTES_LITERAL("h2"));
        assert_bytes_equal(tls_alpn(l.server), BYTES_LITERAL("h2"));
        assert_bytes_equal(tls_peer_leaf(l.client), cert_der(r->coordinator.cert));
        assert_bytes_equal(tls_peer_leaf(l.server), cert_der(r->w->user.cert));
    }
}

static void every_kind_of_key_can_be_shown(void **state)
{
    const struct room *const r = *state;
    static const struct {
        enum key_type type;
        unsigned bits;
    } kinds[] = { { KEY_ECDSA, 256 },
                  { KEY_ECDSA, 384 },
                  { KEY_ECDSA, 521 },
                  { KEY_ED25519, 0 },
                  { KEY_RSA, 2048 } };

    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        auto_pair_identity user = pair_identity(kinds[k].type, kinds[k].bits, PAIR_NOW);
        struct tls_client client = marble(r);
        client.cert = user.cert;
        client.key = user.key;
        auto_link l = link_new(&client, r->server);
        link_run(&l);
        assert_linked(&l);
        assert_bytes_equal(tls_peer_leaf(l.server), cert_der(user.cert));
    }
}

static void client_without_certificate_shows_none(void **state)
{
    const struct room *const r = *state;
    const struct tls_client client = { .alpn = alpn_h2(), .server_name = "localhost" };
    auto_link l = link_new(&client, r->w->plain);

    link_run(&l);
    assert_linked(&l);
    assert_int_equal(tls_peer_leaf(l.server).len, 0);
    assert_bytes_equal(tls_peer_leaf(l.client), cert_der(r->w->root.cert));
}

static void data_arrives_whole_in_both_directions(void **state)
{
    const struct room *const r = *state;
    const struct tls_client client = marble(r);
    auto_link l = link_new(&client, r->server);
    auto_buf sent = { 0 }, there = { 0 }, back = { 0 };
    bool closed;

    assert_false(tls_write(l.client, BYTES_LITERAL("early"), &l.client_err));
    link_run(&l);
    assert_linked(&l);
    for (size_t i = 0; i < 100000; i++)
        buf_add_u8(&sent, (uint8_t)(i * 7 + i / 256));
    assert_ok(tls_write(l.client, buf_bytes(&sent), &l.client_err), &l.client_err);
    link_run(&l);
    assert_ok(tls_read(l.server, &there, 1u << 20, &closed, &l.server_err), &l.server_err);
    assert_bytes_equal(buf_bytes(&there), buf_bytes(&sent));
    assert_ok(tls_write(l.server, buf_bytes(&there), &l.server_err), &l.server_err);
    tls_close(l.server);
    link_run(&l);
    assert_ok(tls_read(l.client, &back, 1u << 20, &closed, &l.client_err), &l.client_err);
    assert_bytes_equal(buf_bytes(&back), buf_bytes(&sent));
    assert_true(closed);
    tls_close(l.client);
    link_run(&l);
    assert_false(l.client_failed || l.server_failed);
}

static void both_versions_and_a_hello_retry_work(void **state)
{
    const struct room *const r = *state;
    const struct tls_client client = marble(r);
    char protocol[] = "h2";

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_foreign f = foreign_new(&client, &r->coordinator, versions[v], protocol);
        /* The client sends a key share for X25519. */
        assert_int_equal(SSL_set1_groups_list(f.server, "P-521:P-384:P-256"), 1);
        foreign_run(&f);
        assert_foreign_done(&f);
        assert_int_equal(SSL_version(f.server), versions[v]);
        assert_bytes_equal(tls_alpn(f.client), BYTES_LITERAL("h2"));
        assert_bytes_equal(tls_peer_leaf(f.client), cert_der(r->coordinator.cert));
        uint8_t *der = NULL;
        const int len = i2d_X509(SSL_get0_peer_certificate(f.server), &der);
        assert_bytes_equal(bytes_of(der, (size_t)len), cert_der(r->w->user.cert));
        OPENSSL_free(der);
    }
}

static void old_versions_are_not_spoken(void **state)
{
    const struct room *const r = *state;
    const struct tls_client client = marble(r);
    char protocol[] = "h2";
    auto_foreign f = foreign_new(&client, &r->coordinator, TLS1_1_VERSION, protocol);

    foreign_run(&f);
    assert_false(tls_established(f.client));
    assert_true(f.client_failed && f.server_failed);
}

static void names_are_sent_and_addresses_are_not(void **state)
{
    const struct room *const r = *state;
    char protocol[] = "h2";
    static const struct {
        const char *name, *sent;
    } rows[] = { { "coordinator.example", "coordinator.example" },
                 { "coordinator.example.", "coordinator.example" },
                 { "localhost", "localhost" },
                 { "192.0.2.7", NULL },
                 { "2001:db8::7", NULL },
                 { "", NULL },
                 { NULL, NULL } };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct tls_client client = marble(r);
        client.server_name = rows[i].name;
        auto_foreign f = foreign_new(&client, &r->coordinator, TLS1_3_VERSION, protocol);
        foreign_run(&f);
        assert_foreign_done(&f);
        const char *const sent = SSL_get_servername(f.server, TLSEXT_NAMETYPE_host_name);
        assert_int_equal(sent != NULL, rows[i].sent != NULL);
        if (sent != NULL)
            assert_string_equal(sent, rows[i].sent);
    }
}

static void server_without_a_common_protocol_ends_the_session(void **state)
{
    const struct room *const r = *state;
    struct tls_client client = marble(r);
    auto_link l = { 0 };

    client.alpn = BYTES_LITERAL("\10http/1.1");
    l = link_new(&client, r->server);
    link_run(&l);
    assert_true(l.client_failed && l.server_failed);
    assert_int_equal(l.client_err.kind, FAIL_MALFORMED);
    assert_string_equal(l.client_err.text, "TLS handshake: the server chose none of our protocols");
}

static void server_that_chooses_no_protocol_is_refused_and_sees_nothing(void **state)
{
    const struct room *const r = *state;
    const struct tls_client client = marble(r);
    struct tls_identity *const silent =
        pair_server(&r->coordinator, BYTES_NONE, TLS_DEMAND_NOTHING);
    auto_link l = link_new(&client, silent);

    link_run(&l);
    assert_refused(&l, FAIL_MALFORMED, "the server chose none of our protocols");
    tls_identity_free(silent);
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_foreign f = foreign_new(&client, &r->coordinator, versions[v], NULL);
        foreign_run(&f);
        assert_true(f.client_failed && f.server_failed);
        assert_int_equal(f.err.kind, FAIL_MALFORMED);
        assert_null(SSL_get0_peer_certificate(f.server));
    }
}

static void protocol_that_was_not_offered_is_refused(void **state)
{
    const struct room *const r = *state;
    const struct tls_client client = marble(r);
    static char *const wrong[] = { "h3", "h", "h2c", "H2" };

    for (size_t i = 0; i < COUNT_OF(wrong) * COUNT_OF(versions); i++) {
        auto_foreign f =
            foreign_new(&client, &r->coordinator, versions[i % 2], wrong[i / COUNT_OF(versions)]);
        foreign_run(&f);
        assert_true(f.client_failed);
        assert_int_equal(f.err.kind, FAIL_MALFORMED);
        assert_false(tls_established(f.client));
    }
}

static void client_without_protocols_takes_no_notice_of_them(void **state)
{
    const struct room *const r = *state;
    struct tls_client client = marble(r);
    auto_link l = { 0 };

    client.alpn = BYTES_NONE;
    l = link_new(&client, r->w->plain);
    link_run(&l);
    assert_linked(&l);
    assert_int_equal(tls_alpn(l.client).len, 0);
}

static void refusal_of_our_certificate_is_read_as_denied(void **state)
{
    const struct room *const r = *state;
    const struct tls_client client = { .alpn = alpn_h2(), .server_name = "localhost" };
    char protocol[] = "h2";
    auto_buf out = { 0 };
    bool closed;
    auto_foreign f = foreign_new(&client, &r->coordinator, TLS1_3_VERSION, protocol);

    foreign_run(&f); /* it wants a certificate */
    assert_true(f.server_failed && tls_established(f.client));
    assert_false(tls_read(f.client, &out, 100, &closed, &f.err));
    assert_int_equal(f.err.kind, FAIL_DENIED);
    assert_false(tls_write(f.client, BYTES_LITERAL("x"), &f.err));
}

static void connect_refuses_what_makes_no_sense(void **state)
{
    const struct room *const r = *state;
    static const char *const lists[] = { "\3h2", "\2h2\1", "\377h2" };
    const struct cert *const roots[] = { r->coordinator.cert };
    static const char *const nameless[] = { NULL, "", ".", ".example" };
    struct tls_client client = marble(r);

    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct err err = { 0 };
        client.alpn = bytes_of_string(lists[i]);
        assert_null(tls_connect(&client, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
    for (size_t i = 0; i < COUNT_OF(nameless); i++) {
        struct err err = { 0 };
        client = marble(r);
        client.roots = roots;
        client.root_count = 1;
        client.server_name = nameless[i];
        assert_null(tls_connect(&client, &err));
        assert_int_equal(err.kind, FAIL_INTERNAL);
    }
    struct err err = { 0 };
    client = marble(r);
    client.key = r->w->other.key;
    assert_null(tls_connect(&client, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    auto_string *longest = mem_printf("%0300d", 1);
    client = marble(r);
    client.server_name = longest;
    assert_null(tls_connect(&client, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
}

static void no_prefix_of_the_servers_flight_establishes(void **state)
{
    const struct room *const r = *state;
    const struct tls_client client = marble(r);
    auto_link l = link_new(&client, r->server);

    (void)carry(l.client, l.server, 0, &l.server_failed, &l.server_err);
    auto_buf flight = drained(l.server);
    for (size_t i = 0; i < flight.len; i++) {
        assert_false(tls_established(l.client));
        assert_int_equal(tls_peer_leaf(l.client).len, 0);
        uint8_t *const exact = bytes_copy(bytes_of(flight.at + i, 1));
        assert_ok(tls_feed(l.client, bytes_of(exact, 1), &l.client_err), &l.client_err);
        free(exact);
    }
    assert_true(tls_established(l.client));
}

static void every_bit_of_the_servers_flight_matters(void **state)
{
    const struct room *const r = *state;
    const struct tls_client client = marble(r);
    size_t len = 1, established = 0;

    for (size_t at = 0; at < len; at += 7) {
        auto_link l = link_new(&client, r->server);
        (void)carry(l.client, l.server, 0, &l.server_failed, &l.server_err);
        auto_buf flight = drained(l.server);
        len = flight.len;
        if (at >= len)
            break;
        flight.at[at] ^= 0x10;
        l.client_failed = !tls_feed(l.client, buf_bytes(&flight), &l.client_err);
        link_run(&l);
        /* Only versions that mean nothing may differ; the other side then knows nothing of it. */
        assert_int_equal(tls_established(l.client), tls_established(l.server));
        established += tls_established(l.client) ? 1 : 0;
    }
    assert_in_range(established, 0, 4);
}

static void garbage_instead_of_a_server_is_refused(void **state)
{
    const struct room *const r = *state;
    const struct tls_client client = marble(r);
    static const char *const garbage[] = { "HTTP/1.1 400 Bad Request\r\n\r\n",
                                           "SSH-2.0-OpenSSH_9.2\r\n" };

    for (size_t i = 0; i < COUNT_OF(garbage); i++) {
        struct err err = { 0 };
        bool closed;
        auto_buf none = { 0 };
        auto_tls_session *session = tls_connect(&client, &err);
        assert_ok(session != NULL, &err);
        assert_false(tls_feed(session, bytes_of_string(garbage[i]), &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_false(tls_feed(session, BYTES_LITERAL("x"), &err));
        assert_false(tls_read(session, &none, 10, &closed, &err));
        assert_false(tls_write(session, BYTES_LITERAL("x"), &err));
        tls_close(session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_prove_themselves_and_agree_on_a_protocol),
        cmocka_unit_test(every_kind_of_key_can_be_shown),
        cmocka_unit_test(client_without_certificate_shows_none),
        cmocka_unit_test(data_arrives_whole_in_both_directions),
        cmocka_unit_test(both_versions_and_a_hello_retry_work),
        cmocka_unit_test(old_versions_are_not_spoken),
        cmocka_unit_test(names_are_sent_and_addresses_are_not),
        cmocka_unit_test(server_without_a_common_protocol_ends_the_session),
        cmocka_unit_test(server_that_chooses_no_protocol_is_refused_and_sees_nothing),
        cmocka_unit_test(protocol_that_was_not_offered_is_refused),
        cmocka_unit_test(client_without_protocols_takes_no_notice_of_them),
        cmocka_unit_test(refusal_of_our_certificate_is_read_as_denied),
        cmocka_unit_test(connect_refuses_what_makes_no_sense),
        cmocka_unit_test(no_prefix_of_the_servers_flight_establishes),
        cmocka_unit_test(every_bit_of_the_servers_flight_matters),
        cmocka_unit_test(garbage_instead_of_a_server_is_refused),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, room_up, room_down);
}
