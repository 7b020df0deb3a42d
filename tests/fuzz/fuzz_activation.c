/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of one call to a Coordinator that accepts Marbles. A status always comes; a success is a message
 * that decodes, for a request that does.
 */
#include "api/marble.h"
#include "base/uuid.h"
#include "fuzz_world.h"
#include "grpc/grpc.h"
#include "grpc/marble_messages.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char manifest[] =
    "{\"Packages\":{\"p\":{\"Debug\":true,\"SecurityVersion\":1,\"ProductID\":1,\"SignerID\":"
    "\"00\"}},"
    "\"Marbles\":{\"m\":{\"Package\":\"p\",\"TLS\":[\"t\"],\"Parameters\":{"
    "\"Files\":{\"f\":\"{{ raw .Secrets.key }}{{ pem .Secrets.cert.Private }}\"},"
    "\"Env\":{\"E\":\"{{ hex .Secrets.own }}\"},\"Argv\":[\"./app\",\"\"]}},"
    "\"counted\":{\"Package\":\"p\",\"MaxActivations\":18446744073709551615},"
    "\"spent\":{\"Package\":\"p\",\"MaxActivations\":1}},"
    "\"TLS\":{\"t\":{\"Incoming\":[{\"Port\":\"1\"}],"
    "\"Outgoing\":[{\"Addr\":\"m\",\"Port\":\"1\"}]}},"
    "\"Secrets\":{\"key\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true},"
    "\"own\":{\"Type\":\"symmetric-key\",\"Size\":256},\"cert\":{\"Type\":\"cert-ed25519\"}}}";

struct target {
    struct pool *pool;
    struct core *core;
    struct marble_api *api;
};

static void open_target(struct target *t)
{
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };

    t->core = world_core();
    require(core_set_manifest(t->core, BYTES_LITERAL(manifest), &reply, &err));
    manifest_reply_clear(&reply);
    t->pool = pool_new(1);
    t->api = marble_api_new(t->core, t->pool);
}

static const char *value_of(const struct http_field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].value;
    }
    return NULL;
}

static void check_success(const struct http_response *r, struct bytes body)
{
    auto_arena arena = { 0 };
    struct activation_request asked;
    struct marble_parameters got;
    struct bytes message;
    enum grpc_status status;
    char uuid[UUID_TEXT_LEN + 1];
    struct err err = { 0 };

    require(grpc_unframe(body, &message, &status, &err));
    require(activation_request_decode(message, &asked, &err));
    require(uuid_canonical(asked.uuid, uuid, &err));
    require(grpc_unframe(buf_bytes(&r->body), &message, &status, &err));
    require(activation_response_decode(message, &arena, &got, &err));
    require(got.env_count == (bytes_equal_string(asked.marble_type, "m") ? 6 : 4));
}

static void check_failure(const struct http_response *r)
{
    const char *const text = value_of(r->fields, r->field_count, "grpc-message");
    const enum grpc_status status =
        grpc_status_from_text(value_of(r->fields, r->field_count, "grpc-status"));

    /* What a request causes has a name; nothing here is unavailable or late. */
    require(status == GRPC_INTERNAL || status == GRPC_INVALID_ARGUMENT ||
            status == GRPC_PERMISSION_DENIED || status == GRPC_RESOURCE_EXHAUSTED);
    require(r->body.len == 0 && r->over == NULL && text != NULL);
    for (const char *c = text; *c != '\0'; c++)
        require(*c >= ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct target t;
    struct answer a = ANSWER_NONE;

    if (t.core == NULL)
        open_target(&t);
    struct http_request request = { .method = mem_string("POST"),
                                    .path = mem_string("/rpc.Marble/Activate"),
                                    .query = mem_string(""),
                                    .peer_leaf = bytes_copy(BYTES_LITERAL("a leaf")),
                                    .peer_leaf_len = 6 };
    buf_add(&request.body, bytes_of(data, size));
    marble_api_handle(t.api, &request, take_answer, &a);
    wait_for_answer(&a);
    require(a.response.status == 200);
    if (value_of(a.response.trailers, a.response.trailer_count, "grpc-status") != NULL)
        check_success(&a.response, bytes_of(data, size));
    else
        check_failure(&a.response);
    a.response.left = size % 2 == 0; /* else what was counted is given back */
    http_response_clear(&a.response);
    return 0;
}
