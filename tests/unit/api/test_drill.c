/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v2/recovery/: status, drill, reissue, reissue/cancel, secrets?set=new; byte for byte. */
#include "test.h"

#include "client.h"
#include "drill_scene.h"

#define WRONG_STATE "server is not in expected state"

/* A Coordinator with three holders, of whom two are needed. */
static void begin(struct service *s, struct deal *deal, const char *config)
{
    auto_buf text = scene_manifest(3, 2, config);
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };

    service_begin(s);
    assert_ok(core_set_manifest(s->machine.core, buf_bytes(&text), &reply, &err), &err);
    *deal = deal_from_json(buf_bytes(&reply.secrets_json), 3, false);
    manifest_reply_clear(&reply);
}

/* For what drill_scene.h does with a machine. */
static struct scene scene_of(const struct service *s)
{
    return (struct scene){ .machine = s->machine };
}

static struct http_response post_as(struct service *s, enum scene_user user, const char *target,
                                    const char *body)
{
    return call_as(s, cert_der(scene_cert(user)), "POST", target, bytes_of_string(body));
}

static struct http_response post(struct service *s, const char *target, const char *body)
{
    return call(s, "POST", target, bytes_of_string(body));
}

/* The reply to a proof by holder i, with the key of holder `key`. */
static struct http_response post_proof(struct service *s, const struct deal *deal, unsigned i,
                                       unsigned key)
{
    auto_response challenge = post(s, "/api/v2/recovery/drill", "{}");
    auto_drill_challenge c = { 0 };
    auto_buf body = { 0 };
    struct err err = { 0 };

    assert_ok(drill_challenge_read(bytes_of_string(text_of(&challenge)), &c, &err), &err);
    assert_ok(drill_answer_write(&c, bytes_of_string(holder_names[i]), holder_key(key),
                                 share_bytes(&deal->shares[i]), &body, &err),
              &err);
    return call(s, "POST", "/api/v2/recovery/drill", buf_bytes(&body));
}

/* ---- drill ---- */

static void challenge_names_set_expiry_and_holders(void **state)
{
    auto_service s;
    auto_deal deal;
    auto_arena arena = { 0 };

    (void)state;
    begin(&s, &deal, "");
    const struct scene scene = scene_of(&s);
    auto_string *set = set_id(&scene, false);
    auto_string *body = mem_printf("{\"set\":\"%s\"}", set);
    auto_response r = post(&s, "/api/v2/recovery/drill", body);
    assert_true(bytes_equal_string(data_member(&r, "set", &arena)->text, set));
    assert_true(
        bytes_equal_string(data_member(&r, "expires", &arena)->text, "2026-01-15T12:05:00Z"));
    const struct json *holder = json_first(data_member(&r, "holders", &arena));
    for (unsigned i = 0; i < HOLDERS; i++, holder = json_next(holder)) {
        assert_true(bytes_equal_string(json_member(holder, "name")->text, holder_names[i]));
        assert_int_equal(json_member(holder, "spki")->text.len, 64);
    }
    assert_null(holder);
    auto_response unknown =
        post(&s, "/api/v2/recovery/drill", "{\"set\":\"000102030405060708090a0b0c0d0e0f\"}");
    assert_refusal(&unknown, 404, "error", "no such recovery set");
}

static void proof_is_answered_with_its_time(void **state)
{
    auto_service s;
    auto_deal deal;

    (void)state;
    begin(&s, &deal, "");
    const struct scene scene = scene_of(&s);
    auto_string *set = set_id(&scene, false);
    auto_string *want =
        mem_printf("{\"status\":\"success\",\"data\":{\"result\":\"ok\",\"name\":\"bob\",\"set\":"
                   "\"%s\",\"proven\":\"2026-01-15T12:00:00Z\",\"replaced\":false}}\n",
                   set);
    auto_response r = post_proof(&s, &deal, 1, 1);
    assert_answer(&r, 200, TYPE_JSON, want);
}

static void proof_that_does_not_hold_is_answered_with_the_reason(void **state)
{
    auto_service s;
    auto_deal deal;

    (void)state;
    begin(&s, &deal, "");
    auto_response key = post_proof(&s, &deal, 1, 2);
    assert_answer(&key, 401, TYPE_JSON,
                  "{\"status\":\"fail\",\"data\":{\"result\":\"wrong key\",\"name\":\"bob\"},"
                  "\"message\":\"the answer is not signed for this set by the recovery key "
                  "\\\"bob\\\"\"}\n");
    deal.shares[1].at[0] ^= 1;
    auto_response secret = post_proof(&s, &deal, 1, 1);
    assert_answer(&secret, 401, TYPE_JSON,
                  "{\"status\":\"fail\",\"data\":{\"result\":\"wrong secret\",\"name\":\"bob\"},"
                  "\"message\":\"the proof was made from another recovery secret\"}\n");
    auto_response nonce =
        post(&s, "/api/v2/recovery/drill", "{\"name\":\"bob\",\"nonce\":\"AAAA\"}");
    assert_int_equal(nonce.status, 400);
    assert_non_null(strstr(text_of(&nonce),
                           "{\"status\":\"fail\",\"data\":{\"result\":\"old nonce\","
                           "\"name\":\"bob\"},\"message\":\""));
}

static void body_that_is_no_answer_is_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{",
        "{\"name\":7}",
        "{\"nonce\":\"?\"}",
        "{\"proof\":{}}",
        "{\"set\":[]}",
        "{\"signature\":1}",
    };
    auto_service s;
    auto_deal deal;

    (void)state;
    begin(&s, &deal, "");
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        auto_response r = post(&s, "/api/v2/recovery/drill", bodies[i]);
        assert_refusal(&r, 400, "fail", "bad request");
    }
}

/* ---- status ---- */

/* The reply with both ids put in. */
static void assert_status(struct service *s, const char *format, const char *first,
                          const char *second)
{
    auto_response r = call(s, "GET", "/api/v2/recovery/status", BYTES_NONE);
    auto_buf want = { 0 };

    for (const char *p = format; *p != '\0'; p++) {
        if (*p == '@')
            buf_add_string(&want, first);
        else if (*p == '#')
            buf_add_string(&want, second);
        else
            buf_add_u8(&want, (uint8_t)*p);
    }
    buf_add_u8(&want, 0);
    assert_answer(&r, 200, TYPE_JSON, (const char *)want.at);
}

#define TIME "\"2026-01-15T12:00:00Z\""
#define NEVER(name) "{\"name\":\"" name "\",\"proven\":null,\"drillPossible\":true}"
#define PROVEN(name) "{\"name\":\"" name "\",\"proven\":" TIME ",\"drillPossible\":true}"
#define SET_HEAD(id) "\"set\":\"" id "\",\"scheme\":\"shamir\",\"needed\":2,\"created\":" TIME ","
#define NO_PROOFS                                                                                  \
    "\"proven\":0,\"provenWithin90Days\":0,\"drillsPossible\":true,\"alarm\":true,\"holders\":"    \
    "[" NEVER("alice") "," NEVER("bob") "," NEVER("carol") "]"
#define RECORD "\"recoveries\":0,\"lastRecovery\":null,\"withoutProof\":false}}\n"
#define SUCCESS "{\"status\":\"success\",\"data\":{"

static void status_says_when_each_holder_proved_his_secret(void **state)
{
    auto_service s;
    auto_deal deal;

    (void)state;
    begin(&s, &deal, "");
    const struct scene scene = scene_of(&s);
    auto_string *set = set_id(&scene, false);
    assert_status(&s, SUCCESS SET_HEAD("@") NO_PROOFS ",\"reissue\":null," RECORD, set, NULL);
    auto_response first = post_proof(&s, &deal, 0, 0), second = post_proof(&s, &deal, 2, 2);
    assert_status(
        &s,
        SUCCESS SET_HEAD("@") "\"proven\":2,\"provenWithin90Days\":2,\"drillsPossible\":true,"
                              "\"alarm\":true,\"holders\":[" PROVEN("alice") "," NEVER(
                                  "bob") "," PROVEN("carol") "],\"reissue\":null," RECORD,
        set, NULL);
    auto_response third = post_proof(&s, &deal, 1, 1);
    assert_int_equal(first.status + second.status + third.status, 600);
    auto_response r = call(&s, "GET", "/api/v2/recovery/status", BYTES_NONE);
    assert_non_null(
        strstr(text_of(&r), "\"provenWithin90Days\":3,\"drillsPossible\":true,\"alarm\":false"));
    world_set_clock(&s.world, WORLD_START_MS + RECOVERY_PROOF_MS + 1);
    auto_response later = call(&s, "GET", "/api/v2/recovery/status", BYTES_NONE);
    assert_non_null(strstr(text_of(&later),
                           "\"proven\":3,\"provenWithin90Days\":0,\"drillsPossible\":"
                           "true,\"alarm\":true"));
}

static void status_tells_how_far_a_reissue_is(void **state)
{
    auto_service s;
    auto_deal deal;

    (void)state;
    begin(&s, &deal, "\"UpdateThreshold\":2");
    const struct scene scene = scene_of(&s);
    auto_string *set = set_id(&scene, false);
    auto_response asked = post_as(&s, SECOND, "/api/v2/recovery/reissue", "{}");
    assert_answer(
        &asked, 200, TYPE_JSON,
        "{\"status\":\"success\",\"data\":{\"state\":\"pending\",\"missingAcknowledgments\":1,"
        "\"missingUsers\":[\"first\",\"third\"]}}\n");
    assert_status(
        &s,
        SUCCESS SET_HEAD("@") NO_PROOFS
        ",\"reissue\":{\"state\":\"pending\",\"requiredUsers\":[\"first\",\"second\",\"third\"],"
        "\"missingUsers\":[\"first\",\"third\"],\"missingAcknowledgments\":1}," RECORD,
        set, NULL);
    auto_response done = post_as(&s, FIRST, "/api/v2/recovery/reissue", "{}");
    assert_int_equal(done.status, 200);
    auto_string *new_set = set_id(&scene, true);
    assert_status(&s,
                  SUCCESS SET_HEAD("@") NO_PROOFS
                  ",\"reissue\":{\"state\":\"proving\",\"newSet\":{" SET_HEAD("#") NO_PROOFS
                  "}}," RECORD,
                  set, new_set);
}

static bool forget(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)arg;
    (void)now;
    (void)err;
    change_delete(&d->change, NAME_RECOVERY_SET);
    return true;
}

static void state_from_before_there_were_drills_says_what_to_do(void **state)
{
    static const char want[] = SUCCESS
        "\"set\":null,\"scheme\":\"unknown\",\"needed\":2,\"created\":null,\"proven\":0,"
        "\"provenWithin90Days\":0,\"drillsPossible\":false,\"alarm\":true,\"message\":"
        "\"unknown: re-issue the shares to make drills possible\",\"holders\":["
        "{\"name\":\"alice\",\"proven\":null,\"drillPossible\":false},"
        "{\"name\":\"bob\",\"proven\":null,\"drillPossible\":false},"
        "{\"name\":\"carol\",\"proven\":null,\"drillPossible\":false}],\"reissue\":null," RECORD;
    auto_service s;
    auto_deal deal;
    struct err err = { 0 };

    (void)state;
    begin(&s, &deal, "");
    assert_ok(writer_commit(core_writer(s.machine.core), forget, NULL, &err), &err);
    assert_status(&s, want, NULL, NULL);
    auto_response r = post(&s, "/api/v2/recovery/drill", "{}");
    assert_refusal(&r, 500, "error", "re-issue them");
}

static void status_counts_recoveries(void **state)
{
    auto_service s;
    auto_deal deal;

    (void)state;
    begin(&s, &deal, "");
    service_move(&s, "b");
    auto_response locked = call(&s, "GET", "/api/v2/recovery/status", BYTES_NONE);
    assert_refusal(&locked, 500, "error", WRONG_STATE);
    give(&s.machine, &deal, 0, 1);
    give(&s.machine, &deal, 1, 0);
    auto_response r = call(&s, "GET", "/api/v2/recovery/status", BYTES_NONE);
    assert_non_null(strstr(text_of(&r), "\"recoveries\":1,\"lastRecovery\":" TIME
                                        ",\"withoutProof\":false}}\n"));
}

/* ---- re-issue ---- */

static void reissue_is_for_users_who_may_update_the_manifest(void **state)
{
    static const char *const paths[] = { "/api/v2/recovery/reissue",
                                         "/api/v2/recovery/reissue/cancel" };
    auto_service s;
    auto_deal deal;

    (void)state;
    begin(&s, &deal, "");
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        auto_response anonymous = post(&s, paths[i], "{}");
        assert_refusal(&anonymous, 401, "fail", "unauthorized user");
        auto_response outsider = post_as(&s, OUTSIDER, paths[i], "{}");
        assert_refusal(&outsider, 500, "error", "user outsider is not allowed to");
    }
    auto_response malformed = post_as(&s, FIRST, paths[0], "[]");
    assert_refusal(&malformed, 400, "fail", "bad request");
    auto_response nothing = post_as(&s, FIRST, paths[1], "{}");
    assert_refusal(&nothing, 404, "error", "no re-issue");
}

static void new_secrets_are_given_apart_from_the_old_ones(void **state)
{
    auto_service s;
    auto_deal deal;

    (void)state;
    begin(&s, &deal, "\"UpdateThreshold\":1");
    const struct bytes leaf = cert_der(scene_cert(OUTSIDER));
    auto_response old = call_as(&s, leaf, "GET", "/api/v2/recovery/secrets", BYTES_NONE);
    auto_response none = call_as(&s, leaf, "GET", "/api/v2/recovery/secrets?set=new", BYTES_NONE);
    assert_refusal(&none, 404, "error", "no new recovery secrets");
    auto_response r = post_as(&s, FIRST, "/api/v2/recovery/reissue", "{}");
    const struct scene scene = scene_of(&s);
    auto_string *set = set_id(&scene, true);
    auto_buf secrets = machine_value(&s.machine, NAME_NEW_RECOVERY_SECRETS);
    auto_string *text = bytes_to_string(buf_bytes(&secrets));
    auto_string *want =
        mem_printf("{\"status\":\"success\",\"data\":{\"state\":\"proving\",\"set\":\"%s\","
                   "\"recoverySecrets\":%s}}\n",
                   set, text);
    assert_answer(&r, 200, TYPE_JSON, want);
    auto_response still = call_as(&s, leaf, "GET", "/api/v2/recovery/secrets", BYTES_NONE);
    assert_string_equal(text_of(&still), text_of(&old));
    auto_response fresh = call_as(&s, leaf, "GET", "/api/v2/recovery/secrets?set=new", BYTES_NONE);
    auto_string *want_new =
        mem_printf("{\"status\":\"success\",\"data\":{\"recoverySecrets\":%s}}\n", text);
    assert_answer(&fresh, 200, TYPE_JSON, want_new);
    auto_response odd = call_as(&s, leaf, "GET", "/api/v2/recovery/secrets?set=old", BYTES_NONE);
    assert_refusal(&odd, 400, "fail", "invalid query");
    auto_response anonymous = call(&s, "GET", "/api/v2/recovery/secrets?set=new", BYTES_NONE);
    assert_refusal(&anonymous, 401, "fail", "unauthorized user");
    auto_response cancelled = post_as(&s, THIRD, "/api/v2/recovery/reissue/cancel", "{}");
    assert_answer(&cancelled, 200, TYPE_JSON, "{\"status\":\"success\",\"data\":null}\n");
}

static void last_proof_says_that_the_old_secrets_are_gone(void **state)
{
    auto_service s;
    auto_deal deal;

    (void)state;
    begin(&s, &deal, "\"UpdateThreshold\":1");
    const struct scene scene = scene_of(&s);
    auto_deal new_deal = reissue(&(struct scene){ .machine = s.machine, .deal = deal });
    auto_string *set = set_id(&scene, true);
    auto_response first = post_proof(&s, &new_deal, 0, 0);
    assert_non_null(strstr(text_of(&first), "\"replaced\":false}}\n"));
    auto_response last = post_proof(&s, &new_deal, 2, 2);
    assert_non_null(strstr(text_of(&last), "\"replaced\":true}}\n"));
    auto_string *in_force = set_id(&scene, false);
    assert_string_equal(in_force, set);
}

static void nothing_of_this_is_served_before_there_is_a_manifest(void **state)
{
    auto_service s;

    (void)state;
    service_begin(&s);
    auto_response status = call(&s, "GET", "/api/v2/recovery/status", BYTES_NONE);
    assert_refusal(&status, 500, "error", WRONG_STATE);
    auto_response drill = post(&s, "/api/v2/recovery/drill", "{}");
    assert_refusal(&drill, 500, "error", WRONG_STATE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(challenge_names_set_expiry_and_holders),
    cmocka_unit_test(proof_is_answered_with_its_time),
    cmocka_unit_test(proof_that_does_not_hold_is_answered_with_the_reason),
    cmocka_unit_test(body_that_is_no_answer_is_refused),
    cmocka_unit_test(status_says_when_each_holder_proved_his_secret),
    cmocka_unit_test(status_tells_how_far_a_reissue_is),
    cmocka_unit_test(state_from_before_there_were_drills_says_what_to_do),
    cmocka_unit_test(status_counts_recoveries),
    cmocka_unit_test(reissue_is_for_users_who_may_update_the_manifest),
    cmocka_unit_test(new_secrets_are_given_apart_from_the_old_ones),
    cmocka_unit_test(last_proof_says_that_the_old_secrets_are_gone),
    cmocka_unit_test(nothing_of_this_is_served_before_there_is_a_manifest),
};

TEST_MAIN(tests)
