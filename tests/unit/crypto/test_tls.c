/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_pair.h"

static void handshake_without_client_certificate_has_no_leaf(void **state)
{
    const struct world *const w = *state;

    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        auto_pair p = pair_new(w->plain, versions[i]);
        assert_false(tls_established(p.server));
        pair_run(&p);
        pair_assert_done(&p);
        assert_int_equal(SSL_version(p.client), versions[i]);
        assert_int_equal(tls_peer_leaf(p.server).len, 0);
        assert_int_equal(tls_alpn(p.server).len, 0);
    }
}

static void server_shows_its_one_certificate_and_no_list_of_issuers(void **state)
{
    const struct world *const w = *state;

    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        auto_pair p = pair_new(w->plain, versions[i]);
        pair_run(&p);
        pair_assert_done(&p);
        assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(p.client)), 1);
        uint8_t *der = NULL;
        const int len = i2d_X509(SSL_get0_peer_certificate(p.client), &der);
        assert_bytes_equal(bytes_of(der, (size_t)len), cert_der(w->root.cert));
        OPENSSL_free(der);
        assert_true(SSL_get0_peer_CA_list(p.client) == NULL ||
                    sk_X509_NAME_num(SSL_get0_peer_CA_list(p.client)) == 0);
    }
}

static void leaf_of_every_accepted_kind_of_key_is_known(void **state)
{
    const struct world *const w = *state;
    static const struct {
        enum key_type type;
        unsigned bits;
    } kinds[] = { { KEY_ECDSA, 256 }, { KEY_ECDSA, 384 }, { KEY_ECDSA, 521 },
                  { KEY_ED25519, 0 }, { KEY_RSA, 1024 },  { KEY_RSA, 2048 } };

    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        auto_pair_identity user = pair_identity(kinds[k].type, kinds[k].bits, PAIR_NOW);
        for (size_t i = 0; i < COUNT_OF(versions); i++) {
            auto_pair p = pair_new(w->plain, versions[i]);
            pair_show(&p, &user);
            pair_run(&p);
            pair_assert_done(&p);
            assert_bytes_equal(tls_peer_leaf(p.server), cert_der(user.cert));
        }
    }
}

static void expired_and_future_certificates_are_accepted(void **state)
{
    const struct world *const w = *state;
    static const int64_t times[] = { 0, INT64_C(250000000000) };

    for (size_t i = 0; i < COUNT_OF(times); i++) {
        auto_pair_identity user = pair_identity(KEY_ECDSA, 256, times[i]);
        auto_pair p = pair_new(w->plain, TLS1_3_VERSION);
        pair_show(&p, &user);
        pair_run(&p);
        pair_assert_done(&p);
        assert_bytes_equal(tls_peer_leaf(p.server), cert_der(user.cert));
    }
}

static void certificate_of_another_behind_the_leaf_is_not_looked_at(void **state)
{
    const struct world *const w = *state;

    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        auto_pair p = pair_new(w->plain, versions[i]);
        X509 *const x509 = pair_x509(w->other.cert);
        pair_show(&p, &w->user);
        assert_int_equal(SSL_add1_chain_cert(p.client, x509), 1);
        X509_free(x509);
        pair_run(&p);
        pair_assert_done(&p);
        assert_bytes_equal(tls_peer_leaf(p.server), cert_der(w->user.cert));
    }
}

static void certificate_without_its_key_is_refused(void **state)
{
    const struct world *const w = *state;
    EVP_PKEY *const mixed = pair_mixed_key(w->user.key, w->other.key);

    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        auto_pair p = pair_new(w->plain, versions[i]);
        X509 *const x509 = pair_x509(w->user.cert);
        assert_int_equal(SSL_use_certificate(p.client, x509), 1);
        assert_int_equal(SSL_use_PrivateKey(p.client, mixed), 1);
        X509_free(x509);
        pair_run(&p);
        assert_true(p.server_failed);
        assert_int_equal(p.err.kind, FAIL_DENIED);
        assert_false(tls_established(p.server));
        assert_int_equal(tls_peer_leaf(p.server).len, 0);
        assert_true(p.client_failed);
    }
    EVP_PKEY_free(mixed);
}

/* An RSA key of that size whose signatures nobody can verify, made without looking for primes. */
static struct pair_identity senseless_rsa(int bits, const struct key *signer)
{
    struct err err = { 0 };
    EVP_PKEY *made = NULL;
    BIGNUM *const n = BN_new(), *const e = BN_new(), *const d = BN_new();
    OSSL_PARAM_BLD *const builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    const struct cert_template t = { 0 };

    BN_rand(n, bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD);
    BN_set_word(e, 65537);
    BN_set_word(d, 65539);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_D, d);
    OSSL_PARAM *const params = OSSL_PARAM_BLD_to_param(builder);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_KEYPAIR, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    BN_free(n);
    BN_free(e);
    BN_free(d);
    struct pair_identity identity = { .key = key_of_pkey(made) };
    struct key *const by = (struct key *)(uintptr_t)signer;
    identity.cert = cert_issue(&t, identity.key, NULL, by, PAIR_NOW, &err);
    assert_ok(identity.cert != NULL, &err);
    return identity;
}

static void rsa_keys_above_8192_bits_are_refused_before_they_cost_time(void **state)
{
    const struct world *const w = *state;
    auto_pair_identity large = senseless_rsa(8200, w->user.key);
    auto_pair_identity usual = senseless_rsa(8192, w->user.key);
    auto_pair p = pair_new(w->plain, TLS1_3_VERSION);
    auto_pair q = pair_new(w->plain, TLS1_3_VERSION);

    pair_show(&p, &large);
    pair_run(&p);
    assert_true(p.server_failed);
    assert_int_equal(ERR_GET_REASON(p.client_error), SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE);
    pair_show(&q, &usual);
    pair_run(&q);
    assert_true(q.server_failed);
    assert_int_equal(q.err.kind, FAIL_DENIED);
    assert_int_equal(ERR_GET_REASON(q.client_error), SSL_R_TLSV1_ALERT_DECRYPT_ERROR);
}

static void curves_beyond_the_profile_are_refused(void **state)
{
    const struct world *const w = *state;
    auto_pair_identity user = pair_identity(KEY_ECDSA, 224, PAIR_NOW);
    auto_pair p = pair_new(w->plain, TLS1_2_VERSION);

    assert_int_equal(SSL_set1_groups_list(p.client, "P-256:P-384:P-224"), 1);
    pair_show(&p, &user);
    pair_run(&p);
    assert_true(p.server_failed);
    assert_int_equal(ERR_GET_REASON(p.client_error), SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE);
}

static void alpn_follows_our_preference(void **state)
{
    const struct world *const w = *state;
    static const struct {
        const char *offered, *chosen;
    } rows[] = { { "\2h2", "h2" },
                 { "\10http/1.1", "http/1.1" },
                 { "\10http/1.1\2h2", "h2" },
                 { "\3foo\10http/1.1", "http/1.1" } };

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            auto_pair p = pair_new(w->plain, versions[v]);
            assert_int_equal(SSL_set_alpn_protos(p.client, (const uint8_t *)rows[i].offered,
                                                 (unsigned)strlen(rows[i].offered)),
                             0);
            pair_run(&p);
            pair_assert_done(&p);
            assert_bytes_equal(tls_alpn(p.server), bytes_of_string(rows[i].chosen));
        }
    }
}

static void assert_no_common_protocol(struct tls_identity *identity, const char *offered)
{
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_pair p = pair_new(identity, versions[v]);
        if (offered != NULL)
            assert_int_equal(
                SSL_set_alpn_protos(p.client, (const uint8_t *)offered, (unsigned)strlen(offered)),
                0);
        pair_run(&p);
        assert_true(p.server_failed);
        assert_int_equal(ERR_GET_REASON(p.client_error), SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
    }
}

static void client_without_a_common_protocol_gets_its_alert(void **state)
{
    const struct world *const w = *state;

    assert_no_common_protocol(w->plain, "\3foo");
    assert_no_common_protocol(w->grpc, "\10http/1.1");
    assert_no_common_protocol(w->grpc, NULL);
}

static void required_protocol_is_chosen_when_it_is_offered(void **state)
{
    const struct world *const w = *state;

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_pair p = pair_new(w->grpc, versions[v]);
        assert_int_equal(SSL_set_alpn_protos(p.client, h2, sizeof h2 - 1), 0);
        pair_run(&p);
        pair_assert_done(&p);
        assert_bytes_equal(tls_alpn(p.server), BYTES_LITERAL("h2"));
    }
}

static void identity_refuses_a_malformed_protocol_list(void **state)
{
    const struct world *const w = *state;
    static const char *const lists[] = { "\3h2", "\2h2\1", "\377h2" };
    struct err err = { 0 };

    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        assert_null(tls_identity_new(w->root.cert, w->root.key, bytes_of_string(lists[i]),
                                     TLS_DEMAND_NOTHING, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
    assert_null(
        tls_identity_new(w->root.cert, w->root.key, bytes_of("\0", 1), TLS_DEMAND_NOTHING, &err));
    assert_null(tls_identity_new(w->root.cert, w->user.key, alpn_h2(), TLS_DEMAND_NOTHING, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
}

/* Reads all that is there, `max` at a time. */
/* A bit of the client's last flight is flipped: never a session, never a leaf. */
/* Completes a handshake and returns the session that the client may resume. */
static void old_versions_and_weak_suites_are_refused(void **state)
{
    const struct world *const w = *state;
    static const struct {
        int version;
        const char *ciphers;
        char *groups, *signatures; /* libssl's macros take them without const */
    } rows[] = {
        { TLS1_1_VERSION, NULL, NULL, NULL },
        { TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", NULL, NULL },
        { TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", NULL, NULL },
        { TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", NULL, NULL },
        { TLS1_2_VERSION, "AES128-GCM-SHA256", NULL, NULL },
        { TLS1_2_VERSION, NULL, NULL, "ECDSA+SHA1" },
        { TLS1_3_VERSION, NULL, "X448", NULL },
        { TLS1_3_VERSION, NULL, "ffdhe2048", NULL },
        { TLS1_3_VERSION, NULL, NULL, "rsa_pss_rsae_sha256" },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_pair p = pair_new(w->plain, rows[i].version);
        if (rows[i].ciphers != NULL)
            assert_int_equal(SSL_set_cipher_list(p.client, rows[i].ciphers), 1);
        if (rows[i].groups != NULL)
            assert_int_equal(SSL_set1_groups_list(p.client, rows[i].groups), 1);
        if (rows[i].signatures != NULL)
            assert_int_equal(SSL_set1_sigalgs_list(p.client, rows[i].signatures), 1);
        pair_run(&p);
        if (!p.server_failed)
            fail_msg("row %zu: not refused", i);
        assert_false(tls_established(p.server));
    }
}

static void every_suite_and_group_of_the_profile_works(void **state)
{
    const struct world *const w = *state;
    static const struct {
        int version;
        const char *suite;
        char *group; /* libssl's macro takes it without const */
    } rows[] = {
        { TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", "X25519" },
        { TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", "P-256" },
        { TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", "P-384" },
        { TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", "P-521" },
        { TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", "P-256:P-384" },
        { TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", "P-521:P-384" },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_pair p = pair_new(w->plain, rows[i].version);
        if (rows[i].version == TLS1_3_VERSION)
            assert_int_equal(SSL_set_ciphersuites(p.client, rows[i].suite), 1);
        else
            assert_int_equal(SSL_set_cipher_list(p.client, rows[i].suite), 1);
        assert_int_equal(SSL_set1_groups_list(p.client, rows[i].group), 1);
        pair_run(&p);
        pair_assert_done(&p);
        assert_string_equal(SSL_get_cipher_name(p.client), rows[i].suite);
    }
}

static void hello_retry_works(void **state)
{
    const struct world *const w = *state;
    auto_pair p = pair_new(w->plain, TLS1_3_VERSION);

    /* The client sends a key share for the first group only. */
    assert_int_equal(SSL_set1_groups_list(p.client, "X448:P-384"), 1);
    pair_run(&p);
    pair_assert_done(&p);
}

static void certificate_lists_above_64_KiB_are_refused(void **state)
{
    const struct world *const w = *state;

    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_pair p = pair_new(w->plain, versions[v]);
        X509 *const x509 = pair_x509(w->other.cert);
        pair_show(&p, &w->user);
        for (size_t len = 0; len < 65u << 10; len += cert_der(w->other.cert).len)
            assert_int_equal(SSL_add1_chain_cert(p.client, x509), 1);
        X509_free(x509);
        pair_run(&p);
        assert_true(p.server_failed);
        assert_false(tls_established(p.server));
    }
}

static void alert_of_the_client_ends_the_handshake(void **state)
{
    const struct world *const w = *state;
    auto_pair p = pair_new(w->plain, TLS1_3_VERSION);

    SSL_set_verify(p.client, SSL_VERIFY_PEER, NULL); /* trusts nobody */
    pair_run(&p);
    assert_true(p.client_failed && p.server_failed);
    assert_int_equal(p.err.kind, FAIL_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake_without_client_certificate_has_no_leaf),
        cmocka_unit_test(server_shows_its_one_certificate_and_no_list_of_issuers),
        cmocka_unit_test(leaf_of_every_accepted_kind_of_key_is_known),
        cmocka_unit_test(expired_and_future_certificates_are_accepted),
        cmocka_unit_test(certificate_of_another_behind_the_leaf_is_not_looked_at),
        cmocka_unit_test(certificate_without_its_key_is_refused),
        cmocka_unit_test(rsa_keys_above_8192_bits_are_refused_before_they_cost_time),
        cmocka_unit_test(curves_beyond_the_profile_are_refused),
        cmocka_unit_test(alpn_follows_our_preference),
        cmocka_unit_test(client_without_a_common_protocol_gets_its_alert),
        cmocka_unit_test(required_protocol_is_chosen_when_it_is_offered),
        cmocka_unit_test(identity_refuses_a_malformed_protocol_list),
        cmocka_unit_test(old_versions_and_weak_suites_are_refused),
        cmocka_unit_test(every_suite_and_group_of_the_profile_works),
        cmocka_unit_test(hello_retry_works),
        cmocka_unit_test(certificate_lists_above_64_KiB_are_refused),
        cmocka_unit_test(alert_of_the_client_ends_the_handshake),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, world_up, world_down);
}
