/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_scene.h"

/* Enclaves; the sentences are the original's, the findings ours. */

#define OTHER32 HEX16 ZERO16
#define GOT                                                                                        \
    "\ngot: {Debug: false, UniqueID: \"" HEX32 "\", SignerID: \"" OTHER32                          \
    "\", ProductID: 258, SecurityVersion: 5}"

static void enclave(struct policy_scene *s)
{
    *s = (struct policy_scene){ .verdict = { .tee = TEE_SGX, .tcb_status = TCB_UP_TO_DATE } };
    set_field(s, "mrenclave", HEX32);
    set_field(s, "mrsigner", OTHER32);
    set_field(s, "isvprodid", "0201");
    set_field(s, "isvsvn", "0500");
}

static void each_property_names_the_line_that_accepts_it(void **state)
{
    static const struct {
        const char *package, *expected, *accepts; /* NULL: it fits */
    } rows[] = {
        { "", NULL, NULL },
        { "\"UniqueID\":\"" HEX32 "\"", NULL, NULL },
        { "\"SignerID\":\"" OTHER32 "\",\"ProductID\":258,\"SecurityVersion\":5", NULL, NULL },
        { "\"SecurityVersion\":4", NULL, NULL },
        { "\"Debug\":true", "{Debug: true}", "Packages.app.Debug: false" },
        { "\"UniqueID\":\"ff\"", "{Debug: false, UniqueID: \"ff\"}",
          "Packages.app.UniqueID: \"" HEX32 "\"" },
        { "\"SignerID\":\"ff\"", "{Debug: false, SignerID: \"ff\"}",
          "Packages.app.SignerID: \"" OTHER32 "\"" },
        { "\"ProductID\":2", "{Debug: false, ProductID: 2}", "Packages.app.ProductID: 258" },
        { "\"SecurityVersion\":6", "{Debug: false, SecurityVersion: 6}",
          "Packages.app.SecurityVersion: 5" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_policy_scene s;
        enclave(&s);
        if (rows[i].expected == NULL) {
            assert_fits(&s, rows[i].package, rows[i].package);
            continue;
        }
        auto_string *sentence =
            mem_printf("PackageProperties not compliant:\nexpected: %s" GOT, rows[i].expected);
        assert_refused(&s, rows[i].package, rows[i].package, sentence, rows[i].accepts);
    }
}

static void a_package_for_other_tees_takes_no_enclave(void **state)
{
    static const char *const packages[] = {
        "\"TDX\":{\"MRTD\":\"" HEX48 "\"}",
        "\"SNP\":{}",
        "\"TDX\":{},\"ProductID\":258,\"SecurityVersion\":5",
    };
    auto_policy_scene s;

    (void)state;
    enclave(&s);
    for (size_t i = 0; i < COUNT_OF(packages); i++)
        assert_refused(&s, packages[i], packages[i],
                       "Packages.app.UniqueID: got \"" HEX32
                       "\", expected a package with an enclave of SGX",
                       "Packages.app.UniqueID: \"" HEX32 "\"");
    assert_fits(&s, "\"TDX\":{},\"UniqueID\":\"" HEX32 "\"", "with an enclave");
}

static void an_enclave_without_its_fields_fits_no_id(void **state)
{
    auto_policy_scene s = { .verdict = { .tee = TEE_SGX, .tcb_status = TCB_UP_TO_DATE } };

    (void)state;
    assert_false(judge(&s, "\"UniqueID\":\"" HEX32 "\"", ""));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_property_names_the_line_that_accepts_it),
    cmocka_unit_test(a_package_for_other_tees_takes_no_enclave),
    cmocka_unit_test(an_enclave_without_its_fields_fits_no_id),
};
TEST_MAIN(tests)
