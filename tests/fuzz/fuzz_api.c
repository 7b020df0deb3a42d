/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request to a Coordinator that waits for its manifest: the first byte picks the endpoint, the rest is
 * the body, or the query of a GET. Every request is answered exactly once, in a shape that clients know.
 */
#include "api/api.h"
#include "base/reader.h"
#include "fuzz_world.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- the Coordinator ---- */

struct target {
    struct pool *pool;
    struct core *core;
    struct api *api;
};

static void open_core(struct target *t)
{
    t->core = world_core();
    t->api = api_new(t->core, t->pool);
}

/* Back to the phase before the manifest. */
static void reopen_if_set(struct target *t)
{
    struct snapshot *const now = core_snapshot(t->core);
    const bool set = now->phase != PHASE_ACCEPTING_MANIFEST;

    snapshot_free(now);
    if (!set)
        return;
    api_free(t->api);
    core_free(t->core);
    open_core(t);
}

/* ---- one request ---- */

static const struct {
    const char *method, *path;
} endpoints[] = {
    { "POST", "/manifest" },
    { "POST", "/api/v2/manifest" },
    { "POST", "/api/v2/recover" },
    { "POST", "/recover" },
    { "GET", "/api/v2/quote" },
    { "GET", "/quote" },
    { "GET", "/api/v2/secrets" },
    { "POST", "/api/v2/secrets" },
    { "POST", "/api/v2/update" },
    { "POST", "/update-manifest" },
    { "POST", "/api/v2/sign-quote" },
    { "POST", "/api/v2/monotonic-counter" },
    { "GET", "/api/v2/recover/public-key" },
    { "GET", "/api/v2/recover/status" },
    { "GET", "/api/v2/recovery/secrets" },
    { "GET", "/api/v2/status" },
    { "GET", "//api/./v2/../status" },
    { "PUT", "/status" },
};

static void check_answer(const struct http_response *r)
{
    static const char *const shapes[] = {
        "{\"status\":\"success\",\"data\":", "{\"status\":\"error\",\"data\":null",
        "{\"status\":\"fail\",\"data\":null", "{\"EncryptionKey\":\""
    };
    bool known = r->status == 307 && r->field_count > 0;

    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        known |= bytes_start_with(buf_bytes(&r->body), bytes_of_string(shapes[i]));
    require(known && r->status >= 200 && r->status < 600);
    require(
        (r->status == 200) ==
        (r->body.len > 0 && (bytes_start_with(buf_bytes(&r->body), bytes_of_string(shapes[0])) ||
                             bytes_start_with(buf_bytes(&r->body), bytes_of_string(shapes[3])))));
    require(r->body.len == 0 || r->body.at[r->body.len - 1] == '\n');
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
    const size_t which = reader_u8(&r, "endpoint") % COUNT_OF(endpoints);
    const struct bytes rest = reader_rest(&r);
    const bool is_get = endpoints[which].method[0] == 'G';
    struct answer a = ANSWER_NONE;

    if (is_slow(rest))
        return 0;
    if (t.pool == NULL) {
        t.pool = pool_new(1);
        open_core(&t);
    }
    struct http_request request = { .method = mem_string(endpoints[which].method),
                                    .path = mem_string(endpoints[which].path),
                                    .query = bytes_to_string(is_get ? rest : BYTES_NONE) };
    if (!is_get)
        buf_add(&request.body, rest);
    api_handle(t.api, &request, take_answer, &a);
    wait_for_answer(&a);
    check_answer(&a.response);
    http_response_clear(&a.response);
    reopen_if_set(&t);
    return 0;
}
