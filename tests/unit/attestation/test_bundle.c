/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "attestation/bundle.h"

#define HEAD "{\"format\":\"attestation-collateral\",\"version\":1,\"tee\":"

static bool parse(const char *text, struct arena *arena, struct bundle *bundle)
{
    struct err err = { 0 };
    const bool parsed = bundle_parse(bytes_of_string(text), arena, bundle, &err);

    assert_int_equal(err.kind, parsed ? FAIL_NONE : FAIL_MALFORMED);
    assert_int_equal(err.text[0] == '\0', parsed);
    return parsed;
}

static void expect_item(const struct bundle_item *item, const char *want)
{
    assert_true(item->present);
    assert_int_equal(item->reason, REASON_NONE);
    assert_bytes_equal(item->bytes, bytes_of_string(want));
}

static void bundle_parse_gives_every_item_of_intel(void **state)
{
    auto_arena arena = { 0 };
    struct bundle b;
    (void)state;

    assert_true(parse(HEAD "\"tdx\",\"fetched_at\":\"2026-01-01T00:00:00Z\",\"source\":\"PCS\","
                           "\"tcb_info\":\"{\\\"tcbInfo\\\":1}\","
                           "\"tcb_info_issuer_chain\":\"a\","
                           "\"qe_identity\":\"b\",\"qe_identity_issuer_chain\":\"c\","
                           "\"pck_crl\":\"MDE=\",\"pck_crl_issuer_chain\":\"d\\n\","
                           "\"root_ca_crl\":\"MDEy\",\"pck_certificate_chain\":\"e\"}",
                      &arena, &b));
    assert_int_equal(b.tee, TEE_TDX);
    expect_item(&b.tcb_info, "{\"tcbInfo\":1}");
    expect_item(&b.tcb_info_issuer_chain, "a");
    expect_item(&b.qe_identity, "b");
    expect_item(&b.qe_identity_issuer_chain, "c");
    expect_item(&b.pck_crl, "01");
    expect_item(&b.pck_crl_issuer_chain, "d\n");
    expect_item(&b.root_ca_crl, "012");
    expect_item(&b.pck_certificate_chain, "e");
    assert_int_equal(b.vek.reason, REASON_COLLATERAL_MISSING);
    assert_false(b.crl.present);
}

static void bundle_parse_gives_every_item_of_snp(void **state)
{
    auto_arena arena = { 0 };
    struct bundle b;
    (void)state;

    assert_true(parse(HEAD
                      "\"snp\",\"vek\":\"a\",\"vek_type\":\"vcek\",\"ask\":\"b\",\"ark\":\"c\","
                      "\"crl\":\"MA==\"}",
                      &arena, &b));
    assert_int_equal(b.tee, TEE_SNP);
    expect_item(&b.vek, "a");
    expect_item(&b.vek_type, "vcek");
    expect_item(&b.ask, "b");
    expect_item(&b.ark, "c");
    expect_item(&b.crl, "0");
    assert_int_equal(b.tcb_info.reason, REASON_COLLATERAL_MISSING);
}

static void an_item_that_is_absent_or_empty_is_missing(void **state)
{
    auto_arena arena = { 0 };
    struct bundle b;
    (void)state;

    assert_true(parse(HEAD "\"sgx\",\"tcb_info\":\"\",\"pck_crl\":\"\"}", &arena, &b));
    assert_true(b.tcb_info.present && b.pck_crl.present);
    assert_int_equal(b.tcb_info.reason, REASON_COLLATERAL_MISSING);
    assert_int_equal(b.pck_crl.reason, REASON_COLLATERAL_MISSING);
    assert_false(b.qe_identity.present);
    assert_int_equal(b.qe_identity.reason, REASON_COLLATERAL_MISSING);
}

static void an_item_of_another_form_is_remembered_as_such(void **state)
{
    static const char *const values[] = {
        "1",         "null",         "{}",       "[\"a\"]",         "true",
        "\"MA\"",    "\"M===\"",     "\"MA=\"",  "\"MDE=\\n\"",     "\"MD\\r\\nE=\"",
        "\"MD E=\"", "\"MDE=MDE=\"", "\"_-==\"", "\"MDE=\\u0000\"",
    };
    auto_arena arena = { 0 };
    struct bundle b;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(values); i++) {
        auto_string *text = mem_printf("%s\"sgx\",\"pck_crl\":%s}", HEAD, values[i]);
        assert_true(parse(text, &arena, &b));
        if (b.pck_crl.reason != REASON_COLLATERAL_FORMAT || b.pck_crl.bytes.len != 0 ||
            !b.pck_crl.present)
            fail_msg("%s", values[i]);
    }
    assert_true(parse(HEAD "\"sgx\",\"tcb_info\":{\"tcbInfo\":1}}", &arena, &b));
    assert_int_equal(b.tcb_info.reason, REASON_COLLATERAL_FORMAT);
}

static void an_item_may_have_a_mebibyte(void **state)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };
    struct bundle b;
    (void)state;

    for (size_t more = 0; more < 2; more++) {
        auto_buf text = { 0 };
        buf_add_string(&text, HEAD "\"sgx\",\"tcb_info\":\"");
        memset(buf_grow(&text, BUNDLE_ITEM_MAX + more), 'a', BUNDLE_ITEM_MAX + more);
        buf_add_string(&text, "\"}");
        assert_ok(bundle_parse(buf_bytes(&text), &arena, &b, &err), &err);
        assert_int_equal(b.tcb_info.reason, more == 0 ? REASON_NONE : REASON_COLLATERAL_FORMAT);
    }
}

static void what_is_no_bundle_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "null",
        HEAD "\"sgx\"} x",
        HEAD "\"sgx\"",
        HEAD "\"SGX\"}",
        HEAD "\"\"}",
        HEAD "1}",
        HEAD "null}",
        "{\"format\":\"attestation-collateral\",\"version\":1}",
        "{\"format\":\"attestation-collateral\",\"version\":2,\"tee\":\"sgx\"}",
        "{\"format\":\"attestation-collateral\",\"version\":\"1\",\"tee\":\"sgx\"}",
        "{\"format\":\"attestation-collateral\",\"version\":1.0,\"tee\":\"sgx\"}",
        "{\"format\":\"attestation-collateral\",\"version\":null,\"tee\":\"sgx\"}",
        "{\"format\":\"attestation-collateral\",\"tee\":\"sgx\"}",
        "{\"format\":\"collateral\",\"version\":1,\"tee\":\"sgx\"}",
        "{\"format\":1,\"version\":1,\"tee\":\"sgx\"}",
        "{\"version\":1,\"tee\":\"sgx\"}",
        /* Twice, unknown, in other letters, of the other technology. */
        HEAD "\"sgx\",\"tcb_info\":\"a\",\"tcb_info\":\"b\"}",
        HEAD "\"sgx\",\"tee\":\"sgx\"}",
        HEAD "\"snp\",\"crls\":\"\"}",
        HEAD "\"snp\",\"CRL\":\"\"}",
        HEAD "\"snp\",\"tcb_info\":\"a\"}",
        HEAD "\"sgx\",\"vek\":\"a\"}",
    };
    auto_arena arena = { 0 };
    struct bundle b;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (parse(texts[i], &arena, &b))
            fail_msg("%s", texts[i]);
    }
}

/* Also in members that nobody looks at. */
static void a_bundle_nests_at_most_16_deep(void **state)
{
    (void)state;
    for (size_t depth = 14; depth < 20; depth++) {
        auto_buf text = { 0 };
        auto_arena arena = { 0 };
        struct bundle b;
        struct err err = { 0 };
        buf_add_string(&text, HEAD "\"snp\",\"source\":");
        for (size_t i = 1; i < depth; i++)
            buf_add_u8(&text, '[');
        for (size_t i = 1; i < depth; i++)
            buf_add_u8(&text, ']');
        buf_add_u8(&text, '}');
        assert_int_equal(bundle_parse(buf_bytes(&text), &arena, &b, &err), depth <= 16);
        if (depth <= 16)
            continue;
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_non_null(strstr(err.text, "collateral bundle: "));
        assert_non_null(strstr(err.text, "nested too deep"));
    }
}

static void a_bundle_is_utf8(void **state)
{
    auto_arena arena = { 0 };
    struct bundle b;

    (void)state;
    assert_true(parse(HEAD "\"snp\",\"source\":\"\xc3\xa9\"}", &arena, &b));
    assert_false(parse(HEAD "\"snp\",\"source\":\"\xe9\"}", &arena, &b));
}

static void every_prefix_of_a_bundle_is_refused(void **state)
{
    const struct bytes whole = BYTES_LITERAL(HEAD "\"snp\",\"vek\":\"a\",\"crl\":\"MA==\"}");
    struct bundle b;
    (void)state;

    for (size_t len = 0; len <= whole.len; len++) {
        auto_arena arena = { 0 };
        struct err err = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(whole.at, len));
        assert_int_equal(bundle_parse(bytes_of(exact, len), &arena, &b, &err), len == whole.len);
        free(exact);
    }
}

static void a_bundle_that_is_too_long_is_not_read(void **state)
{
    auto_arena arena = { 0 };
    auto_buf text = { 0 };
    struct err err = { 0 };
    struct bundle b;
    (void)state;

    memset(buf_grow(&text, COLLATERAL_BUNDLE_MAX + 1), ' ', COLLATERAL_BUNDLE_MAX + 1);
    assert_false(bundle_parse(buf_bytes(&text), &arena, &b, &err));
    assert_int_equal(err.kind, FAIL_TOO_LARGE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bundle_parse_gives_every_item_of_intel),
    cmocka_unit_test(bundle_parse_gives_every_item_of_snp),
    cmocka_unit_test(an_item_that_is_absent_or_empty_is_missing),
    cmocka_unit_test(an_item_of_another_form_is_remembered_as_such),
    cmocka_unit_test(an_item_may_have_a_mebibyte),
    cmocka_unit_test(what_is_no_bundle_is_refused),
    cmocka_unit_test(a_bundle_nests_at_most_16_deep),
    cmocka_unit_test(a_bundle_is_utf8),
    cmocka_unit_test(every_prefix_of_a_bundle_is_refused),
    cmocka_unit_test(a_bundle_that_is_too_long_is_not_read),
};
TEST_MAIN(tests)
