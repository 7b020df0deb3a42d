/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/internal.h"

#include <openssl/kdf.h>
#include <threads.h>

bool libcrypto_refused(struct err *err, enum fail_kind kind, const char *what)
{
    const char *const reason = ERR_reason_error_string(ERR_peek_last_error());

    (void)err_set(err, kind, "%s: %s", what, reason == NULL ? "refused by libcrypto" : reason);
    ERR_clear_error();
    return false;
}

static struct algorithms fetched; /* written once, below, before anyone reads it */

static void fetch_all(void)
{
    fetched = (struct algorithms){
        .sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL),
        .hmac = EVP_MAC_fetch(NULL, "HMAC", NULL),
        .hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL),
        .aes_128_gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL),
        .aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL),
    };
}

const struct algorithms *algorithms(void)
{
    static once_flag once = ONCE_FLAG_INIT;

    call_once(&once, fetch_all);
    return &fetched;
}
