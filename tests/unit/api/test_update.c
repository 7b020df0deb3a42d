/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "client.h"
#include "update_scene.h"

#define SUCCESS(data) "{\"status\":\"success\",\"data\":" data "}\n"
#define ERROR(text) "{\"status\":\"error\",\"data\":null,\"message\":\"" text "\"}\n"
#define FAIL(text) "{\"status\":\"fail\",\"data\":null,\"message\":\"" text "\"}\n"
#define NO_USER "unauthorized user: client certificate did not match any MarbleRun users"
#define ALL_HAVE "All users have acknowledged the update manifest. Update successfully applied"
#define OTHER ",\"Marbles\":{\"n\":{\"Package\":\"q\"}}"

static void begin(struct service *s, const char *parts)
{
    auto_string *text = up_manifest(parts);
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };

    service_begin(s);
    assert_ok(core_set_manifest(s->machine.core, bytes_of_string(text), &reply, &err), &err);
    manifest_reply_clear(&reply);
}

/* {"manifest": octets} */
static char *wrapped(const char *manifest)
{
    auto_buf body = { 0 };

    buf_add_string(&body, "{\"manifest\":");
    json_put_octets(&body, bytes_of_string(manifest));
    buf_add_u8(&body, '}');
    return bytes_to_string(buf_bytes(&body));
}

/* The whole answer to a POST of this body. */
static void post(struct service *s, enum up_user user, const char *path, const char *body,
                 int status, const char *type, const char *answer)
{
    auto_response r = call_as(s, cert_der(up_cert(user)), "POST", path, bytes_of_string(body));

    assert_answer(&r, status, type, answer);
}

static void packages_are_updated_in_both_versions(void **state)
{
    auto_string *body = wrapped("{\"Packages\":{\"p\":{\"SecurityVersion\":5}}}");
    auto_service s;

    (void)state;
    begin(&s, "");
    post(&s, DAVE, "/api/v2/update", body, 200, TYPE_JSON,
         SUCCESS("{\"missingAcknowledgments\":0,\"missingUsers\":null}"));
    post(&s, DAVE, "/update", "{\"Packages\":{\"p\":{\"SecurityVersion\":6}}}", 200, TYPE_JSON,
         SUCCESS("null"));
    post(&s, DAVE, "/update", "{\"Packages\":{\"q\":{\"SecurityVersion\":6}}}", 400, TYPE_TEXT,
         ERROR("user dave is not allowed to update one or more packages of [q]"));
}

static void an_update_of_v2_says_how_many_and_who_are_missing(void **state)
{
    auto_string *manifest = up_manifest(OTHER);
    auto_string *body = wrapped(manifest);
    auto_service s;

    (void)state;
    begin(&s, "");
    post(&s, BOB, "/api/v2/update", body, 200, TYPE_JSON,
         SUCCESS("{\"missingAcknowledgments\":2,\"missingUsers\":[\"alice\",\"carol\"]}"));
    auto_response waits = call(&s, "GET", "/api/v2/update-manifest", BYTES_NONE);
    auto_buf want = { 0 };
    buf_add_string(&want, "{\"status\":\"success\",\"data\":{\"manifest\":");
    json_put_octets(&want, bytes_of_string(manifest));
    buf_add_string(&want, ",\"message\":\"2 users still need to acknowledge the update manifest\","
                          "\"missingUsers\":[\"alice\",\"carol\"]}}\n");
    buf_add_u8(&want, '\0');
    assert_answer(&waits, 200, TYPE_JSON, (const char *)want.at);
    post(&s, ALICE, "/api/v2/update", body, 500, TYPE_TEXT,
         ERROR("update already in progress. Acknowledge the update to apply it, or cancel it to "
               "start a new one"));
    post(&s, ALICE, "/api/v2/update-manifest", body, 200, TYPE_JSON,
         SUCCESS("{\"message\":\"1 user still needs to acknowledge the update manifest.\\nThe "
                 "following users have not yet accepted: carol\",\"missingUsers\":[\"carol\"],"
                 "\"missingAcknowledgments\":1}"));
    post(&s, CAROL, "/api/v2/update-manifest", body, 200, TYPE_JSON,
         SUCCESS("{\"message\":\"" ALL_HAVE "\",\"missingUsers\":null,"
                 "\"missingAcknowledgments\":0}"));
    post(&s, CAROL, "/api/v2/update-manifest", body, 404, TYPE_TEXT,
         ERROR("no update in progress"));
}

static void an_update_of_v1_says_only_how_many_are_missing(void **state)
{
    auto_string *manifest = up_manifest(OTHER);
    auto_service s;

    (void)state;
    begin(&s, "");
    post(&s, BOB, "/update", manifest, 200, TYPE_JSON, SUCCESS("null"));
    post(&s, ALICE, "/update", manifest, 400, TYPE_TEXT,
         ERROR("update already in progress. Acknowledge the update to apply it, or cancel it to "
               "start a new one"));
    post(&s, BOB, "/update-manifest", manifest, 200, TYPE_JSON,
         SUCCESS("\"2 users still need to acknowledge the update manifest\""));
    post(&s, ALICE, "/update-manifest", manifest, 200, TYPE_JSON,
         SUCCESS("\"1 user still needs to acknowledge the update manifest\""));
    post(&s, ALICE, "/update-manifest", "{}", 500, TYPE_TEXT,
         ERROR("provided manifest does not match the pending manifest"));
    post(&s, DAVE, "/update-manifest", manifest, 500, TYPE_TEXT,
         ERROR("user dave is not allowed to acknowledge manifest updates"));
    post(&s, CAROL, "/update-manifest", manifest, 200, TYPE_JSON, SUCCESS("\"" ALL_HAVE "\""));
    post(&s, CAROL, "/update-manifest", manifest, 404, TYPE_TEXT, ERROR("no update in progress"));
}

/* The body is not looked at. */
static void cancelling_answers_by_version(void **state)
{
    auto_string *manifest = up_manifest(OTHER);
    auto_service s;

    (void)state;
    begin(&s, "");
    post(&s, BOB, "/update", manifest, 200, TYPE_JSON, SUCCESS("null"));
    post(&s, DAVE, "/api/v2/update-cancel", "", 500, TYPE_TEXT,
         ERROR("user dave is not allowed to cancel the manifest update"));
    post(&s, CAROL, "/api/v2/update-cancel", "{", 200, TYPE_JSON,
         SUCCESS("{\"message\":\"Update successfully cancelled\"}"));
    post(&s, CAROL, "/api/v2/update-cancel", "", 404, TYPE_TEXT, ERROR("no update in progress"));
    post(&s, BOB, "/update", manifest, 200, TYPE_JSON, SUCCESS("null"));
    post(&s, CAROL, "/update-cancel", "", 200, TYPE_JSON,
         SUCCESS("\"Update successfully cancelled\""));
}

static void bad_requests_are_refused_before_anything_is_looked_at(void **state)
{
    static const char *const paths[] = { "/api/v2/update", "/api/v2/update-manifest" };
    auto_service s;

    (void)state;
    begin(&s, "");
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        auto_response half = call_as(&s, cert_der(up_cert(ALICE)), "POST", paths[i],
                                     BYTES_LITERAL("{\"manifest\":\"e30="));
        assert_refusal(&half, 400, "fail", "");
        auto_response stranger = call(&s, "POST", paths[i], BYTES_LITERAL("{"));
        assert_answer(&stranger, 401, TYPE_JSON, FAIL(NO_USER));
    }
    auto_response empty =
        call_as(&s, cert_der(up_cert(ALICE)), "POST", "/api/v2/update", BYTES_LITERAL("{}"));
    assert_refusal(&empty, 500, "error", "unmarshaling update manifest: ");
    auto_response v1 = call_as(&s, cert_der(up_cert(ALICE)), "POST", "/update", BYTES_NONE);
    assert_refusal(&v1, 400, "error", "unmarshaling update manifest: ");
}

/* They are in the completing answer of v2 and afterwards here, so v1 loses nothing. */
static void new_recovery_secrets_are_in_the_answer_and_can_be_fetched_again(void **state)
{
    static const char recovery[] =
        ",\"Config\":{\"UpdateThreshold\":1},\"RecoveryKeys\":{\"anna\":";
    auto_buf der = { 0 }, pem = { 0 }, parts = { 0 };
    struct err err = { 0 };
    auto_arena arena = { 0 };

    (void)state;
    assert_ok(key_public_der(holder_key(0), &der, &err), &err);
    pem_encode(&pem, "PUBLIC KEY", buf_bytes(&der));
    buf_add_string(&parts, recovery);
    json_put_string(&parts, buf_bytes(&pem));
    buf_add_string(&parts, "}");
    buf_add_u8(&parts, '\0');
    auto_string *manifest = up_manifest((const char *)parts.at);
    auto_string *body = wrapped(manifest);
    for (unsigned version = 1; version <= 2; version++) {
        auto_service s;
        begin(&s, ",\"Config\":{\"UpdateThreshold\":1}");
        auto_response done = call_as(&s, cert_der(up_cert(ALICE)), "POST",
                                     version == 1 ? "/update" : "/api/v2/update",
                                     bytes_of_string(version == 1 ? manifest : body));
        auto_response again =
            call_as(&s, cert_der(up_cert(ALICE)), "GET", "/api/v2/recovery/secrets", BYTES_NONE);
        const struct bytes kept =
            json_member(data_member(&again, "recoverySecrets", &arena), "anna")->text;
        assert_true(kept.len > 300);
        if (version == 1)
            assert_answer(&done, 200, TYPE_JSON, SUCCESS("null"));
        else
            assert_bytes_equal(
                json_member(data_member(&done, "recoverySecrets", &arena), "anna")->text, kept);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(packages_are_updated_in_both_versions),
    cmocka_unit_test(an_update_of_v2_says_how_many_and_who_are_missing),
    cmocka_unit_test(an_update_of_v1_says_only_how_many_are_missing),
    cmocka_unit_test(cancelling_answers_by_version),
    cmocka_unit_test(bad_requests_are_refused_before_anything_is_looked_at),
    cmocka_unit_test(new_recovery_secrets_are_in_the_answer_and_can_be_fetched_again),
};

TEST_MAIN(tests)
