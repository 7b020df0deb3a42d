/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_scene.h"

/* TCB status and advisories; the original's table for SGX is in core's test of admission. */

#define MEMBER "\"TDX\":{\"MRTD\":\"" HEX48 "\"}"
#define LIST(entries) MEMBER ",\"AcceptedTCBStatuses\":[" entries "]"

static void platform(struct policy_scene *s, enum tee tee, enum tcb_status status)
{
    *s = (struct policy_scene){ .verdict = { .tee = tee, .tcb_status = status } };
    set_field(s, "mrtd", HEX48);
    set_field(s, "mrenclave", HEX32);
}

static void a_status_has_to_be_listed_and_has_a_default(void **state)
{
    static const enum tcb_status all[] = { TCB_OUT_OF_DATE,
                                           TCB_CONFIGURATION_NEEDED,
                                           TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
                                           TCB_SW_HARDENING_NEEDED,
                                           TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
                                           TCB_TD_RELAUNCH_ADVISED,
                                           TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED };
    auto_policy_scene s;

    (void)state;
    platform(&s, TEE_TDX, TCB_UP_TO_DATE);
    assert_fits(&s, LIST("\"OutOfDate\""), "up to date");
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        const char *const name = tcb_status_text(all[i]);
        auto_string *listed = mem_printf(LIST("\"x\",\"%s\""), name);
        auto_string *sentence = mem_printf("TCB level invalid: %s", name);
        auto_string *accepts =
            mem_printf("Packages.app.AcceptedTCBStatuses: [\"SWHardeningNeeded\",\"%s\"]", name);
        auto_string *added = mem_printf("Packages.app.AcceptedTCBStatuses: [\"x\",\"%s\"]", name);
        s.verdict.tcb_status = all[i];
        assert_fits(&s, listed, name);
        if (all[i] == TCB_SW_HARDENING_NEEDED)
            assert_fits(&s, MEMBER, name);
        else
            assert_refused(&s, MEMBER, name, sentence, accepts);
        assert_refused(&s, LIST("\"x\""), name, sentence, added);
        assert_int_equal(s.report.at[0].subject, POLICY_TCB);
    }
}

static void nothing_accepts_a_revoked_platform_of_tdx(void **state)
{
    auto_policy_scene s;

    (void)state;
    platform(&s, TEE_TDX, TCB_REVOKED);
    assert_refused(&s, LIST("\"Revoked\",\"Unknown\""), "revoked", "TCB level invalid: Revoked",
                   "");
    s.verdict.tcb_status = TCB_STATUS_NONE;
    assert_refused(&s, LIST("\"Revoked\",\"Unknown\""), "unknown", "TCB level invalid: Unknown",
                   "");
}

static void advisories_count_where_software_has_to_be_hardened(void **state)
{
    static const struct bytes advisories[] = { { (const uint8_t *)"INTEL-SA-1", 10 },
                                               { (const uint8_t *)"INTEL-SA-2", 10 } };
    static const struct {
        enum tee tee;
        enum tcb_status status;
        bool counts;
    } rows[] = {
        { TEE_SGX, TCB_SW_HARDENING_NEEDED, true },
        { TEE_TDX, TCB_SW_HARDENING_NEEDED, true },
        { TEE_SGX, TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, false }, /* as in the original */
        { TEE_TDX, TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, true },
        { TEE_TDX, TCB_OUT_OF_DATE, false },
        { TEE_TDX, TCB_UP_TO_DATE, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *const name = tcb_status_text(rows[i].status);
        auto_string *statuses = mem_printf("\"UniqueID\":\"" HEX32 "\"," LIST("\"%s\""), name);
        auto_string *both =
            mem_printf("%s,\"AcceptedAdvisories\":[\"intel-sa-2\",\"INTEL-SA-1\"]", statuses);
        auto_string *one = mem_printf("%s,\"AcceptedAdvisories\":[\"INTEL-SA-2\"]", statuses);
        auto_string *sentence = mem_printf(
            "TCB status %s contains advisories not accepted by configuration: [INTEL-SA-1]", name);
        auto_policy_scene s;
        platform(&s, rows[i].tee, rows[i].status);
        s.verdict.advisories = advisories;
        s.verdict.advisory_count = 2;
        assert_fits(&s, statuses, name);
        assert_fits(&s, both, name);
        if (rows[i].counts)
            assert_refused(&s, one, name, sentence,
                           "Packages.app.AcceptedAdvisories: [\"INTEL-SA-2\",\"INTEL-SA-1\"]");
        else
            assert_fits(&s, one, name);
    }
}

static void evidence_that_was_not_verified_never_fits(void **state)
{
    auto_policy_scene s;

    (void)state;
    platform(&s, TEE_TDX, TCB_UP_TO_DATE);
    s.verdict.reason = REASON_EXPIRED;
    assert_refused(&s, MEMBER, "expired",
                   "Packages.app: got evidence that is not: expired, expected verified evidence",
                   "");
    s.verdict.reason = REASON_NONE;
    s.verdict.tee = TEE_NONE;
    assert_false(judge(&s, MEMBER, ""));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_status_has_to_be_listed_and_has_a_default),
    cmocka_unit_test(nothing_accepts_a_revoked_platform_of_tdx),
    cmocka_unit_test(advisories_count_where_software_has_to_be_hardened),
    cmocka_unit_test(evidence_that_was_not_verified_never_fits),
};
TEST_MAIN(tests)
