/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_internal.h"

#include <arpa/inet.h>

#include "crypto/cert_internal.h"

/*
 * The client's half of TLS: which certificate of a server is good enough. All is decided when its
 * Certificate message comes, before anything of ours is shown to it.
 */

/* RFC 7301, 3.1: the server answers with one of our names; without an answer there is no session. */
static bool has_protocol(const struct tls_identity *identity, X509_STORE_CTX *store)
{
    const SSL *const ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const unsigned char *name = NULL;
    unsigned len = 0;

    SSL_get0_alpn_selected(ssl, &name, &len);
    if (tls_identity_speaks(identity, bytes_of(name, len)))
        return true;
    /* Which is how tls.c tells this from a refused certificate. */
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return false;
}

static int on_any_server(X509_STORE_CTX *store, void *arg)
{
    return has_protocol(arg, store) && tls_leaf_is_bearable(store) ? 1 : 0;
}

void tls_relax_purpose(X509_STORE_CTX *store)
{
    /* All ones without the extension. */
    const uint32_t usages = X509_get_extended_key_usage(X509_STORE_CTX_get0_cert(store));

    if ((usages & XKU_ANYEKU) != 0)
        (void)X509_VERIFY_PARAM_set_purpose(X509_STORE_CTX_get0_param(store), X509_PURPOSE_ANY);
}

static int on_trusted_server(X509_STORE_CTX *store, void *arg)
{
    if (on_any_server(store, arg) != 1)
        return 0;
    tls_relax_purpose(store);
    return X509_verify_cert(store) == 1 ? 1 : 0;
}

bool tls_is_address(const char *name)
{
    uint8_t raw[16];

    return inet_pton(AF_INET, name, raw) == 1 || inet_pton(AF_INET6, name, raw) == 1;
}

/* The name as certificates and SNI have it: without the dot that only says that it is absolute (RFC
 * 6066, 3). Empty when there is none. */
static char *name_of(const struct tls_client *client)
{
    struct bytes name = bytes_of_string(client->server_name);

    if (name.len > 0 && name.at[name.len - 1] == '.')
        name.len--;
    return bytes_to_string(name);
}

static bool add_root(SSL_CTX *ctx, const struct cert *root)
{
    auto_x509 *x509 = cert_x509_with_key(root);

    return x509 != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), x509) == 1;
}

/* Every root ends a chain, whoever signed it (RFC 5280, 6.1.1 d): a pinned certificate is one. */
static bool trust_roots(struct tls_identity *identity, const struct tls_client *client,
                        const char *name, struct err *err)
{
    SSL_CTX *const ctx = tls_identity_ctx(identity);
    X509_VERIFY_PARAM *const param = SSL_CTX_get0_param(ctx);
    bool set = true;

    /* A name with a dot in front would mean all that end in it. */
    if (name[0] == '\0' || name[0] == '.')
        return err_set(err, FAIL_INTERNAL, "TLS: a server is verified without a name to compare");
    for (size_t i = 0; i < client->root_count && set; i++)
        set = add_root(ctx, client->roots[i]);
    /* RFC 9110, 4.3.4: the common name means nothing. */
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    set = set && X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
          (tls_is_address(name) ? X509_VERIFY_PARAM_set1_ip_asc(param, name)
                            : X509_VERIFY_PARAM_set1_host(param, name, 0)) == 1;
    return set || libcrypto_refused(err, FAIL_INTERNAL, "TLS: roots and name of the server");
}

static bool offer_protocols(struct tls_identity *identity, struct bytes alpn, struct err *err)
{
    /* Zero is success here. */
    return alpn.len == 0 ||
           (alpn.len <= UINT16_MAX && SSL_CTX_set_alpn_protos(tls_identity_ctx(identity), alpn.at,
                                                              (unsigned)alpn.len) == 0) ||
           libcrypto_refused(err, FAIL_INTERNAL, "TLS: ALPN");
}

struct tls_session *tls_connect(const struct tls_client *client, struct err *err)
{
    auto_tls_identity *identity = tls_identity_start(TLS_client_method(), client->alpn, err);
    auto_string *name = name_of(client);
    const bool verifies = client->root_count > 0;

    if (identity == NULL || !offer_protocols(identity, client->alpn, err) ||
        (client->cert != NULL && !tls_identity_show(identity, client->cert, client->key, err)) ||
        (verifies && !trust_roots(identity, client, name, err)))
        return NULL;
    SSL_CTX_set_cert_verify_callback(tls_identity_ctx(identity),
                                     verifies ? on_trusted_server : on_any_server, identity);
    return tls_session_connect(identity, name[0] == '\0' || tls_is_address(name) ? NULL : name, err);
}
