/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/internal.h"
#include "crypto/key.h"

#include <string.h>

static bool is_recovery_key(const struct key *key, const char *what, struct err *err)
{
    if (key_type(key) != KEY_RSA)
        return err_set(err, FAIL_MALFORMED, "unsupported type of %s", what);
    if (key_bits(key) < RSA_MIN_BITS)
        return err_set(err, FAIL_MALFORMED, "RSA key of %u bits, at least %d are needed",
                       key_bits(key), RSA_MIN_BITS);
    return key_rsa_is_bounded(key) ||
           err_set(err, FAIL_MALFORMED,
                   "RSA key with more than %d bits, or an impossible public exponent",
                   RSA_MAX_BITS);
}

struct key *key_from_recovery_pem(struct bytes pem, struct err *err)
{
    struct pem_block block = { 0 };
    auto_key *key = NULL;

    if (!pem_next(&pem, &block) || !bytes_equal_string(block.label, "PUBLIC KEY"))
        (void)err_set(err, FAIL_MALFORMED, "given PEM data is not a public key");
    else
        key = key_from_public_der(buf_bytes(&block.der), err);
    pem_block_clear(&block);
    return key != NULL && is_recovery_key(key, "public key", err) ? TAKE(key) : NULL;
}

bool key_get_json(const struct json *value, struct key **key, struct err *err)
{
    auto_buf der = { 0 };
    bool present = false;
    struct err cause = { 0 };

    if (!json_get_octets(value, &der, &present, err))
        return false;
    key_free(*key);
    *key = key_from_public_der(buf_bytes(&der), &cause);
    return (*key != NULL && key_type(*key) == KEY_RSA) || json_fail(value, err, "is no RSA key");
}

/* As `openssl genrsa -aes256` writes it, in its own form or in that of before 3.0. */
static bool is_encrypted(struct bytes pem, const struct pem_block *block)
{
    static const char header[] = "Proc-Type: 4,ENCRYPTED";

    return bytes_equal_string(block->label, "ENCRYPTED PRIVATE KEY") ||
           memmem(pem.at, pem.len, header, sizeof header - 1) != NULL;
}

static struct key *private_key_of(struct bytes pem, const struct pem_block *block, struct err *err)
{
    if (is_encrypted(pem, block)) {
        (void)err_set(err, FAIL_MALFORMED,
                      "the private key is encrypted, which this version does not read: decrypt it "
                      "with openssl pkey -in KEY.pem -out PLAIN.pem");
        return NULL;
    }
    return bytes_equal_string(block->label, "PRIVATE KEY")
               ? key_from_private_pkcs8(buf_bytes(&block->der), err)
               : key_from_private_pkcs1(buf_bytes(&block->der), err);
}

static bool is_private_label(struct bytes label)
{
    return bytes_equal_string(label, "PRIVATE KEY") ||
           bytes_equal_string(label, "RSA PRIVATE KEY") ||
           bytes_equal_string(label, "ENCRYPTED PRIVATE KEY");
}

struct key *key_from_recovery_private_pem(struct bytes pem, struct err *err)
{
    const struct bytes whole = pem;
    auto_pem_block block = { 0 };

    while (pem_next(&pem, &block)) {
        if (!is_private_label(block.label))
            continue;
        auto_key *key = private_key_of(whole, &block, err);
        return key != NULL && is_recovery_key(key, "private key", err) ? TAKE(key) : NULL;
    }
    (void)err_set(err, FAIL_MALFORMED, "given PEM data is not a private key");
    return NULL;
}
