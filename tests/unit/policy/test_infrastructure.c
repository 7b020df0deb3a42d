/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_scene.h"

#include "codec/text.h"

/* Platforms against infrastructures. */

#define PACKAGE                                                                                    \
    "\"UniqueID\":\"" HEX32 "\",\"TDX\":{\"MRTD\":\"" HEX48 "\"},"                                 \
    "\"SNP\":{\"Measurement\":\"" HEX48 "\"}"
#define ROOT "a root certificate in DER"
#define ROOT_BASE64 "YSByb290IGNlcnRpZmljYXRlIGluIERFUg=="
#define ROOT_SHA256 "bubgdF1kJ4Do3NvuGVxC9h/mmxTxpTXGHDqzEvPz2Tg="

static void platform(struct policy_scene *s, enum tee tee)
{
    *s = (struct policy_scene){ .verdict = { .tee = tee, .tcb_status = TCB_UP_TO_DATE } };
    set_field(s, "mrenclave", HEX32);
    set_field(s, "mrtd", HEX48);
    if (tee != TEE_SNP) {
        s->verdict.fmspc = BYTES_LITERAL("\x00\x80\x6f\x05\x00\x00");
        s->verdict.pcesvn = 13;
        s->verdict.qe_isvsvn = 8;
        s->verdict.root_ca = BYTES_LITERAL(ROOT);
        for (uint8_t i = 0; i < PCK_COMPONENTS; i++)
            s->verdict.pck_components[i] = i;
        return;
    }
    set_field(s, "measurement", HEX48);
    set_field(s, "policy", "0000030000000000");
    set_field(s, "vmpl", "00000000");
    set_field(s, "guest_svn", "00000000");
    set_field(s, "chip_id", HEX64);
    s->verdict.product = "Genoa";
}

#define ENTRY "Infrastructures.x."
#define COMPONENTS "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]"

static const struct {
    const char *entry;
    const char *sentence, *accepts; /* NULL: it fits */
} intel[] = {
    { "\"FMSPC\":\"00806F050000\"", NULL, NULL },
    { "\"FMSPC\":[\"b0c06f000000\",\"00806f050000\"]", NULL, NULL },
    { "\"FMSPC\":\"b0c06f000000\"", ENTRY "FMSPC: got \"00806f050000\", expected \"b0c06f000000\"",
      ENTRY "FMSPC: \"00806f050000\"" },
    { "\"PCESVN\":13", NULL, NULL },
    { "\"PCESVN\":0", NULL, NULL },
    { "\"PCESVN\":14", ENTRY "PCESVN: got 13, expected at least 14", ENTRY "PCESVN: 13" },
    { "\"QESVN\":8", NULL, NULL },
    { "\"QESVN\":9", ENTRY "QESVN: got 8, expected at least 9", ENTRY "QESVN: 8" },
    { "\"CPUSVN\":" COMPONENTS, NULL, NULL },
    { "\"CPUSVN\":\"AAAAAAAAAAAAAAAAAAAAAA==\"", NULL, NULL },
    { "\"CPUSVN\":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,16]",
      ENTRY "CPUSVN: got " COMPONENTS
            ", expected components of at least [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,16]",
      ENTRY "CPUSVN: " COMPONENTS },
    { "\"CPUSVN\":[1,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]",
      ENTRY "CPUSVN: got " COMPONENTS
            ", expected components of at least [1,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]",
      ENTRY "CPUSVN: " COMPONENTS },
    { "\"CPUSVN\":[0]", ENTRY "CPUSVN: got " COMPONENTS ", expected components of at least [0]",
      ENTRY "CPUSVN: " COMPONENTS },
    { "\"RootCA\":\"" ROOT_BASE64 "\"", NULL, NULL },
    { "\"RootCA\":\"" ROOT_SHA256 "\"", NULL, NULL },
    { "\"RootCA\":[3,3,3]",
      ENTRY "RootCA: got \"" ROOT_SHA256
            "\", expected the root certificate of the platform, or its SHA-256",
      ENTRY "RootCA: \"" ROOT_SHA256 "\"" },
    { "\"ChipIDs\":\"" HEX64 "\"", ENTRY "ChipIDs: got nothing, expected \"" HEX64 "\"", "" },
    { "", ENTRY "FMSPC: got \"00806f050000\", expected an entry that says something",
      ENTRY "FMSPC: \"00806f050000\"" },
    { "\"Region\":\"somewhere\"",
      ENTRY "FMSPC: got \"00806f050000\", expected an entry that says something",
      ENTRY "FMSPC: \"00806f050000\"" },
};

static void a_platform_of_intel_is_held_to_each_member(void **state)
{
    (void)state;
    for (enum tee tee = TEE_SGX; tee <= TEE_TDX; tee++) {
        for (size_t i = 0; i < COUNT_OF(intel); i++) {
            auto_string *map = mem_printf("\"x\":{%s}", intel[i].entry);
            auto_policy_scene s;
            platform(&s, tee);
            const bool fits = judge(&s, PACKAGE, map);
            if (fits != (intel[i].sentence == NULL))
                fail_msg("%s: %d", intel[i].entry, fits);
            if (fits) {
                assert_int_equal(s.report.count, 0);
                continue;
            }
            assert_finding(&s, intel[i].entry, intel[i].sentence, intel[i].accepts);
            assert_int_equal(s.report.at[0].subject, POLICY_INFRASTRUCTURE);
        }
    }
}

static void a_platform_of_amd_is_held_to_its_chip(void **state)
{
    static const struct {
        const char *entry;
        const char *sentence, *accepts; /* NULL: it fits */
    } rows[] = {
        { "\"ChipIDs\":[\"aa\",\"" HEX64 "\"]", NULL, NULL },
        { "\"ChipIDs\":\"aa\"", ENTRY "ChipIDs: got \"" HEX64 "\", expected \"aa\"",
          ENTRY "ChipIDs: \"" HEX64 "\"" },
        { "", ENTRY "ChipIDs: got \"" HEX64 "\", expected an entry that says something",
          ENTRY "ChipIDs: \"" HEX64 "\"" },
        { "\"PCESVN\":0", ENTRY "PCESVN: got nothing, expected at least 0", "" },
        { "\"QESVN\":0", ENTRY "QESVN: got nothing, expected at least 0", "" },
        { "\"CPUSVN\":[0]", ENTRY "CPUSVN: got nothing, expected components of at least [0]", "" },
        { "\"RootCA\":[]",
          ENTRY
          "RootCA: got nothing, expected the root certificate of the platform, or its SHA-256",
          "" },
        { "\"FMSPC\":\"00806f050000\"", ENTRY "FMSPC: got nothing, expected \"00806f050000\"", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_string *map = mem_printf("\"x\":{%s}", rows[i].entry);
        auto_policy_scene s;
        platform(&s, TEE_SNP);
        if (judge(&s, PACKAGE, map) != (rows[i].sentence == NULL))
            fail_msg("%s", rows[i].entry);
        if (rows[i].sentence != NULL)
            assert_finding(&s, rows[i].entry, rows[i].sentence, rows[i].accepts);
    }
}

static void a_masked_chip_is_none(void **state)
{
    auto_policy_scene s;

    (void)state;
    platform(&s, TEE_SNP);
    set_field(&s, "chip_id", ZERO48 ZERO16);
    assert_false(judge(&s, PACKAGE, "\"x\":{\"ChipIDs\":\"" ZERO48 ZERO16 "\"}"));
    assert_bytes_equal(s.report.at[0].got, BYTES_LITERAL("nothing"));
    assert_false(judge(&s, PACKAGE, "\"x\":{}"));
    assert_int_equal(s.report.at[0].accepts.len, 0);
}

static void one_entry_has_to_fit_as_a_whole(void **state)
{
    auto_policy_scene s;

    (void)state;
    platform(&s, TEE_SGX);
    assert_true(judge(&s, PACKAGE, ""));
    assert_true(judge(&s, PACKAGE,
                      "\"a\":{},\"b\":{\"PCESVN\":99},\"c\":{\"PCESVN\":13,"
                      "\"QESVN\":8,\"FMSPC\":\"00806f050000\"},\"d\":{\"QESVN\":99}"));
    assert_int_equal(s.report.count, 0);
    assert_false(judge(&s, PACKAGE,
                       "\"b\":{\"PCESVN\":99,\"QESVN\":8},\"c\":{\"PCESVN\":13,"
                       "\"QESVN\":9}"));
    assert_int_equal(s.report.count, 2);
    assert_bytes_equal(s.report.at[0].member, BYTES_LITERAL("Infrastructures.b.PCESVN"));
    assert_bytes_equal(s.report.at[1].member, BYTES_LITERAL("Infrastructures.c.QESVN"));
}

static void a_good_platform_does_not_repair_a_package(void **state)
{
    auto_policy_scene s;

    (void)state;
    platform(&s, TEE_SGX);
    assert_false(judge(&s, "\"UniqueID\":\"ff\"", "\"x\":{\"PCESVN\":13}"));
    assert_int_equal(s.report.count, 1);
    assert_int_equal(s.report.at[0].subject, POLICY_PACKAGE);
}

static void more_entries_than_a_report_holds_are_judged_all(void **state)
{
    auto_buf map = { 0 };
    auto_policy_scene s;

    (void)state;
    platform(&s, TEE_SGX);
    for (int i = 0; i < 2 * POLICY_FINDINGS_MAX; i++)
        buf_add_format(&map, "\"e%03d\":{\"PCESVN\":99},", i);
    const size_t before = map.len;
    buf_add_format(&map, "\"z\":{\"PCESVN\":14}");
    buf_add_u8(&map, 0);
    assert_false(judge(&s, PACKAGE, (const char *)map.at));
    assert_int_equal(s.report.count, POLICY_FINDINGS_MAX);
    buf_truncate(&map, before);
    buf_add_format(&map, "\"z\":{\"PCESVN\":13}");
    buf_add_u8(&map, 0);
    assert_true(judge(&s, PACKAGE, (const char *)map.at));
    assert_int_equal(s.report.count, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_platform_of_intel_is_held_to_each_member),
    cmocka_unit_test(a_platform_of_amd_is_held_to_its_chip),
    cmocka_unit_test(a_masked_chip_is_none),
    cmocka_unit_test(one_entry_has_to_fit_as_a_whole),
    cmocka_unit_test(a_good_platform_does_not_repair_a_package),
    cmocka_unit_test(more_entries_than_a_report_holds_are_judged_all),
};
TEST_MAIN(tests)
