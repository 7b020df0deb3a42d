/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request to a running Coordinator, on any route: the first byte picks the route, the second the caller with his
 * proven certificate, the rest is the body, or the query of a GET. There is exactly one answer, with a status that
 * docs/openapi.json documents (the test e2e/openapi compares the table below with it), in the envelope that belongs
 * to it; and what is not answered with 200, or only reads, has changed nothing.
 */
#include "api/api.h"
#include "base/reader.h"
#include "codec/json.h"
#include "fuzz_world.h"
#include "state/names.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Without 413, which comes before the route runs, and 503, which needs many at the same time. */
static const struct route {
    const char *method, *path, *statuses;
} ROUTES[] = {
    { "GET", "/api/v2/status", "200" },
    { "GET", "/status", "200" },
    { "GET", "/api/v2/quote", "200 400 500" },
    { "GET", "/quote", "200" },
    { "GET", "/api/v2/manifest", "200 500" },
    { "POST", "/api/v2/manifest", "200 400 500" },
    { "GET", "/manifest", "200" },
    { "POST", "/manifest", "200 400 500" },
    { "POST", "/api/v2/recover", "200 400 500" },
    { "GET", "/api/v2/recover/public-key", "200 500" },
    { "GET", "/api/v2/recover/status", "200 500" },
    { "GET", "/api/v2/recovery/secrets", "200 400 401 404 500" },
    { "POST", "/recover", "200 410 500" },
    { "GET", "/api/v2/update", "200 500" },
    { "POST", "/api/v2/update", "200 400 401 500" },
    { "GET", "/update", "200 500" },
    { "POST", "/update", "200 400 401 500" },
    { "GET", "/api/v2/update/chain", "200 500" },
    { "GET", "/api/v2/update-manifest", "200 404" },
    { "POST", "/api/v2/update-manifest", "200 400 401 404 500" },
    { "GET", "/update-manifest", "200 404" },
    { "POST", "/update-manifest", "200 401 404 500" },
    { "POST", "/api/v2/update-cancel", "200 401 404 500" },
    { "POST", "/update-cancel", "200 401 404 500" },
    { "GET", "/api/v2/secrets", "200 400 401 500" },
    { "POST", "/api/v2/secrets", "200 400 401 500" },
    { "GET", "/secrets", "200 400 401" },
    { "POST", "/secrets", "200 400 401 500" },
    { "POST", "/api/v2/sign-quote", "200 400 403 500" },
    { "POST", "/api/v2/monotonic-counter", "200 400 401 403 500" },
    { "GET", "/api/v2/recovery/status", "200 500" },
    { "POST", "/api/v2/recovery/drill", "200 400 401 404 500" },
    { "POST", "/api/v2/recovery/reissue", "200 400 401 500" },
    { "POST", "/api/v2/recovery/reissue/cancel", "200 401 404 500" },
};

/* ---- the Coordinator and its callers ---- */

#define USER_ALL                                                                                   \
    "-----BEGIN CERTIFICATE-----\\n"                                                               \
    "MIIBFjCBvQIUTJqL8QC2AWBJlKlQvy9SREEyrqYwCgYIKoZIzj0EAwIwDjEMMAoG\\n"                          \
    "A1UEAwwDYWxsMB4XDTI2MTEyMzIyMjUzN1oXDTQ2MTExODIyMjUzN1owDjEMMAoG\\n"                          \
    "A1UEAwwDYWxsMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETFn8UtCXEiJCVGUJ\\n"                          \
    "w83KsyV/Ks2SgbTx+RQWkkskw4K5C0RVgTuhb9CVMIiRB61ClDBgbTq3xQHw0hmu\\n"                          \
    "Prd0XDAKBggqhkjOPQQDAgNIADBFAiBAI8gW2RlDoTFW8rIbuRBo9aaj2OXZ+UA8\\n"                          \
    "de4wUV4nRgIhAOAS/tHXbn7qzY8Is4jLZR5NlKcrvjtB1RacIjBEMOXz\\n"                                  \
    "-----END CERTIFICATE-----\\n"
#define USER_SOME                                                                                  \
    "-----BEGIN CERTIFICATE-----\\n"                                                               \
    "MIIBGDCBvwIUL816q/jVPxe+/1qk9hefKBhDE8MwCgYIKoZIzj0EAwIwDzENMAsG\\n"                          \
    "A1UEAwwEc29tZTAeFw0yNjExMjMyMjI1MzdaFw00NjExMTgyMjI1MzdaMA8xDTAL\\n"                          \
    "BgNVBAMMBHNvbWUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASwx3tTAPrSUYJc\\n"                          \
    "W4SrVPcmmabhwzjUNsTCvxTeGM9loif+vFhjF2sPpRN+9z3+eFwja4rpD0fPIkGL\\n"                          \
    "kwBsYEPQMAoGCCqGSM49BAMCA0gAMEUCIG8lSngCvnZW18fQthnCHihwzoPWqs1e\\n"                          \
    "8Z+Px4ZjvrHuAiEA+NyfbLoz/C/cLUrXz0DnwtSGPse7e4DpT4cvvkyt8bA=\\n"                              \
    "-----END CERTIFICATE-----\\n"
#define USER_NONE                                                                                  \
    "-----BEGIN CERTIFICATE-----\\n"                                                               \
    "MIIBFzCBvwIUSzXndHv75UUGHjOIO40S6brmBxgwCgYIKoZIzj0EAwIwDzENMAsG\\n"                          \
    "A1UEAwwEbm9uZTAeFw0yNjExMjMyMjI1MzdaFw00NjExMTgyMjI1MzdaMA8xDTAL\\n"                          \
    "BgNVBAMMBG5vbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASM5kRZEk9oUMCo\\n"                          \
    "1MjxQ2HjLfqurfBUFm+eJPdNyvpux9pEgyd0LLxBq4brLoqWeQv4N9QpbZVrXonw\\n"                          \
    "Ce4RwfyIMAoGCCqGSM49BAMCA0cAMEQCIFX/7U2tTTjiVI2aUo6uXm0zlimJWaZ9\\n"                          \
    "ZTjo3uTcCK/VAiBXzLo/4n0K0QlTKcmra8tG1T0EqKImYnvw9ti74jsQlQ==\\n"                              \
    "-----END CERTIFICATE-----\\n"

static const char manifest[] =
    "{\"Packages\":{\"p\":{\"SecurityVersion\":1,\"ProductID\":1,\"SignerID\":\"00\"}},"
    "\"Marbles\":{\"m\":{\"Package\":\"p\",\"Parameters\":{\"Env\":"
    "{\"T\":\"{{ string .Secrets.token }}\",\"K\":\"{{ hex .Secrets.key }}\"}}}},"
    "\"Secrets\":{\"token\":{\"Type\":\"plain\",\"UserDefined\":true},"
    "\"sym\":{\"Type\":\"symmetric-key\",\"Size\":16,\"UserDefined\":true},"
    "\"key\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true},"
    "\"hidden\":{\"Type\":\"plain\",\"UserDefined\":true}},"
    "\"Users\":{\"all\":{\"Certificate\":\"" USER_ALL
    "\",\"Roles\":[\"read\",\"write\",\"packages\",\"updates\"]},"
    "\"some\":{\"Certificate\":\"" USER_SOME "\",\"Roles\":[\"read\",\"updates\"]},"
    "\"none\":{\"Certificate\":\"" USER_NONE "\",\"Roles\":[]}},"
    "\"Roles\":{\"read\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"token\",\"sym\","
    "\"key\"],"
    "\"Actions\":[\"ReadSecret\"]},\"write\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":"
    "[\"token\",\"sym\"],\"Actions\":[\"WriteSecret\"]},\"packages\":{\"ResourceType\":"
    "\"Packages\","
    "\"ResourceNames\":[\"p\"],\"Actions\":[\"UpdateSecurityVersion\"]},\"updates\":"
    "{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]}},"
    "\"Config\":{\"SealMode\":\"Disabled\",\"FeatureGates\":[\"MonotonicCounter\","
    "\"SignQuoteEndpoint\"]}}";

/* The manifest's users, in any order, a Marble, and nobody. */
enum { USERS = 3, MARBLE = USERS, NOBODY, CALLERS };

struct target {
    struct pool *pool;
    struct core *core;
    struct api *api;
    struct buf leaves[CALLERS];
    struct snapshot *first; /* as it was when the callers were made */
};

static void open_target(struct target *t)
{
    struct manifest_reply reply = { 0 };

    t->core = world_core();
    world_set_manifest(t->core, BYTES_LITERAL(manifest), &reply);
    manifest_reply_clear(&reply);
    t->pool = pool_new(1);
    t->api = api_new(t->core, t->pool);
    t->first = core_snapshot(t->core);
    require(t->first->deployment->user_count == USERS);
    for (size_t i = 0; i < USERS; i++)
        buf_add(&t->leaves[i], t->first->deployment->users[i].certificate);
    world_marble_leaf(t->core, &t->leaves[MARBLE]);
}

/* With another manifest, or too long a log, the callers are not what they were. */
static void reopen_if_changed(struct target *t)
{
    enum { MOST_VALUES = 1000 };
    auto_snapshot *now = core_snapshot(t->core);

    if (now->deployment == t->first->deployment && now->authority == t->first->authority &&
        omap_count(now->values) < MOST_VALUES)
        return;
    pool_free(t->pool);
    api_free(t->api);
    snapshot_free(t->first);
    core_free(t->core);
    for (size_t i = 0; i < CALLERS; i++)
        buf_clear(&t->leaves[i]);
    *t = (struct target){ 0 };
}

/* ---- the answer ---- */

static bool is_documented(const struct route *route, int status)
{
    auto_string *text = mem_printf("%d", status);

    return strstr(route->statuses, text) != NULL;
}

static bool text_is(const struct json *root, const char *member, const char *text)
{
    const struct json *const value = json_member(root, member);

    return value != NULL && value->type == JSON_STRING && bytes_equal_string(value->text, text);
}

static void check_envelope(const struct http_response *r, const struct json *root)
{
    const bool is_json = strcmp(r->content_type, "application/json") == 0;
    const struct json *const message = json_member(root, "message");

    require(is_json || strcmp(r->content_type, "text/plain; charset=utf-8") == 0);
    require(json_member(root, "data") != NULL);
    if (r->status == 200) {
        require(is_json && text_is(root, "status", "success") && message == NULL);
        return;
    }
    require(text_is(root, "status", is_json ? "fail" : "error"));
    require(message != NULL && message->type == JSON_STRING && message->text.len > 0);
}

/* Only the names that these users may read are ever given. */
static void check_secrets(const struct json *secrets)
{
    for (const struct json *v = json_first(secrets); v != NULL; v = json_next(v))
        require(bytes_equal_string(v->name, "token") || bytes_equal_string(v->name, "sym") ||
                bytes_equal_string(v->name, "key"));
}

static void check_answer(const struct route *route, const struct http_response *r)
{
    const struct bytes body = buf_bytes(&r->body);
    const bool v2 = strncmp(route->path, "/api/v2/", 8) == 0;
    auto_arena arena = { 0 };
    struct err err = { 0 };

    require(is_documented(route, r->status));
    require(body.len > 0 && body.at[body.len - 1] == '\n');
    const struct json *const root = json_parse(body, JSON_TRAILING_REFUSED, &arena, &err);
    require(root != NULL && root->type == JSON_OBJECT);
    check_envelope(r, root);
    const struct json *const data = json_member(root, "data");
    if (r->status == 200 && route->method[0] == 'G' && strstr(route->path, "/secrets") != NULL &&
        strstr(route->path, "recovery") == NULL)
        check_secrets(v2 ? json_member(data, "secrets") : data);
}

/* An update that cannot be applied is over, with a line in the log (client-api.md, 12.5). */
static bool only_pending_update_is_gone(const struct snapshot *before, const struct snapshot *after)
{
    struct bytes old;

    for (struct omap_entry e = { 0 }; omap_next_with_prefix(after->values, BYTES_NONE, &e);) {
        const bool same = omap_get(before->values, e.key, &old) && bytes_equal(old, e.value);
        if (!same && !bytes_start_with(e.key, BYTES_LITERAL(PREFIX_UPDATE_LOG)))
            return false;
    }
    return omap_get(before->values, BYTES_LITERAL(NAME_PENDING_UPDATE), &old) &&
           !omap_get(after->values, BYTES_LITERAL(NAME_PENDING_UPDATE), &old) &&
           after->log.lines == before->log.lines + 1 &&
           omap_count(after->values) == omap_count(before->values);
}

static void check_state(const struct route *route, int status, const struct snapshot *before,
                        const struct snapshot *after)
{
    const bool is_update = strstr(route->path, "/update") != NULL;

    if (status == 200 && route->method[0] == 'P')
        return;
    require(before->deployment == after->deployment && before->authority == after->authority);
    require(before->values == after->values ||
            (is_update && only_pending_update_is_gone(before, after)));
}

/* RSA keys of 16384 bits are legal, but take minutes. */
static bool is_slow(struct bytes body)
{
    return body.len > 0 && memmem(body.at, body.len, "cert-rsa", 8) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct target t;
    struct reader r = reader_over(bytes_of(data, size));
    const struct route *const route = &ROUTES[reader_u8(&r, "route") % COUNT_OF(ROUTES)];
    const size_t caller = reader_u8(&r, "caller") % CALLERS;
    const struct bytes rest = reader_rest(&r);
    const bool is_get = route->method[0] == 'G';
    struct answer a = ANSWER_NONE;

    if (is_slow(rest))
        return 0;
    if (t.core == NULL)
        open_target(&t);
    struct http_request request = { .method = mem_string(route->method),
                                    .path = mem_string(route->path),
                                    .query = bytes_to_string(is_get ? rest : BYTES_NONE),
                                    .peer_leaf_len = t.leaves[caller].len };
    if (caller != NOBODY)
        request.peer_leaf = bytes_copy(buf_bytes(&t.leaves[caller]));
    if (!is_get)
        buf_add(&request.body, rest);
    auto_snapshot *before = core_snapshot(t.core);
    api_handle(t.api, &request, take_answer, &a);
    wait_for_answer(&a);
    auto_snapshot *after = core_snapshot(t.core);
    check_answer(route, &a.response);
    check_state(route, a.response.status, before, after);
    http_response_clear(&a.response);
    reopen_if_changed(&t);
    return 0;
}
