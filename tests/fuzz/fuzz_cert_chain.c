/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chains of one to three certificates in PEM. They are decoded in a way of their own (cert_from_der_quick), which must not
 * show: each is what the same bytes are alone, with the same key, and has the same issuers.
 */
#include "crypto/cert_chain.h"

#include <string.h>

#include "attestation/snp_vek.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { CERTS_MAX = 3 };

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void require_same_key(const struct cert *in_chain, const struct cert *alone)
{
    struct err err = { 0 };
    auto_key *a = cert_public_key(in_chain, &err), *b = cert_public_key(alone, &err);

    require((a == NULL) == (b == NULL));
    if (a == NULL)
        return;
    require(key_equal_public(a, b) && key_type(a) == key_type(b) && key_bits(a) == key_bits(b));
}

static void require_same(const struct cert *in_chain, const struct cert *alone)
{
    uint8_t a[SHA256_LEN], b[SHA256_LEN];
    struct vek_claims claims;
    struct err err = { 0 };

    require(bytes_equal(cert_der(in_chain), cert_der(alone)));
    require(bytes_equal(cert_common_name(in_chain), cert_common_name(alone)));
    require(cert_not_after(in_chain) == cert_not_after(alone));
    require(cert_spki_sha256(in_chain, a, &err) && cert_spki_sha256(alone, b, &err));
    require(memcmp(a, b, sizeof a) == 0);
    for (int is_ca = 0; is_ca < 2; is_ca++)
        require(cert_has_role(in_chain, is_ca != 0, &err) ==
                cert_has_role(alone, is_ca != 0, &err));
    require(!vek_claims_read(in_chain, SNP_TURIN, &claims, &err) ||
            claims.signer != SNP_SIGNER_VCEK || claims.hardware_id.len == 8);
    require_same_key(in_chain, alone);
}

/* Both ways to verify a signature agree; the stricter one asks for more. */
static void require_same_issuer(const struct cert *in_chain, const struct cert *alone,
                                const struct cert *issuer)
{
    struct err err = { 0 };
    const bool issued = cert_issued_by(in_chain, issuer);

    require(issued == cert_issued_by(alone, issuer));
    for (int scheme = SIGNATURE_NONE; scheme <= SIGNATURE_PSS_SHA384; scheme++) {
        const bool by_scheme =
            cert_is_signed_by(in_chain, issuer, (enum signature_scheme)scheme, &err);
        require(by_scheme == cert_is_signed_by(alone, issuer, (enum signature_scheme)scheme, &err));
        require(!by_scheme || issued);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cert *certs[CERTS_MAX] = { NULL };
    size_t count = 1;
    struct err err = { 0 };

    while (count <= CERTS_MAX && !cert_chain_from_pem(bytes_of(data, size), certs, count, &err)) {
        require(err.kind == FAIL_MALFORMED && strchr(err.text, '\n') == NULL);
        err = (struct err){ 0 };
        count++;
    }
    for (size_t i = 0; count <= CERTS_MAX && i < count; i++) {
        auto_cert *alone = cert_from_der(cert_der(certs[i]), &err);
        require(alone != NULL);
        require_same(certs[i], alone);
        require_same_issuer(certs[i], alone, certs[i + 1 < count ? i + 1 : i]);
    }
    for (size_t i = 0; i < CERTS_MAX; i++)
        cert_free(certs[i]);
    return 0;
}
