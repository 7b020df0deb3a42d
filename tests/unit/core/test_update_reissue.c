/* SPDX-License-Identifier: Apache-2.0 */
/* Updates of the manifest while a re-issue of the recovery secrets waits for its users. */
#include "test.h"

#include "core/reissue.h"
#include "update_scene.h"

#define RAISE "{\"Packages\":{\"p\":{\"SecurityVersion\":9}}}"
#define WAITS "a re-issue of the recovery secrets is in progress: acknowledge or cancel it first"
#define ONE ",\"Config\":{\"UpdateThreshold\":1}"

/* The manifest with a recovery key; freed by the caller. */
static char *keyed(const char *parts)
{
    auto_buf text = { 0 };

    buf_add_string(&text, ",\"RecoveryKeys\":{\"alice\":");
    put_holder_key(&text, 0);
    buf_add_format(&text, "}%s", parts);
    return bytes_to_string(buf_bytes(&text));
}

static void begin(struct scene *s, const char *parts)
{
    auto_string *all = keyed(parts);

    up_begin(s, all);
}

static char *wanted(const char *parts)
{
    auto_string *all = keyed(parts);

    return up_manifest(all);
}

static enum reissue_state reissue(const struct scene *s, enum up_user user)
{
    auto_snapshot *now = core_snapshot(s->machine.core);
    auto_reissue_reply reply = { 0 };
    struct err err = { 0 };
    const enum reissue_state state =
        core_reissue(s->machine.core, now, up_find(now, user), &reply, &err);

    assert_ok(state != REISSUE_FAILED, &err);
    return state;
}

static void cancel_reissue(const struct scene *s)
{
    auto_snapshot *now = core_snapshot(s->machine.core);
    struct err err = { 0 };

    assert_ok(core_reissue_cancel(s->machine.core, now, up_find(now, BOB), &err), &err);
}

static void no_update_of_the_manifest_begins_while_a_reissue_waits(void **state)
{
    auto_string *text = wanted("");
    auto_scene s;

    (void)state;
    begin(&s, "");
    assert_int_equal(reissue(&s, ALICE), REISSUE_PENDING);
    up_refuse(&s, UPDATE, ALICE, text, FAIL_STATE, WAITS);
    up_refuse(&s, UPDATE, DAVE, text, FAIL_DENIED, "is not allowed");
    up_restart(&s);
    up_refuse(&s, UPDATE, BOB, text, FAIL_STATE, WAITS);
    assert_int_equal(reissue(&s, BOB), REISSUE_PENDING);
    up_refuse(&s, UPDATE, BOB, text, FAIL_STATE, WAITS);
    cancel_reissue(&s);
    up_ok(&s, UPDATE, ALICE, text, 2);
}

static void new_secrets_that_wait_for_their_proofs_hold_up_no_update(void **state)
{
    auto_string *text = wanted("");
    auto_scene s;

    (void)state;
    begin(&s, ONE);
    assert_int_equal(reissue(&s, ALICE), REISSUE_PROVING);
    up_ok(&s, UPDATE, ALICE, text, 0);
}

static void packages_alone_are_updated_while_a_reissue_waits(void **state)
{
    auto_scene s;

    (void)state;
    begin(&s, "");
    assert_int_equal(reissue(&s, ALICE), REISSUE_PENDING);
    up_ok(&s, UPDATE, DAVE, RAISE, 0);
    assert_int_equal(reissue(&s, BOB), REISSUE_PENDING);
    assert_int_equal(reissue(&s, CAROL), REISSUE_PROVING);
}

/* Found before the re-issue began, so that only the writer can know. */
static void update_that_a_reissue_overtakes_is_refused(void **state)
{
    static const char *const configs[] = { "", ",\"Config\":{\"UpdateThreshold\":2}" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(configs); i++) {
        auto_string *text = wanted("");
        auto_update_result result = { 0 };
        struct err err;
        auto_scene s;
        begin(&s, configs[i]);
        auto_snapshot *before = core_snapshot(s.machine.core);
        assert_int_equal(reissue(&s, ALICE), REISSUE_PENDING);
        assert_false(up_in(&s, before, UPDATE, BOB, text, &result, &err));
        assert_int_equal(err.kind, FAIL_STATE);
        assert_string_equal(err.text, WAITS);
        assert_false(up_waits(&s));
    }
}

static bool put_reissue(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)arg;
    (void)now;
    (void)err;
    change_put(&d->change, NAME_PENDING_REISSUE,
               BYTES_LITERAL("{\"requiredUsers\":{\"bob\":false},\"missingAcknowledgments\":1}"));
    return true;
}

static void put_by_hand(const struct scene *s)
{
    struct err err = { 0 };

    assert_ok(writer_commit(core_writer(s->machine.core), put_reissue, NULL, &err), &err);
}

/* One that is applied at once does not ask the writer to let it wait. */
static void update_at_once_that_a_reissue_overtakes_is_refused(void **state)
{
    auto_string *text = wanted(ONE);
    auto_update_result result = { 0 };
    struct err err;
    auto_scene s;

    (void)state;
    begin(&s, ONE);
    auto_snapshot *before = core_snapshot(s.machine.core);
    put_by_hand(&s);
    assert_false(up_in(&s, before, UPDATE, BOB, text, &result, &err));
    assert_string_equal(err.text, WAITS);
    up_refuse(&s, UPDATE, BOB, text, FAIL_STATE, WAITS);
}

/* Neither begins while the other waits; a state in which both do is left by cancelling. */
static void last_acknowledgment_is_refused_while_a_reissue_waits(void **state)
{
    auto_string *text = wanted("");
    auto_scene s;

    (void)state;
    begin(&s, "");
    up_ok(&s, UPDATE, ALICE, text, 2);
    put_by_hand(&s);
    up_ok(&s, ACKNOWLEDGE, BOB, text, 1);
    up_refuse(&s, ACKNOWLEDGE, CAROL, text, FAIL_STATE, WAITS);
    assert_true(up_waits(&s));
    cancel_reissue(&s);
    up_ok(&s, ACKNOWLEDGE, CAROL, text, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(no_update_of_the_manifest_begins_while_a_reissue_waits),
    cmocka_unit_test(new_secrets_that_wait_for_their_proofs_hold_up_no_update),
    cmocka_unit_test(packages_alone_are_updated_while_a_reissue_waits),
    cmocka_unit_test(update_that_a_reissue_overtakes_is_refused),
    cmocka_unit_test(update_at_once_that_a_reissue_overtakes_is_refused),
    cmocka_unit_test(last_acknowledgment_is_refused_while_a_reissue_waits),
};

TEST_MAIN(tests)
