/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/text.h"
#include "crypto/cert_chain.h"
#include "pki.h"

/* A root and a leaf, which a test spoils. */
struct pair {
    struct key *root_key, *leaf_key;
    struct pki_cert root, leaf;
    struct buf root_der, leaf_der, pem;
    struct cert *certs[2]; /* leaf, root */
};

static void pair_init(struct pair *p)
{
    struct err err = { 0 };

    memset(p, 0, sizeof *p);
    p->root_key = key_generate(KEY_ECDSA, 256, &err);
    p->leaf_key = key_generate(KEY_ECDSA, 256, &err);
    p->root = (struct pki_cert){ .name = "root",
                                 .serial = BYTES_LITERAL("\x01"),
                                 .not_before = "250101000000Z",
                                 .not_after = "20600101000000Z",
                                 .constraints = PKI_CONSTRAINTS_CA,
                                 .usage = PKI_USAGE_CERT_SIGN };
    p->leaf = (struct pki_cert){ .name = "leaf",
                                 .issuer = "root",
                                 .serial = BYTES_LITERAL("\x02"),
                                 .not_before = "250101000000Z",
                                 .not_after = "260101000000Z",
                                 .usage = PKI_USAGE_SIGNATURE };
}

static void pair_build(struct pair *p)
{
    struct err err = { 0 };

    pki_cert_add(&p->leaf_der, &p->leaf, p->leaf_key, p->root_key);
    pki_cert_add(&p->root_der, &p->root, p->root_key, p->root_key);
    pem_encode(&p->pem, "CERTIFICATE", buf_bytes(&p->leaf_der));
    pem_encode(&p->pem, "CERTIFICATE", buf_bytes(&p->root_der));
    assert_ok(cert_chain_from_pem(buf_bytes(&p->pem), p->certs, 2, &err), &err);
}

static void pair_clear(struct pair *p)
{
    key_free(p->root_key);
    key_free(p->leaf_key);
    buf_clear(&p->root_der);
    buf_clear(&p->leaf_der);
    buf_clear(&p->pem);
    cert_free(p->certs[0]);
    cert_free(p->certs[1]);
}
#define auto_pair struct pair CLEANUP(pair_clear)

static void a_chain_has_exactly_so_many_certificates(void **state)
{
    auto_pair p;
    struct cert *certs[3];
    struct err err = { 0 };

    (void)state;
    pair_init(&p);
    pair_build(&p);
    assert_bytes_equal(cert_der(p.certs[0]), buf_bytes(&p.leaf_der));
    assert_bytes_equal(cert_der(p.certs[1]), buf_bytes(&p.root_der));
    assert_false(cert_chain_from_pem(buf_bytes(&p.pem), certs, 1, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    assert_null(certs[0]);
    assert_false(cert_chain_from_pem(buf_bytes(&p.pem), certs, 3, &err));
    assert_null(certs[0]);
    assert_null(certs[1]);
    assert_null(certs[2]);
}

static bool parses(const struct pair *p, const char *text)
{
    struct cert *certs[2];
    struct err err = { 0 };
    auto_buf pem = { 0 };

    for (; *text != '\0'; text++) {
        if (*text == 'L')
            pem_encode(&pem, "CERTIFICATE", buf_bytes(&p->leaf_der));
        else if (*text == 'R')
            pem_encode(&pem, "CERTIFICATE", buf_bytes(&p->root_der));
        else
            buf_add_u8(&pem, (uint8_t)*text);
    }
    if (!cert_chain_from_pem(buf_bytes(&pem), certs, 2, &err))
        return false;
    cert_free(certs[0]);
    cert_free(certs[1]);
    return true;
}

static void nothing_but_white_space_stands_between_the_blocks(void **state)
{
    static const char *const good[] = { "LR", "RL", "LL", " \t\r\nL\n\nR\r\n" };
    static const char *const bad[] = { "",    "L",   "LxR",  "xLR",    "LRx",
                                       "LR-", "L-R", "L\vR", "L\fR\n", "Subject: x\nLR" };

    (void)state;
    auto_pair p;
    pair_init(&p);
    pair_build(&p);
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(parses(&p, good[i]));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(parses(&p, bad[i]));
}

/* Every byte changed to every other: what still parses is the same certificate with other white space. */
static void a_block_has_one_spelling(void **state)
{
    auto_pair p;
    auto_buf pem = { 0 };

    (void)state;
    pair_init(&p);
    pair_build(&p);
    pem_encode(&pem, "CERTIFICATE", buf_bytes(&p.leaf_der));
    for (size_t i = 0; i < pem.len; i++) {
        const uint8_t was = pem.at[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            struct cert *cert;
            struct err err = { 0 };
            pem.at[i] = (uint8_t)(was ^ 1u << bit);
            if (!cert_chain_from_pem(buf_bytes(&pem), &cert, 1, &err))
                continue;
            const bool same = bytes_equal(cert_der(cert), buf_bytes(&p.leaf_der));
            cert_free(cert);
            if (same && was != '\n')
                fail_msg("byte %zu has a second spelling", i);
        }
        pem.at[i] = was;
    }
}

static void every_prefix_of_a_chain_is_refused(void **state)
{
    auto_pair p;
    struct cert *certs[2];
    struct err err = { 0 };

    (void)state;
    pair_init(&p);
    pair_build(&p);
    /* The last byte is the line end, which may be missing. */
    for (size_t len = 0; len < p.pem.len - 1; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(p.pem.at, len));
        assert_false(cert_chain_from_pem(bytes_of(exact, len), certs, 2, &err));
        free(exact);
    }
}

static void headers_padding_and_other_labels_are_refused(void **state)
{
    static const struct {
        const char *from, *to;
    } edits[] = {
        { "-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nA: b\n\n" },
        { "-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----" },
        { "-----BEGIN CERTIFICATE-----", "----- BEGIN CERTIFICATE-----" },
        { "-----END CERTIFICATE-----", "-----END CERTIFICATE----" },
        { "-----END CERTIFICATE-----", "-----END X509 CERTIFICATE-----" },
        { "\n-----END CERTIFICATE-----", "=\n-----END CERTIFICATE-----" },
        { "\n-----END CERTIFICATE-----", "AAAA\n-----END CERTIFICATE-----" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        auto_pair p;
        auto_buf text = { 0 };
        struct cert *certs[2];
        struct err err = { 0 };
        pair_init(&p);
        pair_build(&p);
        auto_string *all = bytes_to_string(buf_bytes(&p.pem));
        const char *const at = strstr(all, edits[i].from);
        buf_add(&text, bytes_of(all, (size_t)(at - all)));
        buf_add_string(&text, edits[i].to);
        buf_add_string(&text, at + strlen(edits[i].from));
        assert_false(cert_chain_from_pem(buf_bytes(&text), certs, 2, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static struct cert *find_second(void *ctx, struct bytes der)
{
    const struct pair *const p = ctx;

    return bytes_equal(der, cert_der(p->certs[1])) ? cert_ref(p->certs[1]) : NULL;
}

static void known_certificates_are_shared(void **state)
{
    auto_pair p;
    struct cert *certs[2];
    struct err err = { 0 };

    (void)state;
    pair_init(&p);
    pair_build(&p);
    const struct known_certs known = { &p, find_second };
    assert_ok(cert_chain_from_pem_knowing(buf_bytes(&p.pem), certs, 2, &known, &err), &err);
    assert_ptr_not_equal(certs[0], p.certs[0]);
    assert_ptr_equal(certs[1], p.certs[1]);
    cert_free(certs[0]);
    cert_free(certs[1]);
}

/* Chains are decoded in a way of their own, which must not show. */
static void a_certificate_of_a_chain_is_like_one_that_was_read_alone(void **state)
{
    static const struct {
        enum key_type type;
        unsigned bits;
    } keys[] = { { KEY_ECDSA, 256 }, { KEY_ECDSA, 384 }, { KEY_ECDSA, 521 },
                 { KEY_RSA, 1024 },  { KEY_RSA, 2048 },  { KEY_ED25519, 0 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        auto_pair p;
        struct err err = { 0 };
        pair_init(&p);
        key_free(p.leaf_key);
        p.leaf_key = key_generate(keys[i].type, keys[i].bits, &err);
        pair_build(&p);
        auto_cert *leaf = cert_from_der(buf_bytes(&p.leaf_der), &err);
        auto_cert *root = cert_from_der(buf_bytes(&p.root_der), &err);
        auto_key *alone = cert_public_key(leaf, &err),
                 *in_chain = cert_public_key(p.certs[0], &err);
        assert_true(key_equal_public(alone, in_chain));
        assert_true(key_equal_public(in_chain, p.leaf_key));
        assert_int_equal(key_bits(alone), key_bits(in_chain));
        assert_true(cert_issued_by(p.certs[0], p.certs[1]));
        assert_true(cert_issued_by(p.certs[0], root));
        assert_true(cert_issued_by(leaf, p.certs[1]));
        assert_false(cert_issued_by(p.certs[1], p.certs[0]));
        assert_ok(cert_is_signed_by(leaf, p.certs[1], SIGNATURE_ECDSA_P256_SHA256, &err), &err);
    }
}

static void a_key_that_libcrypto_does_not_know_is_none_in_a_chain_either(void **state)
{
    auto_pair p;
    struct cert *certs[2];
    struct err err = { 0 };

    (void)state;
    pair_init(&p);
    pair_build(&p);
    /* The point of the root, which is not on the curve with another last byte. */
    uint8_t raw[P256_RAW_LEN];
    pki_key_raw(p.root_key, raw);
    uint8_t *const at = memmem(p.root_der.at, p.root_der.len, raw, sizeof raw);
    assert_non_null(at);
    at[P256_RAW_LEN - 1] ^= 1;
    auto_buf pem = { 0 };
    pem_encode(&pem, "CERTIFICATE", buf_bytes(&p.leaf_der));
    pem_encode(&pem, "CERTIFICATE", buf_bytes(&p.root_der));
    assert_ok(cert_chain_from_pem(buf_bytes(&pem), certs, 2, &err), &err);
    assert_null(cert_public_key(certs[1], &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    assert_false(cert_issued_by(certs[0], certs[1]));
    assert_false(cert_is_signed_by(certs[0], certs[1], SIGNATURE_ECDSA_P256_SHA256, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    cert_free(certs[0]);
    cert_free(certs[1]);
}

static bool is_signed(const struct pair *p, struct err *err)
{
    return cert_is_signed_by(p->certs[0], p->certs[1], SIGNATURE_ECDSA_P256_SHA256, err);
}

static void a_link_has_names_algorithms_and_signature(void **state)
{
    static const struct {
        const char *text;
        const char *issuer;
        bool other_encoding;
        enum pki_algorithm inner, outer;
    } flaws[] = {
        { "issuer", "Root", false, 0, 0 },
        { "issuer", "root", true, 0, 0 },
        { "algorithm", "root", false, PKI_ECDSA_SHA384, 0 },
        { "algorithm", "root", false, 0, PKI_ECDSA_SHA384 },
        { "algorithm", "root", false, PKI_ECDSA_SHA384, PKI_ECDSA_SHA384 },
        { "algorithm", "root", false, PKI_ECDSA_SHA256_NULL, PKI_ECDSA_SHA256_NULL },
    };
    auto_pair good;
    struct err err = { 0 };

    (void)state;
    pair_init(&good);
    pair_build(&good);
    assert_ok(is_signed(&good, &err), &err);
    assert_true(cert_is_signed_by(good.certs[1], good.certs[1], SIGNATURE_ECDSA_P256_SHA256, &err));
    assert_false(cert_is_signed_by(good.certs[0], good.certs[1], SIGNATURE_PSS_SHA384, &err));
    assert_false(cert_is_signed_by(good.certs[0], good.certs[1], SIGNATURE_NONE, &err));
    for (size_t i = 0; i < COUNT_OF(flaws); i++) {
        auto_pair p;
        pair_init(&p);
        p.leaf.issuer = flaws[i].issuer;
        p.leaf.other_encoding = flaws[i].other_encoding;
        p.leaf.inner = flaws[i].inner;
        p.leaf.outer = flaws[i].outer;
        pair_build(&p);
        assert_false(is_signed(&p, &err));
        assert_int_equal(err.kind, FAIL_DENIED);
        assert_non_null(strstr(err.text, flaws[i].text));
    }
}

static void the_signature_is_of_the_key_of_the_issuer(void **state)
{
    auto_pair p;
    struct err err = { 0 };

    (void)state;
    pair_init(&p);
    pki_cert_add(&p.leaf_der, &p.leaf, p.leaf_key, p.leaf_key);
    pki_cert_add(&p.root_der, &p.root, p.root_key, p.root_key);
    p.certs[0] = cert_from_der(buf_bytes(&p.leaf_der), &err);
    p.certs[1] = cert_from_der(buf_bytes(&p.root_der), &err);
    assert_false(is_signed(&p, &err));
    assert_non_null(strstr(err.text, "signature"));
}

static void keys_of_another_kind_do_not_issue(void **state)
{
    auto_pair p;
    struct err err = { 0 };

    (void)state;
    pair_init(&p);
    key_free(p.root_key);
    p.root_key = key_generate(KEY_ECDSA, 384, &err);
    pair_build(&p);
    assert_false(is_signed(&p, &err));
    assert_non_null(strstr(err.text, "kind"));
}

static void roles_are_what_the_extensions_say(void **state)
{
    static const struct {
        const char *text; /* of the refusal as CA; NULL: it may be one */
        enum pki_constraints constraints;
        enum pki_usage usage;
        bool critical, doubled, version_1, end; /* end: may be no CA */
        const char *not_after;
    } cases[] = {
        { NULL, PKI_CONSTRAINTS_CA, PKI_USAGE_CERT_SIGN, false, false, false, false, NULL },
        { NULL, PKI_CONSTRAINTS_CA, PKI_USAGE_NONE, false, false, false, false, NULL },
        { "sign", PKI_CONSTRAINTS_CA, PKI_USAGE_SIGNATURE, false, false, false, false, NULL },
        { "CA", PKI_CONSTRAINTS_END, PKI_USAGE_CERT_SIGN, false, false, false, true, NULL },
        { "CA", PKI_CONSTRAINTS_NONE, PKI_USAGE_NONE, false, false, false, true, NULL },
        { "critical", PKI_CONSTRAINTS_CA, PKI_USAGE_NONE, true, false, false, false, NULL },
        { "twice", PKI_CONSTRAINTS_CA, PKI_USAGE_NONE, false, true, false, false, NULL },
        { "version", PKI_CONSTRAINTS_CA, PKI_USAGE_NONE, false, false, true, false, NULL },
        { "validity", PKI_CONSTRAINTS_CA, PKI_USAGE_NONE, false, false, false, false,
          "26010100000+0100" },
        { "validity", PKI_CONSTRAINTS_CA, PKI_USAGE_NONE, false, false, false, false,
          "20260101000000.5Z" },
        { "validity", PKI_CONSTRAINTS_CA, PKI_USAGE_NONE, false, false, false, false,
          "2601010000Z" },
        { NULL, PKI_CONSTRAINTS_CA, PKI_USAGE_NONE, false, false, false, false, "99991231235959Z" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_pair p;
        struct err err = { 0 };
        pair_init(&p);
        p.leaf.constraints = cases[i].constraints;
        p.leaf.usage = cases[i].usage;
        p.leaf.unknown_critical = cases[i].critical;
        p.leaf.doubled_extension = cases[i].doubled;
        p.leaf.version_1 = cases[i].version_1;
        if (cases[i].not_after != NULL)
            p.leaf.not_after = cases[i].not_after;
        pki_cert_add(&p.leaf_der, &p.leaf, p.leaf_key, p.root_key);
        p.certs[0] = cert_from_der(buf_bytes(&p.leaf_der), &err);
        if (p.certs[0] == NULL) {
            /* Times that libcrypto does not take either. */
            assert_string_equal(cases[i].text, "validity");
            continue;
        }
        assert_int_equal(cert_has_role(p.certs[0], true, &err), cases[i].text == NULL);
        if (cases[i].text != NULL && strstr(err.text, cases[i].text) == NULL)
            fail_msg("case %zu: %s", i, err.text);
        assert_int_equal(cert_has_role(p.certs[0], false, &err), cases[i].end);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_chain_has_exactly_so_many_certificates),
    cmocka_unit_test(nothing_but_white_space_stands_between_the_blocks),
    cmocka_unit_test(a_block_has_one_spelling),
    cmocka_unit_test(every_prefix_of_a_chain_is_refused),
    cmocka_unit_test(headers_padding_and_other_labels_are_refused),
    cmocka_unit_test(known_certificates_are_shared),
    cmocka_unit_test(a_certificate_of_a_chain_is_like_one_that_was_read_alone),
    cmocka_unit_test(a_key_that_libcrypto_does_not_know_is_none_in_a_chain_either),
    cmocka_unit_test(a_link_has_names_algorithms_and_signature),
    cmocka_unit_test(the_signature_is_of_the_key_of_the_issuer),
    cmocka_unit_test(keys_of_another_kind_do_not_issue),
    cmocka_unit_test(roles_are_what_the_extensions_say),
};

TEST_MAIN(tests)
