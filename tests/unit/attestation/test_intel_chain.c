/* SPDX-License-Identifier: Apache-2.0 */
#include "intel_scene.h"

#include "codec/text.h"

/* The steps of the procedure, one after the other, each with what it has to refuse (attestation.md, 6 and 14). */

static void every_form_of_quote_verifies(void **state)
{
    (void)state;
    for (int form = 0; form < SCENE_FORMS; form++) {
        auto_scene s;
        auto_arena arena = { 0 };
        struct verdict v;
        intel_scene_init(&s, (enum scene_form)form);
        intel_scene_build(&s);
        assert_true(scene_verify(&s, &arena, &v));
        assert_int_equal(v.reason, REASON_NONE);
        assert_int_equal(v.detail.len, 0);
        assert_int_equal(v.tee, scene_is_tdx(&s) ? TEE_TDX : TEE_SGX);
        assert_int_equal(v.tcb_status, TCB_UP_TO_DATE);
        assert_int_equal(v.module_tcb_status, scene_is_tdx(&s) ? TCB_UP_TO_DATE : TCB_STATUS_NONE);
        assert_int_equal(v.cert_data_type, 5);
        assert_int_equal(v.pcesvn, 13);
        assert_int_equal(v.qe_isvsvn, 8);
        assert_bytes_equal(v.root_ca, buf_bytes(&s.root_der));
        assert_string_equal(v.pck_ca, "processor");
        assert_bytes_equal(v.fmspc, BYTES_LITERAL("\x00\xc0\xff\xee\x00\x01"));
        assert_int_equal(v.evaluation_number, 17);
        assert_int_equal(v.advisory_count, 0);
        assert_int_equal(v.tcb_date, 1747180800);            /* 2025-05-14 */
        assert_int_equal(v.qe_tcb_date, 1747094400);         /* 2025-05-13 */
        assert_int_equal(v.earliest_expiration, 1751328000); /* 2025-07-01 */
        assert_int_equal(v.latest_issue, 1748822400);        /* 2025-06-02 */
        assert_int_equal(v.earliest_issue, 1514764800);      /* 2018-01-01 */
        assert_true(v.step_count < VERDICT_STEPS_MAX - 8);
        for (size_t i = 0; i < v.step_count; i++)
            assert_true(v.steps[i].passed);
    }
}

static void the_summary_says_what_the_collateral_is_for(void **state)
{
    auto_scene s;
    auto_arena arena = { 0 };
    struct verdict v;
    struct collateral_summary summary = { 0 }, bad = { 0 };

    (void)state;
    intel_scene_init(&s, SCENE_TDX_4);
    intel_scene_build(&s);
    assert_true(scene_verify(&s, &arena, &v));
    intel_collateral_summary(s.collateral, &summary);
    assert_int_equal(summary.reason, REASON_NONE);
    assert_string_equal(summary.pck_ca, "processor");
    assert_bytes_equal(summary.fmspc, v.fmspc);
    assert_int_equal(summary.evaluation_number, 17);
    assert_int_equal(summary.earliest_expiration, 1751328000);
    scene_set_item(&s.bundle.qe_identity, BYTES_NONE);
    assert_false(scene_verify(&s, &arena, &v));
    intel_collateral_summary(s.collateral, &bad);
    assert_int_equal(bad.reason, REASON_COLLATERAL_MISSING);
    assert_true(bad.detail.len > 0);
}

static void debug_is_reported_and_not_refused(void **state)
{
    (void)state;
    for (int form = 0; form < SCENE_FORMS; form++) {
        auto_scene s;
        auto_arena arena = { 0 };
        struct verdict v;
        intel_scene_init(&s, (enum scene_form)form);
        if (scene_is_tdx(&s))
            s.body[120] = 0x40;
        else
            s.body[48] |= 0x02;
        intel_scene_build(&s);
        assert_true(scene_verify(&s, &arena, &v));
        assert_true(v.debug);
    }
}

/* ---- step 0 ---- */

static void only_p256_attestation_keys_are_supported(void **state)
{
    (void)state;
    for (uint16_t type = 0; type < 5; type++) {
        auto_scene s;
        intel_scene_init(&s, SCENE_SGX_3);
        s.key_type = type;
        scene_expect(&s, type == 2 ? REASON_NONE : REASON_UNSUPPORTED, "attestation key type");
    }
}

static void without_a_chain_of_its_own_a_quote_needs_one(void **state)
{
    static const struct {
        uint16_t type;
        size_t len;
        enum reason reason;
    } cases[] = {
        { 1, 36, REASON_NONE },       { 1, 34, REASON_NONE },    { 1, 35, REASON_FORMAT },
        { 1, 0, REASON_FORMAT },      { 2, 276, REASON_NONE },   { 2, 404, REASON_FORMAT },
        { 3, 404, REASON_NONE },      { 3, 276, REASON_FORMAT }, { 4, 10, REASON_NONE },
        { 0, 36, REASON_FORMAT },     { 6, 36, REASON_FORMAT },  { 7, 36, REASON_FORMAT },
        { 0xffff, 0, REASON_FORMAT },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_scene s;
        intel_scene_init(&s, i % 2 == 0 ? SCENE_SGX_3 : SCENE_TDX_4);
        s.cert_data_type = cases[i].type;
        for (size_t n = 0; n < cases[i].len; n++)
            buf_add_u8(&s.cert_data, 1);
        intel_scene_build(&s);
        scene_expect_built(
            &s, cases[i].reason == REASON_NONE ? REASON_COLLATERAL_MISSING : cases[i].reason,
            "no chain");
        scene_set_item(&s.bundle.pck_certificate_chain, buf_bytes(&s.pck_chain));
        scene_expect_built(&s, cases[i].reason, "chain in the bundle");
    }
}

static void the_chain_of_the_quote_goes_before_that_of_the_bundle(void **state)
{
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    scene_set_item(&s.bundle.pck_certificate_chain, BYTES_LITERAL("rubbish"));
    scene_expect_built(&s, REASON_NONE, "rubbish in the bundle");
}

static void authentication_data_may_have_any_length(void **state)
{
    (void)state;
    for (uint16_t len = 0; len <= 32; len = (uint16_t)(len + 16)) {
        auto_scene s;
        intel_scene_init(&s, len == 0 ? SCENE_SGX_3 : SCENE_TDX_5_15);
        s.authentication_len = len;
        scene_expect(&s, REASON_NONE, "length of the authentication data");
    }
}

static void nuls_may_end_the_chain_in_any_number(void **state)
{
    (void)state;
    for (size_t nuls = 0; nuls < 4; nuls++) {
        auto_scene s;
        intel_scene_init(&s, SCENE_SGX_3);
        s.nul_bytes = nuls;
        scene_expect(&s, REASON_NONE, "NULs behind the PEM");
    }
}

/* ---- step 1 ---- */

/* Puts what a test makes of the chain of the scene into a quote. */
static void expect_chain(const char *const order, enum reason reason)
{
    auto_scene s;
    auto_buf chain = { 0 };

    intel_scene_init(&s, SCENE_SGX_3);
    s.cert_data_type = 4;
    intel_scene_build(&s);
    for (const char *c = order; *c != '\0'; c++) {
        if (*c == 'l')
            pem_encode(&chain, "CERTIFICATE", buf_bytes(&s.leaf_der));
        else if (*c == 'c')
            pem_encode(&chain, "CERTIFICATE", buf_bytes(&s.ca_der));
        else if (*c == 'r')
            pem_encode(&chain, "CERTIFICATE", buf_bytes(&s.root_der));
        else if (*c == 's')
            pem_encode(&chain, "CERTIFICATE", buf_bytes(&s.signer_der));
        else
            buf_add_u8(&chain, (uint8_t)*c);
    }
    scene_set_item(&s.bundle.pck_certificate_chain, buf_bytes(&chain));
    scene_expect_built(&s, reason, order);
}

static void a_chain_is_leaf_ca_and_root_and_nothing_else(void **state)
{
    static const char *const bad[] = { "lrc", "clr", "lc",   "lr",   "l",    "lccr", "llcr", "lcrr",
                                       "lsr", "scr", "lcr#", "l#cr", "#lcr", "rcl",  "lcrl", "#" };

    (void)state;
    expect_chain("lcr", REASON_NONE);
    expect_chain(" \r\n\tl\n\nc \nr\n ", REASON_NONE);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect_chain(bad[i], REASON_CERT_CHAIN);
}

static void set_ca_name(struct intel_scene *s, const char *name)
{
    s->ca.name = s->leaf.issuer = s->pck_crl.issuer = name;
}

static void both_cas_may_issue(void **state)
{
    auto_scene s;
    auto_arena arena = { 0 };
    struct verdict v;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    set_ca_name(&s, "Intel SGX PCK Platform CA");
    s.pck.platform = true;
    intel_scene_build(&s);
    assert_true(scene_verify(&s, &arena, &v));
    assert_string_equal(v.pck_ca, "platform");
}

static void change_root_name(struct intel_scene *s)
{
    s->root.name = s->ca.issuer = s->signer.issuer = s->root_crl.issuer = "Intel SGX Root CB";
}
static void change_ca_name(struct intel_scene *s)
{
    set_ca_name(s, "Intel SGX PCK Planet CA");
}
static void change_leaf_name(struct intel_scene *s)
{
    s->leaf.name = "Intel SGX PCK Certificat";
}
static void change_signer_name(struct intel_scene *s)
{
    s->signer.name = "Intel SGX TCB Signer";
}
static void change_leaf_issuer(struct intel_scene *s)
{
    s->leaf.issuer = "Intel SGX PCK Platform CA";
}
static void encode_leaf_issuer_otherwise(struct intel_scene *s)
{
    s->leaf.other_encoding = true;
}
static void encode_ca_issuer_otherwise(struct intel_scene *s)
{
    s->ca.other_encoding = true;
}
static void encode_signer_issuer_otherwise(struct intel_scene *s)
{
    s->signer.other_encoding = true;
}
static void encode_root_issuer_otherwise(struct intel_scene *s)
{
    s->root.other_encoding = true;
}
static void take_ca_flag_from_ca(struct intel_scene *s)
{
    s->ca.constraints = PKI_CONSTRAINTS_END;
}
static void take_constraints_from_ca(struct intel_scene *s)
{
    s->ca.constraints = PKI_CONSTRAINTS_NONE;
}
static void take_ca_flag_from_root(struct intel_scene *s)
{
    s->root.constraints = PKI_CONSTRAINTS_END;
}
static void give_ca_flag_to_leaf(struct intel_scene *s)
{
    s->leaf.constraints = PKI_CONSTRAINTS_CA;
}
static void give_ca_flag_to_signer(struct intel_scene *s)
{
    s->signer.constraints = PKI_CONSTRAINTS_CA;
}
static void take_signing_from_ca(struct intel_scene *s)
{
    s->ca.usage = PKI_USAGE_SIGNATURE;
}
static void take_signing_from_root(struct intel_scene *s)
{
    s->root.usage = PKI_USAGE_SIGNATURE;
}
static void add_critical_to_leaf(struct intel_scene *s)
{
    s->leaf.unknown_critical = true;
}
static void add_critical_to_ca(struct intel_scene *s)
{
    s->ca.unknown_critical = true;
}
static void add_critical_to_signer(struct intel_scene *s)
{
    s->signer.unknown_critical = true;
}
static void double_extension_of_ca(struct intel_scene *s)
{
    s->ca.doubled_extension = true;
}
static void make_leaf_version_1(struct intel_scene *s)
{
    s->leaf.version_1 = true;
}
static void name_other_algorithm_inside(struct intel_scene *s)
{
    s->leaf.inner = PKI_ECDSA_SHA384;
}
static void name_other_algorithm_outside(struct intel_scene *s)
{
    s->leaf.outer = PKI_ECDSA_SHA384;
}
static void name_other_algorithm_twice(struct intel_scene *s)
{
    s->ca.inner = s->ca.outer = PKI_ECDSA_SHA384;
}
static void give_algorithm_parameters(struct intel_scene *s)
{
    s->leaf.inner = s->leaf.outer = PKI_ECDSA_SHA256_NULL;
}
static void take_extension_from_leaf(struct intel_scene *s)
{
    s->leaf.extension_oid = NULL;
}
static void break_extension(struct intel_scene *s)
{
    buf_add(&s->extension, BYTES_LITERAL("\x30\x00"));
}
static void write_time_with_offset(struct intel_scene *s)
{
    s->leaf.not_after = "31010100000+0100";
}
static void write_impossible_month(struct intel_scene *s)
{
    s->leaf.not_before = "241301000000Z";
}

static void chains_with_one_flaw_are_refused(void **state)
{
    static const struct {
        const char *what;
        void (*make)(struct intel_scene *);
    } flaws[] = {
        { "name of the root", change_root_name },
        { "name of the CA", change_ca_name },
        { "name of the leaf", change_leaf_name },
        { "name of the signer", change_signer_name },
        { "issuer of the leaf", change_leaf_issuer },
        { "encoding of the leaf's issuer", encode_leaf_issuer_otherwise },
        { "encoding of the CA's issuer", encode_ca_issuer_otherwise },
        { "encoding of the signer's issuer", encode_signer_issuer_otherwise },
        { "encoding of the root's issuer", encode_root_issuer_otherwise },
        { "CA without the flag", take_ca_flag_from_ca },
        { "CA without constraints", take_constraints_from_ca },
        { "root without the flag", take_ca_flag_from_root },
        { "leaf with the flag", give_ca_flag_to_leaf },
        { "signer with the flag", give_ca_flag_to_signer },
        { "CA that may not sign", take_signing_from_ca },
        { "root that may not sign", take_signing_from_root },
        { "critical extension in the leaf", add_critical_to_leaf },
        { "critical extension in the CA", add_critical_to_ca },
        { "critical extension in the signer", add_critical_to_signer },
        { "extension twice", double_extension_of_ca },
        { "version 1", make_leaf_version_1 },
        { "other algorithm inside", name_other_algorithm_inside },
        { "other algorithm outside", name_other_algorithm_outside },
        { "other algorithm in both places", name_other_algorithm_twice },
        { "parameters of the algorithm", give_algorithm_parameters },
        { "no SGX extension", take_extension_from_leaf },
        { "empty SGX extension", break_extension },
        { "time with an offset", write_time_with_offset },
        { "month 13", write_impossible_month },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(flaws); i++) {
        auto_scene s;
        intel_scene_init(&s, i % 2 == 0 ? SCENE_SGX_3 : SCENE_TDX_4);
        flaws[i].make(&s);
        scene_expect(&s, REASON_CERT_CHAIN, flaws[i].what);
    }
}

static void only_the_key_of_the_anchor_is_a_root(void **state)
{
    auto_scene s, other;
    const struct bytes none = BYTES_LITERAL("\x04");
    struct bytes both[2];

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_init(&other, SCENE_SGX_3);
    intel_scene_build(&s);
    intel_scene_build(&other);
    const struct bytes own = s.anchor;
    s.anchor = other.anchor;
    scene_expect_built(&s, REASON_CERT_CHAIN, "another root of the same name");
    s.anchor = none;
    scene_expect_built(&s, REASON_CERT_CHAIN, "an anchor that is none");
    s.anchors.intel_count = 0;
    scene_expect_built(&s, REASON_CERT_CHAIN, "no anchor");
    both[0] = other.anchor;
    both[1] = own;
    s.anchors = (struct trust_anchors){ .intel_count = 2, .intel_root_keys = both };
    scene_expect_built(&s, REASON_NONE, "one of two anchors");
    /* Trusting two roots does not mix them. */
    s.bundle.tcb_info_issuer_chain = other.bundle.tcb_info_issuer_chain;
    s.bundle.tcb_info = other.bundle.tcb_info;
    scene_expect_built(&s, REASON_CERT_CHAIN, "TCB info under another root");
    s.bundle = other.bundle;
    scene_expect_built(&s, REASON_CERT_CHAIN, "all collateral under another root");
}

static void collateral_that_was_judged_under_other_anchors_does_not_help(void **state)
{
    auto_scene s, other;
    auto_arena arena = { 0 };
    struct verdict v;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_init(&other, SCENE_SGX_3);
    intel_scene_build(&s);
    intel_scene_build(&other);
    assert_true(scene_verify(&s, &arena, &v));
    s.anchors = other.anchors;
    assert_false(scene_verify_quote(&s, buf_bytes(&s.quote), s.collateral, &arena, &v));
    assert_int_equal(v.reason, REASON_CERT_CHAIN);
}

/* A CA made by someone else, who has no key of ours, but names. */
static void signatures_of_others_break_the_chain(void **state)
{
    struct err err = { 0 };

    (void)state;
    for (int which = 0; which < 3; which++) {
        auto_scene s;
        auto_key *foreign = key_generate(KEY_ECDSA, 256, &err);
        auto_buf der = { 0 }, chain = { 0 };
        intel_scene_init(&s, SCENE_SGX_3);
        s.cert_data_type = 4;
        intel_scene_build(&s);
        if (which == 0)
            pki_cert_add(&der, &s.ca, s.ca_key, foreign);
        else
            pki_cert_add(&der, &s.root, s.root_key, foreign);
        pem_encode(&chain, "CERTIFICATE", buf_bytes(&s.leaf_der));
        pem_encode(&chain, "CERTIFICATE", which == 0 ? buf_bytes(&der) : buf_bytes(&s.ca_der));
        pem_encode(&chain, "CERTIFICATE", which == 1 ? buf_bytes(&der) : buf_bytes(&s.root_der));
        scene_set_item(&s.bundle.pck_certificate_chain, buf_bytes(&chain));
        scene_expect_built(&s, which == 2 ? REASON_NONE : REASON_CERT_CHAIN, "signed by others");
    }
}

static void keys_on_other_curves_break_the_chain(void **state)
{
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    key_free(s.ca_key);
    s.ca_key = key_generate(KEY_ECDSA, 384, &err);
    scene_expect(&s, REASON_CERT_CHAIN, "CA with a key on P-384");
}

/* ---- a platform that was seen before (leaf_cache.h) ---- */

static void expect_with(const struct intel_scene *s, const struct intel_collateral *c,
                        enum reason reason, const char *what)
{
    auto_arena arena = { 0 };
    struct verdict v;

    (void)scene_verify_quote(s, buf_bytes(&s->quote), c, &arena, &v);
    if (v.reason != reason)
        fail_msg("%s: %s instead of %s", what, reason_text(v.reason), reason_text(reason));
}

static void a_platform_that_was_seen_before_has_the_same_verdict(void **state)
{
    (void)state;
    for (int form = 0; form < SCENE_FORMS; form++) {
        auto_scene s;
        auto_arena arena = { 0 };
        struct verdict first, second;
        intel_scene_init(&s, (enum scene_form)form);
        intel_scene_build(&s);
        struct intel_collateral *const c = intel_collateral_parse(&s.bundle, &s.anchors);
        assert_true(scene_verify_quote(&s, buf_bytes(&s.quote), c, &arena, &first));
        assert_true(scene_verify_quote(&s, buf_bytes(&s.quote), c, &arena, &second));
        assert_int_equal(first.step_count, second.step_count);
        for (size_t i = 0; i < first.step_count; i++)
            assert_string_equal(first.steps[i].name, second.steps[i].name);
        assert_bytes_equal(first.fmspc, second.fmspc);
        assert_bytes_equal(first.root_ca, second.root_ca);
        assert_int_equal(first.earliest_expiration, second.earliest_expiration);
        intel_collateral_free(c);
    }
}

static void a_platform_that_was_seen_before_is_still_held_to_anchors_and_time(void **state)
{
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    struct intel_collateral *const c = intel_collateral_parse(&s.bundle, &s.anchors);
    expect_with(&s, c, REASON_NONE, "good");
    const struct trust_anchors mine = s.anchors;
    s.anchors = trust_anchors_builtin;
    expect_with(&s, c, REASON_CERT_CHAIN, "other anchors");
    s.anchors = mine;
    s.now = 4102444800; /* 2100 */
    expect_with(&s, c, REASON_EXPIRED, "later");
    s.now = 0;
    expect_with(&s, c, REASON_NOT_YET_VALID, "before");
    intel_collateral_free(c);
}

/* One by one, after the good one was seen: everything that makes it another certificate. */
static void another_certificate_is_not_taken_for_one_that_was_seen(void **state)
{
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    struct intel_collateral *const c = intel_collateral_parse(&s.bundle, &s.anchors);
    expect_with(&s, c, REASON_NONE, "good");
    struct key *const ca_key = s.ca_key;
    s.ca_key = key_generate(KEY_ECDSA, 256, &err);
    intel_scene_build(&s);
    expect_with(&s, c, REASON_CERT_CHAIN, "CA of the same name with another key");
    key_free(s.ca_key);
    s.ca_key = ca_key;
    s.leaf.constraints = PKI_CONSTRAINTS_CA;
    intel_scene_build(&s);
    expect_with(&s, c, REASON_CERT_CHAIN, "leaf that is a CA");
    s.leaf.constraints = PKI_CONSTRAINTS_NONE;
    s.leaf.name = "Intel SGX PCK Certificates";
    intel_scene_build(&s);
    expect_with(&s, c, REASON_CERT_CHAIN, "leaf of another name");
    expect_with(&s, c, REASON_CERT_CHAIN, "what was refused is not kept");
    intel_collateral_free(c);
}

/* A quote of version 3 with another text for its PCK chain; appends. */
static void put_with_chain(struct buf *out, struct bytes quote, struct bytes chain)
{
    enum { LENGTH_AT = 432, CHAIN_AT = 1052 };

    buf_add(out, bytes_of(quote.at, LENGTH_AT));
    buf_add_u32le(out, (uint32_t)(CHAIN_AT - LENGTH_AT - 4 + chain.len));
    buf_add(out, bytes_of(quote.at + LENGTH_AT + 4, CHAIN_AT - LENGTH_AT - 8));
    buf_add_u32le(out, (uint32_t)chain.len);
    buf_add(out, chain);
}

/* The CA is another one of the same name, which the root has signed as well: the leaf was not seen under it. */
static void a_certificate_that_was_seen_is_not_taken_under_another_ca(void **state)
{
    auto_scene s;
    auto_arena arena = { 0 };
    struct verdict v = { 0 };
    auto_buf good = { 0 }, chain = { 0 }, quote = { 0 };
    struct err err = { 0 };

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    struct intel_collateral *const c = intel_collateral_parse(&s.bundle, &s.anchors);
    put_with_chain(&good, buf_bytes(&s.quote), buf_bytes(&s.pck_chain));
    assert_true(scene_verify_quote(&s, buf_bytes(&good), c, &arena, &v));
    pem_encode(&chain, "CERTIFICATE", buf_bytes(&s.leaf_der));
    key_free(s.ca_key);
    s.ca_key = key_generate(KEY_ECDSA, 256, &err);
    intel_scene_build(&s);
    pem_encode(&chain, "CERTIFICATE", buf_bytes(&s.ca_der));
    pem_encode(&chain, "CERTIFICATE", buf_bytes(&s.root_der));
    put_with_chain(&quote, buf_bytes(&good), buf_bytes(&chain));
    assert_false(scene_verify_quote(&s, buf_bytes(&quote), c, &arena, &v));
    assert_string_equal(v.steps[v.step_count - 1].name, "PCK chain: roles and signatures");
    intel_collateral_free(c);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_form_of_quote_verifies),
    cmocka_unit_test(the_summary_says_what_the_collateral_is_for),
    cmocka_unit_test(debug_is_reported_and_not_refused),
    cmocka_unit_test(only_p256_attestation_keys_are_supported),
    cmocka_unit_test(without_a_chain_of_its_own_a_quote_needs_one),
    cmocka_unit_test(the_chain_of_the_quote_goes_before_that_of_the_bundle),
    cmocka_unit_test(authentication_data_may_have_any_length),
    cmocka_unit_test(nuls_may_end_the_chain_in_any_number),
    cmocka_unit_test(a_chain_is_leaf_ca_and_root_and_nothing_else),
    cmocka_unit_test(both_cas_may_issue),
    cmocka_unit_test(chains_with_one_flaw_are_refused),
    cmocka_unit_test(only_the_key_of_the_anchor_is_a_root),
    cmocka_unit_test(collateral_that_was_judged_under_other_anchors_does_not_help),
    cmocka_unit_test(signatures_of_others_break_the_chain),
    cmocka_unit_test(keys_on_other_curves_break_the_chain),
    cmocka_unit_test(a_platform_that_was_seen_before_has_the_same_verdict),
    cmocka_unit_test(a_platform_that_was_seen_before_is_still_held_to_anchors_and_time),
    cmocka_unit_test(another_certificate_is_not_taken_for_one_that_was_seen),
    cmocka_unit_test(a_certificate_that_was_seen_is_not_taken_under_another_ca),
};

TEST_MAIN(tests)
