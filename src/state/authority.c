/* SPDX-License-Identifier: Apache-2.0 */
#include "state/authority.h"

#include "attestation/evidence.h"
#include "manifest/manifest.h"
#include "state/names.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define ROOT_NAME "MarbleRun Coordinator"
#define INTERMEDIATE_NAME "MarbleRun Coordinator - Intermediate CA"

enum { ROOT_SECRET_LEN = 32, CA_KEY_BITS = 384 };

static const char CLIENT_ALPN[] = "\x02h2\x08http/1.1";
static const char MARBLE_ALPN[] = "\x02h2";

struct authority *authority_ref(struct authority *authority)
{
    (void)__atomic_add_fetch(&authority->refs, 1, __ATOMIC_RELAXED);
    return authority;
}

void authority_free(struct authority *a)
{
    if (a == NULL || __atomic_sub_fetch(&a->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    cert_free(a->root);
    cert_free(a->intermediate);
    cert_free(a->marble_root);
    key_free(a->root_key);
    key_free(a->intermediate_key);
    secret_free(a->root_secret);
    secret_free(a->previous_root_secret);
    tls_identity_free(a->client_tls);
    tls_identity_free(a->marble_tls);
    buf_clear(&a->root_pem);
    buf_clear(&a->intermediate_pem);
    buf_clear(&a->marble_root_pem);
    buf_clear(&a->chain_pem);
    buf_clear(&a->quote);
    free(a);
}

bool authority_quote(const struct authority *a, const struct env *env, struct bytes nonce,
                     struct buf *quote, struct err *err)
{
    uint8_t report_data[REPORT_DATA_LEN];

    return report_data_of(cert_der(a->root), nonce, report_data, err) &&
           env->issue_quote(env->ctx, report_data, quote, err);
}

/* What follows from keys and certificates: TLS identities and PEM. */
static bool present_itself(struct authority *a, struct err *err)
{
    const struct bytes client_alpn = bytes_of(CLIENT_ALPN, sizeof CLIENT_ALPN - 1);
    const struct bytes marble_alpn = bytes_of(MARBLE_ALPN, sizeof MARBLE_ALPN - 1);

    a->client_tls = tls_identity_new(a->root, a->root_key, client_alpn, TLS_DEMAND_NOTHING, err);
    if (a->client_tls == NULL)
        return err_in(err, "TLS identity of the client API");
    a->marble_tls =
        tls_identity_new(a->marble_root, a->intermediate_key, marble_alpn,
                         TLS_DEMAND_ALPN | TLS_DEMAND_CERTIFICATE | TLS_NO_TICKETS, err);
    if (a->marble_tls == NULL)
        return err_in(err, "TLS identity of the Marble API");
    cert_pem(a->root, &a->root_pem);
    cert_pem(a->intermediate, &a->intermediate_pem);
    cert_pem(a->marble_root, &a->marble_root_pem);
    buf_add(&a->chain_pem, buf_bytes(&a->intermediate_pem));
    buf_add(&a->chain_pem, buf_bytes(&a->root_pem));
    return true;
}

static bool complete(struct authority *a, const struct env *env, struct err *err)
{
    if (!present_itself(a, err))
        return false;
    return authority_quote(a, env, BYTES_NONE, &a->quote, err) ||
           err_in(err, "quote over the root certificate");
}

static struct authority *new_empty(void)
{
    struct authority *a = mem_zero_alloc(1, sizeof *a);

    a->refs = 1;
    return a;
}

static bool make_root_secret(struct authority *a, const struct env *env, struct err *err)
{
    a->root_secret = secret_new(ROOT_SECRET_LEN, err);
    return a->root_secret != NULL &&
           env->random(env->ctx, a->root_secret->at, a->root_secret->len, err);
}

/* A new key for the Marbles' certificates, under the root and on its own. */
static bool make_intermediate(struct authority *a, const struct bytes *names, size_t name_count,
                              int64_t now, struct err *err)
{
    a->intermediate_key = key_generate(KEY_ECDSA, CA_KEY_BITS, err);
    if (a->intermediate_key == NULL)
        return false;
    a->intermediate = cert_issue_ca(INTERMEDIATE_NAME, names, name_count, a->intermediate_key,
                                    a->root, a->root_key, now, err);
    if (a->intermediate == NULL)
        return false;
    a->marble_root = cert_issue_ca(INTERMEDIATE_NAME, names, name_count, a->intermediate_key, NULL,
                                   a->intermediate_key, now, err);
    return a->marble_root != NULL;
}

struct authority *authority_generate(const struct env *env, const struct bytes *names,
                                     size_t name_count, struct err *err)
{
    auto_authority *a = new_empty();
    const int64_t now = env->now_ms(env->ctx) / 1000;

    a->root_key = key_generate(KEY_ECDSA, CA_KEY_BITS, err);
    if (a->root_key == NULL || !make_root_secret(a, env, err))
        return NULL;
    a->root = cert_issue_ca(ROOT_NAME, names, name_count, a->root_key, NULL, a->root_key, now, err);
    if (a->root == NULL || !make_intermediate(a, names, name_count, now, err) ||
        !complete(a, env, err))
        return NULL;
    return TAKE(a);
}

/* ---- another intermediate under the same root ---- */

static bool is_loopback(struct bytes address)
{
    static const uint8_t loopback4[] = { 127, 0, 0, 1 };

    return bytes_equal(address, bytes_of(loopback4, sizeof loopback4)) ||
           (address.len == sizeof in6addr_loopback &&
            memcmp(address.at, &in6addr_loopback, sizeof in6addr_loopback) == 0);
}

/*
 * The configuration that the root was made with: DNS names, then addresses as text but for those that every certificate
 * of the Coordinator has. False when the certificate is none of ours.
 */
static bool names_of(const struct cert *root, struct arena *arena, struct bytes **names,
                     size_t *count)
{
    struct cert_template t = { 0 };

    if (!cert_template_from_der(cert_der(root), arena, &t))
        return false;
    struct bytes *const all =
        arena_alloc(arena, (t.dns_names.count + t.ip_addresses.count) * sizeof all[0]);
    *count = 0;
    for (size_t i = 0; i < t.dns_names.count; i++)
        all[(*count)++] = t.dns_names.at[i];
    for (size_t i = 0; i < t.ip_addresses.count; i++) {
        const struct bytes ip = t.ip_addresses.at[i];
        char text[INET6_ADDRSTRLEN];
        if (is_loopback(ip) || (ip.len != 4 && ip.len != 16) ||
            inet_ntop(ip.len == 4 ? AF_INET : AF_INET6, ip.at, text, sizeof text) == NULL)
            continue;
        all[(*count)++] = arena_bytes(arena, bytes_of_string(text));
    }
    *names = all;
    return true;
}

static bool take_root_secrets(struct authority *a, const struct env *env,
                              const struct authority *old, bool rotate, struct err *err)
{
    const struct secret *const previous = rotate ? old->root_secret : old->previous_root_secret;

    if (previous != NULL &&
        (a->previous_root_secret = secret_copy(secret_bytes(previous), err)) == NULL)
        return false;
    if (rotate)
        return make_root_secret(a, env, err);
    a->root_secret = secret_copy(secret_bytes(old->root_secret), err);
    return a->root_secret != NULL;
}

struct authority *authority_renew(const struct env *env, const struct authority *old, bool rotate,
                                  struct err *err)
{
    auto_authority *a = new_empty();
    auto_arena arena = { 0 };
    struct bytes *names = NULL;
    size_t name_count = 0;

    if (!names_of(old->root, &arena, &names, &name_count)) {
        (void)err_set(err, FAIL_DAMAGED, "the names in the root certificate cannot be read");
        return NULL;
    }
    a->root = cert_ref(old->root);
    a->root_key = key_ref(old->root_key);
    buf_add(&a->quote, buf_bytes(&old->quote)); /* over the same root */
    if (!take_root_secrets(a, env, old, rotate, err) ||
        !make_intermediate(a, names, name_count, env->now_ms(env->ctx) / 1000, err) ||
        !present_itself(a, err))
        return NULL;
    return TAKE(a);
}

static bool state_value(const struct omap *values, const char *name, struct bytes *value,
                        struct err *err)
{
    return omap_get(values, bytes_of_string(name), value) ||
           err_set(err, FAIL_DAMAGED, "the state has no value %s", name);
}

static bool misfit(const char *name, struct err *err)
{
    err->kind = FAIL_DAMAGED;
    return err_in(err, "value %s of the state", name);
}

static struct cert *load_cert(const struct omap *values, const char *name, struct err *err)
{
    struct bytes der;

    if (!state_value(values, name, &der, err))
        return NULL;
    struct cert *const cert = cert_from_der(der, err);
    if (cert == NULL)
        (void)misfit(name, err);
    return cert;
}

static struct key *load_key(const struct omap *values, const char *name, struct err *err)
{
    struct bytes der;

    if (!state_value(values, name, &der, err))
        return NULL;
    struct key *const key = key_from_private_sec1(der, err);
    if (key == NULL)
        (void)misfit(name, err);
    return key;
}

static bool key_fits(const struct cert *cert, const struct key *key, const char *name,
                     struct err *err)
{
    auto_key *public = cert_public_key(cert, err);

    if (public == NULL)
        return misfit(name, err);
    return key_equal_public(public, key) ||
           err_set(err, FAIL_DAMAGED, "the key of value %s of the state is not its certificate's",
                   name);
}

static bool load_secrets(struct authority *a, const struct omap *values, struct err *err)
{
    struct bytes value;

    if (!state_value(values, NAME_ROOT_SECRET, &value, err))
        return false;
    if (value.len == 0)
        return err_set(err, FAIL_DAMAGED, "value " NAME_ROOT_SECRET " of the state is empty");
    a->root_secret = secret_copy(value, err);
    if (a->root_secret == NULL)
        return false;
    if (!omap_get(values, BYTES_LITERAL(NAME_PREVIOUS_ROOT_SECRET), &value))
        return true;
    a->previous_root_secret = secret_copy(value, err);
    return a->previous_root_secret != NULL;
}

struct authority *authority_load(const struct env *env, const struct omap *values, struct err *err)
{
    auto_authority *a = new_empty();

    if ((a->root = load_cert(values, NAME_ROOT_CERT, err)) == NULL ||
        (a->intermediate = load_cert(values, NAME_INTERMEDIATE_CERT, err)) == NULL ||
        (a->marble_root = load_cert(values, NAME_MARBLE_ROOT_CERT, err)) == NULL ||
        (a->root_key = load_key(values, NAME_ROOT_KEY, err)) == NULL ||
        (a->intermediate_key = load_key(values, NAME_INTERMEDIATE_KEY, err)) == NULL ||
        !key_fits(a->root, a->root_key, NAME_ROOT_KEY, err) ||
        !key_fits(a->intermediate, a->intermediate_key, NAME_INTERMEDIATE_KEY, err) ||
        !key_fits(a->marble_root, a->intermediate_key, NAME_INTERMEDIATE_KEY, err) ||
        !load_secrets(a, values, err) || !complete(a, env, err))
        return NULL;
    return TAKE(a);
}

static bool put_key(const struct key *key, const char *name, authority_put *put, void *arg,
                    struct err *err)
{
    auto_buf der = { 0 };

    if (!key_private_sec1(key, &der, err))
        return false;
    put(arg, name, buf_bytes(&der));
    return true;
}

bool authority_values(const struct authority *a, authority_put *put, void *arg, struct err *err)
{
    put(arg, NAME_ROOT_CERT, cert_der(a->root));
    put(arg, NAME_INTERMEDIATE_CERT, cert_der(a->intermediate));
    put(arg, NAME_MARBLE_ROOT_CERT, cert_der(a->marble_root));
    put(arg, NAME_ROOT_SECRET, secret_bytes(a->root_secret));
    if (a->previous_root_secret != NULL)
        put(arg, NAME_PREVIOUS_ROOT_SECRET, secret_bytes(a->previous_root_secret));
    return put_key(a->root_key, NAME_ROOT_KEY, put, arg, err) &&
           put_key(a->intermediate_key, NAME_INTERMEDIATE_KEY, put, arg, err);
}
