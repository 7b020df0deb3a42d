/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include "crypto/internal.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

static EVP_PKEY *generate_rsa(unsigned bits, struct err *err)
{
    if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS) {
        (void)err_set(err, FAIL_MALFORMED, "RSA keys have %d to %d bits, not %u", RSA_MIN_BITS,
                      RSA_MAX_BITS, bits);
        return NULL;
    }
    EVP_PKEY *const pkey = EVP_RSA_gen(bits);
    if (pkey == NULL)
        (void)libcrypto_refused(err, FAIL_INTERNAL, "generating an RSA key");
    return pkey;
}

static const char *curve_name(unsigned bits)
{
    switch (bits) {
    case 224:
        return "P-224";
    case 256:
        return "P-256";
    case 384:
        return "P-384";
    case 521:
        return "P-521";
    }
    return NULL;
}

static EVP_PKEY *generate_ecdsa(unsigned bits, struct err *err)
{
    const char *const curve = curve_name(bits);

    if (curve == NULL) {
        (void)err_set(err, FAIL_MALFORMED, "ECDSA keys have 224, 256, 384 or 521 bits, not %u",
                      bits);
        return NULL;
    }
    EVP_PKEY *const pkey = EVP_EC_gen(curve);
    if (pkey == NULL)
        (void)libcrypto_refused(err, FAIL_INTERNAL, "generating an ECDSA key");
    return pkey;
}

static EVP_PKEY *generate_ed25519(unsigned bits, struct err *err)
{
    if (bits != 0) {
        (void)err_set(err, FAIL_MALFORMED, "Ed25519 keys have no size, but %u is given", bits);
        return NULL;
    }
    EVP_PKEY *const pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (pkey == NULL)
        (void)libcrypto_refused(err, FAIL_INTERNAL, "generating an Ed25519 key");
    return pkey;
}

struct key *key_generate(enum key_type type, unsigned bits, struct err *err)
{
    switch (type) {
    case KEY_RSA:
        return key_of_pkey(generate_rsa(bits, err));
    case KEY_ECDSA:
        return key_of_pkey(generate_ecdsa(bits, err));
    case KEY_ED25519:
        return key_of_pkey(generate_ed25519(bits, err));
    case KEY_NONE:
    case KEY_OTHER:
        break;
    }
    (void)err_set(err, FAIL_MALFORMED, "keys of this type cannot be generated");
    return NULL;
}

struct key *key_ref(struct key *key)
{
    /* Fails only for NULL. */
    (void)EVP_PKEY_up_ref(key_pkey(key));
    return key;
}

void key_free(struct key *key)
{
    EVP_PKEY_free(key_pkey(key));
}

enum key_type key_type(const struct key *key)
{
    switch (EVP_PKEY_get_base_id(key_pkey(key))) {
    case EVP_PKEY_RSA:
        return KEY_RSA;
    case EVP_PKEY_EC:
        return KEY_ECDSA;
    case EVP_PKEY_ED25519:
        return KEY_ED25519;
    default:
        return KEY_OTHER;
    }
}

unsigned key_bits(const struct key *key)
{
    const int bits = EVP_PKEY_get_bits(key_pkey(key));

    return key_type(key) == KEY_ED25519 || bits < 0 ? 0 : (unsigned)bits;
}

bool key_equal_public(const struct key *a, const struct key *b)
{
    const bool equal = EVP_PKEY_eq(key_pkey(a), key_pkey(b)) == 1;

    ERR_clear_error();
    return equal;
}
