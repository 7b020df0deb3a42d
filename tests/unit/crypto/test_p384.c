/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P-384 with the accelerator of this build, against libcrypto alone. A key keeps for its life what
 * was in place when it was made: those of `slow` are older than p384_accelerate.
 */
#include "test.h"

#include <pthread.h>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "crypto/internal.h"
#include "crypto/p384_accel.h"
#include "test_keys.h"
#include "test_p384.h"

struct vector {
    unsigned number;
    bool valid;
    size_t key;
    struct buf message, signature;
};

/* A file of tests/unit/crypto/data. */
struct vectors {
    const char *digest;
    size_t key_count, count;
    struct buf *keys; /* DER */
    struct key **slow;
    struct vector *at;
};

struct world {
    struct vectors sha384, sha512;
    struct key *slow; /* a private key */
    struct key *fast; /* the same one, accelerated */
};

/* ---- vectors ---- */

static struct buf unhex_or_none(const char *hex)
{
    return hex[0] == '-' ? (struct buf){ 0 } : test_unhex(hex);
}

static void add_key(struct vectors *v, const char *hex)
{
    struct err err = { 0 };

    v->keys = mem_resize(v->keys, (v->key_count + 1) * sizeof v->keys[0]);
    v->slow = mem_resize(v->slow, (v->key_count + 1) * sizeof v->slow[0]);
    v->keys[v->key_count] = test_unhex(hex);
    v->slow[v->key_count] = key_from_public_der(buf_bytes(&v->keys[v->key_count]), &err);
    assert_ok(v->slow[v->key_count] != NULL, &err);
    v->key_count++;
}

static void add_case(struct vectors *v, char *rest)
{
    struct vector row = { .key = v->key_count - 1 };
    char *at = NULL;

    row.number = (unsigned)strtoul(strtok_r(rest, " ", &at), NULL, 10);
    row.valid = strcmp(strtok_r(NULL, " ", &at), "valid") == 0;
    row.message = unhex_or_none(strtok_r(NULL, " ", &at));
    row.signature = unhex_or_none(strtok_r(NULL, " ", &at));
    v->at = mem_resize(v->at, (v->count + 1) * sizeof v->at[0]);
    v->at[v->count++] = row;
}

static struct vectors vectors_read(const char *path, const char *digest, size_t count)
{
    struct vectors v = { .digest = digest };
    char *line = NULL;
    size_t room = 0;
    FILE *const file = fopen(path, "r");

    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        if (strncmp(line, "key ", 4) == 0)
            add_key(&v, line + 4);
        else if (strncmp(line, "case ", 5) == 0)
            add_case(&v, line + 5);
    }
    free(line);
    (void)fclose(file);
    assert_int_equal(v.count, count);
    return v;
}

static void vectors_clear(struct vectors *v)
{
    for (size_t i = 0; i < v->key_count; i++) {
        buf_clear(&v->keys[i]);
        key_free(v->slow[i]);
    }
    for (size_t i = 0; i < v->count; i++) {
        buf_clear(&v->at[i].message);
        buf_clear(&v->at[i].signature);
    }
    free(v->keys);
    free(v->slow);
    free(v->at);
}

/* ---- signatures over any digest ---- */

static bool verifies(const struct key *key, const char *digest, struct bytes message,
                     struct bytes signature)
{
    auto_md_ctx *ctx = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, key_pkey(key), NULL),
                     1);
    const int verdict = EVP_DigestVerify(ctx, signature.at, signature.len, message.at, message.len);
    ERR_clear_error();
    return verdict == 1;
}

static struct buf signature_by(const struct key *key, const char *digest, struct bytes message)
{
    struct buf signature = { 0 };
    size_t len = 0;
    auto_md_ctx *ctx = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, key_pkey(key), NULL), 1);
    assert_int_equal(EVP_DigestSign(ctx, NULL, &len, message.at, message.len), 1);
    assert_int_equal(EVP_DigestSign(ctx, buf_grow(&signature, len), &len, message.at, message.len),
                     1);
    buf_truncate(&signature, len);
    return signature;
}

/* ---- the world ---- */

/* The same key again, made by libcrypto now. */
static struct key *again(const struct key *key)
{
    struct err err = { 0 };
    auto_buf der = { 0 };

    assert_ok(key_private_pkcs8(key, &der, &err), &err);
    struct key *const made = key_from_private_pkcs8(buf_bytes(&der), &err);
    assert_ok(made != NULL, &err);
    return made;
}

static int up(void **state)
{
    struct err err = { 0 };
    struct world *const w = mem_zero_alloc(1, sizeof *w);

    w->sha384 = vectors_read(TEST_DATA "/wycheproof_p384_sha384.txt", "SHA384", 491);
    w->sha512 = vectors_read(TEST_DATA "/wycheproof_p384_sha512.txt", "SHA512", 529);
    w->slow = test_key(KEY_ECDSA, 384);
    assert_ok(p384_accelerate(&err), &err);
    w->fast = again(w->slow);
    *state = w;
    return 0;
}

static int down(void **state)
{
    struct world *const w = *state;

    vectors_clear(&w->sha384);
    vectors_clear(&w->sha512);
    key_free(w->slow);
    key_free(w->fast);
    free(w);
    return 0;
}

/* ---- tests ---- */

static void check_vectors(const struct vectors *v, struct key *const *keys)
{
    size_t wrong = 0;

    for (size_t i = 0; i < v->count; i++) {
        const struct vector *const row = &v->at[i];
        if (verifies(keys[row->key], v->digest, buf_bytes(&row->message),
                     buf_bytes(&row->signature)) == row->valid)
            continue;
        print_error("%s, case %u: not %s\n", v->digest, row->number,
                    row->valid ? "valid" : "invalid");
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void check_vectors_accelerated(const struct vectors *v)
{
    struct key **const keys = mem_zero_alloc(v->key_count, sizeof keys[0]);
    struct err err = { 0 };

    for (size_t i = 0; i < v->key_count; i++) {
        keys[i] = key_from_public_der(buf_bytes(&v->keys[i]), &err);
        assert_ok(keys[i] != NULL, &err);
    }
    check_vectors(v, keys);
    for (size_t i = 0; i < v->key_count; i++)
        key_free(keys[i]);
    free(keys);
}

static void libcrypto_alone_agrees_with_wycheproof(void **state)
{
    const struct world *const w = *state;

    check_vectors(&w->sha384, w->sha384.slow);
    check_vectors(&w->sha512, w->sha512.slow);
}

static void accelerator_agrees_with_wycheproof(void **state)
{
    const struct world *const w = *state;

    check_vectors_accelerated(&w->sha384);
    check_vectors_accelerated(&w->sha512);
}

static void accelerating_twice_is_accelerating_once(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_ok(p384_accelerate(&err), &err);
    assert_ok(p384_accelerate(&err), &err);
    auto_key *key = test_key(KEY_ECDSA, 384);
    auto_buf signature = signature_by(key, "SHA384", BYTES_NONE);
    assert_true(verifies(key, "SHA384", BYTES_NONE, buf_bytes(&signature)));
}

static void check_both(const struct key *signer, const struct key *verifier, const char *digest,
                       uint8_t *message, size_t len)
{
    auto_buf signature = signature_by(signer, digest, bytes_of(message, len));

    assert_true(verifies(verifier, digest, bytes_of(message, len), buf_bytes(&signature)));
    message[len / 2] ^= 1;
    assert_false(verifies(verifier, digest, bytes_of(message, len), buf_bytes(&signature)));
    assert_false(verifies(signer, digest, bytes_of(message, len), buf_bytes(&signature)));
}

static void each_verifies_what_the_other_signs(void **state)
{
    const struct world *const w = *state;
    static const char *const digests[] = { "SHA1", "SHA256", "SHA384", "SHA512" };
    uint8_t message[32] = { 0 };

    for (unsigned i = 0; i < 200; i++) {
        message[0] = (uint8_t)i;
        check_both(w->fast, w->slow, digests[i % COUNT_OF(digests)], message, sizeof message);
        check_both(w->slow, w->fast, digests[i % COUNT_OF(digests)], message, sizeof message);
    }
}

/* A private key from its number, without a point: libcrypto computes that. */
static struct key *key_of_number(const char *hex)
{
    char text[200];
    struct err err = { 0 };

    (void)snprintf(text, sizeof text,
                   "303e0201010430%s"
                   "a007" P384_NAME,
                   hex);
    auto_buf der = test_unhex(text);
    struct key *const key = key_from_private_sec1(buf_bytes(&der), &err);
    assert_ok(key != NULL, &err);
    return key;
}

static void smallest_and_largest_private_keys_sign(void **state)
{
    static const char *const numbers[] = {
        "000000000000000000000000000000000000000000000000"
        "000000000000000000000000000000000000000000000001",
        "000000000000000000000000000000000000000000000000"
        "000000000000000000000000000000000000000000000002",
        "000000000000000000000000000000000000000000000001"
        "000000000000000000000000000000000000000000000000",
        "ffffffffffffffffffffffffffffffffffffffffffffffff"
        "c7634d81f4372ddf581a0db248b0a77aecec196accc52972",
    };
    uint8_t message[] = "a";

    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        auto_key *key = key_of_number(numbers[i]);
        check_both(key, key, "SHA384", message, sizeof message);
    }
}

/* r and s, each 48 bytes. */
static void split_signature(struct bytes der, uint8_t out[static 96])
{
    const uint8_t *at = der.at;
    ECDSA_SIG *const signature = d2i_ECDSA_SIG(NULL, &at, (long)der.len);

    assert_non_null(signature);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 48), 48);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 48, 48), 48);
    ECDSA_SIG_free(signature);
}

static void no_two_signatures_share_their_nonce(void **state)
{
    enum { COUNT = 100 };
    const struct world *const w = *state;
    uint8_t all[COUNT][96];

    for (size_t i = 0; i < COUNT; i++) {
        auto_buf signature = signature_by(w->fast, "SHA384", BYTES_LITERAL("one message"));
        split_signature(buf_bytes(&signature), all[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(all[i], all[j], 48);
    }
}

static void generated_keys_are_sound(void **state)
{
    struct key *last = NULL;

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        auto_key *key = test_key(KEY_ECDSA, 384);
        auto_pkey_ctx *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_pkey(key), NULL);
        /* Multiplies once more, with libcrypto's arithmetic, and compares. */
        assert_int_equal(EVP_PKEY_check(ctx), 1);
        auto_key *read = again(key);
        assert_true(key_equal_public(key, read));
        assert_false(last != NULL && key_equal_public(key, last));
        key_free(last);
        last = key_ref(key);
    }
    key_free(last);
}

/* Refused by libcrypto's checks, whoever would compute. */
static void numbers_out_of_their_range_are_refused(void **state)
{
    const struct world *const w = *state;

    for (size_t i = 0; i < COUNT_OF(p384_out_of_range); i++) {
        auto_buf signature = test_unhex(p384_out_of_range[i]);
        assert_false(verifies(w->fast, "SHA384", BYTES_LITERAL("a"), buf_bytes(&signature)));
        assert_false(verifies(w->slow, "SHA384", BYTES_LITERAL("a"), buf_bytes(&signature)));
    }
}

static void other_curves_work_as_before(void **state)
{
    static const unsigned bits[] = { 224, 256, 521 };
    uint8_t message[] = "another curve";

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        auto_key *key = test_key(KEY_ECDSA, bits[i]);
        check_both(key, key, "SHA384", message, sizeof message);
    }
}

static struct buf agree(const struct key *mine, const struct key *theirs)
{
    struct buf secret = { 0 };
    size_t len = 48;
    auto_pkey_ctx *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_pkey(mine), NULL);

    assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
    assert_int_equal(EVP_PKEY_derive_set_peer(ctx, key_pkey(theirs)), 1);
    assert_int_equal(EVP_PKEY_derive(ctx, buf_grow(&secret, len), &len), 1);
    assert_int_equal(len, 48);
    return secret;
}

static void key_agreement_works_as_before(void **state)
{
    const struct world *const w = *state;
    auto_key *theirs = test_key(KEY_ECDSA, 384);
    auto_buf a = agree(w->fast, theirs);
    auto_buf b = agree(theirs, w->slow);
    auto_buf c = agree(w->slow, theirs);

    assert_bytes_equal(buf_bytes(&a), buf_bytes(&b));
    assert_bytes_equal(buf_bytes(&b), buf_bytes(&c));
}

/* One of several threads that use one key, and make their own. cmocka's asserts are not for threads. */
static void *use_keys(void *arg)
{
    const struct key *const shared = arg;
    struct err err = { 0 };
    bool good = true;

    for (int i = 0; i < 20 && good; i++) {
        auto_buf by_shared = { 0 };
        auto_buf by_own = { 0 };
        auto_key *own = key_generate(KEY_ECDSA, 384, &err);
        const struct bytes message = bytes_of(&i, sizeof i);
        good = own != NULL && key_sign_sha256(shared, message, &by_shared, &err) &&
               key_sign_sha256(own, message, &by_own, &err) &&
               key_verify_sha256(shared, message, buf_bytes(&by_shared), &err) &&
               key_verify_sha256(own, message, buf_bytes(&by_own), &err) &&
               !key_verify_sha256(own, message, buf_bytes(&by_shared), &err);
    }
    return good ? NULL : arg;
}

static void threads_do_not_disturb_each_other(void **state)
{
    const struct world *const w = *state;
    pthread_t threads[4];
    void *failed;

    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_keys, w->fast), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(libcrypto_alone_agrees_with_wycheproof),
    cmocka_unit_test(accelerator_agrees_with_wycheproof),
    cmocka_unit_test(accelerating_twice_is_accelerating_once),
    cmocka_unit_test(each_verifies_what_the_other_signs),
    cmocka_unit_test(smallest_and_largest_private_keys_sign),
    cmocka_unit_test(no_two_signatures_share_their_nonce),
    cmocka_unit_test(generated_keys_are_sound),
    cmocka_unit_test(numbers_out_of_their_range_are_refused),
    cmocka_unit_test(other_curves_work_as_before),
    cmocka_unit_test(key_agreement_works_as_before),
    cmocka_unit_test(threads_do_not_disturb_each_other),
};

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, up, down);
}
