/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/internal.h"
#include "crypto/key.h"
#include "crypto/key_kind.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/x509.h>

/* Keys as DER, in and out. */

/* An RSA private key of RSA_MAX_BITS takes 9.3 kB; no form that is read here takes more. */
enum { KEY_DER_MAX = 32 * 1024 };

DEFINE_CLEANUP(PKCS8_PRIV_KEY_INFO, pkcs8_cleanup, PKCS8_PRIV_KEY_INFO_free)
#define auto_pkcs8 PKCS8_PRIV_KEY_INFO CLEANUP(pkcs8_cleanup)
DEFINE_CLEANUP(BIGNUM, secret_number_cleanup, BN_clear_free)
#define auto_secret_number BIGNUM CLEANUP(secret_number_cleanup)

static bool size_fits(struct bytes der, const char *what, struct err *err)
{
    if (der.len > KEY_DER_MAX)
        return err_set(err, FAIL_MALFORMED, "%s: %zu bytes are more than any key takes", what,
                       der.len);
    return true;
}

/*
 * Refuses curves given by their parameters instead of a name (they need not be the curve that they
 * look like). A point that came compressed, or was left out, leaves in the forms of
 * manifest.md 7.3.
 */
static bool normalise_ec(EVP_PKEY *pkey)
{
    int is_explicit = 0;
    char name[80];

    return EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                                  &is_explicit) == 1 &&
           is_explicit == 0 && EVP_PKEY_get_group_name(pkey, name, sizeof name, NULL) == 1 &&
           EVP_PKEY_set_int_param(pkey, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 1) == 1 &&
           EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                          OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) == 1;
}

/* Takes over the key, also on failure. `left`: bytes behind the encoding. */
static struct key *accept(EVP_PKEY *owned, size_t left, const char *what, struct err *err)
{
    auto_key *key = key_of_pkey(owned);

    if (key == NULL) {
        (void)libcrypto_refused(err, FAIL_MALFORMED, what);
        return NULL;
    }
    /* Decoders leave the errors of what they tried in vain. */
    ERR_clear_error();
    if (left != 0) {
        (void)err_set(err, FAIL_MALFORMED, "%s: %zu bytes follow the key", what, left);
        return NULL;
    }
    if (key_type(key) == KEY_ECDSA && !normalise_ec(owned)) {
        (void)libcrypto_refused(err, FAIL_MALFORMED, "elliptic curve without a name");
        (void)err_in(err, "%s", what);
        return NULL;
    }
    return TAKE(key);
}

/*
 * The encodings of P-384, which every activation needs several times, put together from fixed parts
 * (manifest.md, 7.3; RFC 5480, 2; RFC 5915, 3): libcrypto 3 looks through its encoders for a hundred
 * times as long.
 */
enum { P384_SCALAR_LEN = 48 };
/* clang-format off */
#define P384_ALGORITHM /* id-ecPublicKey, secp384r1 */                                             \
    0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,                              \
    0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22
static const uint8_t P384_PUBLIC_HEAD[] = {
    0x30, 0x76, P384_ALGORITHM, 0x03, 0x62, 0x00 };
static const uint8_t P384_PRIVATE_HEAD[] = {
    0x30, 0x81, 0xb6, 0x02, 0x01, 0x00, P384_ALGORITHM,
    0x04, 0x81, 0x9e, 0x30, 0x81, 0x9b, 0x02, 0x01, 0x01, 0x04, P384_SCALAR_LEN };
static const uint8_t P384_PRIVATE_POINT_HEAD[] = {
    0xa1, 0x64, 0x03, 0x62, 0x00 };
/* clang-format on */

bool key_p384_point(const struct key *key, uint8_t point[static P384_POINT_LEN])
{
    char name[16];
    size_t len = 0;

    return EVP_PKEY_get_base_id(key_pkey(key)) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key_pkey(key), name, sizeof name, NULL) == 1 &&
           strcmp(name, "secp384r1") == 0 &&
           EVP_PKEY_get_octet_string_param(key_pkey(key), OSSL_PKEY_PARAM_PUB_KEY, point,
                                           P384_POINT_LEN, &len) == 1 &&
           len == P384_POINT_LEN && point[0] == POINT_CONVERSION_UNCOMPRESSED;
}

static bool put_p384_public(const struct key *key, struct buf *out)
{
    uint8_t point[P384_POINT_LEN];

    if (!key_p384_point(key, point))
        return false;
    buf_add(out, bytes_of(P384_PUBLIC_HEAD, sizeof P384_PUBLIC_HEAD));
    buf_add(out, bytes_of(point, sizeof point));
    return true;
}

static bool put_p384_private(const struct key *key, struct buf *out)
{
    uint8_t point[P384_POINT_LEN], scalar[P384_SCALAR_LEN];
    BIGNUM *number = NULL;

    if (!key_p384_point(key, point) ||
        EVP_PKEY_get_bn_param(key_pkey(key), OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1)
        return false;
    auto_secret_number *owned = number;
    const bool fits = BN_bn2binpad(owned, scalar, sizeof scalar) == (int)sizeof scalar;
    if (fits) {
        buf_add(out, bytes_of(P384_PRIVATE_HEAD, sizeof P384_PRIVATE_HEAD));
        buf_add(out, bytes_of(scalar, sizeof scalar));
        buf_add(out, bytes_of(P384_PRIVATE_POINT_HEAD, sizeof P384_PRIVATE_POINT_HEAD));
        buf_add(out, bytes_of(point, sizeof point));
    }
    OPENSSL_cleanse(scalar, sizeof scalar);
    return fits;
}

bool key_public_der(const struct key *key, struct buf *out, struct err *err)
{
    if (put_p384_public(key, out))
        return true;
    const int len = i2d_PUBKEY(key_pkey(key), NULL);

    if (len <= 0)
        return libcrypto_refused(err, FAIL_INTERNAL, "encoding a public key");
    uint8_t *at = buf_grow(out, (size_t)len);
    (void)i2d_PUBKEY(key_pkey(key), &at);
    return true;
}

static bool curve_is_named(bool is_named, const char *what, struct err *err)
{
    return is_named || err_set(err, FAIL_MALFORMED,
                               "%s: not DER of this form, or on a curve without a name", what);
}

struct key *key_from_public_der(struct bytes der, struct err *err)
{
    const uint8_t *at = der.at;

    if (!size_fits(der, "public key", err) ||
        !curve_is_named(spki_curve_is_named(der), "public key", err))
        return NULL;
    EVP_PKEY *const pkey = d2i_PUBKEY(NULL, &at, (long)der.len);
    return accept(pkey, der.len - (size_t)(at - der.at), "public key", err);
}

bool key_private_pkcs8(const struct key *key, struct buf *out, struct err *err)
{
    if (put_p384_private(key, out))
        return true;
    auto_pkcs8 *info = EVP_PKEY2PKCS8(key_pkey(key));
    const int len = info == NULL ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, NULL);

    if (len <= 0)
        return libcrypto_refused(err, FAIL_INTERNAL, "encoding a private key");
    uint8_t *at = buf_grow(out, (size_t)len);
    (void)i2d_PKCS8_PRIV_KEY_INFO(info, &at);
    return true;
}

/*
 * Whether the public half belongs to the private one: an encoding may carry both, and libcrypto
 * believes it. RSA is left out: there the check would test primes, seconds for a long key.
 */
static bool halves_match(const struct key *key)
{
    auto_pkey_ctx *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_pkey(key), NULL);

    return key_type(key) == KEY_RSA || (ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1);
}

/* As accept, for private keys. */
static struct key *accept_private(EVP_PKEY *owned, size_t left, const char *what, struct err *err)
{
    auto_key *key = accept(owned, left, what, err);

    if (key == NULL)
        return NULL;
    if (key_type(key) == KEY_RSA && !key_rsa_is_bounded(key)) {
        (void)err_set(err, FAIL_MALFORMED,
                      "%s: RSA with more than %d bits, or an impossible public exponent", what,
                      RSA_MAX_BITS);
        return NULL;
    }
    if (halves_match(key))
        return TAKE(key);
    (void)libcrypto_refused(err, FAIL_MALFORMED, "its halves do not belong together");
    (void)err_in(err, "%s", what);
    return NULL;
}

/*
 * The types of manifest.md 7.3. Others are refused before they are decoded, because decoding a DSA
 * or DH key already computes with numbers that its sender chose.
 */
static bool pkcs8_type_is_known(const PKCS8_PRIV_KEY_INFO *info)
{
    const ASN1_OBJECT *type = NULL;

    if (PKCS8_pkey_get0(&type, NULL, NULL, NULL, info) != 1)
        return false;
    const int nid = OBJ_obj2nid(type);
    return nid == NID_rsaEncryption || nid == NID_X9_62_id_ecPublicKey || nid == NID_ED25519;
}

struct key *key_from_private_pkcs8(struct bytes der, struct err *err)
{
    const uint8_t *at = der.at;

    if (!size_fits(der, "PKCS#8 key", err) ||
        !curve_is_named(pkcs8_curve_is_named(der), "PKCS#8 key", err))
        return NULL;
    auto_pkcs8 *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    if (info != NULL && !pkcs8_type_is_known(info)) {
        (void)err_set(err, FAIL_MALFORMED, "PKCS#8 key: neither RSA nor ECDSA nor Ed25519");
        return NULL;
    }
    EVP_PKEY *const pkey = info == NULL ? NULL : EVP_PKCS82PKEY(info);
    return accept_private(pkey, der.len - (size_t)(at - der.at), "PKCS#8 key", err);
}

bool key_private_sec1(const struct key *key, struct buf *out, struct err *err)
{
    if (key_type(key) != KEY_ECDSA)
        return err_set(err, FAIL_INTERNAL, "only elliptic curve keys have a SEC 1 form");
    const int len = i2d_PrivateKey(key_pkey(key), NULL);
    if (len <= 0)
        return libcrypto_refused(err, FAIL_INTERNAL, "encoding an EC private key");
    uint8_t *at = buf_grow(out, (size_t)len);
    (void)i2d_PrivateKey(key_pkey(key), &at);
    return true;
}

static BIGNUM *private_number(const struct key *key)
{
    BIGNUM *number = NULL;

    if (key_type(key) == KEY_ECDSA)
        (void)EVP_PKEY_get_bn_param(key_pkey(key), OSSL_PKEY_PARAM_PRIV_KEY, &number);
    return number;
}

struct key *key_from_private_sec1(struct bytes der, struct err *err)
{
    static const char what[] = "EC private key";
    const uint8_t *at = der.at;

    if (!size_fits(der, what, err))
        return NULL;
    /* d2i_PrivateKey takes PKCS#8 as well, which is not what was asked for. */
    auto_pkcs8 *other = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    if (other != NULL) {
        (void)err_set(err, FAIL_MALFORMED, "%s: PKCS#8 instead of SEC 1", what);
        return NULL;
    }
    at = der.at;
    EVP_PKEY *const pkey = d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, (long)der.len);
    return accept_private(pkey, der.len - (size_t)(at - der.at), what, err);
}

bool key_private_scalar(const struct key *key, struct buf *out, struct err *err)
{
    auto_secret_number *number = private_number(key);

    if (number == NULL)
        return libcrypto_refused(err, FAIL_INTERNAL, "private number of an EC key");
    (void)BN_bn2bin(number, buf_grow(out, (size_t)BN_num_bytes(number)));
    return true;
}
