/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_pin.h"

#include "crypto/cert_internal.h"
#include "crypto/tls_internal.h"

DEFINE_CLEANUP(X509_STORE, store_cleanup, X509_STORE_free)
#define auto_store X509_STORE CLEANUP(store_cleanup)
DEFINE_CLEANUP(X509_STORE_CTX, store_ctx_cleanup, X509_STORE_CTX_free)
#define auto_store_ctx X509_STORE_CTX CLEANUP(store_ctx_cleanup)

static bool set_rules(X509_STORE_CTX *ctx, const char *name, struct err *err)
{
    X509_VERIFY_PARAM *const param = X509_STORE_CTX_get0_param(ctx);

    /* RFC 9110, 4.3.4: the common name means nothing. */
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (X509_STORE_CTX_set_default(ctx, "ssl_server") != 1 ||
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) != 1 ||
        (tls_is_address(name) ? X509_VERIFY_PARAM_set1_ip_asc(param, name)
                              : X509_VERIFY_PARAM_set1_host(param, name, 0)) != 1)
        return libcrypto_refused(err, FAIL_INTERNAL, "TLS: name of the server");
    tls_relax_purpose(ctx);
    return true;
}

static bool refuse(const X509_STORE_CTX *ctx, const char *name, struct err *err)
{
    const int code = X509_STORE_CTX_get_error(ctx);

    ERR_clear_error();
    if (code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH)
        return err_set(err, FAIL_DENIED, "the Coordinator's certificate is not for \"%.200s\"",
                       name);
    return err_set(err, FAIL_DENIED,
                   "the Coordinator does not present the expected root certificate (%s)",
                   X509_verify_cert_error_string(code));
}

/* chain: what came behind the leaf, NULL: nothing. */
static bool verify(X509 *leaf, STACK_OF(X509) * chain, const struct cert *root, const char *name,
                   struct err *err)
{
    auto_store *store = X509_STORE_new();
    auto_store_ctx *ctx = X509_STORE_CTX_new();
    auto_x509 *trusted = cert_x509_with_key(root);

    if (store == NULL || ctx == NULL || trusted == NULL ||
        X509_STORE_add_cert(store, trusted) != 1 ||
        X509_STORE_CTX_init(ctx, store, leaf, chain) != 1)
        return libcrypto_refused(err, FAIL_INTERNAL, "TLS: root certificate");
    return set_rules(ctx, name, err) && (X509_verify_cert(ctx) == 1 || refuse(ctx, name, err));
}

/* A refusal has an error in the store, from which libssl makes the alert. */
static int on_server(X509_STORE_CTX *store, void *arg)
{
    struct tls_pin *const pin = arg;
    X509 *const leaf = X509_STORE_CTX_get0_cert(store);
    struct err err = { 0 };

    pin->refusal = (struct err){ 0 };
    cert_free(pin->shown);
    pin->shown = NULL;
    if (!tls_leaf_is_bearable(store) || X509_up_ref(leaf) != 1)
        return 0;
    pin->shown = cert_of_x509(leaf, &err);
    if (pin->shown == NULL ||
        (pin->root != NULL &&
         !verify(leaf, X509_STORE_CTX_get0_untrusted(store), pin->root, pin->name, &err))) {
        pin->refusal = err;
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
        return 0;
    }
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static bool show(SSL_CTX *ctx, const struct tls_pin *pin, struct err *err)
{
    auto_x509 *own = cert_x509_with_key(pin->cert);

    return (own != NULL && SSL_CTX_use_certificate(ctx, own) == 1 &&
            SSL_CTX_use_PrivateKey(ctx, key_pkey(pin->key)) == 1 &&
            SSL_CTX_check_private_key(ctx) == 1) ||
           libcrypto_refused(err, FAIL_INTERNAL, "TLS: certificate and key do not belong together");
}

bool tls_pin_apply(struct tls_pin *pin, void *ssl_ctx, struct err *err)
{
    SSL_CTX *const ctx = ssl_ctx;

    if (pin->cert != NULL && !show(ctx, pin, err))
        return false;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, on_server, pin);
    return true;
}

bool tls_pin_accepts(const struct tls_pin *pin, const struct cert *root, struct err *err)
{
    if (pin->shown == NULL)
        return err_set(err, FAIL_STATE, "TLS: no server has shown its certificate yet");
    return verify(cert_x509(pin->shown), NULL, root, pin->name, err);
}

void tls_pin_clear(struct tls_pin *pin)
{
    cert_free(pin->shown);
    pin->shown = NULL;
}
