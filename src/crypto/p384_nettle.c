/* SPDX-License-Identifier: Apache-2.0 */
/* libcrypto 3 has no other way in than its table of functions for EC keys, deprecated as it is. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/p384_accel.h"

#include <assert.h>
#include <string.h>

#include <gmp.h>
#include <nettle/bignum.h>
#include <nettle/dsa.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>
#include <nettle/version.h>
#include <openssl/bn.h>
#include <openssl/ec.h>

#include "base/bytes.h"
#include "crypto/internal.h"

/*
 * nettle behind libcrypto's table of functions for EC keys. Whatever is unusual (another curve, a
 * number out of its range, a signature that nettle refuses) is left to libcrypto's own functions,
 * so every "no" and its error are libcrypto's.
 */

enum {
    FIELD_LEN = 48,                /* bytes of a coordinate, of a scalar, of r and of s */
    POINT_LEN = 1 + 2 * FIELD_LEN, /* SEC 1, 2.3.3, uncompressed */
    LIMB_LEN = GMP_NUMB_BITS / 8,
    LIMBS = FIELD_LEN / LIMB_LEN, /* of such a number; the least significant comes first */
};
static_assert(LIMBS * LIMB_LEN == FIELD_LEN && sizeof(mp_limb_t) == LIMB_LEN,
              "numbers of this curve fill their limbs");

DEFINE_CLEANUP(BIGNUM, secret_number_cleanup, BN_clear_free)
#define auto_secret_number BIGNUM CLEANUP(secret_number_cleanup)
DEFINE_CLEANUP(BN_CTX, number_ctx_cleanup, BN_CTX_free)
#define auto_number_ctx BN_CTX CLEANUP(number_ctx_cleanup)
DEFINE_CLEANUP(EC_POINT, point_cleanup, EC_POINT_free)
#define auto_point EC_POINT CLEANUP(point_cleanup)

static bool is_p384(const EC_KEY *key)
{
    const EC_GROUP *const group = EC_KEY_get0_group(key);

    return group != NULL && EC_GROUP_get_curve_name(group) == NID_secp384r1;
}

static const BIGNUM *order_of(const EC_KEY *key)
{
    return EC_GROUP_get0_order(EC_KEY_get0_group(key));
}

/* 0 < number < order, as private scalars, r and s have to be. */
static bool is_scalar(const BIGNUM *number, const EC_KEY *key)
{
    return number != NULL && !BN_is_negative(number) && !BN_is_zero(number) &&
           BN_cmp(number, order_of(key)) < 0;
}

/* Takes as long for one number below 2^384 as for another; false for others. */
static bool limbs_of_number(const BIGNUM *number, mp_limb_t out[static LIMBS])
{
    uint8_t raw[FIELD_LEN];
    const bool fits = BN_bn2lebinpad(number, raw, sizeof raw) == sizeof raw;

    memset(out, 0, LIMBS * sizeof out[0]);
    for (size_t i = 0; fits && i < sizeof raw; i++)
        out[i / LIMB_LEN] |= (mp_limb_t)raw[i] << 8 * (i % LIMB_LEN);
    OPENSSL_cleanse(raw, sizeof raw);
    return fits;
}

/* For public numbers; NULL without memory. */
static BIGNUM *number_of_limbs(const mp_limb_t limbs[static LIMBS])
{
    uint8_t raw[FIELD_LEN];

    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (uint8_t)(limbs[i / LIMB_LEN] >> 8 * (i % LIMB_LEN));
    return BN_lebin2bn(raw, sizeof raw, NULL);
}

/* ---- verifying ---- */

static bool set_point(struct ecc_point *point, const EC_KEY *key)
{
    const EC_POINT *const public = EC_KEY_get0_public_key(key);
    uint8_t raw[POINT_LEN];
    mpz_t x, y;

    if (public == NULL ||
        EC_POINT_point2oct(EC_KEY_get0_group(key), public, POINT_CONVERSION_UNCOMPRESSED, raw,
                           sizeof raw, NULL) != sizeof raw)
        return false;
    nettle_mpz_init_set_str_256_u(x, FIELD_LEN, raw + 1);
    nettle_mpz_init_set_str_256_u(y, FIELD_LEN, raw + 1 + FIELD_LEN);
    const bool on_curve = ecc_point_set(point, x, y) == 1;
    mpz_clears(x, y, NULL);
    return on_curve;
}

static bool set_number(mpz_t out, const BIGNUM *number)
{
    uint8_t raw[FIELD_LEN];

    if (BN_bn2binpad(number, raw, sizeof raw) != sizeof raw)
        return false;
    nettle_mpz_set_str_256_u(out, sizeof raw, raw);
    return true;
}

static bool nettle_accepts(struct bytes digest, const ECDSA_SIG *signature, const EC_KEY *key)
{
    struct ecc_point point;
    struct dsa_signature numbers;

    ecc_point_init(&point, nettle_get_secp_384r1());
    dsa_signature_init(&numbers);
    const bool accepted = set_point(&point, key) &&
                          set_number(numbers.r, ECDSA_SIG_get0_r(signature)) &&
                          set_number(numbers.s, ECDSA_SIG_get0_s(signature)) &&
                          ecdsa_verify(&point, digest.len, digest.at, &numbers) == 1;
    dsa_signature_clear(&numbers);
    ecc_point_clear(&point);
    return accepted;
}

/*
 * A "yes" of nettle is final, a "no" is not: nettle 3.8 refuses valid signatures for which the two
 * halves of the verification, u1 * G and u2 * Q, are one point, because its addition does not
 * double (Wycheproof calls them PointDuplication). Repaired in 3.10.
 */
static int verify(const unsigned char *digest, int digest_len, const ECDSA_SIG *signature,
                  EC_KEY *key)
{
    int (*libcrypto_verify)(const unsigned char *, int, const ECDSA_SIG *, EC_KEY *);

    if (is_p384(key) && digest_len >= 0 && is_scalar(ECDSA_SIG_get0_r(signature), key) &&
        is_scalar(ECDSA_SIG_get0_s(signature), key) &&
        nettle_accepts(bytes_of(digest, (size_t)digest_len), signature, key))
        return 1;
    EC_KEY_METHOD_get_verify(EC_KEY_OpenSSL(), NULL, &libcrypto_verify);
    return libcrypto_verify(digest, digest_len, signature, key);
}

/* ---- signing ---- */

/* What signing needs, in one piece that is wiped. */
struct signing {
    mp_limb_t scalar[LIMBS], nonce[LIMBS];
    mp_limb_t r[LIMBS], s[LIMBS];
    mp_limb_t scratch[];
};

/*
 * The nonce as libcrypto makes its own: from RAND_priv_bytes, hashed together with private scalar
 * and digest, so that two messages differ in it even if the randomness should repeat, as that of a
 * machine which is set back to a snapshot.
 */
static bool draw_nonce(const EC_KEY *key, struct bytes digest, mp_limb_t out[static LIMBS])
{
    auto_number_ctx *ctx = BN_CTX_secure_new();
    auto_secret_number *nonce = BN_secure_new();

    if (ctx == NULL || nonce == NULL)
        return false;
    do {
        if (BN_generate_dsa_nonce(nonce, order_of(key), EC_KEY_get0_private_key(key), digest.at,
                                  digest.len, ctx) != 1)
            return false;
    } while (BN_is_zero(nonce));
    return limbs_of_number(nonce, out);
}

/* Fills w->r and w->s, neither of them zero (FIPS 186-5, 6.4.1, step 11). */
static bool sign_digest(const EC_KEY *key, struct bytes digest, struct signing *w)
{
    if (!limbs_of_number(EC_KEY_get0_private_key(key), w->scalar))
        return false;
    do {
        if (!draw_nonce(key, digest, w->nonce))
            return false;
        ecc_ecdsa_sign(nettle_get_secp_384r1(), w->scalar, w->nonce, digest.len, digest.at, w->r,
                       w->s, w->scratch);
    } while (mpn_zero_p(w->r, LIMBS) || mpn_zero_p(w->s, LIMBS));
    return true;
}

static ECDSA_SIG *signature_of(const struct signing *w)
{
    ECDSA_SIG *const signature = ECDSA_SIG_new();
    BIGNUM *const r = number_of_limbs(w->r);
    BIGNUM *const s = number_of_limbs(w->s);

    if (signature != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s) == 1)
        return signature;
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return NULL;
}

static ECDSA_SIG *nettle_sign(const EC_KEY *key, struct bytes digest)
{
    const size_t len = sizeof(struct signing) +
                       (size_t)ecc_ecdsa_sign_itch(nettle_get_secp_384r1()) * sizeof(mp_limb_t);
    struct signing *const w = mem_alloc(len);
    ECDSA_SIG *const signature = sign_digest(key, digest, w) ? signature_of(w) : NULL;

    mem_wipe_free(w, len);
    return signature;
}

/* inverse, r: a nonce that the caller has prepared; only libcrypto can use that. */
static ECDSA_SIG *sign(const unsigned char *digest, int digest_len, const BIGNUM *inverse,
                       const BIGNUM *r, EC_KEY *key)
{
    ECDSA_SIG *(*libcrypto_sign)(const unsigned char *, int, const BIGNUM *, const BIGNUM *,
                                 EC_KEY *);

    if (is_p384(key) && digest_len >= 0 && inverse == NULL && r == NULL &&
        is_scalar(EC_KEY_get0_private_key(key), key))
        return nettle_sign(key, bytes_of(digest, (size_t)digest_len));
    EC_KEY_METHOD_get_sign(EC_KEY_OpenSSL(), NULL, NULL, &libcrypto_sign);
    return libcrypto_sign(digest, digest_len, inverse, r, key);
}

/* ---- generating keys ---- */

/* Sets *out to scalar * G; libcrypto checks that it is a point of the curve. */
static bool multiply_generator(const EC_GROUP *group, const BIGNUM *scalar, EC_POINT *out)
{
    struct ecc_scalar factor;
    struct ecc_point product;
    mpz_t x, y;
    uint8_t raw[POINT_LEN] = { POINT_CONVERSION_UNCOMPRESSED };

    ecc_scalar_init(&factor, nettle_get_secp_384r1());
    ecc_point_init(&product, nettle_get_secp_384r1());
    mpz_inits(x, y, NULL);
    /* Not ecc_scalar_set: its comparison with the order, and the mpz before it, look at the bits. */
    const bool fits = limbs_of_number(scalar, factor.p);
    if (fits) {
        ecc_point_mul_g(&product, &factor);
        ecc_point_get(&product, x, y);
        nettle_mpz_get_str_256(FIELD_LEN, raw + 1, x);
        nettle_mpz_get_str_256(FIELD_LEN, raw + 1 + FIELD_LEN, y);
    }
    mpz_clears(x, y, NULL);
    ecc_point_clear(&product);
    ecc_scalar_clear(&factor);
    return fits && EC_POINT_oct2point(group, out, raw, sizeof raw, NULL) == 1;
}

static bool nettle_generate(EC_KEY *key)
{
    const EC_GROUP *const group = EC_KEY_get0_group(key);
    auto_secret_number *scalar = BN_secure_new();
    auto_point *point = EC_POINT_new(group);

    if (scalar == NULL || point == NULL)
        return false;
    do {
        if (BN_priv_rand_range(scalar, order_of(key)) != 1)
            return false;
    } while (BN_is_zero(scalar));
    return multiply_generator(group, scalar, point) && EC_KEY_set_private_key(key, scalar) == 1 &&
           EC_KEY_set_public_key(key, point) == 1;
}

static int generate(EC_KEY *key)
{
    int (*libcrypto_generate)(EC_KEY *);

    if (is_p384(key))
        return nettle_generate(key);
    EC_KEY_METHOD_get_keygen(EC_KEY_OpenSSL(), &libcrypto_generate);
    return libcrypto_generate(key);
}

/* ---- putting it in place ---- */

/* For GMP, which counts the bytes for us. */
static void *resize_wiping(void *old, size_t old_len, size_t len)
{
    void *const moved = mem_alloc(len);

    memcpy(moved, old, old_len < len ? old_len : len);
    mem_wipe_free(old, old_len);
    return moved;
}

static bool is_in_place(void)
{
    ECDSA_SIG *(*current)(const unsigned char *, int, const BIGNUM *, const BIGNUM *, EC_KEY *);

    EC_KEY_METHOD_get_sign(EC_KEY_get_default_method(), NULL, NULL, &current);
    return current == sign;
}

bool p384_accelerate(struct err *err)
{
    int (*encode_sign)(int, const unsigned char *, int, unsigned char *, unsigned int *,
                       const BIGNUM *, const BIGNUM *, EC_KEY *);
    int (*prepare_sign)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **);
    int (*decode_verify)(int, const unsigned char *, int, const unsigned char *, int, EC_KEY *);

    if (is_in_place())
        return true;
    EC_KEY_METHOD *const method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    if (method == NULL)
        return libcrypto_refused(err, FAIL_INTERNAL, "P-384 accelerator");
    /* libcrypto's functions for DER stay: they call those for numbers, which are ours. */
    EC_KEY_METHOD_get_sign(method, &encode_sign, &prepare_sign, NULL);
    EC_KEY_METHOD_get_verify(method, &decode_verify, NULL);
    EC_KEY_METHOD_set_sign(method, encode_sign, prepare_sign, sign);
    EC_KEY_METHOD_set_verify(method, decode_verify, verify);
    EC_KEY_METHOD_set_keygen(method, generate);
    mp_set_memory_functions(mem_alloc, resize_wiping, mem_wipe_free);
    EC_KEY_set_default_method(method); /* and keeps it for good */
    return true;
}

#define TEXT_OF(token) #token
#define NUMBER_TEXT(macro) TEXT_OF(macro)

const char *p384_accelerator_name(void)
{
    return "nettle " NUMBER_TEXT(NETTLE_VERSION_MAJOR) "." NUMBER_TEXT(NETTLE_VERSION_MINOR);
}
