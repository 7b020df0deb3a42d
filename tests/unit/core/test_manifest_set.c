/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "fixture.h"
#include "state/names.h"

#include <errno.h>
#include <pthread.h>

static bool set_text(const struct machine *m, struct bytes text, struct err *err)
{
    struct manifest_reply reply = { 0 };

    *err = (struct err){ 0 };
    const bool done = core_set_manifest(m->core, text, &reply, err);
    /* A reply that is thrown away has nothing in it. */
    assert_true(done || (reply.secrets_json.len == 0 && reply.first.len == 0));
    manifest_reply_clear(&reply);
    return done;
}

static bool set_any(const struct machine *m, struct err *err)
{
    auto_buf text = manifest_text(1, 0, false, "");

    return set_text(m, buf_bytes(&text), err);
}

static void first_manifest_is_there_after_a_restart(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    assert_phase(&m, PHASE_ACCEPTING_MANIFEST);
    set_any_manifest(&m);
    assert_phase(&m, PHASE_ACCEPTING_MARBLES);
    auto_buf before = machine_identity(&m);
    auto_buf secret = machine_value(&m, PREFIX_SECRET "key");
    auto_buf previous = machine_value(&m, PREFIX_PREVIOUS_SECRET "key");
    assert_bytes_equal(buf_bytes(&secret), buf_bytes(&previous));
    machine_stop(&m);
    m = machine_start(&w, "a");
    assert_phase(&m, PHASE_ACCEPTING_MARBLES);
    auto_buf after = machine_identity(&m);
    assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
    machine_stop(&m);
    world_end(&w);
}

static void second_manifest_is_refused(void **state)
{
    struct world w;
    struct err err;

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    assert_ok(set_any(&m, &err), &err);
    auto_buf before = machine_identity(&m);
    assert_false(set_any(&m, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    assert_string_equal(err.text, CORE_WRONG_STATE);
    auto_buf after = machine_identity(&m);
    assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
    machine_stop(&m);
    world_end(&w);
}

static void bad_manifests_are_refused_and_a_good_one_is_taken_afterwards(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "{}",
        "[]",
        "{\"Packages\":{\"p\":{\"Debug\":true}},\"Marbles\":{\"m\":{\"Package\":\"q\"}}}",
        "{\"RecoveryKeys\":{\"a\":\"no PEM\"},\"Packages\":{\"p\":{\"Debug\":true,\"SignerID\":"
        "\"00\",\"ProductID\":1,\"SecurityVersion\":1}},\"Marbles\":{\"m\":{\"Package\":\"p\"}}}",
        "{\"Packages\":{\"p\":{\"Debug\":true,\"SignerID\":\"00\",\"ProductID\":1,"
        "\"SecurityVersion\":1}},\"Marbles\":{\"m\":{\"Package\":\"p\"}},\"Secrets\":{\"s\":{"
        "\"Type\":\"symmetric-key\",\"Size\":9223372036854775800}}}",
        "{\"Packages\":{\"p\":{\"Debug\":true,\"SignerID\":\"00\",\"ProductID\":1,"
        "\"SecurityVersion\":1}},\"Marbles\":{\"m\":{\"Package\":\"p\",\"Parameters\":{\"Env\":{"
        "\"X\":\"{{ hex .Secrets.none }}\"}}}}}",
    };
    struct world w;
    struct err err;

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (set_text(&m, bytes_of_string(bad[i]), &err) || err.kind != FAIL_MALFORMED)
            fail_msg("%s: kind %d, %s", bad[i], (int)err.kind, err.text);
        assert_phase(&m, PHASE_ACCEPTING_MANIFEST);
        assert_int_equal(world_count(&w, "sealed_data"), 0);
    }
    assert_ok(set_any(&m, &err), &err);
    machine_stop(&m);
    world_end(&w);
}

static void threshold_that_does_not_fit_is_refused(void **state)
{
    static const unsigned thresholds[] = { 1, 4, 255 };
    struct world w;
    struct err err;

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    for (size_t i = 0; i < COUNT_OF(thresholds); i++) {
        auto_buf text = manifest_text(3, thresholds[i], false, "");
        assert_false(set_text(&m, buf_bytes(&text), &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
    machine_stop(&m);
    world_end(&w);
}

static void both_forms_of_recovery_keys_together_are_refused(void **state)
{
    auto_buf singular = manifest_text(1, 0, true, "\"RecoveryKeys\":{\"a\":\"x\"},");
    struct world w;
    struct err err;

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    assert_false(set_text(&m, buf_bytes(&singular), &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    machine_stop(&m);
    world_end(&w);
}

static void full_disk_refuses_the_manifest_and_the_next_try_works(void **state)
{
    struct world w;
    struct err err;
    unsigned nth = 1;

    (void)state;
    for (bool failed = true; failed; nth++) {
        world_begin(&w);
        struct machine m = machine_start(&w, "a");
        world_fail(&w, nth, false, ENOSPC);
        failed = !set_any(&m, &err);
        world_heal(&w);
        if (failed) {
            assert_int_equal(err.kind, FAIL_UNAVAILABLE);
            assert_phase(&m, PHASE_ACCEPTING_MANIFEST);
            assert_ok(set_any(&m, &err), &err);
        }
        auto_buf before = machine_identity(&m);
        machine_stop(&m);
        m = machine_start(&w, "a");
        auto_buf after = machine_identity(&m);
        assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
        machine_stop(&m);
        world_end(&w);
    }
    assert_true(nth > 5);
}

static void disabled_sealing_writes_nothing(void **state)
{
    auto_buf text = manifest_text(0, 0, false, "\"Config\":{\"SealMode\":\"Disabled\"},");
    struct world w;
    struct err err;

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    assert_ok(set_text(&m, buf_bytes(&text), &err), &err);
    assert_phase(&m, PHASE_ACCEPTING_MARBLES);
    assert_int_equal(world_count(&w, "sealed_"), 0);
    machine_stop(&m);
    m = machine_start(&w, "a");
    assert_phase(&m, PHASE_ACCEPTING_MANIFEST);
    machine_stop(&m);
    world_end(&w);
}

/* ---- dismissal ---- */

static void dismissal_keeps_the_old_files_which_still_recover(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    auto_deal deal = set_manifest(&m, 3, 2, false);
    auto_buf identity = machine_identity(&m);
    machine_stop(&m);
    m = machine_start(&w, "b");
    give(&m, &deal, 0, 1);
    auto_buf old = world_read(&w, "sealed_data");
    set_any_manifest(&m);
    assert_phase(&m, PHASE_ACCEPTING_MARBLES);
    refuse(&m, share_bytes(&deal.shares[1]), buf_bytes(&deal.shares[1].signature),
           CORE_WRONG_STATE);
    auto_buf kept = world_read(&w, "dismissed-20260115T120000Z/sealed_data");
    assert_bytes_equal(buf_bytes(&kept), buf_bytes(&old));
    machine_stop(&m);
    m = machine_start(&w, "b");
    assert_phase(&m, PHASE_ACCEPTING_MARBLES);
    machine_stop(&m);

    /* Somebody regrets it. */
    struct world other;
    world_begin(&other);
    world_write(&other, "sealed_data", buf_bytes(&kept));
    m = machine_start(&other, "b");
    give(&m, &deal, 1, 1);
    give(&m, &deal, 2, 0);
    auto_buf back = machine_identity(&m);
    assert_bytes_equal(buf_bytes(&back), buf_bytes(&identity));
    machine_stop(&m);
    world_end(&other);
    world_end(&w);
}

static void refused_manifest_dismisses_nothing(void **state)
{
    struct world w;
    struct err err;

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    auto_deal deal = set_manifest(&m, 3, 0, false);
    machine_stop(&m);
    m = machine_start(&w, "b");
    give(&m, &deal, 0, 2);
    assert_false(set_text(&m, BYTES_LITERAL("{}"), &err));
    give(&m, &deal, 1, 1);
    world_fail(&w, 1, false, ENOSPC);
    assert_false(set_any(&m, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    world_heal(&w);
    assert_phase(&m, PHASE_RECOVERY);
    give(&m, &deal, 2, 0);
    assert_phase(&m, PHASE_ACCEPTING_MARBLES);
    machine_stop(&m);
    world_end(&w);
}

/* ---- the manifest of the start ---- */

static void startup_manifest_is_set_once_and_never_dismisses(void **state)
{
    auto_buf first = manifest_text(0, 0, false, "");
    auto_buf other = manifest_text(1, 0, false, "");
    struct world w;
    struct err err = { 0 };

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    assert_false(core_startup_manifest(m.core, BYTES_LITERAL("{}"), &err));
    assert_ok(core_startup_manifest(m.core, buf_bytes(&first), &err), &err);
    auto_buf before = machine_identity(&m);
    assert_ok(core_startup_manifest(m.core, buf_bytes(&first), &err), &err);
    assert_ok(core_startup_manifest(m.core, buf_bytes(&other), &err), &err);
    auto_buf after = machine_identity(&m);
    assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
    machine_stop(&m);
    m = machine_start(&w, "b");
    assert_ok(core_startup_manifest(m.core, buf_bytes(&first), &err), &err);
    assert_phase(&m, PHASE_RECOVERY);
    machine_stop(&m);
    world_end(&w);
}

/* ---- many at once ---- */

static void *set_once(void *arg)
{
    const struct machine *const m = arg;
    struct err err;

    return set_any(m, &err) ? arg : NULL;
}

static void one_of_eight_manifests_wins(void **state)
{
    pthread_t threads[8];
    struct world w;
    unsigned winners = 0;

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    (void)holder_key(0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, set_once, &m), 0);
    for (int i = 0; i < 8; i++) {
        void *won = NULL;
        (void)pthread_join(threads[i], &won);
        winners += won != NULL;
    }
    assert_int_equal(winners, 1);
    machine_stop(&m);
    world_end(&w);
}

static void second_process_is_refused(void **state)
{
    struct world w;
    struct machine other;
    struct err err = { 0 };

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    assert_false(machine_try(&w, "a", false, &other, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    machine_stop(&m);
    world_end(&w);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(first_manifest_is_there_after_a_restart),
    cmocka_unit_test(second_manifest_is_refused),
    cmocka_unit_test(bad_manifests_are_refused_and_a_good_one_is_taken_afterwards),
    cmocka_unit_test(threshold_that_does_not_fit_is_refused),
    cmocka_unit_test(both_forms_of_recovery_keys_together_are_refused),
    cmocka_unit_test(full_disk_refuses_the_manifest_and_the_next_try_works),
    cmocka_unit_test(disabled_sealing_writes_nothing),
    cmocka_unit_test(dismissal_keeps_the_old_files_which_still_recover),
    cmocka_unit_test(refused_manifest_dismisses_nothing),
    cmocka_unit_test(startup_manifest_is_set_once_and_never_dismisses),
    cmocka_unit_test(one_of_eight_manifests_wins),
    cmocka_unit_test(second_process_is_refused),
};

TEST_MAIN(tests)
