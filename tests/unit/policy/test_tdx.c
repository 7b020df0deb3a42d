/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_scene.h"

/* TDs against the part TDX of a package. */

#define OTHER48 "ff02030405060708090a0b0c0d0e0f10" HEX32
#define PART(members) "\"TDX\":{\"MRTD\":\"" HEX48 "\"" members "}"

static void td(struct policy_scene *s)
{
    static const char *const names[] = { "mrtd",   "rtmr0",      "rtmr1",   "rtmr2",        "rtmr3",
                                         "mrseam", "mrconfigid", "mrowner", "mrownerconfig" };

    *s = (struct policy_scene){ .verdict = { .tee = TEE_TDX, .tcb_status = TCB_UP_TO_DATE } };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        set_field(s, names[i], HEX48);
    set_field(s, "tdattributes", "0000001000000000");
    set_field(s, "xfam", "e718060000000000");
}

static void each_register_has_to_be_one_of_its_list(void **state)
{
    static const struct {
        const char *member, *field;
    } rows[] = { { "MRTD", "mrtd" },
                 { "RTMR0", "rtmr0" },
                 { "RTMR1", "rtmr1" },
                 { "RTMR2", "rtmr2" },
                 { "RTMR3", "rtmr3" },
                 { "MRSEAM", "mrseam" },
                 { "MRConfigID", "mrconfigid" },
                 { "MROwner", "mrowner" },
                 { "MROwnerConfig", "mrownerconfig" },
                 { "MRServiceTD", "mrservicetd" } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *const name = rows[i].member;
        auto_string *equal = mem_printf(PART(",\"%s\":\"" HEX48 "\""), name);
        auto_string *upper =
            mem_printf(PART(",\"%s\":\"0102030405060708090A0B0C0D0E0F10" HEX32 "\""), name);
        auto_string *list = mem_printf(PART(",\"%s\":[\"" ZERO48 "\",\"" HEX48 "\"]"), name);
        auto_string *with_mrtd = mem_printf(PART(",\"%s\":[\"" HEX48 "\",\"aa\"]"), name);
        auto_string *sentence = mem_printf(
            "Packages.app.TDX.%s: got \"" OTHER48 "\", expected \"" HEX48 "\" or \"aa\"", name);
        auto_string *nothing =
            mem_printf("Packages.app.TDX.%s: got nothing, expected \"" HEX48 "\" or \"aa\"", name);
        auto_string *accepts = mem_printf("Packages.app.TDX.%s: \"" OTHER48 "\"", name);
        auto_policy_scene s;
        td(&s);
        if (strcmp(name, "MRServiceTD") == 0)
            set_field(&s, "mrservicetd", HEX48);
        assert_fits(&s, equal, name);
        assert_fits(&s, upper, name);
        if (strcmp(name, "MRTD") != 0) /* with zeros in it, it does not identify */
            assert_fits(&s, list, name);
        set_field(&s, rows[i].field, OTHER48);
        assert_refused(&s, with_mrtd, name, sentence, accepts);
        set_field(&s, rows[i].field, "");
        assert_refused(&s, with_mrtd, name, nothing, "");
    }
}

static void a_measurement_has_to_be_named_unless_it_is_for_debugging(void **state)
{
    static const char *const without[] = {
        "\"TDX\":{}",
        "\"TDX\":{\"RTMR0\":\"" HEX48 "\"}",
        "\"TDX\":{\"MRTD\":[]}",
        "\"TDX\":{\"MRTD\":[\"" HEX48 "\",\"" ZERO48 "\"]}",
    };
    auto_policy_scene s;

    (void)state;
    td(&s);
    for (size_t i = 0; i < COUNT_OF(without); i++) {
        assert_false(judge(&s, without[i], ""));
        const struct policy_finding *const f = &s.report.at[0];
        assert_bytes_equal(f->sentence,
                           BYTES_LITERAL("Packages.app.TDX.MRTD: got \"" HEX48
                                         "\", expected a measurement in the manifest"));
        assert_bytes_equal(f->accepts, BYTES_LITERAL("Packages.app.TDX.MRTD: \"" HEX48 "\""));
    }
    s.verdict.debug = true;
    assert_fits(&s, "\"Debug\":true,\"TDX\":{}", "debug");
}

static void a_package_without_the_part_takes_no_td(void **state)
{
    static const char *const packages[] = { "", "\"UniqueID\":\"00\"",
                                            "\"SNP\":{\"Measurement\":\"" HEX48 "\"}",
                                            "\"TDX\":null" };
    auto_policy_scene s;

    (void)state;
    td(&s);
    for (size_t i = 0; i < COUNT_OF(packages); i++)
        assert_refused(&s, packages[i], packages[i],
                       "Packages.app.TDX.MRTD: got \"" HEX48
                       "\", expected a package with a part for TDX",
                       "Packages.app.TDX.MRTD: \"" HEX48 "\"");
}

static void debug_has_to_be_equal(void **state)
{
    auto_policy_scene s;

    (void)state;
    td(&s);
    assert_refused(&s, "\"Debug\":true," PART(""), "debug package",
                   "Packages.app.Debug: got false, expected true", "Packages.app.Debug: false");
    s.verdict.debug = true;
    assert_refused(&s, PART(""), "debug TD", "Packages.app.Debug: got true, expected false",
                   "Packages.app.Debug: true");
    assert_fits(&s, "\"Debug\":true," PART(""), "both");
}

static void a_service_td_has_to_be_known(void **state)
{
    auto_policy_scene s;

    (void)state;
    td(&s);
    assert_fits(&s, PART(""), "no field");
    set_field(&s, "mrservicetd", ZERO48);
    assert_fits(&s, PART(""), "zeros");
    set_field(&s, "mrservicetd", HEX48);
    assert_refused(&s, PART(""), "a service",
                   "Packages.app.TDX.MRServiceTD: got \"" HEX48 "\", expected zeros",
                   "Packages.app.TDX.MRServiceTD: \"" HEX48 "\"");
}

static void bits_count_under_their_mask(void **state)
{
    static const struct {
        const char *name, *member, *sentence, *accepts;
    } rows[] = {
        { "equal", ",\"TDAttributes\":\"0000001000000000\",\"XFAM\":\"E718060000000000\"", NULL,
          NULL },
        { "under a mask",
          ",\"TDAttributes\":{\"Value\":\"0000001000000000\",\"Mask\":\"ff00001000000000\"}", NULL,
          NULL },
        { "an empty mask is none",
          ",\"TDAttributes\":{\"Value\":\"0000001000000000\",\"Mask\":\"\"}", NULL, NULL },
        { "other attributes", ",\"TDAttributes\":\"0000001000000080\"",
          "Packages.app.TDX.TDAttributes: got \"0000001000000000\", expected \"0000001000000080\"",
          "Packages.app.TDX.TDAttributes: \"0000001000000000\"" },
        { "other features",
          ",\"XFAM\":{\"Value\":\"0000020000000000\",\"Mask\":\"0000060000000000\"}",
          "Packages.app.TDX.XFAM: got \"e718060000000000\", expected \"0000020000000000\" under "
          "the "
          "mask \"0000060000000000\"",
          "Packages.app.TDX.XFAM: \"e718060000000000\"" },
        { "no value", ",\"XFAM\":{\"Mask\":\"0000000000000000\"}",
          "Packages.app.TDX.XFAM: got \"e718060000000000\", expected \"\" under the mask "
          "\"0000000000000000\"",
          "Packages.app.TDX.XFAM: \"e718060000000000\"" },
        { "short mask", ",\"XFAM\":{\"Value\":\"e718060000000000\",\"Mask\":\"ff\"}",
          "Packages.app.TDX.XFAM: got \"e718060000000000\", expected \"e718060000000000\" under "
          "the "
          "mask \"ff\"",
          "Packages.app.TDX.XFAM: \"e718060000000000\"" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_string *package = mem_printf(PART("%s"), rows[i].member);
        auto_policy_scene s;
        td(&s);
        if (rows[i].sentence == NULL)
            assert_fits(&s, package, rows[i].name);
        else
            assert_refused(&s, package, rows[i].name, rows[i].sentence, rows[i].accepts);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_register_has_to_be_one_of_its_list),
    cmocka_unit_test(a_measurement_has_to_be_named_unless_it_is_for_debugging),
    cmocka_unit_test(a_package_without_the_part_takes_no_td),
    cmocka_unit_test(debug_has_to_be_equal),
    cmocka_unit_test(a_service_td_has_to_be_known),
    cmocka_unit_test(bits_count_under_their_mask),
};
TEST_MAIN(tests)
