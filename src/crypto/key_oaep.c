/* SPDX-License-Identifier: Apache-2.0 */
/* libcrypto offers no other way to take a padding off without the private key. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/key_held.h"

#include "crypto/internal.h"

#include <openssl/rsa.h>

bool rsa_oaep_unpad(struct bytes padded, size_t size, struct buf *out, struct err *err)
{
    const EVP_MD *const sha256 = EVP_sha256();
    const size_t start = out->len;

    if (size > RSA_MAX_BITS / 8 || padded.len > size)
        return err_set(err, FAIL_DENIED, "RSA-OAEP: the ciphertext does not decrypt");
    const int len =
        RSA_padding_check_PKCS1_OAEP_mgf1(buf_grow(out, size), (int)size, padded.at,
                                          (int)padded.len, (int)size, NULL, 0, sha256, sha256);
    buf_truncate(out, start + (len < 0 ? 0 : (size_t)len));
    ERR_clear_error();
    return len >= 0 || err_set(err, FAIL_DENIED, "RSA-OAEP: the ciphertext does not decrypt");
}
