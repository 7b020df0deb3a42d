/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "../crypto/pki.h"
#include "attestation/cert_evidence.h"
#include "codec/text.h"
#include "crypto/hash.h"

static const struct bytes quote = BYTES_LITERAL("\x03\0\x02\0 as far as it is looked at");

/* ---- CBOR ---- */

static void add_head(struct buf *out, unsigned major, uint64_t value)
{
    if (value < 24) {
        buf_add_u8(out, (uint8_t)(major << 5 | value));
        return;
    }
    buf_add_u8(out, (uint8_t)(major << 5 | 25));
    buf_add_u8(out, (uint8_t)(value >> 8));
    buf_add_u8(out, (uint8_t)value);
}

static void add_string(struct buf *out, unsigned major, struct bytes value)
{
    add_head(out, major, value.len);
    buf_add(out, value);
}

struct tagged_form {
    unsigned tag, algorithm;
    struct bytes hash, nonce;
    unsigned claims; /* count that the map says; 0: the right one */
    const char *claim;
    struct bytes behind_all, behind_claims, behind_entry;
};

static const struct tagged_form good_form = {
    .tag = 60000, .algorithm = 1, .hash = BYTES_LITERAL("hash"), .claim = "pubkey-hash"
};

static void add_claims(struct buf *out, const struct tagged_form *form)
{
    auto_buf entry = { 0 };

    add_head(&entry, 4, 2);
    add_head(&entry, 0, form->algorithm);
    add_string(&entry, 2, form->hash);
    buf_add(&entry, form->behind_entry);
    add_head(out, 5, form->claims != 0 ? form->claims : 1 + (form->nonce.len > 0));
    add_string(out, 3, bytes_of_string(form->claim));
    add_string(out, 2, buf_bytes(&entry));
    if (form->nonce.len > 0) {
        add_string(out, 3, BYTES_LITERAL("nonce"));
        add_string(out, 2, form->nonce);
    }
    buf_add(out, form->behind_claims);
}

static struct buf tagged(const struct tagged_form *form)
{
    struct buf out = { 0 };
    auto_buf claims = { 0 };

    add_claims(&claims, form);
    buf_add_u8(&out, 6 << 5 | 25);
    buf_add_u8(&out, (uint8_t)(form->tag >> 8));
    buf_add_u8(&out, (uint8_t)form->tag);
    add_head(&out, 4, 2);
    add_string(&out, 2, quote);
    add_string(&out, 2, buf_bytes(&claims));
    buf_add(&out, form->behind_all);
    return out;
}

/* Of a copy of exactly that size, so that a sanitizer sees a byte too many. */
static bool parses(struct bytes raw, struct err *err)
{
    struct tagged_evidence e;
    uint8_t *const exact = bytes_copy(raw);

    *err = (struct err){ 0 };
    const bool done = tagged_evidence_parse(bytes_of(exact, raw.len), &e, err);
    free(exact);
    assert_int_equal(err->kind, done ? FAIL_NONE : FAIL_MALFORMED);
    return done;
}

static void tagged_evidence_has_its_fields(void **state)
{
    struct tagged_form form = good_form;
    struct tagged_evidence e;
    struct err err = { 0 };

    (void)state;
    for (int with_nonce = 0; with_nonce < 2; with_nonce++) {
        auto_buf claims = { 0 };
        form.nonce = with_nonce ? BYTES_LITERAL("some nonce") : BYTES_NONE;
        auto_buf raw = tagged(&form);
        add_claims(&claims, &form);
        assert_ok(tagged_evidence_parse(buf_bytes(&raw), &e, &err), &err);
        assert_bytes_equal(e.quote, quote);
        assert_bytes_equal(e.claims, buf_bytes(&claims));
        assert_int_equal(e.hash_algorithm, 1);
        assert_bytes_equal(e.key_hash, form.hash);
        assert_bytes_equal(e.nonce, form.nonce);
    }
}

static void every_prefix_of_tagged_evidence_is_refused(void **state)
{
    struct tagged_form form = good_form;
    struct err err;

    (void)state;
    form.nonce = BYTES_LITERAL("nonce");
    auto_buf raw = tagged(&form);
    for (size_t len = 0; len < raw.len; len++)
        assert_false(parses(bytes_of(raw.at, len), &err));
    assert_true(parses(buf_bytes(&raw), &err));
}

static void tagged_evidence_of_another_form_is_refused(void **state)
{
    static const struct bytes byte = BYTES_LITERAL("\0");
    const struct {
        struct tagged_form form;
        const char *about;
    } rows[] = {
        { { 60001, 1, quote, quote, 0, "pubkey-hash", { 0 }, { 0 }, { 0 } }, "60001" },
        { { 60000, 1, quote, quote, 0, "nonce", { 0 }, { 0 }, { 0 } }, "twice" },
        { { 60000, 1, quote, { 0 }, 0, "nonce", { 0 }, { 0 }, { 0 } }, "no pubkey-hash" },
        { { 60000, 1, quote, { 0 }, 0, "other", { 0 }, { 0 }, { 0 } }, "neither" },
        { { 60000, 1, quote, { 0 }, 3, "pubkey-hash", { 0 }, { 0 }, { 0 } }, "3 members" },
        { { 60000, 1, quote, { 0 }, 2, "pubkey-hash", { 0 }, { 0 }, { 0 } }, "name of a claim" },
        { { 60000, 1, quote, { 0 }, 0, "pubkey-hash", byte, { 0 }, { 0 } }, "tagged evidence: " },
        { { 60000, 1, quote, { 0 }, 0, "pubkey-hash", { 0 }, byte, { 0 } }, "claims" },
        { { 60000, 1, quote, { 0 }, 0, "pubkey-hash", { 0 }, { 0 }, byte }, "pubkey-hash" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err;
        auto_buf raw = tagged(&rows[i].form);
        print_message("# %s\n", rows[i].about);
        assert_false(parses(buf_bytes(&raw), &err));
        assert_non_null(strstr(err.text, rows[i].about));
    }
}

static void sizes_near_the_limits_are_refused(void **state)
{
    static const char *const rows[] = {
        "d9ea60 82 5bffffffffffffffff 00", /* 2^64 - 1 bytes */
        "d9ea60 82 5b7fffffffffffffff 00",
        "d9ea60 82 5affffffff 00",
        "d9ea60 82 59ffff 00",
        "d9ea60 82 58ff 00",
        "d9ea60 82 5f 41 00 ff", /* of indefinite length */
        "d9ea60 9bffffffffffffffff",
        "d9ea60 82 5c 00",
        "d9ea60 80",
        "db000000000000ea60",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err;
        auto_buf raw = test_unhex(rows[i]);
        assert_false(parses(buf_bytes(&raw), &err));
    }
}

/* ---- certificates ---- */

static const struct {
    const char *hex, *dotted;
    enum key_rule rule;
} oids[] = {
    { "67810505 0409", "2.23.133.5.4.9", KEY_RULE_CLAIMS },
    { "2a864886f84d8a3906", "1.2.840.113741.1337.6", KEY_RULE_SPKI },
    { "06092a864886f84d8a3906", "0.6.9.42.840.113741.1337.6", KEY_RULE_SPKI },
    { "2b060104018237 6901", "1.3.6.1.4.1.311.105.1", KEY_RULE_SPKI_OR_PEM },
    { "2a864886f7140a0101", "1.2.840.113556.10.1.1", KEY_RULE_SPKI_OR_PEM },
    { "2a864886f84d010d01", "1.2.840.113741.1.13.1", KEY_RULE_PEM },
};

static struct cert *certificate_with(const struct key *key, const char *oid, struct bytes value)
{
    const struct pki_cert form = { .name = "a program",
                                   .serial = BYTES_LITERAL("\x01"),
                                   .not_before = "250101000000Z",
                                   .not_after = "350101000000Z",
                                   .extension_oid = oid,
                                   .extension = value };
    auto_buf der = { 0 };
    struct err err = { 0 };

    pki_cert_add(&der, &form, key, key);
    struct cert *const cert = cert_from_der(buf_bytes(&der), &err);
    if (cert == NULL)
        fail_msg("%s", err.text);
    return cert;
}

static struct key *new_key(void)
{
    struct err err = { 0 };
    struct key *const key = key_generate(KEY_ECDSA, 256, &err);

    assert_non_null(key);
    return key;
}

static enum key_binding_result bound(const struct cert *cert, struct bytes report_data,
                                     const char **rule)
{
    struct cert_evidence found;
    struct key_binding binding;
    struct err err = { 0 };

    assert_ok(cert_evidence_find(cert, &found, &err), &err);
    assert_ok(key_binding_of(cert, &found, report_data, &binding, &err), &err);
    *rule = binding.rule;
    return binding.result;
}

static void each_extension_is_found_by_its_oid(void **state)
{
    auto_key *key = new_key();
    auto_buf tagged_value = tagged(&good_form);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(oids); i++) {
        const bool is_tagged = oids[i].rule == KEY_RULE_CLAIMS;
        auto_cert *cert =
            certificate_with(key, oids[i].hex, is_tagged ? buf_bytes(&tagged_value) : quote);
        struct cert_evidence found;
        struct err err = { 0 };
        assert_ok(cert_evidence_find(cert, &found, &err), &err);
        assert_string_equal(found.oid, oids[i].dotted);
        assert_int_equal(found.rule, oids[i].rule);
        assert_bytes_equal(found.evidence, quote);
    }
}

static void certificates_without_evidence_are_told_from_broken_ones(void **state)
{
    auto_key *key = new_key();
    auto_buf platform = test_unhex("3003020105");
    const struct {
        const char *oid;
        struct bytes value;
        enum fail_kind kind;
    } rows[] = {
        { NULL, BYTES_NONE, FAIL_NOT_FOUND },
        { "2a0304", quote, FAIL_NOT_FOUND },
        { "2a864886f84d010d01", buf_bytes(&platform), FAIL_NOT_FOUND }, /* of a PCK certificate */
        { "678105050409", quote, FAIL_MALFORMED },
        { "678105050409", BYTES_NONE, FAIL_MALFORMED },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_cert *cert = certificate_with(key, rows[i].oid, rows[i].value);
        struct cert_evidence found;
        struct err err = { 0 };
        assert_false(cert_evidence_find(cert, &found, &err));
        assert_int_equal(err.kind, rows[i].kind);
        assert_true(rows[i].kind == FAIL_NOT_FOUND || strstr(err.text, "2.23.133.5.4.9") != NULL);
    }
}

/* What a scheme hashes; spki and pem of the key. */
static void key_forms(const struct key *key, struct buf *spki, struct buf *pem)
{
    struct err err = { 0 };

    assert_ok(key_public_der(key, spki, &err), &err);
    pem_encode(pem, "PUBLIC KEY", buf_bytes(spki));
    buf_add_u8(pem, '\0');
}

static void report_data_is_compared_by_the_rule_of_the_scheme(void **state)
{
    auto_key *key = new_key(), *other = new_key();
    auto_buf spki = { 0 }, pem = { 0 }, other_spki = { 0 }, other_pem = { 0 };
    uint8_t over_spki[REPORT_DATA_LEN], over_pem[REPORT_DATA_LEN], over_other[REPORT_DATA_LEN];
    const char *rule;
    struct err err = { 0 };

    (void)state;
    key_forms(key, &spki, &pem);
    key_forms(other, &other_spki, &other_pem);
    assert_ok(report_data_of(buf_bytes(&spki), BYTES_NONE, over_spki, &err), &err);
    assert_ok(report_data_of(buf_bytes(&pem), BYTES_NONE, over_pem, &err), &err);
    assert_ok(report_data_of(buf_bytes(&other_spki), BYTES_NONE, over_other, &err), &err);
    for (size_t i = 1; i < COUNT_OF(oids); i++) {
        auto_cert *cert = certificate_with(key, oids[i].hex, quote);
        const enum key_binding_result by_spki =
            oids[i].rule == KEY_RULE_PEM ? KEY_BINDING_BROKEN : KEY_BINDING_HOLDS;
        const enum key_binding_result by_pem =
            oids[i].rule == KEY_RULE_SPKI ? KEY_BINDING_BROKEN : KEY_BINDING_HOLDS;
        assert_int_equal(bound(cert, bytes_of(over_spki, REPORT_DATA_LEN), &rule), by_spki);
        assert_int_equal(bound(cert, bytes_of(over_pem, REPORT_DATA_LEN), &rule), by_pem);
        assert_int_equal(bound(cert, bytes_of(over_other, REPORT_DATA_LEN), &rule),
                         KEY_BINDING_BROKEN);
        /* All 64 bytes count. */
        uint8_t tail[REPORT_DATA_LEN];
        memcpy(tail, oids[i].rule == KEY_RULE_PEM ? over_pem : over_spki, sizeof tail);
        tail[REPORT_DATA_LEN - 1] = 1;
        assert_int_equal(bound(cert, bytes_of(tail, REPORT_DATA_LEN), &rule), KEY_BINDING_BROKEN);
    }
}

static enum key_binding_result bound_by_claims(const struct key *key,
                                               const struct tagged_form *form, bool over_claims)
{
    auto_buf value = tagged(form), claims = { 0 };
    auto_cert *cert = certificate_with(key, oids[0].hex, buf_bytes(&value));
    uint8_t report_data[REPORT_DATA_LEN];
    struct err err = { 0 };
    const char *rule;

    add_claims(&claims, form);
    assert_ok(report_data_of(over_claims ? buf_bytes(&claims) : form->hash, BYTES_NONE, report_data,
                             &err),
              &err);
    return bound(cert, bytes_of(report_data, sizeof report_data), &rule);
}

static void claims_bind_the_key_when_both_hashes_are_right(void **state)
{
    auto_key *key = new_key(), *other = new_key();
    auto_buf spki = { 0 }, pem = { 0 };
    struct tagged_form form = good_form;
    uint8_t hash[SHA256_LEN];
    struct err err = { 0 };

    (void)state;
    key_forms(key, &spki, &pem);
    assert_ok(sha256(buf_bytes(&spki), hash, &err), &err);
    form.hash = bytes_of(hash, sizeof hash);
    assert_int_equal(bound_by_claims(key, &form, true), KEY_BINDING_HOLDS);
    assert_int_equal(bound_by_claims(key, &form, false), KEY_BINDING_BROKEN);
    assert_int_equal(bound_by_claims(other, &form, true), KEY_BINDING_BROKEN);
    form.hash = bytes_of(hash, sizeof hash - 1);
    assert_int_equal(bound_by_claims(key, &form, true), KEY_BINDING_BROKEN);
    form.algorithm = 7;
    assert_int_equal(bound_by_claims(key, &form, true), KEY_BINDING_NOT_CHECKED);
    assert_int_equal(bound_by_claims(key, &form, false), KEY_BINDING_BROKEN);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tagged_evidence_has_its_fields),
    cmocka_unit_test(every_prefix_of_tagged_evidence_is_refused),
    cmocka_unit_test(tagged_evidence_of_another_form_is_refused),
    cmocka_unit_test(sizes_near_the_limits_are_refused),
    cmocka_unit_test(each_extension_is_found_by_its_oid),
    cmocka_unit_test(certificates_without_evidence_are_told_from_broken_ones),
    cmocka_unit_test(report_data_is_compared_by_the_rule_of_the_scheme),
    cmocka_unit_test(claims_bind_the_key_when_both_hashes_are_right),
};
TEST_MAIN(tests)
