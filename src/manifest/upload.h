/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/manifest.h"

/*
 * Values that a user uploads for user-defined secrets (client-api.md, 14.2): the decoding, which knows nothing
 * of the deployment.
 *
 *     {"<name>": {"Cert": base64 of DER, "Private": octets, "Key": octets}, ...}
 */
struct uploaded_secret {
    struct bytes name;
    const struct json *source; /* its object, for errors */
    struct octets cert;        /* DER of a certificate; absent also when `Cert` was an object */
    struct octets private_value, key;
};
/* Sorted by name, each once. The values are secret: they live in the arena. */
struct secret_upload {
    size_t count;
    const struct uploaded_secret *at;
};

/*
 * root: the map itself, or with `member` the object that has it under this name; JSON null is an empty one.
 * FAIL_MALFORMED with path and line:column. Views into the tree and the arena.
 */
bool secret_upload_parse(const struct json *root, const char *member, struct arena *arena,
                         struct secret_upload *upload, struct err *err) MUST_CHECK;
