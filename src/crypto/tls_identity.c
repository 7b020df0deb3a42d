/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "crypto/cert_internal.h"

enum {
    MAX_PEER_RSA_BITS = 8192,       /* verification of longer ones costs more than it is worth */
    MAX_CERTIFICATE_LIST = 64 << 10 /* bytes of a peer's Certificate message */
};

/* RFC 8879, from OpenSSL 3.2 on: memory for whoever asks, to save a client a few hundred bytes. */
#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
#define PLAIN_CERTIFICATES                                                                         \
    (SSL_OP_NO_RX_CERTIFICATE_COMPRESSION | SSL_OP_NO_TX_CERTIFICATE_COMPRESSION)
#else
#define PLAIN_CERTIFICATES 0
#endif

struct tls_identity {
    atomic_uint references;
    SSL_CTX *ctx;
    BIO_METHOD *bio_method;
    bool demands_alpn; /* of clients */
    size_t alpn_len;
    uint8_t alpn[]; /* as on the wire */
};

/* Reads one protocol name; false at the end and for one that is none. */
static bool next_protocol(struct reader *list, struct bytes *name)
{
    if (reader_left(list) == 0)
        return false;
    *name = reader_bytes(list, reader_u8(list, "length"), "protocol name");
    return reader_ok(list) && name->len > 0;
}

static bool is_protocol_list(struct bytes alpn)
{
    struct reader list = reader_over(alpn);
    struct bytes name;

    while (reader_left(&list) > 0) {
        if (!next_protocol(&list, &name))
            return false;
    }
    return true;
}

bool tls_identity_speaks(const struct tls_identity *identity, struct bytes protocol)
{
    struct reader ours = reader_over(bytes_of(identity->alpn, identity->alpn_len));
    struct bytes our;

    while (next_protocol(&ours, &our)) {
        if (bytes_equal(our, protocol))
            return true;
    }
    return identity->alpn_len == 0;
}

/* RFC 7301, 3.2: our preference decides; no common protocol ends the handshake. */
static int on_alpn(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_len,
                   const unsigned char *offered, unsigned offered_len, void *arg)
{
    const struct tls_identity *const identity = arg;
    struct reader ours = reader_over(bytes_of(identity->alpn, identity->alpn_len));
    struct bytes our, their;

    (void)ssl;
    while (next_protocol(&ours, &our)) {
        struct reader theirs = reader_over(bytes_of(offered, offered_len));
        while (next_protocol(&theirs, &their)) {
            if (bytes_equal(our, their)) {
                *chosen = our.at;
                *chosen_len = (unsigned char)our.len;
                return SSL_TLSEXT_ERR_OK;
            }
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* libssl asks for ALPN only when the client offers it; who must offer is seen here. */
static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
    const struct tls_identity *const identity = arg;
    const unsigned char *data;
    size_t len;

    if (!identity->demands_alpn ||
        SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &data,
                                  &len) == 1)
        return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    return SSL_CLIENT_HELLO_ERROR;
}

/* Explicit curve parameters have no name, so they are none of these. */
static bool is_known_curve(EVP_PKEY *key)
{
    static const char *const curves[] = { "prime256v1", "secp384r1", "secp521r1" };
    char name[32];

    if (EVP_PKEY_get_group_name(key, name, sizeof name, NULL) != 1)
        return false;
    for (size_t i = 0; i < COUNT_OF(curves); i++) {
        if (strcmp(name, curves[i]) == 0)
            return true;
    }
    return false;
}

bool tls_leaf_is_bearable(X509_STORE_CTX *store)
{
    EVP_PKEY *const key = X509_get0_pubkey(X509_STORE_CTX_get0_cert(store));
    const int type = key == NULL ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key);
    const bool accepted = type == EVP_PKEY_ED25519 ||
                          (type == EVP_PKEY_EC && is_known_curve(key)) ||
                          (type == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) <= MAX_PEER_RSA_BITS);

    /* INVALID_PURPOSE becomes the alert unsupported_certificate. */
    X509_STORE_CTX_set_error(store, accepted ? X509_V_OK : X509_V_ERR_INVALID_PURPOSE);
    return accepted;
}

/*
 * Stands in for the verification of a chain: whoever holds the key of the leaf is accepted as that
 * leaf (client-api.md, 1.2), so only the kind of key is looked at, before it costs time.
 */
static int on_client_certificate(X509_STORE_CTX *store, void *arg)
{
    (void)arg;
    return tls_leaf_is_bearable(store) ? 1 : 0;
}

static bool set_profile(SSL_CTX *ctx)
{
    char signatures[] = /* libssl's macro takes it without const */
        "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
        "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ed25519:"
        "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512";
    static const unsigned char id_context[] = "taw";

    /* 112 bits, whatever the configuration of the machine says; leaves that nobody verifies are not measured. */
    SSL_CTX_set_security_level(ctx, 2);
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | PLAIN_CERTIFICATES);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    /* Tickets carry sessions, with the client's leaf inside; nothing is kept here. */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ctx, MAX_CERTIFICATE_LIST);
    SSL_CTX_set_msg_callback(ctx, tls_on_message);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384") == 1 &&
           SSL_CTX_set_cipher_list(
               ctx, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384") == 1 &&
           SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384:P-521") == 1 &&
           SSL_CTX_set1_sigalgs_list(ctx, signatures) == 1 &&
           SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
           SSL_CTX_set_session_id_context(ctx, id_context, sizeof id_context - 1) == 1;
}

static int bio_read(BIO *bio, char *to, size_t len, size_t *got)
{
    BIO_clear_retry_flags(bio);
    *got = tls_session_take(BIO_get_data(bio), to, len);
    if (*got > 0)
        return 1;
    BIO_set_retry_read(bio);
    return 0;
}

static int bio_write(BIO *bio, const char *from, size_t len, size_t *taken)
{
    BIO_clear_retry_flags(bio);
    tls_session_put(BIO_get_data(bio), bytes_of(from, len));
    *taken = len;
    return 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *arg)
{
    (void)bio;
    (void)number;
    (void)arg;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/*
 * Not libcrypto's memory BIO: that one keeps the memory of its largest moment for as long as the
 * connection lives.
 */
static BIO_METHOD *bio_method_new(void)
{
    BIO_METHOD *const method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "taw TLS session");

    if (method == NULL || BIO_meth_set_read_ex(method, bio_read) != 1 ||
        BIO_meth_set_write_ex(method, bio_write) != 1 || BIO_meth_set_ctrl(method, bio_ctrl) != 1) {
        BIO_meth_free(method);
        return NULL;
    }
    return method;
}

struct tls_identity *tls_identity_start(const SSL_METHOD *method, struct bytes alpn,
                                        struct err *err)
{
    if (!is_protocol_list(alpn)) {
        (void)err_set(err, FAIL_MALFORMED, "TLS identity: ALPN is not a list of protocol names");
        return NULL;
    }
    auto_tls_identity *identity = mem_zero_alloc(1, sizeof *identity + alpn.len);
    atomic_init(&identity->references, 1);
    identity->alpn_len = alpn.len;
    if (alpn.len > 0)
        memcpy(identity->alpn, alpn.at, alpn.len);
    identity->bio_method = bio_method_new();
    identity->ctx = SSL_CTX_new(method);
    if (identity->bio_method == NULL || identity->ctx == NULL || !set_profile(identity->ctx)) {
        (void)libcrypto_refused(err, FAIL_INTERNAL, "TLS identity");
        return NULL;
    }
    return TAKE(identity);
}

bool tls_identity_show(struct tls_identity *identity, const struct cert *cert, struct key *key,
                       struct err *err)
{
    auto_x509 *x509 = cert_x509_with_key(cert);

    return (x509 != NULL && SSL_CTX_use_certificate(identity->ctx, x509) == 1 &&
            SSL_CTX_use_PrivateKey(identity->ctx, key_pkey(key)) == 1) ||
           libcrypto_refused(err, FAIL_INTERNAL, "TLS identity");
}

struct tls_identity *tls_identity_new(const struct cert *cert, struct key *key, struct bytes alpn,
                                      unsigned demands, struct err *err)
{
    auto_tls_identity *identity = tls_identity_start(TLS_server_method(), alpn, err);

    if (identity == NULL || !tls_identity_show(identity, cert, key, err))
        return NULL;
    identity->demands_alpn = (demands & TLS_DEMAND_ALPN) != 0;
    if ((demands & TLS_DEMAND_CERTIFICATE) != 0)
        SSL_CTX_set_verify(identity->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if ((demands & TLS_NO_TICKETS) != 0 && SSL_CTX_set_num_tickets(identity->ctx, 0) != 1) {
        (void)libcrypto_refused(err, FAIL_INTERNAL, "TLS identity");
        return NULL;
    }
    if ((demands & TLS_NO_TICKETS) != 0)
        SSL_CTX_set_options(identity->ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_cert_verify_callback(identity->ctx, on_client_certificate, NULL);
    SSL_CTX_set_client_hello_cb(identity->ctx, on_client_hello, identity);
    if (alpn.len > 0)
        SSL_CTX_set_alpn_select_cb(identity->ctx, on_alpn, identity);
    return TAKE(identity);
}

struct tls_identity *tls_identity_ref(struct tls_identity *identity)
{
    (void)atomic_fetch_add_explicit(&identity->references, 1, memory_order_relaxed);
    return identity;
}

void tls_identity_free(struct tls_identity *identity)
{
    if (identity == NULL ||
        atomic_fetch_sub_explicit(&identity->references, 1, memory_order_acq_rel) != 1)
        return;
    SSL_CTX_free(identity->ctx);
    BIO_meth_free(identity->bio_method);
    free(identity);
}

SSL_CTX *tls_identity_ctx(const struct tls_identity *identity)
{
    return identity->ctx;
}

SSL *tls_identity_ssl(const struct tls_identity *identity)
{
    return SSL_new(identity->ctx);
}

BIO *tls_identity_bio(const struct tls_identity *identity, struct tls_session *session)
{
    BIO *const bio = BIO_new(identity->bio_method);

    if (bio != NULL) {
        BIO_set_data(bio, session);
        BIO_set_init(bio, 1);
    }
    return bio;
}
