/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates as users and clients present them. What is accepted has exactly one spelling: it
 * comes back as the same bytes, in DER and in PEM, and no accessor reads outside of it.
 */
#include "codec/text.h"
#include "crypto/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void check_pem(const struct cert *cert, struct bytes der)
{
    auto_buf text = { 0 };
    auto_pem_block block = { 0 };

    cert_pem(cert, &text);
    struct bytes rest = buf_bytes(&text);
    if (!pem_next(&rest, &block) || rest.len != 0 || !bytes_equal(buf_bytes(&block.der), der))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes in = bytes_of(data, size);
    struct err err = { 0 };
    auto_cert *cert = cert_from_der(in, &err);

    if (cert == NULL) {
        if (err.kind != FAIL_MALFORMED || err.text[0] == '\0')
            __builtin_trap();
        return 0;
    }
    if (!bytes_equal(cert_der(cert), in))
        __builtin_trap();
    check_pem(cert, in);
    auto_buf copy = { 0 };
    buf_add(&copy, cert_subject_key_id(cert));
    if (cert_not_after(cert) < INT64_C(-62167219200) ||
        cert_not_after(cert) > INT64_C(253402300799))
        __builtin_trap(); /* beyond the years 0 to 9999 */
    const bool by_itself = cert_issued_by(cert, cert);
    auto_key *key = cert_public_key(cert, &err);
    if (key == NULL && (by_itself || err.kind != FAIL_MALFORMED))
        __builtin_trap();
    return 0;
}
