/* SPDX-License-Identifier: Apache-2.0 */
#include "core/material.h"

#include "base/uuid.h"
#include "crypto/hash.h"

#include <string.h>

enum {
    LARGEST_SHARED_KEY = 1 << 20,   /* bytes; far beyond any use */
    LARGEST_DERIVED_KEY = 255 * 32, /* bytes: what HKDF-SHA-256 gives (RFC 5869, 2.3) */
    DEFAULT_VALID_FOR_DAYS = 365,
};

static struct octets some(struct bytes value)
{
    return (struct octets){ true, value };
}

bool material_derive_key(struct bytes root_secret, struct bytes uuid, struct bytes name,
                         struct bytes marble, uint64_t size, struct arena *arena, struct bytes *key,
                         struct err *err)
{
    const size_t len = (size_t)(size / 8);

    if (len > LARGEST_DERIVED_KEY)
        return err_set(err, FAIL_MALFORMED, "invalid secret size: %.*s", BYTES_FMT(name));
    uint8_t *const salt = arena_alloc(arena, uuid.len + name.len);
    uint8_t *const out = arena_alloc(arena, len);
    memcpy(salt, uuid.at, uuid.len);
    if (name.len > 0)
        memcpy(salt + uuid.len, name.at, name.len);
    *key = bytes_of(out, len);
    return hkdf_sha256(root_secret, bytes_of(salt, uuid.len + name.len), marble, out, len, err);
}

struct generator {
    const struct env *env;
    const struct authority *authority;
    struct arena *arena;
};

static bool symmetric_key(const struct generator *g, const struct manifest_secret *s,
                          struct stored_secret *out, struct err *err)
{
    struct bytes key;
    char uuid[UUID_TEXT_LEN + 1];

    if (s->shared && s->size / 8 > LARGEST_SHARED_KEY)
        return err_set(err, FAIL_MALFORMED, "invalid secret size: %.*s", BYTES_FMT(s->name));
    if (s->shared) {
        uint8_t *const random = arena_alloc(g->arena, (size_t)(s->size / 8));
        key = bytes_of(random, (size_t)(s->size / 8));
        if (!g->env->random(g->env->ctx, random, key.len, err))
            return false;
    } else if (!uuid_random(g->env, uuid, err) ||
               !material_derive_key(secret_bytes(g->authority->root_secret), bytes_of_string(uuid),
                                    s->name, BYTES_NONE, s->size, g->arena, &key, err)) {
        return false;
    }
    out->private_value = out->public_value = some(key);
    return true;
}

static enum key_type key_type_of(enum secret_type type)
{
    switch (type) {
    case SECRET_CERT_RSA:
        return KEY_RSA;
    case SECRET_CERT_ECDSA:
        return KEY_ECDSA;
    case SECRET_CERT_ED25519:
        return KEY_ED25519;
    case SECRET_TYPE_NONE:
    case SECRET_SYMMETRIC_KEY:
    case SECRET_PLAIN:
        break;
    }
    return KEY_NONE;
}

bool material_issue(const struct env *env, const struct authority *a, enum secret_type type,
                    uint64_t size, const struct cert_template *t, struct arena *arena,
                    struct stored_secret *out, struct err *err)
{
    auto_buf private = { 0 }, public = { 0 };
    auto_key *key = key_generate(key_type_of(type), (unsigned)size, err);

    if (key == NULL)
        return false;
    auto_cert *cert =
        cert_issue(t, key, a->marble_root, a->intermediate_key, env->now_ms(env->ctx) / 1000, err);
    if (cert == NULL || !key_private_pkcs8(key, &private, err) ||
        !key_public_der(key, &public, err))
        return false;
    out->cert = some(arena_bytes(arena, cert_der(cert)));
    out->private_value = some(arena_bytes(arena, buf_bytes(&private)));
    out->public_value = some(arena_bytes(arena, buf_bytes(&public)));
    return true;
}

uint64_t material_valid_for(const struct manifest_secret *s)
{
    const bool says_nothing = s->valid_for == 0 && !s->template->has_not_after;

    return secret_type_is_certificate(s->type) && !s->user_defined && says_nothing
               ? DEFAULT_VALID_FOR_DAYS
               : s->valid_for;
}

static bool generate(const struct generator *g, const struct manifest_secret *s,
                     struct stored_secret *out, struct err *err)
{
    *out = (struct stored_secret){
        .type = s->type,
        .size = s->size,
        .shared = s->shared,
        .user_defined = s->user_defined,
        .valid_for = material_valid_for(s),
    };
    if (s->user_defined) {
        out->cert = s->cert;
        out->private_value = s->private_value;
        out->public_value = s->public_value;
        return true;
    }
    const bool done = s->type == SECRET_SYMMETRIC_KEY
                          ? symmetric_key(g, s, out, err)
                          : material_issue(g->env, g->authority, s->type, s->size, s->template,
                                           g->arena, out, err);
    return done || err_in(err, "secret %.*s", BYTES_FMT(s->name));
}

bool material_generate_one(const struct env *env, const struct manifest_secret *s,
                           const struct authority *authority, struct arena *arena,
                           struct stored_secret *out, struct err *err)
{
    const struct generator g = { env, authority, arena };

    return generate(&g, s, out, err);
}

/*
 * The manifest's entry and not the certificate is the template, because a certificate does not hold all that an
 * entry may say; but the hash is that of the certificate where the entry says none.
 */
static bool renewal_template(const struct manifest_secret *s, const struct stored_secret *old,
                             struct arena *arena, struct cert_template *t, struct err *err)
{
    struct cert_template stored = { 0 };
    struct err unusable = { 0 };
    auto_cert *cert = cert_from_der(old->cert.value, err);

    if (cert == NULL)
        return err_in(err, "its stored certificate");
    *t = *s->template;
    t->has_not_after = true;
    t->not_after = cert_not_after(cert);
    if (t->signature_algorithm == 0 && stored_secret_template(old, arena, &stored, &unusable))
        t->signature_algorithm = stored.signature_algorithm;
    return true;
}

bool material_renew(const struct env *env, const struct manifest_secret *s,
                    const struct stored_secret *old, const struct authority *authority,
                    struct arena *arena, struct stored_secret *out, struct err *err)
{
    struct cert_template t;

    *out = *old;
    return (renewal_template(s, old, arena, &t, err) &&
            material_issue(env, authority, old->type, old->size, &t, arena, out, err)) ||
           err_in(err, "secret %.*s", BYTES_FMT(s->name));
}

bool material_generate(const struct env *env, const struct manifest *manifest,
                       const struct authority *authority, struct arena *arena,
                       struct stored_secret **out, struct err *err)
{
    const struct generator g = { env, authority, arena };
    struct stored_secret *const all = arena_alloc(arena, manifest->secret_count * sizeof all[0]);

    for (size_t i = 0; i < manifest->secret_count; i++) {
        if (!generate(&g, &manifest->secrets[i], &all[i], err))
            return false;
    }
    *out = all;
    return true;
}
