/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/text.h"
#include "update_scene.h"

#include <errno.h>

/* Recovery keys and seal mode of a manifest that one user alone may replace. Freed by the caller. */
static char *keys_parts(unsigned holders, unsigned threshold, const char *seal_mode,
                        const char *more)
{
    auto_buf parts = { 0 };

    buf_add_format(&parts,
                   ",\"Config\":{\"UpdateThreshold\":1,\"RecoveryThreshold\":%u,"
                   "\"SealMode\":\"%s\"}%s",
                   threshold, seal_mode, more);
    buf_add_string(&parts, ",\"RecoveryKeys\":{");
    for (unsigned i = 0; i < holders; i++) {
        auto_buf der = { 0 }, pem = { 0 };
        struct err err = { 0 };
        assert_ok(key_public_der(holder_key(i), &der, &err), &err);
        pem_encode(&pem, "PUBLIC KEY", buf_bytes(&der));
        json_put_name(&parts, holder_names[i]);
        json_put_string(&parts, buf_bytes(&pem));
    }
    buf_add_u8(&parts, '}');
    return bytes_to_string(buf_bytes(&parts));
}

static struct deal begin_with_keys(struct scene *s, unsigned holders, unsigned threshold,
                                   const char *seal_mode)
{
    auto_string *parts = keys_parts(holders, threshold, seal_mode, "");
    struct manifest_reply reply = { 0 };

    scene_begin_in_tee(s, NULL, NULL);
    up_set(s, parts, &reply);
    const struct deal deal = deal_from_json(buf_bytes(&reply.secrets_json), holders, false);
    manifest_reply_clear(&reply);
    return deal;
}

static void begin(struct scene *s, unsigned holders, unsigned threshold, const char *seal_mode)
{
    struct deal deal = begin_with_keys(s, holders, threshold, seal_mode);

    deal_clear(&deal);
}

/* What is answered. */
static struct update_result replace(const struct scene *s, unsigned holders, unsigned threshold,
                                    const char *seal_mode, const char *more)
{
    auto_string *parts = keys_parts(holders, threshold, seal_mode, more);
    auto_string *text = up_manifest(parts);
    struct update_result result = { 0 };
    struct err err;

    assert_ok(up_try(s, UPDATE, ALICE, text, &result, &err), &err);
    assert_int_equal(result.missing, 0);
    return result;
}

/* The machine breaks, and another one finds the disk. */
static void move(struct scene *s, const char *machine)
{
    machine_stop(&s->machine);
    s->machine = machine_start(&s->world, machine);
    assert_phase(&s->machine, PHASE_RECOVERY);
}

/* The id of the deployment, from the metadata that lies in clear beside a locked state. */
static char *deployment_id(const struct scene *s)
{
    auto_buf members = { 0 }, metadata = { 0 };
    auto_arena arena = { 0 };
    bool present = false;
    struct err err = { 0 };

    buf_add_u8(&members, '{');
    assert_ok(core_recovery_status(s->machine.core, &members, &err), &err);
    buf_add_u8(&members, '}');
    const struct json *const status =
        json_parse(buf_bytes(&members), JSON_TRAILING_REFUSED, &arena, &err);
    assert_ok(status != NULL, &err);
    assert_ok(json_get_octets(json_member(status, "metadata"), &metadata, &present, &err), &err);
    const struct json *const m =
        json_parse(buf_bytes(&metadata), JSON_TRAILING_REFUSED, &arena, &err);
    assert_ok(m != NULL, &err);
    return bytes_to_string(json_member(m, "deployment")->text);
}

static bool is_marble_there(const struct scene *s, const char *name)
{
    auto_snapshot *now = core_snapshot(s->machine.core);

    return manifest_marble(now->deployment->manifest, bytes_of_string(name)) != NULL;
}

#define MARBLE(name) ",\"Marbles\":{\"" name "\":{\"Package\":\"p\"}}"

/* ---- when there are new secrets (client-api.md, 11.6) ---- */

static void new_secrets_are_issued_when_keys_or_threshold_mean_something_else(void **state)
{
    static const struct {
        unsigned old_holders, old_threshold, holders, threshold;
        bool issued;
    } cases[] = {
        { 0, 0, 0, 0, false }, { 1, 0, 1, 0, false }, { 3, 0, 3, 0, false }, { 3, 2, 3, 2, false },
        { 3, 0, 3, 3, false }, { 3, 3, 3, 0, false }, { 0, 0, 1, 0, true },  { 1, 0, 0, 0, true },
        { 2, 0, 3, 0, true },  { 3, 0, 2, 0, true },  { 3, 0, 3, 2, true },  { 3, 2, 3, 0, true },
        { 3, 3, 3, 2, true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_scene s;
        begin(&s, cases[i].old_holders, cases[i].old_threshold, "");
        auto_buf before = machine_value(&s.machine, "taw:recoverySecrets");
        auto_update_result result =
            replace(&s, cases[i].holders, cases[i].threshold, "", MARBLE("n"));
        auto_buf after = machine_value(&s.machine, "taw:recoverySecrets");
        if (result.has_recovery_secrets != cases[i].issued)
            fail_msg("%u of %u to %u of %u: issued %d", cases[i].old_threshold,
                     cases[i].old_holders, cases[i].threshold, cases[i].holders,
                     result.has_recovery_secrets);
        assert_bytes_equal(buf_bytes(&after),
                           buf_bytes(cases[i].issued ? &result.recovery_secrets : &before));
        if (cases[i].issued && cases[i].holders == 0)
            assert_bytes_equal(buf_bytes(&result.recovery_secrets), BYTES_LITERAL("{}"));
    }
}

/* The keys are the same, but not the text: byte for byte, as the original has it. */
static void another_text_of_the_same_key_is_another_key(void **state)
{
    auto_scene s;
    auto_string *parts = keys_parts(1, 0, "", "");
    auto_string *text = up_manifest(parts);
    char *const end = strstr(text, "-----END PUBLIC KEY-----\\n");
    auto_update_result result = { 0 };
    struct err err;

    (void)state;
    begin(&s, 1, 0, "");
    assert_non_null(end);
    memcpy(end, "-----END PUBLIC KEY-----  ", 26);
    assert_ok(up_try(&s, UPDATE, ALICE, text, &result, &err), &err);
    assert_true(result.has_recovery_secrets);
}

/* ---- what they open ---- */

static void only_the_new_secrets_recover_and_it_stays_the_same_deployment(void **state)
{
    auto_scene s;
    auto_deal old = begin_with_keys(&s, 3, 2, "");

    (void)state;
    move(&s, "b");
    auto_string *first = deployment_id(&s);
    machine_stop(&s.machine);
    s.machine = machine_start(&s.world, "a");
    auto_update_result result = replace(&s, 3, 0, "", MARBLE("n"));
    auto_deal new = deal_from_json(buf_bytes(&result.recovery_secrets), 3, false);
    up_restart(&s);
    assert_true(is_marble_there(&s, "n"));
    up_ok(&s, UPDATE, ALICE, "{\"Packages\":{\"p\":{\"SecurityVersion\":7}}}", 0);
    auto_buf identity = machine_identity(&s.machine);
    move(&s, "b");
    refuse(&s.machine, share_bytes(&old.shares[0]), buf_bytes(&old.shares[0].signature), "");
    give(&s.machine, &new, 0, 2);
    give(&s.machine, &new, 1, 1);
    give(&s.machine, &new, 2, 0);
    auto_buf recovered = machine_identity(&s.machine);
    assert_bytes_equal(buf_bytes(&recovered), buf_bytes(&identity));
    assert_true(is_marble_there(&s, "n"));
    move(&s, "c");
    auto_string *second = deployment_id(&s);
    assert_int_equal(strlen(first), 32);
    assert_string_equal(second, first);
}

static void unchanged_keys_keep_the_secrets_that_their_holders_have(void **state)
{
    auto_scene s;
    auto_deal deal = begin_with_keys(&s, 3, 2, "");

    (void)state;
    auto_update_result result = replace(&s, 3, 2, "", MARBLE("n"));
    assert_false(result.has_recovery_secrets);
    move(&s, "b");
    give(&s.machine, &deal, 2, 1);
    give(&s.machine, &deal, 0, 0);
    assert_true(is_marble_there(&s, "n"));
}

static void without_keys_nobody_recovers(void **state)
{
    auto_scene s;
    auto_deal deal = begin_with_keys(&s, 1, 0, "");

    (void)state;
    auto_update_result result = replace(&s, 0, 0, "", MARBLE("n"));
    assert_true(result.has_recovery_secrets);
    move(&s, "b");
    refuse(&s.machine, share_bytes(&deal.shares[0]), buf_bytes(&deal.shares[0].signature), "");
    machine_stop(&s.machine);
    s.machine = machine_start(&s.world, "a");
    assert_true(is_marble_there(&s, "n"));
}

static void a_full_disk_leaves_the_old_keys_in_force(void **state)
{
    auto_string *parts = keys_parts(3, 0, "", MARBLE("n"));
    auto_string *text = up_manifest(parts);
    auto_scene s;
    auto_deal deal = begin_with_keys(&s, 3, 2, "");

    (void)state;
    for (unsigned nth = 1; nth < 6; nth++) {
        world_fail(&s.world, nth, false, ENOSPC);
        up_refuse(&s, UPDATE, ALICE, text, FAIL_UNAVAILABLE, "");
        world_heal(&s.world);
    }
    up_ok(&s, UPDATE, ALICE, "{\"Packages\":{\"p\":{\"SecurityVersion\":7}}}", 0);
    move(&s, "b");
    give(&s.machine, &deal, 2, 1);
    give(&s.machine, &deal, 0, 0);
}

/* ---- the seal mode ---- */

static void raise_package(const struct scene *s, const char *version)
{
    auto_string *text = mem_printf("{\"Packages\":{\"p\":{\"SecurityVersion\":%s}}}", version);

    up_ok(s, UPDATE, ALICE, text, 0);
}

static void assert_version(const struct scene *s, const char *version)
{
    auto_buf record = machine_value(&s->machine, PREFIX_PACKAGE "p");
    auto_string *text = bytes_to_string(buf_bytes(&record));
    auto_string *words = mem_printf("\"SecurityVersion\":%s,", version);

    if (strstr(text, words) == NULL)
        fail_msg("%s instead of %s", text, version);
}

/* W-19 of the original, without losing what was acknowledged before the restart. */
static void sealing_ends_with_the_next_start_and_not_before(void **state)
{
    auto_scene s;

    (void)state;
    begin(&s, 1, 0, "ProductKey");
    auto_update_result result = replace(&s, 1, 0, "Disabled", MARBLE("n"));
    assert_false(result.has_recovery_secrets);
    raise_package(&s, "5");
    up_restart(&s);
    assert_true(is_marble_there(&s, "n"));
    assert_version(&s, "5");
    raise_package(&s, "6");
    assert_version(&s, "6");
    up_restart(&s);
    assert_version(&s, "5");
}

static void sealing_ends_at_once_with_new_keys_after_the_update_itself(void **state)
{
    auto_scene s;

    (void)state;
    begin(&s, 1, 0, "ProductKey");
    auto_update_result result = replace(&s, 2, 0, "Disabled", MARBLE("n"));
    assert_true(result.has_recovery_secrets);
    raise_package(&s, "5");
    up_restart(&s);
    assert_true(is_marble_there(&s, "n"));
    assert_version(&s, "1");
}

static void sealing_begins_with_new_keys_and_all_that_was_never_sealed(void **state)
{
    auto_scene s;

    (void)state;
    begin(&s, 1, 0, "Disabled");
    raise_package(&s, "5");
    assert_int_equal(world_count(&s.world, "sealed_data"), 0);
    auto_update_result result = replace(&s, 1, 0, "UniqueKey", MARBLE("n"));
    assert_true(result.has_recovery_secrets);
    assert_int_equal(world_count(&s.world, "sealed_data"), 1);
    auto_deal deal = deal_from_json(buf_bytes(&result.recovery_secrets), 1, false);
    raise_package(&s, "6");
    up_restart(&s);
    assert_true(is_marble_there(&s, "n"));
    assert_version(&s, "6");
    move(&s, "b");
    give(&s.machine, &deal, 0, 0);
    assert_version(&s, "6");
}

/* A state that was dismissed by a manifest that seals nothing is still there when sealing begins. */
static void sealing_begins_beside_a_state_that_was_dismissed(void **state)
{
    auto_string *parts = keys_parts(1, 0, "Disabled", "");
    struct manifest_reply reply = { 0 };
    auto_scene s;

    (void)state;
    begin(&s, 1, 0, "ProductKey");
    move(&s, "b");
    up_set(&s, parts, &reply);
    manifest_reply_clear(&reply);
    auto_update_result result = replace(&s, 1, 0, "ProductKey", MARBLE("n"));
    assert_true(result.has_recovery_secrets);
    assert_int_equal(world_count(&s.world, "dismissed-"), 1);
    machine_stop(&s.machine);
    s.machine = machine_start(&s.world, "b");
    assert_phase(&s.machine, PHASE_ACCEPTING_MARBLES);
    assert_true(is_marble_there(&s, "n"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(new_secrets_are_issued_when_keys_or_threshold_mean_something_else),
    cmocka_unit_test(another_text_of_the_same_key_is_another_key),
    cmocka_unit_test(only_the_new_secrets_recover_and_it_stays_the_same_deployment),
    cmocka_unit_test(unchanged_keys_keep_the_secrets_that_their_holders_have),
    cmocka_unit_test(without_keys_nobody_recovers),
    cmocka_unit_test(a_full_disk_leaves_the_old_keys_in_force),
    cmocka_unit_test(sealing_ends_with_the_next_start_and_not_before),
    cmocka_unit_test(sealing_ends_at_once_with_new_keys_after_the_update_itself),
    cmocka_unit_test(sealing_begins_with_new_keys_and_all_that_was_never_sealed),
    cmocka_unit_test(sealing_begins_beside_a_state_that_was_dismissed),
};

TEST_MAIN(tests)
