/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/internal.h"
#include "crypto/key.h"

bool key_is_for_recovery(const struct key *key, const char *what, struct err *err)
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
    return key != NULL && key_is_for_recovery(key, "public key", err) ? TAKE(key) : NULL;
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

struct key *key_from_recovery_private_pem(struct bytes pem, key_ask *ask, void *ctx,
                                          struct err *err)
{
    auto_key *key = key_from_private_pem(pem, ask, ctx, err);

    return key != NULL && key_is_for_recovery(key, "private key: a recovery key is RSA", err) ? TAKE(key) : NULL;
}
