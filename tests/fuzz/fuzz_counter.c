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
    struct world_api world; /* the caller is an instance of the Marble */
    unsigned calls;
};

static void open_target(struct target *t)
{
    world_api_open(&t->world, BYTES_LITERAL(manifest));
    world_marble_leaf(t->world.core, &t->world.leaf);
}

/* Before the counters of the Marble are used up, with another Coordinator. */
static void reopen_if_full(struct target *t)
{
    if (++t->calls < COUNTERS_MAX)
        return;
    world_api_close(&t->world);
    t->calls = 0;
}

/* Status, and the value of a success. */
static int post(const struct target *t, struct bytes body, uint64_t *value)
{
    struct http_response r = world_post(&t->world, "/api/v2/monotonic-counter", body);
    auto_arena arena = { 0 };
    struct err err = { 0 };

    const int status = r.status;
    const struct json *const root =
        json_parse(buf_bytes(&r.body), JSON_TRAILING_REFUSED, &arena, &err);
    require(root != NULL && (status == 200 || status == 400));
    require(
        bytes_equal_string(json_member(root, "status")->text, status == 200 ? "success" : "fail"));
    if (status == 200)
        require(json_get_uint(json_member(json_member(root, "data"), "value"), UINT64_MAX, value,
                              &err));
    http_response_clear(&r);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct target t;
    uint64_t before = 0, after = 0;

    if (t.world.core == NULL)
        open_target(&t);
    const int status = post(&t, bytes_of(data, size), &before);
    require(post(&t, bytes_of(data, size), &after) == status);
    require(after >= before);
    reopen_if_full(&t);
    return 0;
}
