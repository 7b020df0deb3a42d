/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text.h"
#include "crypto/internal.h"
#include "crypto/key.h"

struct key *key_from_recovery_pem(struct bytes pem, struct err *err)
{
    struct pem_block block = { 0 };
    auto_key *key = NULL;

    if (!pem_next(&pem, &block) || !bytes_equal_string(block.label, "PUBLIC KEY"))
        (void)err_set(err, FAIL_MALFORMED, "given PEM data is not a public key");
    else
        key = key_from_public_der(buf_bytes(&block.der), err);
    pem_block_clear(&block);
    if (key == NULL)
        return NULL;
    if (key_type(key) != KEY_RSA)
        (void)err_set(err, FAIL_MALFORMED, "unsupported type of public key");
    else if (key_bits(key) < RSA_MIN_BITS)
        (void)err_set(err, FAIL_MALFORMED, "RSA key of %u bits, at least %d are needed",
                      key_bits(key), RSA_MIN_BITS);
    else if (!key_rsa_is_bounded(key))
        (void)err_set(err, FAIL_MALFORMED,
                      "RSA key with more than %d bits, or an impossible public exponent",
                      RSA_MAX_BITS);
    else
        return TAKE(key);
    return NULL;
}
