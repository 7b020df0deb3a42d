/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A tls_session of ours and a client of libssl in one process, with their bytes carried between
 * them by hand.
 */
#include "test.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/ssl.h>

#include "crypto/internal.h"
#include "crypto/tls.h"

enum { PAIR_NOW = 1800000000 };

/* A key and a self-signed certificate for it. */
struct pair_identity {
    struct key *key;
    struct cert *cert;
};

static inline struct pair_identity pair_identity(enum key_type type, unsigned bits, int64_t now)
{
    struct err err = { 0 };
    const struct cert_template t = { .valid_for_days = 1 };
    struct pair_identity made = { .key = key_generate(type, bits, &err) };

    assert_ok(made.key != NULL, &err);
    made.cert = cert_issue(&t, made.key, NULL, made.key, now, &err);
    assert_ok(made.cert != NULL, &err);
    return made;
}

static inline void pair_identity_clear(struct pair_identity *made)
{
    key_free(made->key);
    cert_free(made->cert);
}
#define auto_pair_identity struct pair_identity CLEANUP(pair_identity_clear)

static inline X509 *pair_x509(const struct cert *cert)
{
    const uint8_t *at = cert_der(cert).at;
    X509 *const x509 = d2i_X509(NULL, &at, (long)cert_der(cert).len);

    assert_non_null(x509);
    return x509;
}

/* The public point of one P-256 key with the private scalar of another: what a thief of a certificate has. */
static inline EVP_PKEY *pair_mixed_key(const struct key *public, const struct key *private)
{
    uint8_t point[133];
    size_t point_len;
    BIGNUM *scalar = NULL;
    EVP_PKEY *mixed = NULL;
    OSSL_PARAM_BLD *const builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

    assert_int_equal(EVP_PKEY_get_octet_string_param(key_pkey(public), OSSL_PKEY_PARAM_PUB_KEY,
                                                     point, sizeof point, &point_len),
                     1);
    assert_int_equal(EVP_PKEY_get_bn_param(key_pkey(private), OSSL_PKEY_PARAM_PRIV_KEY, &scalar),
                     1);
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, point_len);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar);
    OSSL_PARAM *const params = OSSL_PARAM_BLD_to_param(builder);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &mixed, EVP_PKEY_KEYPAIR, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    BN_free(scalar);
    return mixed;
}

static inline struct tls_identity *pair_server(const struct pair_identity *of, struct bytes alpn,
                                               unsigned demands)
{
    struct err err = { 0 };
    struct tls_identity *const identity = tls_identity_new(of->cert, of->key, alpn, demands, &err);

    assert_ok(identity != NULL, &err);
    return identity;
}

struct pair {
    struct tls_session *server;
    SSL *client;
    BIO *to_client, *from_client; /* owned by client */
    size_t step;                  /* how many bytes the server gets at a time; 0: all */
    bool server_failed, client_failed;
    struct err err; /* why the server failed */
    unsigned long client_error;
};

/* A client that says what the caller sets on ->client before pair_run. */
static inline struct pair pair_new(struct tls_identity *identity, int version)
{
    struct pair p = { 0 };
    SSL_CTX *const ctx = SSL_CTX_new(TLS_client_method());

    SSL_CTX_set_security_level(ctx, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(ctx, version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
    p.client = SSL_new(ctx);
    SSL_CTX_free(ctx);
    p.to_client = BIO_new(BIO_s_mem());
    p.from_client = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(p.to_client, -1);
    SSL_set_bio(p.client, p.to_client, p.from_client);
    SSL_set_connect_state(p.client);
    p.server = tls_accept(identity, &p.err);
    assert_ok(p.server != NULL, &p.err);
    return p;
}

static inline void pair_clear(struct pair *p)
{
    tls_session_free(p->server);
    SSL_free(p->client);
    ERR_clear_error();
}
#define auto_pair struct pair CLEANUP(pair_clear)

static inline void pair_show(struct pair *p, const struct pair_identity *of)
{
    X509 *const x509 = pair_x509(of->cert);

    assert_int_equal(SSL_use_certificate(p->client, x509), 1);
    assert_int_equal(SSL_use_PrivateKey(p->client, key_pkey(of->key)), 1);
    X509_free(x509);
}

/* Everything that waits for the server, in steps. */
static inline bool pair_feed(struct pair *p, struct bytes in)
{
    const size_t step = p->step == 0 ? in.len : p->step;

    for (size_t pos = 0; pos < in.len && !p->server_failed; pos += step) {
        const size_t len = in.len - pos < step ? in.len - pos : step;
        p->server_failed = !tls_feed(p->server, bytes_of(in.at + pos, len), &p->err);
    }
    return !p->server_failed;
}

static inline struct buf pair_take(struct pair *p)
{
    struct buf taken = { 0 };
    char *at;
    const long len = BIO_get_mem_data(p->from_client, &at);

    if (len > 0)
        buf_add(&taken, bytes_of(at, (size_t)len));
    (void)BIO_reset(p->from_client);
    return taken;
}

/* What the server has ready goes to the client; how much it was. */
static inline size_t pair_give(struct pair *p)
{
    struct err err = { 0 };
    auto_buf out = { 0 };

    assert_ok(tls_drain(p->server, &out, &err), &err);
    if (out.len > 0)
        assert_int_equal(BIO_write(p->to_client, out.at, (int)out.len), out.len);
    return out.len;
}

static inline void pair_client_step(struct pair *p)
{
    uint8_t none;

    if (p->client_failed)
        return;
    ERR_clear_error();
    const int done = SSL_is_init_finished(p->client) ? SSL_peek(p->client, &none, 1)
                                                     : SSL_do_handshake(p->client);
    const int why = SSL_get_error(p->client, done);
    if (why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL) {
        p->client_failed = true;
        p->client_error = ERR_peek_error();
    }
    ERR_clear_error();
}

/* Carries bytes until both sides wait. */
static inline void pair_run(struct pair *p)
{
    size_t moved = 1;

    while (moved > 0) {
        pair_client_step(p);
        auto_buf sent = pair_take(p);
        moved = sent.len;
        (void)pair_feed(p, buf_bytes(&sent));
        moved += pair_give(p);
    }
}

static inline void pair_assert_done(const struct pair *p)
{
    if (p->server_failed)
        fail_msg("server: %s", p->err.text);
    if (p->client_failed)
        fail_msg("client: %s", ERR_reason_error_string(p->client_error));
    assert_true(tls_established(p->server));
    assert_true(SSL_is_init_finished(p->client));
}

static const uint8_t both[] = "\2h2\10http/1.1";
static const uint8_t h2[] = "\2h2";

static inline struct bytes alpn_both(void)
{
    return bytes_of(both, sizeof both - 1);
}

static inline struct bytes alpn_h2(void)
{
    return bytes_of(h2, sizeof h2 - 1);
}

struct world {
    struct pair_identity root, user, other;
    struct tls_identity *plain; /* h2 and http/1.1 */
    struct tls_identity *grpc;  /* h2, required */
};

static inline int world_up(void **state)
{
    struct world *const w = mem_zero_alloc(1, sizeof *w);

    w->root = pair_identity(KEY_ECDSA, 384, PAIR_NOW);
    w->user = pair_identity(KEY_ECDSA, 256, PAIR_NOW);
    w->other = pair_identity(KEY_ECDSA, 256, PAIR_NOW);
    w->plain = pair_server(&w->root, alpn_both(), TLS_DEMAND_NOTHING);
    w->grpc = pair_server(&w->root, alpn_h2(), TLS_DEMAND_ALPN);
    *state = w;
    return 0;
}

static inline int world_down(void **state)
{
    struct world *const w = *state;

    tls_identity_free(w->plain);
    tls_identity_free(w->grpc);
    pair_identity_clear(&w->root);
    pair_identity_clear(&w->user);
    pair_identity_clear(&w->other);
    free(w);
    return 0;
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
