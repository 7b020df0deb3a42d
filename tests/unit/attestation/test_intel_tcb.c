/* SPDX-License-Identifier: Apache-2.0 */
#include "intel_scene.h"

#include "attestation/intel_tcb.h"

/* The evaluation of the TCB (attestation.md, 7), on documents that are made member by member. */

/* One platform and the documents that it is compared with; a test changes what it is about. */
struct case_tcb {
    struct tcb_info info;
    struct qe_identity qe;
    struct tcb_level levels[3];
    struct svn_level qe_levels[2], module_levels[2];
    struct tdx_module module;
    struct pck pck;
    uint8_t svn[16], svn2[16];
    struct tcb_platform platform;
    struct tcb_result result;
};

static void init(struct case_tcb *c, enum tee tee)
{
    *c = (struct case_tcb){ 0 };
    c->levels[0] = (struct tcb_level){ .sgx = { 5, 5 }, .tdx = { 5, 0, 6 }, .pcesvn = 13 };
    c->levels[1] = (struct tcb_level){ .sgx = { 4, 4 }, .tdx = { 4, 0, 5 }, .pcesvn = 11 };
    c->levels[0].verdict.status = TCB_UP_TO_DATE;
    c->levels[1].verdict.status = TCB_OUT_OF_DATE;
    c->qe_levels[0] = (struct svn_level){ 8, { .status = TCB_UP_TO_DATE } };
    c->qe_levels[1] = (struct svn_level){ 6, { .status = TCB_OUT_OF_DATE } };
    c->module_levels[0] = (struct svn_level){ 6, { .status = TCB_UP_TO_DATE } };
    c->module_levels[1] = (struct svn_level){ 4, { .status = TCB_OUT_OF_DATE } };
    c->module.id = BYTES_LITERAL("tdx_01");
    c->module.levels = (struct svn_levels){ 2, c->module_levels };
    c->info = (struct tcb_info){
        .tee = tee, .modules = &c->module, .module_count = 1, .levels = c->levels, .level_count = 2
    };
    c->qe.levels = (struct svn_levels){ 2, c->qe_levels };
    memset(c->pck.components, 9, sizeof c->pck.components);
    c->pck.pcesvn = 13;
    memset(c->svn, 9, sizeof c->svn);
    c->svn[0] = 6;
    c->svn[1] = 1;
    memcpy(c->svn2, c->svn, sizeof c->svn);
    c->platform = (struct tcb_platform){ .tee = tee, .pck = &c->pck, .qe_isvsvn = 8 };
    if (tee == TEE_TDX)
        c->platform.tee_tcb_svn = bytes_of(c->svn, sizeof c->svn);
}

static void expect(struct case_tcb *c, enum reason reason, enum tcb_status status, const char *what)
{
    struct err err = { 0 };
    const enum reason found = tcb_evaluate(&c->info, &c->qe, &c->platform, &c->result, &err);

    if (found != reason)
        fail_msg("%s: \"%s\" instead of \"%s\"", what, reason_text(found), reason_text(reason));
    assert_int_equal(found == REASON_NONE, err.text[0] == '\0');
    if (found == REASON_NONE && c->result.status != status)
        fail_msg("%s: %s instead of %s", what, tcb_status_text(c->result.status),
                 tcb_status_text(status));
}

/* attestation.md, 7.4: rows are statuses of the platform; columns UpToDate, OutOfDate, Revoked. */
static const struct {
    enum tcb_status platform, converged[3];
} table[] = {
    { TCB_UP_TO_DATE, { TCB_UP_TO_DATE, TCB_OUT_OF_DATE, TCB_REVOKED } },
    { TCB_SW_HARDENING_NEEDED, { TCB_SW_HARDENING_NEEDED, TCB_OUT_OF_DATE, TCB_REVOKED } },
    { TCB_CONFIGURATION_NEEDED,
      { TCB_CONFIGURATION_NEEDED, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_REVOKED } },
    { TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
      { TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
        TCB_REVOKED } },
    { TCB_OUT_OF_DATE, { TCB_OUT_OF_DATE, TCB_OUT_OF_DATE, TCB_REVOKED } },
    { TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
      { TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_REVOKED } },
    { TCB_REVOKED, { TCB_REVOKED, TCB_REVOKED, TCB_REVOKED } },
};
static const enum tcb_status parts[] = { TCB_UP_TO_DATE, TCB_OUT_OF_DATE, TCB_REVOKED };

static void statuses_converge_by_the_table(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT_OF(table); row++) {
        for (size_t column = 0; column < COUNT_OF(parts); column++) {
            const enum tcb_status want = table[row].converged[column];
            const enum reason reason = want == TCB_REVOKED ? REASON_TCB_REVOKED : REASON_NONE;
            struct case_tcb qe, module;
            assert_int_equal(tcb_converge(table[row].platform, parts[column]), want);
            init(&qe, TEE_SGX);
            qe.levels[0].verdict.status = table[row].platform;
            qe.qe_levels[0].verdict.status = parts[column];
            expect(&qe, reason, want, "with the QE");
            init(&module, TEE_TDX);
            module.levels[0].verdict.status = table[row].platform;
            module.module_levels[0].verdict.status = parts[column];
            expect(&module, reason, want, "with the module");
        }
    }
}

static void relaunch_statuses_stay_with_a_qe_that_is_up_to_date(void **state)
{
    (void)state;
    assert_int_equal(tcb_converge(TCB_TD_RELAUNCH_ADVISED, TCB_UP_TO_DATE),
                     TCB_TD_RELAUNCH_ADVISED);
    assert_int_equal(tcb_converge(TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED, TCB_UP_TO_DATE),
                     TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED);
}

static void other_statuses_of_a_qe_count_as_out_of_date(void **state)
{
    (void)state;
    for (size_t row = 1; row < COUNT_OF(table) - 1; row++) {
        struct case_tcb c;
        init(&c, TEE_SGX);
        c.qe_levels[0].verdict.status = table[row].platform;
        expect(&c, REASON_NONE, TCB_OUT_OF_DATE, "QE status");
        assert_int_equal(c.result.qe_status, TCB_OUT_OF_DATE);
    }
}

static void the_qe_reaches_the_highest_level_at_or_below_it(void **state)
{
    static const struct {
        uint16_t isvsvn;
        enum reason reason;
        enum tcb_status status;
    } cases[] = {
        { 65535, REASON_NONE, TCB_UP_TO_DATE }, { 8, REASON_NONE, TCB_UP_TO_DATE },
        { 7, REASON_NONE, TCB_OUT_OF_DATE },    { 6, REASON_NONE, TCB_OUT_OF_DATE },
        { 5, REASON_TCB_NOT_SUPPORTED, 0 },     { 0, REASON_TCB_NOT_SUPPORTED, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct case_tcb c;
        init(&c, TEE_SGX);
        c.platform.qe_isvsvn = cases[i].isvsvn;
        expect(&c, cases[i].reason, cases[i].status, "ISVSVN");
    }
}

static void every_sgx_component_and_pcesvn_has_to_be_reached(void **state)
{
    (void)state;
    for (size_t i = 0; i < PCK_COMPONENTS; i++) {
        for (int tdx = 0; tdx < 2; tdx++) {
            struct case_tcb c;
            init(&c, tdx == 1 ? TEE_TDX : TEE_SGX);
            c.levels[0].sgx[i] = c.pck.components[i];
            expect(&c, REASON_NONE, TCB_UP_TO_DATE, "component reached");
            c.levels[0].sgx[i]++;
            expect(&c, REASON_NONE, TCB_OUT_OF_DATE, "component not reached");
            c.levels[1].sgx[i] = 255;
            expect(&c, REASON_TCB_NOT_SUPPORTED, 0, "no level");
        }
    }
    struct case_tcb c;
    init(&c, TEE_SGX);
    c.pck.pcesvn = 12;
    expect(&c, REASON_NONE, TCB_OUT_OF_DATE, "PCESVN not reached");
    c.pck.pcesvn = 10;
    expect(&c, REASON_TCB_NOT_SUPPORTED, 0, "PCESVN below all");
}

/* The first two belong to the module's own identity, unless its major version is 0 (attestation.md, 7.2). */
static void tdx_components_are_compared_from_the_place_that_the_module_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < TDX_COMPONENTS; i++) {
        for (uint8_t major = 0; major < 2; major++) {
            struct case_tcb c;
            init(&c, TEE_TDX);
            c.svn[1] = major;
            memset(c.levels[0].tdx, 0, sizeof c.levels[0].tdx);
            memset(c.levels[1].tdx, 0, sizeof c.levels[1].tdx);
            c.levels[0].tdx[i] = c.svn[i];
            expect(&c, REASON_NONE, TCB_UP_TO_DATE, "component reached");
            c.levels[0].tdx[i]++;
            expect(&c, REASON_NONE, major == 1 && i < 2 ? TCB_UP_TO_DATE : TCB_OUT_OF_DATE,
                   "component not reached");
        }
    }
}

static void the_module_reaches_the_highest_level_at_or_below_it(void **state)
{
    (void)state;
    for (uint8_t minor = 0; minor < 9; minor++) {
        struct case_tcb c;
        init(&c, TEE_TDX);
        c.svn[0] = minor;
        expect(&c, minor < 4 ? REASON_TCB_NOT_SUPPORTED : REASON_NONE,
               minor < 6 ? TCB_OUT_OF_DATE : TCB_UP_TO_DATE, "minor version");
    }
    struct case_tcb c;
    init(&c, TEE_TDX);
    c.svn[1] = 0;
    expect(&c, REASON_NONE, TCB_UP_TO_DATE, "module 0");
    assert_int_equal(c.result.module_status, TCB_STATUS_NONE);
    assert_null(c.result.module);
}

/* ---- relaunch ---- */

/* A TD that was launched under an old module, on a platform that runs a new one. */
static void init_relaunch(struct case_tcb *c)
{
    init(c, TEE_TDX);
    c->svn[0] = 4;
    c->svn2[0] = 6;
    c->platform.tee_tcb_svn2 = bytes_of(c->svn2, sizeof c->svn2);
}

static void a_relaunch_is_advised_when_all_else_is_in_order(void **state)
{
    struct case_tcb c;

    (void)state;
    init_relaunch(&c);
    expect(&c, REASON_NONE, TCB_TD_RELAUNCH_ADVISED, "all conditions");
    assert_int_equal(c.result.module_status, TCB_OUT_OF_DATE);
    init_relaunch(&c);
    c.levels[0].verdict.status = TCB_SW_HARDENING_NEEDED;
    expect(&c, REASON_NONE, TCB_TD_RELAUNCH_ADVISED, "hardening");
    init_relaunch(&c);
    c.levels[0].verdict.status = TCB_CONFIGURATION_NEEDED;
    expect(&c, REASON_NONE, TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED, "configuration");
    init_relaunch(&c);
    c.levels[0].verdict.status = TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;
    expect(&c, REASON_NONE, TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED, "configuration and");
}

static void each_condition_of_a_relaunch_counts(void **state)
{
    struct case_tcb c;

    (void)state;
    init_relaunch(&c);
    c.platform.tee_tcb_svn2 = BYTES_NONE;
    expect(&c, REASON_NONE, TCB_OUT_OF_DATE, "report 1.0");
    init_relaunch(&c);
    c.platform.qe_isvsvn = 7;
    expect(&c, REASON_NONE, TCB_OUT_OF_DATE, "QE out of date");
    init_relaunch(&c);
    c.levels[0].verdict.status = TCB_OUT_OF_DATE;
    expect(&c, REASON_NONE, TCB_OUT_OF_DATE, "platform out of date");
    init_relaunch(&c);
    c.levels[0].verdict.status = TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
    expect(&c, REASON_NONE, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, "and configuration");
    init_relaunch(&c);
    c.svn[0] = 6;
    expect(&c, REASON_NONE, TCB_UP_TO_DATE, "module up to date");
    init_relaunch(&c);
    c.module_levels[1].verdict.status = TCB_REVOKED;
    expect(&c, REASON_TCB_REVOKED, 0, "module revoked");
    init_relaunch(&c);
    c.svn2[0] = 5;
    expect(&c, REASON_NONE, TCB_OUT_OF_DATE, "running module not current");
    init_relaunch(&c);
    c.svn2[2] = 5;
    expect(&c, REASON_NONE, TCB_OUT_OF_DATE, "late microcode not current");
    c.svn2[2] = 6;
    expect(&c, REASON_NONE, TCB_TD_RELAUNCH_ADVISED, "late microcode as the level has it");
    init_relaunch(&c);
    c.qe_levels[0].verdict.status = TCB_REVOKED;
    expect(&c, REASON_TCB_REVOKED, 0, "QE revoked");
}

static void the_running_module_is_found_by_its_own_version(void **state)
{
    struct case_tcb c;

    (void)state;
    init_relaunch(&c);
    c.svn2[1] = 2;
    expect(&c, REASON_TDX_MODULE_MISMATCH, 0, "no identity of the running module");
    c.platform.qe_isvsvn = 7;
    expect(&c, REASON_NONE, TCB_OUT_OF_DATE, "nobody asks for it");
    init_relaunch(&c);
    c.svn2[1] = 0;
    c.svn2[0] = 5;
    expect(&c, REASON_NONE, TCB_TD_RELAUNCH_ADVISED, "version 0, as the highest level has it");
    c.svn2[0] = 4;
    expect(&c, REASON_NONE, TCB_OUT_OF_DATE, "version 0, below");
    c.svn2[0] = 5;
    c.svn2[2] = 5;
    expect(&c, REASON_NONE, TCB_OUT_OF_DATE, "version 0, microcode below");
}

/* The level without regard to TDX decides whether a relaunch helps. */
static void the_sgx_level_is_the_first_without_tdx_components(void **state)
{
    struct case_tcb c;

    (void)state;
    init_relaunch(&c);
    c.svn[2] = 5; /* reaches the second level alone, which is out of date */
    expect(&c, REASON_NONE, TCB_TD_RELAUNCH_ADVISED, "old microcode at launch");
    c.levels[0].verdict.status = TCB_CONFIGURATION_NEEDED;
    expect(&c, REASON_NONE, TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED, "and configuration");
    c.levels[0].verdict.status = TCB_UP_TO_DATE;
    c.levels[1].verdict.status = TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
    expect(&c, REASON_NONE, TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED, "of the level itself");
}

/* ---- whole quotes ---- */

static void advisories_are_those_of_all_levels(void **state)
{
    static const char *const all[] = { "INTEL-SA-00001", "INTEL-SA-00002", "INTEL-SA-00003",
                                       "INTEL-SA-00009" };
    auto_scene s;
    auto_arena arena = { 0 };
    struct verdict v;

    (void)state;
    intel_scene_init(&s, SCENE_TDX_4);
    s.pck.pcesvn = 10;
    s.qe_report[258] = 6;
    s.body[0] = 4;
    intel_scene_build(&s);
    assert_true(scene_verify(&s, &arena, &v));
    assert_int_equal(v.tcb_status, TCB_OUT_OF_DATE);
    assert_int_equal(v.platform_tcb_status, TCB_SW_HARDENING_NEEDED);
    assert_int_equal(v.qe_tcb_status, TCB_OUT_OF_DATE);
    assert_int_equal(v.module_tcb_status, TCB_OUT_OF_DATE);
    assert_int_equal(v.advisory_count, COUNT_OF(all));
    for (size_t i = 0; i < COUNT_OF(all); i++)
        assert_true(bytes_equal_string(v.advisories[i], all[i]));
    assert_int_equal(v.platform_advisory_count, 2);
    assert_int_equal(v.qe_advisory_count, 1);
    assert_int_equal(v.qe_tcb_date, 1715558400); /* 2024-05-13 */
}

static void levels_are_sorted_before_the_search(void **state)
{
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    /* The lower level comes first, and the QE's too. */
    scene_edit(&s.tcb_info, "\"pcesvn\":13}", "\"pcesvn\":AA}");
    scene_edit(&s.tcb_info, "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":BB");
    scene_edit(&s.tcb_info, "\"pcesvn\":10}", "\"pcesvn\":13}");
    scene_edit(&s.tcb_info, "\"tcbStatus\":\"SWHardeningNeeded\"", "\"tcbStatus\":\"UpToDate\"");
    scene_edit(&s.tcb_info, "\"pcesvn\":AA}", "\"pcesvn\":10}");
    scene_edit(&s.tcb_info, "\"tcbStatus\":BB", "\"tcbStatus\":\"OutOfDate\"");
    scene_edit(&s.qe_identity, "\"isvsvn\":8", "\"isvsvn\":A");
    scene_edit(&s.qe_identity, "\"isvsvn\":6", "\"isvsvn\":8");
    scene_edit(&s.qe_identity, "\"isvsvn\":A", "\"isvsvn\":6");
    scene_edit(&s.qe_identity, "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Revoked\"");
    scene_edit(&s.qe_identity, "\"tcbStatus\":\"OutOfDate\"", "\"tcbStatus\":\"UpToDate\"");
    scene_expect_status(&s, TCB_UP_TO_DATE, "lower levels first");
}

static void platforms_that_are_revoked_or_below_all_are_refused(void **state)
{
    auto_scene revoked, below, module_below, old_qe;

    (void)state;
    intel_scene_init(&revoked, SCENE_SGX_3);
    scene_edit(&revoked.tcb_info, "\"UpToDate\"", "\"Revoked\"");
    scene_expect(&revoked, REASON_TCB_REVOKED, "revoked");
    intel_scene_init(&below, SCENE_SGX_3);
    below.pck.components[0] = 4;
    scene_expect(&below, REASON_TCB_NOT_SUPPORTED, "below all levels");
    intel_scene_init(&module_below, SCENE_TDX_4);
    module_below.body[0] = 3;
    scene_expect(&module_below, REASON_TCB_NOT_SUPPORTED, "module below all levels");
    intel_scene_init(&old_qe, SCENE_SGX_3);
    old_qe.qe_report[258] = 5;
    scene_expect(&old_qe, REASON_TCB_NOT_SUPPORTED, "QE below all levels");
}

static void a_report_of_1_5_may_advise_a_relaunch(void **state)
{
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_TDX_5_15);
    s.body[0] = 4;
    scene_expect_status(&s, TCB_TD_RELAUNCH_ADVISED, "launched under an old module");
    s.body[585] = 9;
    scene_expect(&s, REASON_TDX_MODULE_MISMATCH, "running module without identity");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(statuses_converge_by_the_table),
    cmocka_unit_test(relaunch_statuses_stay_with_a_qe_that_is_up_to_date),
    cmocka_unit_test(other_statuses_of_a_qe_count_as_out_of_date),
    cmocka_unit_test(the_qe_reaches_the_highest_level_at_or_below_it),
    cmocka_unit_test(every_sgx_component_and_pcesvn_has_to_be_reached),
    cmocka_unit_test(tdx_components_are_compared_from_the_place_that_the_module_says),
    cmocka_unit_test(the_module_reaches_the_highest_level_at_or_below_it),
    cmocka_unit_test(a_relaunch_is_advised_when_all_else_is_in_order),
    cmocka_unit_test(each_condition_of_a_relaunch_counts),
    cmocka_unit_test(the_running_module_is_found_by_its_own_version),
    cmocka_unit_test(the_sgx_level_is_the_first_without_tdx_components),
    cmocka_unit_test(advisories_are_those_of_all_levels),
    cmocka_unit_test(levels_are_sorted_before_the_search),
    cmocka_unit_test(platforms_that_are_revoked_or_below_all_are_refused),
    cmocka_unit_test(a_report_of_1_5_may_advise_a_relaunch),
};

TEST_MAIN(tests)
