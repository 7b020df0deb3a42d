/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A client of ours, with a server of ours or one of libssl, in one process, with their bytes carried
 * between them by hand.
 */
#include "tls_pair.h"

#include <time.h>

/* ---- our client and our server ---- */

struct link {
    struct tls_session *client, *server;
    size_t step; /* how many bytes each gets at a time; 0: all */
    bool client_failed, server_failed;
    struct err client_err, server_err;
};

static inline struct link link_new(const struct tls_client *client, struct tls_identity *server)
{
    struct link l = { 0 };

    l.client = tls_connect(client, &l.client_err);
    assert_ok(l.client != NULL, &l.client_err);
    l.server = tls_accept(server, &l.server_err);
    assert_ok(l.server != NULL, &l.server_err);
    return l;
}

static inline void link_clear(struct link *l)
{
    tls_session_free(l->client);
    tls_session_free(l->server);
}
#define auto_link struct link CLEANUP(link_clear)

static inline struct buf drained(struct tls_session *session)
{
    struct err err = { 0 };
    struct buf out = { 0 };

    assert_ok(tls_drain(session, &out, &err), &err);
    return out;
}

/* What `from` has ready goes to `to`, in exact-size pieces; how much it was. */
static inline size_t carry(struct tls_session *from, struct tls_session *to, size_t step,
                           bool *failed, struct err *err)
{
    auto_buf out = drained(from);

    step = step == 0 ? out.len : step;
    for (size_t at = 0; at < out.len && !*failed; at += step) {
        const size_t len = out.len - at < step ? out.len - at : step;
        uint8_t *const exact = bytes_copy(bytes_of(out.at + at, len));
        *failed = !tls_feed(to, bytes_of(exact, len), err);
        free(exact);
    }
    return out.len;
}

static inline void link_run(struct link *l)
{
    while (carry(l->client, l->server, l->step, &l->server_failed, &l->server_err) +
               carry(l->server, l->client, l->step, &l->client_failed, &l->client_err) >
           0)
        ;
}

static inline void assert_linked(const struct link *l)
{
    if (l->client_failed)
        fail_msg("client: %s", l->client_err.text);
    if (l->server_failed)
        fail_msg("server: %s", l->server_err.text);
    assert_true(tls_established(l->client) && tls_established(l->server));
}

/* The client ended it, said so, and showed nothing of itself. */
static inline void assert_refused(const struct link *l, enum fail_kind kind, const char *text)
{
    assert_true(l->client_failed && l->server_failed);
    assert_int_equal(l->client_err.kind, kind);
    assert_non_null(strstr(l->client_err.text, text));
    assert_int_equal(l->server_err.kind, FAIL_DENIED); /* an alert of the peer */
    assert_false(tls_established(l->client) || tls_established(l->server));
    assert_int_equal(tls_peer_leaf(l->server).len, 0);
    assert_int_equal(tls_peer_leaf(l->client).len, 0);
}

/* ---- our client and a server of libssl, for what ours never does ---- */

struct foreign {
    SSL *server;
    BIO *to_server, *from_server; /* owned by server */
    struct tls_session *client;
    struct err err;
    bool client_failed, server_failed;
};

static inline int choose(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                         const unsigned char *in, unsigned in_len, void *arg)
{
    const char *const name = arg;

    (void)ssl, (void)in, (void)in_len;
    *out = (const unsigned char *)name;
    *out_len = (unsigned char)strlen(name);
    return SSL_TLSEXT_ERR_OK;
}

static inline int accept_all(X509_STORE_CTX *store, void *arg)
{
    (void)store, (void)arg;
    return 1;
}

/* protocol: what it chooses, whatever is offered; NULL: it knows no ALPN. */
static inline struct foreign foreign_new(const struct tls_client *client,
                                         const struct pair_identity *of, int version,
                                         char *protocol)
{
    struct foreign f = { 0 };
    SSL_CTX *const ctx = SSL_CTX_new(TLS_server_method());
    X509 *const x509 = pair_x509(of->cert);

    SSL_CTX_set_security_level(ctx, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(ctx, version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
    assert_int_equal(SSL_CTX_use_certificate(ctx, x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key_pkey(of->key)), 1);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, accept_all, NULL);
    if (protocol != NULL)
        SSL_CTX_set_alpn_select_cb(ctx, choose, protocol);
    f.server = SSL_new(ctx);
    f.to_server = BIO_new(BIO_s_mem());
    f.from_server = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(f.to_server, -1);
    SSL_set_bio(f.server, f.to_server, f.from_server);
    SSL_set_accept_state(f.server);
    SSL_CTX_free(ctx);
    X509_free(x509);
    f.client = tls_connect(client, &f.err);
    assert_ok(f.client != NULL, &f.err);
    return f;
}

static inline void foreign_clear(struct foreign *f)
{
    tls_session_free(f->client);
    SSL_free(f->server);
    ERR_clear_error();
}
#define auto_foreign struct foreign CLEANUP(foreign_clear)

static inline void foreign_step(struct foreign *f)
{
    uint8_t none;

    if (f->server_failed)
        return;
    ERR_clear_error();
    const int done = SSL_is_init_finished(f->server) ? SSL_peek(f->server, &none, 1)
                                                     : SSL_do_handshake(f->server);
    const int why = SSL_get_error(f->server, done);
    f->server_failed = why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL;
    ERR_clear_error();
}

static inline void foreign_run(struct foreign *f)
{
    size_t moved;

    do {
        auto_buf out = drained(f->client);
        if (out.len > 0)
            assert_int_equal(BIO_write(f->to_server, out.at, (int)out.len), out.len);
        foreign_step(f);
        char *at = NULL;
        const long len = BIO_get_mem_data(f->from_server, &at);
        moved = out.len + (size_t)len;
        if (len > 0 && !f->client_failed)
            f->client_failed = !tls_feed(f->client, bytes_of(at, (size_t)len), &f->err);
        (void)BIO_reset(f->from_server);
    } while (moved > 0);
}

static inline void assert_foreign_done(const struct foreign *f)
{
    if (f->client_failed)
        fail_msg("client: %s", f->err.text);
    assert_false(f->server_failed);
    assert_true(tls_established(f->client) && SSL_is_init_finished(f->server));
}

/* ---- what the tests share ---- */

/* Besides what world_up gives: the Coordinator, with the certificate that it shows to Marbles. */
struct room {
    struct world *w;
    struct pair_identity coordinator;
    struct tls_identity *server;
};

static inline struct pair_identity coordinator_new(int64_t now)
{
    static const struct bytes names[] = {
        BYTES_LITERAL("coordinator.example"), BYTES_LITERAL("*.wild.example"),
        BYTES_LITERAL("p*.part.example"), BYTES_LITERAL("192.0.2.7"), BYTES_LITERAL("2001:db8::7")
    };
    struct err err = { 0 };
    struct pair_identity made = { .key = key_generate(KEY_ECDSA, 384, &err) };

    assert_ok(made.key != NULL, &err);
    made.cert = cert_issue_ca("MarbleRun Coordinator - Intermediate CA", names, COUNT_OF(names),
                              made.key, NULL, made.key, now, &err);
    assert_ok(made.cert != NULL, &err);
    return made;
}

static inline int room_up(void **state)
{
    struct room *const r = mem_zero_alloc(1, sizeof *r);
    void *world = NULL;

    (void)world_up(&world);
    r->w = world;
    r->coordinator = coordinator_new(time(NULL));
    r->server = pair_server(&r->coordinator, alpn_h2(), TLS_DEMAND_ALPN);
    *state = r;
    return 0;
}

static inline int room_down(void **state)
{
    struct room *const r = *state;
    void *world = r->w;

    (void)world_down(&world);
    tls_identity_free(r->server);
    pair_identity_clear(&r->coordinator);
    free(r);
    return 0;
}

static inline struct tls_client marble(const struct room *r)
{
    return (struct tls_client){ .cert = r->w->user.cert,
                                .key = r->w->user.key,
                                .alpn = alpn_h2(),
                                .server_name = "coordinator.example" };
}

/* A server with the certificate that this template gives. */
static inline struct pair_identity issued(const struct cert_template *t,
                                          const struct pair_identity *issuer)
{
    struct err err = { 0 };
    struct pair_identity made = { .key = key_generate(KEY_ECDSA, 256, &err) };

    assert_ok(made.key != NULL, &err);
    made.cert = cert_issue(t, made.key, issuer != NULL ? issuer->cert : NULL,
                           issuer != NULL ? issuer->key : made.key, time(NULL) - 5, &err);
    assert_ok(made.cert != NULL, &err);
    return made;
}

/* A handshake with `of`, whose verdict is in what comes back. */
static inline struct link link_with(const struct room *r, const struct pair_identity *of,
                                    const struct cert *root, const char *name)
{
    struct tls_identity *const server = pair_server(of, alpn_h2(), TLS_DEMAND_ALPN);
    struct tls_client client = marble(r);

    client.roots = &root;
    client.root_count = root != NULL ? 1 : 0;
    client.server_name = name;
    struct link l = link_new(&client, server);
    tls_identity_free(server);
    link_run(&l);
    return l;
}
