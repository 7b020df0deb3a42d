/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/internal.h"
#include "crypto/key.h"

/* Signatures on P-384 as bare numbers, big-endian. */

enum { P384_NUMBER_LEN = P384_RAW_LEN / 2 };

static bool verify_sha384(const struct key *key, struct bytes message, struct bytes signature,
                          struct err *err)
{
    auto_md_ctx *ctx = EVP_MD_CTX_new();

    if (ctx == NULL ||
        EVP_DigestVerifyInit_ex(ctx, NULL, "SHA2-384", NULL, NULL, key_pkey(key), NULL) != 1)
        return libcrypto_refused(err, FAIL_INTERNAL, "verifying a signature");
    if (EVP_DigestVerify(ctx, signature.at, signature.len, message.at, message.len) == 1)
        return true;
    ERR_clear_error();
    return err_set(err, FAIL_DENIED, "the signature does not verify");
}

bool key_is_p384(const struct key *key)
{
    uint8_t point[P384_POINT_LEN];
    const bool is = key_p384_point(key, point);

    ERR_clear_error();
    return is;
}

bool key_verify_p384_raw(const struct key *key, struct bytes message,
                         const uint8_t raw[static P384_RAW_LEN], struct err *err)
{
    auto_buf signature = { 0 };

    if (!key_is_p384(key))
        return err_set(err, FAIL_DENIED, "the key is not on P-384");
    ecdsa_signature_encode(bytes_of(raw, P384_NUMBER_LEN),
                           bytes_of(raw + P384_NUMBER_LEN, P384_NUMBER_LEN), &signature);
    return verify_sha384(key, message, buf_bytes(&signature), err);
}
