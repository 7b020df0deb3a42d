/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "core/update.h"
#include "drill_scene.h"

#include <errno.h>
#include <pthread.h>

/* ---- who may, and how many ---- */

static void assert_pending(const struct scene *s, enum scene_user user, uint64_t missing,
                           const char *users)
{
    auto_reissue_reply reply = { 0 };
    struct err err;
    const enum reissue_state state = ask_reissue(s, user, &reply, &err);

    if (state != REISSUE_PENDING)
        fail_msg("%s: %d, %s", scene_users[user], (int)state, err.text);
    assert_int_equal(reply.missing, missing);
    assert_bytes_equal(buf_bytes(&reply.missing_users), bytes_of_string(users));
}

static void all_who_may_update_have_to_ask_without_a_threshold(void **state)
{
    auto_scene s;
    auto_reissue_reply reply = { 0 };
    struct err err;

    (void)state;
    scene_begin(&s, 3, 2, "");
    assert_pending(&s, SECOND, 2, "\"first\",\"third\"");
    assert_log_line(&s, 0,
                    "\"update\":\"Re-issue of recovery secrets initiated by user\",\"user\":"
                    "\"second\",\"missingAcknowledgments\":2,\"missingUsers\":[\"first\","
                    "\"third\"]}");
    assert_pending(&s, THIRD, 1, "\"first\"");
    assert_log_line(&s, 0, "Re-issue of recovery secrets acknowledged by user");
    assert_int_equal(ask_reissue(&s, FIRST, &reply, &err), REISSUE_PROVING);
    assert_log_line(&s, 1, "\"missingAcknowledgments\":0,\"missingUsers\":[]}");
    assert_log_line(&s, 0, "Recovery secrets re-issued");
    assert_int_equal(log_lines(&s), 5);
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_false(reissue_is_pending(now));
    assert_string_equal(now->new_recovery_set->id, reply.set);
}

static void threshold_of_updates_is_that_of_reissues(void **state)
{
    auto_scene s;
    auto_reissue_reply reply = { 0 };
    struct err err;

    (void)state;
    scene_begin(&s, 3, 0, "\"UpdateThreshold\":1");
    assert_int_equal(ask_reissue(&s, THIRD, &reply, &err), REISSUE_PROVING);
}

static void user_who_asks_twice_counts_once(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, "\"UpdateThreshold\":2");
    assert_pending(&s, FIRST, 1, "\"second\",\"third\"");
    auto_snapshot *before = core_snapshot(s.machine.core);
    assert_pending(&s, FIRST, 1, "\"second\",\"third\"");
    auto_snapshot *after = core_snapshot(s.machine.core);
    assert_ptr_equal(after, before);
    scene_restart(&s, "a");
    assert_pending(&s, FIRST, 1, "\"second\",\"third\"");
}

static void assert_refused(const struct scene *s, enum scene_user user, enum fail_kind kind,
                           const char *words)
{
    auto_snapshot *before = core_snapshot(s->machine.core);
    auto_reissue_reply reply = { 0 };
    struct err err;

    assert_int_equal(ask_reissue(s, user, &reply, &err), REISSUE_FAILED);
    if (err.kind != kind || strstr(err.text, words) == NULL)
        fail_msg("%d: %s", (int)err.kind, err.text);
    auto_snapshot *after = core_snapshot(s->machine.core);
    assert_ptr_equal(after, before);
}

static void who_may_not_update_the_manifest_may_not_reissue(void **state)
{
    auto_scene s;
    struct err err;

    (void)state;
    scene_begin(&s, 3, 2, "");
    assert_refused(&s, OUTSIDER, FAIL_DENIED, "user outsider is not allowed");
    assert_pending(&s, FIRST, 2, "\"second\",\"third\"");
    assert_false(cancel_reissue(&s, OUTSIDER, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
}

static void without_recovery_keys_there_is_nothing_to_reissue(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 0, 0, "\"UpdateThreshold\":1");
    assert_refused(&s, FIRST, FAIL_STATE, "no recovery keys");
}

static bool begin_update(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)arg;
    (void)now;
    (void)err;
    change_put(&d->change, NAME_PENDING_UPDATE, BYTES_LITERAL("{}"));
    return true;
}

static void pending_update_of_the_manifest_comes_first(void **state)
{
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s, 3, 2, "\"UpdateThreshold\":1");
    assert_ok(writer_commit(core_writer(s.machine.core), begin_update, NULL, &err), &err);
    assert_refused(&s, FIRST, FAIL_STATE, "an update of the manifest is in progress");
}

/* ---- both sets ---- */

static void both_sets_recover_until_enough_have_proven_the_new_one(void **state)
{
    static const unsigned schemes[][3] = { { 1, 0, 1 }, { 3, 0, 3 }, { 3, 2, 2 } };

    (void)state;
    for (size_t scheme = 0; scheme < COUNT_OF(schemes); scheme++) {
        const unsigned needed = schemes[scheme][2];
        auto_scene s;
        scene_begin(&s, schemes[scheme][0], schemes[scheme][1], "\"UpdateThreshold\":1");
        auto_deal new_deal = reissue(&s);
        auto_string *new_set = set_id(&s, true);
        assert_recovers(&s, &s.deal, needed, true);
        assert_recovers(&s, &new_deal, needed, true);
        for (unsigned i = 0; i < needed; i++) {
            assert_recovers(&s, &s.deal, needed, true);
            const struct drill_outcome outcome = prove(&s, &new_deal, i, NULL);
            assert_int_equal(outcome.replaced, i + 1 == needed);
            assert_string_equal(outcome.set, new_set);
        }
        auto_string *in_force = set_id(&s, false), *next = set_id(&s, true);
        assert_string_equal(in_force, new_set);
        assert_string_equal(next, "");
        assert_recovers(&s, &s.deal, needed, false);
        assert_recovers(&s, &new_deal, needed, true);
        assert_int_equal(proven_ms(&s, new_set, 0), WORLD_START_MS);
    }
}

static void old_secrets_are_proven_during_a_reissue_but_complete_nothing(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, "\"UpdateThreshold\":1");
    auto_string *old_set = set_id(&s, false);
    auto_deal new_deal = reissue(&s);
    for (unsigned i = 0; i < 3; i++)
        assert_false(prove(&s, &s.deal, i, old_set).replaced);
    assert_false(prove(&s, &new_deal, 0, NULL).replaced);
    assert_int_equal(proven_ms(&s, old_set, 0), WORLD_START_MS);
    /* Twice by the same holder is once. */
    scene_wait(&s, 60000);
    assert_false(prove(&s, &new_deal, 0, NULL).replaced);
    assert_true(prove(&s, &new_deal, 2, NULL).replaced);
    assert_int_equal(proven_ms(&s, old_set, 0), 0);
    assert_log_line(&s, 1, "Recovery secret proven");
    assert_log_line(&s, 0, "Re-issued recovery secrets in force, the old ones removed");
}

static void secret_of_the_one_set_does_not_prove_the_other(void **state)
{
    auto_scene s;
    auto_drill_challenge old_c = { 0 }, new_c = { 0 };
    auto_attempt a = { 0 }, b = { 0 }, c = { 0 };

    (void)state;
    scene_begin(&s, 3, 2, "\"UpdateThreshold\":1");
    auto_string *old_set = set_id(&s, false);
    auto_deal new_deal = reissue(&s);
    auto_string *new_set = set_id(&s, true);
    ask_challenge(&s, old_set, &old_c);
    ask_challenge(&s, new_set, &new_c);
    attempt_make(&a, &new_c, "alice", 0, share_bytes(&s.deal.shares[0]));
    assert_int_equal(attempt_send(&s, &a), DRILL_WRONG_SECRET);
    attempt_make(&b, &old_c, "alice", 0, share_bytes(&new_deal.shares[0]));
    assert_int_equal(attempt_send(&s, &b), DRILL_WRONG_SECRET);
    /* Signed for one set, sent for the other. */
    attempt_make(&c, &old_c, "alice", 0, share_bytes(&s.deal.shares[0]));
    c.answer.set = bytes_of_string(new_set);
    assert_int_equal(attempt_send(&s, &c), DRILL_WRONG_KEY);
}

static void removed_set_is_the_wrong_one(void **state)
{
    auto_scene s;
    auto_drill_challenge challenge = { 0 };
    auto_attempt a = { 0 };

    (void)state;
    scene_begin(&s, 1, 0, "\"UpdateThreshold\":1");
    auto_deal new_deal = reissue(&s);
    auto_string *old_set = set_id(&s, false);
    ask_challenge(&s, old_set, &challenge);
    assert_true(prove(&s, &new_deal, 0, NULL).replaced);
    attempt_make(&a, &challenge, "alice", 0, share_bytes(&s.deal.shares[0]));
    assert_int_equal(attempt_send(&s, &a), DRILL_WRONG_SET);
}

static void secrets_are_given_again_until_they_are_proven(void **state)
{
    auto_scene s;
    auto_reissue_reply first = { 0 }, again = { 0 };
    struct err err;

    (void)state;
    scene_begin(&s, 1, 0, "\"UpdateThreshold\":1");
    auto_buf old_secrets = machine_value(&s.machine, NAME_RECOVERY_SECRETS);
    assert_int_equal(ask_reissue(&s, FIRST, &first, &err), REISSUE_PROVING);
    auto_snapshot *before = core_snapshot(s.machine.core);
    assert_int_equal(ask_reissue(&s, SECOND, &again, &err), REISSUE_PROVING);
    auto_snapshot *after = core_snapshot(s.machine.core);
    assert_ptr_equal(after, before);
    assert_string_equal(again.set, first.set);
    assert_bytes_equal(buf_bytes(&again.secrets_json), buf_bytes(&first.secrets_json));
    auto_buf kept = machine_value(&s.machine, NAME_RECOVERY_SECRETS);
    assert_bytes_equal(buf_bytes(&kept), buf_bytes(&old_secrets));
    auto_deal deal = deal_from_json(buf_bytes(&first.secrets_json), 1, false);
    assert_true(prove(&s, &deal, 0, NULL).replaced);
    auto_buf replaced = machine_value(&s.machine, NAME_RECOVERY_SECRETS);
    assert_bytes_equal(buf_bytes(&replaced), buf_bytes(&first.secrets_json));
    /* And then another re-issue begins. */
    auto_deal third = reissue(&s);
    assert_recovers(&s, &third, 1, true);
    assert_recovers(&s, &deal, 1, true);
    assert_recovers(&s, &s.deal, 1, false);
}

static void reissue_goes_on_after_a_restart(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, "");
    assert_pending(&s, FIRST, 2, "\"second\",\"third\"");
    scene_restart(&s, "a");
    auto_deal new_deal = reissue(&s);
    scene_restart(&s, "a");
    assert_false(prove(&s, &new_deal, 2, NULL).replaced);
    scene_restart(&s, "a");
    assert_true(prove(&s, &new_deal, 0, NULL).replaced);
    scene_restart(&s, "a");
    auto_string *next = set_id(&s, true);
    assert_string_equal(next, "");
    assert_recovers(&s, &new_deal, 2, true);
    assert_recovers(&s, &s.deal, 2, false);
}

static void state_that_is_not_sealed_reissues_too(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, "\"SealMode\":\"Disabled\",\"UpdateThreshold\":1");
    auto_deal new_deal = reissue(&s);
    assert_false(prove(&s, &new_deal, 0, NULL).replaced);
    assert_true(prove(&s, &new_deal, 1, NULL).replaced);
}

/* ---- cancelling ---- */

static void pending_reissue_is_dropped_by_anybody_who_may_update(void **state)
{
    auto_scene s;
    struct err err;

    (void)state;
    scene_begin(&s, 3, 2, "");
    assert_false(cancel_reissue(&s, FIRST, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    assert_pending(&s, FIRST, 2, "\"second\",\"third\"");
    assert_ok(cancel_reissue(&s, THIRD, &err), &err);
    assert_log_line(&s, 0,
                    "\"Re-issue of recovery secrets cancelled by user\",\"user\":\"third\"}");
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_false(reissue_is_pending(now));
    assert_pending(&s, SECOND, 2, "\"first\",\"third\"");
}

static void new_secrets_that_are_not_proven_are_dropped(void **state)
{
    auto_scene s;
    struct err err;

    (void)state;
    scene_begin(&s, 3, 2, "\"UpdateThreshold\":1");
    auto_string *old_set = set_id(&s, false);
    (void)prove(&s, &s.deal, 0, NULL);
    auto_deal new_deal = reissue(&s);
    auto_string *new_set = set_id(&s, true);
    (void)prove(&s, &new_deal, 0, NULL);
    assert_ok(cancel_reissue(&s, FIRST, &err), &err);
    auto_string *next = set_id(&s, true);
    assert_string_equal(next, "");
    assert_int_equal(proven_ms(&s, new_set, 0), 0);
    assert_int_equal(proven_ms(&s, old_set, 0), WORLD_START_MS);
    assert_recovers(&s, &s.deal, 2, true);
    assert_recovers(&s, &new_deal, 2, false);
}

/* ---- recovery in between ---- */

static void only_the_set_that_recovered_survives(void **state)
{
    (void)state;
    for (int with_new = 0; with_new < 2; with_new++) {
        auto_scene s;
        scene_begin(&s, 3, 2, "\"UpdateThreshold\":1");
        auto_deal new_deal = reissue(&s);
        auto_string *want = set_id(&s, with_new == 1);
        auto_buf secrets = machine_value(&s.machine, with_new == 1 ? NAME_NEW_RECOVERY_SECRETS
                                                                   : NAME_RECOVERY_SECRETS);
        const struct deal *const winner = with_new == 1 ? &new_deal : &s.deal;
        const struct deal *const loser = with_new == 1 ? &s.deal : &new_deal;
        (void)prove(&s, &new_deal, 0, NULL);
        scene_restart(&s, "b");
        give(&s.machine, winner, 1, 1);
        give(&s.machine, winner, 2, 0);
        auto_string *in_force = set_id(&s, false), *next = set_id(&s, true);
        assert_string_equal(in_force, want);
        assert_string_equal(next, "");
        auto_buf kept = machine_value(&s.machine, NAME_RECOVERY_SECRETS);
        assert_bytes_equal(buf_bytes(&kept), buf_bytes(&secrets));
        scene_wait(&s, 60000);
        (void)prove(&s, winner, 0, NULL);
        scene_restart(&s, "b");
        machine_stop(&s.machine);
        s.machine = machine_start(&s.world, "c");
        const struct share *const lost = &loser->shares[0];
        refuse(&s.machine, share_bytes(lost), buf_bytes(&lost->signature), "belongs to no holder");
        give(&s.machine, winner, 0, 1);
        give(&s.machine, winner, 1, 0);
    }
}

static bool forget(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)arg;
    (void)now;
    (void)err;
    change_delete(&d->change, NAME_RECOVERY_SET);
    return true;
}

static void state_from_before_there_were_drills_is_brought_to_them(void **state)
{
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s, 3, 2, "\"UpdateThreshold\":1");
    assert_ok(writer_commit(core_writer(s.machine.core), forget, NULL, &err), &err);
    scene_restart(&s, "a");
    auto_deal dropped = reissue(&s);
    assert_recovers(&s, &s.deal, 2, true);
    assert_ok(cancel_reissue(&s, FIRST, &err), &err);
    assert_recovers(&s, &dropped, 2, false);
    auto_deal new_deal = reissue(&s);
    assert_recovers(&s, &s.deal, 2, true);
    assert_false(prove(&s, &new_deal, 1, NULL).replaced);
    assert_true(prove(&s, &new_deal, 2, NULL).replaced);
    assert_recovers(&s, &s.deal, 2, false);
    assert_recovers(&s, &new_deal, 2, true);
}

/* ---- updates of the manifest in between ---- */

/* Applied at once; the new secrets when there are any. */
static struct deal update(const struct scene *s, unsigned threshold, const char *config)
{
    auto_buf text = scene_manifest(3, threshold, config);
    auto_snapshot *now = core_snapshot(s->machine.core);
    auto_update_result result = { 0 };
    struct err err = { 0 };

    assert_ok(core_update(s->machine.core, now,
                          deployment_user(now->deployment, cert_der(scene_cert(FIRST))),
                          buf_bytes(&text), &result, &err),
              &err);
    return result.has_recovery_secrets
               ? deal_from_json(buf_bytes(&result.recovery_secrets), 3, false)
               : (struct deal){ 0 };
}

static void update_with_the_same_keys_leaves_both_sets(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, "\"UpdateThreshold\":1");
    auto_deal new_deal = reissue(&s);
    (void)prove(&s, &new_deal, 0, NULL);
    auto_deal none =
        update(&s, 2, "\"UpdateThreshold\":1,\"FeatureGates\":[\"SignQuoteEndpoint\"]");
    assert_int_equal(none.count, 0);
    assert_recovers(&s, &s.deal, 2, true);
    assert_recovers(&s, &new_deal, 2, true);
    assert_true(prove(&s, &new_deal, 1, NULL).replaced);
}

static void update_with_other_keys_replaces_both_sets(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, "\"UpdateThreshold\":1");
    (void)prove(&s, &s.deal, 0, NULL);
    auto_deal reissued = reissue(&s);
    auto_deal updated = update(&s, 0, "\"UpdateThreshold\":1");
    assert_int_equal(updated.count, 3);
    auto_string *next = set_id(&s, true), *set = set_id(&s, false);
    assert_string_equal(next, "");
    for (unsigned i = 0; i < 3; i++)
        (void)prove(&s, &updated, i, set);
    assert_recovers(&s, &s.deal, 2, false);
    assert_recovers(&s, &reissued, 2, false);
    assert_recovers(&s, &updated, 3, true);
}

/* Nothing is sealed from the next start on, and the store opens what it has: it knows nothing of the new sets. */
static void state_whose_sealing_ended_reissues_again_and_again(void **state)
{
    auto_scene s;
    struct err err;

    (void)state;
    scene_begin(&s, 3, 2, "\"UpdateThreshold\":1");
    auto_deal none = update(&s, 2, "\"SealMode\":\"Disabled\",\"UpdateThreshold\":1");
    assert_int_equal(none.count, 0);
    scene_restart(&s, "a");
    assert_phase(&s.machine, PHASE_ACCEPTING_MARBLES);
    auto_deal first = reissue(&s);
    assert_false(prove(&s, &first, 0, NULL).replaced);
    assert_true(prove(&s, &first, 1, NULL).replaced);
    auto_deal dropped = reissue(&s);
    assert_int_equal(dropped.count, 3);
    assert_ok(cancel_reissue(&s, FIRST, &err), &err);
    auto_deal second = reissue(&s);
    assert_false(prove(&s, &second, 2, NULL).replaced);
    assert_true(prove(&s, &second, 0, NULL).replaced);
    /* As it was sealed last, before the re-issues. */
    scene_restart(&s, "a");
    (void)prove(&s, &s.deal, 0, NULL);
}

/* ---- faults ---- */

/* One step of a re-issue, as a test repeats it on the same files. */
struct step {
    const char *name;
    bool (*take)(struct scene *s, const struct deal *new_deal);
};

static bool take_reissue(struct scene *s, const struct deal *new_deal)
{
    auto_reissue_reply reply = { 0 };
    struct err err;

    (void)new_deal;
    return ask_reissue(s, FIRST, &reply, &err) == REISSUE_PROVING;
}

static bool take_last_proof(struct scene *s, const struct deal *new_deal)
{
    auto_drill_challenge c = { 0 };
    auto_attempt a = { 0 };

    ask_challenge(s, NULL, &c);
    attempt_make(&a, &c, "bob", 1, share_bytes(&new_deal->shares[1]));
    return attempt_send(s, &a) == DRILL_OK;
}

static bool take_cancel(struct scene *s, const struct deal *new_deal)
{
    struct err err;

    (void)new_deal;
    return cancel_reissue(s, FIRST, &err);
}

/* Of the values only whole steps are seen. */
static void assert_whole(const struct scene *s)
{
    auto_snapshot *now = core_snapshot(s->machine.core);
    struct bytes value;

    assert_int_equal(now->new_recovery_set != NULL,
                     omap_get(now->values, BYTES_LITERAL(NAME_NEW_RECOVERY_SECRETS), &value));
    assert_non_null(now->recovery_set);
}

/* The disk fails at every call in turn; afterwards, also for a process that starts anew, all is as before or as after. */
static void step_fails_as_a_whole(struct scene *s, const struct step *step,
                                  const struct deal *new_deal)
{
    for (unsigned nth = 1;; nth++) {
        auto_string *set = set_id(s, false), *next = set_id(s, true);
        machine_stop(&s->machine);
        world_keep(&s->world);
        s->machine = machine_start(&s->world, "a");
        world_fail(&s->world, nth, false, EIO);
        const bool done = step->take(s, new_deal);
        world_heal(&s->world);
        assert_whole(s);
        auto_string *set_then = set_id(s, false), *next_then = set_id(s, true);
        const bool same = strcmp(set, set_then) == 0 && strcmp(next, next_then) == 0;
        if (same == done)
            fail_msg("%s, call %u: %s", step->name, nth, done ? "done, but the same" : "changed");
        scene_restart(s, "a");
        assert_whole(s);
        auto_string *set_later = set_id(s, false), *next_later = set_id(s, true);
        if (done) {
            assert_string_equal(set_later, set_then);
            assert_string_equal(next_later, next_then);
            return;
        }
        machine_stop(&s->machine);
        world_put_back(&s->world);
        s->machine = machine_start(&s->world, "a");
    }
}

static void every_step_is_one_commit(void **state)
{
    static const struct step ask = { "re-issue", take_reissue }, drop = { "cancel", take_cancel },
                             last = { "last proof", take_last_proof };
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2, "\"UpdateThreshold\":1");
    step_fails_as_a_whole(&s, &ask, NULL);
    step_fails_as_a_whole(&s, &drop, NULL);
    auto_deal new_deal = reissue(&s);
    (void)prove(&s, &new_deal, 0, NULL);
    step_fails_as_a_whole(&s, &last, &new_deal);
    assert_recovers(&s, &s.deal, 2, false);
    assert_recovers(&s, &new_deal, 2, true);
}

/* ---- at once ---- */

struct asker {
    const struct scene *s;
    enum scene_user user;
    enum reissue_state state;
};

static void *ask_thread(void *arg)
{
    struct asker *const a = arg;
    auto_reissue_reply reply = { 0 };
    struct err err;

    a->state = ask_reissue(a->s, a->user, &reply, &err);
    return NULL;
}

static void users_who_ask_at_once_are_all_counted(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        auto_scene s;
        pthread_t threads[3];
        struct asker askers[3];
        scene_begin(&s, 1, 0, "");
        for (unsigned i = 0; i < 3; i++) {
            askers[i] = (struct asker){ &s, i, REISSUE_FAILED };
            assert_int_equal(pthread_create(&threads[i], NULL, ask_thread, &askers[i]), 0);
        }
        unsigned proving = 0;
        for (unsigned i = 0; i < 3; i++) {
            (void)pthread_join(threads[i], NULL);
            assert_int_not_equal(askers[i].state, REISSUE_FAILED);
            proving += askers[i].state == REISSUE_PROVING;
        }
        assert_int_equal(proving, 1);
        assert_int_equal(log_lines(&s), 5);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(all_who_may_update_have_to_ask_without_a_threshold),
    cmocka_unit_test(threshold_of_updates_is_that_of_reissues),
    cmocka_unit_test(user_who_asks_twice_counts_once),
    cmocka_unit_test(who_may_not_update_the_manifest_may_not_reissue),
    cmocka_unit_test(without_recovery_keys_there_is_nothing_to_reissue),
    cmocka_unit_test(pending_update_of_the_manifest_comes_first),
    cmocka_unit_test(both_sets_recover_until_enough_have_proven_the_new_one),
    cmocka_unit_test(old_secrets_are_proven_during_a_reissue_but_complete_nothing),
    cmocka_unit_test(secret_of_the_one_set_does_not_prove_the_other),
    cmocka_unit_test(removed_set_is_the_wrong_one),
    cmocka_unit_test(secrets_are_given_again_until_they_are_proven),
    cmocka_unit_test(reissue_goes_on_after_a_restart),
    cmocka_unit_test(state_that_is_not_sealed_reissues_too),
    cmocka_unit_test(pending_reissue_is_dropped_by_anybody_who_may_update),
    cmocka_unit_test(new_secrets_that_are_not_proven_are_dropped),
    cmocka_unit_test(only_the_set_that_recovered_survives),
    cmocka_unit_test(state_from_before_there_were_drills_is_brought_to_them),
    cmocka_unit_test(update_with_the_same_keys_leaves_both_sets),
    cmocka_unit_test(update_with_other_keys_replaces_both_sets),
    cmocka_unit_test(state_whose_sealing_ended_reissues_again_and_again),
    cmocka_unit_test(every_step_is_one_commit),
    cmocka_unit_test(users_who_ask_at_once_are_all_counted),
};

TEST_MAIN(tests)
