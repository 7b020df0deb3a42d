/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_scene.h"

/* What people read. */

static void a_report_is_a_sentence_and_then_each_finding(void **state)
{
    auto_policy_scene s = { .verdict = { .tee = TEE_TDX, .tcb_status = TCB_OUT_OF_DATE } };
    auto_buf text = { 0 };

    (void)state;
    set_field(&s, "mrtd", HEX48);
    assert_false(
        judge(&s, "\"TDX\":{\"MRTD\":\"" HEX48 "\",\"RTMR0\":\"aa\"}", "\"rack\":{\"PCESVN\":1}"));
    policy_report_write(&s.report, &text);
    assert_bytes_equal(buf_bytes(&text),
                       BYTES_LITERAL("TCB level invalid: OutOfDate\n"
                                     "Packages.app.AcceptedTCBStatuses\n"
                                     "  expected: [\"SWHardeningNeeded\"] or UpToDate\n"
                                     "  got: OutOfDate\n"
                                     "  accepted by: Packages.app.AcceptedTCBStatuses: "
                                     "[\"SWHardeningNeeded\",\"OutOfDate\"]\n"
                                     "Packages.app.TDX.RTMR0\n"
                                     "  expected: \"aa\"\n"
                                     "  got: nothing\n"
                                     "  accepted by: nothing\n"
                                     "Infrastructures.rack.PCESVN\n"
                                     "  expected: at least 1\n"
                                     "  got: 0\n"
                                     "  accepted by: Infrastructures.rack.PCESVN: 0\n"));
}

static void nothing_is_said_about_what_fits(void **state)
{
    static const struct policy_report none;
    auto_buf text = { 0 };

    (void)state;
    policy_report_write(&none, &text);
    assert_int_equal(text.len, 0);
}

static void odd_names_and_long_lists_stay_in_their_lines(void **state)
{
    auto_policy_scene s = { .verdict = { .tee = TEE_TDX, .tcb_status = TCB_UP_TO_DATE } };
    auto_buf list = { 0 };
    struct err err = { 0 };

    (void)state;
    set_field(&s, "mrtd", HEX48);
    buf_add_string(&list, "{\"Packages\":{\"a\\nb.c\":{\"TDX\":{\"MRTD\":[\"1\\n2\"");
    for (int i = 0; i < 100; i++)
        buf_add_format(&list, ",\"%096d\"", i + 1);
    buf_add_string(&list, "]}}}}");
    auto_manifest *m = manifest_parse(buf_bytes(&list), &err);
    assert_ok(m != NULL, &err);
    assert_false(policy_judge(&m->packages[0], NULL, 0, &s.verdict, &s.arena, &s.report));
    const struct policy_finding *const f = &s.report.at[0];
    assert_bytes_equal(f->member, BYTES_LITERAL("Packages.\"a\\nb.c\".TDX.MRTD"));
    assert_true(f->expected.len > 9600);
    assert_true(f->sentence.len < 1024);
    assert_null(memchr(f->expected.at, '\n', f->expected.len));
    assert_null(memchr(f->sentence.at, '\n', f->sentence.len));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_report_is_a_sentence_and_then_each_finding),
    cmocka_unit_test(nothing_is_said_about_what_fits),
    cmocka_unit_test(odd_names_and_long_lists_stay_in_their_lines),
};
TEST_MAIN(tests)
