/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

#include "manifest/records.h"

/* The parts of packages for TDX and SEV-SNP, and the platforms of infrastructures (docs/policy.md). */

#define HEX8 "0102030405060708"
#define HEX16 HEX8 "090a0b0c0d0e0f10"
#define HEX32 HEX16 HEX16
#define HEX48 HEX32 HEX16
#define HEX64 HEX32 HEX32
#define OTHER48 "FF02030405060708090a0b0c0d0e0f10" HEX32
#define ZERO16 "00000000000000000000000000000000"
#define ZERO48 ZERO16 ZERO16 ZERO16
#define MARBLES "\"Marbles\":{\"m\":{\"Package\":\"app\"}}"
#define PACKAGE(members) "{" MARBLES ",\n\"Packages\":{\"app\":{" members "}}}"
#define TDX(members) PACKAGE("\"TDX\":{\"MRTD\":\"" HEX48 "\"" members "}")
#define SNP(members) PACKAGE("\"SNP\":{\"Measurement\":\"" HEX48 "\"" members "}")
#define INFRASTRUCTURE(members)                                                                    \
    "{" MARBLES ",\"Packages\":{\"app\":{\"UniqueID\":\"00\"}},\n"                                 \
    "\"Infrastructures\":{\"x\":{" members "}}}"

static void assert_list(const struct text_list *list, size_t count, const char *first)
{
    assert_true(list->present);
    assert_int_equal(list->count, count);
    assert_bytes_equal(list->at[0], bytes_of_string(first));
}

static struct manifest *parse_ok(const char *text)
{
    struct err err = { 0 };
    struct manifest *const m = manifest_parse(bytes_of_string(text), &err);

    assert_ok(m != NULL && manifest_check(m, NULL, &err), &err);
    return m;
}

/* ---- parsing ---- */

#define EVERY_TDX_MEMBER                                                                           \
    ",\"RTMR0\":[\"" HEX48 "\",\"" OTHER48 "\"],\"RTMR1\":\"" HEX48 "\",\"RTMR2\":\"" HEX48        \
    "\",\"RTMR3\":\"" HEX48 "\",\"MRSEAM\":\"" HEX48 "\",\"MRConfigID\":\"" HEX48                  \
    "\",\"MROwner\":\"" HEX48 "\",\"MROwnerConfig\":\"" HEX48 "\",\"MRServiceTD\":\"" HEX48        \
    "\",\"TDAttributes\":\"" HEX8 "\",\"XFAM\":{\"Value\":\"" HEX8                                 \
    "\",\"Mask\":\"ffffffffffffffff\"}"
#define EVERY_SNP_MEMBER                                                                           \
    ",\"HostData\":\"" HEX32 "\",\"IDKeyDigest\":[\"" HEX48 "\"],\"AuthorKeyDigest\":\"" HEX48     \
    "\",\"FamilyID\":\"" HEX16 "\",\"ImageID\":[\"" HEX16 "\",\"" ZERO16 "\"],"                    \
    "\"MinimumGuestSVN\":4294967295,\"MinimumTCB\":{\"BootLoader\":1,\"TEE\":2,\"SNP\":3,"         \
    "\"Microcode\":255,\"FMC\":5},\"VMPL\":3,\"Policy\":{\"SMT\":false,\"MigrationAgent\":true,"   \
    "\"CXL\":true,\"SingleSocket\":true,\"AES256XTS\":true,\"RAPLDisabled\":true,"                 \
    "\"CiphertextHiding\":true,\"PageSwapDisabled\":true,\"ABIMajor\":1,\"ABIMinor\":55},"         \
    "\"Products\":[\"Milan\",\"Genoa\",\"Turin\"]"

static void every_member_of_tdx_is_read(void **state)
{
    auto_manifest *m = parse_ok(TDX(EVERY_TDX_MEMBER));
    const struct manifest_tdx *const tdx = &m->packages[0].tdx;

    (void)state;
    assert_true(tdx->present);
    assert_false(m->packages[0].snp.present);
    for (size_t i = 0; i < TDX_REFERENCE_COUNT; i++)
        assert_list(&tdx->references[i], i == TDX_RTMR0 ? 2 : 1, HEX48);
    assert_bytes_equal(tdx->bits[TDX_TDATTRIBUTES].value, BYTES_LITERAL(HEX8));
    assert_int_equal(tdx->bits[TDX_TDATTRIBUTES].mask.len, 0);
    assert_bytes_equal(tdx->bits[TDX_XFAM].value, BYTES_LITERAL(HEX8));
    assert_bytes_equal(tdx->bits[TDX_XFAM].mask, BYTES_LITERAL("ffffffffffffffff"));
}

static void every_member_of_snp_is_read(void **state)
{
    auto_manifest *m = parse_ok(SNP(EVERY_SNP_MEMBER));
    const struct manifest_snp *const snp = &m->packages[0].snp;
    static const uint64_t tcb[SNP_TCB_PART_COUNT] = { 1, 2, 3, 255, 5 };

    (void)state;
    assert_true(snp->present);
    assert_list(&snp->references[SNP_MEASUREMENT], 1, HEX48);
    assert_list(&snp->references[SNP_HOST_DATA], 1, HEX32);
    assert_list(&snp->references[SNP_ID_KEY_DIGEST], 1, HEX48);
    assert_list(&snp->references[SNP_AUTHOR_KEY_DIGEST], 1, HEX48);
    assert_list(&snp->references[SNP_FAMILY_ID], 1, HEX16);
    assert_list(&snp->references[SNP_IMAGE_ID], 2, HEX16);
    assert_int_equal(snp->minimum_guest_svn, UINT32_MAX);
    assert_memory_equal(snp->minimum_tcb, tcb, sizeof tcb);
    assert_int_equal(snp->vmpl, 3);
    for (size_t i = 0; i < SNP_POLICY_FLAG_COUNT; i++)
        assert_int_equal(snp->policy.flags[i], i != SNP_POLICY_SMT);
    assert_int_equal(snp->policy.abi_major, 1);
    assert_int_equal(snp->policy.abi_minor, 55);
    assert_list(&snp->products, 3, "Milan");
}

static void what_snp_leaves_out_has_its_default(void **state)
{
    auto_manifest *m = parse_ok(SNP(",\"HostData\":null,\"Products\":null,\"VMPL\":null"));
    const struct manifest_snp *const snp = &m->packages[0].snp;

    (void)state;
    for (size_t i = 0; i < SNP_POLICY_FLAG_COUNT; i++)
        assert_int_equal(snp->policy.flags[i], i == SNP_POLICY_SMT);
    for (size_t i = 0; i < SNP_TCB_PART_COUNT; i++)
        assert_int_equal(snp->minimum_tcb[i], 0);
    assert_int_equal(snp->vmpl, 0);
    assert_int_equal(snp->minimum_guest_svn, 0);
    assert_false(snp->references[SNP_HOST_DATA].present);
    assert_false(snp->products.present);
    assert_false(m->packages[0].tdx.present);
}

static void wrong_types_and_unknown_members_do_not_decode(void **state)
{
    static const struct {
        const char *text, *path;
    } rows[] = {
        { PACKAGE("\"TDX\":5"), "Packages.app.TDX (" },
        { PACKAGE("\"TDX\":[]"), "Packages.app.TDX (" },
        { PACKAGE("\"SNP\":\"x\""), "Packages.app.SNP (" },
        { TDX(",\"MRTD\":5"), "Packages.app.TDX.MRTD (" },
        { TDX(",\"RTMR0\":{}"), "Packages.app.TDX.RTMR0 (" },
        { TDX(",\"RTMR0\":[5]"), "Packages.app.TDX.RTMR0[0] (" },
        { TDX(",\"XFAM\":5"), "Packages.app.TDX.XFAM (" },
        { TDX(",\"XFAM\":{\"Value\":5}"), "Packages.app.TDX.XFAM.Value (" },
        { TDX(",\"XFAM\":{\"Masc\":\"00\"}"),
          "Packages.app.TDX.XFAM.Masc (line 2:148): this member is not known" },
        { TDX(",\"RTMR4\":null"), "Packages.app.TDX.RTMR4 (line 2:141): this member is not known" },
        { TDX(",\"Measurement\":\"\""), "Packages.app.TDX.Measurement (" },
        { SNP(",\"MRTD\":\"\""), "Packages.app.SNP.MRTD (" },
        { SNP(",\"MinimumGuestSVN\":4294967296"), "Packages.app.SNP.MinimumGuestSVN (" },
        { SNP(",\"MinimumGuestSVN\":-1"), "Packages.app.SNP.MinimumGuestSVN (" },
        { SNP(",\"MinimumTCB\":{\"SNP\":256}"), "Packages.app.SNP.MinimumTCB.SNP (" },
        { SNP(",\"MinimumTCB\":{\"Kernel\":1}"), "Packages.app.SNP.MinimumTCB.Kernel (" },
        { SNP(",\"MinimumTCB\":7"), "Packages.app.SNP.MinimumTCB (" },
        { SNP(",\"VMPL\":4"), "Packages.app.SNP.VMPL (" },
        { SNP(",\"Policy\":{\"Debug\":true}"), "Packages.app.SNP.Policy.Debug (" },
        { SNP(",\"Policy\":{\"SMT\":1}"), "Packages.app.SNP.Policy.SMT (" },
        { SNP(",\"Policy\":{\"ABIMinor\":256}"), "Packages.app.SNP.Policy.ABIMinor (" },
        { SNP(",\"Products\":\"Milan\""), "Packages.app.SNP.Products (" },
        { INFRASTRUCTURE("\"FMSPC\":5"), "Infrastructures.x.FMSPC (" },
        { INFRASTRUCTURE("\"ChipIDs\":[[]]"), "Infrastructures.x.ChipIDs[0] (" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = { 0 };
        auto_manifest *m = manifest_parse(bytes_of_string(rows[i].text), &err);
        if (m != NULL || strncmp(err.text, rows[i].path, strlen(rows[i].path)) != 0)
            fail_msg("%s: %s", rows[i].path, m != NULL ? "decodes" : err.text);
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_one_line(&err);
    }
}

/* ---- rules ---- */

static const struct {
    const char *name, *text;
    const char *want; /* NULL: accepted */
} rules[] = {
    { "TDX alone", TDX(""), NULL },
    { "SNP alone", SNP(""), NULL },
    { "both and SGX",
      PACKAGE("\"UniqueID\":\"00\",\"TDX\":{\"MRTD\":\"" HEX48 "\"},"
              "\"SNP\":{\"Measurement\":\"" HEX48 "\"}"),
      NULL },
    { "SGX has to be complete if it is there",
      PACKAGE("\"SecurityVersion\":1,\"TDX\":{\"MRTD\":\"" HEX48 "\"}"),
      "manifest misses value for SignerID in package app (at Packages.app, line 2:19)" },
    { "null is absent", PACKAGE("\"TDX\":null,\"SNP\":null"),
      "manifest misses value for SignerID in package app (at Packages.app, line 2:19)" },
    { "no measurement of a TD", PACKAGE("\"TDX\":{}"),
      "manifest misses value for MRTD in package app: without it the host chooses the software "
      "(at Packages.app.TDX, line 2:26)" },
    { "registers that software extends", PACKAGE("\"TDX\":{\"RTMR0\":\"" HEX48 "\"}"),
      "manifest misses value for MRTD in package app: without it the host chooses the software "
      "(at Packages.app.TDX, line 2:26)" },
    { "MRTD of zeros", PACKAGE("\"TDX\":{\"MRTD\":[\"" HEX48 "\",\"" ZERO48 "\"]}"),
      "manifest misses value for MRTD in package app: without it the host chooses the software "
      "(at Packages.app.TDX, line 2:26)" },
    { "no measurement of a guest", PACKAGE("\"SNP\":{\"HostData\":\"" HEX32 "\"}"),
      "manifest misses value for Measurement or IDKeyDigest in package app: without one the host "
      "chooses the software (at Packages.app.SNP, line 2:26)" },
    { "ID key", PACKAGE("\"SNP\":{\"IDKeyDigest\":\"" HEX48 "\"}"), NULL },
    { "no ID key", PACKAGE("\"SNP\":{\"IDKeyDigest\":\"" ZERO48 "\"}"),
      "manifest misses value for Measurement or IDKeyDigest in package app: without one the host "
      "chooses the software (at Packages.app.SNP, line 2:26)" },
    { "no ID key, but a measurement", SNP(",\"IDKeyDigest\":\"" ZERO48 "\""), NULL },
    { "debug", PACKAGE("\"Debug\":true,\"TDX\":{},\"SNP\":{}"), NULL },
    { "one TEE without", PACKAGE("\"UniqueID\":\"00\",\"SNP\":{}"),
      "manifest misses value for Measurement or IDKeyDigest in package app: without one the host "
      "chooses the software (at Packages.app.SNP, line 2:42)" },
    { "short", TDX(",\"RTMR1\":\"00\""),
      "value 1 of RTMR1 is not 48 bytes in hex (at Packages.app.TDX.RTMR1, line 2:141)" },
    { "empty text", TDX(",\"RTMR1\":\"\""),
      "value 1 of RTMR1 is not 48 bytes in hex (at Packages.app.TDX.RTMR1, line 2:141)" },
    { "long", TDX(",\"RTMR1\":\"" HEX48 "00\""),
      "value 1 of RTMR1 is not 48 bytes in hex (at Packages.app.TDX.RTMR1, line 2:141)" },
    { "no hex in a list", TDX(",\"RTMR1\":[\"" HEX48 "\",\"" HEX32 HEX8 "010203040506070g\"]"),
      "value 2 of RTMR1 is not 48 bytes in hex (at Packages.app.TDX.RTMR1, line 2:141)" },
    { "null in a list", TDX(",\"RTMR1\":[null]"),
      "value 1 of RTMR1 is not 48 bytes in hex (at Packages.app.TDX.RTMR1, line 2:141)" },
    { "empty list", TDX(",\"RTMR1\":[]"),
      "RTMR1 lists no value (at Packages.app.TDX.RTMR1, line 2:141)" },
    { "attributes too short", TDX(",\"TDAttributes\":\"00\""),
      "TDAttributes is not 8 bytes in hex (at Packages.app.TDX.TDAttributes, line 2:148)" },
    { "only a mask", TDX(",\"XFAM\":{\"Mask\":\"" HEX8 "\"}"),
      "XFAM is not 8 bytes in hex (at Packages.app.TDX.XFAM, line 2:140)" },
    { "mask too short", TDX(",\"XFAM\":{\"Value\":\"" HEX8 "\",\"Mask\":\"00\"}"),
      "the mask of XFAM is not 8 bytes in hex (at Packages.app.TDX.XFAM.Mask, line 2:175)" },
    { "outside of the mask",
      TDX(",\"XFAM\":{\"Value\":\"" HEX8 "\",\"Mask\":\"ffffffffffffff07\"}"),
      "XFAM has bits outside of its mask (at Packages.app.TDX.XFAM.Value, line 2:149)" },
    { "under the mask", TDX(",\"XFAM\":{\"Value\":\"" HEX8 "\",\"Mask\":\"" HEX8 "\"}"), NULL },
    { "host data too long", SNP(",\"HostData\":\"" HEX48 "\""),
      "value 1 of HostData is not 32 bytes in hex (at Packages.app.SNP.HostData, line 2:151)" },
    { "product", SNP(",\"Products\":[\"Milan\",\"milan\"]"),
      "product milan is none of Milan, Genoa, Turin (at Packages.app.SNP.Products, line 2:151)" },
    { "no product", SNP(",\"Products\":[]"),
      "Products lists no value (at Packages.app.SNP.Products, line 2:151)" },
    { "family without a key", SNP(",\"FamilyID\":\"" HEX16 "\""),
      "FamilyID says nothing without IDKeyDigest or AuthorKeyDigest "
      "(at Packages.app.SNP.FamilyID, line 2:151)" },
    { "image without a key", SNP(",\"ImageID\":\"" HEX16 "\""),
      "ImageID says nothing without IDKeyDigest or AuthorKeyDigest "
      "(at Packages.app.SNP.ImageID, line 2:150)" },
    { "SVN without a key", SNP(",\"MinimumGuestSVN\":1"),
      "MinimumGuestSVN says nothing without IDKeyDigest or AuthorKeyDigest "
      "(at Packages.app.SNP.MinimumGuestSVN, line 2:158)" },
    { "SVN with the author's key", SNP(",\"MinimumGuestSVN\":1,\"AuthorKeyDigest\":\"" HEX48 "\""),
      NULL },
    { "unreferenced package",
      "{" MARBLES ",\n\"Packages\":{\"app\":{\"UniqueID\":\"00\"},\"b\":{\"TDX\":{}}}}", NULL },
    { "typing error in an unreferenced package",
      "{" MARBLES
      ",\n\"Packages\":{\"app\":{\"UniqueID\":\"00\"},\"b\":{\"TDX\":{\"MRTD\":\"0\"}}}}",
      "value 1 of MRTD is not 48 bytes in hex (at Packages.b.TDX.MRTD, line 2:56)" },
    { "old infrastructures stay", INFRASTRUCTURE("\"CPUSVN\":[1],\"RootCA\":[3,3,3]"), NULL },
    { "infrastructure without anything", INFRASTRUCTURE(""), NULL },
    { "FMSPC", INFRASTRUCTURE("\"FMSPC\":[\"00806F050000\",\"b0c06f000000\"]"), NULL },
    { "FMSPC too short", INFRASTRUCTURE("\"FMSPC\":\"00806F05\""),
      "value 1 of FMSPC is not 6 bytes in hex (at Infrastructures.x.FMSPC, line 2:33)" },
    { "chip", INFRASTRUCTURE("\"ChipIDs\":\"" HEX64 "\""), NULL },
    { "chip too short", INFRASTRUCTURE("\"ChipIDs\":\"" HEX32 "\""),
      "value 1 of ChipIDs is not 64 bytes in hex (at Infrastructures.x.ChipIDs, line 2:35)" },
    { "both vendors", INFRASTRUCTURE("\"PCESVN\":1,\"ChipIDs\":\"" HEX64 "\""),
      "infrastructure x describes a platform of AMD and one of Intel: nothing is both "
      "(at Infrastructures.x.ChipIDs, line 2:46)" },
};

static void values_that_cannot_fit_are_refused_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        struct err err = { 0 };
        auto_manifest *m = manifest_parse(bytes_of_string(rules[i].text), &err);
        if (m == NULL)
            fail_msg("%s: %s", rules[i].name, err.text);
        const bool good = manifest_check(m, NULL, &err);
        if (good != (rules[i].want == NULL) || (!good && strcmp(err.text, rules[i].want) != 0))
            fail_msg("%s: %s", rules[i].name, good ? "accepted" : err.text);
    }
}

static void rules_of_the_original_come_first(void **state)
{
    struct err err = { 0 };
    auto_manifest *m =
        manifest_parse(BYTES_LITERAL("{" MARBLES ",\"Packages\":{\"app\":{\"TDX\":{}}},"
                                     "\"Config\":{\"SealMode\":\"?\"}}"),
                       &err);

    (void)state;
    assert_non_null(m);
    assert_false(manifest_check(m, NULL, &err));
    assert_non_null(strstr(err.text, "Config.SealMode"));
}

/* ---- records ---- */

static void assert_record_survives(const char *text, const char *behind)
{
    auto_manifest *m = parse_ok(text);
    auto_buf first = { 0 }, second = { 0 }, raised = { 0 };
    struct manifest_package package;
    auto_arena arena = { 0 };
    struct err err = { 0 };

    record_write_package(&m->packages[0], &first);
    assert_non_null(memmem(first.at, first.len, behind, strlen(behind)));
    assert_ok(record_parse_package(buf_bytes(&first), &arena, &package, &err), &err);
    record_write_package(&package, &second);
    assert_bytes_equal(buf_bytes(&second), buf_bytes(&first));
    package.security_version = (struct optional_uint){ true, 77 };
    record_write_package(&package, &raised);
    assert_non_null(memmem(raised.at, raised.len, "\"SecurityVersion\":77", 20));
    assert_non_null(memmem(raised.at, raised.len, behind, strlen(behind)));
}

static void records_keep_the_parts_behind_those_of_the_original(void **state)
{
    (void)state;
    assert_record_survives(TDX(""),
                           ",\"AcceptedAdvisories\":null,\"TDX\":{\"MRTD\":[\"" HEX48 "\"]}}");
    assert_record_survives(TDX(EVERY_TDX_MEMBER),
                           "\"MRServiceTD\":[\"" HEX48 "\"],\"TDAttributes\":{\"Value\":\"" HEX8
                           "\",\"Mask\":\"\"},\"XFAM\":{\"Value\":\"" HEX8
                           "\",\"Mask\":\"ffffffffffffffff\"}}}");
    assert_record_survives(
        SNP(""),
        ",\"AcceptedAdvisories\":null,\"SNP\":{\"Measurement\":[\"" HEX48
        "\"],\"MinimumGuestSVN\":0,\"MinimumTCB\":{\"BootLoader\":0,\"TEE\":0,\"SNP\":0,"
        "\"Microcode\":0,\"FMC\":0},\"VMPL\":0,\"Policy\":{\"SMT\":true,\"MigrationAgent\":false,"
        "\"CXL\":false,\"SingleSocket\":false,\"AES256XTS\":false,\"RAPLDisabled\":false,"
        "\"CiphertextHiding\":false,\"PageSwapDisabled\":false,\"ABIMajor\":0,\"ABIMinor\":0}}}");
    assert_record_survives(
        SNP(EVERY_SNP_MEMBER),
        "\"MinimumTCB\":{\"BootLoader\":1,\"TEE\":2,\"SNP\":3,\"Microcode\":255,"
        "\"FMC\":5},\"VMPL\":3,\"Policy\":{\"SMT\":false,\"MigrationAgent\":true,");
    assert_record_survives(SNP(EVERY_SNP_MEMBER), "\"Products\":[\"Milan\",\"Genoa\",\"Turin\"]}}");
}

static void a_record_with_an_unknown_member_of_a_part_is_refused(void **state)
{
    static const char *const records[] = { "{\"TDX\":{\"RTMR9\":[]}}", "{\"SNP\":{\"Chip\":1}}",
                                           "{\"SNP\":{\"Policy\":{\"New\":true}}}" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        struct manifest_package package;
        auto_arena arena = { 0 };
        struct err err = { 0 };
        assert_false(record_parse_package(bytes_of_string(records[i]), &arena, &package, &err));
        assert_non_null(strstr(err.text, "this member is not known"));
    }
}

static void records_of_infrastructures_keep_their_platforms(void **state)
{
    auto_manifest *m = parse_ok(INFRASTRUCTURE("\"QESVN\":2,\"FMSPC\":\"00806F050000\""));
    auto_buf out = { 0 };

    (void)state;
    record_write_infrastructure(&m->infrastructures[0], &out);
    assert_bytes_equal(buf_bytes(&out),
                       BYTES_LITERAL("{\"CPUSVN\":null,\"QESVN\":2,\"PCESVN\":null,\"RootCA\":null,"
                                     "\"FMSPC\":[\"00806F050000\"]}"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_member_of_tdx_is_read),
    cmocka_unit_test(every_member_of_snp_is_read),
    cmocka_unit_test(what_snp_leaves_out_has_its_default),
    cmocka_unit_test(wrong_types_and_unknown_members_do_not_decode),
    cmocka_unit_test(values_that_cannot_fit_are_refused_with_their_place),
    cmocka_unit_test(rules_of_the_original_come_first),
    cmocka_unit_test(records_keep_the_parts_behind_those_of_the_original),
    cmocka_unit_test(a_record_with_an_unknown_member_of_a_part_is_refused),
    cmocka_unit_test(records_of_infrastructures_keep_their_platforms),
};
TEST_MAIN(tests)
