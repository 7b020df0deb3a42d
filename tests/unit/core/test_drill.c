/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "drill_scene.h"
#include "foreign.h"

#include <errno.h>

/* ---- proofs that hold ---- */

static void every_holder_of_every_scheme_proves_his_secret(void **state)
{
    static const unsigned schemes[][2] = { { 1, 0 }, { 3, 0 }, { 3, 2 } };

    (void)state;
    for (size_t scheme = 0; scheme < COUNT_OF(schemes); scheme++) {
        auto_scene s;
        scene_begin(&s, schemes[scheme][0], schemes[scheme][1], "");
        auto_string *set = set_id(&s, false);
        for (unsigned i = 0; i < schemes[scheme][0]; i++) {
            const struct drill_outcome outcome = prove(&s, &s.deal, i, NULL);
            assert_string_equal(outcome.set, set);
            assert_int_equal(outcome.proven_ms, WORLD_START_MS);
            assert_false(outcome.replaced);
            assert_int_equal(proven_ms(&s, set, i), WORLD_START_MS);
        }
        assert_int_equal(log_lines(&s), 1 + schemes[scheme][0]);
        assert_log_line(&s, schemes[scheme][0] - 1,
                        "\"update\":\"Recovery secret proven\",\"holder\":\"alice\",\"set\":\"");
    }
}

static void proof_is_durable_and_costs_two_small_values(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, "");
    auto_string *set = set_id(&s, false);
    auto_snapshot *before = core_snapshot(s.machine.core);
    (void)prove(&s, &s.deal, 1, NULL);
    auto_snapshot *after = core_snapshot(s.machine.core);
    assert_int_equal(omap_count(after->values), omap_count(before->values) + 2);
    assert_true(omap_size(after->values) < omap_size(before->values) + 400);
    assert_ptr_equal(after->recovery_set, before->recovery_set);
    scene_restart(&s, "a");
    assert_int_equal(proven_ms(&s, set, 1), WORLD_START_MS);
    assert_int_equal(proven_ms(&s, set, 0), 0);
    (void)prove(&s, &s.deal, 0, NULL);
}

static void proof_repeated_within_a_minute_is_not_written_again(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 1, 0, "");
    auto_string *set = set_id(&s, false);
    (void)prove(&s, &s.deal, 0, NULL);
    const unsigned syncs = s.world.disk.syncs;
    scene_wait(&s, 59999);
    assert_int_equal(prove(&s, &s.deal, 0, NULL).proven_ms, WORLD_START_MS);
    assert_int_equal(s.world.disk.syncs, syncs);
    assert_int_equal(log_lines(&s), 2);
    scene_wait(&s, 1);
    assert_int_equal(prove(&s, &s.deal, 0, NULL).proven_ms, WORLD_START_MS + 60000);
    assert_int_equal(proven_ms(&s, set, 0), WORLD_START_MS + 60000);
    assert_int_equal(log_lines(&s), 3);
}

static void proof_from_a_clock_that_was_fast_does_not_stop_later_ones(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 1, 0, "");
    auto_string *set = set_id(&s, false);
    scene_wait(&s, INT64_C(1000) * 60 * 60 * 24 * 365);
    (void)prove(&s, &s.deal, 0, NULL);
    world_set_clock(&s.world, WORLD_START_MS);
    (void)prove(&s, &s.deal, 0, NULL);
    assert_int_equal(proven_ms(&s, set, 0), WORLD_START_MS);
}

static void proofs_of_a_state_that_is_not_sealed_are_taken_too(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, "\"SealMode\":\"Disabled\"");
    auto_string *set = set_id(&s, false);
    (void)prove(&s, &s.deal, 2, NULL);
    assert_int_equal(proven_ms(&s, set, 2), WORLD_START_MS);
    assert_int_equal(world_count(&s.world, "sealed"), 0);
}

/* ---- proofs that do not ---- */

/* Spoils one thing about the answer of alice. */
struct row {
    const char *name;
    enum drill_result want;
    const char *words;
};

static void spoil(struct attempt *a, const char *what)
{
    if (strcmp(what, "nonce") == 0)
        a->nonce.at[0] ^= 1;
    else if (strcmp(what, "no nonce") == 0)
        buf_clear(&a->nonce);
    else if (strcmp(what, "set") == 0)
        a->answer.set = BYTES_LITERAL("000102030405060708090a0b0c0d0e0f");
    else if (strcmp(what, "holder") == 0)
        a->answer.name = BYTES_LITERAL("mallory");
    else if (strcmp(what, "no holder") == 0)
        a->answer.name = BYTES_NONE;
    else if (strcmp(what, "other holder") == 0)
        a->answer.name = BYTES_LITERAL("bob");
    else if (strcmp(what, "signature") == 0)
        a->signature.at[0] ^= 1;
    else if (strcmp(what, "no signature") == 0)
        buf_clear(&a->signature);
    else if (strcmp(what, "proof") == 0)
        a->proof.at[0] ^= 1;
    else if (strcmp(what, "no proof") == 0)
        buf_clear(&a->proof);
    else
        fail_msg("%s", what);
}

static void every_spoiled_answer_is_refused_by_its_name_and_changes_nothing(void **state)
{
    static const struct row rows[] = {
        { "nonce", DRILL_OLD_NONCE, "nonce" },
        { "no nonce", DRILL_OLD_NONCE, "nonce" },
        { "set", DRILL_WRONG_SET, "set" },
        { "holder", DRILL_UNKNOWN_HOLDER, "\"mallory\"" },
        { "no holder", DRILL_UNKNOWN_HOLDER, "\"\"" },
        { "other holder", DRILL_WRONG_KEY, "\"bob\"" },
        { "signature", DRILL_WRONG_KEY, "\"alice\"" },
        { "no signature", DRILL_WRONG_KEY, "\"alice\"" },
        { "proof", DRILL_WRONG_SECRET, "secret" },
        { "no proof", DRILL_WRONG_SECRET, "secret" },
    };
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, "");
    auto_snapshot *before = core_snapshot(s.machine.core);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_drill_challenge c = { 0 };
        auto_attempt a = { 0 };
        ask_challenge(&s, NULL, &c);
        attempt_make(&a, &c, "alice", 0, share_bytes(&s.deal.shares[0]));
        spoil(&a, rows[i].name);
        const enum drill_result result = attempt_send(&s, &a);
        if (result != rows[i].want || strstr(a.err.text, rows[i].words) == NULL)
            fail_msg("%s: %s, %s", rows[i].name, drill_result_text(result), a.err.text);
    }
    auto_snapshot *after = core_snapshot(s.machine.core);
    assert_ptr_equal(after, before);
}

static void secret_of_somebody_else_is_the_wrong_one(void **state)
{
    static const uint8_t zeros[33] = { 0 };
    auto_scene s;
    auto_drill_challenge c = { 0 };
    auto_attempt other = { 0 }, none = { 0 };

    (void)state;
    scene_begin(&s, 3, 2, "");
    ask_challenge(&s, NULL, &c);
    attempt_make(&other, &c, "alice", 0, share_bytes(&s.deal.shares[1]));
    assert_int_equal(attempt_send(&s, &other), DRILL_WRONG_SECRET);
    attempt_make(&none, &c, "alice", 0, bytes_of(zeros, sizeof zeros));
    assert_int_equal(attempt_send(&s, &none), DRILL_WRONG_SECRET);
}

static void who_has_the_secret_but_not_the_key_proves_nothing(void **state)
{
    auto_scene s;
    auto_drill_challenge c = { 0 };
    auto_attempt a = { 0 };

    (void)state;
    scene_begin(&s, 3, 2, "");
    ask_challenge(&s, NULL, &c);
    attempt_make(&a, &c, "alice", 1, share_bytes(&s.deal.shares[0]));
    assert_int_equal(attempt_send(&s, &a), DRILL_WRONG_KEY);
}

static void answer_is_good_for_five_minutes_and_not_after_a_restart(void **state)
{
    auto_scene s;
    auto_drill_challenge c = { 0 };
    auto_attempt a = { 0 };

    (void)state;
    scene_begin(&s, 1, 0, "");
    ask_challenge(&s, NULL, &c);
    attempt_make(&a, &c, "alice", 0, share_bytes(&s.deal.shares[0]));
    scene_wait(&s, DRILL_NONCE_MS);
    assert_int_equal(attempt_send(&s, &a), DRILL_OLD_NONCE);
    world_set_clock(&s.world, WORLD_START_MS + DRILL_NONCE_MS - 1);
    assert_int_equal(attempt_send(&s, &a), DRILL_OK);
    scene_restart(&s, "a");
    assert_int_equal(attempt_send(&s, &a), DRILL_OLD_NONCE);
}

static void there_are_no_drills_in_other_phases(void **state)
{
    auto_scene s;
    auto_drill_challenge c = { 0 };
    auto_attempt a = { 0 };

    (void)state;
    scene_begin(&s, 1, 0, "");
    ask_challenge(&s, NULL, &c);
    attempt_make(&a, &c, "alice", 0, share_bytes(&s.deal.shares[0]));
    scene_restart(&s, "b");
    assert_phase(&s.machine, PHASE_RECOVERY);
    assert_int_equal(attempt_send(&s, &a), DRILL_FAILED);
    assert_int_equal(a.err.kind, FAIL_STATE);
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_null(core_drilled_set(now, BYTES_NONE));
}

static void proof_that_cannot_be_sealed_is_not_acknowledged(void **state)
{
    auto_scene s;
    auto_drill_challenge c = { 0 };
    auto_attempt a = { 0 };

    (void)state;
    scene_begin(&s, 1, 0, "");
    auto_string *set = set_id(&s, false);
    ask_challenge(&s, NULL, &c);
    attempt_make(&a, &c, "alice", 0, share_bytes(&s.deal.shares[0]));
    world_fail(&s.world, 1, false, ENOSPC);
    assert_int_equal(attempt_send(&s, &a), DRILL_FAILED);
    assert_int_equal(a.err.kind, FAIL_UNAVAILABLE);
    assert_int_equal(proven_ms(&s, set, 0), 0);
    world_heal(&s.world);
    assert_int_equal(attempt_send(&s, &a), DRILL_OK);
    scene_restart(&s, "a");
    assert_int_equal(proven_ms(&s, set, 0), WORLD_START_MS);
}

/* ---- what a recovery and an import leave ---- */

static void drills_go_on_after_a_recovery(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, "");
    auto_string *set = set_id(&s, false);
    (void)prove(&s, &s.deal, 2, NULL);
    scene_restart(&s, "b");
    give(&s.machine, &s.deal, 0, 1);
    give(&s.machine, &s.deal, 2, 0);
    auto_string *after = set_id(&s, false);
    assert_string_equal(after, set);
    assert_int_equal(proven_ms(&s, set, 2), WORLD_START_MS);
    scene_wait(&s, 60000);
    for (unsigned i = 0; i < 3; i++)
        (void)prove(&s, &s.deal, i, NULL);
}

/* Takes what drills need out of the state, as one from before has it. */
static bool forget(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)arg;
    (void)now;
    (void)err;
    change_delete(&d->change, NAME_RECOVERY_SET);
    return true;
}

static void make_old(struct scene *s)
{
    struct err err = { 0 };

    assert_ok(writer_commit(core_writer(s->machine.core), forget, NULL, &err), &err);
}

static void state_from_before_there_were_drills_learns_the_secrets_that_recover_it(void **state)
{
    auto_scene s;
    auto_drill_challenge c = { 0 };
    auto_attempt a = { 0 };

    (void)state;
    scene_begin(&s, 3, 2, "");
    make_old(&s);
    scene_restart(&s, "a");
    auto_string *unknown = set_id(&s, false);
    assert_string_equal(unknown, "");
    scene_restart(&s, "b");
    give(&s.machine, &s.deal, 0, 1);
    give(&s.machine, &s.deal, 1, 0);
    (void)prove(&s, &s.deal, 0, NULL);
    (void)prove(&s, &s.deal, 1, NULL);
    ask_challenge(&s, NULL, &c);
    attempt_make(&a, &c, "carol", 2, share_bytes(&s.deal.shares[2]));
    assert_int_equal(attempt_send(&s, &a), DRILL_IMPOSSIBLE);
    auto_snapshot *now = core_snapshot(s.machine.core);
    struct recovery_proofs p;
    recovery_proofs_summary(now, WORLD_START_MS, &p);
    assert_true(p.known && !p.possible);
    assert_int_equal(p.proven_lately, 2);
}

static void imported_state_learns_the_secrets_that_opened_it(void **state)
{
    static const unsigned schemes[][2] = { { 1, 0 }, { 3, 0 }, { 3, 2 } };

    (void)state;
    for (size_t scheme = 0; scheme < COUNT_OF(schemes); scheme++) {
        const unsigned n = schemes[scheme][0], t = schemes[scheme][1];
        auto_buf manifest = manifest_text(n, t, false, "");
        auto_omap *values = foreign_values(buf_bytes(&manifest));
        uint8_t key[32];
        auto_scene s = { 0 };
        s.deal = foreign_deal(n, t, key);
        auto_buf file = foreign_file(values, &s.deal, key);
        world_begin(&s.world);
        world_write(&s.world, "sealed_data", buf_bytes(&file));
        s.machine = machine_start(&s.world, "a");
        unsigned remaining = 99, given = 0;
        while (remaining > 0) {
            struct err err;
            const struct share *const share = &s.deal.shares[given++];
            assert_true(upload(&s.machine, share_bytes(share), buf_bytes(&share->signature),
                               &remaining, &err) != RECOVER_FAILED);
        }
        for (unsigned i = 0; i < given; i++)
            (void)prove(&s, &s.deal, i, NULL);
        scene_restart(&s, "a");
        auto_snapshot *now = core_snapshot(s.machine.core);
        assert_int_equal(now->recovery_set->count, n);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(now->recovery_set->holders[i].drill.len > 0, i < given);
    }
}

static void state_imported_with_its_plain_key_knows_its_single_holder(void **state)
{
    auto_buf manifest = manifest_text(1, 0, false, "");
    auto_omap *values = foreign_values(buf_bytes(&manifest));
    uint8_t key[32];
    auto_scene s = { 0 };
    struct err err = { 0 };

    (void)state;
    s.deal = foreign_deal(1, 0, key);
    auto_buf file = foreign_file(values, &s.deal, key);
    world_begin(&s.world);
    world_write(&s.world, "sealed_data", buf_bytes(&file));
    world_write(&s.world, "sealed_key", bytes_of(key, sizeof key));
    assert_ok(machine_try(&s.world, "a", true, &s.machine, &err), &err);
    (void)prove(&s, &s.deal, 0, NULL);
    scene_restart(&s, "a");
    auto_string *set = set_id(&s, false);
    assert_int_equal(proven_ms(&s, set, 0), WORLD_START_MS);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_holder_of_every_scheme_proves_his_secret),
    cmocka_unit_test(proof_is_durable_and_costs_two_small_values),
    cmocka_unit_test(proof_repeated_within_a_minute_is_not_written_again),
    cmocka_unit_test(proof_from_a_clock_that_was_fast_does_not_stop_later_ones),
    cmocka_unit_test(proofs_of_a_state_that_is_not_sealed_are_taken_too),
    cmocka_unit_test(every_spoiled_answer_is_refused_by_its_name_and_changes_nothing),
    cmocka_unit_test(secret_of_somebody_else_is_the_wrong_one),
    cmocka_unit_test(who_has_the_secret_but_not_the_key_proves_nothing),
    cmocka_unit_test(answer_is_good_for_five_minutes_and_not_after_a_restart),
    cmocka_unit_test(there_are_no_drills_in_other_phases),
    cmocka_unit_test(proof_that_cannot_be_sealed_is_not_acknowledged),
    cmocka_unit_test(drills_go_on_after_a_recovery),
    cmocka_unit_test(state_from_before_there_were_drills_learns_the_secrets_that_recover_it),
    cmocka_unit_test(imported_state_learns_the_secrets_that_opened_it),
    cmocka_unit_test(state_imported_with_its_plain_key_knows_its_single_holder),
};

TEST_MAIN(tests)
