/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/template/template.h"

/*
 * The data of the vectors in manifest.md, 14.10, as one set for current and previous secrets. Used
 * by the tests of the templates and by their fuzz target.
 */
struct template_fixture {
    const char *name;
    struct template_secret secret;
};

#define SYM_BYTES BYTES_LITERAL("\x01\x02\x03\xff")

/* Sorted by name. */
static const struct template_fixture template_fixtures[] = {
    { "a-b",
      { .type = BYTES_LITERAL("plain"),
        .user_defined = true,
        .private_bytes = BYTES_LITERAL("dash"),
        .public_bytes = BYTES_LITERAL("dash") } },
    { "cert",
      { .type = BYTES_LITERAL("cert-ecdsa"),
        .size = 256,
        .valid_for = 365,
        .cert_der = BYTES_LITERAL("CERT"),
        .private_bytes = BYTES_LITERAL("PRIV"),
        .public_bytes = BYTES_LITERAL("PUB") } },
    { "empty", { .type = BYTES_LITERAL("plain"), .user_defined = true } },
    { "plain",
      { .type = BYTES_LITERAL("plain"),
        .user_defined = true,
        .private_bytes = BYTES_LITERAL("hello"),
        .public_bytes = BYTES_LITERAL("hello") } },
    { "sym",
      { .type = BYTES_LITERAL("symmetric-key"),
        .size = 32,
        .shared = true,
        .private_bytes = SYM_BYTES,
        .public_bytes = SYM_BYTES } },
};

static inline bool template_fixture_secret(const void *ctx, bool previous, struct bytes name,
                                           struct template_secret *out)
{
    (void)ctx, (void)previous;
    for (size_t i = 0; i < COUNT_OF(template_fixtures); i++) {
        if (bytes_equal_string(name, template_fixtures[i].name)) {
            *out = template_fixtures[i].secret;
            return true;
        }
    }
    return false;
}

static inline bool template_fixture_next(const void *ctx, bool previous, struct bytes after,
                                         bool first, struct bytes *name)
{
    (void)ctx, (void)previous;
    for (size_t i = 0; i < COUNT_OF(template_fixtures); i++) {
        const struct bytes candidate = bytes_of_string(template_fixtures[i].name);
        if (first || bytes_compare(candidate, after) > 0) {
            *name = candidate;
            return true;
        }
    }
    return false;
}

static const struct template_data template_fixture_data = {
    .secret = template_fixture_secret,
    .next_secret = template_fixture_next,
    .root_ca_cert = BYTES_LITERAL("R"),
    .marble_cert = BYTES_LITERAL("M"),
    .marble_private = BYTES_LITERAL("mpriv"),
    .marble_public = BYTES_LITERAL("mpub"),
    .coordinator_root_cert = BYTES_LITERAL("CR"),
    .coordinator_intermediate_cert = BYTES_LITERAL("CI"),
};
