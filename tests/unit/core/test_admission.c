/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "marble.h"

#include "codec/text.h"
#include "core/admission.h"

/* Evidence against a package (marble-api.md, 7.3 and 7.4; manifest.md, 4.2). */

#define MEASURED "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SIGNER "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

/* Evidence and package that fit each other; each test changes one thing. */
struct scene {
    struct fake_verifier verifier;
    struct buf unique_id, signer_id;
    struct manifest_package package;
    struct admission admission;
};

static void scene_begin(struct scene *s)
{
    *s = (struct scene){ .unique_id = test_unhex(MEASURED), .signer_id = test_unhex(SIGNER) };
    fake_verifier_begin(&s->verifier, BYTES_LITERAL("a leaf"));
    s->verifier.says.debug = false;
    s->verifier.unique_id = buf_bytes(&s->unique_id);
    s->verifier.signer_id = buf_bytes(&s->signer_id);
    s->verifier.product_id = 3;
    s->verifier.security_version = 5;
    s->admission = (struct admission){ .verifier = &s->verifier.as,
                                       .package = &s->package,
                                       .quote = BYTES_LITERAL("a quote"),
                                       .leaf = BYTES_LITERAL("a leaf"),
                                       .now_ms = WORLD_START_MS };
}

static void scene_end(struct scene *s)
{
    fake_verifier_end(&s->verifier);
    buf_clear(&s->unique_id);
    buf_clear(&s->signer_id);
}
#define auto_scene struct scene CLEANUP(scene_end)

/* reason NULL: it is admitted. */
static void assert_verdict(const struct scene *s, const char *reason, const char *what)
{
    struct err true_reason = { 0 }, err = { 0 };
    auto_string *text = mem_printf("invalid quote: %s", reason == NULL ? "" : reason);
    auto_arena arena = { 0 };
    struct policy_report *const report = arena_alloc(&arena, sizeof *report);
    const bool admitted = admission_check(&s->admission, &arena, report, &true_reason, &err);

    if (admitted != (reason == NULL) || (!admitted && strcmp(err.text, text) != 0))
        fail_msg("%s: %s", what, admitted ? "admitted" : err.text);
    if (!admitted) {
        assert_int_equal(err.kind, FAIL_DENIED);
        assert_string_equal(true_reason.text, reason);
    }
}

static void nobody_is_looked_at_without_a_verifier(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    s.admission.verifier = NULL;
    s.admission.infrastructure_count = 1;
    s.admission.quote = BYTES_NONE;
    assert_verdict(&s, NULL, "no quote");
    s.admission.quote = BYTES_LITERAL("whatever");
    assert_verdict(&s, NULL, "a quote");
    assert_int_equal(s.verifier.calls, 0);
}

static void quote_has_to_be_there_and_good(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    assert_verdict(&s, NULL, "good");
    assert_int_equal(s.verifier.calls, 1);
    s.verifier.refuses = "OE_VERIFY_FAILED";
    s.verifier.says.tcb_status = TCB_UP_TO_DATE;
    assert_verdict(&s, "OE_VERIFY_FAILED", "refused");
    s.verifier.refuses = NULL;
    s.admission.quote = BYTES_NONE;
    assert_verdict(&s, "empty report", "none");
    assert_int_equal(s.verifier.calls, 2);
}

static void infrastructures_hide_the_reason_from_the_marble(void **state)
{
    const struct manifest_infrastructure at[] = {
        { .name = BYTES_LITERAL("old"), .pce_svn = { true, 14 } },
        { .name = BYTES_LITERAL("new"), .pce_svn = { true, 13 } },
    };
    struct err reason = { 0 }, err = { 0 };
    auto_arena arena = { 0 };
    struct policy_report *const report = arena_alloc(&arena, sizeof *report);
    auto_scene s;

    (void)state;
    scene_begin(&s);
    s.admission.infrastructures = at;
    s.admission.infrastructure_count = 2;
    s.verifier.says.pcesvn = 13;
    assert_verdict(&s, NULL, "good");
    s.verifier.says.pcesvn = 12;
    assert_false(admission_check(&s.admission, &arena, report, &reason, &err));
    assert_string_equal(err.text, "invalid infrastructure");
    assert_string_equal(reason.text, "Infrastructures.old.PCESVN: got 12, expected at least 14");
    assert_int_equal(report->count, 2);
    assert_bytes_equal(report->at[1].accepts, BYTES_LITERAL("Infrastructures.new.PCESVN: 12"));
    s.verifier.refuses = "OE_VERIFY_FAILED";
    assert_false(admission_check(&s.admission, &arena, report, &reason, &err));
    assert_string_equal(err.text, "invalid infrastructure");
    assert_string_equal(reason.text, "OE_VERIFY_FAILED");
    assert_int_equal(report->count, 0);
}

static void a_guest_is_judged_by_the_part_for_its_tee(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    s.package.name = BYTES_LITERAL("app");
    s.verifier.says.tee = TEE_TDX;
    assert_verdict(&s, "Packages.app.TDX.MRTD: got nothing, expected a package with a part for TDX",
                   "TDX");
    s.verifier.says.tee = TEE_SNP;
    assert_verdict(
        &s, "Packages.app.SNP.Measurement: got nothing, expected a package with a part for SNP",
        "SNP");
    s.package.debug = true;
    s.verifier.says.debug = true;
    s.verifier.says.tee = TEE_TDX;
    s.package.tdx.present = true;
    assert_verdict(&s, NULL, "TDX with a part");
    s.admission.leaf = BYTES_LITERAL("another leaf");
    assert_verdict(&s, "hash(cert) != report.Data: the quote was made for another TLS certificate",
                   "binding");
}

/* ---- status (7.4) ---- */

static const struct {
    enum tcb_status status;
    const char *name;
} statuses[] = {
    { TCB_STATUS_NONE, "Unknown" },
    { TCB_UP_TO_DATE, "UpToDate" },
    { TCB_OUT_OF_DATE, "OutOfDate" },
    { TCB_REVOKED, "Revoked" },
    { TCB_CONFIGURATION_NEEDED, "ConfigurationNeeded" },
    { TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, "OutOfDateConfigurationNeeded" },
    { TCB_SW_HARDENING_NEEDED, "SWHardeningNeeded" },
    { TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, "ConfigurationAndSWHardeningNeeded" },
};

static void assert_status(struct scene *s, size_t i, bool admitted, const char *list)
{
    auto_string *what = mem_printf("%s under %s", statuses[i].name, list);
    auto_string *reason = mem_printf("TCB level invalid: %s", statuses[i].name);

    s->verifier.says.tcb_status = statuses[i].status;
    assert_verdict(s, admitted ? NULL : reason, what);
}

static void accept_statuses(struct scene *s, const struct bytes *at, size_t count)
{
    s->package.accepted_tcb_statuses = (struct text_list){ count > 0, count, at };
}

static void status_has_to_be_accepted_by_the_package(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        const bool current = statuses[i].status == TCB_UP_TO_DATE;
        accept_statuses(&s, NULL, 0);
        assert_status(&s, i, current || statuses[i].status == TCB_SW_HARDENING_NEEDED, "no list");
        for (size_t j = 0; j < COUNT_OF(statuses); j++) {
            const struct bytes one = bytes_of_string(statuses[j].name);
            accept_statuses(&s, &one, 1);
            assert_status(&s, i, current || i == j, statuses[j].name);
        }
        struct bytes all[COUNT_OF(statuses)];
        for (size_t j = 0; j < COUNT_OF(statuses); j++)
            all[j] = bytes_of_string(statuses[j].name);
        accept_statuses(&s, all, COUNT_OF(all));
        assert_status(&s, i, true, "all");
    }
}

static void status_is_compared_with_its_letter_case(void **state)
{
    static const char *const near[] = { "outofdate", "OutOfDat", "OutOfDate ", "" };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    s.verifier.says.tcb_status = TCB_OUT_OF_DATE;
    for (size_t i = 0; i < COUNT_OF(near); i++) {
        const struct bytes one = bytes_of_string(near[i]);
        accept_statuses(&s, &one, 1);
        assert_verdict(&s, "TCB level invalid: OutOfDate", near[i]);
    }
}

/* ---- advisories (7.4) ---- */

#define NOT_ACCEPTED                                                                               \
    "TCB status SWHardeningNeeded contains advisories not accepted by configuration: "

static const struct bytes advisories[] = { { (const uint8_t *)"INTEL-SA-00334", 14 },
                                           { (const uint8_t *)"INTEL-SA-00615", 14 } };

static void advisories_have_to_be_accepted(void **state)
{
    static const struct {
        enum tcb_status status;
        size_t reported;
        const char *accepted[2];
        const char *reason;
    } rows[] = {
        { TCB_SW_HARDENING_NEEDED, 2, { NULL }, NULL },
        { TCB_SW_HARDENING_NEEDED, 2, { "INTEL-SA-00334", "INTEL-SA-00615" }, NULL },
        { TCB_SW_HARDENING_NEEDED, 2, { "intel-sa-00615", "Intel-SA-00334" }, NULL },
        { TCB_SW_HARDENING_NEEDED, 2, { "INTEL-SA-00334" }, NOT_ACCEPTED "[INTEL-SA-00615]" },
        { TCB_SW_HARDENING_NEEDED,
          2,
          { "INTEL-SA-0033", "INTEL-SA-006155" },
          NOT_ACCEPTED "[INTEL-SA-00334 INTEL-SA-00615]" },
        { TCB_SW_HARDENING_NEEDED, 0, { "INTEL-SA-00001" }, NULL },
        { TCB_UP_TO_DATE, 2, { "INTEL-SA-00001" }, NULL },
        { TCB_OUT_OF_DATE, 2, { "INTEL-SA-00001" }, NULL }, /* other statuses ignore them */
    };
    static const struct bytes lists[] = { { (const uint8_t *)"SWHardeningNeeded", 17 },
                                          { (const uint8_t *)"OutOfDate", 9 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct bytes accepted[] = { bytes_of_string(rows[i].accepted[0]),
                                          bytes_of_string(rows[i].accepted[1]) };
        const size_t count = rows[i].accepted[0] == NULL ? 0 : rows[i].accepted[1] == NULL ? 1 : 2;
        auto_string *what = mem_printf("row %zu", i);
        auto_scene s;
        scene_begin(&s);
        accept_statuses(&s, lists, COUNT_OF(lists));
        s.package.accepted_advisories = (struct text_list){ count > 0, count, accepted };
        s.verifier.says.tcb_status = rows[i].status;
        s.verifier.says.advisory_count = rows[i].reported;
        s.verifier.says.advisories = advisories;
        assert_verdict(&s, rows[i].reason, what);
    }
}

/* ---- binding (2.1) ---- */

#define OTHER_LEAF "hash(cert) != report.Data: the quote was made for another TLS certificate"

static void quote_is_bound_to_the_leaf_by_the_first_32_bytes(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    uint8_t *const data = s.verifier.report_data.at;
    for (size_t i = 0; i < REPORT_DATA_LEN; i++) {
        auto_string *what = mem_printf("byte %zu", i);
        data[i] ^= 1;
        assert_verdict(&s, i < 32 ? OTHER_LEAF : NULL, what);
        data[i] ^= 1;
    }
    for (size_t len = 0; len <= REPORT_DATA_LEN; len++) {
        s.verifier.says.report_data = bytes_of(data, len);
        assert_verdict(&s, len < 32 ? OTHER_LEAF : NULL, "its length");
    }
    s.admission.leaf = BYTES_LITERAL("a leaf ");
    assert_verdict(&s, OTHER_LEAF, "another leaf");
}

static void binding_is_that_of_the_vector(void **state)
{
    auto_buf leaf = test_unhex("3003020105");
    auto_buf want = test_unhex("417c7763c4e320a6b747b3cb0c6d22f93741b29a32b48594b8eb4c144fe6d729");
    auto_scene s;

    (void)state;
    scene_begin(&s);
    s.admission.leaf = buf_bytes(&leaf);
    s.verifier.says.report_data = buf_bytes(&want);
    assert_verdict(&s, NULL, "vector");
}

/* ---- properties (7.3) ---- */

#define GOT                                                                                        \
    "\ngot: {Debug: false, UniqueID: \"" MEASURED "\", SignerID: \"" SIGNER                        \
    "\", ProductID: 3, SecurityVersion: 5}"

static const struct property_row {
    const char *name;
    bool debug;
    const char *unique_id, *signer_id;
    struct optional_uint product_id, security_version;
    const char *expected; /* of the refusal; NULL: it is admitted */
} properties[] = {
    { "nothing", false, "", "", { 0 }, { 0 }, NULL },
    { "everything", false, MEASURED, SIGNER, { true, 3 }, { true, 5 }, NULL },
    { "debug", true, "", "", { 0 }, { 0 }, "{Debug: true}" },
    { "letter case of IDs",
      false,
      "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff",
      "FFEEDDCCBBAA99887766554433221100FFEEDDCCBBAA99887766554433221100",
      { 0 },
      { 0 },
      NULL },
    { "another measurement",
      false,
      SIGNER,
      "",
      { 0 },
      { 0 },
      "{Debug: false, UniqueID: \"" SIGNER "\"}" },
    { "prefix of the measurement",
      false,
      "0011",
      "",
      { 0 },
      { 0 },
      "{Debug: false, UniqueID: \"0011\"}" },
    { "another signer",
      false,
      "",
      MEASURED,
      { 0 },
      { 0 },
      "{Debug: false, SignerID: \"" MEASURED "\"}" },
    { "another product", false, "", "", { true, 4 }, { 0 }, "{Debug: false, ProductID: 4}" },
    { "product 0", false, "", "", { true, 0 }, { 0 }, "{Debug: false, ProductID: 0}" },
    { "older version", false, "", "", { 0 }, { true, 4 }, NULL },
    { "any version", false, "", "", { 0 }, { true, 0 }, NULL },
    { "newer version", false, "", "", { 0 }, { true, 6 }, "{Debug: false, SecurityVersion: 6}" },
    { "newest version",
      false,
      "",
      "",
      { 0 },
      { true, UINT64_MAX },
      "{Debug: false, SecurityVersion: 18446744073709551615}" },
};

static void properties_have_to_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(properties); i++) {
        const struct property_row *const row = &properties[i];
        auto_string *reason = mem_printf("PackageProperties not compliant:\nexpected: %s" GOT,
                                         row->expected == NULL ? "" : row->expected);
        auto_scene s;
        scene_begin(&s);
        s.package = (struct manifest_package){ .debug = row->debug,
                                               .unique_id = bytes_of_string(row->unique_id),
                                               .signer_id = bytes_of_string(row->signer_id),
                                               .product_id = row->product_id,
                                               .security_version = row->security_version };
        assert_verdict(&s, row->expected == NULL ? NULL : reason, row->name);
    }
}

static void package_for_debugging_takes_no_production_enclave(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    s.package.debug = true;
    s.verifier.says.debug = true;
    assert_verdict(&s, NULL, "both");
    s.package.debug = false;
    assert_verdict(&s,
                   "PackageProperties not compliant:\nexpected: {Debug: false}\ngot: {Debug: true, "
                   "UniqueID: \"" MEASURED "\", SignerID: \"" SIGNER
                   "\", ProductID: 3, SecurityVersion: 5}",
                   "only the enclave");
}

static void refusal_names_all_that_the_package_says(void **state)
{
    const struct bytes names[] = { BYTES_LITERAL("OutOfDate"), BYTES_LITERAL("Revoked") };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    s.verifier.unique_id = BYTES_LITERAL("\xab");
    s.verifier.signer_id = BYTES_LITERAL("\xcd");
    s.package = (struct manifest_package){ .unique_id = BYTES_LITERAL("Ab"),
                                           .signer_id = BYTES_LITERAL("Cd"),
                                           .product_id = { true, 3 },
                                           .security_version = { true, 6 } };
    accept_statuses(&s, names, 2);
    s.package.accepted_advisories = (struct text_list){ true, 1, advisories };
    assert_verdict(&s,
                   "PackageProperties not compliant:\n"
                   "expected: {Debug: false, UniqueID: \"Ab\", SignerID: \"Cd\", ProductID: 3, "
                   "SecurityVersion: 6, AcceptedTCBStatuses: [OutOfDate Revoked], "
                   "AcceptedAdvisories: [INTEL-SA-00334]}\n"
                   "got: {Debug: false, UniqueID: \"ab\", SignerID: \"cd\", ProductID: 3, "
                   "SecurityVersion: 5}",
                   "all");
}

/* ---- order ---- */

static void checks_come_in_their_order(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    s.verifier.refuses = "broken";
    s.verifier.says.tcb_status = TCB_REVOKED;
    s.verifier.says.advisory_count = 1;
    s.verifier.says.advisories = advisories;
    s.package.accepted_advisories = (struct text_list){ true, 1, &advisories[1] };
    s.admission.leaf = BYTES_LITERAL("another leaf");
    s.package.product_id = (struct optional_uint){ true, 4 };
    assert_verdict(&s, "broken", "verifier");
    s.verifier.refuses = NULL;
    assert_verdict(&s, "TCB level invalid: Revoked", "status");
    s.verifier.says.tcb_status = TCB_SW_HARDENING_NEEDED;
    assert_verdict(&s, NOT_ACCEPTED "[INTEL-SA-00334]", "advisories");
    s.verifier.says.advisory_count = 0;
    assert_verdict(&s, OTHER_LEAF, "binding");
    s.admission.leaf = BYTES_LITERAL("a leaf");
    assert_verdict(&s,
                   "PackageProperties not compliant:\nexpected: {Debug: false, ProductID: 4, "
                   "AcceptedAdvisories: [INTEL-SA-00615]}" GOT,
                   "properties");
    s.package.product_id.value = 3;
    assert_verdict(&s, NULL, "all repaired");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(nobody_is_looked_at_without_a_verifier),
    cmocka_unit_test(quote_has_to_be_there_and_good),
    cmocka_unit_test(infrastructures_hide_the_reason_from_the_marble),
    cmocka_unit_test(a_guest_is_judged_by_the_part_for_its_tee),
    cmocka_unit_test(status_has_to_be_accepted_by_the_package),
    cmocka_unit_test(status_is_compared_with_its_letter_case),
    cmocka_unit_test(advisories_have_to_be_accepted),
    cmocka_unit_test(quote_is_bound_to_the_leaf_by_the_first_32_bytes),
    cmocka_unit_test(binding_is_that_of_the_vector),
    cmocka_unit_test(properties_have_to_fit),
    cmocka_unit_test(package_for_debugging_takes_no_production_enclave),
    cmocka_unit_test(refusal_names_all_that_the_package_says),
    cmocka_unit_test(checks_come_in_their_order),
};

TEST_MAIN(tests)
