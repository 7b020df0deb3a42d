/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/internal.h"
#include "crypto/key.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

/* Private keys as people keep them: every form that libcrypto reads, also encrypted ones. */

DEFINE_CLEANUP(BIO, bio_cleanup, BIO_free_all)
#define auto_bio BIO CLEANUP(bio_cleanup)

enum { KEY_PEM_MAX = 64 * 1024 };

struct asking {
    key_ask *ask;
    void *ctx;
    struct err err; /* of ask */
    bool asked;
    struct secret *typed;
};

/* pem_password_cb: the length, -1 to give up. */
static int on_passphrase(char *to, int size, int is_write, void *arg)
{
    struct asking *const asking = arg;

    (void)is_write;
    /* libcrypto comes once for each decoder that it tries; people are asked once. */
    if (!asking->asked)
        asking->typed = asking->ask(asking->ctx, &asking->err);
    asking->asked = true;
    if (asking->typed == NULL || asking->typed->len > (size_t)size)
        return -1;
    memcpy(to, asking->typed->at, asking->typed->len);
    return (int)asking->typed->len;
}

static void name_failure(const struct asking *asking, struct err *err)
{
    if (asking->err.kind != FAIL_NONE) {
        ERR_clear_error();
        *err = asking->err;
    } else if (asking->asked) {
        ERR_clear_error();
        (void)err_set(err, FAIL_DENIED, "private key: the passphrase does not open it");
    } else {
        (void)libcrypto_refused(err, FAIL_MALFORMED, "given PEM data is not a private key");
    }
}

struct key *key_from_private_pem(struct bytes pem, key_ask *ask, void *ctx, struct err *err)
{
    struct asking asking = { .ask = ask, .ctx = ctx };

    if (pem.len > KEY_PEM_MAX) {
        (void)err_set(err, FAIL_MALFORMED, "private key: %zu bytes are more than any key takes",
                      pem.len);
        return NULL;
    }
    auto_bio *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    auto_key *key = bio == NULL
                        ? NULL
                        : key_of_pkey(PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, &asking));
    secret_free(asking.typed);
    if (key == NULL) {
        name_failure(&asking, err);
        return NULL;
    }
    ERR_clear_error();
    /* Through the reader of PKCS#8, which refuses what keys must not be. */
    auto_buf der = { 0 };
    if (!key_private_pkcs8(key, &der, err))
        return NULL;
    return key_from_private_pkcs8(buf_bytes(&der), err);
}

/* Guessing the passphrase of a key that was stolen costs this many hashes a guess. */
enum { PASSPHRASE_ROUNDS = 600000, PASSPHRASE_SALT_LEN = 16 };

DEFINE_CLEANUP(PKCS8_PRIV_KEY_INFO, private_info_cleanup, PKCS8_PRIV_KEY_INFO_free)
#define auto_private_info PKCS8_PRIV_KEY_INFO CLEANUP(private_info_cleanup)
DEFINE_CLEANUP(X509_SIG, encrypted_info_cleanup, X509_SIG_free)
#define auto_encrypted_info X509_SIG CLEANUP(encrypted_info_cleanup)

bool key_private_encrypted(const struct key *key, struct bytes passphrase, struct buf *out,
                           struct err *err)
{
    uint8_t salt[PASSPHRASE_SALT_LEN], *der = NULL;
    auto_private_info *info = EVP_PKEY2PKCS8(key_pkey(key));

    auto_encrypted_info *encrypted =
        info == NULL || RAND_bytes(salt, sizeof salt) != 1
            ? NULL
            : PKCS8_encrypt(-1, EVP_aes_256_cbc(), (const char *)passphrase.at, (int)passphrase.len,
                            salt, sizeof salt, PASSPHRASE_ROUNDS, info);
    const int len = encrypted == NULL ? -1 : i2d_X509_SIG(encrypted, &der);
    if (len < 0)
        return libcrypto_refused(err, FAIL_INTERNAL, "encrypting the private key");
    buf_add(out, bytes_of(der, (size_t)len));
    OPENSSL_free(der);
    return true;
}
