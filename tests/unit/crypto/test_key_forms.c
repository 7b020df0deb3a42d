/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "test_keys.h"

#include <openssl/x509.h>

#include "crypto/internal.h"

typedef struct key *reads(struct bytes, struct err *);
typedef bool writes(const struct key *, struct buf *, struct err *);

/* One form of a key, in and out. */
struct form {
    const char *name;
    reads *from;
    writes *to;
    const char *hex;
};
static const struct form forms[] = {
    { "P-384 SEC 1", key_from_private_sec1, key_private_sec1, ROOT_SEC1 },
    { "P-384 PKCS#8", key_from_private_pkcs8, key_private_pkcs8, ROOT_PKCS8 },
    { "P-384 public", key_from_public_der, key_public_der, ROOT_SPKI },
    { "Ed25519 PKCS#8", key_from_private_pkcs8, key_private_pkcs8, ED25519_PKCS8 },
    { "Ed25519 public", key_from_public_der, key_public_der, ED25519_SPKI },
};

static struct key *read_hex(reads *from, const char *hex)
{
    auto_buf der = test_unhex(hex);
    struct err err = { 0 };
    struct key *const key = from(buf_bytes(&der), &err);

    assert_ok(key != NULL, &err);
    return key;
}

static void assert_writes(writes *to, const struct key *key, const char *hex)
{
    auto_buf want = test_unhex(hex);
    auto_buf out = { 0 };
    struct err err = { 0 };

    buf_add_string(&out, "head");
    assert_ok(to(key, &out, &err), &err);
    assert_memory_equal(out.at, "head", 4);
    assert_bytes_equal(bytes_of(out.at + 4, out.len - 4), buf_bytes(&want));
}

static void assert_malformed(reads *from, struct bytes der)
{
    struct err err = { 0 };

    assert_null(from(der, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
}

static void assert_hex_malformed(reads *from, const char *hex)
{
    auto_buf der = test_unhex(hex);

    assert_malformed(from, buf_bytes(&der));
}

static void forms_are_written_as_they_were_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        auto_key *key = read_hex(forms[i].from, forms[i].hex);
        print_message("# %s\n", forms[i].name);
        assert_writes(forms[i].to, key, forms[i].hex);
    }
}

static void forms_of_one_key_say_the_same(void **state)
{
    auto_key *root = read_hex(key_from_private_sec1, ROOT_SEC1);
    auto_key *same = read_hex(key_from_private_pkcs8, ROOT_PKCS8);
    auto_key *public = read_hex(key_from_public_der, ROOT_SPKI);
    auto_key *edwards = read_hex(key_from_private_pkcs8, ED25519_PKCS8);

    (void)state;
    assert_int_equal(key_type(root), KEY_ECDSA);
    assert_int_equal(key_bits(root), 384);
    assert_writes(key_private_pkcs8, root, ROOT_PKCS8);
    assert_writes(key_private_sec1, same, ROOT_SEC1);
    assert_writes(key_public_der, root, ROOT_SPKI);
    assert_writes(key_private_scalar, root, ROOT_NUMBER);
    assert_true(key_equal_public(root, public));
    assert_int_equal(key_type(edwards), KEY_ED25519);
    assert_int_equal(key_bits(edwards), 0);
    assert_writes(key_public_der, edwards, ED25519_SPKI);
}

/* P-384 is put together from fixed parts. */
static void p384_forms_are_those_of_libcrypto(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        struct err err = { 0 };
        uint8_t *public = NULL, *private = NULL;
        auto_key *key = key_generate(KEY_ECDSA, 384, &err);
        auto_buf our_public = { 0 }, our_private = { 0 };
        PKCS8_PRIV_KEY_INFO *const info = EVP_PKEY2PKCS8(key_pkey(key));
        const int public_len = i2d_PUBKEY(key_pkey(key), &public);
        const int private_len = i2d_PKCS8_PRIV_KEY_INFO(info, &private);
        assert_true(public_len > 0 && private_len > 0);
        assert_ok(key_public_der(key, &our_public, &err), &err);
        assert_ok(key_private_pkcs8(key, &our_private, &err), &err);
        assert_bytes_equal(buf_bytes(&our_public), bytes_of(public, (size_t)public_len));
        assert_bytes_equal(buf_bytes(&our_private), bytes_of(private, (size_t)private_len));
        OPENSSL_free(public);
        OPENSSL_free(private);
        PKCS8_PRIV_KEY_INFO_free(info);
    }
}

/* rsaEncryption with NULL parameters, as openssl wrote the vector. */
static void rsa_keys_are_written_as_they_were_read(void **state)
{
    auto_buf pkcs8 = test_unpem(rsa_private_pem);
    auto_buf spki = test_unpem(rsa_public_pem);
    auto_key *key = test_rsa_private();
    auto_buf out = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_int_equal(key_type(key), KEY_RSA);
    assert_int_equal(key_bits(key), 2048);
    assert_ok(key_private_pkcs8(key, &out, &err), &err);
    assert_bytes_equal(buf_bytes(&out), buf_bytes(&pkcs8));
    buf_clear(&out);
    assert_ok(key_public_der(key, &out, &err), &err);
    assert_bytes_equal(buf_bytes(&out), buf_bytes(&spki));
}

static void generated_keys_survive_every_form(void **state)
{
    static const unsigned bits[] = { 224, 256, 384, 521 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        auto_key *key = test_key(KEY_ECDSA, bits[i]);
        auto_buf sec1 = { 0 };
        auto_buf pkcs8 = { 0 };
        struct err err = { 0 };
        assert_ok(key_private_sec1(key, &sec1, &err), &err);
        assert_ok(key_private_pkcs8(key, &pkcs8, &err), &err);
        auto_key *first = key_from_private_sec1(buf_bytes(&sec1), &err);
        auto_key *second = key_from_private_pkcs8(buf_bytes(&pkcs8), &err);
        assert_true(first != NULL && second != NULL);
        assert_true(key_equal_public(key, first) && key_equal_public(key, second));
    }
}

static void assert_no_cut_or_longer_form(reads *from, struct bytes der)
{
    for (size_t len = 0; len < der.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(der.at, len));
        assert_malformed(from, bytes_of(exact, len));
        free(exact);
    }
    assert_malformed(from, BYTES_NONE);
    auto_buf longer = { 0 };
    buf_add(&longer, der);
    buf_add_u8(&longer, 0);
    assert_malformed(from, buf_bytes(&longer));
}

static void forms_refuse_every_prefix_and_what_follows(void **state)
{
    auto_buf rsa_private = test_unpem(rsa_private_pem);
    auto_buf rsa_public = test_unpem(rsa_public_pem);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        auto_buf der = test_unhex(forms[i].hex);
        assert_no_cut_or_longer_form(forms[i].from, buf_bytes(&der));
    }
    assert_no_cut_or_longer_form(key_from_private_pkcs8, buf_bytes(&rsa_private));
    assert_no_cut_or_longer_form(key_from_public_der, buf_bytes(&rsa_public));
}

static void forms_refuse_input_that_is_larger_than_any_key(void **state)
{
    const size_t len = 4u << 20;
    uint8_t *const big = mem_zero_alloc(1, len);

    (void)state;
    /* A sequence that says it has all those bytes. */
    memcpy(big, (const uint8_t[]){ 0x30, 0x83, 0x3f, 0xff, 0xfb }, 5);
    assert_malformed(key_from_public_der, bytes_of(big, len));
    assert_malformed(key_from_private_pkcs8, bytes_of(big, len));
    assert_malformed(key_from_private_sec1, bytes_of(big, len));
    /* A length near 2^64. */
    memcpy(big, (const uint8_t[]){ 0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
           10);
    assert_malformed(key_from_public_der, bytes_of(big, 64));
    assert_malformed(key_from_private_pkcs8, bytes_of(big, 64));
    assert_malformed(key_from_private_sec1, bytes_of(big, 64));
    free(big);
}

static void forms_refuse_each_other(void **state)
{
    (void)state;
    assert_hex_malformed(key_from_private_sec1, ROOT_PKCS8);
    assert_hex_malformed(key_from_private_sec1, ROOT_SPKI);
    assert_hex_malformed(key_from_private_sec1, ED25519_PKCS8);
    assert_hex_malformed(key_from_private_pkcs8, ROOT_SEC1);
    assert_hex_malformed(key_from_private_pkcs8, ROOT_SPKI);
    assert_hex_malformed(key_from_public_der, ROOT_SEC1);
    assert_hex_malformed(key_from_public_der, ROOT_PKCS8);
}

/* Both would otherwise sign with one key and publish another. */
static void private_forms_refuse_the_point_of_another_key(void **state)
{
    (void)state;
    assert_hex_malformed(key_from_private_sec1,
                         "3081a40201010430" ROOT_NUMBER "a007" P384_NAME "a164036200" OTHER_POINT);
    assert_hex_malformed(key_from_private_pkcs8,
                         "3081b60201003010" EC_KEY_NAME P384_NAME
                         "04819e30819b0201010430" ROOT_NUMBER "a164036200" OTHER_POINT);
}

#define P256_SEC1(number) "30310201010420" number "a00a06082a8648ce3d030107"
#define ZEROS_30 "000000000000000000000000000000000000000000000000000000000000"

/* state-and-recovery.md, 5.6: old deployments derive secrets from the number without its zeros. */
static void private_scalar_has_no_leading_zeros_but_sec1_has(void **state)
{
    auto_key *key = read_hex(key_from_private_sec1, P256_SEC1(ZEROS_30 "0203"));

    (void)state;
    assert_writes(key_private_scalar, key, "0203");
    auto_buf sec1 = { 0 };
    struct err err = { 0 };
    assert_ok(key_private_sec1(key, &sec1, &err), &err);
    auto_buf start = test_unhex("30770201010420" ZEROS_30 "0203");
    assert_true(bytes_start_with(buf_bytes(&sec1), buf_bytes(&start)));
}

static void private_numbers_outside_the_group_are_refused(void **state)
{
    (void)state;
    assert_hex_malformed(key_from_private_sec1, P256_SEC1(ZEROS_30 "0000"));
    /* The order of P-256. */
    assert_hex_malformed(
        key_from_private_sec1,
        P256_SEC1("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"));
}

#define P256_EXPLICIT                                                                              \
    "3081f7020101302c06072a8648ce3d0101022100ffffffff00000001000000000000000000000000fffffffffff"  \
    "fffffffffffff305b0420ffffffff00000001000000000000000000000000fffffffffffffffffffffffc04205a"  \
    "c635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b031500c49d360886e704936a6678e"  \
    "1139d26b7819f7e900441046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe3"  \
    "42e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5022100ffffffff00000000fffffffff"  \
    "fffffffbce6faada7179e84f3b9cac2fc632551020101"
#define P256_POINT_X "4efd4c6543e1637d01354e95a8dc574aa7bbf97221c666e30e525bd3ec94f3a5"
#define P256_POINT_Y "0d5704f9c8999052d10c53503c390faec9e1679c291d1d68cd588fe85e331cab"
#define P256_NAME "06082a8648ce3d030107"

static void curves_given_by_parameters_are_refused(void **state)
{
    (void)state;
    assert_hex_malformed(key_from_public_der, "3082014b30820103" EC_KEY_NAME P256_EXPLICIT
                                              "03420004" P256_POINT_X P256_POINT_Y);
    assert_hex_malformed(
        key_from_private_sec1,
        "308201680201010420524bee46c07e136ca968e6f76cf6a4c46fec8b8cfe3facec0e0ccf4a9b93be90"
        "a081fa" P256_EXPLICIT "a144034200"
        "04" P256_POINT_X P256_POINT_Y);
}

static void compressed_points_leave_uncompressed(void **state)
{
    auto_key *key =
        read_hex(key_from_public_der, "30393013" EC_KEY_NAME P256_NAME "03220003" P256_POINT_X);

    (void)state;
    assert_writes(key_public_der, key,
                  "30593013" EC_KEY_NAME P256_NAME "03420004" P256_POINT_X P256_POINT_Y);
}

/* Decoding a DSA key would already compute with the numbers of its sender. */
static void private_keys_of_other_types_are_refused(void **state)
{
    (void)state;
    /* X25519 */
    assert_hex_malformed(key_from_private_pkcs8,
                         "302e020100300506032b656e04220420"
                         "77076d0a7318a57d3c16c17251b26645df4c87ebc0992af177fba51db92c2c2a");
    /* DSA with p = 23, q = 11, g = 4, x = 3 */
    assert_hex_malformed(key_from_private_pkcs8, "301c0201003012"
                                                 "06072a8648ce380401"
                                                 "300902011702010b0201040403020103");
}

static void points_off_the_curve_are_refused(void **state)
{
    (void)state;
    assert_hex_malformed(key_from_public_der,
                         "30593013" EC_KEY_NAME P256_NAME "03420004" P256_POINT_X P256_POINT_X);
}

static void public_keys_have_no_private_form(void **state)
{
    static writes *const all[] = { key_private_pkcs8, key_private_sec1, key_private_scalar };
    struct key *const keys[] = { read_hex(key_from_public_der, ROOT_SPKI),
                                 read_hex(key_from_public_der, ED25519_SPKI), test_rsa_public() };

    (void)state;
    for (size_t k = 0; k < COUNT_OF(keys); k++) {
        for (size_t i = 0; i < COUNT_OF(all); i++) {
            struct err err = { 0 };
            auto_buf out = { 0 };
            assert_false(all[i](keys[k], &out, &err));
            assert_int_equal(err.kind, FAIL_INTERNAL);
            assert_int_equal(out.len, 0);
        }
    }
    for (size_t k = 0; k < COUNT_OF(keys); k++)
        key_free(keys[k]);
}

static void only_elliptic_curve_keys_have_sec1_and_a_number(void **state)
{
    auto_key *rsa = test_rsa_private();
    auto_key *edwards = read_hex(key_from_private_pkcs8, ED25519_PKCS8);
    struct err err = { 0 };
    auto_buf out = { 0 };

    (void)state;
    assert_false(key_private_sec1(rsa, &out, &err) || key_private_scalar(rsa, &out, &err));
    assert_false(key_private_sec1(edwards, &out, &err) || key_private_scalar(edwards, &out, &err));
    assert_int_equal(out.len, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(forms_are_written_as_they_were_read),
    cmocka_unit_test(forms_of_one_key_say_the_same),
    cmocka_unit_test(p384_forms_are_those_of_libcrypto),
    cmocka_unit_test(rsa_keys_are_written_as_they_were_read),
    cmocka_unit_test(generated_keys_survive_every_form),
    cmocka_unit_test(forms_refuse_every_prefix_and_what_follows),
    cmocka_unit_test(forms_refuse_input_that_is_larger_than_any_key),
    cmocka_unit_test(forms_refuse_each_other),
    cmocka_unit_test(private_forms_refuse_the_point_of_another_key),
    cmocka_unit_test(private_scalar_has_no_leading_zeros_but_sec1_has),
    cmocka_unit_test(private_numbers_outside_the_group_are_refused),
    cmocka_unit_test(curves_given_by_parameters_are_refused),
    cmocka_unit_test(compressed_points_leave_uncompressed),
    cmocka_unit_test(private_keys_of_other_types_are_refused),
    cmocka_unit_test(points_off_the_curve_are_refused),
    cmocka_unit_test(public_keys_have_no_private_form),
    cmocka_unit_test(only_elliptic_curve_keys_have_sec1_and_a_number),
};

TEST_MAIN(tests)
