/* SPDX-License-Identifier: Apache-2.0 */
/* Routes, phases, rights and envelopes (client-api.md, 3, 4.3, 8, 9). */
#include "test.h"

#include "client.h"
#include "crypto/hash.h"

#include <errno.h>
#include <semaphore.h>

#define ERROR(message) "{\"status\":\"error\",\"data\":null,\"message\":\"" message "\"}\n"
#define FAIL(message) "{\"status\":\"fail\",\"data\":null,\"message\":\"" message "\"}\n"
#define WRONG_STATE ERROR("server is not in expected state")
#define NO_USER "unauthorized user: client certificate did not match any MarbleRun users"
#define RECOVERY_TEXT                                                                              \
    "Coordinator is in recovery mode. Either upload a key to unseal the saved state, or set a "    \
    "new "                                                                                         \
    "manifest. For more information on how to proceed, consult the documentation."
#define GONE_TEXT                                                                                  \
    ERROR("Recovering the Coordinator using the /recover API endpoint has been disabled. Use the " \
          "/api/v2/recover endpoint instead.")

static void post_manifest_v2(struct service *s, struct bytes text, struct http_response *r)
{
    auto_buf body = { 0 };

    buf_add_string(&body, "{\"manifest\":");
    json_put_octets(&body, text);
    buf_add_u8(&body, '}');
    *r = call(s, "POST", "/api/v2/manifest", buf_bytes(&body));
}

/* One row of the table in 4.3; phases are those before the manifest, recovery, running. */
struct row {
    const char *method, *target;
    const char *answers[3]; /* status code, blank, and the start of the body */
};

static const struct row ROWS[] = {
    { "GET",
      "/status",
      { "200 {\"status\":\"success\",\"data\":{\"StatusCode\":2,\"StatusMessage\":\"Coordinator is "
        "ready to accept a manifest.\"}}\n",
        "200 {\"status\":\"success\",\"data\":{\"StatusCode\":1,\"StatusMessage\":\"" RECOVERY_TEXT
        "\"}}\n",
        "200 {\"status\":\"success\",\"data\":{\"StatusCode\":3,\"StatusMessage\":\"Coordinator is "
        "running correctly and ready to accept marbles.\"}}\n" } },
    { "GET",
      "/api/v2/status",
      { "200 {\"status\":\"success\",\"data\":{\"code\":2,\"message\":\"Coordinator is ready to ",
        "200 {\"status\":\"success\",\"data\":{\"code\":1,\"message\":\"" RECOVERY_TEXT "\"}}\n",
        "200 {\"status\":\"success\",\"data\":{\"code\":3,\"message\":\"Coordinator is running" } },
    { "GET",
      "/manifest",
      { "200 {\"status\":\"success\",\"data\":{\"ManifestSignatureRootECDSA\":null,"
        "\"ManifestSignature\":\"\",\"Manifest\":null}}\n",
        "200 {\"status\":\"success\",\"data\":{\"ManifestSignatureRootECDSA\":null,"
        "\"ManifestSignature\":\"\",\"Manifest\":null}}\n",
        "200 {\"status\":\"success\",\"data\":{\"ManifestSignatureRootECDSA\":\"" } },
    { "GET",
      "/api/v2/manifest",
      { "500 " ERROR("requested value not set"), "500 " ERROR("requested value not set"),
        "200 {\"status\":\"success\",\"data\":{\"manifestSignatureRootECDSA\":\"" } },
    { "GET",
      "/quote",
      { "200 {\"status\":\"success\",\"data\":{\"Cert\":\"-----BEGIN CERTIFICATE-----\\n",
        "200 {\"status\":\"success\",\"data\":{\"Cert\":\"-----BEGIN CERTIFICATE-----\\n",
        "200 {\"status\":\"success\",\"data\":{\"Cert\":\"-----BEGIN CERTIFICATE-----\\n" } },
    { "GET",
      "/api/v2/quote?nonce=AAEC",
      { "200 {\"status\":\"success\",\"data\":{\"cert\":\"-----BEGIN CERTIFICATE-----\\n",
        "200 {\"status\":\"success\",\"data\":{\"cert\":\"-----BEGIN CERTIFICATE-----\\n",
        "200 {\"status\":\"success\",\"data\":{\"cert\":\"-----BEGIN CERTIFICATE-----\\n" } },
    { "GET",
      "/update",
      { "500 " WRONG_STATE, "500 " WRONG_STATE,
        "200 {\"status\":\"success\",\"data\":\"{\\\"time\\\":\\\"2026-" } },
    { "GET",
      "/api/v2/update",
      { "500 " WRONG_STATE, "500 " WRONG_STATE,
        "200 {\"status\":\"success\",\"data\":{\"updateLog\":[\"{\\\"time\\\":" } },
    { "POST",
      "/api/v2/update",
      { "401 " FAIL(NO_USER), "401 " FAIL(NO_USER), "401 " FAIL(NO_USER) } },
    { "POST", "/update", { "401 " ERROR(NO_USER), "401 " ERROR(NO_USER), "401 " ERROR(NO_USER) } },
    { "GET",
      "/api/v2/secrets?s=key",
      { "401 " FAIL(NO_USER), "401 " FAIL(NO_USER), "401 " FAIL(NO_USER) } },
    { "GET",
      "/secrets?s=key",
      { "401 " ERROR(NO_USER), "401 " ERROR(NO_USER), "401 " ERROR(NO_USER) } },
    { "POST",
      "/api/v2/secrets",
      { "401 " FAIL(NO_USER), "401 " FAIL(NO_USER), "401 " FAIL(NO_USER) } },
    { "POST", "/secrets", { "401 " ERROR(NO_USER), "401 " ERROR(NO_USER), "401 " ERROR(NO_USER) } },
    { "GET",
      "/update-manifest",
      { "404 " ERROR("no update in progress"), "404 " ERROR("no update in progress"),
        "404 " ERROR("no update in progress") } },
    { "GET",
      "/api/v2/update-manifest",
      { "404 " ERROR("no update in progress"), "404 " ERROR("no update in progress"),
        "404 " ERROR("no update in progress") } },
    { "POST",
      "/api/v2/update-manifest",
      { "401 " FAIL(NO_USER), "401 " FAIL(NO_USER), "401 " FAIL(NO_USER) } },
    { "POST",
      "/update-cancel",
      { "401 " ERROR(NO_USER), "401 " ERROR(NO_USER), "401 " ERROR(NO_USER) } },
    { "POST",
      "/api/v2/sign-quote",
      { "403 " ERROR("SignQuoteEndpoint feature is not enabled in the manifest"),
        "403 " ERROR("SignQuoteEndpoint feature is not enabled in the manifest"),
        "403 " ERROR("SignQuoteEndpoint feature is not enabled in the manifest") } },
    { "POST",
      "/api/v2/monotonic-counter",
      { "403 " ERROR("MonotonicCounter feature is not enabled in the manifest"),
        "403 " ERROR("MonotonicCounter feature is not enabled in the manifest"),
        "403 " ERROR("MonotonicCounter feature is not enabled in the manifest") } },
    { "GET",
      "/api/v2/recover/public-key",
      { "500 " WRONG_STATE, "200 {\"status\":\"success\",\"data\":{\"algorithm\":\"RSA\",",
        "500 " WRONG_STATE } },
    { "GET",
      "/api/v2/recover/status",
      { "200 {\"status\":\"success\",\"data\":{\"recovering\":false,\"recoveries\":0,"
        "\"lastRecovery\":null,\"withoutProof\":false}}\n",
        "200 {\"status\":\"success\",\"data\":{\"recovering\":true,\"scheme\":\"single\","
        "\"needed\":1,\"received\":0,\"accepted\":[],\"missing\":[\"alice\"],\"session\":\"",
        "200 {\"status\":\"success\",\"data\":{\"recovering\":false,\"recoveries\":0," } },
    { "GET",
      "/api/v2/recovery/secrets",
      { "500 " WRONG_STATE, "500 " WRONG_STATE,
        "200 {\"status\":\"success\",\"data\":{\"recoverySecrets\":{\"alice\":\"" } },
    { "POST", "/recover", { "410 " GONE_TEXT, "410 " GONE_TEXT, "410 " GONE_TEXT } },
    { "GET",
      "/recover",
      { "405 {\"status\":\"error\",\"data\":null}\n", "405 {\"status\":\"error\",\"data\":null}\n",
        "405 {\"status\":\"error\",\"data\":null}\n" } },
    { "PUT",
      "/status",
      { "405 {\"status\":\"error\",\"data\":null}\n", "405 {\"status\":\"error\",\"data\":null}\n",
        "405 {\"status\":\"error\",\"data\":null}\n" } },
    { "GET",
      "/nowhere",
      { "405 {\"status\":\"error\",\"data\":null}\n", "405 {\"status\":\"error\",\"data\":null}\n",
        "405 {\"status\":\"error\",\"data\":null}\n" } },
};

static void expect_rows(struct service *s, unsigned phase)
{
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const char *const want = ROWS[i].answers[phase];
        auto_response r = call(s, ROWS[i].method, ROWS[i].target, BYTES_NONE);
        const bool whole = want[strlen(want) - 1] == '\n';
        if (r.status != atoi(want) ||
            (whole ? strcmp(text_of(&r), want + 4) != 0
                   : strncmp(text_of(&r), want + 4, strlen(want + 4)) != 0))
            fail_msg("phase %u: %s %s: %d %s", phase, ROWS[i].method, ROWS[i].target, r.status,
                     text_of(&r));
        const bool error = strncmp(want + 4, "{\"status\":\"error\"", 17) == 0;
        assert_string_equal(r.content_type, error ? TYPE_TEXT : TYPE_JSON);
    }
}

static void every_endpoint_answers_in_every_phase_as_the_table_says(void **state)
{
    auto_service s;

    (void)state;
    service_begin(&s);
    expect_rows(&s, 0);
    set_any_manifest(&s.machine);
    expect_rows(&s, 2);
    service_move(&s, "b");
    expect_rows(&s, 1);
}

/* ---- the manifest ---- */

static void manifest_with_keys_answers_with_their_secrets(void **state)
{
    auto_buf text = manifest_text(3, 2, false, "");

    (void)state;
    for (int v2 = 0; v2 <= 1; v2++) {
        auto_service s;
        auto_arena arena = { 0 };
        auto_response r = { 0 };
        service_begin(&s);
        if (v2)
            post_manifest_v2(&s, buf_bytes(&text), &r);
        else
            r = call(&s, "POST", "/manifest", buf_bytes(&text));
        const struct json *const secrets = data_member(&r, "RecoverySecrets", &arena);
        assert_non_null(json_member(secrets, "alice"));
        assert_non_null(json_member(secrets, "bob"));
        assert_non_null(json_member(secrets, "carol"));
    }
}

static void manifest_without_keys_answers_null_or_an_empty_object(void **state)
{
    auto_buf text = manifest_text(0, 0, false, "");

    (void)state;
    {
        auto_service s;
        service_begin(&s);
        auto_response r = call(&s, "POST", "/manifest", buf_bytes(&text));
        assert_answer(&r, 200, TYPE_JSON, "{\"status\":\"success\",\"data\":null}\n");
    }
    {
        auto_service s;
        auto_response r = { 0 };
        service_begin(&s);
        post_manifest_v2(&s, buf_bytes(&text), &r);
        assert_answer(&r, 200, TYPE_JSON,
                      "{\"status\":\"success\",\"data\":{\"RecoverySecrets\":{}}}\n");
    }
}

static void singular_key_answers_as_in_2020(void **state)
{
    auto_buf text = manifest_text(1, 0, true, "");
    auto_service s;

    (void)state;
    service_begin(&s);
    auto_response r = call(&s, "POST", "/manifest", buf_bytes(&text));
    assert_int_equal(r.status, 200);
    assert_string_equal(r.content_type, TYPE_TEXT);
    const char *const start = "{\"EncryptionKey\":\"";
    assert_memory_equal(text_of(&r), start, strlen(start));
    /* 256 bytes in base64, then the end. */
    assert_string_equal(text_of(&r) + strlen(start) + 344, "\"}\n");
}

static void manifest_is_served_as_it_was_sent(void **state)
{
    auto_buf text = manifest_text(1, 0, false, "");
    auto_arena arena = { 0 };
    auto_buf raw = { 0 };
    bool present = false;
    char fingerprint[2 * SHA256_LEN + 1];
    auto_service s;
    struct err err = { 0 };

    (void)state;
    service_begin(&s);
    auto_response set = call(&s, "POST", "/manifest", buf_bytes(&text));
    assert_int_equal(set.status, 200);
    auto_response r = call(&s, "GET", "/api/v2/manifest", BYTES_NONE);
    assert_ok(json_get_octets(data_member(&r, "manifest", &arena), &raw, &present, &err), &err);
    assert_bytes_equal(buf_bytes(&raw), buf_bytes(&text));
    assert_ok(sha256_hex(buf_bytes(&text), fingerprint, &err), &err);
    assert_true(
        bytes_equal_string(data_member(&r, "manifestFingerprint", &arena)->text, fingerprint));
}

static void bad_manifests_answer_400_or_500_by_version(void **state)
{
    static const struct {
        const char *body, *words;
        int status;
        const char *kind;
    } v2[] = {
        { "", "bad request", 400, "fail" },
        { "[]", "bad request", 400, "fail" },
        { "{\"manifest\":5}", "bad request", 400, "fail" },
        { "{\"manifest\":\"*\"}", "bad request", 400, "fail" },
        { "{}", "unmarshaling manifest", 500, "error" },
        { "{\"manifest\":null}", "unmarshaling manifest", 500, "error" },
        { "{\"manifest\":\"e30=\"}", "checking manifest", 500, "error" },
    };
    auto_service s;

    (void)state;
    service_begin(&s);
    for (size_t i = 0; i < COUNT_OF(v2); i++) {
        auto_response r = call(&s, "POST", "/api/v2/manifest", bytes_of_string(v2[i].body));
        assert_refusal(&r, v2[i].status, v2[i].kind, v2[i].words);
    }
    auto_response empty = call(&s, "POST", "/manifest", BYTES_NONE);
    assert_refusal(&empty, 400, "error", "unmarshaling manifest");
    auto_response bad = call(&s, "POST", "/manifest", BYTES_LITERAL("{}"));
    assert_refusal(&bad, 400, "error", "checking manifest");
    set_any_manifest(&s.machine);
    auto_response late = call(&s, "POST", "/manifest", BYTES_LITERAL("{}"));
    assert_refusal(&late, 400, "error", CORE_WRONG_STATE);
    auto_response late2 = call(&s, "POST", "/api/v2/manifest", BYTES_LITERAL("{}"));
    assert_refusal(&late2, 500, "error", CORE_WRONG_STATE);
}

static void full_disk_is_500_in_both_versions_and_leaves_no_trace(void **state)
{
    auto_buf text = manifest_text(1, 0, false, "");
    auto_service s;

    (void)state;
    service_begin(&s);
    world_fail(&s.world, 1, false, ENOSPC);
    auto_response v1 = call(&s, "POST", "/manifest", buf_bytes(&text));
    assert_refusal(&v1, 500, "error", "No space left");
    auto_response v2 = { 0 };
    post_manifest_v2(&s, buf_bytes(&text), &v2);
    assert_refusal(&v2, 500, "error", "No space left");
    world_heal(&s.world);
    assert_phase(&s.machine, PHASE_ACCEPTING_MANIFEST);
    auto_response now = call(&s, "POST", "/manifest", buf_bytes(&text));
    assert_int_equal(now.status, 200);
}

/* ---- users ---- */

#define READER                                                                                     \
    "\"Users\":{\"reader\":{\"Certificate\":\"-----BEGIN CERTIFICATE-----\\n"                      \
    "MIIBdzCCAR2gAwIBAgIUeuWRe5DSqGlzf1eAWTm/7R7x+BswCgYIKoZIzj0EAwIw\\n"                          \
    "ETEPMA0GA1UEAwwGcmVhZGVyMB4XDTI2MTEyMzE0NDkxNVoXDTQ2MTExODE0NDkx\\n"                          \
    "NVowETEPMA0GA1UEAwwGcmVhZGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\\n"                          \
    "i1Ung0RtbMg0Lk5YXseCIxTqjy83pVk0Dp9RakgOekaXW2EWITnwJacKx8n9CBBa\\n"                          \
    "bzxSipcKw50IkWrzdWBS2aNTMFEwHQYDVR0OBBYEFKutjq3YdLfBLA0biFQHYLZb\\n"                          \
    "GeckMB8GA1UdIwQYMBaAFKutjq3YdLfBLA0biFQHYLZbGeckMA8GA1UdEwEB/wQF\\n"                          \
    "MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgOCJh0e3FlehSOFvUohBriGWjeuabDCin\\n"                          \
    "XRRxcWK7BfgCIQD9n6DM0DwtNqIspDurWXhpmkdI4w+7lY9k6/4R8FPSTA==\\n"                              \
    "-----END CERTIFICATE-----\\n\",\"Roles\":[\"read\"]}},"                                       \
    "\"Roles\":{\"read\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"key\"],"               \
    "\"Actions\":[\"ReadSecret\"]}},"

/* A service whose manifest has the user "reader"; her certificate. */
static struct buf begin_with_reader(struct service *s)
{
    auto_buf text = manifest_text(1, 0, false, READER);
    struct buf leaf = { 0 };

    service_begin(s);
    auto_response r = call(s, "POST", "/manifest", buf_bytes(&text));
    assert_int_equal(r.status, 200);
    auto_snapshot *now = core_snapshot(s->machine.core);
    assert_int_equal(now->deployment->user_count, 1);
    buf_add(&leaf, now->deployment->users[0].certificate);
    return leaf;
}

static void user_reads_exactly_what_her_roles_grant(void **state)
{
    static const struct {
        const char *target, *answer;
    } cases[] = {
        { "/api/v2/secrets?s=key", "200 {\"status\":\"success\",\"data\":{\"secrets\":{\"key\":{"
                                   "\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true," },
        { "/api/v2/secrets?s=key&s=key", "200 {\"status\":\"success\",\"data\":{\"secrets\":{" },
        { "/secrets?s=key", "200 {\"status\":\"success\",\"data\":{\"key\":{\"Type\":" },
        { "/api/v2/secrets",
          "400 " FAIL("invalid query: endpoint requires at least one query parameter") },
        { "/api/v2/secrets?x=key",
          "400 " FAIL("invalid query: endpoint requires at least one query parameter") },
        { "/api/v2/secrets?s=", "400 " FAIL("malformed query string: empty query parameter") },
        { "/secrets?s=key&s=", "400 " ERROR("malformed query string: empty query parameter") },
        { "/api/v2/secrets?s=other&s=key",
          "500 " ERROR("user reader is not allowed to read one or more secrets of: [key other]") },
        { "/secrets?s=other",
          "400 " ERROR("user reader is not allowed to read one or more secrets of: [other]") },
        { "/secrets?s=key%00&s=z",
          "400 " ERROR(
              "user reader is not allowed to read one or more secrets of: [key\\u0000 z]") },
    };
    auto_service s;
    auto_buf leaf = begin_with_reader(&s);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_response r = call_as(&s, buf_bytes(&leaf), "GET", cases[i].target, BYTES_NONE);
        const char *const want = cases[i].answer;
        if (r.status != atoi(want) || strncmp(text_of(&r), want + 4, strlen(want + 4)) != 0)
            fail_msg("%s: %d %s", cases[i].target, r.status, text_of(&r));
    }
    leaf.at[leaf.len - 1] ^= 1;
    auto_response stranger =
        call_as(&s, buf_bytes(&leaf), "GET", "/api/v2/secrets?s=key", BYTES_NONE);
    assert_answer(&stranger, 401, TYPE_JSON, FAIL(NO_USER));
}

static void user_without_the_right_is_refused_by_name(void **state)
{
    static const char packages[] =
        ERROR("user reader is not allowed to update one or more packages of []");
    static const char manifest[] = ERROR("user reader is not allowed to update the complete "
                                         "manifest");
    static const char cancel[] = ERROR("user reader is not allowed to cancel the manifest update");
    /* bodies: {} and {"Marbles":{"m":{}}} */
    static const struct {
        const char *target, *body;
        int status;
        const char *answer;
    } cases[] = {
        { "/api/v2/update", "{\"manifest\":\"e30=\"}", 500, packages },
        { "/update", "{}", 400, packages },
        { "/api/v2/update", "{\"manifest\":\"eyJNYXJibGVzIjp7Im0iOnt9fX0=\"}", 500, manifest },
        { "/update", "{\"Marbles\":{\"m\":{}}}", 400, manifest },
        { "/api/v2/update-cancel", "", 500, cancel },
        { "/update-cancel", "", 500, cancel },
        { "/api/v2/update-manifest", "{}", 404, ERROR("no update in progress") },
        { "/update-manifest", "{}", 404, ERROR("no update in progress") },
    };
    auto_service s;
    auto_buf leaf = begin_with_reader(&s);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_response r =
            call_as(&s, buf_bytes(&leaf), "POST", cases[i].target, bytes_of_string(cases[i].body));
        assert_answer(&r, cases[i].status, TYPE_TEXT, cases[i].answer);
    }
}

static void encrypted_secrets_are_for_users_once_there_are_any(void **state)
{
    auto_service s;
    auto_buf leaf = begin_with_reader(&s);

    (void)state;
    auto_response nobody = call(&s, "GET", "/api/v2/recovery/secrets", BYTES_NONE);
    assert_answer(&nobody, 401, TYPE_JSON, FAIL(NO_USER));
    auto_response reader =
        call_as(&s, buf_bytes(&leaf), "GET", "/api/v2/recovery/secrets", BYTES_NONE);
    assert_int_equal(reader.status, 200);
}

static void user_is_nobody_while_the_state_is_locked(void **state)
{
    auto_service s;
    auto_buf leaf = begin_with_reader(&s);

    (void)state;
    service_move(&s, "b");
    auto_response r = call_as(&s, buf_bytes(&leaf), "GET", "/api/v2/secrets?s=key", BYTES_NONE);
    assert_answer(&r, 401, TYPE_JSON, FAIL(NO_USER));
}

/* ---- the rest ---- */

static void nonce_is_base64url_or_refused(void **state)
{
    static const struct {
        const char *target;
        int status;
    } cases[] = {
        { "/api/v2/quote", 200 },
        { "/api/v2/quote?nonce=", 200 },
        { "/api/v2/quote?nonce=-_8=", 200 },
        { "/api/v2/quote?nonce=%2B%2F8=", 400 },
        { "/api/v2/quote?nonce=A", 400 },
        { "/quote?nonce=A", 200 },
    };
    auto_service s;

    (void)state;
    service_begin(&s);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_response r = call(&s, "GET", cases[i].target, BYTES_NONE);
        if (r.status != cases[i].status)
            fail_msg("%s: %d %s", cases[i].target, r.status, text_of(&r));
        if (r.status == 400)
            assert_refusal(&r, 400, "fail", "invalid query: bad nonce format");
    }
}

static void unclean_paths_are_redirected(void **state)
{
    auto_service s;

    (void)state;
    service_begin(&s);
    auto_response r = call(&s, "GET", "/api//v2/./status?a=b", BYTES_NONE);
    assert_int_equal(r.status, 307);
    assert_string_equal(r.fields[0].name, "location");
    assert_string_equal(r.fields[0].value, "/api/v2/status?a=b");
}

struct gate {
    sem_t reached, open;
};

static void wait_for(sem_t *sem)
{
    while (sem_wait(sem) != 0)
        ;
}

static void wait_at_gate(void *arg)
{
    struct gate *const gate = arg;

    (void)sem_post(&gate->reached);
    wait_for(&gate->open);
}

static void full_pool_answers_503_at_once(void **state)
{
    struct gate gate;
    unsigned tasks = 2;
    auto_service s;

    (void)state;
    (void)sem_init(&gate.reached, 0, 0);
    (void)sem_init(&gate.open, 0, 0);
    service_begin(&s);
    for (unsigned i = 0; i < tasks; i++)
        assert_true(pool_submit(s.pool, wait_at_gate, &gate));
    for (unsigned i = 0; i < tasks; i++)
        wait_for(&gate.reached); /* both threads are busy */
    pool_set_limit(s.pool, 4);
    while (pool_submit(s.pool, wait_at_gate, &gate))
        tasks++;
    auto_response r = call(&s, "POST", "/manifest", BYTES_LITERAL("{}"));
    assert_refusal(&r, 503, "error", "try again");
    auto_response status = call(&s, "GET", "/status", BYTES_NONE);
    assert_int_equal(status.status, 200);
    for (unsigned i = 0; i < tasks; i++)
        (void)sem_post(&gate.open);
    pool_set_limit(s.pool, 64);
    auto_response later = call(&s, "POST", "/manifest", BYTES_LITERAL("{}"));
    assert_int_equal(later.status, 400);
}

static void bodies_are_limited_by_route(void **state)
{
    struct http_request big = { .method = (char[]){ "POST" }, .path = (char[]){ "/manifest" } };
    struct http_request small = { .method = (char[]){ "POST" }, .path = (char[]){ "/recover" } };
    struct http_request none = { .method = (char[]){ "GET" }, .path = (char[]){ "/nowhere" } };

    (void)state;
    assert_int_equal(api_body_limit(&big), API_LARGEST_BODY);
    assert_int_equal(api_body_limit(&small), API_SMALL_BODY);
    assert_int_equal(api_body_limit(&none), API_SMALL_BODY);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_endpoint_answers_in_every_phase_as_the_table_says),
    cmocka_unit_test(manifest_with_keys_answers_with_their_secrets),
    cmocka_unit_test(manifest_without_keys_answers_null_or_an_empty_object),
    cmocka_unit_test(singular_key_answers_as_in_2020),
    cmocka_unit_test(manifest_is_served_as_it_was_sent),
    cmocka_unit_test(bad_manifests_answer_400_or_500_by_version),
    cmocka_unit_test(full_disk_is_500_in_both_versions_and_leaves_no_trace),
    cmocka_unit_test(user_reads_exactly_what_her_roles_grant),
    cmocka_unit_test(user_without_the_right_is_refused_by_name),
    cmocka_unit_test(encrypted_secrets_are_for_users_once_there_are_any),
    cmocka_unit_test(user_is_nobody_while_the_state_is_locked),
    cmocka_unit_test(nonce_is_base64url_or_refused),
    cmocka_unit_test(unclean_paths_are_redirected),
    cmocka_unit_test(full_pool_answers_503_at_once),
    cmocka_unit_test(bodies_are_limited_by_route),
};

TEST_MAIN(tests)
