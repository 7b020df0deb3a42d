/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "fixture.h"
#include "recovery/signed_key.h"
#include "state/names.h"

#include <errno.h>

/* A state that was made on machine "a" and is now on machine "b". */
struct scene {
    struct world world;
    struct machine machine;
    struct deal deal;
    struct buf identity;
};

static void scene_begin(struct scene *s, unsigned holders, unsigned threshold, bool singular)
{
    *s = (struct scene){ 0 };
    world_begin(&s->world);
    s->machine = machine_start(&s->world, "a");
    s->deal = set_manifest(&s->machine, holders, threshold, singular);
    s->identity = machine_identity(&s->machine);
    machine_stop(&s->machine);
    s->machine = machine_start(&s->world, "b");
    assert_phase(&s->machine, PHASE_RECOVERY);
}

static void scene_end(struct scene *s)
{
    machine_stop(&s->machine);
    deal_clear(&s->deal);
    buf_clear(&s->identity);
    world_end(&s->world);
}
#define auto_scene struct scene CLEANUP(scene_end)

/* Everything is as it was, here and after another start without help. */
static void assert_recovered(struct scene *s)
{
    for (int round = 0; round < 2; round++) {
        assert_phase(&s->machine, PHASE_ACCEPTING_MARBLES);
        auto_buf identity = machine_identity(&s->machine);
        assert_bytes_equal(buf_bytes(&identity), buf_bytes(&s->identity));
        machine_stop(&s->machine);
        s->machine = machine_start(&s->world, "b");
    }
}

static const struct share *share_of(const struct scene *s, unsigned i)
{
    return &s->deal.shares[i];
}

static void single_key_recovers_and_the_log_says_so(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 1, 0, false);
    give(&s.machine, &s.deal, 0, 0);
    assert_recovered(&s);
    auto_buf line = machine_value(&s.machine, PREFIX_UPDATE_LOG "00000000000000000001");
    buf_add_u8(&line, 0);
    assert_non_null(
        strstr((const char *)line.at,
               "\"update\":\"Coordinator recovered\",\"scheme\":\"single\",\"holders\":[\"alice\"],"
               "\"secrets\":1,\"signed\":true}"));
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_int_equal(now->recovery.recoveries, 1);
    assert_false(now->recovery.without_proof);
    assert_int_equal(now->log.lines, 2);
}

static void wrong_single_key_is_an_error_and_changes_nothing(void **state)
{
    static const uint8_t wrong[32] = { 5 };
    auto_scene s;

    (void)state;
    scene_begin(&s, 1, 0, false);
    auto_buf before = world_read(&s.world, "sealed_data");
    auto_buf slots = world_read(&s.world, "sealed_key");
    refuse(&s.machine, bytes_of(wrong, 32), buf_bytes(&share_of(&s, 0)->signature), "no holder");
    refuse(&s.machine, share_bytes(share_of(&s, 0)), BYTES_NONE, "not signed");
    refuse(&s.machine, share_bytes(share_of(&s, 0)), BYTES_LITERAL("x"), "\"alice\"");
    auto_buf after = world_read(&s.world, "sealed_data");
    auto_buf slots_after = world_read(&s.world, "sealed_key");
    assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
    assert_bytes_equal(buf_bytes(&slots_after), buf_bytes(&slots));
    assert_phase(&s.machine, PHASE_RECOVERY);
    give(&s.machine, &s.deal, 0, 0);
    assert_recovered(&s);
}

static void three_of_three_count_down_past_every_kind_of_refusal(void **state)
{
    static const uint8_t foreign[32] = { 5 };
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 0, false);
    struct share forged = { .len = 32 };
    memcpy(forged.at, foreign, 32);
    share_sign(&forged, 0);
    give(&s.machine, &s.deal, 1, 2);
    refuse(&s.machine, share_bytes(&forged), buf_bytes(&forged.signature), "no holder");
    refuse(&s.machine, share_bytes(share_of(&s, 1)), buf_bytes(&share_of(&s, 1)->signature),
           "\"bob\"");
    refuse(&s.machine, share_bytes(share_of(&s, 0)), buf_bytes(&share_of(&s, 1)->signature),
           "\"alice\"");
    give(&s.machine, &s.deal, 0, 1);
    refuse(&s.machine, share_bytes(share_of(&s, 2)), buf_bytes(&forged.signature), "\"carol\"");
    give(&s.machine, &s.deal, 2, 0);
    assert_recovered(&s);
    buf_clear(&forged.signature);
}

static void two_of_three_recover_whoever_they_are(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, false);
    assert_int_equal(share_of(&s, 0)->len, 33);
    world_keep(&s.world);
    for (unsigned absent = 0; absent < 3; absent++) {
        machine_stop(&s.machine);
        world_put_back(&s.world);
        s.machine = machine_start(&s.world, "b");
        give(&s.machine, &s.deal, (absent + 1) % 3, 1);
        give(&s.machine, &s.deal, (absent + 2) % 3, 0);
        assert_recovered(&s);
    }
}

static void shares_work_on_a_third_machine_after_a_recovery(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, false);
    give(&s.machine, &s.deal, 0, 1);
    give(&s.machine, &s.deal, 1, 0);
    machine_stop(&s.machine);
    s.machine = machine_start(&s.world, "c");
    assert_phase(&s.machine, PHASE_RECOVERY);
    give(&s.machine, &s.deal, 2, 1);
    give(&s.machine, &s.deal, 0, 0);
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_int_equal(now->recovery.recoveries, 2);
    assert_int_equal(now->log.lines, 3);
}

static void state_without_recovery_keys_takes_no_secret(void **state)
{
    static const uint8_t any[33] = { 1 };
    static const size_t lengths[] = { 0, 16, 32, 33 };
    auto_scene s;

    (void)state;
    scene_begin(&s, 0, 0, false);
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        refuse(&s.machine, bytes_of(any, lengths[i]), BYTES_LITERAL("x"), "cannot be recovered");
    assert_phase(&s.machine, PHASE_RECOVERY);
}

static void recovery_is_refused_outside_of_recovery_mode(void **state)
{
    static const uint8_t any[33] = { 1 };
    struct world w;

    (void)state;
    world_begin(&w);
    struct machine m = machine_start(&w, "a");
    refuse(&m, bytes_of(any, 32), BYTES_LITERAL("x"), CORE_WRONG_STATE);
    auto_deal deal = set_manifest(&m, 1, 0, false);
    refuse(&m, share_bytes(&deal.shares[0]), buf_bytes(&deal.shares[0].signature),
           CORE_WRONG_STATE);
    machine_stop(&m);
    world_end(&w);
}

/* ---- unsigned ---- */

static enum recover_result page_upload(struct scene *s, struct bytes secret, struct err *err)
{
    unsigned remaining = 99;

    *err = (struct err){ 0 };
    return core_recover(s->machine.core, secret, BYTES_NONE, false, &remaining, err);
}

static void unsigned_secret_recovers_a_state_with_the_singular_key(void **state)
{
    static const uint8_t wrong[32] = { 1 };
    auto_scene s;
    struct err err;

    (void)state;
    scene_begin(&s, 1, 0, true);
    assert_int_equal(page_upload(&s, bytes_of(wrong, 32), &err), RECOVER_FAILED);
    assert_int_equal(page_upload(&s, BYTES_NONE, &err), RECOVER_FAILED);
    assert_int_equal(page_upload(&s, share_bytes(share_of(&s, 0)), &err), RECOVER_DONE);
    assert_recovered(&s);
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_true(now->recovery.without_proof);
    auto_buf line = machine_value(&s.machine, PREFIX_UPDATE_LOG "00000000000000000001");
    buf_add_u8(&line, 0);
    assert_non_null(strstr((const char *)line.at, "Coordinator recovered without proof"));
    assert_non_null(strstr((const char *)line.at, "\"signed\":false"));
}

static void signed_secret_recovers_a_state_with_the_singular_key_with_proof(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 1, 0, true);
    give(&s.machine, &s.deal, 0, 0);
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_false(now->recovery.without_proof);
}

static void unsigned_secrets_are_gone_for_every_other_state(void **state)
{
    static const unsigned schemes[][2] = { { 0, 0 }, { 1, 0 }, { 3, 0 }, { 3, 2 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        auto_scene s;
        struct err err;
        scene_begin(&s, schemes[i][0], schemes[i][1], false);
        const struct bytes secret =
            schemes[i][0] > 0 ? share_bytes(share_of(&s, 0)) : BYTES_LITERAL("0123456789abcdef");
        assert_int_equal(page_upload(&s, secret, &err), RECOVER_GONE);
        assert_phase(&s.machine, PHASE_RECOVERY);
    }
}

/* ---- faults ---- */

/* For every call that changes the disk: it fails once, or that one and all after it. */
static void nothing_is_lost_when_the_disk_fails_while_sealing_anew(void **state)
{
    static const int errors[] = { ENOSPC, EIO };
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 0, false);
    world_keep(&s.world);
    unsigned nth = 1;
    for (unsigned failures = 1; failures > 0; nth++) {
        failures = 0;
        for (unsigned how = 0; how < 4; how++) {
            unsigned remaining = 99;
            struct err err;
            machine_stop(&s.machine);
            world_put_back(&s.world);
            s.machine = machine_start(&s.world, "b");
            give(&s.machine, &s.deal, 0, 2);
            give(&s.machine, &s.deal, 1, 1);
            world_fail(&s.world, nth, how % 2 == 0, errors[how / 2]);
            const enum recover_result result =
                upload(&s.machine, share_bytes(share_of(&s, 2)),
                       buf_bytes(&share_of(&s, 2)->signature), &remaining, &err);
            if (result == RECOVER_DONE) {
                world_heal(&s.world);
                assert_recovered(&s);
                continue;
            }
            failures++;
            assert_int_equal(err.kind, FAIL_UNAVAILABLE);
            assert_phase(&s.machine, PHASE_RECOVERY);
            world_heal(&s.world);
            /* Nobody else has to come again. */
            give(&s.machine, &s.deal, 2, 0);
            assert_recovered(&s);
        }
    }
    assert_true(nth > 8); /* there were that many steps to fail at */
}

/* The same, but the Coordinator ends after the failure instead of trying again. */
static void state_can_be_recovered_after_a_failed_attempt_and_a_restart(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 1, 0, false);
    world_keep(&s.world);
    for (unsigned nth = 1, failures = 1; failures > 0; nth++) {
        unsigned remaining = 99;
        struct err err;
        failures = 0;
        machine_stop(&s.machine);
        world_put_back(&s.world);
        s.machine = machine_start(&s.world, "b");
        world_fail(&s.world, nth, false, ENOSPC);
        if (upload(&s.machine, share_bytes(share_of(&s, 0)), buf_bytes(&share_of(&s, 0)->signature),
                   &remaining, &err) != RECOVER_DONE)
            failures++;
        machine_stop(&s.machine);
        world_heal(&s.world);
        s.machine = machine_start(&s.world, "b");
        if (machine_phase(&s.machine) == PHASE_RECOVERY)
            give(&s.machine, &s.deal, 0, 0);
        assert_recovered(&s);
    }
}

static void damaged_state_fails_the_attempt_and_keeps_the_shares(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, false);
    machine_stop(&s.machine);
    auto_buf data = world_read(&s.world, "sealed_data");
    auto_buf damaged = { 0 };
    buf_add(&damaged, buf_bytes(&data));
    damaged.at[damaged.len - 40] ^= 1;
    world_write(&s.world, "sealed_data", buf_bytes(&damaged));
    s.machine = machine_start(&s.world, "b");
    give(&s.machine, &s.deal, 0, 1);
    refuse(&s.machine, share_bytes(share_of(&s, 1)), buf_bytes(&share_of(&s, 1)->signature),
           "sealed_data");
    refuse(&s.machine, share_bytes(share_of(&s, 0)), buf_bytes(&share_of(&s, 0)->signature),
           "already used");
    assert_phase(&s.machine, PHASE_RECOVERY);
}

static void removing_or_spoiling_the_key_slots_leads_to_recovery(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 1, 0, false);
    for (int spoiled = 0; spoiled <= 1; spoiled++) {
        machine_stop(&s.machine);
        if (spoiled)
            world_write(&s.world, "sealed_key", BYTES_LITERAL("?"));
        else
            world_remove(&s.world, "sealed_key");
        s.machine = machine_start(&s.world, "a");
        assert_phase(&s.machine, PHASE_RECOVERY);
        give(&s.machine, &s.deal, 0, 0);
    }
}

static void ephemeral_key_carries_a_secret(void **state)
{
    auto_scene s;
    auto_buf der = { 0 }, again = { 0 }, encrypted = { 0 }, plain = { 0 };
    auto_buf signature = { 0 }, second = { 0 };
    struct err err = { 0 };

    (void)state;
    scene_begin(&s, 1, 0, false);
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_false(core_ephemeral_decrypt(s.machine.core, BYTES_LITERAL("x"), &plain, &err));
    assert_string_equal(err.text, "ephemeral secret key not set");
    assert_ok(core_ephemeral_public_key(s.machine.core, now, &der, &signature, &err), &err);
    assert_ok(core_ephemeral_public_key(s.machine.core, now, &again, &second, &err), &err);
    auto_key *root = cert_public_key(now->authority->root, &err);
    assert_ok(signed_key_check(root, buf_bytes(&der), buf_bytes(&signature), &err), &err);
    signature.at[signature.len - 1] ^= 1;
    assert_false(signed_key_check(root, buf_bytes(&der), buf_bytes(&signature), &err));
    err = (struct err){ 0 };
    assert_bytes_equal(buf_bytes(&der), buf_bytes(&again));
    auto_key *key = key_from_public_der(buf_bytes(&der), &err);
    assert_int_equal(key_bits(key), 4096);
    assert_ok(key_oaep_encrypt(key, share_bytes(share_of(&s, 0)), &encrypted, &err), &err);
    assert_ok(core_ephemeral_decrypt(s.machine.core, buf_bytes(&encrypted), &plain, &err), &err);
    assert_bytes_equal(buf_bytes(&plain), share_bytes(share_of(&s, 0)));
    encrypted.at[0] ^= 1;
    assert_false(core_ephemeral_decrypt(s.machine.core, buf_bytes(&encrypted), &plain, &err));
    give(&s.machine, &s.deal, 0, 0);
    assert_false(core_ephemeral_public_key(s.machine.core, now, &der, &signature, &err));
    assert_int_equal(err.kind, FAIL_STATE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(single_key_recovers_and_the_log_says_so),
    cmocka_unit_test(wrong_single_key_is_an_error_and_changes_nothing),
    cmocka_unit_test(three_of_three_count_down_past_every_kind_of_refusal),
    cmocka_unit_test(two_of_three_recover_whoever_they_are),
    cmocka_unit_test(shares_work_on_a_third_machine_after_a_recovery),
    cmocka_unit_test(state_without_recovery_keys_takes_no_secret),
    cmocka_unit_test(recovery_is_refused_outside_of_recovery_mode),
    cmocka_unit_test(unsigned_secret_recovers_a_state_with_the_singular_key),
    cmocka_unit_test(signed_secret_recovers_a_state_with_the_singular_key_with_proof),
    cmocka_unit_test(unsigned_secrets_are_gone_for_every_other_state),
    cmocka_unit_test(nothing_is_lost_when_the_disk_fails_while_sealing_anew),
    cmocka_unit_test(state_can_be_recovered_after_a_failed_attempt_and_a_restart),
    cmocka_unit_test(damaged_state_fails_the_attempt_and_keeps_the_shares),
    cmocka_unit_test(removing_or_spoiling_the_key_slots_leads_to_recovery),
    cmocka_unit_test(ephemeral_key_carries_a_secret),
};

TEST_MAIN(tests)
