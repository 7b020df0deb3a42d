/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "../import/states.h"
#include "foreign.h"
#include "state/names.h"

#include <errno.h>

/* ---- the complete state of state-and-recovery.md, 10.7 ---- */

struct drill {
    struct world world;
    struct machine machine;
    struct buf file;
    struct share share; /* decrypted and signed by the key of 10.5 */
};

static void drill_begin(struct drill *d)
{
    auto_buf pem = state_file("recovery-key.pem");
    auto_buf encrypted = state_file("recovery-secret.encrypted");
    auto_buf plain = { 0 };
    auto_pem_block block = { 0 };
    struct bytes text = buf_bytes(&pem);
    struct err err = { 0 };

    *d = (struct drill){ .file = state_file("single-recovery-key.sealed_data") };
    world_begin(&d->world);
    world_write(&d->world, "sealed_data", buf_bytes(&d->file));
    assert_true(pem_next(&text, &block));
    auto_key *key = key_from_private_pkcs8(buf_bytes(&block.der), &err);
    assert_non_null(key);
    assert_ok(key_oaep_decrypt(key, buf_bytes(&encrypted), &plain, &err), &err);
    memcpy(d->share.at, plain.at, plain.len);
    d->share.len = plain.len;
    assert_ok(key_sign_sha256(key, buf_bytes(&plain), &d->share.signature, &err), &err);
}

static void drill_end(struct drill *d)
{
    machine_stop(&d->machine);
    buf_clear(&d->file);
    buf_clear(&d->share.signature);
    world_end(&d->world);
}
#define auto_drill struct drill CLEANUP(drill_end)

static void assert_imported(struct drill *d)
{
    static const char *const kept[] = { "imported-20260115T120000Z/sealed_data" };
    auto_buf counter =
        machine_value(&d->machine, "monotonicCounter:aGVsbG8=:ASNFZ4mrze8BI0VniavN7w==:YzE=");
    auto_buf used = machine_value(&d->machine, "activations:hello");
    auto_buf old = world_read(&d->world, kept[0]);

    assert_phase(&d->machine, PHASE_ACCEPTING_MARBLES);
    assert_int_equal(counter.at[0], 42);
    assert_bytes_equal(buf_bytes(&used), BYTES_LITERAL("11"));
    assert_bytes_equal(buf_bytes(&old), buf_bytes(&d->file));
}

static void upload_ok(struct drill *d)
{
    unsigned remaining = 99;
    struct err err;

    if (upload(&d->machine, share_bytes(&d->share), buf_bytes(&d->share.signature), &remaining,
               &err) != RECOVER_DONE)
        fail_msg("%s", err.text);
    assert_int_equal(remaining, 0);
}

static void worked_state_recovers_and_goes_on_as_ours(void **state)
{
    static const uint8_t wrong[32] = { 3 };
    auto_drill d;

    (void)state;
    drill_begin(&d);
    d.machine = machine_start(&d.world, "a");
    assert_phase(&d.machine, PHASE_RECOVERY);
    refuse(&d.machine, bytes_of(wrong, 32), buf_bytes(&d.share.signature), "does not open");
    refuse(&d.machine, bytes_of(wrong, 16), buf_bytes(&d.share.signature), "does not open");
    refuse(&d.machine, share_bytes(&d.share), BYTES_LITERAL("x"), "no matching recovery public");
    assert_int_equal(world_count(&d.world, "imported-"), 0);
    upload_ok(&d);
    assert_imported(&d);
    auto_buf before = machine_identity(&d.machine);
    machine_stop(&d.machine);
    d.machine = machine_start(&d.world, "a");
    assert_imported(&d);
    auto_buf after = machine_identity(&d.machine);
    assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));

    /* The secret of its holder goes on working. */
    machine_stop(&d.machine);
    d.machine = machine_start(&d.world, "b");
    refuse(&d.machine, bytes_of(wrong, 32), buf_bytes(&d.share.signature), "no holder");
    upload_ok(&d);
    assert_imported(&d);
}

static void worked_state_is_not_recovered_unsigned(void **state)
{
    unsigned remaining = 99;
    auto_drill d;
    struct err err = { 0 };

    (void)state;
    drill_begin(&d);
    d.machine = machine_start(&d.world, "a");
    assert_int_equal(
        core_recover(d.machine.core, share_bytes(&d.share), BYTES_NONE, false, &remaining, &err),
        RECOVER_GONE);
    assert_phase(&d.machine, PHASE_RECOVERY);
    upload_ok(&d);
}

static void worked_state_opens_with_its_plain_key_in_simulation(void **state)
{
    auto_drill d;
    struct err err = { 0 };

    (void)state;
    drill_begin(&d);
    world_write(&d.world, "sealed_key", share_bytes(&d.share));
    assert_ok(machine_try(&d.world, "a", true, &d.machine, &err), &err);
    assert_imported(&d);
    machine_stop(&d.machine);
    d.machine = machine_start(&d.world, "a");
    assert_imported(&d);
    machine_stop(&d.machine);
    d.machine = machine_start(&d.world, "b");
    upload_ok(&d);
}

static void plain_key_does_not_open_anything_outside_of_simulation(void **state)
{
    auto_drill d;

    (void)state;
    drill_begin(&d);
    world_write(&d.world, "sealed_key", share_bytes(&d.share));
    d.machine = machine_start(&d.world, "a");
    assert_phase(&d.machine, PHASE_RECOVERY);
}

static void plain_key_that_does_not_fit_stops_the_start_and_keeps_the_files(void **state)
{
    static const uint8_t wrong[32] = { 3 };
    static const size_t lengths[] = { 1, 16, 31, 32 };
    auto_drill d;

    (void)state;
    drill_begin(&d);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct err err = { 0 };
        world_write(&d.world, "sealed_key", bytes_of(wrong, lengths[i]));
        assert_false(machine_try(&d.world, "a", true, &d.machine, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
        auto_buf data = world_read(&d.world, "sealed_data");
        assert_bytes_equal(buf_bytes(&data), buf_bytes(&d.file));
        assert_int_equal(world_count(&d.world, "imported-"), 0);
    }
    d.machine = machine_start(&d.world, "a");
}

/* One upload on a disk that is full from the nth call on; then once more, in the same process or after
 * a restart. False: the first one worked. */
static bool import_after_failure(struct drill *d, unsigned nth, bool restart)
{
    unsigned remaining = 99;
    struct err err;

    machine_stop(&d->machine);
    world_put_back(&d->world);
    d->machine = machine_start(&d->world, "a");
    world_fail(&d->world, nth, false, ENOSPC);
    const bool failed = upload(&d->machine, share_bytes(&d->share), buf_bytes(&d->share.signature),
                               &remaining, &err) != RECOVER_DONE;
    if (failed) {
        assert_int_equal(err.kind, FAIL_UNAVAILABLE);
        assert_phase(&d->machine, PHASE_RECOVERY);
    }
    if (restart)
        machine_stop(&d->machine);
    world_heal(&d->world);
    if (restart)
        d->machine = machine_start(&d->world, "a");
    if (machine_phase(&d->machine) == PHASE_RECOVERY)
        upload_ok(d);
    assert_phase(&d->machine, PHASE_ACCEPTING_MARBLES);
    return failed;
}

/* enclave: with the sealed_key of another CPU beside it. */
static void import_on_a_failing_disk(bool enclave)
{
    auto_drill d;

    drill_begin(&d);
    if (enclave)
        world_write(&d.world, "sealed_key", BYTES_LITERAL("sealed by another CPU"));
    d.machine = machine_start(&d.world, "a");
    world_keep(&d.world);
    for (int restart = 0; restart <= 1; restart++) {
        unsigned nth = 1;
        while (import_after_failure(&d, nth, restart != 0))
            nth++;
        assert_true(nth > 8);
    }
}

static void full_disk_stops_no_import_for_good(void **state)
{
    (void)state;
    import_on_a_failing_disk(true);
}

static void full_disk_stops_no_import_without_sealed_key_for_good(void **state)
{
    (void)state;
    import_on_a_failing_disk(false);
}

static void foreign_state_can_be_dismissed(void **state)
{
    auto_drill d;

    (void)state;
    drill_begin(&d);
    d.machine = machine_start(&d.world, "a");
    set_any_manifest(&d.machine);
    auto_buf old = world_read(&d.world, "dismissed-20260115T120000Z/sealed_data");
    assert_bytes_equal(buf_bytes(&old), buf_bytes(&d.file));
    machine_stop(&d.machine);
    d.machine = machine_start(&d.world, "a");
    assert_phase(&d.machine, PHASE_ACCEPTING_MARBLES);
}

/* Releases up to 1.4 wrote a state before there was a manifest. */
static void state_before_any_manifest_takes_one(void **state)
{
    auto_buf key = test_unhex(XOR_KEY);
    auto_buf file = sealed_state("", BYTES_LITERAL("{\"state\":\"Mg==\"}"), buf_bytes(&key));
    struct machine m;
    struct world w;
    struct err err = { 0 };

    (void)state;
    world_begin(&w);
    world_write(&w, "sealed_data", buf_bytes(&file));
    world_write(&w, "sealed_key", buf_bytes(&key));
    assert_ok(machine_try(&w, "a", true, &m, &err), &err);
    assert_phase(&m, PHASE_ACCEPTING_MANIFEST);
    set_any_manifest(&m);
    machine_stop(&m);
    assert_int_equal(world_count(&w, "imported-"), 1);
    m = machine_start(&w, "a");
    assert_phase(&m, PHASE_ACCEPTING_MARBLES);
    machine_stop(&m);
    world_end(&w);
}

static void files_that_are_no_state_stop_the_start(void **state)
{
    static const uint8_t zeros[27];
    struct machine m;
    struct world w;

    (void)state;
    world_begin(&w);
    for (size_t len = 0; len < 28; len += 9) {
        struct err err = { 0 };
        world_write(&w, "sealed_data", bytes_of(zeros, len));
        assert_false(machine_try(&w, "a", false, &m, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
    }
    world_end(&w);
}

/* ---- several holders ---- */

struct scene {
    struct world world;
    struct machine machine;
    struct deal deal;
};

static void scene_begin(struct scene *s, unsigned holders, unsigned threshold)
{
    auto_buf manifest = manifest_text(holders, threshold, false, "");
    auto_omap *values = foreign_values(buf_bytes(&manifest));
    uint8_t key[32];

    *s = (struct scene){ .deal = foreign_deal(holders, threshold, key) };
    auto_buf file = foreign_file(values, &s->deal, key);
    world_begin(&s->world);
    world_write(&s->world, "sealed_data", buf_bytes(&file));
    s->machine = machine_start(&s->world, "a");
    assert_phase(&s->machine, PHASE_RECOVERY);
}

static void scene_end(struct scene *s)
{
    machine_stop(&s->machine);
    deal_clear(&s->deal);
    world_end(&s->world);
}
#define auto_scene struct scene CLEANUP(scene_end)

static void expect(struct scene *s, unsigned i, unsigned signer, enum recover_result want)
{
    unsigned remaining = 99;
    struct err err;

    share_sign(&s->deal.shares[i], signer);
    const enum recover_result result =
        upload(&s->machine, share_bytes(&s->deal.shares[i]),
               buf_bytes(&s->deal.shares[i].signature), &remaining, &err);
    if (result != want)
        fail_msg("%s: result %d, %s", holder_names[i], (int)result, err.text);
}

static void foreign_shares_recover_and_go_on_working(void **state)
{
    (void)state;
    for (unsigned threshold = 0; threshold <= 2; threshold += 2) {
        auto_scene s;
        scene_begin(&s, 3, threshold);
        give(&s.machine, &s.deal, 0, 2);
        refuse(&s.machine, share_bytes(&s.deal.shares[0]), BYTES_LITERAL("x"), "already used");
        if (threshold == 0)
            give(&s.machine, &s.deal, 2, 1);
        give(&s.machine, &s.deal, 1, 0);
        assert_phase(&s.machine, PHASE_ACCEPTING_MARBLES);
        machine_stop(&s.machine);
        s.machine = machine_start(&s.world, "b");
        assert_phase(&s.machine, PHASE_RECOVERY);
        /* Now their number is known, and their signatures are judged at once. */
        const unsigned needed = threshold == 0 ? 3 : 2;
        expect(&s, 2, 1, RECOVER_MORE); /* whoever has it: carol's share, signed by bob */
        refuse(&s.machine, share_bytes(&s.deal.shares[1]), BYTES_LITERAL("x"), "none of the");
        expect(&s, 1, 1, RECOVER_FAILED); /* bob gave one already */
        if (needed == 3)
            expect(&s, 1, 2, RECOVER_MORE);
        expect(&s, 0, 0, RECOVER_DONE);
    }
}

/* In a foreign state signatures can only be judged when it opens: then only the bad ones go. */
static void badly_signed_foreign_share_costs_only_its_own_holder(void **state)
{
    auto_scene s;
    auto_buf status = { 0 };
    struct err err = { 0 };

    (void)state;
    scene_begin(&s, 3, 0);
    s.deal.shares[0].signature.at[9] ^= 1;
    give(&s.machine, &s.deal, 0, 2);
    give(&s.machine, &s.deal, 1, 1);
    expect(&s, 2, 2, RECOVER_FAILED);
    assert_phase(&s.machine, PHASE_RECOVERY);
    buf_add_u8(&status, '{');
    assert_ok(core_recovery_status(s.machine.core, &status, &err), &err);
    buf_add_u8(&status, 0);
    assert_non_null(strstr((const char *)status.at, "\"received\":2"));
    expect(&s, 0, 0, RECOVER_DONE);
}

/* It would have stood in the way of all that came after it. */
static void unsigned_foreign_share_is_gone_when_there_are_several_holders(void **state)
{
    unsigned remaining = 99;
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s, 3, 2);
    assert_int_equal(core_recover(s.machine.core, share_bytes(&s.deal.shares[0]), BYTES_NONE, false,
                                  &remaining, &err),
                     RECOVER_GONE);
    give(&s.machine, &s.deal, 0, 2);
    give(&s.machine, &s.deal, 1, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(worked_state_recovers_and_goes_on_as_ours),
    cmocka_unit_test(worked_state_is_not_recovered_unsigned),
    cmocka_unit_test(worked_state_opens_with_its_plain_key_in_simulation),
    cmocka_unit_test(plain_key_does_not_open_anything_outside_of_simulation),
    cmocka_unit_test(plain_key_that_does_not_fit_stops_the_start_and_keeps_the_files),
    cmocka_unit_test(full_disk_stops_no_import_for_good),
    cmocka_unit_test(full_disk_stops_no_import_without_sealed_key_for_good),
    cmocka_unit_test(foreign_state_can_be_dismissed),
    cmocka_unit_test(state_before_any_manifest_takes_one),
    cmocka_unit_test(files_that_are_no_state_stop_the_start),
    cmocka_unit_test(foreign_shares_recover_and_go_on_working),
    cmocka_unit_test(badly_signed_foreign_share_costs_only_its_own_holder),
    cmocka_unit_test(unsigned_foreign_share_is_gone_when_there_are_several_holders),
};

TEST_MAIN(tests)
