/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "update_scene.h"

#include <errno.h>
#include <pthread.h>

#define THRESHOLD_2 ",\"Config\":{\"UpdateThreshold\":2}"
/* Another Marble: a small update. */
#define OTHER ",\"Marbles\":{\"n\":{\"Package\":\"q\"}}"

static char *fingerprint_of(const char *text)
{
    char hex[2 * SHA256_LEN + 1];
    struct err err = { 0 };

    assert_ok(sha256_hex(bytes_of_string(text), hex, &err), &err);
    return mem_string(hex);
}

static void assert_in_force(const struct scene *s, const char *text)
{
    auto_snapshot *now = core_snapshot(s->machine.core);
    auto_string *fingerprint = fingerprint_of(text);
    struct err err = { 0 };

    assert_bytes_equal(now->deployment->manifest->raw, bytes_of_string(text));
    assert_string_equal(now->deployment->fingerprint, fingerprint);
    assert_ok(key_verify_sha256(now->authority->root_key, bytes_of_string(text),
                                now->deployment->signature, &err),
              &err);
}

static void assert_missing(const struct update_result *result, unsigned missing, const char *users)
{
    auto_buf names = { 0 };

    for (size_t i = 0; i < result->missing_users.count; i++)
        buf_add_format(&names, "%s%.*s", i > 0 ? " " : "", BYTES_FMT(result->missing_users.at[i]));
    assert_int_equal(result->missing, missing);
    assert_bytes_equal(buf_bytes(&names), bytes_of_string(users));
}

#define LINE(event, more)                                                                          \
    "\"update\":\"Complete Manifest " event "\"," more "\"manifestFingerprint\":\"%s\"}"

/* want: format strings for the fingerprint. */
static void assert_log(const struct scene *s, const char *text, const char *const *want,
                       unsigned count)
{
    auto_string *fingerprint = fingerprint_of(text);
    char *lines[16];

    for (unsigned i = 0; i < count; i++) {
        const char *const place = strstr(want[i], "%s");
        lines[i] = mem_printf("%.*s%s\"}", (int)(place - want[i]), want[i], fingerprint);
    }
    assert_lines(s, 1, (const char *const *)lines, count);
    for (unsigned i = 0; i < count; i++)
        free(lines[i]);
}

/* ---- who has to agree ---- */

static void an_update_waits_for_everybody_who_may_update_and_is_then_applied(void **state)
{
    static const char *const lines[] = {
        LINE("update initiated by user. Waiting for acknowledgments to apply the update",
             "\"user\":\"bob\",\"missingAcknowledgments\":2,\"missingUsers\":[\"alice\","
             "\"carol\"],"),
        LINE("update acknowledged by user", "\"user\":\"bob\",\"missingAcknowledgments\":2,"
                                            "\"missingUsers\":[\"alice\",\"carol\"],"),
        LINE("update acknowledged by user",
             "\"user\":\"carol\",\"missingAcknowledgments\":1,\"missingUsers\":[\"alice\"],"),
        LINE("update acknowledged by user",
             "\"user\":\"alice\",\"missingAcknowledgments\":0,\"missingUsers\":[],"),
        LINE("updated", ""),
    };
    auto_string *old = up_manifest("");
    auto_string *text = up_manifest(OTHER);
    auto_update_result first = { 0 }, again = { 0 };
    struct err err;
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    assert_ok(up_try(&s, UPDATE, BOB, text, &first, &err), &err);
    assert_missing(&first, 2, "alice carol");
    assert_ok(up_try(&s, ACKNOWLEDGE, BOB, text, &again, &err), &err);
    assert_missing(&again, 2, "alice carol");
    up_restart(&s);
    up_ok(&s, ACKNOWLEDGE, CAROL, text, 1);
    up_restart(&s);
    assert_in_force(&s, old);
    up_ok(&s, ACKNOWLEDGE, ALICE, text, 0);
    for (unsigned restarts = 0; restarts < 2; restarts++) {
        assert_in_force(&s, text);
        assert_false(up_waits(&s));
        assert_log(&s, text, lines, COUNT_OF(lines));
        up_restart(&s);
    }
}

static void a_threshold_is_enough_and_names_who_could_still_agree(void **state)
{
    static const char *const lines[] = {
        LINE("update initiated by user. Waiting for acknowledgments to apply the update",
             "\"user\":\"alice\",\"missingAcknowledgments\":1,\"missingUsers\":[\"bob\","
             "\"carol\"],"),
        LINE("update acknowledged by user",
             "\"user\":\"carol\",\"missingAcknowledgments\":0,\"missingUsers\":[\"bob\"],"),
        LINE("updated", ""),
    };
    auto_string *text = up_manifest(OTHER);
    auto_update_result result = { 0 };
    struct err err;
    auto_scene s;

    (void)state;
    up_begin(&s, THRESHOLD_2);
    assert_ok(up_try(&s, UPDATE, ALICE, text, &result, &err), &err);
    assert_missing(&result, 1, "bob carol");
    up_ok(&s, ACKNOWLEDGE, CAROL, text, 0);
    assert_in_force(&s, text);
    assert_log(&s, text, lines, COUNT_OF(lines));
}

/* The manifest in force says who is asked, not the new one. */
static void an_update_that_nobody_else_has_to_agree_to_is_applied_at_once(void **state)
{
    static const char *const lines[] = {
        LINE("update initiated by user. No further acknowledgements required", "\"user\":\"bob\","),
        LINE("updated", ""),
    };
    auto_string *text = up_manifest(THRESHOLD_2);
    auto_scene s;

    (void)state;
    up_begin(&s, ",\"Config\":{\"UpdateThreshold\":1}");
    up_ok(&s, UPDATE, BOB, text, 0);
    assert_in_force(&s, text);
    assert_log(&s, text, lines, COUNT_OF(lines));
}

static void while_one_waits_there_is_no_other(void **state)
{
    auto_string *text = up_manifest(OTHER);
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    up_ok(&s, UPDATE, ALICE, text, 2);
    up_refuse(&s, UPDATE, BOB, text, FAIL_STATE, "update already in progress. Acknowledge the");
    up_refuse(&s, UPDATE, BOB, "{\"Packages\":{\"p\":{\"SecurityVersion\":5}}}", FAIL_STATE,
              "update already in progress");
    up_refuse(&s, UPDATE, EVE, text, FAIL_STATE, "update already in progress");
}

/* It was proposed after the user of another one was found. */
static void one_that_waits_since_a_moment_is_noticed(void **state)
{
    static const char *const others[] = { "{\"Packages\":{\"p\":{\"SecurityVersion\":5}}}", NULL };
    auto_string *text = up_manifest(OTHER);
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    auto_snapshot *before = core_snapshot(s.machine.core);
    up_ok(&s, UPDATE, ALICE, text, 2);
    auto_buf then = up_values(&s);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        auto_update_result result = { 0 };
        struct err err;
        assert_false(
            up_in(&s, before, UPDATE, BOB, others[i] == NULL ? text : others[i], &result, &err));
        assert_non_null(strstr(err.text, "update already in progress"));
    }
    auto_buf now = up_values(&s);
    assert_bytes_equal(buf_bytes(&now), buf_bytes(&then));
}

static void only_who_is_asked_may_acknowledge_and_only_the_same_bytes(void **state)
{
    auto_string *text = up_manifest(OTHER);
    auto_string *longer = mem_printf("%s ", text);
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    up_refuse(&s, ACKNOWLEDGE, ALICE, text, FAIL_NOT_FOUND, "no update in progress");
    up_ok(&s, UPDATE, ALICE, text, 2);
    up_refuse(&s, ACKNOWLEDGE, DAVE, text, FAIL_DENIED,
              "user dave is not allowed to acknowledge manifest updates");
    up_refuse(&s, ACKNOWLEDGE, DAVE, "", FAIL_DENIED, "user dave is not allowed");
    up_refuse(&s, ACKNOWLEDGE, BOB, longer, FAIL_MALFORMED,
              "provided manifest does not match the pending manifest");
    up_refuse(&s, ACKNOWLEDGE, BOB, "", FAIL_MALFORMED, "does not match");
}

static void an_update_that_may_not_be_is_refused_before_anybody_is_asked(void **state)
{
    static const struct {
        enum up_user user;
        const char *parts, *words;
    } cases[] = {
        { DAVE, "", "user dave is not allowed to update the complete manifest" },
        { ALICE, ",\"Marbles\":{\"m\":{\"Package\":\"none\"}}",
          "invalid manifest: manifest does not contain marble package none" },
        { ALICE, ",\"Config\":{\"UpdateThreshold\":4}", "invalid manifest: not enough users" },
        { ALICE, ",\"Secrets\":{\"x\":{\"Type\":\"symmetric-key\",\"Size\":7,\"Shared\":true}}",
          "updating secrets: generating secrets from manifest: invalid secret size: x" },
        { ALICE,
          ",\"Secrets\":{\"x\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Cert\":{\"ExtraExtensions\":"
          "["
          "{\"Id\":[1,2],\"Value\":\"AA==\"},{\"Id\":[1,2],\"Value\":\"AA==\"}]}}}",
          "updating secrets: generating secrets from manifest: " },
        { ALICE,
          ",\"Marbles\":{\"m\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{\"/f\":\"{{ nope "
          "}}\"}}}"
          "}",
          "updating secrets: running manifest template dry run: in Marble m: file /f: " },
        { ALICE,
          ",\"Marbles\":{\"m\":{\"Package\":\"p\",\"Parameters\":{\"Env\":{\"E\":"
          "\"{{ hex .Secrets.none }}\"}}}}",
          "updating secrets: running manifest template dry run: in Marble m: env variable E: " },
        { ALICE, ",\"Users\":{\"zoe\":{\"Certificate\":\"x\"}}",
          "generating users from manifest: received invalid certificate for user zoe" },
        { ALICE, ",\"RecoveryKeys\":{\"anna\":\"x\"}",
          "generating recovery encryption key: given PEM data is not a public key" },
        { ALICE, ",\"Config\":{\"FeatureGates\":[\"AzureHSMSealing\"]}",
          "invalid manifest: manifest enables sealing with Azure HSM key, but required" },
    };
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_string *text = up_manifest(cases[i].parts);
        up_refuse(&s, UPDATE, cases[i].user, text,
                  cases[i].user == DAVE ? FAIL_DENIED : FAIL_MALFORMED, cases[i].words);
    }
}

/* ---- cancelling ---- */

static void anybody_who_may_update_may_cancel(void **state)
{
    static const char *const lines[] = {
        LINE("update initiated by user. Waiting for acknowledgments to apply the update",
             "\"user\":\"alice\",\"missingAcknowledgments\":2,\"missingUsers\":[\"bob\","
             "\"carol\"],"),
        LINE("update cancelled by user", "\"user\":\"carol\","),
    };
    auto_string *old = up_manifest("");
    auto_string *text = up_manifest(OTHER);
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    up_refuse(&s, CANCEL, DAVE, "", FAIL_DENIED,
              "user dave is not allowed to cancel the manifest update");
    up_refuse(&s, CANCEL, ALICE, "", FAIL_NOT_FOUND, "no update in progress");
    up_ok(&s, UPDATE, ALICE, text, 2);
    up_refuse(&s, CANCEL, DAVE, "", FAIL_DENIED, "user dave");
    up_ok(&s, CANCEL, CAROL, "", 0);
    assert_false(up_waits(&s));
    assert_log(&s, text, lines, COUNT_OF(lines));
    up_refuse(&s, ACKNOWLEDGE, BOB, text, FAIL_NOT_FOUND, "no update in progress");
    assert_in_force(&s, old);
    up_ok(&s, UPDATE, BOB, text, 2);
}

static void what_cannot_be_read_can_still_be_cancelled(void **state)
{
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    put_value(&s.machine, NAME_PENDING_UPDATE, BYTES_LITERAL("{"));
    up_refuse(&s, ACKNOWLEDGE, ALICE, "", FAIL_DAMAGED, "value pendingUpdate of the state");
    up_ok(&s, CANCEL, ALICE, "", 0);
    assert_false(up_waits(&s));
}

/* ---- what goes wrong at the end ---- */

/* As if the original had admitted it. */
static void let_wait(const struct scene *s, const char *text)
{
    auto_buf stored = { 0 };

    buf_add_string(&stored, "{\"manifestRaw\":");
    json_put_octets(&stored, bytes_of_string(text));
    buf_add_string(&stored, ",\"requiredUsers\":{\"alice\":true,\"bob\":false}}");
    put_value(&s->machine, NAME_PENDING_UPDATE, buf_bytes(&stored));
}

static void an_update_that_cannot_be_applied_goes_with_its_last_acknowledgment(void **state)
{
    static const char *const lines[] = {
        LINE("update acknowledged by user",
             "\"user\":\"bob\",\"missingAcknowledgments\":0,\"missingUsers\":[],"),
        LINE("update cancelled due to error during apply", ""),
    };
    static const char *const bad[] = {
        ",\"Secrets\":{\"x\":{\"Type\":\"symmetric-key\",\"Size\":7,\"Shared\":true}}",
        ",\"Marbles\":{\"m\":{\"Package\":\"none\"}}",
        ",\"Packages\":5",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        auto_string *old = up_manifest("");
        auto_string *text = up_manifest(bad[i]);
        auto_update_result result = { 0 };
        struct err err;
        auto_scene s;
        up_begin(&s, "");
        let_wait(&s, text);
        assert_false(up_try(&s, ACKNOWLEDGE, BOB, text, &result, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_false(up_waits(&s));
        assert_in_force(&s, old);
        assert_log(&s, text, lines, COUNT_OF(lines));
    }
}

/* It may go well when the cause is mended. */
static void what_fails_for_another_reason_lets_it_wait(void **state)
{
    auto_string *text = up_manifest(OTHER);
    auto_scene s;

    (void)state;
    up_begin(&s, THRESHOLD_2);
    auto_buf record = machine_value(&s.machine, PREFIX_SECRET "token");
    up_ok(&s, UPDATE, ALICE, text, 1);
    put_value(&s.machine, PREFIX_SECRET "token", BYTES_LITERAL("{"));
    up_refuse(&s, ACKNOWLEDGE, BOB, text, FAIL_DAMAGED, "value secret:token of the state");
    assert_true(up_waits(&s));
    put_value(&s.machine, PREFIX_SECRET "token", buf_bytes(&record));
    up_ok(&s, ACKNOWLEDGE, BOB, text, 0);
}

static void a_full_disk_lets_it_wait_and_the_acknowledgment_can_be_repeated(void **state)
{
    auto_string *text = up_manifest(OTHER);
    auto_scene s;

    (void)state;
    up_begin(&s, THRESHOLD_2);
    world_fail(&s.world, 1, false, ENOSPC);
    up_refuse(&s, UPDATE, ALICE, text, FAIL_UNAVAILABLE, "");
    world_heal(&s.world);
    up_ok(&s, UPDATE, ALICE, text, 1);
    world_fail(&s.world, 1, false, ENOSPC);
    up_refuse(&s, ACKNOWLEDGE, BOB, text, FAIL_UNAVAILABLE, "");
    up_refuse(&s, CANCEL, BOB, text, FAIL_UNAVAILABLE, "");
    assert_true(up_waits(&s));
    world_heal(&s.world);
    up_ok(&s, ACKNOWLEDGE, BOB, text, 0);
    up_restart(&s);
    assert_in_force(&s, text);
}

/* ---- at the same time ---- */

struct racer {
    pthread_t thread;
    const struct scene *scene;
    const struct snapshot *now;
    enum up_what what;
    enum up_user user;
    const char *text;
    bool done;
    struct update_result result;
    struct err err;
};

static void *race(void *arg)
{
    struct racer *const r = arg;

    r->done = up_in(r->scene, r->now, r->what, r->user, r->text, &r->result, &r->err);
    return NULL;
}

static void race_all(struct racer *racers, size_t count)
{
    auto_snapshot *now = core_snapshot(racers[0].scene->machine.core);

    for (size_t i = 0; i < count; i++) {
        racers[i].now = now;
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < count; i++)
        (void)pthread_join(racers[i].thread, NULL);
}

static void acknowledgments_at_the_same_time_all_count(void **state)
{
    auto_string *text = up_manifest(OTHER);

    (void)state;
    for (unsigned round = 0; round < 10; round++) {
        auto_scene s;
        up_begin(&s, "");
        up_ok(&s, UPDATE, ALICE, text, 2);
        struct racer racers[] = {
            { .scene = &s, .what = ACKNOWLEDGE, .user = BOB, .text = text },
            { .scene = &s, .what = ACKNOWLEDGE, .user = CAROL, .text = text }
        };
        race_all(racers, COUNT_OF(racers));
        for (unsigned i = 0; i < COUNT_OF(racers); i++) {
            assert_ok(racers[i].done, &racers[i].err);
            update_result_clear(&racers[i].result);
        }
        assert_in_force(&s, text);
    }
}

static void of_two_updates_at_the_same_time_one_wins(void **state)
{
    auto_string *other = up_manifest(OTHER);

    (void)state;
    for (unsigned round = 0; round < 10; round++) {
        auto_scene s;
        up_begin(&s, ",\"Config\":{\"UpdateThreshold\":1}");
        struct racer racers[] = {
            { .scene = &s, .what = UPDATE, .user = BOB, .text = other },
            { .scene = &s,
              .what = UPDATE,
              .user = CAROL,
              .text = "{\"Packages\":{\"q\":{\"SecurityVersion\":9}}}" },
        };
        race_all(racers, COUNT_OF(racers));
        assert_true(racers[0].done != racers[1].done);
        for (unsigned i = 0; i < COUNT_OF(racers); i++) {
            if (!racers[i].done)
                assert_string_equal(racers[i].err.text, "the manifest was updated in the meantime: "
                                                        "nothing was changed, try again");
            update_result_clear(&racers[i].result);
        }
    }
}

/* The user was found before the update that took his right. */
static void a_right_of_before_an_update_is_none(void **state)
{
    auto_string *text = up_manifest(OTHER);
    auto_string *next = up_manifest("");
    auto_update_result result = { 0 };
    struct err err;
    auto_scene s;

    (void)state;
    up_begin(&s, ",\"Config\":{\"UpdateThreshold\":1}");
    auto_snapshot *before = core_snapshot(s.machine.core);
    up_ok(&s, UPDATE, ALICE, text, 0);
    assert_false(up_in(&s, before, UPDATE, BOB, next, &result, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    assert_false(up_in(&s, before, ACKNOWLEDGE, BOB, next, &result, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    up_ok(&s, UPDATE, ALICE, next, 2);
    assert_false(up_in(&s, before, ACKNOWLEDGE, BOB, next, &result, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    assert_false(up_in(&s, before, CANCEL, BOB, next, &result, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    assert_true(up_waits(&s));
}

/* ---- what goes and what stays ---- */

static bool has_value(const struct scene *s, const char *name)
{
    auto_snapshot *now = core_snapshot(s->machine.core);

    return omap_get(now->values, bytes_of_string(name), NULL);
}

static void the_parts_of_the_old_manifest_are_replaced(void **state)
{
    static const char *const old[] = { PREFIX_PACKAGE "old", PREFIX_INFRASTRUCTURE "old",
                                       PREFIX_MARBLE "old",  PREFIX_TLS "old",
                                       PREFIX_SECRET "old",  PREFIX_PREVIOUS_SECRET "old" };
    static const char *const kept[] = { PREFIX_PACKAGE "p", PREFIX_MARBLE "m",
                                        PREFIX_SECRET "token", PREFIX_USER "alice",
                                        PREFIX_ACTIVATIONS "old" };
    auto_buf users = { 0 };
    auto_scene s;

    (void)state;
    up_begin(&s, ",\"Packages\":{\"old\":{\"UniqueID\":\"00\"}},\"Infrastructures\":{\"old\":{}},"
                 "\"Marbles\":{\"old\":{\"Package\":\"old\",\"TLS\":[\"old\"]}},"
                 "\"TLS\":{\"old\":{}},"
                 "\"Secrets\":{\"old\":{\"Type\":\"symmetric-key\",\"Size\":128}}");
    put_value(&s.machine, PREFIX_ACTIVATIONS "old", BYTES_LITERAL("3"));
    for (size_t i = 0; i < COUNT_OF(old); i++)
        assert_true(has_value(&s, old[i]));
    assert_true(has_value(&s, PREFIX_USER "eve"));
    buf_add_string(&users, ",\"Users\":null,");
    up_put_users(&users, 3);
    buf_add_u8(&users, '\0');
    up_apply(&s, (const char *)users.at);
    for (size_t i = 0; i < COUNT_OF(old); i++) {
        if (has_value(&s, old[i]))
            fail_msg("%s is still there", old[i]);
    }
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        assert_true(has_value(&s, kept[i]));
    assert_false(has_value(&s, PREFIX_USER "eve"));
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_int_equal(now->deployment->user_count, 3);
}

#define BUDGET ",\"Marbles\":{\"b\":{\"Package\":\"p\",\"MaxActivations\":2}}"

static void activations_stay_counted_while_a_marble_is_away(void **state)
{
    const struct activation request = marble_request("b");
    auto_scene s;

    (void)state;
    up_begin(&s, BUDGET);
    assert_activated(&s.machine, &request);
    up_apply(&s, "");
    assert_refused(&s.machine, &request, ACTIVATION_REFUSED, "marble verification failed...");
    up_apply(&s, BUDGET);
    assert_activated(&s.machine, &request);
    assert_refused(&s.machine, &request, ACTIVATION_SPENT,
                   "marble verification failed: reached max activations count (2)...");
}

static void a_package_version_may_go_down_again(void **state)
{
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    up_ok(&s, UPDATE, ALICE, "{\"Packages\":{\"p\":{\"SecurityVersion\":9}}}", 0);
    up_apply(&s, "");
    auto_buf record = machine_value(&s.machine, PREFIX_PACKAGE "p");
    auto_string *text = bytes_to_string(buf_bytes(&record));
    assert_non_null(strstr(text, "\"SecurityVersion\":1,"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_update_waits_for_everybody_who_may_update_and_is_then_applied),
    cmocka_unit_test(a_threshold_is_enough_and_names_who_could_still_agree),
    cmocka_unit_test(an_update_that_nobody_else_has_to_agree_to_is_applied_at_once),
    cmocka_unit_test(while_one_waits_there_is_no_other),
    cmocka_unit_test(one_that_waits_since_a_moment_is_noticed),
    cmocka_unit_test(only_who_is_asked_may_acknowledge_and_only_the_same_bytes),
    cmocka_unit_test(an_update_that_may_not_be_is_refused_before_anybody_is_asked),
    cmocka_unit_test(anybody_who_may_update_may_cancel),
    cmocka_unit_test(what_cannot_be_read_can_still_be_cancelled),
    cmocka_unit_test(an_update_that_cannot_be_applied_goes_with_its_last_acknowledgment),
    cmocka_unit_test(what_fails_for_another_reason_lets_it_wait),
    cmocka_unit_test(a_full_disk_lets_it_wait_and_the_acknowledgment_can_be_repeated),
    cmocka_unit_test(acknowledgments_at_the_same_time_all_count),
    cmocka_unit_test(of_two_updates_at_the_same_time_one_wins),
    cmocka_unit_test(a_right_of_before_an_update_is_none),
    cmocka_unit_test(the_parts_of_the_old_manifest_are_replaced),
    cmocka_unit_test(activations_stay_counted_while_a_marble_is_away),
    cmocka_unit_test(a_package_version_may_go_down_again),
};

TEST_MAIN(tests)
