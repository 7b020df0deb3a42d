/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/marble_secrets.h"

/*
 * MARBLE_TTLS_CONFIG, the transparent TLS configuration of a Marble (marble-api.md, 5; manifest.md, 8). Appends the JSON
 * text. The PEM texts are the Marble's own. FAIL_MALFORMED when a certificate that a tag names cannot be had.
 */
struct ttls_identity {
    struct bytes root_pem, cert_pem, key_pem;
};
bool ttls_config(const struct manifest_marble *marble, const struct ttls_identity *own,
                 struct marble_secrets *secrets, struct buf *out, struct err *err) MUST_CHECK;
