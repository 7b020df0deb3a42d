/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

/* A package that stands alone: the policy for a Coordinator. */

#define HEX32 "0102030405060708090a0b0c0d0e0f100102030405060708090a0b0c0d0e0f10"
#define HEX48 HEX32 "0102030405060708090a0b0c0d0e0f10"
#define SIGNER "\"SignerID\":\"" HEX32 "\",\"ProductID\":2,\"SecurityVersion\":3"

static bool parse(const char *text, size_t len, struct arena *arena, struct manifest_package *p,
                  struct err *err)
{
    /* Of its exact size on the heap, so that a sanitizer sees a read behind it. */
    uint8_t *const copy = bytes_copy(bytes_of(text, len));
    const bool ok =
        manifest_package_parse(bytes_of(copy, len), BYTES_LITERAL("app"), arena, p, err);

    free(copy);
    return ok;
}

static void every_member_of_a_package_is_read(void **state)
{
    static const char text[] =
        "{\"Debug\":true,\"uniqueid\":\"" HEX32 "\"," SIGNER
        ",\"AcceptedTCBStatuses\":[\"OutOfDate\"],\"AcceptedAdvisories\":[\"A\",\"B\"],"
        "\"TDX\":{\"MRTD\":\"" HEX48 "\"},\"SNP\":{\"Measurement\":\"" HEX48 "\"}}";
    auto_arena arena = { 0 };
    struct manifest_package p;
    struct err err = { 0 };

    (void)state;
    assert_ok(parse(text, sizeof text - 1, &arena, &p, &err), &err);
    assert_bytes_equal(p.name, BYTES_LITERAL("app"));
    assert_true(p.debug && p.tdx.present && p.snp.present);
    assert_bytes_equal(p.unique_id, BYTES_LITERAL(HEX32));
    assert_bytes_equal(p.signer_id, BYTES_LITERAL(HEX32));
    assert_true(p.product_id.present && p.security_version.present);
    assert_int_equal(p.product_id.value, 2);
    assert_int_equal(p.security_version.value, 3);
    assert_int_equal(p.accepted_tcb_statuses.count, 1);
    assert_int_equal(p.accepted_advisories.count, 2);
    for (size_t len = 0; len < sizeof text - 1; len++)
        assert_false(parse(text, len, &arena, &p, &err));
}

static void each_way_to_name_the_software_is_enough(void **state)
{
    static const char *const texts[] = {
        "{\"UniqueID\":\"" HEX32 "\"}",
        "{" SIGNER "}",
        "{\"UniqueID\":\"" HEX32 "\",\"SecurityVersion\":1}",
        "{\"SignerID\":\"" HEX32 "\",\"ProductID\":0,\"SecurityVersion\":0}",
        "{\"TDX\":{\"MRTD\":\"" HEX48 "\"}}",
        "{\"SNP\":{\"IDKeyDigest\":\"" HEX48 "\"}}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        auto_arena arena = { 0 };
        struct manifest_package p;
        struct err err = { 0 };
        assert_ok(parse(texts[i], strlen(texts[i]), &arena, &p, &err), &err);
    }
}

static void what_would_fit_any_software_or_none_is_refused(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        { "null", "not an object" },
        { "[]", "not an object" },
        { "{}", "there is no UniqueID, SignerID, TDX or SNP" },
        { "{\"Debug\":true}", "there is no UniqueID" },
        { "{\"UniqueID\":null}", "there is no UniqueID" },
        { "{\"ProductID\":1}", "there is no UniqueID and no SignerID" },
        { "{\"SecurityVersion\":1,\"TDX\":{\"MRTD\":\"" HEX48 "\"}}", "no SignerID" },
        { "{\"SignerID\":\"" HEX32 "\",\"SecurityVersion\":1}", "there is no ProductID" },
        { "{\"SignerID\":\"" HEX32 "\",\"ProductID\":1}", "there is no SecurityVersion" },
        { "{\"UniqueID\":\"" HEX48 "\"}", "UniqueID has to be 32 bytes" },
        { "{\"UniqueID\":\"" HEX32 "\",\"SignerID\":\"x\"}", "SignerID has to be 32 bytes" },
        { "{\"UniqueID\":\"" HEX32 "\",\"InsecureSkipVerify\":false}", "not known" },
        { "{\"Debug\":true,\"TDX\":{}}", "MRTD" },
        { "{\"Debug\":true,\"SNP\":{}}", "Measurement or IDKeyDigest" },
        { "{\"UniqueID\":\"" HEX32 "\",\"TDX\":{\"MRTD\":\"" HEX32 "\"}}", "MRTD" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_arena arena = { 0 };
        struct manifest_package p;
        struct err err = { 0 };
        assert_false(parse(cases[i].text, strlen(cases[i].text), &arena, &p, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_non_null(strstr(err.text, cases[i].part));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_member_of_a_package_is_read),
    cmocka_unit_test(each_way_to_name_the_software_is_enough),
    cmocka_unit_test(what_would_fit_any_software_or_none_is_refused),
};
TEST_MAIN(tests)
