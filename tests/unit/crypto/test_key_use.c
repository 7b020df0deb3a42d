/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "test_keys.h"

/* state-and-recovery.md, 10.5 */
static const char vector_secret[] =
    "238b7c70d9fb5805da53fbbaff6c36848359f33683ad1fd14a3db00b8a4d09f6";
static const char vector_oaep[] =
    "0t8PdJQosJv54NmOlHWWlTqsKh6sOgd/Ryga8johN4i3dtN58Bp9jQhtWXS9JPMm1LC/s4t3as0IsaIfQB/"
    "bb3JKcF6fOIyM/"
    "CtjEv/6/"
    "Aw7Zu3qxPtLzxCoIuAbAEaYKS4suw2ld1Kr5vQgeUFwzy+6bYuqDTUFr41iXj3vtYhj15wX4NHQu9chRozVbd40"
    "NBFr8g24JznXaL7W0JC9tDiOCBJT4LryFfMz2Wls/Y2V4Wkwnviadxp1DQlJTQeQ3+Dg9QuC8L315J62GP+"
    "AXnpibPN0QUeEQukRFFsWLoxTNNtObmMVeVM/CLPgJqR1FUTdb5M87p0n3GugyJBbrw==";
static const char vector_signature[] =
    "ho4EWpdjZ8ccDHtCuSkA9pizvRT5i+YZdNg4IGq/xeCBcZVbBiDMHD7rHWLeIMzyf/"
    "EWA9IFwNuMR8F7C1maE7ObhK0ZV3nIwzQ6eC/16Zrgt/"
    "poqhXRnJP4JlEB5TNBHiJT6bSdzMobWVfYL8Nzjx+VuRTRMjMZcT055+"
    "Ju7z1aajQouVlJ7hPDwowrEqiBPgyz8mHRvxDQNBC1SsOOd+afJoKuCZ6pCVk7DMf/q/"
    "0JmScLXahbv2z5PAQZEIYm2cj7RSQcfFA/"
    "ms2u9q04ybDFDiVGFwrTRDyERZjE2leHB34pwPmlPM2fJtKTIE4vq1MS4zRO4RzCwBy2ujwj2g==";

/* The same secret under the same key with PKCS#1 v1.5, SHA-1 throughout, MGF1 with SHA-1, the label
 * "label". */
static const char pkcs1_ciphertext[] =
    "Nq3KOCVrb+LJkLZqxb4BaxVTtK4BD1xYOcJfiFxbmY3acI1DB1V5MILdgOKR/cBawpv/bsMF04BZfHClMJKEi7TP"
    "qh8FxGOJ32YzaOlRZWq5+aXv0PMW8613YlbVbm7BiXfJjQke/UU8xjy4/dw4FoB38r6uuGo7KwqmzjsUOweyuS1Q"
    "1YzzcMBhTlbR/5Gw9dkUvq15irxIiJv0CNAZe9mk3q+HHUJsF4fyTwJqdj3QdDnp9QrlWTdLJJjbmHh5yAi1XIQ4"
    "9/tQSld38cDWU2H3qdhB7g4dEsjupd1F708jafnW3x9qW+PfKrpsgj1yjj4D+5Ic03fuD2uLcDD4NQ==";
static const char sha1_ciphertext[] =
    "uCXnWsUXxgEKsZglM1guG20YlS5Yei9yJKSTdxIAEtiAQ3iFtlBYdtpGBdnXBsgDsdD8Sg2QtNGV0A+Z7XUfimOl"
    "PrNjtc/ptCcq+kYNn3JTZ+Uv3crDs4THjSl4QbfUO1rd8sUco8+OcPhLTUyo0pihhuF3YV4/5+5e+MOoX2875x5m"
    "1LTThyZjg1YCzMnzICu1unsUHWp3daWyiioIvUwKTO7GbT3EcaQD7mwktk2ot6vl3eFNzjWF5aYPr104PPdXY7D1"
    "NzM9ulDCOmM7ma490X4mP9nub6QBk/mR4Thn0zYLozyzMRjr7ebPAgPsInEzLBc08Na2MG6+LZUhPw==";
static const char mgf_sha1_ciphertext[] =
    "OJl45o1I4GdakVh7fpRRlwUIg8vshmtV5AMvkA5FLPtAl4I8dTazdYwWl4UTbQ5UJfXK6ZSB1071z0BHGvbU4SZ1"
    "aDvP1lCeBqNi+1TzyoVB/61s9PaRoQB33pxQdDbI/JDoC66FrLgdrUyPu14/ObG3OkYQcjVOup9yXJsn9fgzVG+C"
    "Hjxd/w+C9txn1ebAfBVkwP150KszB69+PXCTSrX1J1pMOf2IPa+4C3/kcfPQoBYQVLBdtIq4jfrjDA+zv4bnWVos"
    "SaIE8AHPXruEw33GF9Z1R7aKKbALi2bXYf6KcyvnSSELMYvfFVmux93kJ89Moi4iQmi/Xak6bSdGdQ==";
static const char label_ciphertext[] =
    "NZm7m15/fqJomFaQwbxd4Qzb5JDwlL0diYjgh2da/GzmaHmrZ2F/qRHcFS0+aSz2haoYDZ/7PQ8Aj7hFTAc1u6Mg"
    "H7B5doL/nR7/PXqc0vTwyywILNkWk1RtVYIUNikWXg9Ck79we1YbrOSH1qobMYCXUqTmTBtNFmouf3wClDvXPB3U"
    "GtNjVOR8beDEzgfS0NTsv60mR468ObifKsPVks6JY5Et5/wxKuCgF7qGETnGe9OXQTgzxU4VuviHZw/DQ6M7nQsA"
    "HoXnHsB3aTnTOk21vGA+ukk+t2A6e/Tsz3jxRFJtdTNrh/DXE55EXwGUZj6EZrUc9ipxyk5zBElEnA==";

static struct buf unbase64(const char *text)
{
    struct buf out = { 0 };
    struct err err = { 0 };

    assert_ok(base64_decode(&out, BASE64_STANDARD, bytes_of_string(text), &err), &err);
    return out;
}

static void assert_verifies(const struct key *key, struct bytes message, struct bytes signature)
{
    struct err err = { 0 };

    assert_ok(key_verify_sha256(key, message, signature, &err), &err);
}

static void assert_denied(const struct key *key, struct bytes message, struct bytes signature)
{
    struct err err = { 0 };

    assert_false(key_verify_sha256(key, message, signature, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
}

static struct buf sign(const struct key *key, struct bytes message)
{
    struct buf out = { 0 };
    struct err err = { 0 };

    assert_ok(key_sign_sha256(key, message, &out, &err), &err);
    return out;
}

static void rsa_signature_of_the_vector_is_made_and_verified(void **state)
{
    auto_key *private = test_rsa_private();
    auto_key *public = test_rsa_public();
    auto_buf message = test_unhex(vector_secret);
    auto_buf want = unbase64(vector_signature);
    auto_buf signature = { 0 };
    struct err err = { 0 };

    (void)state;
    buf_add_string(&signature, "head");
    assert_ok(key_sign_sha256(private, buf_bytes(&message), &signature, &err), &err);
    assert_memory_equal(signature.at, "head", 4);
    assert_bytes_equal(bytes_of(signature.at + 4, signature.len - 4), buf_bytes(&want));
    assert_verifies(public, buf_bytes(&message), buf_bytes(&want));
}

/* Every bit flipped, every prefix, one byte more, another message. */
static void assert_only_this_verifies(const struct key *key, struct bytes message,
                                      struct bytes signature)
{
    uint8_t *const changed = bytes_copy(signature);
    auto_buf longer = { 0 };

    for (size_t bit = 0; bit < 8 * signature.len; bit++) {
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_denied(key, message, bytes_of(changed, signature.len));
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < signature.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(signature.at, len));
        assert_denied(key, message, bytes_of(exact, len));
        free(exact);
    }
    buf_add(&longer, signature);
    buf_add_u8(&longer, 0);
    assert_denied(key, message, buf_bytes(&longer));
    assert_denied(key, message, BYTES_NONE);
    assert_denied(key, BYTES_LITERAL("another message"), signature);
    assert_denied(key, BYTES_NONE, signature);
    assert_verifies(key, message, bytes_of(changed, signature.len));
    free(changed);
}

static void rsa_verification_refuses_everything_else(void **state)
{
    auto_key *public = test_rsa_public();
    auto_key *other = test_key(KEY_RSA, 2048);
    auto_buf message = test_unhex(vector_secret);
    auto_buf signature = unbase64(vector_signature);

    (void)state;
    assert_only_this_verifies(public, buf_bytes(&message), buf_bytes(&signature));
    assert_denied(other, buf_bytes(&message), buf_bytes(&signature));
}

/* What else the key may have signed: another hash, another padding, or the bare digest. */
static void rsa_verification_refuses_other_schemes(void **state)
{
    static const char *const signatures[] = {
        /* PSS */
        "yRyj7+RagNjcSm6AzRdKmPTP4Nnk0uQ+elw48+x7SXiE7hFa2ykAtrQ35GfVW02nXXhwA49aadfzMA8Q3ftChKI+"
        "/uAidxldcayph8wYKBaYzBn7/hdq3RzsywAEPA3MHb5pct1IZgx8J0GkkF6NG1xbertHLXZ1x1xuJE1HmnOMOVbp"
        "ySsd8RCGI0z3QfliVQpkeWnjJnUBacr1uxGrfXyVOCeL5c+L63W+1GtZHEjAxsVCmnFA/Nc4M+hEtHTiLBXXxNNd"
        "JcL2OwSQPvl+rFG2Lyx65mWrS4T5S2PL1wvnoVuKLprBPLFYt+0+b0ehwUYrx1OPMRzTxR8A6dD2Eg==",
        /* SHA-1 */
        "w4ZZpuQmxAcXdp9e4LhI3hvvvsoBFsY17EQPfs70DpzSJMzpTVrdGzYQ/+y0VZzENf9EmBySsFo57/WJKBpBb67X"
        "1zbgPXvGFVbEOg5t+COcd/I6FiOB18V67zEwL1pH0sC082dNc7mACvfbn0xTJMRXrW/ZTFlVKku/f6ahtpTocUcL"
        "6YjO4+x/dWvGsBhfBs6sXG4NZuBSgWtRju+9qeS2jA4MO2Mjo1OSTCs4PlcDmBbWgvEnUpyHoOKyuMGzE7seei6c"
        "Y7uj4yj0yfTQ9gUlYro2Oa9Q9lkd21Z3zKCSqYrF6j+zhF+0pbE6YBUoLAz2F1OqUrLXqI3/bNzfYw==",
        /* SHA-384 */
        "ID0tiUbhzXg6lnO7m8kXhwJQttgSZWranwElScelv/tQy4TUCDaf16FnvReI0qy0srBTsLhYxc34RnkPjO7QLGLj"
        "gDiJueweBVvmaI88WLwtHkpHIm1S4AdyNyh/VwZZQplc5R0iNekEBhNJqvUFis2WkIQ+8YIR68O147mZrP5E8VB2"
        "jZ2SXfU3FmijlMHBpGfQej6ZSBRT4SMApje5YcbAhHGVvFENEnEeXVHxmdn3FedG8nlDVHq4/6KWeG0BawDtX7xc"
        "1UbwEdRLADT9gv0+To8jY1eppkL0qXOEQStNrhKE+uLbfaY6T4HOSgUf0Edfatk8xaL7uqFES4AXqg==",
        /* bare digest */
        "UtzbeAdgLcmiP98pa7VCHzkDOJc4sEdkhCvOqtl8rPNukPCiN44pA21Ot1L1J55oQyKmIbaAClJQlDw2+FXftj9G"
        "oG2Wge8LRr9ekjNLElYcJL13tzLu8JViNjRM8lC5zRCLh9Mj1T0FmQs7D2dAmmuZRlwypKxyO4oxQ+u8V21XFJCh"
        "Q38v+m6R5UQ39y6X+rb7ZvcrhwnbTe3hzxSMhFM2OlmO8rx+3Y2cIHpFo/5GlvNtjZdvD+XaukeT4ADgljBvq2Ib"
        "2skcRSNsKlCEiEQWpmayQNP69R5z0BSuSEWeMoWePvjFkSeQPScot3UVodd1Imh9fEf/q4hAFAP4gA==",
        /* bytes behind the digest */
        "nwKKpzxJWkIggjS+iKREPGgnJOQZ6w0BxRd+oqHRpHnxaTjxFaVp1XijcSLlG7dzEOSDNIE/zvrQpF5LM1Zt2dW1"
        "3SS0j2OozfpxPDStRXeCcXBA5kRLGybgcjWSTtkGCamNVBO79m6sFM89ahHnR4vrQPsMfgisYpwTSCNZaexR6foD"
        "/IXoo4UgcfqvFYM2o6f0lkzToXEdEGmDzfq+bgngu2ZLj4wqqQOMx9aQyTeN7fnctp55gAUvCoFUbAH3bRze3eqv"
        "L65x7LYDC1gkBpgDN7ClCsoq0i/2xJupOtvY1Mmzj37AAz5B0pn0U6XWL2H7NIUpMCJWrHdEnnYRKw==",
    };
    auto_key *public = test_rsa_public();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(signatures); i++) {
        auto_buf signature = unbase64(signatures[i]);
        auto_buf message = test_unhex(vector_secret);
        assert_int_equal(signature.len, 256);
        assert_denied(public, buf_bytes(&message), buf_bytes(&signature));
    }
}

static struct key *odd_rsa_key(size_t bits, const char *exponent)
{
    auto_buf e = test_unhex(exponent);
    auto_buf spki = test_rsa_spki(bits, buf_bytes(&e));
    struct err err = { 0 };
    struct key *const key = key_from_public_der(buf_bytes(&spki), &err);

    assert_ok(key != NULL, &err);
    return key;
}

/*
 * The work of a verification grows with the square of the modulus and with the exponent; whoever
 * sends a key must not choose either freely. With exponent 1 a signature is its own proof.
 */
static void rsa_verification_refuses_keys_without_bound(void **state)
{
    static const struct {
        size_t bits;
        const char *exponent;
    } rows[] = { { 16392, "010001" },
                 { 65536, "010001" },
                 { 2048, "010000000000000001" },
                 { 2048, "0101010101010101010101" },
                 { 2048, "01" },
                 { 2048, "02" },
                 { 2048, "010000" } };
    auto_buf signature = { 0 };

    (void)state;
    memset(buf_grow(&signature, 256), 1, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_key *key = odd_rsa_key(rows[i].bits, rows[i].exponent);
        struct err err = { 0 };
        assert_false(key_verify_sha256(key, BYTES_LITERAL("m"), buf_bytes(&signature), &err));
        assert_int_equal(err.kind, FAIL_DENIED);
        assert_non_null(strstr(err.text, "exponent"));
    }
    auto_key *largest = odd_rsa_key(16384, "00ffffffffffffffff");
    struct err err = { 0 };
    assert_false(key_verify_sha256(largest, BYTES_LITERAL("m"), buf_bytes(&signature), &err));
    assert_null(strstr(err.text, "exponent"));
}

/* RFC 6979, A.2.6: P-384 over SHA-256 of "sample". */
#define RFC_P384_SPKI                                                                              \
    "30763010" EC_KEY_NAME P384_NAME "03620004"                                                    \
    "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"                             \
    "def8f0ea9055866064a254515480bc13"                                                             \
    "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1"                             \
    "288b231c3ae0d4fe7344fd2533264720"
#define RFC_R                                                                                      \
    "21b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a21d3daa33"                             \
    "bde1e888e63355d92fa2b3c36d8fb2cd"
#define RFC_S                                                                                      \
    "f3aa443fb107745bf4bd77cb3891674632068a10ca67e3d45db2266fa7d1feeb"                             \
    "efdc63eccd1ac42ec0cb8668a4fa0ab0"
#define P384_ORDER                                                                                 \
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"                             \
    "581a0db248b0a77aecec196accc52973"

static struct key *rfc_key(void)
{
    auto_buf spki = test_unhex(RFC_P384_SPKI);
    struct err err = { 0 };
    struct key *const key = key_from_public_der(buf_bytes(&spki), &err);

    assert_ok(key != NULL, &err);
    return key;
}

static void ecdsa_p384_verifies_over_sha256(void **state)
{
    auto_key *key = rfc_key();
    auto_buf signature = test_unhex("30650230" RFC_R "023100" RFC_S);

    (void)state;
    assert_only_this_verifies(key, BYTES_LITERAL("sample"), buf_bytes(&signature));
}

static void ecdsa_verification_refuses_impossible_signatures(void **state)
{
    static const struct {
        const char *name, *signature;
    } rows[] = {
        { "r = 0", "3036020100023100" RFC_S },
        { "s = 0", "30350230" RFC_R "020100" },
        { "both 0", "3006020100020100" },
        { "both 1", "3006020101020101" },
        { "r = order", "3066023100" P384_ORDER "023100" RFC_S },
        { "s = order", "30650230" RFC_R "023100" P384_ORDER },
        { "negative s", "30640230" RFC_R "0230" RFC_S },
        { "zero in front of r", "306602310021b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a2"
                                "1d3daa33bde1e888e63355d92fa2b3c36d8fb2cd023100" RFC_S },
        { "long form of length", "3081650230" RFC_R "023100" RFC_S },
        { "indefinite length", "30800230" RFC_R "023100" RFC_S "0000" },
        { "third number", "30680230" RFC_R "023100" RFC_S "020100" },
        { "raw r and s", RFC_R RFC_S },
        { "r and s exchanged", "3065023100" RFC_S "0230" RFC_R },
        { "length of 2^32 - 1", "3084ffffffff0230" RFC_R "023100" RFC_S },
    };
    auto_key *key = rfc_key();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf signature = test_unhex(rows[i].signature);
        print_message("# %s\n", rows[i].name);
        assert_denied(key, BYTES_LITERAL("sample"), buf_bytes(&signature));
    }
}

static void ecdsa_signatures_verify_only_with_their_key(void **state)
{
    static const unsigned bits[] = { 224, 256, 384, 521 };
    const struct bytes message = BYTES_LITERAL("message");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        auto_key *key = test_key(KEY_ECDSA, bits[i]);
        auto_key *other = test_key(KEY_ECDSA, bits[i]);
        auto_key *other_size = test_key(KEY_ECDSA, bits[(i + 1) % COUNT_OF(bits)]);
        auto_buf first = sign(key, message);
        auto_buf second = sign(key, message);
        assert_verifies(key, message, buf_bytes(&first));
        assert_verifies(key, message, buf_bytes(&second));
        assert_false(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
        assert_denied(other, message, buf_bytes(&first));
        assert_denied(other_size, message, buf_bytes(&first));
    }
}

static void ed25519_keys_neither_sign_nor_verify(void **state)
{
    auto_key *key = test_key(KEY_ED25519, 0);
    auto_buf signature = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_false(key_sign_sha256(key, BYTES_LITERAL("m"), &signature, &err));
    assert_int_equal(signature.len, 0);
    memset(buf_grow(&signature, 64), 1, 64);
    assert_denied(key, BYTES_LITERAL("m"), buf_bytes(&signature));
}

static void public_keys_do_not_sign(void **state)
{
    auto_key *rsa = test_rsa_public();
    auto_key *ecdsa = rfc_key();
    auto_buf signature = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_false(key_sign_sha256(rsa, BYTES_LITERAL("m"), &signature, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    assert_false(key_sign_sha256(ecdsa, BYTES_LITERAL("m"), &signature, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    assert_int_equal(signature.len, 0);
}

static void oaep_ciphertext_of_the_vector_decrypts(void **state)
{
    auto_key *key = test_rsa_private();
    auto_buf ciphertext = unbase64(vector_oaep);
    auto_buf want = test_unhex(vector_secret);
    auto_buf out = { 0 };
    struct err err = { 0 };

    (void)state;
    buf_add_string(&out, "head");
    assert_ok(key_oaep_decrypt(key, buf_bytes(&ciphertext), &out, &err), &err);
    assert_memory_equal(out.at, "head", 4);
    assert_bytes_equal(bytes_of(out.at + 4, out.len - 4), buf_bytes(&want));
}

static void assert_does_not_decrypt(const struct key *key, struct bytes ciphertext)
{
    struct err err = { 0 };
    auto_buf out = { 0 };

    buf_add_string(&out, "head");
    assert_false(key_oaep_decrypt(key, ciphertext, &out, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    assert_string_equal(err.text, "RSA-OAEP: the ciphertext does not decrypt");
    assert_int_equal(out.len, 4);
}

static void oaep_decryption_refuses_everything_else_with_one_text(void **state)
{
    auto_key *key = test_rsa_private();
    auto_key *other = test_key(KEY_RSA, 2048);
    auto_buf ciphertext = unbase64(vector_oaep);
    auto_buf of_vector_1_5 = unbase64(pkcs1_ciphertext);
    auto_buf of_sha1 = unbase64(sha1_ciphertext);
    auto_buf of_mgf_sha1 = unbase64(mgf_sha1_ciphertext);
    auto_buf of_label = unbase64(label_ciphertext);

    (void)state;
    for (size_t at = 0; at < ciphertext.len; at += 5) {
        ciphertext.at[at] ^= 1;
        assert_does_not_decrypt(key, buf_bytes(&ciphertext));
        ciphertext.at[at] ^= 1;
    }
    for (size_t len = 0; len < ciphertext.len; len += 15)
        assert_does_not_decrypt(key, bytes_of(ciphertext.at, len));
    assert_does_not_decrypt(other, buf_bytes(&ciphertext));
    assert_does_not_decrypt(key, buf_bytes(&of_vector_1_5));
    assert_does_not_decrypt(key, buf_bytes(&of_sha1));
    assert_does_not_decrypt(key, buf_bytes(&of_mgf_sha1));
    assert_does_not_decrypt(key, buf_bytes(&of_label));
    buf_add_u8(&ciphertext, 0);
    assert_does_not_decrypt(key, buf_bytes(&ciphertext));
    memset(ciphertext.at, 0xff, 256);
    assert_does_not_decrypt(key, bytes_of(ciphertext.at, 256));
    memset(ciphertext.at, 0, 256);
    assert_does_not_decrypt(key, bytes_of(ciphertext.at, 256));
}

/* The largest message of a key of n bytes is n - 66 bytes: RFC 8017, 7.1.1, step 1b. */
static void oaep_encrypts_up_to_its_limit(void **state)
{
    auto_key *key = test_key(KEY_RSA, 1024);
    const uint8_t message[63] = { 1, 2, 3 };

    (void)state;
    for (size_t len = 0; len <= 62; len += 31) {
        auto_buf ciphertext = { 0 };
        auto_buf again = { 0 };
        auto_buf out = { 0 };
        struct err err = { 0 };
        const struct bytes in = bytes_of(message, len);
        assert_ok(key_oaep_encrypt(key, in, &ciphertext, &err), &err);
        assert_ok(key_oaep_encrypt(key, in, &again, &err), &err);
        assert_int_equal(ciphertext.len, 128);
        assert_false(bytes_equal(buf_bytes(&ciphertext), buf_bytes(&again)));
        assert_ok(key_oaep_decrypt(key, buf_bytes(&ciphertext), &out, &err), &err);
        assert_bytes_equal(buf_bytes(&out), in);
    }
    struct err err = { 0 };
    auto_buf out = { 0 };
    assert_false(key_oaep_encrypt(key, bytes_of(message, 63), &out, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    assert_int_equal(out.len, 0);
}

static void oaep_is_only_for_rsa_keys(void **state)
{
    auto_key *ecdsa = test_key(KEY_ECDSA, 256);
    auto_key *public = test_rsa_public();
    auto_buf ciphertext = unbase64(vector_oaep);
    auto_buf out = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_false(key_oaep_encrypt(ecdsa, BYTES_LITERAL("m"), &out, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    assert_false(key_oaep_decrypt(ecdsa, BYTES_LITERAL("m"), &out, &err));
    assert_false(key_oaep_decrypt(public, buf_bytes(&ciphertext), &out, &err));
    assert_int_equal(out.len, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(rsa_signature_of_the_vector_is_made_and_verified),
    cmocka_unit_test(rsa_verification_refuses_everything_else),
    cmocka_unit_test(rsa_verification_refuses_other_schemes),
    cmocka_unit_test(rsa_verification_refuses_keys_without_bound),
    cmocka_unit_test(ecdsa_p384_verifies_over_sha256),
    cmocka_unit_test(ecdsa_verification_refuses_impossible_signatures),
    cmocka_unit_test(ecdsa_signatures_verify_only_with_their_key),
    cmocka_unit_test(ed25519_keys_neither_sign_nor_verify),
    cmocka_unit_test(public_keys_do_not_sign),
    cmocka_unit_test(oaep_ciphertext_of_the_vector_decrypts),
    cmocka_unit_test(oaep_decryption_refuses_everything_else_with_one_text),
    cmocka_unit_test(oaep_encrypts_up_to_its_limit),
    cmocka_unit_test(oaep_is_only_for_rsa_keys),
};

TEST_MAIN(tests)
