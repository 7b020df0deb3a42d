/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_scene.h"

/* Guests of SEV-SNP against the part SNP of a package. */

#define PART(members) "\"SNP\":{\"Measurement\":\"" HEX48 "\"" members "}"
#define POLICY_DEFAULT "0000030000000000" /* SMT, and the bit that is always set */

static void guest(struct policy_scene *s)
{
    static const struct snp_tcb tcb = { .boot_loader = 4, .tee = 1, .snp = 22, .microcode = 213 };

    *s = (struct policy_scene){ .verdict = { .tee = TEE_SNP,
                                             .product = "Milan",
                                             .reported_tcb = tcb,
                                             .current_tcb = tcb,
                                             .committed_tcb = tcb,
                                             .launch_tcb = tcb } };
    set_field(s, "measurement", HEX48);
    set_field(s, "host_data", HEX32);
    set_field(s, "id_key_digest", HEX48);
    set_field(s, "author_key_digest", HEX48);
    set_field(s, "family_id", HEX16);
    set_field(s, "image_id", HEX16);
    set_field(s, "guest_svn", "05000000");
    set_field(s, "vmpl", "00000000");
    set_field(s, "policy", POLICY_DEFAULT);
}

static void each_value_has_to_be_one_of_its_list(void **state)
{
    static const struct {
        const char *member, *field, *good, *other;
    } rows[] = {
        { "Measurement", "measurement", HEX48, "ff" ZERO48 },
        { "HostData", "host_data", HEX32, "ff" HEX16 },
        { "IDKeyDigest", "id_key_digest", HEX48, ZERO48 },
        { "AuthorKeyDigest", "author_key_digest", HEX48, ZERO48 },
        { "FamilyID", "family_id", HEX16, ZERO16 },
        { "ImageID", "image_id", HEX16, ZERO16 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *const name = rows[i].member, *const good = rows[i].good;
        auto_string *equal = mem_printf(PART(",\"%s\":\"%s\""), name, good);
        auto_string *list = mem_printf(PART(",\"%s\":[\"aa\",\"%s\"]"), name, good);
        auto_string *sentence =
            mem_printf("Packages.app.SNP.%s: got \"%s\", expected \"aa\" or \"%s\"", name,
                       rows[i].other, good);
        auto_string *accepts = mem_printf("Packages.app.SNP.%s: \"%s\"", name, rows[i].other);
        auto_policy_scene s;
        guest(&s);
        assert_fits(&s, equal, name);
        assert_fits(&s, list, name);
        set_field(&s, rows[i].field, rows[i].other);
        assert_refused(&s, list, name, sentence, accepts);
        set_field(&s, rows[i].field, "");
        assert_false(judge(&s, list, ""));
    }
}

static void a_measurement_or_a_key_has_to_be_named_unless_it_is_for_debugging(void **state)
{
    static const char *const without[] = {
        "\"SNP\":{}",
        "\"SNP\":{\"HostData\":\"" HEX32 "\"}",
        "\"SNP\":{\"AuthorKeyDigest\":\"" HEX48 "\"}",
        "\"SNP\":{\"IDKeyDigest\":[\"" HEX48 "\",\"" ZERO48 "\"]}",
    };
    auto_policy_scene s;

    (void)state;
    guest(&s);
    assert_fits(&s, "\"SNP\":{\"IDKeyDigest\":\"" HEX48 "\"}", "key");
    for (size_t i = 0; i < COUNT_OF(without); i++)
        assert_refused(&s, without[i], without[i],
                       "Packages.app.SNP.Measurement: got \"" HEX48
                       "\", expected a measurement in the manifest",
                       "Packages.app.SNP.Measurement: \"" HEX48 "\"");
    s.verdict.debug = true;
    assert_fits(&s, "\"Debug\":true,\"SNP\":{}", "debug");
}

static void a_package_without_the_part_takes_no_guest(void **state)
{
    static const char *const packages[] = { "", "\"UniqueID\":\"00\"",
                                            "\"TDX\":{\"MRTD\":\"" HEX48 "\"}" };
    auto_policy_scene s;

    (void)state;
    guest(&s);
    for (size_t i = 0; i < COUNT_OF(packages); i++)
        assert_refused(&s, packages[i], packages[i],
                       "Packages.app.SNP.Measurement: got \"" HEX48
                       "\", expected a package with a part for SNP",
                       "Packages.app.SNP.Measurement: \"" HEX48 "\"");
}

static void debug_has_to_be_equal(void **state)
{
    auto_policy_scene s;

    (void)state;
    guest(&s);
    assert_refused(&s, "\"Debug\":true," PART(""), "package",
                   "Packages.app.Debug: got false, expected true", "Packages.app.Debug: false");
    s.verdict.debug = true;
    assert_refused(&s, PART(""), "guest", "Packages.app.Debug: got true, expected false",
                   "Packages.app.Debug: true");
}

/* One field of the evidence, one member of the part. */
static const struct number_row {
    const char *name, *field, *value, *member;
    const char *sentence, *accepts; /* NULL: it fits */
} numbers[] = {
    { "SVN equal", "guest_svn", "05000000", ",\"MinimumGuestSVN\":5", NULL, NULL },
    { "SVN newer", "guest_svn", "00010000", ",\"MinimumGuestSVN\":5", NULL, NULL },
    { "SVN older", "guest_svn", "04000000", ",\"MinimumGuestSVN\":5",
      "Packages.app.SNP.MinimumGuestSVN: got 4, expected at least 5",
      "Packages.app.SNP.MinimumGuestSVN: 4" },
    { "VMPL by default", "vmpl", "01000000", "", "Packages.app.SNP.VMPL: got 1, expected 0",
      "Packages.app.SNP.VMPL: 1" },
    { "VMPL equal", "vmpl", "01000000", ",\"VMPL\":1", NULL, NULL },
    { "VMPL lower", "vmpl", "00000000", ",\"VMPL\":1", "Packages.app.SNP.VMPL: got 0, expected 1",
      "Packages.app.SNP.VMPL: 0" },
    { "SMT", "policy", "0000020000000000", "", NULL, NULL },
    { "SMT not wanted", "policy", "0000030000000000", ",\"Policy\":{\"SMT\":false}",
      "Packages.app.SNP.Policy.SMT: got true, expected false",
      "Packages.app.SNP.Policy.SMT: true" },
    { "no SMT", "policy", "0000020000000000", ",\"Policy\":{\"SMT\":false}", NULL, NULL },
    { "migration", "policy", "0000060000000000", "",
      "Packages.app.SNP.Policy.MigrationAgent: got true, expected false",
      "Packages.app.SNP.Policy.MigrationAgent: true" },
    { "migration allowed", "policy", "0000060000000000", ",\"Policy\":{\"MigrationAgent\":true}",
      NULL, NULL },
    { "migration allowed, not taken", "policy", "0000020000000000",
      ",\"Policy\":{\"MigrationAgent\":true}", NULL, NULL },
    { "CXL", "policy", "0000220000000000", "",
      "Packages.app.SNP.Policy.CXL: got true, expected false",
      "Packages.app.SNP.Policy.CXL: true" },
    { "CXL allowed", "policy", "0000220000000000", ",\"Policy\":{\"CXL\":true}", NULL, NULL },
    { "one socket", "policy", "0000120000000000", ",\"Policy\":{\"SingleSocket\":true}", NULL,
      NULL },
    { "one socket not asked for", "policy", "0000120000000000", "", NULL, NULL },
    { "several sockets", "policy", "0000ed0300000000",
      ",\"Policy\":{\"SingleSocket\":true,"
      "\"CXL\":true,\"MigrationAgent\":true}",
      "Packages.app.SNP.Policy.SingleSocket: got false, expected true",
      "Packages.app.SNP.Policy.SingleSocket: false" },
    { "XTS", "policy", "0000420000000000", ",\"Policy\":{\"AES256XTS\":true}", NULL, NULL },
    { "no XTS", "policy", "0000920300000000", ",\"Policy\":{\"AES256XTS\":true}",
      "Packages.app.SNP.Policy.AES256XTS: got false, expected true",
      "Packages.app.SNP.Policy.AES256XTS: false" },
    { "RAPL", "policy", "0000820000000000", ",\"Policy\":{\"RAPLDisabled\":true}", NULL, NULL },
    { "no RAPL", "policy", "0000520300000000", ",\"Policy\":{\"RAPLDisabled\":true}",
      "Packages.app.SNP.Policy.RAPLDisabled: got false, expected true",
      "Packages.app.SNP.Policy.RAPLDisabled: false" },
    { "hiding", "policy", "0000020100000000", ",\"Policy\":{\"CiphertextHiding\":true}", NULL,
      NULL },
    { "no hiding", "policy", "0000d20200000000", ",\"Policy\":{\"CiphertextHiding\":true}",
      "Packages.app.SNP.Policy.CiphertextHiding: got false, expected true",
      "Packages.app.SNP.Policy.CiphertextHiding: false" },
    { "no swap", "policy", "0000020200000000", ",\"Policy\":{\"PageSwapDisabled\":true}", NULL,
      NULL },
    { "swap", "policy", "0000d20100000000", ",\"Policy\":{\"PageSwapDisabled\":true}",
      "Packages.app.SNP.Policy.PageSwapDisabled: got false, expected true",
      "Packages.app.SNP.Policy.PageSwapDisabled: false" },
    { "ABI equal", "policy", "3301020000000000", ",\"Policy\":{\"ABIMajor\":1,\"ABIMinor\":51}",
      NULL, NULL },
    { "ABI of a newer major", "policy", "0002020000000000",
      ",\"Policy\":{\"ABIMajor\":1,\"ABIMinor\":51}", NULL, NULL },
    { "ABI of an older minor", "policy", "3201020000000000",
      ",\"Policy\":{\"ABIMajor\":1,\"ABIMinor\":51}",
      "Packages.app.SNP.Policy.ABIMajor: got 1.50, expected at least 1.51",
      "Packages.app.SNP.Policy.ABIMajor: 1, and ABIMinor: 50" },
    { "ABI of an older major", "policy", "ff00020000000000", ",\"Policy\":{\"ABIMajor\":1}",
      "Packages.app.SNP.Policy.ABIMajor: got 0.255, expected at least 1.0",
      "Packages.app.SNP.Policy.ABIMajor: 0, and ABIMinor: 255" },
    { "product", "vmpl", "00000000", ",\"Products\":[\"Genoa\",\"Milan\"]", NULL, NULL },
    { "another product", "vmpl", "00000000", ",\"Products\":[\"Genoa\",\"Turin\"]",
      "Packages.app.SNP.Products: got \"Milan\", expected \"Genoa\" or \"Turin\"",
      "Packages.app.SNP.Products: [\"Milan\"]" },
    { "no product", "vmpl", "00000000", ",\"Products\":[]",
      "Packages.app.SNP.Products: got \"Milan\", expected ",
      "Packages.app.SNP.Products: [\"Milan\"]" },
};

static void numbers_and_policy_bits_have_to_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        const struct number_row *const row = &numbers[i];
        auto_string *package = mem_printf(PART("%s"), row->member);
        auto_policy_scene s;
        guest(&s);
        set_field(&s, row->field, row->value);
        if (row->sentence == NULL)
            assert_fits(&s, package, row->name);
        else
            assert_refused(&s, package, row->name, row->sentence, row->accepts);
    }
}

static void absent_numbers_are_not_zero(void **state)
{
    static const char *const names[] = { "policy", "vmpl", "guest_svn", "product" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        auto_policy_scene s;
        guest(&s);
        if (strcmp(names[i], "product") == 0)
            s.verdict.product = NULL;
        else
            set_field(&s, names[i], "");
        assert_refused(&s, PART(""), names[i],
                       "Packages.app.SNP: got one without, expected a report with policy, VMPL, "
                       "guest SVN and a known product",
                       "");
    }
}

/* ---- TCB ---- */

static uint8_t *part_of(struct snp_tcb *tcb, const char *name)
{
    return strcmp(name, "BootLoader") == 0 ? &tcb->boot_loader
           : strcmp(name, "TEE") == 0      ? &tcb->tee
           : strcmp(name, "SNP") == 0      ? &tcb->snp
           : strcmp(name, "FMC") == 0      ? &tcb->fmc
                                           : &tcb->microcode;
}

static void each_part_of_each_tcb_has_its_minimum(void **state)
{
    static const char *const parts[] = { "BootLoader", "TEE", "SNP", "Microcode", "FMC" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        for (unsigned low = 0; low < 4; low++) {
            static const char *const names[] = { "reported", "committed", "launch", "current" };
            auto_string *package = mem_printf(PART(",\"MinimumTCB\":{\"%s\":100}"), parts[i]);
            auto_string *sentence =
                mem_printf("Packages.app.SNP.MinimumTCB.%s: got 99 in the %s TCB, expected at "
                           "least 100",
                           parts[i], names[low]);
            auto_string *accepts = mem_printf("Packages.app.SNP.MinimumTCB.%s: 99", parts[i]);
            auto_policy_scene s;
            guest(&s);
            struct snp_tcb *const all[] = { &s.verdict.reported_tcb, &s.verdict.committed_tcb,
                                            &s.verdict.launch_tcb, &s.verdict.current_tcb };
            for (unsigned k = 0; k < 4; k++) {
                all[k]->has_fmc = true;
                *part_of(all[k], parts[i]) = k == low ? 99 : 100 + (uint8_t)k;
            }
            if (low == 3) /* the current one is at least the committed one */
                assert_fits(&s, package, parts[i]);
            else
                assert_refused(&s, package, parts[i], sentence, accepts);
            *part_of(all[low], parts[i]) = 100;
            assert_fits(&s, package, parts[i]);
        }
    }
}

static void a_product_without_fmc_has_none(void **state)
{
    auto_policy_scene s;

    (void)state;
    guest(&s);
    s.verdict.reported_tcb.fmc = s.verdict.committed_tcb.fmc = s.verdict.launch_tcb.fmc = 7;
    assert_refused(
        &s, PART(",\"MinimumTCB\":{\"FMC\":1}"), "FMC",
        "Packages.app.SNP.MinimumTCB.FMC: got 0 in the reported TCB, expected at least 1",
        "Packages.app.SNP.MinimumTCB.FMC: 0");
}

static void all_that_differs_is_found(void **state)
{
    auto_policy_scene s;

    (void)state;
    guest(&s);
    set_field(&s, "vmpl", "02000000");
    set_field(&s, "host_data", "00");
    assert_false(judge(&s, PART(",\"HostData\":\"" HEX32 "\",\"MinimumTCB\":{\"SNP\":30}"), ""));
    assert_int_equal(s.report.count, 3);
    assert_bytes_equal(s.report.at[0].member, BYTES_LITERAL("Packages.app.SNP.HostData"));
    assert_bytes_equal(s.report.at[1].member, BYTES_LITERAL("Packages.app.SNP.VMPL"));
    assert_bytes_equal(s.report.at[2].member, BYTES_LITERAL("Packages.app.SNP.MinimumTCB.SNP"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_value_has_to_be_one_of_its_list),
    cmocka_unit_test(a_measurement_or_a_key_has_to_be_named_unless_it_is_for_debugging),
    cmocka_unit_test(a_package_without_the_part_takes_no_guest),
    cmocka_unit_test(debug_has_to_be_equal),
    cmocka_unit_test(numbers_and_policy_bits_have_to_fit),
    cmocka_unit_test(absent_numbers_are_not_zero),
    cmocka_unit_test(each_part_of_each_tcb_has_its_minimum),
    cmocka_unit_test(a_product_without_fmc_has_none),
    cmocka_unit_test(all_that_differs_is_found),
};
TEST_MAIN(tests)
