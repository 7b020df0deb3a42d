/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"
#include "crypto/internal.h"

#include <string.h>

DEFINE_CLEANUP(EVP_CIPHER_CTX, cipher_ctx_cleanup, EVP_CIPHER_CTX_free)
#define auto_cipher_ctx EVP_CIPHER_CTX CLEANUP(cipher_ctx_cleanup)

/* NULL for a length that no AES-GCM key has. */
static const EVP_CIPHER *cipher_for(struct bytes key)
{
    switch (key.len) {
    case 16:
        return algorithms()->aes_128_gcm;
    case 32:
        return algorithms()->aes_256_gcm;
    }
    return NULL;
}

/* out NULL: additional data. In pieces, because libcrypto counts in int. */
static bool cipher_update(EVP_CIPHER_CTX *ctx, uint8_t *out, struct bytes in)
{
    enum { PIECE = 1 << 30 };

    while (in.len > 0) {
        const int len = in.len < PIECE ? (int)in.len : PIECE;
        int got = 0;
        if (EVP_CipherUpdate(ctx, out, &got, in.at, len) != 1 || got != len)
            return false;
        in = bytes_of(in.at + len, in.len - (size_t)len);
        if (out != NULL)
            out += len;
    }
    return true;
}

bool aead_seal(struct bytes key, const uint8_t nonce[static AEAD_NONCE_LEN], struct bytes aad,
               struct bytes in, struct buf *out, struct err *err)
{
    const EVP_CIPHER *const cipher = cipher_for(key);
    auto_cipher_ctx *ctx = EVP_CIPHER_CTX_new();
    const size_t start = out->len;
    uint8_t *const at = buf_grow(out, in.len + AEAD_TAG_LEN);
    int none = 0;

    if (cipher != NULL && ctx != NULL &&
        EVP_EncryptInit_ex2(ctx, cipher, key.at, nonce, NULL) == 1 &&
        cipher_update(ctx, NULL, aad) && cipher_update(ctx, at, in) &&
        EVP_EncryptFinal_ex(ctx, at + in.len, &none) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, at + in.len) == 1)
        return true;
    buf_truncate(out, start);
    return libcrypto_refused(err, FAIL_INTERNAL, "AES-GCM encryption");
}

/* `at` has room for the plaintext. False: the tag does not verify, or libcrypto refused. */
static bool open_into(uint8_t *at, const EVP_CIPHER *cipher, struct bytes key, const uint8_t *nonce,
                      struct bytes aad, struct bytes ciphertext, const uint8_t *tag)
{
    auto_cipher_ctx *ctx = EVP_CIPHER_CTX_new();
    uint8_t want[AEAD_TAG_LEN];
    int none = 0;

    memcpy(want, tag, sizeof want);
    return ctx != NULL && EVP_DecryptInit_ex2(ctx, cipher, key.at, nonce, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_LEN, want) == 1 &&
           cipher_update(ctx, NULL, aad) && cipher_update(ctx, at, ciphertext) &&
           EVP_DecryptFinal_ex(ctx, at + ciphertext.len, &none) == 1;
}

bool aead_open(struct bytes key, const uint8_t nonce[static AEAD_NONCE_LEN], struct bytes aad,
               struct bytes in, struct buf *out, struct err *err)
{
    const EVP_CIPHER *const cipher = cipher_for(key);
    const size_t start = out->len;

    if (cipher == NULL)
        return err_set(err, FAIL_DAMAGED, "AES-GCM: a key of %zu bytes", key.len);
    if (in.len < AEAD_TAG_LEN)
        return err_set(err, FAIL_DAMAGED, "AES-GCM: %zu bytes are shorter than a tag", in.len);
    const struct bytes ciphertext = bytes_of(in.at, in.len - AEAD_TAG_LEN);
    /* One byte more, so that there is a place to point at also for an empty plaintext. */
    uint8_t *const at = buf_grow(out, ciphertext.len + 1);

    if (open_into(at, cipher, key, nonce, aad, ciphertext, in.at + ciphertext.len)) {
        buf_truncate(out, start + ciphertext.len);
        return true;
    }
    buf_truncate(out, start);
    ERR_clear_error();
    return err_set(err, FAIL_DAMAGED, "AES-GCM: the tag does not verify");
}
