/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of one call of a Marble to its monotonic counters. What is refused is refused with 400; what is taken
 * answers with a number, and the same call once more with one that is not smaller, because no counter goes back.
 */
#include "api/api.h"
#include "codec/json.h"
#include "core/counter.h"
#include "fuzz_world.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char manifest[] =
    "{\"Packages\":{\"p\":{\"Debug\":true,\"SecurityVersion\":1,\"ProductID\":1,\"SignerID\":"
    "\"00\"}},\"Marbles\":{\"m\":{\"Package\":\"p\"}},"
    "\"Config\":{\"SealMode\":\"Disabled\",\"FeatureGates\":[\"MonotonicCounter\"]}}";

struct target {
    struct pool *pool;
    struct core *core;
    struct api *api;
    struct buf leaf;
    unsigned calls;
};

static void open_target(struct target *t)
{
    struct manifest_reply reply = { 0 };

    t->core = world_core();
    world_set_manifest(t->core, BYTES_LITERAL(manifest), &reply);
    manifest_reply_clear(&reply);
    t->pool = pool_new(1);
    t->api = api_new(t->core, t->pool);
    world_marble_leaf(t->core, &t->leaf);
}

/* Before the counters of the Marble are used up, with another Coordinator. */
static void reopen_if_full(struct target *t)
{
    if (++t->calls < COUNTERS_MAX)
        return;
    pool_free(t->pool);
    api_free(t->api);
    core_free(t->core);
    buf_clear(&t->leaf);
    *t = (struct target){ 0 };
}

/* Status, and the value of a success. */
static int post(const struct target *t, struct bytes body, uint64_t *value)
{
    struct answer a = ANSWER_NONE;
    struct http_request request = { .method = mem_string("POST"),
                                    .path = mem_string("/api/v2/monotonic-counter"),
                                    .query = mem_string(""),
                                    .peer_leaf = bytes_copy(buf_bytes(&t->leaf)),
                                    .peer_leaf_len = t->leaf.len };
    auto_arena arena = { 0 };
    struct err err = { 0 };

    buf_add(&request.body, body);
    api_handle(t->api, &request, take_answer, &a);
    wait_for_answer(&a);
    const int status = a.response.status;
    const struct json *const root =
        json_parse(buf_bytes(&a.response.body), JSON_TRAILING_REFUSED, &arena, &err);
    require(root != NULL && (status == 200 || status == 400));
    require(
        bytes_equal_string(json_member(root, "status")->text, status == 200 ? "success" : "fail"));
    if (status == 200)
        require(json_get_uint(json_member(json_member(root, "data"), "value"), UINT64_MAX, value,
                              &err));
    http_response_clear(&a.response);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct target t;
    uint64_t before = 0, after = 0;

    if (t.core == NULL)
        open_target(&t);
    const int status = post(&t, bytes_of(data, size), &before);
    require(post(&t, bytes_of(data, size), &after) == status);
    require(after >= before);
    reopen_if_full(&t);
    return 0;
}
