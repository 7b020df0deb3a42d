/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/check.h"

#include <inttypes.h>

/* Secrets: types, sizes, and certificate templates that can be issued. */

enum {
    BYTE_BITS = 8,
    DERIVED_MAX_BITS = 65280,          /* 255 blocks of HKDF-SHA256, RFC 5869, 2.3 */
    RANDOM_MAX_BITS = 8 * 1024 * 1024, /* ours: a shared key is part of every sealed state */
    RSA_MIN_BITS = 1024,
    RSA_MAX_BITS = 16384, /* ours: libcrypto goes no further, and it takes minutes */
};

CHECK_RULE(check_secret_types)
{
    (void)options;
    for (size_t i = 0; i < m->secret_count; i++) {
        const struct manifest_secret *const secret = &m->secrets[i];
        if (secret->type == SECRET_TYPE_NONE)
            return manifest_refuse(secret->source, "Type", err,
                                   "unknown type: %.*s for secret: %.*s",
                                   BYTES_FMT(secret->type_text), BYTES_FMT(secret->name));
        if (secret_type_is_certificate(secret->type) && secret->template->has_not_after &&
            secret->valid_for != 0)
            return manifest_refuse(secret->source, "ValidFor", err,
                                   "ambiguous certificate validity duration for secret: %.*s, both "
                                   "NotAfter and ValidFor are specified",
                                   BYTES_FMT(secret->name));
    }
    return true;
}

static bool symmetric_size_is_good(const struct manifest_secret *secret, struct err *err)
{
    const uint64_t most = secret->shared ? RANDOM_MAX_BITS : DERIVED_MAX_BITS;

    if (secret->size == 0 || secret->size % BYTE_BITS != 0)
        return manifest_refuse(secret->source, "Size", err, "invalid secret size: %.*s",
                               BYTES_FMT(secret->name));
    if (secret->size <= most)
        return true;
    return manifest_refuse(secret->source, "Size", err,
                           "invalid secret size: %.*s: more than %" PRIu64 " bits",
                           BYTES_FMT(secret->name), most);
}

static bool rsa_size_is_good(const struct manifest_secret *secret, struct err *err)
{
    if (secret->size >= RSA_MIN_BITS && secret->size <= RSA_MAX_BITS)
        return true;
    return manifest_refuse(secret->source, "Size", err,
                           "invalid secret size for cert-rsa secret %.*s: %" PRIu64
                           "-bit keys are not between %d and %d bits",
                           BYTES_FMT(secret->name), secret->size, RSA_MIN_BITS, RSA_MAX_BITS);
}

static bool ecdsa_size_is_good(const struct manifest_secret *secret, struct err *err)
{
    if (secret->size == 224 || secret->size == 256 || secret->size == 384 || secret->size == 521)
        return true;
    return manifest_refuse(
        secret->source, "Size", err,
        "invalid secret size for cert-ecdsa secret %.*s: unsupported size %" PRIu64
        ": does not map to a supported curve",
        BYTES_FMT(secret->name), secret->size);
}

static bool size_is_good(const struct manifest_secret *secret, struct err *err)
{
    switch (secret->type) {
    case SECRET_SYMMETRIC_KEY:
        return symmetric_size_is_good(secret, err);
    case SECRET_CERT_RSA:
        return rsa_size_is_good(secret, err);
    case SECRET_CERT_ECDSA:
        return ecdsa_size_is_good(secret, err);
    case SECRET_CERT_ED25519:
        if (secret->size == 0)
            return true;
        return manifest_refuse(
            secret->source, "Size", err,
            "invalid secret size for cert-ed25519 secret %.*s: none is expected, "
            "got: %" PRIu64,
            BYTES_FMT(secret->name), secret->size);
    case SECRET_PLAIN:
        return manifest_refuse(secret->source, "Type", err,
                               "secret %.*s is invalid: unsupported secret of type plain",
                               BYTES_FMT(secret->name));
    case SECRET_TYPE_NONE:
        break;
    }
    return err_set(err, FAIL_INTERNAL, "a secret without a known type came through");
}

/*
 * Issues and forgets a certificate for a throw-away key, because some members show only then
 * whether they can be encoded. The key is made for the first template that needs it.
 */
static bool template_can_be_issued(const struct manifest_secret *secret, struct key **key,
                                   struct err *err)
{
    const int64_t now = 1735689600; /* 2025-01-01; any time in the range of certificates does */
    struct err cause = { 0 };

    if (!secret->has_cert && secret->valid_for == 0)
        return true;
    if (*key == NULL)
        *key = key_generate(KEY_ECDSA, 384, err);
    if (*key == NULL)
        return false;
    auto_cert *cert = cert_issue(secret->template, *key, NULL, *key, now, &cause);
    if (cert != NULL)
        return true;
    return manifest_refuse(secret->source, secret->has_cert ? "Cert" : "ValidFor", err,
                           "certificate secret %.*s is invalid: %.200s", BYTES_FMT(secret->name),
                           cause.text);
}

CHECK_RULE(check_secrets_can_be_made)
{
    auto_key *key = NULL;

    (void)options;
    for (size_t i = 0; i < m->secret_count; i++) {
        const struct manifest_secret *const secret = &m->secrets[i];
        if (secret->user_defined)
            continue;
        if (!size_is_good(secret, err))
            return false;
        if (secret_type_is_certificate(secret->type) && !template_can_be_issued(secret, &key, err))
            return false;
    }
    return true;
}
