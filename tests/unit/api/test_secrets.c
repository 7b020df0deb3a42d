/* SPDX-License-Identifier: Apache-2.0 */
/* Upload of secrets (client-api.md, 8.8, 9, 14.2). */
#include "test.h"

#include "client.h"
#include "secrets_scene.h"

#include <errno.h>

static void begin(struct service *s)
{
    auto_string *extra = secrets_extra("");
    auto_buf text = manifest_text(0, 0, false, extra);

    service_begin(s);
    auto_response r = call(s, "POST", "/manifest", buf_bytes(&text));
    assert_int_equal(r.status, 200);
}

static struct http_response post_as(struct service *s, enum scene_user user, bool v2,
                                    const char *body)
{
    return call_as(s, cert_der(scene_cert(user)), "POST", v2 ? "/api/v2/secrets" : "/secrets",
                   bytes_of_string(body));
}

/* {"secrets":<map>} or the map alone. */
static struct http_response post_map(struct service *s, enum scene_user user, bool v2,
                                     const char *map)
{
    auto_string *body = v2 ? mem_printf("{\"secrets\":%s}", map) : mem_string(map);

    return post_as(s, user, v2, body);
}

/* What is no proper request: 400, "fail" in v2. What is refused in a proper one: 400, in v2 500. */
static void assert_bad_request(const struct http_response *r, bool v2, const char *words)
{
    assert_refusal(r, 400, v2 ? "fail" : "error", words);
    assert_non_null(strstr(text_of(r), "\"message\":\"bad request: "));
}

static void assert_rejected(const struct http_response *r, bool v2, const char *words)
{
    assert_refusal(r, v2 ? 500 : 400, "error", words);
}

static void assert_token(struct service *s, const char *octets)
{
    auto_string *want = mem_printf(
        "{\"status\":\"success\",\"data\":{\"secrets\":{\"token\":{\"Type\":\"plain\",\"Size\":0,"
        "\"Shared\":false,\"UserDefined\":true,\"Cert\":null,\"ValidFor\":0,\"Private\":%s,"
        "\"Public\":%s}}}}\n",
        octets, octets);
    auto_response r =
        call_as(s, cert_der(scene_cert(READER)), "GET", "/api/v2/secrets?s=token", BYTES_NONE);

    assert_answer(&r, 200, TYPE_JSON, want);
}

static void upload_answers_null_and_is_read_back_in_both_versions(void **state)
{
    auto_service s;

    (void)state;
    begin(&s);
    assert_token(&s, "null");
    auto_response v2 = post_as(&s, WRITER, true, "{\"secrets\":{\"token\":{\"Key\":\"djI=\"}}}");
    assert_answer(&v2, 200, TYPE_JSON, "{\"status\":\"success\",\"data\":null}\n");
    assert_token(&s, "\"djI=\"");
    auto_response v1 = post_as(&s, HALF, false, "{\"token\":{\"key\":[118,49]}}");
    assert_answer(&v1, 200, TYPE_JSON, "{\"status\":\"success\",\"data\":null}\n");
    assert_token(&s, "\"djE=\"");
}

static void every_wrong_type_is_a_bad_request_with_its_place(void **state)
{
    static const struct {
        const char *map, *words;
    } cases[] = {
        { "5", "a number instead of an object" },
        { "[]", "an array instead of an object" },
        { "\"x\"", "a string instead of an object" },
        { "true", "true or false instead of an object" },
        { "{\"token\":5}", "token (line 1:" },
        { "{\"token\":[]}", "an array instead of an object" },
        { "{\"token\":\"YQ==\"}", "a string instead of an object" },
        { "{\"token\":{\"Key\":5}}", "token.Key (line 1:" },
        { "{\"token\":{\"Key\":true}}", "instead of base64 text" },
        { "{\"token\":{\"Key\":{}}}", "an object instead of base64 text" },
        { "{\"token\":{\"Key\":\"***\"}}", "token.Key (line 1:" },
        { "{\"token\":{\"Key\":\"YQ=\"}}", "token.Key (line 1:" },
        { "{\"token\":{\"Key\":\"-_-_\"}}", "token.Key (line 1:" },
        { "{\"token\":{\"Key\":[256]}}", "token.Key[0] (line 1:" },
        { "{\"token\":{\"Key\":[1,-1]}}", "token.Key[1] (line 1:" },
        { "{\"token\":{\"Key\":[1.0]}}", "token.Key[0] (line 1:" },
        { "{\"token\":{\"Key\":[\"a\"]}}", "token.Key[0] (line 1:" },
        { "{\"token\":{\"Private\":5}}", "token.Private (line 1:" },
        { "{\"site\":{\"Cert\":5}}", "site.Cert (line 1:" },
        { "{\"site\":{\"Cert\":true}}", "site.Cert (line 1:" },
        { "{\"site\":{\"Cert\":[48]}}", "site.Cert (line 1:" },
        { "{\"site\":{\"Cert\":\"\"}}", "site.Cert (line 1:" },
        { "{\"site\":{\"Cert\":\"AAAA\"}}", "site.Cert (line 1:" },
        { "{\"site\":{\"Cert\":\"-----BEGIN CERTIFICATE-----\"}}",
          "not the base64 text of a DER certificate" },
        { "{\"site\":{\"Cert\":{\"IsCA\":5}}}", "site.Cert.IsCA (line 1:" },
        /* the first of two values is looked at, too */
        { "{\"token\":5,\"token\":{\"Key\":\"YQ==\"}}", "token (line 1:" },
    };
    auto_service s;

    (void)state;
    begin(&s);
    auto_buf before = all_values(&s.machine);
    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        const bool v2 = i % 2 == 0;
        auto_response r = post_map(&s, WRITER, v2, cases[i / 2].map);
        assert_bad_request(&r, v2, cases[i / 2].words);
    }
    auto_buf after = all_values(&s.machine);
    assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
}

static void what_stands_around_the_map_is_read_as_each_version_does(void **state)
{
    static const struct {
        bool v2;
        int status;
        const char *body, *words;
    } cases[] = {
        { true, 400, "", "bad request: EOF" },
        { true, 400, "{", "bad request: line 1:2" },
        { true, 400, "[]", "bad request: line 1:1" },
        { true, 500, "null", "parsing new secrets: no new secrets defined" },
        { true, 500, "{}", "no new secrets defined" },
        { true, 500, "{\"secrets\":null}", "no new secrets defined" },
        { true, 500, "{\"secrets\":{}}", "no new secrets defined" },
        { true, 500, "{\"secrets\":{\"token\":{\"Key\":\"YQ==\"}},\"secrets\":null}",
          "no new secrets defined" },
        { true, 500, "{\"token\":{\"Key\":\"YQ==\"}}", "no new secrets defined" },
        { true, 200, "{\"secrets\":{\"token\":{\"Key\":\"MQ==\"}}} behind it", "success" },
        { true, 200, "{\"SECRETS\":{\"token\":{\"Key\":\"Mg==\"}},\"other\":[5]}", "success" },
        { true, 200, "{\"secrets\":{\"token\":{\"Key\":\"Mw==\"}},\"secrets\":{\"plain\":{}}}",
          "success" },
        { false, 400, "", "bad request: unexpected end of JSON input" },
        { false, 400, "{} x", "bad request: line 1:4" },
        { false, 400, "{\"token\":{\"Key\":\"YQ==\"}}{", "bad request: line 1:25" },
        { false, 400, "{}", "parsing new secrets: no new secrets defined" },
        { false, 400, "null", "parsing new secrets: no new secrets defined" },
        { false, 400, "{\"secrets\":{\"token\":{\"Key\":\"YQ==\"}}}",
          "parsing new secrets: secret manifest specifies a secret which" },
        { false, 200, " {\"token\":{\"Key\":\"NA==\"}} \n", "success" },
    };
    auto_service s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_response r = post_as(&s, WRITER, cases[i].v2, cases[i].body);
        const bool fail = cases[i].v2 && cases[i].status == 400;
        if (cases[i].status == 200)
            assert_int_equal(r.status, 200);
        else
            assert_refusal(&r, cases[i].status, fail ? "fail" : "error", cases[i].words);
    }
    assert_token(&s, "\"NA==\"");
}

static void what_the_manifest_or_the_rights_do_not_allow_is_400_or_500_by_version(void **state)
{
    static const struct {
        enum scene_user user;
        const char *map, *words;
    } cases[] = {
        { WRITER, "{\"nope\":{}}", "does not contain (at " },
        { WRITER, "{\"key\":{}}", "secret key is not writeable (at " },
        { WRITER, "{\"sym\":{\"Key\":\"AA==\"}}", "actual size don't match: sym" },
        { WRITER, "{\"token\":{\"Key\":\"AA==\"}}", "running manifest template dry run: " },
        { WRITER, "{\"vault\":{}}", "user writer is not allowed to update secret: vault" },
        { HALF, "{\"plain\":{},\"token\":{\"Key\":\"YQ==\"}}",
          "user half is not allowed to update secret: plain" },
        { READER, "{\"token\":{\"Key\":\"YQ==\"}}",
          "user reader is not allowed to update secret: token" },
        { NOBODY, "{\"token\":{\"Key\":\"YQ==\"}}",
          "user nobody is not allowed to update secret: token" },
    };
    auto_service s;

    (void)state;
    begin(&s);
    auto_buf before = all_values(&s.machine);
    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        const bool v2 = i % 2 == 0;
        auto_response r = post_map(&s, cases[i / 2].user, v2, cases[i / 2].map);
        assert_rejected(&r, v2, cases[i / 2].words);
    }
    auto_buf after = all_values(&s.machine);
    assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
}

static void nobody_without_a_certificate_uploads_or_learns_anything(void **state)
{
    auto_service s;

    (void)state;
    begin(&s);
    auto_response v2 = call(&s, "POST", "/api/v2/secrets", BYTES_LITERAL("{"));
    assert_refusal(&v2, 401, "fail", "unauthorized user");
    auto_response v1 = call(&s, "POST", "/secrets", BYTES_LITERAL("{"));
    assert_refusal(&v1, 401, "error", "unauthorized user");
    service_move(&s, "b");
    auto_response locked = post_as(&s, WRITER, true, "{\"secrets\":{\"token\":{}}}");
    assert_refusal(&locked, 401, "fail", "unauthorized user");
}

static void no_prefix_of_an_upload_changes_anything(void **state)
{
    static const char body[] = "{\"secrets\":{\"token\":{\"Key\":\"YQ==\"},\"plain\":{\"Key\":"
                               "[1,2]}}}";
    auto_service s;

    (void)state;
    begin(&s);
    auto_buf before = all_values(&s.machine);
    for (size_t len = 0; len < sizeof body - 1; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(body, len));
        auto_response r = call_as(&s, cert_der(scene_cert(WRITER)), "POST", "/api/v2/secrets",
                                  bytes_of(exact, len));
        assert_bad_request(&r, true, "");
        free(exact);
    }
    auto_buf after = all_values(&s.machine);
    assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
}

/* Nothing of a value shows up in the answer that refuses it. */
static void refusal_does_not_repeat_the_value(void **state)
{
    static const char *const bodies[] = {
        "{\"secrets\":{\"sym\":{\"Key\":\"c2VjcmV0c2VjcmV0\"}}}",
        "{\"secrets\":{\"token\":{\"Key\":\"c2VjcmV0c2VjcmV0*\"}}}",
        "{\"secrets\":{\"token\":{\"Key\":\"c2VjcmV0c2VjcmV0AA==\"}}}",
        "{\"secrets\":{\"site\":{\"Cert\":\"c2VjcmV0c2VjcmV0\"}}}",
        "{\"secrets\":{\"token\":{\"Key\":\"c2VjcmV0c2VjcmV0\"c2VjcmV0c2VjcmV0",
        "{\"secrets\":{\"token\":\"c2VjcmV0c2VjcmV0\"}}",
        "{\"secrets\":{\"token\":{\"Key\":[115,101,115,1000]}}}",
    };
    auto_service s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        auto_response r = post_as(&s, WRITER, true, bodies[i]);
        assert_true(r.status == 400 || r.status == 500);
        assert_null(strstr(text_of(&r), "c2Vj"));
        assert_null(strstr(text_of(&r), "secretsecret"));
        assert_null(strstr(text_of(&r), "115"));
    }
}

static void full_disk_is_500_in_both_versions_and_the_next_try_works(void **state)
{
    auto_service s;

    (void)state;
    begin(&s);
    world_fail(&s.world, 1, false, ENOSPC);
    for (unsigned v2 = 0; v2 < 2; v2++) {
        auto_response r = post_map(&s, WRITER, v2, "{\"token\":{\"Key\":\"YQ==\"}}");
        assert_refusal(&r, 500, "error", "No space left");
    }
    assert_token(&s, "null");
    world_heal(&s.world);
    auto_response r = post_map(&s, WRITER, true, "{\"token\":{\"Key\":\"YQ==\"}}");
    assert_int_equal(r.status, 200);
    service_move(&s, "a");
    assert_token(&s, "\"YQ==\"");
}

static void log_has_a_line_for_each_secret_that_was_set(void **state)
{
    auto_arena arena = { 0 };
    auto_service s;

    (void)state;
    begin(&s);
    auto_response set = post_map(&s, WRITER, true, "{\"token\":{\"Key\":\"YQ==\"},\"plain\":{}}");
    assert_int_equal(set.status, 200);
    auto_response refused = post_map(&s, WRITER, true, "{\"sym\":{}}");
    assert_int_equal(refused.status, 500);
    auto_response r = call(&s, "GET", "/api/v2/update", BYTES_NONE);
    const struct json *line = json_first(data_member(&r, "updateLog", &arena));
    static const char *const ends[] = {
        "\"update\":\"Initial manifest set\"}",
        "\"update\":\"Secret set\",\"user\":\"writer\",\"secret\":\"plain\",\"type\":\"plain\"}",
        "\"update\":\"Secret set\",\"user\":\"writer\",\"secret\":\"token\",\"type\":\"plain\"}",
    };
    for (size_t i = 0; i < COUNT_OF(ends); i++, line = json_next(line)) {
        assert_non_null(line);
        auto_string *text = bytes_to_string(line->text);
        assert_string_equal(strstr(text, "\"update\":"), ends[i]);
    }
    assert_null(line);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(upload_answers_null_and_is_read_back_in_both_versions),
    cmocka_unit_test(every_wrong_type_is_a_bad_request_with_its_place),
    cmocka_unit_test(what_stands_around_the_map_is_read_as_each_version_does),
    cmocka_unit_test(what_the_manifest_or_the_rights_do_not_allow_is_400_or_500_by_version),
    cmocka_unit_test(nobody_without_a_certificate_uploads_or_learns_anything),
    cmocka_unit_test(no_prefix_of_an_upload_changes_anything),
    cmocka_unit_test(refusal_does_not_repeat_the_value),
    cmocka_unit_test(full_disk_is_500_in_both_versions_and_the_next_try_works),
    cmocka_unit_test(log_has_a_line_for_each_secret_that_was_set),
};

TEST_MAIN(tests)
