/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of one request about drills: an answer of a holder, or with an odd first byte a user's wish for new recovery
 * secrets. Without a holder's key nothing is proven and nothing changes; a wish that is taken gives the same secrets
 * each time.
 */
#include "api/api.h"
#include "base/reader.h"
#include "codec/json.h"
#include "fuzz_world.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char manifest[] =
    "{\"Packages\":{\"p\":{\"Debug\":true,\"SecurityVersion\":1,\"ProductID\":1,\"SignerID\":"
    "\"00\"}},\"Marbles\":{\"m\":{\"Package\":\"p\"}},\"RecoveryKeys\":{\"anna\":\""
    "-----BEGIN PUBLIC KEY-----\\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA7Oh8F3PejpSBwiXEHo/k\\n"
    "gMp2xOWkhLSQjYECDNheiWz1qhB5DQc4YVRid+f5+mGNtuFU5cz2bh01Zae4TXIB\\n"
    "22mrQqnBQiRRicTFeB8t3U1GOpxXQjuERpxjuJgO//Ll7bXl3GFRt3n6vo/SOSOk\\n"
    "WIIaJdA8lBS5eO8gy8UyuUs1xVAWm9dmxcxitPdpvir1WPOYxP4PhJziNfocMBJz\\n"
    "fKTcl5R0h3Yi/cfVs7XMitct5BQMHYKuB8LUTB9irU53+aWI/+wkJmGcYtSDGGy4\\n"
    "1kBrwXnQNXVT9DHL1iLoLfD+9eslUAJGLaug9M6dX+srvl5tCgrwTmrlaFUOXDY7\\n"
    "3wIDAQAB\\n"
    "-----END PUBLIC KEY-----\\n\"},"
    "\"Users\":{\"una\":{\"Certificate\":\"-----BEGIN CERTIFICATE-----\\n"
    "MIIBdzCCAR2gAwIBAgIUeuWRe5DSqGlzf1eAWTm/7R7x+BswCgYIKoZIzj0EAwIw\\n"
    "ETEPMA0GA1UEAwwGcmVhZGVyMB4XDTI2MTEyMzE0NDkxNVoXDTQ2MTExODE0NDkx\\n"
    "NVowETEPMA0GA1UEAwwGcmVhZGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\\n"
    "i1Ung0RtbMg0Lk5YXseCIxTqjy83pVk0Dp9RakgOekaXW2EWITnwJacKx8n9CBBa\\n"
    "bzxSipcKw50IkWrzdWBS2aNTMFEwHQYDVR0OBBYEFKutjq3YdLfBLA0biFQHYLZb\\n"
    "GeckMB8GA1UdIwQYMBaAFKutjq3YdLfBLA0biFQHYLZbGeckMA8GA1UdEwEB/wQF\\n"
    "MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgOCJh0e3FlehSOFvUohBriGWjeuabDCin\\n"
    "XRRxcWK7BfgCIQD9n6DM0DwtNqIspDurWXhpmkdI4w+7lY9k6/4R8FPSTA==\\n"
    "-----END CERTIFICATE-----\\n\",\"Roles\":[\"update\"]}},"
    "\"Roles\":{\"update\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]}},"
    "\"Config\":{\"SealMode\":\"Disabled\"}}";

struct target {
    struct pool *pool;
    struct core *core;
    struct api *api;
    uint8_t *leaf;
    size_t leaf_len;
};

static void open_target(struct target *t)
{
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };

    t->core = world_core();
    require(core_set_manifest(t->core, BYTES_LITERAL(manifest), &reply, &err));
    manifest_reply_clear(&reply);
    t->pool = pool_new(1);
    t->api = api_new(t->core, t->pool);
    auto_snapshot *now = core_snapshot(t->core);
    t->leaf = bytes_copy(now->deployment->users[0].certificate);
    t->leaf_len = now->deployment->users[0].certificate.len;
}

static struct http_response post(const struct target *t, const char *path, struct bytes body)
{
    struct answer a = ANSWER_NONE;
    struct http_request request = { .method = mem_string("POST"),
                                    .path = mem_string(path),
                                    .query = mem_string(""),
                                    .peer_leaf = bytes_copy(bytes_of(t->leaf, t->leaf_len)),
                                    .peer_leaf_len = t->leaf_len };

    buf_add(&request.body, body);
    api_handle(t->api, &request, take_answer, &a);
    wait_for_answer(&a);
    return a.response;
}

/* The answer is JSON whose status goes with its code. */
static void check_envelope(const struct http_response *r)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };
    const struct json *const root =
        json_parse(buf_bytes(&r->body), JSON_TRAILING_REFUSED, &arena, &err);

    require(root != NULL && json_member(root, "data") != NULL);
    require(bytes_equal_string(json_member(root, "status")->text, "success") == (r->status == 200));
}

static void drill(const struct target *t, struct bytes body)
{
    auto_snapshot *before = core_snapshot(t->core);
    struct http_response r = post(t, "/api/v2/recovery/drill", body);
    auto_snapshot *after = core_snapshot(t->core);

    check_envelope(&r);
    require(after == before);
    require(r.status == 200 || r.status == 400 || r.status == 401 || r.status == 404);
    if (r.status == 200)
        require(memmem(r.body.at, r.body.len, "\"nonce\":", 8) != NULL);
    http_response_clear(&r);
}

static void reissue(const struct target *t, struct bytes body)
{
    struct http_response first = post(t, "/api/v2/recovery/reissue", body);
    struct http_response again = post(t, "/api/v2/recovery/reissue", body);

    check_envelope(&first);
    require(first.status == 200 || first.status == 400);
    require(first.status == again.status);
    require(bytes_equal(buf_bytes(&first.body), buf_bytes(&again.body)));
    http_response_clear(&first);
    http_response_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct target t;
    struct reader r = reader_over(bytes_of(data, size));
    const bool is_reissue = reader_u8(&r, "endpoint") % 2 == 1;

    if (t.core == NULL)
        open_target(&t);
    if (is_reissue)
        reissue(&t, reader_rest(&r));
    else
        drill(&t, reader_rest(&r));
    return 0;
}
