/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "crypto/internal.h"
#include "crypto/key_held.h"
#include <openssl/provider.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* A holder that has an ordinary private key. */
struct scene {
    struct key *private_key;
    unsigned freed;
    enum held_scheme asked;
    size_t hash_len;
    bool refuse;
};

static EVP_PKEY_CTX *signing_ctx(struct scene *s, enum held_scheme scheme, size_t hash_len)
{
    EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new(key_pkey(s->private_key), NULL);
    const EVP_MD *const md = hash_len == 32   ? EVP_sha256()
                             : hash_len == 48 ? EVP_sha384()
                                              : EVP_sha512();

    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, md), 1);
    if (scheme == HELD_RSA_PSS) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST), 1);
    }
    return ctx;
}

static void put_raw_ecdsa(struct scene *s, struct bytes der, struct buf *out)
{
    const uint8_t *at = der.at;
    const int size = (int)(key_bits(s->private_key) + 7) / 8;
    ECDSA_SIG *const numbers = d2i_ECDSA_SIG(NULL, &at, (long)der.len);

    BN_bn2binpad(ECDSA_SIG_get0_r(numbers), buf_grow(out, (size_t)size), size);
    BN_bn2binpad(ECDSA_SIG_get0_s(numbers), buf_grow(out, (size_t)size), size);
    ECDSA_SIG_free(numbers);
}

static bool holder_signs(void *ctx, enum held_scheme scheme, struct bytes hash,
                         struct buf *signature, struct err *err)
{
    struct scene *const s = ctx;
    uint8_t made[1024];
    size_t len = sizeof made;

    s->asked = scheme;
    s->hash_len = hash.len;
    if (s->refuse)
        return err_set(err, FAIL_UNAVAILABLE, "the token was pulled out");
    auto_pkey_ctx *signing = signing_ctx(s, scheme, hash.len);
    assert_int_equal(EVP_PKEY_sign(signing, made, &len, hash.at, hash.len), 1);
    if (scheme == HELD_ECDSA)
        put_raw_ecdsa(s, bytes_of(made, len), signature);
    else
        buf_add(signature, bytes_of(made, len));
    return true;
}

static bool holder_decrypts(void *ctx, struct bytes in, struct buf *out, struct err *err)
{
    struct scene *const s = ctx;

    if (s->refuse)
        return err_set(err, FAIL_UNAVAILABLE, "the token was pulled out");
    return key_oaep_decrypt(s->private_key, in, out, err);
}

static void holder_ends(void *ctx)
{
    ((struct scene *)ctx)->freed++;
}

static const struct key_holder HOLDER = { holder_signs, holder_decrypts, holder_ends };

static struct key *public_of(const struct key *key)
{
    auto_buf der = { 0 };
    struct err err = { 0 };

    assert_ok(key_public_der(key, &der, &err), &err);
    struct key *const public_half = key_from_public_der(buf_bytes(&der), &err);
    assert_non_null(public_half);
    return public_half;
}

static struct key *held_of(struct scene *s, enum key_type type, unsigned bits)
{
    struct err err = { 0 };

    *s = (struct scene){ .private_key = key_generate(type, bits, &err) };
    assert_non_null(s->private_key);
    auto_key *public_half = public_of(s->private_key);
    struct key *const held = key_held(public_half, &HOLDER, s, &err);
    assert_ok(held != NULL, &err);
    return held;
}

static const struct {
    enum key_type type;
    unsigned bits;
} KINDS[] = { { KEY_RSA, 2048 }, { KEY_ECDSA, 256 }, { KEY_ECDSA, 384 }, { KEY_ECDSA, 521 } };

static void a_held_key_looks_like_its_public_half(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        struct scene s;
        struct err err = { 0 };
        auto_buf of_held = { 0 }, of_public = { 0 }, secret = { 0 };
        auto_key *held = held_of(&s, KINDS[i].type, KINDS[i].bits);
        auto_key *public_half = public_of(s.private_key);
        auto_key *other = key_generate(KINDS[i].type, KINDS[i].bits, &err);

        assert_int_equal(key_type(held), KINDS[i].type);
        assert_int_equal(key_bits(held), KINDS[i].bits);
        assert_true(key_equal_public(held, public_half) && key_equal_public(public_half, held));
        assert_true(key_equal_public(held, s.private_key));
        assert_false(key_equal_public(held, other) || key_equal_public(other, held));
        assert_ok(key_public_der(held, &of_held, &err), &err);
        assert_ok(key_public_der(public_half, &of_public, &err), &err);
        assert_bytes_equal(buf_bytes(&of_held), buf_bytes(&of_public));
        assert_false(key_private_pkcs8(held, &secret, &err));
        assert_int_equal(secret.len, 0);
        key_free(s.private_key);
    }
}

static void a_held_key_signs_through_its_holder(void **state)
{
    const struct bytes message = BYTES_LITERAL("message");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        struct scene s;
        struct err err = { 0 };
        auto_buf signature = { 0 };
        auto_key *held = held_of(&s, KINDS[i].type, KINDS[i].bits);

        assert_ok(key_sign_sha256(held, message, &signature, &err), &err);
        assert_int_equal(s.asked, KINDS[i].type == KEY_RSA ? HELD_RSA_PKCS1 : HELD_ECDSA);
        assert_int_equal(s.hash_len, 32);
        assert_ok(key_verify_sha256(s.private_key, message, buf_bytes(&signature), &err), &err);
        assert_ok(key_verify_sha256(held, message, buf_bytes(&signature), &err), &err);
        signature.at[signature.len - 1] ^= 1;
        assert_false(key_verify_sha256(held, message, buf_bytes(&signature), &err));
        key_free(s.private_key);
    }
}

static void a_held_key_decrypts_through_its_holder(void **state)
{
    struct scene s;
    struct err err = { 0 };
    auto_buf encrypted = { 0 }, plain = { 0 };
    auto_key *held = held_of(&s, KEY_RSA, 2048);
    auto_key *public_half = public_of(held);

    (void)state;
    assert_ok(key_oaep_encrypt(public_half, BYTES_LITERAL("secret"), &encrypted, &err), &err);
    assert_ok(key_oaep_decrypt(held, buf_bytes(&encrypted), &plain, &err), &err);
    assert_bytes_equal(buf_bytes(&plain), BYTES_LITERAL("secret"));
    encrypted.at[0] ^= 1;
    assert_false(key_oaep_decrypt(held, buf_bytes(&encrypted), &plain, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    key_free(s.private_key);
}

static void what_no_holder_does_is_refused_before_he_is_asked(void **state)
{
    struct scene s;
    EVP_PKEY_CTX *signing = NULL;
    auto_key *held = held_of(&s, KEY_RSA, 2048);
    auto_md_ctx *md = EVP_MD_CTX_new();
    auto_pkey_ctx *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_pkey(held), NULL);

    (void)state;
    assert_int_not_equal(
        EVP_DigestSignInit_ex(md, &signing, "SHA1", NULL, NULL, key_pkey(held), NULL), 1);
    assert_int_equal(
        EVP_DigestSignInit_ex(md, &signing, "SHA2-384", NULL, NULL, key_pkey(held), NULL), 1);
    assert_int_not_equal(EVP_PKEY_CTX_set_rsa_padding(signing, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(signing, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_not_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(signing, 20), 1);
    assert_int_not_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(signing, RSA_PSS_SALTLEN_MAX), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(signing, RSA_PSS_SALTLEN_DIGEST), 1);
    assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_not_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA1", NULL), 1);
    assert_int_not_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA1", NULL), 1);
    assert_int_equal(s.asked, 0);
    key_free(s.private_key);
}

static void what_the_holder_says_is_what_the_caller_reads(void **state)
{
    struct scene s;
    struct err err = { 0 };
    auto_buf out = { 0 };
    auto_key *held = held_of(&s, KEY_RSA, 2048);
    uint8_t encrypted[256] = { 0 };

    (void)state;
    assert_false(key_held_refusal(held, &err));
    assert_false(key_held_refusal(s.private_key, &err));
    s.refuse = true;
    assert_false(key_sign_sha256(held, BYTES_LITERAL("m"), &out, &err));
    assert_string_equal(err.text, "the token was pulled out");
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    err = (struct err){ 0 };
    assert_false(key_oaep_decrypt(held, bytes_of(encrypted, sizeof encrypted), &out, &err));
    assert_string_equal(err.text, "the token was pulled out");
    assert_int_equal(out.len, 0);
    s.refuse = false;
    assert_ok(key_sign_sha256(held, BYTES_LITERAL("m"), &out, &err), &err);
    assert_false(key_held_refusal(held, &err));
    key_free(s.private_key);
}

static void the_holder_is_freed_with_the_last_reference(void **state)
{
    struct scene s;
    struct err err = { 0 };
    struct key *const held = held_of(&s, KEY_ECDSA, 256);
    struct key *const again = key_ref(held);

    (void)state;
    key_free(held);
    assert_int_equal(s.freed, 0);
    key_free(again);
    assert_int_equal(s.freed, 1);
    auto_key *edwards = key_generate(KEY_ED25519, 0, &err);
    assert_null(key_held(edwards, &HOLDER, &s, &err));
    assert_int_equal(s.freed, 2);
    key_free(s.private_key);
}

static void other_keys_still_come_from_libcrypto(void **state)
{
    struct scene s;
    auto_key *held = held_of(&s, KEY_RSA, 2048);
    auto_key *public_half = public_of(held);

    (void)state;
    assert_string_equal(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(key_pkey(held))),
                        "taw-held");
    assert_string_equal(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(key_pkey(public_half))),
                        "default");
    key_free(s.private_key);
}

/* ---- TLS ---- */

static X509 *self_signed(EVP_PKEY *pkey)
{
    X509 *const cert = X509_new();
    X509_NAME *const name = X509_get_subject_name(cert);

    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"user", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    assert_int_equal(X509_set_pubkey(cert, pkey), 1);
    assert_true(X509_sign(cert, pkey, EVP_sha256()) > 0);
    return cert;
}

static int accept_any(int ok, X509_STORE_CTX *ctx)
{
    (void)ok;
    (void)ctx;
    return 1;
}

static SSL_CTX *peer(const SSL_METHOD *method, X509 *cert, EVP_PKEY *pkey, int version)
{
    SSL_CTX *const ctx = SSL_CTX_new(method);

    SSL_CTX_set_min_proto_version(ctx, version);
    SSL_CTX_set_max_proto_version(ctx, version);
    assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, pkey), 1);
    assert_int_equal(SSL_CTX_check_private_key(ctx), 1);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
    return ctx;
}

static bool handshake(SSL *client, SSL *server)
{
    BIO *one = NULL, *other = NULL;

    BIO_new_bio_pair(&one, 0, &other, 0);
    SSL_set_bio(client, one, one);
    SSL_set_bio(server, other, other);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (unsigned round = 0; round < 20; round++) {
        (void)SSL_do_handshake(client);
        (void)SSL_do_handshake(server);
    }
    ERR_clear_error();
    return SSL_is_init_finished(client) && SSL_is_init_finished(server);
}

static bool connects(struct scene *s, struct key *held, int version)
{
    X509 *const cert = self_signed(key_pkey(s->private_key));
    SSL_CTX *const user = peer(TLS_client_method(), cert, key_pkey(held), version);
    SSL_CTX *const server = peer(TLS_server_method(), cert, key_pkey(s->private_key), version);
    SSL *const a = SSL_new(user), *const b = SSL_new(server);
    const bool done = handshake(a, b);

    if (done)
        assert_non_null(SSL_get0_peer_certificate(b));
    SSL_free(a);
    SSL_free(b);
    SSL_CTX_free(user);
    SSL_CTX_free(server);
    X509_free(cert);
    return done;
}

static void a_held_key_authenticates_a_client_of_tls(void **state)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(KINDS) * COUNT_OF(versions); i++) {
        struct scene s;
        auto_key *held = held_of(&s, KINDS[i / 2].type, KINDS[i / 2].bits);

        assert_true(connects(&s, held, versions[i % 2]));
        assert_int_equal(s.asked, KINDS[i / 2].type == KEY_RSA ? HELD_RSA_PSS : HELD_ECDSA);
        s.asked = 0;
        s.refuse = true;
        assert_false(connects(&s, held, versions[i % 2]));
        assert_true(s.asked != 0);
        key_free(s.private_key);
    }
}

/* ---- padding ---- */

static void padding_comes_off_what_the_bare_operation_gave(void **state)
{
    struct err err = { 0 };
    auto_buf encrypted = { 0 }, out = { 0 };
    uint8_t bare[256];
    size_t len = sizeof bare;
    auto_key *key = key_generate(KEY_RSA, 2048, &err);

    (void)state;
    assert_ok(key_oaep_encrypt(key, BYTES_LITERAL("secret"), &encrypted, &err), &err);
    auto_pkey_ctx *ctx = EVP_PKEY_CTX_new(key_pkey(key), NULL);
    assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_decrypt(ctx, bare, &len, encrypted.at, encrypted.len), 1);
    assert_int_equal(bare[0], 0);
    assert_ok(rsa_oaep_unpad(bytes_of(bare, len), 256, &out, &err), &err);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("secret"));
    buf_clear(&out);
    /* Tokens that give numbers leave the zero in front away. */
    assert_ok(rsa_oaep_unpad(bytes_of(bare + 1, len - 1), 256, &out, &err), &err);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("secret"));
    for (size_t i = 0; i < len; i += 5) {
        bare[i] ^= 0x10;
        assert_false(rsa_oaep_unpad(bytes_of(bare, len), 256, &out, &err));
        assert_string_equal(err.text, "RSA-OAEP: the ciphertext does not decrypt");
        bare[i] ^= 0x10;
    }
    assert_false(rsa_oaep_unpad(bytes_of(bare, len), 255, &out, &err));
    assert_false(rsa_oaep_unpad(BYTES_NONE, 256, &out, &err));
    assert_false(rsa_oaep_unpad(bytes_of(bare, len), SIZE_MAX, &out, &err));
    assert_int_equal(out.len, 6);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_held_key_looks_like_its_public_half),
    cmocka_unit_test(a_held_key_signs_through_its_holder),
    cmocka_unit_test(a_held_key_decrypts_through_its_holder),
    cmocka_unit_test(what_no_holder_does_is_refused_before_he_is_asked),
    cmocka_unit_test(what_the_holder_says_is_what_the_caller_reads),
    cmocka_unit_test(the_holder_is_freed_with_the_last_reference),
    cmocka_unit_test(other_keys_still_come_from_libcrypto),
    cmocka_unit_test(a_held_key_authenticates_a_client_of_tls),
    cmocka_unit_test(padding_comes_off_what_the_bare_operation_gave),
};
TEST_MAIN(tests)
