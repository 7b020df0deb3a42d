/* SPDX-License-Identifier: Apache-2.0 */
#include "core/material.h"

#include "crypto/hash.h"

#include <stdio.h>
#include <string.h>

enum {
    LARGEST_SHARED_KEY = 1 << 20,   /* bytes; far beyond any use */
    LARGEST_DERIVED_KEY = 255 * 32, /* bytes: what HKDF-SHA-256 gives (RFC 5869, 2.3) */
    DEFAULT_VALID_FOR_DAYS = 365,
    UUID_LEN = 16,
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

/* Text of a random UUID (RFC 4122, 4.4), for placeholders. */
static bool random_uuid(const struct env *env, char text[static 37], struct err *err)
{
    uint8_t u[UUID_LEN];

    if (!env->random(env->ctx, u, sizeof u, err))
        return false;
    u[6] = (uint8_t)((u[6] & 0x0F) | 0x40);
    u[8] = (uint8_t)((u[8] & 0x3F) | 0x80);
    (void)snprintf(text, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                   u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
                   u[13], u[14], u[15]);
    return true;
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
    char uuid[37];

    if (s->shared && s->size / 8 > LARGEST_SHARED_KEY)
        return err_set(err, FAIL_MALFORMED, "invalid secret size: %.*s", BYTES_FMT(s->name));
    if (s->shared) {
        uint8_t *const random = arena_alloc(g->arena, (size_t)(s->size / 8));
        key = bytes_of(random, (size_t)(s->size / 8));
        if (!g->env->random(g->env->ctx, random, key.len, err))
            return false;
    } else if (!random_uuid(g->env, uuid, err) ||
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

static bool certificate(const struct generator *g, const struct manifest_secret *s,
                        struct stored_secret *out, struct err *err)
{
    const struct authority *const a = g->authority;
    auto_buf private = { 0 }, public = { 0 };
    auto_key *key = key_generate(key_type_of(s->type), (unsigned)s->size, err);

    if (key == NULL)
        return false;
    auto_cert *cert = cert_issue(s->template, key, a->marble_root, a->intermediate_key,
                                 g->env->now_ms(g->env->ctx) / 1000, err);
    if (cert == NULL || !key_private_pkcs8(key, &private, err) ||
        !key_public_der(key, &public, err))
        return false;
    if (s->valid_for == 0 && !s->template->has_not_after)
        out->valid_for = DEFAULT_VALID_FOR_DAYS;
    out->cert = some(arena_bytes(g->arena, cert_der(cert)));
    out->private_value = some(arena_bytes(g->arena, buf_bytes(&private)));
    out->public_value = some(arena_bytes(g->arena, buf_bytes(&public)));
    return true;
}

static bool generate(const struct generator *g, const struct manifest_secret *s,
                     struct stored_secret *out, struct err *err)
{
    *out = (struct stored_secret){
        .type = s->type,
        .size = s->size,
        .shared = s->shared,
        .user_defined = s->user_defined,
        .valid_for = s->valid_for,
    };
    if (s->user_defined) {
        out->cert = s->cert;
        out->private_value = s->private_value;
        out->public_value = s->public_value;
        return true;
    }
    const bool done = s->type == SECRET_SYMMETRIC_KEY ? symmetric_key(g, s, out, err)
                                                      : certificate(g, s, out, err);
    return done || err_in(err, "secret %.*s", BYTES_FMT(s->name));
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
