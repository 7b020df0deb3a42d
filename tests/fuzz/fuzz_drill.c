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
    "\"Users\":{\"una\":{\"Certificate\":\"" WORLD_USER_CERTIFICATE "\",\"Roles\":[\"update\"]}},"
    "\"Roles\":{\"update\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]}},"
    "\"Config\":{\"SealMode\":\"Disabled\"}}";

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

static void drill(const struct world_api *w, struct bytes body)
{
    auto_snapshot *before = core_snapshot(w->core);
    struct http_response r = world_post(w, "/api/v2/recovery/drill", body);
    auto_snapshot *after = core_snapshot(w->core);

    check_envelope(&r);
    require(after == before);
    require(r.status == 200 || r.status == 400 || r.status == 401 || r.status == 404);
    if (r.status == 200)
        require(memmem(r.body.at, r.body.len, "\"nonce\":", 8) != NULL);
    http_response_clear(&r);
}

static void reissue(const struct world_api *w, struct bytes body)
{
    struct http_response first = world_post(w, "/api/v2/recovery/reissue", body);
    struct http_response again = world_post(w, "/api/v2/recovery/reissue", body);

    check_envelope(&first);
    require(first.status == 200 || first.status == 400);
    require(first.status == again.status);
    require(bytes_equal(buf_bytes(&first.body), buf_bytes(&again.body)));
    http_response_clear(&first);
    http_response_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world_api w;
    struct reader r = reader_over(bytes_of(data, size));
    const bool is_reissue = reader_u8(&r, "endpoint") % 2 == 1;

    if (w.core == NULL)
        world_api_open(&w, BYTES_LITERAL(manifest));
    if (is_reissue)
        reissue(&w, reader_rest(&r));
    else
        drill(&w, reader_rest(&r));
    return 0;
}
