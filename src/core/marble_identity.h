/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "crypto/csr.h"
#include "state/authority.h"

/*
 * The key and certificate of one activation (marble-api.md, 3.4 and 3.6): the key is made here, the request of the
 * Marble gives names only.
 */
struct marble_identity {
    struct cert *cert;
    struct buf private_der; /* PKCS#8 */
    struct buf public_der;  /* SubjectPublicKeyInfo */
    struct buf cert_pem, key_pem;
};
/*
 * csr: PKCS#10 DER; uuid in canonical text; marble: its type, for the extension 1.3.9903.2.1. FAIL_INTERNAL, as the
 * Marble API answers so: "parsing CSR: ...", "signature over CSR is invalid".
 */
bool marble_identity_issue(const struct env *env, const struct authority *authority,
                           struct bytes csr, struct bytes uuid, struct bytes marble,
                           struct marble_identity *out, struct err *err) MUST_CHECK;
void marble_identity_clear(struct marble_identity *identity);
