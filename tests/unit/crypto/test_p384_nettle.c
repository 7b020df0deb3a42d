/* SPDX-License-Identifier: Apache-2.0 */
/*
 * That all of P-384, and nothing else, reaches nettle: the linker puts the functions of this
 * file in front of the calls that p384_nettle.c makes.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* as p384_nettle.c */
#include "test.h"

#include <gmp.h>
#include <nettle/ecdsa.h>
#include <openssl/bn.h>
#include <openssl/ec.h>

#include "crypto/csr.h"
#include "crypto/p384_accel.h"
#include "test_keys.h"
#include "test_p384.h"
#include "tls_pair.h"

/* ---- in front of nettle and libcrypto ---- */

static struct {
    unsigned signed_, verified, accepted, generated; /* calls that went to nettle */
    unsigned nonces_to_refuse, nonces_of_zero, zero_r, scalars_of_zero;
    bool refuse_scalars;
    struct bytes wanted; /* looked for in memory that is wiped */
    bool wiped_wanted;
} seen;

void __real_nettle_ecc_ecdsa_sign(const struct ecc_curve *, const mp_limb_t *, const mp_limb_t *,
                                  size_t, const uint8_t *, mp_limb_t *, mp_limb_t *, mp_limb_t *);
void __wrap_nettle_ecc_ecdsa_sign(const struct ecc_curve *, const mp_limb_t *, const mp_limb_t *,
                                  size_t, const uint8_t *, mp_limb_t *, mp_limb_t *, mp_limb_t *);
void __wrap_nettle_ecc_ecdsa_sign(const struct ecc_curve *curve, const mp_limb_t *scalar,
                                  const mp_limb_t *nonce, size_t len, const uint8_t *digest,
                                  mp_limb_t *r, mp_limb_t *s, mp_limb_t *scratch)
{
    seen.signed_++;
    __real_nettle_ecc_ecdsa_sign(curve, scalar, nonce, len, digest, r, s, scratch);
    if (seen.zero_r > 0) {
        seen.zero_r--;
        mpn_zero(r, ecc_size(curve));
    }
}

int __real_nettle_ecdsa_verify(const struct ecc_point *, size_t, const uint8_t *,
                               const struct dsa_signature *);
int __wrap_nettle_ecdsa_verify(const struct ecc_point *, size_t, const uint8_t *,
                               const struct dsa_signature *);
int __wrap_nettle_ecdsa_verify(const struct ecc_point *point, size_t len, const uint8_t *digest,
                               const struct dsa_signature *signature)
{
    const int accepted = __real_nettle_ecdsa_verify(point, len, digest, signature);

    seen.verified++;
    seen.accepted += accepted == 1;
    return accepted;
}

void __real_nettle_ecc_point_mul_g(struct ecc_point *, const struct ecc_scalar *);
void __wrap_nettle_ecc_point_mul_g(struct ecc_point *, const struct ecc_scalar *);
void __wrap_nettle_ecc_point_mul_g(struct ecc_point *out, const struct ecc_scalar *scalar)
{
    seen.generated++;
    __real_nettle_ecc_point_mul_g(out, scalar);
}

int __real_BN_generate_dsa_nonce(BIGNUM *, const BIGNUM *, const BIGNUM *, const unsigned char *,
                                 size_t, BN_CTX *);
int __wrap_BN_generate_dsa_nonce(BIGNUM *, const BIGNUM *, const BIGNUM *, const unsigned char *,
                                 size_t, BN_CTX *);
int __wrap_BN_generate_dsa_nonce(BIGNUM *out, const BIGNUM *order, const BIGNUM *scalar,
                                 const unsigned char *digest, size_t len, BN_CTX *ctx)
{
    if (seen.nonces_to_refuse > 0) {
        seen.nonces_to_refuse--;
        return 0;
    }
    if (seen.nonces_of_zero > 0) {
        seen.nonces_of_zero--;
        BN_zero(out);
        return 1;
    }
    return __real_BN_generate_dsa_nonce(out, order, scalar, digest, len, ctx);
}

int __real_BN_priv_rand_range(BIGNUM *, const BIGNUM *);
int __wrap_BN_priv_rand_range(BIGNUM *, const BIGNUM *);
int __wrap_BN_priv_rand_range(BIGNUM *out, const BIGNUM *order)
{
    if (seen.refuse_scalars)
        return 0;
    if (seen.scalars_of_zero > 0) {
        seen.scalars_of_zero--;
        BN_zero(out);
        return 1;
    }
    return __real_BN_priv_rand_range(out, order);
}

void __real_mem_wipe_free(void *, size_t);
void __wrap_mem_wipe_free(void *, size_t);
void __wrap_mem_wipe_free(void *at, size_t len)
{
    if (seen.wanted.len > 0 && at != NULL &&
        memmem(at, len, seen.wanted.at, seen.wanted.len) != NULL)
        seen.wiped_wanted = true;
    __real_mem_wipe_free(at, len);
}

static void assert_calls(unsigned generated, unsigned signed_, unsigned verified)
{
    assert_int_equal(seen.generated, generated);
    assert_int_equal(seen.signed_, signed_);
    assert_int_equal(seen.verified, verified);
    memset(&seen, 0, sizeof seen);
}

static int up(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_ok(p384_accelerate(&err), &err);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    return 0;
}

static struct buf sign(const struct key *key)
{
    struct err err = { 0 };
    struct buf signature = { 0 };

    assert_ok(key_sign_sha256(key, BYTES_LITERAL("a"), &signature, &err), &err);
    return signature;
}

static bool verifies(const struct key *key, const struct buf *signature)
{
    struct err err = { 0 };

    return key_verify_sha256(key, BYTES_LITERAL("a"), buf_bytes(signature), &err);
}

/* ---- tests ---- */

static void name_says_which_nettle(void **state)
{
    (void)state;
    assert_int_equal(strncmp(p384_accelerator_name(), "nettle 3.", 9), 0);
}

static void second_call_changes_nothing(void **state)
{
    const EC_KEY_METHOD *const first = EC_KEY_get_default_method();
    struct err err = { 0 };

    (void)state;
    assert_ptr_not_equal(first, EC_KEY_OpenSSL());
    assert_ok(p384_accelerate(&err), &err);
    assert_ptr_equal(EC_KEY_get_default_method(), first);
}

static void keys_of_the_house_reach_nettle(void **state)
{
    (void)state;
    auto_key *key = test_key(KEY_ECDSA, 384);
    assert_calls(1, 0, 0);
    auto_buf signature = sign(key);
    assert_calls(0, 1, 0);
    assert_true(verifies(key, &signature));
    assert_int_equal(seen.accepted, 1);
    assert_calls(0, 0, 1);
}

static void keys_that_were_read_reach_nettle(void **state)
{
    struct err err = { 0 };
    auto_buf pkcs8 = test_unhex(ROOT_PKCS8);
    auto_buf sec1 = test_unhex(ROOT_SEC1);
    auto_buf spki = test_unhex(ROOT_SPKI);
    auto_key *from_pkcs8 = key_from_private_pkcs8(buf_bytes(&pkcs8), &err);
    auto_key *from_sec1 = key_from_private_sec1(buf_bytes(&sec1), &err);
    auto_key *public = key_from_public_der(buf_bytes(&spki), &err);

    (void)state;
    auto_buf first = sign(from_pkcs8);
    auto_buf second = sign(from_sec1);
    assert_true(verifies(public, &first));
    assert_true(verifies(public, &second));
    assert_int_equal(seen.accepted, 2);
    assert_calls(0, 2, 2);
}

static void certificates_and_requests_reach_nettle(void **state)
{
    struct err err = { 0 };
    struct cert_template t = { 0 };
    auto_key *key = test_key(KEY_ECDSA, 384);

    (void)state;
    assert_calls(1, 0, 0);
    auto_cert *cert = cert_issue(&t, key, NULL, key, PAIR_NOW, &err);
    assert_ok(cert != NULL, &err);
    assert_calls(0, 1, 0);
    assert_true(cert_issued_by(cert, cert));
    assert_int_equal(seen.accepted, 1);
    assert_calls(0, 0, 1);
    auto_cert *read = cert_from_der(cert_der(cert), &err);
    assert_ok(read != NULL, &err);
    assert_true(cert_issued_by(read, read));
    assert_calls(0, 0, 1);
    auto_buf request = { 0 };
    const struct text_list none = { 0 };
    assert_ok(csr_make(key, &none, &none, &request, &err), &err);
    assert_calls(0, 1, 0);
    auto_arena arena = { 0 };
    assert_ok(csr_read(buf_bytes(&request), &arena, &t, &err), &err);
    assert_int_equal(seen.accepted, 1);
    assert_calls(0, 0, 1);
}

/* Both sides are in this process: each signs once and verifies the other's signature. */
static void tls_reaches_nettle(void **state)
{
    auto_pair_identity server = pair_identity(KEY_ECDSA, 384, PAIR_NOW);
    auto_pair_identity client = pair_identity(KEY_ECDSA, 384, PAIR_NOW);
    struct tls_identity *const identity = pair_server(&server, BYTES_NONE, TLS_DEMAND_NOTHING);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        auto_pair p = pair_new(identity, versions[i]);
        pair_show(&p, &client);
        assert_int_equal(SSL_set1_groups_list(p.client, "P-256:P-384"), 1);
        memset(&seen, 0, sizeof seen);
        pair_run(&p);
        pair_assert_done(&p);
        assert_int_equal(seen.accepted, 2);
        assert_calls(0, 2, 2);
    }
    tls_identity_free(identity);
}

static void ephemeral_keys_of_tls_reach_nettle(void **state)
{
    auto_pair_identity server = pair_identity(KEY_ECDSA, 256, PAIR_NOW);
    struct tls_identity *const identity = pair_server(&server, BYTES_NONE, TLS_DEMAND_NOTHING);
    auto_pair p = pair_new(identity, TLS1_3_VERSION);

    (void)state;
    assert_int_equal(SSL_set1_groups_list(p.client, "P-384"), 1);
    pair_run(&p);
    pair_assert_done(&p);
    assert_calls(2, 0, 0);
    tls_identity_free(identity);
}

static void other_curves_stay_with_libcrypto(void **state)
{
    static const unsigned bits[] = { 224, 256, 521 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        auto_key *key = test_key(KEY_ECDSA, bits[i]);
        auto_buf signature = sign(key);
        assert_true(verifies(key, &signature));
        assert_int_equal(ERR_peek_error(), 0); /* nothing was tried in vain */
        assert_calls(0, 0, 0);
    }
}

static void refusal_of_nettle_is_asked_again(void **state)
{
    auto_key *key = test_key(KEY_ECDSA, 384);
    auto_key *other = test_key(KEY_ECDSA, 384);
    auto_buf signature = sign(key);

    (void)state;
    memset(&seen, 0, sizeof seen);
    assert_false(verifies(other, &signature));
    assert_int_equal(seen.accepted, 0);
    assert_calls(0, 0, 1);
}

static void numbers_out_of_range_do_not_reach_nettle(void **state)
{
    auto_key *key = test_key(KEY_ECDSA, 384);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(p384_out_of_range); i++) {
        auto_buf signature = test_unhex(p384_out_of_range[i]);
        assert_false(verifies(key, &signature));
        assert_int_equal(seen.verified, 0);
    }
}

static void signing_needs_randomness(void **state)
{
    struct err err = { 0 };
    auto_buf signature = { 0 };
    auto_key *key = test_key(KEY_ECDSA, 384);

    (void)state;
    seen.nonces_to_refuse = 1;
    assert_false(key_sign_sha256(key, BYTES_LITERAL("a"), &signature, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    assert_int_equal(signature.len, 0);
    assert_int_equal(seen.signed_, 0);
}

static void zero_is_drawn_again(void **state)
{
    auto_key *key = test_key(KEY_ECDSA, 384);

    (void)state;
    forget(state);
    seen.nonces_of_zero = 2;
    auto_buf first = sign(key);
    assert_int_equal(seen.nonces_of_zero, 0);
    assert_true(verifies(key, &first));
    assert_calls(0, 1, 1);
    seen.zero_r = 2;
    auto_buf second = sign(key);
    assert_true(verifies(key, &second));
    assert_calls(0, 3, 1);
    seen.scalars_of_zero = 2;
    auto_key *another = test_key(KEY_ECDSA, 384);
    assert_int_equal(seen.scalars_of_zero, 0);
    assert_calls(1, 0, 0);
    auto_buf third = sign(another);
    assert_true(verifies(another, &third));
}

static void generating_needs_randomness(void **state)
{
    struct err err = { 0 };

    (void)state;
    seen.refuse_scalars = true;
    assert_null(key_generate(KEY_ECDSA, 384, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    assert_int_equal(seen.generated, 0);
}

/* ROOT_NUMBER as nettle holds it: the least significant limb first, on a little-endian machine. */
static void scalar_is_wiped_after_signing(void **state)
{
    struct err err = { 0 };
    auto_buf sec1 = test_unhex(ROOT_SEC1);
    auto_buf number = test_unhex(ROOT_NUMBER);
    auto_key *key = key_from_private_sec1(buf_bytes(&sec1), &err);
    static mp_limb_t limbs[384 / GMP_NUMB_BITS];
    mpz_t as_number;

    (void)state;
    mpz_init(as_number);
    mpz_import(as_number, number.len, 1, 1, 0, 0, number.at);
    for (size_t i = 0; i < COUNT_OF(limbs); i++)
        limbs[i] = mpz_getlimbn(as_number, (mp_size_t)i);
    mpz_clear(as_number);
    seen.wanted = bytes_of(limbs, sizeof limbs);
    auto_buf signature = sign(key);
    assert_true(signature.len > 0);
    assert_true(seen.wiped_wanted);
}

static void gmp_wipes_what_it_frees(void **state)
{
    void *(*allocate)(size_t);
    void *(*resize)(void *, size_t, size_t);
    void (*release)(void *, size_t);

    (void)state;
    mp_get_memory_functions(&allocate, &resize, &release);
    assert_ptr_equal(release, mem_wipe_free);
    uint8_t *at = allocate(16);
    memcpy(at, "sixteen of these", 16);
    seen.wanted = BYTES_LITERAL("sixteen of these");
    at = resize(at, 16, 100);
    assert_true(seen.wiped_wanted);
    assert_memory_equal(at, "sixteen of these", 16);
    seen.wiped_wanted = false;
    at = resize(at, 100, 7);
    assert_true(seen.wiped_wanted);
    assert_memory_equal(at, "sixteen", 7);
    release(at, 7);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(name_says_which_nettle, forget),
    cmocka_unit_test_setup(second_call_changes_nothing, forget),
    cmocka_unit_test_setup(keys_of_the_house_reach_nettle, forget),
    cmocka_unit_test_setup(keys_that_were_read_reach_nettle, forget),
    cmocka_unit_test_setup(certificates_and_requests_reach_nettle, forget),
    cmocka_unit_test_setup(tls_reaches_nettle, forget),
    cmocka_unit_test_setup(ephemeral_keys_of_tls_reach_nettle, forget),
    cmocka_unit_test_setup(other_curves_stay_with_libcrypto, forget),
    cmocka_unit_test_setup(refusal_of_nettle_is_asked_again, forget),
    cmocka_unit_test_setup(numbers_out_of_range_do_not_reach_nettle, forget),
    cmocka_unit_test_setup(signing_needs_randomness, forget),
    cmocka_unit_test_setup(zero_is_drawn_again, forget),
    cmocka_unit_test_setup(generating_needs_randomness, forget),
    cmocka_unit_test_setup(scalar_is_wiped_after_signing, forget),
    cmocka_unit_test_setup(gmp_wipes_what_it_frees, forget),
};

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, up, NULL);
}
